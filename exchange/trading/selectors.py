"""Reading the read model: what faces, the price index and operations may ask about trading.

Lists are newest first and paged by the number of the last row seen (`before`). Everything is as of
`projected_seq()`; a caller that has just been acknowledged with a sequence can wait for its rows with
`wait_until_projected`.
"""

import time
from collections.abc import Sequence
from datetime import date
from heapq import merge
from itertools import islice
from typing import Literal

from django.db.models import Count, Max, Q, Sum, Value
from django.db.models.functions import Coalesce, Mod

from exchange.trading.models import (
    DONE_STATUSES,
    OPEN_STATUSES,
    AccountPosition,
    GoodsPosition,
    Order,
    ProjectorPosition,
    RefusedOrder,
    Trade,
)
from exchange.trading.projection_progress import PROGRESS
from exchange.trading.replies import OrderStatus
from exchange.trading.types import (
    FundsPosition,
    GoodsRow,
    OrderRow,
    RefusedOrderRow,
    RestingOrders,
    TradeRow,
)
from matching.desk_types import FIRST_DEAL
from matching.types import Side

PROJECTOR = "tables"
"""Name of the one projector's position."""

MAX_ROWS = 1_000
POLL_S = 0.02

OrderFilter = Literal["open", "done", "all"]


# Position --------------------------------------------------------------------------------------------


def projected_seq() -> int:
    """Sequence of the last command whose rows are committed; 0 before the first."""
    if PROGRESS.following:
        return PROGRESS.seq
    return ProjectorPosition.objects.filter(name=PROJECTOR).values_list("seq", flat=True).first() or 0


def projector_halt_reason() -> str:
    """Why the projector stopped for good; empty while it works."""
    if PROGRESS.following:
        return PROGRESS.halt_reason
    reasons = ProjectorPosition.objects.filter(name=PROJECTOR).values_list("halt_reason", flat=True)
    return reasons.first() or ""


def wait_until_projected(seq: int, timeout_s: float) -> bool:
    """Block until the tables have come to seq; False when the time is over or the projector halted.

    Cheap beside a projector of the same process; otherwise the position is polled.
    """
    deadline = time.monotonic() + timeout_s
    if PROGRESS.following and PROGRESS.wait(seq, timeout_s):
        return True
    while projected_seq() < seq:
        left = deadline - time.monotonic()
        if left <= 0 or projector_halt_reason():
            return False
        time.sleep(min(POLL_S, left))
    return True


# Orders ----------------------------------------------------------------------------------------------


def orders_of(
    account_no: int,
    *,
    status: OrderFilter = "all",
    product_number: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[OrderRow]:
    """Accepted orders of an account; `before` is an order id."""
    orders = Order.objects.filter(account_no=account_no)
    if product_number is not None:
        orders = orders.filter(product_number=product_number)
    if status != "all":
        orders = orders.filter(status__in=OPEN_STATUSES if status == "open" else DONE_STATUSES)
    if before is not None:
        orders = orders.filter(order_id__lt=before)
    rows = orders.order_by("-order_id").values_list(*OrderRow._fields)[: _bounded(limit)]
    return [order_row(row) for row in rows]


def order_by_id(order_id: int, account_no: int) -> OrderRow | None:
    """One order, if it is this account's."""
    rows = Order.objects.filter(order_id=order_id, account_no=account_no)
    row = rows.values_list(*OrderRow._fields).first()
    return None if row is None else order_row(row)


def resting_orders(product_number: int, *, low: int, high: int, tick: int) -> RestingOrders:
    """What rests in a product's book, and what of it another band or tick (fen per kg) would not take."""
    rows = Order.objects.filter(product_number=product_number, status__in=OPEN_STATUSES)
    totals = rows.annotate(off=Mod("price", Value(tick))).aggregate(
        orders=Count("pk"),
        kg=Coalesce(Sum("remaining"), 0),
        outside_band=Count("pk", filter=Q(price__lt=low) | Q(price__gt=high)),
        off_tick=Count("pk", filter=~Q(off=0)),
    )
    return RestingOrders(**totals)


def order_by_client_id(account_no: int, client_order_id: str) -> OrderRow | None:
    """The accepted order with the member's own id."""
    rows = Order.objects.filter(account_no=account_no, client_order_id=client_order_id)
    row = rows.order_by("-order_id").values_list(*OrderRow._fields).first()
    return None if row is None else order_row(row)


def refused_orders_of(
    account_no: int, *, before: int | None = None, limit: int = 100
) -> list[RefusedOrderRow]:
    """Refused orders of an account; `before` is a sequence."""
    orders = RefusedOrder.objects.filter(account_no=account_no)
    if before is not None:
        orders = orders.filter(seq__lt=before)
    rows = orders.order_by("-seq").values_list(*RefusedOrderRow._fields)[: _bounded(limit)]
    return [RefusedOrderRow._make(row) for row in rows]


def order_row(row: Sequence[object]) -> OrderRow:
    """An order from its columns in the table."""
    order = OrderRow._make(row)
    return order._replace(status=OrderStatus(order.status))


# Trades ----------------------------------------------------------------------------------------------


def trades_of(account_no: int, *, before: int | None = None, limit: int = 100) -> list[TradeRow]:
    """Trades in which the account bought or sold, newest first; `before` is one of its trade ids.

    Deals of the halls are numbered beside the trades of the books, so the journal's sequence orders them. Two
    index walks merged, since an OR would scan.
    """
    bounded = _bounded(limit)
    bought, sold = Trade.objects.filter(buyer_no=account_no), Trade.objects.filter(seller_no=account_no)
    if before is not None:
        seq = Trade.objects.filter(pk=before).values_list("seq", flat=True).first() or 0
        earlier = Q(seq__lte=seq) & (Q(seq__lt=seq) | Q(trade_id__lt=before))
        bought, sold = bought.filter(earlier), sold.filter(earlier)
    sides = (
        map(TradeRow._make, trades.order_by("-seq", "-trade_id").values_list(*TradeRow._fields)[:bounded])
        for trades in (bought, sold)
    )
    return list(islice(merge(*sides, key=lambda trade: (trade.seq, trade.trade_id), reverse=True), bounded))


def trades_of_order(order_id: int, account_no: int) -> list[TradeRow]:
    """Trades of one order of this account, oldest first."""
    order = order_by_id(order_id, account_no)
    if order is None:
        return []
    if order.side == Side.BUY:
        trades = Trade.objects.filter(buyer_no=account_no, buy_order_id=order_id)
    else:
        trades = Trade.objects.filter(seller_no=account_no, sell_order_id=order_id)
    return [TradeRow._make(row) for row in trades.order_by("trade_id").values_list(*TradeRow._fields)]


def product_trades(product_number: int, *, before: int | None = None, limit: int = 50) -> list[TradeRow]:
    """Trades of a product's book, newest first, without the deals of the halls; `before` is a trade id."""
    trades = Trade.objects.filter(product_number=product_number, trade_id__lte=FIRST_DEAL)
    if before is not None:
        trades = trades.filter(trade_id__lt=before)
    rows = trades.order_by("-trade_id").values_list(*TradeRow._fields)[: _bounded(limit)]
    return [TradeRow._make(row) for row in rows]


def trades_of_day(day: date, product_number: int | None = None) -> list[TradeRow]:
    """All trades of a trading day, oldest first: the raw material of index and statements."""
    trades = Trade.objects.filter(day=day)
    if product_number is not None:
        trades = trades.filter(product_number=product_number)
    return [TradeRow._make(row) for row in trades.order_by("trade_id").values_list(*TradeRow._fields)]


def last_trading_day() -> date | None:
    """The latest day with a trade."""
    last: date | None = Trade.objects.aggregate(day=Max("day"))["day"]
    return last


# Positions -------------------------------------------------------------------------------------------


def funds_position(account_no: int) -> FundsPosition:
    """Free and held money of an account, fen; zero for one that never had any."""
    fields = ("funds_free", "funds_held", "updated_seq")
    row = AccountPosition.objects.filter(account_no=account_no).values_list(*fields).first()
    return FundsPosition(0, 0, 0) if row is None else FundsPosition._make(row)


def goods_positions(account_no: int) -> list[GoodsRow]:
    """Free and held kilograms of an account by product; products with none are left out."""
    rows = GoodsPosition.objects.filter(account_no=account_no).exclude(free_kg=0, held_kg=0)
    fields = ("product_number", "free_kg", "held_kg")
    return [GoodsRow._make(row) for row in rows.order_by("product_number").values_list(*fields)]


def _bounded(limit: int) -> int:
    return max(1, min(limit, MAX_ROWS))
