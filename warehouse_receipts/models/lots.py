"""Tables of a lot on its way into the store: where it grew, photographs, samples, who may inspect."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.register import Inspection, Intake, Warehouse
from warehouse_receipts.states import ImportState, PhotoKind, ReinspectionState


class LotOrigin(models.Model):
    """Traceability of a lot 溯源: grower, plot, bagging, harvest, plant protection, 合格证."""

    intake = models.OneToOneField(Intake, on_delete=models.PROTECT, related_name="origin")
    grower = models.CharField(max_length=60)
    plot = models.CharField(max_length=60)
    village = models.CharField(max_length=60, blank=True)
    bagged_on = models.DateField(null=True)
    unbagged_on = models.DateField(null=True)
    harvested_on = models.DateField()
    treatments = models.JSONField(default=list)
    """Plant protection record 农事记录: substance, day, days before harvest it needs."""
    certificate_no = models.CharField(max_length=60)
    """承诺达标合格证."""
    certificate_issuer = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(bagged_on__isnull=True)
                | Q(unbagged_on__isnull=True)
                | Q(unbagged_on__gte=F("bagged_on")),
                name="lot_unbagged_after_bagging",
            ),
            models.CheckConstraint(
                condition=Q(unbagged_on__isnull=True) | Q(harvested_on__gte=F("unbagged_on")),
                name="lot_harvested_after_unbagging",
            ),
        ]


class LotPhoto(models.Model):
    """A photograph of a lot; the file is kept under its hash. Append only."""

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="photos")
    kind = models.CharField(max_length=10, choices=PhotoKind)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intake", "sha256"], name="lot_photo_once"),
        ]


class InspectionBody(models.Model):
    """A designated inspection body 质检机构; its signature is that of institution inspector:CODE."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120, unique=True)
    accreditation_no = models.CharField(max_length=60)
    """CMA / CNAS."""
    accredited_until = models.DateField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]


class Inspector(models.Model):
    """A person who may sign for an inspection body."""

    body = models.ForeignKey(InspectionBody, on_delete=models.PROTECT, related_name="inspectors")
    name = models.CharField(max_length=60)
    licence_no = models.CharField(max_length=60)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["body", "name"], name="inspector_once"),
        ]


class Sampling(models.Model):
    """A sample drawn from a lot 抽样单, by the plan of an edition; filed with the authority 抽检备案."""

    no = models.CharField(max_length=24, unique=True)
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="samplings")
    standard = models.CharField(max_length=30)
    edition = models.CharField(max_length=10)
    lot_pieces = models.PositiveIntegerField()
    least_pieces = models.PositiveIntegerField()
    """Pieces the plan asks for."""
    pieces = models.PositiveIntegerField()
    fruit = models.PositiveIntegerField()
    sampler = models.CharField(max_length=60)
    seal_no = models.CharField(max_length=40, blank=True)
    sampled_at = models.DateTimeField()
    filing_no = models.CharField(max_length=40, blank=True)
    filed_at = models.DateTimeField(null=True)
    filed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(fruit__gt=0, pieces__gte=F("least_pieces"), pieces__lte=F("lot_pieces")),
                name="sampling_follows_the_plan",
            ),
            models.CheckConstraint(
                condition=Q(filed_at__isnull=True, filing_no="")
                | Q(filed_at__isnull=False) & ~Q(filing_no=""),
                name="sampling_filed_with_number",
            ),
        ]


class ReinspectionOrder(models.Model):
    """The exchange has a body inspect stored goods again 复检通知; its report ends the order."""

    no = models.CharField(max_length=24, unique=True)
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="reinspection_orders")
    body = models.ForeignKey(InspectionBody, on_delete=models.PROTECT, related_name="orders")
    reason = models.CharField(max_length=500)
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=ReinspectionState, default=ReinspectionState.ORDERED)
    ordered_by = models.CharField(max_length=150)
    ordered_at = models.DateTimeField()
    report = models.OneToOneField(
        Inspection, null=True, on_delete=models.PROTECT, related_name="reinspection_order"
    )
    closed_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["intake"],
                condition=Q(state=ReinspectionState.ORDERED),
                name="reinspection_one_open_order",
            ),
            models.CheckConstraint(
                condition=Q(state=ReinspectionState.DONE, report__isnull=False)
                | ~Q(state=ReinspectionState.DONE) & Q(report__isnull=True),
                name="reinspection_done_with_report",
            ),
            models.CheckConstraint(
                condition=Q(state=ReinspectionState.ORDERED, closed_at__isnull=True)
                | ~Q(state=ReinspectionState.ORDERED) & Q(closed_at__isnull=False),
                name="reinspection_closed_once",
            ),
        ]


class ImportedRow(models.Model):
    """Which intake a warehouse's own reference became, so that a file sent twice loads once."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="imported_rows")
    reference = models.CharField(max_length=60)
    intake = models.OneToOneField(Intake, on_delete=models.PROTECT, related_name="imported_row")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "reference"], name="imported_row_once"),
        ]


class IntakeImport(models.Model):
    """A long file of lots 批量入库, loaded outside the request; how far it is, and who works on it.

    The text is kept until the job ends. A job that runs belongs to its runner until lease_until; then
    another may go on with it.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="imports")
    mode = models.CharField(max_length=8)
    """all: nothing loads when a row is bad; good: the good rows load."""
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    cancel_asked = models.BooleanField(default=False)
    runner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    loaded = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    """Why the whole file failed."""
    zh = models.CharField(max_length=500, blank=True)
    en = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(mode__in=["all", "good"]), name="intake_import_mode_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False, text=""),
                name="intake_import_finished_once",
            ),
            models.CheckConstraint(
                condition=Q(rows_done__lte=F("rows_total"), loaded__lte=F("rows_done")),
                name="intake_import_within_file",
            ),
            models.UniqueConstraint(
                fields=["warehouse"],
                condition=Q(state__in=["queued", "running"]),
                name="intake_import_one_open",
            ),
        ]


class IntakeImportRow(models.Model):
    """What became of a row of a long file. Append only."""

    job = models.ForeignKey(IntakeImport, on_delete=models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField()
    reference = models.CharField(max_length=60, blank=True)
    intake_no = models.CharField(max_length=24, blank=True)
    code = models.CharField(max_length=40, blank=True)
    zh = models.CharField(max_length=500, blank=True)
    en = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["line"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "line"], name="intake_import_row_once"),
        ]
