"""A running exchange, its demo members, and clients for its socket and its API."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.exchange_process import ExchangeProcess

ANSWER_S = 20


@dataclass(frozen=True)
class Trader:
    """A demo member with its key."""

    code: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What makes a request this member's."""
        return {"Authorization": f"Bearer {self.key}"}


@dataclass
class Socket:
    """A client of /ws/v1 that finds answers among the messages of channels.

    Channels and answers come in any order, so what is passed over stays unread for who asks for it next.
    """

    connection: ClientConnection
    unread: list[dict[str, Any]]

    async def send(self, message: object) -> None:
        """Send as JSON, or a text as it is."""
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def next(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first unread message that fits; TimeoutError when none came within ``ANSWER_S``."""
        for place, told in enumerate(self.unread):
            if wanted(told):
                return self.unread.pop(place)
        async with asyncio.timeout(ANSWER_S):
            while not wanted(told := await self._receive()):
                self.unread.append(told)
        return told

    async def _receive(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await self.connection.recv(decode=True))
        return told

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send an operation and give its ack or error."""
        given = uuid.uuid4().hex
        await self.send({**message, "id": given})
        return await self.next(lambda told: told.get("id") == given)

    async def channel(self, channel: str, kind: str) -> dict[str, Any]:
        """The next message of a channel and type."""
        return await self.next(lambda told: (told.get("channel"), told["type"]) == (channel, kind))


Connect = Callable[..., AbstractAsyncContextManager[Socket]]


@pytest.fixture(scope="session")
def traders(live_exchange: ExchangeProcess) -> dict[str, list[Trader]]:
    """Demo members by kind."""
    found: dict[str, list[Trader]] = {}
    for row in live_exchange.demo_keys():
        found.setdefault(row["kind"], []).append(Trader(row["code"], row["key"]))
    return found


@pytest.fixture(scope="session")
def dealer(traders: dict[str, list[Trader]]) -> Trader:
    """Somebody with money."""
    return traders["dealer"][0]


@pytest.fixture(scope="session")
def other_dealer(traders: dict[str, list[Trader]]) -> Trader:
    """Somebody else with money."""
    return traders["dealer"][1]


@pytest.fixture(scope="session")
def grower(traders: dict[str, list[Trader]]) -> Trader:
    """Somebody with goods."""
    return traders["grower"][0]


@pytest.fixture(scope="session")
def client(live_exchange: ExchangeProcess) -> Iterator[httpx.Client]:
    """An HTTP client of the exchange."""
    with httpx.Client(base_url=live_exchange.url, timeout=ANSWER_S) as made:
        yield made


@pytest.fixture(scope="session")
def product(client: httpx.Client, grower: Trader) -> dict[str, Any]:
    """A product in continuous trading of which the grower has goods."""
    goods = client.get("/api/v1/funds", headers=grower.headers).json()["goods"]
    mine = {line["product"] for line in goods if line["free_kg"] >= 100_000}
    rows: list[dict[str, Any]] = client.get("/api/v1/products").json()["items"]
    return next(row for row in rows if row["code"] in mine and row["phase"] == "continuous")


@pytest.fixture
def connect(live_exchange: ExchangeProcess) -> Connect:
    """Open a socket, of a member or of the public."""
    address = live_exchange.url.replace("http", "ws", 1) + "/ws/v1"

    @asynccontextmanager
    async def opened(trader: Trader | None = None, **arguments: Any) -> AsyncIterator[Socket]:
        headers = {**(trader.headers if trader else {}), **arguments.pop("headers", {})}
        async with websockets.connect(address, additional_headers=headers, **arguments) as connection:
            yield Socket(connection, [])

    return opened


def order(traded: dict[str, Any], /, **change: Any) -> dict[str, Any]:
    """The body of a new order that rests: a purchase at the lowest price of the band."""
    return {
        "product": traded["code"],
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "price": traded["low_price"],
        "quantity_kg": traded["min_kg"],
        "client_order_id": uuid.uuid4().hex,
        **change,
    }
