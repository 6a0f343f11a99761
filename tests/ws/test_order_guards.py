"""Cancel-after and cancel on disconnect at a running exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from tests.exchange_process import ExchangeProcess
from tests.ws.live import Connect, Socket, Trader, order

CANCEL_AFTER = "/api/v1/orders/cancel-after"
GUARDED = "?cancel_on_disconnect=true"


@asynccontextmanager
async def guarded(exchange: ExchangeProcess, trader: Trader | None, options: str) -> AsyncIterator[Socket]:
    address = exchange.url.replace("http", "ws", 1) + "/ws/v1" + options
    async with websockets.connect(address, additional_headers=trader.headers if trader else {}) as made:
        yield Socket(made, [])


async def rest(socket: Socket, product: dict[str, Any]) -> int:
    told = await socket.ask({"op": "order.place", **order(product)})
    assert told["data"]["status"] == "open"
    return int(told["data"]["order_id"])


async def cancelled_orders(watcher: Socket, by: str) -> set[int]:
    told = await watcher.next(lambda each: each.get("data", {}).get("cancelled_by") == by)
    assert all(each["reason"] == "by_owner" for each in told["data"]["orders"])
    return {each["order_id"] for each in told["data"]["orders"]}


async def test_a_switch_that_lapses_cancels_everything_of_the_account(
    live_exchange: ExchangeProcess, connect: Connect, other_dealer: Trader, product: dict[str, Any]
) -> None:
    headers = other_dealer.headers
    async with (
        connect(other_dealer) as socket,
        httpx.AsyncClient(base_url=live_exchange.url, headers=headers) as client,
    ):
        await socket.ask({"op": "subscribe", "channel": "account"})
        order_ids = {await rest(socket, product), await rest(socket, product)}
        armed = await client.post(CANCEL_AFTER, json={"timeout_ms": 600_000})
        assert armed.json()["timeout_ms"] == 600_000
        at = (await client.get(CANCEL_AFTER)).json()["cancels_at"]
        assert at == armed.json()["cancels_at"]
        told = await socket.ask({"op": "orders.cancel_after", "timeout_ms": 1_000})
        assert told["data"]["cancels_at"] < at
        assert order_ids <= await cancelled_orders(socket, "cancel_after")
        assert (await client.get(CANCEL_AFTER)).json() == {"cancels_at": None}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timeout_ms": 999}, "bad_timeout_ms"),
        ({"timeout_ms": 600_001}, "bad_timeout_ms"),
        ({"timeout_ms": "1000"}, "bad_timeout_ms"),
        ({}, "missing_field"),
        ({"timeout_ms": 1_000, "product": "X"}, "unknown_field"),
    ],
)
def test_a_wrong_timeout_arms_nothing(
    client: httpx.Client, other_dealer: Trader, body: dict[str, Any], code: str
) -> None:
    answer = client.post(CANCEL_AFTER, json=body, headers=other_dealer.headers)
    assert answer.json()["code"] == code
    assert client.get(CANCEL_AFTER, headers=other_dealer.headers).json() == {"cancels_at": None}


async def test_the_last_guarded_socket_takes_the_orders_with_it(
    live_exchange: ExchangeProcess, connect: Connect, other_dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(other_dealer) as watcher:
        await watcher.ask({"op": "subscribe", "channel": "account"})
        async with guarded(live_exchange, other_dealer, GUARDED) as first:
            told = await first.next(lambda each: each["type"] == "guarded")
            assert told["cancel_on_disconnect"] is True
            order_id = await rest(first, product)
            async with guarded(live_exchange, other_dealer, GUARDED) as second:
                await second.next(lambda each: each["type"] == "guarded")
            again = await watcher.ask({"op": "order.replace", "order_id": order_id, **_same(product)})
            assert again["type"] == "ack", "closing one of two sockets cancels nothing"
        assert order_id in await cancelled_orders(watcher, "disconnect")


def _same(product: dict[str, Any]) -> dict[str, Any]:
    return {"price": product["low_price"], "quantity_kg": product["min_kg"]}


async def test_a_guarded_socket_whose_client_is_silent_is_closed_and_cancels(
    live_exchange: ExchangeProcess, connect: Connect, other_dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(other_dealer) as watcher:
        await watcher.ask({"op": "subscribe", "channel": "account"})
        async with guarded(live_exchange, other_dealer, GUARDED + "&heartbeat_ms=1000") as socket:
            order_id = await rest(socket, product)
            assert order_id in await cancelled_orders(watcher, "disconnect")
            async with asyncio.timeout(10):
                await socket.connection.wait_closed()
            assert socket.connection.close_code == 4014


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("?cancel_on_disconect=true", "bad_parameter"),
        ("?cancel_on_disconnect=yes", "bad_parameter"),
        ("?heartbeat_ms=5000", "bad_heartbeat_ms"),
        (GUARDED + "&heartbeat_ms=999", "bad_heartbeat_ms"),
    ],
)
async def test_wrong_options_open_no_socket(
    live_exchange: ExchangeProcess, other_dealer: Trader, options: str, code: str
) -> None:
    async with guarded(live_exchange, other_dealer, options) as socket:
        assert (await socket.next(lambda told: told["type"] == "error"))["code"] == code


async def test_the_public_guards_nothing(live_exchange: ExchangeProcess) -> None:
    async with guarded(live_exchange, None, GUARDED) as socket:
        assert (await socket.next(lambda told: told["type"] == "error"))["code"] == "not_authenticated"
