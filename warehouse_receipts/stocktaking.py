"""Stock-taking 盘点: what lies in a warehouse, against its books and its receipts.

One person counts, another confirms. Goods above the books, and losses down to what receipts stand for,
correct the stock. Where even the loss allowance does not cover the receipts, the warehouse issues nothing
more until the shortfall is settled: goods brought, or receipts written off.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import ns_of, trading_day
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import BadCount, StillShort, UnknownCase
from warehouse_receipts.errors import SamePerson
from warehouse_receipts.locks import lock_warehouse
from warehouse_receipts.models import Receipt, Stock, StockMovement, StockTake, StockTakeLine, Warehouse
from warehouse_receipts.states import StockTakeState
from warehouse_receipts.types import MovementKind, ReceiptState

DAYS_PER_MONTH = 30
_OPEN = (StockTakeState.COUNTED, StockTakeState.SHORT)


@transaction.atomic
def count_stock(warehouse_code: str, counted_kg: Mapping[int, int], *, actor: Actor) -> str:
    """Writes down what was counted, kg by product number; returns the stock-taking's number.

    Every cell the books know must be counted, if only as nothing. Raises UnknownWarehouse, BadCount.
    """
    house = lock_warehouse(warehouse_code)
    known = set(
        Stock.objects.filter(warehouse=house, physical_kg__gt=0).values_list("product_number", flat=True)
    )
    if not counted_kg or known - counted_kg.keys() or min(counted_kg.values()) < 0:
        raise BadCount(why_zh="须盘点账上全部品种", why_en="every cell on the books is counted")
    if house.stock_takes.filter(state__in=_OPEN).exists():
        raise BadCount(why_zh="上一次盘点尚未处理", why_en="the last stock-taking is still open")
    if sum(counted_kg.values()) > house.capacity_kg:
        raise BadCount(why_zh="超过库容", why_en="more than the warehouse holds")
    take = StockTake.objects.create(
        no=f"PD{calendar.today():%Y%m%d}{next_number('stock take'):06d}",
        warehouse=house,
        proposed_by=actor.name,
        counted_at=calendar.now(),
    )
    StockTakeLine.objects.bulk_create(
        StockTakeLine(
            stock_take=take,
            product_number=product,
            counted_kg=kg,
            physical_kg=0,
            receipted_kg=0,
            allowance_kg=0,
        )
        for product, kg in sorted(counted_kg.items())
    )
    return take.no


@transaction.atomic
def confirm_count(no: str, *, actor: Actor) -> StockTakeState:
    """Another person confirms a count: stock is corrected, a shortfall blocks issue.

    Raises UnknownCase, SamePerson.
    """
    take = _take(no, StockTakeState.COUNTED, actor)
    house = lock_warehouse(take.warehouse.code)
    short = 0
    for line in take.lines.order_by("product_number"):
        short += _compare(line, house, calendar.today())
    take.state = StockTakeState.SHORT if short else StockTakeState.EVEN
    take.decided_by, take.decided_at = actor.name, calendar.now()
    take.save(update_fields=["state", "decided_by", "decided_at"])
    if short:
        _block(house, blocked=True)
    audit.record(
        actor=actor,
        action="stock_take.confirm",
        subject=f"warehouse:{house.code}",
        after={"stock_take": no, "shortfall_kg": short},
    )
    return StockTakeState(take.state)


def _compare(line: StockTakeLine, house: Warehouse, day: date) -> int:
    """Corrects the books of one cell as far as receipts allow; returns the shortfall in kg."""
    stock, _ = Stock.objects.get_or_create(warehouse=house, product_number=line.product_number)
    line.physical_kg, line.receipted_kg = stock.physical_kg, stock.receipted_kg
    line.allowance_kg = allowance_kg(house, line.product_number, day)
    line.shortfall_kg = max(0, stock.receipted_kg - line.counted_kg - line.allowance_kg)
    line.save()
    corrected = max(line.counted_kg, stock.receipted_kg)
    if corrected != stock.physical_kg:
        _correct(house, line, corrected - stock.physical_kg)
    return line.shortfall_kg


def _correct(house: Warehouse, line: StockTakeLine, change_kg: int) -> None:
    rooms = house.rooms.order_by("-stored_kg") if change_kg < 0 else house.rooms.order_by("stored_kg")
    left = change_kg
    for room in rooms:
        free = room.capacity_kg - room.stored_kg
        part = max(left, -room.stored_kg) if change_kg < 0 else min(left, free)
        if part:
            StockMovement.objects.create(
                warehouse=house,
                product_number=line.product_number,
                kg=part,
                kind=MovementKind.STOCKTAKE,
                room=room,
                reference=line.stock_take.no,
                at=calendar.now(),
            )
            left -= part


def allowance_kg(house: Warehouse, product_number: int, day: date) -> int:
    """Loss of mass live receipts have had by a day, at the keeper's allowance, pro rata by days."""
    receipts = Receipt.objects.filter(
        warehouse=house, product_number=product_number, state=ReceiptState.ISSUED
    )
    kg_days = sum(
        kg * max(0, (day - trading_day(ns_of(stored))).days)
        for kg, stored in receipts.values_list("kg", "intake__booked_at")
    )
    return kg_days * house.loss_permille_per_month // (1_000 * DAYS_PER_MONTH)


@transaction.atomic
def settle_shortfall(no: str, *, note: str, actor: Actor) -> None:
    """Ends a shortfall once goods and receipts agree again by a new count of the short cells.

    The counts of the short cells are corrected by what moved since: receipts written off, goods brought.
    Raises UnknownCase, SamePerson, StillShort.
    """
    take = _take(no, StockTakeState.SHORT, actor)
    house = lock_warehouse(take.warehouse.code)
    for line in take.lines.filter(shortfall_kg__gt=0):
        stock = Stock.objects.get(warehouse=house, product_number=line.product_number)
        since = StockMovement.objects.filter(
            warehouse=house, product_number=line.product_number, at__gt=take.decided_at
        )
        lies_there = line.counted_kg + sum(since.values_list("kg", flat=True))
        if stock.receipted_kg > lies_there + line.allowance_kg:
            raise StillShort(kg=stock.receipted_kg - lies_there - line.allowance_kg)
    take.state, take.note = StockTakeState.SETTLED, note
    take.save(update_fields=["state", "note"])
    _block(house, blocked=False)
    audit.record(
        actor=actor,
        action="stock_take.settle",
        subject=f"warehouse:{house.code}",
        reason=note,
        after={"stock_take": no},
    )


@transaction.atomic
def void_count(no: str, *, note: str, actor: Actor) -> None:
    """Another person throws a count away, to have it done again. Raises UnknownCase, SamePerson."""
    take = _take(no, StockTakeState.COUNTED, actor)
    take.state, take.note = StockTakeState.VOID, note
    take.decided_by, take.decided_at = actor.name, calendar.now()
    take.save(update_fields=["state", "note", "decided_by", "decided_at"])


def _block(house: Warehouse, *, blocked: bool) -> None:
    house.issue_blocked = blocked
    house.save(update_fields=["issue_blocked"])


def _take(no: str, state: StockTakeState, actor: Actor) -> StockTake:
    takes = StockTake.objects.select_for_update(of=("self",)).select_related("warehouse")
    take = takes.filter(no=no, state=state).first()
    if take is None:
        raise UnknownCase(case=no)
    if take.proposed_by == actor.name:
        raise SamePerson
    return take
