"""Today's value so far: the same method, never stored, gone when the day's value is out."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.cache import cache

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.price_index import selectors, services
from exchange.price_index.indicative import KEY, IndicativeRow, indicative
from exchange.price_index.models import IndexValue
from exchange.price_index.types import HEADLINE
from tests.price_index.days import MONDAY, TUESDAY, an_index, liquid, trade

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    an_index()
    it_is(MONDAY, monkeypatch)


def it_is(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "today", lambda: day)


def ask_again() -> None:
    """As after a minute."""
    cache.delete(f"{KEY.format(index=HEADLINE, day=calendar.today())}:fresh")


def so_far() -> IndicativeRow | None:
    return indicative(selectors.latest())


def test_it_is_what_would_be_published_now_and_nothing_is_stored() -> None:
    liquid(MONDAY, 1, 660)

    found = so_far()

    assert found is not None
    assert (found.day, found.value, found.previous, found.change_bps) == (MONDAY, 106_000, 100_000, 600)
    assert not IndexValue.objects.exists()
    assert services.compute(MONDAY).value == found.value


def test_it_is_kept_for_a_minute_and_then_reckoned_again() -> None:
    liquid(MONDAY, 1, 660)
    first = so_far()
    liquid(MONDAY, 2, 495)

    assert so_far() == first
    ask_again()
    second = so_far()
    assert first is not None
    assert second is not None
    assert second.value > first.value


def test_there_is_none_before_the_first_sign_of_today_nor_with_too_little() -> None:
    assert so_far() is None
    trade(MONDAY, 1, 660)
    ask_again()
    assert so_far() is None


def test_it_ends_with_the_value_of_the_day_and_the_next_is_held_against_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    liquid(MONDAY, 1, 660)
    assert so_far() is not None
    services.publish(MONDAY, actor=Actor("index"))
    assert so_far() is None

    it_is(TUESDAY, monkeypatch)
    liquid(TUESDAY, 1, 600)
    found = so_far()
    assert found is not None
    assert (found.value, found.previous) == (100_000, 106_000)


def test_a_window_of_the_days_before_is_no_sign_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    liquid(MONDAY, 1, 660)
    services.publish(MONDAY, actor=Actor("index"))
    it_is(TUESDAY, monkeypatch)

    assert so_far() is None


def test_a_day_without_a_number_leaves_the_one_before_to_be_held_against(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    liquid(MONDAY, 1, 660)
    services.publish(MONDAY, actor=Actor("index"))
    it_is(TUESDAY, monkeypatch)
    liquid(TUESDAY, 1, 600)
    last = selectors.latest()
    assert last is not None

    found = indicative(replace(last, value=None, previous=106_000))
    assert found is not None
    assert (found.value, found.previous) == (100_000, 106_000)


def test_nobody_reckons_beside_the_one_who_does() -> None:
    liquid(MONDAY, 1, 660)
    cache.add(f"{KEY.format(index=HEADLINE, day=MONDAY)}:fresh", True, 60)

    assert so_far() is None


def test_an_exchange_without_an_index_has_none() -> None:
    assert indicative(None, "NOTHING") is None
