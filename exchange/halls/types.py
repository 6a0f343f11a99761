"""Words and values of the halls 挂牌大厅 and 竞价大厅, as they leave this package.

Prices are fen per kg, money fen, quantities kg, times epoch nanoseconds (UTC). Members are account numbers.
Sides are those of ``matching.types.Side``: SELL offers goods, BUY asks for them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import models

from matching.desk_events import DeskReason
from matching.desk_types import AuctionKind, AuctionParameter, AuctionState
from matching.types import Reason, Side


class SettingState(models.TextChoices):
    """Life of a proposed parameter of the desk; see ``desk_settings``."""

    WAITING = "waiting", "待复核"
    REFUSED = "refused", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    TOLD = "told", "已送主机"
    IN_FORCE = "in_force", "已生效"
    FLOOR_REFUSED = "floor_refused", "主机拒绝"


class ListingState(models.TextChoices):
    """Life of a listing; see ``lives``."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    REFUSED = "refused", "未通过"
    """By the audit."""
    APPROVED = "approved", "已审核"
    """On its way to the floor: goods are being set aside, or the money held."""
    OPEN = "open", "挂牌中"
    SOLD_OUT = "sold_out", "全部成交"
    WITHDRAWN = "withdrawn", "已撤牌"
    EXPIRED = "expired", "已到期"
    FAILED = "failed", "未能挂出"
    """The floor or the register did not agree; ``reason`` says why."""


ENDED_LISTINGS = (
    ListingState.REFUSED,
    ListingState.SOLD_OUT,
    ListingState.WITHDRAWN,
    ListingState.EXPIRED,
    ListingState.FAILED,
)
WAITING_LISTINGS = (ListingState.DRAFT, ListingState.SUBMITTED, ListingState.APPROVED)


class TakeState(models.TextChoices):
    """Life of a take that the lister has to confirm."""

    PENDING = "pending", "等待确认"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "已拒绝"
    OVERDUE = "overdue", "逾期"
    ENDED = "ended", "随挂牌结束"


class ProposalState(models.TextChoices):
    """Life of a counter-offer."""

    STANDING = "standing", "有效"
    AGREED = "agreed", "已成交"
    REFUSED = "refused", "已拒绝"
    TAKEN_BACK = "taken_back", "已收回"
    COUNTERED = "countered", "被新还价替换"
    EXPIRED = "expired", "已过期"
    ENDED = "ended", "随挂牌结束"


TAKE_ENDS: dict[int, TakeState] = {
    DeskReason.CONFIRMED: TakeState.CONFIRMED,
    DeskReason.REFUSED: TakeState.REFUSED,
    DeskReason.OVERDUE: TakeState.OVERDUE,
}
PROPOSAL_ENDS: dict[int, ProposalState] = {
    DeskReason.AGREED: ProposalState.AGREED,
    DeskReason.REFUSED: ProposalState.REFUSED,
    DeskReason.TAKEN_BACK: ProposalState.TAKEN_BACK,
    DeskReason.COUNTERED: ProposalState.COUNTERED,
    DeskReason.RUN_OUT: ProposalState.EXPIRED,
}
LISTING_ENDS: dict[int, ListingState] = {
    Reason.BY_OWNER: ListingState.WITHDRAWN,
    DeskReason.BY_OPERATOR: ListingState.WITHDRAWN,
    DeskReason.RUN_OUT: ListingState.EXPIRED,
    DeskReason.SOLD_OUT: ListingState.SOLD_OUT,
}
"""By the desk's reason; a take or proposal whose reason is not here ended with its listing."""


class HallState(models.TextChoices):
    """Life of an auction: here until it is approved, then on the floor (``AuctionState``)."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    REFUSED = "refused", "未通过"
    APPROVED = "approved", "已审核"
    """Goods set aside and the auction defined on the floor, or on the way there (``defined``)."""
    FAILED = "failed", "未能上拍"
    ANNOUNCED = "announced", "预展"
    OPEN = "open", "竞价中"
    PAUSED = "paused", "暂停"
    REVEALING = "revealing", "开标中"
    DECIDING = "deciding", "等卖方决定"
    PAYING = "paying", "等付款"
    AWARDED = "awarded", "已成交"
    UNSOLD = "unsold", "流拍"
    CANCELLED = "cancelled", "已取消"


FLOOR_STATES: dict[int, HallState] = {
    AuctionState.DEFINED: HallState.APPROVED,
    AuctionState.ANNOUNCED: HallState.ANNOUNCED,
    AuctionState.OPEN: HallState.OPEN,
    AuctionState.PAUSED: HallState.PAUSED,
    AuctionState.REVEALING: HallState.REVEALING,
    AuctionState.DECIDING: HallState.DECIDING,
    AuctionState.PAYING: HallState.PAYING,
    AuctionState.AWARDED: HallState.AWARDED,
    AuctionState.UNSOLD: HallState.UNSOLD,
    AuctionState.CANCELLED: HallState.CANCELLED,
}
RUNNING_AUCTIONS = (
    HallState.OPEN,
    HallState.PAUSED,
    HallState.REVEALING,
    HallState.DECIDING,
    HallState.PAYING,
)
FINISHED_AUCTIONS = (HallState.AWARDED, HallState.UNSOLD, HallState.CANCELLED)
SHOWN_AUCTIONS = (HallState.ANNOUNCED, *RUNNING_AUCTIONS, *FINISHED_AUCTIONS)
"""What the public sees; the rest only the owner and the operator."""


class EntryState(models.TextChoices):
    """Where a member stands in an auction."""

    PREPARING = "preparing", "备货中"
    """Reverse auctions: the goods are being set aside."""
    ENTERED = "entered", "已报名"
    LEFT = "left", "已退出"
    FAILED = "failed", "报名未成"


class AwardState(models.TextChoices):
    """What became of a winner's deal."""

    AWARDED = "awarded", "已中标"
    DUE = "due", "待付款"
    PAID = "paid", "已成交"
    DEFAULTED = "defaulted", "违约"
    OFFERED = "offered", "已递补"
    """The runner-up is asked."""
    DECLINED = "declined", "未接受递补"


KIND_WORDS: dict[AuctionKind, str] = {kind: kind.name.lower() for kind in AuctionKind}
PARAMETER_WORDS: dict[AuctionParameter, str] = {each: each.name.lower() for each in AuctionParameter}
HIDDEN_PARAMETERS = frozenset({AuctionParameter.RESERVE, AuctionParameter.ALERT})
"""Not shown to the public before the end."""


# What people draft -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewListing:
    """The terms of a listing. A sale names its receipts, a 求购 its kg."""

    product_number: int
    side: int
    price: int
    valid_until_ns: int
    quantity_kg: int = 0
    """BUY: what is wanted. SELL: what is offered of the receipts; 0 for all of them."""
    receipt_nos: tuple[str, ...] = ()
    minimum_kg: int = 0
    """起摘量; 0: one step."""
    steps: int = 1
    """摘牌单位, in steps of the product."""
    negotiable: bool = False
    confirm: bool = False
    """Each take needs the lister's word; sales only."""
    payment: int = 0
    """0: the full price at once; or WITH_BOND or IN_ESCROW of ``matching.desk_types``."""
    invited: tuple[str, ...] = ()
    """Codes of the members who may take and propose; empty: everybody."""
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewAuction:
    """The terms of an auction. A sale names its receipts; a reverse auction (竞卖) its need in kg."""

    product_number: int
    kind: AuctionKind
    start_price: int
    opens_at_ns: int
    parameters: dict[AuctionParameter, int]
    side: int
    """SELL: a sale; BUY: reverse."""
    title: str = ""
    quantity_kg: int = 0
    """BUY: the need. SELL: what is sold of the receipts; 0 for all of them."""
    receipt_nos: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    """By the SHA-256 of what was sent; see ``photographs``."""
    note: str = ""


# What leaves -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A listing."""

    id: int
    no: str
    account_no: int
    product_number: int
    side: int
    price: int
    quantity_kg: int
    left_kg: int
    """What nobody has taken."""
    reserved_kg: int
    """Of takes that wait for confirmation."""
    minimum_kg: int
    step_kg: int
    valid_until_ns: int
    negotiable: bool
    confirm: bool
    payment: int
    """How its deals are paid; as in NewListing."""
    invited_only: bool
    receipt_nos: tuple[str, ...]
    set_aside_id: int | None
    note: str
    state: ListingState
    reason: int
    """Of the floor, when it ended or failed (``error_for_reason``)."""
    failure: str
    """Code of why the register did not give the goods."""
    audit_note: str
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    checked_by: str
    checked_at: datetime | None
    opened_at_ns: int
    ended_at_ns: int
    previous_id: int | None
    """What it took the place of: edit = withdraw and relist."""
    next_id: int | None
    photos: tuple[str, ...]

    @property
    def dealt_kg(self) -> int:
        """What was sold or bought by it so far."""
        return self.quantity_kg - self.left_kg - self.reserved_kg if self.opened_at_ns else 0


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A take that needs, or needed, the lister's word."""

    id: int
    listing_id: int
    product_number: int
    account_no: int
    lister_no: int
    side: int
    """The taker's."""
    price: int
    quantity_kg: int
    payment: int
    """Of its listing."""
    deadline_ns: int
    state: TakeState
    reason: int
    deal: int
    at_ns: int
    ended_at_ns: int


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One step of a chain of counter-offers."""

    id: int
    listing_id: int
    product_number: int
    member_no: int
    """Whose chain it is: the party that is not the lister."""
    account_no: int
    """Who proposes."""
    other_no: int
    """Who is to answer."""
    side: int
    """The proposer's."""
    price: int
    quantity_kg: int
    payment: int
    """Of its listing."""
    expires_ns: int
    state: ProposalState
    reason: int
    deal: int
    at_ns: int
    ended_at_ns: int


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal of the halls. ``id`` is also its trade id; mode as in ``matching.desk_types`` (LISTED …)."""

    id: int
    mode: int
    listing_id: int | None
    auction_id: int | None
    product_number: int
    price: int
    quantity_kg: int
    amount_fen: int
    buyer_no: int
    seller_no: int
    buyer_fee_fen: int
    seller_fee_fen: int
    deposit_fen: int
    payment: int
    """As in NewListing; of an auction 0."""
    bond_fen: int
    """WITH_BOND: what the buyer gave at once."""
    set_aside_id: int | None
    at_ns: int
    seq: int


@dataclass(frozen=True, slots=True)
class AuctionRow:
    """An auction as its owner and the operator see it; ``public_parameters`` is for everybody."""

    id: int
    no: str
    account_no: int
    product_number: int
    side: int
    kind: AuctionKind
    title: str
    start_price: int
    quantity_kg: int
    opens_at_ns: int
    parameters: dict[AuctionParameter, int]
    """All of them: the reserve too. Never to be shown to others before the end."""
    receipt_nos: tuple[str, ...]
    set_aside_id: int | None
    photos: tuple[str, ...]
    note: str
    state: HallState
    defined: bool
    """The floor has it."""
    reason: int
    failure: str
    audit_note: str
    epoch: int
    price: int
    """As in AUCTION_STATE: the standing bid (English, 0 before the first), the round's (clock), where the
    clock begins to fall (Dutch), the result (sealed)."""
    left_kg: int
    until_ns: int
    """When the state ends by itself; Dutch, open: since when the clock falls; ended: when it did."""
    round: int
    bids: int
    leader_no: int
    """Who leads an open English auction; 0: nobody."""
    reserve_met: bool | None
    """None: no reserve, or nothing to say yet."""
    extensions: int
    entered: int
    """Members who have entered."""
    file_hash: str
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    checked_by: str
    checked_at: datetime | None
    ended_at_ns: int

    @property
    def public_parameters(self) -> dict[AuctionParameter, int]:
        """What the public may know of the parameters now."""
        if self.state in FINISHED_AUCTIONS:
            return dict(self.parameters)
        return {key: value for key, value in self.parameters.items() if key not in HIDDEN_PARAMETERS}

    @property
    def reverse(self) -> bool:
        """Whether sellers bid for a buyer's need."""
        return self.side == Side.BUY


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A member in an auction."""

    auction_id: int
    account_no: int
    paddle: int
    """竞价号牌: under which the public sees the bidder, from 1 in order of entry."""
    state: EntryState
    quantity_kg: int
    bond_fen: int
    """On hold now."""
    fee_reserve_fen: int
    set_aside_id: int | None
    failure: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class BidRow:
    """A bid. Price and kg are 0 while nobody may see them."""

    id: int
    """The desk's number; the raises of one proxy share it and differ in ``seq``."""
    auction_id: int
    account_no: int
    paddle: int
    price: int
    quantity_kg: int
    round: int
    by_proxy: bool
    hidden: bool
    at_ns: int
    seq: int
    place: int
    """Its place among all bids of the exchange."""


@dataclass(frozen=True, slots=True)
class AwardRow:
    """A winner, or a runner-up who is asked."""

    id: int
    auction_id: int
    account_no: int
    paddle: int
    price: int
    quantity_kg: int
    bid_id: int
    state: AwardState
    reason: int
    due_fen: int
    deadline_ns: int
    forfeited_fen: int
    deal: int
    at_ns: int


class HoldRow(NamedTuple):
    """What the desk holds of an account; kind as in ``matching.desk_types.HoldKind``."""

    kind: int
    number: int
    subject: int
    """Listing or auction it belongs to; 0 for a lot."""
    product_number: int
    quantity: int
    """Fen, or kg of a lot."""


class StepRow(NamedTuple):
    """One step in the life of a listing or auction."""

    from_state: str
    to_state: str
    actor: str
    reason: str
    at: datetime
