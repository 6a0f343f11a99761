"""Tables of the kernel: the outbox to the floor, the audit log, number series, institutions' keys."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from exchange.kernel.two_people import TwoPeople


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


class Institution(models.Model):
    """A body that signs: the exchange, a warehouse, an inspection body, a member. See ``institutions``."""

    class Kind(models.TextChoices):
        EXCHANGE = "exchange", "市场经营者"
        WAREHOUSE = "warehouse", "指定交收仓库"
        INSPECTOR = "inspector", "质检机构"
        LENDER = "lender", "质权人"
        BANK = "bank", "结算银行"
        MEMBER = "member", "交易商"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind)
    registered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["exchange", "warehouse", "inspector", "lender", "bank", "member"]),
                name="institution_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class InstitutionKey(models.Model):
    """A public Ed25519 key of an institution. Final: retired by the next one, revoked when stolen."""

    key_id = models.CharField(max_length=16, primary_key=True)
    """First 16 hex digits of the SHA-256 of the public key."""
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="keys")
    public_key = models.CharField(max_length=64)
    """32 bytes as hex."""
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    """Since when it signs no more; what it signed stays valid."""
    revoked_at = models.DateTimeField(null=True)
    """Since when nothing it signed is believed."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["institution"],
                condition=Q(retired_at__isnull=True),
                name="institution_one_current_key",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(retired_at__isnull=False),
                name="institution_key_revoked_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class InstitutionClient(models.Model):
    """A system of an institution that signs its requests; we know its public key. See ``signed_requests``."""

    key_id = models.CharField(max_length=16, primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="clients")
    name = models.CharField(max_length=60)
    public_key = models.CharField(max_length=64)
    """32 bytes as hex."""
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["made_at"]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"


class AnsweredRequest(models.Model):
    """A request of an institution's system and what it was answered: sent again, it gets the same answer."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="requests")
    request_id = models.CharField(max_length=64)
    """The sender's own id, its Idempotency-Key."""
    digest = models.CharField(max_length=64)
    """SHA-256 over method, path and body."""
    answer = models.JSONField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["institution", "request_id"], name="answered_request_once"),
        ]

    def __str__(self) -> str:
        return self.request_id


class Picture(models.Model):
    """A photograph that is kept as files; see ``pictures``. Append only."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    """Of the file that was sent."""
    full_sha256 = models.CharField(max_length=64)
    thumb_sha256 = models.CharField(max_length=64)
    """Of the files that are kept and served."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    """Of the larger of the two."""
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class CalendarYear(TwoPeople):
    """The public holidays of a year as somebody proposed them; see ``trading_calendar``.

    The newest approved edition of a year is in force.
    """

    APPROVED = "approved"

    year = models.PositiveSmallIntegerField()
    holidays = models.JSONField()
    """Spans in order: first and last day in ISO 8601, and what is celebrated."""
    source = models.CharField(max_length=200)
    """Where it was announced, e.g. the State Council's notice."""

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "refused", "withdrawn", "approved"]),
                name="calendar_year_state_known",
            ),
            models.UniqueConstraint(
                fields=["year"], condition=Q(state="waiting"), name="calendar_year_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}"
