"""The terms of an order, from what a client writes to the command the floor gets."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from exchange.kernel.calendar import add_trading_days, day_number, today
from exchange.kernel.errors import JinguoError
from exchange.members.types import MemberIdentity
from matching.types import (
    MARKET_TO_LIMIT,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    SelfTrade,
    TimeInForce,
)
from web.ws import codec
from web.ws.order_entry import ARMINGS_PER_S, TRIALS_PER_S, OrderEntry, last_day
from web.ws.rate_limit import TokenBuckets

FRIDAY = date(2026, 11, 20)
ORDER: dict[str, Any] = {
    "product": "CODE",
    "side": "buy",
    "price": "7.20",
    "quantity_kg": 1_000,
    "client_order_id": "a-1",
}
MEMBER = MemberIdentity(1, 7, "D1", "D1", "dealer", 1, "d1", "trader", frozenset({"trade"}), False)


class Sent:
    """A gateway that keeps what it is given."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def submit(self, command: bytes, client_id: str, on_reply: object) -> None:
        self.commands.append(Command.unpack(command))


def command_of(**terms: Any) -> Command:
    sent = Sent()
    entry = OrderEntry(sent, {"CODE": 3}, TokenBuckets(100, 100))  # type: ignore[arg-type]
    entry.place(MEMBER, codec.decode_order(json.dumps({**ORDER, **terms}).encode()), lambda _: None)
    return sent.commands[0]


def refusal_of(**terms: Any) -> str:
    with pytest.raises(JinguoError) as caught:
        command_of(**terms)
    return caught.value.code


def test_an_order_without_terms_is_a_plain_day_order() -> None:
    command = command_of()
    assert (command.tif, command.flags, command.order_id, command.amount) == (TimeInForce.DAY, 0, 0, 0)


@pytest.mark.parametrize(
    ("terms", "flags"),
    [
        ({"type": "market_to_limit"}, MARKET_TO_LIMIT),
        ({"post_only": True}, POST_ONLY),
        ({"self_trade": "cancel_oldest"}, SelfTrade.CANCEL_OLDEST << SELF_TRADE_SHIFT),
        ({"self_trade": "decrement", "post_only": True}, SelfTrade.DECREMENT << SELF_TRADE_SHIFT | POST_ONLY),
    ],
)
def test_terms_become_flags(terms: dict[str, Any], flags: int) -> None:
    assert command_of(**terms).flags == flags


@pytest.mark.parametrize("word", ["day", "ioc", "fok"])
def test_each_time_in_force_has_its_number(word: str) -> None:
    assert command_of(time_in_force=word).tif == TimeInForce[word.upper()]


def test_a_last_day_is_counted_as_the_engine_counts() -> None:
    command = command_of(time_in_force="gtd", expires_on=today().isoformat())
    assert (command.tif, command.order_id) == (TimeInForce.GTD, day_number(today()))


def test_a_minimum_goes_along() -> None:
    assert command_of(minimum_quantity_kg=1_000).amount == 1_000


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"time_in_force": "gtd"}, "expires_on_required"),
        ({"time_in_force": "gtd", "expires_on": None}, "expires_on_required"),
        ({"time_in_force": "day", "expires_on": "2026-11-20"}, "expires_on_not_taken"),
        ({"time_in_force": "gtd", "expires_on": "2026-02-30"}, "bad_expires_on"),
        ({"time_in_force": "gtd", "expires_on": "20.11.2026"}, "bad_expires_on"),
        ({"time_in_force": "gtd", "expires_on": 20261120}, "bad_expires_on"),
        ({"time_in_force": "gtd", "expires_on": "2020-01-02"}, "bad_expires_on"),
        ({"time_in_force": "gtd", "expires_on": "9999-12-31"}, "bad_expires_on"),
        ({"minimum_quantity_kg": 0}, "bad_minimum_quantity"),
        ({"minimum_quantity_kg": 1_001}, "bad_minimum_quantity"),
        ({"minimum_quantity_kg": "5"}, "bad_minimum_quantity"),
        ({"minimum_quantity_kg": 10**30}, "bad_minimum_quantity"),
        ({"post_only": 1}, "bad_post_only"),
        ({"self_trade": "allow"}, "bad_self_trade"),
        ({"type": "market"}, "bad_order_type"),
        ({"time_in_force": "gtc"}, "bad_time_in_force"),
        ({"iceberg": True}, "unknown_field"),
    ],
)
def test_each_wrong_term_has_its_own_code(terms: dict[str, Any], code: str) -> None:
    assert refusal_of(**terms) == code


def test_an_order_is_good_for_at_most_five_trading_days() -> None:
    latest = add_trading_days(FRIDAY, 5)
    order = codec.decode_order(
        json.dumps({**ORDER, "time_in_force": "gtd", "expires_on": latest.isoformat()}).encode()
    )
    assert last_day(order, FRIDAY) == day_number(latest)
    with pytest.raises(JinguoError, match="bad_expires_on"):
        last_day(order, FRIDAY - timedelta(days=1))
    with pytest.raises(JinguoError, match="bad_expires_on"):
        last_day(order, latest + timedelta(days=1))


def test_test_orders_and_guards_have_rates_of_their_own() -> None:
    entry = OrderEntry(Sent(), {"CODE": 3}, TokenBuckets(5_000, 10_000))  # type: ignore[arg-type]
    order = codec.decode_order(json.dumps(ORDER).encode())
    for _ in range(2 * TRIALS_PER_S):
        entry.checked_order(MEMBER, order)
    with pytest.raises(JinguoError, match="rate_limited"):
        entry.checked_order(MEMBER, order)
    for _ in range(4 * ARMINGS_PER_S):
        entry.check_arming(MEMBER)
    with pytest.raises(JinguoError, match="rate_limited"):
        entry.check_arming(MEMBER)
    entry.place(MEMBER, order, lambda _: None)
    with pytest.raises(JinguoError, match="not_permitted"):
        entry.check_arming(MEMBER._replace(scopes=frozenset({"read"})))


def test_a_replacement_says_how_to_meet_ones_own_orders() -> None:
    sent = Sent()
    entry = OrderEntry(sent, {}, TokenBuckets(100, 100))  # type: ignore[arg-type]
    body = {"price": "7.20", "quantity_kg": 500, "self_trade": "cancel_oldest"}
    entry.replace(MEMBER, 9, codec.decode_replacement(json.dumps(body).encode()), "", lambda _: None)
    (command,) = sent.commands
    assert command.kind == CommandKind.REPLACE
    assert command.flags == SelfTrade.CANCEL_OLDEST << SELF_TRADE_SHIFT
