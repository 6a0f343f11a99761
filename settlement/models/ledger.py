"""The double-entry ledger.

It follows TigerBeetle: every transfer names one account to debit and one to credit, so it balances by
construction; transfers never change; the balances of an account move only with the transfers inserted, by
triggers (see the migrations ``0002_ledger_triggers`` and ``0003_ledger_in_full``), whoever inserts them.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from matching.types import MAX_AMOUNT
from settlement.types import AccountKind, Normal, TransferKind, TransferPhase


class LedgerAccount(models.Model):
    """One account. Its balance is credits − debits (normal credit) or debits − credits (normal debit)."""

    code = models.CharField(max_length=60, unique=True)
    """member:<no>:cash and others, see ``accounts``."""
    kind = models.CharField(max_length=20)
    normal = models.CharField(max_length=6)
    member_account_no = models.PositiveIntegerField(null=True)
    debits_posted = models.BigIntegerField(default=0)
    credits_posted = models.BigIntegerField(default=0)
    debits_pending = models.BigIntegerField(default=0)
    credits_pending = models.BigIntegerField(default=0)
    last_transfer_id = models.BigIntegerField(default=0)
    """The transfer that moved the balances last."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    debits_posted__gte=0, credits_posted__gte=0, debits_pending__gte=0, credits_pending__gte=0
                ),
                name="ledger_account_counters_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(normal=Normal.CREDIT.value)
                | Q(credits_posted__gte=F("debits_posted") + F("debits_pending")),
                name="ledger_account_credit_not_below_zero",
            ),
            models.CheckConstraint(
                condition=~Q(normal=Normal.DEBIT.value)
                | Q(debits_posted__gte=F("credits_posted") + F("credits_pending")),
                name="ledger_account_debit_not_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(normal__in=[side.value for side in Normal]), name="ledger_account_normal_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AccountKind]), name="ledger_account_kind_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["member_account_no"], name="ledger_account_by_member")]

    def __str__(self) -> str:
        return self.code


class Transfer(models.Model):
    """Money moved, reserved, or a reservation resolved. Never changed, never deleted."""

    transfer_key = models.CharField(max_length=80, unique=True)
    """Made by whoever posts it, e.g. trade:42:payment; the same key cannot move money twice."""
    debit_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="debits", db_index=False
    )
    credit_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="credits", db_index=False
    )
    amount_fen = models.BigIntegerField()
    phase = models.SmallIntegerField(default=TransferPhase.POSTED)
    pending = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="resolutions", db_index=False
    )
    released_fen = models.BigIntegerField(null=True)
    """What a resolution takes off the reservation: all of it, also when less is posted."""
    expires_at_ns = models.BigIntegerField(null=True)
    """PENDING: from then on it can only expire."""
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=80)
    """What it is for: trade:42, movement:7, contract:HT…."""
    seq = models.BigIntegerField(null=True)
    day = models.DateField()
    posted_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="transfer_between_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=[1, 2], pending__isnull=True, released_fen__isnull=True)
                | Q(phase=3, pending__isnull=False, released_fen__gte=F("amount_fen"))
                | Q(phase__in=[4, 5], pending__isnull=False, released_fen=F("amount_fen")),
                name="transfer_phase_and_pending_agree",
            ),
            models.CheckConstraint(
                condition=Q(expires_at_ns__isnull=True) | Q(phase=2), name="transfer_only_pending_expires"
            ),
            models.CheckConstraint(condition=Q(amount_fen__lte=MAX_AMOUNT), name="transfer_amount_bounded"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in TransferKind]), name="transfer_kind_known"
            ),
            models.UniqueConstraint(
                fields=["pending"], condition=Q(pending__isnull=False), name="transfer_pending_resolved_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["debit_account", "id"], name="transfer_by_debit"),
            models.Index(fields=["credit_account", "id"], name="transfer_by_credit"),
            models.Index(fields=["day"], name="transfer_by_day"),
            models.Index(
                fields=["expires_at_ns"], condition=Q(expires_at_ns__isnull=False), name="transfer_expiring"
            ),
        ]

    def __str__(self) -> str:
        return self.transfer_key
