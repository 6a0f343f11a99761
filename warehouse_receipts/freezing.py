"""Freezes by authority, in a dispute or on a quality alert; and receipts reported lost.

A freeze is proposed by one person and decided by another. It takes the receipt out of the market, and an
authority's freeze cancels the orders that promise its goods. Over a receipt in another business it is an
order in force at once (`court_orders`); the exchange's own freezes are refused meanwhile, with the name of
that business.
"""

from datetime import date, timedelta

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import SYSTEM, Actor
from warehouse_receipts import court_orders
from warehouse_receipts.case_errors import BadCase, TooEarly, UnknownCase
from warehouse_receipts.changing import replace_receipt, tell_holder
from warehouse_receipts.errors import SamePerson, WrongStage
from warehouse_receipts.locks import lock_receipt, lock_receipts_set_aside, lock_set_aside
from warehouse_receipts.models import Disposal, Freeze, LossNotice, Receipt
from warehouse_receipts.picking_up import stop_pickup
from warehouse_receipts.pledging import stop_pledge
from warehouse_receipts.setting_aside import freeze_ordered, hand_back, set_aside
from warehouse_receipts.states import FreezeKind, FreezeState, LossState
from warehouse_receipts.types import SELLING, Business, SetAsideRow, SetAsideState

NOTICE_DAYS = 15
"""How long a loss is announced before the receipt is replaced."""

OPEN = (FreezeState.PROPOSED, FreezeState.ORDERED, FreezeState.ASKED, FreezeState.ACTIVE)

_BUSINESS = {
    FreezeKind.AUTHORITY: Business.FROZEN,
    FreezeKind.QUALITY: Business.FROZEN,
    FreezeKind.DISPUTE: Business.DISPUTED,
}


@transaction.atomic
def propose_freeze(
    no: str,
    *,
    kind: FreezeKind,
    authority: str,
    document_no: str,
    reason: str,
    until: date | None,
    actor: Actor,
) -> int:
    """Proposes to freeze a receipt; returns the case. Raises UnknownReceipt, BadCase."""
    receipt = lock_receipt(no)
    if not authority or not reason or (kind == FreezeKind.AUTHORITY and not document_no):
        raise BadCase(why_zh="机关、文号与事由", why_en="authority, document and reason")
    if until is not None and until < calendar.today():
        raise BadCase(why_zh="截止日期已过", why_en="its last day has passed")
    if receipt.freezes.filter(state__in=OPEN).exists():
        raise BadCase(why_zh="该仓单已有冻结", why_en="the receipt has an open freeze")
    freeze = Freeze.objects.create(
        kind=kind,
        receipt=receipt,
        authority=authority,
        document_no=document_no,
        reason=reason,
        until=until,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("freeze.propose", freeze, actor)
    return freeze.pk


@transaction.atomic
def decide_freeze(freeze_id: int, *, approve: bool, actor: Actor) -> None:
    """Carries a proposed freeze out, or turns it down. Raises UnknownCase, SamePerson, ReceiptInBusiness."""
    freeze = _open_freeze(freeze_id, FreezeState.PROPOSED)
    if freeze.proposed_by == actor.name:
        raise SamePerson
    _decide(freeze, approve=approve, pressing=freeze.kind == FreezeKind.AUTHORITY, actor=actor)


def _decide(freeze: Freeze, *, approve: bool, pressing: bool, actor: Actor) -> None:
    """pressing: over a receipt in business it is an order, and open orders that promise the goods end."""
    freeze.decided_by = actor.name
    line = freeze.receipt.set_aside_lines.filter(open=True).first()
    if approve and line is not None and pressing:
        freeze.set_aside_id, freeze.state = line.set_aside_id, FreezeState.ORDERED
        tell_holder(freeze.receipt, "frozen", why=freeze.kind, authority=freeze.authority)
    elif approve:
        asked = set_aside(
            holder_no=freeze.receipt.holder_no,
            receipt_nos=[freeze.receipt.no],
            business=_BUSINESS[FreezeKind(freeze.kind)],
            reference=f"freeze:{freeze.pk}",
            actor=actor,
            pull_orders=pressing,
        )
        freeze.set_aside_id = asked.id
        freeze.state = FreezeState.ACTIVE if asked.state == SetAsideState.ACTIVE else FreezeState.ASKED
        tell_holder(freeze.receipt, "frozen", why=freeze.kind, authority=freeze.authority)
    else:
        freeze.state = FreezeState.REFUSED
    freeze.save(update_fields=["state", "decided_by", "set_aside"])
    _audit("freeze.approve" if approve else "freeze.refuse", freeze, actor)
    if freeze.state == FreezeState.ORDERED:
        _end_business(freeze)


def freeze_for_write_off(receipt: Receipt, *, reason: str, maker: str, actor: Actor) -> Freeze:
    """Takes a receipt out of the market whose write-off two persons have decided; out of an offer as well.

    Raises BadCase when another freeze over it is open.
    """
    if receipt.freezes.filter(state__in=OPEN).exists():
        raise BadCase(why_zh="该仓单已有冻结", why_en="the receipt has an open freeze")
    freeze = Freeze.objects.create(
        kind=FreezeKind.QUALITY,
        receipt=receipt,
        authority="市场经营者",
        document_no=f"核销 {receipt.no}",
        reason=reason,
        proposed_by=maker,
        proposed_at=calendar.now(),
    )
    _decide(freeze, approve=True, pressing=True, actor=actor)
    return freeze


def _end_business(freeze: Freeze) -> None:
    """Ends what a receipt under an order is in, as far as that can be ended; the rest ends by itself."""
    assert freeze.set_aside_id is not None
    row = lock_set_aside(freeze.set_aside_id)
    why = f"冻结令 {freeze.document_no}".strip()
    match Business(row.business):
        case Business.PICKUP:
            stop_pickup(row.pk, reason=why)
        case Business.PLEDGE:
            stop_pledge(row.pk, reason=why)
        case Business.EXPIRED | Business.DOWNGRADED if row.state == SetAsideState.ACTIVE:
            hand_back(row.pk, reference=court_orders.reference_of(freeze))
        case business if business in SELLING:
            court_orders.pull_offers()


@transaction.atomic
def follow_orders() -> int:
    """Goes on with orders whose business has ended meanwhile, and pulls what is still offered. Run often."""
    court_orders.pull_offers()
    waiting = Freeze.objects.filter(state=FreezeState.ORDERED).select_related("receipt")
    receipts = [freeze.receipt for freeze in waiting]
    return freeze_ordered(receipts) if receipts else 0


def freeze_answered(row: SetAsideRow) -> None:
    """The floor said whether a freeze's goods leave the market. An order or a write-off asks again."""
    freeze = Freeze.objects.select_for_update().filter(set_aside_id=row.id, state=FreezeState.ASKED).first()
    if freeze is None:
        return
    if row.state == SetAsideState.ACTIVE:
        freeze.state = FreezeState.ACTIVE
    elif freeze.kind == FreezeKind.AUTHORITY or Disposal.objects.filter(freeze=freeze).exists():
        freeze.state = FreezeState.ORDERED
    else:
        freeze.state = FreezeState.REFUSED
    freeze.save(update_fields=["state"])


@transaction.atomic
def lift_freeze(freeze_id: int, *, actor: Actor) -> None:
    """Ends a freeze: the goods can be sold again, or the order waits no longer.

    Raises UnknownCase, SamePerson (who proposed it).
    """
    freeze = _open_freeze(freeze_id, FreezeState.ACTIVE, FreezeState.ORDERED)
    if freeze.proposed_by == actor.name:
        raise SamePerson
    assert freeze.set_aside_id is not None
    if freeze.state == FreezeState.ACTIVE:
        hand_back(freeze.set_aside_id, reference=f"freeze:{freeze.pk}:lifted")
    freeze.state, freeze.lifted_by, freeze.lifted_at = FreezeState.LIFTED, actor.name, calendar.now()
    freeze.save(update_fields=["state", "lifted_by", "lifted_at"])
    _audit("freeze.lift", freeze, actor)


@transaction.atomic
def lift_due_freezes(day: date) -> int:
    """Lifts freezes whose last day has passed; how many. Run daily."""
    open_ones = Freeze.objects.filter(state__in=[FreezeState.ACTIVE, FreezeState.ORDERED], until__lt=day)
    due = list(open_ones.values_list("pk", flat=True))
    for freeze_id in due:
        lift_freeze(freeze_id, actor=SYSTEM)
    return len(due)


def _open_freeze(freeze_id: int, *states: FreezeState) -> Freeze:
    freezes = Freeze.objects.select_for_update(of=("self",)).filter(pk=freeze_id, state__in=states)
    freeze = freezes.first()
    if freeze is None:
        raise UnknownCase(case=freeze_id)
    return freeze


def _audit(action: str, freeze: Freeze, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"receipt:{freeze.receipt.no}",
        reason=freeze.reason,
        after={"freeze": freeze.pk, "document": freeze.document_no, "authority": freeze.authority},
    )


# Lost receipts ----------------------------------------------------------------------------------------


@transaction.atomic
def report_loss(*, holder_no: int, no: str, reason: str, actor: Actor) -> int:
    """The holder reports a receipt lost; announced from today, open to objection. Returns the case.

    Raises BadCase and as set_aside does.
    """
    if not reason:
        raise BadCase(why_zh="挂失事由", why_en="reason")
    asked = set_aside(
        holder_no=holder_no, receipt_nos=[no], business=Business.LOST, reference=f"loss:{no}", actor=actor
    )
    today = calendar.today()
    notice = LossNotice.objects.create(
        receipt=lock_receipt(no),
        set_aside_id=asked.id,
        reason=reason,
        announced_on=today,
        objections_until=today + timedelta(days=NOTICE_DAYS),
        proposed_by=actor.name,
    )
    return notice.pk


def loss_answered(row: SetAsideRow) -> None:
    """A loss the floor did not agree to (open orders promise the goods) is withdrawn."""
    if row.state == SetAsideState.REFUSED:
        LossNotice.objects.filter(set_aside_id=row.id, state=LossState.ANNOUNCED).update(
            state=LossState.WITHDRAWN, objection=row.reason
        )


@transaction.atomic
def object_to_loss(notice_id: int, *, objection: str, actor: Actor) -> None:
    """Somebody else claims the receipt: nothing is replaced until that is settled."""
    notice = _open_loss(notice_id, LossState.ANNOUNCED)
    if not objection:
        raise BadCase(why_zh="异议事由", why_en="objection")
    notice.state, notice.objection = LossState.OBJECTED, objection
    notice.save(update_fields=["state", "objection"])
    audit.record(actor=actor, action="loss.object", subject=f"receipt:{notice.receipt.no}", reason=objection)


@transaction.atomic
def settle_objection(notice_id: int, *, upheld: bool, actor: Actor) -> None:
    """An objection is found right (the loss is withdrawn) or wrong (the notice runs on)."""
    notice = _open_loss(notice_id, LossState.OBJECTED)
    if actor.name == notice.proposed_by:
        raise SamePerson
    if upheld:
        _withdraw(notice, actor)
    else:
        notice.state = LossState.ANNOUNCED
        notice.save(update_fields=["state"])


@transaction.atomic
def withdraw_loss(notice_id: int, *, holder_no: int, actor: Actor) -> None:
    """The holder has found it. Raises UnknownCase."""
    notice = _open_loss(notice_id, LossState.ANNOUNCED)
    if notice.receipt.holder_no != holder_no:
        raise UnknownCase(case=notice_id)
    _withdraw(notice, actor)


def _withdraw(notice: LossNotice, actor: Actor) -> None:
    row = lock_set_aside(notice.set_aside_id)
    if row.state == SetAsideState.REQUESTED:
        _wrong_stage(notice)
    hand_back(row.pk, reference=f"loss:{notice.pk}:withdrawn")
    notice.state, notice.decided_at = LossState.WITHDRAWN, calendar.now()
    notice.save(update_fields=["state", "decided_at"])
    audit.record(actor=actor, action="loss.withdraw", subject=f"receipt:{notice.receipt.no}")


@transaction.atomic
def replace_lost(notice_id: int, *, actor: Actor) -> str:
    """Replaces a lost receipt once the notice has run without objection; returns the new number.

    Raises UnknownCase, SamePerson, TooEarly, WrongStage, ReceiptUnderOrder.
    """
    notice = _open_loss(notice_id, LossState.ANNOUNCED)
    if actor.name == notice.proposed_by:
        raise SamePerson
    if calendar.today() <= notice.objections_until:
        raise TooEarly(until=notice.objections_until.isoformat())
    row = lock_set_aside(notice.set_aside_id)
    if row.state != SetAsideState.ACTIVE:
        _wrong_stage(notice)
    receipts = lock_receipts_set_aside(row.pk)
    court_orders.check_no_order(receipts)
    new = replace_receipt(row, receipts, actor)
    notice.state = LossState.REPLACED
    notice.decided_by, notice.decided_at = actor.name, calendar.now()
    notice.save(update_fields=["state", "decided_by", "decided_at"])
    return new.no


def _wrong_stage(notice: LossNotice) -> None:
    raise WrongStage(receipt=notice.receipt.no, stage_zh="等待确认", stage_en="waiting for the floor")


def _open_loss(notice_id: int, state: LossState) -> LossNotice:
    notice = LossNotice.objects.select_for_update(of=("self",)).filter(pk=notice_id, state=state).first()
    if notice is None:
        raise UnknownCase(case=notice_id)
    return notice
