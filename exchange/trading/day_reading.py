"""A day's orders and trades as the surveillance reads them, and when an order was cancelled.

The tables know by which command an order ended; when that command came, only the journal knows.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Min, Sum

from exchange.kernel.calendar import day_bounds_ns
from exchange.trading.journal import JournalEntry, JournalReader
from exchange.trading.models import Order, Trade
from exchange.trading.selectors import order_row
from exchange.trading.types import OrderRow, TradeRow

_STEPS = (16, 256, 4_096)
"""How many entries before a command are read to find the one that has it; no entry has more commands."""
_PAGE = 256


def trades_between(first: date, last: date) -> list[TradeRow]:
    """Settled trades of the trading days from ``first`` to ``last``, in the order of the journal."""
    trades = Trade.objects.filter(day__gte=first, day__lte=last)
    return [TradeRow._make(row) for row in trades.order_by("seq", "trade_id").values_list(*TradeRow._fields)]


def orders_of_day(day: date) -> list[OrderRow]:
    """Orders accepted on a day, oldest first. Numbers grow with time, so the day is a span of them."""
    start_ns, end_ns = day_bounds_ns(day)
    orders = Order.objects.filter(pk__gte=_first_at(start_ns), pk__lt=_first_at(end_ns))
    return [order_row(row) for row in orders.order_by("pk").values_list(*OrderRow._fields)]


def _first_at(at_ns: int) -> int:
    """The lowest number an order placed at or after an instant has or would have: a search by halves."""
    last = Order.objects.order_by("-pk").values_list("pk", flat=True).first()
    low, high = 0, (last or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = Order.objects.filter(pk__gte=middle).order_by("pk").values_list("pk", "placed_at_ns").first()
        if row is None or row[1] >= at_ns:
            high = middle
        else:
            low = row[0] + 1
    return low


def command_times(journal: JournalReader, seqs: Collection[int]) -> dict[int, int]:
    """When the floor took commands, in epoch ns, by their sequence; one the journal lacks is left out.

    Raises JournalError.
    """
    times: dict[int, int] = {}
    page: list[JournalEntry] = []
    for seq in sorted(seqs):
        if not page or seq > page[-1].last_seq:
            page = _page_with(journal, seq)
        entry = next((each for each in page if each.first_seq <= seq <= each.last_seq), None)
        if entry is not None:
            times[seq] = entry.time_ns
    return times


def _page_with(journal: JournalReader, seq: int) -> list[JournalEntry]:
    """Entries around a command, its own among them if the journal has it."""
    page: list[JournalEntry] = []
    for back in _STEPS:
        page = journal.read(max(0, seq - back), back + _PAGE)
        if page and page[0].first_seq <= seq:
            break
    return page


def trades_by_id(trade_ids: Iterable[int]) -> list[TradeRow]:
    """The trades with these numbers, oldest first; unknown numbers are left out."""
    rows = Trade.objects.filter(trade_id__in=set(trade_ids)).order_by("seq", "trade_id")
    return [TradeRow._make(row) for row in rows.values_list(*TradeRow._fields)]


def orders_by_id(order_ids: Iterable[int]) -> list[OrderRow]:
    """The orders with these numbers, whoever's they are, oldest first; unknown numbers are left out."""
    rows = Order.objects.filter(pk__in=set(order_ids)).order_by("pk").values_list(*OrderRow._fields)
    return [order_row(row) for row in rows]


class TradedPart(NamedTuple):
    """What a buyer had of a seller in a product and way of trading (``TradeMode``) within some days."""

    product_number: int
    mode: int
    buyer_no: int
    seller_no: int
    kg: int
    fen: int
    trades: int


def traded_parts(first: date, last: date) -> list[TradedPart]:
    """Sums of the trades of the days from ``first`` to ``last``, for statistics."""
    keys = ("product_number", "mode", "buyer_no", "seller_no")
    rows = Trade.objects.filter(day__gte=first, day__lte=last).order_by().values(*keys)
    sums = rows.annotate(kg=Sum("quantity"), fen=Sum("amount_fen"), trades=Count("pk"))
    return [TradedPart(**row) for row in sums]


def first_trading_day() -> date | None:
    """The earliest day with a trade."""
    first: date | None = Trade.objects.aggregate(day=Min("day"))["day"]
    return first


def members_trading(first: date, last: date) -> int:
    """How many accounts bought or sold on the days from ``first`` to ``last``."""
    trades = Trade.objects.filter(day__gte=first, day__lte=last).order_by()
    buyers = trades.values_list("buyer_no", flat=True).distinct()
    return len(set(buyers) | set(trades.values_list("seller_no", flat=True).distinct()))
