"""The hub: snapshots and deltas that add up, whatever happens in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any
from zlib import crc32

import pytest

from exchange.market_data import hub as hub_module
from exchange.market_data.hub import Hub
from exchange.market_data.messages import Message
from matching.types import Command, CommandKind, Phase, Side
from tests.market_data.floor import SETUP, EngineFloor, random_stream
from tests.market_data.test_market import place


class Client:
    """A sink that keeps every message and follows books as docs/api.md says."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.book: dict[str, dict[str, list[Any]]] = {"bids": {}, "asks": {}}
        self.seq = -1

    def offer(self, message: Message) -> None:
        told = json.loads(message.text)
        self.messages.append(told)
        if told["channel"] == "book" and told["type"] != "resync_required":
            self._follow(told)

    def _follow(self, told: dict[str, Any]) -> None:
        if told["type"] == "snapshot":
            self.book = {"bids": {}, "asks": {}}
        else:
            assert told["seq"] > self.seq
            assert told["prev_seq"] <= self.seq, "a gap"
        self.seq = told["seq"]
        for side in ("bids", "asks"):
            for level in told["data"][side]:
                if level[1]:
                    self.book[side][level[0]] = level
                else:
                    self.book[side].pop(level[0], None)
        assert told["data"]["crc32"] == crc32(self.checksum_text().encode())

    def checksum_text(self) -> str:
        bids = sorted(self.book["bids"].values(), key=lambda level: -float(level[0]))[:10]
        asks = sorted(self.book["asks"].values(), key=lambda level: float(level[0]))[:10]
        return "#".join("|".join(f"{level[0]}:{level[1]}" for level in side) for side in (bids, asks))

    def of(self, channel: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Messages of a channel, of one type."""
        return [each for each in self.messages if each["channel"] == channel and kind in (None, each["type"])]


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until ``holds()``."""
    for _ in range(5_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("waited for five seconds")


@pytest.fixture
def floor() -> EngineFloor:
    made = EngineFloor()
    made.batch(SETUP)
    return made


@pytest.fixture
async def hub(floor: EngineFloor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(hub_module, "CONFLATION_S", 0.001)
    made = Hub(floor)
    made.start()
    await asyncio.wait_for(made.ready.wait(), 5)
    yield made
    made.stop()
    await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(4))
async def test_a_client_that_follows_the_rules_has_the_engines_book(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "CONFLATION_S", 0.001)
    random, early, late, floor = Random(seed), Client(), Client(), EngineFloor()
    hub = Hub(floor)
    hub.start()
    await asyncio.wait_for(hub.ready.wait(), 5)
    hub.public.subscribe(early, "book", 1)
    commands = random_stream(seed, 800)
    while commands:
        size = random.randint(1, 30)
        hub.on_batch(floor.batch(commands[:size]))
        commands = commands[size:]
        if random.random() < 0.5:
            await asyncio.sleep(0.002)
        if len(commands) < 400 and not late.messages:
            hub.public.subscribe(late, "book", 1)
    await until(lambda: not hub.market.dirty)
    await asyncio.sleep(0.005)
    true = floor.engine.depth(1, 1_000)
    for client in (early, late):
        asks = sorted(client.book["asks"].values(), key=lambda level: float(level[0]))
        assert [level[1:] for level in asks] == [[level.kg, level.orders] for level in true.asks]
        bids = sorted(client.book["bids"].values(), key=lambda level: -float(level[0]))
        assert [level[1:] for level in bids] == [[level.kg, level.orders] for level in true.bids]
    hub.stop()


async def test_a_gap_in_the_feed_gives_everybody_a_fresh_snapshot(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "book", 1)
    floor.batch([place(1, Side.SELL, 705, 1_000)])
    hub.on_batch(floor.batch([place(2, Side.BUY, 704, 500)]))
    await until(lambda: len(client.of("book", "snapshot")) == 2)
    assert [told["type"] for told in client.of("book")] == ["snapshot", "resync_required", "snapshot"]
    assert client.book == {"bids": {"7.04": ["7.04", 500, 1]}, "asks": {"7.05": ["7.05", 1_000, 1]}}


async def test_batches_that_come_while_the_picture_is_made_are_not_lost(floor: EngineFloor) -> None:
    made = Hub(floor)
    asked = asyncio.Event()
    picture = floor.picture

    async def slow_picture() -> Any:
        taken = await picture()
        asked.set()
        await asyncio.sleep(0.01)
        return taken

    floor.picture = slow_picture  # type: ignore[method-assign]
    made.start()
    await asked.wait()
    made.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000)]))
    await asyncio.wait_for(made.ready.wait(), 5)
    assert made.market.product(1).depth.best(Side.SELL) == 705
    made.stop()


async def test_a_lagging_client_is_told_and_gets_every_snapshot_again(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "book", 1)
    hub.public.subscribe(client, "ticker", 0)
    client.messages.clear()
    hub.refresh(client)
    kinds = [(told["channel"], told["type"]) for told in client.messages]
    assert kinds[:2] == [("book", "resync_required"), ("book", "snapshot")]
    assert kinds[2:] == [("ticker", "resync_required"), *[("ticker", "snapshot")] * 3]


async def test_trades_and_ticker_say_what_traded(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "trades", 1)
    hub.public.subscribe(client, "ticker", 1)
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000), place(2, Side.BUY, 706, 400)]))
    await until(lambda: client.of("trades", "update") and client.of("ticker", "update"))
    (trade,) = client.of("trades", "update")[0]["data"]["trades"]
    assert (trade["price"], trade["quantity_kg"], trade["side"]) == ("7.05", 400, "buy")
    assert trade["traded_at"].endswith("+08:00")
    figures = client.of("ticker", "update")[-1]["data"]
    assert (figures["last"], figures["volume_kg"], figures["turnover"]) == ("7.05", 400, "2820.00")
    assert (figures["ask"], figures["bid"], figures["phase"]) == ("7.05", None, "continuous")
    assert (figures["reference"], figures["change"], figures["change_bps"]) == ("7.20", "-0.15", -208)


async def test_a_halt_shows_in_the_ticker(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "ticker", 0)
    hub.on_batch(floor.batch([Command(CommandKind.PHASE, product=2, flags=Phase.HALTED)]))
    await until(lambda: client.of("ticker", "update"))
    assert [(told["product"], told["data"]["phase"]) for told in client.of("ticker", "update")] == [
        ("P2", "halted")
    ]


async def test_a_new_product_appears(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "ticker", 0)
    floor.codes[4] = "P4"
    new = Command(CommandKind.PRODUCT, product=4, price=700, quantity=800, amount=100, order_id=100)
    hub.on_batch(floor.batch([new]))
    await until(lambda: any(told["product"] == "P4" for told in client.of("ticker", "update")))
    assert hub.numbers["P4"] == 4


async def test_every_socket_hears_the_heartbeat(floor: EngineFloor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_S", 0.02)
    made = Hub(floor)
    made.start()
    clients = [Client() for _ in range(25)]
    for client in clients:
        made.join(client)
    await until(lambda: all(len(client.of("heartbeat")) >= 3 for client in clients))
    beats = [told["seq"] for told in clients[0].of("heartbeat", "tick")]
    assert beats == list(range(beats[0], beats[0] + len(beats)))
    made.stop()


async def test_who_left_hears_nothing(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.join(client)
    for channel in ("book", "trades", "ticker"):
        hub.public.subscribe(client, channel, 1)
    await hub.private.subscribe(client, 1, hub.market.seq, None)
    hub.leave(client)
    client.messages.clear()
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000)]))
    await asyncio.sleep(0.01)
    assert client.of("book") == client.of("ticker") == client.of("account") == []


async def test_unsubscribing_ends_one_channel(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    hub.public.subscribe(client, "book", 1)
    hub.public.subscribe(client, "ticker", 1)
    hub.public.unsubscribe(client, "book", 1)
    hub.public.unsubscribe(client, "book", 2)
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000)]))
    await until(lambda: client.of("ticker", "update"))
    assert client.of("book", "delta") == []


# The private stream -----------------------------------------------------------------------------------


async def test_the_private_stream_begins_with_what_the_floor_knows(floor: EngineFloor, hub: Hub) -> None:
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000)], ["mine"]))
    client = Client()
    await hub.private.subscribe(client, 1, hub.market.seq, None)
    (told,) = client.of("account")
    assert told["type"] == "snapshot"
    (order,) = told["data"]["orders"]
    assert (order["client_order_id"], order["remaining_kg"], order["status"]) == ("mine", 1_000, "open")
    goods = {line["product"]: line for line in told["data"]["goods"]}
    assert (goods["P1"]["free_kg"], goods["P1"]["held_kg"]) == (49_000, 1_000)
    assert told["data"]["funds"] == {"free": "500000.00", "held": "0.00"}


async def test_updates_say_what_happened_and_balances_what_is_left(floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    await hub.private.subscribe(client, 2, hub.market.seq, None)
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 1_000), place(2, Side.BUY, 705, 400)], ["a", "b"]))
    await until(lambda: client.of("account", "balance"))
    (update,) = client.of("account", "update")
    (order,) = update["data"]["orders"]
    assert (order["client_order_id"], order["status"], order["filled_kg"]) == ("b", "filled", 400)
    (trade,) = update["data"]["trades"]
    assert (trade["side"], trade["liquidity"], trade["amount"]) == ("buy", "taker", "2820.00")
    assert update["prev_seq"] < update["seq"] == floor.seq
    state = floor.engine.account(2)
    assert state is not None
    funds = client.of("account", "balance")[-1]["data"]["funds"]
    assert funds["free"] == f"{state.funds_free // 100}.{state.funds_free % 100:02d}"


async def test_who_reconnects_gets_exactly_what_was_missed(floor: EngineFloor, hub: Hub) -> None:
    first = Client()
    await hub.private.subscribe(first, 1, hub.market.seq, None)
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 100)]))
    seen = first.of("account", "update")[-1]["seq"]
    hub.leave(first)
    for price in (706, 707, 708):
        hub.on_batch(floor.batch([place(1, Side.SELL, price, 100)]))
    second = Client()
    await hub.private.subscribe(second, 1, hub.market.seq, seen)
    updates = second.of("account", "update")
    assert [told["data"]["orders"][0]["price"] for told in updates] == ["7.06", "7.07", "7.08"]
    assert updates[0]["prev_seq"] == seen
    hub.on_batch(floor.batch([place(1, Side.SELL, 709, 100)]))
    assert second.of("account", "update")[-1]["data"]["orders"][0]["price"] == "7.09"
    await until(lambda: second.of("account", "balance"))
    assert second.of("account", "snapshot") == []


@pytest.mark.parametrize("since", [0, 10**15])
async def test_a_position_that_is_not_kept_gives_a_snapshot(since: int, floor: EngineFloor, hub: Hub) -> None:
    client = Client()
    await hub.private.subscribe(client, 1, hub.market.seq, since)
    assert [told["type"] for told in client.of("account")] == ["snapshot"]


async def test_a_replay_that_became_too_long_gives_a_snapshot(
    floor: EngineFloor, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.market_data.streams.REPLAY_LENGTH", 3)
    client, again = Client(), Client()
    await hub.private.subscribe(client, 1, hub.market.seq, None)
    seen = hub.market.seq
    hub.leave(client)
    for price in (705, 706, 707, 708):
        hub.on_batch(floor.batch([place(1, Side.SELL, price, 100)]))
    await hub.private.subscribe(again, 1, hub.market.seq, seen)
    assert again.of("account")[0]["type"] == "snapshot"
    assert len(again.of("account")[0]["data"]["orders"]) == 4


async def test_an_abandoned_stream_is_forgotten(
    floor: EngineFloor, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.market_data.private.STREAM_KEPT_S", -1.0)
    client = Client()
    await hub.private.subscribe(client, 1, hub.market.seq, None)
    hub.private.expire()
    hub.on_batch(floor.batch([place(1, Side.SELL, 705, 100)]))
    assert client.of("account", "update")
    hub.leave(client)
    hub.private.expire()
    hub.on_batch(floor.batch([place(1, Side.SELL, 706, 100)]))
    assert hub.market.take_changes() == {}
