"""Stock-taking 盘点: what lies in a warehouse, against its books and its receipts.

One person counts, another confirms. Goods above the books, and losses down to what receipts stand for,
correct the stock. Where even the loss allowance does not cover the receipts, the warehouse issues nothing
more until the shortfall is settled: goods brought, or receipts written off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import Sum

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import ns_of, trading_day
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import BadCount, StillShort, UnknownCase
from warehouse_receipts.errors import SamePerson, UnknownRoom
from warehouse_receipts.locks import lock_warehouse
from warehouse_receipts.models import (
    Receipt,
    Room,
    Stock,
    StockMovement,
    StockTake,
    StockTakeLine,
    StockTakeRoom,
    Warehouse,
)
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
def count_rooms(warehouse_code: str, counted_kg: Mapping[tuple[str, int], int], *, actor: Actor) -> str:
    """Writes down a count room by room, kg by room code and product number; the stock-taking's number.

    Every cell the books know in a room must be counted there. Raises UnknownWarehouse, UnknownRoom, BadCount.
    """
    house = lock_warehouse(warehouse_code)
    rooms = {room.code: room for room in house.rooms.all()}
    books = room_books(house.code)
    if books.keys() - counted_kg.keys() or any(kg < 0 for kg in counted_kg.values()):
        raise BadCount(why_zh="须盘点每个库间账上全部品种", why_en="every cell on a room's books is counted")
    totals: defaultdict[int, int] = defaultdict(int)
    lie_in: defaultdict[str, int] = defaultdict(int)
    for (room_code, product), kg in counted_kg.items():
        if room_code not in rooms:
            raise UnknownRoom(warehouse=warehouse_code, room=room_code)
        totals[product] += kg
        lie_in[room_code] += kg
    if any(kg > rooms[code].capacity_kg for code, kg in lie_in.items()):
        raise BadCount(why_zh="超过库间容量", why_en="more than a room holds")
    no = count_stock(warehouse_code, totals, actor=actor)
    take = StockTake.objects.get(no=no)
    StockTakeRoom.objects.bulk_create(
        StockTakeRoom(
            stock_take=take,
            room=rooms[room_code],
            product_number=product,
            counted_kg=kg,
            book_kg=books.get((room_code, product), 0),
        )
        for (room_code, product), kg in sorted(counted_kg.items())
    )
    return no


def room_books(warehouse_code: str) -> dict[tuple[str, int], int]:
    """Kg on the books of a warehouse by room code and product number, where there are any."""
    rows = StockMovement.objects.filter(warehouse__code=warehouse_code, room__isnull=False).order_by()
    sums = rows.values_list("room__code", "product_number").annotate(lies_there=Sum("kg"))
    return {(room, product): kg for room, product, kg in sums if kg}


@transaction.atomic
def confirm_count(no: str, *, actor: Actor) -> StockTakeState:
    """Another person confirms a count: stock is corrected, a shortfall blocks issue.

    Raises UnknownCase, SamePerson.
    """
    take = _take(no, StockTakeState.COUNTED, actor)
    house = lock_warehouse(take.warehouse.code)
    lines = list(take.lines.order_by("product_number"))
    changes = [_compare(line, house, calendar.today()) for line in lines]
    _correct(house, take, changes)
    short = sum(line.shortfall_kg for line in lines)
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


class _Change(NamedTuple):
    """By how much the books of a cell change, and how much they keep above the count for receipts."""

    product_number: int
    kg: int
    kept_kg: int


def _compare(line: StockTakeLine, house: Warehouse, day: date) -> _Change:
    """Writes down how a cell's count compares with its books, which change as far as receipts allow."""
    stock, _ = Stock.objects.get_or_create(warehouse=house, product_number=line.product_number)
    line.physical_kg, line.receipted_kg = stock.physical_kg, stock.receipted_kg
    line.allowance_kg = allowance_kg(house, line.product_number, day)
    line.shortfall_kg = max(0, stock.receipted_kg - line.counted_kg - line.allowance_kg)
    line.save()
    corrected = max(line.counted_kg, stock.receipted_kg)
    return _Change(line.product_number, corrected - stock.physical_kg, corrected - line.counted_kg)


def _correct(house: Warehouse, take: StockTake, changes: Iterable[_Change]) -> None:
    """Corrects the books: room by room where the count went so, else where goods lie or fit.

    What leaves goes first, so that a room is never too full on the way.
    """
    rooms = {room.pk: room for room in house.rooms.all()}
    parts = [
        (change.product_number, room_id, kg)
        for change in changes
        for room_id, kg in _parts(take, change, list(rooms.values()))
    ]
    for product, room_id, wanted in sorted(parts, key=lambda part: part[2]):
        room = rooms[room_id]
        kg = max(wanted, -room.stored_kg) if wanted < 0 else min(wanted, room.capacity_kg - room.stored_kg)
        if kg:
            StockMovement.objects.create(
                warehouse=house,
                product_number=product,
                kg=kg,
                kind=MovementKind.STOCKTAKE,
                room=room,
                reference=take.no,
                at=calendar.now(),
            )
            room.stored_kg += kg


def _parts(take: StockTake, change: _Change, rooms: list[Room]) -> list[tuple[int, int]]:
    """(room id, kg) of a change. What the books keep for receipts stays where the most is missing."""
    counts = StockTakeRoom.objects.filter(stock_take=take, product_number=change.product_number)
    found = {row.room_id: row.counted_kg - row.book_kg for row in counts}
    if found and sum(found.values()) + change.kept_kg == change.kg:
        kept = change.kept_kg
        for room_id, kg in sorted(found.items(), key=lambda part: part[1]):
            stays = min(kept, max(0, -kg))
            found[room_id] += stays
            kept -= stays
        if not kept:
            return list(found.items())
    return _anywhere(change.kg, rooms)


def _anywhere(change_kg: int, rooms: list[Room]) -> list[tuple[int, int]]:
    left, parts = change_kg, []
    for room in sorted(rooms, key=lambda room: room.stored_kg, reverse=change_kg < 0):
        free = room.capacity_kg - room.stored_kg
        part = max(left, -room.stored_kg) if change_kg < 0 else min(left, free)
        parts.append((room.pk, part))
        left -= part
    return parts


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
