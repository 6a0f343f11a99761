"""What must be true before the register changes. Nothing here writes."""

from collections.abc import Mapping

from warehouse_receipts.errors import (
    BadMeasurements,
    BadWeights,
    BelowCell,
    IssueBlocked,
    OverReceipted,
    ResidueFound,
    WarehouseFull,
    WarehouseNotActive,
)
from warehouse_receipts.grading import LotFacts, mismatches
from warehouse_receipts.models import Inspection, Intake, Warehouse
from warehouse_receipts.types import (
    Bagging,
    CellSpec,
    Grade,
    IntakeState,
    Measurements,
    MovementKind,
    SampleWeights,
)

SIZE_TOLERANCE_PCT = 5
G_PER_KG = 1_000


def net_kg(pieces: int, sample: SampleWeights) -> int:
    """Net weight of a lot in whole kg, rounded down: (gross − tare of the sample) / sampled × all pieces.

    The formula of the CZCE apple delivery rules; it spares unpacking a cold room. Raises BadWeights.
    """
    if not 0 < sample.pieces <= pieces:
        raise BadWeights(why_zh="抽样件数", why_en="sampled pieces")
    if not 0 <= sample.tare_g < sample.gross_g:
        raise BadWeights(why_zh="毛重与皮重", why_en="gross and tare")
    net = (sample.gross_g - sample.tare_g) * pieces // (sample.pieces * G_PER_KG)
    if not net:
        raise BadWeights(why_zh="净重不足一公斤", why_en="less than a kilogram net")
    return net


def check_room(warehouse: Warehouse, kg: int) -> None:
    """Raises WarehouseNotActive, WarehouseFull."""
    if warehouse.status != Warehouse.Status.ACTIVE:
        raise WarehouseNotActive(warehouse=warehouse.code)
    free_kg = warehouse.capacity_kg - warehouse.stored_kg
    if kg > free_kg:
        raise WarehouseFull(warehouse=warehouse.code, free_kg=free_kg)


def unmet(intake: Intake, store_type: str, report: Inspection, cell: CellSpec) -> list[tuple[str, str]]:
    """What a lot in a store of this type lacks for a cell, in Chinese and English."""
    lot = LotFacts(
        variety_code=intake.variety_code,
        bagging=Bagging(intake.bagging),
        county=intake.county,
        crop_year=intake.crop_year,
        store_type=store_type,
        grade=Grade(report.grade),
        diameter_mm=report.diameter_mm,
    )
    return mismatches(lot, cell)


def check_deliverable(intake: Intake, store_type: str, report: Inspection, cell: CellSpec) -> None:
    """Raises BelowCell with everything the lot lacks."""
    found = unmet(intake, store_type, report, cell)
    if found:
        raise BelowCell(why_zh="；".join(zh for zh, _ in found), why_en="; ".join(en for _, en in found))


def check_residues(report: Inspection) -> None:
    """Raises ResidueFound for the first pesticide above its limit."""
    for each in report.residues:
        if each["found_ug_per_kg"] > each["limit_ug_per_kg"]:
            raise ResidueFound(
                substance=each["substance"], found=each["found_ug_per_kg"], limit=each["limit_ug_per_kg"]
            )


def check_diameters(measured: Measurements, diameters: Mapping[int, int]) -> None:
    """A distribution of sizes must be of the whole sample and bear out the smallest diameter stated.

    Size tolerance: 5 % of the fruit may be smaller (GB/T 10651). Raises BadMeasurements.
    """
    if not diameters:
        return
    counted = sum(diameters.values())
    if counted != measured.sample_fruit or min(diameters.values()) < 0 or min(diameters) <= 0:
        raise BadMeasurements(
            why_zh="果径分布的果数与样品不符", why_en="diameters are not of the whole sample"
        )
    smaller = sum(count for mm, count in diameters.items() if mm < measured.diameter_mm)
    if smaller * 100 > SIZE_TOLERANCE_PCT * counted:
        raise BadMeasurements(why_zh="果径分布达不到所填最小果径", why_en="too many fruit below the diameter")


def check_issuable(intake: Intake, warehouse: Warehouse, cell: CellSpec, kg: int) -> None:
    """Raises WarehouseNotActive, IssueBlocked, BelowCell (stored as goods of another cell), OverReceipted."""
    check_room(warehouse, 0)
    stored = intake.state == IntakeState.STORED
    if warehouse.issue_blocked:
        raise IssueBlocked(warehouse=warehouse.code)
    if stored and intake.movements.get(kind=MovementKind.INTAKE).product_number != cell.product_number:
        raise BelowCell(why_zh="该批货物按其他品种入库", why_en="it was stored as goods of another product")
    free_kg = intake.net_kg - intake.receipted_kg if stored else 0
    if not 0 < kg <= free_kg:
        raise OverReceipted(free_kg=free_kg)
