"""Changing the register: warehouses, intake by sample weight, inspection, stock, issue, resale lock.

Goods reach the trading floor only through here: issuing a receipt and ending a resale lock each put a
GOODS command into the outbox, in the transaction that makes it true. Trading moves title through
`title.TitleBatch`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from django.db import transaction
from simple_history.utils import update_change_reason

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.bulk import bulk_writer
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadTransition
from exchange.kernel.ids import next_number
from warehouse_receipts.checks import check_deliverable, check_issuable, check_room, net_kg
from warehouse_receipts.grading import EDITION, STANDARD, assess
from warehouse_receipts.locks import lock_intake, lock_receipts_out_of_lock, lock_warehouse
from warehouse_receipts.models import Inspection, Intake, Receipt, StockMovement, Warehouse
from warehouse_receipts.title import RECEIPT_SERIES, TitleBatch
from warehouse_receipts.title_rows import goods_command, receipt_no
from warehouse_receipts.types import (
    INTAKE_TRANSITIONS,
    Bagging,
    Business,
    CellSpec,
    IntakeState,
    Measurements,
    MovementKind,
    SampleWeights,
    StoreType,
    TitlePart,
    TitleTrade,
    VarietyGroup,
)

SEASON_END: dict[StoreType, tuple[int, int]] = {StoreType.COLD: (5, 31), StoreType.CA: (7, 31)}
"""Month and day of the year after harvest until which fruit may lie in such a store."""

RECHECK_DAYS = 30
"""An inspection vouches for the fruit this long, so a receipt is good for at least as many days."""


# Warehouses ------------------------------------------------------------------------------------------


@transaction.atomic
def register_warehouse(
    *,
    actor: Actor,
    code: str,
    name: str,
    county: str,
    address: str,
    keeper: str,
    kind: StoreType,
    capacity_kg: int,
    storage_fee_fen_per_t_day: int,
    insurer: str,
) -> str:
    """Designates a delivery warehouse; returns its code."""
    warehouse = Warehouse.objects.create(
        code=code,
        name=name,
        county=county,
        address=address,
        keeper=keeper,
        kind=kind,
        capacity_kg=capacity_kg,
        storage_fee_fen_per_t_day=storage_fee_fen_per_t_day,
        insurer=insurer,
    )
    audit.record(
        actor=actor,
        action="warehouse.register",
        subject=f"warehouse:{code}",
        after={"name": name, "county": county, "kind": kind.value, "capacity_kg": capacity_kg},
    )
    return warehouse.code


# Intake ----------------------------------------------------------------------------------------------


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
) -> str:
    """Books a lot in; returns the number of the intake."""
    warehouse = lock_warehouse(warehouse_code)
    check_room(warehouse, 0)
    number = next_number("intake")
    intake = Intake.objects.create(
        no=f"RK{calendar.today():%Y%m%d}{number:06d}",
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
    return intake.no


@transaction.atomic
def weigh_intake(intake_no: str, *, pieces: int, sample: SampleWeights) -> int:
    """Weighs a booked lot by sample; returns its net weight in kg. Raises BadWeights."""
    intake = lock_intake(intake_no)
    intake.net_kg = net_kg(pieces, sample)
    intake.pieces = pieces
    intake.sample_pieces = sample.pieces
    intake.sample_gross_g, intake.sample_tare_g = sample.gross_g, sample.tare_g
    _step(intake, IntakeState.WEIGHED)
    return intake.net_kg


@transaction.atomic
def inspect_intake(
    intake_no: str, *, body: str, inspector: str, group: VarietyGroup, measured: Measurements
) -> str:
    """Writes the inspection report of a weighed lot, graded by the present edition; returns its number."""
    intake = lock_intake(intake_no)
    inspection = Inspection.objects.create(
        no=f"ZJ{calendar.today():%Y%m%d}{next_number('inspection'):06d}",
        intake=intake,
        body=body,
        inspector=inspector,
        standard=STANDARD,
        edition=EDITION,
        grade=assess(measured, group).grade,
        inspected_at=calendar.now(),
        **asdict(measured),
    )
    _step(intake, IntakeState.INSPECTED)
    return inspection.no


@transaction.atomic
def store_intake(intake_no: str, cell: CellSpec) -> None:
    """Puts an inspected lot into stock as goods of a cell. Raises BelowCell, WarehouseFull."""
    intake = lock_intake(intake_no)
    warehouse = lock_warehouse(intake.warehouse.code)
    check_deliverable(intake, warehouse, _report_of(intake), cell)
    check_room(warehouse, intake.net_kg)
    _step(intake, IntakeState.STORED)
    StockMovement.objects.create(
        warehouse=warehouse,
        product_number=cell.product_number,
        kg=intake.net_kg,
        kind=MovementKind.INTAKE,
        intake=intake,
        reference=intake.no,
        at=calendar.now(),
    )


@transaction.atomic
def refuse_intake(intake_no: str, *, reason: str) -> None:
    """Turns a lot away before it is in stock."""
    intake = lock_intake(intake_no)
    _step(intake, IntakeState.REFUSED)
    update_change_reason(intake, reason)


def _step(intake: Intake, to_state: IntakeState) -> None:
    """Takes a step of the intake's life and keeps it in its history. Raises BadTransition."""
    state = IntakeState(intake.state)
    if to_state not in INTAKE_TRANSITIONS[state]:
        raise BadTransition(state=state.label, event=to_state.label)
    intake.state = to_state
    fields = {field.name for field in Intake._meta.concrete_fields} - {"id", "receipted_kg"}
    intake.save(update_fields=fields)


def _report_of(intake: Intake) -> Inspection:
    report = intake.inspections.order_by("-pk").first()
    if report is None:
        raise BadTransition(state=IntakeState(intake.state).label, event=IntakeState.STORED.label)
    return report


# Issue -----------------------------------------------------------------------------------------------


@transaction.atomic
def issue_receipt(
    intake_no: str, cell: CellSpec, *, actor: Actor, kg: int | None = None, shelf_life_days: int | None = None
) -> str:
    """Issues a receipt for kg of a stored lot (default: all that has none); returns its number.

    The owner may sell as soon as the floor has taken the GOODS command. Raises OverReceipted, BelowCell,
    WarehouseNotActive.
    """
    intake = lock_intake(intake_no)
    warehouse = lock_warehouse(intake.warehouse.code)
    report = _report_of(intake)
    check_deliverable(intake, warehouse, report, cell)
    wanted = intake.net_kg - intake.receipted_kg if kg is None else kg
    check_issuable(intake, warehouse, cell, wanted)
    today = calendar.today()
    number = next_number(RECEIPT_SERIES)
    no = receipt_no(today, number)
    Receipt.objects.create(
        id=number,
        no=no,
        warehouse=warehouse,
        product_number=cell.product_number,
        holder_no=intake.owner_no,
        issued_kg=wanted,
        kg=wanted,
        intake=intake,
        inspection=report,
        issued_at=calendar.now(),
        expires_on=expiry(cell, today, shelf_life_days),
        title_hash=canonical_hash([no, intake.owner_no, wanted, intake.no, report.no]),
    )
    outbox.enqueue(goods_command(intake.owner_no, cell.product_number, wanted), f"receipt:{no}:in")
    audit.record(
        actor=actor,
        action="receipt.issue",
        subject=f"receipt:{no}",
        after={"holder_no": intake.owner_no, "kg": wanted, "product": cell.product_number},
    )
    return no


def expiry(cell: CellSpec, issued_on: date, shelf_life_days: int | None) -> date:
    """Last day of a receipt: the end of the store's season, or the shelf life of an early variety."""
    if shelf_life_days is not None:
        return issued_on + timedelta(days=shelf_life_days)
    month, day = SEASON_END[cell.store_type]
    return max(date(cell.crop_year + 1, month, day), issued_on + timedelta(days=RECHECK_DAYS))


# Resale lock -----------------------------------------------------------------------------------------


@transaction.atomic
def unlock_receipts(day: date) -> int:
    """Ends the resale locks that are over on a day and tells the floor; how many receipts. Run daily.

    Of a receipt in some business the floor hears when it comes out of it.
    """
    receipts = lock_receipts_out_of_lock(day)
    lots: defaultdict[tuple[int, int], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        if receipt.business == Business.NONE:
            lots[receipt.holder_no, receipt.product_number].append(receipt)
    if receipts:
        bulk_writer().fetch(
            "UPDATE warehouse_receipts_receipt SET locked_until = NULL WHERE id IN {keys} RETURNING id",
            [receipt.id for receipt in receipts],
        )
    outbox.enqueue_many(
        (
            goods_command(holder_no, product_number, sum(receipt.kg for receipt in lot)),
            _unlock_reference(lot[0]),
        )
        for (holder_no, product_number), lot in lots.items()
    )
    return len(receipts)


def _unlock_reference(first: Receipt) -> str:
    """Names the first receipt and its title: a receipt is unlocked once for each time it was bought."""
    return f"receipt:{first.no}:unlock:{first.title_hash[:16]}"


# One order, one trade: the batch for callers that have no more ------------------------------------------


@transaction.atomic
def hold_for_order(order_id: int, holder_no: int, product_number: int, kg: int) -> None:
    """Promises kg of the holder's oldest free receipts to a sell order."""
    batch = TitleBatch([order_id])
    batch.hold(order_id, holder_no, product_number, kg)
    batch.write()


@transaction.atomic
def release_hold(order_id: int, kg: int) -> None:
    """Frees kg of what a sell order holds."""
    batch = TitleBatch([order_id])
    batch.release(order_id, kg)
    batch.write()


@transaction.atomic
def transfer_title(trades: Sequence[TitleTrade]) -> dict[int, tuple[TitlePart, ...]]:
    """Moves the goods of trades to their buyers; the receipts each trade gave."""
    batch = TitleBatch(trade.sell_order_id for trade in trades)
    for trade in trades:
        batch.transfer(trade)
    return batch.write()
