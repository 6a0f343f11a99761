"""A hall to trade in: the table exchange at the present time, and what members say to its floor."""

from typing import Any, Self

from exchange.halls import services as halls
from exchange.halls.auction_selectors import auction_by_id
from exchange.halls.selectors import listing_by_id
from exchange.halls.types import AuctionRow, ListingRow, NewAuction, NewListing
from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_S
from exchange.trading.replies import Reply
from matching.desk_types import AuctionKind, AuctionParameter, DeskCommand, DeskCommandKind
from matching.types import Side
from tests.trading.exchange_in_tables import TableExchange

MAKER, CHECKER = Actor("maker"), Actor("checker")
HOUR_NS = 3_600 * NS_PER_S
P = AuctionParameter
K = DeskCommandKind


class Hall(TableExchange):
    """Growers with goods, dealers with money, and the floor's clock where ours is."""

    def open_doors(self, *, growers: int = 2, dealers: int = 3) -> Self:
        self.floor.time_ns = calendar.now_ns()
        return self.build(growers=growers, dealers=dealers, products=1, kg=20_000, fen=100_000_000)

    def again(self) -> Self:
        other = super().again()
        other.floor.time_ns = max(other.floor.time_ns, calendar.now_ns())
        return other

    @property
    def product(self) -> int:
        return self.products[0].number

    def say(self, kind: DeskCommandKind, account: int, number: int, **more: int) -> Reply:
        """One command of a member, projected."""
        (reply,) = self.floor.batch(DeskCommand(kind, account=account, id=number, **more))
        self.settle()
        return reply

    def bid(self, account: int, auction_id: int, **more: int) -> Reply:
        """A bid by somebody who sees the auction as it is."""
        return self.say(K.BID, account, auction_id, **({"other": self.auction(auction_id).epoch} | more))

    def wait(self, ns: int) -> None:
        """Time passes, second by second at the end, and the clock says so."""
        until = self.floor.time_ns + ns
        while self.floor.time_ns < until:
            self.floor.time_ns = min(until, self.floor.time_ns + 20 * NS_PER_S) - NS_PER_S
            self.floor.batch(DeskCommand(K.TIME))
        self.settle()

    # Listings ---------------------------------------------------------------------------------------

    def terms(self, **more: Any) -> NewListing:
        """Goods for 7.20 for a day."""
        given: dict[str, Any] = {
            "product_number": self.product,
            "side": Side.SELL,
            "price": 720,
            "valid_until_ns": calendar.now_ns() + 24 * HOUR_NS,
        }
        return NewListing(**(given | more))

    def list(self, account: int, **more: Any) -> ListingRow:
        """A listing in the hall."""
        row = halls.draft_listing(actor=MAKER, account_no=account, terms=self.terms(**more))
        halls.submit_listing(actor=MAKER, account_no=account, listing_id=row.id)
        halls.approve_listing(actor=CHECKER, listing_id=row.id)
        self.settle()
        return self.listing(row.id)

    def listing(self, number: int) -> ListingRow:
        return listing_by_id(number, operator=True)

    # Auctions ---------------------------------------------------------------------------------------

    def put_up(
        self, account: int, kind: AuctionKind, parameters: dict[AuctionParameter, int], **more: Any
    ) -> AuctionRow:
        """An announced auction that opens in a minute of the floor."""
        given: dict[str, Any] = {
            "product_number": self.product,
            "side": Side.SELL,
            "start_price": 700,
            "opens_at_ns": max(self.floor.time_ns, calendar.now_ns()) + 60 * NS_PER_S,
        }
        terms = NewAuction(kind=kind, parameters=parameters, **(given | more))
        row = halls.draft_auction(actor=MAKER, account_no=account, terms=terms)
        halls.submit_auction(actor=MAKER, account_no=account, auction_id=row.id)
        halls.approve_auction(actor=CHECKER, auction_id=row.id, announce_at_once=True)
        self.settle()
        return self.auction(row.id)

    def auction(self, number: int) -> AuctionRow:
        return auction_by_id(number, operator=True)
