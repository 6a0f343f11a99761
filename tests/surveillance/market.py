"""Plain rows for the detectors, and a small market in the tables."""

from datetime import date
from itertools import count
from typing import Any

from exchange.kernel.calendar import day_bounds_ns
from exchange.surveillance.types import AuctionFact, Facts, Link, OrderFact, TradeFact
from matching.types import Reason, Side

DAY = date(2026, 11, 27)
"""A Friday."""
MINUTE_NS, S_NS = 60 * 10**9, 10**9
NINE_NS = day_bounds_ns(DAY)[0] + 9 * 60 * MINUTE_NS

_numbers = count(1)


def trade(
    at_min: int, price: int, kg: int = 5_000, *, buyer: int = 11, seller: int = 1, **changes: Any
) -> TradeFact:
    """A trade so many minutes after nine."""
    number = next(_numbers)
    plain = TradeFact(
        trade_id=number,
        product=1,
        price=price,
        kg=kg,
        buyer=buyer,
        seller=seller,
        buy_order=2 * number,
        sell_order=2 * number + 1,
        taker_side=Side.BUY,
        in_call=False,
        mode=0,
        at_ns=NINE_NS + at_min * MINUTE_NS,
    )
    return plain._replace(**changes)


def order(account: int, side: Side, kg: int, *, placed_s: int, **changes: Any) -> OrderFact:
    """An order so many seconds after nine, ended by the close unless told otherwise."""
    plain = OrderFact(
        order_id=next(_numbers),
        account=account,
        product=1,
        side=side,
        price=700,
        kg=kg,
        filled=0,
        status=4,
        reason=Reason.SESSION_END,
        placed_ns=NINE_NS + placed_s * S_NS,
    )
    return plain._replace(**changes)


def cancelled(account: int, side: Side, kg: int, *, placed_s: int, after_s: int) -> OrderFact:
    """An order its owner cancelled so many seconds after nine."""
    return order(
        account, side, kg, placed_s=placed_s, reason=Reason.BY_OWNER, cancelled_ns=NINE_NS + after_s * S_NS
    )


def auction(number: int, bids: dict[int, int], *, winner: int, left: tuple[int, ...] = ()) -> AuctionFact:
    """A sale from 7.00 on; who entered bid, is in ``left``, or did nothing (0)."""
    return AuctionFact(
        auction_id=number,
        product=1,
        owner=1,
        side=Side.SELL,
        start_price=700,
        ended_ns=NINE_NS,
        entered=tuple(sorted({*bids, *left})),
        left=left,
        best_bids=tuple(sorted((account, price) for account, price in bids.items() if price)),
        winners=(winner,),
    )


def day(*trades: TradeFact, **more: Any) -> Facts:
    """The facts of a day."""
    return Facts(DAY, trades=trades, **more)


LINKED = Link(1, 2, "signatory")
