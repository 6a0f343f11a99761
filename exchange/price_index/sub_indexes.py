"""Sub-indexes: the headline's formula over the cells that share an attribute.

A pure function of the cells a day's headline has: the same prices, the same weights divided by the weight of
the group, the same minimum coverage. A group of one cell is the price relative of that cell.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from exchange.price_index.formulas import laspeyres, rounded
from exchange.price_index.series_types import GROUPED, HEADLINE_SERIES, Figures, Series, SeriesResult
from exchange.price_index.types import BASIS


class PricedCell(NamedTuple):
    """A cell with its attributes by dimension. Prices in thousandths of a fen per kg; None is suspended."""

    attributes: Mapping[str, str]
    weight_bps: int
    base_price_milli: int
    price_milli: int | None
    figures: Figures


def family(
    cells: Sequence[PricedCell],
    *,
    starts: Mapping[str, int],
    start: int,
    min_coverage_bps: int,
) -> tuple[SeriesResult, ...]:
    """The headline and every sub-index of these cells, the headline first.

    starts: values of series on the day of the cells' base prices, by code; start: of those not named.
    Hundredths of a point.
    """
    return tuple(
        series_value(series, found, start=starts.get(series.code, start), min_coverage_bps=min_coverage_bps)
        for series, found in groups(cells).items()
    )


def groups(cells: Iterable[PricedCell]) -> dict[Series, list[PricedCell]]:
    """The cells of each series, the headline first, then by dimension and key."""
    cells = list(cells)
    found: dict[Series, list[PricedCell]] = {HEADLINE_SERIES: cells}
    for dimension in GROUPED:
        keys = {cell.attributes[dimension] for cell in cells if cell.attributes.get(dimension)}
        for key in sorted(keys):
            found[Series(dimension, key)] = [cell for cell in cells if cell.attributes.get(dimension) == key]
    return found


def series_value(
    series: Series, cells: Sequence[PricedCell], *, start: int, min_coverage_bps: int
) -> SeriesResult:
    """One series: start x Σ w·(p/base) / Σ w over the cells with a price, rounded once."""
    total = sum(cell.weight_bps for cell in cells)
    priced = [
        (cell.weight_bps, cell.base_price_milli, cell.price_milli)
        for cell in cells
        if cell.price_milli is not None
    ]
    coverage = sum(weight for weight, _, _ in priced) * BASIS // total
    value = None
    if priced and coverage >= min_coverage_bps:
        weights, base, now = zip(*priced, strict=True)
        value = rounded(start * laspeyres(weights, base, now))
    figures = Figures()
    for cell in cells:
        figures = figures.plus(cell.figures)
    return SeriesResult(series, value, coverage, total, len(cells), figures)
