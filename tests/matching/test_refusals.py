"""Every reason to refuse, and the order in which they are looked for."""

import pytest

from matching.engine import Engine
from matching.types import (
    BASIS,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    Command,
    CommandKind,
    EventKind,
    Phase,
    Reason,
)
from tests.matching.market import Market, parse

K = CommandKind
LOWEST, HIGHEST = -(2**63), 2**63 - 1


def refusal(market: Market, command: Command) -> Reason:
    """Why a command is refused; it must change nothing."""
    before = market.engine.state_hash()
    (event,) = market.send(command)
    assert event.kind == EventKind.REJECTED
    assert market.engine.state_hash() == before
    return Reason(event.reason)


def accepted(market: Market, command: Command) -> bool:
    """Whether a command takes effect."""
    return market.send(command)[0].kind in {EventKind.APPLIED, EventKind.ACCEPTED}


@pytest.mark.parametrize("kind", [0, 10, 77, 255])
def test_unknown_commands(market: Market, kind: int) -> None:
    assert refusal(market, Command(kind, product=1, account=1)) == Reason.UNKNOWN_COMMAND


@pytest.mark.parametrize("product", [0, 2, MAX_PRODUCT, MAX_PRODUCT + 1, 2**32 - 1])
@pytest.mark.parametrize("kind", [K.PLACE, K.GOODS, K.PHASE])
def test_unknown_products(market: Market, kind: CommandKind, product: int) -> None:
    command = Command(kind, product=product, account=99)
    assert refusal(market, command) == Reason.UNKNOWN_PRODUCT


def test_an_unknown_product_to_cancel_in(market: Market) -> None:
    assert refusal(market, parse("cancel-all A 2")) == Reason.UNKNOWN_PRODUCT


@pytest.mark.parametrize("account", [0, 4, 1_024, MAX_ACCOUNT, MAX_ACCOUNT + 1, 2**32 - 1])
@pytest.mark.parametrize("kind", [K.PLACE, K.GOODS, K.FUNDS, K.CANCEL, K.REPLACE, K.CANCEL_ALL])
def test_unknown_accounts(market: Market, kind: CommandKind, account: int) -> None:
    command = Command(kind, product=1, account=account, order_id=1)
    assert refusal(market, command) == Reason.UNKNOWN_ACCOUNT


@pytest.mark.parametrize("order_id", [0, 2, 65_536, 2**40, 2**64 - 1])
@pytest.mark.parametrize("kind", [K.CANCEL, K.REPLACE])
def test_unknown_orders(market: Market, kind: CommandKind, order_id: int) -> None:
    market.send(parse("buy A 1000 @ 720"))

    assert refusal(market, Command(kind, account=1, order_id=order_id)) == Reason.UNKNOWN_ORDER


@pytest.mark.parametrize("kind", [K.CANCEL, K.REPLACE])
def test_an_order_of_somebody_else_is_unknown(market: Market, kind: CommandKind) -> None:
    market.send(parse("buy A 1000 @ 720"))

    assert refusal(market, Command(kind, account=2, order_id=1)) == Reason.UNKNOWN_ORDER


@pytest.mark.parametrize("price", [0, -1, LOWEST, MAX_PRICE + 1, HIGHEST])
def test_prices_that_cannot_be(market: Market, price: int) -> None:
    assert refusal(market, parse("buy A 1000 @ 720")._replace(price=price)) == Reason.BAD_PRICE


@pytest.mark.parametrize("price", [1, 599, 801, MAX_PRICE])
def test_prices_outside_the_band(market: Market, price: int) -> None:
    assert refusal(market, parse("sell A 1000 @ 720")._replace(price=price)) == Reason.PRICE_BAND


@pytest.mark.parametrize(
    "kg", [0, -100, LOWEST, 400, 499, 501, 550, MAX_QUANTITY + 100, 2**32 + 500, HIGHEST]
)
def test_quantities_that_cannot_be(market: Market, kg: int) -> None:
    assert refusal(market, parse("buy A 1000 @ 720")._replace(quantity=kg)) == Reason.BAD_QUANTITY


@pytest.mark.parametrize("fields", [{"side": 0}, {"side": 3}, {"side": 255}, {"tif": 2}, {"tif": 255}])
def test_sides_and_times_in_force_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    assert refusal(market, parse("buy A 1000 @ 720")._replace(**fields)) == Reason.BAD_PARAMETER


@pytest.mark.parametrize(
    "fields",
    [
        {"product": 0},
        {"product": MAX_PRODUCT + 1},
        {"product": 2**32 - 1},
        {"price": 0},
        {"price": LOWEST},
        {"price": 801},
        {"quantity": 599},
        {"quantity": MAX_PRICE + 1},
        {"quantity": HIGHEST},
        {"amount": 0},
        {"amount": -1},
        {"amount": MAX_QUANTITY + 1},
        {"order_id": 0},
        {"order_id": MAX_QUANTITY + 1},
        {"order_id": 2**64 - 1},
    ],
)
def test_products_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    command = parse("product 2 600..800 step 100 min 500")._replace(**fields)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize(
    "fields",
    [
        {"account": 0},
        {"account": MAX_ACCOUNT + 1},
        {"account": 2**32 - 1},
        {"price": -1},
        {"price": BASIS + 1},
        {"price": LOWEST},
        {"quantity": -1},
        {"quantity": HIGHEST},
        {"amount": -1},
        {"amount": HIGHEST},
        {"quantity": BASIS - 99, "amount": 100},
        {"quantity": HIGHEST, "amount": HIGHEST},
        {"quantity": LOWEST, "amount": LOWEST},
        {"flags": 2},
        {"flags": 255},
    ],
)
def test_accounts_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    command = parse("account D fees 20 20 200")._replace(**fields)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("phase", [3, 255])
def test_phases_that_cannot_be(market: Market, phase: int) -> None:
    assert refusal(market, parse("phase 1 closed")._replace(flags=phase)) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("amount", [MAX_AMOUNT, MAX_AMOUNT + 1, -MAX_AMOUNT - 1, LOWEST, HIGHEST])
def test_balances_that_cannot_be(market: Market, amount: int) -> None:
    assert refusal(market, parse("funds A 0")._replace(amount=amount)) == Reason.BAD_PARAMETER
    assert refusal(market, parse("goods A 0")._replace(quantity=amount)) == Reason.BAD_PARAMETER


def test_held_funds_and_goods_count_for_the_limit(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720        | accepted #1; rested #1 1000/1000 @ 720
        sell A 1000 @ 730       | accepted #2; rested #2 1000/1000 @ 730
        funds A 999999000000001 | rejected bad_parameter
        funds A 999999000000000 | applied
        goods A 999999999000001 | rejected bad_parameter
        goods A 999999999000000 | applied
        """
    )


def test_more_than_is_free_cannot_be_taken(market: Market) -> None:
    assert refusal(market, parse("funds A -1000000001")) == Reason.INSUFFICIENT_FUNDS
    assert refusal(market, parse("goods A -1000001")) == Reason.INSUFFICIENT_GOODS


def test_all_funds_together_have_a_limit(engine: Engine) -> None:
    market = Market(engine)
    accounts = range(1, MAX_TOTAL_FUNDS // MAX_AMOUNT + 2)
    batch = [Command(K.ACCOUNT, account=number) for number in accounts]
    batch += [Command(K.FUNDS, account=number, amount=MAX_AMOUNT) for number in accounts[:-1]]
    engine.apply(b"".join(command.pack() for command in batch), 1)

    assert refusal(market, Command(K.FUNDS, account=accounts[-1], amount=1)) == Reason.BAD_PARAMETER
    assert accepted(market, Command(K.FUNDS, account=1, amount=-1))
    assert accepted(market, Command(K.FUNDS, account=accounts[-1], amount=1))


@pytest.mark.parametrize(
    "command",
    [
        Command(K.PRODUCT, product=MAX_PRODUCT, price=1, quantity=MAX_PRICE, amount=1, order_id=1),
        Command(
            K.PRODUCT,
            product=2,
            price=MAX_PRICE,
            quantity=MAX_PRICE,
            amount=MAX_QUANTITY,
            order_id=MAX_QUANTITY,
        ),
        Command(K.ACCOUNT, account=MAX_ACCOUNT, price=BASIS, quantity=0, amount=BASIS, flags=1),
        Command(K.ACCOUNT, account=4, price=0, quantity=BASIS, amount=0),
        Command(K.FUNDS, account=1, amount=MAX_AMOUNT - 10**9),
        Command(K.FUNDS, account=1, amount=0),
        Command(K.GOODS, account=1, product=1, quantity=MAX_AMOUNT - 10**6),
        Command(K.PHASE, product=1, flags=Phase.HALTED),
    ],
)
def test_values_at_the_limit_are_good(market: Market, command: Command) -> None:
    assert accepted(market, command)


def test_the_largest_order_trades_to_the_fen(market: Market) -> None:
    """10^15 fen with a fee of 99.99 %: the arithmetic must not overflow anywhere."""
    kg = MAX_QUANTITY
    for script in (
        f"product 1 1..{MAX_PRICE} step 1 min 1",
        "account D fees 9999 0 0",
        "account E fees 0 4999 5001",
        f"goods E {kg}",
        f"funds D {MAX_AMOUNT}",
    ):
        assert accepted(market, parse(script))
    assert refusal(market, parse(f"buy D {kg} @ {MAX_PRICE}")) == Reason.INSUFFICIENT_FUNDS
    price = MAX_PRICE // 2
    assert accepted(market, parse(f"buy D {kg} @ {price}"))
    assert accepted(market, parse(f"sell E {kg} @ {price}"))

    cost = 10**15 // 2 + 10**15 // 2 * 9_999 // 10_000
    assert market.funds("D") == (MAX_AMOUNT - cost, 0)
    assert market.funds("E") == (0, 0)


@pytest.mark.parametrize(
    ("first", "command", "reason"),
    [
        ("phase 1 closed", "buy Z 1 @ 1 2", Reason.UNKNOWN_PRODUCT),
        ("phase 1 closed", "buy Z 1 @ 1", Reason.UNKNOWN_ACCOUNT),
        ("phase 1 closed", "buy D 1 @ 1", Reason.SUSPENDED),
        ("phase 1 closed", "buy A 1 @ 0", Reason.SESSION_CLOSED),
        ("phase 1 halted", "buy A 1 @ 0", Reason.HALTED),
        ("phase 1 continuous", "buy A 1 @ 0", Reason.BAD_PRICE),
        ("phase 1 continuous", "buy A 1 @ 1", Reason.PRICE_BAND),
        ("phase 1 continuous", "buy A 1 @ 700", Reason.BAD_QUANTITY),
        ("phase 1 continuous", "buy E 500 @ 700", Reason.INSUFFICIENT_FUNDS),
        ("phase 1 continuous", "sell E 500 @ 700", Reason.INSUFFICIENT_GOODS),
    ],
)
def test_the_first_reason_is_told(market: Market, first: str, command: str, reason: Reason) -> None:
    for script in ("account D fees 0 0 0 suspended", "account E fees 0 0 0", first):
        assert accepted(market, parse(script))

    assert refusal(market, parse(command)) == reason
