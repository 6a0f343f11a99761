"""Reference prices roll at the end of a day: what was traded makes the middle of the next day's band.

The ladder: the price of the closing call; else the mean of the day, weighted by volume; else the last
reference price stays. A day is rolled once per product, in one transaction with the row that says where the
price came from, and never behind a later day.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.markets.changing import change_limits, takes_some_price
from exchange.markets.locks import lock_product
from exchange.markets.models import DayReference
from exchange.markets.selectors import limits_of
from exchange.markets.types import ReferenceSource


@dataclass(frozen=True, slots=True)
class TradedDay:
    """What a day's trades in a product say of its price: fen per kg, or None where they say nothing."""

    closing: int | None
    """Of the call that ended the day."""
    mean: int | None
    trades: int
    kg: int


@dataclass(frozen=True, slots=True)
class DayReferenceRow:
    """The reference price after a day. id is what paging goes by."""

    id: int
    product_code: str
    day: date
    price: int
    before: int
    source: ReferenceSource
    trades: int
    kg: int
    made_at: datetime


@transaction.atomic
def roll_reference(*, actor: Actor, code: str, day: date, traded: TradedDay) -> DayReferenceRow | None:
    """Makes the reference price after a day, or says what it made of the day before.

    None where a later day was rolled already and this one never was: its price would be news of yesterday.
    """
    product = lock_product(code)
    rows = DayReference.objects.filter(product=product)
    row = rows.filter(day=day).first()
    if row is None:
        if rows.filter(day__gt=day).exists():
            return None
        before = product.reference_price
        source, price = _rung(traded, before, rolls=product.reference_rolls)
        limits = replace(limits_of(product), reference_price=price)
        if not takes_some_price(limits, product.tick_fen):
            source, price, limits = ReferenceSource.KEPT, before, limits_of(product)
        row = DayReference.objects.create(
            product=product,
            day=day,
            price=price,
            before=before,
            source=source.value,
            trades=traded.trades,
            kg=traded.kg,
            made_at=calendar.now(),
        )
        change_limits(product, limits, actor, f"{day} 日终参考价（{source.label}）")
    return _row(row)


def _rung(traded: TradedDay, before: int, *, rolls: bool) -> tuple[ReferenceSource, int]:
    if not rolls:
        return ReferenceSource.OFF, before
    if traded.closing is not None:
        return ReferenceSource.CLOSING, traded.closing
    if traded.mean is not None:
        return ReferenceSource.MEAN, traded.mean
    return ReferenceSource.KEPT, before


def day_references(
    product_number: int, *, before: int | None = None, limit: int = 30
) -> list[DayReferenceRow]:
    """The reference prices that days made of a product, newest first."""
    rows = DayReference.objects.select_related("product").filter(product_id=product_number).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row) for row in rows[: max(1, min(limit, 1_000))]]


def _row(row: DayReference) -> DayReferenceRow:
    return DayReferenceRow(
        id=row.pk,
        product_code=row.product.code,
        day=row.day,
        price=row.price,
        before=row.before,
        source=ReferenceSource(row.source),
        trades=row.trades,
        kg=row.kg,
        made_at=row.made_at,
    )
