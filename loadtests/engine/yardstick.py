"""What this machine allows, in the same minutes: engine and bare tick ladder in turn on the same commands.

``yardstick.cpp`` is a book and nothing else: no accounts, no holds, no checks, no events that could be
journalled, one report a message. Its trades and its last best prices must be the engine's, or it measured
something else. What memory costs by itself is measured beside it: commands copied in, events copied out.
"""

import ctypes
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from loadtests.engine.scenarios import PRODUCT, Array
from matching.engine import Engine
from matching.types import RECORD_SIZE, Side

SOURCE = Path(__file__).parent / "yardstick.cpp"
STRETCH = 8
"""Batches between two looks at the clock."""


class Speeds(NamedTuple):
    """Messages a second of one flow."""

    engine: int
    yardstick: int
    copying: int


class Yardstick:
    """A bare book for at most so many orders; ``build`` makes the library it lives in."""

    def __init__(self, library: ctypes.CDLL, most_orders: int) -> None:
        self.library = library
        library.yardstick_new.restype = ctypes.c_void_p
        library.yardstick_trades.restype = ctypes.c_uint64
        library.yardstick_best_price.restype = ctypes.c_uint32
        self.book = ctypes.c_void_p(library.yardstick_new(ctypes.c_uint32(most_orders)))

    def __enter__(self) -> "Yardstick":
        return self

    def __exit__(self, *error: object) -> None:
        self.library.yardstick_delete(self.book)

    def run(self, commands: Array) -> None:
        """Matches the commands, in batches of 2048."""
        self.library.yardstick_run(
            self.book, ctypes.c_void_p(commands.ctypes.data), ctypes.c_size_t(len(commands))
        )

    def copy(self, commands: Array, events: int) -> None:
        """Copies commands in and so many events out, in batches of 2048."""
        self.library.copy_records(
            ctypes.c_void_p(commands.ctypes.data), ctypes.c_size_t(len(commands)), ctypes.c_size_t(events)
        )

    def outcome(self) -> tuple[int, int, int]:
        """Trades so far, best bid and best ask; 0 where a side is empty."""
        best = (
            self.library.yardstick_best_price(self.book, ctypes.c_uint8(side))
            for side in (Side.BUY, Side.SELL)
        )
        return (self.library.yardstick_trades(self.book), *best)


def extension_options() -> list[str]:
    """The options pyproject.toml has the core compiled with."""
    settings = tomllib.loads((SOURCE.parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    core: dict[str, list[str]] = settings["tool"]["setuptools"]["ext-modules"][0]
    return core["extra-compile-args"]


def build(target: Path) -> ctypes.CDLL:
    """The library, built with the options of the extension."""
    options = [*extension_options(), "-shared", "-fPIC", "-fvisibility=default"]
    subprocess.run(["g++", *options, "-o", str(target), str(SOURCE)], check=True)
    return ctypes.CDLL(str(target.resolve()))


def outcome(engine: Engine) -> tuple[int, int, int]:
    """``Yardstick.outcome`` of the engine."""
    bid, ask = (side[0].price if side else 0 for side in engine.depth(PRODUCT, 1))
    return engine.last_trade_id, bid, ask


def in_turn(
    library: ctypes.CDLL, opened: Callable[[], Engine], commands: Array, batch: int, rounds: int
) -> Speeds:
    """The three in turn, stretch by stretch; of each stretch the quickest round counts.

    A neighbour who takes the machine for a while so falls on all of them or on none.
    """
    stretches = [commands[at : at + STRETCH * batch] for at in range(0, len(commands), STRETCH * batch)]
    batches = [_batches(stretch.tobytes(), batch) for stretch in stretches]
    best = [[float("inf")] * 3 for _ in stretches]
    for _ in range(rounds):
        engine = opened()
        with Yardstick(library, len(commands)) as yardstick:
            for stretch, records, least in zip(stretches, batches, best, strict=True):
                seconds, events = _engine_s(engine, records)
                least[0] = min(least[0], seconds)
                least[1] = min(least[1], _seconds(yardstick.run, stretch))
                least[2] = min(least[2], _seconds(yardstick.copy, stretch, events))
            if yardstick.outcome() != outcome(engine):
                raise RuntimeError(f"the yardstick came to {yardstick.outcome()}, not {outcome(engine)}")
    return Speeds(*(round(len(commands) / sum(column)) for column in zip(*best, strict=True)))


def _batches(records: bytes, batch: int) -> list[bytes]:
    size = batch * RECORD_SIZE
    return [records[at : at + size] for at in range(0, len(records), size)]


def _engine_s(engine: Engine, batches: list[bytes]) -> tuple[float, int]:
    """Seconds for the batches through the public interface, and how many events came back."""
    events, apply = 0, engine.apply
    started = time.perf_counter()
    for seq, records in enumerate(batches):
        events += len(apply(records, seq))
    return time.perf_counter() - started, events // RECORD_SIZE


def _seconds(function: Callable[..., None], *arguments: Any) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started
