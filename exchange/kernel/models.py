"""Tables of the kernel: the outbox to the trading floor, the audit log and the number series."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Outbox(models.Model):
    """A command born in the tables that the trading floor has to carry out. See ``outbox``."""

    reference = models.CharField(max_length=120, unique=True)
    """``kind:key``: what in the tables this is about, e.g. ``deposit:12``."""
    command = models.BinaryField(max_length=64)
    """One 64-byte command record of ``matching.types``."""
    created_at = models.DateTimeField(default=timezone.now)
    applied_seq = models.BigIntegerField(null=True, blank=True)
    """Sequence number under which the floor carried it out or refused it; null while it waits."""
    reason = models.SmallIntegerField(null=True, blank=True)
    """``matching.types.Reason`` of the floor's answer; 0 = accepted."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(applied_seq__isnull=True, reason__isnull=True)
                | Q(applied_seq__isnull=False, reason__isnull=False),
                name="outbox_answer_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(applied_seq__isnull=True), name="outbox_waiting"),
        ]

    def __str__(self) -> str:
        return self.reference


class AuditEntry(models.Model):
    """One thing a person or the system did, chained by hash to the entry before. See ``audit``."""

    number = models.BigIntegerField(primary_key=True)
    """Dense, from 1."""
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    source_port = models.PositiveIntegerField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [
            models.Index(fields=["subject", "number"], name="audit_by_subject"),
            models.Index(fields=["action", "number"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.actor} {self.action} {self.subject}"


class Series(models.Model):
    """A row per series of dense numbers; see ``ids.next_number``."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(value__gte=1), name="series_from_one")]

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
