"""What a process holds of the trading floor: its gateway and feed, and in the embedded exchange all of it.

Gateway and feed are set once, before the server starts, by whoever starts the process (the command line, a
test); faces and the hub only get them.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable

from exchange.trading.bus import InProcessBus
from exchange.trading.errors import FloorUnavailable
from exchange.trading.feed import FeedSource, InProcessFeed
from exchange.trading.floor import SNAPSHOT_EVERY, Floor, open_floor
from exchange.trading.gateway import BlockingGateway, Gateway
from exchange.trading.journal import JournalStore

logger = logging.getLogger(__name__)


class _Runtime:
    gateway: Gateway | None = None
    feed: FeedSource | None = None


def install(gateway: Gateway | None, feed: FeedSource | None) -> None:
    """Make these the gateway and the feed of this process (None takes them away)."""
    _Runtime.gateway = gateway
    _Runtime.feed = feed
    if gateway is not None and feed is not None:
        seen = gateway
        feed.subscribe(lambda batch: seen.saw(batch.last_seq))


def gateway() -> Gateway:
    """The gateway of this process. Raises FloorUnavailable when there is none."""
    if _Runtime.gateway is None:
        raise FloorUnavailable
    return _Runtime.gateway


def feed() -> FeedSource:
    """The feed of this process. Raises FloorUnavailable when there is none."""
    if _Runtime.feed is None:
        raise FloorUnavailable
    return _Runtime.feed


def holder_name() -> str:
    """How a floor names itself in the journal's lease."""
    return f"pid {os.getpid()} on {socket.gethostname()}"


class EmbeddedFloor:
    """The floor as a thread of this process, with in-process bus and feed.

    Opening it takes the journal's lease and replays; start() lets it work; stop() ends it with a snapshot.
    """

    def __init__(
        self,
        store: JournalStore,
        loop: asyncio.AbstractEventLoop | None,
        *,
        snapshot_every: int = SNAPSHOT_EVERY,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """loop: where followers of the feed are called. on_failure: called on the floor's thread."""
        self.bus = InProcessBus()
        self.feed = InProcessFeed(loop)
        self._store = store
        self._on_failure = on_failure
        self._stop = threading.Event()
        self.floor: Floor = open_floor(
            store, self.bus, self.feed, holder=holder_name(), snapshot_every=snapshot_every
        )
        self._thread = threading.Thread(target=self._work, name="floor")

    def _work(self) -> None:
        try:
            self.floor.run(self._stop)
        except Exception:
            logger.critical("The trading floor is down", exc_info=True)
            self._on_failure()

    def start(self) -> None:
        """Begin to take commands."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether commands are taken."""
        return self._thread.is_alive()

    def gateway(self, loop: asyncio.AbstractEventLoop) -> Gateway:
        """A gateway on this loop."""
        return Gateway(self.bus.connect, loop)

    def blocking_gateway(self) -> BlockingGateway:
        """A gateway for threads; close it."""
        return BlockingGateway(lambda mailbox, _: self.bus.connect(mailbox))

    def stop(self) -> None:
        """End after the batch under way, with a snapshot, and let go of the journal."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._store.close()
