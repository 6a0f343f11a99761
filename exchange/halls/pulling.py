"""Offers of goods that an authority has ordered frozen are pulled at once: the floor is asked to end them.

Deals it has made before settle as any other; what comes back is frozen by the register. A supplier's goods in
a reverse auction stay until it ends: their offer is a bid, which nobody can take back.
"""

from exchange.halls.auctions import cancel_auction
from exchange.halls.listings import withdraw_by_operator
from exchange.halls.models import Auction, Listing
from exchange.halls.types import RUNNING_AUCTIONS, HallState, ListingState
from exchange.kernel.audit import SYSTEM
from warehouse_receipts.court_orders import orders_over_offers

CANCELLABLE = (HallState.APPROVED, HallState.ANNOUNCED, *RUNNING_AUCTIONS)


def pull_frozen() -> int:
    """Asks the floor once for each open offer of goods under an order; how many were asked for.

    What is not on the floor yet fails with the floor's next answer (`floor_answers`), or is pulled next time.
    """
    asked = 0
    for order in orders_over_offers():
        listing = Listing.objects.filter(set_aside_id=order.set_aside_id, state=ListingState.OPEN).first()
        if listing is not None and listing.audit_note != order.reason:
            withdraw_by_operator(actor=SYSTEM, listing_id=listing.pk, reason=order.reason)
            asked += 1
        auction = Auction.objects.filter(set_aside_id=order.set_aside_id, state__in=CANCELLABLE).first()
        if auction is not None and auction.defined and auction.audit_note != order.reason:
            cancel_auction(actor=SYSTEM, auction_id=auction.pk, reason=order.reason)
            asked += 1
    return asked
