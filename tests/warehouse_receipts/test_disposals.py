"""Receipts the exchange writes off or regrades: two persons, out of the market first, the holder told."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import calendar, outbox
from matching.types import Reason
from tests.warehouse_receipts.goods import CELL, SELLER
from tests.warehouse_receipts.test_businesses import (
    CHECKER,
    MAKER,
    OWNER,
    asked,
    receipt,
    reinspected,
    the_floor_agrees,
    whole,
)
from tests.warehouse_receipts.test_court_orders import order
from warehouse_receipts import selectors, services
from warehouse_receipts.case_errors import BadCase, NotDowngraded, ReceiptUnderOrder, UnknownCase
from warehouse_receipts.errors import BelowCell, ReceiptInBusiness, ReceiptNotValid, SamePerson
from warehouse_receipts.models import Disposal, Freeze, HolderNotice, Receipt
from warehouse_receipts.states import FreezeState
from warehouse_receipts.types import Business, Ending, Grade

__all__ = ["receipt"]

pytestmark = pytest.mark.django_db

LOWER = replace(CELL, product_number=2, grade=Grade.CLASS_2)
CELLS = {1: CELL, 2: LOWER}


def write_off(no: str) -> int:
    """A write-off, proposed and approved."""
    case = services.propose_write_off(no, reason="库温失控，整垛腐烂", actor=MAKER)
    services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS)
    return case


def ended(no: str) -> str:
    return Receipt.objects.get(no=no).ended


def test_goods_on_sale_leave_the_market_before_they_are_written_off(receipt: str) -> None:
    case = services.propose_write_off(receipt, reason="整垛腐烂", actor=MAKER)
    with pytest.raises(SamePerson), transaction.atomic():
        services.decide_disposal(case, approve=True, actor=MAKER, cells=CELLS)
    with pytest.raises(BadCase), transaction.atomic():
        services.propose_write_off(receipt, reason="再来一次", actor=MAKER)
    assert services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS) == "waiting"
    with pytest.raises(UnknownCase), transaction.atomic():
        services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS)
    assert [row.reference.split(":")[0] for row in outbox.pending()[-2:]] == ["setaside-pull", "setaside"]

    services.floor_answered(outbox.pending()[-1].reference, 1, Reason.INSUFFICIENT_GOODS)
    assert services.follow_disposals(CELLS) == 0
    with pytest.raises(ReceiptUnderOrder), transaction.atomic():
        asked(receipt, SELLER)
    services.follow_orders()
    the_floor_agrees()
    assert services.follow_disposals(CELLS) == 1
    assert services.follow_disposals(CELLS) == 0

    assert ended(receipt) == Ending.WRITTEN_OFF
    assert Freeze.objects.get().state == FreezeState.LIFTED, "no freeze outlives its receipt"
    assert [each.kind for each in HolderNotice.objects.all()] == ["written_off", "frozen"]
    assert selectors.receipt_totals(SELLER) == {}
    with pytest.raises(ReceiptNotValid):
        services.propose_write_off(receipt, reason="又一次", actor=MAKER)
    whole()


def test_goods_in_others_hands_or_under_a_court_s_order_are_not_written_off(receipt: str) -> None:
    pickup = asked(receipt, SELLER)
    the_floor_agrees()
    with pytest.raises(ReceiptInBusiness), transaction.atomic():
        services.propose_write_off(receipt, reason="整垛腐烂", actor=MAKER)
    services.cancel_pickup(pickup.no, holder_no=SELLER, reason="不提了", actor=OWNER)
    case = services.propose_write_off(receipt, reason="整垛腐烂", actor=MAKER)
    the_floor_agrees()
    order(receipt)
    the_floor_agrees()
    with pytest.raises(ReceiptUnderOrder), transaction.atomic():
        services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS)
    services.decide_disposal(case, approve=False, actor=CHECKER, cells=CELLS, note="法院已冻结")
    row = Disposal.objects.get()
    assert (row.state, row.note, ended(receipt)) == ("refused", "法院已冻结", "")


def test_a_write_off_ends_when_its_freeze_is_lifted(receipt: str) -> None:
    write_off(receipt)
    outbox_row = outbox.pending()[-1]
    services.floor_answered(outbox_row.reference, 1, 0)
    services.lift_freeze(Freeze.objects.get().pk, actor=CHECKER)
    assert services.follow_disposals(CELLS) == 0
    assert Disposal.objects.get().state == "refused"
    assert ended(receipt) == ""


def test_a_regrade_needs_a_report_that_says_so_and_waits_for_the_offer_to_end(receipt: str) -> None:
    with pytest.raises(NotDowngraded), transaction.atomic():
        services.propose_regrade(receipt, LOWER, reason="看着不好", actor=MAKER)
    row = services.set_aside(
        holder_no=SELLER, receipt_nos=[receipt], business=Business.LISTING, reference="l:1", actor=OWNER
    )
    the_floor_agrees()
    reinspected(receipt, colour_pct=60)
    with pytest.raises(BelowCell), transaction.atomic():
        services.propose_regrade(receipt, replace(LOWER, size_mm=99), reason="降等", actor=MAKER)
    case = services.propose_regrade(receipt, LOWER, reason="降等", actor=MAKER)
    assert services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS) == "waiting"
    services.hand_back(row.id, reference="l:1")
    services.sweep_downgrades()
    the_floor_agrees()
    assert services.follow_disposals(CELLS) == 1

    new = Receipt.objects.get(no=receipt).successor
    assert (new.product_number, new.holder_no, new.kg) == (2, SELLER, 20_000)
    whole()


def test_a_regrade_whose_report_has_changed_meanwhile_is_refused(receipt: str) -> None:
    reinspected(receipt, colour_pct=60)
    case = services.propose_regrade(receipt, LOWER, reason="降等", actor=MAKER)
    services.decide_disposal(case, approve=True, actor=CHECKER, cells=CELLS)
    reinspected(receipt, diameter_mm=60)
    the_floor_agrees()
    assert services.follow_disposals(CELLS) == 0
    assert (Disposal.objects.get().state, ended(receipt)) == ("refused", "")


def test_the_database_keeps_what_two_persons_agreed_on(receipt: str) -> None:
    case = services.propose_write_off(receipt, reason="整垛腐烂", actor=MAKER)
    for change in (
        {"state": "done"},
        {"reason": "别的"},
        {"state": "waiting", "decided_by": "maker", "decided_at": calendar.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Disposal.objects.filter(pk=case).update(**change)
