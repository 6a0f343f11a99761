"""The gateway on the event loop, over the bus in one process and over Redis: every request gets an end."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import redis

from exchange.trading.bus import CommandBus, Envelope, InProcessBus, Mailbox, Uplink
from exchange.trading.bus_redis import STREAM, RedisBus, RedisUplink
from exchange.trading.errors import FloorUnavailable
from exchange.trading.feed import FeedBatch, InProcessFeed
from exchange.trading.feed_redis import RedisFeed, RedisFeedSource
from exchange.trading.floor import Floor, open_floor
from exchange.trading.gateway import BlockingGateway, Gateway
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.replies import UNANSWERED, OrderStatus, Reply
from matching.types import Command
from tests.trading.floor_kit import PRODUCT, SELLER, buy, opened_market, sell


class Site:
    """A floor on its own thread and the way gateways of a process reach it."""

    def __init__(self, store: SqliteJournal, redis_url: str = "") -> None:
        self.redis_url = redis_url
        self.store = store
        self.bus: CommandBus = RedisBus(redis_url) if redis_url else InProcessBus()
        self.feed = RedisFeed(redis_url) if redis_url else InProcessFeed()
        self.floor: Floor = open_floor(store, self.bus, self.feed, holder="test")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.floor.run, args=(self._stop,))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        if isinstance(self.feed, RedisFeed):
            self.feed.close()
        self.store.close()

    def uplink(self, mailbox: Mailbox, loop: asyncio.AbstractEventLoop) -> Uplink:
        if self.redis_url:
            return RedisUplink(self.redis_url, mailbox, loop)
        assert isinstance(self.bus, InProcessBus)
        return self.bus.connect(mailbox)


@pytest.fixture(params=["in_process", pytest.param("redis", marks=pytest.mark.redis)])
def bus_url(request: pytest.FixtureRequest) -> str:
    """Empty for the bus in this process, else the URL of an empty Redis."""
    if request.param == "in_process":
        return ""
    url: str = request.getfixturevalue("redis_url")
    client = redis.Redis.from_url(url)
    client.flushall()
    client.close()
    return url


@contextmanager
def running(directory: Path, url: str, *, start: bool = True) -> Iterator[Site]:
    site = Site(SqliteJournal(directory / "journal.sqlite3"), url)
    if start:
        site.start()
    try:
        yield site
    finally:
        site.stop()


@asynccontextmanager
async def gateway_to(site: Site, timeout_s: float = 5.0) -> AsyncIterator[Gateway]:
    loop = asyncio.get_running_loop()
    gateway = Gateway(lambda mailbox: site.uplink(mailbox, loop), loop, timeout_s)
    try:
        yield gateway
    finally:
        await gateway.close()


async def open_market(gateway: Gateway) -> None:
    for command in opened_market():
        assert (await gateway.call(command.pack())).status is OrderStatus.APPLIED


async def test_commands_and_questions_come_back_through_the_bus(tmp_path: Path, bus_url: str) -> None:
    with running(tmp_path, bus_url) as site:
        async with gateway_to(site) as gateway:
            await open_market(gateway)
            first = await gateway.call(sell(700, 1000).pack(), "s-1")
            assert (first.status, first.remaining_kg) == (OrderStatus.OPEN, 1000)
            again = await gateway.call(sell(700, 1000).pack(), "s-1")
            assert again == first._replace(duplicate=True)
            depth = await gateway.depth(PRODUCT)
            assert (depth.seq, depth.asks) == (first.seq, ((700, 1000, 1),))
            assert (await gateway.account(SELLER)).goods[0].held_kg == 1000
            assert (await gateway.product(PRODUCT)).known
            assert (await gateway.head()).seq == gateway.head_seq == first.seq


async def test_many_orders_of_many_gateways_keep_their_order(tmp_path: Path, bus_url: str) -> None:
    with running(tmp_path, bus_url) as site:
        async with gateway_to(site) as first, gateway_to(site) as second:
            await open_market(first)
            got: dict[str, list[Reply]] = {"a": [], "b": []}
            done = asyncio.Event()

            def collect(name: str) -> Callable[[Reply], None]:
                def on_reply(reply: Reply) -> None:
                    got[name].append(reply)
                    if len(got["a"]) + len(got["b"]) == 2000:
                        done.set()

                return on_reply

            for number in range(1000):
                first.submit(sell(700, 100).pack(), f"a-{number}", collect("a"))
                second.submit(buy(600, 100).pack(), f"b-{number}", collect("b"))
            await asyncio.wait_for(done.wait(), 20)
            for replies in got.values():
                order_ids = [reply.order_id for reply in replies]
                assert order_ids == sorted(order_ids)
                assert len(set(order_ids)) == 1000


async def test_a_broken_receiver_does_not_cost_others_their_reply(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path, "") as site:
        async with gateway_to(site) as gateway:
            await open_market(gateway)

            def broken(_reply: Reply) -> None:
                raise RuntimeError("a socket went away")

            gateway.submit(sell(700, 100).pack(), "", broken)
            reply = await gateway.call(sell(700, 100).pack())
            assert reply.status is OrderStatus.OPEN
    assert "a socket went away" in caplog.text


async def test_a_floor_that_does_not_answer_is_not_available(tmp_path: Path, bus_url: str) -> None:
    with running(tmp_path, bus_url, start=False) as site:
        async with gateway_to(site, timeout_s=0.3) as gateway:
            got: list[Reply] = []
            gateway.submit(sell(700, 100).pack(), "s-1", got.append)
            with pytest.raises(FloorUnavailable):
                await gateway.call(sell(700, 100).pack(), "s-2")
            with pytest.raises(FloorUnavailable):
                await gateway.head()
            assert got == [UNANSWERED]


async def test_a_floor_that_stops_tells_whoever_waits_and_whoever_comes(tmp_path: Path) -> None:
    with running(tmp_path, "", start=False) as site:
        async with gateway_to(site) as gateway:
            waiting = asyncio.ensure_future(gateway.call(sell(700, 100).pack()))
            question = asyncio.ensure_future(gateway.head())
            await asyncio.sleep(0)
            site.bus.close()
            for request in (waiting, question):
                with pytest.raises(FloorUnavailable):
                    await request
            with pytest.raises(FloorUnavailable):
                gateway.submit(sell(700, 100).pack(), "", lambda _: None)


def test_threads_have_a_gateway_too(tmp_path: Path, bus_url: str) -> None:
    with running(tmp_path, bus_url) as site:
        gateway = BlockingGateway(site.uplink)
        try:
            replies = gateway.call_all([(command.pack(), "") for command in opened_market()])
            assert {reply.status for reply in replies} == {OrderStatus.APPLIED}
            assert gateway.call(sell(700, 100).pack(), "s").status is OrderStatus.OPEN
            assert gateway.head().last_order_id == 1
            assert gateway.account(SELLER).known
            assert gateway.product(PRODUCT).known
            assert gateway.depth(PRODUCT).asks == ((700, 100, 1),)
        finally:
            gateway.close()


def wait_for_entries(client: redis.Redis, entries: int) -> None:
    deadline = time.monotonic() + 5
    while client.xlen(STREAM) < entries:
        assert time.monotonic() < deadline, "nothing came to the stream"
        time.sleep(0.005)


@pytest.mark.redis
async def test_a_command_taken_but_not_journaled_is_taken_again_after_a_crash(
    tmp_path: Path, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    with running(tmp_path, redis_url) as site:
        async with gateway_to(site) as gateway:
            await open_market(gateway)
    crashed = RedisBus(redis_url)
    with running(tmp_path, redis_url, start=False) as site:
        async with gateway_to(site) as gateway:
            call = asyncio.ensure_future(gateway.call(sell(700, 100).pack(), "s-1"))
            await asyncio.to_thread(wait_for_entries, client, len(opened_market()) + 1)
            crashed.start_at(site.store.head().bus_position)
            assert len(crashed.take(0.5).envelopes) == 1
            site.start()
            assert (await call).status is OrderStatus.OPEN
            assert (await gateway.head()).last_order_id == 1
    crashed.close()
    client.close()


@pytest.mark.redis
def test_commands_journaled_before_a_crash_are_not_taken_again(tmp_path: Path, redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    for number in range(2):
        with running(tmp_path, redis_url) as site:
            gateway = BlockingGateway(site.uplink)
            if number == 0:
                gateway.call_all([(command.pack(), "") for command in opened_market()])
                gateway.call(sell(700, 100).pack())
            assert gateway.head().last_order_id == 1
            gateway.close()
    client.close()


@pytest.mark.redis
def test_what_waited_too_long_in_the_stream_is_dropped(
    tmp_path: Path, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    order = {"g": "gone", "c": sell(700, 100).pack(), "i": b"\x91\x92\x01\xa0"}
    client.xadd(STREAM, order, id="1000-0")
    client.xadd(STREAM, {"g": "gone", "c": b"short", "i": b"\x91\x92\x01\xa0"})
    client.xadd(STREAM, {"nonsense": "1"})
    with running(tmp_path, redis_url) as site:
        gateway = BlockingGateway(site.uplink)
        assert gateway.head().seq == 0
        gateway.close()
    assert "nobody waits for any more" in caplog.text
    assert caplog.text.count("not ours") == 2
    client.close()


@pytest.mark.redis
async def test_the_feed_reaches_every_follower_over_redis(redis_url: str) -> None:
    loop = asyncio.get_running_loop()
    sources = [RedisFeedSource(redis_url, loop) for _ in range(2)]
    heard: list[FeedBatch] = []
    arrived = asyncio.Event()

    def follow(batch: FeedBatch) -> None:
        heard.append(batch)
        if len(heard) == 2:
            arrived.set()

    for source in sources:
        source.subscribe(follow)
        await asyncio.wait_for(source.listening.wait(), 5)
    feed = RedisFeed(redis_url)
    batch = FeedBatch(5, 17, bytes(64), ["a", ""], 6)
    feed.publish(batch)
    await asyncio.wait_for(arrived.wait(), 5)
    assert heard == [batch, batch]
    feed.close()
    for source in sources:
        await source.close()


@pytest.mark.redis
async def test_a_redis_that_is_gone_does_not_stop_the_floor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    bus, feed = RedisBus(nowhere), RedisFeed(nowhere)
    assert bus.take(0.01) == ([], [], "0-0")
    feed.publish(FeedBatch(1, 1, b"", [], 1))
    bus.close()
    feed.close()
    assert "does not answer" in caplog.text
    assert "could not be sent" in caplog.text


def test_unsubscribed_followers_hear_nothing_more() -> None:
    feed = InProcessFeed()
    heard: list[FeedBatch] = []
    stop = feed.subscribe(heard.append)
    feed.publish(FeedBatch(1, 1, b"", [], 1))
    stop()
    feed.publish(FeedBatch(2, 1, b"", [], 2))
    assert [batch.first_seq for batch in heard] == [1]


async def test_the_feed_is_heard_on_the_loop(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    feed = InProcessFeed(loop)
    heard = asyncio.Event()
    threads: list[int] = []

    def follow(_batch: FeedBatch) -> None:
        threads.append(threading.get_ident())
        heard.set()

    feed.subscribe(follow)
    await loop.run_in_executor(None, feed.publish, FeedBatch(1, 1, b"", [], 1))
    await asyncio.wait_for(heard.wait(), 5)
    assert threads == [threading.get_ident()]


async def test_too_many_waiting_commands_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.trading.gateway.MAX_WAITING", 2)
    with running(tmp_path, "", start=False) as site:
        async with gateway_to(site) as gateway:
            for _ in range(2):
                gateway.submit(Command(1).pack(), "", lambda _: None)
            with pytest.raises(FloorUnavailable):
                gateway.submit(Command(1).pack(), "", lambda _: None)
            await asyncio.sleep(0)
            assert len(site.bus.take(0.1).envelopes) == 2


async def test_what_one_turn_of_the_loop_submits_is_one_batch(tmp_path: Path) -> None:
    with running(tmp_path, "", start=False) as site:
        async with gateway_to(site) as gateway:
            for number in range(5):
                gateway.submit(sell(700, 100).pack(), f"s-{number}", lambda _: None)
            question = asyncio.ensure_future(gateway.head())
            await asyncio.sleep(0)
            intake = site.bus.take(0.1)
            assert [each.client_id for each in intake.envelopes] == [f"s-{number}" for number in range(5)]
            assert len(intake.queries) == 1
            question.cancel()


def test_a_batch_is_bounded_and_the_rest_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.trading.bus.MAX_BATCH", 3)
    bus = InProcessBus()
    envelopes = [Envelope(b"", str(number), number, "1") for number in range(8)]
    bus.put(envelopes[:7])
    bus.put(envelopes[7:])
    batches = [[each.token for each in bus.take(0.1).envelopes] for _ in range(4)]
    assert batches == [[0, 1, 2], [3, 4, 5], [6, 7], []]
