"""What a member may ask of the halls 挂牌大厅 and 竞价大厅, as it arrives over the socket or over HTTP.

Each wish is one struct: over HTTP it is the body of a request and the address names what it is about; over
the socket the same fields come with ``op`` and with the number. Whatever commits a member to something
carries a ``client_id`` of his own, unique for ever, so that sending it again is answered and not done twice.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from web.ws.fields import ClientOrderId, OrderId, RequestId

HEX_HASH = r"^[0-9a-f]{64}\Z"
HEX_NONCE = r"^[0-9a-f]{32}\Z"

ClientId = ClientOrderId
Number = OrderId
Hash = Annotated[str, msgspec.Meta(pattern=HEX_HASH)]
Nonce = Annotated[str, msgspec.Meta(pattern=HEX_NONCE)]
MemberCode = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
ProposalAnswerWord = Literal["accept", "refuse", "take_back"]


# Listings --------------------------------------------------------------------------------------------


class Take(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Take a listing, all of it or a part, at the price that was seen."""

    price: str
    quantity_kg: int
    client_id: ClientId


class TakeAnswer(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The lister confirms a take, or does not."""

    accept: bool


class Proposal(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A counter-offer on a negotiable listing; the newer replaces the older of the same member."""

    price: str
    quantity_kg: int
    client_id: ClientId
    expires_at: datetime | None = None
    """Until when it stands; four hours when left out."""
    counterparty: MemberCode | None = None
    """Code of the member a lister answers; nobody else names one."""


class ProposalAnswer(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Accept or refuse a proposal, or take back one's own."""

    answer: ProposalAnswerWord


class Nothing(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A wish that needs no more words than its address."""


class Withdraw(Nothing, forbid_unknown_fields=True, gc=False):
    """Take one's own listing out of the hall."""


# Auctions --------------------------------------------------------------------------------------------


class Enter(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Enter an auction: bond and fee reserve for so many kg go on hold."""

    client_id: ClientId
    quantity_kg: int = 0
    """Most he may bid for; 0 for the whole lot."""


class Leave(Nothing, forbid_unknown_fields=True, gc=False):
    """Leave an auction before a bid binds."""


class Bid(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A bid. In a Dutch auction the price is the one seen: the most he accepts."""

    price: str
    client_id: ClientId
    epoch: int
    """The state of the auction the bidder saw; a stale one is refused."""
    quantity_kg: int = 0
    """How much, in kinds that sell by quantity; 0 elsewhere, where the whole lot is bid for."""
    maximum: str | None = None
    """English auctions: bid for me up to this, nobody sees it."""
    beyond_alert: bool = False
    """He means a price beyond the alert price."""


class Commit(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A sealed bid's hash: SHA-256 of what is revealed later (docs/api.md)."""

    hash: Hash
    client_id: ClientId
    epoch: int
    """The state of the auction the bidder saw; a stale one is refused."""


class Reveal(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a hash stood for."""

    price: str
    quantity_kg: int
    nonce: Nonce
    client_id: ClientId


class Decide(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The owner's word when the reserve is not met: take the best bid or not."""

    accept: bool


class Pay(Nothing, forbid_unknown_fields=True, gc=False):
    """Pay the rest of what was won, or take what a defaulting winner left."""


# The same over the socket ----------------------------------------------------------------------------


class ListingTake(Take, forbid_unknown_fields=True, tag_field="op", tag="listing.take", kw_only=True):
    """Take a listing over the socket."""

    listing_id: Number
    id: RequestId | None = None


class TakeConfirm(TakeAnswer, forbid_unknown_fields=True, tag_field="op", tag="take.answer", kw_only=True):
    """Confirm or refuse a take over the socket."""

    take_id: Number
    id: RequestId | None = None


class ListingCounter(
    Proposal, forbid_unknown_fields=True, tag_field="op", tag="listing.counter", kw_only=True
):
    """Make a counter-offer over the socket."""

    listing_id: Number
    id: RequestId | None = None


class ProposalReply(
    ProposalAnswer, forbid_unknown_fields=True, tag_field="op", tag="proposal.answer", kw_only=True
):
    """Answer a counter-offer over the socket."""

    proposal_id: Number
    id: RequestId | None = None


class ListingWithdraw(
    Withdraw, forbid_unknown_fields=True, tag_field="op", tag="listing.withdraw", kw_only=True
):
    """Withdraw a listing over the socket."""

    listing_id: Number
    id: RequestId | None = None


class AuctionEnter(Enter, forbid_unknown_fields=True, tag_field="op", tag="auction.enter", kw_only=True):
    """Enter an auction over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionLeave(Leave, forbid_unknown_fields=True, tag_field="op", tag="auction.leave", kw_only=True):
    """Leave an auction over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionBid(Bid, forbid_unknown_fields=True, tag_field="op", tag="auction.bid", kw_only=True):
    """Bid over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionCommit(Commit, forbid_unknown_fields=True, tag_field="op", tag="auction.commit", kw_only=True):
    """Commit to a sealed bid over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionReveal(Reveal, forbid_unknown_fields=True, tag_field="op", tag="auction.reveal", kw_only=True):
    """Reveal a sealed bid over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionDecide(Decide, forbid_unknown_fields=True, tag_field="op", tag="auction.decide", kw_only=True):
    """Decide about an unmet reserve over the socket."""

    auction_id: Number
    id: RequestId | None = None


class AuctionPay(Pay, forbid_unknown_fields=True, tag_field="op", tag="auction.pay", kw_only=True):
    """Pay for what was won over the socket."""

    auction_id: Number
    id: RequestId | None = None


HallOperation = (
    ListingTake
    | TakeConfirm
    | ListingCounter
    | ProposalReply
    | ListingWithdraw
    | AuctionEnter
    | AuctionLeave
    | AuctionBid
    | AuctionCommit
    | AuctionReveal
    | AuctionDecide
    | AuctionPay
)
HALL_OPERATIONS: tuple[type[msgspec.Struct], ...] = (
    ListingTake,
    TakeConfirm,
    ListingCounter,
    ProposalReply,
    ListingWithdraw,
    AuctionEnter,
    AuctionLeave,
    AuctionBid,
    AuctionCommit,
    AuctionReveal,
    AuctionDecide,
    AuctionPay,
)


def target_of(operation: HallOperation) -> int:
    """The listing, take, proposal or auction a message over the socket is about."""
    match operation:
        case ListingTake() | ListingCounter() | ListingWithdraw():
            return operation.listing_id
        case TakeConfirm():
            return operation.take_id
        case ProposalReply():
            return operation.proposal_id
        case _:
            return operation.auction_id


class HallResult(msgspec.Struct, omit_defaults=True, gc=False):
    """What became of a wish, after it is durable."""

    id: int
    """Number of what it made or touched: a take, a proposal, a deal, a bid, an entry."""
    seq: int
    quantity_kg: int = 0
    """What was dealt in at once."""
    remaining_kg: int = 0
    duplicate: bool = False
    client_id: str | None = None
