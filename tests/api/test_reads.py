"""What the API lets people read, at a running exchange."""

import uuid
from typing import Any

import httpx
import pytest

from tests.api.test_orders_http import refused
from tests.ws.live import Trader, order

API = "/api/v1"
MEMBER_LISTS = (
    "orders",
    "orders/refused",
    "trades",
    "funds/lines",
    "funds/movements",
    "receipts",
    "contracts",
    "statements",
)


@pytest.fixture(scope="module")
def traded(client: httpx.Client, dealer: Trader, grower: Trader, product: dict[str, Any]) -> list[int]:
    """Numbers of three trades between the dealer and the grower, newest last."""
    price = product["reference_price"]
    orders = []
    for _ in range(3):
        sell = order(product, side="sell", price=price)
        client.post(f"{API}/orders", json=sell, headers=grower.headers).raise_for_status()
        buy = client.post(f"{API}/orders", json=order(product, price=price), headers=dealer.headers).json()
        assert buy["status"] == "filled"
        orders.append(buy["order_id"])
    trades = client.get(f"{API}/trades", headers=dealer.headers).json()["items"]
    by_order = {row["order_id"]: row["trade_id"] for row in trades}
    return [by_order[order_id] for order_id in orders]


def test_products_have_what_a_trader_needs(client: httpx.Client, product: dict[str, Any]) -> None:
    rows = client.get(f"{API}/products").json()["items"]
    assert len(rows) >= 10
    for row in rows:
        assert row["name"]["zh"]
        assert row["name"]["en"]
        assert float(row["low_price"]) < float(row["reference_price"]) < float(row["high_price"])
        assert row["min_kg"] % row["step_kg"] == 0
    assert client.get(f"{API}/products/{product['code']}").json() == product
    refused(client.get(f"{API}/products/NO-SUCH"), 404, "unknown_product")


def test_the_book_has_levels_best_first(
    client: httpx.Client, other_dealer: Trader, product: dict[str, Any]
) -> None:
    low = product["low_price"]
    higher = f"{float(low) + 0.01:.2f}"
    for price in (low, higher):
        client.post(f"{API}/orders", json=order(product, price=price), headers=other_dealer.headers)
    book = client.get(f"{API}/products/{product['code']}/book").json()
    prices = [float(level[0]) for level in book["bids"]]
    assert prices == sorted(prices, reverse=True)
    assert {low, higher} <= {level[0] for level in book["bids"]}
    one = client.get(f"{API}/products/{product['code']}/book", params={"levels": 1}).json()
    assert len(one["bids"]) == 1
    assert one["bids"][0] == book["bids"][0]
    client.delete(f"{API}/orders", headers=other_dealer.headers)


@pytest.mark.parametrize("levels", ["0", "-1", "1.5", "many", "1001", ""])
def test_levels_are_a_number_in_bounds(client: httpx.Client, product: dict[str, Any], levels: str) -> None:
    answer = client.get(f"{API}/products/{product['code']}/book", params={"levels": levels})
    assert refused(answer, 422, "bad_parameter")["facts"] == {"name": "levels"}


def test_a_trade_is_seen_from_every_side(
    client: httpx.Client, dealer: Trader, grower: Trader, product: dict[str, Any], traded: list[int]
) -> None:
    newest = traded[-1]
    tape = client.get(f"{API}/products/{product['code']}/trades").json()["items"]
    public = next(row for row in tape if row["trade_id"] == newest)
    assert set(public) == {"trade_id", "price", "quantity_kg", "side", "in_call", "traded_at"}
    for trader, side in ((dealer, "buy"), (grower, "sell")):
        rows = client.get(f"{API}/trades", headers=trader.headers).json()["items"]
        mine = next(row for row in rows if row["trade_id"] == newest)
        assert (mine["side"], mine["price"]) == (side, product["reference_price"])
        contract = client.get(f"{API}/contracts/{mine['contract_no']}", headers=trader.headers).json()
        assert (contract["trade_id"], contract["amount"]) == (newest, mine["amount"])
        assert (contract["buyer"]["code"], contract["seller"]["code"]) == (dealer.code, grower.code)
        assert contract["receipt_nos"]


def test_a_contract_is_for_its_parties_only(
    client: httpx.Client, dealer: Trader, other_dealer: Trader, traded: list[int]
) -> None:
    number = client.get(f"{API}/trades", headers=dealer.headers).json()["items"][0]["contract_no"]
    refused(client.get(f"{API}/contracts/{number}", headers=other_dealer.headers), 404, "not_found")
    refused(client.get(f"{API}/contracts/HT-none", headers=dealer.headers), 404, "not_found")


def test_the_ticker_and_the_bars_know_the_trades(
    client: httpx.Client, product: dict[str, Any], traded: list[int]
) -> None:
    figures = client.get(f"{API}/products/{product['code']}/ticker").json()
    assert figures["volume_kg"] >= 3 * product["min_kg"]
    for period in ("1m", "5m", "15m", "30m", "1h", "1d", "1w", "1M"):
        query = {"period": period}
        bars = client.get(f"{API}/products/{product['code']}/bars", params=query).json()["bars"]
        assert sum(bar["volume_kg"] for bar in bars) >= 3 * product["min_kg"]
        assert all(float(bar["low"]) <= float(bar["close"]) <= float(bar["high"]) for bar in bars)
    answer = client.get(f"{API}/products/{product['code']}/bars", params={"period": "2y"})
    refused(answer, 422, "bad_parameter")


def test_bought_goods_are_in_a_locked_receipt(
    client: httpx.Client, dealer: Trader, product: dict[str, Any], traded: list[int]
) -> None:
    query = {"product": product["code"]}
    rows = client.get(f"{API}/receipts", params=query, headers=dealer.headers).json()["items"]
    assert sum(row["kg"] for row in rows) >= 3 * product["min_kg"]
    assert all(row["locked_until"] and row["free_kg"] == 0 for row in rows)


def test_lists_are_paged_without_gap_or_repeat(
    client: httpx.Client, dealer: Trader, traded: list[int]
) -> None:
    everything = client.get(f"{API}/trades", params={"limit": 500}, headers=dealer.headers).json()
    pages, cursor = [], None
    while True:
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"{API}/trades", params=query, headers=dealer.headers).json()
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == everything["items"]
    assert everything["next_cursor"] is None


@pytest.mark.parametrize("path", MEMBER_LISTS)
def test_lists_refuse_what_is_no_cursor_or_limit(client: httpx.Client, dealer: Trader, path: str) -> None:
    for cursor in ("x", "-1", "1.5", "１"):
        answer = client.get(f"{API}/{path}", params={"cursor": cursor}, headers=dealer.headers)
        refused(answer, 422, "bad_cursor")
    for limit in ("0", "501", "x"):
        answer = client.get(f"{API}/{path}", params={"limit": limit}, headers=dealer.headers)
        refused(answer, 422, "bad_parameter")


@pytest.mark.parametrize("path", [*MEMBER_LISTS, "me", "funds", "orders/1", "contracts/1"])
def test_members_only(client: httpx.Client, path: str) -> None:
    refused(client.get(f"{API}/{path}"), 401, "not_authenticated")
    wrong = {"Authorization": "Bearer wrong"}
    refused(client.get(f"{API}/{path}", headers=wrong), 401, "not_authenticated")


def test_a_refused_order_is_kept_with_its_reason(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product, price="99.99")
    client.post(f"{API}/orders", json=body, headers=dealer.headers)
    rows = client.get(f"{API}/orders/refused", headers=dealer.headers).json()["items"]
    row = next(row for row in rows if row["client_order_id"] == body["client_order_id"])
    assert row["code"] == "price_band"


def test_orders_can_be_found_by_the_members_own_number(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product)
    placed = client.post(f"{API}/orders", json=body, headers=dealer.headers).json()
    query = {"client_order_id": body["client_order_id"]}
    (row,) = client.get(f"{API}/orders", params=query, headers=dealer.headers).json()["items"]
    assert row["order_id"] == placed["order_id"]
    assert (row["time_in_force"], row["type"], row["price"]) == ("day", "limit", body["price"])
    client.delete(f"{API}/orders/{placed['order_id']}", headers=dealer.headers)
    none = {"client_order_id": uuid.uuid4().hex}
    assert client.get(f"{API}/orders", params=none, headers=dealer.headers).json()["items"] == []


def test_funds_say_what_orders_hold(
    client: httpx.Client, other_dealer: Trader, product: dict[str, Any]
) -> None:
    before = client.get(f"{API}/funds", headers=other_dealer.headers).json()
    placed = client.post(f"{API}/orders", json=order(product), headers=other_dealer.headers).json()
    during = client.get(f"{API}/funds", headers=other_dealer.headers).json()
    assert float(during["held"]) > float(before["held"])
    assert round(float(during["held"]) + float(during["free"]), 2) == round(
        float(before["held"]) + float(before["free"]), 2
    )
    client.delete(f"{API}/orders/{placed['order_id']}", headers=other_dealer.headers)


def test_money_can_be_paid_in_and_out(client: httpx.Client, dealer: Trader) -> None:
    for path in ("deposits", "withdrawals"):
        answer = client.post(f"{API}/{path}", json={"amount": "12.34"}, headers=dealer.headers)
        assert answer.status_code == 201
        assert answer.json()["amount"] == "12.34"
    rows = client.get(f"{API}/funds/movements", headers=dealer.headers).json()["items"]
    assert {row["direction"] for row in rows[:2]} == {"deposit", "withdrawal"}


def test_the_index_is_public(client: httpx.Client) -> None:
    listed = client.get(f"{API}/index").json()
    for row in listed["items"]:
        day = client.get(f"{API}/index/{row['day']}").json()
        assert day["value"] == row
        assert day["cells"]
        assert day["evidence"]
    refused(client.get(f"{API}/index/1999-01-01"), 404, "no_index_value")
    refused(client.get(f"{API}/index/yesterday"), 422, "bad_parameter")
    refused(client.get(f"{API}/index", params={"cursor": "x"}), 422, "bad_cursor")


@pytest.mark.parametrize("amount", ["0", "-1", "1.234", "1e3", "x", "9" * 30])
def test_an_amount_is_money(client: httpx.Client, dealer: Trader, amount: str) -> None:
    answer = client.post(f"{API}/deposits", json={"amount": amount}, headers=dealer.headers)
    refused(answer, 422, "bad_amount")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"{}", 400, "missing_field"),
        (b'{"amount":1.5}', 422, "bad_parameter"),
        (b'{"amount":"1.00","to":"me"}', 400, "unknown_field"),
    ],
)
def test_a_bad_body_is_refused(
    client: httpx.Client, dealer: Trader, body: bytes, status: int, code: str
) -> None:
    refused(client.post(f"{API}/deposits", content=body, headers=dealer.headers), status, code)


def test_more_than_there_is_cannot_be_paid_out(client: httpx.Client, dealer: Trader) -> None:
    body = {"amount": "9999999999.99"}
    refused(client.post(f"{API}/withdrawals", json=body, headers=dealer.headers), 409, "insufficient_funds")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v2/products", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("POST", "/api/v1/products", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/trades", 405, "method_not_allowed"),
        ("GET", "/api/v1/orders/x", 422, "bad_parameter"),
        ("GET", "/api/v1/products/%00", 404, "unknown_product"),
    ],
)
def test_errors_of_django_are_problems_too(
    client: httpx.Client, dealer: Trader, method: str, path: str, status: int, code: str
) -> None:
    refused(client.request(method, path, headers=dealer.headers), status, code)


def test_a_wrong_host_is_a_problem_too(client: httpx.Client) -> None:
    refused(client.get(f"{API}/products", headers={"Host": "evil.example"}), 400, "malformed_json")


def test_there_is_a_page_for_people(client: httpx.Client) -> None:
    page = client.get(f"{API}/docs")
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://schema", "")
    for part in page.text.split('"'):
        if part.startswith("/static/ninja/") and part.endswith((".js", ".css")):
            assert client.get(part).status_code == 200
