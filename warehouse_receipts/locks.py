"""The only module that locks rows of the register.

Order of locks, so that no two transactions wait for each other: intake, warehouse, set-aside, receipts by
primary key, number series (exchange.kernel.ids), then the rows the triggers touch (stock, intake, warehouse).
The projector locks held, free and set-aside receipts, the unlock job only receipts in their resale lock.
Where these sets meet and PostgreSQL breaks a tie, the projector tries its chunk again. On SQLite a
transaction has the whole file, and nothing here does anything.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from exchange.kernel.bulk import BulkWriter, bulk_writer
from warehouse_receipts.errors import UnknownIntake, UnknownReceipt, UnknownSetAside, UnknownWarehouse
from warehouse_receipts.models import Intake, Receipt, SetAside, Warehouse
from warehouse_receipts.types import ReceiptState


def lock_intake(no: str) -> Intake:
    """The intake with this number, locked. Raises UnknownIntake."""
    rows = Intake.objects.select_for_update(of=("self",)).select_related("warehouse", "room")
    intake = rows.filter(no=no).first()
    if intake is None:
        raise UnknownIntake(intake=no)
    return intake


def lock_warehouse(code: str) -> Warehouse:
    """The warehouse with this code, locked. Raises UnknownWarehouse."""
    warehouse = Warehouse.objects.select_for_update().filter(code=code).first()
    if warehouse is None:
        raise UnknownWarehouse(warehouse=code)
    return warehouse


class LockedReceipt(NamedTuple):
    """What a transfer of title needs to know of a receipt."""

    id: int
    no: str
    warehouse_id: int
    warehouse_code: str
    product_number: int
    holder_no: int
    kg: int
    held_kg: int
    split_kg: int
    root_id: int | None
    root_no: str | None
    intake_id: int
    inspection_id: int
    inspection_no: str
    graded_by: str
    """Standard and edition its report was written by."""
    expires_on: date
    title_hash: str
    set_aside_id: int | None


_COLUMNS = (
    "r.id, r.no, r.warehouse_id, w.code, r.product_number, r.holder_no, r.kg, r.held_kg, r.split_kg, "
    "r.root_id, t.no, r.intake_id, r.inspection_id, n.no, "
    "n.standard || '-' || n.edition, r.expires_on, r.title_hash, r.set_aside_id"
)
_FROM = (
    "warehouse_receipts_receipt r "
    "JOIN warehouse_receipts_warehouse w ON w.id = r.warehouse_id "
    "JOIN warehouse_receipts_inspection n ON n.id = r.inspection_id "
    "LEFT JOIN warehouse_receipts_receipt t ON t.id = r.root_id"
)


def _for_update() -> str:
    return "FOR UPDATE OF r" if connection.features.has_select_for_update else ""


def _receipts(rows: Sequence[tuple[object, ...]]) -> list[LockedReceipt]:
    receipts = [LockedReceipt._make(row) for row in rows]
    return [
        receipt
        if isinstance(receipt.expires_on, date)
        else receipt._replace(expires_on=date.fromisoformat(receipt.expires_on))
        for receipt in receipts
    ]


def lock_receipts(writer: BulkWriter, ids: Sequence[int]) -> list[LockedReceipt]:
    """The receipts with these ids, locked in order."""
    if not ids:
        return []
    sql = f"SELECT {_COLUMNS} FROM {_FROM} WHERE r.id IN {{keys}} ORDER BY r.id {_for_update()}"
    return _receipts(writer.fetch(sql, ids))


def lock_free_receipts(
    holder_no: int, product_number: int, *, after_id: int, limit: int
) -> list[LockedReceipt]:
    """The oldest receipts of a holder that can be sold from, with ids above after_id, locked in order."""
    sql = (
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE r.holder_no = %s AND r.product_number = %s "
        "AND r.state = 'issued' AND r.business = 'none' AND r.locked_until IS NULL AND r.kg > r.held_kg "
        "AND r.id > %s "
        f"ORDER BY r.id LIMIT %s {_for_update()}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [holder_no, product_number, after_id, limit])
        return _receipts(cursor.fetchall())


_SHELF = (
    "SELECT id FROM (SELECT id FROM warehouse_receipts_receipt WHERE holder_no = %s AND product_number = %s "
    "AND state = 'issued' AND business = 'none' AND locked_until IS NULL AND kg > held_kg "
    "ORDER BY id LIMIT %s) AS shelf"
)
_SHELVES_AT_ONCE = 100


def lock_oldest_free_receipts(shelves: Sequence[tuple[int, int]], *, limit: int) -> list[LockedReceipt]:
    """The first receipts to be sold from of each (holder, product), at most limit each, locked in order."""
    if not shelves:
        return []
    ids: list[int] = []
    with connection.cursor() as cursor:
        for at in range(0, len(shelves), _SHELVES_AT_ONCE):
            page = shelves[at : at + _SHELVES_AT_ONCE]
            parameters = [value for shelf in page for value in (*shelf, limit)]
            cursor.execute(" UNION ALL ".join([_SHELF] * len(page)), parameters)
            ids += [receipt_id for (receipt_id,) in cursor.fetchall()]
    return lock_receipts(bulk_writer(), sorted(ids))


def lock_receipts_out_of_lock(day: date) -> list[Receipt]:
    """Valid receipts whose resale lock ends on or before a day, locked in order."""
    receipts = Receipt.objects.select_for_update().filter(
        state=ReceiptState.ISSUED, locked_until__lte=day, expires_on__gt=day
    )
    columns = ("id", "no", "holder_no", "product_number", "kg", "title_hash", "business")
    return list(receipts.order_by("id").only(*columns))


def lock_named_receipts(holder_no: int, numbers: Sequence[str]) -> list[Receipt]:
    """The holder's receipts with these numbers, locked in order. Raises UnknownReceipt if one is missing."""
    receipts = list(
        Receipt.objects.select_for_update().filter(holder_no=holder_no, no__in=numbers).order_by("id")
    )
    missing = set(numbers) - {receipt.no for receipt in receipts}
    if missing:
        raise UnknownReceipt(receipt=min(missing))
    return receipts


def lock_receipt(no: str) -> Receipt:
    """The receipt with this number, whoever holds it, locked. Raises UnknownReceipt."""
    receipt = Receipt.objects.select_for_update().filter(no=no).first()
    if receipt is None:
        raise UnknownReceipt(receipt=no)
    return receipt


def lock_set_aside(set_aside_id: int) -> SetAside:
    """The set-aside with this id, locked. Raises UnknownSetAside."""
    row = SetAside.objects.select_for_update().filter(pk=set_aside_id).first()
    if row is None:
        raise UnknownSetAside(set_aside=set_aside_id)
    return row


def lock_receipts_set_aside(set_aside_id: int) -> list[Receipt]:
    """The receipts in the business of a set-aside, locked in order."""
    return list(Receipt.objects.select_for_update().filter(set_aside_id=set_aside_id).order_by("id"))
