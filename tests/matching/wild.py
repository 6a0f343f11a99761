"""Streams that go further than ``streams.Stream``: wide books, spoiled commands, batches of any size.

A stream is played on the fast engine, command by command, and written down; then both engines apply what was
written down in batches, and everything must come out the same: events, snapshots, and what can be asked.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, cast, get_args

from matching.engine import Engine, Implementation, OpenOrder, ProductState, new_engine
from matching.types import (
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_DAY,
    MAX_ORDER_ID,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    RECORD_SIZE,
    Command,
    CommandKind,
    unpack_commands,
    unpack_events,
)
from tests.matching.invariants import check_invariants
from tests.matching.streams import SETUP, Stream

LENSES = [*[(1, 0)] * 4, (5, 0), (40, 0), (40, 0), (400, 0), (1_300, 0), (28_000, 690 * 28_000)]
"""Prices of a stream are multiplied by a factor, less an offset: books of 21 to 900,000 ticks."""

SPOILED = 0.03
"""Share of commands of which one field becomes something else."""

GARBAGE = 0.003
"""Share of commands that become any 64 bytes."""

PRICES = {
    CommandKind.PRODUCT: ("price", "quantity"),
    CommandKind.PLACE: ("price",),
    CommandKind.REPLACE: ("price",),
    CommandKind.UNCROSS: ("price",),
    CommandKind.RULES: ("price",),
}
"""Fields that are prices; 0, which is none, stays 0."""

DISTANCES = {CommandKind.RULES: ("quantity", "amount"), CommandKind.FUNDS: ("amount",)}
"""Fields that are distances of prices, or must grow with them."""

EDGES = {
    "kind": [0, 12, 255],
    "product": [0, 1, 2, 3, 4, MAX_PRODUCT, MAX_PRODUCT + 1, 2**32 - 1],
    "account": [0, 1, 2, 6, 7, 1_000, MAX_ACCOUNT + 1, 2**32 - 1],
    "side": [0, 1, 2, 3, 255],
    "tif": [0, 1, 2, 3, 4, 255],
    "flags": [*range(17), 255],
    "order_id": [0, 1, 100, MAX_DAY, MAX_DAY + 1, MAX_ORDER_ID, MAX_ORDER_ID + 1, 2**64 - 1],
    "price": [0, 1, -1, MAX_PRICE, MAX_PRICE + 1, 2**32 + 700, 2**63 - 1, -(2**63)],
    "quantity": [0, 1, 99, 100, -100, MAX_QUANTITY, MAX_QUANTITY + 1, MAX_AMOUNT, 2**63 - 1, -(2**63)],
    "amount": [0, 1, -1, 100, MAX_DAY, MAX_AMOUNT, MAX_AMOUNT + 1, 2**32 + 1, 2**63 - 1, -(2**63)],
}
"""What a spoiled field may become. (High account numbers cost memory; test_refusals.py has them.)"""


class Magnifier:
    """The fast engine as a ``Stream`` sees it: with small prices, and as if every command arrived intact."""

    def __init__(self, seed: int) -> None:
        self._engine = new_engine("fast")
        self._random = Random(seed)
        self._factor, self._offset = self._random.choice(LENSES)
        self._scatters = self._random.random() < 0.5
        self.commands: list[bytes] = []
        self.events: list[bytes] = []

    @property
    def last_order_id(self) -> int:
        return self._engine.last_order_id

    def apply(self, record: bytes, seq: int) -> bytes:
        """Magnifies and perhaps spoils a command, applies it and writes both sides down."""
        record = self._magnified(Command.unpack(record)).pack()
        if seq > len(SETUP):
            record = self._spoiled(record)
        events = self._engine.apply(record, seq)
        self.commands.append(record)
        self.events.append(events)
        return events

    def product(self, number: int) -> ProductState | None:
        state = self._engine.product(number)
        if state is None:
            return None
        low, high = -(-(state.low + self._offset) // self._factor), self._small(state.high)
        return state._replace(low=low, high=max(low, high), tick=max(1, state.tick // self._factor))

    def open_orders(self, account: int) -> tuple[OpenOrder, ...]:
        orders = self._engine.open_orders(account)
        return tuple(order._replace(price=self._small(order.price)) for order in orders)

    def _small(self, price: int) -> int:
        return (price + self._offset) // self._factor

    def _magnified(self, command: Command) -> Command:
        """Some streams scatter the prices of orders between the multiples of the factor."""
        kind = CommandKind(command.kind)
        fields = {name: getattr(command, name) * self._factor for name in DISTANCES.get(kind, ())}
        for name in PRICES.get(kind, ()):
            fields[name] = max(0, getattr(command, name) * self._factor - self._offset)
        if self._scatters and kind == CommandKind.RULES:
            fields["amount"] = self._random.choice([1, 1, 1, command.amount])
        if self._scatters and kind in {CommandKind.PLACE, CommandKind.REPLACE}:
            fields["price"] += self._random.randrange(self._factor)
        return command._replace(**fields)

    def _spoiled(self, record: bytes) -> bytes:
        draw = self._random.random()
        if draw < GARBAGE:
            kind = self._random.randint(1, 11)
            return bytes([kind]) + self._random.randbytes(RECORD_SIZE - 1)
        if draw < GARBAGE + SPOILED:
            field = self._random.choice(list(EDGES))
            value = self._random.choice(EDGES[field])
            return Command.unpack(record)._replace(**{field: value}).pack()
        return record


class Played(NamedTuple):
    """A stream as it was played on the fast engine, one call a command."""

    commands: list[bytes]
    events: list[bytes]


def play(seed: int, length: int) -> Played:
    """The set-up and ``length`` commands more; the same for the same seed."""
    magnifier = Magnifier(seed)
    for _ in Stream(seed, cast(Engine, magnifier)).commands(length):
        pass
    return Played(magnifier.commands, magnifier.events)


def compare(seed: int, length: int) -> int:
    """Plays a stream and compares both engines on it. Returns how many commands they were compared on.

    Raises AssertionError where they differ.
    """
    played = play(seed, length)
    reference, fast = new_engine("reference"), new_engine("fast")
    random, at = Random(seed), 0
    while at < len(played.commands):
        end = at + random.choice([1, 2, 30, 63, 64, 65, 500, 2_000])
        batch = b"".join(played.commands[at:end])
        events = reference.apply(batch, at + 1)
        assert events == b"".join(played.events[at:end])
        assert events == fast.apply(batch, at + 1)
        assert reference.snapshot() == fast.snapshot()
        at = end
    check_invariants(fast)
    return len(played.commands)


# --- where they differ -------------------------------------------------------------------------------


def differ(commands: Sequence[bytes]) -> int | None:
    """Index of the first command after which the engines are not the same; None if they always are."""
    reference, fast = new_engine("reference"), new_engine("fast")
    for at, record in enumerate(commands):
        if reference.apply(record, at + 1) != fast.apply(record, at + 1):
            return at
    return len(commands) - 1 if reference.snapshot() != fast.snapshot() else None


def smallest(commands: Sequence[bytes]) -> list[bytes]:
    """Leaves out commands as long as the engines still differ (Zeller's delta debugging, halves to ones)."""
    found = differ(commands)
    assert found is not None
    left = list(commands[: found + 1])
    size = len(left) // 2
    while size > 0:
        at = 0
        while at < len(left):
            shorter = left[:at] + left[at + size :]
            found = differ(shorter)
            if found is None:
                at += size
            else:
                left = shorter[: found + 1]
        size //= 2
    return left


def told(commands: Sequence[bytes]) -> str:
    """A reproduction as one can paste it, and what each engine says of its last command."""
    lines = [repr(command) for command in unpack_commands(b"".join(commands))]
    for implementation in get_args(Implementation):
        engine = new_engine(implementation)
        engine.apply(b"".join(commands[:-1]), 1)
        lines.append(f"{implementation}:")
        lines += [f"    {event}" for event in unpack_events(engine.apply(commands[-1], len(commands)))]
        lines.append(f"    state {engine.state_hash()[:16]}")
    return "\n".join(lines)
