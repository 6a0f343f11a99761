"""What the exchange is measured by: floor, tables, outbox, settlement, build. The web process adds its own.

Each part that does not answer says so with a 0 and leaves its figures out; the others are told all the same.
"""

import asyncio
import platform
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from exchange.kernel import outbox
from exchange.kernel.metrics import Family, Sample, counter, gauge, histogram
from exchange.markets.selectors import current_session, products
from exchange.ops.order_guards import guards_armed
from exchange.ops.trading_stop import is_stopped
from exchange.trading import runtime, selectors
from exchange.trading.errors import FloorUnavailable
from exchange.trading.queries import StatsAnswer
from matching.engine import new_engine
from settlement.daily_reconciliation import open_breaks

FLOOR_TIMEOUT_S = 2.0


async def exchange_families() -> list[Family]:
    """Everything that is not this process's own."""
    floor = await _floor()
    return [*_of_floor(floor), *await sync_to_async(_of_tables)(floor.seq if floor else None), _build()]


async def _floor() -> StatsAnswer | None:
    try:
        return await asyncio.wait_for(runtime.gateway().stats(), FLOOR_TIMEOUT_S)
    except (FloorUnavailable, TimeoutError):
        return None


def _of_floor(stats: StatsAnswer | None) -> list[Family]:
    up = gauge("jinguo_floor_up", "Whether the trading floor answers.", stats is not None)
    if stats is None:
        return [up]
    age_s = max(0.0, time.time() - stats.written_at_ns / 1e9)
    return [
        up,
        gauge("jinguo_floor_start_time_seconds", "When the floor started.", stats.started_ns / 1e9),
        gauge("jinguo_floor_seq", "The last durable command.", stats.seq),
        counter("jinguo_floor_commands_total", "Commands made durable since the start.", stats.commands),
        counter(
            "jinguo_floor_resends_total", "Commands answered from memory: their id was known.", stats.resends
        ),
        gauge("jinguo_floor_journal_age_seconds", "Time since the journal last took a write.", age_s),
        histogram("jinguo_floor_journal_append_seconds", "The journal's commits.", [({}, stats.append_s)]),
        histogram("jinguo_floor_batch_commands", "Commands in one micro-batch.", [({}, stats.batch_sizes)]),
    ]


def _of_tables(floor_seq: int | None) -> list[Family]:
    close_old_connections()
    try:
        families = _asked(floor_seq)
    except DatabaseError:
        return [gauge("jinguo_tables_up", "Whether the tables answer.", 0)]
    finally:
        close_old_connections()
    return [gauge("jinguo_tables_up", "Whether the tables answer.", 1), *families]


def _asked(floor_seq: int | None) -> list[Family]:
    projected, halted = selectors.projected_seq(), bool(selectors.projector_halt_reason())
    breaks = open_breaks()
    families = [
        gauge("jinguo_projector_seq", "The last command whose rows are committed.", projected),
        gauge("jinguo_projector_halted", "Whether the projector stopped for good.", halted),
        gauge("jinguo_outbox_waiting", "Facts of the tables the floor has not answered.", outbox.depth()),
        gauge(
            "jinguo_outbox_oldest_seconds", "How long the oldest of them waits.", outbox.oldest_pending_s()
        ),
        gauge("jinguo_reconciliation_breaks_open", "Differences nobody has explained.", breaks.number),
        gauge("jinguo_reconciliation_breaks_yuan", "Their amounts together.", breaks.amount_fen / 100),
        gauge("jinguo_trading_stopped", "Whether a difference with the bank stops trading.", is_stopped()),
        gauge("jinguo_session_open", "Whether a trading session is open.", current_session() is not None),
        gauge(
            "jinguo_products_halted", "Products halted now.", sum(product.halted for product in products())
        ),
        Family(
            "jinguo_order_guards",
            "gauge",
            "Cancel-after switches and guarded connections.",
            tuple(Sample("", (("kind", kind),), count) for kind, count in sorted(guards_armed().items())),
        ),
    ]
    if floor_seq is not None:
        lag = max(0, floor_seq - projected)
        families.append(gauge("jinguo_projector_lag_commands", "Commands the tables are behind.", lag))
    return families


@cache
def _build() -> Family:
    try:
        number = version("jinguo")
    except PackageNotFoundError:
        number = "unknown"
    labels = {"version": number, "python": platform.python_version(), "engine": type(new_engine()).__name__}
    return gauge("jinguo_build_info", "What runs here.", 1, labels)
