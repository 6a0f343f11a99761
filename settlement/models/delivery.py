"""From the contract to its end: delivery, evidence, claims, breach, disputes, invoices."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from settlement.types import (
    BreachState,
    ClaimState,
    DeliveryStage,
    DisputeState,
    InvoiceState,
    PickupShareState,
)


def _known(states: Iterable[StrEnum], name: str, field: str = "state") -> models.CheckConstraint:
    values = [state.value for state in states]
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class Delivery(models.Model):
    """Delivery of one contract; where it stands, and what must happen by when."""

    contract = models.OneToOneField(
        "settlement.Contract",
        on_delete=models.PROTECT,
        primary_key=True,
        to_field="trade_id",
        db_column="trade_id",
    )
    """By the trade, so that it can be written together with the contract."""
    contract_no = models.CharField(max_length=24, unique=True)
    seller_no = models.PositiveIntegerField()
    buyer_no = models.PositiveIntegerField()
    stage = models.CharField(max_length=16, db_default=DeliveryStage.TITLED.value)
    next_due_ns = models.BigIntegerField(null=True)
    """When the clock looks at it; None when nothing is awaited by a deadline."""
    deposit_used_fen = models.BigIntegerField(db_default=0)
    """What claims and short weight took from the seller's quality deposit."""
    pickup_plate = models.CharField(max_length=16, blank=True, db_default="")
    pickup_person = models.CharField(max_length=60, blank=True, db_default="")
    """Of the pickup booked last: name and the last four of the identity card; the rest is not kept."""
    pickup_at_ns = models.BigIntegerField(null=True)
    net_kg = models.BigIntegerField(null=True)
    """What the scale said of everything fetched so far."""
    weighed_at_ns = models.BigIntegerField(null=True)
    left_at_ns = models.BigIntegerField(null=True)
    """The last truck past the gate; from here the time for hidden defects runs."""
    over_short_fen = models.BigIntegerField(db_default=0)
    """Paid by the buyer (+) or back to it (−) for goods beyond or short of the contract."""
    adjustment_fen = models.BigIntegerField(db_default=0)
    """Paid back to the buyer for quality; never above the price."""
    completed_at_ns = models.BigIntegerField(null=True)
    amended = models.JSONField(null=True)
    """{field: value} of all agreed amendments together; None for none. See ``amendments``."""

    class Meta:
        constraints: ClassVar = [
            _known(DeliveryStage, "delivery_stage_known", "stage"),
            models.CheckConstraint(condition=Q(deposit_used_fen__gte=0), name="delivery_deposit_used"),
            models.CheckConstraint(
                condition=Q(net_kg__isnull=True) | Q(net_kg__gt=0), name="delivery_net_kg_positive"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_due_ns", "contract"],
                condition=Q(next_due_ns__isnull=False),
                name="delivery_due",
            ),
            models.Index(
                fields=["buyer_no"],
                condition=~Q(stage__in=["completed", "breached"]),
                name="delivery_open_by_buyer",
            ),
            models.Index(
                fields=["seller_no"],
                condition=~Q(stage__in=["completed", "breached"]),
                name="delivery_open_by_seller",
            ),
        ]

    def __str__(self) -> str:
        return self.contract_no


class ContractPickup(models.Model):
    """What one pickup of receipts fetches of one contract."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="pickups")
    pickup_no = models.CharField(max_length=24, db_index=True)
    """Of the register of receipts, which has truck, code and scale."""
    state = models.CharField(max_length=10, default=PickupShareState.OPEN.value)
    kg = models.BigIntegerField(default=0)
    """Kilograms its receipts stood for."""
    weighed_kg = models.BigIntegerField(default=0)
    over_short_fen = models.BigIntegerField(default=0)
    """Paid by the buyer (+) or to it (−) so far."""
    booked_at_ns = models.BigIntegerField()
    ended_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            _known(PickupShareState, "contract_pickup_state_known"),
            models.CheckConstraint(condition=Q(kg__gte=0, weighed_kg__gte=0), name="contract_pickup_kg"),
            models.CheckConstraint(
                condition=~Q(state="left") | Q(kg__gt=0, ended_at_ns__isnull=False),
                name="contract_pickup_left_with_goods",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(kg=0), name="contract_pickup_cancelled_empty"
            ),
            models.UniqueConstraint(fields=["delivery", "pickup_no"], name="contract_pickup_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pickup_no} {self.state}"


class Evidence(models.Model):
    """A file somebody stands by: kept as it came, with its hash. Never changed."""

    subject = models.CharField(max_length=40, db_index=True)
    """claim:3, dispute:2, breach:5, delivery:12."""
    file_name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    note = models.CharField(max_length=300, blank=True)
    filed_by = models.CharField(max_length=150)
    account_no = models.PositiveIntegerField(null=True)
    """The member who filed it; None for the operator."""
    filed_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "sha256"], name="evidence_once_per_subject")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.file_name}"


class Claim(models.Model):
    """The buyer's objection 异议 to weight, visible or hidden defects."""

    claim_no = models.CharField(max_length=24, unique=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="claims")
    kind = models.CharField(max_length=8)
    text = models.CharField(max_length=1000)
    wanted_fen = models.BigIntegerField()
    findings = models.JSONField()
    """What the re-inspection found: [[criterion, steps], …] of the premium and discount table."""
    settled_fen = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, default=ClaimState.FILED.value)
    answer_due_ns = models.BigIntegerField()
    reinspection_due_ns = models.BigIntegerField(null=True)
    report_no = models.CharField(max_length=40, blank=True)
    stage_before = models.CharField(max_length=16)
    filed_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            _known(ClaimState, "claim_state_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["weight", "visible", "hidden"]), name="claim_kind_known"
            ),
            models.CheckConstraint(condition=Q(wanted_fen__gt=0, settled_fen__gte=0), name="claim_amounts"),
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(state__in=["filed", "reinspecting"]),
                name="claim_one_open_per_delivery",
            ),
        ]

    def __str__(self) -> str:
        return self.claim_no


class Breach(models.Model):
    """A breach of contract 违约: notice, time to cure, liquidated damages."""

    breach_no = models.CharField(max_length=24, unique=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="breaches")
    party = models.CharField(max_length=6)
    """seller | buyer: who broke the contract."""
    ground = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=12, default=BreachState.NOTICED.value)
    damages_bps = models.PositiveSmallIntegerField()
    damages_fen = models.BigIntegerField()
    cure_due_ns = models.BigIntegerField()
    replacement_no = models.CharField(max_length=24, blank=True)
    """The contract concluded in place of the broken one."""
    noticed_at_ns = models.BigIntegerField()
    noticed_by = models.CharField(max_length=150)
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            _known(BreachState, "breach_state_known"),
            models.CheckConstraint(condition=Q(party__in=["seller", "buyer"]), name="breach_party_known"),
            models.CheckConstraint(
                condition=Q(damages_bps__lte=2_000, damages_fen__gte=0), name="breach_damages_at_most_a_fifth"
            ),
            models.UniqueConstraint(
                fields=["delivery"], condition=Q(state="noticed"), name="breach_one_open_per_delivery"
            ),
        ]

    def __str__(self) -> str:
        return self.breach_no


class DisputeCase(models.Model):
    """A dispute before the operator as mediator; what was agreed or awarded, or handed to arbitration."""

    case_no = models.CharField(max_length=24, unique=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="disputes")
    opened_by_no = models.PositiveIntegerField(null=True)
    """The member who opened it; None for the operator."""
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=12, default=DisputeState.OPEN.value)
    mediator = models.CharField(max_length=150, blank=True)
    mediation_due_ns = models.BigIntegerField()
    payer = models.CharField(max_length=6, blank=True)
    """seller | buyer: who pays what was proposed, agreed or awarded; empty for nobody."""
    award_fen = models.BigIntegerField(default=0)
    award_text = models.CharField(max_length=1000, blank=True)
    proposed_by = models.CharField(max_length=150, blank=True)
    seller_agrees = models.BooleanField(default=False)
    buyer_agrees = models.BooleanField(default=False)
    opened_at_ns = models.BigIntegerField()
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            _known(DisputeState, "dispute_state_known"),
            models.CheckConstraint(condition=Q(award_fen__gte=0), name="dispute_award_not_negative"),
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(state__in=["open", "mediation", "arbitration"]),
                name="dispute_one_open_per_delivery",
            ),
        ]

    def __str__(self) -> str:
        return self.case_no


class Invoice(models.Model):
    """Data of a 数电票 and its life.

    A red-letter invoice is a row of its own that names the one it reverses.
    """

    document_no = models.CharField(max_length=30, unique=True)
    """单据号, unique; given when the contract completes."""
    contract_no = models.CharField(max_length=24, db_index=True)
    kind = models.CharField(max_length=2)
    """特定要素类型: 12 自产农产品销售, 16 农产品收购; 00 for none of them."""
    issuer_no = models.PositiveIntegerField()
    seller_name = models.CharField(max_length=120)
    seller_uscc = models.CharField(max_length=18)
    buyer_name = models.CharField(max_length=120)
    buyer_uscc = models.CharField(max_length=18)
    lines = models.JSONField()
    """[{item, spec, unit, quantity_kg, net_fen, rate_bps, tax_fen, tax_code, exempt}, …]."""
    net_fen = models.BigIntegerField()
    tax_fen = models.BigIntegerField()
    state = models.CharField(max_length=14, default=InvoiceState.DRAFT.value)
    invoice_no = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001 - unique if any
    issued_at_ns = models.BigIntegerField(null=True)
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reversals")
    reason = models.CharField(max_length=300, blank=True)
    asked_by_no = models.PositiveIntegerField(null=True)
    """The member who asked for the red letter; the other one confirms."""
    due_day = models.DateField()
    created_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            _known(InvoiceState, "invoice_state_known"),
            models.CheckConstraint(condition=Q(kind__in=["00", "12", "16"]), name="invoice_kind_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "red_requested", "reversed"]) | Q(invoice_no__isnull=False),
                name="invoice_issued_has_number",
            ),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="invoice_reversed_once"
            ),
        ]

    def __str__(self) -> str:
        return self.document_no
