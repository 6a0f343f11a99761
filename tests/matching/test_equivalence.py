"""The fast engine is the reference engine: equal events and states over random commands."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.engine import Engine, new_engine
from matching.holds import settlement_of
from matching.types import (
    Command,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    Side,
    TieRule,
    unpack_events,
)
from tests.matching.invariants import check_invariants
from tests.matching.streams import ACCOUNTS, PRODUCTS, SETUP, Stream, batches

SETUP_BATCH = b"".join(command.pack() for command in SETUP)
SEEDS = range(12)
LENGTH = 1_500


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lively_market_is_the_same_to_both(seed: int) -> None:
    reference, fast = new_engine("reference"), new_engine("fast")

    for seq, (command, events) in enumerate(Stream(seed, reference).commands(LENGTH), 1):
        assert unpack_events(fast.apply(command.pack(), seq)) == unpack_events(events)
        if seq % 25 == 0:
            check_invariants(fast)
            assert reference.snapshot() == fast.snapshot()
            for asked in product(range(ACCOUNTS + 2), range(PRODUCTS + 2), Side, (0, 2, 99)):
                assert reference.best_orders(*asked) == fast.best_orders(*asked)

    assert reference.state_hash() == fast.state_hash()


def seen_in(events: list[Event], engine: Engine) -> Iterator[tuple[object, ...]]:
    """What is worth counting among the events of one command."""
    for event in events:
        yield "kind", event.kind
        yield "reason", event.reason
        match event.kind:
            case EventKind.UNCROSSED:
                yield "call", "price" if event.price else "nothing", TieRule(event.side)
                yield "call to", event.other
            case EventKind.REDUCED | EventKind.CANCELLED if event.reason == Reason.SELF_TRADE:
                yield "own order", event.kind, event.other
            case EventKind.CANCELLED if event.reason == Reason.VOLATILITY:
                yield "dropped", event.reason
            case EventKind.TRADE if event.account == event.other:
                yield "with itself", event.reason
    if events[0].kind in {EventKind.APPLIED, EventKind.UNCROSSED} and closed_with_orders(engine):
        yield "closed with orders", True


def closed_with_orders(engine: Engine) -> bool:
    """Whether a product is closed and has resting orders."""
    states = filter(None, map(engine.product, range(1, PRODUCTS + 1)))
    closed = [state.number for state in states if state.phase == Phase.CLOSED]
    return any(engine.depth(number, 1) != ((), ()) for number in closed)


def test_the_lively_markets_show_everything_that_can_happen() -> None:
    seen: Counter[tuple[object, ...]] = Counter()
    for seed in SEEDS:
        engine = new_engine("reference")
        for _, events in Stream(seed, engine).commands(LENGTH):
            seen.update(seen_in(unpack_events(events), engine))

    covered_elsewhere = {
        Reason.UNKNOWN_COMMAND,
        Reason.UNKNOWN_PRODUCT,
        Reason.UNKNOWN_ACCOUNT,
        Reason.BAD_PRICE,
    }
    often = {
        *(("kind", kind) for kind in EventKind),
        *(("reason", reason) for reason in set(Reason) - covered_elsewhere),
        *(("call", found, rule) for found in ("price", "nothing") for rule in TieRule),
        *(("call to", phase) for phase in (Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED)),
        *(
            ("own order", kind, place)
            for kind in (EventKind.REDUCED, EventKind.CANCELLED)
            for place in (0, 1)
        ),
        ("dropped", Reason.VOLATILITY),
        ("with itself", Reason.CALL),
        ("closed with orders", True),
    }
    assert {what: seen[what] for what in often if seen[what] < 5} == {}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(batches)
def test_any_commands_are_the_same_to_both(commands: list[Command]) -> None:
    reference, fast = new_engine("reference"), new_engine("fast")
    batch = SETUP_BATCH + b"".join(command.pack() for command in commands)

    assert unpack_events(fast.apply(batch, 1)) == unpack_events(reference.apply(batch, 1))
    assert fast.snapshot() == reference.snapshot()
    check_invariants(fast)
    check_invariants(reference)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(batches, st.integers(1, 10))
def test_how_commands_are_batched_does_not_matter(commands: list[Command], size: int) -> None:
    at_once, in_parts = new_engine("fast"), new_engine("fast")
    everything = SETUP + commands

    expected = at_once.apply(b"".join(command.pack() for command in everything), 1)
    events = b"".join(
        in_parts.apply(b"".join(command.pack() for command in everything[at : at + size]), at + 1)
        for at in range(0, len(everything), size)
    )

    assert events == expected
    assert in_parts.state_hash() == at_once.state_hash()


# --- conservation ------------------------------------------------------------------------------------


def total_funds(engine: Engine) -> int:
    """Fen of all accounts of the streams."""
    accounts = filter(None, map(engine.account, range(1, ACCOUNTS + 1)))
    return sum(account.funds_free + account.funds_held for account in accounts)


def total_goods(engine: Engine) -> int:
    """Kg of all accounts of the streams."""
    accounts = filter(None, map(engine.account, range(1, ACCOUNTS + 1)))
    return sum(goods.free + goods.held for account in accounts for goods in account.goods)


def kept_by_exchange(engine: Engine, event: Event) -> int:
    """Fees and deposit of a trade at the rates of its two accounts."""
    sides = (event.account, event.other) if event.side == Side.BUY else (event.other, event.account)
    buyer, seller = map(engine.account, sides)
    assert buyer is not None
    assert seller is not None
    legs = settlement_of(
        event.price, event.quantity, buyer.buyer_fee_bps, seller.seller_fee_bps, seller.deposit_bps
    )
    return legs.buyer_fee + legs.seller_fee + legs.deposit


def applied(command: Command, events: list[Event], kind: CommandKind) -> bool:
    """Whether this is a command of that kind which took effect."""
    return command.kind == kind and events[0].kind == EventKind.APPLIED


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_money_and_goods_come_and_go_only_by_commands_and_trades(engine: Engine, seed: int) -> None:
    funds = goods = 0
    for command, caused in Stream(seed, engine).commands(LENGTH):
        events = unpack_events(caused)
        funds += command.amount if applied(command, events, CommandKind.FUNDS) else 0
        goods += command.quantity if applied(command, events, CommandKind.GOODS) else 0
        for event in events:
            if event.kind == EventKind.TRADE:
                funds -= kept_by_exchange(engine, event)
                goods -= event.quantity
        assert total_funds(engine) == funds
        assert total_goods(engine) == goods
