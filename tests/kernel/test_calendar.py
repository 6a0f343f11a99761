"""Time in Xianyang and the trading calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import calendar

FROM_1992 = st.integers(694_300_000 * 10**9, 4_000_000_000 * 10**9)


@given(FROM_1992)
def test_the_trading_day_is_the_date_in_shanghai(at_ns: int) -> None:
    moment = datetime.fromtimestamp(at_ns // 10**9, tz=calendar.TIMEZONE)
    assert calendar.trading_day(at_ns) == moment.date()


@given(FROM_1992)
def test_a_day_holds_its_instants(at_ns: int) -> None:
    start, end = calendar.day_bounds_ns(calendar.trading_day(at_ns))
    assert start <= at_ns < end


@given(st.datetimes(datetime(1992, 1, 2), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_a_moment_and_its_nanoseconds_are_the_same(moment: datetime) -> None:
    assert calendar.datetime_of(calendar.ns_of(moment)) == moment


def test_times_are_shown_with_milliseconds_and_the_offset() -> None:
    assert calendar.format_time(1_795_406_400_123_999_999) == "2026-11-23T12:00:00.123+08:00"


@pytest.mark.parametrize(
    ("day", "trades"),
    [
        (date(2026, 11, 20), True),  # Friday
        (date(2026, 11, 21), True),  # Saturday in the harvest
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 12, 5), False),  # Saturday after it
        (date(2026, 10, 3), False),  # Saturday in the harvest, National Day
        (date(2026, 2, 17), False),  # Spring Festival
        (date(2026, 2, 24), True),
    ],
)
def test_the_exchange_trades_on_working_days_and_harvest_saturdays(day: date, trades: bool) -> None:
    assert calendar.is_trading_day(day) is trades


def test_trading_days_skip_the_holidays() -> None:
    assert calendar.add_trading_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert calendar.previous_trading_day(date(2026, 10, 8)) == date(2026, 9, 30)
    assert calendar.add_trading_days(date(2026, 11, 22), 0) == date(2026, 11, 22)


@given(st.dates(date(2025, 1, 1), date(2026, 12, 1)), st.integers(1, 20))
def test_adding_trading_days_counts_them(day: date, count: int) -> None:
    last = calendar.add_trading_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert sum(map(calendar.is_trading_day, between)) == count
    assert calendar.is_trading_day(last)


@pytest.mark.parametrize(
    ("clock", "open_"),
    [("08:59", False), ("09:00", True), ("11:29", True), ("11:30", False), ("13:30", True), ("16:00", False)],
)
def test_sessions_begin_and_end_on_the_minute(clock: str, open_: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-20T{clock}:00+08:00")
    assert calendar.in_session(calendar.ns_of(moment)) is open_


def test_now_is_today() -> None:
    assert calendar.today() in (calendar.now().date(), (calendar.now() - timedelta(seconds=5)).date())
