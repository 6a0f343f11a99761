"""The hub: one subscription to the floor's feed per web process, every message encoded once.

It follows the feed into a ``Market`` and publishes what changed to the sockets that asked for it.
Public messages are conflated: at most one per product and channel every ``CONFLATION_S``, however
many batches the floor commits in between; absolute quantities lose nothing by it. Private streams are
never conflated. A gap in the feed makes the hub start again from a picture of the floor and send
everybody ``resync_required`` with a fresh snapshot; a socket that lags is its own problem
(``Sink.offer`` drops) and asks for ``refresh`` once it reads again.

Everything here runs on the event loop of the process.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine

from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import FloorUnavailable
from exchange.market_data.hall_channels import HallChannels
from exchange.market_data.market import Market, ProductMarket
from exchange.market_data.messages import encode
from exchange.market_data.private import PrivateStreams
from exchange.market_data.public import PublicChannels
from exchange.market_data.sources import AccountPicture, Batch, Sources
from exchange.market_data.streams import Sink
from matching.types import CALL_PHASES

logger = logging.getLogger(__name__)

CONFLATION_S = 0.02
"""Shortest time between two rounds of public messages."""
HEARTBEAT_S = 1.0
INDICATIVE_S = 1.0
"""How often at most the indicative price of a call is told."""
HEARTBEAT_SLICES = 10
"""The sockets get their heartbeat in slices over the second, so that many of them stall nobody."""
BACKLOG_BATCHES = 100_000
"""Batches kept while a picture of the floor is on its way; beyond that it is asked again."""
RETRY_S = 1.0
CATCH_UP_S = 2.0
"""How long a private snapshot waits for the feed to bring what the floor already told."""


class Hub:
    """Publishes the market to sinks. ``start`` it once, and give it every batch with ``on_batch``."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._watched: set[int] = set()
        self.codes: dict[int, str] = {}
        self.numbers: dict[str, int] = {}
        self.market = Market(self._watched)
        self.halls = HallChannels(sources, self._spawn)
        self.public = PublicChannels(self.market, self.codes, self.halls)
        self.private = PrivateStreams(self._account, self.codes, self._watched)
        self.products_known = asyncio.Event()
        self.ready = asyncio.Event()
        self._advanced = asyncio.Event()
        self._sinks: dict[Sink, int] = {}
        self._backlog: list[Batch] = []
        self._loading = False
        self._flush_handle: asyncio.TimerHandle | None = None
        self._last_flush = 0.0
        self._joined = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # Life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the first picture and begin the heartbeat. The feed must already deliver to ``on_batch``."""
        self._begin_loading()
        self._spawn(self._beat())
        self._spawn(self._follow_calls())

    def stop(self) -> None:
        """End every task of the hub."""
        for task in list(self._tasks):
            task.cancel()
        self.private.stop()
        if self._flush_handle is not None:
            self._flush_handle.cancel()

    def join(self, sink: Sink) -> None:
        """A socket opened: it gets the heartbeat."""
        self._joined += 1
        self._sinks[sink] = self._joined % HEARTBEAT_SLICES

    def leave(self, sink: Sink) -> None:
        """A socket closed."""
        self._sinks.pop(sink, None)
        self.public.leave(sink)
        self.private.leave(sink)

    def refresh(self, sink: Sink) -> None:
        """A socket that dropped messages reads again: give it fresh snapshots."""
        self.public.refresh(sink)
        self.private.refresh(sink)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Loading ----------------------------------------------------------------------------------

    def _begin_loading(self) -> None:
        if not self._loading:
            self._loading = True
            self._spawn(self._load())

    async def _load(self) -> None:
        """Start from a picture of the floor, trying until it succeeds."""
        while self._loading:
            try:
                await self._reload_products()
                self.products_known.set()
                await self._load_once()
            except Exception:
                logger.exception("the hub could not load the market; trying again")
                await asyncio.sleep(RETRY_S)

    async def _load_once(self) -> None:
        picture = await self._sources.picture()
        market = Market(self._watched)
        market.load(picture.orders, picture.seq, picture.time_ns)
        for loaded in picture.products:
            self.codes[loaded.number] = loaded.code
            self.numbers[loaded.code] = loaded.number
            product = market.product(loaded.number)
            product.phase, product.ticker, product.seq = loaded.phase, loaded.ticker, picture.seq
            product.tape.recent.extend(loaded.tape)
        backlog, self._backlog = self._backlog, []
        for batch in backlog:
            self._follow(market, batch)
        self._loading = False
        self.market = market
        market.take_changes()
        market.take_desk_news()
        self.public.restart(market)
        self.private.restart(market.seq)
        self.ready.set()

    async def _reload_products(self) -> None:
        for facts in await self._sources.products():
            self.codes[facts.number] = facts.code
            self.numbers[facts.code] = facts.number
            product = self.market.product(facts.number)
            product.ticker.reference = facts.reference
            product.figures_changed = True
            self.market.dirty.add(facts.number)
        self._flush_soon()

    # Following --------------------------------------------------------------------------------

    def on_batch(self, batch: Batch) -> None:
        """One batch of the feed, in order. A gap or an impossible event starts the loading again."""
        if self._loading:
            self._backlog.append(batch)
            if len(self._backlog) > BACKLOG_BATCHES:
                self._backlog.clear()
            return
        try:
            self._follow(self.market, batch)
        except (LookupError, ValueError):
            logger.warning("the feed does not continue at %d; loading the market again", batch.first_seq)
            self._backlog = [batch]
            self._begin_loading()
            return
        self._advanced.set()
        self.halls.follow(self.market.take_desk_news())
        self.private.publish(self.market.take_changes(), batch.last_seq, batch.time_ns)
        if self.market.redefined:
            self.market.redefined.clear()
            self._spawn(self._reload_products())
        self._flush_soon()

    def _follow(self, market: Market, batch: Batch) -> None:
        if batch.last_seq <= market.seq:
            return
        if batch.first_seq != market.seq + 1:
            raise LookupError(f"after {market.seq} came {batch.first_seq}")
        market.apply(
            batch.first_seq, batch.last_seq, batch.time_ns, batch.events, batch.client_ids, batch.heads
        )

    async def _account(self, account: int, desk: bool) -> AccountPicture:
        """The floor's picture of an account, once the feed has brought this process as far."""
        picture = await self._sources.account(account, desk=desk)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_S):
                await self._reached(picture.seq)
        for order in picture.orders:
            known = self.market.orders.get(order.order_id)
            if known is not None:
                order.client_order_id = known.client_order_id
                order.tif, order.flags = known.tif, known.flags
        return picture

    async def _reached(self, seq: int) -> None:
        while self.market.seq < seq:
            self._advanced.clear()
            await self._advanced.wait()

    # Publishing -------------------------------------------------------------------------------

    def _flush_soon(self) -> None:
        if self._flush_handle is None and (self.market.dirty or self.halls.changed):
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._last_flush + CONFLATION_S - time.monotonic())
            self._flush_handle = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._flush_handle = None
        self._last_flush = time.monotonic()
        self.public.publish(self.market.take_dirty())
        self.halls.publish()

    async def _beat(self) -> None:
        """Once a second every socket hears a counter, whatever the market does."""
        beats = 0
        while True:
            beats += 1
            self._roll_day()
            self.private.expire()
            message = encode("heartbeat", "tick", seq=beats, time_ns=now_ns())
            for number in range(HEARTBEAT_SLICES):
                for sink in [sink for sink, place in self._sinks.items() if place == number]:
                    sink.offer(message)
                await asyncio.sleep(HEARTBEAT_S / HEARTBEAT_SLICES)

    async def _follow_calls(self) -> None:
        """Once a second, what each call whose book changed would do if it ended now."""
        while True:
            await asyncio.sleep(INDICATIVE_S)
            for product in list(self.market.products.values()):
                if product.phase in CALL_PHASES and product.asked_seq != product.seq:
                    await self._ask_indicative(product)
            self._flush_soon()

    async def _ask_indicative(self, product: ProductMarket) -> None:
        seq = product.seq
        try:
            found = await self._sources.indicative(product.number)
        except FloorUnavailable:
            return
        product.asked_seq = seq
        if product.phase in CALL_PHASES and found != product.indicative:
            product.indicative, product.figures_changed = found, True
            self.market.dirty.add(product.number)

    def _roll_day(self) -> None:
        day = trading_day(now_ns())
        for product in self.market.products.values():
            if product.ticker.day < day and product.ticker.roll(day):
                product.figures_changed = True
                self.market.dirty.add(product.number)
        self._flush_soon()
