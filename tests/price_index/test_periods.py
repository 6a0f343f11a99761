"""Weeks, months and comparisons of published days."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.price_index.periods import Period, PeriodRow, day_a_year_before, rows_of
from exchange.price_index.series_types import DayPoint, Figures

TODAY = date(2028, 3, 1)


def point(day: date, value: int | None, *, revised: bool = False, kg: int = 0, price: int = 0) -> DayPoint:
    """A day; with kilograms it has one trade at a price in thousandths of a fen."""
    return DayPoint(day, value, revised, Figures(1, kg, kg * price) if kg else Figures())


def by_key(points: list[DayPoint], period: Period, today: date = TODAY) -> dict[str, PeriodRow]:
    return {row.key: row for row in rows_of(points, period, today=today)}


def test_a_week_is_the_mean_of_its_days_rounded_once() -> None:
    monday = date(2026, 12, 7)
    points = [
        point(monday, 100_000, kg=1_000, price=600_000),
        point(monday + timedelta(days=1), 100_001, kg=3_000, price=620_000),
        point(monday + timedelta(days=2), None),
        point(monday + timedelta(days=4), 100_000, revised=True),
        point(monday + timedelta(days=7), 103_000),
    ]

    weeks = by_key(points, Period.WEEK, today=monday + timedelta(days=14))

    week, after = weeks["2026-W50"], weeks["2026-W51"]
    # 300,001 / 3 = 100,000.33; 2,460,000 fen/kg x 1000 over 4 t = 6.15 yuan.
    assert (week.value, week.days, week.high, week.low) == (100_000, 3, 100_001, 100_000)
    assert (week.figures.trades, week.figures.volume_kg, week.figures.mean_milli) == (2, 4_000, 615_000)
    assert (week.first, week.last, week.revised, week.before) == (monday, date(2026, 12, 13), True, None)
    assert after.before is not None
    assert (after.before.key, after.before.change_bps, after.revised) == ("2026-W50", 300, False)


def test_a_week_is_published_on_the_monday_after_and_a_month_on_the_first() -> None:
    points = [point(date(2026, 11, 27), 100_000), point(date(2026, 11, 30), 101_000)]

    sunday, monday, first = date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 1)
    assert list(by_key(points, Period.WEEK, today=sunday)) == []
    assert list(by_key(points, Period.WEEK, today=monday)) == ["2026-W48"]
    assert list(by_key(points, Period.MONTH, today=monday)) == []
    assert by_key(points, Period.MONTH, today=first)["2026-11"].value == 100_500


def test_a_year_before_a_day_says_which_day_it_took() -> None:
    points = [
        point(date(2026, 9, 30), 100_000),
        point(date(2027, 10, 7), 110_000),
        point(date(2027, 10, 11), 120_000),
    ]

    days = by_key(points, Period.DAY)

    against = days["2027-10-07"].year_before
    assert against is not None
    assert (against.key, against.change_bps) == ("2026-09-30", 1_000)
    # 2026-10-11 lies eleven days after the last value: nothing to compare with.
    assert days["2027-10-11"].year_before is None
    assert day_a_year_before(date(2028, 2, 29)) == date(2027, 2, 28)


def test_weeks_and_months_compare_with_their_own_number_a_year_before() -> None:
    points = [
        point(date(2025, 12, 24), 90_000),
        point(date(2026, 12, 28), 99_000),  # W53, after a year of 52 weeks
        point(date(2025, 2, 10), 80_000),
        point(date(2026, 2, 10), 100_000),
    ]

    weeks, months = by_key(points, Period.WEEK), by_key(points, Period.MONTH)

    week, month = weeks["2026-W53"].year_before, months["2026-02"].year_before
    assert week is not None
    assert (week.key, week.change_bps) == ("2025-W52", 1_000)
    assert month is not None
    assert (month.key, month.change_bps) == ("2025-02", 2_500)
    assert months["2026-12"].year_before is not None


days_of_values = st.dictionaries(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.none() | st.integers(1, 10**7), max_size=60
)


@settings(max_examples=30)
@given(days_of_values)
def test_every_day_is_in_one_week_and_one_month(values: dict[date, int | None]) -> None:
    points = [point(day, value, kg=day.day, price=600_000) for day, value in values.items()]
    with_value = [day for day, value in values.items() if value is not None]

    for period in Period:
        rows = rows_of(points, period, today=TODAY)
        assert sum(row.days for row in rows) == len(with_value)
        assert sum(row.figures.volume_kg for row in rows) == sum(day.day for day in values)
        for row in rows:
            assert (row.value is None) == (row.days == 0)
            if row.value is not None and row.high is not None and row.low is not None:
                assert row.low <= row.value <= row.high
