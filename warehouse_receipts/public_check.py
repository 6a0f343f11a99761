"""What anybody may know who holds a paper of the register: its state, whether it is whole, what it is for."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F

from exchange.kernel.errors import NotFound
from warehouse_receipts.court_orders import is_ordered
from warehouse_receipts.lifecycle import Stage
from warehouse_receipts.models import Inspection, Intake, Pickup, Receipt
from warehouse_receipts.states import PickupState
from warehouse_receipts.tracing import Trace, TraceStep, trace, trace_lot
from warehouse_receipts.types import Grade, IntakeState
from warehouse_receipts.viewing import OPERATOR


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """A receipt as the verification page shows it; who holds it is masked there."""

    receipt_no: str
    register_no: str
    stage: Stage
    warehouse_name: str
    warehouse_code: str
    county: str
    product_number: int
    kg: int
    grade: Grade
    inspection_no: str
    issued_at: datetime
    expires_on: date
    expired: bool
    holder_no: int
    covered: bool
    """Whether the goods of its cell in this store cover all receipts over them."""
    ordered: bool
    """Whether an authority has ordered it frozen while it is in another business."""
    life: Trace


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """An inspection report as the verification page shows it."""

    report_no: str
    body: str
    standard: str
    grade: Grade
    inspected_at: datetime
    warehouse_name: str
    variety_code: str
    county: str
    net_kg: int
    replaced_by: str
    """A later report on the same lot; empty while this is the last."""


@dataclass(frozen=True, slots=True)
class CheckedLot:
    """A lot as the verification page shows it, to whoever scans a label or an in-note."""

    intake_no: str
    state: IntakeState
    warehouse_name: str
    warehouse_code: str
    variety_code: str
    county: str
    crop_year: int
    pieces: int
    net_kg: int
    owner_no: int
    report_no: str
    steps: tuple[TraceStep, ...]


@dataclass(frozen=True, slots=True)
class CheckedPickup:
    """A pickup order or out-note as the verification page shows it; person and plate are masked there."""

    pickup_no: str
    state: PickupState
    warehouse_name: str
    warehouse_code: str
    product_number: int
    holder_no: int
    plate: str
    slot_at: datetime
    kg: int
    """Ordered, or once the truck has left, delivered."""
    gate_pass_no: str


def checked_receipt(receipt_no: str, today: date) -> CheckedReceipt:
    """For whoever has shown the verification code. Raises NotFound."""
    found = Receipt.objects.filter(no=receipt_no).select_related("warehouse", "inspection", "root", "intake")
    receipt = found.first()
    if receipt is None:
        raise NotFound(detail=receipt_no)
    life = trace(receipt_no, OPERATOR)
    request = getattr(receipt.root or receipt, "issue_request", None)
    short = receipt.warehouse.stocks.filter(
        product_number=receipt.product_number, receipted_kg__gt=F("physical_kg")
    )
    return CheckedReceipt(
        receipt_no=receipt.no,
        register_no=(request.register_no or "") if request else "",
        stage=life.stage,
        warehouse_name=receipt.warehouse.name,
        warehouse_code=receipt.warehouse.code,
        county=receipt.intake.county,
        product_number=receipt.product_number,
        kg=receipt.kg,
        grade=Grade(receipt.inspection.grade),
        inspection_no=receipt.inspection.no,
        issued_at=receipt.issued_at,
        expires_on=receipt.expires_on,
        expired=receipt.expires_on < today,
        holder_no=receipt.holder_no,
        covered=not receipt.warehouse.issue_blocked and not short.exists(),
        ordered=is_ordered(receipt.no),
        life=life,
    )


def checked_report(report_no: str) -> CheckedReport:
    """For whoever has shown the verification code. Raises NotFound."""
    report = Inspection.objects.filter(no=report_no).select_related("intake__warehouse").first()
    if report is None:
        raise NotFound(detail=report_no)
    later = report.intake.inspections.filter(pk__gt=report.pk).order_by("-pk").first()
    return CheckedReport(
        report_no=report.no,
        body=report.body,
        standard=f"{report.standard}-{report.edition}",
        grade=Grade(report.grade),
        inspected_at=report.inspected_at,
        warehouse_name=report.intake.warehouse.name,
        variety_code=report.intake.variety_code,
        county=report.intake.county,
        net_kg=report.intake.net_kg,
        replaced_by=later.no if later else "",
    )


def checked_lot(intake_no: str) -> CheckedLot:
    """For whoever has shown the verification code. Raises NotFound."""
    lot = Intake.objects.filter(no=intake_no).select_related("warehouse").first()
    if lot is None:
        raise NotFound(detail=intake_no)
    report = lot.inspections.order_by("-pk").first()
    return CheckedLot(
        intake_no=lot.no,
        state=IntakeState(lot.state),
        warehouse_name=lot.warehouse.name,
        warehouse_code=lot.warehouse.code,
        variety_code=lot.variety_code,
        county=lot.county,
        crop_year=lot.crop_year,
        pieces=lot.pieces,
        net_kg=lot.net_kg,
        owner_no=lot.owner_no,
        report_no=report.no if report else "",
        steps=trace_lot(intake_no, OPERATOR),
    )


def checked_pickup(pickup_no: str) -> CheckedPickup:
    """For whoever has shown the verification code. Raises NotFound."""
    row = Pickup.objects.filter(no=pickup_no).select_related("warehouse").first()
    if row is None:
        raise NotFound(detail=pickup_no)
    done = row.state == PickupState.DONE
    return CheckedPickup(
        pickup_no=row.no,
        state=PickupState(row.state),
        warehouse_name=row.warehouse.name,
        warehouse_code=row.warehouse.code,
        product_number=row.product_number,
        holder_no=row.holder_no,
        plate=row.plate,
        slot_at=row.slot_at,
        kg=row.delivered_kg if done else row.kg,
        gate_pass_no=row.gate_pass_no or "",
    )
