"""供求信息 in the console: what members report, what is taken down and put back, all of it for export."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from exchange.bulletin import supply_demand as board
from exchange.bulletin.supply_inquiries import read_reported
from exchange.bulletin.supply_selectors import (
    intention_by_id,
    intentions_for_operator,
    reports,
    waiting_reports,
)
from exchange.bulletin.supply_types import IntentionRow, MessageRow, ReportRow
from exchange.kernel.audit import Actor
from exchange.kernel.errors import UnknownMember
from exchange.members.selectors import member_by_code
from web.api.hall_reads import in_reach
from web.console.listing import Verb, carry_out, every, filter_in, id_in, known_in, page_of, search_in
from web.console.reasons import reason_in
from web.pages import supply_words, words
from web.pages.access import actor_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.supply_views import BoardNames, Reader, card, counties_text, price_kg_text, price_text

OPERATOR = Reader(None, operator=True)


# Intentions ------------------------------------------------------------------------------------------


@operator_page
@require_safe
def intentions(request: HttpRequest) -> HttpResponse:
    """All intentions as asked for, newest first, and how many reports wait."""
    asked = _asked(request)
    rows, pager = page_of(request, intentions_for_operator, **asked) if asked is not None else ((), {})
    names = BoardNames(OPERATOR, {row.account_no for row in rows})
    context = {
        "asked": request.GET,
        "states": [(value, str(text)) for value, text in supply_words.STATE.items()],
        "cards": [card(row, names, OPERATOR) for row in rows],
        "waiting": waiting_reports(),
        **pager,
    }
    return render(request, "console/supply.html", context)


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """The filters; None for a member there is not."""
    asked: dict[str, Any] = {
        "state": known_in(request, "state", supply_words.STATE),
        "search": search_in(request),
    }
    code = filter_in(request, "member").upper()
    if code:
        try:
            asked["account_no"] = member_by_code(code).account_no
        except UnknownMember:
            return None
    return asked


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The intentions as asked for, as CSV."""
    header = [_("编号"), _("方向"), _("交易商"), _("货"), _("产地"), _("最少 公斤"), _("最多 公斤")]
    header += [_("价格 元/斤"), _("价格 元/公斤"), _("交货地点"), _("仓单号"), _("有仓单"), _("有效至")]
    header += [_("状态"), _("原因"), _("版本"), pgettext("step", "发布"), _("说明")]
    asked = _asked(request)
    rows = list(every(intentions_for_operator, **asked)) if asked is not None else []
    names = BoardNames(OPERATOR, {row.account_no for row in rows})
    return csv_response("supply-demand.csv", header, (_csv_row(row, names) for row in rows))


def _csv_row(row: IntentionRow, names: BoardNames) -> list[object]:
    terms = row.terms
    return [
        row.no,
        words.word(supply_words.SIDE, words.side_word(terms.side)),
        f"{names.code(row.account_no)} {names.member(row.account_no)}",
        names.title(terms),
        counties_text(terms.spec.counties),
        terms.least_kg,
        terms.most_kg,
        price_text(terms.price),
        price_kg_text(terms.price),
        terms.place,
        terms.receipt_no,
        _("是") if row.receipt else "",
        terms.valid_until,
        words.word(supply_words.STATE, row.state),
        row.reason,
        row.version,
        f"{localtime(row.published_at):%Y-%m-%d %H:%M}",
        terms.note,
    ]


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Takes an intention down or puts it back."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/supply/")


def _take_down(request: HttpRequest, actor: Actor, subject: str) -> str:
    board.take_down(actor=actor, intention_id=in_reach(id_in(subject)), reason=reason_in(request))
    return _("已下架，发布方会看到原因")


def _restore(request: HttpRequest, actor: Actor, subject: str) -> str:
    board.restore(actor=actor, intention_id=in_reach(id_in(subject)), reason=reason_in(request))
    return _("已恢复")


_VERBS: dict[str, Verb] = {"take_down": _take_down, "restore": _restore}


# Reports ---------------------------------------------------------------------------------------------


@operator_page
@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """Reports of abuse, newest first."""
    rows, pager = page_of(request, reports, state=_report_state(request))
    names = _names(rows)
    context = {
        "asked": request.GET,
        "states": [(value, str(text)) for value, text in supply_words.REPORT_STATE.items()],
        "reports": [_report_card(row, names) for row in rows],
        **pager,
    }
    return render(request, "console/supply_reports.html", context)


def _report_state(request: HttpRequest) -> str:
    return known_in(request, "state", supply_words.REPORT_STATE)


def _names(rows: Iterable[ReportRow]) -> BoardNames:
    return BoardNames(OPERATOR, {no for row in rows for no in (row.reporter_no, row.accused_no)})


def _report_card(row: ReportRow, names: BoardNames) -> dict[str, Any]:
    kind, icon = supply_words.REPORT_MARK[row.state]
    return {
        "row": row,
        "kind": words.word(supply_words.REPORT_KIND, row.kind.value),
        "reporter": f"{names.code(row.reporter_no)} {names.member(row.reporter_no)}",
        "accused": f"{names.code(row.accused_no)} {names.member(row.accused_no)}",
        "waiting": row.state == "waiting",
        "mark": {"kind": kind, "icon": icon, "text": words.word(supply_words.REPORT_STATE, row.state.value)},
    }


@operator_page
@require_safe
def reports_export(request: HttpRequest) -> HttpResponse:
    """The reports as asked for, as CSV."""
    rows = list(every(reports, state=_report_state(request)))
    names = _names(rows)
    header = [_("编号"), _("供求信息"), _("询盘"), _("举报方"), _("被举报方"), _("什么问题"), _("说明")]
    header += [_("时间"), _("状态"), _("处理人"), _("处理时间"), _("处理意见")]
    found = (
        [
            row.id,
            row.intention_no,
            row.inquiry_id or "",
            f"{names.code(row.reporter_no)} {names.member(row.reporter_no)}",
            f"{names.code(row.accused_no)} {names.member(row.accused_no)}",
            words.word(supply_words.REPORT_KIND, row.kind.value),
            row.text,
            f"{localtime(row.at):%Y-%m-%d %H:%M}",
            words.word(supply_words.REPORT_STATE, row.state.value),
            row.decided_by,
            f"{localtime(row.decided_at):%Y-%m-%d %H:%M}" if row.decided_at else "",
            row.decision,
        ]
        for row in rows
    )
    return csv_response("abuse-reports.csv", header, found)


@operator_page
@require_safe
def one_report(request: HttpRequest, report_id: int) -> HttpResponse:
    """A report with what it is about; opening a reported conversation is put on record."""
    row, said = read_reported(actor=actor_of(request), report_id=in_reach(report_id))
    intention = intention_by_id(row.intention_id, operator=True)
    names = BoardNames(OPERATOR, {row.reporter_no, row.accused_no, intention.account_no})
    context = {
        "report": _report_card(row, names),
        "item": card(intention, names, OPERATOR),
        "said": [_said(message, row, names) for message in said],
    }
    return render(request, "console/supply_report.html", context)


def _said(message: MessageRow, row: ReportRow, names: BoardNames) -> dict[str, Any]:
    return {
        "by": names.member(message.sender_no),
        "accused": message.sender_no == row.accused_no,
        "event": words.word(supply_words.EVENT, message.event) if message.event else "",
        "text": message.text,
        "at": message.at,
    }


@operator_page
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Ends a report."""
    return carry_out(request, _REPORT_VERBS, request.POST.get("subject", ""), "/console/supply/reports/")


def _decide(request: HttpRequest, actor: Actor, subject: str, *, upheld: bool, down: bool = False) -> None:
    board.decide_report(
        actor=actor,
        report_id=in_reach(id_in(subject)),
        upheld=upheld,
        reason=reason_in(request),
        and_take_down=down,
    )


def _uphold(request: HttpRequest, actor: Actor, subject: str) -> str:
    _decide(request, actor, subject, upheld=True)
    return _("已记为属实")


def _uphold_and_take_down(request: HttpRequest, actor: Actor, subject: str) -> str:
    _decide(request, actor, subject, upheld=True, down=True)
    return _("已记为属实，信息已下架")


def _dismiss(request: HttpRequest, actor: Actor, subject: str) -> str:
    _decide(request, actor, subject, upheld=False)
    return _("已记为不属实")


_REPORT_VERBS: dict[str, Verb] = {
    "uphold": _uphold,
    "uphold_and_take_down": _uphold_and_take_down,
    "dismiss": _dismiss,
}
