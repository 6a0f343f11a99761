"""市场监察: alerts of the detectors with their evidence; triage. Members see none of it."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.errors import JinguoError, UnknownMember
from exchange.members.selectors import member_by_code
from exchange.surveillance import cases, running, selectors
from exchange.surveillance.errors import AlertDiffers, EvidenceChanged
from exchange.surveillance.types import AlertRow
from exchange.trading.day_reading import orders_by_id, trades_by_id
from exchange.trading.types import MODE_WORDS
from web.console.listing import Verb, carry_out, every, filter_in, known_in, page_of
from web.console.reasons import reason_in
from web.pages import watch_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.contract_text import MODE
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import REASON, word
from web.store.fields import needed_date, text_in

ROWS_SHOWN = 200
"""Orders and trades of an alert on its page; the case file has all of them."""
RUNS_SHOWN = 6


@operator_page
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Alerts as asked for, newest first; what waits first of all."""
    register = RegisterNames()
    rows, pager = page_of(request, selectors.alerts, **_asked(request))
    register.know(number for row in rows for number in row.accounts)
    context = {
        "asked": request.GET,
        "kinds": [(value, word(names.KIND, value)) for value in names.KIND],
        "states": [(value, word(names.ALERT_STATE, value)) for value in names.ALERT_STATE],
        "counts": selectors.alert_counts(),
        "case_counts": selectors.case_counts(),
        "runs": selectors.runs(RUNS_SHOWN),
        "today": today(),
        "alerts": [shown_alert(row, register) for row in rows],
        **pager,
    }
    return render(request, "console/watch_alerts.html", context)


def _asked(request: HttpRequest) -> dict[str, Any]:
    code = filter_in(request, "member").upper()
    account = None
    if code:
        try:
            account = member_by_code(code).account_no
        except UnknownMember:
            account = 0
    return {
        "state": known_in(request, "state", names.ALERT_STATE),
        "kind": known_in(request, "kind", names.KIND),
        "day": _day_asked(request),
        "account_no": account,
    }


def _day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def shown_alert(row: AlertRow, register: RegisterNames) -> dict[str, Any]:
    """An alert as the templates show it."""
    return {
        "row": row,
        "kind": word(names.KIND, row.kind.value),
        "mark": names.mark(names.ALERT_STATE, row.state.value),
        "product": register.shown_product(row.product_number) if row.product_number else "",
        "members": [register.party(number) for number in row.accounts],
        "figures": names.figures_shown(row.figures),
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The alerts as asked for, as CSV."""
    register = RegisterNames()
    header = [_("预警号"), _("日期"), _("种类"), _("品种"), _("交易商"), _("数字"), _("参数版本"), _("状态")]
    header += [_("处理人"), _("处理时间"), _("原因"), _("案件"), _("证据摘要")]
    rows = (
        [
            row.no,
            row.day,
            word(names.KIND, row.kind.value),
            register.shown_product(row.product_number) if row.product_number else "",
            " ".join(register.party(number).code for number in row.accounts),
            "; ".join(f"{name} {value}" for name, value in names.figures_shown(row.figures)),
            row.rules_version,
            word(names.ALERT_STATE, row.state.value),
            row.decided_by,
            _minute(row.decided_at),
            row.reason,
            row.case_no,
            row.evidence_hash,
        ]
        for row in every(selectors.alerts, **_asked(request))
    )
    return csv_response("alerts.csv", header, rows)


def _minute(moment: datetime | None) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


@operator_page
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Runs the detectors over a day."""
    try:
        result = running.run_day(needed_date(request, "day"), actor=actor_of(request))
        text = _("%(day)s：新预警 %(new)s 条，内容有变 %(changed)s 条，已知 %(known)s 条")
        counts = {"new": len(result.new), "changed": len(result.changed), "known": result.known}
        messages.success(request, text % {"day": result.day.isoformat(), **counts})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/surveillance/")


@operator_page
@require_safe
def alert(request: HttpRequest, no: str) -> HttpResponse:
    """One alert: figures, parameters, who is linked how, and the orders and trades behind it."""
    row, register = selectors.alert_by_no(no), RegisterNames()
    evidence = row.evidence
    context = {
        **shown_alert(row, register),
        "links": [
            (register.party(first).code, register.party(second).code, word(names.HOW, how))
            for first, second, how in evidence["links"]
        ],
        "parameters": [
            (word(names.PARAMETER, name), value, name) for name, value in evidence["parameters"].items()
        ],
        "orders": shown_orders(evidence["orders"][:ROWS_SHOWN], register),
        "trades": shown_trades(evidence["trades"][:ROWS_SHOWN], register),
        "auctions": evidence["auctions"],
        "more": max(len(evidence["orders"]), len(evidence["trades"])) > ROWS_SHOWN,
        "open_cases": selectors.open_case_numbers(),
    }
    return render(request, "console/watch_alert.html", context)


def shown_orders(order_ids: list[int], register: RegisterNames) -> list[dict[str, Any]]:
    """Orders as the templates of the desk show them."""
    rows = orders_by_id(order_ids)
    register.know(row.account_no for row in rows)
    return [
        {
            "row": row,
            "member": register.party(row.account_no),
            "product": register.shown_product(row.product_number),
            "buys": row.side == 1,
            "reason": word(REASON, row.reason) if row.reason else "",
        }
        for row in rows
    ]


def shown_trades(trade_ids: list[int], register: RegisterNames) -> list[dict[str, Any]]:
    """Trades as the templates of the desk show them."""
    rows = trades_by_id(trade_ids)
    register.know(number for row in rows for number in (row.buyer_no, row.seller_no))
    return [
        {
            "row": row,
            "buyer": register.party(row.buyer_no),
            "seller": register.party(row.seller_no),
            "product": register.shown_product(row.product_number),
            "mode": word(MODE, MODE_WORDS[row.mode]),
        }
        for row in rows
    ]


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Checks, dismisses or takes up the alert in ``subject``."""
    no = request.POST.get("subject", "")[:20]
    if request.POST.get("verb") == "open":
        return _open(request, no)
    return carry_out(request, _VERBS, no, f"/console/surveillance/alerts/{no}/")


def _open(request: HttpRequest, no: str) -> HttpResponse:
    try:
        case_no = cases.open_case(
            title=text_in(request, "title", longest=cases.LONGEST_TITLE),
            reason=reason_in(request),
            actor=actor_of(request),
            alerts=[no] if no else [],
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return redirect(f"/console/surveillance/alerts/{no}/" if no else "/console/surveillance/cases/")
    messages.success(request, _("已立案 %(no)s") % {"no": case_no})
    return redirect(f"/console/surveillance/cases/{case_no}/")


def _verify(_request: HttpRequest, _actor: Actor, no: str) -> str:
    found = running.verify_alert(no)
    if found.holds:
        return _("按原参数由委托和成交重算，结果与证据一致")
    if not found.whole:
        raise EvidenceChanged(no=no, what_zh="预警", what_en="alert")
    raise AlertDiffers(alert=no)


def _dismiss(request: HttpRequest, actor: Actor, no: str) -> str:
    cases.dismiss_alert(no, reason=reason_in(request), actor=actor)
    return _("已排除预警 %(no)s") % {"no": no}


def _attach(request: HttpRequest, actor: Actor, no: str) -> str:
    case_no = text_in(request, "case", longest=20)
    cases.attach_alert(case_no, no, reason=reason_in(request), actor=actor)
    return _("预警 %(no)s 已并入 %(case)s") % {"no": no, "case": case_no}


_VERBS: dict[str, Verb] = {"verify": _verify, "dismiss": _dismiss, "attach": _attach}
