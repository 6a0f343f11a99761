"""Books and desk as one engine: batches, returns, lots, snapshots, answers."""

import pytest

from exchange.trading.replies import OrderStatus, replies_of
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import DeskCommand, DeskSetting
from matching.engine import new_engine
from matching.market import MAGIC, new_market
from matching.types import (
    MAX_AMOUNT,
    MAX_ASIDE,
    RETURNED,
    Command,
    CommandKind,
    EventKind,
    Reason,
    unpack_events,
)
from tests.matching.desk import DeskMarket, E, K, only, reason_of
from tests.matching.market import parse
from tests.matching.streams import SETUP

BOTH = pytest.mark.parametrize("implementation", ["fast", "reference"])


def test_without_desk_commands_a_market_is_its_core() -> None:
    core, market = new_engine(), new_market()
    batch = b"".join(command.pack() for command in [*SETUP, Command(77)])

    assert market.apply(memoryview(batch), 1) == core.apply(batch, 1)
    assert market.snapshot() == core.snapshot()
    assert market.state_hash() == core.state_hash()


def test_a_mixed_batch_is_done_in_order() -> None:
    one, batched = DeskMarket(), DeskMarket()
    records = [
        Command(CommandKind.FUNDS, account=1, amount=5).pack(),
        DeskCommand(K.LOT, account=1, product=1, id=7, quantity=50_000, time_ns=one.now_ns).pack(),
        Command(CommandKind.GOODS, account=1, product=1, quantity=-1).pack(),
        DeskCommand(K.LOT_RETURN, id=7, quantity=1, time_ns=one.now_ns).pack(),
        Command(CommandKind.GOODS, account=1, product=1, quantity=-1).pack(),
    ]
    events = b"".join(one.engine.apply(record, one.next_seq + at) for at, record in enumerate(records))

    assert batched.engine.apply(bytearray(b"".join(records)), batched.next_seq) == events
    assert batched.engine.state_hash() == one.engine.state_hash()
    statuses = [reply.status for reply in replies_of(events)]
    assert statuses == [OrderStatus.APPLIED] * 2 + [OrderStatus.REJECTED] + [OrderStatus.APPLIED] * 2


def test_half_a_record_or_too_high_a_number_changes_nothing() -> None:
    market = DeskMarket()
    before = market.engine.state_hash()
    record = DeskCommand(K.TIME, time_ns=market.now_ns + 1).pack()

    with pytest.raises(ValueError, match="whole number"):
        market.engine.apply(record + record[:-1], 100)
    with pytest.raises(ValueError, match="sequence"):
        market.engine.apply(record, 2**64 - 1)
    assert market.engine.state_hash() == before


@BOTH
def test_only_the_desk_returns(implementation: str) -> None:
    market = DeskMarket(implementation)
    before = market.engine.state_hash()
    for command in (
        Command(CommandKind.FUNDS, account=1, amount=1, flags=RETURNED),
        Command(CommandKind.GOODS, account=1, product=1, quantity=1, flags=RETURNED | 6),
    ):
        (event,) = unpack_events(market.engine.apply(command.pack(), 100))
        assert (event.kind, event.reason) == (EventKind.REJECTED, Reason.BAD_PARAMETER)
    assert market.engine.state_hash() == before


@pytest.mark.parametrize("implementation", ["fast", "reference"])
def test_what_returns_may_exceed_what_can_be_paid_in(implementation: str) -> None:
    engine = new_engine("fast" if implementation == "fast" else "reference")
    batch = [
        parse("product 1 600..800 step 100 min 500"),
        parse("account A fees 0 0 0"),
        parse(f"funds A {MAX_AMOUNT}"),
        parse(f"goods A {MAX_AMOUNT}"),
        parse(f"funds A {MAX_ASIDE}")._replace(flags=RETURNED),
        parse(f"goods A {MAX_ASIDE}")._replace(flags=RETURNED),
        parse("goods A 1")._replace(flags=RETURNED),
        parse("goods A 1"),
        parse("funds A 1"),
    ]
    events = unpack_events(engine.apply(b"".join(command.pack() for command in batch), 1))

    assert [event.kind == EventKind.APPLIED for event in events] == [True] * 6 + [False] * 3
    state = engine.account(1)
    assert state is not None
    assert (state.funds_free, state.goods[0].free) == (MAX_AMOUNT + MAX_ASIDE, MAX_AMOUNT + MAX_ASIDE)
    other = new_engine("reference" if implementation == "fast" else "fast")
    other.load(engine.snapshot())
    assert other.snapshot() == engine.snapshot()


@BOTH
def test_a_lot_leaves_free_goods_and_comes_back(implementation: str) -> None:
    market = DeskMarket(implementation)

    held = only(market.send(K.LOT, "A", product=1, id=7, quantity=19_740), E.HELD)
    assert (held.order_id, held.quantity, held.remaining) == (7, 19_740, 19_740)
    assert market.goods("A") == (30_260, 19_740)
    assert market.refuses(K.LOT, "B", product=1, id=7, quantity=1) == DeskReason.NUMBER_TAKEN
    assert market.refuses(K.LOT, "A", product=1, id=8, quantity=30_261) == Reason.INSUFFICIENT_GOODS
    assert market.refuses(K.LOT_RETURN, id=7, quantity=19_741) == DeskReason.LOT_TOO_SMALL
    assert market.refuses(K.LOT_RETURN, id=9) == DeskReason.UNKNOWN_LOT

    assert market.does(K.LOT_RETURN, id=7, quantity=40).remaining == 19_700
    market.does(K.LOT_RETURN, id=7)
    assert market.goods("A") == (50_000, 0)
    assert market.refuses(K.LOT_RETURN, id=7) == DeskReason.UNKNOWN_LOT


def test_a_snapshot_carries_the_desk_to_either_core() -> None:
    market = DeskMarket("fast")
    market.does(K.LOT, "A", product=1, id=7, quantity=19_740)
    market.does(K.SETTING, id=DeskSetting.STALL_NS, amount=5)
    snapshot = market.engine.snapshot()
    assert snapshot.startswith(MAGIC)
    other = new_market("reference")
    other.load(snapshot)

    assert other.snapshot() == snapshot
    assert other.desk == market.engine.desk
    assert other.account(1) == market.engine.account(1)
    record = DeskCommand(K.LOT_RETURN, id=7, time_ns=market.now_ns).pack()
    assert other.apply(record, 500) == market.engine.apply(record, 500)
    other.load(new_engine().snapshot())
    assert other.desk == new_market().desk


def test_damaged_snapshots_change_nothing() -> None:
    market = DeskMarket()
    market.does(K.LOT, "A", product=1, id=7, quantity=19_740)
    good = market.engine.snapshot()

    for at in range(0, len(good), 7):
        with pytest.raises(ValueError, match="damaged"):
            market.engine.load(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
    with pytest.raises(ValueError, match="damaged"):
        market.engine.load(good[:20])
    assert market.engine.snapshot() == good


def test_refusals_of_the_exchanges_own_commands() -> None:
    market = DeskMarket()

    assert market.refuses(K.DESK, product=9, amount=1) == Reason.UNKNOWN_PRODUCT
    assert market.refuses(K.DESK, product=1, flags=32, amount=1) == Reason.BAD_PARAMETER
    assert market.refuses(K.DESK, product=1, amount=2) == Reason.BAD_PARAMETER
    assert market.refuses(K.SETTING, id=99, amount=1) == Reason.BAD_PARAMETER
    assert market.refuses(K.SETTING, id=DeskSetting.BAND, amount=2) == Reason.BAD_PARAMETER
    assert market.refuses(K.SETTING, id=DeskSetting.PAY_NS, amount=-1) == Reason.BAD_PARAMETER
    assert market.refuses(K.LOT, "A", product=9, id=1, quantity=1) == Reason.UNKNOWN_PRODUCT
    assert market.refuses(K.LOT, product=1, account=9, id=1, quantity=1) == Reason.UNKNOWN_ACCOUNT
    assert market.refuses(K.LOT, "A", product=1, quantity=1) == Reason.BAD_PARAMETER
    assert market.refuses(K.LOT, "A", product=1, id=1) == Reason.BAD_QUANTITY


def test_unknown_desk_commands_are_refused_with_their_kind() -> None:
    market = DeskMarket()
    (event,) = unpack_events(market.engine.apply(DeskCommand(63, id=5, account=1).pack(), 100))

    assert (event.kind, reason_of(event)) == (EventKind.REJECTED, Reason.UNKNOWN_COMMAND)
    assert (event.order_id, event.account, event.other) == (5, 1, 63)


def test_a_setting_back_at_its_default_leaves_no_trace() -> None:
    market = DeskMarket()
    before = market.engine.state_hash()
    (told, answer) = market.send(K.SETTING, id=DeskSetting.CONFIRM_NS, amount=1)
    assert (told.kind, told.order_id, told.remaining) == (DeskEventKind.SETTING_SET, 2, 1)
    assert (answer.order_id, answer.other) == (2, K.SETTING)

    market.does(K.SETTING, id=DeskSetting.CONFIRM_NS, amount=4 * 3_600 * 10**9)
    assert market.engine.state_hash() == before
