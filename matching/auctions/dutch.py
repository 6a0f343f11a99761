"""Dutch clock (降价拍): the price falls by the clock, the first valid press buys.

price(t) = p - ⌊(t - t0) / TICK_NS⌋ * STEP, and p before t0, with p and t0 those of the run: the clock is the
floor's, and a press names the most its maker accepts, which is what he saw. If the clock stands higher,
because it was started again meanwhile, the press is refused; if lower, he pays the lower price.

A press takes kg at once, capped to what is left. Then the clock runs again from the price of the sale +
RAISE_FEN + RAISE_BPS of it, but not above the start price, after it stood still for REST_NS. When the next
step would be below FLOOR the run is over; ROUNDS runs from the start price are held, then the rest is
withdrawn.

Boundary: at t0 + k * TICK_NS the price has fallen k times; the run is over at the first moment at which the
price would be below FLOOR.
"""

from dataclasses import dataclass, field

from matching.auctions.rules import Allocation, Line, Machine, Result, Terms, Told, check_units, placed
from matching.desk_checks import refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.types import BASIS, MAX_PRICE, MAX_QUANTITY, Reason


@dataclass(slots=True)
class Dutch(Machine):
    """See the module."""

    from_price: int = 0
    """Where this run began."""
    t0_ns: int = 0
    left: int = 0
    runs: int = 1
    """From the start price, this one included."""
    sold_in_run: int = 0
    sales: list[Allocation] = field(default_factory=list)

    @classmethod
    def begin(cls, terms: Terms) -> "Dutch":
        """The auction at its opening."""
        return cls(terms, from_price=terms.start, t0_ns=terms.opens_ns, left=terms.quantity)

    def price_at(self, time_ns: int) -> int:
        """What the clock shows, in fen/kg."""
        ticks = max(0, time_ns - self.t0_ns) // self.terms.tick_ns
        return self.from_price - ticks * self.terms.step

    @property
    def due_ns(self) -> int:
        """See ``Machine``."""
        if self.closed:
            return 0
        steps = (self.from_price - self.terms.floor) // self.terms.step
        return self.t0_ns + (steps + 1) * self.terms.tick_ns

    def advance(self) -> list[Told]:
        """See ``Machine``."""
        over_ns = self.due_ns
        told = [
            Told(
                DeskEventKind.ROUND_ENDED,
                order_id=self.terms.number,
                other_id=self.runs,
                price=self.price_at(over_ns - 1),
                quantity=self.sold_in_run,
                remaining=self.left,
            )
        ]
        if self.runs < self.terms.rounds:
            self.runs += 1
            self.sold_in_run = 0
            self._run_from(self.terms.start, over_ns)
        else:
            self.closed = True
        return told

    def _run_from(self, price: int, time_ns: int) -> None:
        self.from_price, self.t0_ns = price, time_ns + self.terms.rest_ns

    def move(self, by_ns: int) -> None:
        """See ``Machine``."""
        self.t0_ns += by_ns

    def kg_of(self, bid: Line) -> int:
        """What a press would get."""
        return min(bid.kg or self.left, self.left)

    def check(self, bid: Line) -> None:
        """See ``Machine``."""
        refuse_if(not 1 <= bid.price <= MAX_PRICE, Reason.BAD_PRICE)
        refuse_if(bid.maximum != 0, DeskReason.BAD_MAXIMUM)
        refuse_if(not 0 <= bid.kg <= MAX_QUANTITY, Reason.BAD_QUANTITY)
        check_units(self.terms, self.kg_of(bid), self.left)
        refuse_if(self.price_at(bid.time_ns) > bid.price, DeskReason.STALE_CLOCK)

    def place(self, bid: Line) -> list[Told]:
        """See ``Machine``."""
        self.log.append(bid)
        price, kg = self.price_at(bid.time_ns), self.kg_of(bid)
        self.sales.append(Allocation(bid.bidder, kg, price, bid.number))
        self.left -= kg
        self.sold_in_run += kg
        if self.left:
            higher = price + self.terms.raise_fen + price * self.terms.raise_bps // BASIS
            self._run_from(min(higher, self.terms.start), bid.time_ns)
        else:
            self.closed = True
        return [placed(self.terms, bid, price=price, kg=kg, in_round=self.runs)]

    @property
    def price_now(self) -> int:
        """See ``Machine``."""
        return self.from_price

    @property
    def kg_left(self) -> int:
        """See ``Machine``."""
        return self.left

    @property
    def round(self) -> int:
        """See ``Machine``."""
        return self.runs

    @property
    def changes_at_ns(self) -> int:
        """See ``Machine``."""
        return self.t0_ns

    def binds(self, bidder: int) -> bool:
        """See ``Machine``: a press is a deal at once, nothing more is bound by it."""
        return False

    def result(self) -> Result:
        """See ``Machine``."""
        return Result(list(self.sales), 0, True)
