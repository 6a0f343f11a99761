"""Auctions and listings as the tables have them at one moment: what the channels of the halls start from."""

from exchange.halls import auction_selectors as auctions
from exchange.halls.asking import ListingFilter
from exchange.halls.selectors import listings
from exchange.halls.types import BidRow, ListingRow
from exchange.kernel.auction_errors import UnknownAuction
from exchange.market_data.hall_messages import LiveBid, LiveListing
from exchange.market_data.live_halls import SHOWN_BIDS, AuctionPicture, ListingsPicture
from exchange.markets.selectors import product_by_number
from exchange.members.selectors import members_by_account_no
from exchange.trading.market_picture import one_moment
from exchange.trading.selectors import projected_seq

PAGE = 500


def auction_picture(number: int) -> AuctionPicture | None:
    """An auction everybody may see, or None."""
    with one_moment():
        seq = projected_seq()
        try:
            row = auctions.auction_by_id(number)
        except UnknownAuction:
            return None
        return AuctionPicture(
            seq=seq,
            row=row,
            product=product_by_number(row.product_number).code,
            owner=members_by_account_no([row.account_no])[row.account_no].code,
            paddles=auctions.paddles_of(number),
            bids=[_bid(bid) for bid in auctions.bids(number, limit=SHOWN_BIDS)[::-1]],
        )


def _bid(row: BidRow) -> LiveBid:
    return LiveBid(
        row.id, row.paddle, row.price, row.quantity_kg, row.round, row.by_proxy, row.at_ns, row.seq
    )


def listings_picture(product_number: int) -> ListingsPicture:
    """The open listings of a product everybody may see."""
    wanted = ListingFilter(product_numbers=(product_number,))
    with one_moment():
        found: list[ListingRow] = []
        offset: int | None = 0
        while offset is not None:
            page = listings(wanted=wanted, sort="ends", offset=offset, limit=PAGE)
            found += page.rows
            offset = page.next_offset
        return ListingsPicture(
            projected_seq(), product_by_number(product_number).code, [_listing(row) for row in found]
        )


def _listing(row: ListingRow) -> LiveListing:
    return LiveListing(
        row.id,
        row.side,
        row.price,
        row.quantity_kg,
        row.left_kg,
        row.reserved_kg,
        row.minimum_kg,
        row.valid_until_ns,
        row.negotiable,
        row.confirm,
        row.payment,
    )
