"""The only module that locks rows of the halls: listings and auctions by number, before anything they own.

Order of locks beside other packages: the listing or auction first, then the register, then number series.
"""

from exchange.halls.models import Auction, Listing
from exchange.kernel.errors import error_for_reason
from matching.desk_events import DeskReason


def lock_listing(listing_id: int, account_no: int | None = None) -> Listing:
    """A listing, and only if it is this account's. Raises UnknownListing."""
    listing = Listing.objects.select_for_update().filter(pk=listing_id).first()
    if listing is None or account_no not in (None, listing.account_no):
        raise error_for_reason(DeskReason.UNKNOWN_LISTING)
    return listing


def lock_auction(auction_id: int, account_no: int | None = None) -> Auction:
    """An auction, and only if it is this account's. Raises UnknownAuction."""
    auction = Auction.objects.select_for_update().filter(pk=auction_id).first()
    if auction is None or account_no not in (None, auction.account_no):
        raise error_for_reason(DeskReason.UNKNOWN_AUCTION)
    return auction
