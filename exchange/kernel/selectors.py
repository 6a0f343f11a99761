"""Reading the audit log, newest first, paged by the number of the last entry seen (``before``)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q

from exchange.kernel.models import AuditEntry

MAX_ROWS = 1_000


class AuditRow(NamedTuple):
    """An entry of the audit log; hashes as hex."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ip: str | None
    source_port: int | None
    hash: str


def audit_entries(*, search: str = "", before: int | None = None, limit: int = 50) -> list[AuditRow]:
    """Entries whose actor, action, subject or reason contains ``search``."""
    entries = AuditEntry.objects.order_by("-number")
    if search:
        entries = entries.filter(
            Q(actor__icontains=search)
            | Q(action__icontains=search)
            | Q(subject__icontains=search)
            | Q(reason__icontains=search)
        )
    if before is not None:
        entries = entries.filter(number__lt=before)
    rows = entries.values_list(*AuditRow._fields)[: max(1, min(limit, MAX_ROWS))]
    return [AuditRow._make(row) for row in rows]


def was_done(action: str, since: datetime, subject: str = "") -> bool:
    """Whether an action was done since a moment, to a subject or to any."""
    entries = AuditEntry.objects.filter(action=action, at__gte=since)
    return (entries.filter(subject=subject) if subject else entries).exists()


def audit_counts(actions: Sequence[str], start: datetime, end: datetime) -> dict[str, int]:
    """How often each of some actions was done in a span of time; 0 for one that was not."""
    entries = AuditEntry.objects.filter(action__in=actions, at__gte=start, at__lt=end).order_by()
    found = dict(entries.values_list("action").annotate(number=Count("pk")))
    return {action: found.get(action, 0) for action in actions}
