"""Today's value so far: the same method, never stored, gone when the day's value is out."""

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.price_index import selectors, services
from exchange.price_index.indicative import KEY, IndicativeRow, indicative
from exchange.price_index.models import IndexValue
from exchange.price_index.types import HEADLINE
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, an_index, liquid, trade

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


def test_an_exchange_without_an_index_has_none() -> None:
    assert indicative(None, "NOTHING") is None


def test_board_index_page_and_api_show_it_and_say_what_it_is(client: Client) -> None:
    liquid(MONDAY, 1, 660)

    for address in ("/", "/index/", "/index/now/", "/index/indicative/"):
        page = client.get(address).content.decode()
        assert "盘中参考" in page, address
        assert "1,060.00" in page, address

    assert client.get("/api/v1/index/indicative").json()["item"]["value"] == "1060.00"
    services.publish(MONDAY, actor=Actor("index"))
    assert "盘中参考" not in client.get("/index/now/").content.decode()
    assert client.get("/api/v1/index/indicative").json() == {"item": None}
    assert FRIDAY.isoformat() not in client.get("/index/").content.decode()
