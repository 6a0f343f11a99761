"""The call auction (集合竞价): one price for all orders that were collected, as a pure function.

This is the readable specification. The reference engine ends a call with it, the command line computes
published examples with it, and the fast engine must find the same price in its book.

At a price p all buys with a limit of p or more and all sells with a limit of p or less can trade, and market
orders at every price. The volume V(p) is the smaller of the two sums, the surplus the buys less the sells.
The price has the most volume, among those the least left over on either side, and among those what the
``TieRule`` says: first, if at all of them more is left to buy, the highest, and if at all more is left to
sell, the lowest; otherwise the one nearest to the rule's target. Under NEAREST_LIMIT only limits are prices
at all: what lies between two of them is not taken even if it leaves less over (Xetra, example 4).

Volume and surplus change only at limits. So prices are handled in pieces, the limits and the gaps between
them, and a book whose limits are a million ticks apart costs no more than one whose limits are neighbours.

Sources: Shanghai Stock Exchange trading rules 3.5.2 (MIDPOINT); Deutsche Börse, Xetra Release 14.0 Market
Model Equities, chapter 13.1.2 (NEAREST_LIMIT) and Continuous Auction, chapter 9.2 (MIDPOINT); Euronext, Pure
Market Order (NEAREST_TICK); BNB Chain, match examples, with the four principles of the ASX (PRESSURE).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from matching.types import BASIS, PRESSURE_CAP_BPS, TieRule


class Interest(NamedTuple):
    """What is offered at one limit: one order, or all orders of one side that share the limit."""

    price: int | None
    """The limit; None: at any price (a market order)."""
    kg: int
    """More than zero."""


class Uncrossing(NamedTuple):
    """How a call ends: its price, what trades, and what is left over."""

    price: int
    executed: int
    """Kg that trade."""
    surplus: int
    """Kg left to buy less kg left to sell at the price."""


class _Piece(NamedTuple):
    """Neighbouring prices, ends included, with the same volume and the same surplus at each."""

    low: int
    high: int
    volume: int
    surplus: int
    is_limit: bool
    """One price only, the limit of some interest."""


def uncross(
    buys: Sequence[Interest],
    sells: Sequence[Interest],
    *,
    rule: TieRule,
    reference: int = 0,
    tick: int = 1,
    price_range: tuple[int, int] | None = None,
) -> Uncrossing | None:
    """The price at which the call ends; None if nothing can trade.

    Prices are integers in one unit (in the engine: fen per kg), quantities kg. The price is a multiple of
    ``tick`` from the lowest to the highest limit, or inside ``price_range`` (ends included) if that is given;
    with neither, it is the ``reference`` price, rounded up to a tick. A reference of 0 is none.
    """
    limits = sorted({interest.price for interest in (*buys, *sells) if interest.price is not None})
    bounds = price_range or _bounds(limits, reference, tick)
    if bounds is None:
        return None
    pieces = list(_pieces(buys, sells, limits, bounds, tick))
    tied = _tied(pieces)
    if not tied or tied[0].volume == 0:
        return None
    middle = _up(tied[0].low + tied[-1].high, 2 * tick) // 2
    if rule is TieRule.NEAREST_LIMIT:
        tied = _tied([piece for piece in pieces if piece.is_limit]) or tied
    return _nearest(tied, _target(tied, rule, reference, middle), tick)


def _bounds(limits: Sequence[int], reference: int, tick: int) -> tuple[int, int] | None:
    """Where the price is looked for when no range is given."""
    if limits:
        return limits[0], limits[-1]
    price = _up(reference, tick)
    return (price, price) if reference else None


def _pieces(
    buys: Sequence[Interest],
    sells: Sequence[Interest],
    limits: Sequence[int],
    bounds: tuple[int, int],
    tick: int,
) -> Iterator[_Piece]:
    """The prices to choose from, ascending."""
    market_buys, buy_limits, buys_below = _cumulated(buys)
    market_sells, sell_limits, sells_below = _cumulated(sells)
    for low, high, is_limit in _cut(limits, *bounds):
        first, last = _up(low, tick), high // tick * tick
        if first <= last:
            bought = market_buys + buys_below[-1] - buys_below[bisect_left(buy_limits, first)]
            sold = market_sells + sells_below[bisect_right(sell_limits, first)]
            yield _Piece(first, last, min(bought, sold), bought - sold, is_limit)


def _cumulated(interests: Sequence[Interest]) -> tuple[int, list[int], list[int]]:
    """Kg at any price; the limits, ascending; kg of the first 0, 1, 2 … of them."""
    limited = sorted((interest.price, interest.kg) for interest in interests if interest.price is not None)
    at_any_price = sum(interest.kg for interest in interests if interest.price is None)
    return at_any_price, [price for price, _ in limited], [0, *accumulate(kg for _, kg in limited)]


def _cut(limits: Sequence[int], low: int, high: int) -> Iterator[tuple[int, int, bool]]:
    """From low to high: each limit by itself, and what lies between; a piece may be empty."""
    start = low
    for limit in limits[bisect_left(limits, low) : bisect_right(limits, high)]:
        yield start, limit - 1, False
        yield limit, limit, True
        start = limit + 1
    yield start, high, False


def _tied(pieces: Sequence[_Piece]) -> list[_Piece]:
    """The pieces with the most volume and, among those, the least left over."""
    best = max(((piece.volume, -abs(piece.surplus)) for piece in pieces), default=None)
    return [piece for piece in pieces if (piece.volume, -abs(piece.surplus)) == best]


def _target(tied: Sequence[_Piece], rule: TieRule, reference: int, middle: int) -> int:
    """Where among tied prices the rule wants to be, in units of 1/BASIS of a price."""
    lowest, highest = tied[0].low * BASIS, tied[-1].high * BASIS
    capped = rule is TieRule.PRESSURE and reference > 0
    if rule is TieRule.HIGHEST:
        return highest
    if all(piece.surplus > 0 for piece in tied):
        return min(highest, reference * (BASIS + PRESSURE_CAP_BPS)) if capped else highest
    if all(piece.surplus < 0 for piece in tied):
        return max(lowest, reference * (BASIS - PRESSURE_CAP_BPS)) if capped else lowest
    if rule is TieRule.MIDPOINT or not reference:
        return middle * BASIS
    return reference * BASIS


def _nearest(tied: Sequence[_Piece], target: int, tick: int) -> Uncrossing:
    """The tied price nearest to the target, of two equally near the higher."""
    below = target // (BASIS * tick) * tick
    offers = [
        (price, piece)
        for piece in tied
        for price in (min(max(near, piece.low), piece.high) for near in (below, below + tick))
    ]
    price, piece = min(offers, key=lambda offer: (abs(offer[0] * BASIS - target), -offer[0]))
    return Uncrossing(price, piece.volume, piece.surplus)


def _up(price: int, tick: int) -> int:
    """Rounded up to a multiple of the tick."""
    return -(-price // tick) * tick
