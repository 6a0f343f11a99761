"""复检与降等: stored goods inspected again by order, what the reports changed, and who was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from warehouse_receipts import oversight
from warehouse_receipts.case_selectors import (
    inspection_bodies,
    lot_of_receipt,
    reinspection_orders,
    reinspections,
)
from web.console.listing import Verb, carry_out, every, page_of, search_in
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import GRADE, word
from web.store.fields import needed_date, text_in


@operator_page
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Open orders, and reports on stored goods as asked for, newest first."""
    register = RegisterNames()
    rows, pager = page_of(request, reinspections, **_filters(request))
    context = {
        "asked": request.GET,
        "lot": request.GET.get("lot", "")[:24],
        "bodies": [body for body in inspection_bodies() if body.active],
        "orders": [
            {"row": row, "owner": register.party(row.owner_no).name}
            for row in reinspection_orders(state="ordered")
        ],
        "reports": [
            {
                "row": row,
                "kind": word(names.INSPECTION_KIND, row.kind.value),
                "grade": word(GRADE, row.grade),
                "before": word(GRADE, row.grade_before) if row.grade_before else "—",
                "unfit": [register.shown_product(number) for number in row.unfit_products],
                "told": [
                    {"holder": register.party(each.holder_no).name, "receipt": each.receipt_no, "at": each.at}
                    for each in row.told
                ],
            }
            for row in rows
        ],
        **pager,
    }
    return render(request, "console/reinspections.html", context)


def _filters(request: HttpRequest) -> dict[str, str | bool]:
    return {"search": search_in(request), "downgraded": request.GET.get("downgraded") == "1"}


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The reports as asked for, as CSV."""
    register = RegisterNames()
    header = [_("报告"), _("复检通知"), _("入库单"), _("冷库"), _("种类"), _("质检机构"), _("检验员")]
    header += [_("原等级"), _("现等级"), _("已通知"), _("检验时间")]
    rows = (
        [
            row.report_no,
            row.order_no,
            row.intake_no,
            row.warehouse_name,
            word(names.INSPECTION_KIND, row.kind.value),
            row.body,
            row.inspector,
            word(GRADE, row.grade_before) if row.grade_before else "",
            word(GRADE, row.grade),
            "；".join(f"{register.party(each.holder_no).name} {each.receipt_no}" for each in row.told),
            f"{localtime(row.inspected_at):%Y-%m-%d %H:%M}",
        ]
        for row in every(reinspections, **_filters(request))
    )
    return csv_response("reinspections.csv", header, rows)


@operator_page
@require_safe
def orders_export(_request: HttpRequest) -> HttpResponse:
    """All orders, as CSV."""
    header = [_("复检通知"), _("入库单"), _("冷库"), _("质检机构"), _("原因"), _("期限"), _("状态")]
    header += [_("经办"), _("提出时间"), _("报告"), _("说明")]
    rows = (
        [
            row.order_no,
            row.intake_no,
            row.warehouse_name,
            row.body_name,
            row.reason,
            row.due_on,
            word(names.REINSPECTION_STATE, row.state.value),
            row.ordered_by,
            f"{localtime(row.ordered_at):%Y-%m-%d %H:%M}",
            row.report_no,
            row.note,
        ]
        for row in every(reinspection_orders)
    )
    return csv_response("reinspection-orders.csv", header, rows)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Orders a re-inspection or withdraws an order."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/reinspections/")


def _order(request: HttpRequest, actor: Actor, _subject: str) -> str:
    number = oversight.order_reinspection(
        lot_of_receipt(text_in(request, "lot", longest=24).upper()),
        body_code=text_in(request, "body", longest=16),
        reason=reason_in(request),
        due_on=needed_date(request, "due_on"),
        actor=actor,
    )
    return _("复检通知 %(no)s 已发给质检机构") % {"no": number}


def _withdraw(request: HttpRequest, actor: Actor, subject: str) -> str:
    oversight.withdraw_reinspection(subject, reason=reason_in(request), actor=actor)
    return _("复检通知已撤回")


_VERBS: dict[str, Verb] = {"order": _order, "withdraw": _withdraw}
