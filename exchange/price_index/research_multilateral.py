"""Formulas of the research series over many periods at once, and how a series goes on with a new period.

GEKS makes bilateral comparisons agree with each other: with Törnqvist it is CCDI (Caves, Christensen and
Diewert 1982). Time dummies are read off a regression of log prices, weighted with shares of value: on
products (WTPD, Rao 2005) or on their attributes (hedonic). Geary and Khamis solve for the quality of each
product. All are computed over a window of periods; a splice carries the published series on to the window's
last period without changing what was published (Ivancic, Diewert and Fox 2011; Krsinich 2016; Diewert and Fox
2017 for the mean splice; Chessa 2019 for splicing on published values).
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from exchange.price_index.research import Formula, Period, fisher, pair_of, tornqvist
from exchange.price_index.research_numbers import decimal_of, exp, in_context, independent, ln, solve, total

WINDOW = 13
"""Months: a year, and the same month of the year before."""

Attributes = Mapping[str, Mapping[str, str]]
"""What is known of each product, by the attribute's name."""

Levels = Callable[[Sequence[Period]], list[Decimal]]
"""A multilateral formula: the levels of some periods, the first 1."""


# Windows ---------------------------------------------------------------------------------------------


def geks(periods: Sequence[Period], formula: Formula) -> list[Decimal]:
    """The geometric mean of all comparisons through a third period; the formula passes time reversal.

    Raises NoCommonProducts when two periods cannot be compared.
    """
    return geks_of(formula)(periods)


def geks_of(formula: Formula) -> Levels:
    """GEKS on a bilateral formula; comparisons of the same two periods are made once."""
    known: dict[tuple[int, int], tuple[Period, Period, Decimal]] = {}

    def log(base: Period, now: Period) -> Decimal:
        key = (id(base), id(now))
        if key not in known:
            known[key] = (base, now, formula(pair_of(base, now)).ln())
        return known[key][2]

    @in_context
    def levels(periods: Sequence[Period]) -> list[Decimal]:
        count = len(periods)
        logs = [[Decimal(0)] * count for _ in range(count)]
        for i in range(count):
            for j in range(i + 1, count):
                logs[i][j] = log(periods[i], periods[j])
                logs[j][i] = -logs[i][j]
        means = [total(logs[k][t] for k in range(count)) / count for t in range(count)]
        return [exp(mean - means[0]) for mean in means]

    return levels


def ccdi(periods: Sequence[Period]) -> list[Decimal]:
    """GEKS on Törnqvist. Raises NoCommonProducts."""
    return geks(periods, tornqvist)


def geks_fisher(periods: Sequence[Period]) -> list[Decimal]:
    """GEKS on Fisher. Raises NoCommonProducts."""
    return geks(periods, fisher)


@in_context
def geary_khamis(periods: Sequence[Period]) -> list[Decimal]:
    """Levels P and prices of reference b that explain each other: b = Σ p q / P over all q, P = V / Σ b q.

    The b are eliminated, which leaves one equation in V / P for each period but the first: what it sold, at
    prices of reference. Raises SingularSystem when products do not connect the periods.
    """
    sold: dict[str, Fraction] = {}
    for period in periods:
        for product, sale in period.items():
            sold[product] = sold.get(product, Fraction(0)) + sale.quantity
    parts = [
        {product: decimal_of(period[product].quantity / sold[product]) for product in sorted(period)}
        for period in periods
    ]
    shares = [_weights(period) for period in periods]
    matrix, right = [], []
    for at in range(1, len(periods)):
        own = parts[at]
        row = [-total(own[p] * other[p] for p in own if p in other) for other in shares]
        row[at] += 1
        matrix.append(row[1:])
        right.append(-row[0])
    first = _value(periods[0])
    real = solve(matrix, right)
    return [Decimal(1), *(decimal_of(_value(p) / first) / y for p, y in zip(periods[1:], real, strict=True))]


def _value(period: Period) -> Fraction:
    """Σ p q."""
    return sum((sale.value for sale in period.values()), Fraction(0))


def _weights(period: Period) -> dict[str, Decimal]:
    """Shares in the value of a period."""
    whole = _value(period)
    return {product: decimal_of(period[product].value / whole) for product in sorted(period)}


def _equal(period: Period) -> dict[str, Decimal]:
    return dict.fromkeys(sorted(period), Decimal(1))


@in_context
def time_product_dummy(periods: Sequence[Period], *, weighted: bool = True) -> list[Decimal]:
    """exp π of ln p = π(period) + β(product), least squares weighted with shares of value (WTPD) or alike.

    The β are eliminated first, which leaves one equation for each period but the first. Raises SingularSystem
    when products do not connect the periods.
    """
    weights = [(_weights if weighted else _equal)(period) for period in periods]
    sums: dict[str, Decimal] = {}
    logs: dict[str, Decimal] = {}
    for period, own in zip(periods, weights, strict=True):
        for product, weight in own.items():
            sums[product] = sums.get(product, Decimal(0)) + weight
            logs[product] = logs.get(product, Decimal(0)) + weight * ln(period[product].price)
    matrix, right = [], []
    for at in range(1, len(periods)):
        own = weights[at]
        row = [
            -total(own[product] * other[product] / sums[product] for product in own if product in other)
            for other in weights[1:]
        ]
        row[at - 1] += total(own.values())
        matrix.append(row)
        right.append(total(own[p] * (ln(periods[at][p].price) - logs[p] / sums[p]) for p in own))
    return [Decimal(1), *(exp(value) for value in solve(matrix, right))]


def attribute_columns(products: Sequence[str], attributes: Attributes) -> list[list[int]]:
    """0 and 1 by product for each value of each attribute; such as others explain already are left out."""
    names = sorted({name for product in products for name in attributes.get(product, {})})
    columns = [[1] * len(products)]
    for name in names:
        values = [attributes.get(product, {}).get(name, "") for product in products]
        columns += [[int(value == each) for value in values] for each in sorted(set(values))[1:]]
    return [columns[place] for place in independent(columns) if place > 0]


@in_context
def hedonic(periods: Sequence[Period], attributes: Attributes) -> list[Decimal]:
    """exp π of ln p = α + π(period) + Σ γ(attribute), least squares weighted with shares of value.

    To compare with: no price of a product is made of it. Raises SingularSystem.
    """
    products = sorted({product for period in periods for product in period})
    place = {product: at for at, product in enumerate(products)}
    columns = attribute_columns(products, attributes)
    first = len(periods)
    size = first + len(columns)
    matrix = [[Decimal(0)] * size for _ in range(size)]
    right = [Decimal(0)] * size
    for at, period in enumerate(periods):
        for product, weight in _weights(period).items():
            ones = [0, *([at] if at else [])]
            ones += [first + k for k, column in enumerate(columns) if column[place[product]]]
            log = weight * ln(period[product].price)
            for row in ones:
                right[row] += log
                for column_no in ones:
                    matrix[row][column_no] += weight
    found = solve(matrix, right)
    return [Decimal(1), *(exp(value) for value in found[1:first])]


# Going on --------------------------------------------------------------------------------------------


class Splice(StrEnum):
    """Through which earlier periods a window carries a series on to its last one.

    Without ``published`` the earlier level is that of the window before; with it, what was published.
    """

    MOVEMENT = "movement"
    WINDOW = "window"
    HALF = "half"
    MEAN = "mean"
    WINDOW_PUBLISHED = "window_published"
    HALF_PUBLISHED = "half_published"
    MEAN_PUBLISHED = "mean_published"

    def places(self, size: int) -> range:
        """Places in a window of a size at which it is linked."""
        if self in (Splice.MEAN, Splice.MEAN_PUBLISHED):
            return range(size - 1)
        if self is Splice.MOVEMENT:
            at = size - 2
        else:
            at = min(size // 2, size - 2) if self in (Splice.HALF, Splice.HALF_PUBLISHED) else 0
        return range(at, at + 1)


@in_context
def linked(window: Sequence[Decimal], earlier: Sequence[Decimal], places: range) -> Decimal:
    """The level of a window's last period by the earlier levels of its other ones.

    The geometric mean over the places of earlier × (last / that place).
    """
    logs = total((earlier[at] * window[-1] / window[at]).ln() for at in places)
    return exp(logs / len(places))


@in_context
def spliced(
    periods: Sequence[Period],
    levels: Levels,
    *,
    splice: Splice,
    window: int = WINDOW,
    grows: bool = False,
) -> list[Decimal]:
    """A series that is never revised: the first window as it is, then one period at a time.

    If it grows, nothing is known before it happens either: the first window is the first period alone.
    """
    before = levels(periods[: 1 if grows else window])
    series = list(before)
    for end in range(len(series) + 1, len(periods) + 1):
        start = max(0, end - window)
        now = levels(periods[start:end])
        if splice.value.endswith("_published"):
            earlier = series[start : end - 1]
        else:
            earlier = [series[-1] * level / before[-1] for level in before[1 - len(now) :]]
        series.append(linked(now, earlier, splice.places(len(now))))
        before = now
    return series
