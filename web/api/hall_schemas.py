"""The shapes of listings and auctions in the API; prices and amounts are strings in yuan, see ``schemas``."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from exchange.halls.types import AwardState, EntryState, HallState, ListingState, ProposalState, TakeState
from exchange.markets.types import PAYMENT_WORDS
from matching.desk_types import AuctionKind, AuctionParameter, Pricing
from web.api.schemas import SideWord

PaymentWord = Literal["full", "bond", "escrow"]
KindWord = Literal["english", "dutch", "sealed", "clock"]
ReserveWord = Literal["none", "met", "not_met"]
PricingWord = Literal[
    "first", "second", "pay_as_bid", "lowest_accepted", "first_rejected", "lowest_accepted_or_minimum"
]

assert PaymentWord.__args__ == tuple(PAYMENT_WORDS.values())  # type: ignore[attr-defined]
assert set(KindWord.__args__) == {kind.name.lower() for kind in AuctionKind}  # type: ignore[attr-defined]
assert set(PricingWord.__args__) == {each.name.lower() for each in Pricing}  # type: ignore[attr-defined]


PHOTOS_OUT = "Addresses of photographs (JPEG); open to the public while the goods are on offer."
PHOTOS_IN = "SHA-256 of photographs of the receipts' lots, or of ones the member uploaded, as they were sent."


class ListingOut(Schema):
    """A listing: an offer on receipts, or a wish to buy with money behind it."""

    listing_id: int
    listing_no: str
    product: str
    side: SideWord
    lister: str = Field(description="Code of the member.")
    price: str
    quantity_kg: int
    left_kg: int = Field(description="What nobody has taken yet.")
    minimum_kg: int
    step_kg: int
    negotiable: bool
    confirm: bool = Field(description="Each take needs the lister's word.")
    payment: PaymentWord = Field(
        description="full: at once; bond: a tenth at once, the rest by 16:00 of the next trading day, and "
        "title then; escrow: kept at once, the seller paid when the goods are accepted."
    )
    invited_only: bool
    valid_until: str
    receipts: list[str]
    note: str
    photos: list[str] = Field(description=PHOTOS_OUT)
    state: ListingState
    reason: str | None = Field(description="Code of why it ended, failed or was refused.")
    opened_at: str | None
    ended_at: str | None
    previous_id: int | None = Field(description="The listing it took the place of.")
    next_id: int | None


class TakeOut(Schema):
    """A take that needs, or needed, the lister's word."""

    take_id: int
    listing_id: int
    product: str
    side: SideWord = Field(description="The taker's.")
    taker: str
    lister: str
    price: str
    quantity_kg: int
    deadline: str
    state: TakeState
    trade_id: int | None
    taken_at: str
    ended_at: str | None


class ProposalOut(Schema):
    """One counter-offer of a chain."""

    proposal_id: int
    listing_id: int
    product: str
    side: SideWord = Field(description="The proposer's.")
    by: str
    to: str
    price: str
    quantity_kg: int
    expires_at: str
    state: ProposalState
    trade_id: int | None
    proposed_at: str
    ended_at: str | None


class ListingIn(Schema):
    """The terms of a new listing. A sale names whole receipts, a wish to buy its product and kg."""

    model_config = ConfigDict(extra="forbid")

    side: SideWord
    price: StrictStr = Field(examples=["7.20"])
    valid_until: datetime
    product: StrictStr | None = Field(default=None, max_length=64, description="For a wish to buy.")
    receipts: list[StrictStr] = Field(default=[], max_length=100, description="For a sale.")
    quantity_kg: StrictInt = Field(default=0, description="0: all of the receipts.")
    minimum_kg: StrictInt = Field(default=0, description="0: one step.")
    negotiable: StrictBool = False
    confirm: StrictBool = False
    payment: PaymentWord = Field(default="full", description="One the product allows; see its payments.")
    invited: list[StrictStr] = Field(default=[], max_length=50, description="Member codes; empty: everybody.")
    note: StrictStr = Field(default="", max_length=300)
    photos: list[StrictStr] = Field(default=[], max_length=12, description=PHOTOS_IN)


class AuctionOut(Schema):
    """An auction as everybody may see it now."""

    auction_id: int
    auction_no: str
    product: str
    title: str
    kind: KindWord
    side: SideWord = Field(description="sell: a sale; buy: a reverse auction.")
    owner: str
    state: HallState
    epoch: int = Field(description="Say it with a bid: one that names a stale state is refused.")
    start_price: str
    price: str | None = Field(
        description="The standing bid, the round's price, or from where a Dutch clock falls."
    )
    step: str | None
    max_step: str | None
    floor_price: str | None
    quantity_kg: int
    remaining_kg: int
    kg_step: int
    minimum_kg: int
    round: int
    rounds: int
    bids: int
    entered: int
    reserve: ReserveWord
    opens_at: str
    ends_at: str | None = Field(description="When the present state ends by itself.")
    falls_since: str | None = Field(
        description="Dutch: now it is price − ⌊(now − falls_since) / tick⌋ × step, no lower than the floor."
    )
    ended_at: str | None
    tick_ms: int
    extensions: int
    max_extensions: int
    pricing: PricingWord | None
    committed: bool = Field(description="Bids are committed to by hash and revealed after the end.")
    parameters: dict[str, str | int]
    receipts: list[str]
    photos: list[str] = Field(description=PHOTOS_OUT)
    file_hash: str | None = Field(description="SHA-256 of the published bid file.")
    reason: str | None


class BidOut(Schema):
    """A bid under its bidder's paddle; null is what nobody may see yet."""

    bid_id: int
    bidder: str
    price: str | None
    quantity_kg: int | None
    round: int
    by_proxy: bool
    placed_at: str
    seq: int


class AwardOut(Schema):
    """A winner under its paddle."""

    bidder: str
    price: str
    quantity_kg: int
    amount: str
    state: AwardState
    deadline: str | None


class MyAwardOut(AwardOut):
    """What the member won."""

    due: str
    trade_id: int | None


class EntryOut(Schema):
    """Where the member stands in an auction."""

    auction_id: int
    bidder: str
    state: EntryState
    quantity_kg: int
    bond: str
    fee_reserve: str
    reason: str | None
    entered_at: str
    awards: list[MyAwardOut]


class AuctionIn(Schema):
    """The terms of a new auction. A sale names whole receipts, a reverse auction its product and kg."""

    model_config = ConfigDict(extra="forbid")

    kind: KindWord
    side: SideWord = "sell"
    start_price: StrictStr = Field(examples=["7.20"])
    opens_at: datetime
    parameters: dict[str, StrictStr | StrictInt] = Field(
        description="By name, as `parameters` of an auction shows them: prices and amounts as strings in "
        "yuan, times in nanoseconds. One of: " + ", ".join(each.name.lower() for each in AuctionParameter)
    )
    product: StrictStr | None = Field(default=None, max_length=64, description="For a reverse auction.")
    receipts: list[StrictStr] = Field(default=[], max_length=100, description="For a sale.")
    quantity_kg: StrictInt = Field(default=0, description="0: all of the receipts.")
    title: StrictStr = Field(default="", max_length=60)
    note: StrictStr = Field(default="", max_length=300)
    photos: list[StrictStr] = Field(default=[], max_length=12, description=PHOTOS_IN)


class SupplyIn(Schema):
    """The receipts a seller would deliver to a reverse auction."""

    model_config = ConfigDict(extra="forbid")

    receipts: list[StrictStr] = Field(max_length=100)
