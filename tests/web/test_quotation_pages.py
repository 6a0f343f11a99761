"""The quotations' page, file and API say the same, and nothing that the rule keeps back."""

import csv
import io
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from exchange.bulletin.quotation_selectors import latest_day
from exchange.kernel.calendar import previous_trading_day
from matching.types import Side
from tests.price_index.days import order, trade
from tests.trading.exchange_in_tables import TableExchange

pytestmark = pytest.mark.django_db

PAGE, FILE, API = "/quotations/", "/quotations/quotations.csv", "/api/v1/quotations"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def quoted(market: TableExchange) -> TableExchange:
    """Two days of the first product, one private trade of the second, an offer of the first."""
    first, second = market.products
    for day, price in ((previous_trading_day(latest_day()), 700), (latest_day(), 735)):
        for buyer, seller in zip(market.dealers, market.growers, strict=True):
            for _ in range(2):
                trade(day, first.number, price, buyer=buyer, seller=seller)
    trade(latest_day(), second.number, 4_321, 7_000, buyer=market.dealers[0], seller=market.growers[0])
    order(latest_day(), first.number, Side.SELL, 741)
    return market


def test_page_file_and_api_agree(quoted: TableExchange) -> None:
    client, (first, second) = Client(), quoted.products
    html = client.get(PAGE).content.decode()
    for shown in (
        "3.675",
        "7.35",
        "0.35",
        "(+5.00%)",
        "7.41",
        "无可公布的成交",
        "至少 3 笔成交",
        'points="3,29 117,3"',
    ):
        assert shown in html, shown
    rows = list(csv.DictReader(io.StringIO(client.get(FILE).content.decode("utf-8-sig"))))
    by_code = {row["品种代码"]: row for row in rows}
    assert (by_code[first.code]["均价 元/公斤"], by_code[first.code]["成交 公斤"]) == ("7.35", "8000")
    assert by_code[second.code]["均价 元/公斤"] == ""
    answer = client.get(API).json()
    items = {row["product"]: row for row in answer["items"]}
    assert answer["day"] == latest_day().isoformat()
    assert (items[first.code]["mean"], items[first.code]["change"], items[first.code]["trades"]) == (
        "7.35",
        "0.35",
        4,
    )
    assert items[first.code]["best_ask"] == {"price": "7.41", "quantity_kg": 2_000}
    assert items[second.code]["mean"] is None
    for page in (PAGE, FILE, API):
        assert "43.21" not in client.get(page).content.decode(), "one pair's only trade"


def test_days_and_filters(quoted: TableExchange) -> None:
    client, (first, second) = Client(), quoted.products
    earlier = previous_trading_day(latest_day())
    html = client.get(f"{PAGE}?day={earlier}").content.decode()
    assert "7.00" in html
    assert "现在最低卖价" not in html
    assert f'data-product="{second.code}"' not in client.get(f"{PAGE}?product={first.code}").content.decode()
    assert "没有符合条件的品种" in client.get(f"{PAGE}?county=无此县").content.decode()
    for wrong in ("明天", "9999-01-01", "0001-01-01"):
        assert f"<h2>{latest_day()}" in client.get(PAGE, {"day": wrong}).content.decode()
    assert client.get(f"{API}?day=9999-01-01").json()["code"] == "bad_parameter"
    assert client.get(f"{API}?product={first.code}&county=%00").json()["code"] == "bad_parameter"


def test_an_empty_market_says_so() -> None:
    assert "还没有行情" in Client().get(PAGE).content.decode()
