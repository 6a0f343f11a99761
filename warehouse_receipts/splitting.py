"""Splitting a receipt for its own holder 拆分: the child takes the next kilograms of its parent.

A sale that takes part of a receipt splits it too (`title.TitleBatch`); there the endorsement begins the
child's chain of title, here a hash over the split does.
"""

from exchange.kernel import calendar
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.ids import next_number
from warehouse_receipts.models import Receipt
from warehouse_receipts.title import RECEIPT_SERIES
from warehouse_receipts.title_rows import receipt_no


def split_hash(no: str, parent_no: str, offset_kg: int, kg: int, holder_no: int, parent_hash: str) -> str:
    """SHA-256 over what a split says: where the chain of title of a child begins."""
    return canonical_hash(["split", no, parent_no, offset_kg, kg, holder_no, parent_hash])


def split_off(parent: Receipt, kg: int) -> Receipt:
    """A new receipt in no business for kg of a locked receipt of the same holder; the parent keeps the rest.

    Holds on the parent must leave kg free. The floor hears nothing: the holder's goods are the same.
    """
    assert 0 < kg < parent.kg
    number = next_number(RECEIPT_SERIES)
    no = receipt_no(calendar.today(), number)
    child = Receipt.objects.create(
        id=number,
        no=no,
        warehouse_id=parent.warehouse_id,
        product_number=parent.product_number,
        holder_no=parent.holder_no,
        issued_kg=kg,
        kg=kg,
        parent=parent,
        parent_offset_kg=parent.split_kg,
        root_id=parent.root_id or parent.pk,
        intake_id=parent.intake_id,
        inspection_id=parent.inspection_id,
        issued_at=calendar.now(),
        locked_until=parent.locked_until,
        expires_on=parent.expires_on,
        title_hash=split_hash(no, parent.no, parent.split_kg, kg, parent.holder_no, parent.title_hash),
    )
    parent.kg -= kg
    parent.split_kg += kg
    return child
