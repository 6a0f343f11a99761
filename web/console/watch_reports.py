"""监管报告: the half-year report to the regulator: prepared by one person, filed by another, then final."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.surveillance import half_year as services
from exchange.surveillance.half_year import FIRST_YEAR, ReportRow
from exchange.surveillance.half_year_figures import half_year_figures
from exchange.surveillance.half_year_paper import parts_of, title_of
from web.console.listing import Verb, carry_out, id_in, page_of
from web.console.reasons import reason_in
from web.pages import watch_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.store.fields import whole_in

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@operator_page
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Reports, newest first, and the form to prepare one."""
    rows, pager = page_of(request, services.reports)
    now = today()
    context = {
        "reports": [_shown(row, request) for row in rows],
        "years": [str(year) for year in range(now.year, FIRST_YEAR - 1, -1)],
        "year": str(now.year if now.month > 6 else now.year - 1),
        "half": "1" if now.month > 6 else "2",
        **pager,
    }
    return render(request, "console/watch_reports.html", context)


def _shown(row: ReportRow, request: HttpRequest) -> dict[str, Any]:
    return {
        "row": row,
        "period": f"{row.year}H{row.half}",
        "mark": names.mark(names.PROPOSAL, row.state),
        "own": row.proposed_by == request.user.get_username(),
    }


@operator_page
@require_safe
def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """One report as it will be, or was, filed."""
    row, figures = services.report_by_id(report_id)
    context = {**_shown(row, request)}
    context |= {"title": title_of(figures), "parts": parts_of(figures)}
    return render(request, "console/watch_report.html", context)


@operator_page
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """What a report on a half-year would say now, over or not; nothing is kept."""
    year, half = request.GET.get("year", ""), request.GET.get("half", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4 and half in ("1", "2")):
        raise BadParameter(name="year")
    services.check_period(int(year), int(half))
    figures = half_year_figures(int(year), int(half))
    context = {"title": title_of(figures), "parts": parts_of(figures)}
    return render(request, "console/watch_report.html", context)


@operator_page
@require_safe
def download(request: HttpRequest, no: str, kind: str) -> HttpResponse:
    """A filed report byte by byte."""
    if kind not in TYPES:
        raise BadParameter(name="kind")
    content = services.report_file(no, kind)
    audit.record(actor=actor_of(request), action="regulatory_report.download", subject=f"{no}.{kind}")
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{no}.{kind}"'
    response["Cache-Control"] = "no-store"
    return response


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Prepares, files, refuses or withdraws."""
    if request.POST.get("verb") == "prepare":
        return _prepare(request)
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/surveillance/reports/")


def _prepare(request: HttpRequest) -> HttpResponse:
    try:
        number = services.prepare_report(
            actor=actor_of(request),
            year=whole_in(request, "year"),
            half=whole_in(request, "half"),
            reason=reason_in(request),
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return redirect("/console/surveillance/reports/")
    messages.success(request, _("报告已编制，等待另一人复核报送"))
    return redirect(f"/console/surveillance/reports/{number}/")


def _file(request: HttpRequest, actor: Actor, subject: str) -> str:
    no = services.file_report(id_in(subject), reason=reason_in(request), actor=actor)
    return _("已报送，编号 %(no)s") % {"no": no}


def _refuse(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.refuse_report(id_in(subject), reason=reason_in(request), actor=actor)
    return _("已驳回")


def _withdraw(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.withdraw_report(id_in(subject), reason=reason_in(request), actor=actor)
    return _("已撤回")


_VERBS: dict[str, Verb] = {"file": _file, "refuse": _refuse, "withdraw": _withdraw}
