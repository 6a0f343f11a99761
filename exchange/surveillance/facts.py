"""Reading what detectors look at: a day's trades, orders and auctions, and how members are linked."""

from datetime import date, timedelta
from typing import NamedTuple

from exchange.halls.contest_reading import contests
from exchange.kernel.calendar import datetime_of, day_bounds_ns, previous_trading_day
from exchange.members.linking import member_links
from exchange.surveillance.parameters import Parameters
from exchange.surveillance.types import AuctionFact, Facts, Link, OrderFact, TradeFact
from exchange.trading.day_reading import command_times, orders_of_day, trades_between
from exchange.trading.journal_stores import open_journal
from exchange.trading.types import OrderRow, TradeRow
from matching.types import Reason

MINUTES_PER_DAY = 1_440


class Span(NamedTuple):
    """A stretch of days, both included."""

    first: date
    last: date


def facts_of(day: date, parameters: Parameters) -> Facts:
    """All that detectors need to know of a day, as far back as the parameters look. Raises JournalError."""
    _, end_ns = day_bounds_ns(day)
    rings_from = day_bounds_ns(day - timedelta(days=parameters.ring_days - 1))[0]
    links_from = day_bounds_ns(day - timedelta(days=parameters.terminal_days - 1))[0]
    before = _look_back(day, parameters)
    return Facts(
        day=day,
        trades=tuple(_trade(row) for row in trades_between(day, day)),
        earlier=tuple(_trade(row) for row in trades_between(before.first, before.last)),
        orders=_orders(day),
        links=tuple(Link(*link) for link in member_links(datetime_of(links_from), datetime_of(end_ns))),
        auctions=tuple(AuctionFact(*row) for row in contests(rings_from, end_ns)),
    )


def _look_back(day: date, parameters: Parameters) -> Span:
    """The days before whose trades round trips or the sample of prices may reach into."""
    first = day - timedelta(days=parameters.wash_linked_minutes // MINUTES_PER_DAY + 1)
    sample = day
    for _ in range(parameters.outlier_days):
        sample = previous_trading_day(sample)
    return Span(min(first, sample), day - timedelta(days=1))


def _orders(day: date) -> tuple[OrderFact, ...]:
    rows = orders_of_day(day)
    cancels = {row.updated_seq for row in rows if row.reason == Reason.BY_OWNER}
    times = _times(cancels) if cancels else {}
    return tuple(_order(row, times) for row in rows)


def _times(seqs: set[int]) -> dict[int, int]:
    journal = open_journal()
    try:
        return command_times(journal, seqs)
    finally:
        journal.close()


def _order(row: OrderRow, times: dict[int, int]) -> OrderFact:
    return OrderFact(
        order_id=row.order_id,
        account=row.account_no,
        product=row.product_number,
        side=row.side,
        price=row.price,
        kg=row.quantity,
        filled=row.filled,
        status=int(row.status),
        reason=row.reason,
        placed_ns=row.placed_at_ns,
        cancelled_ns=times.get(row.updated_seq, 0) if row.reason == Reason.BY_OWNER else 0,
    )


def _trade(row: TradeRow) -> TradeFact:
    return TradeFact(
        trade_id=row.trade_id,
        product=row.product_number,
        price=row.price,
        kg=row.quantity,
        buyer=row.buyer_no,
        seller=row.seller_no,
        buy_order=row.buy_order_id,
        sell_order=row.sell_order_id,
        taker_side=row.taker_side,
        in_call=row.in_call,
        mode=row.mode,
        at_ns=row.traded_at_ns,
    )
