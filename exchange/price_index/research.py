"""Formulas of the research series, two periods at a time: fixed base, chained, and over rolling years.

Nothing here sets a price or settles anything; the published index is ``formulas`` and ``method``. Sources:
Producer Price Index Manual (IMF 2004), chapters 15 to 17, and 22 for rolling years (Diewert 1983); Balk,
Price and Quantity Index Numbers (2008), chapter 3. Products that only one of two periods has are left out
of their comparison.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from exchange.price_index.research_errors import NoCommonProducts
from exchange.price_index.research_numbers import (
    decimal_of,
    exp,
    in_context,
    ln,
    logarithmic_mean,
    sqrt,
    total,
)

MONTHS = 12


class Sale(NamedTuple):
    """What a product cost in a period and how much of it was sold; both above zero, in any unit."""

    price: Fraction
    quantity: Fraction

    @property
    def value(self) -> Fraction:
        """Price times quantity."""
        return self.price * self.quantity


Period = Mapping[str, Sale]
"""The sales of one period by product."""


class Pair(NamedTuple):
    """Prices and quantities of the products that both periods have, in one order: 0 the base, 1 now."""

    p0: list[Fraction]
    q0: list[Fraction]
    p1: list[Fraction]
    q1: list[Fraction]

    def relatives(self) -> list[Fraction]:
        """How many times dearer each product became."""
        return [now / base for base, now in zip(self.p0, self.p1, strict=True)]

    def shares(self) -> tuple[list[Fraction], list[Fraction]]:
        """Shares in the value of the base period, and of now."""
        return _shares(self.p0, self.q0), _shares(self.p1, self.q1)


Formula = Callable[[Pair], Decimal]


def pair_of(base: Period, now: Period) -> Pair:
    """Two periods matched by product. Raises NoCommonProducts."""
    common = sorted(base.keys() & now.keys())
    if not common:
        raise NoCommonProducts
    return Pair(
        [base[product].price for product in common],
        [base[product].quantity for product in common],
        [now[product].price for product in common],
        [now[product].quantity for product in common],
    )


def _shares(prices: Sequence[Fraction], quantities: Sequence[Fraction]) -> list[Fraction]:
    whole = _sum(prices, quantities)
    return [price * quantity / whole for price, quantity in zip(prices, quantities, strict=True)]


def _sum(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    """Σ a·b."""
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _geometric(weights: Sequence[Fraction], relatives: Sequence[Fraction]) -> Decimal:
    """Π r^w."""
    return exp(total(decimal_of(w) * ln(r) for w, r in zip(weights, relatives, strict=True)))


# Baskets ---------------------------------------------------------------------------------------------


def _laspeyres(pair: Pair) -> Fraction:
    return _sum(pair.p1, pair.q0) / _sum(pair.p0, pair.q0)


def _paasche(pair: Pair) -> Fraction:
    return _sum(pair.p1, pair.q1) / _sum(pair.p0, pair.q1)


def laspeyres(pair: Pair) -> Decimal:
    """Σ p1 q0 / Σ p0 q0."""
    return decimal_of(_laspeyres(pair))


def paasche(pair: Pair) -> Decimal:
    """Σ p1 q1 / Σ p0 q1."""
    return decimal_of(_paasche(pair))


def fisher(pair: Pair) -> Decimal:
    """√(Laspeyres · Paasche)."""
    return sqrt(_laspeyres(pair) * _paasche(pair))


def drobisch(pair: Pair) -> Decimal:
    """(Laspeyres + Paasche) / 2."""
    return decimal_of((_laspeyres(pair) + _paasche(pair)) / 2)


def marshall_edgeworth(pair: Pair) -> Decimal:
    """Σ p1 (q0 + q1) / Σ p0 (q0 + q1)."""
    both = [before + now for before, now in zip(pair.q0, pair.q1, strict=True)]
    return decimal_of(_sum(pair.p1, both) / _sum(pair.p0, both))


@in_context
def walsh(pair: Pair) -> Decimal:
    """Σ p1 √(q0 q1) / Σ p0 √(q0 q1)."""
    means = [sqrt(before * now) for before, now in zip(pair.q0, pair.q1, strict=True)]
    above = total(decimal_of(price) * mean for price, mean in zip(pair.p1, means, strict=True))
    return above / total(decimal_of(price) * mean for price, mean in zip(pair.p0, means, strict=True))


@in_context
def stuvel(pair: Pair) -> Decimal:
    """A + √(A² + V) with A = (Laspeyres price − Laspeyres quantity) / 2 and V the ratio of values."""
    quantity = _sum(pair.p0, pair.q1) / _sum(pair.p0, pair.q0)
    half = (_laspeyres(pair) - quantity) / 2
    values = _sum(pair.p1, pair.q1) / _sum(pair.p0, pair.q0)
    return decimal_of(half) + sqrt(half * half + values)


# Means of relatives ----------------------------------------------------------------------------------


def jevons(pair: Pair) -> Decimal:
    """Geometric mean of the relatives, all products alike."""
    relatives = pair.relatives()
    return _in_context_geometric([Fraction(1, len(relatives))] * len(relatives), relatives)


def carli(pair: Pair) -> Decimal:
    """Mean of the relatives, all products alike."""
    relatives = pair.relatives()
    return decimal_of(sum(relatives, Fraction(0)) / len(relatives))


def dutot(pair: Pair) -> Decimal:
    """Ratio of the mean prices."""
    return decimal_of(sum(pair.p1, Fraction(0)) / sum(pair.p0, Fraction(0)))


def palgrave(pair: Pair) -> Decimal:
    """Σ s1 r."""
    return decimal_of(_sum(pair.shares()[1], pair.relatives()))


def harmonic_laspeyres(pair: Pair) -> Decimal:
    """1 / Σ s0 / r."""
    return decimal_of(1 / _sum(pair.shares()[0], [1 / relative for relative in pair.relatives()]))


def geometric_laspeyres(pair: Pair) -> Decimal:
    """Π r^s0."""
    return _in_context_geometric(pair.shares()[0], pair.relatives())


def geometric_paasche(pair: Pair) -> Decimal:
    """Π r^s1."""
    return _in_context_geometric(pair.shares()[1], pair.relatives())


def tornqvist(pair: Pair) -> Decimal:
    """Π r^((s0 + s1) / 2)."""
    base, now = pair.shares()
    return _in_context_geometric([(a + b) / 2 for a, b in zip(base, now, strict=True)], pair.relatives())


@in_context
def sato_vartia(pair: Pair) -> Decimal:
    """Π r^w with w the logarithmic means of the shares, made to sum to one (Vartia II)."""
    means = [logarithmic_mean(a, b) for a, b in zip(*pair.shares(), strict=True)]
    logs = total(mean * ln(relative) for mean, relative in zip(means, pair.relatives(), strict=True))
    return exp(logs / total(means))


@in_context
def vartia_1(pair: Pair) -> Decimal:
    """Π r^w with w = L(v1, v0) / L(V1, V0), L the logarithmic mean of values."""
    base = [price * quantity for price, quantity in zip(pair.p0, pair.q0, strict=True)]
    now = [price * quantity for price, quantity in zip(pair.p1, pair.q1, strict=True)]
    parts = zip(base, now, pair.relatives(), strict=True)
    logs = total(logarithmic_mean(b, a) * ln(relative) for a, b, relative in parts)
    return exp(logs / logarithmic_mean(sum(now, Fraction(0)), sum(base, Fraction(0))))


_in_context_geometric = in_context(_geometric)

FORMULAS: dict[str, Formula] = {
    "laspeyres": laspeyres,
    "paasche": paasche,
    "fisher": fisher,
    "tornqvist": tornqvist,
    "walsh": walsh,
    "marshall_edgeworth": marshall_edgeworth,
    "drobisch": drobisch,
    "stuvel": stuvel,
    "sato_vartia": sato_vartia,
    "vartia_1": vartia_1,
    "geometric_laspeyres": geometric_laspeyres,
    "geometric_paasche": geometric_paasche,
    "harmonic_laspeyres": harmonic_laspeyres,
    "palgrave": palgrave,
    "jevons": jevons,
    "carli": carli,
    "dutot": dutot,
}

NEED_QUANTITIES = frozenset({"marshall_edgeworth", "stuvel", "vartia_1"})
"""Whose value changes when all quantities of one period are multiplied: shares are not enough for them."""

REVERSIBLE = frozenset(
    {
        "fisher",
        "tornqvist",
        "walsh",
        "marshall_edgeworth",
        "stuvel",
        "sato_vartia",
        "vartia_1",
        "jevons",
        "dutot",
    }
)
"""That pass the time reversal test: I(0, 1) · I(1, 0) = 1."""


# Series ----------------------------------------------------------------------------------------------


def fixed_base(periods: Sequence[Period], formula: Formula) -> list[Decimal]:
    """Each period against the first. Raises NoCommonProducts."""
    return [formula(pair_of(periods[0], now)) for now in periods]


@in_context
def chained(periods: Sequence[Period], formula: Formula) -> list[Decimal]:
    """Each period against the one before, multiplied up. Raises NoCommonProducts."""
    levels = [Decimal(1)]
    for before, now in pairwise(periods):
        levels.append(levels[-1] * formula(pair_of(before, now)))
    return levels


def year_ending(months: Sequence[Period], last: int) -> Period:
    """The twelve months up to and with a place, as one period: a product in March is not it in April."""
    return {
        f"{place % MONTHS:02} {product}": sale
        for place in range(last - MONTHS + 1, last + 1)
        for product, sale in months[place].items()
    }


@in_context
def rolling_year(months: Sequence[Period], formula: Formula, *, chain: bool) -> list[Decimal]:
    """Rolling years against the first twelve months, from the twelfth month on: strongly seasonal products.

    Chained means year on year: each rolling year is linked to the one twelve months before it (and the first
    eleven to the first year), as in table 22.18 of the manual. Raises NoCommonProducts.
    """
    first = MONTHS - 1
    years = [year_ending(months, last) for last in range(first, len(months))]
    levels: list[Decimal] = []
    for at, year in enumerate(years):
        linked = at - MONTHS if chain and at >= MONTHS else 0
        level = levels[linked] if levels else Decimal(1)
        levels.append(level * formula(pair_of(years[linked], year)))
    return levels
