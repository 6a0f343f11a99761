"""Test orders at a running exchange: the answer of the floor, and nothing else."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.api.test_orders_http import cancel, place, refused
from tests.ws.live import Connect, Trader, order

TEST = "/api/v1/orders/test"


def funds(client: httpx.Client, trader: Trader) -> Any:
    return client.get("/api/v1/funds", headers=trader.headers).json()


def test_a_test_order_says_what_it_would_hold_and_changes_nothing(
    client: httpx.Client, dealer: Trader, product: dict[str, Any]
) -> None:
    before, body = funds(client, dealer), order(product)
    answer = client.post(TEST, json=body, headers=dealer.headers)

    assert answer.status_code == 200
    assert "X-RateLimit-Remaining" in answer.headers
    tried = answer.json()
    assert (tried["sent"], tried["outcome"], tried["client_order_id_used"]) == (False, "rests", False)
    assert tried["note"]["en"].startswith("A test only")
    assert tried["hold"] == {"funds": tried["worst"]["total"], "goods_kg": None}
    assert (tried["rest_kg"], tried["rest_price"]) == (body["quantity_kg"], body["price"])
    assert tried["at_once"]["quantity_kg"] == 0
    assert funds(client, dealer) == before

    placed = place(client, dealer, body).json()
    assert funds(client, dealer)["held"] != before["held"]
    assert client.post(TEST, json=body, headers=dealer.headers).json()["client_order_id_used"] is True
    cancel(client, dealer, placed["order_id"])


def test_a_test_order_that_would_trade_says_at_which_price_and_whom_it_meets(
    client: httpx.Client, dealer: Trader, grower: Trader, product: dict[str, Any]
) -> None:
    kg, address = product["min_kg"], f"/api/v1/products/{product['code']}/book"
    bids = client.get(address).json()["bids"]
    best_bid = Decimal(bids[0][0] if bids else product["low_price"])
    price = str(max(best_bid + Decimal(product["tick"]), Decimal(product["reference_price"])))
    offer = place(client, grower, order(product, side="sell", price=price)).json()
    bid = order(product, price=product["high_price"], time_in_force="ioc")
    try:
        tried = client.post(TEST, json=bid, headers=dealer.headers).json()
    finally:
        cancel(client, grower, offer["order_id"])
    assert (tried["outcome"], tried["best_price"]) == ("trades", price)
    assert (tried["at_once"]["quantity_kg"], tried["rest_kg"]) == (kg, 0)
    assert Decimal(tried["at_once"]["money"]["amount"]) == kg * Decimal(price)
    assert Decimal(tried["at_once"]["money"]["total"]) < Decimal(tried["worst"]["total"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"price": "99.99"}, 422, "price_band"),
        ({"quantity_kg": 1}, 422, "bad_quantity"),
        ({"quantity_kg": 900_000_000}, 409, "insufficient_funds"),
        ({"product": "NONE"}, 404, "unknown_product"),
        ({"post_only": True, "time_in_force": "ioc"}, 422, "order_terms_conflict"),
        ({"tes": 1}, 400, "unknown_field"),
    ],
)
def test_a_test_order_is_refused_like_the_order(
    client: httpx.Client,
    dealer: Trader,
    product: dict[str, Any],
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    body = order(product, **change)
    refused(client.post(TEST, json=body, headers=dealer.headers), status, code)
    refused(place(client, dealer, body), status, code)


def test_nobody_tests_without_a_key(client: httpx.Client, product: dict[str, Any]) -> None:
    refused(client.post(TEST, json=order(product)), 401, "not_authenticated")


async def test_a_test_order_over_the_socket(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as socket:
        told = await socket.ask({"op": "order.test", **order(product)})
        assert (told["type"], told["data"]["sent"], told["data"]["outcome"]) == ("ack", False, "rests")
        told = await socket.ask({"op": "order.test", **order(product, price="99.99")})
        assert (told["type"], told["code"]) == ("error", "price_band")
