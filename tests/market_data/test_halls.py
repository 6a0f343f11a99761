"""The halls' channels: what follows from snapshots and updates is what the desk knows, and no more."""

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from exchange.market_data import hub as hub_module
from exchange.market_data.hub import Hub
from exchange.market_data.live_halls import LiveAuction, LiveListings
from exchange.market_data.messages import Message
from matching.desk_types import CONFIRM, INVITED, YES, AuctionKind, DeskCommand, Pricing
from tests.market_data.halls import LOT_KG, OWNER, SECOND, HallFloor, K, bid, entries
from tests.market_data.test_hub import Client, until

BIDDERS = range(2, 6)
ENGLISH: dict[str, int] = {
    "step": 1,
    "duration_ns": 60 * SECOND,
    "soft_close_ns": 20 * SECOND,
    "extension_ns": 20 * SECOND,
    "max_extensions": 3,
    "reserve": 777,
    "bond_fen_per_t": 1_000,
}


class Watcher(Client):
    """Follows halls as docs/api.md says: a snapshot, then updates that replace what they name."""

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, Any] = {}
        self.bids: list[dict[str, Any]] = []
        self.listings: dict[int, dict[str, Any]] = {}
        self.raw: list[Message] = []
        self.at = 0

    def offer(self, message: Message) -> None:
        super().offer(message)
        self.raw.append(message)
        told = self.messages[-1]
        if told["channel"] in ("auction", "listings") and told["type"] in ("snapshot", "update"):
            self._hear(told)

    def _hear(self, told: dict[str, Any]) -> None:
        data = told["data"]
        if told["type"] == "snapshot":
            self.state, self.bids, self.listings = {}, [], {}
        else:
            assert told["prev_seq"] == self.at, "a gap"
        self.at = told["seq"]
        self.bids = (self.bids + data.pop("latest_bids", []))[-50:]
        opened = {each["bid_id"]: each for each in data.pop("opened_bids", [])}
        self.bids = [{**each, **opened.get(each["bid_id"], {})} for each in self.bids]
        self.listings |= {each["listing_id"]: each for each in data.pop("listings", [])}
        for each in data.pop("ended", []):
            self.listings.pop(each["listing_id"], None)
        self.state |= data

    @property
    def text(self) -> str:
        """Everything it was told."""
        return "\n".join(message.text for message in self.raw)


@pytest.fixture
def floor() -> HallFloor:
    return HallFloor()


@pytest.fixture
async def hub(floor: HallFloor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(hub_module, "CONFLATION_S", 0.0)
    made = Hub(floor)
    floor.follower = made.on_batch
    made.start()
    await asyncio.wait_for(made.ready.wait(), 5)
    yield made
    made.stop()
    await asyncio.sleep(0)


async def watch(hub: Hub, channel: str, number: int) -> Watcher:
    """A watcher with its snapshot."""
    watcher = Watcher()
    hub.public.subscribe(watcher, channel, number)
    await until(lambda: watcher.of(channel))
    return watcher


async def said(hub: Hub) -> None:
    """Everything that happened is told."""
    await until(lambda: not hub.halls.changed and not hub.market.dirty)


async def picture(floor: HallFloor, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """State and latest bids of an auction as the desk has them now."""
    found = await floor.auction(number)
    assert found is not None
    told = json.loads(json.dumps(LiveAuction(found).snapshot()))
    return told, told.pop("latest_bids")


async def random_bids(hub: Hub, floor: HallFloor, random: Random, number: int) -> None:
    """What four bidders do with an English auction, good and bad, until it has ended."""
    price = 700
    for _ in range(40):
        price += random.randint(0, 3)
        maximum = price + random.randint(0, 9) if random.random() < 0.4 else 0
        floor.desk(bid(number, random.choice(BIDDERS), price, maximum=maximum))
        if random.random() < 0.5:
            floor.wait(random.randint(0, 5))
        if random.random() < 0.5:
            await said(hub)
    for _ in range(5):
        floor.wait(25)


@pytest.mark.parametrize("seed", range(3))
async def test_who_follows_an_english_auction_has_what_the_desk_knows(
    seed: int, floor: HallFloor, hub: Hub
) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    early = await watch(hub, "auction", 9)
    floor.does(*entries(9, BIDDERS))
    floor.wait(5)
    await random_bids(hub, floor, Random(seed), 9)
    late = await watch(hub, "auction", 9)
    await said(hub)

    state, bids = await picture(floor, 9)
    for watcher in (early, late):
        assert {key: watcher.state[key] for key in state} == state
        assert watcher.bids == bids
    assert state["state"] in ("awarded", "unsold", "paying", "deciding")
    assert floor.pictures == 1, "nobody had to start again"


async def test_what_is_hidden_never_leaves_and_each_message_is_encoded_once(
    floor: HallFloor, hub: Hub
) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    watchers = [await watch(hub, "auction", 9) for _ in range(3)]
    floor.does(*entries(9, BIDDERS))
    floor.wait(5)
    floor.does(bid(9, 2, 701, maximum=755), bid(9, 3, 702))
    await said(hub)

    one, other, _ = watchers
    assert one.raw[1:]
    assert all(a is b for a, b in zip(one.raw, other.raw, strict=True))
    assert (one.state["price"], one.state["leader"], one.state["reserve"]) == ("7.03", "1", "not_met")
    assert [(each["bidder"], each["price"], each["by_proxy"]) for each in one.bids] == [
        ("1", "7.01", False),
        ("2", "7.02", False),
        ("1", "7.03", True),
    ]
    assert "7.55" not in one.text
    assert "7.77" not in one.text

    floor.does(bid(9, 2, 703, maximum=780))
    await said(hub)
    assert (one.state["price"], one.state["reserve"]) == ("7.77", "met"), "the reserve is bid at once"


async def test_a_late_bid_extends_and_an_outage_begins_a_new_epoch(floor: HallFloor, hub: Hub) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    watcher = await watch(hub, "auction", 9)
    floor.does(*entries(9, BIDDERS))
    floor.wait(5)
    for _ in range(2):
        floor.wait(25)
    floor.does(bid(9, 2, 701))
    await said(hub)
    assert (watcher.state["extended"], watcher.state["extensions"]) == ("soft_close", 1)

    floor.wait(31)
    await said(hub)
    assert (watcher.state["extended"], watcher.state["epoch"]) == ("outage", 2)
    assert watcher.state["state"] == "open"


async def test_sealed_bids_are_told_without_price_until_the_end(floor: HallFloor, hub: Hub) -> None:
    floor.announce(9, AuctionKind.SEALED, 700, duration_ns=20 * SECOND, pricing=Pricing.SECOND)
    watcher = await watch(hub, "auction", 9)
    floor.does(*entries(9, BIDDERS))
    floor.wait(5)
    floor.does(bid(9, 2, 733), bid(9, 3, 744))
    await said(hub)
    assert [(each["price"], each["quantity_kg"]) for each in watcher.bids] == [(None, None)] * 2
    assert (watcher.state["price"], watcher.state["bids"]) == (None, 2)
    assert "7.33" not in watcher.text
    assert "7.44" not in watcher.text

    floor.wait(20)
    await said(hub)
    assert [each["price"] for each in watcher.bids] == ["7.33", "7.44"]
    (award,) = watcher.state["awards"]
    assert (award["bidder"], award["price"], award["quantity_kg"]) == ("2", "7.33", LOT_KG)
    assert watcher.state["price"] == "7.33"


async def test_the_dutch_clock_can_be_drawn_from_what_is_told(floor: HallFloor, hub: Hub) -> None:
    floor.announce(
        9, AuctionKind.DUTCH, 710, step=2, tick_ns=SECOND, floor=700, kg_step=100, min_take=500, raise_fen=2
    )
    watcher = await watch(hub, "auction", 9)
    floor.does(*entries(9, BIDDERS))
    assert (watcher.state["falls_since"], watcher.state["ends_at"]) == (None, watcher.state["opens_at"])
    floor.wait(5)
    floor.wait(2)
    floor.does(bid(9, 2, 706, kg=1_000))
    await said(hub)

    state = watcher.state
    assert (state["price"], state["step"], state["tick_ms"], state["floor_price"]) == (
        "7.08",
        "0.02",
        1_000,
        "7.00",
    )
    assert state["falls_since"] is not None
    assert state["ends_at"] is None
    assert (state["remaining_kg"], state["deals"][0]["price"]) == (LOT_KG - 1_000, "7.06")
    assert [(each["price"], each["quantity_kg"]) for each in watcher.bids] == [("7.06", 1_000)]


async def test_an_auction_that_is_not_shown_cannot_be_listened_to(floor: HallFloor, hub: Hub) -> None:
    watcher = await watch(hub, "auction", 9)
    assert [(told["type"], told["auction"]) for told in watcher.of("auction")] == [("unknown", 9)]
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    await said(hub)
    assert len(watcher.messages) == 1, "it has to ask again"


async def test_what_happens_while_a_picture_is_made_is_not_lost(floor: HallFloor, hub: Hub) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    floor.does(*entries(9, BIDDERS))
    floor.wait(5)
    taken, go_on = asyncio.Event(), asyncio.Event()
    at_once = floor.auction

    async def slowly(number: int) -> Any:
        made = await at_once(number)
        taken.set()
        await go_on.wait()
        return made

    floor.auction = slowly  # type: ignore[method-assign]
    watcher = Watcher()
    hub.public.subscribe(watcher, "auction", 9)
    await taken.wait()
    floor.does(bid(9, 2, 701))
    go_on.set()
    await until(lambda: watcher.of("auction"))
    assert (watcher.state["price"], len(watcher.bids)) == ("7.01", 1)


async def test_gaps_and_lag_give_everybody_a_fresh_snapshot(floor: HallFloor, hub: Hub) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **ENGLISH)
    floor.offer(5)
    watcher, other = await watch(hub, "auction", 9), await watch(hub, "listings", 1)
    hub.refresh(watcher)
    floor.follower = lambda _batch: None
    floor.does(*entries(9, [2]))
    floor.follower = hub.on_batch
    floor.does(*entries(9, [3]))
    await until(lambda: len(watcher.of("auction", "snapshot")) == 3)
    kinds = [told["type"] for told in watcher.of("auction")]
    assert kinds == ["snapshot", *["resync_required", "snapshot"] * 2]
    assert all(told["auction"] == 9 for told in watcher.of("auction"))
    assert watcher.state["entered"] == 2
    assert [told["type"] for told in other.of("listings")] == ["snapshot", "resync_required", "snapshot"]
    assert list(other.listings) == [5]


async def test_the_hall_shows_what_is_for_everybody(floor: HallFloor, hub: Hub) -> None:
    floor.offer(5)
    watcher = await watch(hub, "listings", 1)
    floor.offer(6, price=700)
    floor.offer(7, price=701, flags=INVITED)
    floor.does(
        DeskCommand(K.TAKE, account=2, id=5, price=705, quantity=2_000),
        DeskCommand(K.INVITE, account=3, id=7),
        DeskCommand(K.TAKE, account=3, id=7, price=701, quantity=1_000),
        DeskCommand(K.WITHDRAW, account=OWNER, id=6),
    )
    await said(hub)

    left = json.loads(json.dumps(LiveListings(await floor.listings(1)).snapshot()))["listings"]
    assert list(watcher.listings.values()) == left
    assert (left[0]["left_kg"], left[0]["minimum_kg"]) == (3_000, 100)
    assert [(deal["listing_id"], deal["price"], deal["mode"]) for deal in watcher.state["deals"]] == [
        (5, "7.05", "listed")
    ]
    assert "7.01" not in watcher.text
    hub.public.unsubscribe(watcher, "listings", 1)
    told = len(watcher.messages)
    floor.offer(8)
    await said(hub)
    assert len(watcher.messages) == told


# Private ----------------------------------------------------------------------------------------------


async def listen(hub: Hub, account: int) -> Watcher:
    watcher = Watcher()
    await hub.private.subscribe(watcher, account, hub.market.seq, None)
    return watcher


def heard(watcher: Watcher) -> list[str]:
    """Names of the events of the desk it was told of, without its holds."""
    notices = [each for told in watcher.of("account", "update") for each in told["data"].get("desk", [])]
    return [each["event"] for each in notices if each["event"] != "held"]


async def test_a_take_is_told_to_its_two_sides_alone(floor: HallFloor, hub: Hub) -> None:
    floor.offer(5, flags=CONFIRM)
    lister, taker, third = [await listen(hub, account) for account in (OWNER, 2, 3)]
    floor.does(DeskCommand(K.TAKE, account=2, id=5, price=705, quantity=1_000))
    (pending,) = list(floor.engine.desk.takes)
    asking = await listen(hub, OWNER)
    (own,) = asking.of("account", "snapshot")
    assert [(each["take_id"], each["quantity_kg"]) for each in own["data"]["desk"]["takes"]] == [
        (pending, 1_000)
    ]

    floor.does(DeskCommand(K.CONFIRM, account=OWNER, id=pending, flags=YES))
    await until(lambda: taker.of("account", "balance") and lister.of("account", "balance"))

    assert heard(taker) == ["take_pending", "deal", "take_ended"]
    assert sorted(heard(lister)) == sorted([*heard(taker), "listing_left", "listing_left"])
    assert third.of("account", "update") == []
    deal = next(
        each
        for told in taker.of("account", "update")
        for each in told["data"]["desk"]
        if each["event"] == "deal"
    )
    assert (deal["side"], deal["amount"], deal["fee"], deal["deposit"]) == ("buy", "7050.00", "0.00", None)


async def test_bidders_hear_of_their_own_bonds_bids_and_ends(floor: HallFloor, hub: Hub) -> None:
    floor.announce(9, AuctionKind.ENGLISH, 700, **{**ENGLISH, "reserve": 0})
    winner, loser = await listen(hub, 2), await listen(hub, 3)
    floor.does(*entries(9, [2, 3]))
    floor.wait(5)
    floor.does(bid(9, 3, 701), bid(9, 2, 702))
    for _ in range(3):
        floor.wait(25)
    await until(lambda: "deal" in heard(winner))

    assert heard(winner) == ["entered", "bid_placed", "awarded", "deal"]
    assert heard(loser) == ["entered", "bid_placed"]
    bonds = [
        (each["kind"], each["change"], each["reason"])
        for told in loser.of("account", "update")
        for each in told["data"]["desk"]
        if each["event"] == "held"
    ]
    assert bonds == [("bond", "200.00", "taken_aside"), ("bond", "-200.00", "given_back")]
