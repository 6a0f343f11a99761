"""Editions of the rules by which lots are sampled and graded."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.states import EditionKind, EditionState


class RuleEdition(models.Model):
    """One edition of the grading rules or of the sampling plan.

    What it says is fixed from the start (triggers of migration 0005): a proposal is decided, never edited.
    Reports and samples name standard and edition, and a trigger lets them name only an approved one.
    """

    kind = models.CharField(max_length=10, choices=EditionKind)
    standard = models.CharField(max_length=20)
    edition = models.CharField(max_length=10)
    in_force_from = models.DateField()
    rules = models.TextField()
    """Canonical JSON, as edition_rules checks it."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the canonical JSON."""
    state = models.CharField(max_length=10, choices=EditionState, default=EditionState.PROPOSED)
    reason = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="edition_two_persons"),
            models.CheckConstraint(
                condition=Q(state=EditionState.PROPOSED, decided_by="")
                | Q(state__in=[EditionState.APPROVED, EditionState.REFUSED, EditionState.RETIRED])
                & ~Q(decided_by=""),
                name="edition_decided_by_somebody",
            ),
            models.CheckConstraint(condition=Q(kind__in=EditionKind.values), name="edition_kind_known"),
            models.UniqueConstraint(
                fields=["kind", "standard", "edition"],
                condition=~Q(state=EditionState.REFUSED),
                name="edition_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "in_force_from"],
                condition=~Q(state=EditionState.REFUSED),
                name="edition_one_begins_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard}-{self.edition}"
