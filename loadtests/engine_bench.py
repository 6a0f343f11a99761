"""How fast the matching core is: ``python -m loadtests.engine_bench``.

A deterministic stream in the proportions of a busy market (50 % new orders of which 15 % immediate-or-cancel,
41 % cancels, 9 % replaces) over one product's daily band, around a wandering middle price, into a book that
already holds 20,000 orders. Members cancel and replace what they believe is open: some of it has just traded.

Measured is the engine alone: encoded commands in, encoded events out; no journal, no network.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import get_args

from matching.engine import Engine, Implementation, new_engine
from matching.types import (
    MAX_AMOUNT,
    RECORD_SIZE,
    Command,
    CommandKind,
    EventKind,
    Phase,
    Side,
    TimeInForce,
    unpack_events,
)

ACCOUNTS = 1_000
LOW, HIGH = 648, 792
"""The band of ±10 % around 7.20 yuan per kg."""
RESTING = 20_000
"""Orders in the book before the clock starts."""
BATCH = 1_000
"""Commands per call through the batch API."""
ROUNDS = 3
"""Each figure is the best of so many rounds, each on a fresh engine."""


class Members:
    """The members' side of the stream: what they send, and what they believe is open."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._middle = (LOW + HIGH) / 2
        self._placed = 0
        self._open: list[tuple[int, int, Side]] = []

    def setup(self) -> Iterator[Command]:
        """A product in session, accounts with more than they can spend, a filled book."""
        yield Command(CommandKind.PRODUCT, product=1, price=LOW, quantity=HIGH, amount=100, order_id=1_000)
        yield Command(CommandKind.PHASE, product=1, flags=Phase.CONTINUOUS)
        for account in range(1, ACCOUNTS + 1):
            yield Command(CommandKind.ACCOUNT, account=account, price=20, quantity=20, amount=200)
            yield Command(CommandKind.FUNDS, account=account, amount=MAX_AMOUNT // 2)
            yield Command(CommandKind.GOODS, account=account, product=1, quantity=MAX_AMOUNT // 2)
        for _ in range(RESTING):
            yield self._place(ioc=False)

    def messages(self, count: int) -> Iterator[Command]:
        """The measured stream."""
        for _ in range(count):
            self._middle += self._random.gauss(0, 0.02)
            self._middle = min(max(self._middle, LOW + 40), HIGH - 40)
            draw = self._random.random()
            if draw < 0.50:
                yield self._place(ioc=draw < 0.075)
            elif draw < 0.91:
                yield self._cancel()
            else:
                yield self._replace()

    def _place(self, *, ioc: bool) -> Command:
        self._placed += 1
        account = self._random.randint(1, ACCOUNTS)
        side = self._random.choice((Side.BUY, Side.SELL))
        if not ioc:
            self._open.append((self._placed, account, side))
        return Command(
            CommandKind.PLACE,
            product=1,
            account=account,
            side=side,
            tif=TimeInForce.IOC if ioc else TimeInForce.DAY,
            price=self._price(side, crossing=ioc),
            quantity=self._kg(),
        )

    def _cancel(self) -> Command:
        at = self._random.randrange(len(self._open))
        self._open[at], self._open[-1] = self._open[-1], self._open[at]
        order_id, account, _ = self._open.pop()
        return Command(CommandKind.CANCEL, account=account, order_id=order_id)

    def _replace(self) -> Command:
        order_id, account, side = self._random.choice(self._open)
        price, kg = self._price(side, crossing=False), self._kg()
        return Command(CommandKind.REPLACE, account=account, order_id=order_id, price=price, quantity=kg)

    def _price(self, side: Side, *, crossing: bool) -> int:
        """Mostly a few ticks behind the middle; crossing, a little beyond it."""
        away = -3.0 if crossing else 0.6 + self._random.expovariate(0.15)
        price = self._middle - away if side == Side.BUY else self._middle + away
        return min(max(round(price), LOW), HIGH)

    def _kg(self) -> int:
        return 1_000 * self._random.randint(1, 20)


def encode(commands: Iterator[Command]) -> bytes:
    """One batch of all commands."""
    return b"".join(command.pack() for command in commands)


def cut(batch: bytes, commands: int) -> list[bytes]:
    """The same commands in batches of at most so many."""
    size = commands * RECORD_SIZE
    return [batch[at : at + size] for at in range(0, len(batch), size)]


def seconds_for(engine: Engine, batches: list[bytes], first_seq: int) -> float:
    """Wall clock of applying the batches one after the other."""
    seq = first_seq
    started = time.perf_counter()
    for batch in batches:
        engine.apply(batch, seq)
        seq += BATCH
    return time.perf_counter() - started


def rate(implementation: Implementation | None, setup: bytes, batches: list[bytes], messages: int) -> int:
    """Messages per second, best of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        engine = new_engine(implementation)
        engine.apply(setup, 1)
        best = min(best, seconds_for(engine, batches, 10**6))
    return round(messages / best)


def outcome(implementation: Implementation | None, setup: bytes, stream: bytes) -> dict[str, int]:
    """How often the stream caused each kind of event."""
    engine = new_engine(implementation)
    engine.apply(setup, 1)
    counts = Counter(
        event.kind for batch in cut(stream, BATCH) for event in unpack_events(engine.apply(batch, 1))
    )
    return {kind.name.lower(): counts[kind] for kind in EventKind if counts[kind]}


def measure(
    messages: int = 400_000, seed: int = 1, implementation: Implementation | None = None
) -> dict[str, int | dict[str, int]]:
    """Rates in messages per second, through batches and through single calls, and what the stream caused."""
    members = Members(seed)
    setup = encode(members.setup())
    stream = encode(members.messages(messages))
    return {
        "engine_messages_per_s": rate(implementation, setup, cut(stream, BATCH), messages),
        "engine_single_calls_per_s": rate(implementation, setup, cut(stream, 1), messages),
        "messages": messages,
        "events": outcome(implementation, setup, stream),
    }


def main(arguments: list[str] | None = None) -> dict[str, int | dict[str, int]]:
    """Measures, prints the result as JSON and returns it."""
    parser = argparse.ArgumentParser(description="Measure the matching core.")
    parser.add_argument("--messages", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--implementation", choices=get_args(Implementation), default=None)
    options = parser.parse_args(arguments)
    result = measure(options.messages, options.seed, options.implementation)
    json.dump(result, sys.stdout, indent=2)
    print()
    return result


if __name__ == "__main__":
    main()
