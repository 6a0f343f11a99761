"""What keeping the goods cost, and whose it is: each holder pays for the days the goods were theirs.

A buyer has seven days free from the transfer (rule of the market), which the seller pays; goods that go back
because the sale was undone bring none: who held them pays until that day, and all goes on as it was. Bringing
in is the depositor's, taking out the last holder's. Fees are computed when goods leave and posted to the
ledger by `unposted_fees` and `mark_posted`: settlement is not known here.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from exchange.kernel.calendar import TIMEZONE, ns_of, trading_day
from warehouse_receipts.holding_history import Part, Transfer, parts_of
from warehouse_receipts.models import Load, Receipt, StorageFee, Warehouse
from warehouse_receipts.states import FeeKind

FREE_DAYS = 7
KG_PER_T = 1_000


class Period(NamedTuple):
    """Days a holder pays for: from the first day up to, not including, the last."""

    payer_no: int
    from_day: date
    to_day: date


class FeeRow(NamedTuple):
    """A fee as the ledger needs it, in fen."""

    id: int
    payer_no: int
    warehouse_code: str
    kind: FeeKind
    fee_fen: int
    from_day: date
    to_day: date
    days: int
    kg: int
    rate_fen: int | None
    """By the tonne and, for storage, the day."""
    pickup_no: str
    receipt_no: str
    posted_reference: str


def storage_fee_fen(kg: int, days: int, fen_per_t_day: int) -> int:
    """Storage fee, rounded down to whole fen."""
    return kg * days * fen_per_t_day // KG_PER_T


def periods(owner_no: int, stored_on: date, transfers: Sequence[Transfer], left_on: date) -> list[Period]:
    """Who pays for which days: each sale has its free days after it, a sale undone has none."""
    found: list[Period] = []
    payer, start = owner_no, stored_on
    for day, holder, undone in transfers:
        free_until = day if undone else day + timedelta(days=FREE_DAYS)
        end = min(max(free_until, start), left_on)
        _add(found, Period(payer, start, end))
        payer, start = holder, end
    _add(found, Period(payer, start, left_on))
    return found


def _add(found: list[Period], span: Period) -> None:
    """A period behind the others; one of the same payer goes on, as after a sale that was undone."""
    if span.to_day <= span.from_day:
        return
    if found and found[-1].payer_no == span.payer_no:
        span = Period(span.payer_no, found.pop().from_day, span.to_day)
    found.append(span)


def charge_load(load: Load) -> None:
    """Writes the fees of goods that leave: storage by holder, handling in and out.

    Merged goods keep their own histories: each kilogram is paid for by whose it was, and days that several
    parts spent with the same holder are one fee over their kilograms together.
    """
    receipt, house = load.receipt, load.pickup.warehouse
    left_on = trading_day(ns_of(load.at))
    stored = receipt.intake.movements.order_by("pk").values_list("at", flat=True)[0]
    histories = parts_of(receipt)
    assert sum(part.kg for part in histories) == load.kg, "every kilogram has one history"
    kept = kept_kg(receipt.intake.owner_no, trading_day(ns_of(stored)), histories, left_on)
    fees = [_fee(load, span, kg, FeeKind.STORAGE, house) for span, kg in kept.items()]
    in_and_out = (receipt.intake.owner_no, receipt.holder_no)
    fees += [
        _fee(load, Period(payer_no, left_on, left_on), load.kg, FeeKind.HANDLING, house)
        for payer_no in in_and_out
    ]
    StorageFee.objects.bulk_create(fee for fee in fees if fee.fee_fen > 0)


def kept_kg(owner_no: int, stored_on: date, histories: Iterable[Part], left_on: date) -> dict[Period, int]:
    """How many kilograms each holder kept for which days, over all parts; in order of day and holder."""
    found: dict[Period, int] = {}
    for part in histories:
        for span in periods(owner_no, stored_on, part.transfers, left_on):
            found[span] = found.get(span, 0) + part.kg
    return dict(sorted(found.items(), key=lambda each: (each[0].from_day, each[0])))


def _fee(load: Load, span: Period, kg: int, kind: FeeKind, house: Warehouse) -> StorageFee:
    days = (span.to_day - span.from_day).days
    rate = house.storage_fee_fen_per_t_day if kind == FeeKind.STORAGE else house.handling_fee_fen_per_t
    fee_fen = storage_fee_fen(kg, days if kind == FeeKind.STORAGE else 1, rate)
    return StorageFee(
        load=load,
        payer_no=span.payer_no,
        kind=kind,
        from_day=span.from_day,
        to_day=span.to_day,
        days=days,
        kg=kg,
        fee_fen=fee_fen,
        rate_fen=rate,
    )


def accruing(receipt_no: str, day: date) -> list[FeeRow]:
    """Storage of a valid receipt's goods until a day: what each holder would owe by then."""
    receipt = Receipt.objects.select_related("intake", "warehouse").get(no=receipt_no)
    stored = receipt.intake.movements.order_by("pk").values_list("at", flat=True)[0]
    house, owner = receipt.warehouse, receipt.intake.owner_no
    rate = house.storage_fee_fen_per_t_day
    kept = kept_kg(owner, trading_day(ns_of(stored)), parts_of(receipt), day)
    return [
        FeeRow(
            id=0,
            payer_no=span.payer_no,
            warehouse_code=house.code,
            kind=FeeKind.STORAGE,
            fee_fen=storage_fee_fen(kg, (span.to_day - span.from_day).days, rate),
            from_day=span.from_day,
            to_day=span.to_day,
            days=(span.to_day - span.from_day).days,
            kg=kg,
            rate_fen=rate,
            pickup_no="",
            receipt_no=receipt_no,
            posted_reference="",
        )
        for span, kg in kept.items()
    ]


# For whoever keeps the ledger ----------------------------------------------------------------------


def unposted_fees(limit: int = 500) -> list[FeeRow]:
    """Fees the ledger does not have yet, oldest first."""
    return _rows(StorageFee.objects.filter(posted_reference="").order_by("pk")[:limit])


def fees_of(payer_no: int, limit: int = 200) -> list[FeeRow]:
    """Fees of an account, newest first."""
    return _rows(StorageFee.objects.filter(payer_no=payer_no).order_by("-pk")[:limit])


def fees_of_day(day: date) -> tuple[int, int]:
    """(fees, fen) for goods that left on a day."""
    start = datetime.combine(day, time.min, tzinfo=TIMEZONE)
    found = StorageFee.objects.filter(load__at__gte=start, load__at__lt=start + timedelta(days=1))
    sums = found.aggregate(count=Count("pk"), fen=Sum("fee_fen"))
    return sums["count"], sums["fen"] or 0


def fees_of_store(warehouse_code: str, limit: int = 200) -> list[FeeRow]:
    """Fees for goods that left a store, newest first."""
    return _rows(
        StorageFee.objects.filter(load__pickup__warehouse__code=warehouse_code).order_by("-pk")[:limit]
    )


def fees_of_pickup(pickup_no: str) -> list[FeeRow]:
    """Fees of the goods one pickup took."""
    return _rows(StorageFee.objects.filter(load__pickup__no=pickup_no).order_by("pk"))


def _rows(fees: QuerySet[StorageFee]) -> list[FeeRow]:
    joined = fees.select_related("load__pickup__warehouse", "load__receipt")
    return [
        FeeRow(
            id=fee.pk,
            payer_no=fee.payer_no,
            warehouse_code=fee.load.pickup.warehouse.code,
            kind=FeeKind(fee.kind),
            fee_fen=fee.fee_fen,
            from_day=fee.from_day,
            to_day=fee.to_day,
            days=fee.days,
            kg=fee.kg,
            rate_fen=fee.rate_fen,
            receipt_no=fee.load.receipt.no,
            pickup_no=fee.load.pickup.no,
            posted_reference=fee.posted_reference,
        )
        for fee in joined
    ]


@transaction.atomic
def mark_posted(fee_id: int, reference: str) -> bool:
    """Says where the ledger has a fee, in the transaction that posts it; False when it was posted before."""
    assert reference
    return bool(StorageFee.objects.filter(pk=fee_id, posted_reference="").update(posted_reference=reference))
