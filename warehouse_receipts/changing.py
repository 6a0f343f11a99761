"""Splitting, merging, ending by time, extending and regrading receipts.

Kilograms are conserved by the databases: a split takes the next interval of its parent, a successor stands
for exactly what its predecessors stood for (migrations 0002, 0003).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import ReceiptUnderOrder
from warehouse_receipts.chain import EXCHANGE, head_of, receipt_step, record_steps
from warehouse_receipts.checks import check_deliverable, unmet
from warehouse_receipts.court_orders import check_no_order
from warehouse_receipts.errors import (
    BadReceiptChoice,
    BadSplit,
    NotExtendable,
    NotMergeable,
    ReceiptHeld,
    ReceiptInBusiness,
    ReceiptNotValid,
    WrongStage,
)
from warehouse_receipts.intake import report_of
from warehouse_receipts.issuing import RECHECK_DAYS, SEASON_END
from warehouse_receipts.lifecycle import Action, Party, Stage, check_step, stage_of
from warehouse_receipts.locks import lock_intake, lock_named_receipts, lock_receipt, lock_set_aside
from warehouse_receipts.models import Freeze, HolderNotice, Inspection, Receipt, SetAside, StockMovement
from warehouse_receipts.setting_aside import MAX_RECEIPTS, end_receipts, hand_back, set_aside, take_at_once
from warehouse_receipts.splitting import sign_split, split_off
from warehouse_receipts.states import FreezeKind, FreezeState
from warehouse_receipts.title import RECEIPT_SERIES
from warehouse_receipts.title_rows import goods_command, receipt_no
from warehouse_receipts.types import (
    Business,
    CellSpec,
    Ending,
    MovementKind,
    ReceiptState,
    SetAsideState,
    StoreType,
)

LEAST_SPLIT_KG = 100
MAX_PARTS = 50


@transaction.atomic
def split_receipt(*, holder_no: int, no: str, parts_kg: Sequence[int], actor: Actor) -> list[str]:
    """Splits a free receipt; the first part keeps its number, the others get new ones. All numbers.

    The floor hears nothing: the holder's goods are the same. Raises BadSplit (the parts do not add up),
    ReceiptHeld, ReceiptInBusiness, ReceiptNotValid, UnknownReceipt.
    """
    (receipt,) = lock_named_receipts(holder_no, [no])
    _check_free(receipt)
    valid = 1 < len(parts_kg) <= MAX_PARTS and min(parts_kg) >= min(LEAST_SPLIT_KG, receipt.kg)
    if not valid or sum(parts_kg) != receipt.kg:
        raise BadSplit(kg=receipt.kg, least_kg=LEAST_SPLIT_KG)
    if receipt.held_kg > parts_kg[0]:
        raise ReceiptHeld(receipt=no, held_kg=receipt.held_kg)
    numbers = [no]
    for kg in parts_kg[1:]:
        child = split_off(receipt, kg)
        sign_split(receipt, child, Stage.FREE, Party.OWNER, actor)
        numbers.append(child.no)
    return numbers


def _check_free(receipt: Receipt) -> None:
    if receipt.state != ReceiptState.ISSUED:
        raise ReceiptNotValid(receipt=receipt.no)
    check_no_order([receipt])
    line = receipt.set_aside_lines.filter(open=True).select_related("set_aside").first()
    if line is not None:
        business = Business(line.set_aside.business)
        raise ReceiptInBusiness(receipt=receipt.no, business_zh=business.label, business_en=business.value)


@transaction.atomic
def merge_receipts(*, holder_no: int, numbers: Sequence[str], actor: Actor) -> str:
    """Merges free receipts over one lot into a new one; returns its number. The floor hears nothing.

    Raises NotMergeable, ReceiptHeld and as set_aside does.
    """
    if not 1 < len(set(numbers)) == len(numbers) <= MAX_RECEIPTS:
        raise BadReceiptChoice(most=MAX_RECEIPTS)
    receipts = lock_named_receipts(holder_no, numbers)
    first = receipts[0]
    alike = {
        (each.intake_id, each.inspection_id, each.product_number, each.expires_on, each.locked_until)
        for each in receipts
    }
    if len(alike) > 1:
        raise NotMergeable
    row = take_at_once(receipts, Business.CHANGE, f"merge:{first.no}", actor)
    return _succeed(row, receipts, Ending.MERGED, Action.MERGE, Party.OWNER, actor).no


def _succeed(
    row: SetAside,
    receipts: list[Receipt],
    ending: Ending,
    action: Action,
    party: Party,
    actor: Actor,
    *,
    product_number: int | None = None,
    report: Inspection | None = None,
) -> Receipt:
    """Ends receipts of one lot and writes the one that stands for their goods from now on."""
    first = receipts[0]
    number = next_number(RECEIPT_SERIES)
    no = receipt_no(calendar.today(), number)
    kg = sum(receipt.kg for receipt in receipts)
    check_step(action, Stage(row.business), Stage(ending.value), party)
    end_receipts(row, receipts, ending, successor_id=number)
    product = first.product_number if product_number is None else product_number
    if product != first.product_number:
        _move_between_cells(first, product, kg)
    new = Receipt.objects.create(
        id=number,
        no=no,
        warehouse_id=first.warehouse_id,
        product_number=product,
        holder_no=first.holder_no,
        issued_kg=kg,
        kg=kg,
        intake_id=first.intake_id,
        inspection=report or first.inspection,
        issued_at=calendar.now(),
        locked_until=first.locked_until,
        expires_on=first.expires_on,
        title_hash=succession_hash(
            no, first.holder_no, kg, [(each.no, each.title_hash) for each in receipts]
        ),
    )
    steps = [receipt_step(each, action, Stage(ending.value), party, successor=no) for each in receipts]
    record_steps(steps, institution=EXCHANGE, actor=actor)
    born = receipt_step(
        new,
        action,
        Stage.FREE,
        party,
        born_of=head_of(first.no),
        predecessors=sorted(each.no for each in receipts),
    )
    record_steps([born], institution=EXCHANGE, actor=actor)
    audit.record(
        actor=actor,
        action=f"receipt.{action.value}",
        subject=f"receipt:{no}",
        after={"predecessors": sorted(each.no for each in receipts), "kg": kg, "product": product},
    )
    return new


def succession_hash(no: str, holder_no: int, kg: int, predecessors: Sequence[tuple[str, str]]) -> str:
    """SHA-256 over what a succession says: where the chain of title of a successor begins."""
    return canonical_hash(["succession", no, holder_no, kg, sorted(list(each) for each in predecessors)])


def _move_between_cells(receipt: Receipt, product_number: int, kg: int) -> None:
    """The same fruit, on the books of another cell."""
    for product, moved in ((receipt.product_number, -kg), (product_number, kg)):
        StockMovement.objects.create(
            warehouse_id=receipt.warehouse_id,
            product_number=product,
            kg=moved,
            kind=MovementKind.REGRADE,
            intake_id=receipt.intake_id,
            room_id=receipt.intake.room_id,
            reference=receipt.no,
            at=calendar.now(),
        )


def replace_receipt(row: SetAside, receipts: list[Receipt], actor: Actor) -> Receipt:
    """Writes the successor of a lost receipt; it is free, and the floor hears of it if it may sell it."""
    new = _succeed(row, receipts, Ending.REPLACED, Action.REPLACE, Party.EXCHANGE, actor)
    _offer(new, "replaced")
    return new


def _offer(receipt: Receipt, why: str) -> None:
    if receipt.locked_until is None:
        command = goods_command(receipt.holder_no, receipt.product_number, receipt.kg)
        outbox.enqueue(command, f"receipt:{receipt.no}:{why}")


@transaction.atomic
def regrade_receipt(no: str, cell: CellSpec, *, actor: Actor) -> str:
    """Replaces a downgraded receipt by one in a product its last report supports; returns the new number.

    Two persons decide that (`disposals`). Raises WrongStage, BelowCell.
    """
    receipt = lock_receipt(no)
    row = _active_set_aside(receipt, Business.DOWNGRADED)
    intake = lock_intake(receipt.intake.no)
    report = report_of(intake)
    store = intake.room.kind if intake.room else intake.warehouse.kind
    check_deliverable(intake, store, report, cell)
    new = _succeed(
        row,
        [receipt],
        Ending.REGRADED,
        Action.REGRADE,
        Party.EXCHANGE,
        actor,
        product_number=cell.product_number,
        report=report,
    )
    _offer(new, "regraded")
    tell_holder(receipt, "regraded", successor=new.no, product=cell.product_number)
    return new.no


@transaction.atomic
def write_off_receipt(no: str, *, reason: str, actor: Actor) -> None:
    """Ends a receipt whose goods are gone, after a downgrade, its last day or a freeze of the exchange.

    Two persons decide that (`disposals`). The freeze ends with it. Raises WrongStage, ReceiptUnderOrder.
    """
    receipt = lock_receipt(no)
    row = _active_set_aside(receipt, Business.DOWNGRADED, Business.EXPIRED, Business.FROZEN)
    frozen = Freeze.objects.select_for_update().filter(receipt=receipt, state=FreezeState.ACTIVE)
    if frozen.filter(kind=FreezeKind.AUTHORITY).exists():
        raise ReceiptUnderOrder(receipt=no)
    end_receipts(row, [receipt], Ending.WRITTEN_OFF)
    frozen.update(state=FreezeState.LIFTED, lifted_by=actor.name, lifted_at=calendar.now())
    tell_holder(receipt, "written_off", reason=reason)
    step = receipt_step(receipt, Action.WRITE_OFF, Stage.WRITTEN_OFF, Party.EXCHANGE, reason=reason)
    record_steps([step], institution=EXCHANGE, actor=actor)
    audit.record(actor=actor, action="receipt.write_off", subject=f"receipt:{no}", reason=reason)


def _active_set_aside(receipt: Receipt, *businesses: Business) -> SetAside:
    row = lock_set_aside(receipt.set_aside_id) if receipt.set_aside_id else None
    if row is None or row.state != SetAsideState.ACTIVE or receipt.business not in businesses:
        stage = stage_of(receipt.state, receipt.business, receipt.ended)
        raise WrongStage(receipt=receipt.no, stage_zh=stage.label, stage_en=stage.value)
    return row


# The last day -----------------------------------------------------------------------------------------


@transaction.atomic
def expire_receipts(day: date) -> int:
    """Takes receipts past their last day out of the market and tells their holders; how many. Run daily.

    Where open orders promise the goods, the second run cancels these.
    """
    due = Receipt.objects.filter(
        state=ReceiptState.ISSUED, business=Business.NONE, expires_on__lt=day
    ).exclude(set_aside_lines__open=True)
    expired = list(due.order_by("id"))
    for receipt in expired:
        reference = f"expiry:{receipt.no}:{receipt.expires_on:%Y%m%d}"
        refused = SetAside.objects.filter(reference=reference, state=SetAsideState.REFUSED).exists()
        set_aside(
            holder_no=receipt.holder_no,
            receipt_nos=[receipt.no],
            business=Business.EXPIRED,
            reference=reference,
            actor=SYSTEM,
            pull_orders=refused,
        )
        tell_holder(receipt, "expired", expires_on=receipt.expires_on.isoformat())
    return len(expired)


def tell_holder(receipt: Receipt, kind: str, **facts: Any) -> None:
    """Leaves a notice for the holder of a receipt."""
    HolderNotice.objects.create(
        holder_no=receipt.holder_no, receipt_no=receipt.no, kind=kind, facts=facts, at=calendar.now()
    )


@transaction.atomic
def extend_receipt(no: str, *, until: date, cells: Mapping[int, CellSpec], actor: Actor) -> None:
    """Gives an expired or free receipt a later last day, on the strength of a fresh report.

    At most to the end of the store's season. Raises NotExtendable, WrongStage.
    """
    receipt = lock_receipt(no)
    report = report_of(receipt.intake)
    today = calendar.today()
    fresh = report.inspected_at >= calendar.now() - timedelta(days=RECHECK_DAYS)
    store = receipt.intake.room.kind if receipt.intake.room else receipt.warehouse.kind
    month, last = SEASON_END[StoreType(store)]
    latest = max(date(receipt.intake.crop_year + 1, month, last), today + timedelta(days=RECHECK_DAYS))
    fits = not unmet(receipt.intake, store, report, cells[receipt.product_number])
    if not fresh or not fits or not receipt.expires_on < until <= latest or until < today:
        raise NotExtendable(receipt=no, until=until.isoformat())
    if receipt.business != Business.NONE:
        _active_set_aside(receipt, Business.EXPIRED)
    Receipt.objects.filter(pk=receipt.pk).update(expires_on=until)
    if receipt.set_aside_id is not None:
        hand_back(receipt.set_aside_id, reference=f"extend:{no}")
    step = receipt_step(
        receipt, Action.EXTEND, Stage.FREE, Party.EXCHANGE, until=until.isoformat(), report=report.no
    )
    record_steps([step], institution=EXCHANGE, actor=actor)
