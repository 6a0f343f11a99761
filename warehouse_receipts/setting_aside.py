"""Setting goods aside: one business at a time holds a receipt.

A listing, an auction lot, a pledge, a pickup each need certain receipts for themselves, while spot orders
sell kilograms out of everything a member has. So the receipts named here leave the goods the floor can sell,
and the floor has the last word:

    asked = set_aside(holder_no=…, receipt_nos=…, business=Business.LISTING, reference="listing:17", actor=…)

writes the request and a GOODS command over −kg. The floor refuses it when open orders promise the goods;
otherwise the projector calls `TitleBatch.take_out` at the command's own place in the journal, which gives
spot orders that hold just these receipts other ones. `TitleBatch.transfer_set_aside` passes them to buyers,
and `hand_back` returns what is left. Goods in their resale lock are unknown to the floor: a business that
does not sell takes them at once.
"""

from collections.abc import Sequence

from django.db import transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import error_for_reason
from matching.types import Command, CommandKind
from warehouse_receipts import court_orders
from warehouse_receipts.chain import EXCHANGE, receipt_step, record_steps
from warehouse_receipts.errors import (
    BadReceiptChoice,
    BadSetAsideKg,
    MixedReceipts,
    ReceiptExpired,
    ReceiptHeld,
    ReceiptInBusiness,
    ReceiptLocked,
    ReceiptNotValid,
    SetAsideNotActive,
    UnknownSetAside,
)
from warehouse_receipts.floor_commands import give_back_command, give_up_command
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.locks import lock_named_receipts, lock_receipts_set_aside, lock_set_aside
from warehouse_receipts.models import Freeze, Receipt, SetAside, SetAsideLine
from warehouse_receipts.splitting import sign_split, split_off
from warehouse_receipts.states import FreezeState
from warehouse_receipts.title import TitleBatch, record_entry
from warehouse_receipts.types import SELLING, Business, Ending, ReceiptState, SetAsideRow, SetAsideState

MAX_RECEIPTS = 100
"""Receipts one set-aside may name."""

REQUEST, RETURN, PULL = "setaside", "handback", "setaside-pull"
"""Kinds of our outbox references."""


@transaction.atomic
def set_aside(
    *,
    holder_no: int,
    receipt_nos: Sequence[str],
    business: Business,
    reference: str,
    actor: Actor,
    pull_orders: bool = False,
) -> SetAsideRow:
    """Asks for whole receipts of one product for a business; the answer comes with `floor_answered`.

    pull_orders cancels the holder's open orders in the product first: for an authority, not for the holder.
    Raises BadReceiptChoice, UnknownReceipt (also for others' receipts), MixedReceipts, ReceiptNotValid,
    ReceiptInBusiness, ReceiptExpired, ReceiptLocked.
    """
    assert business != Business.NONE
    if not 0 < len(set(receipt_nos)) == len(receipt_nos) <= MAX_RECEIPTS:
        raise BadReceiptChoice(most=MAX_RECEIPTS)
    receipts = lock_named_receipts(holder_no, receipt_nos)
    _check_receipts(receipts, business)
    floor_kg = sum(receipt.kg for receipt in receipts if receipt.locked_until is None)
    row = SetAside.objects.create(
        holder_no=holder_no,
        product_number=receipts[0].product_number,
        business=business,
        reference=reference,
        kg=sum(receipt.kg for receipt in receipts),
        floor_kg=floor_kg,
        actor=actor.name,
        created_at=calendar.now(),
    )
    SetAsideLine.objects.bulk_create(
        SetAsideLine(set_aside=row, receipt=receipt, kg=receipt.kg) for receipt in receipts
    )
    _take_locked(row, receipts)
    if floor_kg:
        _ask_floor(row, pull_orders=pull_orders)
    audit.record(
        actor=actor,
        action="receipts.set_aside",
        subject=f"setaside:{row.pk}",
        after={"business": business.value, "reference": reference, "receipts": sorted(receipt_nos)},
    )
    return _row(row)


def _check_receipts(receipts: list[Receipt], business: Business) -> None:
    if len({receipt.product_number for receipt in receipts}) > 1:
        raise MixedReceipts
    if business not in court_orders.FREEZES:
        court_orders.check_no_order(receipts)
    asked = dict(
        SetAsideLine.objects.filter(receipt__in=receipts, open=True).values_list(
            "receipt_id", "set_aside__business"
        )
    )
    today = calendar.today()
    for receipt in receipts:
        if receipt.state != ReceiptState.ISSUED:
            raise ReceiptNotValid(receipt=receipt.no)
        busy_with = asked.get(receipt.pk)
        if busy_with:
            raise ReceiptInBusiness(
                receipt=receipt.no, business_zh=Business(busy_with).label, business_en=busy_with
            )
        if business in SELLING and receipt.expires_on < today:
            raise ReceiptExpired(receipt=receipt.no)
        if business in SELLING and receipt.locked_until is not None:
            raise ReceiptLocked(receipt=receipt.no, until=receipt.locked_until.isoformat())


def _take_locked(row: SetAside, receipts: list[Receipt]) -> None:
    """Receipts in their resale lock need no word of the floor; when all are, the set-aside is in force."""
    locked = [receipt.pk for receipt in receipts if receipt.locked_until is not None]
    Receipt.objects.filter(pk__in=locked).update(business=row.business, set_aside=row)
    record_entry([receipt for receipt in receipts if receipt.locked_until is not None], row)
    if not row.floor_kg:
        row.state, row.left_kg = SetAsideState.ACTIVE, row.kg
        row.save(update_fields=["state", "left_kg"])


def _ask_floor(row: SetAside, *, pull_orders: bool) -> None:
    if pull_orders:
        pull = Command(CommandKind.CANCEL_ALL, account=row.holder_no, product=row.product_number)
        outbox.enqueue(pull, f"{PULL}:{row.pk}")
    command = give_up_command(
        set_aside_id=row.pk,
        business=row.business,
        holder_no=row.holder_no,
        product_number=row.product_number,
        kg=row.floor_kg,
    )
    outbox.enqueue(command, f"{REQUEST}:{row.pk}")


def set_aside_id_of(reference: str) -> int | None:
    """Which set-aside an outbox reference asks the floor about; None when it is about something else."""
    kind, _, key = reference.partition(":")
    return int(key) if kind == REQUEST else None


@transaction.atomic
def floor_answered(reference: str, seq: int, reason: int) -> bool:
    """Takes the floor's answer to an outbox row of ours; False if it is not ours.

    The projector has led the goods out in the journal's order already; here a refusal is written, and an
    acceptance only where no batch did it.
    """
    set_aside_id = set_aside_id_of(reference)
    if set_aside_id is None:
        return reference.startswith(f"{PULL}:") or (reference.startswith(f"{RETURN}:") and not reason)
    if reason:
        _refuse(lock_set_aside(set_aside_id), error_for_reason(reason).code)
    else:
        batch = TitleBatch()
        batch.take_out(set_aside_id)
        batch.write()
    return True


def _refuse(row: SetAside, reason: str) -> None:
    if row.state != SetAsideState.REQUESTED:
        return
    row.state, row.reason, row.ended_at = SetAsideState.REFUSED, reason, calendar.now()
    row.save(update_fields=["state", "reason", "ended_at"])
    row.lines.update(open=False)
    _free(row, lock_receipts_set_aside(row.pk))
    freeze_ordered([line.receipt for line in row.lines.select_related("receipt")])


@transaction.atomic
def hand_back(set_aside_id: int, kg: int | None = None, *, reference: str) -> SetAsideRow:
    """Ends a business for kg of its goods, or for all (None): they can be sold again.

    The youngest receipts go back first; one is split where kg ends inside it. reference says why, for the
    audit log. Raises UnknownSetAside, SetAsideNotActive, BadSetAsideKg.
    """
    row = lock_set_aside(set_aside_id)
    if row.state != SetAsideState.ACTIVE:
        state = SetAsideState(row.state)
        raise SetAsideNotActive(state_zh=state.label, state_en=state.value)
    wanted = row.left_kg if kg is None else kg
    if not 0 < wanted <= row.left_kg:
        raise BadSetAsideKg(left_kg=row.left_kg)
    freed, left = [], wanted
    for receipt in reversed(lock_receipts_set_aside(row.pk)):
        if not left:
            break
        part = receipt if receipt.kg <= left else _split(receipt, left, row)
        freed.append(part)
        left -= part.kg
    _free(row, freed)
    lessen(row, wanted)
    audit.record(
        actor=audit.SYSTEM,
        action="receipts.hand_back",
        subject=f"setaside:{row.pk}",
        reason=reference,
        after={"kg": wanted, "receipts": sorted(receipt.no for receipt in freed)},
    )
    return _row(row)


def _split(receipt: Receipt, kg: int, row: SetAside) -> Receipt:
    """The part that leaves a business is born outside it, and signed as such."""
    part = split_off(receipt, kg)
    sign_split(receipt, part, Stage(row.business), Party.EXCHANGE, audit.SYSTEM, child_stage=Stage.FREE)
    return part


def _free(row: SetAside, freed: list[Receipt]) -> None:
    """Receipts come out of their business; the floor hears of those it may sell.

    What an authority has ordered frozen never becomes free: it goes over at once where the floor has given it
    up already; a lot has to come back from the desk first, and is asked for again behind its own return.
    """
    ids = [receipt.pk for receipt in freed]
    was_in = [receipt for receipt in freed if receipt.business != Business.NONE]
    Receipt.objects.filter(pk__in=ids).update(business=Business.NONE, set_aside=None)
    SetAsideLine.objects.filter(receipt_id__in=ids, open=True).update(open=False)
    record_steps(
        [
            receipt_step(receipt, Action.LEAVE, Stage.FREE, Party.EXCHANGE, reference=row.reference)
            for receipt in was_in
        ],
        institution=EXCHANGE,
        actor=audit.SYSTEM,
    )
    at_desk = row.business in SELLING
    frozen = set() if at_desk or row.state != SetAsideState.ACTIVE else _freeze_at_once(was_in)
    floor_kg = sum(
        receipt.kg for receipt in freed if receipt.locked_until is None and receipt.pk not in frozen
    )
    if floor_kg:
        row.hand_backs += 1
        row.save(update_fields=["hand_backs"])
        command = give_back_command(
            set_aside_id=row.pk,
            business=row.business,
            holder_no=row.holder_no,
            product_number=row.product_number,
            kg=floor_kg,
        )
        outbox.enqueue(command, f"{RETURN}:{row.pk}:{row.hand_backs}")
    if at_desk:
        freeze_ordered(freed)


def _freeze_at_once(receipts: list[Receipt]) -> set[int]:
    """Goods under an order that the floor does not know of go from their business into the freeze."""
    ordered = court_orders.orders_over(receipts)
    for receipt in receipts:
        if receipt.pk in ordered:
            freeze = ordered[receipt.pk]
            receipt.business, receipt.set_aside_id = Business.NONE, None
            begun = begin([receipt], Business.FROZEN, court_orders.reference_of(freeze), SYSTEM)
            court_orders.mark(freeze, FreezeState.ACTIVE, begun.pk)
    return set(ordered)


def freeze_ordered(receipts: list[Receipt]) -> int:
    """Asks the floor for goods under an order that are in no business any more; for how many receipts.

    Orders over what has been sold or ended have nothing left to freeze.
    """
    ids = sorted(receipt.pk for receipt in receipts)
    list(Receipt.objects.select_for_update().filter(pk__in=ids).order_by("id").values_list("pk", flat=True))
    orders = Freeze.objects.select_for_update(of=("self",))
    orders = orders.filter(state=FreezeState.ORDERED, receipt_id__in=ids).order_by("pk")
    asked = 0
    for freeze in orders.select_related("receipt", "set_aside"):
        assert freeze.set_aside is not None, "an order waits for something"
        receipt, holder_no = freeze.receipt, freeze.set_aside.holder_no
        if receipt.state != ReceiptState.ISSUED or receipt.holder_no != holder_no:
            court_orders.mark(freeze, FreezeState.REFUSED)
        elif not receipt.set_aside_lines.filter(open=True).exists():
            row = set_aside(
                holder_no=holder_no,
                receipt_nos=[receipt.no],
                business=Business.FROZEN,
                reference=court_orders.reference_of(freeze),
                actor=SYSTEM,
                pull_orders=True,
            )
            active = row.state == SetAsideState.ACTIVE
            court_orders.mark(freeze, FreezeState.ACTIVE if active else FreezeState.ASKED, row.id)
            asked += 1
    return asked


def lessen(row: SetAside, kg: int) -> None:
    """Kilograms have left a set-aside that is in force."""
    row.left_kg -= kg
    if not row.left_kg:
        row.state, row.ended_at = SetAsideState.ENDED, calendar.now()
    row.save(update_fields=["left_kg", "state", "ended_at"])


# For the package's own businesses ---------------------------------------------------------------------


def take_at_once(receipts: list[Receipt], business: Business, reference: str, actor: Actor) -> SetAside:
    """Puts locked receipts into a business that ends in the same transaction, so the floor need not know.

    Raises as set_aside does, and ReceiptHeld when an open order promises goods of one.
    """
    _check_receipts(receipts, business)
    for receipt in receipts:
        if receipt.held_kg:
            raise ReceiptHeld(receipt=receipt.no, held_kg=receipt.held_kg)
    return begin(receipts, business, reference, actor)


def move_on(row: SetAside, business: Business, reference: str, actor: Actor) -> SetAsideRow:
    """Hands all receipts of a set-aside in force over to another business of the same holder, at once.

    Only along the transitions there are between businesses: a pledge is foreclosed into an auction, an
    expired receipt is picked up. The floor has given the goods up already.
    """
    receipts = lock_receipts_set_aside(row.pk)
    assert receipts
    court_orders.check_no_order(receipts)
    row.lines.update(open=False)
    lessen(row, row.left_kg)
    new = begin(receipts, business, reference, actor)
    return _row(new)


def begin(receipts: list[Receipt], business: Business, reference: str, actor: Actor) -> SetAside:
    """Locked receipts of one holder that are in no other set-aside enter a business at once."""
    kg = sum(receipt.kg for receipt in receipts)
    row = SetAside.objects.create(
        holder_no=receipts[0].holder_no,
        product_number=receipts[0].product_number,
        business=business,
        reference=reference,
        state=SetAsideState.ACTIVE,
        kg=kg,
        floor_kg=0,
        left_kg=kg,
        actor=actor.name,
        created_at=calendar.now(),
    )
    SetAsideLine.objects.bulk_create(
        SetAsideLine(set_aside=row, receipt=receipt, kg=receipt.kg) for receipt in receipts
    )
    ids = [receipt.pk for receipt in receipts]
    Receipt.objects.filter(pk__in=ids).update(business=business, set_aside=row)
    record_entry(receipts, row)
    return row


def end_receipts(
    row: SetAside, receipts: list[Receipt], ending: Ending, *, successor_id: int | None = None
) -> None:
    """Cancels receipts of a set-aside in force; their steps are the caller's to sign."""
    ids = [receipt.pk for receipt in receipts]
    Receipt.objects.filter(pk__in=ids).update(
        state=ReceiptState.CANCELLED,
        ended=ending,
        business=Business.NONE,
        set_aside=None,
        successor_id=successor_id,
    )
    SetAsideLine.objects.filter(receipt_id__in=ids, open=True).update(open=False)
    lessen(row, sum(receipt.kg for receipt in receipts))


# Reading ----------------------------------------------------------------------------------------------


def set_aside_by_id(set_aside_id: int) -> SetAsideRow:
    """A set-aside as it stands. Raises UnknownSetAside."""
    row = SetAside.objects.filter(pk=set_aside_id).first()
    if row is None:
        raise UnknownSetAside(set_aside=set_aside_id)
    return _row(row)


def set_asides_for(reference: str) -> list[SetAsideRow]:
    """All set-asides asked for under a reference, oldest first."""
    return [_row(row) for row in SetAside.objects.filter(reference=reference)]


def _row(row: SetAside) -> SetAsideRow:
    return SetAsideRow(
        id=row.pk,
        holder_no=row.holder_no,
        product_number=row.product_number,
        business=Business(row.business),
        reference=row.reference,
        state=SetAsideState(row.state),
        kg=row.kg,
        left_kg=row.left_kg,
        reason=row.reason,
        receipt_nos=tuple(row.lines.order_by("receipt_id").values_list("receipt__no", flat=True)),
        created_at=row.created_at,
    )
