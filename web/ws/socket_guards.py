"""Cancel on disconnect: sockets that orders depend on, and that this process keeps alive in the tables.

A guarded socket has a row there before the client hears that it is guarded. While the socket lives the
process renews its rows together; when it closes, or its client has been silent for too long, the row lapses
at once; and when the process dies nothing is renewed and the rows lapse by themselves. What a lapse does is
``exchange.ops.order_guards``.
"""

import asyncio
import contextlib
import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import DatabaseError

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import format_time, now_ns
from exchange.kernel.errors import BadParameter
from exchange.members.types import MemberIdentity
from exchange.ops import order_guards
from exchange.ops.order_errors import BadHeartbeat
from web.ws.codec import CancelAfterResult
from web.ws.credentials import Credential
from web.ws.order_entry import OrderEntry
from web.ws.tables import in_tables

logger = logging.getLogger(__name__)

Peer = Sequence[Any] | None
"""Host and port of a client, as ASGI has them."""

LOOK_S = 0.5
RENEWALS = 5
"""How often a lease is renewed in its time."""
HEARTBEAT_MS = 15_000
LEAST_HEARTBEAT_MS, MOST_HEARTBEAT_MS = 1_000, 60_000
SILENT = 4014
"""Close code of a guarded socket whose client was silent for longer than its heartbeat."""
LEASE_LOST = 4015
"""Close code of a guarded socket whose guard had lapsed: this process was away for too long."""


class Wanted(NamedTuple):
    """What a client asks for when it connects."""

    cancel_on_disconnect: bool = False
    heartbeat_ms: int = HEARTBEAT_MS


class Guard(NamedTuple):
    """The guard of one socket: its name in the tables, and how often the client must be heard."""

    connection_id: str
    heartbeat_ms: int


class GuardedSocket(Protocol):
    """What a guard needs of a socket."""

    heard_at: float
    """When the client last said something, of ``time.monotonic``."""

    def end(self, code: int) -> None:
        """Close it from our side."""


def wanted_in(query_string: bytes) -> Wanted:
    """The options in the socket's address. Raises BadHeartbeat, or BadParameter, also for an unknown name."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name not in ("cancel_on_disconnect", "heartbeat_ms") or name in given:
            raise BadParameter(name=name[:64])
        given[name] = value
    guarded = given.get("cancel_on_disconnect", "false")
    if guarded not in ("true", "false"):
        raise BadParameter(name="cancel_on_disconnect")
    if "heartbeat_ms" not in given:
        return Wanted(guarded == "true")
    text = given["heartbeat_ms"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if guarded == "false" or not LEAST_HEARTBEAT_MS <= number <= MOST_HEARTBEAT_MS:
        raise BadHeartbeat
    return Wanted(True, number)


def lease_ms() -> int:
    """How long after its last sign of life this process counts as alive."""
    return int(settings.ORDER_GUARD_LEASE_S * 1_000)


def session_of(credential: Credential) -> str:
    """What sockets of one key or log-in have in common; tells nothing of the key."""
    return hashlib.sha256(f"{credential.kind}:{credential.value}".encode()).hexdigest()


class _Held(NamedTuple):
    socket: GuardedSocket
    heartbeat_s: float


class SocketGuards:
    """Every guarded socket of this process."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex
        self._held: dict[str, _Held] = {}
        self._released: set[str] = set()
        self._work: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def guard(self, member: MemberIdentity, credential: Credential, peer: Peer) -> str:
        """Write the guard of a socket that is about to be accepted; its name. Raises TooManyGuards."""
        connection_id = uuid.uuid4().hex
        await in_tables(
            order_guards.guard_connection,
            actor=actor_at(member, peer),
            account_no=member.account_no,
            session=session_of(credential),
            connection_id=connection_id,
            process=self._process,
            time_ns=now_ns(),
        )
        return connection_id

    def hold(self, guard: Guard, socket: GuardedSocket) -> None:
        """The socket is open: keep its guard alive."""
        self._held[guard.connection_id] = _Held(socket, guard.heartbeat_ms / 1_000)
        self._start()

    def release(self, connection_id: str) -> None:
        """The socket is gone, or never came to be."""
        self._held.pop(connection_id, None)
        self._released.add(connection_id)
        self._start()

    def stop(self) -> None:
        """Renew nothing any more: what is held lapses."""
        if self._work is not None:
            self._work.cancel()

    def _start(self) -> None:
        self._wake.set()
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        renewed_at = 0.0
        while self._held or self._released:
            try:
                await self._release()
                self._end_silent()
                if self._held and time.monotonic() - renewed_at >= settings.ORDER_GUARD_LEASE_S / RENEWALS:
                    await self._renew()
                    renewed_at = time.monotonic()
            except DatabaseError as error:
                logger.warning("Guards of sockets wait for the tables: %s", error)
            except Exception:
                logger.exception("Guards of sockets could not be kept; tried again")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _release(self) -> None:
        if self._released:
            gone = frozenset(self._released)
            await in_tables(order_guards.release_connections, gone)
            self._released -= gone

    async def _renew(self) -> None:
        """A guard that lapsed meanwhile has cancelled: its client must know that it guards nothing."""
        before = list(self._held)
        alive = await in_tables(order_guards.renew_connections, self._process, before, now_ns())
        for connection_id in before:
            held = self._held.get(connection_id)
            if held is not None and connection_id not in alive:
                held.socket.end(LEASE_LOST)

    def _end_silent(self) -> None:
        now = time.monotonic()
        for connection_id, held in list(self._held.items()):
            if now - held.socket.heard_at > held.heartbeat_s:
                self.release(connection_id)
                held.socket.end(SILENT)


async def cancel_after(
    entry: OrderEntry, member: MemberIdentity, timeout_ms: int, peer: Peer
) -> CancelAfterResult:
    """Arm the member's switch, or take it away with 0. Raises NotPermitted, RateLimited, BadTimeout."""
    entry.check_arming(member)
    lapses_at_ns = await in_tables(
        order_guards.arm_cancel_after,
        actor=actor_at(member, peer),
        account_no=member.account_no,
        timeout_ms=timeout_ms,
        time_ns=now_ns(),
    )
    return CancelAfterResult(timeout_ms, format_time(lapses_at_ns) if lapses_at_ns else None)


def actor_at(member: MemberIdentity, peer: Peer) -> Actor:
    """Who to name in the audit log; peer is host and port of the client, if the server knows them."""
    host, port = peer[:2] if peer else (None, None)
    return Actor(member.username, ip=host, source_port=port)
