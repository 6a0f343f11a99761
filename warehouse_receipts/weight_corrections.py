"""A weight that was read or typed wrongly 磅单更正: the keeper proposes, the exchange decides.

A load is never changed. What it should have said stands beside it as a correction of its own, by one person
of the store and another of the exchange; what follows in money is a new entry too.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import BadCase, OverShort, UnknownCase
from warehouse_receipts.errors import SamePerson
from warehouse_receipts.loads import weighed_kg
from warehouse_receipts.models import Load, Pickup, WeightCorrection
from warehouse_receipts.picking_up import OVER_SHORT_PCT
from warehouse_receipts.states import Decision
from warehouse_receipts.viewing import Viewer


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction, as keeper and operator see it."""

    correction_no: str
    pickup_no: str
    receipt_no: str
    warehouse_name: str
    kg: int
    """What the receipt stood for."""
    weighed_kg: int
    """What the scale said before this correction was asked for."""
    change_kg: int
    reason: str
    decision: Decision
    proposed_by: str
    proposed_at: datetime
    decided_by: str


@transaction.atomic
def propose_correction(
    pickup_no: str, receipt_no: str, *, warehouse_code: str, right_kg: int, reason: str, actor: Actor
) -> str:
    """The keeper says what the scale should have said; the correction's number.

    Raises UnknownCase (not this store's, or one is open already), BadCase, OverShort.
    """
    pickup = _locked_pickup(pickup_no)
    load = Load.objects.filter(
        pickup=pickup, receipt__no=receipt_no, pickup__warehouse__code=warehouse_code
    ).first()
    if load is None:
        raise UnknownCase(case=receipt_no)
    was_kg = weighed_kg(load)
    if not 2 <= len(reason.strip()) <= 300:
        raise BadCase(why_zh="更正原因（2 至 300 字）", why_en="a reason of 2 to 300 characters")
    if right_kg == was_kg or right_kg <= 0:
        raise BadCase(why_zh="更正后的重量", why_en="the weight as it should be")
    if load.corrections.filter(decision=Decision.WAITING).exists():
        raise BadCase(why_zh="该磅单已有更正待审核", why_en="a correction of this load waits already")
    _check_close(load.kg, right_kg)
    no = f"GZ{calendar.today():%Y%m%d}{next_number('weight correction'):06d}"
    WeightCorrection.objects.create(
        no=no,
        load=load,
        was_kg=was_kg,
        change_kg=right_kg - was_kg,
        reason=reason.strip(),
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    audit.record(
        actor=actor,
        action="pickup.propose_weight",
        subject=f"pickup:{pickup_no}",
        reason=reason.strip(),
        after={"correction": no, "receipt": receipt_no, "was_kg": was_kg, "right_kg": right_kg},
    )
    return no


@transaction.atomic
def decide_correction(no: str, *, approve: bool, actor: Actor) -> CorrectionRow:
    """Somebody of the exchange decides; approved, the weights of load and pickup are the corrected ones.

    Raises UnknownCase, SamePerson.
    """
    known = WeightCorrection.objects.filter(no=no).values_list("load__pickup__no", flat=True).first()
    if known is None:
        raise UnknownCase(case=no)
    pickup = _locked_pickup(known)
    row = WeightCorrection.objects.select_for_update(of=("self",)).select_related("load__receipt").get(no=no)
    if row.decision != Decision.WAITING:
        raise UnknownCase(case=no)
    if row.proposed_by == actor.name:
        raise SamePerson
    row.decision = Decision.APPROVED if approve else Decision.REFUSED
    row.decided_by, row.decided_at = actor.name, calendar.now()
    row.save(update_fields=["decision", "decided_by", "decided_at"])
    if approve:
        pickup.weighed_kg += row.change_kg
        pickup.save(update_fields=["weighed_kg"])
    audit.record(
        actor=actor,
        action="pickup.correct_weight" if approve else "pickup.refuse_weight",
        subject=f"pickup:{pickup.no}",
        reason=row.reason,
        after={"correction": no, "change_kg": row.change_kg},
    )
    return _row(row)


def corrections(viewer: Viewer, *, pickup_no: str = "", waiting: bool = False) -> list[CorrectionRow]:
    """Corrections of a store's loads, all for the operator; newest first."""
    rows = WeightCorrection.objects.select_related("load__receipt", "load__pickup__warehouse")
    if not viewer.operator:
        rows = rows.filter(load__pickup__warehouse__code=viewer.own_code("warehouse") or "")
    if pickup_no:
        rows = rows.filter(load__pickup__no=pickup_no)
    if waiting:
        rows = rows.filter(decision=Decision.WAITING)
    return [_row(row) for row in rows.order_by("-pk")[:100]]


def _check_close(kg: int, weighed: int) -> None:
    if abs(weighed - kg) * 100 > OVER_SHORT_PCT * kg:
        raise OverShort(weighed_kg=weighed, kg=kg)


def _locked_pickup(no: str) -> Pickup:
    """Raises UnknownCase."""
    pickup = Pickup.objects.select_for_update(of=("self",)).filter(no=no).first()
    if pickup is None:
        raise UnknownCase(case=no)
    return pickup


def _row(row: WeightCorrection) -> CorrectionRow:
    return CorrectionRow(
        correction_no=row.no,
        pickup_no=row.load.pickup.no,
        receipt_no=row.load.receipt.no,
        warehouse_name=row.load.pickup.warehouse.name,
        kg=row.load.kg,
        weighed_kg=row.was_kg,
        change_kg=row.change_kg,
        reason=row.reason,
        decision=Decision(row.decision),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
    )
