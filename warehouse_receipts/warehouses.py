"""Designated warehouses: proposed by one person, approved by another; their rooms and their climate.

A warehouse is an institution too: from its designation it signs what it does with its own key.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from exchange.kernel import audit, calendar, institutions
from exchange.kernel.audit import Actor
from warehouse_receipts.chain import warehouse_signer
from warehouse_receipts.errors import (
    BadReading,
    BadWarehouse,
    DuplicateWarehouse,
    SamePerson,
    UnknownProposal,
    UnknownRoom,
    UnknownWarehouse,
)
from warehouse_receipts.locks import lock_warehouse
from warehouse_receipts.models import Reading, Room, Warehouse, WarehouseProposal
from warehouse_receipts.states import Decision, ProposalKind
from warehouse_receipts.types import LOSS_PERMILLE_PER_MONTH, StoreType

FIRST_ROOM = "01"
MAX_READINGS = 10_000
MAX_CAPACITY_KG = 10**12
"""Of one room: above it a slip of the pen."""


class Climate(NamedTuple):
    """What a store type has to keep: tenths of °C, percent of relative humidity."""

    coldest_tenths: int
    warmest_tenths: int
    driest_pct: int


CLIMATE: dict[StoreType, Climate] = {
    StoreType.COLD: Climate(-15, 20, 85),
    StoreType.CA: Climate(-10, 20, 85),
}
"""0 ± 1 °C and 90–95 % with what doors and defrosting cost; outside is an alarm."""


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room of a store; capacity in kg."""

    code: str
    kind: StoreType
    capacity_kg: int


@dataclass(frozen=True, slots=True)
class NewWarehouse:
    """A warehouse to be designated. Fees in fen per tonne (and day), the sum insured in fen."""

    code: str
    name: str
    county: str
    address: str
    keeper: str
    rooms: tuple[NewRoom, ...]
    storage_fee_fen_per_t_day: int
    insurer: str
    policy_no: str
    insured_fen: int
    insured_until: date
    handling_fee_fen_per_t: int = 0
    loss_permille_per_month: int = LOSS_PERMILLE_PER_MONTH
    star: int = 3


CHANGEABLE = frozenset(
    {
        "address",
        "storage_fee_fen_per_t_day",
        "handling_fee_fen_per_t",
        "loss_permille_per_month",
        "insurer",
        "policy_no",
        "insured_fen",
        "insured_until",
        "star",
    }
)
"""What a CHANGE may set; issued receipts keep what they say about their goods."""

_CEILINGS = {
    "storage_fee_fen_per_t_day": 100_000,
    "handling_fee_fen_per_t": 1_000_000,
    "loss_permille_per_month": 30,
    "insured_fen": 10**15,
}


# Proposing and deciding -------------------------------------------------------------------------------


def propose_warehouse(new: NewWarehouse, *, reason: str, actor: Actor) -> int:
    """Proposes a designation; returns the proposal's id. Raises BadWarehouse, DuplicateWarehouse."""
    _check_new(new)
    values = asdict(new)
    values["insured_until"] = new.insured_until.isoformat()
    values["rooms"] = [asdict(room) for room in new.rooms]
    return _propose(ProposalKind.DESIGNATE, new.code, values, reason, actor)


def propose_change(code: str, values: dict[str, Any], *, reason: str, actor: Actor) -> int:
    """Proposes new fees, insurance, loss allowance, address or star rank. Raises BadWarehouse."""
    _check_values(values)
    lookup_warehouse(code)
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return _propose(ProposalKind.CHANGE, code, plain, reason, actor)


def propose_room(code: str, room: NewRoom, *, reason: str, actor: Actor) -> int:
    """Proposes one more room. Raises BadWarehouse."""
    house = lookup_warehouse(code)
    if not 0 < room.capacity_kg <= MAX_CAPACITY_KG or house.rooms.filter(code=room.code).exists():
        raise BadWarehouse(why_zh="库间", why_en="room")
    return _propose(ProposalKind.ROOM, code, asdict(room), reason, actor)


def propose_resize(code: str, room_code: str, capacity_kg: int, *, reason: str, actor: Actor) -> int:
    """Proposes another capacity for a room. Raises BadWarehouse (no change, or less than lies in it)."""
    room = lookup_warehouse(code).rooms.filter(code=room_code).first()
    if room is None:
        raise UnknownRoom(warehouse=code, room=room_code)
    if capacity_kg == room.capacity_kg or not 0 < capacity_kg <= MAX_CAPACITY_KG:
        raise BadWarehouse(why_zh="库容", why_en="capacity")
    _check_fits(room, capacity_kg)
    values = {"code": room_code, "capacity_kg": capacity_kg}
    return _propose(ProposalKind.RESIZE, code, values, reason, actor)


def propose_status(code: str, kind: ProposalKind, *, reason: str, actor: Actor) -> int:
    """Proposes to suspend, resume or close a warehouse. Raises BadWarehouse when that is what it is."""
    assert kind in {ProposalKind.SUSPEND, ProposalKind.RESUME, ProposalKind.CLOSE}
    if lookup_warehouse(code).status == _STATUS[kind]:
        raise BadWarehouse(why_zh="状态没有变化", why_en="the status would not change")
    return _propose(kind, code, {}, reason, actor)


@transaction.atomic
def _propose(kind: ProposalKind, code: str, values: dict[str, Any], reason: str, actor: Actor) -> int:
    if WarehouseProposal.objects.filter(code=code, decision=Decision.WAITING).exists():
        raise DuplicateWarehouse(warehouse=code)
    proposal = WarehouseProposal.objects.create(
        kind=kind,
        code=code,
        values=values,
        reason=reason,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    audit.record(
        actor=actor,
        action="warehouse.propose",
        subject=f"warehouse:{code}",
        reason=reason,
        after={"kind": kind.value, "values": _plain(values)},
    )
    return proposal.pk


@transaction.atomic
def decide_proposal(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> None:
    """Approves or refuses a proposal of another person. Raises UnknownProposal, SamePerson."""
    waiting = WarehouseProposal.objects.select_for_update().filter(decision=Decision.WAITING)
    proposal = waiting.filter(pk=proposal_id).first()
    if proposal is None:
        raise UnknownProposal(proposal=proposal_id)
    if proposal.proposed_by == actor.name:
        raise SamePerson
    old = current_values(proposal.code, ProposalKind(proposal.kind), proposal.values)
    if approve:
        _carry_out(proposal, actor)
    proposal.decision = Decision.APPROVED if approve else Decision.REFUSED
    proposal.decided_by, proposal.decided_at = actor.name, calendar.now()
    proposal.save(update_fields=["decision", "decided_by", "decided_at"])
    audit.record(
        actor=actor,
        action="warehouse.approve" if approve else "warehouse.refuse",
        subject=f"warehouse:{proposal.code}",
        reason=reason,
        before=_plain(old) if old else None,
        after={
            "kind": proposal.kind,
            "proposed_by": proposal.proposed_by,
            "values": _plain(proposal.values),
        },
    )


def current_values(code: str, kind: ProposalKind, values: dict[str, Any]) -> dict[str, Any]:
    """What a proposal would replace, by the names it sets; empty where there is nothing yet."""
    house = Warehouse.objects.filter(code=code).first()
    if house is None:
        return {}
    match kind:
        case ProposalKind.CHANGE:
            return {name: getattr(house, name) for name in values}
        case ProposalKind.RESIZE:
            room = house.rooms.filter(code=values["code"]).first()
            return {"code": values["code"], "capacity_kg": room.capacity_kg} if room else {}
        case ProposalKind.SUSPEND | ProposalKind.RESUME | ProposalKind.CLOSE:
            return {"status": house.status}
        case _:
            return {}


def _carry_out(proposal: WarehouseProposal, actor: Actor) -> None:
    match ProposalKind(proposal.kind):
        case ProposalKind.DESIGNATE:
            _designate(proposal.values, actor)
        case ProposalKind.ROOM:
            house = lock_warehouse(proposal.code)
            house.rooms.create(**proposal.values)
            house.capacity_kg += proposal.values["capacity_kg"]
            house.save(update_fields=["capacity_kg"])
        case ProposalKind.RESIZE:
            house = lock_warehouse(proposal.code)
            room = house.rooms.get(code=proposal.values["code"])
            _check_fits(room, proposal.values["capacity_kg"])
            house.capacity_kg += proposal.values["capacity_kg"] - room.capacity_kg
            room.capacity_kg = proposal.values["capacity_kg"]
            room.save(update_fields=["capacity_kg"])
            house.save(update_fields=["capacity_kg"])
        case ProposalKind.CHANGE:
            house = lock_warehouse(proposal.code)
            for name, value in proposal.values.items():
                setattr(house, name, value)
            house.save(update_fields=[*proposal.values])
        case status:
            house = lock_warehouse(proposal.code)
            if status == ProposalKind.CLOSE and house.stored_kg:
                raise BadWarehouse(why_zh="库内还有货物", why_en="goods still lie in it")
            house.status = _STATUS[status]
            house.save(update_fields=["status"])


_STATUS = {
    ProposalKind.SUSPEND: Warehouse.Status.SUSPENDED,
    ProposalKind.RESUME: Warehouse.Status.ACTIVE,
    ProposalKind.CLOSE: Warehouse.Status.CLOSED,
}


def _check_fits(room: Room, capacity_kg: int) -> None:
    if capacity_kg < room.stored_kg:
        raise BadWarehouse(why_zh="库容小于库内货物", why_en="capacity below the goods that lie there")


def _designate(values: dict[str, Any], actor: Actor) -> None:
    fields = dict(values)
    rooms = fields.pop("rooms")
    house = Warehouse.objects.create(
        **fields, kind=rooms[0]["kind"], capacity_kg=sum(room["capacity_kg"] for room in rooms)
    )
    for room in rooms:
        house.rooms.create(**room)
    institutions.register(code=warehouse_signer(house.code), name=house.keeper, kind="warehouse", actor=actor)


def lookup_warehouse(code: str) -> Warehouse:
    """The warehouse with this code. Raises UnknownWarehouse."""
    house = Warehouse.objects.filter(code=code).first()
    if house is None:
        raise UnknownWarehouse(warehouse=code)
    return house


def _check_new(new: NewWarehouse) -> None:
    if not new.rooms or len({room.code for room in new.rooms}) < len(new.rooms):
        raise BadWarehouse(why_zh="库间", why_en="rooms")
    if any(not 0 < room.capacity_kg <= MAX_CAPACITY_KG for room in new.rooms):
        raise BadWarehouse(why_zh="库容", why_en="capacity")
    _check_values({name: getattr(new, name) for name in CHANGEABLE})
    if not all((new.code.isascii() and new.code.isalnum(), new.name, new.keeper, new.county)):
        raise BadWarehouse(why_zh="代码、名称、保管人、所在县", why_en="code, name, keeper, county")
    if Warehouse.objects.filter(code=new.code).exists():
        raise DuplicateWarehouse(warehouse=new.code)


def _check_values(values: dict[str, Any]) -> None:
    unknown = values.keys() - CHANGEABLE
    if unknown or not values:
        raise BadWarehouse(why_zh="不能变更的内容", why_en="fields that cannot be set")
    for name, ceiling in _CEILINGS.items():
        value = values.get(name, 0)
        if not isinstance(value, int) or not 0 <= value <= ceiling:
            raise BadWarehouse(why_zh=name, why_en=name)
    if not 1 <= values.get("star", 1) <= 5:
        raise BadWarehouse(why_zh="星级", why_en="star rank")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As the audit log takes it: numbers, texts, lists of them."""
    return {
        name: [dict(each) for each in value] if isinstance(value, list) else str(value)
        for name, value in values.items()
    }


# Climate ----------------------------------------------------------------------------------------------


class NewReading(NamedTuple):
    """Temperature (tenths of °C) and relative humidity (percent) of a room at a moment."""

    room: str
    at: datetime
    temperature_tenths: int
    humidity_pct: int


@transaction.atomic
def record_readings(warehouse_code: str, readings: Iterable[NewReading], *, source: str) -> int:
    """Stores readings of a warehouse's rooms; one sent twice is stored once. How many are out of bounds.

    source: "api", "csv" or "simulator". Raises UnknownRoom, BadReading: then none is stored.
    """
    rooms = {room.code: room for room in lookup_warehouse(warehouse_code).rooms.all()}
    rows: list[Reading] = []
    latest = calendar.now() + timedelta(minutes=5)
    for reading in readings:
        room = rooms.get(reading.room)
        if room is None:
            raise UnknownRoom(warehouse=warehouse_code, room=reading.room)
        possible = -400 <= reading.temperature_tenths <= 600 and 0 <= reading.humidity_pct <= 100
        if not possible or reading.at > latest or len(rows) >= MAX_READINGS:
            raise BadReading(room=reading.room)
        rows.append(
            Reading(
                room=room,
                at=reading.at,
                temperature_tenths=reading.temperature_tenths,
                humidity_pct=reading.humidity_pct,
                source=source,
                alarm=out_of_bounds(StoreType(room.kind), reading),
            )
        )
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    return sum(row.alarm for row in rows)


def out_of_bounds(kind: StoreType, reading: NewReading) -> bool:
    """Whether a room of this type is too cold, too warm or too dry."""
    climate = CLIMATE[kind]
    kept = climate.coldest_tenths <= reading.temperature_tenths <= climate.warmest_tenths
    return not kept or reading.humidity_pct < climate.driest_pct


MOST_SIMULATED = timedelta(days=2)
"""What a simulator catches up on after the exchange stood still."""


def simulated_readings(
    room: str, kind: StoreType, *, since: datetime, until: datetime, every: timedelta
) -> list[NewReading]:
    """What a well kept room would have reported: a slow swing about 0 °C with a defrost twice a day.

    The same moments give the same values, so that running it twice adds nothing.
    """
    seconds = int(every.total_seconds())
    start = -(-int(since.timestamp()) // seconds) * seconds
    readings = []
    for at in range(start, int(until.timestamp()), seconds):
        phase = (at // 60 + sum(room.encode()) * 37) % 720
        defrost = 6 if phase < 20 else 0
        swing = abs(phase % 180 - 90) // 18 - 2
        temperature = (0 if kind == StoreType.COLD else 2) + swing + defrost
        moment = datetime.fromtimestamp(at, tz=calendar.TIMEZONE)
        readings.append(NewReading(room, moment, temperature, 92 - swing // 2 - defrost // 3))
    return readings


def continue_simulation(until: datetime, every: timedelta = timedelta(hours=1)) -> int:
    """Goes on for rooms whose sensors are simulated (their last reading is): how many readings were added.

    A real sensor's first reading ends it.
    """
    newest = Reading.objects.filter(room=OuterRef("pk")).order_by("-at")
    rooms = Room.objects.select_related("warehouse").annotate(
        last_source=Subquery(newest.values("source")[:1]), last_at=Subquery(newest.values("at")[:1])
    )
    added = 0
    for room in rooms.filter(last_source="simulator", last_at__lte=until - every):
        since = max(room.last_at + timedelta(seconds=1), until - MOST_SIMULATED)
        readings = simulated_readings(room.code, StoreType(room.kind), since=since, until=until, every=every)
        record_readings(room.warehouse.code, readings, source="simulator")
        added += len(readings)
    return added
