"""Holding, releasing and transferring goods in receipts."""

from datetime import date

import pytest
from django.db import transaction

from exchange.kernel import outbox
from matching.types import Command, CommandKind
from tests.warehouse_receipts.goods import BUYER, OTHER_SELLER, SELLER, a_receipt, a_trade, a_warehouse
from warehouse_receipts import selectors, services, verify
from warehouse_receipts.errors import ReceiptsShort
from warehouse_receipts.models import ReceiptHold
from warehouse_receipts.title import TitleBatch

pytestmark = pytest.mark.django_db


def held(no: str) -> int:
    return selectors.receipt_detail(no).receipt.held_kg


def test_the_oldest_receipts_are_held_first() -> None:
    warehouse = a_warehouse()
    first, second = a_receipt(warehouse, 5_000), a_receipt(warehouse, 5_000)

    services.hold_for_order(7, SELLER, 1, 6_000)

    assert (held(first), held(second)) == (5_000, 1_000)
    assert selectors.receipt_totals(SELLER) == {1: (4_000, 6_000, 0)}


def test_more_than_a_page_of_receipts_can_be_held_by_one_order() -> None:
    warehouse = a_warehouse()
    for _ in range(40):
        a_receipt(warehouse, 1_000)

    services.hold_for_order(7, SELLER, 1, 39_500)

    assert selectors.receipt_totals(SELLER) == {1: (500, 39_500, 0)}


def test_nobody_holds_goods_of_another_member_or_product() -> None:
    a_receipt(a_warehouse(), 5_000, owner_no=OTHER_SELLER)

    with pytest.raises(ReceiptsShort):
        services.hold_for_order(7, SELLER, 1, 1_000)
    with pytest.raises(ReceiptsShort):
        services.hold_for_order(7, OTHER_SELLER, 2, 1_000)

    assert not ReceiptHold.objects.exists()


def test_a_released_hold_frees_the_youngest_receipt_first_and_leaves_no_row() -> None:
    warehouse = a_warehouse()
    first, second = a_receipt(warehouse, 5_000), a_receipt(warehouse, 5_000)
    services.hold_for_order(7, SELLER, 1, 8_000)

    services.release_hold(7, 3_500)
    assert (held(first), held(second)) == (4_500, 0)

    services.release_hold(7, 4_500)
    assert not ReceiptHold.objects.exists()
    assert verify.shortfalls() == []


def test_a_receipt_sold_whole_keeps_its_number_and_is_locked() -> None:
    no = a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 5_000)

    parts = services.transfer_title([a_trade(1, 7, 5_000)])

    detail = selectors.receipt_detail(no)
    assert [(part.receipt_no, part.kg, part.split) for part in parts[1]] == [(no, 5_000, False)]
    assert (detail.receipt.holder_no, detail.receipt.held_kg) == (BUYER, 0)
    assert detail.receipt.locked_until == date(2026, 11, 28)
    assert [(row.from_no, row.to_no, row.kg) for row in detail.endorsements] == [(SELLER, BUYER, 5_000)]
    assert verify.shortfalls() == []


def test_a_part_becomes_a_child_that_knows_where_it_came_from() -> None:
    no = a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 5_000)

    parts = services.transfer_title([a_trade(1, 7, 2_000), a_trade(2, 7, 1_000)])

    (first,), (second,) = parts[1], parts[2]
    assert (first.kg, second.kg, first.root_no, first.split) == (2_000, 1_000, no, True)
    parent, child = selectors.receipt_detail(no), selectors.receipt_detail(second.receipt_no)
    assert (parent.receipt.kg, parent.receipt.held_kg, parent.receipt.holder_no) == (2_000, 2_000, SELLER)
    assert (child.receipt.root_no, child.receipt.parent_no, child.receipt.holder_no) == (no, no, BUYER)
    assert (child.orchard, child.inspection) == (parent.orchard, parent.inspection)
    assert verify.shortfalls() == []


def test_the_rest_of_a_split_receipt_is_sold_under_its_own_number() -> None:
    no = a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 5_000)

    parts = services.transfer_title([a_trade(1, 7, 2_000), a_trade(2, 7, 3_000)])

    assert [(part.receipt_no, part.kg) for part in parts[2]] == [(no, 3_000)]
    assert selectors.receipt_totals(SELLER) == {}
    assert selectors.receipt_totals(BUYER) == {1: (0, 0, 5_000)}
    assert verify.shortfalls() == []


def test_one_trade_can_take_several_receipts() -> None:
    warehouse = a_warehouse()
    first, second = a_receipt(warehouse, 5_000), a_receipt(warehouse, 5_000)
    services.hold_for_order(7, SELLER, 1, 9_000)

    parts = services.transfer_title([a_trade(1, 7, 6_000)])

    assert [(part.kg, part.root_no) for part in parts[1]] == [(5_000, first), (1_000, second)]
    assert held(second) == 3_000
    assert verify.shortfalls() == []


def test_a_batch_does_what_the_same_steps_do_one_by_one() -> None:
    warehouse = a_warehouse()
    a_receipt(warehouse, 5_000)
    a_receipt(warehouse, 5_000)
    services.hold_for_order(7, SELLER, 1, 4_000)

    with transaction.atomic():
        batch = TitleBatch([7, 8, 9])
        batch.release(7, 1_000)
        batch.hold(8, SELLER, 1, 6_000)
        batch.transfer(a_trade(1, 8, 5_500))
        batch.hold(9, SELLER, 1, 1_000)
        batch.release(9, 1_000)
        batch.release(8, 500)
        parts = batch.write()

    assert sum(part.kg for part in parts[1]) == 5_500
    assert selectors.receipt_totals(SELLER) == {1: (1_500, 3_000, 0)}
    assert set(ReceiptHold.objects.values_list("order_id", flat=True)) == {7}
    assert verify.shortfalls() == []


def test_a_trade_without_a_hold_stops_the_projector() -> None:
    a_receipt(a_warehouse(), 5_000)

    with pytest.raises(ReceiptsShort):
        services.transfer_title([a_trade(1, 7, 1_000)])


def test_what_was_bought_cannot_be_held_before_its_lock_ends() -> None:
    a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 5_000)
    services.transfer_title([a_trade(1, 7, 5_000)])

    with pytest.raises(ReceiptsShort):
        services.hold_for_order(8, BUYER, 1, 1_000)
    assert services.unlock_receipts(date(2026, 11, 27)) == 0
    assert services.unlock_receipts(date(2026, 11, 28)) == 1

    services.hold_for_order(8, BUYER, 1, 5_000)
    assert selectors.receipt_totals(BUYER) == {1: (0, 5_000, 0)}


def test_the_end_of_a_lock_tells_the_floor_once_per_member_and_product() -> None:
    a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 5_000)
    services.transfer_title([a_trade(1, 7, 1_000), a_trade(2, 7, 1_500), a_trade(3, 7, 2_500)])
    before = outbox.pending()[-1].id

    services.unlock_receipts(date(2026, 11, 28))
    services.unlock_receipts(date(2026, 11, 28))

    (row,) = outbox.pending(after=before)
    assert Command.unpack(row.command) == Command(CommandKind.GOODS, account=BUYER, product=1, quantity=5_000)


def test_a_receipt_bought_and_sold_on_carries_its_whole_chain() -> None:
    no = a_receipt(a_warehouse(), 5_000)
    services.hold_for_order(7, SELLER, 1, 3_000)
    ((bought,),) = services.transfer_title([a_trade(1, 7, 3_000)]).values()
    services.unlock_receipts(date(2026, 11, 28))
    services.hold_for_order(8, BUYER, 1, 1_000)

    ((sold_on,),) = services.transfer_title([a_trade(2, 8, 1_000, seller_no=BUYER, buyer_no=12)]).values()

    detail = selectors.receipt_detail(sold_on.receipt_no)
    assert (detail.receipt.root_no, detail.receipt.parent_no) == (no, bought.receipt_no)
    assert [(row.from_no, row.to_no, row.kg) for row in detail.endorsements] == [
        (SELLER, BUYER, 3_000),
        (BUYER, 12, 1_000),
    ]
    assert verify.shortfalls() == []
