"""Versions of the common terms, amendments of single contracts, and rescissions."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from settlement.types import AmendmentState, ProposalState, RescissionState


class TermsVersion(models.Model):
    """A version of the common terms beside those that came with the program. Approved, it never changes."""

    version = models.CharField(max_length=20, unique=True)
    effective_from = models.DateField()
    """First trading day whose deals are under it, once approved."""
    terms = models.JSONField()
    """``terms.terms_document``."""
    document_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default=ProposalState.PROPOSED.value)
    reason = models.CharField(max_length=300)
    proposed_by = models.CharField(max_length=150)
    proposed_at_ns = models.BigIntegerField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ProposalState]), name="terms_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="terms_need_two_people",
            ),
            models.UniqueConstraint(
                fields=["effective_from"], condition=Q(state="approved"), name="terms_one_version_a_day"
            ),
            models.CheckConstraint(
                condition=Q(terms__bond_bps__lte=2_000, terms__max_damages_bps__lte=2_000),
                name="terms_bond_and_damages_within_the_law",
            ),
        ]

    def __str__(self) -> str:
        return self.version


class Amendment(models.Model):
    """合同变更: what both parties agreed to change, one link of the contract's chain. Agreed, it is final."""

    amendment_no = models.CharField(max_length=30, unique=True)
    contract = models.ForeignKey("settlement.Contract", on_delete=models.PROTECT, related_name="amendments")
    place = models.PositiveSmallIntegerField(null=True)
    """Place in the chain, from 1; given when it is agreed."""
    changes = models.JSONField()
    """{field: value}; days as text."""
    before = models.JSONField()
    """What stood there when it was proposed."""
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, default=AmendmentState.PROPOSED.value)
    proposed_by_no = models.PositiveIntegerField()
    """Account number of the party that proposed it."""
    proposed_by = models.CharField(max_length=150)
    proposed_at_ns = models.BigIntegerField()
    answer_due_ns = models.BigIntegerField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at_ns = models.BigIntegerField(null=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    """Hash of the amendment before, of the contract for the first."""
    document_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in AmendmentState]), name="amendment_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="agreed", place__isnull=False) & ~Q(document_hash="") & ~Q(prev_hash="")
                | ~Q(state="agreed") & Q(place__isnull=True, document_hash=""),
                name="amendment_agreed_is_in_the_chain",
            ),
            models.UniqueConstraint(
                fields=["contract", "place"], condition=Q(place__isnull=False), name="amendment_place_once"
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="proposed"), name="amendment_one_open_per_contract"
            ),
        ]

    def __str__(self) -> str:
        return self.amendment_no


class Rescission(models.Model):
    """解除: a broken contract undone, goods back to the seller and price back to the buyer together."""

    rescission_no = models.CharField(max_length=24, unique=True)
    delivery = models.ForeignKey("settlement.Delivery", on_delete=models.PROTECT, related_name="rescissions")
    ground = models.CharField(max_length=6)
    """breach | award."""
    reason = models.CharField(max_length=300)
    refund_fen = models.BigIntegerField()
    """What the seller got and gives back; 0 when it had got nothing yet."""
    fee_fen = models.BigIntegerField(null=True)
    """Trade fee of the party that kept the contract, which the other one makes good; null before that was."""
    fee_bearer = models.CharField(max_length=6, null=True)  # noqa: DJ001 - as fee_fen
    """seller | buyer | "" (an award says itself who bears what)."""
    state = models.CharField(max_length=12, default=RescissionState.PROPOSED.value)
    proposed_by = models.CharField(max_length=150)
    proposed_at_ns = models.BigIntegerField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at_ns = models.BigIntegerField(null=True)
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RescissionState]),
                name="rescission_state_known",
            ),
            models.CheckConstraint(
                condition=Q(ground__in=["breach", "award"], refund_fen__gte=0), name="rescission_amounts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "rejected"])
                | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="rescission_needs_two_people",
            ),
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(state__in=["proposed", "goods_asked", "money_asked", "done"]),
                name="rescission_one_per_delivery",
            ),
        ]

    def __str__(self) -> str:
        return self.rescission_no
