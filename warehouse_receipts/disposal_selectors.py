"""What the exchange's desk sees of disposals: receipts to be written off or regraded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from warehouse_receipts.case_selectors import MAX_ROWS
from warehouse_receipts.checks import unmet
from warehouse_receipts.errors import UnknownReceipt
from warehouse_receipts.intake import report_of
from warehouse_receipts.lifecycle import Stage, stage_of
from warehouse_receipts.models import Disposal, Receipt
from warehouse_receipts.states import DisposalKind, DisposalState
from warehouse_receipts.types import CellSpec, Grade


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """A disposal, from its proposal to its end."""

    id: int
    kind: DisposalKind
    receipt_no: str
    holder_no: int
    kg: int
    product_number: int
    """What the receipt is over."""
    new_product_number: int | None
    """Of a regrade: what it becomes."""
    successor_no: str
    reason: str
    state: DisposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Disposable:
    """A receipt somebody thinks of disposing of, and what its goods could become."""

    receipt_no: str
    holder_no: int
    kg: int
    product_number: int
    warehouse_name: str
    stage: Stage
    report_no: str
    grade: Grade
    unfit: bool
    """Whether the last report no longer supports its product."""
    supported: tuple[int, ...]
    """Other products the last report supports."""


def disposals(
    *, search: str = "", kind: str = "", state: str = "", before: int | None = None, limit: int = 50
) -> list[DisposalRow]:
    """Disposals newest first, by the start of the receipt's number, paged by the id of the last row seen."""
    found = Disposal.objects.select_related("receipt__successor")
    if search:
        found = found.filter(receipt__no__istartswith=search)
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_row(row) for row in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def disposable(receipt_no: str, cells: Mapping[int, CellSpec]) -> Disposable:
    """A receipt with the products its goods could become. Raises UnknownReceipt."""
    receipts = Receipt.objects.select_related("intake__warehouse", "intake__room", "warehouse")
    receipt = receipts.filter(no=receipt_no).first()
    if receipt is None:
        raise UnknownReceipt(receipt=receipt_no)
    intake, report = receipt.intake, report_of(receipt.intake)
    store = intake.room.kind if intake.room else intake.warehouse.kind
    fits = {number for number, cell in cells.items() if not unmet(intake, store, report, cell)}
    return Disposable(
        receipt_no=receipt.no,
        holder_no=receipt.holder_no,
        kg=receipt.kg,
        product_number=receipt.product_number,
        warehouse_name=receipt.warehouse.name,
        stage=stage_of(receipt.state, receipt.business, receipt.ended),
        report_no=report.no,
        grade=Grade(report.grade),
        unfit=receipt.product_number not in fits,
        supported=tuple(sorted(fits - {receipt.product_number})),
    )


def _row(row: Disposal) -> DisposalRow:
    receipt = row.receipt
    done = row.state == DisposalState.DONE and receipt.successor is not None
    return DisposalRow(
        id=row.pk,
        kind=DisposalKind(row.kind),
        receipt_no=receipt.no,
        holder_no=receipt.holder_no,
        kg=receipt.kg,
        product_number=receipt.product_number,
        new_product_number=row.product_number,
        successor_no=receipt.successor.no if done and receipt.successor else "",
        reason=row.reason,
        state=DisposalState(row.state),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )
