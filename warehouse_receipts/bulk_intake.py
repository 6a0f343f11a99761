"""Booking, letting in and weighing the lots of a file, hundreds in a handful of statements.

What is written is what `intake` writes for each lot alone: a row in three states with its history, three
signed steps, where it grew; a test compares the two. Every step is an UPDATE of its own, so the triggers see
it. Callers have checked each lot (`importing`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.ids import next_number
from warehouse_receipts.chain import Step, sign_as_warehouse
from warehouse_receipts.checks import check_room, net_kg
from warehouse_receipts.intake import NewOrigin, origin_fields
from warehouse_receipts.lifecycle import Action, Party, Stage, check_step
from warehouse_receipts.locks import lock_warehouse
from warehouse_receipts.models import ImportedRow, Intake, LotOrigin, Warehouse
from warehouse_receipts.types import Bagging, IntakeState, SampleWeights

LOTS_AT_ONCE = 500
"""Lots written by one call at most."""

_HISTORY = Intake.history.model._meta
_OF_HISTORY = frozenset(
    {"history_id", "history_date", "history_change_reason", "history_type", "history_user_id"}
)
"""Columns of the history that the table itself has not."""


@dataclass(frozen=True, slots=True)
class NewLot:
    """A row of a file that has been checked."""

    reference: str
    owner_no: int
    orchard: str
    county: str
    variety_code: str
    bagging: Bagging
    crop_year: int
    packaging: str
    mark: str
    plate: str
    pieces: int
    sample: SampleWeights
    origin: NewOrigin


@transaction.atomic
def load_lots(lots: Sequence[NewLot], *, warehouse_code: str, actor: Actor) -> list[str]:
    """Books, lets in and weighs lots of a warehouse; the numbers of their intakes, in order.

    Raises UnknownWarehouse, WarehouseNotActive; IntegrityError when a reference is known already.
    """
    assert len(lots) <= LOTS_AT_ONCE
    if not lots:
        return []
    warehouse = lock_warehouse(warehouse_code)
    check_room(warehouse, 0)
    intakes = _book(lots, warehouse, actor)
    _arrive(intakes, lots, warehouse, actor)
    _weigh(intakes, lots, warehouse, actor)
    ImportedRow.objects.bulk_create(
        ImportedRow(warehouse=warehouse, reference=lot.reference, intake=intake)
        for lot, intake in zip(lots, intakes, strict=True)
    )
    return [intake.no for intake in intakes]


def _book(lots: Sequence[NewLot], warehouse: Warehouse, actor: Actor) -> list[Intake]:
    check_step(Action.BOOK, Stage.NEW, Stage.BOOKED, Party.WAREHOUSE)
    last, day, now = next_number("intake", count=len(lots)), calendar.today(), calendar.now()
    intakes = Intake.objects.bulk_create(
        Intake(
            no=f"RK{day:%Y%m%d}{number:06d}",
            warehouse=warehouse,
            owner_no=lot.owner_no,
            orchard=lot.orchard,
            county=lot.county,
            variety_code=lot.variety_code,
            bagging=lot.bagging,
            crop_year=lot.crop_year,
            packaging=lot.packaging,
            mark=lot.mark,
            booked_at=now,
        )
        for number, lot in enumerate(lots, last - len(lots) + 1)
    )
    _keep_history(intakes, "+")
    said = [
        {
            "owner": lot.owner_no,
            "orchard": lot.orchard,
            "county": lot.county,
            "variety": lot.variety_code,
            "bagging": str(lot.bagging),
            "crop_year": lot.crop_year,
        }
        for lot in lots
    ]
    _sign(intakes, Action.BOOK, Stage.BOOKED, said, warehouse, actor)
    LotOrigin.objects.bulk_create(
        LotOrigin(intake=intake, **origin_fields(lot.origin))
        for lot, intake in zip(lots, intakes, strict=True)
    )
    return intakes


def _arrive(intakes: list[Intake], lots: Sequence[NewLot], warehouse: Warehouse, actor: Actor) -> None:
    check_step(Action.ARRIVE, Stage.BOOKED, Stage.ARRIVED, Party.WAREHOUSE)
    now = calendar.now()
    for intake, lot in zip(intakes, lots, strict=True):
        intake.plate, intake.arrived_at = lot.plate.strip().upper(), now
        intake.state = IntakeState.ARRIVED
    _save(intakes, "state", "plate", "arrived_at")
    _sign(
        intakes, Action.ARRIVE, Stage.ARRIVED, [{"plate": each.plate} for each in intakes], warehouse, actor
    )


def _weigh(intakes: list[Intake], lots: Sequence[NewLot], warehouse: Warehouse, actor: Actor) -> None:
    check_step(Action.WEIGH, Stage.ARRIVED, Stage.WEIGHED, Party.WAREHOUSE)
    for intake, lot in zip(intakes, lots, strict=True):
        intake.pieces, intake.sample_pieces = lot.pieces, lot.sample.pieces
        intake.sample_gross_g, intake.sample_tare_g = lot.sample.gross_g, lot.sample.tare_g
        intake.net_kg = net_kg(lot.pieces, lot.sample)
        intake.state = IntakeState.WEIGHED
    _save(intakes, "state", "pieces", "sample_pieces", "sample_gross_g", "sample_tare_g", "net_kg")
    said = [
        {
            "pieces": each.pieces,
            "sample_pieces": each.sample_pieces,
            "gross_g": each.sample_gross_g,
            "tare_g": each.sample_tare_g,
            "net_kg": each.net_kg,
        }
        for each in intakes
    ]
    _sign(intakes, Action.WEIGH, Stage.WEIGHED, said, warehouse, actor)


def _save(intakes: list[Intake], *fields: str) -> None:
    rows = [[each.pk, *(_plain(getattr(each, field)) for field in fields)] for each in intakes]
    changed = bulk_writer().update(table_of(Intake, "id", *fields), rows, key=("id",))
    assert changed == len(intakes)
    _keep_history(intakes, "~")


def _keep_history(intakes: list[Intake], kind: str) -> None:
    """What `save` would add to the history of each row, straight from the table."""
    copied = [field.column for field in _HISTORY.concrete_fields if field.column not in _OF_HISTORY]
    columns, table = ", ".join(f'"{column}"' for column in copied), Intake._meta.db_table
    bulk_writer().fetch(
        f'WITH now AS (SELECT {columns} FROM "{table}" WHERE id IN {{keys}} ORDER BY id) '
        f'INSERT INTO "{_HISTORY.db_table}" ({columns}, history_type, history_date) '
        f"SELECT {columns}, %s, %s FROM now RETURNING history_id",
        [each.pk for each in intakes],
        kind,
        connection.ops.adapt_datetimefield_value(calendar.now()),
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, IntakeState) else value


def _sign(
    intakes: list[Intake],
    action: Action,
    stage: Stage,
    said: list[dict[str, Any]],
    warehouse: Warehouse,
    actor: Actor,
) -> None:
    steps = [
        Step(intake.no, action, stage, Party.WAREHOUSE, facts)
        for intake, facts in zip(intakes, said, strict=True)
    ]
    sign_as_warehouse(steps, warehouse, actor)
