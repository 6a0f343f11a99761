"""Multi-round ascending clock (多轮竞价): kg at an announced price, which rises while too much is wanted.

Rounds of DURATION_NS. In each a bidder names, once, the kg he wants at the round's price. Activity rule: no
more than in the round before; who does not bid in a round is out. At the end of a round with more wanted than
there is, the price rises by STEP and the next round begins; otherwise the auction is over and all pay one
price:

* As much is wanted as there is: everybody gets what he wants, at the round's price.
* Less is wanted, in the first round: everybody gets what he wants at the start price, the rest is unsold.
* Less is wanted, in a later round: roll-back. The price is that of the round before. Everybody gets what he
  wants in the last round; what is left goes to those who wanted more in the round before, up to the kg by
  which they then wanted more, in the order of their bids of that round, until the lot is gone. It always
  goes: in the round before more was wanted than there is.
* More is wanted in round ROUNDS, or the price can rise no more: the round's price, and in the order of the
  bids of that round everybody gets what he wants until the lot is gone.

Boundary: a bid at the end of a round is late for it.
"""

from dataclasses import dataclass, field

from matching.auctions.rules import Allocation, Line, Machine, Result, Terms, Told, check_units, hidden
from matching.desk_checks import refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.types import MAX_PRICE, Reason


@dataclass(slots=True)
class Wanted:
    """What a bidder wants in a round."""

    bid: int
    kg: int


@dataclass(slots=True)
class Clock(Machine):
    """See the module."""

    price: int = 0
    end_ns: int = 0
    number: int = 1
    """The round."""
    wanted: dict[int, Wanted] = field(default_factory=dict)
    before: dict[int, Wanted] = field(default_factory=dict)
    """In the round before."""
    allocation: list[Allocation] = field(default_factory=list)

    @classmethod
    def begin(cls, terms: Terms) -> "Clock":
        """The auction at its opening."""
        return cls(terms, price=terms.start, end_ns=terms.opens_ns + terms.duration_ns)

    @property
    def due_ns(self) -> int:
        """See ``Machine``."""
        return 0 if self.closed else self.end_ns

    def move(self, by_ns: int) -> None:
        """See ``Machine``."""
        self.end_ns += by_ns

    # --- bids ---------------------------------------------------------------------------------------------

    def check(self, bid: Line) -> None:
        """See ``Machine``."""
        refuse_if(bid.price != self.price, DeskReason.STALE_CLOCK)
        refuse_if(bid.maximum != 0, DeskReason.BAD_MAXIMUM)
        refuse_if(bid.bidder in self.wanted, DeskReason.ALREADY_BID)
        if self.number > 1:
            earlier = self.before.get(bid.bidder)
            refuse_if(earlier is None, DeskReason.NOT_IN_FIRST_ROUND)
            assert earlier is not None
            refuse_if(bid.kg > earlier.kg, DeskReason.ACTIVITY_RULE)
        refuse_if(bid.kg < 1, Reason.BAD_QUANTITY)
        check_units(self.terms, bid.kg, self.terms.quantity)

    def place(self, bid: Line) -> list[Told]:
        """See ``Machine``."""
        self.log.append(bid)
        self.wanted[bid.bidder] = Wanted(bid.number, bid.kg)
        return [hidden(self.terms, bid, in_round=self.number)]

    # --- rounds -------------------------------------------------------------------------------------------

    def advance(self) -> list[Told]:
        """See ``Machine``."""
        demand = sum(each.kg for each in self.wanted.values())
        told = Told(
            DeskEventKind.ROUND_ENDED,
            order_id=self.terms.number,
            other_id=self.number,
            price=self.price,
            quantity=demand,
            remaining=self.terms.quantity,
        )
        higher = self.price + self.terms.step
        last = self.number == self.terms.rounds or higher > MAX_PRICE
        if demand > self.terms.quantity and not last:
            self.before, self.wanted = self.wanted, {}
            self.price, self.number = higher, self.number + 1
            self.end_ns += self.terms.duration_ns
        else:
            self.closed = True
            self._allocate(demand)
        return [told]

    def _allocate(self, demand: int) -> None:
        supply = self.terms.quantity
        if demand < supply and self.number > 1:
            self.price -= self.terms.step
            got = {bidder: each.kg for bidder, each in self.wanted.items()}
            more = {bidder: each.kg - got.get(bidder, 0) for bidder, each in self.before.items()}
            bids = self.before
            got |= _served(more, bids, supply - demand, got)
        else:
            bids = self.wanted
            got = _served({bidder: each.kg for bidder, each in bids.items()}, bids, supply, {})
        self.allocation = [
            Allocation(bidder, got[bidder], self.price, each.bid)
            for bidder, each in _in_order(bids)
            if got.get(bidder, 0)
        ]

    # --- what can be seen, and how it comes out -----------------------------------------------------------

    @property
    def price_now(self) -> int:
        """See ``Machine``."""
        return self.price

    @property
    def round(self) -> int:
        """See ``Machine``."""
        return self.number

    def binds(self, bidder: int) -> bool:
        """See ``Machine``: also by the round before, for the price may roll back to it."""
        return bidder in self.wanted or bidder in self.before

    def result(self) -> Result:
        """See ``Machine``."""
        return Result(list(self.allocation), self.price if self.allocation else 0, True)


def _in_order(bids: dict[int, Wanted]) -> list[tuple[int, Wanted]]:
    """Bidders by the order of their bids."""
    return sorted(bids.items(), key=lambda each: each[1].bid)


def _served(
    more: dict[int, int], bids: dict[int, Wanted], left: int, already: dict[int, int]
) -> dict[int, int]:
    """Kg each bidder has when ``left`` kg are given out in the order of bids, up to what each wants more."""
    got = {}
    for bidder, _ in _in_order(bids):
        kg = min(more[bidder], left)
        got[bidder] = already.get(bidder, 0) + kg
        left -= kg
    return got
