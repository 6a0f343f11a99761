"""Small questions pages ask about many listings or auctions at once."""

from collections.abc import Iterable

from django.db.models import Count

from exchange.halls.auction_selectors import STAGES, auction_row
from exchange.halls.models import Auction, Listing
from exchange.halls.selectors import listing_row
from exchange.halls.types import SHOWN_AUCTIONS, AuctionRow, ListingRow

MAX_VERSIONS = 50
"""How far back the history of a listing is followed."""


def stage_counts() -> dict[str, int]:
    """How many public auctions there are in each stage."""
    rows = Auction.objects.filter(defined=True, state__in=SHOWN_AUCTIONS).values_list("state")
    counts = dict(rows.annotate(count=Count("id")).order_by())
    return {stage: sum(counts.get(state, 0) for state in states) for stage, states in STAGES.items()}


def auctions_by_id(auction_ids: Iterable[int]) -> dict[int, AuctionRow]:
    """Auctions by number, for somebody who has to do with them."""
    return {row.pk: auction_row(row) for row in Auction.objects.filter(pk__in=set(auction_ids))}


def prices_of(listing_ids: Iterable[int]) -> dict[int, int]:
    """Listed prices by listing, fen per kg."""
    return dict(Listing.objects.filter(pk__in=set(listing_ids)).values_list("pk", "price"))


def earlier_versions(listing_id: int) -> list[ListingRow]:
    """What a listing took the place of, newest first."""
    found: list[ListingRow] = []
    listing = Listing.objects.select_related("previous").get(pk=listing_id)
    while listing.previous is not None and len(found) < MAX_VERSIONS:
        listing = Listing.objects.select_related("previous").get(pk=listing.previous.pk)
        found.append(listing_row(listing))
    return found
