"""Members who send orders over the socket as fast as answers come, and remember what they were told."""

import asyncio
import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

Message = dict[str, Any]

TAKE_EVERY = 5
"""One message in so many is a take, where there is something to take."""
BID_EVERY = 7
"""One message in so many is a bid, where there is a lot to bid for."""


@dataclass
class Lot:
    """An open English auction, and the next prices to bid, in fen per kg."""

    auction_id: int
    epoch: int
    prices: "itertools.count[int]"


@dataclass
class Trader:
    """One member: what it sent, by client id, and the acknowledgements it has."""

    code: str
    kind: str
    key: str
    chance: random.Random
    sent: dict[str, Message] = field(default_factory=dict)
    acknowledged: dict[str, Message] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    offers: list[Message] = field(default_factory=list)
    """Listings it takes from now and then."""
    lot: Lot | None = None
    """What it bids for now and then."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_order(self, products: list[Message]) -> Message:
        """Growers sell, the others buy, in prices near the reference price, so that they often meet."""
        product = self.chance.choice(products)
        fen = round(float(product["reference_price"]) * 100) + self.chance.randint(-10, 10)
        number = next(self.numbers)
        client_id = f"{self.code}-{number}"
        if self.offers and number % TAKE_EVERY == 0:
            self.sent[client_id] = self._take(client_id)
            return self.sent[client_id]
        if self.lot and number % BID_EVERY == 0:
            self.sent[client_id] = self._bid(self.lot, client_id)
            return self.sent[client_id]
        order = {
            "op": "order.place",
            "id": client_id,
            "product": product["code"],
            "side": "sell" if self.kind == "grower" else "buy",
            "type": "limit",
            "time_in_force": "day",
            "price": f"{fen // 100}.{fen % 100:02}",
            "quantity_kg": product["min_kg"] * self.chance.randint(1, 3),
            "client_order_id": client_id,
        }
        self.sent[client_id] = order
        return order

    def _take(self, client_id: str) -> Message:
        """The least there is of an offer in the hall."""
        offer = self.chance.choice(self.offers)
        return {
            "op": "listing.take",
            "id": client_id,
            "listing_id": offer["listing_id"],
            "price": offer["price"],
            "quantity_kg": offer["minimum_kg"],
            "client_id": client_id,
        }

    def enter(self, lot: Lot) -> None:
        """The entry into an auction, to be sent first."""
        self.lot, client_id = lot, f"{self.code}-enter"
        entry = {"op": "auction.enter", "id": client_id, "auction_id": lot.auction_id, "client_id": client_id}
        self.sent[client_id] = entry

    @staticmethod
    def _bid(lot: Lot, client_id: str) -> Message:
        """A step above whatever anybody has sent."""
        fen = next(lot.prices)
        return {
            "op": "auction.bid",
            "id": client_id,
            "auction_id": lot.auction_id,
            "price": f"{fen // 100}.{fen % 100:02}",
            "epoch": lot.epoch,
            "client_id": client_id,
        }

    def unanswered(self) -> list[Message]:
        """Orders nobody knows about, to be sent again after a crash."""
        return [order for client_id, order in self.sent.items() if client_id not in self.acknowledged]

    @property
    def accepted(self) -> dict[str, Message]:
        """Acknowledgements of orders that were not refused."""
        return {name: told for name, told in self.acknowledged.items() if "order_id" in told}

    @property
    def taken(self) -> dict[int, int]:
        """Kg of the deals that takes made, by number."""
        told = [self.acknowledged[name] for name, sent in self.sent.items() if sent["op"] == "listing.take"]
        return {each["id"]: each["quantity_kg"] for each in told if "refused" not in each}

    @property
    def bids(self) -> list[int]:
        """Numbers of the bids that were taken."""
        told = [self.acknowledged[name] for name, sent in self.sent.items() if sent["op"] == "auction.bid"]
        return [each["id"] for each in told if "refused" not in each]

    def heard(self, message: Message) -> bool:
        """Keep an answer; whether it was one. A second one must say the same."""
        if message["type"] not in ("ack", "error"):
            return False
        client_id = message["id"]
        told = dict(message["data"]) if message["type"] == "ack" else {"refused": message["code"]}
        told.pop("duplicate", None)
        before = self.acknowledged.setdefault(client_id, told)
        if before != told:
            self.contradictions.append(f"{client_id}: first {before}, then {told}")
        return True


async def trade(
    url: str, trader: Trader, products: list[Message], answered: Callable[[], None], in_flight: int = 8
) -> None:
    """Send until the exchange is gone; answered() is called for each answer."""
    try:
        async with connection_of(url, trader) as socket:
            for _ in range(in_flight):
                await socket.send(json.dumps(trader.next_order(products)))
            async for text in socket:
                if trader.heard(json.loads(text)):
                    answered()
                    await socket.send(json.dumps(trader.next_order(products)))
    except (OSError, websockets.WebSocketException):
        return


async def send_again(url: str, trader: Trader, orders: list[Message]) -> None:
    """Send these orders once more, each with its own client id, and wait for all answers."""
    async with connection_of(url, trader) as socket:
        for start in range(0, len(orders), 100):
            page = orders[start : start + 100]
            for order in page:
                await socket.send(json.dumps(order))
            waiting = {order["id"] for order in page}
            while waiting:
                message = json.loads(await asyncio.wait_for(socket.recv(), 20))
                if trader.heard(message):
                    waiting.discard(message["id"])


def connection_of(url: str, trader: Trader) -> "websockets.connect":
    """An authenticated socket."""
    address = url.replace("http", "ws", 1) + "/ws/v1"
    return websockets.connect(address, additional_headers={"Authorization": f"Bearer {trader.key}"})
