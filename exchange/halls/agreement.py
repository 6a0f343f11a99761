"""What the tables of the halls say, in the shape of the desk's own state, so that both can be compared."""

from typing import NamedTuple

from exchange.halls.desk_settings import changed_settings
from exchange.halls.models import Auction, Deal, DeskHold, Listing, Proposal, Take
from exchange.halls.types import FLOOR_STATES, SHOWN_AUCTIONS, ListingState, ProposalState, TakeState

_NUMBER_OF: dict[str, int] = {word: number for number, word in FLOOR_STATES.items()}


class HallsPicture(NamedTuple):
    """Everything that stands now, by number."""

    listings: dict[int, tuple[int, int]]
    """Open ones: kg left, kg reserved."""
    takes: dict[int, tuple[int, int]]
    """Pending: listing, kg."""
    proposals: dict[int, tuple[int, int, int]]
    """Standing: listing, price, kg."""
    auctions: dict[int, tuple[int, int, int]]
    """On the floor: AuctionState, epoch, kg left."""
    holds: dict[tuple[int, int, int], int]
    """(account, HoldKind, number): fen or kg."""
    deals: int
    settings: dict[int, int]
    """Parameters of the desk that are not at their default, by DeskSetting."""


def halls_picture() -> HallsPicture:
    """As the tables have it now."""
    auctions = Auction.objects.filter(state__in=SHOWN_AUCTIONS)
    return HallsPicture(
        listings={
            number: (left, reserved)
            for number, left, reserved in Listing.objects.filter(state=ListingState.OPEN).values_list(
                "id", "left_kg", "reserved_kg"
            )
        },
        takes={
            number: (listing, kg)
            for number, listing, kg in Take.objects.filter(state=TakeState.PENDING).values_list(
                "number", "listing_id", "quantity_kg"
            )
        },
        proposals={
            number: (listing, price, kg)
            for number, listing, price, kg in Proposal.objects.filter(
                state=ProposalState.STANDING
            ).values_list("number", "listing_id", "price", "quantity_kg")
        },
        auctions={
            number: (_NUMBER_OF[state], epoch, left)
            for number, state, epoch, left in auctions.values_list("id", "state", "epoch", "left_kg")
        },
        holds={
            (account, kind, number): quantity
            for account, kind, number, quantity in DeskHold.objects.values_list(
                "account_no", "kind", "number", "quantity"
            )
        },
        deals=Deal.objects.count(),
        settings=changed_settings(),
    )
