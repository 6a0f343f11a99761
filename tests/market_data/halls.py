"""A floor with a desk for the halls' tests: pictures are read from the desk, not from what the hub has."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count

from exchange.halls.types import FLOOR_STATES, AuctionRow
from exchange.market_data.hall_messages import LiveBid, LiveListing
from exchange.market_data.live_halls import SHOWN_BIDS, AuctionPicture, ListingsPicture
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import Auction
from matching.desk_types import (
    AUCTION,
    CONFIRM,
    INVITED,
    LISTED,
    NEGOTIABLE,
    NEGOTIATED,
    AuctionKind,
    AuctionParameter,
    AuctionState,
    DeskCommand,
    DeskCommandKind,
)
from matching.types import Event, Side, unpack_events
from tests.market_data.floor import SETUP, TIME_NS, EngineFloor, FeedBatch

K = DeskCommandKind
SECOND = 1_000_000_000
OWNER = 1
LOT_KG = 20_000


class HallFloor(EngineFloor):
    """An ``EngineFloor`` whose product 1 has an open desk. Its clock is ``now_ns``."""

    def __init__(self) -> None:
        super().__init__()
        self.follower: Callable[[FeedBatch], None] = lambda _batch: None
        self.now_ns = TIME_NS
        self.lots = count(1)
        self.events: list[tuple[Event, int]] = []
        self.batch(SETUP)
        self.does(DeskCommand(K.DESK, product=1, flags=LISTED | AUCTION | NEGOTIATED, amount=1))

    def desk(self, *commands: DeskCommand) -> list[Event]:
        """One batch of desk commands at the present time, told to the follower."""
        batch = self.batch([command._replace(time_ns=self.now_ns) for command in commands])
        events = unpack_events(batch.events)
        self.events += [(event, batch.time_ns) for event in events]
        self.follower(batch)
        return events

    def does(self, *commands: DeskCommand) -> None:
        """The same, and none of them is refused."""
        answers = [event for event in self.desk(*commands) if event.kind == DeskEventKind.ANSWERED]
        assert len(answers) == len(commands)

    def wait(self, seconds: float) -> None:
        """Time passes and is told."""
        self.now_ns += int(seconds * SECOND)
        self.does(DeskCommand(K.TIME))

    def lot(self, kg: int = LOT_KG) -> int:
        """Goods of the owner, set aside."""
        number = next(self.lots)
        self.does(DeskCommand(K.LOT, account=OWNER, product=1, id=number, quantity=kg))
        return number

    def offer(self, number: int, *, flags: int = 0, price: int = 705, kg: int = 5_000) -> None:
        """A sell listing of the owner."""
        self.does(
            DeskCommand(
                K.LIST,
                account=OWNER,
                product=1,
                side=Side.SELL,
                id=number,
                price=price,
                quantity=kg,
                amount=self.now_ns + 3_600 * SECOND,
                extra=self.lot(kg),
                flags=flags,
            )
        )

    def announce(self, number: int, kind: AuctionKind, start: int, **parameters: int) -> None:
        """An auction of the owner that opens in five seconds; parameters by their names in small letters."""
        self.does(
            DeskCommand(
                K.AUCTION,
                account=OWNER,
                product=1,
                side=Side.SELL,
                mode=kind,
                id=number,
                price=start,
                quantity=LOT_KG,
                amount=self.now_ns + 5 * SECOND,
                extra=self.lot(),
            ),
            *(
                DeskCommand(K.AUCTION_SET, id=number, other=AuctionParameter[name.upper()], amount=value)
                for name, value in parameters.items()
            ),
            DeskCommand(K.ANNOUNCE, id=number),
        )

    # --- pictures -------------------------------------------------------------------------------------

    async def auction(self, number: int) -> AuctionPicture | None:
        found = self.engine.desk.auctions.get(number)
        if found is None or found.state == AuctionState.DEFINED:
            return None
        placed = [(e, at) for e, at in self.events if _is_bid(e, number)]
        paddles = self._paddles(number)
        bids = [
            LiveBid(
                event.order_id,
                paddles[event.account],
                *self._opened(event),
                event.other,
                event.reason == DeskReason.PROXY,
                at_ns,
                event.seq,
            )
            for event, at_ns in placed
        ]
        row = _row(found, len(placed))
        return AuctionPicture(self.seq, row, "P1", "OWNER", paddles, bids[-SHOWN_BIDS:])

    def _paddles(self, number: int) -> dict[int, int]:
        """In order of entry."""
        entered = (e for e, _ in self.events if e.kind == DeskEventKind.ENTERED and e.order_id == number)
        return {account: at for at, account in enumerate(dict.fromkeys(e.account for e in entered), 1)}

    def _opened(self, bid: Event) -> tuple[int, int]:
        """Price and kg of a bid, as far as it is opened."""
        for event, _ in self.events:
            if event.kind == DeskEventKind.BID_OPENED and event.order_id == bid.order_id:
                return event.price, event.quantity
        return bid.price, bid.quantity

    async def listings(self, number: int) -> ListingsPicture:
        found = [
            LiveListing(
                each.number,
                each.side,
                each.price,
                each.quantity,
                each.left,
                each.reserved,
                each.least_kg,
                each.valid_until_ns,
                bool(each.flags & NEGOTIABLE),
                bool(each.flags & CONFIRM),
                each.payment,
            )
            for each in self.engine.desk.listings.values()
            if each.product == number and not each.ended_ns and not each.flags & INVITED
        ]
        return ListingsPicture(self.seq, f"P{number}", found)


def _is_bid(event: Event, auction: int) -> bool:
    return event.kind == DeskEventKind.BID_PLACED and event.other_id == auction


def _row(auction: Auction, placed: int) -> AuctionRow:
    """What the tables would say of it."""
    terms, rules = auction.terms, auction.rules
    english = terms.kind == AuctionKind.ENGLISH
    met = rules.reserve_state if rules is not None else 0
    until_ns = terms.opens_ns if rules is None else rules.changes_at_ns
    deadlines = [award.deadline_ns for award in auction.awards if award.deadline_ns]
    if rules is not None and rules.closed:
        until_ns = min([auction.deadline_ns or until_ns, *deadlines])
    return AuctionRow(
        id=auction.number,
        no=f"JJ{auction.number:08d}",
        account_no=auction.account,
        product_number=terms.product,
        side=terms.side,
        kind=AuctionKind(terms.kind),
        title="",
        start_price=terms.start,
        quantity_kg=terms.quantity,
        opens_at_ns=terms.opens_ns,
        parameters={
            each: getattr(terms, each.name.lower())
            for each in AuctionParameter
            if getattr(terms, each.name.lower())
        },
        receipt_nos=(),
        set_aside_id=None,
        photos=(),
        note="",
        state=FLOOR_STATES[auction.state],
        defined=True,
        reason=auction.reason if auction.ended_ns else 0,
        failure="",
        audit_note="",
        epoch=auction.epoch,
        price=terms.start if rules is None else rules.price_now,
        left_kg=terms.quantity if rules is None else rules.kg_left,
        until_ns=auction.ended_ns or until_ns,
        round=0 if rules is None or english else rules.round,
        bids=rules.round if rules is not None and english else placed,
        leader_no=rules.leader if rules is not None and auction.state == AuctionState.OPEN else 0,
        reserve_met=None if not met else met == DeskReason.RESERVE_MET,
        extensions=getattr(rules, "extensions", 0),
        entered=len(auction.entries),
        file_hash="",
        created_by="",
        created_at=datetime.fromtimestamp(0, UTC),
        submitted_at=None,
        checked_by="",
        checked_at=None,
        ended_at_ns=auction.ended_ns,
    )


def entries(number: int, accounts: Iterable[int]) -> list[DeskCommand]:
    """These accounts enter for the whole lot."""
    return [DeskCommand(K.ENTER, account=account, id=number) for account in accounts]


def bid(number: int, account: int, price: int, *, maximum: int = 0, kg: int = 0) -> DeskCommand:
    """A bid on an auction that was not interrupted."""
    return DeskCommand(K.BID, account=account, id=number, price=price, amount=maximum, quantity=kg, other=1)
