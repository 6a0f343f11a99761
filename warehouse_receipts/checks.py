"""What must be true before the register changes. Nothing here writes."""

from warehouse_receipts.errors import BadWeights, BelowCell, OverReceipted, WarehouseFull, WarehouseNotActive
from warehouse_receipts.grading import LotFacts, mismatches
from warehouse_receipts.models import Inspection, Intake, Warehouse
from warehouse_receipts.types import Bagging, CellSpec, Grade, IntakeState, SampleWeights

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


def check_deliverable(intake: Intake, warehouse: Warehouse, report: Inspection, cell: CellSpec) -> None:
    """Raises BelowCell with everything the lot lacks."""
    lot = LotFacts(
        variety_code=intake.variety_code,
        bagging=Bagging(intake.bagging),
        county=intake.county,
        crop_year=intake.crop_year,
        store_type=warehouse.kind,
        grade=Grade(report.grade),
        diameter_mm=report.diameter_mm,
    )
    found = mismatches(lot, cell)
    if found:
        raise BelowCell(why_zh="；".join(zh for zh, _ in found), why_en="; ".join(en for _, en in found))


def check_issuable(intake: Intake, warehouse: Warehouse, cell: CellSpec, kg: int) -> None:
    """Raises WarehouseNotActive, BelowCell (stored as goods of another cell), OverReceipted."""
    check_room(warehouse, 0)
    stored = intake.state == IntakeState.STORED
    if stored and intake.movement.product_number != cell.product_number:
        raise BelowCell(why_zh="该批货物按其他品种入库", why_en="it was stored as goods of another product")
    free_kg = intake.net_kg - intake.receipted_kg if stored else 0
    if not 0 < kg <= free_kg:
        raise OverReceipted(free_kg=free_kg)
