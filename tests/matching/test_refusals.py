"""Every reason to refuse; the order in which they are looked for is in ``test_first_reasons.py``."""

import pytest

from matching.engine import Engine
from matching.types import (
    BASIS,
    MARKET_TO_LIMIT,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_DAY,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    PLACE_FLAGS,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    Phase,
    Reason,
    TieRule,
    TimeInForce,
)
from tests.matching.market import Market, accepted, parse, refusal

K = CommandKind
LOWEST, HIGHEST = -(2**63), 2**63 - 1


@pytest.mark.parametrize("kind", [0, 12, 77, 255])
def test_unknown_commands(market: Market, kind: int) -> None:
    assert refusal(market, Command(kind, product=1, account=1)) == Reason.UNKNOWN_COMMAND


@pytest.mark.parametrize("product", [0, 2, MAX_PRODUCT, MAX_PRODUCT + 1, 2**32 - 1])
@pytest.mark.parametrize("kind", [K.PLACE, K.GOODS, K.PHASE, K.UNCROSS, K.RULES])
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


@pytest.mark.parametrize(
    "fields",
    [
        {"side": 0},
        {"side": 3},
        {"side": 255},
        {"tif": 4},
        {"tif": 255},
        {"flags": 3 << SELF_TRADE_SHIFT},
        {"flags": PLACE_FLAGS},
        {"flags": PLACE_FLAGS + 1},
        {"flags": 128},
        {"flags": 255},
    ],
)
def test_sides_times_in_force_and_flags_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    assert refusal(market, parse("buy A 1000 @ 720")._replace(**fields)) == Reason.BAD_PARAMETER


@pytest.mark.parametrize(
    ("tif", "day"),
    [
        *((TimeInForce.GTD, day) for day in (0, MAX_DAY + 1, 2**32 + 1, 2**64 - 1)),
        *(
            (tif, day)
            for tif in sorted(set(TimeInForce) - {TimeInForce.GTD})
            for day in (1, MAX_DAY, 2**64 - 1)
        ),
    ],
)
def test_days_that_cannot_be(market: Market, tif: TimeInForce, day: int) -> None:
    """A last day belongs to a GTD order, and no other has one."""
    command = parse("buy A 1000 @ 720")._replace(tif=tif, order_id=day)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("kg", [-1, LOWEST, 1001, 2**32 + 500, HIGHEST])
def test_quantities_at_once_that_cannot_be(market: Market, kg: int) -> None:
    assert refusal(market, parse("buy A 1000 @ 720")._replace(amount=kg)) == Reason.BAD_QUANTITY


@pytest.mark.parametrize(
    "terms",
    [
        "ioc post-only",
        "fok post-only",
        "mtl post-only",
        "post-only min 500",
        "gtd 100 post-only min 500",
        "fok mtl",
        "fok min 500",
        "fok min 1000",
    ],
)
def test_terms_that_contradict_each_other(market: Market, terms: str) -> None:
    assert refusal(market, parse(f"buy A 1000 @ 720 {terms}")) == Reason.BAD_ORDER_TYPE


@pytest.mark.parametrize("flags", [POST_ONLY, MARKET_TO_LIMIT, 3 << SELF_TRADE_SHIFT, 16, 128, 255])
def test_flags_a_replace_cannot_have(market: Market, flags: int) -> None:
    market.send(parse("buy A 1000 @ 720"))

    command = parse("replace A #1 1000 @ 720")._replace(flags=flags)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("price", [701, 709, 711])
def test_prices_off_the_tick(market: Market, price: int) -> None:
    market.send(parse("rules 1 tick 10"))
    market.send(parse("buy A 1000 @ 700"))

    assert refusal(market, parse(f"buy A 1000 @ {price}")) == Reason.OFF_TICK
    assert refusal(market, parse(f"replace A #1 1000 @ {price}")) == Reason.OFF_TICK


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
        {"order_id": MAX_ACCOUNT + 1},
        {"order_id": 2**32},
        {"order_id": 2**64 - 1},
    ],
)
def test_accounts_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    command = parse("account D fees 20 20 200")._replace(**fields)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("phase", [Phase.VOLATILITY, 5, 255])
def test_phases_that_cannot_be(market: Market, phase: int) -> None:
    assert refusal(market, parse("phase 1 closed")._replace(flags=phase)) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("phase", sorted(Phase))
@pytest.mark.parametrize("day", [-1, MAX_DAY + 1, LOWEST, HIGHEST])
def test_closing_days_that_cannot_be(market: Market, phase: Phase, day: int) -> None:
    command = Command(K.PHASE, product=1, flags=phase, amount=day)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize("first", ["phase 1 halted", "phase 1 call"])
def test_continuous_trading_over_a_crossed_book(market: Market, first: str) -> None:
    market.send(parse("phase 1 call"))
    market.send(parse("buy A 1000 @ 720"))
    market.send(parse("sell A 1000 @ 720"))
    market.send(parse(first))

    assert refusal(market, parse("phase 1 continuous")) == Reason.CROSSED_BOOK


@pytest.mark.parametrize("phase", ["continuous", "halted", "closed"])
def test_uncrossing_what_is_in_no_call(market: Market, phase: str) -> None:
    market.send(parse(f"phase 1 {phase}"))

    assert refusal(market, parse("uncross 1 continuous")) == Reason.NOT_IN_CALL


@pytest.mark.parametrize(
    "fields",
    [
        {"flags": Phase.CALL},
        {"flags": Phase.VOLATILITY},
        {"flags": 5},
        {"flags": 255},
        {"price": -1},
        {"price": MAX_PRICE + 1},
        {"price": LOWEST},
        {"price": HIGHEST},
        {"amount": -1},
        {"amount": MAX_DAY + 1},
        {"amount": LOWEST},
        {"amount": HIGHEST},
    ],
)
def test_uncrossings_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    market.send(parse("phase 1 call"))
    market.send(parse("buy A 1000 @ 720"))
    market.send(parse("sell A 1000 @ 720"))

    command = parse("uncross 1 continuous")._replace(**fields)
    assert refusal(market, command) == Reason.BAD_PARAMETER


@pytest.mark.parametrize(
    "fields",
    [
        {"price": -1},
        {"price": MAX_PRICE + 1},
        {"price": LOWEST},
        {"price": HIGHEST},
        {"quantity": -1},
        {"quantity": MAX_PRICE + 1},
        {"quantity": LOWEST},
        {"quantity": HIGHEST},
        {"amount": 0},
        {"amount": -1},
        {"amount": MAX_PRICE + 1},
        {"amount": LOWEST},
        {"amount": HIGHEST},
        {"flags": 5},
        {"flags": 255},
    ],
)
def test_rules_that_cannot_be(market: Market, fields: dict[str, int]) -> None:
    assert refusal(market, parse("rules 1")._replace(**fields)) == Reason.BAD_PARAMETER


def test_a_tick_that_does_not_fit_a_resting_order(market: Market) -> None:
    market.send(parse("buy A 1000 @ 725"))

    assert refusal(market, parse("rules 1 tick 2")) == Reason.BAD_PARAMETER


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
        Command(K.ACCOUNT, account=MAX_ACCOUNT, order_id=MAX_ACCOUNT),
        Command(K.ACCOUNT, account=1, order_id=1),
        Command(K.PHASE, product=1, flags=Phase.HALTED),
        Command(K.PHASE, product=1, flags=Phase.CLOSED, amount=MAX_DAY),
        Command(
            K.RULES,
            product=1,
            price=MAX_PRICE,
            quantity=MAX_PRICE,
            amount=MAX_PRICE,
            flags=TieRule.HIGHEST,
        ),
        Command(K.RULES, product=1, price=0, quantity=0, amount=1),
        parse("buy A 1000 @ 720 gtd 1"),
        parse(f"buy A 1000 @ 720 gtd {MAX_DAY}"),
        parse("buy A 1000 @ 720 min 1000"),
        parse("buy A 1000 @ 720 decrement"),
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


def test_an_uncross_with_values_at_the_limit(market: Market) -> None:
    market.send(parse("phase 1 call"))

    assert accepted(market, parse(f"uncross 1 closed reference {MAX_PRICE} day {MAX_DAY}"))
