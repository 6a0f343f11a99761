"""What left the store by which trade, and what of a short weight the keeper answers for.

Goods lose mass while they lie; the keeper need not make good what its allowance covers (损耗标准, permille a
month, pro rata by days, at most 3 %). What is short beyond that is the keeper's to pay.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from exchange.kernel.calendar import ns_of, trading_day
from warehouse_receipts.models import Load, WeightCorrection
from warehouse_receipts.origins import origins_of, shared_out
from warehouse_receipts.states import Decision

DAYS_PER_MONTH = 30
MOST_LOSS_PCT = 3
"""The allowance never covers more than this of what was brought in."""


@dataclass(slots=True)
class TradeLoad:
    """What a pickup took of the goods of one trade, corrections of its weights included."""

    trade_id: int
    holder_no: int
    product_number: int
    warehouse_code: str
    kg: int = 0
    weighed_kg: int = 0
    kg_days: int = 0
    permille_per_month: int = 0

    @property
    def allowed_loss_kg(self) -> int:
        """Loss of mass the keeper need not make good, rounded down."""
        by_time = self.kg_days * self.permille_per_month // (1_000 * DAYS_PER_MONTH)
        return min(by_time, self.kg * MOST_LOSS_PCT // 100)

    @property
    def answered_for_kg(self) -> int:
        """Short beyond the allowance: the keeper's to pay."""
        return max(0, self.kg - self.weighed_kg - self.allowed_loss_kg)


def loads_by_trade(pickup_no: str, receipt_nos: Iterable[str] | None = None) -> list[TradeLoad]:
    """What a pickup took (of these receipts only, if given), by trade, as the scale stands corrected."""
    rows = Load.objects.filter(pickup__no=pickup_no).select_related(
        "receipt__intake", "pickup__warehouse", "receipt__parent"
    )
    if receipt_nos is not None:
        rows = rows.filter(receipt__no__in=list(receipt_nos))
    found: dict[int, TradeLoad] = {}
    for load in rows.order_by("pk"):
        origins, days = origins_of(load.receipt), days_stored(load)
        weighed = shared_out(weighed_kg(load), [origin.kg for origin in origins])
        for origin, part_kg in zip(origins, weighed, strict=True):
            row = found.setdefault(
                origin.trade_id,
                TradeLoad(
                    origin.trade_id,
                    load.pickup.holder_no,
                    load.pickup.product_number,
                    load.pickup.warehouse.code,
                    permille_per_month=load.pickup.warehouse.loss_permille_per_month,
                ),
            )
            row.kg += origin.kg
            row.weighed_kg += part_kg
            row.kg_days += origin.kg * days
    return [found[trade_id] for trade_id in sorted(found)]


def weighed_kg(load: Load) -> int:
    """What the scale said of a load, as it stands corrected."""
    approved = WeightCorrection.objects.filter(load=load, decision=Decision.APPROVED)
    return load.weighed_kg + (approved.aggregate(sum=Sum("change_kg"))["sum"] or 0)


def days_stored(load: Load) -> int:
    """Days a load lay in the store."""
    stored = load.receipt.intake.movements.order_by("pk").values_list("at", flat=True)[0]
    return (trading_day(ns_of(load.at)) - trading_day(ns_of(stored))).days
