"""Is it alive, is it ready: plain ASGI, so that a busy or broken Django does not hide the answer.

/healthz says that the process answers. /readyz says that an order sent now would be taken, made durable
and shown: the floor answers, its journal took a write lately, and the tables are not far behind.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async

from exchange.trading import runtime, selectors
from exchange.trading.errors import FloorUnavailable
from exchange.trading.floor import LEASE_EVERY_S
from exchange.trading.projection_progress import PROGRESS

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

FLOOR_TIMEOUT_S = 2.0
MAX_BEHIND = 500
"""Commands the tables may be behind the floor and still count as caught up, well under a second."""
JOURNAL_SILENT_S = 5 * LEASE_EVERY_S
"""The floor writes to its journal at least every LEASE_EVERY_S; longer silence means it cannot."""


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    """200 while the process answers at all."""
    await _answer(send, 200, {"status": "ok"})


async def readyz(scope: Scope, receive: Receive, send: Send) -> None:
    """200 when orders can be taken, else 503 with the reason."""
    state = await readiness()
    await _answer(send, 200 if state["status"] == "ready" else 503, state)


async def readiness() -> dict[str, Any]:
    """status "ready" or "not_ready" with a reason, and where floor and tables stand."""
    try:
        head = await asyncio.wait_for(runtime.gateway().head(), FLOOR_TIMEOUT_S)
    except (FloorUnavailable, TimeoutError):
        return _not_ready("floor_unavailable", "The trading floor does not answer")
    silent_s = (time.time_ns() - head.written_at_ns) / 1e9
    if silent_s > JOURNAL_SILENT_S:
        return _not_ready("journal_silent", f"The journal took no write for {silent_s:.0f} s", seq=head.seq)
    projected, halt_reason = await _projector_state()
    if halt_reason:
        return _not_ready("projector_halted", halt_reason, seq=head.seq)
    if head.seq - projected > MAX_BEHIND:
        reason = f"The tables are {head.seq - projected} commands behind"
        return _not_ready("projection_behind", reason, seq=head.seq, projected_seq=projected)
    return {"status": "ready", "seq": head.seq, "projected_seq": projected}


async def _projector_state() -> tuple[int, str]:
    """Where the tables stand, and why they stopped; no query when the projector is in this process."""
    if PROGRESS.following or PROGRESS.halt_reason:
        return PROGRESS.seq, PROGRESS.halt_reason
    return await sync_to_async(_projector_state_in_tables)()


def _projector_state_in_tables() -> tuple[int, str]:
    return selectors.projected_seq(), selectors.projector_halt_reason()


def _not_ready(code: str, reason: str, **where: int) -> dict[str, Any]:
    return {"status": "not_ready", "code": code, "reason": reason, **where}


async def _answer(send: Send, status: int, body: dict[str, Any]) -> None:
    encoded = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(encoded)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})
