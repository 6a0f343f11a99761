"""Inputs for libFuzzer to begin with: ``python -m tests.matching.native.seeds FOLDER``.

Each kind of input that ``fuzz_engine.cpp`` knows, made of random streams. A short command is ten bytes::

    kind (12: end of the batch, 13: the second engine goes on from a snapshot), product, account,
    side and time in force (two and three bits), flags, order id (or last day, group, minimum),
    number of the price, quantity in 100 kg, amount in 100 kg (or day, tick, step),
    128 and more: the order id as it is, not an open order; 240 and more: a field becomes an extreme value

``fuzz_engine.cpp`` reads them with its own set-up and 64 prices that may be far apart. A seed need not be
exact: it only has to do something.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from matching import snapshot as layout
from matching.engine import new_engine
from matching.types import Command, CommandKind
from tests.matching.streams import SETUP, Stream

SHORT_LOW = 690
"""What price number 0 is in the streams."""

SHORT, RAW, SNAPSHOT, CHANGES = range(4)
"""The first byte of an input."""

END_OF_BATCH, GO_ON = bytes([12] + 9 * [0]), bytes([13] + 9 * [0])


def stream(seed: int, length: int) -> tuple[list[Command], bytes]:
    """Commands of a lively market after its set-up, and the body of the snapshot it ends with."""
    engine = new_engine("fast")
    commands = [command for command, _ in Stream(seed, engine).commands(length)]
    return commands[len(SETUP) :], layout.unseal(engine.snapshot())


def short(command: Command) -> bytes:
    """The command in ten bytes, as well as it goes."""
    quantity, amount = command.quantity // 100, command.amount // 100
    match command.kind:
        case CommandKind.PRODUCT:
            quantity, amount = command.quantity - SHORT_LOW, command.amount - 1
        case CommandKind.FUNDS:
            amount = 128 + command.amount // 100_000
        case CommandKind.GOODS:
            quantity = 128 + command.quantity // 200
        case CommandKind.PHASE | CommandKind.UNCROSS:
            amount = command.amount
        case CommandKind.RULES:
            quantity, amount = command.quantity, command.amount - 1
    price = command.price - SHORT_LOW if command.price else 0
    fields = [
        command.kind,
        command.product,
        command.account,
        command.side | command.tif << 2,
        command.flags,
        command.order_id,
        price,
        quantity,
        amount,
        0,
    ]
    return bytes(field & 0xFF for field in fields)


def shorts(commands: list[Command], random: Random) -> bytes:
    """Which prices, and short commands in batches."""
    parts = [bytes([random.randrange(8)])]
    for command in commands:
        parts.append(short(command))
        parts += random.choices([[], [END_OF_BATCH], [GO_ON]], weights=[12, 8, 1])[0]
    return b"".join(parts)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all inputs."""
    for seed in range(40):
        random = Random(seed)
        commands, body = stream(seed, random.choice([10, 40, 100, 150]))
        records = b"".join(command.pack() for command in SETUP + commands[:60])
        changes = bytes([2]) + random.randbytes(6)
        yield f"short-{seed}", bytes([SHORT]) + shorts(commands, random)
        yield f"raw-{seed}", bytes([RAW]) + records
        yield f"snapshot-{seed}", bytes([SNAPSHOT]) + body
        yield f"changes-{seed}", bytes([CHANGES]) + changes + shorts(commands, random)


def main(folder: Path) -> None:
    """Writes the inputs, each to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
