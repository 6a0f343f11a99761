"""A hundred thousand commands and more, each the same to both engines."""

from collections import Counter
from typing import Any

import pytest

from matching.engine import Engine, Implementation, new_engine
from matching.types import CommandKind, EventKind, Reason, unpack_commands, unpack_events
from tests.matching import fuzz, wild
from tests.matching.streams import SETUP

SEEDS = range(1_000, 1_016)
LENGTH = 7_000
PROMISED = 100_000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wild_market_is_the_same_to_both(seed: int) -> None:
    assert wild.compare(seed, LENGTH) == len(SETUP) + LENGTH


def test_the_wild_markets_are_as_many_commands_as_promised() -> None:
    assert len(SEEDS) * LENGTH >= PROMISED


def test_the_wild_markets_trade_and_refuse_what_can_be_refused() -> None:
    kinds: Counter[int] = Counter()
    reasons: Counter[int] = Counter()
    for seed in range(1_000, 1_006):
        for event in unpack_events(b"".join(wild.play(seed, 2_000).events)):
            kinds[event.kind] += 1
            reasons[event.reason] += 1

    assert set(kinds) == set(EventKind)
    assert set(reasons) == set(Reason)
    assert kinds[EventKind.TRADE] > 1_000
    assert kinds[EventKind.REJECTED] < sum(kinds.values()) / 2


class Forgetful:
    """An engine that makes a mistake: it takes a CANCEL_ALL of one product for one of all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply(self, commands: bytes, first_seq: int) -> bytes:
        mistaken = [
            command._replace(product=0) if command.kind == CommandKind.CANCEL_ALL else command
            for command in unpack_commands(commands)
        ]
        return self._engine.apply(b"".join(command.pack() for command in mistaken), first_seq)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture
def mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two engines that are compared is forgetful."""

    def another(implementation: Implementation) -> object:
        engine = new_engine("fast")
        return engine if implementation == "reference" else Forgetful(engine)

    monkeypatch.setattr(wild, "new_engine", another)


def test_a_difference_is_told_by_few_commands(mistaken: None) -> None:
    left = wild.smallest(wild.play(1_000, 1_000).commands)

    assert len(left) <= 10
    assert wild.told(left).splitlines()[len(left) - 1].startswith("Command(kind=9")


def test_the_long_comparison_tells_where_engines_differ(
    mistaken: None, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fuzz.outcome(1_000)
    fuzz.explain(found)

    assert found.problem.startswith("AssertionError")
    assert "seed 1000: the engines differ" in capsys.readouterr().out


def test_the_long_comparison_counts_what_is_the_same() -> None:
    assert fuzz.outcome(1_000) == (1_000, len(SETUP) + fuzz.LENGTH, "")
