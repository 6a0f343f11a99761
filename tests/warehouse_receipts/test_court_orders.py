"""An authority freezes a receipt in another business: at once, and without harm to who bought before."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel import calendar, outbox
from matching.types import Reason
from tests.warehouse_receipts.goods import BUYER, SELLER, a_receipt, a_warehouse
from tests.warehouse_receipts.test_businesses import (
    CHECKER,
    MAKER,
    OWNER,
    arrived,
    asked,
    bought,
    id_number,
    pledge,
    receipt,
    the_floor_agrees,
    whole,
)
from warehouse_receipts import services
from warehouse_receipts.case_errors import ReceiptUnderOrder, UnknownPickup
from warehouse_receipts.court_orders import is_ordered, orders_on
from warehouse_receipts.errors import ReceiptInBusiness
from warehouse_receipts.models import Freeze, Pickup, Pledge, Receipt
from warehouse_receipts.public_check import checked_receipt
from warehouse_receipts.states import FreezeKind, FreezeState, PickupState, PledgeState
from warehouse_receipts.types import Business

__all__ = ["bought", "pledge", "receipt"]

pytestmark = pytest.mark.django_db

COURT, DOCUMENT = "咸阳市中级人民法院", "(2026)陕04执1号"


def order(no: str, *, kind: FreezeKind = FreezeKind.AUTHORITY) -> int:
    """A freeze, proposed and decided."""
    case = services.propose_freeze(
        no,
        kind=kind,
        authority=COURT,
        document_no=DOCUMENT,
        reason="财产保全",
        until=calendar.today() + timedelta(days=180),
        actor=MAKER,
    )
    services.decide_freeze(case, approve=True, actor=CHECKER)
    return case


def business(no: str) -> str:
    return Receipt.objects.get(no=no).business


def test_a_truck_is_turned_away_at_the_gate_and_the_goods_are_frozen(bought: str) -> None:
    pickup = asked(bought)
    services.confirm_slot(pickup.no, warehouse_code="XY01", actor=MAKER)
    case = order(bought)

    assert Freeze.objects.get(pk=case).state == FreezeState.ACTIVE
    assert business(bought) == Business.FROZEN
    with pytest.raises(UnknownPickup):
        services.check_in(
            pickup.no,
            warehouse_code="XY01",
            code=pickup.code,
            plate="陕D12345",
            id_no=id_number(),
            actor=MAKER,
        )
    stopped = Pickup.objects.get()
    assert (stopped.state, stopped.reason) == (PickupState.CANCELLED, f"冻结令 {DOCUMENT}")
    with pytest.raises(ReceiptInBusiness), transaction.atomic():
        asked(bought)
    services.lift_freeze(case, actor=CHECKER)
    assert business(bought) == Business.NONE
    whole()


def test_what_was_loaded_before_the_order_leaves_and_the_rest_stays(bought: str) -> None:
    pickup = arrived(bought)
    services.weigh_out(pickup.no, warehouse_code="XY01", kg=12_000, weighed_kg=12_000, actor=MAKER)
    order(bought)

    left = Receipt.objects.get(no=bought)
    assert (left.kg, left.business) == (8_000, Business.FROZEN)
    with pytest.raises(Exception, match="bad_pickup"), transaction.atomic():
        services.weigh_out(pickup.no, warehouse_code="XY01", kg=1, weighed_kg=1, actor=MAKER)
    assert services.finish_pickup(pickup.no, warehouse_code="XY01", actor=MAKER)
    whole()


def test_an_order_over_a_pledge_waits_for_the_lender_and_stops_all_else(pledge: str, receipt: str) -> None:
    services.decide_pledge(pledge, lender_code="QN", approve=True, actor=CHECKER)
    the_floor_agrees()
    case = order(receipt)

    assert is_ordered(receipt)
    assert checked_receipt(receipt, calendar.today()).ordered
    assert orders_on([receipt])[receipt].authority == COURT
    day = Pledge.objects.get().due_on + timedelta(days=1)
    services.ask_foreclosure(pledge, lender_code="QN", reason="逾期", day=day, actor=CHECKER)
    with pytest.raises(ReceiptUnderOrder), transaction.atomic():
        services.decide_foreclosure(pledge, approve=True, actor=MAKER)
    for change in ("business = 'auction'", "state = 'cancelled', ended = 'delivered', business = 'none'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE warehouse_receipts_receipt SET {change} WHERE no = %s", [receipt])
    services.decide_foreclosure(pledge, approve=False, actor=MAKER)
    before = len(outbox.pending())

    services.release_pledge(pledge, lender_code="QN", actor=CHECKER)

    assert Freeze.objects.get(pk=case).state == FreezeState.ACTIVE
    assert business(receipt) == Business.FROZEN
    assert len(outbox.pending()) == before, "the floor gave these goods up before and hears nothing"
    whole()


def test_a_pledge_not_registered_yet_ends_with_the_order(pledge: str, receipt: str) -> None:
    case = order(receipt)
    assert Pledge.objects.get().state == PledgeState.REFUSED
    the_floor_agrees()

    assert Freeze.objects.get(pk=case).state == FreezeState.ACTIVE
    assert business(receipt) == Business.FROZEN
    whole()


def test_an_order_is_asked_for_again_until_the_floor_gives_the_goods_up(receipt: str) -> None:
    case = order(receipt)
    for _ in range(2):
        services.floor_answered(outbox.pending()[-1].reference, 1, Reason.INSUFFICIENT_GOODS)
        assert Freeze.objects.get(pk=case).state == FreezeState.ORDERED
        with pytest.raises(ReceiptUnderOrder), transaction.atomic():
            services.split_receipt(holder_no=SELLER, no=receipt, parts_kg=[10_000, 10_000], actor=OWNER)
        with pytest.raises(ReceiptUnderOrder), transaction.atomic():
            asked(receipt, SELLER)
        assert services.follow_orders() == 1
        assert services.follow_orders() == 0
    the_floor_agrees()

    assert Freeze.objects.get(pk=case).state == FreezeState.ACTIVE
    assert business(receipt) == Business.FROZEN


def test_an_order_lifted_or_run_out_while_it_waits_stops_nothing(pledge: str, receipt: str) -> None:
    services.decide_pledge(pledge, lender_code="QN", approve=True, actor=CHECKER)
    the_floor_agrees()
    services.lift_freeze(order(receipt), actor=CHECKER)
    order(receipt)
    assert services.lift_due_freezes(calendar.today() + timedelta(days=181)) == 1
    services.release_pledge(pledge, lender_code="QN", actor=CHECKER)
    assert business(receipt) == Business.NONE
    whole()


def test_only_an_authority_interrupts_a_business(bought: str) -> None:
    asked(bought)
    with pytest.raises(ReceiptInBusiness), transaction.atomic():
        order(bought, kind=FreezeKind.QUALITY)
    assert a_receipt(a_warehouse("XY02"), 1_000)
    assert Receipt.objects.get(no=bought).holder_no == BUYER
