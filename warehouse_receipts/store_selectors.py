"""What the exchange watches of the stores: what they are, what is proposed, their climate, their counts.

Lists that grow are newest first, paged by the id of the last row seen (``before``).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from exchange.kernel import calendar
from warehouse_receipts.case_errors import UnknownCase
from warehouse_receipts.errors import UnknownRoom, UnknownWarehouse
from warehouse_receipts.models import (
    Reading,
    Room,
    Stock,
    StockTake,
    StockTakeLine,
    StockTakeRoom,
    Warehouse,
    WarehouseProposal,
)
from warehouse_receipts.states import Decision, ProposalKind, StockTakeState
from warehouse_receipts.stocktaking import room_books
from warehouse_receipts.types import StoreType
from warehouse_receipts.warehouses import CLIMATE, Climate, current_values

MAX_ROWS = 1_000
MAX_POINTS = 400
"""Readings a chart is given at most; of more, evenly chosen ones and every alarm."""
ALARM_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A designated warehouse as the exchange watches it. Fees in fen per tonne (and day)."""

    code: str
    name: str
    county: str
    address: str
    keeper: str
    kind: StoreType
    status: str
    star: int
    capacity_kg: int
    stored_kg: int
    rooms: int
    storage_fee_fen_per_t_day: int
    handling_fee_fen_per_t: int
    loss_permille_per_month: int
    insurer: str
    policy_no: str
    insured_fen: int
    insured_until: date | None
    issue_blocked: bool
    alarm: bool
    """A reading of the last day was out of bounds."""
    proposal_id: int | None
    """A proposal about it that waits."""

    @property
    def full_pct(self) -> int:
        """How full it is, in percent."""
        return self.stored_kg * 100 // self.capacity_kg

    @property
    def insurance_over(self) -> bool:
        """Whether it lies uninsured today."""
        return self.insured_until is None or self.insured_until < calendar.today()


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A change to the register of warehouses, with what it replaces (of a decided one that is unknown)."""

    id: int
    kind: ProposalKind
    code: str
    name: str
    values: dict[str, Any]
    old: dict[str, Any]
    reason: str
    decision: Decision
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClimateSeries:
    """Readings of a room since a moment, oldest first: (moment, tenths of °C, % RH, out of bounds)."""

    room: str
    bounds: Climate
    points: tuple[tuple[datetime, int, int, bool], ...]
    alarms: int
    readings: int


@dataclass(frozen=True, slots=True)
class StockTakeRow:
    """A stock-taking in a list."""

    id: int
    stock_take_no: str
    warehouse_code: str
    warehouse_name: str
    state: StockTakeState
    counted_kg: int
    shortfall_kg: int
    counted_by: str
    counted_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class CountLine:
    """A cell as counted, against books and receipts: those of now, once confirmed those of then."""

    product_number: int
    counted_kg: int
    physical_kg: int
    receipted_kg: int
    allowance_kg: int
    shortfall_kg: int

    @property
    def difference_kg(self) -> int:
        """Counted less books."""
        return self.counted_kg - self.physical_kg


@dataclass(frozen=True, slots=True)
class RoomCount:
    """A cell in a room as counted, against the books of that moment."""

    room: str
    product_number: int
    counted_kg: int
    book_kg: int

    @property
    def difference_kg(self) -> int:
        """Counted less books."""
        return self.counted_kg - self.book_kg


@dataclass(frozen=True, slots=True)
class StockTakeDetail:
    """A stock-taking with its lines."""

    row: StockTakeRow
    lines: tuple[CountLine, ...]
    rooms: tuple[RoomCount, ...]
    issue_blocked: bool


# Warehouses -------------------------------------------------------------------------------------------


def stores(*, search: str = "", county: str = "", status: str = "") -> list[StoreRow]:
    """Warehouses by code: with a text in code, name or keeper, of a county, of a status."""
    found = Warehouse.objects.all()
    if search:
        found = found.filter(
            Q(code__istartswith=search) | Q(name__icontains=search) | Q(keeper__icontains=search)
        )
    if county:
        found = found.filter(county=county)
    if status == "blocked":
        found = found.filter(issue_blocked=True)
    elif status:
        found = found.filter(status=status)
    return [_store(house) for house in _stores(found)]


def store(code: str) -> StoreRow:
    """One warehouse. Raises UnknownWarehouse."""
    house = _stores(Warehouse.objects.filter(code=code)).first()
    if house is None:
        raise UnknownWarehouse(warehouse=code)
    return _store(house)


def _stores(found: QuerySet[Warehouse]) -> QuerySet[Warehouse]:
    since = calendar.now() - ALARM_WINDOW
    alarms = Reading.objects.filter(room__warehouse=OuterRef("pk"), alarm=True, at__gte=since)
    waiting = WarehouseProposal.objects.filter(code=OuterRef("code"), decision=Decision.WAITING)
    return found.annotate(
        room_count=Count("rooms"), has_alarm=Exists(alarms), proposal_id=waiting.values("pk")[:1]
    ).order_by("code")


def _store(house: Warehouse) -> StoreRow:
    return StoreRow(
        code=house.code,
        name=house.name,
        county=house.county,
        address=house.address,
        keeper=house.keeper,
        kind=StoreType(house.kind),
        status=house.status,
        star=house.star,
        capacity_kg=house.capacity_kg,
        stored_kg=house.stored_kg,
        rooms=getattr(house, "room_count", 0),
        storage_fee_fen_per_t_day=house.storage_fee_fen_per_t_day,
        handling_fee_fen_per_t=house.handling_fee_fen_per_t,
        loss_permille_per_month=house.loss_permille_per_month,
        insurer=house.insurer,
        policy_no=house.policy_no,
        insured_fen=house.insured_fen,
        insured_until=house.insured_until,
        issue_blocked=house.issue_blocked,
        alarm=getattr(house, "has_alarm", False),
        proposal_id=getattr(house, "proposal_id", None),
    )


def proposals(
    *, code: str = "", decision: str = "", before: int | None = None, limit: int = 50
) -> list[ProposalRow]:
    """Proposals about warehouses: about one, in one stage of decision."""
    found = WarehouseProposal.objects.all()
    if code:
        found = found.filter(code=code)
    if decision:
        found = found.filter(decision=decision)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))])
    names = dict(Warehouse.objects.filter(code__in={row.code for row in rows}).values_list("code", "name"))
    return [_proposal(row, names.get(row.code, "")) for row in rows]


def _proposal(row: WarehouseProposal, name: str) -> ProposalRow:
    kind = ProposalKind(row.kind)
    waiting = row.decision == Decision.WAITING
    return ProposalRow(
        id=row.pk,
        kind=kind,
        code=row.code,
        name=name or str(row.values.get("name", "")),
        values=row.values,
        old=current_values(row.code, kind, row.values) if waiting else {},
        reason=row.reason,
        decision=Decision(row.decision),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


# Climate ----------------------------------------------------------------------------------------------


def climate(warehouse_code: str, room_code: str, *, since: datetime) -> ClimateSeries:
    """A room's readings since a moment, thinned to MAX_POINTS but for alarms. Raises UnknownRoom."""
    room = Room.objects.filter(warehouse__code=warehouse_code, code=room_code).first()
    if room is None:
        raise UnknownRoom(warehouse=warehouse_code, room=room_code)
    found = Reading.objects.filter(room=room, at__gte=since).order_by("at")
    rows = list(found.values_list("at", "temperature_tenths", "humidity_pct", "alarm"))
    step = -(-len(rows) // MAX_POINTS) or 1
    return ClimateSeries(
        room=room_code,
        bounds=CLIMATE[StoreType(room.kind)],
        points=tuple(row for number, row in enumerate(rows) if row[3] or number % step == 0),
        alarms=sum(row[3] for row in rows),
        readings=len(rows),
    )


# Stock-taking -----------------------------------------------------------------------------------------


def stock_takes(
    *, warehouse_code: str = "", state: str = "", before: int | None = None, limit: int = 50
) -> list[StockTakeRow]:
    """Stock-takings of one warehouse or all, in one state or all."""
    found = _takes()
    if warehouse_code:
        found = found.filter(warehouse__code=warehouse_code)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_take_row(take) for take in found.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def stock_take(no: str) -> StockTakeDetail:
    """One stock-taking. Raises UnknownCase."""
    take = _takes().filter(no=no).first()
    if take is None:
        raise UnknownCase(case=no)
    books = {stock.product_number: stock for stock in Stock.objects.filter(warehouse=take.warehouse)}
    live = take.state == StockTakeState.COUNTED
    rooms = StockTakeRoom.objects.filter(stock_take=take).select_related("room")
    return StockTakeDetail(
        row=_take_row(take),
        lines=tuple(
            _count_line(line, books.get(line.product_number) if live else None)
            for line in take.lines.order_by("product_number")
        ),
        rooms=tuple(
            RoomCount(row.room.code, row.product_number, row.counted_kg, row.book_kg) for row in rooms
        ),
        issue_blocked=take.warehouse.issue_blocked,
    )


def books_by_room(warehouse_code: str) -> list[RoomCount]:
    """What the books say lies in each room, as a count that agrees with them."""
    return [
        RoomCount(room, product, kg, kg) for (room, product), kg in sorted(room_books(warehouse_code).items())
    ]


def _takes() -> QuerySet[StockTake]:
    return StockTake.objects.select_related("warehouse").annotate(
        counted=Sum("lines__counted_kg"), short=Sum("lines__shortfall_kg")
    )


def _take_row(take: StockTake) -> StockTakeRow:
    return StockTakeRow(
        id=take.pk,
        stock_take_no=take.no,
        warehouse_code=take.warehouse.code,
        warehouse_name=take.warehouse.name,
        state=StockTakeState(take.state),
        counted_kg=getattr(take, "counted", 0) or 0,
        shortfall_kg=getattr(take, "short", 0) or 0,
        counted_by=take.proposed_by,
        counted_at=take.counted_at,
        decided_by=take.decided_by,
        decided_at=take.decided_at,
        note=take.note,
    )


def _count_line(line: StockTakeLine, stock: Stock | None) -> CountLine:
    return CountLine(
        product_number=line.product_number,
        counted_kg=line.counted_kg,
        physical_kg=stock.physical_kg if stock else line.physical_kg,
        receipted_kg=stock.receipted_kg if stock else line.receipted_kg,
        allowance_kg=line.allowance_kg,
        shortfall_kg=line.shortfall_kg,
    )
