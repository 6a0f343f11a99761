"""Orders over HTTP at a running exchange."""

import json
import socket
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.exchange_process import ExchangeProcess
from tests.ws.live import Trader, order

ORDERS = "/api/v1/orders"


def place(client: httpx.Client, trader: Trader, body: dict[str, Any]) -> httpx.Response:
    return client.post(ORDERS, json=body, headers=trader.headers)


def cancel(client: httpx.Client, trader: Trader, order_id: int) -> None:
    client.delete(f"{ORDERS}/{order_id}", headers=trader.headers)


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a refused request, which must be well formed."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = response.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["message"]["zh"]
    assert problem["message"]["en"]
    return problem


def test_an_order_is_placed_once_and_answered_again(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product)
    first = place(client, dealer, body)
    assert first.status_code == 201
    placed = first.json()
    assert placed["client_order_id"] == body["client_order_id"]
    assert (placed["status"], placed["filled_kg"], placed["remaining_kg"]) == ("open", 0, body["quantity_kg"])
    assert placed["order_id"] > 0
    assert placed["seq"] > 0
    again = place(client, dealer, body)
    assert again.status_code == 200
    assert again.json() == {**placed, "duplicate": True}
    cancel(client, dealer, placed["order_id"])


def test_a_refusal_is_answered_again_with_the_same_refusal(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product, price="99.99")
    assert refused(place(client, dealer, body), 422, "price_band")
    assert refused(place(client, dealer, body), 422, "price_band")


def test_a_member_reads_what_it_wrote(client: httpx.Client, dealer: Trader, product: dict[str, Any]) -> None:
    for _ in range(5):
        placed = place(client, dealer, order(product)).json()
        answer = client.get(f"{ORDERS}/{placed['order_id']}", headers=dealer.headers)
        assert answer.status_code == 200
        assert answer.json()["status"] == "open"
        cancel(client, dealer, placed["order_id"])
        row = client.get(f"{ORDERS}/{placed['order_id']}", headers=dealer.headers).json()
        assert (row["status"], row["reason"], row["remaining_kg"]) == ("cancelled", "by_owner", 0)


def test_an_ioc_order_that_finds_nothing_is_placed_and_cancelled(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    answer = place(client, dealer, order(product, time_in_force="ioc"))
    assert (answer.status_code, answer.json()["status"]) == (201, "cancelled")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_order_is_replaced(
    client: httpx.Client, dealer: Trader, product: dict[str, Any], method: str
) -> None:
    placed = place(client, dealer, order(product, quantity_kg=2 * product["min_kg"])).json()
    wanted = {"price": product["low_price"], "quantity_kg": product["min_kg"]}
    address = f"{ORDERS}/{placed['order_id']}"
    answer = client.request(method, address, json=wanted, headers=dealer.headers)
    assert (answer.status_code, answer.json()["remaining_kg"]) == (200, product["min_kg"])
    too_small = client.request(method, address, json={**wanted, "quantity_kg": 0}, headers=dealer.headers)
    refused(too_small, 422, "bad_quantity")
    cancel(client, dealer, placed["order_id"])
    gone = client.request(method, address, json=wanted, headers=dealer.headers)
    refused(gone, 404, "unknown_order")


def test_an_idempotency_key_makes_a_cancel_safe_to_repeat(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    order_id = place(client, dealer, order(product)).json()["order_id"]
    headers = {**dealer.headers, "Idempotency-Key": uuid.uuid4().hex}
    first = client.delete(f"{ORDERS}/{order_id}", headers=headers)
    again = client.delete(f"{ORDERS}/{order_id}", headers=headers)
    assert first.status_code == again.status_code == 200
    assert again.json()["seq"] == first.json()["seq"]
    refused(client.delete(f"{ORDERS}/{order_id}", headers=dealer.headers), 404, "unknown_order")
    bad = {**dealer.headers, "Idempotency-Key": "no good"}
    refused(client.delete(f"{ORDERS}/{order_id}", headers=bad), 422, "bad_client_order_id")


def test_an_idempotency_key_is_not_a_client_order_id(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product)
    placed = place(client, dealer, body).json()
    headers = {**dealer.headers, "Idempotency-Key": body["client_order_id"]}
    answer = client.delete(f"{ORDERS}/{placed['order_id']}", headers=headers)
    assert answer.json()["status"] == "cancelled"


def test_cancel_all(client: httpx.Client, other_dealer: Trader, product: dict[str, Any]) -> None:
    for _ in range(3):
        place(client, other_dealer, order(product))
    answer = client.delete(ORDERS, params={"product": product["code"]}, headers=other_dealer.headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    query = {"status": "open", "product": product["code"]}
    assert client.get(ORDERS, params=query, headers=other_dealer.headers).json()["items"] == []
    refused(
        client.delete(ORDERS, params={"product": "NO-SUCH"}, headers=other_dealer.headers),
        404,
        "unknown_product",
    )
    refused(client.delete(ORDERS, params={"colour": "x"}, headers=other_dealer.headers), 422, "bad_parameter")


def test_the_rate_is_told(client: httpx.Client, dealer: Trader, product: dict[str, Any]) -> None:
    answer = place(client, dealer, order(product, price="99.99"))
    limit, left = (int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining"))
    assert 0 < left <= limit


# What is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"product": "NO-SUCH"}, 404, "unknown_product"),
        ({"price": "99.99"}, 422, "price_band"),
        ({"price": "-6.20"}, 422, "bad_price"),
        ({"price": 6.2}, 422, "bad_price"),
        ({"price": "6.200000000000000000001"}, 422, "bad_price"),
        ({"price": "9" * 400}, 422, "bad_price"),
        ({"quantity_kg": 1}, 422, "bad_quantity"),
        ({"quantity_kg": -5}, 422, "bad_quantity"),
        ({"quantity_kg": 10**40}, 422, "bad_quantity"),
        ({"quantity_kg": 999_999_900}, 409, "insufficient_funds"),
        ({"side": "sell", "quantity_kg": 999_999_900}, 409, "insufficient_goods"),
        ({"client_order_id": ""}, 422, "bad_client_order_id"),
        ({"extra": 1}, 400, "unknown_field"),
    ],
)
def test_each_refusal_has_its_own_code(
    client: httpx.Client,
    dealer: Trader,
    product: dict[str, Any],
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    refused(place(client, dealer, order(product, **change)), status, code)


def test_a_missing_client_order_id_is_named(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    body = order(product)
    del body["client_order_id"]
    assert refused(place(client, dealer, body), 400, "missing_field")["facts"] == {"field": "client_order_id"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"price":NaN}', b"\x00"]
)
def test_what_is_not_json_is_told_so(client: httpx.Client, dealer: Trader, body: bytes) -> None:
    answer = client.post(ORDERS, content=body, headers=dealer.headers)
    refused(answer, 400, "malformed_json")


@pytest.mark.parametrize("size", [70_000, 10_000_000])
def test_a_large_body_is_refused(client: httpx.Client, dealer: Trader, size: int) -> None:
    refused(client.post(ORDERS, content=b"x" * size, headers=dealer.headers), 413, "body_too_large")


def test_a_large_body_in_pieces_is_refused(client: httpx.Client, dealer: Trader) -> None:
    pieces = (b"x" * 100_000 for _ in range(30))
    refused(client.post(ORDERS, content=pieces, headers=dealer.headers), 413, "body_too_large")


def test_an_endless_body_is_hung_up_on(live_exchange: ExchangeProcess, dealer: Trader) -> None:
    parts = urlsplit(live_exchange.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as peer:
        head = f"POST {ORDERS} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {dealer.key}\r\n"
        peer.sendall(f"{head}Content-Length: 100000000000\r\n\r\n".encode())
        with pytest.raises(ConnectionError):
            peer.sendall(b"x" * 200_000_000)


@pytest.mark.parametrize("order_id", ["abc", "1.5", "-1", "%00", "１"])
def test_an_order_number_is_a_number(client: httpx.Client, dealer: Trader, order_id: str) -> None:
    refused(client.delete(f"{ORDERS}/{order_id}", headers=dealer.headers), 422, "bad_parameter")


@pytest.mark.parametrize("order_id", [0, 2**63, 10**40, 2**62])
def test_an_order_that_cannot_be_is_unknown(client: httpx.Client, dealer: Trader, order_id: int) -> None:
    refused(client.delete(f"{ORDERS}/{order_id}", headers=dealer.headers), 404, "unknown_order")


def test_nobody_sees_or_touches_an_order_of_somebody_else(
    client: httpx.Client, dealer: Trader, other_dealer: Trader, product: dict[str, Any]
) -> None:
    order_id = place(client, dealer, order(product)).json()["order_id"]
    address = f"{ORDERS}/{order_id}"
    refused(client.delete(address, headers=other_dealer.headers), 404, "unknown_order")
    refused(client.get(address, headers=other_dealer.headers), 404, "not_found")
    cancel(client, dealer, order_id)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_who_shows_no_key_is_told_so(client: httpx.Client, headers: dict[str, str], method: str) -> None:
    answer = client.request(method, ORDERS, headers=headers)
    refused(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_client_chooses_the_language(client: httpx.Client) -> None:
    chinese = refused(client.post(ORDERS), 401, "not_authenticated")
    english = refused(
        client.post(ORDERS, headers={"Accept-Language": "en-GB,en;q=0.9"}), 401, "not_authenticated"
    )
    assert chinese["title"] == chinese["message"]["zh"]
    assert english["title"] == english["message"]["en"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_methods_are_not_taken(client: httpx.Client, dealer: Trader, method: str) -> None:
    answer = client.request(method, ORDERS, headers=dealer.headers)
    refused(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


# Cookies ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(live_exchange: ExchangeProcess) -> Iterator[httpx.Client]:
    """A browser in which a demo dealer logged in."""
    with httpx.Client(base_url=live_exchange.url, follow_redirects=True, timeout=20) as made:
        made.get("/accounts/login/")
        made.post(
            "/accounts/login/",
            data={
                "login": "d002",
                "password": "jinguo-demo-2026",
                "csrfmiddlewaretoken": made.cookies["csrftoken"],
            },
            headers={"Referer": live_exchange.url},
        )
        yield made


def test_a_page_of_ours_trades_with_its_cookie(
    browser: httpx.Client, live_exchange: ExchangeProcess, product: dict[str, Any]
) -> None:
    ours = {"Origin": live_exchange.url}
    answer = browser.post(ORDERS, json=order(product), headers=ours)
    assert answer.status_code == 201
    assert browser.delete(f"{ORDERS}/{answer.json()['order_id']}", headers=ours).status_code == 200
    assert browser.get(ORDERS).status_code == 200


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_somebody_else_does_not(
    browser: httpx.Client, product: dict[str, Any], origin: str | None
) -> None:
    headers = {"Origin": origin} if origin else {}
    refused(browser.post(ORDERS, json=order(product), headers=headers), 403, "not_permitted")
    refused(browser.post("/api/v1/deposits", json={"amount": "1.00"}, headers=headers), 403, "not_permitted")


def test_a_made_up_session_is_nobody(client: httpx.Client, live_exchange: ExchangeProcess) -> None:
    headers = {"Cookie": "sessionid=made-up", "Origin": live_exchange.url}
    refused(client.post(ORDERS, headers=headers), 401, "not_authenticated")


def test_errors_are_compact_json(client: httpx.Client) -> None:
    assert json.loads(client.post(ORDERS).content)["type"] == "urn:jinguo:problem:not_authenticated"
