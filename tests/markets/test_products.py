"""Defining products and moving their reference prices."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import audit, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, BadPrice, UnknownProduct
from exchange.markets import selectors, services
from exchange.markets.errors import DuplicateProduct, ProductNotClosed
from exchange.markets.models import Product, ProductRules
from exchange.markets.types import TradingRules, band
from matching.desk_types import FIRST_DESK_KIND
from matching.types import Command, CommandKind, TieRule
from tests.markets.cells import a_product, new_product, the_fuji

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _variety(db: None) -> None:
    the_fuji()


def commands() -> list[Command]:
    """What the floor is told of the books."""
    told = [Command.unpack(row.command) for row in outbox.pending()]
    return [command for command in told if command.kind < FIRST_DESK_KIND]


def test_products_are_numbered_from_one_without_gaps() -> None:
    first, second = a_product(), a_product("HFS-Z75-1-XY", size_mm=75)

    assert (first.number, second.number) == (1, 2)
    assert [row.code for row in selectors.products()] == ["HFS-Z80-1-XY", "HFS-Z75-1-XY"]


def test_the_floor_is_told_band_step_and_minimum() -> None:
    a_product(price=620)

    assert commands() == [
        Command(CommandKind.PRODUCT, product=1, price=558, quantity=682, amount=100, order_id=1_000),
        Command(CommandKind.RULES, product=1, price=620, quantity=31, amount=1, flags=TieRule.MIDPOINT),
    ]


def test_a_refused_product_leaves_no_gap_and_no_command() -> None:
    a_product()

    with pytest.raises(DuplicateProduct):
        a_product()
    with pytest.raises(DuplicateProduct):
        a_product("ANOTHER-CODE")

    assert a_product("HFS-Z75-1-XY", size_mm=75).number == 2
    assert [command.kind for command in commands()] == 2 * [CommandKind.PRODUCT, CommandKind.RULES]


@pytest.mark.parametrize("price", [0, -1, 1_000_001])
def test_a_reference_price_is_positive_and_bounded(price: int) -> None:
    with pytest.raises(BadPrice):
        a_product(price=price)


def test_an_unknown_variety_is_refused() -> None:
    new = new_product()
    object.__setattr__(new, "variety_code", "durian")

    with pytest.raises(BadParameter):
        services.define_product(actor=SYSTEM, new=new)


def test_a_new_reference_price_moves_the_band_and_is_remembered() -> None:
    a_product(price=620)

    services.set_reference_price(actor=SYSTEM, code="HFS-Z80-1-XY", price=640, reason="昨日均价")

    limits, rules = commands()[-2:]
    assert (limits.price, limits.quantity) == (576, 704)
    assert (rules.kind, rules.price, rules.quantity) == (CommandKind.RULES, 640, 32)
    assert [row.limits.reference_price for row in selectors.trading_rules(1)] == [640, 620]
    history = Product.objects.get(number=1).history.values_list("reference_price", "history_change_reason")
    assert list(history) == [(640, "昨日均价"), (620, None)]
    assert audit.verify() == []


def test_the_same_reference_price_tells_nobody() -> None:
    a_product(price=620)

    services.set_reference_price(actor=SYSTEM, code="HFS-Z80-1-XY", price=620, reason="昨日均价")

    assert len(commands()) == 2


def test_trading_rules_are_versions_and_each_is_told() -> None:
    a_product(price=620)
    rules = TradingRules(tick_fen=5, tie_rule=TieRule.PRESSURE, volatility_bps=0)

    row = services.set_trading_rules(actor=SYSTEM, code="HFS-Z80-1-XY", rules=rules, reason="理事会决定")
    services.set_trading_rules(actor=SYSTEM, code="HFS-Z80-1-XY", rules=rules, reason="再说一遍")

    assert row.rules == rules
    assert row.tick_fen == 5
    assert commands()[-1] == Command(
        CommandKind.RULES, product=1, price=620, amount=5, flags=TieRule.PRESSURE
    )
    versions = selectors.trading_rules(1)
    assert [(each.version, each.rules, each.reason) for each in versions] == [
        (2, rules, "理事会决定"),
        (1, TradingRules(), "上市"),
    ]
    assert Product.objects.get(number=1).history.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductRules.objects.update(tick_fen=1)


def test_rules_do_not_change_while_a_product_trades() -> None:
    a_product()
    services.open_session(actor=SYSTEM, reason="开市")

    with pytest.raises(ProductNotClosed):
        services.set_trading_rules(
            actor=SYSTEM, code="HFS-Z80-1-XY", rules=TradingRules(tick_fen=5), reason="理事会决定"
        )


@pytest.mark.parametrize(
    "rules",
    [
        {"tick_fen": 0},
        {"tick_fen": 1_001},
        {"volatility_bps": -1},
        {"modes": 0},
        {"modes": 32},
        {"payments": 1},
        {"payments": -1},
    ],
)
def test_rules_that_cannot_be_are_refused(rules: dict[str, Any]) -> None:
    a_product()
    with pytest.raises(BadParameter):
        services.set_trading_rules(
            actor=SYSTEM, code="HFS-Z80-1-XY", rules=TradingRules(**rules), reason="理事会决定"
        )


def test_a_delisted_product_is_found_only_by_who_asks_for_it() -> None:
    a_product()
    services.delist_product(actor=SYSTEM, code="HFS-Z80-1-XY", reason="产季结束")

    assert selectors.products() == []
    assert [row.code for row in selectors.products(delisted=True)] == ["HFS-Z80-1-XY"]


def test_unknown_products_are_named_in_the_error() -> None:
    with pytest.raises(UnknownProduct):
        selectors.product_by_code("NO-SUCH")
    with pytest.raises(UnknownProduct):
        selectors.product_by_number(99)
    with pytest.raises(UnknownProduct):
        selectors.current_phase(99)


@given(price=st.integers(1, 1_000_000), bps=st.integers(1, 9_999))
def test_a_band_never_reaches_beyond_its_share_of_the_reference(price: int, bps: int) -> None:
    low, high = band(price, bps)

    assert 1 <= low <= price <= high
    assert low == 1 or (price - low) * 10_000 <= price * bps
    assert (high - price) * 10_000 <= price * bps
