"""The socket of a running exchange, as a client sees it."""

import asyncio
import contextlib
import json
import socket as sockets
import struct
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from tests.exchange_process import ExchangeProcess
from tests.ws.live import Connect, Socket, Trader, order


def place(traded: dict[str, Any], /, **change: Any) -> dict[str, Any]:
    return {"op": "order.place", **order(traded, **change)}


async def test_an_order_is_acknowledged_shown_and_cancelled(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as socket:
        wanted = place(product)
        ack = await socket.ask(wanted)
        assert (ack["type"], ack["op"]) == ("ack", "order.place"), ack
        placed = ack["data"]
        assert placed["client_order_id"] == wanted["client_order_id"]
        assert (placed["status"], placed["filled_kg"]) == ("open", 0)
        assert placed["remaining_kg"] == wanted["quantity_kg"]
        cancelled = await socket.ask({"op": "order.cancel", "order_id": placed["order_id"]})
        assert (cancelled["data"]["status"], cancelled["data"]["remaining_kg"]) == ("cancelled", 0)
        assert cancelled["data"]["seq"] > placed["seq"]
        again = await socket.ask({"op": "order.cancel", "order_id": placed["order_id"]})
        assert (again["type"], again["code"]) == ("error", "unknown_order")


async def test_the_same_client_order_id_is_one_order(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as socket, connect(dealer) as another:
        wanted = place(product)
        first = await socket.ask(wanted)
        again = await another.ask({**wanted, "quantity_kg": 2 * wanted["quantity_kg"]})
        assert again["data"] == {**first["data"], "duplicate": True}
        await socket.ask({"op": "order.cancel", "order_id": first["data"]["order_id"]})


async def test_a_hundred_resends_at_once_are_one_order(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as socket:
        wanted = place(product)
        for number in range(100):
            await socket.send({**wanted, "id": number})
        acks = [await socket.next(lambda told: told["type"] in ("ack", "error")) for _ in range(100)]
        assert {ack["data"]["order_id"] for ack in acks} == {acks[0]["data"]["order_id"]}
        assert sum("duplicate" not in ack["data"] for ack in acks) == 1
        await socket.ask({"op": "order.cancel", "order_id": acks[0]["data"]["order_id"]})


async def test_an_order_is_replaced(connect: Connect, dealer: Trader, product: dict[str, Any]) -> None:
    async with connect(dealer) as socket:
        placed = (await socket.ask(place(product, quantity_kg=2 * product["min_kg"])))["data"]
        smaller = {
            "op": "order.replace",
            "order_id": placed["order_id"],
            "price": product["low_price"],
            "quantity_kg": product["min_kg"],
        }
        ack = await socket.ask(smaller)
        assert (ack["data"]["order_id"], ack["data"]["remaining_kg"]) == (
            placed["order_id"],
            product["min_kg"],
        )
        await socket.ask({"op": "order.cancel", "order_id": placed["order_id"]})


async def test_cancel_all_takes_every_order_of_the_product(
    connect: Connect, other_dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(other_dealer) as socket:
        for _ in range(3):
            await socket.ask(place(product))
        ack = await socket.ask({"op": "orders.cancel_all", "product": product["code"]})
        assert ack["data"]["status"] == "cancelled"
        await socket.send({"op": "subscribe", "channel": "account"})
        snapshot = await socket.channel("account", "snapshot")
        assert [row for row in snapshot["data"]["orders"] if row["product"] == product["code"]] == []


async def test_everybody_sees_a_trade_and_the_parties_see_their_side(
    connect: Connect, dealer: Trader, grower: Trader, product: dict[str, Any]
) -> None:
    async with connect() as public, connect(dealer) as buyer, connect(grower) as seller:
        for channel in ("book", "trades", "ticker"):
            await public.ask({"op": "subscribe", "channel": channel, "product": product["code"]})
        for party in (buyer, seller):
            await party.ask({"op": "subscribe", "channel": "account"})
            await party.channel("account", "snapshot")
        price = product["reference_price"]
        offer = await seller.ask(place(product, side="sell", price=price))
        assert offer["data"]["status"] == "open"
        taken = await buyer.ask(place(product, price=price, time_in_force="ioc"))
        assert (taken["data"]["status"], taken["data"]["filled_kg"]) == ("filled", product["min_kg"])
        update = await public.channel("trades", "update")
        assert update["data"]["trades"][-1]["price"] == price
        figures = await public.channel("ticker", "update")
        assert figures["data"]["last"] in (price, None)
        for party, side, liquidity in ((buyer, "buy", "taker"), (seller, "sell", "maker")):
            told = await party.next(
                lambda told: told.get("channel") == "account" and told.get("data", {}).get("trades")
            )
            (trade,) = told["data"]["trades"]
            assert (trade["side"], trade["liquidity"], trade["price"]) == (side, liquidity, price)
            await party.channel("account", "balance")


async def test_an_ioc_order_that_finds_nothing_is_cancelled(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as socket:
        ack = await socket.ask(place(product, time_in_force="ioc"))
        assert (ack["data"]["status"], ack["data"]["filled_kg"]) == ("cancelled", 0)
        assert ack["data"]["reason"] == "ioc_rest"


# What is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"product": "NO-SUCH"}, "unknown_product"),
        ({"price": "99.99"}, "price_band"),
        ({"price": "0.01"}, "price_band"),
        ({"price": "10000.01"}, "bad_price"),
        ({"price": "-1.00"}, "bad_price"),
        ({"price": "6.205"}, "bad_price"),
        ({"price": 6.2}, "bad_price"),
        ({"price": "1e1"}, "bad_price"),
        ({"quantity_kg": 0}, "bad_quantity"),
        ({"quantity_kg": -1_000}, "bad_quantity"),
        ({"quantity_kg": 1}, "bad_quantity"),
        ({"quantity_kg": 1_050}, "bad_quantity"),
        ({"quantity_kg": 10**30}, "bad_quantity"),
        ({"quantity_kg": 999_999_900}, "insufficient_funds"),
        ({"side": "sell", "quantity_kg": 999_999_900}, "insufficient_goods"),
        ({"side": "short"}, "bad_side"),
        ({"type": "market"}, "bad_order_type"),
        ({"time_in_force": "gtc"}, "bad_time_in_force"),
        ({"client_order_id": "no good"}, "bad_client_order_id"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
async def test_each_refusal_has_its_own_code(
    connect: Connect, dealer: Trader, product: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    async with connect(dealer) as socket:
        told = await socket.ask(place(product, **change))
        assert (told["type"], told["op"], told.get("code")) == ("error", "order.place", code)
        assert told["message"]["zh"]
        assert told["message"]["en"]


async def test_nobody_touches_an_order_of_somebody_else(
    connect: Connect, dealer: Trader, other_dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(dealer) as owner, connect(other_dealer) as stranger:
        order_id = (await owner.ask(place(product)))["data"]["order_id"]
        told = await stranger.ask({"op": "order.cancel", "order_id": order_id})
        assert told["code"] == "unknown_order"
        told = await stranger.ask(
            {"op": "order.replace", "order_id": order_id, "price": product["low_price"], "quantity_kg": 2_000}
        )
        assert told["code"] == "unknown_order"
        assert (await owner.ask({"op": "order.cancel", "order_id": order_id}))["type"] == "ack"


async def test_the_public_may_look_but_not_trade(connect: Connect, product: dict[str, Any]) -> None:
    async with connect() as socket:
        for message in (
            place(product),
            {"op": "order.cancel", "order_id": 1},
            {"op": "orders.cancel_all"},
            {"op": "subscribe", "channel": "account"},
        ):
            assert (await socket.ask(message))["code"] == "not_authenticated"
        ack = await socket.ask({"op": "subscribe", "channel": "book", "product": product["code"]})
        assert ack["type"] == "ack"


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic eDp5", "Bearer ", "Bearer " + "x" * 300])
async def test_a_wrong_key_is_told_so_and_closed(connect: Connect, header: str) -> None:
    async with connect(headers={"Authorization": header}) as socket:
        told = await socket.next(lambda told: told["type"] == "error")
        assert told["code"] == "not_authenticated"
        with pytest.raises(websockets.ConnectionClosed):
            await socket.connection.recv()
        assert socket.connection.close_code == 4008


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ("[]", "malformed_json"),
        ("null", "malformed_json"),
        ('{"op":NaN}', "malformed_json"),
        ("[" * 60_000, "malformed_json"),
        ('{"op":"fly"}', "bad_parameter"),
        ("{}", "missing_field"),
        ('{"op":"subscribe","channel":"gossip"}', "bad_parameter"),
        ('{"op":"subscribe","channel":"book"}', "missing_field"),
        ('{"op":"subscribe","channel":"book","product":"NO-SUCH"}', "unknown_product"),
        ('{"op":"subscribe","channel":"account","since":-1}', "bad_parameter"),
        ('{"op":"order.cancel","order_id":0}', "bad_parameter"),
        ('{"op":"order.cancel","order_id":1.5}', "bad_parameter"),
        ('{"op":"order.cancel","order_id":99999999999999999999999}', "bad_parameter"),
        ('{"op":"order.cancel","order_id":9223372036854775807}', "unknown_order"),
    ],
)
async def test_nonsense_is_answered(connect: Connect, dealer: Trader, message: str, code: str) -> None:
    async with connect(dealer) as socket:
        await socket.send(message)
        assert (await socket.next(lambda told: told["type"] == "error"))["code"] == code
        assert (await socket.ask({"op": "ping"}))["type"] == "ack"


async def test_a_binary_message_is_answered(connect: Connect, dealer: Trader) -> None:
    async with connect(dealer) as socket:
        await socket.send(b'{"op":"ping"}')
        assert (await socket.next(lambda told: told["type"] == "error"))["code"] == "bad_parameter"


async def heard_the_end(socket: Socket) -> None:
    """Read until the other side closes."""
    with contextlib.suppress(websockets.ConnectionClosed):
        await socket.next(lambda told: False)


async def test_too_much_nonsense_closes_the_socket(connect: Connect, dealer: Trader) -> None:
    async with connect(dealer) as socket:
        for _ in range(20):
            await socket.send("nonsense")
        await heard_the_end(socket)
        assert socket.connection.close_code == 4008


async def test_a_ten_megabyte_message_closes_the_socket(connect: Connect, dealer: Trader) -> None:
    async with connect(dealer, max_size=None) as socket:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send("x" * 10_000_000)
        await heard_the_end(socket)
        assert socket.connection.close_code in (1006, 1009)


async def test_requests_are_limited(connect: Connect) -> None:
    async with connect() as socket:
        for number in range(600):
            await socket.send({"op": "ping", "id": number})
        told = [await socket.next(lambda told: "id" in told) for _ in range(600)]
        assert {each.get("code") for each in told} == {None, "rate_limited"}


# Whose page it is -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session_cookie(live_exchange: ExchangeProcess) -> str:
    """The cookie of a demo dealer who logged in on the log-in page."""
    with httpx.Client(base_url=live_exchange.url, follow_redirects=True) as browser:
        browser.get("/accounts/login/")
        browser.post(
            "/accounts/login/",
            data={
                "login": "d001",
                "password": "jinguo-demo-2026",
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            },
            headers={"Referer": live_exchange.url},
        )
        return f"sessionid={browser.cookies['sessionid']}"


async def test_a_page_of_ours_trades_with_its_cookie(
    connect: Connect, live_exchange: ExchangeProcess, session_cookie: str, product: dict[str, Any]
) -> None:
    async with connect(headers={"Cookie": session_cookie}, origin=live_exchange.url) as socket:
        ack = await socket.ask(place(product))
        assert ack["type"] == "ack"
        await socket.ask({"op": "order.cancel", "order_id": ack["data"]["order_id"]})


async def test_a_page_of_somebody_else_gets_no_socket(connect: Connect, session_cookie: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with connect(headers={"Cookie": session_cookie}, origin="https://evil.example"):
            pass
    assert caught.value.response.status_code == 403


async def test_a_cookie_without_an_origin_does_not_trade(connect: Connect, session_cookie: str) -> None:
    async with connect(headers={"Cookie": session_cookie}) as socket:
        assert (await socket.next(lambda told: told["type"] == "error"))["code"] == "not_permitted"


async def test_an_unknown_address_has_no_socket(live_exchange: ExchangeProcess) -> None:
    address = live_exchange.url.replace("http", "ws", 1)
    for path in ("/ws/echo", "/ws/v2", "/"):
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with websockets.connect(address + path):
                pass
        assert caught.value.response.status_code == 403


# Endurance --------------------------------------------------------------------------------------------


async def test_an_idle_socket_hears_the_heartbeat_and_lives(connect: Connect, dealer: Trader) -> None:
    async with connect(dealer) as socket:
        beats = [(await socket.channel("heartbeat", "tick"))["seq"] for _ in range(10)]
        assert beats == list(range(beats[0], beats[0] + 10))
        assert (await socket.ask({"op": "ping"}))["type"] == "ack"


async def test_sockets_that_never_read_stall_nobody(
    live_exchange: ExchangeProcess, connect: Connect, grower: Trader, dealer: Trader, product: dict[str, Any]
) -> None:
    deaf = [open_deaf_socket(live_exchange.url, grower) for _ in range(5)]
    try:
        nonsense = client_frame(json.dumps({"op": "order.cancel", "order_id": 1, "id": "x" * 60}))
        async with connect(dealer) as socket:
            for _ in range(20):
                for peer in deaf:
                    send_what_fits(peer, nonsense * 200)
                ack = await asyncio.wait_for(socket.ask(place(product, time_in_force="ioc")), 10)
                assert ack["type"] == "ack"
    finally:
        for peer in deaf:
            peer.close()


def open_deaf_socket(url: str, trader: Trader) -> sockets.socket:
    """A socket that has said hello and will never read again; its receive buffer is small."""
    parts = urlsplit(url)
    peer = sockets.socket()
    peer.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    peer.settimeout(10)
    peer.connect((parts.hostname, parts.port))
    lines = [
        "GET /ws/v1 HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {trader.key}",
    ]
    peer.sendall("\r\n".join([*lines, "", ""]).encode())
    assert b"101" in peer.recv(200)
    peer.setblocking(False)
    return peer


def send_what_fits(peer: sockets.socket, data: bytes) -> None:
    """Send until the other side's window is full or it has hung up."""
    try:
        peer.send(data)
    except (BlockingIOError, ConnectionError):
        return


def client_frame(text: str) -> bytes:
    """A masked text frame with a zero mask."""
    payload = text.encode()
    assert len(payload) < 65_536
    head = (
        struct.pack("!BBH", 0x81, 0x80 | 126, len(payload))
        if len(payload) > 125
        else bytes((0x81, 0x80 | len(payload)))
    )
    return head + bytes(4) + payload


async def test_a_closed_socket_leaves_its_orders_durable(
    connect: Connect, dealer: Trader, product: dict[str, Any]
) -> None:
    wanted = place(product, client_order_id=uuid.uuid4().hex)
    async with connect(dealer) as socket:
        await socket.send({**wanted, "id": 1})
    async with connect(dealer) as socket:
        again = await socket.ask(wanted)
        assert again["type"] == "ack"
        await socket.ask({"op": "order.cancel", "order_id": again["data"]["order_id"]})


async def test_what_was_missed_is_replayed(
    connect: Connect, other_dealer: Trader, product: dict[str, Any]
) -> None:
    async with connect(other_dealer) as socket:
        await socket.ask({"op": "subscribe", "channel": "account"})
        seen = (await socket.channel("account", "snapshot"))["seq"]
    async with connect(other_dealer) as socket:
        ack = await socket.ask(place(product))
        await socket.ask({"op": "order.cancel", "order_id": ack["data"]["order_id"]})
    async with connect(other_dealer) as socket:
        await socket.ask({"op": "subscribe", "channel": "account", "since": seen})
        placed = await socket.channel("account", "update")
        gone = await socket.channel("account", "update")
        assert placed["data"]["orders"][0]["order_id"] == ack["data"]["order_id"]
        assert gone["data"]["orders"][0]["status"] == "cancelled"
        assert gone["prev_seq"] == placed["seq"]
