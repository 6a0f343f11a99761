"""The order in which reasons to refuse are looked for: each command below has every later fault as well."""

import pytest

from matching.types import MARKET_TO_LIMIT, MAX_ACCOUNT, Phase, Reason, TimeInForce
from tests.matching.market import Market, accepted, parse, refusal

CONTRADICTING = {"amount": 500, "flags": MARKET_TO_LIMIT, "tif": TimeInForce.FOK}
"""Terms that do not go together."""


@pytest.mark.parametrize(
    ("phase", "command", "fields", "reason"),
    [
        ("closed", "buy Z 1 @ 1 2", {}, Reason.UNKNOWN_PRODUCT),
        ("closed", "buy Z 1 @ 1", {}, Reason.UNKNOWN_ACCOUNT),
        ("closed", "buy D 1 @ 1", {"side": 0}, Reason.SUSPENDED),
        ("closed", "buy A 1 @ 0", {"side": 0}, Reason.SESSION_CLOSED),
        ("halted", "buy A 1 @ 0", {"side": 0}, Reason.HALTED),
        ("continuous", "buy A 1 @ 0", {"side": 0, "order_id": 1}, Reason.BAD_PARAMETER),
        ("continuous", "buy A 1 @ 0", {"tif": 4}, Reason.BAD_PARAMETER),
        ("continuous", "buy A 1 @ 0", {"flags": 16}, Reason.BAD_PARAMETER),
        ("continuous", "buy A 1 @ 0", {"order_id": 1}, Reason.BAD_PARAMETER),
        ("continuous", "buy A 1 @ 0", CONTRADICTING, Reason.BAD_PRICE),
        ("continuous", "buy A 1 @ 1", CONTRADICTING, Reason.PRICE_BAND),
        ("continuous", "buy A 1 @ 701", CONTRADICTING, Reason.OFF_TICK),
        ("continuous", "buy A 1 @ 700", CONTRADICTING, Reason.BAD_QUANTITY),
        ("continuous", "buy E 500 @ 700", {**CONTRADICTING, "amount": 501}, Reason.BAD_QUANTITY),
        ("continuous", "buy E 500 @ 700", CONTRADICTING, Reason.BAD_ORDER_TYPE),
        ("call", "buy E 500 @ 700 ioc", {}, Reason.BAD_ORDER_TYPE),
        ("call", "buy E 500 @ 700", {}, Reason.INSUFFICIENT_FUNDS),
        ("continuous", "buy E 500 @ 700", {}, Reason.INSUFFICIENT_FUNDS),
        ("continuous", "sell E 500 @ 700", {}, Reason.INSUFFICIENT_GOODS),
    ],
)
def test_the_first_reason_is_told(
    market: Market, phase: str, command: str, fields: dict[str, int], reason: Reason
) -> None:
    setting = (
        "account D fees 0 0 0 suspended",
        "account E fees 0 0 0",
        "rules 1 tick 10",
        f"phase 1 {phase}",
    )
    for script in setting:
        assert accepted(market, parse(script))

    assert refusal(market, parse(command)._replace(**fields)) == reason


@pytest.mark.parametrize(
    ("phase", "command", "reason"),
    [
        ("closed", "replace Z #1 1 @ 0", Reason.UNKNOWN_ACCOUNT),
        ("closed", "replace D #9 1 @ 0", Reason.UNKNOWN_ORDER),
        ("closed", "replace D #1 1 @ 0 mtl", Reason.SUSPENDED),
        ("closed", "replace A #2 1 @ 0 mtl", Reason.SESSION_CLOSED),
        ("halted", "replace A #2 1 @ 0 mtl", Reason.HALTED),
        ("continuous", "replace A #2 1 @ 0 mtl", Reason.BAD_PARAMETER),
        ("call", "replace A #2 1 @ 0 mtl", Reason.BAD_PARAMETER),
        ("continuous", "replace A #2 1 @ 0", Reason.BAD_PRICE),
        ("continuous", "replace A #2 1 @ 1", Reason.PRICE_BAND),
        ("continuous", "replace A #2 1 @ 701", Reason.OFF_TICK),
        ("continuous", "replace A #2 1 @ 700", Reason.BAD_QUANTITY),
        ("continuous", "replace A #2 500 @ 700", Reason.BAD_QUANTITY),
        ("continuous", "replace A #2 100000000 @ 700", Reason.INSUFFICIENT_FUNDS),
    ],
)
def test_the_first_reason_to_refuse_a_replace(
    market: Market, phase: str, command: str, reason: Reason
) -> None:
    setting = (
        "rules 1 tick 10",
        "account D fees 0 0 0",
        "goods D 1000",
        "sell D 500 @ 790 gtd 100",
        "buy A 1000 @ 700 gtd 100",
        "sell B 500 @ 700",
        "account D fees 0 0 0 suspended",
        f"phase 1 {phase} day 99",
    )
    for script in setting:
        assert accepted(market, parse(script))

    assert refusal(market, parse(command)) == reason


def test_the_first_reason_to_refuse_a_fee(market: Market) -> None:
    """A group that cannot be is found before the funds are looked at."""
    market.send(parse("funds A -999280000"))
    market.send(parse("buy A 1000 @ 720"))

    fee = parse("account A fees 20 0 0")
    assert refusal(market, fee._replace(order_id=MAX_ACCOUNT + 1)) == Reason.BAD_PARAMETER
    assert refusal(market, fee) == Reason.INSUFFICIENT_FUNDS


def test_the_first_reason_to_refuse_an_uncross(market: Market) -> None:
    bad = parse("uncross 1 continuous")._replace(flags=Phase.CALL)

    assert refusal(market, bad) == Reason.NOT_IN_CALL
    assert refusal(market, bad._replace(product=2)) == Reason.UNKNOWN_PRODUCT
