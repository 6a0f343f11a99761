"""What the desks of the receipt business look at: lots on their way, issues, rooms, the whole register.

Every list is of what its `Viewer` may see, newest first, paged by the id of the last row seen (``before``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from warehouse_receipts.checks import unmet
from warehouse_receipts.errors import UnknownIntake
from warehouse_receipts.lifecycle import Stage, stage_of
from warehouse_receipts.models import (
    Inspector,
    Intake,
    IssueRequest,
    LotOrigin,
    Reading,
    Receipt,
    Room,
    Sampling,
    Stock,
)
from warehouse_receipts.states import IssueState
from warehouse_receipts.types import Bagging, CellSpec, Grade, IntakeState, ReceiptState, StockRow, StoreType
from warehouse_receipts.viewing import Viewer

MAX_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot on its way into a store, and what has been found out about it."""

    id: int
    intake_no: str
    warehouse_code: str
    warehouse_name: str
    store_type: StoreType
    owner_no: int
    orchard: str
    county: str
    variety_code: str
    bagging: Bagging
    crop_year: int
    packaging: str
    mark: str
    plate: str
    pieces: int
    sample_pieces: int
    sample_gross_g: int
    sample_tare_g: int
    net_kg: int
    receipted_kg: int
    state: IntakeState
    room: str
    booked_at: datetime
    arrived_at: datetime | None
    report_no: str
    grade: Grade | None

    @property
    def unreceipted_kg(self) -> int:
        """Stored kilograms no receipt stands for."""
        return self.net_kg - self.receipted_kg if self.state == IntakeState.STORED else 0


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample drawn from a lot, and whether the authority has its record."""

    sampling_no: str
    intake_no: str
    standard: str
    pieces: int
    lot_pieces: int
    fruit: int
    sampler: str
    seal_no: str
    sampled_at: datetime
    filing_no: str


@dataclass(frozen=True, slots=True)
class OriginRow:
    """Where a lot grew."""

    grower: str
    plot: str
    bagged_on: date | None
    unbagged_on: date | None
    harvested_on: date
    treatments: tuple[tuple[str, str, int], ...]
    """(substance, day, days it had to end before harvest)."""
    certificate_no: str
    certificate_issuer: str


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A request to issue a receipt, and who of the three has confirmed."""

    id: int
    request_no: str
    intake_no: str
    warehouse_name: str
    owner_no: int
    product_number: int
    kg: int
    state: IssueState
    proposed_by: str
    proposed_at: datetime
    inspector_by: str
    owner_by: str
    body_code: str
    """The inspection body that has to confirm."""
    receipt_no: str
    reason: str

    @property
    def ready(self) -> bool:
        """All three have confirmed: the exchange may register."""
        return bool(self.inspector_by and self.owner_by)


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room of a store, how full it is and what its sensors said last."""

    code: str
    kind: StoreType
    capacity_kg: int
    stored_kg: int
    at: datetime | None
    temperature_tenths: int | None
    humidity_pct: int | None
    alarm: bool

    @property
    def full_pct(self) -> int:
        """How full it is, in percent."""
        return self.stored_kg * 100 // self.capacity_kg


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A receipt as the register lists it."""

    id: int
    receipt_no: str
    register_no: str
    stage: Stage
    holder_no: int
    product_number: int
    kg: int
    held_kg: int
    warehouse_code: str
    warehouse_name: str
    grade: Grade
    issued_at: datetime
    expires_on: date


# Lots ------------------------------------------------------------------------------------------------


def lots(
    viewer: Viewer,
    *,
    states: Iterable[IntakeState] = (),
    search: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[LotRow]:
    """Lots in certain states (all when empty) with a text at the start of number, plate or mark."""
    found = Intake.objects.filter(viewer.intakes())
    chosen = list(states)
    if chosen:
        found = found.filter(state__in=chosen)
    if search:
        found = found.filter(
            Q(no__istartswith=search) | Q(plate__istartswith=search) | Q(mark__istartswith=search)
        )
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_lot(intake) for intake in _lots(found).order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def lot(intake_no: str, viewer: Viewer) -> LotRow:
    """One lot. Raises UnknownIntake."""
    intake = _lots(Intake.objects.filter(viewer.intakes(), no=intake_no)).first()
    if intake is None:
        raise UnknownIntake(intake=intake_no)
    return _lot(intake)


def lot_counts(viewer: Viewer) -> dict[str, int]:
    """How many lots stand where, by state; those in store only while part of them has no receipt."""
    found = Intake.objects.filter(viewer.intakes()).exclude(
        state=IntakeState.STORED, receipted_kg__gte=F("net_kg")
    )
    return dict(found.values_list("state").annotate(lots=Count("pk")).order_by())


def samples(
    viewer: Viewer,
    *,
    intake_no: str = "",
    samplers: Sequence[str] = (),
    unfiled: bool = False,
    limit: int = 50,
) -> list[SampleRow]:
    """Samples of lots the viewer may see, newest first: of one lot, by these persons, without a filing."""
    found = Sampling.objects.filter(intake__in=Intake.objects.filter(viewer.intakes()))
    if intake_no:
        found = found.filter(intake__no=intake_no)
    if samplers:
        found = found.filter(sampler__in=samplers)
    if unfiled:
        found = found.filter(filing_no="")
    return [
        SampleRow(
            sampling_no=row.no,
            intake_no=row.intake.no,
            standard=f"{row.standard}-{row.edition}",
            pieces=row.pieces,
            lot_pieces=row.lot_pieces,
            fruit=row.fruit,
            sampler=row.sampler,
            seal_no=row.seal_no,
            sampled_at=row.sampled_at,
            filing_no=row.filing_no,
        )
        for row in found.select_related("intake").order_by("-pk")[:limit]
    ]


def inspectors_of(body_code: str) -> list[str]:
    """Names of the persons who sample and inspect for a body."""
    return list(
        Inspector.objects.filter(body__code=body_code).order_by("name").values_list("name", flat=True)
    )


def origin(intake_no: str) -> OriginRow | None:
    """Where a lot grew, if it was said."""
    found = LotOrigin.objects.filter(intake__no=intake_no).first()
    if found is None:
        return None
    return OriginRow(
        grower=found.grower,
        plot=" ".join(part for part in (found.village, found.plot) if part),
        bagged_on=found.bagged_on,
        unbagged_on=found.unbagged_on,
        harvested_on=found.harvested_on,
        treatments=tuple((row["substance"], row["on"], row["interval_days"]) for row in found.treatments),
        certificate_no=found.certificate_no,
        certificate_issuer=found.certificate_issuer,
    )


def fitting_products(intake_no: str, cells: Sequence[CellSpec]) -> list[int]:
    """Numbers of the products an inspected lot may be stored as, in the warehouse it was booked into."""
    intake = Intake.objects.select_related("warehouse", "room").get(no=intake_no)
    report = intake.inspections.order_by("-pk").first()
    if report is None:
        return []
    kinds = [intake.room.kind] if intake.room else list(_room_kinds(intake.warehouse_id))
    return [
        cell.product_number for cell in cells if any(not unmet(intake, kind, report, cell) for kind in kinds)
    ]


def _room_kinds(warehouse_id: int) -> set[str]:
    return set(Room.objects.filter(warehouse_id=warehouse_id).values_list("kind", flat=True))


def _lots(intakes: QuerySet[Intake]) -> QuerySet[Intake]:
    return intakes.select_related("warehouse", "room").prefetch_related("inspections")


def _lot(intake: Intake) -> LotRow:
    report = max(intake.inspections.all(), key=lambda report: report.pk, default=None)
    return LotRow(
        id=intake.pk,
        intake_no=intake.no,
        warehouse_code=intake.warehouse.code,
        warehouse_name=intake.warehouse.name,
        store_type=StoreType(intake.room.kind if intake.room else intake.warehouse.kind),
        owner_no=intake.owner_no,
        orchard=intake.orchard,
        county=intake.county,
        variety_code=intake.variety_code,
        bagging=Bagging(intake.bagging),
        crop_year=intake.crop_year,
        packaging=intake.packaging,
        mark=intake.mark,
        plate=intake.plate,
        pieces=intake.pieces,
        sample_pieces=intake.sample_pieces,
        sample_gross_g=intake.sample_gross_g,
        sample_tare_g=intake.sample_tare_g,
        net_kg=intake.net_kg,
        receipted_kg=intake.receipted_kg,
        state=IntakeState(intake.state),
        room=intake.room.code if intake.room else "",
        booked_at=intake.booked_at,
        arrived_at=intake.arrived_at,
        report_no=report.no if report else "",
        grade=Grade(report.grade) if report else None,
    )


# Issues ----------------------------------------------------------------------------------------------


def issue_requests(
    viewer: Viewer, *, waiting: bool = True, before: int | None = None, limit: int = 50
) -> list[IssueRow]:
    """Requests over lots the viewer may see: those still waiting, or the decided ones."""
    lots_seen = Intake.objects.filter(viewer.intakes())
    found = IssueRequest.objects.filter(intake__in=lots_seen).select_related("intake__warehouse", "receipt")
    found = found.filter(state=IssueState.REQUESTED) if waiting else found.exclude(state=IssueState.REQUESTED)
    body = Intake.objects.filter(pk=OuterRef("intake_id")).order_by("-inspections__pk")
    found = found.annotate(body_code=Subquery(body.values("inspections__body_code")[:1]))
    if (code := viewer.own_code("inspector")) is not None:
        found = found.filter(body_code=code)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_issue(request) for request in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def _issue(request: IssueRequest) -> IssueRow:
    return IssueRow(
        id=request.pk,
        request_no=request.no,
        intake_no=request.intake.no,
        warehouse_name=request.intake.warehouse.name,
        owner_no=request.intake.owner_no,
        product_number=request.product_number,
        kg=request.kg,
        state=IssueState(request.state),
        proposed_by=request.proposed_by,
        proposed_at=request.proposed_at,
        inspector_by=request.inspector_by,
        owner_by=request.owner_by,
        body_code=getattr(request, "body_code", "") or "",
        receipt_no=request.receipt.no if request.receipt else "",
        reason=request.reason,
    )


# Stores ----------------------------------------------------------------------------------------------


def rooms(warehouse_code: str) -> list[RoomRow]:
    """Rooms of a warehouse with their last reading."""
    newest = Reading.objects.filter(room=OuterRef("pk")).order_by("-at").values("pk")[:1]
    found = Room.objects.filter(warehouse__code=warehouse_code).annotate(reading_id=Subquery(newest))
    rows = list(found.order_by("code"))
    readings = Reading.objects.in_bulk([row.reading_id for row in rows if row.reading_id])
    return [_room(row, readings.get(row.reading_id)) for row in rows]


def _room(room: Room, reading: Reading | None) -> RoomRow:
    return RoomRow(
        code=room.code,
        kind=StoreType(room.kind),
        capacity_kg=room.capacity_kg,
        stored_kg=room.stored_kg,
        at=reading.at if reading else None,
        temperature_tenths=reading.temperature_tenths if reading else None,
        humidity_pct=reading.humidity_pct if reading else None,
        alarm=bool(reading and reading.alarm),
    )


def stock_of(warehouse_code: str) -> list[StockRow]:
    """Goods of a warehouse by cell: what lies there and what receipts stand for."""
    found = Stock.objects.filter(warehouse__code=warehouse_code).order_by("product_number")
    return [
        StockRow(warehouse_code, stock.product_number, stock.physical_kg, stock.receipted_kg)
        for stock in found
    ]


# The register ------------------------------------------------------------------------------------------


def register(
    viewer: Viewer,
    *,
    search: str = "",
    warehouse: str = "",
    product_number: int | None = None,
    holder_no: int | None = None,
    stage: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[RegisterRow]:
    """Receipts by number (start of it, or the whole register number), store, product, holder and stage."""
    found = Receipt.objects.filter(viewer.receipts())
    if search:
        roots = IssueRequest.objects.filter(register_no=search.upper()).values("receipt_id")
        named = Q(pk__in=roots) | Q(root_id__in=roots)
        found = found.filter(named) if roots.exists() else found.filter(no__startswith=search.upper())
    if warehouse:
        found = found.filter(warehouse__code=warehouse)
    if product_number is not None:
        found = found.filter(product_number=product_number)
    if holder_no is not None:
        found = found.filter(holder_no=holder_no)
    if stage:
        found = found.filter(_in_stage(stage))
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = found.select_related("warehouse", "inspection", "root__issue_request", "issue_request")
    return [_register_row(receipt) for receipt in rows.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def _in_stage(stage: str) -> Q:
    if stage == Stage.FREE:
        return Q(state=ReceiptState.ISSUED, business="none")
    return Q(state=ReceiptState.ISSUED, business=stage) | Q(state=ReceiptState.CANCELLED, ended=stage)


def _register_row(receipt: Receipt) -> RegisterRow:
    request = getattr(receipt.root or receipt, "issue_request", None)
    return RegisterRow(
        id=receipt.pk,
        receipt_no=receipt.no,
        register_no=(request.register_no or "") if request else "",
        stage=stage_of(receipt.state, receipt.business, receipt.ended),
        holder_no=receipt.holder_no,
        product_number=receipt.product_number,
        kg=receipt.kg,
        held_kg=receipt.held_kg,
        warehouse_code=receipt.warehouse.code,
        warehouse_name=receipt.warehouse.name,
        grade=Grade(receipt.inspection.grade),
        issued_at=receipt.issued_at,
        expires_on=receipt.expires_on,
    )
