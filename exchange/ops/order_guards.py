"""Guards of orders: a member who is not heard of in time has no orders in the books.

Two kinds of one thing, kept in one table so that they outlive every process. ``cancel_after`` is a switch the
member arms again and again (a dead man's switch). A ``connection`` is a lease: the web process that holds the
socket renews it, and a process that was killed renews nothing. Whatever lapses is found by the process that
keeps the clock: it takes the row away and writes the CANCEL_ALL for the floor in one transaction, so each
lapse cancels once, whoever else looks, and a crash in between cancels later rather than never.

All open orders of the account go, whoever placed them: a firm has one exposure, not one for each of its
programs. What stands at the desk (listings, takes, bids) stays; it is binding or has a deadline of its own.
Time is the wall clock of the machines, in epoch ns.
"""

import logging
import threading
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Count, QuerySet

from exchange.kernel import audit, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_MS, NS_PER_S, now_ns
from exchange.ops.models import OrderGuard
from exchange.ops.order_errors import BadTimeout, TooManyGuards
from matching.types import CancelAllCause, Command, CommandKind

logger = logging.getLogger(__name__)

LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS = 1_000, 600_000
MAX_CONNECTIONS = 50
"""Guarded connections of one account."""
WATCH_S = 0.1
"""How often lapsed guards are looked for."""
PAGE = 500

CLOCK = Actor("clock")
_CAUSES = {
    OrderGuard.CANCEL_AFTER: CancelAllCause.CANCEL_AFTER,
    OrderGuard.CONNECTION: CancelAllCause.DISCONNECT,
}


# The member's switch -----------------------------------------------------------------------------------


def arm_cancel_after(*, actor: Actor, account_no: int, timeout_ms: int, time_ns: int) -> int:
    """Cancel the account's orders in so many ms unless armed again; 0 takes the switch away.

    Returns when it lapses, epoch ns, or 0 when it is off. Raises BadTimeout.
    """
    if timeout_ms != 0 and not LEAST_TIMEOUT_MS <= timeout_ms <= MOST_TIMEOUT_MS:
        raise BadTimeout
    if timeout_ms == 0:
        _disarm(actor, account_no)
        return 0
    lapses_at_ns = time_ns + timeout_ms * NS_PER_MS
    if not _switch(account_no).update(lapses_at_ns=lapses_at_ns, armed_by=actor.name):
        _first_arming(actor, account_no, lapses_at_ns)
    return lapses_at_ns


@transaction.atomic
def _first_arming(actor: Actor, account_no: int, lapses_at_ns: int) -> None:
    """Only the first of a row of armings goes into the audit log: the others come every second."""
    _, created = OrderGuard.objects.update_or_create(
        kind=OrderGuard.CANCEL_AFTER,
        account_no=account_no,
        session="",
        connection="",
        process="",
        defaults={"lapses_at_ns": lapses_at_ns, "armed_by": actor.name},
    )
    if created:
        _record(actor, "orders.cancel_after_armed", account_no, {"lapses_at_ns": lapses_at_ns})


@transaction.atomic
def _disarm(actor: Actor, account_no: int) -> None:
    gone, _ = _switch(account_no).delete()
    if gone:
        _record(actor, "orders.cancel_after_off", account_no, {})


def cancel_after_of(account_no: int) -> int:
    """When the account's switch lapses, epoch ns; 0 when it is off."""
    return _switch(account_no).values_list("lapses_at_ns", flat=True).first() or 0


def _switch(account_no: int) -> QuerySet[OrderGuard]:
    return OrderGuard.objects.filter(kind=OrderGuard.CANCEL_AFTER, account_no=account_no)


def guards_armed() -> dict[str, int]:
    """How many guards of each kind there are."""
    counted = OrderGuard.objects.order_by("kind").values_list("kind").annotate(count=Count("pk"))
    return {OrderGuard.CANCEL_AFTER: 0, OrderGuard.CONNECTION: 0, **dict(counted)}


def lease_ns() -> int:
    """How long a connection counts as alive after its process last said so."""
    return int(settings.ORDER_GUARD_LEASE_S * NS_PER_S)


# Connections -------------------------------------------------------------------------------------------


@transaction.atomic
def guard_connection(
    *, actor: Actor, account_no: int, session: str, connection_id: str, process: str, time_ns: int
) -> None:
    """The account's orders depend on this socket from now on. Raises TooManyGuards."""
    guarded = OrderGuard.objects.filter(kind=OrderGuard.CONNECTION, account_no=account_no)
    if guarded.count() >= MAX_CONNECTIONS:
        raise TooManyGuards(most=MAX_CONNECTIONS)
    OrderGuard.objects.create(
        kind=OrderGuard.CONNECTION,
        account_no=account_no,
        session=session,
        connection=connection_id,
        process=process,
        lapses_at_ns=time_ns + lease_ns(),
        armed_by=actor.name,
    )


def renew_connections(process: str, connections: Iterable[str], time_ns: int) -> frozenset[str]:
    """This process lives: the sockets it holds do too. Returns those that had not lapsed before.

    A row whose socket never came to be, because its client was gone before, is nobody's and lapses.
    """
    held = OrderGuard.objects.filter(process=process, connection__in=list(connections))
    held.filter(lapses_at_ns__gt=0).update(lapses_at_ns=time_ns + lease_ns())
    return frozenset(held.filter(lapses_at_ns__gt=0).values_list("connection", flat=True))


def release_connections(connections: Iterable[str]) -> None:
    """These sockets are gone: what depended on them lapses now."""
    OrderGuard.objects.filter(connection__in=list(connections)).update(lapses_at_ns=0)


# What lapses -------------------------------------------------------------------------------------------


def cancel_lapsed(time_ns: int) -> int:
    """Cancel the orders of every account whose guard has lapsed. Returns how many accounts that were."""
    lapsed = OrderGuard.objects.filter(lapses_at_ns__lte=time_ns)
    keys = lapsed.order_by("account_no").values_list("account_no", "kind", "session").distinct()[:PAGE]
    return sum(_cancel(account_no, kind, session, time_ns) for account_no, kind, session in list(keys))


@transaction.atomic
def _cancel(account_no: int, kind: str, session: str, time_ns: int) -> bool:
    """Takes the lapsed rows away; cancels unless another socket of the same session lives."""
    rows = OrderGuard.objects.filter(account_no=account_no, kind=kind, session=session)
    lapsed = rows.select_for_update().filter(lapses_at_ns__lte=time_ns).order_by("pk")
    last = lapsed.last()
    if last is None:
        return False
    gone, _ = rows.filter(lapses_at_ns__lte=time_ns).delete()
    if not gone or rows.exists():
        return False
    cause = _CAUSES[kind]
    command = Command(CommandKind.CANCEL_ALL, time_ns=time_ns, account=account_no, flags=cause)
    outbox.enqueue(command, f"guard:{kind}:{last.pk}")
    after: dict[str, object] = {
        "cause": cause.name.lower(),
        "armed_by": last.armed_by,
        "lapsed_at_ns": last.lapses_at_ns,
    }
    _record(CLOCK, "orders.cancelled_by_guard", account_no, after)
    return True


def _record(actor: Actor, action: str, account_no: int, after: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, subject=f"account:{account_no}", after=after)


def watch_guards(stop: threading.Event, clock_ns: Callable[[], int] = now_ns) -> None:
    """Cancel what lapses until told to stop; tables that are away are waited for."""
    while not stop.is_set():
        try:
            cancel_lapsed(clock_ns())
        except DatabaseError as error:
            logger.warning("Guards of orders wait for the tables: %s", error)
            close_old_connections()
        stop.wait(WATCH_S)
    connection.close()
