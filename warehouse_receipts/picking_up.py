"""Pickup 提货: whole receipts leave the store against a code, a plate and an ID.

    requested → booked (slot confirmed) → arrived (code, plate, ID checked) → loads weighed out → done

Each load ends receipts, or a part split off one; what the scale says may be 2 % over or short (rule of the
market). What that means for contracts and money is not known here: `exchange.ops.pickups` tells those who
know, and is what pages and machines call. Stock falls by what the receipts stood
for, as weighed at intake: the difference is loss of mass or of the scale, not goods left behind. Storage and
handling fees fall on each holder of the goods for the days they were theirs (`storage_fees`). What is not
loaded goes back when the gate pass is written.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import (
    BadPickup,
    OverShort,
    PickupLocked,
    SlotFull,
    UnknownPickup,
    WrongPickupCode,
)
from warehouse_receipts.chain import receipt_step, sign_as_warehouse
from warehouse_receipts.errors import MixedReceipts, WarehouseNotActive
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.locks import lock_receipts_set_aside, lock_set_aside
from warehouse_receipts.models import Load, Pickup, Receipt, StockMovement
from warehouse_receipts.origins import shared_out
from warehouse_receipts.setting_aside import end_receipts, hand_back, move_on, set_aside
from warehouse_receipts.splitting import sign_split, split_off
from warehouse_receipts.states import PickupState
from warehouse_receipts.storage_fees import charge_load
from warehouse_receipts.types import Business, Ending, MovementKind, SetAsideRow, SetAsideState

OVER_SHORT_PCT = 2
MAX_WRONG_CODES = 5
CODE_DIGITS = 8
SLOT_MINUTES = 30
TRUCKS_PER_SLOT = 4
LATEST_DAYS = 30

_PLATE = re.compile(r"^[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}$")
_ID = re.compile(r"^\d{17}[\dX]$")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class NewPickup(NamedTuple):
    """A pickup asked for; code is shown once and kept nowhere."""

    no: str
    code: str
    kg: int


@transaction.atomic
def request_pickup(
    *,
    holder_no: int,
    receipt_nos: Sequence[str],
    plate: str,
    person: str,
    id_no: str,
    slot_at: datetime,
    actor: Actor,
) -> NewPickup:
    """The holder asks to fetch the goods of whole receipts in one warehouse. For a part, split first.

    Goods in their resale lock may be fetched; an expired receipt too. Raises BadPickup, SlotFull,
    MixedReceipts, and as set_aside does.
    """
    plate, id_no = plate.strip().upper(), id_no.strip().upper()
    _check_person(plate, person, id_no, slot_at)
    receipts = Receipt.objects.filter(holder_no=holder_no, no__in=receipt_nos).select_related("warehouse")
    if len({receipt.warehouse_id for receipt in receipts}) > 1:
        raise MixedReceipts
    no = f"TH{calendar.today():%Y%m%d}{next_number('pickup'):06d}"
    asked = _take(holder_no, receipt_nos, list(receipts), f"pickup:{no}", actor)
    warehouse = next(iter(receipts)).warehouse
    if warehouse.status == warehouse.Status.CLOSED:
        raise WarehouseNotActive(warehouse=warehouse.code)
    _check_slot(warehouse.pk, slot_at)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    Pickup.objects.create(
        no=no,
        holder_no=holder_no,
        warehouse=warehouse,
        product_number=asked.product_number,
        set_aside_id=asked.id,
        kg=asked.kg,
        plate=plate,
        person=person,
        id_masked=f"{id_no[:6]}********{id_no[-4:]}",
        id_hash=_keyed(no, id_no),
        code_hash=_keyed(no, code),
        slot_at=slot_at,
        requested_at=calendar.now(),
    )
    audit.record(
        actor=actor, action="pickup.request", subject=f"pickup:{no}", after={"kg": asked.kg, "plate": plate}
    )
    return NewPickup(no, code, asked.kg)


def _take(
    holder_no: int, receipt_nos: Sequence[str], receipts: list[Receipt], reference: str, actor: Actor
) -> SetAsideRow:
    """Sets receipts aside for a pickup; one that has expired goes over from that to this."""
    expired = [receipt for receipt in receipts if receipt.business == Business.EXPIRED]
    if len(expired) == len(receipt_nos) == 1:
        assert expired[0].set_aside_id is not None
        row = lock_set_aside(expired[0].set_aside_id)
        if row.state == SetAsideState.ACTIVE:
            return move_on(row, Business.PICKUP, reference, actor)
    return set_aside(
        holder_no=holder_no,
        receipt_nos=receipt_nos,
        business=Business.PICKUP,
        reference=reference,
        actor=actor,
    )


def _check_person(plate: str, person: str, id_no: str, slot_at: datetime) -> None:
    if not _PLATE.match(plate):
        raise BadPickup(why_zh="车牌号", why_en="number plate")
    if not person.strip() or not is_id_no(id_no):
        raise BadPickup(why_zh="提货人与身份证号", why_en="person and ID number")
    if not calendar.now() < slot_at <= calendar.now() + timedelta(days=LATEST_DAYS):
        raise BadPickup(why_zh="提货时间", why_en="time")


def is_id_no(id_no: str) -> bool:
    """Whether an ID number's check character is right (GB 11643)."""
    if not _ID.match(id_no):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(id_no, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == id_no[-1]


def _check_slot(warehouse_id: int, slot_at: datetime) -> None:
    start = slot_at - timedelta(minutes=slot_at.minute % SLOT_MINUTES, seconds=slot_at.second)
    others = Pickup.objects.filter(
        warehouse_id=warehouse_id,
        slot_at__gte=start,
        slot_at__lt=start + timedelta(minutes=SLOT_MINUTES),
        state__in=[PickupState.REQUESTED, PickupState.BOOKED, PickupState.ARRIVED],
    )
    if others.count() >= TRUCKS_PER_SLOT:
        raise SlotFull


def _keyed(no: str, secret: str) -> str:
    """HMAC-SHA-256 of a code or ID: who reads the table learns neither."""
    key = str(settings.SECRET_KEY).encode()
    return hmac.new(key, f"pickup:{no}:{secret}".encode(), hashlib.sha256).hexdigest()


# At the warehouse -------------------------------------------------------------------------------------


@transaction.atomic
def confirm_slot(no: str, *, warehouse_code: str, actor: Actor) -> None:
    """The warehouse confirms the slot; the goods must have left the market.

    Raises UnknownPickup, BadPickup.
    """
    pickup = _pickup(no, PickupState.REQUESTED, warehouse_code)
    if pickup.set_aside.state != SetAsideState.ACTIVE:
        raise BadPickup(why_zh="货物尚未从交易中退出", why_en="the goods have not left the market yet")
    pickup.state, pickup.confirmed_by = PickupState.BOOKED, actor.name
    pickup.save(update_fields=["state", "confirmed_by"])


def check_in(no: str, *, warehouse_code: str, code: str, plate: str, id_no: str, actor: Actor) -> None:
    """The truck is at the gate: code, plate and ID must all be right.

    Wrong ones are counted even though the call fails; after five the pickup is locked. Raises UnknownPickup,
    PickupLocked, WrongPickupCode.
    """
    with transaction.atomic():
        pickup = _pickup(no, PickupState.BOOKED, warehouse_code)
        if pickup.wrong_codes >= MAX_WRONG_CODES:
            raise PickupLocked(pickup=no)
        right = (
            hmac.compare_digest(pickup.code_hash, _keyed(no, code.strip()))
            and hmac.compare_digest(pickup.id_hash, _keyed(no, id_no.strip().upper()))
            and pickup.plate == plate.strip().upper()
        )
        if right:
            pickup.state, pickup.arrived_at = PickupState.ARRIVED, calendar.now()
        else:
            pickup.wrong_codes += 1
        pickup.save(update_fields=["state", "arrived_at", "wrong_codes"])
        audit.record(
            actor=actor,
            action="pickup.arrive" if right else "pickup.wrong_code",
            subject=f"pickup:{no}",
            after={"plate": plate, "wrong_codes": pickup.wrong_codes},
        )
    if not right:
        raise WrongPickupCode


@transaction.atomic
def weigh_out(no: str, *, warehouse_code: str, kg: int, weighed_kg: int, actor: Actor) -> list[str]:
    """Weighs a load out: it ends receipts of kg altogether; returns their numbers.

    The oldest first, and a part of the last is split off. Raises UnknownPickup, BadPickup (more than is
    left), OverShort (the scale is more than 2 % away).
    """
    pickup = _pickup(no, PickupState.ARRIVED, warehouse_code)
    row = lock_set_aside(pickup.set_aside_id)
    if not 0 < kg <= row.left_kg or weighed_kg <= 0:
        raise BadPickup(
            why_zh=f"数量（还可提 {row.left_kg} 公斤）", why_en=f"quantity ({row.left_kg} kg left)"
        )
    if abs(weighed_kg - kg) * 100 > OVER_SHORT_PCT * kg:
        raise OverShort(weighed_kg=weighed_kg, kg=kg)
    ended = _loaded(row.pk, kg, actor)
    parts = shared_out(weighed_kg, [receipt.kg for receipt in ended])
    end_receipts(row, ended, Ending.DELIVERED)
    for receipt, weighed in zip(ended, parts, strict=True):
        StockMovement.objects.create(
            warehouse_id=receipt.warehouse_id,
            product_number=receipt.product_number,
            kg=-receipt.kg,
            kind=MovementKind.PICKUP,
            room_id=receipt.intake.room_id,
            reference=pickup.no,
            at=calendar.now(),
        )
        load = Load.objects.create(
            pickup=pickup,
            receipt=receipt,
            kg=receipt.kg,
            weighed_kg=weighed,
            over_short_kg=weighed - receipt.kg,
            at=calendar.now(),
            actor=actor.name,
        )
        charge_load(load)
    steps = [
        receipt_step(
            receipt, Action.DELIVER, Stage.DELIVERED, Party.WAREHOUSE, pickup=pickup.no, weighed_kg=weighed
        )
        for receipt, weighed in zip(ended, parts, strict=True)
    ]
    sign_as_warehouse(steps, pickup.warehouse, actor)
    pickup.delivered_kg += kg
    pickup.weighed_kg += weighed_kg
    pickup.save(update_fields=["delivered_kg", "weighed_kg"])
    return [receipt.no for receipt in ended]


def _loaded(set_aside_id: int, kg: int, actor: Actor) -> list[Receipt]:
    """The receipts a load of kg ends: whole ones, oldest first, and a part split off the last."""
    ended, left = [], kg
    for receipt in lock_receipts_set_aside(set_aside_id):
        if not left:
            break
        part = receipt if receipt.kg <= left else _part(receipt, left, actor)
        ended.append(part)
        left -= part.kg
    return ended


def _part(receipt: Receipt, kg: int, actor: Actor) -> Receipt:
    """A part of a receipt in pickup; it is in the same business as its parent."""
    part = split_off(receipt, kg)
    Receipt.objects.filter(pk=part.pk).update(business=Business.PICKUP, set_aside_id=receipt.set_aside_id)
    part.business, part.set_aside_id = Business.PICKUP, receipt.set_aside_id
    sign_split(receipt, part, Stage.PICKUP, Party.WAREHOUSE, actor)
    return part


@transaction.atomic
def finish_pickup(no: str, *, warehouse_code: str, actor: Actor) -> str:
    """The truck leaves; returns the number of its gate pass 出门证. What was not loaded goes back.

    Raises UnknownPickup, BadPickup (nothing was loaded: cancel it).
    """
    pickup = _pickup(no, PickupState.ARRIVED, warehouse_code)
    if not pickup.delivered_kg:
        raise BadPickup(why_zh="尚未过磅出库", why_en="nothing was weighed out")
    if lock_set_aside(pickup.set_aside_id).left_kg:
        hand_back(pickup.set_aside_id, reference=f"pickup:{no}:rest")
    pickup.gate_pass_no = f"CM{calendar.today():%Y%m%d}{next_number('gate pass'):06d}"
    pickup.state, pickup.ended_at = PickupState.DONE, calendar.now()
    pickup.save(update_fields=["gate_pass_no", "state", "ended_at"])
    audit.record(
        actor=actor,
        action="pickup.done",
        subject=f"pickup:{no}",
        after={
            "kg": pickup.delivered_kg,
            "weighed_kg": pickup.weighed_kg,
            "gate_pass": pickup.gate_pass_no,
        },
    )
    return pickup.gate_pass_no


@transaction.atomic
def cancel_pickup(no: str, *, holder_no: int, reason: str, actor: Actor) -> None:
    """The holder calls a pickup off before anything was loaded. Raises UnknownPickup, BadPickup."""
    pickup = Pickup.objects.select_for_update(of=("self",)).filter(no=no, holder_no=holder_no).first()
    if pickup is None or pickup.state in {PickupState.DONE, PickupState.CANCELLED}:
        raise UnknownPickup(pickup=no)
    if pickup.delivered_kg:
        raise BadPickup(why_zh="已有货物出库", why_en="goods have left already")
    row = lock_set_aside(pickup.set_aside_id)
    if row.state == SetAsideState.ACTIVE:
        hand_back(row.pk, reference=f"pickup:{no}:cancelled")
    _end(pickup, reason)
    audit.record(actor=actor, action="pickup.cancel", subject=f"pickup:{no}", reason=reason)


def stop_pickup(set_aside_id: int, *, reason: str) -> None:
    """An authority's order ends a pickup, whatever the truck is doing; what was loaded before has left.

    One the floor has not answered yet gives its goods back with the answer. A truck that stands loaded gets
    its gate pass for what it has.
    """
    pickup = Pickup.objects.select_for_update(of=("self",)).get(set_aside_id=set_aside_id)
    if lock_set_aside(set_aside_id).state == SetAsideState.ACTIVE:
        hand_back(set_aside_id, reference=f"pickup:{pickup.no}:stopped")
    if not pickup.delivered_kg:
        _end(pickup, reason)
    audit.record(actor=SYSTEM, action="pickup.stop", subject=f"pickup:{pickup.no}", reason=reason)


def pickup_answered(row: SetAsideRow) -> None:
    """A pickup the floor refuses ends with the reason; one cancelled meanwhile gives its goods back."""
    pickup = Pickup.objects.select_for_update(of=("self",)).filter(set_aside_id=row.id).first()
    if pickup is None:
        return
    if row.state == SetAsideState.REFUSED and pickup.state == PickupState.REQUESTED:
        _end(pickup, row.reason)
    elif row.state == SetAsideState.ACTIVE and pickup.state == PickupState.CANCELLED:
        hand_back(row.id, reference=f"pickup:{pickup.no}:cancelled")


def refused_pickup_of(set_aside_id: int) -> str:
    """The pickup a set-aside was asked for, when it is over without having fetched anything; else empty."""
    over = Pickup.objects.filter(set_aside_id=set_aside_id, state=PickupState.CANCELLED)
    return over.values_list("no", flat=True).first() or ""


def _end(pickup: Pickup, reason: str) -> None:
    pickup.state, pickup.reason, pickup.ended_at = PickupState.CANCELLED, reason, calendar.now()
    pickup.save(update_fields=["state", "reason", "ended_at"])


def _pickup(no: str, state: PickupState, warehouse_code: str) -> Pickup:
    """A pickup of this warehouse in this state, locked. Raises UnknownPickup."""
    pickups = Pickup.objects.select_for_update(of=("self",)).select_related("warehouse", "set_aside")
    pickup = pickups.filter(no=no, state=state, warehouse__code=warehouse_code).first()
    if pickup is None:
        raise UnknownPickup(pickup=no)
    return pickup
