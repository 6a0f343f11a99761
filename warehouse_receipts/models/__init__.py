"""Tables of the warehouse receipt register, private to this package."""

from warehouse_receipts.models.businesses import SetAside, SetAsideLine
from warehouse_receipts.models.register import (
    Endorsement,
    Inspection,
    Intake,
    Receipt,
    ReceiptHold,
    Stock,
    StockMovement,
    Warehouse,
)

__all__ = [
    "Endorsement",
    "Inspection",
    "Intake",
    "Receipt",
    "ReceiptHold",
    "SetAside",
    "SetAsideLine",
    "Stock",
    "StockMovement",
    "Warehouse",
]
