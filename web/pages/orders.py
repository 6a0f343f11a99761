"""我的委托: open, finished and refused orders. Cancelling goes through the public API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.kernel.calendar import datetime_of
from exchange.kernel.errors import error_for_reason
from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products_by_number
from exchange.markets.types import ProductRow
from exchange.members.types import MemberIdentity
from exchange.ops.order_guards import cancel_after_of
from exchange.trading.selectors import OrderFilter, orders_of, refused_orders_of
from exchange.trading.types import OrderRow, RefusedOrderRow
from web.pages import words
from web.pages.access import TRADE_ROLES, member_page
from web.pages.me import who
from web.pages.order_terms import terms_text
from web.pages.paging import number_in

PAGE = 30
REFUSED = "refused"
FILTERS = ("open", "done", "all", REFUSED)


@member_page
@require_safe
def orders(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Orders of one kind, newest first."""
    status = request.GET.get("status", "open")
    if status not in FILTERS:
        status = "open"
    cursor = request.GET.get("cursor")
    before = None if cursor is None else number_in(cursor)
    rows, next_cursor = _rows(identity, status, before)
    context = {
        "who": who(identity),
        "tab": "orders",
        "status": status,
        "orders": rows,
        "cursor": cursor,
        "next_cursor": next_cursor,
        "cancels_at": _cancels_at(identity),
    }
    return render(request, "me/orders.html", context)


def _cancels_at(identity: MemberIdentity) -> datetime | None:
    """When a program of the member lets all open orders be cancelled, unless it is heard of before."""
    lapses_at_ns = cancel_after_of(identity.account_no)
    return datetime_of(lapses_at_ns) if lapses_at_ns else None


def _rows(
    identity: MemberIdentity, status: str, before: int | None
) -> tuple[list[dict[str, Any]], str | None]:
    products = products_by_number()
    found: Sequence[OrderRow | RefusedOrderRow]
    if status == REFUSED:
        found = refused_orders_of(identity.account_no, before=before, limit=PAGE + 1)
    else:
        found = orders_of(
            identity.account_no, status=cast("OrderFilter", status), before=before, limit=PAGE + 1
        )
    more = len(found) > PAGE
    may_cancel = identity.role in TRADE_ROLES
    shown = [order_shown(row, products, may_cancel=may_cancel) for row in found[:PAGE]]
    last = found[PAGE - 1] if more else None
    cursor = None if last is None else str(last.order_id if isinstance(last, OrderRow) else last.seq)
    return shown, cursor


def order_shown(
    row: OrderRow | RefusedOrderRow, products: dict[int, ProductRow], *, may_cancel: bool = False
) -> dict[str, Any]:
    """An order as the templates show it."""
    product = products.get(row.product_number)
    name = str(row.product_number) if product is None else words.product_name(product)
    accepted = isinstance(row, OrderRow)
    status = row.status.name.lower() if isinstance(row, OrderRow) else "rejected"
    return {
        "order_id": row.order_id if isinstance(row, OrderRow) else 0,
        "at_ns": row.placed_at_ns if isinstance(row, OrderRow) else row.refused_at_ns,
        "product_name": name,
        "side": words.side_word(row.side),
        "price": row.price,
        "quantity": row.quantity,
        "filled": row.filled if isinstance(row, OrderRow) else 0,
        "status": status,
        "open": accepted and may_cancel and status in ("open", "partially_filled"),
        "terms": terms_text(row),
        "reason_text": words.word(words.REASON, row.reason) if row.reason else "",
        "hint": "" if accepted else error_for_reason(row.reason).hint(words.language()),
        "summary": f"{name} · {format_yuan(row.price)} × {row.quantity:,}",
    }
