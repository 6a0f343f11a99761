"""The batch interface: what comes in wrong, and that nothing whatever crashes an engine."""

from array import array
from collections.abc import Callable, Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import engine as engine_module
from matching.engine import Engine, new_engine
from matching.types import RECORD_SIZE, Command, CommandKind, EventKind, Reason, unpack_events
from tests.matching.invariants import check_invariants
from tests.matching.streams import SETUP

SETUP_BATCH = b"".join(command.pack() for command in SETUP)


def test_an_empty_batch_has_no_events(engine: Engine) -> None:
    assert engine.apply(b"", 1) == b""


@pytest.mark.parametrize("size", [1, 63, 65, 127])
def test_a_batch_is_whole_records(engine: Engine, size: int) -> None:
    before = engine.state_hash()

    with pytest.raises(ValueError, match="64-byte commands"):
        engine.apply(SETUP_BATCH[:size], 1)

    assert engine.state_hash() == before


@pytest.mark.parametrize("first_seq", [-1, 2**64 - 1, 2**64, 10**30])
def test_sequence_numbers_stay_in_64_bits(engine: Engine, first_seq: int) -> None:
    with pytest.raises(ValueError, match="64-bit"):
        engine.apply(SETUP_BATCH[:RECORD_SIZE], first_seq)


def test_the_highest_sequence_number(engine: Engine) -> None:
    (event,) = unpack_events(engine.apply(SETUP_BATCH[:RECORD_SIZE], 2**64 - 2))

    assert event.seq == 2**64 - 2


@pytest.mark.parametrize("batch", [None, "text", [64], 64])
def test_a_batch_gives_its_memory(engine: Engine, batch: Any) -> None:
    with pytest.raises(TypeError):
        engine.apply(batch, 1)


@pytest.mark.parametrize(
    "kind",
    [
        bytes,
        bytearray,
        memoryview,
        lambda batch: array("B", batch),
        lambda batch: memoryview(b"x" + batch)[1:],
    ],
)
def test_any_buffer_is_a_batch(engine: Engine, kind: Callable[[bytes], Any]) -> None:
    assert engine.apply(kind(SETUP_BATCH), 1) == new_engine("reference").apply(SETUP_BATCH, 1)


def test_every_event_carries_the_number_of_its_command(engine: Engine) -> None:
    events = unpack_events(engine.apply(SETUP_BATCH, 100))

    assert [event.seq for event in events] == list(range(100, 100 + len(SETUP)))


def test_zeros_are_an_unknown_command(engine: Engine) -> None:
    (event,) = unpack_events(engine.apply(bytes(RECORD_SIZE), 1))

    assert (event.kind, event.reason) == (EventKind.REJECTED, Reason.UNKNOWN_COMMAND)


@settings(max_examples=300)
@given(st.lists(st.binary(min_size=RECORD_SIZE, max_size=RECORD_SIZE), max_size=20))
def test_garbage_is_the_same_to_both(records: list[bytes]) -> None:
    compare_on_garbage(b"".join(records))


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(0, max(CommandKind) + 1),
            st.binary(min_size=3, max_size=3),
            st.integers(0, 3),
            st.binary(min_size=56, max_size=56),
        ),
        max_size=20,
    )
)
def test_garbage_behind_known_kinds_and_products_is_the_same_to_both(
    records: list[tuple[int, bytes, int, bytes]],
) -> None:
    compare_on_garbage(
        b"".join(
            bytes([kind]) + middle + product.to_bytes(4, "little") + rest
            for kind, middle, product, rest in records
        )
    )


def compare_on_garbage(batch: bytes) -> None:
    """After a sensible set-up both engines make the same of it and stay sound."""
    engines = [new_engine("reference"), new_engine("fast")]
    for engine in engines:
        engine.apply(SETUP_BATCH, 1)
    events = [engine.apply(batch, 100) for engine in engines]

    assert events[0] == events[1]
    assert len(events[0]) >= len(batch)
    assert engines[0].state_hash() == engines[1].state_hash()
    check_invariants(engines[1])


@pytest.mark.parametrize("number", [-1, 0, 2**16, 2**24, 2**32, 2**64, -(2**70)])
def test_questions_about_unknown_numbers_have_empty_answers(engine: Engine, number: int) -> None:
    assert engine.account(number) is None
    assert engine.product(number) is None
    assert engine.depth(number, 10) == ((), ())
    assert engine.indicative(number) is None
    assert engine.open_orders(number) == ()


@pytest.mark.parametrize(("levels", "shown"), [(-5, 0), (0, 0), (1, 1), (2, 2), (5, 3), (10**30, 3)])
def test_depth_shows_as_many_levels_as_asked(engine: Engine, levels: int, shown: int) -> None:
    engine.apply(SETUP_BATCH, 1)
    orders = [
        Command(CommandKind.PLACE, product=1, account=1, side=side, price=price, quantity=100)
        for side, price in [(1, 701), (1, 702), (1, 703), (2, 705), (2, 706), (2, 707)]
    ]
    engine.apply(b"".join(order.pack() for order in orders), 100)

    depth = engine.depth(1, levels)

    assert depth.bids == ((703, 100, 1), (702, 100, 1), (701, 100, 1))[:shown]
    assert depth.asks == ((705, 100, 1), (706, 100, 1), (707, 100, 1))[:shown]


# --- which engine ------------------------------------------------------------------------------------


@pytest.fixture
def without_extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the extension had not been built."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(engine_module, "import_module", missing)
    engine_module._extension_built.cache_clear()
    yield
    engine_module._extension_built.cache_clear()


def test_the_fast_engine_is_the_default() -> None:
    assert type(new_engine()) is type(new_engine("fast"))


@pytest.mark.usefixtures("without_extension")
def test_without_the_extension_the_reference_serves_and_says_so_once() -> None:
    with pytest.warns(RuntimeWarning, match="not built"):
        first = new_engine()

    assert type(first) is type(new_engine()) is type(new_engine("reference"))


def test_a_second_thread_is_turned_away_while_a_batch_is_applied() -> None:
    engine = new_engine("fast")
    engine.apply(SETUP_BATCH, 1)
    order = Command(CommandKind.PLACE, product=1, account=1, side=1, price=700, quantity=100).pack()
    cancel = Command(CommandKind.CANCEL_ALL, account=1).pack()
    batch = (order + cancel) * 200_000
    deadline = monotonic() + 30

    turned_away = False
    while not turned_away and monotonic() < deadline:
        thread = Thread(target=engine.apply, args=(batch, 1))
        thread.start()
        while thread.is_alive() and not turned_away:
            try:
                engine.depth(1, 1)
            except RuntimeError:
                turned_away = True
        thread.join()

    assert turned_away
    assert engine.depth(1, 1) == ((), ())
