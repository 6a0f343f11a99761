"""Sealed bids (密封): one bid each, which nobody else sees until the end; PRICING says who pays what.

Without REVEAL_NS the floor keeps the bids; a bid may be replaced until the end, and then has the place of the
newer one. With REVEAL_NS bidders commit to a hash of their bid, which they may replace too, and after the end
reveal price, kg and nonce within REVEAL_NS. The time of a bid is that of its commitment. Who does not reveal
a good bid in time loses his bond.

Order: the better price first, of equal ones the earlier.

Whole lot (FIRST, SECOND)
    The first in order wins and pays his price, or the second's. Under SECOND, if there is no second bid or it
    is worse than the reserve (or the start price), he pays that. Below reserve the owner may accept: then the
    reserve does not count for the second price.

Many units (PAY_AS_BID, LOWEST_ACCEPTED, FIRST_REJECTED, LOWEST_ACCEPTED_OR_MINIMUM)
    Bids worse than the minimum (the reserve or, without one, the start price) get nothing. The others are
    served in order until the lot is gone; the last may get less than he bid for. Who gets nothing, or less
    than he bid for, is rejected for the price of FIRST_REJECTED.
"""

import hashlib
from dataclasses import dataclass, field

from matching.auctions.rules import (
    Allocation,
    Line,
    LogAction,
    Machine,
    Result,
    Terms,
    Told,
    check_price,
    check_units,
    hidden,
)
from matching.desk_checks import refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import COMMITMENT_TAG, Pricing
from matching.types import Reason

NONCE_SIZE = 16


def commitment(auction: int, account: int, price: int, kg: int, nonce: bytes) -> bytes:
    """What a bidder commits to: SHA-256 of tag, auction (u64), account (u32), price, kg (i64), nonce; all LE.

    Kg is written as it will be revealed: 0 or the kg of the lot where the whole lot is sold.
    """
    numbers = auction.to_bytes(8, "little") + account.to_bytes(4, "little")
    bid = price.to_bytes(8, "little", signed=True) + kg.to_bytes(8, "little", signed=True)
    return hashlib.sha256(COMMITMENT_TAG + numbers + bid + nonce).digest()


@dataclass(slots=True)
class SealedBid:
    """One bidder's bid."""

    number: int
    price: int
    kg: int
    committed: str
    """Commitment in hex; empty where the floor keeps the bids."""
    is_open: bool
    """Whether price and kg are known."""


@dataclass(slots=True)
class Sealed(Machine):
    """See the module."""

    end_ns: int = 0
    revealing: bool = False
    bids: dict[int, SealedBid] = field(default_factory=dict)

    @classmethod
    def begin(cls, terms: Terms) -> "Sealed":
        """The auction at its opening."""
        return cls(terms, end_ns=terms.opens_ns + terms.duration_ns)

    @property
    def due_ns(self) -> int:
        """See ``Machine``."""
        return 0 if self.closed else self.end_ns

    def advance(self) -> list[Told]:
        """See ``Machine``."""
        if self.terms.reveal_ns and not self.revealing and self.bids:
            self.revealing = True
            self.end_ns += self.terms.reveal_ns
        else:
            self.closed, self.revealing = True, False
        return []

    def move(self, by_ns: int) -> None:
        """See ``Machine``."""
        self.end_ns += by_ns

    # --- bids ---------------------------------------------------------------------------------------------

    def check(self, bid: Line) -> None:
        """See ``Machine``."""
        if bid.action == LogAction.REVEAL:
            self._check_reveal(bid)
            return
        refuse_if(self.revealing, DeskReason.AUCTION_OVER)
        committing = bid.action == LogAction.COMMIT
        refuse_if(committing != (self.terms.reveal_ns > 0), DeskReason.WRONG_KIND)
        if not committing:
            self._check_bid(bid)

    def _check_bid(self, bid: Line) -> None:
        refuse_if(bid.maximum != 0, DeskReason.BAD_MAXIMUM)
        check_price(self.terms, bid.price, least=self.terms.start)
        if self.terms.whole_lot:
            refuse_if(bid.kg not in {0, self.terms.quantity}, Reason.BAD_QUANTITY)
        else:
            check_units(self.terms, bid.kg or self.terms.quantity, self.terms.quantity)

    def _check_reveal(self, bid: Line) -> None:
        refuse_if(not self.terms.reveal_ns, DeskReason.WRONG_KIND)
        refuse_if(not self.revealing, DeskReason.NOT_REVEALING)
        mine = self.bids.get(bid.bidder)
        refuse_if(mine is None or mine.is_open, DeskReason.NO_COMMITMENT)
        assert mine is not None
        known = commitment(self.terms.number, bid.bidder, bid.price, bid.kg, bytes.fromhex(bid.text))
        refuse_if(known.hex() != mine.committed, DeskReason.COMMITMENT_DIFFERS)
        self._check_bid(bid)

    def place(self, bid: Line) -> list[Told]:
        """See ``Machine``."""
        self.log.append(bid)
        kg = bid.kg or self.terms.quantity
        if bid.action == LogAction.REVEAL:
            mine = self.bids[bid.bidder]
            mine.price, mine.kg, mine.is_open = bid.price, kg, True
            return [self._opened(bid.bidder, mine)]
        committing = bid.action == LogAction.COMMIT
        self.bids[bid.bidder] = (
            SealedBid(bid.number, 0, 0, bid.text, False)
            if committing
            else SealedBid(bid.number, bid.price, kg, "", True)
        )
        return [hidden(self.terms, bid)]

    def _opened(self, bidder: int, bid: SealedBid) -> Told:
        return Told(
            DeskEventKind.BID_OPENED,
            order_id=bid.number,
            other_id=self.terms.number,
            account=bidder,
            price=bid.price,
            quantity=bid.kg,
        )

    def opened(self) -> list[Told]:
        """See ``Machine``: those the floor kept."""
        return [
            self._opened(each.bidder, self.bids[each.bidder])
            for each in self._ranked()
            if not self.terms.reveal_ns
        ]

    def unrevealed(self) -> list[int]:
        """See ``Machine``."""
        return sorted(bidder for bidder, bid in self.bids.items() if not bid.is_open)

    # --- how it comes out ---------------------------------------------------------------------------------

    @property
    def price_now(self) -> int:
        """See ``Machine``."""
        return self.result().price if self.closed else 0

    def binds(self, bidder: int) -> bool:
        """See ``Machine``."""
        return bidder in self.bids

    def _ranked(self) -> list[Allocation]:
        """Bids that are known, as bid for, in order."""
        known = [
            Allocation(bidder, bid.kg, bid.price, bid.number)
            for bidder, bid in self.bids.items()
            if bid.is_open
        ]
        return sorted(known, key=lambda each: (-self.terms.value(each.price), each.bid))

    def result(self) -> Result:
        """See ``Machine``."""
        if not self.closed:
            return Result([], 0, False)
        return self._whole() if self.terms.whole_lot else self._units()

    def _whole(self) -> Result:
        terms, ranked = self.terms, self._ranked()
        if not ranked:
            return Result([], 0, not terms.reserve)
        best = ranked[0]
        met = not terms.reserve or terms.at_least(best.price, terms.reserve)
        price = best.price
        if terms.pricing == Pricing.SECOND:
            price = terms.minimum if met else terms.start
            if len(ranked) > 1 and terms.better(ranked[1].price, price):
                price = ranked[1].price
        return Result([Allocation(best.bidder, terms.quantity, price, best.bid)], price, met)

    def _units(self) -> Result:
        terms = self.terms
        good = [each for each in self._ranked() if terms.at_least(each.price, terms.minimum)]
        left, served = terms.quantity, []
        for each in good:
            kg = min(each.kg, left)
            if kg:
                served.append(Allocation(each.bidder, kg, each.price, each.bid))
                left -= kg
        if not served:
            return Result([], 0, True)
        if terms.pricing == Pricing.PAY_AS_BID:
            return Result(served, 0, True)
        price = self._uniform(good, served)
        return Result([Allocation(each.bidder, each.kg, price, each.bid) for each in served], price, True)

    def _uniform(self, good: list[Allocation], served: list[Allocation]) -> int:
        """The one price of all units."""
        terms = self.terms
        wanted = sum(each.kg for each in good)
        if terms.pricing == Pricing.LOWEST_ACCEPTED:
            return served[-1].price
        if wanted <= terms.quantity:
            return terms.minimum
        if terms.pricing == Pricing.LOWEST_ACCEPTED_OR_MINIMUM:
            return served[-1].price
        got = {each.bidder: each.kg for each in served}
        return next(each.price for each in good if got.get(each.bidder, 0) < each.kg)

    @property
    def runner_up(self) -> Allocation | None:
        """See ``Machine``."""
        terms = self.terms
        others = self._ranked()[1:] if terms.whole_lot else []
        if not others or (terms.reserve and terms.better(terms.reserve, others[0].price)):
            return None
        return Allocation(others[0].bidder, terms.quantity, others[0].price, others[0].bid)
