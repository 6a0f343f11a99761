"""The exchange ends a receipt: written off when its goods are gone, regraded when they are another product.

One person proposes, another decides. A receipt that is still in the market leaves it first: a write-off
freezes it at once, out of an open offer as well, and cancels the orders that promise its goods; a regrade
pulls the offers and follows the downgrade. Then it is carried out (`follow_disposals`), the holder is told.
"""

import logging
from collections.abc import Mapping

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from warehouse_receipts import court_orders
from warehouse_receipts.case_errors import BadCase, NotDowngraded, ReceiptUnderOrder, UnknownCase
from warehouse_receipts.changing import regrade_receipt, write_off_receipt
from warehouse_receipts.checks import check_deliverable
from warehouse_receipts.errors import ReceiptInBusiness, ReceiptNotValid, SamePerson
from warehouse_receipts.freezing import freeze_for_write_off
from warehouse_receipts.inspecting import sweep_downgrades
from warehouse_receipts.intake import report_of
from warehouse_receipts.locks import lock_receipt
from warehouse_receipts.models import Disposal, Freeze, Receipt, SetAsideLine
from warehouse_receipts.states import DisposalKind, DisposalState, FreezeKind, FreezeState
from warehouse_receipts.types import Business, CellSpec, ReceiptState, SetAsideState

log = logging.getLogger(__name__)

OPEN = (DisposalState.PROPOSED, DisposalState.WAITING)

ON_SALE = frozenset({Business.NONE, Business.LISTING, Business.AUCTION})
"""Where the exchange can pull a receipt out of; pledge, pickup, contract and the others end by themselves."""

OUT_OF_MARKET = {
    DisposalKind.WRITE_OFF: frozenset({Business.DOWNGRADED, Business.EXPIRED, Business.FROZEN}),
    DisposalKind.REGRADE: frozenset({Business.DOWNGRADED}),
}
"""Businesses a receipt may be disposed of from (`lifecycle.TRANSITIONS`)."""


@transaction.atomic
def propose_write_off(no: str, *, reason: str, actor: Actor) -> int:
    """Proposes to write a receipt off; returns the case.

    Raises UnknownReceipt, ReceiptNotValid, ReceiptInBusiness, ReceiptUnderOrder (an authority's), BadCase.
    """
    receipt = lock_receipt(no)
    _check_can_leave(receipt, DisposalKind.WRITE_OFF)
    return _propose(receipt, DisposalKind.WRITE_OFF, reason, None, actor)


@transaction.atomic
def propose_regrade(no: str, cell: CellSpec, *, reason: str, actor: Actor) -> int:
    """Proposes another product for a receipt whose own the last report no longer supports; the case.

    Raises as propose_write_off does, BelowCell, and NotDowngraded when the goods still are what it says.
    """
    receipt = lock_receipt(no)
    _check_can_leave(receipt, DisposalKind.REGRADE)
    if not _is_unfit(receipt):
        raise NotDowngraded(receipt=no)
    if cell.product_number == receipt.product_number:
        raise BadCase(why_zh="新品种与原品种相同", why_en="another product")
    check_supported(receipt, cell)
    return _propose(receipt, DisposalKind.REGRADE, reason, cell.product_number, actor)


def check_supported(receipt: Receipt, cell: CellSpec) -> None:
    """Raises BelowCell when the lot's last report does not support a product."""
    intake = receipt.intake
    store = intake.room.kind if intake.room else intake.warehouse.kind
    check_deliverable(intake, store, report_of(intake), cell)


def _is_unfit(receipt: Receipt) -> bool:
    return receipt.business == Business.DOWNGRADED or (
        receipt.product_number in receipt.intake.unfit_products
    )


def _check_can_leave(receipt: Receipt, kind: DisposalKind) -> None:
    if receipt.state != ReceiptState.ISSUED:
        raise ReceiptNotValid(receipt=receipt.no)
    court_orders.check_no_order([receipt])
    line = SetAsideLine.objects.filter(receipt=receipt, open=True).select_related("set_aside").first()
    business = Business.NONE if line is None else Business(line.set_aside.business)
    if business not in ON_SALE | OUT_OF_MARKET[kind]:
        raise ReceiptInBusiness(receipt=receipt.no, business_zh=business.label, business_en=business.value)
    frozen = Freeze.objects.filter(receipt=receipt, state__in=[FreezeState.ASKED, FreezeState.ACTIVE])
    if frozen.filter(kind=FreezeKind.AUTHORITY).exists():
        raise ReceiptUnderOrder(receipt=receipt.no)


def _propose(
    receipt: Receipt, kind: DisposalKind, reason: str, product_number: int | None, actor: Actor
) -> int:
    if not reason.strip():
        raise BadCase(why_zh="事由", why_en="reason")
    if receipt.disposals.filter(state__in=OPEN).exists():
        raise BadCase(why_zh="该仓单已有待办处置", why_en="a disposal of it is open")
    disposal = Disposal.objects.create(
        kind=kind,
        receipt=receipt,
        product_number=product_number,
        reason=reason.strip(),
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("propose", disposal, actor)
    return disposal.pk


@transaction.atomic
def decide_disposal(
    disposal_id: int, *, approve: bool, actor: Actor, cells: Mapping[int, CellSpec], note: str = ""
) -> DisposalState:
    """Another person decides; approved, it is done at once or as soon as the receipt has left the market.

    cells: the grade cells of the products. Raises UnknownCase, SamePerson, and as the proposal does.
    """
    disposal = _locked(disposal_id, DisposalState.PROPOSED)
    if disposal.proposed_by == actor.name:
        raise SamePerson
    disposal.decided_by, disposal.decided_at, disposal.note = actor.name, calendar.now(), note
    disposal.state = DisposalState.WAITING if approve else DisposalState.REFUSED
    if approve:
        _check_can_leave(disposal.receipt, DisposalKind(disposal.kind))
        if disposal.kind == DisposalKind.WRITE_OFF and not _left_market(disposal):
            disposal.freeze = freeze_for_write_off(
                disposal.receipt, reason=disposal.reason, maker=disposal.proposed_by, actor=actor
            )
    disposal.save(update_fields=["decided_by", "decided_at", "note", "state", "freeze"])
    _audit("approve" if approve else "refuse", disposal, actor)
    if approve:
        if disposal.kind == DisposalKind.REGRADE:
            court_orders.pull_offers()
            sweep_downgrades(intake_no=disposal.receipt.intake.no)
        _follow(disposal, cells)
    return DisposalState(disposal.state)


def follow_disposals(cells: Mapping[int, CellSpec]) -> int:
    """Carries out what was decided and waited for the market; how many were. Run often.

    Each in a transaction of its own: one that cannot be done is refused with the reason, or waits.
    """
    waiting = Disposal.objects.filter(state=DisposalState.WAITING).order_by("pk")
    return sum(_follow_one(pk, cells) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def _follow_one(disposal_id: int, cells: Mapping[int, CellSpec]) -> bool:
    known = Disposal.objects.filter(pk=disposal_id).values_list("receipt__no", flat=True).first()
    if known is None:
        return False
    lock_receipt(known)
    disposal = Disposal.objects.select_for_update(of=("self",)).select_related("receipt__intake")
    row = disposal.filter(pk=disposal_id, state=DisposalState.WAITING).first()
    return row is not None and _follow(row, cells)


def _follow(disposal: Disposal, cells: Mapping[int, CellSpec]) -> bool:
    if _left_market(disposal):
        return _carry_out(disposal, cells)
    over = _why_over(disposal)
    if over:
        _refuse(disposal, over)
    return False


def _left_market(disposal: Disposal) -> bool:
    receipt = Receipt.objects.select_related("set_aside").get(pk=disposal.receipt_id)
    row = receipt.set_aside
    out = receipt.business in OUT_OF_MARKET[DisposalKind(disposal.kind)]
    return out and row is not None and row.state == SetAsideState.ACTIVE


def _why_over(disposal: Disposal) -> str:
    """Why a disposal that waits will never be carried out; "" while it may."""
    receipt = Receipt.objects.select_related("intake").get(pk=disposal.receipt_id)
    if receipt.state != ReceiptState.ISSUED:
        return "仓单已注销"
    if disposal.freeze is not None:
        ended = disposal.freeze.state in {FreezeState.LIFTED, FreezeState.REFUSED}
        return "冻结已解除，或货物在此之前已成交" if ended else ""
    return "" if _is_unfit(receipt) else "货物已复检合格"


def _carry_out(disposal: Disposal, cells: Mapping[int, CellSpec]) -> bool:
    """The decision was two persons'; the step is signed in the name of who approved it."""
    by, no = Actor(disposal.decided_by), disposal.receipt.no
    try:
        with transaction.atomic():
            if disposal.kind == DisposalKind.WRITE_OFF:
                write_off_receipt(no, reason=disposal.reason, actor=by)
            else:
                assert disposal.product_number is not None
                regrade_receipt(no, cells[disposal.product_number], actor=by)
    except JinguoError as error:
        log.warning("disposal %s of %s is refused: %s", disposal.pk, no, error.code)
        _refuse(disposal, error.message("zh"))
        return False
    disposal.state = DisposalState.DONE
    disposal.save(update_fields=["state"])
    return True


def _refuse(disposal: Disposal, why: str) -> None:
    disposal.state, disposal.note = DisposalState.REFUSED, why[:500]
    disposal.save(update_fields=["state", "note"])
    _audit("fail", disposal, audit.SYSTEM)


def _locked(disposal_id: int, state: DisposalState) -> Disposal:
    known = Disposal.objects.filter(pk=disposal_id).values_list("receipt__no", flat=True).first()
    if known is None:
        raise UnknownCase(case=disposal_id)
    lock_receipt(known)
    rows = Disposal.objects.select_for_update(of=("self",)).select_related("receipt__intake")
    row = rows.filter(pk=disposal_id, state=state).first()
    if row is None:
        raise UnknownCase(case=disposal_id)
    return row


def _audit(step: str, disposal: Disposal, actor: Actor) -> None:
    after = {"disposal": disposal.pk, "kind": disposal.kind, "product": disposal.product_number}
    audit.record(
        actor=actor,
        action=f"disposal.{step}",
        subject=f"receipt:{disposal.receipt.no}",
        reason=disposal.note or disposal.reason,
        after=after,
    )
