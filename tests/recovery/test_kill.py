"""The exchange is killed under load, at random points, and loses or repeats nothing it acknowledged."""

import asyncio
import itertools
import json
import random
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.exchange_process import ExchangeProcess, lay_out_seeded, start_exchange, wait_until_ready
from tests.recovery.order_load import Lot, Trader, send_again, trade
from tests.servers import free_port

pytestmark = pytest.mark.recovery

KILLS = 2
SEED = 20261122
ANSWERS = (150, 500)
"""Answers between two kills."""
LOAD_S = 30
PROJECTED_S = 60


def traders_of(exchange: ExchangeProcess) -> list[Trader]:
    """Three growers and three dealers."""
    members = exchange.demo_keys()

    growers = [each for each in members if each["kind"] == "grower"][:3]
    dealers = [each for each in members if each["kind"] == "dealer"][:3]
    return [
        Trader(each["code"], each["kind"], each["key"], random.Random(f"{SEED}{each['code']}"))
        for each in growers + dealers
    ]


def get(exchange: ExchangeProcess, path: str, key: str = "") -> Any:
    """JSON of one GET."""
    request = urllib.request.Request(f"{exchange.url}{path}")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def all_orders(exchange: ExchangeProcess, trader: Trader) -> dict[str, list[int]]:
    """Order numbers in the tables by client id."""
    found: dict[str, list[int]] = {}
    cursor = ""
    while True:
        page = get(exchange, f"/api/v1/orders?limit=200{cursor}", trader.key)
        for order in page["items"]:
            found.setdefault(order["client_order_id"], []).append(order["order_id"])
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def wait_for_offers(exchange: ExchangeProcess) -> list[Any]:
    """Listings that are dealt in at once, when the demo's halls are full."""
    deadline = time.monotonic() + PROJECTED_S
    while time.monotonic() < deadline:
        found = get(exchange, "/api/v1/listings?side=sell")["items"]
        if len(found) == 4:
            return [each for each in found if not each["confirm"]]
        time.sleep(0.1)
    raise AssertionError("the halls of the demo stay empty")


def open_lot(exchange: ExchangeProcess) -> Lot:
    """An English auction that is open and stays so."""
    terms = ("--members", "2", "--opens-in", "3", "--lasts", "900")
    crowd = json.loads(exchange.jinguo("demo", "crowd", *terms))
    deadline = time.monotonic() + PROJECTED_S
    while time.monotonic() < deadline:
        lot = get(exchange, f"/api/v1/auctions/{crowd['auction']}")
        if lot["state"] == "open":
            first = crowd["start_fen"] + crowd["step_fen"]
            return Lot(crowd["auction"], lot["epoch"], itertools.count(first, crowd["step_fen"]))
        time.sleep(0.1)
    raise AssertionError("the auction does not open")


def check_bids(exchange: ExchangeProcess, traders: list[Trader], lot: Lot) -> None:
    """Every bid that was acknowledged stands once, nobody knows of another, and the auction goes on."""
    known = [number for trader in traders for number in trader.bids]
    standing = get(exchange, f"/api/v1/auctions/{lot.auction_id}/bids?limit=200")["items"]
    assert known
    assert sorted(each["bid_id"] for each in standing) == sorted(known)
    state = get(exchange, f"/api/v1/auctions/{lot.auction_id}")
    assert (state["state"], state["price"]) == ("open", standing[0]["price"])


def check_takes(exchange: ExchangeProcess, traders: list[Trader], offered: list[Any]) -> None:
    """Every deal was made once, and what is left of each listing is what nobody took."""
    taken = [trader.taken for trader in traders]
    deals = [number for each in taken for number in each]
    assert deals
    assert len(set(deals)) == len(deals)
    left = sum(get(exchange, f"/api/v1/listings/{each['listing_id']}")["left_kg"] for each in offered)
    assert left == sum(each["left_kg"] for each in offered) - sum(sum(each.values()) for each in taken)


async def load_and_kill(exchange: ExchangeProcess, traders: list[Trader], answers: int) -> None:
    """All trade at once; the process dies in the middle of it, after so many more answers."""
    enough = asyncio.Event()
    countdown = itertools.count(answers, -1)

    def answered() -> None:
        if next(countdown) == 0:
            enough.set()

    products = get(exchange, "/api/v1/products")["items"][:3]
    load = [asyncio.ensure_future(trade(exchange.url, trader, products, answered)) for trader in traders]
    await asyncio.wait_for(enough.wait(), LOAD_S)
    exchange.process.send_signal(signal.SIGKILL)
    await asyncio.gather(*load)


async def resend_everything(exchange: ExchangeProcess, traders: list[Trader]) -> None:
    """Every order of every member once more: unanswered ones get an answer, the others the same one."""
    await asyncio.gather(*(send_again(exchange.url, each, list(each.sent.values())) for each in traders))


def wait_until_projected(exchange: ExchangeProcess) -> None:
    """Returns when the tables have all the journal has; until then the exchange may say it is behind."""
    deadline = time.monotonic() + PROJECTED_S
    while time.monotonic() < deadline:
        try:
            state = get(exchange, "/readyz")
        except urllib.error.HTTPError as behind:
            state = json.loads(behind.read())
        if state["status"] == "ready" and state["projected_seq"] == state["seq"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"the tables did not catch up: {state}")


def restart(exchange: ExchangeProcess) -> ExchangeProcess:
    """The same exchange again, on the same files and port."""
    exchange.process.wait()
    kept = ("DATABASE_URL", "DEMO_HALLS")
    extra = {name: exchange.environment[name] for name in kept if name in exchange.environment}
    again = start_exchange(exchange.directory, int(exchange.url.rpartition(":")[2]), **extra)
    wait_until_ready(again)
    return again


def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(
    tmp_path: Path, database: dict[str, str]
) -> None:
    chance = random.Random(SEED)
    lay_out_seeded(tmp_path, database.get("DATABASE_URL", ""))
    exchange = start_exchange(tmp_path, free_port(), DEMO_HALLS="1", **database)
    try:
        wait_until_ready(exchange)
        traders = traders_of(exchange)
        offered = wait_for_offers(exchange)
        lot = open_lot(exchange)
        for trader in traders:
            if trader.kind != "grower":
                trader.offers = offered
                trader.enter(lot)
        asyncio.run(resend_everything(exchange, traders))
        for _ in range(KILLS):
            asyncio.run(load_and_kill(exchange, traders, answers=chance.randint(*ANSWERS)))
            exchange = restart(exchange)
            asyncio.run(resend_everything(exchange, traders))
        assert sum(len(trader.accepted) for trader in traders) >= KILLS * ANSWERS[0], traders[0].acknowledged

        wait_until_projected(exchange)
        check_takes(exchange, traders, offered)
        check_bids(exchange, traders, lot)
        for trader in traders:
            assert trader.contradictions == []
            assert trader.acknowledged.keys() == trader.sent.keys()
            assert all_orders(exchange, trader) == {
                name: [told["order_id"]] for name, told in trader.accepted.items()
            }

        exchange.process.terminate()  # an open auction is told the time each second: the journal would go on
        assert exchange.process.wait(30) == 0
        report = json.loads(exchange.jinguo("journal", "verify", "--json"))
        assert report["agrees"], report["differences"]
        assert report["tables_seq"] == report["seq"]
    finally:
        exchange.process.kill()
        exchange.process.wait()
