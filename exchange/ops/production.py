"""The parts of a deployment on PostgreSQL and Redis, each in its own process (docker-compose.yml)."""

import asyncio
import threading
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from exchange.kernel.outbox import oldest_pending_s
from exchange.ops import demo, demo_news
from exchange.ops.calendar_follower import follow_calendar
from exchange.ops.desk_clock import DeskClock
from exchange.ops.file_imports import run_imports
from exchange.ops.jobs import make_clock
from exchange.ops.order_guards import watch_guards
from exchange.ops.static_files import collect_when_changed
from exchange.ops.web_server import run_until_stopped
from exchange.ops.workers import Worker
from exchange.trading import runtime, selectors
from exchange.trading.bus_redis import RedisBus, RedisUplink
from exchange.trading.duty_cycle import DutyCycle
from exchange.trading.errors import FloorUnavailable
from exchange.trading.feed_redis import RedisFeed, RedisFeedSource
from exchange.trading.floor import open_floor
from exchange.trading.gateway import BlockingGateway, Gateway
from exchange.trading.journal_stores import open_journal
from exchange.trading.outbox_dispatcher import OutboxDispatcher
from exchange.trading.projector import open_projector

OUTBOX_STUCK_S = 30.0
PROJECTOR_STUCK = 50_000
"""Commands behind the floor, about ten seconds of full load, after which the projector is not well."""
PROJECTOR_WORK_S = 0.2
"""How long one transaction of the projector may take: nobody waits for a database that has many writers."""


def redis_url() -> str:
    """REDIS_URL, which a deployment of several processes cannot do without."""
    if not settings.REDIS_URL:
        raise ImproperlyConfigured("Set REDIS_URL: processes of one exchange talk through Redis")
    return str(settings.REDIS_URL)


def blocking_gateway() -> BlockingGateway:
    """A gateway to the floor's process, for threads; close it."""
    url = redis_url()
    return BlockingGateway(lambda mailbox, loop: RedisUplink(url, mailbox, loop))


def serve_web(host: str, port: int, loop: asyncio.AbstractEventLoop, ready: Callable[[], None]) -> None:
    """A web process, until told to stop."""
    url = redis_url()
    collect_when_changed()
    asyncio.set_event_loop(loop)
    gateway = Gateway(lambda mailbox: RedisUplink(url, mailbox, loop), loop)
    runtime.install(gateway, RedisFeedSource(url, loop))
    from channels.routing import get_default_application

    calendar = _calendar_worker()
    try:
        run_until_stopped(get_default_application(), host, port, ready)
    finally:
        calendar.stop()


def _calendar_worker() -> Worker:
    """What keeps this process's calendar true; without it the process goes on with what it knows."""
    worker = Worker("calendar", follow_calendar, lambda _: None)
    worker.start()
    return worker


def run_floor(stop: threading.Event, *, take_over: bool, ready: Callable[[int], None]) -> None:
    """The floor, until told to stop. Raises LeaseHeldError, JournalError."""
    url = redis_url()
    store = open_journal()
    feed = RedisFeed(url)
    try:
        floor = open_floor(
            store,
            RedisBus(url),
            feed,
            holder=runtime.holder_name(),
            take_over=take_over,
            snapshot_every=settings.SNAPSHOT_EVERY,
        )
        ready(floor.seq)
        floor.run(stop)
    finally:
        feed.close()
        store.close()


def run_projector(stop: threading.Event, *, ready: Callable[[int], None]) -> None:
    """The projector, until told to stop. One that halts waits, and its health tells why."""
    store = open_journal()
    calendar = _calendar_worker()
    try:
        projector = open_projector(store, DutyCycle(shares_interpreter=False, target_work_s=PROJECTOR_WORK_S))
        ready(projector.seq)
        projector.run(stop)
    finally:
        calendar.stop()
        store.close()


def run_clock(stop: threading.Event, *, ready: Callable[[], None]) -> None:
    """Scheduled work and the outbox, until told to stop or one of them fails."""
    journal = open_journal()
    head_seq = journal.head().seq
    journal.close()
    sender = blocking_gateway()
    dispatcher = OutboxDispatcher(sender, lambda: selectors.projected_seq() >= head_seq)
    workers = [
        Worker("outbox dispatcher", dispatcher.run, lambda _: stop.set()),
        Worker("clock", make_clock().run, lambda _: stop.set()),
        Worker("desk clock", DeskClock(sender).run, lambda _: stop.set()),
        Worker("guards of orders", watch_guards, lambda _: stop.set()),
        Worker("file imports", run_imports, lambda _: stop.set()),
    ]
    for worker in workers:
        worker.start()
    ready()
    stop.wait()
    for worker in workers:
        worker.stop()
    sender.close()


def migrate(*, demo_tables: bool) -> None:
    """Tables, journal tables, and the demo market's rows when wanted and none are there."""
    call_command("migrate", interactive=False, verbosity=0)
    open_journal().close()
    if demo_tables:
        demo.seed_if_empty()
        demo_news.fill_if_none()


# Health checks of containers: each says whether it is well, and why not ------------------------------


def floor_health() -> tuple[bool, str]:
    """Whether the floor answers through the bus."""
    sender = blocking_gateway()
    try:
        return True, f"at seq {sender.head().seq}"
    except FloorUnavailable as error:
        return False, str(error)
    finally:
        sender.close()


def projector_health() -> tuple[bool, str]:
    """Whether the tables follow the journal closely enough."""
    journal = open_journal()
    try:
        behind = journal.head().seq - selectors.projected_seq()
    finally:
        journal.close()
    reason = selectors.projector_halt_reason()
    return not reason and behind <= PROJECTOR_STUCK, reason or f"{behind} commands behind"


def clock_health() -> tuple[bool, str]:
    """Whether the outbox moves."""
    waiting = oldest_pending_s()
    return waiting <= OUTBOX_STUCK_S, f"oldest outbox row waits {waiting:.0f} s"
