"""How much went under receipts and how much left the stores: sums by county, product and owner."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Sum

from warehouse_receipts.models import Load, Receipt, Stock


class ReceiptPart(NamedTuple):
    """Kilograms and receipts of one owner in one product, in the stores of a county."""

    county: str
    product_number: int
    owner_no: int
    kg: int
    number: int


class StoreStock(NamedTuple):
    """What lies in a store of a product, and how much of it receipts stand for, in kg."""

    warehouse_code: str
    warehouse_name: str
    county: str
    product_number: int
    physical_kg: int
    receipted_kg: int


def issued_parts(start: datetime, end: datetime) -> list[ReceiptPart]:
    """Receipts issued for an intake in a span of time, by who brought the goods; no splits, no copies."""
    issued = Receipt.objects.filter(parent__isnull=True, predecessors__isnull=True)
    rows = issued.filter(issued_at__gte=start, issued_at__lt=end).order_by()
    keys = rows.values_list("warehouse__county", "product_number", "intake__owner_no")
    return [ReceiptPart(*row) for row in keys.annotate(total=Sum("issued_kg"), number=Count("pk"))]


def delivered_parts(start: datetime, end: datetime) -> list[ReceiptPart]:
    """What was loaded and taken away in a span of time, by holder."""
    rows = Load.objects.filter(at__gte=start, at__lt=end).order_by()
    keys = rows.values_list("pickup__warehouse__county", "pickup__product_number", "pickup__holder_no")
    return [ReceiptPart(*row) for row in keys.annotate(total=Sum("kg"), number=Count("pk"))]


def stock_by_store() -> list[StoreStock]:
    """What lies in the stores now."""
    rows = Stock.objects.exclude(physical_kg=0).order_by("warehouse__code", "product_number")
    return [
        StoreStock(*row)
        for row in rows.values_list(
            "warehouse__code",
            "warehouse__name",
            "warehouse__county",
            "product_number",
            "physical_kg",
            "receipted_kg",
        )
    ]
