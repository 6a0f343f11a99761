"""What all kinds of auction have in common: terms, bids, log, allocations."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from matching.desk_checks import refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import WHOLE_LOT_PRICING, AuctionKind
from matching.types import MAX_PRICE, Reason, Side


@dataclass(slots=True)
class Terms:
    """What an auction is held for: prices fen/kg, kg, ns, fen per t. Parameters: ``AuctionParameter``."""

    number: int
    product: int
    kind: int
    side: int
    """SELL: bids go up. BUY (reverse): they go down."""
    start: int
    quantity: int
    opens_ns: int
    reserve: int = 0
    step: int = 1
    max_step: int = 0
    duration_ns: int = 0
    soft_close_ns: int = 0
    extension_ns: int = 0
    max_extensions: int = 0
    tick_ns: int = 0
    floor: int = 0
    min_take: int = 0
    kg_step: int = 0
    raise_fen: int = 0
    raise_bps: int = 0
    rounds: int = 0
    rest_ns: int = 0
    pricing: int = 0
    reveal_ns: int = 0
    bond_fen_per_t: int = 0
    fee_reserve_fen_per_t: int = 0
    min_bidders: int = 0
    alert: int = 0

    @property
    def whole_lot(self) -> bool:
        """Whether one bidder gets all of it."""
        return self.kind == AuctionKind.ENGLISH or self.pricing in WHOLE_LOT_PRICING

    def value(self, price: int) -> int:
        """Larger is better for the owner."""
        return price if self.side == Side.SELL else -price

    def better(self, price: int, than: int) -> bool:
        """Whether a price is better for the owner than another."""
        return self.value(price) > self.value(than)

    def at_least(self, price: int, other: int) -> bool:
        """Whether a price is as good as another for the owner, or better."""
        return self.value(price) >= self.value(other)

    def by(self, price: int, fen: int) -> int:
        """The price that is better by so many fen."""
        return price + fen if self.side == Side.SELL else price - fen

    @property
    def minimum(self) -> int:
        """The worst price at which anything is sold: the reserve or, without one, the start price."""
        return self.reserve or self.start


class LogAction(IntEnum):
    """What stands in a line of a bid file."""

    BID = 1
    COMMIT = 2
    REVEAL = 3
    SHIFT = 4
    """The auction stood still for ``price`` ns until then: an outage or a pause."""
    CANCEL = 5


@dataclass(slots=True)
class Line:
    """One line of a bid file: what came, when and from whom, in the order of the floor."""

    action: int
    time_ns: int
    number: int = 0
    """The bid's."""
    bidder: int = 0
    price: int = 0
    kg: int = 0
    """0: the whole lot."""
    maximum: int = 0
    """Hidden maximum (English); 0: none."""
    text: str = ""
    """Of a COMMIT the commitment, of a REVEAL the nonce, in hex."""


@dataclass(slots=True)
class Allocation:
    """Who gets how much at which price (fen/kg), by which bid."""

    bidder: int
    kg: int
    price: int
    bid: int


@dataclass(slots=True)
class Result:
    """How an auction came out by its rules, whether or not the winners then pay."""

    allocation: list[Allocation]
    price: int
    """The one price, of the whole lot or of all units; 0: none, or each his own."""
    reserve_met: bool
    """False: the allocation is what the owner may accept."""

    @property
    def winner(self) -> int:
        """The bidder who gets all of what is sold; 0: nobody, or more than one."""
        bidders = {each.bidder for each in self.allocation}
        return bidders.pop() if len(bidders) == 1 else 0


class Told(NamedTuple):
    """What followers may be told; fields as in ``DeskEventKind``."""

    kind: DeskEventKind
    order_id: int = 0
    other_id: int = 0
    account: int = 0
    price: int = 0
    quantity: int = 0
    remaining: int = 0
    other: int = 0
    reason: int = 0


@dataclass(slots=True)
class Machine(ABC):
    """One auction from its opening to its end. Who drives it lets what is due by a moment happen first."""

    terms: Terms
    closed: bool = False
    log: list[Line] = field(default_factory=list)

    # --- what happens -------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def due_ns(self) -> int:
        """When it does something by itself; after its end 0."""

    @abstractmethod
    def advance(self) -> list[Told]:
        """Does what is due."""

    @abstractmethod
    def check(self, bid: Line) -> None:
        """Refuses a bid, commitment or revelation that is not good."""

    @abstractmethod
    def place(self, bid: Line) -> list[Told]:
        """Takes one that is."""

    @abstractmethod
    def move(self, by_ns: int) -> None:
        """Everything that is to come comes so much later."""

    def stand_still(self, until_ns: int, by_ns: int) -> None:
        """The auction was interrupted for so long until now."""
        self.log.append(Line(LogAction.SHIFT, until_ns, price=by_ns))
        self.move(by_ns)

    # --- what can be seen ---------------------------------------------------------------------------------

    @property
    @abstractmethod
    def price_now(self) -> int:
        """The price of AUCTION_STATE."""

    @property
    def kg_left(self) -> int:
        """Kg still to sell."""
        return self.terms.quantity

    @property
    def round(self) -> int:
        """The round, or of an English auction the number of bids; other kinds 0."""
        return 0

    @property
    def leader(self) -> int:
        """Who would win now, as far as all may know; 0: nobody."""
        return 0

    @property
    def changes_at_ns(self) -> int:
        """The time of AUCTION_STATE: the end, or since when a Dutch clock falls."""
        return self.due_ns

    @property
    def reserve_state(self) -> int:
        """RESERVE_MET or RESERVE_NOT_MET as all may know; 0: there is none, or nobody may know."""
        return 0

    # --- how it comes out ---------------------------------------------------------------------------------

    @abstractmethod
    def binds(self, bidder: int) -> bool:
        """Whether one of his bids may still win."""

    @abstractmethod
    def result(self) -> Result:
        """How it came out; before the end what is settled already."""

    @property
    def runner_up(self) -> Allocation | None:
        """Of a whole lot: the best other bidder and his own bid, if it meets the reserve."""
        return None

    def unrevealed(self) -> list[int]:
        """Bidders who did not reveal what they committed to."""
        return []

    def opened(self) -> list[Told]:
        """The bids that were hidden until the end."""
        return []


def placed(terms: Terms, bid: Line, *, price: int, kg: int = 0, reason: int = 0, in_round: int = 0) -> Told:
    """A bid as all may see it."""
    return Told(
        DeskEventKind.BID_PLACED,
        order_id=bid.number,
        other_id=terms.number,
        account=bid.bidder,
        price=price,
        quantity=kg,
        other=in_round,
        reason=reason,
    )


def hidden(terms: Terms, bid: Line, *, in_round: int = 0) -> Told:
    """A bid of which only its maker may know more."""
    return placed(terms, bid, price=0, reason=DeskReason.HIDDEN, in_round=in_round)


def check_price(terms: Terms, price: int, *, least: int) -> None:
    """Refuses a price that cannot be, is worse than another or off the steps from the start price."""
    refuse_if(not 1 <= price <= MAX_PRICE, Reason.BAD_PRICE)
    refuse_if(terms.better(least, price), DeskReason.BAD_BID)
    refuse_if((price - terms.start) % terms.step != 0, DeskReason.OFF_INCREMENT)


def check_units(terms: Terms, kg: int, left: int) -> None:
    """Refuses kg of many units: all that is left always can be had, less only from MIN_TAKE on by KG_STEP."""
    refuse_if(not 1 <= kg <= left, Reason.BAD_QUANTITY)
    if kg < left:
        refuse_if(kg < terms.min_take or kg % terms.kg_step != 0, Reason.BAD_QUANTITY)
