"""The research series of the exchange, method 1.0: from the cells of a month to its values, by what was
published before. A pure function; integers in and out.

Fisher and Törnqvist compare a month with the first one of its season (from October on), seasons linked once
a year at that month: chained by the month they would drift (Producer Price Index Manual, chapters 15 and 22).
CCDI, the weighted time-product dummy and the hedonic dummy are computed over the month and the last twelve
that have a value, and carried on by the mean splice on what was published. The window grows up to thirteen.
What was published is never revised; a month that cannot be compared has no value in that series and is not
linked to.

Prices and shares of value are all that these need, so no more is told of a month.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypedDict

import msgspec

from exchange.kernel.canonical import canonical_json
from exchange.price_index.formulas import rounded
from exchange.price_index.research import Formula, Period, Sale, fisher, pair_of, tornqvist
from exchange.price_index.research_errors import ResearchError
from exchange.price_index.research_multilateral import (
    WINDOW,
    Attributes,
    ccdi,
    hedonic,
    linked,
    time_product_dummy,
)
from exchange.price_index.types import BASE_VALUE

RESEARCH_METHOD = "1.0"
SERIES = ("fisher", "tornqvist", "ccdi", "wtpd", "hedonic")
SEASON_BEGINS = 10
"""Month in which a season's first apples are sold."""

MILLE = 1_000
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class ResearchCell(TypedDict):
    """A product, whatever its crop year: mean price in thousandths of a fen per kg, ‰ of the value."""

    product: str
    price_milli: int
    share_permille: int
    attributes: dict[str, str]


class ResearchFigures(TypedDict):
    """What is told of a month, and what the hash is of. Values in hundredths of a point, by series."""

    method: str
    month: str
    """YYYY-MM."""
    cells: list[ResearchCell]
    """By product; none when nothing may be told of the month."""
    values: dict[str, int | None]
    previous: str
    """Hash of the month before; empty for the first."""


class _Told(NamedTuple):
    """An earlier month that told something."""

    season: int
    cells: Sequence[ResearchCell]
    values: dict[str, int | None]


def values_of(
    earlier: Sequence[ResearchFigures], month: str, cells: Sequence[ResearchCell]
) -> dict[str, int | None]:
    """The values of a month by the ones published before it, oldest first."""
    if not cells:
        return dict.fromkeys(SERIES)
    told = [
        _Told(season_of(each["month"]), each["cells"], each["values"]) for each in earlier if each["cells"]
    ]
    if not told:
        return dict.fromkeys(SERIES, BASE_VALUE)
    now = period_of(cells)
    known = {cell["product"]: cell["attributes"] for each in earlier for cell in each["cells"]}
    attributes: Attributes = known | {cell["product"]: cell["attributes"] for cell in cells}
    season = season_of(month)
    return {
        "fisher": _by_season(told, "fisher", fisher, season, now),
        "tornqvist": _by_season(told, "tornqvist", tornqvist, season, now),
        "ccdi": _by_window(told, "ccdi", ccdi, now),
        "wtpd": _by_window(told, "wtpd", time_product_dummy, now),
        "hedonic": _by_window(told, "hedonic", lambda periods: hedonic(periods, attributes), now),
    }


def figures_after(
    earlier: Sequence[ResearchFigures], month: str, cells: Sequence[ResearchCell], previous: str
) -> ResearchFigures:
    """All that is told of a month that follows others, oldest first; ``previous`` is the hash of the last."""
    return ResearchFigures(
        method=RESEARCH_METHOD,
        month=month,
        cells=list(cells),
        values=values_of(earlier, month, cells),
        previous=previous,
    )


def season_of(month: str) -> int:
    """The year in which the season of a month began."""
    year, number = int(month[:4]), int(month[5:])
    return year if number >= SEASON_BEGINS else year - 1


def period_of(cells: Sequence[ResearchCell]) -> Period:
    """Cells as sales: yuan and kg do not matter to formulas that take shares."""
    return {
        cell["product"]: Sale(
            Fraction(cell["price_milli"]), Fraction(cell["share_permille"], cell["price_milli"])
        )
        for cell in cells
    }


def shares_of(values: Sequence[int]) -> list[int]:
    """Shares of values above zero in ‰, each rounded and at least one."""
    whole = sum(values)
    return [max(1, rounded(Fraction(value * MILLE, whole))) for value in values]


def _by_season(told: Sequence[_Told], name: str, formula: Formula, season: int, now: Period) -> int | None:
    """Against the first month with a value of this season, or of the last one before."""
    valued = [(each, value) for each in told if (value := each.values[name]) is not None]
    if not valued:
        return None
    linked_season = season if any(each.season == season for each, _ in valued) else valued[-1][0].season
    base, value = next(pair for pair in valued if pair[0].season == linked_season)
    try:
        return _points(value * formula(pair_of(period_of(base.cells), now)))
    except ResearchError:
        return None


def _by_window(
    told: Sequence[_Told], name: str, levels: Callable[[Sequence[Period]], list[Decimal]], now: Period
) -> int | None:
    """The mean splice of a window on its published values: the month and the last ones that have a value."""
    valued = [(each, value) for each in told if (value := each.values[name]) is not None][1 - WINDOW :]
    if not valued:
        return None
    try:
        window = levels([*(period_of(each.cells) for each, _ in valued), now])
    except ResearchError:
        return None
    return _points(linked(window, [Decimal(value) for _, value in valued], range(len(valued))))


def _points(level: Decimal) -> int:
    return rounded(Fraction(level))


class Verdict(NamedTuple):
    """Whether a month is what follows from the ones before it, and the hash of what was read."""

    month: str
    agrees: bool
    hash: str


def verify_figures(lines: Iterable[bytes]) -> list[Verdict]:
    """Works published months out again, from their lines of canonical JSON, oldest first.

    Raises ValueError for a line that is no month's figures.
    """
    earlier: list[ResearchFigures] = []
    previous, verdicts = "", []
    for line in lines:
        figures = _figures_in(line)
        expected = figures_after(earlier, figures["month"], figures["cells"], previous)
        later = not earlier or earlier[-1]["month"] < figures["month"]
        previous = hashlib.sha256(line).hexdigest()
        agrees = later and figures == expected and canonical_json(figures) == line
        verdicts.append(Verdict(figures["month"], agrees, previous))
        earlier.append(figures)
    if not verdicts:
        raise ValueError("there is no month in it")
    return verdicts


def _figures_in(line: bytes) -> ResearchFigures:
    try:
        figures = msgspec.json.decode(line, type=ResearchFigures, strict=True)
    except msgspec.MsgspecError as error:
        raise ValueError(f"these are no figures of a month: {error}") from error
    cells, products = figures["cells"], [cell["product"] for cell in figures["cells"]]
    positive = all(cell["price_milli"] > 0 and cell["share_permille"] > 0 for cell in cells)
    if _MONTH.fullmatch(figures["month"]) is None or not positive or len(set(products)) < len(products):
        raise ValueError("these are no figures of a month")
    if set(figures["values"]) != set(SERIES) or any(
        value is not None and value <= 0 for value in figures["values"].values()
    ):
        raise ValueError("these are not the series of a month")
    return figures
