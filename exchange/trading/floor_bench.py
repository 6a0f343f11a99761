"""A measurement of bus, engine and journal together: orders/s that were durable before they were answered."""

import random
import tempfile
import threading
import time
from pathlib import Path

from exchange.trading.bus import Sent, Uplink
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.queries import Answer
from exchange.trading.replies import Reply
from exchange.trading.runtime import EmbeddedFloor
from matching.types import Command, CommandKind, Phase

MEMBERS = 12
PRODUCT = 1


class Counter:
    """A mailbox that counts replies and times every 64th."""

    def __init__(self) -> None:
        self.replies = 0
        self.sent_at: dict[int, float] = {}
        self.waits_s: list[float] = []
        self.arrived = threading.Condition()

    def deliver(self, replies: list[tuple[int, Reply]]) -> None:
        now = time.perf_counter()
        for token, _ in replies:
            if token in self.sent_at:
                self.waits_s.append(now - self.sent_at[token])
        with self.arrived:
            self.replies += len(replies)
            self.arrived.notify()

    def deliver_answer(self, token: int, answer: Answer) -> None:
        raise AssertionError("nothing was asked")

    def floor_gone(self) -> None:
        """Nothing waits any more."""

    def wait_for(self, replies: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.replies >= replies, timeout=60), "the floor is stuck"


def measure(*, orders: int, in_flight: int) -> dict[str, float]:
    """Orders/s and waits in ms on a fresh journal in a temporary directory, then thrown away."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as directory:
        embedded = EmbeddedFloor(SqliteJournal(Path(directory) / "journal.sqlite3"), None)
        counter = Counter()
        uplink = embedded.bus.connect(counter)
        embedded.start()
        try:
            prepared = _prepare(uplink)
            counter.wait_for(prepared)
            seconds = _send(uplink, counter, _orders(orders), in_flight)
        finally:
            embedded.stop()
    waits = sorted(counter.waits_s)
    return {
        "orders": float(orders),
        "orders_per_s": orders / seconds,
        "ack_p50_ms": waits[len(waits) // 2] * 1e3,
        "ack_p99_ms": waits[int(len(waits) * 0.99)] * 1e3,
    }


def _prepare(uplink: Uplink) -> int:
    """An open product and members with all they need; how many commands that took."""
    now = time.time_ns()
    commands = [
        Command(CommandKind.PRODUCT, now, PRODUCT, price=1, quantity=100_000, amount=100, order_id=100)
    ]
    for account in range(1, MEMBERS + 1):
        commands += [
            Command(CommandKind.ACCOUNT, now, account=account, price=20, quantity=20, amount=200),
            Command(CommandKind.FUNDS, now, account=account, amount=10**14),
            Command(CommandKind.GOODS, now, PRODUCT, account, quantity=10**9),
        ]
    commands.append(Command(CommandKind.PHASE, now, PRODUCT, flags=Phase.CONTINUOUS))
    uplink.send([Sent(0, command.pack(), "") for command in commands])
    return len(commands)


def _orders(count: int) -> list[bytes]:
    chance, now = random.Random(1), time.time_ns()
    return [
        Command(
            CommandKind.PLACE,
            now,
            PRODUCT,
            account=chance.randint(1, MEMBERS),
            side=chance.randint(1, 2),
            price=chance.randint(690, 710),
            quantity=100 * chance.randint(1, 20),
        ).pack()
        for _ in range(count)
    ]


def _send(uplink: Uplink, counter: Counter, orders: list[bytes], in_flight: int) -> float:
    """Keep `in_flight` orders unanswered until all are answered; seconds it took."""
    base = counter.replies
    started = time.perf_counter()
    for number, order in enumerate(orders, 1):
        if number - (counter.replies - base) > in_flight:
            counter.wait_for(base + number - in_flight)
        if number % 64 == 0:
            counter.sent_at[number] = time.perf_counter()
        uplink.send([Sent(number, order, f"order-{number:09d}")])
    counter.wait_for(base + len(orders))
    return time.perf_counter() - started
