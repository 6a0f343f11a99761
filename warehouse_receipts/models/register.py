"""Tables of the warehouse receipt register.

Kilograms are conserved by the database itself, not by good behaviour: stock grows only through
`StockMovement`, a root receipt takes kilograms out of its intake and its stock, a child takes the next
interval of its parent (`parent_offset_kg`), and nothing else may change a receipt's weight. Triggers
(migration 0002) keep the totals, CHECK constraints keep them in bounds, and `verify.shortfalls()`
recounts everything.

Members and products are known here by the engine's dense numbers: this package knows neither table.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from warehouse_receipts.types import (
    IN_BUSINESS,
    LOSS_PERMILLE_PER_MONTH,
    SUCCEEDED,
    Bagging,
    Business,
    Ending,
    Grade,
    InspectionKind,
    IntakeState,
    MovementKind,
    ReceiptState,
    StoreType,
)


class Warehouse(models.Model):
    """A designated delivery warehouse 指定交收仓库. stored_kg follows from its stock."""

    class Status(models.TextChoices):
        ACTIVE = "active", "正常"
        SUSPENDED = "suspended", "暂停签发"
        CLOSED = "closed", "已撤销"

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120)
    county = models.CharField(max_length=30)
    address = models.CharField(max_length=200)
    keeper = models.CharField(max_length=120)
    """The enterprise that keeps the goods 保管人 and signs the receipts."""
    kind = models.CharField(max_length=8, choices=StoreType)
    capacity_kg = models.BigIntegerField()
    stored_kg = models.BigIntegerField(default=0)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    loss_permille_per_month = models.PositiveSmallIntegerField(default=LOSS_PERMILLE_PER_MONTH)
    storage_fee_fen_per_t_day = models.PositiveIntegerField()
    insurer = models.CharField(max_length=120)
    insured_fen = models.BigIntegerField(default=0)
    """Sum insured; with insured_until, so that a receipt can say it (民法典 909)."""
    insured_until = models.DateField(null=True)
    policy_no = models.CharField(max_length=60, blank=True)
    handling_fee_fen_per_t = models.PositiveIntegerField(default=0)
    """Bringing in and taking out, each."""
    star = models.PositiveSmallIntegerField(default=3)
    issue_blocked = models.BooleanField(default=False)
    """A stock-taking found less than its receipts stand for: no receipts until that is settled."""
    history = HistoricalRecords(excluded_fields=["stored_kg"])

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stored_kg__gte=0, stored_kg__lte=F("capacity_kg")),
                name="warehouse_within_capacity",
            ),
            models.CheckConstraint(condition=Q(kind__in=StoreType.values), name="warehouse_kind_known"),
            models.CheckConstraint(condition=Q(star__gte=1, star__lte=5), name="warehouse_star_rank"),
            models.CheckConstraint(
                condition=Q(status__in=["active", "suspended", "closed"]), name="warehouse_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Stock(models.Model):
    """Goods of one cell in one warehouse. Both totals are kept by triggers: never write them."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="stocks")
    product_number = models.BigIntegerField()
    physical_kg = models.BigIntegerField(default=0)
    receipted_kg = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "product_number"], name="stock_once_per_cell"),
            models.CheckConstraint(
                condition=Q(receipted_kg__gte=0, receipted_kg__lte=F("physical_kg")),
                name="stock_receipted_within_physical",
            ),
        ]


class Intake(models.Model):
    """A lot brought to a warehouse, from booking to store. receipted_kg is kept by triggers."""

    no = models.CharField(max_length=24, unique=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="intakes")
    owner_no = models.BigIntegerField()
    orchard = models.CharField(max_length=120)
    county = models.CharField(max_length=30)
    variety_code = models.CharField(max_length=30)
    bagging = models.CharField(max_length=12, choices=Bagging)
    crop_year = models.PositiveSmallIntegerField()
    packaging = models.CharField(max_length=60)
    mark = models.CharField(max_length=60, blank=True)
    """Marks on the pieces 标记."""
    pieces = models.PositiveIntegerField(default=0)
    sample_pieces = models.PositiveIntegerField(default=0)
    sample_gross_g = models.BigIntegerField(default=0)
    sample_tare_g = models.BigIntegerField(default=0)
    net_kg = models.BigIntegerField(default=0)
    """(sample gross − sample tare) / sampled pieces × all pieces, rounded down to whole kilograms."""
    receipted_kg = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=IntakeState, default=IntakeState.BOOKED)
    room = models.ForeignKey("Room", null=True, blank=True, on_delete=models.PROTECT, related_name="intakes")
    """The room it lies in, once stored."""
    plate = models.CharField(max_length=16, blank=True)
    """The truck that brought it."""
    unfit_products = models.JSONField(default=list, blank=True)
    """Products its receipts are in that a re-inspection no longer supports."""
    booked_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["receipted_kg"])

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=IntakeState.values), name="intake_state_known"),
            models.CheckConstraint(
                condition=Q(receipted_kg__gte=0, receipted_kg__lte=F("net_kg")),
                name="intake_receipted_within_net",
            ),
            models.CheckConstraint(
                condition=Q(receipted_kg=0) | Q(state=IntakeState.STORED),
                name="intake_receipted_only_in_store",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[IntakeState.BOOKED, IntakeState.ARRIVED, IntakeState.REFUSED])
                | Q(pieces__gt=0, sample_pieces__gt=0, sample_pieces__lte=F("pieces"), net_kg__gt=0),
                name="intake_weighed_before_more",
            ),
        ]

    def __str__(self) -> str:
        return self.no


class Inspection(models.Model):
    """An inspection report of one lot; measured values as in types.Measurements.

    Never changed: inspect again.
    """

    no = models.CharField(max_length=24, unique=True)
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="inspections")
    kind = models.CharField(max_length=12, choices=InspectionKind, default=InspectionKind.INTAKE)
    body = models.CharField(max_length=120)
    """The inspection body 质检机构."""
    body_code = models.CharField(max_length=16, blank=True)
    sampling = models.ForeignKey("Sampling", null=True, on_delete=models.PROTECT, related_name="inspections")
    inspector = models.CharField(max_length=60)
    standard = models.CharField(max_length=30)
    edition = models.CharField(max_length=10)
    grade = models.CharField(max_length=16, choices=Grade)
    sample_fruit = models.PositiveIntegerField()
    diameter_mm = models.PositiveSmallIntegerField()
    colour_pct = models.PositiveSmallIntegerField()
    firmness_tenths = models.PositiveSmallIntegerField()
    ssc_tenths = models.PositiveSmallIntegerField()
    shape = models.PositiveSmallIntegerField()
    stem = models.PositiveSmallIntegerField()
    severe_pct = models.PositiveSmallIntegerField()
    bruise_mm2 = models.PositiveIntegerField()
    bruise_largest_mm2 = models.PositiveIntegerField()
    rub_mm2 = models.PositiveIntegerField()
    sunburn_mm2 = models.PositiveIntegerField()
    insect_scar_mm2 = models.PositiveIntegerField()
    small_spots = models.PositiveSmallIntegerField()
    russet_pct = models.PositiveSmallIntegerField()
    defect_kinds = models.PositiveSmallIntegerField()
    nonconforming_pct = models.PositiveSmallIntegerField()
    diameters = models.JSONField(default=dict)
    """How many fruit of the sample by diameter in mm, size by size."""
    residues = models.JSONField(default=list)
    """Pesticide residues: substance, found and limit in µg/kg."""
    inspected_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    colour_pct__lte=100,
                    severe_pct__lte=100,
                    russet_pct__lte=100,
                    nonconforming_pct__lte=100,
                    shape__lte=3,
                    stem__lte=2,
                ),
                name="inspection_shares",
            ),
            models.CheckConstraint(condition=Q(grade__in=Grade.values), name="inspection_grade_known"),
        ]

    def __str__(self) -> str:
        return self.no


class StockMovement(models.Model):
    """Goods that came into a warehouse or left it; the only way stock changes. Append only."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="movements")
    product_number = models.BigIntegerField()
    kg = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=MovementKind)
    intake = models.ForeignKey(Intake, null=True, on_delete=models.PROTECT, related_name="movements")
    room = models.ForeignKey("Room", null=True, on_delete=models.PROTECT, related_name="movements")
    reference = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind=MovementKind.INTAKE, kg__gt=0, intake__isnull=False)
                | Q(kind=MovementKind.PICKUP, kg__lt=0, intake__isnull=True)
                | Q(kind=MovementKind.REGRADE, intake__isnull=False) & ~Q(kg=0)
                | Q(kind=MovementKind.STOCKTAKE, intake__isnull=True) & ~Q(kg=0),
                name="movement_direction",
            ),
            models.UniqueConstraint(
                fields=["intake"], condition=Q(kind=MovementKind.INTAKE), name="intake_stored_once"
            ),
        ]


class Receipt(models.Model):
    """An electronic warehouse receipt 电子仓单.

    kg is what it stands for now, split_kg what its children took: kg + split_kg = issued_kg always. Its
    number comes from a series that also gives the primary key, so that thousands can be written at once.
    """

    id = models.BigIntegerField(primary_key=True)
    no = models.CharField(max_length=24, unique=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="receipts")
    product_number = models.BigIntegerField()
    holder_no = models.BigIntegerField()
    issued_kg = models.BigIntegerField()
    kg = models.BigIntegerField()
    held_kg = models.BigIntegerField(default=0)
    split_kg = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=ReceiptState, default=ReceiptState.ISSUED)
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="children", db_index=False
    )
    """Found by ``receipt_interval_once``."""
    parent_offset_kg = models.BigIntegerField(null=True)
    """Which kilograms of its parent it took: those from here on, as many as issued_kg."""
    root = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="descendants")
    """The receipt the warehouse signed; empty for that receipt itself."""
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="receipts")
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="receipts")
    issued_at = models.DateTimeField()
    locked_until = models.DateField(null=True)
    """First day the holder may sell it (resale lock); empty when free."""
    expires_on = models.DateField()
    title_hash = models.CharField(max_length=64)
    """Head of its chain of endorsements."""
    business = models.CharField(max_length=12, choices=Business, default=Business.NONE)
    """The one business it is in; only a receipt in none is among the goods the floor can sell."""
    set_aside = models.ForeignKey(
        "SetAside", null=True, on_delete=models.PROTECT, related_name="receipts", db_index=False
    )
    """What put it into that business."""
    ended = models.CharField(max_length=12, choices=Ending, blank=True, default="")
    """How a cancelled receipt ended."""
    successor = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="predecessors", db_index=False
    )
    """The receipt that stands for its goods after a merger, a replacement or a regrading."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kg__gt=0, split_kg__gte=0, issued_kg=F("kg") + F("split_kg")),
                name="receipt_kg_conserved",
            ),
            models.CheckConstraint(
                condition=Q(held_kg__gte=0, held_kg__lte=F("kg")), name="receipt_held_within_kg"
            ),
            models.CheckConstraint(
                condition=Q(state=ReceiptState.ISSUED, ended="")
                | Q(state=ReceiptState.CANCELLED, held_kg=0, ended__in=Ending.values, business=Business.NONE),
                name="receipt_state_known",
            ),
            models.CheckConstraint(
                condition=Q(business=Business.NONE, set_aside__isnull=True)
                | Q(business__in=IN_BUSINESS, set_aside__isnull=False, held_kg=0),
                name="receipt_one_business",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | Q(ended__in=SUCCEEDED), name="receipt_succession"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, root__isnull=True, parent_offset_kg__isnull=True)
                | Q(parent__isnull=False, root__isnull=False, parent_offset_kg__gte=0),
                name="receipt_parent_with_root",
            ),
            models.UniqueConstraint(fields=["parent", "parent_offset_kg"], name="receipt_interval_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder_no", "id"], name="receipt_by_holder"),
            models.Index(
                fields=["holder_no", "product_number", "id"],
                condition=Q(
                    state=ReceiptState.ISSUED,
                    business=Business.NONE,
                    locked_until__isnull=True,
                    kg__gt=F("held_kg"),
                ),
                name="receipt_free",
            ),
            models.Index(
                fields=["locked_until"], condition=Q(locked_until__isnull=False), name="receipt_locked"
            ),
            models.Index(
                fields=["set_aside"], condition=Q(set_aside__isnull=False), name="receipt_set_aside"
            ),
            models.Index(
                fields=["successor"], condition=Q(successor__isnull=False), name="receipt_successor"
            ),
        ]

    def __str__(self) -> str:
        return self.no


class ReceiptHold(models.Model):
    """Kilograms of a receipt that an open sell order promises. A trigger keeps Receipt.held_kg."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="holds")
    order_id = models.BigIntegerField(db_index=True)
    kg = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["receipt", "order_id"], name="receipt_hold_once"),
            models.CheckConstraint(condition=Q(kg__gte=0), name="receipt_hold_not_negative"),
        ]


class Endorsement(models.Model):
    """A transfer of title 背书: append only, each hashed with the one before it."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="endorsements")
    from_no = models.BigIntegerField()
    to_no = models.BigIntegerField()
    kg = models.BigIntegerField()
    contract_no = models.CharField(max_length=40)
    trade_id = models.BigIntegerField(db_index=True)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kg__gt=0), name="endorsement_positive"),
        ]
