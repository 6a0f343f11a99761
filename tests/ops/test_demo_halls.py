"""A demo market has something in its halls, and somebody who takes and bids."""

from typing import Any

import pytest

from exchange.ops import demo_halls
from exchange.ops.demo_api import Answer, Api, DemoTrader
from exchange.ops.demo_visitor import HallVisitor


@pytest.mark.django_db
def test_without_a_demo_nothing_is_put_into_the_halls() -> None:
    assert demo_halls.fill() == 0


class OpenHalls(Api):
    """Halls with one offer and one English lot; everything asked for is done."""

    def __init__(self, price: str | None) -> None:
        self.price = price
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def call(
        self, method: str, path: str, key: str | None = None, body: dict[str, Any] | None = None
    ) -> Answer:
        if method == "POST":
            assert body is not None
            self.sent.append((path, body))
            return Answer(201, {})
        if path.startswith("/listings"):
            offer = {
                "listing_id": 4, "price": "7.20", "left_kg": 5_000, "minimum_kg": 1_000, "payment": "full",
            }  # fmt: skip
            return Answer(200, {"items": [offer, {**offer, "listing_id": 5, "payment": "bond"}]})
        lot = {
            "auction_id": 9, "kind": "english", "side": "sell", "committed": False, "epoch": 2,
            "start_price": "7.00", "price": self.price, "step": "0.05", "quantity_kg": 20_000,
        }  # fmt: skip
        return Answer(200, {"items": [lot, {**lot, "side": "buy"}, {**lot, "kind": "dutch"}]})


@pytest.mark.parametrize(("standing", "bid"), [(None, "7.00"), ("7.10", "7.15"), ("7.70", None)])
def test_the_visitor_takes_the_least_and_bids_a_step_more_but_never_dear(
    standing: str | None, bid: str | None
) -> None:
    halls = OpenHalls(standing)
    visitor = HallVisitor(halls, [DemoTrader("D001", "dealer", "k")], seed=1)
    for _ in range(30):
        visitor.visit()
    takes = [body for path, body in halls.sent if path == "/listings/4/takes"]
    assert takes
    assert [path for path, _ in halls.sent].count("/listings/5/takes") == 1
    assert {(body["price"], body["quantity_kg"]) for body in takes} == {("7.20", 1_000)}
    assert [path for path, _ in halls.sent].count("/auctions/9/entry") == 1
    bids = {(body["price"], body["epoch"]) for path, body in halls.sent if path == "/auctions/9/bids"}
    assert bids == (set() if bid is None else {(bid, 2)})
    assert len({body["client_id"] for _, body in halls.sent}) == len(halls.sent)
