"""From a booking to goods in store: gate, weighing by sample, where the fruit grew.

Every step is checked against `lifecycle.TRANSITIONS`, kept in the lot's history and signed by the warehouse.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from simple_history.utils import update_change_reason

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import BadTransition
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import Step, sign_as_warehouse
from warehouse_receipts.checks import check_deliverable, check_residues, check_room, net_kg
from warehouse_receipts.errors import BadOrigin, WarehouseFull
from warehouse_receipts.lifecycle import Action, Party, Stage, check_step
from warehouse_receipts.locks import lock_intake, lock_warehouse
from warehouse_receipts.models import Inspection, Intake, LotOrigin, Room, StockMovement, Warehouse
from warehouse_receipts.types import Bagging, CellSpec, IntakeState, MovementKind, SampleWeights

EARLIEST_HARVEST_DAYS = 400
"""Fruit that has hung or lain longer than this is not of a crop anyone stores."""


class Treatment(NamedTuple):
    """Plant protection 用药: the substance, when, and how many days before harvest it must end."""

    substance: str
    on: date
    interval_days: int


@dataclass(frozen=True, slots=True)
class NewOrigin:
    """Where a lot grew 溯源."""

    grower: str
    plot: str
    harvested_on: date
    certificate_no: str
    certificate_issuer: str
    village: str = ""
    bagged_on: date | None = None
    unbagged_on: date | None = None
    treatments: tuple[Treatment, ...] = ()


@transaction.atomic
def book_intake(
    *,
    warehouse_code: str,
    owner_no: int,
    orchard: str,
    county: str,
    variety_code: str,
    bagging: Bagging,
    crop_year: int,
    packaging: str,
    mark: str = "",
    origin: NewOrigin | None = None,
    actor: Actor = SYSTEM,
) -> str:
    """Books a lot in; returns the number of the intake.

    Raises UnknownWarehouse, WarehouseNotActive, BadOrigin.
    """
    warehouse = lock_warehouse(warehouse_code)
    check_room(warehouse, 0)
    intake = Intake.objects.create(
        no=f"RK{calendar.today():%Y%m%d}{next_number('intake'):06d}",
        warehouse=warehouse,
        owner_no=owner_no,
        orchard=orchard,
        county=county,
        variety_code=variety_code,
        bagging=bagging,
        crop_year=crop_year,
        packaging=packaging,
        mark=mark,
        booked_at=calendar.now(),
    )
    said = {"owner": owner_no, "orchard": orchard, "county": county, "variety": variety_code}
    _sign(intake, Action.BOOK, Stage.BOOKED, actor, **said, bagging=str(bagging), crop_year=crop_year)
    if origin is not None:
        record_origin(intake.no, origin)
    return intake.no


@transaction.atomic
def record_origin(intake_no: str, origin: NewOrigin) -> None:
    """Says where a lot grew, once; its sampling and inspection rely on it. Raises BadOrigin."""
    intake = lock_intake(intake_no)
    check_origin(origin)
    if LotOrigin.objects.filter(intake=intake).exists():
        raise BadOrigin(why_zh="已登记，不能更改", why_en="it is recorded already and final")
    LotOrigin.objects.create(intake=intake, **origin_fields(origin))


def origin_fields(origin: NewOrigin) -> dict[str, Any]:
    """The columns of a lot's origin."""
    return {
        "grower": origin.grower,
        "plot": origin.plot,
        "village": origin.village,
        "bagged_on": origin.bagged_on,
        "unbagged_on": origin.unbagged_on,
        "harvested_on": origin.harvested_on,
        "treatments": [
            {"substance": each.substance, "on": each.on.isoformat(), "interval_days": each.interval_days}
            for each in origin.treatments
        ],
        "certificate_no": origin.certificate_no,
        "certificate_issuer": origin.certificate_issuer,
    }


def check_origin(origin: NewOrigin) -> None:
    """Raises BadOrigin: something is missing, or the days cannot be."""
    today = calendar.today()
    if not all((origin.grower, origin.plot, origin.certificate_no, origin.certificate_issuer)):
        raise BadOrigin(why_zh="果农、地块与合格证必填", why_en="grower, plot and certificate are needed")
    if not today - timedelta(days=EARLIEST_HARVEST_DAYS) <= origin.harvested_on <= today:
        raise BadOrigin(why_zh="采收日期", why_en="day of harvest")
    days = [day for day in (origin.bagged_on, origin.unbagged_on, origin.harvested_on) if day]
    if days != sorted(days):
        raise BadOrigin(why_zh="套袋、脱袋、采收的先后", why_en="bagging, unbagging, harvest out of order")
    for each in origin.treatments:
        if each.on + timedelta(days=each.interval_days) > origin.harvested_on:
            raise BadOrigin(
                why_zh=f"{each.substance} 未过安全间隔期",
                why_en=f"{each.substance} was used too near to harvest",
            )


@transaction.atomic
def arrive_intake(intake_no: str, *, plate: str = "", actor: Actor = SYSTEM) -> None:
    """The truck is at the gate."""
    intake = lock_intake(intake_no)
    intake.plate, intake.arrived_at = plate.strip().upper(), calendar.now()
    _step(intake, Action.ARRIVE, IntakeState.ARRIVED)
    _sign(intake, Action.ARRIVE, Stage.ARRIVED, actor, plate=intake.plate)


@transaction.atomic
def weigh_intake(intake_no: str, *, pieces: int, sample: SampleWeights, actor: Actor = SYSTEM) -> int:
    """Weighs a lot by sample; returns its net weight in kg. Raises BadWeights."""
    intake = lock_intake(intake_no)
    intake.net_kg = net_kg(pieces, sample)
    intake.pieces = pieces
    intake.sample_pieces = sample.pieces
    intake.sample_gross_g, intake.sample_tare_g = sample.gross_g, sample.tare_g
    _step(intake, Action.WEIGH, IntakeState.WEIGHED)
    _sign(
        intake,
        Action.WEIGH,
        Stage.WEIGHED,
        actor,
        pieces=pieces,
        sample_pieces=sample.pieces,
        gross_g=sample.gross_g,
        tare_g=sample.tare_g,
        net_kg=intake.net_kg,
    )
    return intake.net_kg


def weighing_formula(pieces: int, sample: SampleWeights) -> str:
    """How the net weight comes about, as the intake note shows it."""
    net = net_kg(pieces, sample)
    gross, tare = (f"{grams / 1_000:.1f}" for grams in (sample.gross_g, sample.tare_g))
    return f"({gross} − {tare}) kg ÷ {sample.pieces} × {pieces} = {net} kg"


@transaction.atomic
def store_intake(intake_no: str, cell: CellSpec, *, room: str | None = None, actor: Actor = SYSTEM) -> None:
    """Puts an inspected lot into stock as goods of a cell, in a room of the cell's store type.

    Without a room, the first with enough space. Raises BelowCell, ResidueFound, WarehouseFull, UnknownRoom.
    """
    intake = lock_intake(intake_no)
    warehouse = lock_warehouse(intake.warehouse.code)
    report = report_of(intake)
    chosen = _choose_room(warehouse, cell, intake.net_kg, room)
    check_residues(report)
    check_deliverable(intake, chosen.kind, report, cell)
    check_room(warehouse, intake.net_kg)
    intake.room = chosen
    _step(intake, Action.STORE, IntakeState.STORED)
    StockMovement.objects.create(
        warehouse=warehouse,
        product_number=cell.product_number,
        kg=intake.net_kg,
        kind=MovementKind.INTAKE,
        intake=intake,
        room=chosen,
        reference=intake.no,
        at=calendar.now(),
    )
    _sign(
        intake,
        Action.STORE,
        Stage.STORED,
        actor,
        room=chosen.code,
        product=cell.product_number,
        net_kg=intake.net_kg,
    )


def _choose_room(warehouse: Warehouse, cell: CellSpec, kg: int, code: str | None) -> Room:
    """The room asked for, or the first of the cell's store type that has space; locked."""
    rooms = Room.objects.select_for_update().filter(warehouse=warehouse)
    rooms = rooms.filter(code=code) if code else rooms.order_by("code")
    fitting = [room for room in rooms if code or room.kind == cell.store_type]
    for room in fitting:
        if room.capacity_kg - room.stored_kg >= kg:
            return room
    free_kg = max((room.capacity_kg - room.stored_kg for room in fitting), default=0)
    if not fitting and not code:
        any_room = Room.objects.filter(warehouse=warehouse, capacity_kg__gte=F("stored_kg") + kg).first()
        if any_room is not None:
            return any_room
    raise WarehouseFull(warehouse=warehouse.code, free_kg=free_kg)


@transaction.atomic
def refuse_intake(intake_no: str, *, reason: str, actor: Actor = SYSTEM) -> None:
    """Turns a lot away before it is in stock."""
    intake = lock_intake(intake_no)
    _step(intake, Action.TURN_AWAY, IntakeState.REFUSED)
    update_change_reason(intake, reason)
    _sign(intake, Action.TURN_AWAY, Stage.TURNED_AWAY, actor, reason=reason)


def _step(intake: Intake, action: Action, to_state: IntakeState, party: Party = Party.WAREHOUSE) -> None:
    """Takes a step of the intake's life and keeps it in its history. Raises BadTransition."""
    check_step(action, Stage(intake.state), Stage(to_state.value), party)
    intake.state = to_state
    fields = {field.name for field in Intake._meta.concrete_fields} - {"id", "receipted_kg"}
    intake.save(update_fields=fields)


def _sign(intake: Intake, action: Action, stage: Stage, actor: Actor, **said: Any) -> None:
    step = Step(intake.no, action, stage, Party.WAREHOUSE, said)
    sign_as_warehouse([step], intake.warehouse, actor)


# Shared with the inspection body ----------------------------------------------------------------------


def step_of_inspector(intake: Intake, action: Action, to_state: IntakeState) -> None:
    """A step the inspection body takes. Raises BadTransition."""
    _step(intake, action, to_state, Party.INSPECTOR)


def report_of(intake: Intake) -> Inspection:
    """The lot's last inspection report. Raises BadTransition when it has none."""
    report = intake.inspections.order_by("-pk").first()
    if report is None:
        raise BadTransition(state=IntakeState(intake.state).label, event=IntakeState.STORED.label)
    return report
