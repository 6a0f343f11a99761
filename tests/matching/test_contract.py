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
