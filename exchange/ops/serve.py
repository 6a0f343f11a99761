"""`jinguo serve`: the whole exchange in one process, for one machine, a demo, or a test.

Floor, projector, outbox dispatcher and clock are threads; the web server has the main thread. Nothing
starts twice on the same files: the journal's lease sees to it.
"""

import asyncio
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from exchange.kernel.errors import JinguoError
from exchange.ops import demo, demo_halls, demo_news, demo_supply, demo_trade
from exchange.ops.demo_api import DemoTrader
from exchange.ops.desk_clock import DeskClock
from exchange.ops.file_imports import run_imports
from exchange.ops.jobs import make_clock
from exchange.ops.order_guards import watch_guards
from exchange.ops.static_files import collect_when_changed
from exchange.ops.web_server import run_until_stopped, stop_server
from exchange.ops.workers import Worker
from exchange.trading import runtime, selectors
from exchange.trading.journal import JournalStore
from exchange.trading.journal_stores import open_journal
from exchange.trading.outbox_dispatcher import OutboxDispatcher
from exchange.trading.projection_progress import PROGRESS
from exchange.trading.projector import Projector, open_projector
from exchange.trading.runtime import EmbeddedFloor

logger = logging.getLogger(__name__)

RETRY_S = 0.5
SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep the interpreter while another waits: the floor must not wait five
milliseconds after each commit for a busy event loop."""


class EmbeddedExchange:
    """Everything of the exchange but the web server, as threads of this process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_failure: Callable[[str], None]) -> None:
        """Opens the journal and replays. Raises LeaseHeldError, JournalError."""
        self._embedded = EmbeddedFloor(
            open_journal(),
            loop,
            snapshot_every=settings.SNAPSHOT_EVERY,
            on_failure=lambda: on_failure("floor"),
        )
        head_seq = self._embedded.floor.seq
        self.sender = self._embedded.blocking_gateway()
        dispatcher = OutboxDispatcher(self.sender, lambda: selectors.projected_seq() >= head_seq)
        self._clock = Worker("clock", make_clock().run, on_failure)
        self._imports = Worker("file imports", run_imports, on_failure)
        self._workers = [
            Worker("outbox dispatcher", dispatcher.run, on_failure),
            Worker("projector", _project, lambda _name: None),
            Worker("desk clock", DeskClock(self.sender).run, on_failure),
            Worker("guards of orders", watch_guards, on_failure),
        ]
        runtime.install(self._embedded.gateway(loop), self._embedded.feed)

    def start(self) -> None:
        """Begin to work."""
        self._embedded.start()
        for worker in self._workers:
            worker.start()

    def start_clock(self) -> None:
        """Begin with scheduled work, once the tables are what they should be."""
        self._clock.start()
        self._imports.start()

    def stop(self) -> None:
        """End in an order in which nobody waits for somebody who is gone."""
        runtime.install(None, None)
        self._embedded.stop()
        for worker in (self._imports, self._clock, *self._workers):
            worker.stop()
        self.sender.close()


def _project(stop: threading.Event) -> None:
    """The projector. When it halts the floor goes on: facts wait in the journal, and /readyz says why."""
    store = open_journal()
    try:
        projector = _open_patiently(store, stop)
        if projector is not None:
            projector.run(stop)
    except Exception as error:
        PROGRESS.halt(PROGRESS.halt_reason or f"{type(error).__name__}: {error}")
        raise
    finally:
        store.close()


def _open_patiently(store: JournalStore, stop: threading.Event) -> Projector | None:
    """Seeding may hold SQLite's one write lock for long: that is no reason to give up."""
    while not stop.is_set():
        try:
            return open_projector(store)
        except OperationalError as error:
            logger.warning("The projector waits for the tables: %s", error)
            connection.close()
            stop.wait(RETRY_S)
    return None


def serve(host: str, port: int, loop: asyncio.AbstractEventLoop, announce: Callable[[], None]) -> str:
    """Serve until told to stop. Returns why it failed, or "" after an orderly end."""
    failures: list[str] = []

    def failed(name: str) -> None:
        failures.append(name)
        stop_server()

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    call_command("migrate", interactive=False, verbosity=0)
    collect_when_changed()
    first_trades = Worker("first trades", lambda stop: _first_trades(port, stop), lambda _name: None)
    with stopped_by_signal():
        exchange = EmbeddedExchange(loop, failed)
        try:
            exchange.start()
            seeded = demo.seed_if_empty()
            demo_news.fill_if_none()
            if settings.DEMO_HALLS:
                refill_demo()
            exchange.start_clock()
            if not failures:
                _run(host, port, announce, first_trades if seeded and settings.DEMO_TRADES else None)
        finally:
            first_trades.stop()
            exchange.stop()
    return ", ".join(failures)


def refill_demo() -> None:
    """Fills empty halls and an empty board of a demo market again, as far as its people still may.

    Whoever plays with a demo suspends members and takes things down; that keeps no exchange from starting.
    """
    for fill in (demo_halls.fill, demo_supply.fill):
        try:
            fill()
        except JinguoError:
            logger.warning("The demo market is not filled whole", exc_info=True)


def _run(host: str, port: int, announce: Callable[[], None], beside: Worker | None) -> None:
    from channels.routing import get_default_application

    def ready() -> None:
        announce()
        if beside is not None:
            beside.start()

    run_until_stopped(get_default_application(), host, port, ready)


def _first_trades(port: int, stop: threading.Event) -> None:
    keys = demo.keys()
    traders = [DemoTrader(each["code"], each["kind"], each["key"]) for each in keys]
    demo_trade.trade_first(f"http://127.0.0.1:{port}", traders, stop)


@contextlib.contextmanager
def stopped_by_signal() -> Iterator[None]:
    """SIGTERM before the server has its own handler ends the process in order, like SIGINT."""

    def interrupt(_number: int, _frame: FrameType | None) -> Any:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
