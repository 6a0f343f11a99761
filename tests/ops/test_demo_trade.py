"""The demo's market maker: what it decides, what it puts up with, and that it moves a real exchange."""

import random
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel.money import parse_price
from exchange.ops.demo_api import Answer, Api, DemoTrader
from exchange.ops.demo_trade import RESTING_PER_SIDE, MarketMaker, Pit, trade
from tests.exchange_process import ExchangeProcess
from tests.servers import free_port

TRADERS = [
    DemoTrader("G001", "grower", "key-g1"),
    DemoTrader("G002", "grower", "key-g2"),
    DemoTrader("D001", "dealer", "key-d1"),
    DemoTrader("S001", "supermarket", "key-s1"),
]
PRODUCT = {
    "code": "HFS-Z80-1-XY",
    "reference_price": "6.20",
    "low_price": "5.58",
    "high_price": "6.82",
    "step_kg": 100,
    "min_kg": 1_000,
    "phase": "continuous",
}


class BookOfLies(Api):
    """An exchange that lets every quote rest, fills every taker, and remembers what it was sent."""

    def __init__(self, phase: str = "continuous") -> None:
        self.phase = phase
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.cancelled: list[tuple[str, str]] = []

    def call(
        self, method: str, path: str, key: str | None = None, body: dict[str, Any] | None = None
    ) -> Answer:
        if method == "GET":
            return Answer(200, {"items": [{**PRODUCT, "phase": self.phase}]})
        assert key is not None
        if method == "DELETE":
            self.cancelled.append((key, path))
            return Answer(200, {})
        assert body is not None
        self.orders.append((key, body))
        taken = body["time_in_force"] == "ioc"
        return Answer(
            201,
            {
                "order_id": len(self.orders),
                "status": "filled" if taken else "open",
                "filled_kg": body["quantity_kg"] if taken else 0,
            },
        )


def decisions(seed: int, steps: int = 300) -> tuple[BookOfLies, MarketMaker]:
    exchange = BookOfLies()
    maker = MarketMaker(exchange, TRADERS, seed=seed)
    maker.look(0.0)
    for _ in range(steps):
        maker.step()
    return exchange, maker


def test_growers_sell_and_everybody_else_buys_inside_the_band_and_on_the_step() -> None:
    exchange, _ = decisions(seed=1)

    for key, order in exchange.orders:
        assert (order["side"] == "sell") == key.startswith("key-g")
        assert 558 <= parse_price(order["price"]) <= 682
        assert order["quantity_kg"] >= 1_000
        assert order["quantity_kg"] % 100 == 0
    assert {key for key, _ in exchange.orders} == {trader.key for trader in TRADERS}


def test_the_same_seed_decides_the_same() -> None:
    def shape(seed: int) -> list[tuple[str, str, int]]:
        orders = decisions(seed)[0].orders
        return [(key, order["price"], order["quantity_kg"]) for key, order in orders]

    assert shape(1) == shape(1)
    assert shape(1) != shape(2)


def test_every_order_has_an_id_of_its_own_even_in_another_run() -> None:
    ids = [order["client_order_id"] for run in (1, 1) for _, order in decisions(run)[0].orders]

    assert len(set(ids)) == len(ids)


def test_old_quotes_are_withdrawn_by_who_placed_them() -> None:
    exchange, maker = decisions(seed=1, steps=600)

    owners = {f"/orders/{number}": key for number, (key, _) in enumerate(exchange.orders, start=1)}
    assert exchange.cancelled
    assert all(owners[path] == key for key, path in exchange.cancelled)
    (pit,) = maker.pits.values()
    assert max(len(quotes) for quotes in pit.resting.values()) <= RESTING_PER_SIDE


def test_a_closed_market_gets_no_orders() -> None:
    exchange = BookOfLies(phase="closed")
    maker = MarketMaker(exchange, TRADERS, seed=1)
    maker.look(0.0)
    maker.step()

    assert exchange.orders == []


def test_it_takes_growers_and_buyers_to_make_a_market() -> None:
    with pytest.raises(AssertionError):
        MarketMaker(BookOfLies(), TRADERS[:2], seed=1)


@given(
    st.integers(0, 2**32), st.integers(200, 10_000), st.integers(1, 3_000), st.sampled_from(["buy", "sell"])
)
def test_no_walk_leaves_the_band(seed: int, reference: int, bps: int, side: str) -> None:
    low, high = reference - reference * bps // 10_000, reference + reference * bps // 10_000
    pit = Pit("P", reference, low, high, 100, 1_000, reference * 1_000)
    chance = random.Random(seed)
    for _ in range(50):
        pit.walk(chance)
        assert low <= pit.price(side, chance.randint(-9, 9)) <= high


def test_an_exchange_that_is_away_is_waited_for_and_reported() -> None:
    said: list[str] = []

    summary = trade(f"http://127.0.0.1:{free_port()}", TRADERS, seconds=0.2, rate=50, say=said.append)

    assert summary.placed == 0
    assert summary.refused["no_answer"] >= 1
    assert "no answer" in said[0]


def test_it_stops_when_told() -> None:
    stop = threading.Event()
    stop.set()

    assert trade("http://127.0.0.1:1", TRADERS, stop=stop).placed == 0


@pytest.mark.unsettles
def test_it_trades_on_a_real_exchange(live_exchange: ExchangeProcess) -> None:
    traders = [DemoTrader(row["code"], row["kind"], row["key"]) for row in live_exchange.demo_keys()]

    summary = trade(live_exchange.url, traders, seconds=4, rate=100)

    assert summary.placed > 10
    assert summary.filled_kg > 0
    # Goods that lie in the halls since the trader looked cannot be sold in the book as well.
    assert not set(summary.refused) - {"no_answer", "insufficient_goods"}
    api = Api(live_exchange.url)
    deadline = time.monotonic() + 10
    items: list[Any] = []
    while not items and time.monotonic() < deadline:
        products = api.call("GET", "/products").body["items"]
        items = [
            row
            for product in products
            for row in api.call("GET", f"/products/{product['code']}/trades").body["items"]
        ]
    api.close()
    assert items


def test_it_quotes_inside_the_volatility_range() -> None:
    maker = MarketMaker(BookOfLies(), TRADERS, seed=1)
    pit = maker._pit({**PRODUCT, "volatility_bps": 100})
    assert (pit.low, pit.high) == (614, 626)
