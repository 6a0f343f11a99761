"""Locust users: a trader over the socket, a trader over HTTP, and a watcher of the public market.

    jinguo demo keys --json > build/keys.json
    JINGUO_KEYS=build/keys.json locust -f loadtests/locustfile.py --host http://127.0.0.1:8000

Each trader is one of the demo members and sends orders of its own kind: growers sell, dealers buy.
"""

import itertools
import json
import os
import random
import time
import uuid
from pathlib import Path
from typing import Any

import websocket
from locust import FastHttpUser, User, between, constant_throughput, events, task

from loadtests.market import LoadMember, read_members, read_products
from loadtests.stream import Mix, StreamProduct, StreamRow, generate

UNCOVERED = ("insufficient_funds", "insufficient_goods")
ONLY_DAY_AND_IOC = Mix(ioc=15, cancel=0, replace=0)


class Market:
    """Members and products of the exchange under load, read once."""

    members: "itertools.cycle[LoadMember]"
    products: list[StreamProduct]

    @classmethod
    def load(cls, host: str) -> None:
        """Reads the keys file named by JINGUO_KEYS and the exchange's products."""
        keys = Path(os.environ.get("JINGUO_KEYS", "build/keys.json")).read_text(encoding="utf-8")
        cls.members = itertools.cycle(read_members(keys))
        cls.products = read_products(host)


@events.test_start.add_listener
def _read_market(environment: Any, **_: Any) -> None:
    Market.load(environment.host)


def orders_of(member: LoadMember) -> Any:
    """An endless stream of the member's orders, different for each user."""
    side = "sell" if member.kind == "grower" else "buy"
    rows = generate(
        seed=random.getrandbits(32),
        count=10**9,
        products=Market.products,
        sellers=[member.code],
        buyers=[member.code],
        mix=ONLY_DAY_AND_IOC,
    )
    return (row for row in rows if row.side == side)


def body_of(row: StreamRow) -> dict[str, Any]:
    """The fields of an order, for the API and the socket alike."""
    return {
        "product": row.product,
        "side": row.side,
        "type": "limit",
        "time_in_force": row.time_in_force,
        "price": f"{row.price_fen // 100}.{row.price_fen % 100:02}",
        "quantity_kg": row.quantity_kg,
        "client_order_id": uuid.uuid4().hex,
    }


class HttpTrader(FastHttpUser):
    """Places orders by POST, cancels some, looks at its orders now and then."""

    wait_time = constant_throughput(5)
    weight = 2

    def on_start(self) -> None:
        """Becomes a member."""
        self.member = next(Market.members)
        self.orders = orders_of(self.member)
        self.headers = {"Authorization": f"Bearer {self.member.key}"}
        self.placed: list[str] = []

    @task(8)
    def place(self) -> None:
        """A new order; a refusal for want of funds or goods is an answer, not a failure."""
        with self.client.post(
            "/api/v1/orders", json=body_of(next(self.orders)), headers=self.headers, catch_response=True
        ) as answer:
            if answer.status_code == 201:
                self.placed.append(answer.json()["order_id"])
                answer.success()
            elif answer.status_code == 409 and answer.json()["code"] in UNCOVERED:
                answer.success()

    @task(2)
    def cancel(self) -> None:
        """Takes back the oldest order that may still be open."""
        if self.placed:
            order_id = self.placed.pop(0)
            with self.client.delete(
                f"/api/v1/orders/{order_id}",
                headers=self.headers,
                name="/api/v1/orders/[id]",
                catch_response=True,
            ) as answer:
                if answer.status_code in (200, 404):
                    answer.success()

    @task(1)
    def look(self) -> None:
        """The member's newest orders and funds."""
        self.client.get("/api/v1/orders?limit=20", headers=self.headers, name="/api/v1/orders")
        self.client.get("/api/v1/funds", headers=self.headers)


class SocketTrader(User):
    """Places orders over one socket and waits for each acknowledgement."""

    wait_time = constant_throughput(20)
    weight = 2

    def on_start(self) -> None:
        """Opens the socket as a member."""
        member = next(Market.members)
        self.orders = orders_of(member)
        self.socket = websocket.create_connection(
            str(self.host).replace("http", "ws", 1) + "/ws/v1",
            header=[f"Authorization: Bearer {member.key}"],
            timeout=30,
        )

    def on_stop(self) -> None:
        """Closes the socket."""
        self.socket.close()

    @task
    def place(self) -> None:
        """One order, timed from send to acknowledgement."""
        request = {"op": "order.place", "id": uuid.uuid4().hex, **body_of(next(self.orders))}
        started = time.perf_counter()
        self.socket.send(json.dumps(request))
        answer = {"id": None}
        while answer.get("id") != request["id"]:
            payload = self.socket.recv()
            answer = json.loads(payload)
        refused = answer.get("code") not in (None, *UNCOVERED)
        self.environment.events.request.fire(
            request_type="WS",
            name="order.place",
            response_time=(time.perf_counter() - started) * 1_000,
            response_length=len(payload),
            exception=RuntimeError(answer["code"]) if refused else None,
        )


class Watcher(FastHttpUser):
    """A visitor without log-in: the board, a product's book and trades, the index."""

    wait_time = between(1, 3)
    weight = 6

    @task(3)
    def book(self) -> None:
        """One product's book."""
        code = random.choice(Market.products).code
        self.client.get(f"/api/v1/products/{code}/book?levels=10", name="/api/v1/products/[code]/book")

    @task(2)
    def trades(self) -> None:
        """One product's last trades."""
        code = random.choice(Market.products).code
        self.client.get(f"/api/v1/products/{code}/trades", name="/api/v1/products/[code]/trades")

    @task(1)
    def pages(self) -> None:
        """The pages a visitor opens."""
        self.client.get("/")
        self.client.get("/index/")
