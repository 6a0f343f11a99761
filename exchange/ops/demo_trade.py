"""A market maker for the demo: lets the demo members trade through the public HTTP API.

It knows what any client may know: a URL and API keys. Each product has a fair price that walks at random
around its reference and stays inside the band and the volatility range; growers offer above it, buyers bid
below it, now and then one of them takes what stands there, and quotes that have become old are withdrawn. The
same seed makes the same decisions; what they lead to depends on who else trades.
"""

import http.client
import random
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exchange.kernel.money import format_yuan, parse_price
from exchange.ops.demo_api import Api, DemoTrader
from exchange.ops.demo_visitor import HallVisitor
from matching.types import BASIS

RETRY_S = 0.5
REPORT_EVERY_S = 10
HALLS_EVERY_S = 5
"""How often somebody looks into the halls."""
LOOK_EVERY_S = 5
"""How often it looks which products trade."""

LADDER = 5
"""Price levels it keeps on each side."""
RESTING_PER_SIDE = 12
"""Quotes of its own it leaves in a book; the oldest goes when there is one more."""
TAKING_PCT = 30
"""Share of its orders that take what stands in the book."""
PULL = 40
"""The fair price goes 1/40 of the way back to the reference at each step."""


@dataclass(slots=True)
class Summary:
    """What it has done."""

    placed: int = 0
    filled_kg: int = 0
    cancelled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By the code of the error."""

    def text(self) -> str:
        """One line."""
        refusals = ", ".join(f"{code} {number}" for code, number in sorted(self.refused.items()))
        return (
            f"{self.placed} orders, {self.filled_kg / 1000:,.1f} t traded at once, {self.cancelled} cancelled"
            + (f"; refused: {refusals}" if refusals else "")
        )


class Quote(NamedTuple):
    """An order of ours that stands in a book."""

    trader: DemoTrader
    order_id: int


@dataclass(slots=True)
class Pit:
    """One product as the market maker sees it. Prices in fen per kg, the fair price in thousandths of it."""

    code: str
    reference: int
    low: int
    high: int
    step_kg: int
    min_kg: int
    fair_milli: int = 0
    resting: dict[str, deque[Quote]] = field(default_factory=lambda: {"buy": deque(), "sell": deque()})

    def walk(self, chance: random.Random) -> None:
        """The fair price takes a step: chance, and a pull back to the reference."""
        goal = self.reference * 1_000
        spread = max(1_000, goal // 500)
        moved = self.fair_milli + round(chance.gauss(0, spread)) + (goal - self.fair_milli) // PULL
        self.fair_milli = min(max(moved, self.low * 1_000), self.high * 1_000)

    def price(self, side: str, distance: int) -> int:
        """A price so many fen on the waiting side of the fair one (negative: beyond it), inside the band."""
        fair = self.fair_milli // 1_000
        return min(max(fair - distance if side == "buy" else fair + distance, self.low), self.high)

    def quantity(self, chance: random.Random) -> int:
        """1 to 20 least orders, small ones more often, on the step."""
        kg = round(self.min_kg * min(20.0, 1 + chance.expovariate(0.4)))
        return max(self.min_kg, kg // self.step_kg * self.step_kg)


class MarketMaker:
    """Decides and sends one order at a time."""

    def __init__(self, api: Api, traders: Sequence[DemoTrader], *, seed: int) -> None:
        self._api = api
        self._chance = random.Random(seed)
        self._traders = {
            "sell": [trader for trader in traders if trader.kind == "grower"],
            "buy": [trader for trader in traders if trader.kind != "grower"],
        }
        assert all(self._traders.values()), "it takes growers and buyers to make a market"
        self._run = secrets.token_hex(4)
        self._number = 0
        self._looked_at = -LOOK_EVERY_S * 2.0
        self.pits: dict[str, Pit] = {}
        self.open: list[Pit] = []
        self.summary = Summary()

    def look(self, now_s: float) -> None:
        """Reads which products trade and in which band, at most every few seconds."""
        if now_s - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now_s
        answer = self._api.call("GET", "/products")
        if answer.status != http.client.OK:
            self.summary.refused[answer.code] += 1
            return
        self.open = [self._pit(row) for row in answer.body["items"] if row["phase"] == "continuous"]

    def _pit(self, row: dict[str, Any]) -> Pit:
        reference, low, high = (parse_price(row[f"{name}_price"]) for name in ("reference", "low", "high"))
        pit = self.pits.get(row["code"])
        if pit is None:
            pit = Pit(row["code"], reference, low, high, row["step_kg"], row["min_kg"], reference * 1_000)
            self.pits[pit.code] = pit
        if bps := row.get("volatility_bps", 0):
            away = reference * bps // BASIS
            low, high = max(low, reference - away), min(high, reference + away)
        pit.reference, pit.low, pit.high = reference, low, high
        return pit

    def step(self) -> None:
        """One order somewhere: mostly a quote, sometimes one that takes."""
        if not self.open:
            return
        pit = self._chance.choice(self.open)
        pit.walk(self._chance)
        side = self._chance.choice(("buy", "sell"))
        if self._chance.randrange(100) < TAKING_PCT:
            self._send(pit, side, pit.price(side, -self._chance.randint(2, LADDER)), "ioc")
        else:
            self._send(pit, side, pit.price(side, self._chance.randint(1, LADDER)), "day")
            self._withdraw_oldest(pit, side)

    def _send(self, pit: Pit, side: str, price: int, time_in_force: str) -> None:
        trader = self._chance.choice(self._traders[side])
        self._number += 1
        answer = self._api.call(
            "POST",
            "/orders",
            trader.key,
            {
                "product": pit.code,
                "side": side,
                "type": "limit",
                "time_in_force": time_in_force,
                "price": format_yuan(price),
                "quantity_kg": pit.quantity(self._chance),
                "client_order_id": f"mm-{self._run}-{self._number}",
            },
        )
        if answer.status not in (http.client.OK, http.client.CREATED):
            self.summary.refused[answer.code] += 1
            return
        self.summary.placed += 1
        self.summary.filled_kg += answer.body["filled_kg"]
        if answer.body["status"] in ("open", "partially_filled"):
            pit.resting[side].append(Quote(trader, answer.body["order_id"]))

    def _withdraw_oldest(self, pit: Pit, side: str) -> None:
        """Keeps the books from growing; a quote that traded meanwhile is gone already, which is fine."""
        quotes = pit.resting[side]
        while len(quotes) > RESTING_PER_SIDE:
            quote = quotes.popleft()
            answer = self._api.call("DELETE", f"/orders/{quote.order_id}", quote.trader.key)
            self.summary.cancelled += answer.status == http.client.OK


def trade(
    url: str,
    traders: Sequence[DemoTrader],
    *,
    seconds: float | None = None,
    rate: float = 4.0,
    seed: int = 2026,
    stop: threading.Event | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Summary:
    """Trades at `rate` orders a second for `seconds`, or until stopped. Outlives restarts of the exchange."""
    stop = stop or threading.Event()
    api = Api(url)
    maker = MarketMaker(api, traders, seed=seed)
    visitor = HallVisitor(api, [trader for trader in traders if trader.kind != "grower"], seed=seed)
    started = due = reported = visited = time.monotonic()
    try:
        while not stop.wait(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            if seconds is not None and now - started >= seconds:
                break
            due = max(due + 1 / rate, now)
            try:
                maker.look(now)
                maker.step()
                if now - visited >= HALLS_EVERY_S:
                    visited = now
                    visitor.visit()
            except (OSError, http.client.HTTPException) as error:
                maker.summary.refused["no_answer"] += 1
                say(f"no answer ({error}); trying again")
                due = now + RETRY_S
            if now - reported >= REPORT_EVERY_S:
                reported = now
                say(maker.summary.text() + visitor.text())
    finally:
        api.close()
    return maker.summary


FIRST_SECONDS, FIRST_RATE = 15.0, 20.0
"""How long and how fast the members of a new demo market trade by themselves, in orders a second."""


def trade_first(url: str, traders: Sequence[DemoTrader], stop: threading.Event) -> None:
    """The first trades of a new demo market: a board without prices says little to who sees it first."""
    trade(url, traders, seconds=FIRST_SECONDS, rate=FIRST_RATE, stop=stop)
