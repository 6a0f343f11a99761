"""Money in and out of text, without a float anywhere."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import money
from exchange.kernel.errors import BadAmount, BadPrice, BadQuantity
from exchange.kernel.quantity import check_quantity_kg, format_kg, format_tonnes
from matching.types import MAX_AMOUNT, MAX_PRICE, MAX_QUANTITY


@pytest.mark.parametrize(
    ("text", "fen"),
    [("7.20", 720), ("7.2", 720), ("7", 700), ("0.01", 1), ("10000", MAX_PRICE), ("10000.00", MAX_PRICE)],
)
def test_a_price_is_read_from_yuan_per_kg(text: str, fen: int) -> None:
    assert money.parse_price(text) == fen


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "7.205",
        "7.",
        ".5",
        "07",
        "1e3",
        " 7",
        "7 ",
        "7,2",
        "٧",
        "７",
        "7\n",
        "NaN",
        "10000.01",
        "9" * 40,
        7,
        7.2,
        True,
        None,
        Decimal("7.2"),
        ["7"],
    ],
)
def test_anything_else_is_no_price(bad: object) -> None:
    with pytest.raises(BadPrice):
        money.parse_price(bad)


@given(st.integers(1, MAX_PRICE))
def test_a_price_shown_and_read_again_is_the_same(fen: int) -> None:
    assert money.parse_price(money.format_yuan(fen)) == fen


@given(st.integers(1, MAX_AMOUNT))
def test_an_amount_shown_and_read_again_is_the_same(fen: int) -> None:
    assert money.parse_yuan(money.format_yuan(fen)) == fen


@pytest.mark.parametrize("bad", ["0", "-0.01", "1.001", 1, f"{MAX_AMOUNT}", "x"])
def test_anything_else_is_no_amount(bad: object) -> None:
    with pytest.raises(BadAmount):
        money.parse_yuan(bad)


@given(st.integers(-(10**15), 10**15))
def test_yuan_are_fen_by_a_hundred(fen: int) -> None:
    assert Decimal(money.format_yuan(fen)) * 100 == fen
    assert money.format_yuan_grouped(fen).replace(",", "") == money.format_yuan(fen)


@given(st.integers(1, MAX_PRICE))
def test_a_jin_is_half_a_kilogram_and_a_tonne_a_thousand(fen: int) -> None:
    assert Decimal(money.format_price_per_jin(fen)) * 2 * 100 == fen
    assert Decimal(money.format_price_per_tonne(fen)) * 100 == fen * 1_000


def test_prices_as_dealers_write_them() -> None:
    assert money.format_price_per_jin(721) == "3.605"
    assert money.format_price_per_jin(720) == "3.60"
    assert money.format_yuan_grouped(-123_456_789) == "-1,234,567.89"


@pytest.mark.parametrize("bad", [0, -1, MAX_QUANTITY + 1, "1000", 1000.0, True, None])
def test_a_quantity_is_whole_kilograms_above_zero(bad: object) -> None:
    with pytest.raises(BadQuantity):
        check_quantity_kg(bad)
    assert check_quantity_kg(1_000) == 1_000


@pytest.mark.parametrize(
    ("kg", "text"), [(20_000, "20"), (20_500, "20.5"), (1, "0.001"), (0, "0"), (-1_500, "-1.5")]
)
def test_tonnes_are_shown_without_idle_zeros(kg: int, text: str) -> None:
    assert format_tonnes(kg) == text


def test_kilograms_are_grouped_for_people() -> None:
    assert format_kg(1_234_567) == "1,234,567"
