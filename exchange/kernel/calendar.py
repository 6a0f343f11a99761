"""Time at the exchange: the clock, the trading day, the calendar.

A trading day is a date in Asia/Shanghai. The exchange trades Monday to Friday, in the harvest months
September to November on Saturday too, and never on the public holidays the State Council announces.

Holidays are known by year: those built in, and those two people approved (``trading_calendar``), which a
process learns when it starts and once a minute. Nothing here reads the tables.
"""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

TIMEZONE = ZoneInfo("Asia/Shanghai")

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_DAY = 86_400 * NS_PER_S

SESSIONS = ((time_of_day(9, 0), time_of_day(11, 30)), (time_of_day(13, 30), time_of_day(16, 0)))
"""Hours of continuous trading on a trading day, Asia/Shanghai."""

HARVEST_MONTHS = frozenset({9, 10, 11})
"""Months in which Saturday is a trading day."""

_SHANGHAI_OFFSET_NS = 8 * 3_600 * NS_PER_S
"""China has had one time, UTC+8 without summer time, since 1991-09-15."""

_FIRST_FIXED_OFFSET_NS = int(datetime(1992, 1, 1, tzinfo=UTC).timestamp()) * NS_PER_S
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def _days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))


HOLIDAYS: frozenset[date] = frozenset().union(
    _days(date(2025, 1, 1), date(2025, 1, 1)),
    _days(date(2025, 1, 28), date(2025, 2, 4)),
    _days(date(2025, 4, 4), date(2025, 4, 6)),
    _days(date(2025, 5, 1), date(2025, 5, 5)),
    _days(date(2025, 5, 31), date(2025, 6, 2)),
    _days(date(2025, 10, 1), date(2025, 10, 8)),
    _days(date(2026, 1, 1), date(2026, 1, 3)),
    _days(date(2026, 2, 15), date(2026, 2, 23)),
    _days(date(2026, 4, 4), date(2026, 4, 6)),
    _days(date(2026, 5, 1), date(2026, 5, 5)),
    _days(date(2026, 6, 19), date(2026, 6, 21)),
    _days(date(2026, 9, 25), date(2026, 9, 27)),
    _days(date(2026, 10, 1), date(2026, 10, 7)),
)
"""Public holidays of 2025 and 2026; later years are approved when they are announced, each November."""

BUILT_IN_YEARS = frozenset(day.year for day in HOLIDAYS)
_BUILT_IN = {year: frozenset(day for day in HOLIDAYS if day.year == year) for year in BUILT_IN_YEARS}
GAP_DAYS = 31
"""How long before its first day an unknown year is warned of."""

_learned: dict[int, frozenset[date]] = {}
"""Approved holidays by year; they go before those built in. Replaced as a whole, never changed in place."""


def learn(years: Mapping[int, frozenset[date]]) -> None:
    """The approved holidays of all years, as the tables have them now."""
    global _learned  # noqa: PLW0603 -- one calendar in a process, swapped in one step for its threads
    _learned = dict(years)


def holidays_of(year: int) -> frozenset[date]:
    """Public holidays of a year; none of a year that nobody has told us of."""
    learned = _learned.get(year)
    return _BUILT_IN.get(year, frozenset()) if learned is None else learned


def unknown_year(day: date) -> int | None:
    """The first year whose holidays are unknown, of those that are here within GAP_DAYS of a day."""
    years = (day.year, (day + timedelta(days=GAP_DAYS)).year)
    return next((year for year in years if year not in BUILT_IN_YEARS and year not in _learned), None)


def now_ns() -> int:
    """The wall clock in epoch nanoseconds."""
    return time.time_ns()


def now() -> datetime:
    """The wall clock as an aware datetime in Asia/Shanghai."""
    return datetime.now(tz=TIMEZONE)


def trading_day(at_ns: int) -> date:
    """The date in Asia/Shanghai at an instant in epoch nanoseconds (from 1992 on: UTC+8)."""
    assert at_ns >= _FIRST_FIXED_OFFSET_NS
    return date.fromordinal(_EPOCH_ORDINAL + (at_ns + _SHANGHAI_OFFSET_NS) // NS_PER_DAY)


def day_number(day: date) -> int:
    """A date as the engine counts days: from 1970-01-01, which is 0."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of_number(number: int) -> date:
    """The date of an engine's day number."""
    return date.fromordinal(_EPOCH_ORDINAL + number)


def today() -> date:
    """The date in Asia/Shanghai now."""
    return trading_day(now_ns())


def day_bounds_ns(day: date) -> tuple[int, int]:
    """First instant of ``day`` in Asia/Shanghai and first instant of the next, in epoch nanoseconds."""
    start = (day.toordinal() - _EPOCH_ORDINAL) * NS_PER_DAY - _SHANGHAI_OFFSET_NS
    return start, start + NS_PER_DAY


def datetime_of(at_ns: int) -> datetime:
    """An instant in epoch nanoseconds as a datetime in Asia/Shanghai, cut to microseconds."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, tz=TIMEZONE).replace(
        microsecond=at_ns % NS_PER_S // 1_000
    )


def ns_of(moment: datetime) -> int:
    """An aware datetime in epoch nanoseconds, exact to the microsecond."""
    assert moment.tzinfo is not None
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NS_PER_S + moment.microsecond * 1_000


def format_time(at_ns: int) -> str:
    """RFC 3339 with milliseconds and +08:00, e.g. "2026-11-20T09:30:00.123+08:00"."""
    return datetime_of(at_ns).isoformat(timespec="milliseconds")


def is_trading_day(day: date) -> bool:
    """Whether the exchange trades on ``day``."""
    return usual_trading_day(day) and day not in holidays_of(day.year)


def usual_trading_day(day: date) -> bool:
    """Whether the exchange trades on such a day of the week and month, holidays apart."""
    weekday = day.isoweekday()
    return weekday <= 5 or (weekday == 6 and day.month in HARVEST_MONTHS)


def add_trading_days(day: date, count: int) -> date:
    """The ``count``-th trading day after ``day`` (0 = ``day`` itself, trading day or not)."""
    assert count >= 0
    while count:
        day += timedelta(days=1)
        count -= is_trading_day(day)
    return day


def previous_trading_day(day: date) -> date:
    """The last trading day before ``day``."""
    day -= timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day


def in_session(at_ns: int) -> bool:
    """Whether an instant lies in the hours of continuous trading of a trading day."""
    moment = datetime_of(at_ns)
    clock = moment.time()
    return is_trading_day(moment.date()) and any(opens <= clock < closes for opens, closes in SESSIONS)
