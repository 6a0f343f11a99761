"""盘点: counts room by room against books and receipts; another person confirms, a shortfall blocks issue."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from warehouse_receipts import stocktaking
from warehouse_receipts.desk_selectors import rooms
from warehouse_receipts.states import StockTakeState
from warehouse_receipts.store_selectors import (
    StockTakeDetail,
    books_by_room,
    stock_take,
    stock_takes,
    store,
    stores,
)
from web.console.listing import Verb, carry_out, every, filter_in, known_in, page_of
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import product_name, word
from web.store.fields import whole_in

FOUND_LINES = 3
"""Lines for goods that lie where the books have none."""


@operator_page
@require_safe
def takes(request: HttpRequest) -> HttpResponse:
    """Stock-takings as asked for, newest first; which stores may not issue."""
    rows, pager = page_of(request, stock_takes, **_filters(request))
    context = {
        "asked": request.GET,
        "states": [(value, word(names.TAKE_STATE, value)) for value in names.TAKE_STATE],
        "stores": stores(),
        "blocked": stores(status="blocked"),
        "takes": [{"row": row, "mark": names.marked(names.TAKE_STATE, row.state.value)} for row in rows],
        **pager,
    }
    return render(request, "console/stocktakes.html", context)


def _filters(request: HttpRequest) -> dict[str, str]:
    return {
        "warehouse_code": filter_in(request, "warehouse"),
        "state": known_in(request, "state", names.TAKE_STATE),
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The stock-takings as asked for, as CSV."""
    header = [_("盘点单"), _("仓库"), _("状态"), _("盘点 公斤"), _("短少 公斤"), _("盘点人"), _("盘点时间")]
    header += [_("复核"), _("说明")]
    rows = (
        [
            row.stock_take_no,
            row.warehouse_name,
            word(names.TAKE_STATE, row.state.value),
            row.counted_kg,
            row.shortfall_kg,
            row.counted_by,
            f"{localtime(row.counted_at):%Y-%m-%d %H:%M}",
            row.decided_by,
            row.note,
        ]
        for row in every(stock_takes, **_filters(request))
    )
    return csv_response("stock-takes.csv", header, rows)


# Counting ---------------------------------------------------------------------------------------------


@operator_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """The count sheet of a store: what the books have in each room, and what was counted there."""
    house, register, error = store(code), RegisterNames(), ""
    if request.method == "POST":
        try:
            no = stocktaking.count_rooms(code, _counted_in(request, code), actor=actor_of(request))
            messages.success(request, _("盘点 %(no)s 已登记，等待另一人复核") % {"no": no})
            return redirect(f"/console/stocktakes/{no}/")
        except JinguoError as refusal:
            error = message_of(refusal)
    context = {
        "store": house,
        "error": error,
        "lines": [
            {
                "row": row,
                "field": f"kg:{row.room}:{row.product_number}",
                "product": register.shown_product(row.product_number),
                "given": request.POST.get(f"kg:{row.room}:{row.product_number}", ""),
            }
            for row in books_by_room(code)
        ],
        "found": [
            {
                "line": line,
                "room": request.POST.get(f"found_room_{line}", ""),
                "product": request.POST.get(f"found_product_{line}", ""),
                "kg": request.POST.get(f"found_kg_{line}", ""),
            }
            for line in map(str, range(1, FOUND_LINES + 1))
        ],
        "rooms": [room.code for room in rooms(code)],
        "products": [(str(row.number), product_name(row)) for row in register.products.values()],
    }
    return render(request, "console/stocktake_new.html", context, status=422 if error else 200)


def _counted_in(request: HttpRequest, code: str) -> dict[tuple[str, int], int]:
    """Kg by room and product: every line of the books, and what lies where they have nothing."""
    counted = {
        (row.room, row.product_number): whole_in(request, f"kg:{row.room}:{row.product_number}")
        for row in books_by_room(code)
    }
    known = RegisterNames().products
    for line in range(1, FOUND_LINES + 1):
        if not request.POST.get(f"found_kg_{line}", "").strip():
            continue
        product = whole_in(request, f"found_product_{line}")
        place = (request.POST.get(f"found_room_{line}", "")[:16], product)
        if product not in known or place in counted:
            raise BadParameter(name=f"found_product_{line}")
        counted[place] = whole_in(request, f"found_kg_{line}")
    return counted


# One stock-taking -------------------------------------------------------------------------------------


@operator_page
@require_safe
def take(request: HttpRequest, no: str) -> HttpResponse:
    """A stock-taking: what was counted against books and receipts, and what has to be done about it."""
    found, register = stock_take(no), RegisterNames()
    own = found.row.counted_by == request.user.get_username()
    context = {
        "take": found.row,
        "mark": names.marked(names.TAKE_STATE, found.row.state.value),
        "may_confirm": found.row.state == StockTakeState.COUNTED and not own,
        "may_settle": found.row.state == StockTakeState.SHORT and not own,
        "own": own and found.row.state in (StockTakeState.COUNTED, StockTakeState.SHORT),
        "blocked": found.issue_blocked,
        **_lines(found, register),
    }
    return render(request, "console/stocktake.html", context)


def _lines(found: StockTakeDetail, register: RegisterNames) -> dict[str, Any]:
    return {
        "lines": [
            {"row": line, "product": register.shown_product(line.product_number)} for line in found.lines
        ],
        "rooms": [
            {"row": line, "product": register.shown_product(line.product_number)} for line in found.rooms
        ],
    }


@operator_page
@require_POST
def act(request: HttpRequest, no: str) -> HttpResponse:
    """Confirms, throws away or settles a stock-taking."""
    return carry_out(request, _VERBS, no, f"/console/stocktakes/{no}/")


def _confirm(_request: HttpRequest, actor: Actor, no: str) -> str:
    if stocktaking.confirm_count(no, actor=actor) == StockTakeState.SHORT:
        return _("已复核：短少，该仓库暂停签发仓单")
    return _("已复核：账实相符，账面已调整")


def _void(request: HttpRequest, actor: Actor, no: str) -> str:
    stocktaking.void_count(no, note=reason_in(request), actor=actor)
    return _("盘点已作废，可重新盘点")


def _settle(request: HttpRequest, actor: Actor, no: str) -> str:
    stocktaking.settle_shortfall(no, note=reason_in(request), actor=actor)
    return _("短少已处理，恢复签发")


_VERBS: dict[str, Verb] = {"confirm": _confirm, "void": _void, "settle": _settle}
