"""When the floor is told the time, and what becomes of an auction that was interrupted."""

from pathlib import Path

import pytest

from exchange.kernel.calendar import NS_PER_S
from exchange.ops.desk_clock import LEAD_NS, TIME, DeskClock
from exchange.trading.bus import Envelope, InProcessBus, Intake
from exchange.trading.feed import InProcessFeed
from exchange.trading.floor import Floor
from exchange.trading.floor_answers import answer_query
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.queries import DeskAnswer, DeskQuery
from exchange.trading.replica import restore
from exchange.trading.replies import UNANSWERED, OrderStatus, Reply, replies_of
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import AUCTION, AuctionKind, AuctionParameter, AuctionState, DeskCommand
from matching.desk_types import DeskCommandKind as K
from matching.types import EVENT, Command, CommandKind, Event, Side, unpack_events

NOW = 1_000 * NS_PER_S


class Desk:
    """A floor that answers what the test says, and remembers how often it was told the time."""

    def __init__(self, *, ticking: bool = False, due_ns: int = 0, told_ns: int = 0) -> None:
        self.answer = DeskAnswer(1, told_ns, ticking=ticking, next_due_ns=due_ns)
        self.told = 0

    def desk(self) -> DeskAnswer:
        return self.answer

    def call(self, command: bytes, client_id: str = "") -> Reply:
        assert (command, client_id) == (TIME, "")
        self.told += 1
        return UNANSWERED


@pytest.mark.parametrize(
    ("desk", "told", "rest"),
    [
        (Desk(), 0, 0.25),
        (Desk(ticking=True, told_ns=NOW - NS_PER_S), 1, 0.25),
        (Desk(ticking=True, told_ns=NOW - NS_PER_S + 1), 0, 0.25),
        (Desk(due_ns=NOW, told_ns=NOW - 1), 1, 0.01),
        (Desk(due_ns=NOW + LEAD_NS, told_ns=NOW - NS_PER_S), 1, 0.25),
        (Desk(due_ns=NOW + LEAD_NS + 1), 0, 0.25),
        (Desk(due_ns=NOW + NS_PER_S // 10, told_ns=NOW), 0, 0.1),
        (Desk(due_ns=NOW + 1, told_ns=NOW), 0, 0.01),
    ],
    ids=["idle", "ticks", "just told", "due", "due soon", "due later", "sleeps until due", "never spins"],
)
def test_the_floor_is_told_the_time_when_it_needs_it(desk: Desk, told: int, rest: float) -> None:
    assert DeskClock(desk).step(NOW) == rest
    assert desk.told == told


# An interrupted auction -------------------------------------------------------------------------------

START_NS = 1_795_000_000 * NS_PER_S
MINUTE_NS = 60 * NS_PER_S
LOT_KG = 10_000
OWNER, ANNA, BERT = 1, 2, 3


class HandDriven:
    """A floor on a journal of its own, its clock in the test's hands."""

    def __init__(self, journal: Path, now_ns: int) -> None:
        self.store = SqliteJournal(journal)
        self.store.acquire_lease("test", take_over=True)
        self.replica = restore(self.store)
        self.now_ns = now_ns
        self.feed = InProcessFeed()
        self.events: list[Event] = []
        self.feed.subscribe(lambda batch: self.events.extend(unpack_events(batch.events)))
        self.bus = InProcessBus()
        self.floor = Floor(self.store, self.replica, self.bus, self.feed, clock_ns=lambda: self.now_ns)
        self.clock = DeskClock(self)

    def desk(self) -> DeskAnswer:
        answer = answer_query(DeskQuery(), self.replica, 0)
        assert isinstance(answer, DeskAnswer)
        return answer

    def call(self, command: bytes, client_id: str = "") -> Reply:
        seen = len(self.events)
        self.floor.step(Intake([Envelope(command, client_id, 1, "")], [], ""))
        (reply,) = replies_of(b"".join(EVENT.pack(*event) for event in self.events[seen:]))
        return reply

    def does(self, *commands: Command | DeskCommand) -> None:
        for command in commands:
            assert self.call(command.pack()).status is not OrderStatus.REJECTED, command

    def bids(self, account: int, price: int, epoch: int) -> int:
        """Why the bid was refused, or 0."""
        return self.call(DeskCommand(K.BID, account=account, id=1, price=price, other=epoch).pack()).reason

    def keep_time(self, span_ns: int) -> None:
        """Time passes and the clock does its work."""
        until_ns = self.now_ns + span_ns
        while self.now_ns < until_ns:
            rest_ns = int(self.clock.step(self.now_ns) * NS_PER_S)
            self.now_ns = min(self.now_ns + rest_ns, until_ns)

    def told(self, kind: DeskEventKind) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def an_english_auction(floor: HandDriven) -> None:
    """One that opens in a minute and is over ten minutes later, with two bidders."""
    floor.does(
        Command(CommandKind.PRODUCT, product=1, price=500, quantity=900, amount=100, order_id=100),
        *(Command(CommandKind.ACCOUNT, account=each) for each in (OWNER, ANNA, BERT)),
        *(Command(CommandKind.FUNDS, account=each, amount=10**9) for each in (ANNA, BERT)),
        Command(CommandKind.GOODS, product=1, account=OWNER, quantity=LOT_KG),
        DeskCommand(K.DESK, product=1, flags=AUCTION, amount=1),
        DeskCommand(K.LOT, account=OWNER, product=1, id=1, quantity=LOT_KG),
        DeskCommand(
            K.AUCTION,
            account=OWNER,
            product=1,
            side=Side.SELL,
            mode=AuctionKind.ENGLISH,
            id=1,
            price=700,
            quantity=LOT_KG,
            amount=floor.now_ns + MINUTE_NS,
            extra=1,
        ),
        DeskCommand(K.AUCTION_SET, id=1, other=AuctionParameter.DURATION_NS, amount=10 * MINUTE_NS),
        DeskCommand(K.ANNOUNCE, id=1),
        *(DeskCommand(K.ENTER, account=each, id=1) for each in (ANNA, BERT)),
    )


def test_an_auction_goes_on_after_the_floor_was_away(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite3"
    floor = HandDriven(journal, START_NS)
    an_english_auction(floor)
    floor.keep_time(2 * MINUTE_NS)
    (opened,) = [
        event for event in floor.told(DeskEventKind.AUCTION_STATE) if event.side == AuctionState.OPEN
    ]
    assert opened.remaining == START_NS + 11 * MINUTE_NS, "it opened on time"
    assert floor.told(DeskEventKind.EXTENDED) == [], "silence before it opened is no outage"
    assert floor.bids(ANNA, 701, 1) == 0
    last_told_ns = floor.desk().now_ns
    floor.store.close()

    again = HandDriven(journal, floor.now_ns + 30 * MINUTE_NS)
    assert again.desk().ticking
    again.keep_time(1)

    (extended,) = again.told(DeskEventKind.EXTENDED)
    away_ns = floor.now_ns + 30 * MINUTE_NS - last_told_ns
    assert (extended.reason, extended.quantity, extended.other) == (DeskReason.OUTAGE, away_ns, 2)
    assert extended.remaining == START_NS + 11 * MINUTE_NS + away_ns
    assert again.bids(BERT, 702, 1) == DeskReason.STALE_EPOCH
    assert again.bids(BERT, 702, 2) == 0
    again.keep_time(10 * MINUTE_NS)
    (award,) = again.told(DeskEventKind.AWARDED)
    assert (award.account, award.price) == (BERT, 702)
    assert again.bids(ANNA, 710, 2) == DeskReason.AUCTION_OVER
    again.store.close()
