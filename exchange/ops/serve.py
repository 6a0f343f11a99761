"""`jinguo serve`: the whole exchange in one process, for one machine, a demo, or a test.

Floor, projector, outbox dispatcher and clock are threads; the web server has the main thread. Nothing
starts twice on the same files: the journal's lease sees to it.
"""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command

from exchange.ops import demo
from exchange.ops.jobs import make_clock
from exchange.ops.static_files import collect_when_changed
from exchange.ops.web_server import run_until_stopped, stop_server
from exchange.ops.workers import Worker
from exchange.trading import runtime, selectors
from exchange.trading.journal_stores import open_journal
from exchange.trading.outbox_dispatcher import OutboxDispatcher
from exchange.trading.projector import open_projector
from exchange.trading.runtime import EmbeddedFloor

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
        self._workers = [
            Worker("clock", make_clock().run, on_failure),
            Worker("outbox dispatcher", dispatcher.run, on_failure),
            Worker("projector", _project, on_failure),
        ]
        runtime.install(self._embedded.gateway(loop), self._embedded.feed)

    def start(self) -> None:
        """Begin to work."""
        self._embedded.start()
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End in an order in which nobody waits for somebody who is gone."""
        runtime.install(None, None)
        self._embedded.stop()
        for worker in self._workers:
            worker.stop()
        self.sender.close()


def _project(stop: threading.Event) -> None:
    """The projector. When it halts the floor goes on: facts wait in the journal, and /readyz says why."""
    store = open_journal()
    try:
        open_projector(store).run(stop)
    finally:
        store.close()


def serve(host: str, port: int, loop: asyncio.AbstractEventLoop, announce: Callable[[], None]) -> str:
    """Serve until told to stop. Returns why it failed, or "" after an orderly end."""
    failures: list[str] = []

    def failed(name: str) -> None:
        failures.append(name)
        stop_server()

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    call_command("migrate", interactive=False, verbosity=0)
    collect_when_changed()
    with stopped_by_signal():
        exchange = EmbeddedExchange(loop, failed)
        try:
            exchange.start()
            demo.seed_if_empty()
            if not failures:
                _run(host, port, announce)
        finally:
            exchange.stop()
    return ", ".join(failures)


def _run(host: str, port: int, announce: Callable[[], None]) -> None:
    from channels.routing import get_default_application

    run_until_stopped(get_default_application(), host, port, announce)


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
