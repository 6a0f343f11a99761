"""Files from and to the bank, withdrawals that need a second person, and what reconciliation found."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class BankFile(models.Model):
    """One file exchanged with the bank, as it came or went. Never changed."""

    direction = models.CharField(max_length=3)
    """in | out."""
    kind = models.CharField(max_length=20)
    """pain.001 | camt.053."""
    message_id = models.CharField(max_length=35, blank=True)
    sequence = models.BigIntegerField(null=True)
    """Electronic sequence number of a statement."""
    day = models.DateField(null=True)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    accepted = models.BooleanField()
    refusal = models.CharField(max_length=30, blank=True)
    """Why it is in quarantine: a code of settlement.errors."""
    detail = models.CharField(max_length=300, blank=True)
    at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "sequence"],
                condition=Q(direction="in", accepted=True),
                name="bank_file_one_statement_per_sequence",
            ),
            models.CheckConstraint(
                condition=Q(accepted=True, refusal="") | Q(accepted=False) & ~Q(refusal=""),
                name="bank_file_quarantine_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class WithdrawalReview(models.Model):
    """A withdrawal above the limit of one person: held until somebody of the exchange decides."""

    movement = models.OneToOneField(
        "settlement.BankMovement", on_delete=models.PROTECT, related_name="review"
    )
    decision = models.CharField(max_length=8, blank=True)
    """approve | reject; empty while it waits."""
    decided_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_at_ns = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decision__in=["", "approve", "reject"]), name="withdrawal_review_decision_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.movement_id} {self.decision}"


class ReconciliationRun(models.Model):
    """The three-way reconciliation of a day: bank = what is owed + earned + unclaimed.

    A later run replaces none.
    """

    day = models.DateField()
    revision = models.PositiveSmallIntegerField()
    bank_fen = models.BigIntegerField(null=True)
    """Closing balance of the bank's statement; None when there was none."""
    ledger_fen = models.BigIntegerField()
    figures = models.JSONField()
    matched = models.PositiveIntegerField()
    open_breaks = models.PositiveIntegerField()
    open_fen = models.BigIntegerField()
    at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "revision"], name="reconciliation_once_per_revision")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.revision}"


class ReconciliationBreak(models.Model):
    """Something that does not match, from the day it was first seen to the day it did, or was explained."""

    kind = models.CharField(max_length=24)
    """balance | not_in_ledger | not_at_bank | amount | booked_twice | no_statement | unbalanced."""
    reference = models.CharField(max_length=80)
    amount_fen = models.BigIntegerField()
    detail = models.CharField(max_length=300)
    first_day = models.DateField()
    last_day = models.DateField()
    resolved_at_ns = models.BigIntegerField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    resolution = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "reference"],
                condition=Q(resolved_at_ns__isnull=True),
                name="reconciliation_break_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
