"""Tables of designated warehouses: proposals, rooms, their climate, stock-taking."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.register import Warehouse
from warehouse_receipts.states import Decision, ProposalKind, StockTakeState
from warehouse_receipts.types import StoreType

TWO_PERSONS = ~Q(decided_by=F("proposed_by"))
"""Nobody both proposes and decides."""


class WarehouseProposal(models.Model):
    """A change to the register of warehouses that one person proposed and another decides."""

    kind = models.CharField(max_length=12, choices=ProposalKind)
    code = models.CharField(max_length=16)
    values = models.JSONField()
    """What it sets, by field name."""
    reason = models.CharField(max_length=500)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=TWO_PERSONS, name="warehouse_proposal_two_persons"),
            models.CheckConstraint(
                condition=Q(decision=Decision.WAITING, decided_by="")
                | ~Q(decision=Decision.WAITING) & ~Q(decided_by=""),
                name="warehouse_proposal_decided",
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(decision=Decision.WAITING), name="warehouse_one_proposal"
            ),
        ]


class Room(models.Model):
    """A room of a store 库间. stored_kg is kept by a trigger on stock movements."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="rooms")
    code = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=StoreType)
    capacity_kg = models.BigIntegerField()
    stored_kg = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["warehouse_id", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "code"], name="room_once"),
            models.CheckConstraint(
                condition=Q(stored_kg__gte=0, stored_kg__lte=F("capacity_kg")), name="room_within_capacity"
            ),
            models.CheckConstraint(condition=Q(kind__in=StoreType.values), name="room_kind_known"),
        ]


class Reading(models.Model):
    """Temperature and humidity of a room. Append only; a reading sent twice is one."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="readings")
    at = models.DateTimeField()
    temperature_tenths = models.SmallIntegerField()
    """Tenths of a degree Celsius."""
    humidity_pct = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=12)
    alarm = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "at"], name="reading_once"),
            models.CheckConstraint(
                condition=Q(humidity_pct__lte=100, temperature_tenths__gte=-400)
                & Q(temperature_tenths__lte=600),
                name="reading_possible",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["room", "-at"], condition=Q(alarm=True), name="reading_alarms"),
        ]


class StockTake(models.Model):
    """A stock-taking 盘点 of one warehouse: one person counts, another confirms."""

    no = models.CharField(max_length=24, unique=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="stock_takes")
    state = models.CharField(max_length=10, choices=StockTakeState, default=StockTakeState.COUNTED)
    proposed_by = models.CharField(max_length=150)
    counted_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=TWO_PERSONS, name="stock_take_two_persons"),
            models.UniqueConstraint(
                fields=["warehouse"],
                condition=Q(state__in=[StockTakeState.COUNTED, StockTakeState.SHORT]),
                name="stock_take_one_open",
            ),
        ]


class StockTakeLine(models.Model):
    """What was counted of one cell, against the books."""

    stock_take = models.ForeignKey(StockTake, on_delete=models.PROTECT, related_name="lines")
    product_number = models.BigIntegerField()
    counted_kg = models.BigIntegerField()
    physical_kg = models.BigIntegerField()
    """Stock on the books when it was confirmed."""
    receipted_kg = models.BigIntegerField()
    allowance_kg = models.BigIntegerField()
    """Loss of mass the keeper need not make good."""
    shortfall_kg = models.BigIntegerField(default=0)
    """What receipts stand for and neither goods nor allowance cover."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stock_take", "product_number"], name="stock_take_line_once"),
            models.CheckConstraint(
                condition=Q(counted_kg__gte=0, allowance_kg__gte=0, shortfall_kg__gte=0),
                name="stock_take_line_kg",
            ),
        ]


class StockTakeRoom(models.Model):
    """What was counted of one cell in one room, where a stock-taking went room by room. Append only."""

    stock_take = models.ForeignKey(StockTake, on_delete=models.PROTECT, related_name="rooms")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="counts")
    product_number = models.BigIntegerField()
    counted_kg = models.BigIntegerField()
    book_kg = models.BigIntegerField()
    """What the books had of it there when it was counted."""

    class Meta:
        ordering: ClassVar = ["room__code", "product_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stock_take", "room", "product_number"], name="stock_take_room_once"
            ),
            models.CheckConstraint(condition=Q(counted_kg__gte=0), name="stock_take_room_kg"),
        ]
