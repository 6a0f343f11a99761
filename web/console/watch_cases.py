"""监察案件: what is looked into, its timeline, its outcome by two people, its file."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.members.selectors import operator_names
from exchange.surveillance import cases as services
from exchange.surveillance import selectors
from exchange.surveillance.case_file import case_archive
from exchange.surveillance.types import CaseRow, EntryKind, Outcome
from web.console.listing import Verb, carry_out, every, id_in, known_in, page_of
from web.console.reasons import reason_in
from web.console.watch_desk import ROWS_SHOWN, shown_alert, shown_orders, shown_trades
from web.pages import watch_words as names
from web.pages.access import actor_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import word
from web.store.fields import choice_in, text_in


@operator_page
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Cases, newest first."""
    register = RegisterNames()
    state = known_in(request, "state", names.CASE_STATE)
    rows, pager = page_of(request, selectors.cases, state=state)
    register.know(number for row in rows for number in row.accounts)
    context = {
        "asked": request.GET,
        "states": [(value, word(names.CASE_STATE, value)) for value in names.CASE_STATE],
        "cases": [_shown(row, register) for row in rows],
        **pager,
    }
    return render(request, "console/watch_cases.html", context)


def _shown(row: CaseRow, register: RegisterNames) -> dict[str, Any]:
    return {
        "row": row,
        "mark": names.mark(names.CASE_STATE, row.state.value),
        "outcome": word(names.OUTCOME, row.outcome) if row.outcome else "",
        "members": [register.party(number) for number in row.accounts],
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The cases as asked for, as CSV."""
    register = RegisterNames()
    header = [_("案件号"), _("标题"), _("状态"), _("承办人"), _("交易商"), _("立案人"), _("立案时间")]
    header += [_("结论"), _("结论说明"), _("提出人"), _("复核人"), _("结案时间")]
    rows = (
        [
            row.no,
            row.title,
            word(names.CASE_STATE, row.state.value),
            row.assignee,
            " ".join(register.party(number).code for number in row.accounts),
            row.opened_by,
            f"{localtime(row.opened_at):%Y-%m-%d %H:%M}",
            word(names.OUTCOME, row.outcome) if row.outcome else "",
            row.outcome_reason,
            row.proposed_by,
            row.closed_by,
            f"{localtime(row.closed_at):%Y-%m-%d %H:%M}" if row.closed_at else "",
        ]
        for row in every(selectors.cases, state=known_in(request, "state", names.CASE_STATE))
    )
    return csv_response("cases.csv", header, rows)


@operator_page
@require_safe
def case(request: HttpRequest, no: str) -> HttpResponse:
    """One case: what is known, what was done, and what may be done next."""
    file, register = selectors.case_by_no(no), RegisterNames()
    context = {
        **_shown(file.row, register),
        "own": file.row.proposed_by == request.user.get_username(),
        "entries": [
            {"row": entry, "kind": word(names.ENTRY, entry.kind.value), "about": _about(entry.reference)}
            for entry in file.entries
        ],
        "alerts": [shown_alert(row, register) for row in file.alerts],
        "orders": shown_orders(list(file.orders[:ROWS_SHOWN]), register),
        "trades": shown_trades(list(file.trades[:ROWS_SHOWN]), register),
        "products": sorted(
            {register.products[row.product_number].code for row in file.alerts if row.product_number}
        ),
        "staff": operator_names(),
        "outcomes": [(value, word(names.OUTCOME, value)) for value in names.OUTCOME],
    }
    return render(request, "console/watch_case.html", context)


def _about(reference: str) -> str:
    """What a line refers to, in words: an outcome, or a number as it is."""
    if reference in names.OUTCOME:
        return word(names.OUTCOME, reference)
    return reference.partition(":")[2] or reference


@operator_page
@require_safe
def archive(request: HttpRequest, no: str) -> HttpResponse:
    """The file of a case as a ZIP; that it was taken is written down."""
    content = case_archive(no)
    audit.record(actor=actor_of(request), action="surveillance.export", subject=f"case:{no}")
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{no}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@operator_page
@require_POST
def act(request: HttpRequest, no: str) -> HttpResponse:
    """One step of a case."""
    return carry_out(request, _VERBS, no, f"/console/surveillance/cases/{no}/")


def _note(request: HttpRequest, actor: Actor, no: str) -> str:
    services.add_note(no, text=request.POST.get("text", ""), actor=actor)
    return _("已记录")


def _attach(request: HttpRequest, actor: Actor, no: str) -> str:
    kind = EntryKind(choice_in(request, "kind", {"order", "trade"}))
    number = id_in(text_in(request, "number", longest=18))
    services.attach(no, kind, number, text=text_in(request, "text"), actor=actor)
    return _("已附入案卷")


def _assign(request: HttpRequest, actor: Actor, no: str) -> str:
    assignee = text_in(request, "assignee", longest=60)
    services.assign(no, assignee=assignee, reason=reason_in(request), actor=actor)
    return _("已指派给 %(name)s") % {"name": assignee}


def _propose(request: HttpRequest, actor: Actor, no: str) -> str:
    outcome = Outcome(choice_in(request, "outcome", frozenset(Outcome.values)))
    services.propose_outcome(no, outcome=outcome, reason=request.POST.get("text", ""), actor=actor)
    return _("已提出结案，等待另一人复核")


def _close(request: HttpRequest, actor: Actor, no: str) -> str:
    services.close_case(no, reason=reason_in(request), actor=actor)
    return _("案件 %(no)s 已结案") % {"no": no}


def _send_back(request: HttpRequest, actor: Actor, no: str) -> str:
    services.send_back(no, reason=reason_in(request), actor=actor)
    return _("已退回继续调查")


_VERBS: dict[str, Verb] = {
    "note": _note,
    "attach": _attach,
    "assign": _assign,
    "propose": _propose,
    "close": _close,
    "send_back": _send_back,
}
