"""Auctions in tests: machines driven by hand, and their terms."""

from matching.auctions.kinds import Rules, begin, fit
from matching.auctions.rules import Line, LogAction, Terms, Told
from matching.auctions.verify import run
from matching.desk_checks import Refused
from matching.desk_events import DeskReason
from matching.desk_types import AuctionKind
from matching.types import Reason, Side


def terms(kind: AuctionKind, start: int, quantity: int, **more: int) -> Terms:
    """Terms that fit, of auction 1, opening at 0."""
    units = {} if kind == AuctionKind.ENGLISH else {"kg_step": 1, "min_take": 1}
    fields = {"step": 1, "side": Side.SELL, **units, **more}
    found = Terms(number=1, product=1, kind=kind, start=start, quantity=quantity, opens_ns=0, **fields)
    assert fit(found)
    return found


class Played:
    """A machine under way; bids are numbered as they come."""

    def __init__(self, of: Terms) -> None:
        self.machine: Rules = begin(of)
        self.number = 0

    def bid(
        self, time_ns: int, bidder: int, price: int, kg: int = 0, maximum: int = 0
    ) -> Reason | DeskReason | list[Told]:
        """Bids; what is told, or why it is refused."""
        return self.line(Line(LogAction.BID, time_ns, 0, bidder, price, kg, maximum))

    def line(self, line: Line) -> Reason | DeskReason | list[Told]:
        """Anything that stands in a bid file."""
        self.until(line.time_ns)
        if self.machine.closed:
            return DeskReason.AUCTION_OVER
        line.number = self.number + 1
        try:
            self.machine.check(line)
        except Refused as refusal:
            return refusal.reason
        self.number += 1
        return self.machine.place(line)

    def until(self, time_ns: int | None = None) -> "Played":
        """Time passes; without a time until the end."""
        run(self.machine, time_ns)
        return self

    @property
    def allocation(self) -> dict[int, int]:
        """Kg by bidder."""
        return {each.bidder: each.kg for each in self.machine.result().allocation}

    @property
    def price(self) -> int:
        """The one price."""
        return self.machine.result().price

    @property
    def winner(self) -> int:
        """Who gets all that is sold."""
        return self.machine.result().winner
