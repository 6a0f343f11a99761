"""Reading the audit log, newest first, paged by the number of the last entry seen (``before``)."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

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
