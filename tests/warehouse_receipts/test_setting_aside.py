"""One business at a time holds a receipt, and spot orders give way where they can."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import SYSTEM
from matching.desk_types import DeskCommand, DeskCommandKind
from matching.types import Command, CommandKind, Reason
from tests.warehouse_receipts.goods import BUYER, OTHER_SELLER, SELLER, a_receipt, a_trade, a_warehouse
from warehouse_receipts import selectors, services, verify
from warehouse_receipts.errors import (
    BadReceiptChoice,
    BadSetAsideKg,
    ReceiptExpired,
    ReceiptInBusiness,
    ReceiptLocked,
    ReceiptsShort,
    SetAsideNotActive,
    UnknownReceipt,
)
from warehouse_receipts.models import Receipt
from warehouse_receipts.setting_aside import floor_answered, hand_back, set_aside, set_aside_by_id
from warehouse_receipts.title import TitleBatch
from warehouse_receipts.types import Business, SetAsideRow, SetAsideState

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipts() -> list[str]:
    """Two receipts of the seller, five tonnes each."""
    warehouse = a_warehouse()
    return [a_receipt(warehouse, 5_000), a_receipt(warehouse, 5_000)]


def asked(*numbers: str, business: Business = Business.LISTING, holder_no: int = SELLER) -> SetAsideRow:
    return set_aside(
        holder_no=holder_no, receipt_nos=numbers, business=business, reference="listing:1", actor=SYSTEM
    )


def agreed(*numbers: str, business: Business = Business.LISTING) -> SetAsideRow:
    row = asked(*numbers, business=business)
    assert floor_answered(f"setaside:{row.id}", 9, 0)
    return set_aside_by_id(row.id)


def totals() -> tuple[int, int, int]:
    return selectors.receipt_totals(SELLER).get(1, (0, 0, 0))


def told_last() -> Command:
    return Command.unpack(outbox.pending()[-1].command)


def told_last_to_desk() -> DeskCommand:
    return DeskCommand.unpack(outbox.pending()[-1].command)


def test_the_floor_is_asked_for_the_goods_and_until_it_agrees_they_stay_on_sale(receipts: list[str]) -> None:
    row = asked(receipts[0])

    assert (row.state, row.kg, row.left_kg) == (SetAsideState.REQUESTED, 5_000, 0)
    assert told_last_to_desk() == DeskCommand(
        DeskCommandKind.LOT, account=SELLER, product=1, id=row.id, quantity=5_000
    )
    assert totals() == (10_000, 0, 0)


def test_once_the_floor_agrees_spot_orders_cannot_have_them(receipts: list[str]) -> None:
    row = agreed(receipts[0])

    assert (row.state, row.left_kg) == (SetAsideState.ACTIVE, 5_000)
    assert totals() == (5_000, 0, 0)
    assert selectors.sellable_kg() == {(SELLER, 1): (5_000, 0)}
    with pytest.raises(ReceiptsShort), transaction.atomic():
        services.hold_for_order(7, SELLER, 1, 5_001)
    assert verify.shortfalls() == []


def test_an_order_that_holds_a_chosen_receipt_gets_another_one(receipts: list[str]) -> None:
    services.hold_for_order(7, SELLER, 1, 3_000)
    services.hold_for_order(8, SELLER, 1, 1_000)
    agreed(receipts[0])

    assert [selectors.receipt_detail(no).receipt.held_kg for no in receipts] == [0, 4_000]
    services.transfer_title([a_trade(1, 7, 3_000)])
    services.release_hold(8, 1_000)
    assert totals() == (2_000, 0, 0)
    assert verify.shortfalls() == []


def test_a_refusal_leaves_everything_as_it_was_and_says_why(receipts: list[str]) -> None:
    row = asked(receipts[0])
    floor_answered(f"setaside:{row.id}", 9, Reason.INSUFFICIENT_GOODS)

    refused = set_aside_by_id(row.id)
    assert (refused.state, refused.reason) == (SetAsideState.REFUSED, "insufficient_goods")
    assert totals() == (10_000, 0, 0)
    assert agreed(receipts[0]).state == SetAsideState.ACTIVE


def test_goods_sold_while_the_request_waited_go_back_to_the_floor(receipts: list[str]) -> None:
    services.hold_for_order(7, SELLER, 1, 1_000)
    row = asked(receipts[0])
    services.transfer_title([a_trade(1, 7, 1_000)])
    floor_answered(f"setaside:{row.id}", 9, 0)

    refused = set_aside_by_id(row.id)
    assert (refused.state, refused.reason) == (SetAsideState.REFUSED, "receipt_changed")
    assert told_last_to_desk() == DeskCommand(DeskCommandKind.LOT_RETURN, id=row.id, quantity=5_000)
    assert totals() == (9_000, 0, 0)
    assert verify.shortfalls() == []


def test_a_receipt_is_in_one_business_at_a_time(receipts: list[str]) -> None:
    asked(receipts[0])
    with pytest.raises(ReceiptInBusiness):
        asked(receipts[0], business=Business.PLEDGE)
    agreed(receipts[1])
    with pytest.raises(ReceiptInBusiness):
        asked(receipts[1], business=Business.PLEDGE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.filter(no=receipts[1]).update(business=Business.PICKUP)


def test_what_cannot_be_set_aside(receipts: list[str]) -> None:
    with pytest.raises(UnknownReceipt):
        asked(receipts[0], holder_no=OTHER_SELLER)
    with pytest.raises(BadReceiptChoice):
        asked()
    with pytest.raises(BadReceiptChoice):
        asked(receipts[0], receipts[0])
    Receipt.objects.filter(no=receipts[0]).update(expires_on=calendar.today() - timedelta(days=1))
    with pytest.raises(ReceiptExpired):
        asked(receipts[0])


def test_goods_in_their_resale_lock_cannot_be_sold_but_can_be_picked_up(receipts: list[str]) -> None:
    services.hold_for_order(7, SELLER, 1, 5_000)
    services.transfer_title([a_trade(1, 7, 5_000)])
    waiting = len(outbox.pending())
    with pytest.raises(ReceiptLocked):
        asked(receipts[0], holder_no=BUYER)

    row = asked(receipts[0], holder_no=BUYER, business=Business.PICKUP)

    assert (row.state, row.left_kg) == (SetAsideState.ACTIVE, 5_000)
    services.unlock_receipts(date(2026, 12, 31))
    assert len(outbox.pending()) == waiting
    hand_back(row.id, reference="test")
    assert told_last() == Command(CommandKind.GOODS, account=BUYER, product=1, quantity=5_000)


def test_a_deal_takes_from_the_set_aside_and_the_rest_goes_back(receipts: list[str]) -> None:
    row = agreed(*receipts)
    with transaction.atomic():
        batch = TitleBatch()
        batch.transfer_set_aside(row.id, a_trade(1, 0, 6_000))
        parts = batch.write()
    assert (parts[1][0].receipt_no, parts[1][0].kg) == (receipts[0], 5_000)
    assert selectors.receipt_totals(BUYER) == {1: (0, 0, 6_000)}
    assert set_aside_by_id(row.id).left_kg == 4_000

    hand_back(row.id, 1_500, reference="test")
    assert totals() == (1_500, 0, 0)
    with pytest.raises(BadSetAsideKg):
        hand_back(row.id, 2_501, reference="test")
    ended = hand_back(row.id, reference="test")
    assert (ended.state, ended.left_kg, totals()) == (SetAsideState.ENDED, 0, (4_000, 0, 0))
    with pytest.raises(SetAsideNotActive):
        hand_back(row.id, reference="test")
    assert verify.shortfalls() == []


def test_more_than_was_set_aside_cannot_pass_to_a_buyer(receipts: list[str]) -> None:
    row = agreed(receipts[0])
    with pytest.raises(ReceiptsShort), transaction.atomic():
        TitleBatch().transfer_set_aside(row.id, a_trade(1, 0, 5_001))
    with pytest.raises(ReceiptsShort), transaction.atomic():
        TitleBatch().transfer_set_aside(row.id, a_trade(1, 0, 1_000, seller_no=OTHER_SELLER))


def test_set_aside_sold_out_within_one_batch_ends(receipts: list[str]) -> None:
    row = asked(receipts[0])
    with transaction.atomic():
        batch = TitleBatch()
        batch.take_out(row.id)
        batch.transfer_set_aside(row.id, a_trade(1, 0, 2_000))
        batch.transfer_set_aside(row.id, a_trade(2, 0, 3_000))
        batch.write()
    assert set_aside_by_id(row.id).state == SetAsideState.ENDED
    assert Receipt.objects.filter(business=Business.NONE, set_aside=None).count() == 3
    assert floor_answered(f"setaside:{row.id}", 9, 0)
    assert not Receipt.objects.exclude(issued_kg=F("kg") + F("split_kg")).exists()
    assert verify.shortfalls() == []
