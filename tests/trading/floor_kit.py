"""What the floor's tests share: small commands, and a floor stepped by hand that keeps what it said."""

import time

from exchange.trading.bus import Envelope, InProcessBus, Intake, QueryEnvelope
from exchange.trading.feed import FeedBatch, InProcessFeed
from exchange.trading.floor import Floor, open_floor
from exchange.trading.journal import JournalStore
from exchange.trading.queries import Answer, Query
from exchange.trading.replies import Reply
from matching.desk_types import DeskCommand
from matching.types import Command, CommandKind, Phase, Side, TimeInForce

PRODUCT = 1
BUYER, SELLER = 1, 2


def opened_market() -> list[Command]:
    """One product in continuous trading, a buyer with money, a seller with goods."""
    now = time.time_ns()
    return [
        Command(CommandKind.PRODUCT, now, PRODUCT, price=500, quantity=900, amount=100, order_id=100),
        Command(CommandKind.ACCOUNT, now, account=BUYER, price=20, quantity=20, amount=200),
        Command(CommandKind.ACCOUNT, now, account=SELLER, price=20, quantity=20, amount=200),
        Command(CommandKind.FUNDS, now, account=BUYER, amount=10**9),
        Command(CommandKind.GOODS, now, PRODUCT, SELLER, quantity=1_000_000),
        Command(CommandKind.PHASE, now, PRODUCT, flags=Phase.CONTINUOUS),
    ]


def place(
    side: Side, price: int, kg: int, *, account: int | None = None, tif: TimeInForce = TimeInForce.DAY
) -> Command:
    """An order of the buyer or the seller."""
    owner = account if account is not None else (BUYER if side == Side.BUY else SELLER)
    return Command(CommandKind.PLACE, time.time_ns(), PRODUCT, owner, side, tif, price=price, quantity=kg)


def buy(price: int, kg: int, **more: TimeInForce) -> Command:
    """A buy order of the buyer."""
    return place(Side.BUY, price, kg, **more)


def sell(price: int, kg: int, **more: TimeInForce) -> Command:
    """A sell order of the seller."""
    return place(Side.SELL, price, kg, **more)


class SteppedFloor:
    """A floor whose micro-batches the test decides. Replies, answers and feed are kept."""

    def __init__(self, store: JournalStore, *, snapshot_every: int = 10**9, take_over: bool = False) -> None:
        self.bus = InProcessBus()
        self.feed = InProcessFeed()
        self.published: list[FeedBatch] = []
        self.feed.subscribe(self.published.append)
        self.replies: dict[int, Reply] = {}
        self.answers: list[Answer] = []
        self.gone = False
        self.store = store
        self.floor: Floor = open_floor(
            store, self.bus, self.feed, holder="test", take_over=take_over, snapshot_every=snapshot_every
        )
        self._uplink = self.bus.connect(self)
        self._token = 0

    def deliver(self, replies: list[tuple[int, Reply]]) -> None:
        self.replies.update(replies)

    def deliver_answer(self, token: int, answer: Answer) -> None:
        self.answers.append(answer)

    def floor_gone(self) -> None:
        self.gone = True

    def batch(self, *commands: Command | tuple[Command, str], position: str = "") -> list[Reply]:
        """One micro-batch; a command may come with its client id. Its replies in order."""
        envelopes = []
        first = self._token + 1
        for each in commands:
            command, client_id = each if not isinstance(each, Command | DeskCommand) else (each, "")
            self._token += 1
            envelopes.append(Envelope(command.pack(), client_id, self._token, "1"))
        self.floor.step(Intake(envelopes, [], position))
        return [self.replies[token] for token in range(first, self._token + 1)]

    def ask(self, query: Query) -> Answer:
        """One question between batches."""
        self._token += 1
        self.floor.step(Intake([], [QueryEnvelope(query, self._token, "1")], ""))
        return self.answers[-1]
