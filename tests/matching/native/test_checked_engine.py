"""The checked engine is the reference engine too, and nothing whatever makes it read or write astray."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test

from matching import snapshot as layout
from matching.engine import Engine, new_engine
from matching.types import RECORD_SIZE, Command, CommandKind
from tests.matching import wild
from tests.matching.native.checked import FRAME, SANITIZERS, Broken, CheckedEngine
from tests.matching.streams import SETUP, batches
from tests.matching.test_machine import Twins
from tests.matching.test_snapshots import IMPOSSIBLE, Parts, parts

SETUP_BATCH = b"".join(command.pack() for command in SETUP)
PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("seed", range(500, 508))
def test_a_wild_market_is_the_same_to_the_checked_engine(checked: CheckedEngine, seed: int) -> None:
    random, at = Random(seed), 0
    played = wild.play(seed, 2_500)

    while at < len(played.commands):
        end = at + random.choice([1, 2, 7, 60, 200])
        events = checked.apply(
            b"".join(played.commands[at:end]), at + 1, room=random.choice([0, 1, 10, 1_000])
        )
        assert events == b"".join(played.events[at:end])
        at = end


class CheckedTwins(Twins):
    """The reference engine and the checked one."""

    process: CheckedEngine

    def another_engine(self) -> Engine:
        self.process.reset()
        return cast(Engine, self.process)

    @invariant()
    def everything_holds(self) -> None:
        """The checked engine looks for itself."""


def test_whatever_is_done_step_by_step_is_the_same_to_the_checked_engine(checked: CheckedEngine) -> None:
    CheckedTwins.process = checked
    run_state_machine_as_test(
        CheckedTwins, settings=settings(PATIENT, max_examples=40, stateful_step_count=40)
    )


@settings(PATIENT, max_examples=150)
@given(batches, st.integers(0, 100))
def test_any_commands_are_the_same_to_the_checked_engine(
    checked: CheckedEngine, commands: list[Command], room: int
) -> None:
    checked.reset()
    reference = new_engine("reference")
    batch = SETUP_BATCH + b"".join(command.pack() for command in commands)

    assert checked.apply(batch, 1, room) == reference.apply(batch, 1)
    assert checked.snapshot() == reference.snapshot()


@settings(PATIENT, max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, max(CommandKind) + 1), st.binary(min_size=63, max_size=63)), max_size=20
    )
)
def test_garbage_is_the_same_to_the_checked_engine(
    checked: CheckedEngine, records: list[tuple[int, bytes]]
) -> None:
    checked.reset()
    reference = new_engine("reference")
    batch = SETUP_BATCH + b"".join(bytes([kind]) + rest for kind, rest in records)

    assert checked.apply(batch, 1) == reference.apply(batch, 1)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 64 * len(SETUP) - 1])
def test_a_batch_cut_in_the_middle_is_refused_as_a_whole(checked: CheckedEngine, size: int) -> None:
    empty = checked.snapshot()

    if size % RECORD_SIZE:
        with pytest.raises(ValueError, match="64-byte commands"):
            checked.apply(SETUP_BATCH[:size], 1)
        assert checked.snapshot() == empty
    else:
        assert len(checked.apply(SETUP_BATCH[:size], 1)) == size


# --- snapshots ---------------------------------------------------------------------------------------


def taken(engine: CheckedEngine, snapshot: bytes) -> bool:
    """Whether the engine takes a snapshot; if so it gives the same one back, else it keeps what it had."""
    before = engine.snapshot()
    try:
        engine.load(snapshot)
    except ValueError:
        assert engine.snapshot() == before
        return False
    assert engine.snapshot() == snapshot
    return True


@pytest.mark.parametrize("damage", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_the_checked_engine_refuses_a_state_that_cannot_be(
    checked: CheckedEngine, damage: Callable[[Parts], None]
) -> None:
    snapshot = parts()
    damage(snapshot)

    assert not taken(checked, snapshot.sealed())


def test_the_checked_engine_notices_every_missing_end(checked: CheckedEngine) -> None:
    body = layout.unseal(parts().sealed())

    assert not any(taken(checked, layout.seal(body[:size])) for size in range(len(body)))
    assert taken(checked, layout.seal(body))


@settings(PATIENT, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4),
    st.binary(max_size=40),
)
def test_forged_snapshots_are_the_same_to_the_checked_engine(
    checked: CheckedEngine, changes: list[tuple[int, int]], more: bytes
) -> None:
    checked.reset()
    body = bytearray(layout.unseal(parts().sealed()))
    for at, value in changes:
        body[at % len(body)] = value
    forged = layout.seal(bytes(body) + (more if changes[0][0] % 8 == 0 else b""))
    reference = new_engine("reference")

    if taken(checked, forged):
        reference.load(forged)
    else:
        with pytest.raises(ValueError, match="damaged"):
            reference.load(forged)
    assert checked.apply(SETUP_BATCH, 1) == reference.apply(SETUP_BATCH, 1)


@settings(PATIENT, max_examples=60)
@given(before=batches, after=batches)
def test_the_checked_engine_goes_on_from_a_snapshot(
    checked: CheckedEngine, before: list[Command], after: list[Command]
) -> None:
    checked.reset()
    reference = new_engine("reference")
    reference.apply(SETUP_BATCH + b"".join(command.pack() for command in before), 1)
    batch = b"".join(command.pack() for command in after)

    assert taken(checked, reference.snapshot())
    assert checked.apply(batch, 1_000) == reference.apply(batch, 1_000)
    assert checked.snapshot() == reference.snapshot()


# --- the driver itself -------------------------------------------------------------------------------


def test_a_stream_that_breaks_off_is_no_good_end(driver: Path) -> None:
    request = FRAME.pack(b"A", 1_000) + bytes(500)

    done = subprocess.run([str(driver)], input=request, capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (3, b"")
    assert b"a frame was cut off" in done.stderr


def test_what_breaks_the_engine_is_told(driver: Path, tmp_path: Path) -> None:
    engine = CheckedEngine(driver, tmp_path / "report")

    with pytest.raises(Broken, match=r"ended with 3:\n.*an unknown request"):
        engine._ask(b"?")

    engine.reset()
    assert engine.snapshot() == new_engine("reference").snapshot()
    engine.close()


def test_the_sanitizers_are_on(driver: Path) -> None:
    """A reading of nowhere, made on purpose, is reported with the name of the function."""
    done = subprocess.run(
        [str(driver), "--break"], capture_output=True, env=SANITIZERS, text=True, check=False
    )

    assert done.returncode not in {0, 3, 4}
    assert "AddressSanitizer: heap-buffer-overflow" in done.stderr
    assert "read_astray" in done.stderr
