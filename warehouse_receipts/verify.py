"""Recounting the register from its rows: whatever the triggers were told, these sums must agree."""

from django.db import connection

from warehouse_receipts.models import Endorsement, Receipt
from warehouse_receipts.splitting import title_split_from
from warehouse_receipts.title_rows import endorsement_hash
from warehouse_receipts.types import Shortfall

_SUMS = {
    "physical stock and its movements": """
        SELECT 'stock ' || s.id, s.physical_kg, COALESCE(SUM(m.kg), 0)
        FROM warehouse_receipts_stock s LEFT JOIN warehouse_receipts_stockmovement m
          ON m.warehouse_id = s.warehouse_id AND m.product_number = s.product_number
        GROUP BY s.id, s.physical_kg HAVING s.physical_kg <> COALESCE(SUM(m.kg), 0)""",
    "warehouse and its stock": """
        SELECT w.code, w.stored_kg, COALESCE(SUM(s.physical_kg), 0)
        FROM warehouse_receipts_warehouse w LEFT JOIN warehouse_receipts_stock s ON s.warehouse_id = w.id
        GROUP BY w.id, w.code, w.stored_kg HAVING w.stored_kg <> COALESCE(SUM(s.physical_kg), 0)""",
    "receipted stock and live receipts": """
        SELECT 'stock ' || s.id, s.receipted_kg, COALESCE(SUM(r.kg), 0)
        FROM warehouse_receipts_stock s LEFT JOIN warehouse_receipts_receipt r
          ON r.warehouse_id = s.warehouse_id AND r.product_number = s.product_number AND r.state = 'issued'
        GROUP BY s.id, s.receipted_kg HAVING s.receipted_kg <> COALESCE(SUM(r.kg), 0)""",
    "intake and its receipts": """
        SELECT i.no, i.receipted_kg,
          COALESCE(SUM(CASE WHEN r.parent_id IS NULL THEN r.issued_kg ELSE 0 END), 0)
          - COALESCE(SUM(CASE WHEN r.ended IN ('merged', 'replaced', 'regraded') THEN r.kg ELSE 0 END), 0)
        FROM warehouse_receipts_intake i LEFT JOIN warehouse_receipts_receipt r ON r.intake_id = i.id
        GROUP BY i.id, i.no, i.receipted_kg
        HAVING i.receipted_kg <> COALESCE(SUM(CASE WHEN r.parent_id IS NULL THEN r.issued_kg ELSE 0 END), 0)
          - COALESCE(SUM(CASE WHEN r.ended IN ('merged', 'replaced', 'regraded') THEN r.kg ELSE 0 END), 0)""",
    "successor and its predecessors": """
        SELECT s.no, s.issued_kg, SUM(p.kg)
        FROM warehouse_receipts_receipt s JOIN warehouse_receipts_receipt p ON p.successor_id = s.id
        GROUP BY s.id, s.no, s.issued_kg HAVING s.issued_kg <> SUM(p.kg)""",
    "room and its movements": """
        SELECT 'room ' || o.id, o.stored_kg, COALESCE(SUM(m.kg), 0)
        FROM warehouse_receipts_room o LEFT JOIN warehouse_receipts_stockmovement m ON m.room_id = o.id
        GROUP BY o.id, o.stored_kg HAVING o.stored_kg <> COALESCE(SUM(m.kg), 0)""",
    "receipt and its children": """
        SELECT p.no, p.split_kg, COALESCE(SUM(c.issued_kg), 0)
        FROM warehouse_receipts_receipt p LEFT JOIN warehouse_receipts_receipt c ON c.parent_id = p.id
        GROUP BY p.id, p.no, p.split_kg HAVING p.split_kg <> COALESCE(SUM(c.issued_kg), 0)""",
    "receipt and its holds": """
        SELECT r.no, r.held_kg, COALESCE(SUM(h.kg), 0)
        FROM warehouse_receipts_receipt r LEFT JOIN warehouse_receipts_receipthold h ON h.receipt_id = r.id
        GROUP BY r.id, r.no, r.held_kg HAVING r.held_kg <> COALESCE(SUM(h.kg), 0)""",
    "set-aside and its receipts": """
        SELECT 'set-aside ' || s.id, s.left_kg, COALESCE(SUM(r.kg), 0)
        FROM warehouse_receipts_setaside s LEFT JOIN warehouse_receipts_receipt r ON r.set_aside_id = s.id
        WHERE s.state <> 'requested' GROUP BY s.id, s.left_kg HAVING s.left_kg <> COALESCE(SUM(r.kg), 0)""",
}


def shortfalls() -> list[Shortfall]:
    """Everything that does not add up; empty when the register is whole."""
    found = []
    with connection.cursor() as cursor:
        for what, sql in _SUMS.items():
            cursor.execute(sql)
            found += [
                Shortfall(what, str(where), int(kept), int(counted))
                for where, kept, counted in cursor.fetchall()
            ]
    return found + _broken_titles()


def _broken_titles() -> list[Shortfall]:
    """Endorsements whose hash does not follow, and children whose holder no endorsement made."""
    found = []
    reached: dict[str, int] = {}
    for row in Endorsement.objects.select_related("receipt").order_by("id").iterator(chunk_size=2_000):
        said = (row.from_no, row.to_no, row.kg, row.contract_no, row.trade_id, row.seq, row.prev_hash)
        if endorsement_hash(row.receipt.no, *said) != row.hash:
            found.append(Shortfall("endorsement and its hash", row.receipt.no, row.id, row.id))
        reached[row.hash] = row.to_no
    children = Receipt.objects.filter(parent__isnull=False).select_related("parent")
    found.extend(
        Shortfall("holder and endorsement", child.no, child.holder_no, reached.get(child.title_hash, 0))
        for child in children.iterator(chunk_size=2_000)
        if reached.get(child.title_hash) != child.holder_no
        and title_split_from(child, child.title_hash) is None
    )
    return found
