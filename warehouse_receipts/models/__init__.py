"""Tables of the warehouse receipt register, private to this package."""

from warehouse_receipts.models.businesses import (
    Disposal,
    Freeze,
    HolderNotice,
    IssueRequest,
    LossNotice,
    SetAside,
    SetAsideLine,
)
from warehouse_receipts.models.credit import Lender, Pledge, PledgedGoods
from warehouse_receipts.models.delivery import Load, Pickup, StorageFee, WeightCorrection
from warehouse_receipts.models.editions import RuleEdition
from warehouse_receipts.models.events import EndorsementSeal, LifeEvent
from warehouse_receipts.models.lots import (
    ImportedRow,
    InspectionBody,
    Inspector,
    IntakeImport,
    IntakeImportRow,
    LotOrigin,
    LotPhoto,
    ReinspectionOrder,
    Sampling,
)
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
from warehouse_receipts.models.warehouses import (
    Reading,
    Room,
    StockTake,
    StockTakeLine,
    StockTakeRoom,
    WarehouseProposal,
)

__all__ = [
    "Disposal",
    "Endorsement",
    "EndorsementSeal",
    "Freeze",
    "HolderNotice",
    "ImportedRow",
    "Inspection",
    "InspectionBody",
    "Inspector",
    "Intake",
    "IntakeImport",
    "IntakeImportRow",
    "IssueRequest",
    "Lender",
    "LifeEvent",
    "Load",
    "LossNotice",
    "LotOrigin",
    "LotPhoto",
    "Pickup",
    "Pledge",
    "PledgedGoods",
    "Reading",
    "Receipt",
    "ReceiptHold",
    "ReinspectionOrder",
    "Room",
    "RuleEdition",
    "Sampling",
    "SetAside",
    "SetAsideLine",
    "Stock",
    "StockMovement",
    "StockTake",
    "StockTakeLine",
    "StockTakeRoom",
    "StorageFee",
    "Warehouse",
    "WarehouseProposal",
    "WeightCorrection",
]
