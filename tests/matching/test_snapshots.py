"""Snapshots: canonical, complete, and refused when damaged."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import snapshot as layout
from matching.engine import Engine, new_engine
from matching.types import (
    BASIS,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_ASIDE,
    MAX_DAY,
    MAX_ORDER_ID,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    RECORD_SIZE,
    Command,
    Phase,
    TieRule,
)
from tests.matching.invariants import check_invariants
from tests.matching.market import Market
from tests.matching.streams import SETUP, Stream, batches

SETUP_BATCH = b"".join(command.pack() for command in SETUP)


class Parts(NamedTuple):
    """A snapshot before it is packed: rows of numbers, as in ``matching.snapshot``."""

    header: list[Any]
    products: list[list[int]]
    accounts: list[list[int]]
    goods: list[list[int]]
    orders: list[list[int]]

    def sealed(self) -> bytes:
        """The snapshot, counts taken from the header as they are."""
        sections = [
            (layout.PRODUCT, self.products),
            (layout.ACCOUNT, self.accounts),
            (layout.GOODS, self.goods),
            (layout.ORDER, self.orders),
        ]
        rows = [record.pack(*row) for record, section in sections for row in section]
        return layout.seal(layout.HEADER.pack(*self.header) + b"".join(rows))


def parts() -> Parts:
    """Four products: in session, halted, closed with an order for days, in a call with a crossed book."""
    return Parts(
        header=[layout.MAGIC, 9, 5, 4, 2, 3, 8],
        products=[
            [1, Phase.CONTINUOUS, 600, 800, 100, 100, 10, TieRule.MIDPOINT, 0, 0],
            [2, Phase.HALTED, 600, 800, 100, 100, 1, TieRule.PRESSURE, 700, 20],
            [3, Phase.CLOSED, 600, 800, 100, 100, 5, TieRule.HIGHEST, MAX_PRICE, MAX_PRICE],
            [4, Phase.CALL, 600, 800, 100, 100, 1, TieRule.NEAREST_LIMIT, 701, 0],
        ],
        accounts=[
            [1, 0, 20, 0, 200, 2, 5, 1_000 * 700 + 1_400 + 500 * 690 + 690],
            [2, 1, 0, 0, 0, 2, 7, 60_000 + 65_000 + 70_000],
        ],
        goods=[[2, 1, 30, 1_100], [2, 2, 5, 0], [2, 4, 0, 10]],
        orders=[
            [4, 1, 1, 1, 0, 700, 1_500, 500],
            [2, 1, 1, 1, 103, 690, 500, 0],
            [9, 2, 1, 2, 0, 720, 1_000, 0],
            [3, 2, 1, 2, 0, 720, 100, 0],
            [8, 2, 2, 1, 0, 600, 100, 0],
            [7, 2, 3, 1, MAX_DAY, 650, 100, 0],
            [6, 2, 4, 1, 0, 700, 100, 0],
            [5, 2, 4, 2, 0, 690, 10, 0],
        ],
    )


def test_the_example_is_good(engine: Engine) -> None:
    engine.load(parts().sealed())

    assert engine.snapshot() == parts().sealed()
    check_invariants(engine)


def change(section: str, row: int, column: int, value: Any) -> Callable[[Parts], None]:
    """One number of one row becomes another."""

    def apply(snapshot: Parts) -> None:
        getattr(snapshot, section)[row][column] = value

    return apply


def head(column: int, value: Any) -> Callable[[Parts], None]:
    """One number of the header becomes another."""

    def apply(snapshot: Parts) -> None:
        snapshot.header[column] = value

    return apply


def swap(section: str, row: int) -> Callable[[Parts], None]:
    """Two neighbouring rows change places."""

    def apply(snapshot: Parts) -> None:
        rows = getattr(snapshot, section)
        rows[row], rows[row + 1] = rows[row + 1], rows[row]

    return apply


IMPOSSIBLE = {
    "the layout before": head(0, b"JGCORE\x00\x01"),
    "another layout": head(0, b"JGCORE\x00\x03"),
    "order number beyond the limit": head(1, MAX_ORDER_ID + 1),
    "order number below an open order": head(1, 8),
    "trade number beyond the limit": head(2, MAX_ORDER_ID + 1),
    "fewer products": head(3, 3),
    "more products": head(3, 2**32 - 1),
    "more accounts": head(4, 2**32 - 1),
    "more goods": head(5, 2**64 - 1),
    "goods that wrap around 64 bits": head(5, 3 + 2**61),
    "more orders": head(6, 2**64 - 1),
    "orders that wrap around 64 bits": head(6, 8 + 2**59),
    "product 0": change("products", 0, 0, 0),
    "product beyond the limit": change("products", 3, 0, MAX_PRODUCT + 1),
    "products out of order": swap("products", 0),
    "a product twice": change("products", 1, 0, 1),
    "unknown phase": change("products", 0, 1, 5),
    "low 0": change("products", 0, 2, 0),
    "low above high": change("products", 2, 2, 801),
    "high beyond the limit": change("products", 0, 3, MAX_PRICE + 1),
    "step 0": change("products", 0, 4, 0),
    "step beyond the limit": change("products", 0, 4, MAX_QUANTITY + 1),
    "minimum 0": change("products", 0, 5, 0),
    "minimum beyond the limit": change("products", 0, 5, MAX_QUANTITY + 1),
    "tick 0": change("products", 0, 6, 0),
    "tick beyond the limit": change("products", 0, 6, MAX_PRICE + 1),
    "unknown tie rule": change("products", 0, 7, 5),
    "reference price beyond the limit": change("products", 0, 8, MAX_PRICE + 1),
    "volatility range beyond the limit": change("products", 0, 9, MAX_PRICE + 1),
    "account 0": change("accounts", 0, 0, 0),
    "account beyond the limit": change("accounts", 1, 0, MAX_ACCOUNT + 1),
    "accounts out of order": swap("accounts", 0),
    "suspended twice": change("accounts", 0, 1, 2),
    "buyer fee": change("accounts", 1, 2, BASIS + 1),
    "seller fee and deposit": change("accounts", 0, 3, BASIS - 199),
    "group 0": change("accounts", 0, 5, 0),
    "group beyond the limit": change("accounts", 1, 5, MAX_ACCOUNT + 1),
    "negative free funds": change("accounts", 0, 6, -1),
    "too many funds": change("accounts", 0, 6, MAX_TOTAL_FUNDS + MAX_ASIDE),
    "more funds than fit 64 bits together": change("accounts", 0, 6, 2**63 - 1),
    "negative held funds": change("accounts", 1, 7, -1),
    "held funds that wrap around": change("accounts", 1, 7, 2**63 - 1),
    "held funds too low": change("accounts", 0, 7, 1_047_089),
    "held funds too high": change("accounts", 1, 7, 195_001),
    "goods out of order": swap("goods", 0),
    "goods twice": change("goods", 1, 1, 1),
    "goods of an unknown account": change("goods", 2, 0, 3),
    "goods of an unknown product": change("goods", 2, 1, 5),
    "negative goods": change("goods", 0, 2, -1),
    "negative held goods": change("goods", 1, 3, -1),
    "too many goods": change("goods", 0, 2, MAX_AMOUNT + MAX_ASIDE),
    "goods that wrap around": change("goods", 0, 2, 2**63 - 1),
    "no goods at all": change("goods", 1, 2, 0),
    "held goods too low": change("goods", 0, 3, 1_099),
    "held goods without an order": change("goods", 1, 3, 1),
    "order 0": change("orders", 0, 0, 0),
    "an order twice": change("orders", 1, 0, 4),
    "order of an unknown account": change("orders", 0, 1, 3),
    "order of an unknown product": change("orders", 7, 2, 5),
    "order of the day in a closed product": change("orders", 5, 4, 0),
    "closed product with an order of the day": change("products", 1, 1, Phase.CLOSED),
    "order on no side": change("orders", 0, 3, 0),
    "order on an unknown side": change("orders", 4, 3, 3),
    "sell without goods": change("orders", 4, 3, 2),
    "price below the band": change("orders", 4, 5, 599),
    "price above the band": change("orders", 3, 5, 810),
    "price off the tick": change("orders", 3, 5, 721),
    "tick that does not fit a price": change("products", 0, 6, 50),
    "quantity beyond the limit": change("orders", 4, 6, MAX_QUANTITY + 1),
    "nothing open": change("orders", 4, 7, 100),
    "more filled than ordered": change("orders", 4, 7, 2**32 - 1),
    "worse bid first": swap("orders", 0),
    "ask before bid": swap("orders", 1),
    "better ask last": change("orders", 3, 5, 710),
    "products of orders out of order": swap("orders", 3),
    "a crossed book": change("orders", 2, 5, 690),
    "a locked book": change("orders", 2, 5, 700),
    "a crossed book in session": change("products", 3, 1, Phase.CONTINUOUS),
}


@pytest.mark.parametrize("damage", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_a_state_that_cannot_be_is_refused(engine: Engine, damage: Callable[[Parts], None]) -> None:
    engine.apply(SETUP_BATCH, 1)
    before = engine.snapshot()
    snapshot = parts()
    damage(snapshot)

    with pytest.raises(ValueError, match="damaged"):
        engine.load(snapshot.sealed())

    assert engine.snapshot() == before


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.CONTINUOUS}))
def test_where_nothing_trades_as_it_comes_a_book_may_be_crossed(engine: Engine, phase: Phase) -> None:
    snapshot = parts()
    change("products", 3, 1, phase)(snapshot)
    change("orders", 6, 4, 1)(snapshot)
    change("orders", 7, 4, MAX_DAY)(snapshot)

    engine.load(snapshot.sealed())

    assert engine.snapshot() == snapshot.sealed()
    check_invariants(engine)


def test_every_damaged_byte_is_noticed(engine: Engine) -> None:
    good = parts().sealed()

    for at in range(len(good)):
        with pytest.raises(ValueError, match="damaged"):
            engine.load(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])


def test_every_missing_end_is_noticed(engine: Engine) -> None:
    good = parts().sealed()

    for size in range(len(good)):
        with pytest.raises(ValueError, match="damaged"):
            engine.load(good[:size])


def test_every_missing_end_is_noticed_even_with_a_good_seal(engine: Engine) -> None:
    body = layout.unseal(parts().sealed())

    for size in range(len(body)):
        with pytest.raises(ValueError, match="damaged"):
            engine.load(layout.seal(body[:size]))


@pytest.mark.parametrize("snapshot", [None, "text", bytearray(64), 7])
def test_a_snapshot_is_bytes(engine: Engine, snapshot: Any) -> None:
    with pytest.raises(TypeError):
        engine.load(snapshot)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4),
    st.binary(max_size=40),
)
def test_forged_snapshots_are_the_same_to_both(changes: list[tuple[int, int]], more: bytes) -> None:
    """With a good seal: refused by both, or taken by both and then of the same behaviour."""
    body = bytearray(layout.unseal(parts().sealed()))
    for at, value in changes:
        body[at % len(body)] = value
    forged = layout.seal(bytes(body) + (more if changes[0][0] % 8 == 0 else b""))
    engines = [new_engine("reference"), new_engine("fast")]
    taken = [loads(engine, forged) for engine in engines]

    assert taken[0] == taken[1]
    assert engines[0].snapshot() == engines[1].snapshot()
    assert engines[0].apply(SETUP_BATCH, 1) == engines[1].apply(SETUP_BATCH, 1)


def loads(engine: Engine, snapshot: bytes) -> bool:
    """Whether an engine takes a snapshot; if so it gives the same one back."""
    try:
        engine.load(snapshot)
    except ValueError:
        return False
    assert engine.snapshot() == snapshot
    return True


# --- canonical and complete --------------------------------------------------------------------------


@pytest.mark.parametrize("writer", ["reference", "fast"])
@pytest.mark.parametrize("reader", ["reference", "fast"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(before=batches, after=batches)
def test_an_engine_goes_on_from_a_snapshot(
    writer: Any, reader: Any, before: list[Command], after: list[Command]
) -> None:
    first, second = new_engine(writer), new_engine(reader)
    first.apply(SETUP_BATCH + b"".join(command.pack() for command in before), 1)
    second.apply(SETUP_BATCH[: 5 * RECORD_SIZE], 1)

    second.load(first.snapshot())

    assert second.state_hash() == first.state_hash()
    batch = b"".join(command.pack() for command in after)
    assert second.apply(batch, 1_000) == first.apply(batch, 1_000)
    assert second.snapshot() == first.snapshot()


def test_a_lively_market_goes_on_from_any_snapshot() -> None:
    reference = new_engine("reference")
    before = reference.snapshot()
    for seq, (command, events) in enumerate(Stream(400, reference).commands(1_500), 1):
        fast = new_engine("fast")
        fast.load(before)
        assert fast.apply(command.pack(), seq) == events
        before = reference.snapshot()


def test_equal_states_have_equal_snapshots_whatever_led_to_them(engine: Engine) -> None:
    market = Market(engine)
    market.open()
    before = engine.state_hash()

    market.plays(
        """
        goods A -1000000                    | applied
        goods A 1000000                     | applied
        product 1 1..1000000 step 7 min 7   | applied
        phase 1 halted                      | applied
        phase 1 continuous                  | applied
        product 1 600..800 step 100 min 500 | applied
        funds B -5                          | applied
        funds B 5                           | applied
        account C fees 20 20 20 suspended   | applied
        account C fees 0 0 0 group A        | applied
        account C fees 0 0 0                | applied
        rules 1 tick 5 rule highest range 9 | applied
        rules 1                             | applied
        phase 1 call                        | applied
        uncross 1 continuous reference 700  | uncrossed nothing to continuous
        buy A 1000 @ 799 2                  | rejected unknown_product
        """
    )

    assert engine.state_hash() == before


def test_an_engine_keeps_nothing_of_its_former_life(engine: Engine) -> None:
    empty = engine.snapshot()
    market = Market(engine)
    market.open()
    market.plays("buy A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720")

    engine.load(empty)

    assert engine.snapshot() == empty
    assert (engine.account(1), engine.product(1), engine.last_order_id) == (None, None, 0)


def test_the_hash_of_an_empty_engine_is_known(engine: Engine) -> None:
    """A change of the layout must not go unnoticed: journals hold these hashes."""
    assert engine.state_hash() == "d8a44079a1f12e4f8ca719ed7380038e7447663a12b8f35038a24649ca74fbfc"
