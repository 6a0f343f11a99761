"""Defining products and moving their reference prices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import audit, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, BadPrice, UnknownProduct
from exchange.markets import selectors, services
from exchange.markets.errors import DuplicateProduct
from exchange.markets.models import Product
from exchange.markets.types import band
from matching.types import Command, CommandKind
from tests.markets.cells import a_product, new_product, the_fuji

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _variety(db: None) -> None:
    the_fuji()


def commands() -> list[Command]:
    return [Command.unpack(row.command) for row in outbox.pending()]


def test_products_are_numbered_from_one_without_gaps() -> None:
    first, second = a_product(), a_product("HFS-Z75-1-XY", size_mm=75)

    assert (first.number, second.number) == (1, 2)
    assert [row.code for row in selectors.products()] == ["HFS-Z80-1-XY", "HFS-Z75-1-XY"]


def test_the_floor_is_told_band_step_and_minimum() -> None:
    a_product(price=620)

    assert commands() == [
        Command(CommandKind.PRODUCT, product=1, price=558, quantity=682, amount=100, order_id=1_000)
    ]


def test_a_refused_product_leaves_no_gap_and_no_command() -> None:
    a_product()

    with pytest.raises(DuplicateProduct):
        a_product()
    with pytest.raises(DuplicateProduct):
        a_product("ANOTHER-CODE")

    assert a_product("HFS-Z75-1-XY", size_mm=75).number == 2
    assert len(commands()) == 2


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

    told = commands()[-1]
    assert (told.price, told.quantity) == (576, 704)
    history = Product.objects.get(number=1).history.values_list("reference_price", "history_change_reason")
    assert list(history) == [(640, "昨日均价"), (620, None)]
    assert audit.verify() == []


def test_the_same_reference_price_tells_nobody() -> None:
    a_product(price=620)

    services.set_reference_price(actor=SYSTEM, code="HFS-Z80-1-XY", price=620, reason="昨日均价")

    assert len(commands()) == 1


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
