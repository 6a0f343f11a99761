"""The operator's receipt register: search, filter, page, export; issues to register; pledges to foreclose."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import xlsxwriter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError, UnknownMember
from exchange.kernel.spreadsheets import safe_cell
from exchange.members.selectors import member_by_code
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services
from warehouse_receipts.court_orders import orders_on
from warehouse_receipts.desk_selectors import RegisterRow, issue_requests, register
from warehouse_receipts.selectors import warehouses
from warehouse_receipts.states import PledgeState
from warehouse_receipts.types import IntakeState
from warehouse_receipts.viewing import OPERATOR
from web.console.reasons import reason_in
from web.pages import words
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.pages.register_words import ENDED, HINDERED, STAGE
from web.store.shown import issue_line, pledge_line

PAGE = 50
EXPORT_PAGE = 1_000
LOT_STAGES = frozenset(state.value for state in IntakeState)
RECEIPT_STAGES = tuple(stage for stage in STAGE if stage not in LOT_STAGES)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@operator_page
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """The register as asked for."""
    names, chosen = RegisterNames(), _filters(request)
    cursor = request.GET.get("cursor")
    before = None if cursor is None else number_in(cursor)
    found = register(OPERATOR, **chosen, before=before, limit=PAGE + 1)
    orders = orders_on(row.receipt_no for row in found[:PAGE])
    waiting = () if cursor else issue_requests(OPERATOR)
    foreclosures = () if cursor else business.pledges(OPERATOR, states=(PledgeState.FORECLOSURE,))
    context = {
        "asked": request.GET,
        "warehouses": warehouses(),
        "products": [(row.number, words.product_name(row)) for row in names.products.values()],
        "stages": [(stage, words.word(STAGE, stage)) for stage in RECEIPT_STAGES],
        "receipts": [_line(row, names) | {"order": orders.get(row.receipt_no)} for row in found[:PAGE]],
        "requests": [issue_line(row, names) for row in waiting],
        "foreclosures": [pledge_line(row, names) for row in foreclosures],
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "console/receipts.html", context)


def _filters(request: HttpRequest) -> dict[str, Any]:
    """What the address asks of the register. An unknown holder finds nothing."""
    asked = request.GET
    holder, product = asked.get("holder", "").strip().upper(), asked.get("product", "")
    holder_no = None
    if holder:
        try:
            holder_no = member_by_code(holder[:16]).account_no
        except UnknownMember:
            holder_no = 0
    return {
        "search": asked.get("q", "").strip()[:40],
        "warehouse": asked.get("warehouse", "")[:16],
        "product_number": number_in(product) if product else None,
        "holder_no": holder_no,
        "stage": asked.get("stage", "") if asked.get("stage", "") in RECEIPT_STAGES else "",
    }


def _line(row: RegisterRow, names: RegisterNames) -> dict[str, Any]:
    stage = row.stage.value
    tone = "plain" if stage in ENDED else "warn" if stage in HINDERED else "ok" if stage == "free" else "info"
    return {
        "no": row.receipt_no,
        "register_no": row.register_no,
        "stage_text": words.word(STAGE, stage),
        "tone": tone,
        "holder": names.party(row.holder_no).name,
        "product": names.shown_product(row.product_number),
        "kg": row.kg,
        "held_kg": row.held_kg,
        "warehouse": row.warehouse_name,
        "grade": words.word(words.GRADE, row.grade),
        "expires_on": row.expires_on,
    }


@operator_page
@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered register as CSV or Excel, newest first, up to MAX_ROWS."""
    header = [
        _("仓单号"),
        _("登记编码"),
        _("状态"),
        _("持有人"),
        _("品种"),
        _("数量 公斤"),
        _("冷库"),
        _("等级"),
        _("签发时间"),
        _("有效期至"),
    ]
    rows = _export_rows(_filters(request))
    if kind == "csv":
        return csv_response("receipts.csv", header, rows)
    if kind != "xlsx":
        raise BadParameter(name="kind")
    response = HttpResponse(_workbook(header, rows), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="receipts.xlsx"'
    return response


def _export_rows(chosen: dict[str, Any]) -> Iterator[list[str | int]]:
    names, before, left = RegisterNames(), None, MAX_ROWS
    while left > 0:
        found = register(OPERATOR, **chosen, before=before, limit=min(EXPORT_PAGE, left))
        for row in found:
            yield [
                row.receipt_no,
                row.register_no,
                words.word(STAGE, row.stage.value),
                names.party(row.holder_no).name,
                names.shown_product(row.product_number),
                row.kg,
                row.warehouse_name,
                words.word(words.GRADE, row.grade),
                f"{localtime(row.issued_at):%Y-%m-%d %H:%M}",
                row.expires_on.isoformat(),
            ]
        if len(found) < EXPORT_PAGE:
            return
        left, before = left - len(found), found[-1].id


def _workbook(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, header, book.add_format({"bold": True}))
    for at, row in enumerate(rows, start=1):
        sheet.write_row(at, 0, [cell if isinstance(cell, int) else safe_cell(cell) for cell in row])
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Registers or refuses an issue, or decides a foreclosure; ``subject`` says which."""
    try:
        subject, actor = request.POST.get("subject", ""), actor_of(request)
        match request.POST.get("verb", ""):
            case "register":
                number = services.register_issue(subject, actor=actor)
                messages.success(request, _("已注册仓单 %(no)s") % {"no": number})
            case "refuse":
                services.refuse_issue(subject, reason=reason_in(request), actor=actor)
                messages.success(request, _("已驳回"))
            case "foreclose":
                services.decide_foreclosure(subject, approve=True, actor=actor)
                messages.success(request, _("已同意处置，货物转入竞价"))
            case "keep":
                services.decide_foreclosure(subject, approve=False, actor=actor)
                messages.success(request, _("已驳回"))
            case other:
                raise BadParameter(name="verb", detail=str(other))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/receipts/")
