"""English auction (竞价): open bids for the whole lot, each better than the last; of a sale they go up, of a
buyer's need (竞卖) they go down. "Better" below is meant for the owner.

Bids
    The first bid is the start price or better by increments; each other is better than the standing one by
    one or more increments, by no more than MAX_STEP. A bid may carry a hidden maximum on the increments: the
    auction then bids for its maker what is needed, up to that. The leader can only better his maximum.

Proxies
    Between the leader's maximum and a newcomer's the better one leads, of equal ones the earlier. The
    standing bid becomes the worse of the two bettered by one increment, but no better than the leader's
    maximum; it is never worse than the newcomer's open bid. A maximum that meets the reserve bids the reserve
    at once.

End
    The interval of bids is half open: at the end it is too late. A bid (one that all can see) with
    SOFT_CLOSE_NS or less left moves the end to its time + EXTENSION_NS if that is later, at most
    MAX_EXTENSIONS times; after that the end is hard. If the standing bid does not meet the reserve, the owner
    may accept it.
"""

from dataclasses import dataclass, field

from matching.auctions.rules import Allocation, Line, Machine, Result, Terms, Told, check_price, placed
from matching.desk_checks import refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.types import MAX_PRICE, Reason


@dataclass(slots=True)
class Standing:
    """The best open bid of one bidder."""

    price: int
    bid: int


@dataclass(slots=True)
class English(Machine):
    """See the module."""

    end_ns: int = 0
    extensions: int = 0
    price: int = 0
    """The standing bid; 0 before the first."""
    leading: int = 0
    leading_bid: int = 0
    maximum: int = 0
    """The leader's."""
    standing: dict[int, Standing] = field(default_factory=dict)
    bids: int = 0

    @classmethod
    def begin(cls, terms: Terms) -> "English":
        """The auction at its opening."""
        return cls(terms, end_ns=terms.opens_ns + terms.duration_ns)

    @property
    def due_ns(self) -> int:
        """See ``Machine``."""
        return 0 if self.closed else self.end_ns

    def advance(self) -> list[Told]:
        """See ``Machine``."""
        self.closed = True
        return []

    def move(self, by_ns: int) -> None:
        """See ``Machine``."""
        self.end_ns += by_ns

    # --- bids ---------------------------------------------------------------------------------------------

    def check(self, bid: Line) -> None:
        """See ``Machine``."""
        terms = self.terms
        refuse_if(bid.kg not in {0, terms.quantity}, Reason.BAD_QUANTITY)
        if bid.bidder == self.leading:
            refuse_if(
                not bid.maximum or not terms.better(bid.maximum, self.maximum), DeskReason.ALREADY_LEADING
            )
            self._check_maximum(bid.maximum, self.maximum)
            return
        check_price(terms, bid.price, least=terms.by(self.price, terms.step) if self.leading else terms.start)
        jump = abs(bid.price - (self.price or terms.start))
        refuse_if(0 < terms.max_step < jump, DeskReason.BEYOND_MAX_STEP)
        if bid.maximum:
            self._check_maximum(bid.maximum, bid.price)

    def _check_maximum(self, maximum: int, least: int) -> None:
        good = 1 <= maximum <= MAX_PRICE and self.terms.at_least(maximum, least)
        on_steps = (maximum - self.terms.start) % self.terms.step == 0
        refuse_if(not good or not on_steps, DeskReason.BAD_MAXIMUM)

    def place(self, bid: Line) -> list[Told]:
        """See ``Machine``."""
        self.log.append(bid)
        if bid.bidder == self.leading:
            self.maximum = bid.maximum
            told = self._meet_reserve()
        else:
            told = [self._stand(bid.bidder, bid.number, bid.price, 0)]
            told += self._contest(bid) if self.leading else self._lead(bid, bid.price)
            told += self._meet_reserve()
        if told:
            told += self._soft_close(bid.time_ns)
        return told

    def _contest(self, bid: Line) -> list[Told]:
        """The newcomer against the leader's maximum."""
        terms, proxy = self.terms, DeskReason.PROXY
        rival, rival_bid, rival_maximum = self.leading, self.leading_bid, self.maximum
        maximum = bid.maximum or bid.price
        told = []
        if not terms.better(maximum, rival_maximum):
            if maximum != bid.price:
                told.append(self._stand(bid.bidder, bid.number, maximum, proxy))
            self.price = self._worse(rival_maximum, terms.by(maximum, terms.step))
            told.append(self._stand(rival, rival_bid, self.price, proxy))
            return told
        price = bid.price
        if terms.at_least(rival_maximum, bid.price):
            told.append(self._stand(rival, rival_bid, rival_maximum, proxy))
            price = self._worse(maximum, terms.by(rival_maximum, terms.step))
            told.append(self._stand(bid.bidder, bid.number, price, proxy))
        return told + self._lead(bid, price)

    def _lead(self, bid: Line, price: int) -> list[Told]:
        self.price, self.leading, self.leading_bid = price, bid.bidder, bid.number
        self.maximum = bid.maximum or bid.price
        return []

    def _meet_reserve(self) -> list[Told]:
        """A maximum that meets the reserve bids it."""
        reserve = self.terms.reserve
        needed = reserve and self.terms.better(reserve, self.price)
        if not needed or not self.terms.at_least(self.maximum, reserve):
            return []
        self.price = reserve
        return [self._stand(self.leading, self.leading_bid, reserve, DeskReason.PROXY)]

    def _worse(self, one: int, other: int) -> int:
        return other if self.terms.better(one, other) else one

    def _stand(self, bidder: int, number: int, price: int, reason: int) -> Told:
        self.bids += 1
        self.standing[bidder] = Standing(price, number)
        line = Line(0, 0, number, bidder)
        return placed(self.terms, line, price=price, kg=self.terms.quantity, reason=reason)

    def _soft_close(self, time_ns: int) -> list[Told]:
        terms = self.terms
        late = terms.soft_close_ns and self.end_ns - time_ns <= terms.soft_close_ns
        end_ns = time_ns + terms.extension_ns
        if not late or end_ns <= self.end_ns or self.extensions >= terms.max_extensions:
            return []
        by_ns, self.end_ns = end_ns - self.end_ns, end_ns
        self.extensions += 1
        return [
            Told(
                DeskEventKind.EXTENDED,
                order_id=terms.number,
                other_id=self.extensions,
                quantity=by_ns,
                remaining=end_ns,
                reason=DeskReason.SOFT_CLOSE,
            )
        ]

    # --- what can be seen, and how it comes out -----------------------------------------------------------

    @property
    def price_now(self) -> int:
        """See ``Machine``."""
        return self.price

    @property
    def round(self) -> int:
        """See ``Machine``."""
        return self.bids

    @property
    def leader(self) -> int:
        """See ``Machine``."""
        return self.leading

    @property
    def reserve_met(self) -> bool:
        """Whether the standing bid meets the reserve."""
        reserve = self.terms.reserve
        return not reserve or (self.leading != 0 and self.terms.at_least(self.price, reserve))

    @property
    def reserve_state(self) -> int:
        """See ``Machine``."""
        if not self.terms.reserve:
            return 0
        return DeskReason.RESERVE_MET if self.reserve_met else DeskReason.RESERVE_NOT_MET

    def binds(self, bidder: int) -> bool:
        """See ``Machine``."""
        return bidder == self.leading

    def result(self) -> Result:
        """See ``Machine``."""
        if not self.closed or not self.leading:
            return Result([], 0, self.reserve_met)
        best = Allocation(self.leading, self.terms.quantity, self.price, self.leading_bid)
        return Result([best], self.price, self.reserve_met)

    @property
    def runner_up(self) -> Allocation | None:
        """See ``Machine``."""
        terms = self.terms
        others = [
            Allocation(bidder, terms.quantity, each.price, each.bid)
            for bidder, each in self.standing.items()
            if bidder != self.leading and (not terms.reserve or terms.at_least(each.price, terms.reserve))
        ]
        return min(others, key=lambda each: (-terms.value(each.price), each.bid), default=None)
