"""Tables of the surveillance; private to this package.

An alert's evidence never changes: what is found anew is a new revision. The lines of a case are append only.
What the regulator was told is kept as it was told, byte by byte.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from exchange.kernel.two_people import TwoPeople
from exchange.surveillance.types import AlertState, CaseState, EntryKind, Kind, Outcome


class RulesVersion(TwoPeople):
    """The thresholds of the detectors as somebody proposed them; see ``rules``."""

    APPROVED = "approved"

    version = models.PositiveIntegerField(null=True, unique=True)
    """Given with the approval, from 2 on: version 1 is built in."""
    base_version = models.PositiveIntegerField()
    """What was in force when it was proposed."""
    values = models.JSONField()
    """Every parameter by name."""

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="approved", version__gte=2)
                | Q(state__in=["waiting", "refused", "withdrawn"], version__isnull=True),
                name="surveillance_rules_numbered_when_approved",
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="waiting"), name="surveillance_rules_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version or self.state}"


class Case(models.Model):
    """A case 监察案件: what is looked into, by whom, and how it ended."""

    no = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=CaseState, default=CaseState.OPEN)
    assignee = models.CharField(max_length=150)
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    outcome_reason = models.CharField(max_length=1_000, blank=True)
    proposed_by = models.CharField(max_length=150, blank=True)
    proposed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", outcome="", proposed_by="", closed_by="", closed_at__isnull=True)
                | Q(state="closing", closed_by="", closed_at__isnull=True, outcome__in=Outcome.values)
                & ~Q(proposed_by="")
                | Q(state="closed", closed_at__isnull=False, outcome__in=Outcome.values)
                & ~Q(closed_by="")
                & ~Q(closed_by=F("proposed_by")),
                name="case_closed_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.no


class CaseEntry(models.Model):
    """A line in the timeline of a case. Append only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    text = models.CharField(max_length=1_000, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    """``alert:YJ…``, ``order:17``, ``trade:4``; empty for words alone."""
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="case_entry_kind_known"),
            models.UniqueConstraint(
                fields=["case", "reference"],
                condition=Q(kind__in=["alert", "order", "trade"]),
                name="case_entry_attached_once",
            ),
        ]


class Alert(models.Model):
    """What a detector found on a day, with its evidence."""

    no = models.CharField(max_length=20, unique=True)
    key = models.CharField(max_length=64)
    """SHA-256 over day, kind and subject: the same day gives the same keys."""
    revision = models.PositiveSmallIntegerField(default=1)
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind)
    product_number = models.BigIntegerField()
    accounts = models.JSONField()
    rules_version = models.PositiveIntegerField()
    evidence = models.TextField()
    """Canonical JSON: figures, numbers of orders, trades and auctions, links, and the parameters in force."""
    evidence_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=AlertState, default=AlertState.NEW)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="alerts")

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "revision"], name="alert_revision_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(state="new"), name="alert_one_new"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="alert_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=["new", "superseded"], decided_by="", case__isnull=True)
                | Q(state="dismissed", case__isnull=True) & ~Q(decided_by="") & ~Q(reason="")
                | Q(state="in_case", case__isnull=False) & ~Q(decided_by=""),
                name="alert_decided_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["day", "kind"], name="alert_by_day"),
            models.Index(fields=["state", "-id"], name="alert_by_state"),
        ]

    def __str__(self) -> str:
        return self.no


class SurveillanceRun(models.Model):
    """A run of the detectors over a day, and how many alerts it left. Append only."""

    day = models.DateField(db_index=True)
    rules_version = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-pk"]


class MonthlyStatistics(models.Model):
    """The published figures of a month that is over. Append only."""

    month = models.DateField(unique=True)
    """Its first day."""
    figures = models.TextField()
    """Canonical JSON, see ``statistics``."""
    figures_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["month"]


class HalfYearReport(TwoPeople):
    """What the regulator is told of a half-year: computed by one person, filed by another, then final."""

    FILED = "filed"

    year = models.PositiveSmallIntegerField()
    half = models.PositiveSmallIntegerField()
    figures = models.TextField()
    """Canonical JSON, as computed when it was proposed."""
    figures_hash = models.CharField(max_length=64)
    no = models.CharField(max_length=24, null=True, unique=True)  # noqa: DJ001 - none until it is filed
    pdf = models.BinaryField(default=bytes)
    workbook = models.BinaryField(default=bytes)
    pdf_hash = models.CharField(max_length=64, blank=True)
    workbook_hash = models.CharField(max_length=64, blank=True)

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(half__in=[1, 2], year__gte=2_020, year__lte=2_200), name="half_year_report_period"
            ),
            models.CheckConstraint(
                condition=Q(state="filed", no__isnull=False) & ~Q(pdf_hash="") & ~Q(workbook_hash="")
                | Q(state__in=["waiting", "refused", "withdrawn"], no__isnull=True, pdf_hash=""),
                name="half_year_report_numbered_when_filed",
            ),
            models.UniqueConstraint(
                fields=["year", "half"], condition=Q(state="waiting"), name="half_year_report_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return self.no or f"{self.year}H{self.half}"
