"""Reading the family of series as published: days, weeks and months of one, all of them on a day."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Max, QuerySet

from exchange.kernel import calendar
from exchange.price_index.errors import UnknownSeries
from exchange.price_index.models import IndexValue, SeriesValue
from exchange.price_index.periods import (
    DAYS_OF,
    FALL_BACK_DAYS,
    Against,
    Period,
    PeriodRow,
    day_a_year_before,
    rows_of,
)
from exchange.price_index.series_types import (
    HEADLINE_SERIES,
    LONGEST_KEY,
    DayPoint,
    Dimension,
    Figures,
    Series,
    SeriesResult,
)
from exchange.price_index.types import HEADLINE, PUBLISHED, ValueStatus

LOOK_BACK_DAYS = 40
"""So far back the values before a day are read at once: longer than any holiday."""

MOST_DAYS = 3_000
"""Ten years of trading days and more: what one series is reckoned from at most."""

YEAR_DAYS = 366 + FALL_BACK_DAYS
"""So many days before a period may be the one a year before it."""


class SeriesRow(NamedTuple):
    """A series on a published day, with its comparisons."""

    series: Series
    day: date
    value: int | None
    coverage_bps: int
    weight_bps: int
    cells: int
    figures: Figures
    revised: bool
    before: Against | None
    year_before: Against | None


def series_in(code: str, *, index_code: str = HEADLINE) -> Series:
    """The series a code names. Raises UnknownSeries for one that was never published."""
    dimension, _, key = code.partition(":")
    if code == HEADLINE_SERIES.code:
        return HEADLINE_SERIES
    if dimension in Dimension.values and key and len(key) <= LONGEST_KEY and "\x00" not in key:
        series = Series(Dimension(dimension), key)
        if series.dimension != Dimension.ALL and _stored(series, index_code).exists():
            return series
    raise UnknownSeries(series=code[:60])


def rows(
    series: Series, period: Period, *, most: int | None = None, index_code: str = HEADLINE
) -> list[PeriodRow]:
    """The periods of a series that are published, newest first; of ``most`` only so many days are read.

    Then a period more than a year after the one before it is compared with none.
    """
    read = MOST_DAYS if most is None else min((most + 1) * DAYS_OF[period] + YEAR_DAYS, MOST_DAYS)
    points = day_points(series, limit=read, index_code=index_code)
    return rows_of(points, period, today=calendar.today())[::-1][:most]


def day_points(series: Series, *, limit: int = MOST_DAYS, index_code: str = HEADLINE) -> list[DayPoint]:
    """The published days of a series, newest first."""
    if series == HEADLINE_SERIES:
        return _headline_points(limit, index_code)
    found = _stored(series, index_code).order_by("-value__day")
    return [
        DayPoint(day, points, status == ValueStatus.REVISED, Figures(trades, kg, turnover))
        for day, status, points, trades, kg, turnover in found.values_list(
            "value__day", "value__status", "points", "trades", "volume_kg", "turnover_milli"
        )[:limit]
    ]


def _headline_points(limit: int, index_code: str) -> list[DayPoint]:
    """Days of method 1.0 have a value, but no figures."""
    values = IndexValue.objects.filter(definition__code=index_code, status__in=PUBLISHED).order_by("-day")
    stored = _stored(HEADLINE_SERIES, index_code).order_by("-value__day")
    kept = {
        day: Figures(trades, kg, turnover)
        for day, trades, kg, turnover in stored.values_list(
            "value__day", "trades", "volume_kg", "turnover_milli"
        )[:limit]
    }
    return [
        DayPoint(day, value, status == ValueStatus.REVISED, kept.get(day, Figures()))
        for day, value, status in values.values_list("day", "value", "status")[:limit]
    ]


def family_on(day: date, *, index_code: str = HEADLINE) -> list[SeriesRow]:
    """Every series of a published day with 环比 and 同比, the headline first; empty for a day without."""
    year_before = day_a_year_before(day)
    points: dict[Series, list[DayPoint]] = {}
    for series, point in _points(year_before - timedelta(days=FALL_BACK_DAYS), year_before, index_code):
        points.setdefault(series, []).append(point)
    own = dict(_points(day, day, index_code))
    last = _last_before(day, own.keys(), index_code)
    found = []
    for row in _of_days(day, day, index_code).order_by("pk"):
        series = Series(Dimension(row.dimension), row.key)
        point, before = own[series], last.get(series)
        known = [*points.get(series, []), *([before] if before else []), point]
        compared = rows_of(known, Period.DAY, today=day)[-1]
        found.append(
            SeriesRow(
                series=series,
                day=day,
                value=row.points,
                coverage_bps=row.coverage_bps,
                weight_bps=row.weight_bps,
                cells=row.cells,
                figures=point.figures,
                revised=point.revised,
                before=compared.before,
                year_before=compared.year_before,
            )
        )
    return found


def _last_before(day: date, wanted: Collection[Series], index_code: str) -> dict[Series, DayPoint]:
    """The last published point with a value of each series before a day, however long ago."""
    recent = _points(day - timedelta(days=LOOK_BACK_DAYS), day - timedelta(days=1), index_code, valued=True)
    last = dict(recent)
    missing = set(wanted) - last.keys()
    if missing:
        older = _of_days(date.min, day - timedelta(days=LOOK_BACK_DAYS), index_code)
        ends = older.filter(points__isnull=False).order_by().values_list("dimension", "key")
        for dimension, key, end in ends.annotate(Max("value__day")):
            series = Series(Dimension(dimension), key)
            if series in missing:
                last[series] = dict(_points(end, end, index_code))[series]
    return last


def stored_series(day: date, revision: int, *, index_code: str = HEADLINE) -> list[SeriesResult]:
    """Every series as one value of a day has it, the headline first; the desk's draft included."""
    stored = SeriesValue.objects.filter(
        value__definition__code=index_code, value__day=day, value__revision=revision
    )
    return [
        SeriesResult(
            Series(Dimension(row.dimension), row.key),
            row.points,
            row.coverage_bps,
            row.weight_bps,
            row.cells,
            Figures(row.trades, row.volume_kg, row.turnover_milli),
        )
        for row in stored.order_by("pk")
    ]


def _stored(series: Series, index_code: str) -> QuerySet[SeriesValue]:
    return SeriesValue.objects.filter(
        value__definition__code=index_code,
        value__status__in=PUBLISHED,
        dimension=series.dimension,
        key=series.key,
    )


def _of_days(first: date, last: date, index_code: str) -> QuerySet[SeriesValue]:
    return SeriesValue.objects.filter(
        value__definition__code=index_code,
        value__status__in=PUBLISHED,
        value__day__gte=first,
        value__day__lte=last,
    )


def _points(
    first: date, last: date, index_code: str, *, valued: bool = False
) -> Iterator[tuple[Series, DayPoint]]:
    """The published days of every series, oldest first; with ``valued`` only those that have a value."""
    rows = _of_days(first, last, index_code).order_by("value__day")
    if valued:
        rows = rows.filter(points__isnull=False)
    columns = (
        "dimension", "key", "value__day", "value__status", "points", "trades", "volume_kg", "turnover_milli"
    )  # fmt: skip
    for dimension, key, day, status, points, *figures in rows.values_list(*columns):
        revised = status == ValueStatus.REVISED
        yield Series(Dimension(dimension), key), DayPoint(day, points, revised, Figures(*figures))
