"""The arithmetic against published results and against its own definition."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.price_index.formulas import (
    Deal,
    capped_mean_price,
    laspeyres,
    median,
    outlier_bounds,
    rounded,
)

# Six products over five periods: the artificial data of the ILO/IMF manuals, chapter 19, as in Balk (2008)
# and the price_data example of the R package gpindex (Steve Martin, MIT licence). Prices in tenths.
PRICES = (
    (10, 10, 10, 10, 10, 10),
    (12, 30, 13, 7, 14, 8),
    (10, 10, 15, 5, 17, 6),
    (8, 5, 16, 3, 19, 4),
    (10, 10, 16, 1, 20, 2),
)
FIRST_QUANTITIES_TENTHS = (10, 10, 20, 10, 45, 5)
LASPEYRES_4DP = ("1.0000", "1.4200", "1.3450", "1.3550", "1.4400")


def test_laspeyres_reproduces_the_published_results() -> None:
    values = [q * p for q, p in zip(FIRST_QUANTITIES_TENTHS, PRICES[0], strict=True)]

    found = [laspeyres(values, PRICES[0], now) for now in PRICES]

    assert [f"{float(index):.4f}" for index in found] == list(LASPEYRES_4DP)


cells = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=12
)


@given(cells)
def test_laspeyres_is_the_value_of_the_base_basket(rows: list[tuple[int, int, int]]) -> None:
    quantities, base, now = zip(*rows, strict=True)
    values = [q * p for q, p in zip(quantities, base, strict=True)]

    basket_now = sum(q * p for q, p in zip(quantities, now, strict=True))

    assert laspeyres(values, base, now) == Fraction(basket_now, sum(values))


@given(cells, st.integers(1, 1_000))
def test_laspeyres_is_proportional_to_prices(rows: list[tuple[int, int, int]], factor: int) -> None:
    weights, base, now = zip(*rows, strict=True)

    dearer = laspeyres(weights, base, [factor * price for price in now])

    assert dearer == factor * laspeyres(weights, base, now)


@given(st.fractions())
def test_rounding_takes_halves_up(number: Fraction) -> None:
    assert rounded(number) - Fraction(1, 2) <= number < rounded(number) + Fraction(1, 2)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_the_median_of_counts_is_the_median_of_the_list(values: list[int]) -> None:
    counts: dict[Fraction, int] = {}
    for value in values:
        counts[Fraction(value)] = counts.get(Fraction(value), 0) + 1
    ordered = sorted(values)
    size = len(ordered)

    assert median(counts) == Fraction(ordered[(size - 1) // 2] + ordered[size // 2], 2)


def deal(price: int, kg: int = 1_000, *, buyer: int = 1, seller: int = 2, times: int = 1) -> Deal:
    return Deal(buyer, seller, price, kg, times, False)


def bounds(deals: list[Deal]) -> list[Fraction]:
    return list(outlier_bounds(deals, mad_multiple=3, low_bps=7_000, high_bps=13_000))


def test_without_spread_only_the_share_of_the_median_counts() -> None:
    assert bounds([deal(600), deal(600), deal(600), deal(700)]) == [420, 780]


def test_with_spread_three_deviations_count_too() -> None:
    deals = [deal(600), deal(605), deal(610), deal(615), deal(700)]

    assert bounds(deals) == [610 - 15, 610 + 15]


def test_a_pair_above_its_cap_weighs_its_cap() -> None:
    deals = [
        deal(600, 8_000, buyer=1, seller=2),
        deal(700, 1_000, buyer=3, seller=2),
        deal(700, 1_000, buyer=1, seller=4),
    ]

    price, capped = capped_mean_price(deals, pair_cap_bps=4_000)

    assert capped == 1
    assert price == Fraction(4_000 * 600 + 2_000 * 700, 6_000)


deals_lists = st.lists(
    st.builds(
        Deal,
        buyer=st.integers(1, 4),
        seller=st.integers(5, 8),
        price=st.integers(100, 1_000),
        kg=st.integers(1, 20).map(lambda tonnes: tonnes * 1_000),
        times=st.integers(1, 5),
        related=st.just(False),
    ),
    min_size=1,
    max_size=20,
)


@given(deals_lists)
def test_the_mean_lies_between_the_prices(deals: list[Deal]) -> None:
    price, _ = capped_mean_price(deals, pair_cap_bps=4_000)

    assert min(d.price for d in deals) <= price <= max(d.price for d in deals)


@given(deals_lists)
def test_without_a_cap_the_mean_is_volume_weighted(deals: list[Deal]) -> None:
    price, capped = capped_mean_price(deals, pair_cap_bps=10_000)

    kg = sum(d.kg * d.times for d in deals)
    assert capped == 0
    assert price == Fraction(sum(d.price * d.kg * d.times for d in deals), kg)


@pytest.mark.parametrize(
    ("number", "expected"), [(Fraction(5, 2), 3), (Fraction(-5, 2), -2), (Fraction(7, 3), 2)]
)
def test_rounding_by_example(number: Fraction, expected: int) -> None:
    assert rounded(number) == expected
