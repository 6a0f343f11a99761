"""Tables of goods leaving a store: pickups, loads, storage fees."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.businesses import SetAside
from warehouse_receipts.models.register import Receipt, Warehouse
from warehouse_receipts.models.warehouses import TWO_PERSONS
from warehouse_receipts.states import Decision, FeeKind, PickupState


class Pickup(models.Model):
    """A pickup 提货 of whole receipts. The code is kept only as a hash, the ID only masked and hashed."""

    no = models.CharField(max_length=24, unique=True)
    holder_no = models.BigIntegerField()
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="pickups")
    product_number = models.BigIntegerField()
    set_aside = models.OneToOneField(SetAside, on_delete=models.PROTECT, related_name="pickup")
    kg = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=PickupState, default=PickupState.REQUESTED)
    plate = models.CharField(max_length=16)
    person = models.CharField(max_length=60)
    id_masked = models.CharField(max_length=18)
    id_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    slot_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=150, blank=True)
    requested_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    delivered_kg = models.BigIntegerField(default=0)
    """Kilograms of receipts it ended."""
    weighed_kg = models.BigIntegerField(default=0)
    """Kilograms the scale said."""
    gate_pass_no = models.CharField(max_length=24, null=True, unique=True)  # noqa: DJ001 - none yet
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kg__gt=0, delivered_kg__gte=0, delivered_kg__lte=F("kg")) & Q(weighed_kg__gte=0),
                name="pickup_within_receipts",
            ),
            models.CheckConstraint(
                condition=~Q(state=PickupState.DONE) | Q(delivered_kg__gt=0, gate_pass_no__isnull=False),
                name="pickup_done_with_gate_pass",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder_no", "-id"], name="pickup_by_holder"),
            models.Index(fields=["warehouse", "slot_at"], name="pickup_by_slot"),
        ]


class Load(models.Model):
    """A load weighed out of the store 出库过磅: a receipt it ended, and what the scale said. Append only."""

    pickup = models.ForeignKey(Pickup, on_delete=models.PROTECT, related_name="loads")
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="load")
    kg = models.BigIntegerField()
    """What the receipt stood for."""
    weighed_kg = models.BigIntegerField()
    over_short_kg = models.BigIntegerField()
    """weighed − kg: within 2 % of kg, settled at contract price."""
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kg__gt=0, weighed_kg__gt=0, over_short_kg=F("weighed_kg") - F("kg")),
                name="load_over_short",
            ),
        ]


class WeightCorrection(models.Model):
    """What a load should have weighed 磅单更正: proposed by the store, decided by the exchange."""

    no = models.CharField(max_length=24, unique=True)
    load = models.ForeignKey(Load, on_delete=models.PROTECT, related_name="corrections")
    was_kg = models.BigIntegerField()
    """What the scale said, earlier corrections included."""
    change_kg = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(change_kg=0), name="weight_correction_changes"),
            models.CheckConstraint(condition=TWO_PERSONS, name="weight_correction_two_persons"),
            models.CheckConstraint(
                condition=Q(decision=Decision.WAITING, decided_by="")
                | ~Q(decision=Decision.WAITING) & ~Q(decided_by=""),
                name="weight_correction_decided",
            ),
            models.UniqueConstraint(
                fields=["load"], condition=Q(decision=Decision.WAITING), name="weight_correction_one_open"
            ),
        ]


class StorageFee(models.Model):
    """A fee of the store that a former or last holder of delivered goods owes. Posted once, never changed."""

    load = models.ForeignKey(Load, on_delete=models.PROTECT, related_name="fees")
    payer_no = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=FeeKind)
    from_day = models.DateField()
    to_day = models.DateField()
    days = models.PositiveIntegerField()
    kg = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    rate_fen = models.BigIntegerField(null=True)
    """By the tonne and, for storage, the day; None for fees written before it was kept."""
    posted_reference = models.CharField(max_length=60, blank=True)
    """Where the ledger has it; empty until it is posted."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(fee_fen__gt=0, kg__gt=0, to_day__gte=F("from_day")), name="storage_fee_positive"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(posted_reference=""), name="storage_fee_unposted"),
        ]
