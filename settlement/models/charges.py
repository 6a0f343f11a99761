"""Money that must be taken out of a member's cash after the deal, and proposals that need a second person."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from settlement.types import ChargeState, ProposalState


class Charge(models.Model):
    """Money a member owes: the floor is asked to give it up, then the ledger moves it."""

    charge_key = models.CharField(max_length=80, unique=True)
    """What it is for, once: balance:HT…, late_fee:HT…, proposal:7."""
    purpose = models.CharField(max_length=20)
    """What follows when it is paid: see ``charges.FOLLOW_UPS``; empty for nothing."""
    account_no = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    legs = models.JSONField()
    """[[account credited, fen, kind of transfer], …]; their sum is the amount."""
    reference = models.CharField(max_length=80)
    contract_no = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=10, default=ChargeState.REQUESTED.value)
    attempts = models.PositiveIntegerField(default=1)
    engine_seq = models.BigIntegerField(null=True)
    asked_at_ns = models.BigIntegerField()
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="charge_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ChargeState]), name="charge_state_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state="due"), name="charge_due"),
            models.Index(fields=["account_no", "id"], name="charge_by_account"),
            models.Index(fields=["contract_no", "id"], name="charge_by_contract"),
        ]

    def __str__(self) -> str:
        return self.charge_key


class StoreLoss(models.Model):
    """What a warehouse owes for goods short beyond its loss allowance, or asks back (fen < 0)."""

    pickup_no = models.CharField(max_length=24)
    trade_id = models.BigIntegerField()
    """By which trade the goods had come to who fetched them; 0 = by none."""
    number = models.PositiveSmallIntegerField()
    store_code = models.CharField(max_length=16)
    account_no = models.PositiveIntegerField()
    """Who bore the short weight."""
    kg = models.BigIntegerField()
    """What the store answers for altogether, as known then."""
    price_fen = models.BigIntegerField()
    fen = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    paid_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(fen=0) & Q(kg__gte=0, price_fen__gt=0), name="store_loss_amount"
            ),
            models.UniqueConstraint(fields=["pickup_no", "trade_id", "number"], name="store_loss_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["store_code", "id"],
                condition=Q(paid_at_ns__isnull=True, fen__gt=0),
                name="store_loss_unpaid",
            ),
            models.Index(fields=["account_no", "id"], name="store_loss_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.pickup_no} {self.fen}"


class MoneyProposal(models.Model):
    """A money move by hand (a correction, fees paid out): one proposes, another approves."""

    proposal_no = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=20)
    debit = models.CharField(max_length=60)
    credit = models.CharField(max_length=60)
    amount_fen = models.BigIntegerField()
    corrects = models.CharField(max_length=80, blank=True)
    """Key of the transfer it corrects."""
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, default=ProposalState.PROPOSED.value)
    proposed_by = models.CharField(max_length=150)
    proposed_at_ns = models.BigIntegerField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="proposal_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ProposalState]), name="proposal_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=models.F("proposed_by")),
                name="proposal_needs_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.proposal_no


class LifeStep(models.Model):
    """One step in the life of a charge, delivery, claim, breach, dispute or invoice. Never changed."""

    subject = models.CharField(max_length=40)
    """``delivery:12``, ``claim:3``: the life and the key of the row."""
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    event = models.CharField(max_length=30)
    actor = models.CharField(max_length=150)
    why = models.CharField(max_length=300, blank=True)
    at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["subject", "id"], name="life_step_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.from_state} → {self.to_state}"
