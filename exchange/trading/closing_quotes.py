"""The firm bids and offers of a day's close: what the price index falls back on without enough trades.

Every order in the book is funded or backed by receipts on hold, so each of these quotes could have traded.
"""

from datetime import date

from django.db.models import F, Max, QuerySet, Sum

from exchange.kernel.calendar import day_bounds_ns
from exchange.trading.models import OPEN_STATUSES, Order
from exchange.trading.replies import OrderStatus
from exchange.trading.types import QuoteRow
from matching.types import Reason, Side

ENDED_BY_CLOSE = (Reason.SESSION_END, Reason.EXPIRED)
"""Why orders leave the book at a close; those good until a later day stay in it."""

Levels = dict[int, dict[int, dict[int, int]]]
"""product → side → price → kg"""


def closing_quotes(day: date) -> list[QuoteRow]:
    """Best bid and offer of each product from the orders that stood at the last close of a day.

    While the session goes on these are the open orders. A product with orders on one side only is left out.
    """
    start_ns, end_ns = day_bounds_ns(day)
    placed = Order.objects.filter(placed_at_ns__lt=end_ns)
    ended = placed.filter(placed_at_ns__gte=start_ns, status=OrderStatus.CANCELLED, reason__in=ENDED_BY_CLOSE)
    closes = ended.order_by().values("product_number").annotate(seq=Max("updated_seq"))
    at_close = _levels(ended.filter(updated_seq__in=[close["seq"] for close in closes]))
    standing = _levels(placed.filter(status__in=OPEN_STATUSES))
    return [
        _best(product, sides)
        for product, sides in sorted(together(at_close, standing).items())
        if sides.keys() == {Side.BUY, Side.SELL}
    ]


def firm_prices() -> Levels:
    """What rests in the books now: product → side → price → kg."""
    return _levels(Order.objects.filter(status__in=OPEN_STATUSES))


def together(one: Levels, other: Levels) -> Levels:
    """Both in one, the kg at each price added up: what the close ended stood beside what it left."""
    joined: Levels = {}
    for levels in (one, other):
        for product, sides in levels.items():
            for side, prices in sides.items():
                book = joined.setdefault(product, {}).setdefault(side, {})
                for price, kg in prices.items():
                    book[price] = book.get(price, 0) + kg
    return joined


def _levels(orders: QuerySet[Order]) -> Levels:
    rows = orders.order_by().values_list("product_number", "side", "price")
    found: Levels = {}
    for product, side, price, kg in rows.annotate(kg=Sum(F("quantity") - F("filled"))):
        found.setdefault(product, {}).setdefault(side, {})[price] = kg
    return found


def _best(product: int, sides: dict[int, dict[int, int]]) -> QuoteRow:
    bid, ask = max(sides[Side.BUY]), min(sides[Side.SELL])
    return QuoteRow(product, bid, sides[Side.BUY][bid], ask, sides[Side.SELL][ask])
