"""The market as the tables have it at one sequence number: what the hub starts from.

All of it is read in one snapshot of the database, position included, so that the feed can be continued from
exactly there. No lock is taken: the projector goes on writing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.db import connection, transaction

from exchange.trading.bars import day_statistics
from exchange.trading.models import OPEN_STATUSES, Order, ProjectorPosition
from exchange.trading.selectors import PROJECTOR, product_trades
from exchange.trading.types import DayStatistics, OrderRow, TradeRow


class MarketPicture(NamedTuple):
    """Resting orders in order of number, the day's figures and the latest trades by product."""

    seq: int
    orders: list[OrderRow]
    statistics: dict[int, DayStatistics]
    trades: dict[int, list[TradeRow]]


def market_picture(day: date, product_numbers: list[int], trades_each: int) -> MarketPicture:
    """Read it now; trades are oldest first, at most ``trades_each`` per product."""
    with one_moment():
        position = ProjectorPosition.objects.filter(name=PROJECTOR).values_list("seq", flat=True).first()
        resting = Order.objects.filter(status__in=OPEN_STATUSES).order_by("order_id")
        return MarketPicture(
            position or 0,
            [OrderRow._make(row) for row in resting.values_list(*OrderRow._fields).iterator(10_000)],
            day_statistics(day, product_numbers),
            {number: product_trades(number, limit=trades_each)[::-1] for number in product_numbers},
        )


@contextmanager
def one_moment() -> Iterator[None]:
    """Every query inside sees the same state of the database."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
