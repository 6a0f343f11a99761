"""The audit log: what people and the system did, hash-chained so that a later change shows.

Each entry carries the hash of the entry before; a trigger refuses UPDATE and DELETE, and ``verify`` finds
what was done to the rows behind the trigger's back. One writer at a time: the number series is the lock.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from exchange.kernel.canonical import canonical_hash
from exchange.kernel.ids import next_number
from exchange.kernel.models import AuditEntry

GENESIS = "0" * 64
"""``prev_hash`` of the first entry."""

_SERIES = "audit"


class Actor(NamedTuple):
    """Who does something, and from where."""

    name: str
    """Log-in name, or a word for a part of the system."""
    ip: str | None = None
    source_port: int | None = None
    user_agent: str = ""


SYSTEM = Actor("system")
"""What the exchange does by itself: jobs, the clock, the demo."""


class ChainBreak(NamedTuple):
    """Where the chain does not hold."""

    number: int
    why: str


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Appends an entry. ``action`` is ``noun.verb`` ("member.suspend"), ``subject`` is ``kind:key``.

    Called in the transaction of the change itself, so that neither stands without the other.
    """
    with transaction.atomic():
        number = next_number(_SERIES)
        last = AuditEntry.objects.filter(number=number - 1).values_list("hash", flat=True).first()
        entry = AuditEntry(
            number=number,
            at=timezone.now(),
            actor=actor.name,
            action=action,
            subject=subject,
            reason=reason,
            before=before,
            after=after,
            ip=actor.ip,
            source_port=actor.source_port,
            user_agent=actor.user_agent[:300],
            prev_hash=last or GENESIS,
        )
        entry.hash = entry_hash(entry)
        entry.save(force_insert=True)
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the canonical JSON of everything else in the entry."""
    return canonical_hash(
        {
            "number": entry.number,
            "at": _utc_text(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "reason": entry.reason,
            "before": entry.before,
            "after": entry.after,
            "ip": entry.ip,
            "source_port": entry.source_port,
            "user_agent": entry.user_agent,
            "prev_hash": entry.prev_hash,
        }
    )


def verify() -> list[ChainBreak]:
    """Walks the whole chain; an empty list means that nothing was changed, removed or slipped in."""
    breaks = []
    expected_number, expected_prev = 1, GENESIS
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2_000):
        if entry.number != expected_number:
            breaks.append(ChainBreak(entry.number, f"entry {expected_number} is missing"))
        if entry.prev_hash != expected_prev:
            breaks.append(ChainBreak(entry.number, "does not follow the entry before"))
        if entry_hash(entry) != entry.hash:
            breaks.append(ChainBreak(entry.number, "was changed after it was written"))
        expected_number, expected_prev = entry.number + 1, entry.hash
    return breaks


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
