"""The binary contract: every field of every event, and the same numbers in C++ as in Python."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

import matching
from matching import types
from matching.engine import Engine
from matching.types import (
    COMMAND,
    EVENT,
    RECORD_SIZE,
    Command,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    Side,
    TieRule,
    unpack_commands,
)
from tests.matching.market import Market, lines_of, parse

RECORDS = (Path(matching.__file__).parent / "records.hpp").read_text(encoding="utf-8")


def event(kind: EventKind, seq: int, **fields: int) -> Event:
    """An event whose other fields are zero."""
    return Event(**{**dict.fromkeys(Event._fields, 0), "kind": kind, "seq": seq, **fields})


def last_events(market: Market, script: str) -> list[Event]:
    """What the last line of a script causes, after its other lines; sequence numbers counted from it."""
    *before, last = lines_of(script)
    for line in before:
        market.send(parse(line))
    return [found._replace(seq=0) for found in market.send(parse(last))]


def test_records_have_one_size() -> None:
    assert COMMAND.size == EVENT.size == RECORD_SIZE


def test_a_command_survives_packing() -> None:
    command = Command(CommandKind.REPLACE, 5, 1, 2, 1, 1, 255, 2**64 - 1, -1, -(2**63), 2**63 - 1)

    assert unpack_commands(command.pack() * 2) == [command, command]


def test_applied_echoes_the_command(engine: Engine) -> None:
    product = Command(CommandKind.PRODUCT, product=7, price=600, quantity=800, amount=100, order_id=500)
    account = Command(CommandKind.ACCOUNT, account=3, price=20, quantity=10, amount=200, flags=1, order_id=5)

    told = Market(engine).send(product) + Market(engine).send(account)

    assert told == [
        event(EventKind.APPLIED, 1, product=7, price=600, quantity=800, remaining=100, order_id=500),
        event(EventKind.APPLIED, 1, account=3, price=20, quantity=10, remaining=200, other=1, order_id=5),
    ]


def test_rejected_tells_what_is_known(market: Market) -> None:
    assert last_events(market, "buy B 700 @ 900") == [
        event(
            EventKind.REJECTED,
            0,
            product=1,
            account=2,
            side=Side.BUY,
            price=900,
            quantity=700,
            reason=Reason.PRICE_BAND,
        )
    ]


def test_a_rejected_replace_names_the_order(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        replace A #1 2000 @ 900
    """
    assert last_events(market, script) == [
        event(
            EventKind.REJECTED,
            0,
            product=1,
            account=1,
            side=Side.SELL,
            order_id=1,
            price=900,
            quantity=2000,
            reason=Reason.PRICE_BAND,
        )
    ]


def test_a_stranger_learns_nothing_about_an_order(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        cancel B #1
    """
    assert last_events(market, script) == [
        event(EventKind.REJECTED, 0, account=2, order_id=1, reason=Reason.UNKNOWN_ORDER)
    ]


def test_an_order_that_trades_and_rests(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        buy B 3000 @ 730
    """
    assert last_events(market, script) == [
        event(EventKind.ACCEPTED, 0, product=1, side=1, account=2, order_id=2, price=730, quantity=3000),
        event(
            EventKind.TRADE,
            0,
            product=1,
            side=1,
            account=2,
            other=1,
            order_id=2,
            other_id=1,
            price=720,
            quantity=2000,
            remaining=1,
        ),
        event(
            EventKind.RESTED,
            0,
            product=1,
            side=1,
            account=2,
            order_id=2,
            price=730,
            quantity=3000,
            remaining=1000,
        ),
    ]


def test_cancelled_from_the_book(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        cancel A #1
    """
    assert last_events(market, script) == [
        event(
            EventKind.CANCELLED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            price=720,
            remaining=2000,
            reason=Reason.BY_OWNER,
            other=1,
        )
    ]


def test_cancelled_before_it_rested(market: Market) -> None:
    assert last_events(market, "sell A 2000 @ 720 ioc")[1:] == [
        event(
            EventKind.CANCELLED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            price=720,
            remaining=2000,
            reason=Reason.IOC_REST,
        )
    ]


def test_reduced(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        buy B 500 @ 720
        replace A #1 1200 @ 720
    """
    assert last_events(market, script) == [
        event(
            EventKind.REDUCED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            other_id=1500,
            price=720,
            quantity=1200,
            remaining=700,
            reason=Reason.BY_OWNER,
            other=1,
        )
    ]


def test_replaced(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        buy B 500 @ 720
        replace A #1 2500 @ 710
    """
    assert last_events(market, script) == [
        event(
            EventKind.REPLACED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            other_id=710,
            price=720,
            quantity=2500,
            remaining=1500,
        ),
        event(
            EventKind.RESTED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            price=710,
            quantity=2500,
            remaining=2000,
        ),
    ]


def test_reduced_by_an_own_order(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        sell A 1000 @ 730
        buy A 2500 @ 740 decrement
    """
    incoming = {"product": 1, "side": 1, "account": 1, "order_id": 3, "price": 740}
    assert last_events(market, script)[1:] == [
        event(
            EventKind.CANCELLED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=1,
            price=720,
            remaining=2000,
            reason=Reason.SELF_TRADE,
            other=1,
        ),
        event(
            EventKind.REDUCED,
            0,
            quantity=500,
            remaining=500,
            other_id=2500,
            reason=Reason.SELF_TRADE,
            **incoming,
        ),
        event(
            EventKind.REDUCED,
            0,
            product=1,
            side=2,
            account=1,
            order_id=2,
            price=730,
            quantity=500,
            remaining=500,
            other_id=1000,
            reason=Reason.SELF_TRADE,
            other=1,
        ),
        event(EventKind.CANCELLED, 0, remaining=500, reason=Reason.SELF_TRADE, **incoming),
    ]


def test_a_market_to_limit_order_tells_the_price_it_found(market: Market) -> None:
    script = """
        sell A 2000 @ 720
        buy B 2000 @ 740 mtl
    """
    accepted, trade = last_events(market, script)

    assert (accepted.price, accepted.quantity, trade.price) == (720, 2000, 720)


def test_a_market_to_limit_order_tells_its_worst_price_if_it_found_none(market: Market) -> None:
    accepted, cancelled = last_events(market, "buy B 2000 @ 740 mtl")

    assert (accepted.price, accepted.quantity) == (740, 2000)
    assert (cancelled.price, cancelled.other, cancelled.reason) == (740, 0, Reason.NO_LIQUIDITY)


def test_uncrossed(market: Market) -> None:
    script = """
        rules 1 rule nearest_tick reference 700
        phase 1 call
        sell A 2000 @ 720
        buy B 3000 @ 730
        uncross 1 halted reference 725
    """
    assert last_events(market, script) == [
        event(
            EventKind.UNCROSSED,
            0,
            product=1,
            side=TieRule.NEAREST_TICK,
            price=730,
            quantity=2000,
            remaining=1000,
            other_id=725,
            other=Phase.HALTED,
        ),
        event(
            EventKind.TRADE,
            0,
            product=1,
            side=Side.BUY,
            account=2,
            other=1,
            order_id=2,
            other_id=1,
            price=730,
            quantity=2000,
            remaining=1,
            reason=Reason.CALL,
        ),
    ]


def test_uncrossed_with_more_to_sell(market: Market) -> None:
    script = """
        phase 1 call
        sell A 2000 @ 720
        buy B 500 @ 730
        uncross 1 continuous
    """
    (uncrossed, _) = last_events(market, script)

    assert (uncrossed.remaining, uncrossed.other_id, uncrossed.other) == (-1500, 0, Phase.CONTINUOUS)


def test_uncrossed_without_a_price(market: Market) -> None:
    script = """
        rules 1 rule pressure reference 700
        phase 1 call
        sell A 2000 @ 720
        uncross 1 continuous
    """
    assert last_events(market, script) == [
        event(
            EventKind.UNCROSSED,
            0,
            product=1,
            side=TieRule.PRESSURE,
            other_id=700,
            other=Phase.CONTINUOUS,
        )
    ]


def test_phased(market: Market) -> None:
    script = """
        rules 1 reference 700 range 10
        sell A 2000 @ 720
        buy B 3000 @ 730
    """
    assert last_events(market, script)[1:2] == [
        event(
            EventKind.PHASED,
            0,
            product=1,
            order_id=2,
            price=720,
            reason=Reason.VOLATILITY,
            other=Phase.VOLATILITY,
        )
    ]


def test_applied_rules_and_phases_echo_the_command(market: Market) -> None:
    rules = last_events(market, "rules 1 tick 5 rule highest reference 700 range 10")
    phase = last_events(market, "phase 1 closed day 100")

    assert rules == [event(EventKind.APPLIED, 0, product=1, price=700, quantity=10, remaining=5, other=4)]
    assert phase == [event(EventKind.APPLIED, 0, product=1, remaining=100)]


def test_a_rejected_order_tells_no_day(market: Market) -> None:
    assert last_events(market, "buy B 700 @ 900 gtd 100") == [
        event(
            EventKind.REJECTED,
            0,
            product=1,
            account=2,
            side=Side.BUY,
            price=900,
            quantity=700,
            reason=Reason.PRICE_BAND,
        )
    ]


# --- the same numbers in C++ -------------------------------------------------------------------------


@pytest.mark.parametrize("enum", [Side, types.TimeInForce, Phase, CommandKind, EventKind, Reason])
def test_the_header_has_the_same_words(enum: type[IntEnum]) -> None:
    body = re.search(rf"enum (?:class )?{enum.__name__} : u\d+ {{(.*?)}}", RECORDS, re.DOTALL)
    assert body is not None
    words = {name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", body[1])}

    assert {
        name.removesuffix("_SIDE").replace("NO", "NONE") if enum is Side else name for name in words
    } == set(enum.__members__)
    assert sorted(words.values()) == sorted(enum)


def test_the_header_has_the_same_limits() -> None:
    found = dict(re.findall(r"constexpr \w+ ((?:MAX_|BASIS)\w*) = ([^;]+);", RECORDS))
    known: dict[str, int] = {}
    for name, text in found.items():
        number = re.sub(r"(?<=\d)(?:ull|u)\b|'(?=\d)", "", text)
        known[name] = eval(number, {}, known)

    assert known == {name: getattr(types, name) for name in known}
    assert known.keys() == {name for name in vars(types) if name.startswith("MAX_") or name == "BASIS"}
