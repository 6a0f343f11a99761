"""What somebody looks for in the halls, and a page of what was found."""

from dataclasses import dataclass, field
from typing import NamedTuple

from exchange.halls.types import AuctionRow, ListingRow

LISTING_SORTS = ("newest", "price", "-price", "kg", "-kg", "ends")


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """What somebody looks for in 挂牌大厅; None and empty: no matter."""

    side: int | None = None
    product_numbers: tuple[int, ...] = field(default=())
    lowest: int | None = None
    highest: int | None = None
    least_kg: int | None = None
    negotiable: bool | None = None
    payment: int | None = None
    """As in ``types.NewListing``; 0 is the full price at once."""


class ListingPage(NamedTuple):
    """One page; ``next_offset`` is None on the last. total counts all pages."""

    rows: tuple[ListingRow, ...]
    next_offset: int | None
    total: int


class AuctionPage(NamedTuple):
    """One page; ``next_offset`` is None on the last. total counts all pages."""

    rows: tuple[AuctionRow, ...]
    next_offset: int | None
    total: int
