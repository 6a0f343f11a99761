"""The demo's visitor of the halls: now and then a demo member takes a little or bids, through the public API.

It enters and bids as a careful buyer does: one step more than stands, in auctions that sell goods, and never
above a tenth over the start price. Refusals (outbid meanwhile, sold out, own lot) are part of the game.
"""

import random
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any

from exchange.kernel.money import format_yuan, parse_price
from exchange.ops.demo_api import Api, DemoTrader

MOST_OVER_PCT = 10
TAKES_PCT = 30
KINDS = ("english", "sealed", "clock")
"""Those it bids in."""


class HallVisitor:
    """Decides and sends one take or bid at a time."""

    def __init__(self, api: Api, buyers: Sequence[DemoTrader], *, seed: int) -> None:
        self._api = api
        self._buyers = buyers
        self._chance = random.Random(f"halls {seed}")
        self._run = secrets.token_hex(4)
        self._number = 0
        self._entered: set[tuple[str, int]] = set()
        self._bonded = False
        self.done: Counter[str] = Counter()
        """Takes and bids that were accepted, and refusals by code."""

    def visit(self) -> None:
        """One look at one hall, and perhaps a take or a bid."""
        if self._chance.randrange(100) < TAKES_PCT:
            self._take()
        else:
            self._bid()

    def text(self) -> str:
        """What it did, as the end of a sentence; nothing if it did nothing."""
        told = ", ".join(f"{number} {what}" for what, number in sorted(self.done.items()))
        return f"; halls: {told}" if told else ""

    def _items(self, path: str) -> list[dict[str, Any]]:
        answer = self._api.call("GET", path)
        found: list[dict[str, Any]] = answer.body.get("items", [])
        return found

    def _send(self, what: str, path: str, buyer: DemoTrader, body: dict[str, Any]) -> bool:
        self._number += 1
        body = {**body, "client_id": f"hall-{self._run}-{self._number}"}
        answer = self._api.call("POST", path, buyer.key, body)
        accepted = answer.status in (200, 201)
        self.done[what if accepted else answer.code] += 1
        return accepted

    def _take(self) -> None:
        """Once with a bond, so that a contract waits for its balance; else what is paid in full."""
        offers = self._items("/listings?side=sell")
        in_full = [offer for offer in offers if offer["payment"] == "full"]
        with_bond = [] if self._bonded else [offer for offer in offers if offer["payment"] == "bond"]
        if with_bond or in_full:
            offer = self._chance.choice(with_bond or in_full)
            self._bonded = self._bonded or offer["payment"] == "bond"
            kg = min(offer["left_kg"], offer["minimum_kg"])
            body = {"price": offer["price"], "quantity_kg": kg}
            self._send(
                "takes", f"/listings/{offer['listing_id']}/takes", self._chance.choice(self._buyers), body
            )

    def _bid(self) -> None:
        running = self._items("/auctions?stage=running")
        lots = [lot for lot in running if _biddable(lot)]
        if not lots:
            return
        lot, buyer = self._chance.choice(lots), self._chance.choice(self._buyers)
        path = f"/auctions/{lot['auction_id']}"
        entry = (buyer.key, lot["auction_id"])
        if entry not in self._entered:
            self._entered.add(entry)
            self._send("entries", f"{path}/entry", buyer, {"quantity_kg": 0})
            return
        price = self._price(lot)
        if price is not None:
            kg = lot["quantity_kg"] // 4 if lot["kind"] == "clock" else 0
            bid = {"price": format_yuan(price), "quantity_kg": kg, "epoch": lot["epoch"]}
            self._send("bids", f"{path}/bids", buyer, bid)

    def _price(self, lot: dict[str, Any]) -> int | None:
        """What a careful buyer bids, fen per kg; None: it is too dear."""
        start, step = parse_price(lot["start_price"]), parse_price(lot["step"] or "0.01")
        if lot["kind"] == "sealed":
            return start + step * self._chance.randint(0, 20)
        standing = parse_price(lot["price"]) if lot["price"] else None
        if lot["kind"] == "clock":
            return standing
        wanted = start if standing is None else standing + step
        return wanted if wanted * 100 <= start * (100 + MOST_OVER_PCT) else None


def _biddable(lot: dict[str, Any]) -> bool:
    return lot["side"] == "sell" and lot["kind"] in KINDS and not lot["committed"]
