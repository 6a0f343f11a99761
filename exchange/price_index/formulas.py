"""The arithmetic of the indexes, exact: integers in, fractions between, one rounding at the end.

Sources: Laspeyres as in the Producer Price Index Manual (IMF 2004), chapter 15; the outlier rule and the cap
on a pair's share are the exchange's rulebook, chapter on the price index.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple


class Deal(NamedTuple):
    """Trades alike in everything that matters: `times` trades of `kg` each. Price in fen per kg."""

    buyer: int
    seller: int
    price: int
    kg: int
    times: int
    related: bool
    """Whether buyer and seller are related parties."""


def rounded(number: Fraction) -> int:
    """To the nearest integer, halves up."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def laspeyres(weights: Sequence[int], base: Sequence[int], now: Sequence[int]) -> Fraction:
    """Σ w·(now/base) / Σ w: with weights the values of the base period, Σ p1·q0 / Σ p0·q0."""
    total = sum(weights)
    assert total > 0
    parts = zip(weights, base, now, strict=True)
    return sum((Fraction(w * price, before) for w, before, price in parts), Fraction(0)) / total


def median(counts: Mapping[Fraction, int]) -> Fraction:
    """Median of a multiset: the mean of the two in the middle when it is even."""
    size = sum(counts.values())
    assert size > 0
    middle = ((size - 1) // 2, size // 2)
    found: list[Fraction] = []
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        found += [value for place in middle[len(found) :] if place < seen]
        if len(found) == 2:
            break
    return (found[0] + found[1]) / 2


def outlier_bounds(
    deals: Iterable[Deal], *, mad_multiple: int, low_bps: int, high_bps: int
) -> tuple[Fraction, Fraction]:
    """Lowest and highest price that is no outlier.

    Inside both low..high of the median and, where prices differ at all, the median ± multiple × MAD (median
    absolute deviation).
    """
    prices: dict[Fraction, int] = {}
    for deal in deals:
        prices[Fraction(deal.price)] = prices.get(Fraction(deal.price), 0) + deal.times
    centre = median(prices)
    deviations: dict[Fraction, int] = {}
    for price, count in prices.items():
        deviations[abs(price - centre)] = deviations.get(abs(price - centre), 0) + count
    spread = median(deviations) * mad_multiple
    low, high = centre * low_bps / 10_000, centre * high_bps / 10_000
    return (max(low, centre - spread), min(high, centre + spread)) if spread else (low, high)


def capped_mean_price(deals: Iterable[Deal], *, pair_cap_bps: int) -> tuple[Fraction, int]:
    """Volume-weighted mean price in which no pair of buyer and seller weighs more than its cap.

    A pair's weight is its kilograms, at most pair_cap of all kilograms. Returns the price and how many pairs
    were capped.
    """
    kg: dict[tuple[int, int], int] = {}
    value: dict[tuple[int, int], int] = {}
    for deal in deals:
        pair = (deal.buyer, deal.seller)
        kg[pair] = kg.get(pair, 0) + deal.kg * deal.times
        value[pair] = value.get(pair, 0) + deal.price * deal.kg * deal.times
    cap = Fraction(sum(kg.values()) * pair_cap_bps, 10_000)
    weights = {pair: min(Fraction(volume), cap) for pair, volume in kg.items()}
    capped = sum(weights[pair] < volume for pair, volume in kg.items())
    total = sum((weights[pair] * value[pair] / kg[pair] for pair in kg), Fraction(0))
    return total / sum(weights.values(), Fraction(0)), capped
