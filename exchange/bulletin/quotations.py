"""价格行情: what a day's trades say of a product, and whether it may be said. Pure functions, integers only.

Method 1.0, told to readers on the page and in docs/markets.md:

1. All trades of the day count: books, calls, listings, negotiation, auctions. Those between related parties
   do not.
2. Mean = Σ amount / Σ kg, in whole fen per kg, half a fen up. High and low are those of single trades.
3. A cell is published when there are at least LEAST_TRADES trades and, whichever member (with its related
   ones) is taken away with all its trades, at least LEAST_LEFT remain. So even a member that knows its own
   trades cannot tell another's single trade from the cell.
4. The change is against the mean of the last earlier day that was published, of the TREND_DAYS trading days
   up to and with the day.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

LEAST_TRADES = 3
LEAST_LEFT = 2
TREND_DAYS = 20
BASIS = 10_000


class Pair(NamedTuple):
    """What two parties traded; a party is a member or a group of related ones. kg, fen, fen per kg."""

    buyer: Hashable
    seller: Hashable
    trades: int
    kg: int
    amount_fen: int
    low: int
    high: int


class Figures(NamedTuple):
    """A published cell: prices in fen per kg."""

    mean: int
    low: int
    high: int
    kg: int
    trades: int


class Offer(NamedTuple):
    """The best firm price of a side, fen per kg, and the kg that stand at it."""

    price: int
    kg: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """A product on a day, with what it is offered and wanted at now, and the days before."""

    product_number: int
    day: date
    figures: Figures | None
    """None when nothing was traded, or too little to be published."""
    compared_with: date | None
    previous_mean: int | None
    trend: tuple[tuple[date, int], ...]
    """Published means, oldest first, the day's own at the end."""
    ask: Offer | None = None
    bid: Offer | None = None

    @property
    def change(self) -> int | None:
        """Mean less the mean before, fen per kg."""
        if self.figures is None or self.previous_mean is None:
            return None
        return self.figures.mean - self.previous_mean

    @property
    def change_bps(self) -> int | None:
        """The change in basis points of the mean before, rounded towards zero."""
        if self.change is None or self.previous_mean is None:
            return None
        magnitude = abs(self.change) * BASIS // self.previous_mean
        return magnitude if self.change >= 0 else -magnitude


def figures_of(pairs: Iterable[Pair]) -> Figures | None:
    """What may be published of a product's day, or None."""
    counted = [pair for pair in pairs if pair.buyer != pair.seller]
    if not may_be_published(counted):
        return None
    kg, amount = sum(pair.kg for pair in counted), sum(pair.amount_fen for pair in counted)
    return Figures(
        mean=(2 * amount + kg) // (2 * kg),
        low=min(pair.low for pair in counted),
        high=max(pair.high for pair in counted),
        kg=kg,
        trades=sum(pair.trades for pair in counted),
    )


def may_be_published(pairs: Iterable[Pair]) -> bool:
    """Whether no member can tell another's single trade from the sums, its own known to it.

    Pairs are of different parties.
    """
    involved: Counter[Hashable] = Counter()
    total = 0
    for pair in pairs:
        total += pair.trades
        involved[pair.buyer] += pair.trades
        involved[pair.seller] += pair.trades
    return total >= LEAST_TRADES and total - max(involved.values()) >= LEAST_LEFT
