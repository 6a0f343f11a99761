"""What the desk remembers, as plain data: nothing here decides anything.

Everything is integers, text, lists, dictionaries and dataclasses of them, so that one canonical spelling can
be made of it (``matching/desk_snapshot.py``). A dictionary comes back from there in order of its keys;
whoever goes through one whose order matters sorts it.
"""

from dataclasses import dataclass, field

from matching.auctions.kinds import Rules
from matching.auctions.rules import Terms
from matching.desk_types import INVITED, PAYMENTS, WITH_BOND, DeskSetting
from matching.payments import buyer_gives_fen

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS

DEFAULT_SETTINGS = {
    DeskSetting.STALL_NS: 30 * SECOND_NS,
    DeskSetting.CONFIRM_NS: 4 * HOUR_NS,
    DeskSetting.RUNNER_UP_NS: HOUR_NS,
    DeskSetting.PAY_NS: 2 * HOUR_NS,
    DeskSetting.DECISION_NS: 2 * HOUR_NS,
    DeskSetting.BAND: 1,
    DeskSetting.KEEP_NS: 7 * 24 * HOUR_NS,
}


@dataclass(slots=True)
class DeskProduct:
    """How a product may be dealt in at the desk."""

    modes: int
    """And the ways to pay its listings may have: WITH_BOND, IN_ESCROW."""
    is_open: bool


@dataclass(slots=True)
class Lot:
    """Goods set aside, in kg."""

    number: int
    account: int
    product: int
    kg: int
    promised: int = 0
    """To listings and auctions."""

    @property
    def unpromised(self) -> int:
        """Kg that can still be promised or returned."""
        return self.kg - self.promised


@dataclass(slots=True)
class Listing:
    """An offer that others take; prices fen/kg."""

    number: int
    account: int
    product: int
    side: int
    price: int
    quantity: int
    valid_until_ns: int
    lot: int
    least_kg: int
    step_kg: int
    flags: int
    fee_bps: int
    """The buyer's fee rate when his money went on hold; of a sell listing 0."""
    left: int
    """Kg nobody has taken."""
    reserved: int = 0
    """Kg of takes that wait for confirmation."""
    ended_ns: int = 0
    """0: it has not ended."""
    forget_ns: int = 0
    invited: list[int] = field(default_factory=list)
    takes: list[int] = field(default_factory=list)
    """Takes that wait for confirmation, oldest first."""
    chains: dict[int, int] = field(default_factory=dict)
    """By member who ever proposed something: the standing proposal of their chain, 0 if none stands."""

    @property
    def payment(self) -> int:
        """How its deals are paid: WITH_BOND, IN_ESCROW, or 0 for the full price at once."""
        return self.flags & PAYMENTS

    def need_fen(self, kg: int) -> int:
        """What a buy listing must hold for kg, in fen.

        Bonds are rounded up deal by deal, so there is a fen for each take there may be beside the last.
        """
        fen = buyer_gives_fen(self.payment, self.price, kg, self.fee_bps)
        return fen + kg // self.least_kg if self.payment == WITH_BOND else fen

    def may_see(self, account: int) -> bool:
        """Whether the account is the lister's or one of those it is for."""
        return not self.flags & INVITED or account == self.account or account in self.invited


@dataclass(slots=True)
class Take:
    """Kg of a listing reserved until the lister confirms."""

    number: int
    listing: int
    account: int
    price: int
    quantity: int
    fee_bps: int
    deadline_ns: int


@dataclass(slots=True)
class Proposal:
    """What one side of a listing offers the other."""

    number: int
    listing: int
    member: int
    """The one who is not the lister: whose chain it is in."""
    account: int
    """Who proposes."""
    other: int
    """Who is to answer."""
    side: int
    price: int
    quantity: int
    fee_bps: int
    """The buyer's fee rate when his money went on hold; of a seller's proposal 0."""
    expires_ns: int


@dataclass(slots=True)
class Entry:
    """One member's right to bid; money in fen."""

    kg: int
    lot: int
    bond: int
    fee_reserve: int
    awarded: int = 0
    """Kg he was awarded so far."""
    promised: int = 0
    """Kg of his lot that are promised to the auction now."""


@dataclass(slots=True)
class Award:
    """What a bidder won, or is offered."""

    account: int
    kg: int
    price: int
    bid: int
    reason: int
    deadline_ns: int = 0
    """When he must have paid or taken it; 0: settled one way or the other."""
    deal: int = 0
    """0: none, or not yet."""
    bond: int = 0
    fee_reserve: int = 0
    """His share of what was held at entry, in fen."""


@dataclass(slots=True)
class Auction:
    """One auction, its entries and what became of it."""

    number: int
    account: int
    terms: Terms
    """What is 0 and has another default gets it when the auction is announced."""
    lot: int
    fee_bps: int
    """The owner's fee rate as a buyer when his money went on hold; of a sale 0."""
    state: int
    epoch: int = 1
    rules: Rules | None = None
    """From its opening on."""
    entries: dict[int, Entry] = field(default_factory=dict)
    awards: list[Award] = field(default_factory=list)
    counted: int = 0
    """How many of the rules' allocations have become awards."""
    sold: int = 0
    """Kg of its deals."""
    promised: int = 0
    """Kg of the owner's lot that are promised to it now."""
    deadline_ns: int = 0
    """Of the owner's decision."""
    paused_ns: int = 0
    ended_ns: int = 0
    forget_ns: int = 0
    reason: int = 0
    """Why it ended as it did."""


@dataclass(slots=True)
class DeskState:
    """Everything the desk knows."""

    now_ns: int = 0
    last_number: int = 0
    """Of takes, proposals and bids."""
    deals: int = 0
    settings: dict[int, int] = field(default_factory=dict)
    """Those that are not at their default."""
    products: dict[int, DeskProduct] = field(default_factory=dict)
    lots: dict[int, Lot] = field(default_factory=dict)
    listings: dict[int, Listing] = field(default_factory=dict)
    takes: dict[int, Take] = field(default_factory=dict)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    auctions: dict[int, Auction] = field(default_factory=dict)
    holds: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """Fen by account, HoldKind and number; none that are 0."""

    def setting(self, setting: DeskSetting) -> int:
        """A parameter of the desk."""
        return self.settings.get(setting, DEFAULT_SETTINGS[setting])
