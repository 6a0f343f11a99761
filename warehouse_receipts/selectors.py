"""Reading the register. Lists are newest first and paged by the id of the last row seen (``before``)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet, Sum

from warehouse_receipts.errors import UnknownReceipt
from warehouse_receipts.models import Endorsement, Inspection, Intake, Receipt, SetAside, Stock, Warehouse
from warehouse_receipts.types import (
    SELLING,
    Bagging,
    Business,
    EndorsementRow,
    Grade,
    InspectionRow,
    LotFacts,
    Measurements,
    ReceiptDetail,
    ReceiptRow,
    ReceiptState,
    StockRow,
    StoreType,
    WarehouseRow,
)

MAX_ROWS = 1_000


def receipts_of(
    holder_no: int,
    *,
    product_number: int | None = None,
    before: int | None = None,
    limit: int = 100,
    cancelled: bool = False,
) -> list[ReceiptRow]:
    """Receipts a member holds, newest first; `before` is the receipt_id of the last row seen."""
    receipts = Receipt.objects.filter(holder_no=holder_no)
    if not cancelled:
        receipts = receipts.filter(state=ReceiptState.ISSUED)
    if product_number is not None:
        receipts = receipts.filter(product_number=product_number)
    if before is not None:
        receipts = receipts.filter(id__lt=before)
    return [_row(receipt) for receipt in _joined(receipts).order_by("-id")[: max(1, min(limit, MAX_ROWS))]]


def receipts_by_no(numbers: Iterable[str]) -> dict[str, ReceiptRow]:
    """Receipts by number, whoever holds them; unknown numbers are left out."""
    found = _joined(Receipt.objects.filter(no__in=set(numbers)))
    return {receipt.no: _row(receipt) for receipt in found}


def lots(intake_ids: Iterable[int]) -> dict[int, LotFacts]:
    """What lots in store say of their goods, by intake."""
    found = Intake.objects.select_related("origin").filter(pk__in=set(intake_ids))
    return {intake.pk: _lot(intake) for intake in found}


def _lot(intake: Intake) -> LotFacts:
    origin = getattr(intake, "origin", None)
    village = origin.village if origin is not None else ""
    places = [place for place in (intake.county, village, intake.orchard) if place]
    return LotFacts(
        packaging=intake.packaging,
        mark=intake.mark,
        pieces=intake.pieces,
        net_kg=intake.net_kg,
        origin=" ".join(dict.fromkeys(places)),
        harvested_on=origin.harvested_on if origin is not None else None,
        certificate_no=origin.certificate_no if origin is not None else "",
    )


def receipt_totals(holder_no: int) -> dict[int, tuple[int, int, int]]:
    """Goods of a member in no business, by product: (free, held, locked) kg."""
    live = Receipt.objects.filter(holder_no=holder_no, state=ReceiptState.ISSUED, business=Business.NONE)
    totals: dict[int, tuple[int, int, int]] = {}
    rows = live.values("product_number", locked=F("locked_until")).annotate(kg=Sum("kg"), held=Sum("held_kg"))
    for row in rows.order_by("product_number"):
        free, held, locked = totals.get(row["product_number"], (0, 0, 0))
        if row["locked"] is None:
            free, held = free + row["kg"] - row["held"], held + row["held"]
        else:
            locked += row["kg"]
        totals[row["product_number"]] = (free, held, locked)
    return totals


def sellable_kg() -> dict[tuple[int, int], tuple[int, int]]:
    """(kg, part of it on hold) of valid receipts out of their resale lock, by holder and product."""
    live = Receipt.objects.filter(
        state=ReceiptState.ISSUED, business=Business.NONE, locked_until__isnull=True
    )
    rows = live.values_list("holder_no", "product_number").annotate(kg=Sum("kg"), held=Sum("held_kg"))
    return {(holder_no, product): (kg, held) for holder_no, product, kg, held in rows.order_by()}


def lots_in_register() -> dict[int, int]:
    """Kg set aside to be sold one by one (listing, auction, negotiation), by set-aside."""
    rows = SetAside.objects.filter(business__in=[each.value for each in SELLING], left_kg__gt=0)
    return dict(rows.values_list("id", "left_kg"))


def kg_in_lots() -> dict[tuple[int, int], int]:
    """The same by holder and product."""
    rows = SetAside.objects.filter(business__in=[each.value for each in SELLING], left_kg__gt=0).order_by()
    sums = rows.values_list("holder_no", "product_number").annotate(kg=Sum("left_kg"))
    return {(holder_no, product_number): kg for holder_no, product_number, kg in sums}


def receipt_detail(no: str, *, holder_no: int | None = None) -> ReceiptDetail:
    """Everything a receipt says, with its chain of title; of a given holder only. Raises UnknownReceipt."""
    receipts = _joined(Receipt.objects.filter(no=no)).select_related("intake")
    if holder_no is not None:
        receipts = receipts.filter(holder_no=holder_no)
    receipt = receipts.first()
    if receipt is None:
        raise UnknownReceipt(receipt=no)
    intake, warehouse = receipt.intake, receipt.warehouse
    return ReceiptDetail(
        receipt=_row(receipt),
        depositor_no=intake.owner_no,
        orchard=intake.orchard,
        county=intake.county,
        variety_code=intake.variety_code,
        bagging=Bagging(intake.bagging),
        crop_year=intake.crop_year,
        packaging=intake.packaging,
        pieces=intake.pieces,
        mark=intake.mark,
        store_type=StoreType(warehouse.kind),
        warehouse_address=warehouse.address,
        loss_permille_per_month=warehouse.loss_permille_per_month,
        storage_fee_fen_per_t_day=warehouse.storage_fee_fen_per_t_day,
        insurer=warehouse.insurer,
        issued_kg=receipt.issued_kg,
        intake_no=intake.no,
        inspection=_inspection(receipt.inspection),
        endorsements=tuple(_chain(receipt)),
    )


def _chain(receipt: Receipt) -> list[EndorsementRow]:
    """Endorsements of a receipt and, before it was split off, of those it came from; oldest first."""
    chain: list[EndorsementRow] = []
    link: Receipt | None = receipt
    head = receipt.title_hash
    while link is not None:
        by_hash = {row.hash: row for row in Endorsement.objects.filter(receipt=link)}
        while head in by_hash:
            row = by_hash[head]
            chain.append(_endorsement(row, link.no))
            head = row.prev_hash
        link = link.parent
    return chain[::-1]


def inspections(numbers: list[str]) -> dict[str, InspectionRow]:
    """Inspection reports by number."""
    return {report.no: _inspection(report) for report in Inspection.objects.filter(no__in=numbers)}


def warehouses() -> list[WarehouseRow]:
    """All designated warehouses by code."""
    return [
        WarehouseRow(
            code=warehouse.code,
            name=warehouse.name,
            county=warehouse.county,
            kind=StoreType(warehouse.kind),
            capacity_kg=warehouse.capacity_kg,
            stored_kg=warehouse.stored_kg,
            status=Warehouse.Status(warehouse.status).label,
        )
        for warehouse in Warehouse.objects.all()
    ]


def stocks() -> list[StockRow]:
    """Physical and receipted goods per warehouse and cell."""
    rows = Stock.objects.select_related("warehouse").order_by("warehouse__code", "product_number")
    return [
        StockRow(stock.warehouse.code, stock.product_number, stock.physical_kg, stock.receipted_kg)
        for stock in rows
    ]


def _joined(receipts: QuerySet[Receipt]) -> QuerySet[Receipt]:
    return receipts.select_related("warehouse", "inspection", "root", "parent")


def _row(receipt: Receipt) -> ReceiptRow:
    return ReceiptRow(
        receipt_id=receipt.id,
        receipt_no=receipt.no,
        root_no=receipt.root.no if receipt.root else receipt.no,
        parent_no=receipt.parent.no if receipt.parent else None,
        product_number=receipt.product_number,
        holder_no=receipt.holder_no,
        kg=receipt.kg,
        held_kg=receipt.held_kg,
        state=ReceiptState(receipt.state),
        warehouse_code=receipt.warehouse.code,
        warehouse_name=receipt.warehouse.name,
        inspection_no=receipt.inspection.no,
        grade=Grade(receipt.inspection.grade),
        issued_at=receipt.issued_at,
        locked_until=receipt.locked_until,
        expires_on=receipt.expires_on,
        business=Business(receipt.business),
    )


def _endorsement(row: Endorsement, receipt_no: str) -> EndorsementRow:
    return EndorsementRow(
        receipt_no=receipt_no,
        from_no=row.from_no,
        to_no=row.to_no,
        kg=row.kg,
        contract_no=row.contract_no,
        trade_id=row.trade_id,
        seq=row.seq,
        at=row.at,
        hash=row.hash,
    )


def _inspection(report: Inspection) -> InspectionRow:
    measured: dict[str, Any] = {name: getattr(report, name) for name in Measurements.__dataclass_fields__}
    return InspectionRow(
        inspection_no=report.no,
        standard=report.standard,
        edition=report.edition,
        body=report.body,
        inspector=report.inspector,
        grade=Grade(report.grade),
        measurements=Measurements(**measured),
        inspected_at=report.inspected_at,
    )
