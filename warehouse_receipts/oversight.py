"""What the exchange does to keep receipts honest: it has goods inspected again, and gives its reasons.

An order names a lot, a body and a day; the body's report ends it. What the report leads to is `reinspect`.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.ids import next_number
from warehouse_receipts import freezing
from warehouse_receipts.case_errors import BadCase, UnknownCase
from warehouse_receipts.errors import UnknownBody
from warehouse_receipts.importing import ImportMode, ImportReport, import_readings
from warehouse_receipts.inspecting import Reinspected, Residue, reinspect
from warehouse_receipts.locks import lock_intake
from warehouse_receipts.models import Freeze, Inspection, InspectionBody, LossNotice, ReinspectionOrder
from warehouse_receipts.states import ReinspectionState
from warehouse_receipts.types import CellSpec, IntakeState, Measurements, VarietyGroup


@transaction.atomic
def order_reinspection(intake_no: str, *, body_code: str, reason: str, due_on: date, actor: Actor) -> str:
    """Has a body inspect a stored lot again; returns the order's number.

    Raises UnknownIntake, UnknownBody, BadCase (not in store, one is open, the day has passed).
    """
    intake = lock_intake(intake_no)
    body = InspectionBody.objects.filter(code=body_code, active=True).first()
    if body is None:
        raise UnknownBody(body=body_code)
    if intake.state != IntakeState.STORED:
        raise BadCase(why_zh="该批货物不在库", why_en="the lot is not in store")
    if due_on < calendar.today():
        raise BadCase(why_zh="期限已过", why_en="its day has passed")
    if intake.reinspection_orders.filter(state=ReinspectionState.ORDERED).exists():
        raise BadCase(why_zh="该批货物已有待办复检", why_en="a re-inspection of it is open")
    order = ReinspectionOrder.objects.create(
        no=f"FJ{calendar.today():%Y%m%d}{next_number('reinspection order'):06d}",
        intake=intake,
        body=body,
        reason=reason,
        due_on=due_on,
        ordered_by=actor.name,
        ordered_at=calendar.now(),
    )
    after = {"order": order.no, "body": body.code, "due_on": due_on.isoformat()}
    audit.record(
        actor=actor, action="reinspection.order", subject=f"intake:{intake.no}", reason=reason, after=after
    )
    return order.no


@transaction.atomic
def withdraw_reinspection(no: str, *, reason: str, actor: Actor) -> None:
    """The exchange no longer wants it. Raises UnknownCase."""
    order = _open_order(no)
    order.note = reason
    _close(order, ReinspectionState.WITHDRAWN, actor)
    subject = f"intake:{order.intake.no}"
    audit.record(
        actor=actor, action="reinspection.withdraw", subject=subject, reason=reason, after={"order": no}
    )


@transaction.atomic
def report_reinspection(
    no: str,
    *,
    body_code: str,
    inspector: str,
    group: VarietyGroup,
    measured: Measurements,
    cells: Mapping[int, CellSpec],
    residues: Sequence[Residue] = (),
    actor: Actor,
) -> Reinspected:
    """The ordered body reports; the order is done. Raises UnknownCase, and as `reinspect` does."""
    order = _open_order(no)
    if order.body.code != body_code:
        raise UnknownCase(case=no)
    done = reinspect(
        order.intake.no,
        body=body_code,
        inspector=inspector,
        group=group,
        measured=measured,
        cells=cells,
        residues=residues,
        actor=actor,
    )
    order.report = Inspection.objects.get(no=done.report_no)
    _close(order, ReinspectionState.DONE, actor)
    return done


def _open_order(no: str) -> ReinspectionOrder:
    orders = ReinspectionOrder.objects.select_for_update(of=("self",)).select_related("body", "intake")
    order = orders.filter(no=no, state=ReinspectionState.ORDERED).first()
    if order is None:
        raise UnknownCase(case=no)
    return order


def _close(order: ReinspectionOrder, state: ReinspectionState, actor: Actor) -> None:
    order.state, order.closed_by, order.closed_at = state, actor.name, calendar.now()
    order.save(update_fields=["state", "closed_by", "closed_at", "note", "report"])


def import_climate(text: str, *, warehouse_code: str, mode: ImportMode, actor: Actor) -> ImportReport:
    """Reads a store's file of temperatures in for it, on the record. Raises as `import_readings`."""
    report = import_readings(text, warehouse_code=warehouse_code, mode=mode)
    after = {"loaded": report.loaded, "refused": report.refused}
    audit.record(
        actor=actor, action="warehouse.import_readings", subject=f"warehouse:{warehouse_code}", after=after
    )
    return report


# Decisions that must give a reason ---------------------------------------------------------------------


@transaction.atomic
def lift_freeze(freeze_id: int, *, reason: str, actor: Actor) -> None:
    """Lifts a freeze and keeps why. Raises as `freezing.lift_freeze`."""
    freezing.lift_freeze(freeze_id, actor=actor)
    freeze = Freeze.objects.select_related("receipt").get(pk=freeze_id)
    _keep_reason("freeze.lift_reason", freeze.receipt.no, freeze_id, reason, actor)


@transaction.atomic
def refuse_freeze(freeze_id: int, *, reason: str, actor: Actor) -> None:
    """Turns a proposed freeze down and keeps why. Raises as `freezing.decide_freeze`."""
    freezing.decide_freeze(freeze_id, approve=False, actor=actor)
    freeze = Freeze.objects.select_related("receipt").get(pk=freeze_id)
    _keep_reason("freeze.refuse_reason", freeze.receipt.no, freeze_id, reason, actor)


@transaction.atomic
def settle_objection(notice_id: int, *, upheld: bool, reason: str, actor: Actor) -> None:
    """Decides an objection to a loss and keeps why. Raises as `freezing.settle_objection`."""
    freezing.settle_objection(notice_id, upheld=upheld, actor=actor)
    notice = LossNotice.objects.select_related("receipt").get(pk=notice_id)
    action = "loss.uphold_objection" if upheld else "loss.dismiss_objection"
    _keep_reason(action, notice.receipt.no, notice_id, reason, actor)


def _keep_reason(action: str, receipt_no: str, case: int, reason: str, actor: Actor) -> None:
    audit.record(
        actor=actor, action=action, subject=f"receipt:{receipt_no}", reason=reason, after={"case": case}
    )
