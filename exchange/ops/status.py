"""How the exchange is, for everybody: the market, the machine, the money, and what went wrong lately.

It says what is, not why: reasons of halts and stops are between the operator and those concerned.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from asgiref.sync import async_to_sync

from exchange.kernel import calendar
from exchange.markets.selectors import HaltRow, current_session, halts_since, products
from exchange.ops.health import readiness
from exchange.ops.trading_stop import is_stopped, stops_since
from exchange.price_index.publication import late_days
from exchange.price_index.selectors import latest
from exchange.price_index.types import IndexValueRow
from matching.types import CALL_PHASES, Phase

LOOK_BACK = timedelta(days=14)
MAX_INCIDENTS = 20


class Incident(NamedTuple):
    """Something that kept members from trading, and when it was over (None: it is not)."""

    kind: str
    """``stop``: trading stopped because books and bank differ; ``halt``: products were halted."""
    products: tuple[str, ...]
    """Codes; empty for all."""
    began_at: datetime
    ended_at: datetime | None


class Status(NamedTuple):
    """The exchange at one moment."""

    at: datetime
    market: str
    """``continuous``, ``call``, ``halted`` or ``closed``: what most of it is in."""
    halted: int
    """Products halted now, of ``listed``."""
    listed: int
    orders: bool
    """Whether an order sent now would be taken, made durable and shown."""
    tables: bool
    """Whether accounts, receipts and contracts follow the trading."""
    money: bool
    """Whether the books agree with the bank as far as they must."""
    headline: IndexValueRow | None
    index_late: date | None
    """The last trading day whose index should be out by now and is not."""
    incidents: tuple[Incident, ...]

    @property
    def well(self) -> bool:
        """Whether everything works; a market that is closed or halted works."""
        return self.orders and self.tables and self.money


def status_now() -> Status:
    """Asks floor and tables."""
    ready = async_to_sync(readiness)()
    behind = ready.get("code") in ("projector_halted", "projection_behind")
    listed = products()
    now = calendar.now()
    return Status(
        at=now,
        market=_market({Phase(each.phase) for each in listed}),
        halted=sum(each.halted for each in listed),
        listed=len(listed),
        orders=ready["status"] == "ready" or behind,
        tables=not behind,
        money=not is_stopped(),
        headline=latest(),
        index_late=next(iter(late_days(now)), None),
        incidents=_incidents(now - LOOK_BACK),
    )


def _market(phases: set[Phase]) -> str:
    if current_session() is None:
        return "closed"
    if Phase.CONTINUOUS in phases:
        return "continuous"
    if phases & CALL_PHASES:
        return "call"
    return "halted" if Phase.HALTED in phases else "closed"


def _incidents(since: datetime) -> tuple[Incident, ...]:
    stops = [Incident("stop", (), began, ended) for began, ended in stops_since(since)]
    found = stops + [
        each for each in _grouped(halts_since(since)) if not any(_within(each, stop) for stop in stops)
    ]
    return tuple(sorted(found, key=lambda each: each.began_at, reverse=True)[:MAX_INCIDENTS])


def _grouped(halts: Iterable[HaltRow]) -> list[Incident]:
    """Products that were halted and resumed together are one incident."""
    together: dict[tuple[datetime, datetime | None], list[str]] = {}
    for halt in halts:
        together.setdefault((halt.began_at, halt.ended_at), []).append(halt.product_code)
    return [Incident("halt", tuple(sorted(codes)), *when) for when, codes in together.items()]


def _within(halt: Incident, stop: Incident) -> bool:
    """Whether a halt came with a trading stop, which is told by itself."""
    slack = timedelta(seconds=5)
    ended = stop.ended_at is None or halt.began_at <= stop.ended_at
    return stop.began_at - slack <= halt.began_at and ended
