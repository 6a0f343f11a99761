"""Charts fold; day statistics know yesterday's close."""

from datetime import UTC, date, datetime

import pytest

from exchange.trading.bars import bars, day_statistics
from exchange.trading.models import Bar

pytestmark = pytest.mark.django_db

FUJI = 1


def second(day: int, hour: int = 0, minute: int = 0, *, month: int = 11) -> int:
    """Shanghai wall clock of 2026 as epoch second."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp()) - 8 * 3600


def bar(period: str, start_s: int, open_: int, high: int, low: int, close: int, kg: int = 1000) -> None:
    Bar.objects.create(
        product_number=FUJI,
        period=period,
        start_s=start_s,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume_kg=kg,
        turnover_fen=kg * close,
        trades=1,
    )


def test_minutes_fold_into_five():
    bar("m", second(20, 9, 31), 720, 725, 719, 722)
    bar("m", second(20, 9, 34), 722, 730, 721, 728)
    bar("m", second(20, 9, 35), 728, 729, 700, 701)
    first, last = bars(FUJI, "5m")
    assert first[:5] == (second(20, 9, 30), 720, 730, 719, 728)
    assert (first.volume_kg, first.trades) == (2_000, 2)
    assert last.start_s == second(20, 9, 35)


def test_only_whole_bars_are_given_when_there_are_more_than_asked_for():
    for minute in range(30):
        bar("m", second(20, 10, minute), 700 + minute, 700 + minute, 700 + minute, 700 + minute)
    newest = bars(FUJI, "5m", limit=3)
    assert [each.start_s for each in newest] == [second(20, 10, minute) for minute in (15, 20, 25)]
    assert [each.trades for each in newest] == [5, 5, 5]
    earlier = bars(FUJI, "5m", limit=2, before_s=newest[0].start_s)
    assert [each.start_s for each in earlier] == [second(20, 10, minute) for minute in (5, 10)]


def test_weeks_begin_on_monday_and_months_on_the_first_in_shanghai():
    for day in (16, 20, 23, 30):
        bar("d", second(day), 700, 740, 690, 700 + day)
    bar("d", second(1, month=12), 700, 710, 690, 705)
    assert [(each.start_s, each.close) for each in bars(FUJI, "1w")] == [
        (second(16), 720),
        (second(23), 723),
        (second(30), 705),
    ]
    assert [(each.start_s, each.trades) for each in bars(FUJI, "1M")] == [
        (second(1), 4),
        (second(1, month=12), 1),
    ]


def test_a_product_without_trades_has_no_bars():
    assert bars(99, "1m") == []


def test_day_statistics_tell_the_day_and_the_close_before_it():
    bar("d", second(18), 700, 710, 690, 705)
    bar("d", second(20), 706, 730, 700, 725, kg=5_000)
    today = day_statistics(date(2026, 11, 20))[FUJI]
    assert (today.open, today.high, today.low, today.last, today.previous_close) == (706, 730, 700, 725, 705)
    assert (today.volume_kg, today.turnover_fen, today.trades) == (5_000, 5_000 * 725, 1)


def test_a_day_without_trades_still_knows_the_last_close():
    bar("d", second(18), 700, 710, 690, 705)
    quiet = day_statistics(date(2026, 11, 19), [FUJI, 2])
    assert list(quiet) == [FUJI]
    assert (quiet[FUJI].last, quiet[FUJI].volume_kg, quiet[FUJI].previous_close) == (None, 0, 705)
    assert day_statistics(date(2026, 11, 17)) == {}


def test_statistics_of_all_products_cost_two_queries(django_assert_num_queries):
    for product_number in range(1, 30):
        Bar.objects.create(
            product_number=product_number,
            period="d",
            start_s=second(20),
            open=700,
            high=700,
            low=700,
            close=700,
            volume_kg=1,
            turnover_fen=700,
            trades=1,
        )
    with django_assert_num_queries(2):
        assert len(day_statistics(date(2026, 11, 20))) == 29
