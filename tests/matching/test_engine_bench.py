"""The engine benchmark measures what it says."""

import ctypes
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from loadtests.engine import bench, yardstick
from loadtests.engine.scenarios import COMMANDS, SCENARIOS, Scenario, flow, opening
from matching.engine import Engine, new_engine
from matching.types import (
    COMMAND,
    RECORD_SIZE,
    CommandKind,
    EventKind,
    Reason,
    TimeInForce,
    unpack_events,
)

ORDERS = 20_000


def test_an_array_of_commands_is_a_batch_of_records() -> None:
    assert COMMANDS.itemsize == RECORD_SIZE
    record = np.zeros(1, COMMANDS)
    for place, name in enumerate(COMMANDS.names or ()):
        record[name] = place + 1

    assert COMMAND.unpack(record.tobytes()) == tuple(range(1, 14))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_flow_depends_on_the_seed_alone_and_has_the_stated_proportions(scenario: Scenario) -> None:
    messages = flow(scenario, ORDERS, seed=1)
    kinds = Counter(messages["kind"].tolist())

    assert messages.tobytes() == flow(scenario, ORDERS, seed=1).tobytes()
    assert messages.tobytes() != flow(scenario, ORDERS, seed=2).tobytes()
    assert kinds[CommandKind.PLACE] == ORDERS
    shares = [kinds[kind] / len(messages) for kind in (CommandKind.CANCEL, CommandKind.REPLACE)]
    assert shares == [pytest.approx(0.41, abs=0.01), pytest.approx(0.087, abs=0.01)]
    immediate = np.count_nonzero(messages["tif"] == TimeInForce.IOC)
    assert immediate / ORDERS == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_only_what_comes_too_late_is_refused_and_both_engines_agree(scenario: Scenario) -> None:
    commands = flow(scenario, 1_000, seed=3).tobytes()
    fast, reference = bench.opened_engine(), new_engine("reference")
    reference.apply(opening(), 0)
    events = fast.apply(commands, 1)

    assert events == reference.apply(commands, 1)
    kinds = Counter(event.kind for event in unpack_events(events))
    sent = len(commands) / RECORD_SIZE
    assert kinds[EventKind.REPLACED] / sent == pytest.approx(0.085, abs=0.02)
    assert kinds[EventKind.CANCELLED] / sent > 0.4
    assert kinds[EventKind.REJECTED] / sent < 0.05
    refused = [event for event in unpack_events(events) if event.kind == EventKind.REJECTED]
    assert {event.reason for event in refused} <= {Reason.UNKNOWN_ORDER}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return yardstick.build(tmp_path_factory.mktemp("yardstick") / "yardstick.so")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_yardstick_matches_the_flows_as_the_engine_does(library: ctypes.CDLL, scenario: Scenario) -> None:
    commands = flow(scenario, ORDERS, seed=5)
    engine = bench.opened_engine()
    with yardstick.Yardstick(library, len(commands)) as bare:
        for half in np.array_split(commands, 2):  # the first stops in the midst of the day, the book full
            engine.apply(half.tobytes(), 1)
            bare.run(half)
            assert bare.outcome() == yardstick.outcome(engine)
            assert bare.outcome() != (0, 0, 0)


def test_a_yardstick_that_matches_otherwise_is_no_measure(library: ctypes.CDLL) -> None:
    commands = flow(SCENARIOS[1], 1_000, seed=5)

    def opened_and_used() -> Engine:
        engine = bench.opened_engine()
        engine.apply(commands[:1].tobytes(), 1)
        return engine

    with pytest.raises(RuntimeError, match="yardstick"):
        yardstick.in_turn(library, opened_and_used, commands, batch=64, rounds=1)


def test_every_order_of_the_large_book_rests() -> None:
    engine = bench.opened_engine()
    engine.apply(bench.resting_orders(10_000), 0)

    assert sum(len(engine.open_orders(account)) for account in range(1, 1_001)) == 10_000


def test_the_figures_are_written_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "RESULT", tmp_path / "engine.json")
    monkeypatch.setattr(bench, "NATIVE", tmp_path / "native")
    monkeypatch.setattr(bench, "YARDSTICK", tmp_path / "yardstick.so")
    monkeypatch.setattr(bench, "REPLAYED", 20_000)
    monkeypatch.setattr(bench, "RESTING", 2_000)

    assert bench.main(["--orders", "2000", "--rounds", "1"]) == 0

    result = json.loads((tmp_path / "engine.json").read_text())
    names = [scenario.name for scenario in SCENARIOS]
    assert list(result["scenarios"]) == names
    assert result["worst_messages_per_s"] == min(result["scenarios"].values())
    for name, rate in result["scenarios"].items():
        assert result["ratio_to_yardstick"][name] == round(rate / result["yardstick"][name], 3)
        assert result["copying"][name] > 0
    assert {"single_call_per_s", "holds_cost", "bytes_per_order", "replay_10m_s", "snapshot_1m_s"} < set(
        result
    )
    assert all(name in capsys.readouterr().out for name in names[:1])
