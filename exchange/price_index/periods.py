"""Weeks and months of a series, and comparisons: pure functions of its published days.

A week (ISO, Monday to Sunday) or month has the mean of the daily values of its days, rounded once, and is
published when it is over. 环比 compares with the period before that has a value, 同比 with the same day, ISO
week or month a year before; a day whose counterpart has no value takes the last one before it, at most ten
days earlier.
Nothing here is stored: a revision of a day changes every period it is in, and they say so.
"""

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from exchange.price_index.formulas import rounded
from exchange.price_index.series_types import DayPoint, Figures
from exchange.price_index.types import change_bps

FALL_BACK_DAYS = 10


class Period(StrEnum):
    """How a series is cut."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


DAYS_OF = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}
"""The most days a period has."""


class Against(NamedTuple):
    """What a value is compared with: the key of the period, its value, and the change."""

    key: str
    value: int
    change_bps: int


class PeriodRow(NamedTuple):
    """A day, week or month of a series. Values in hundredths of a point, prices in thousandths of a fen."""

    key: str
    """2027-01-04, 2027-W01 or 2027-01."""
    first: date
    last: date
    days: int
    """Published days with a value."""
    value: int | None
    high: int | None
    low: int | None
    figures: Figures
    """Eligible trades of all its published days."""
    revised: bool
    """Whether one of its days was revised."""
    before: Against | None
    """环比."""
    year_before: Against | None
    """同比."""


def rows_of(points: Iterable[DayPoint], period: Period, *, today: date) -> list[PeriodRow]:
    """Every period that is over (a day at once), oldest first; one without published days is left out."""
    ordered = sorted(points)
    rows = [
        _row(period, list(days)) for _key, days in groupby(ordered, key=lambda point: _key(point.day, period))
    ]
    if period != Period.DAY:
        rows = [row for row in rows if row.last < today]
    by_key = {row.key: row for row in rows}
    compared, before = [], None
    for row in rows:
        year_before = _against(row, _YEAR_BEFORE[period](row, by_key))
        compared.append(row._replace(before=_against(row, before), year_before=year_before))
        before = before if row.value is None else row
    return compared


def _row(period: Period, days: Sequence[DayPoint]) -> PeriodRow:
    values = [point.value for point in days if point.value is not None]
    figures = Figures()
    for point in days:
        figures = figures.plus(point.figures)
    first, last = _bounds(days[0].day, period)
    return PeriodRow(
        key=_key(days[0].day, period),
        first=first,
        last=last,
        days=len(values),
        value=rounded(Fraction(sum(values), len(values))) if values else None,
        high=max(values, default=None),
        low=min(values, default=None),
        figures=figures,
        revised=any(point.revised for point in days),
        before=None,
        year_before=None,
    )


def _key(day: date, period: Period) -> str:
    if period == Period.DAY:
        return day.isoformat()
    if period == Period.MONTH:
        return f"{day:%Y-%m}"
    year, week, _ = day.isocalendar()
    return _week_key(year, week)


def _week_key(year: int, week: int) -> str:
    return f"{year}-W{week:02d}"


def _bounds(day: date, period: Period) -> tuple[date, date]:
    if period == Period.DAY:
        return day, day
    if period == Period.MONTH:
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _against(row: PeriodRow, earlier: PeriodRow | None) -> Against | None:
    if earlier is None or earlier.value is None or row.value is None:
        return None
    return Against(earlier.key, earlier.value, change_bps(row.value, earlier.value))


def day_a_year_before(day: date) -> date:
    """The same date a year before; 28 February for the 29th."""
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def _day_before(row: PeriodRow, by_key: Mapping[str, PeriodRow]) -> PeriodRow | None:
    counterpart = day_a_year_before(row.first)
    days = (counterpart - timedelta(days=back) for back in range(FALL_BACK_DAYS + 1))
    found = (by_key.get(day.isoformat()) for day in days)
    return next((earlier for earlier in found if earlier is not None and earlier.value is not None), None)


def _week_before(row: PeriodRow, by_key: Mapping[str, PeriodRow]) -> PeriodRow | None:
    """The same ISO week a year before; the last one for week 53 of a year after one without."""
    year, week, _ = row.first.isocalendar()
    most = date(year - 1, 12, 28).isocalendar().week
    return by_key.get(_week_key(year - 1, min(week, most)))


def _month_before(row: PeriodRow, by_key: Mapping[str, PeriodRow]) -> PeriodRow | None:
    return by_key.get(f"{row.first.year - 1}-{row.first:%m}")


_YEAR_BEFORE: Mapping[Period, Callable[[PeriodRow, Mapping[str, PeriodRow]], PeriodRow | None]] = {
    Period.DAY: _day_before,
    Period.WEEK: _week_before,
    Period.MONTH: _month_before,
}
