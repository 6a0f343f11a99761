"""What the database itself refuses, whoever asks: raw changes to kilograms, holders and history."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from exchange.kernel.audit import SYSTEM
from tests.standing import standing
from tests.warehouse_receipts.goods import (
    BUYER,
    CELL,
    SELLER,
    a_receipt,
    a_trade,
    a_warehouse,
    an_inspected_lot,
)
from warehouse_receipts import services, verify
from warehouse_receipts.models import (
    Endorsement,
    Inspection,
    Intake,
    Receipt,
    ReceiptHold,
    SetAside,
    Stock,
    StockMovement,
)
from warehouse_receipts.setting_aside import set_aside
from warehouse_receipts.types import Business

pytestmark = pytest.mark.django_db

ORDER = 7


@pytest.fixture(scope="module")
def standing_receipt(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """10 t, of which 6 t are promised and 2 t of those sold."""
    with standing(django_db_blocker, a_half_sold_receipt):
        yield


@pytest.fixture(autouse=True)
def _tables(standing_receipt: None, db: None) -> None:
    """Each test's own changes are rolled back to the receipt."""


def a_half_sold_receipt() -> None:
    a_receipt(a_warehouse(), 10_000)
    services.hold_for_order(ORDER, SELLER, 1, 6_000)
    services.transfer_title([a_trade(1, ORDER, 2_000)])


@contextmanager
def refused() -> Iterator[None]:
    """The block breaks a rule and changes nothing."""
    with pytest.raises(IntegrityError), transaction.atomic():
        yield
    assert verify.shortfalls() == []


def parent() -> Receipt:
    return Receipt.objects.get(parent__isnull=True)


def child() -> Receipt:
    return Receipt.objects.get(parent__isnull=False)


def copied(receipt: Receipt, **changes: object) -> Receipt:
    """A new receipt like another one, unsaved."""
    values = {field.attname: getattr(receipt, field.attname) for field in Receipt._meta.concrete_fields}
    kg = changes.get("issued_kg", 1_000)
    fresh = {"id": 99, "no": "JG99", "issued_kg": kg, "kg": kg, "held_kg": 0, "split_kg": 0}
    return Receipt(**{**values, **fresh, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"kg": 9_000},
        {"kg": 7_000, "split_kg": 3_000},
        {"kg": 7_000, "split_kg": 3_000, "issued_kg": 10_000},
        {"kg": 0, "split_kg": 10_000},
        {"issued_kg": 20_000},
        {"issued_kg": 11_000, "kg": 9_000},
        {"held_kg": -1},
        {"held_kg": 8_001},
        {"product_number": 2},
        {"no": "JG1"},
        {"holder_no": BUYER},
        {"title_hash": "0" * 64},
        {"state": "lost"},
    ],
    ids=str,
)
def test_what_a_receipt_stands_for_cannot_be_rewritten(change: dict[str, object]) -> None:
    with refused():
        Receipt.objects.filter(pk=parent().pk).update(**change)


def test_a_receipt_cannot_be_deleted() -> None:
    with refused():
        Receipt.objects.filter(pk=child().pk)._raw_delete("default")


def test_a_root_needs_goods_in_its_lot() -> None:
    with refused():
        copied(parent(), parent=None, root=None).save(force_insert=True)


def test_a_root_needs_goods_of_its_cell() -> None:
    other = replace(CELL, product_number=2, size_mm=75)
    services.store_intake(an_inspected_lot("XY01", 10_000), other)

    with refused():
        copied(parent(), product_number=2).save(force_insert=True)


@pytest.mark.parametrize("key", ["inspection_id", "intake_id", "warehouse_id"])
def test_a_root_stands_on_what_exists(key: str) -> None:
    intake_no = an_inspected_lot("XY01", 10_000)
    services.store_intake(intake_no, CELL)
    root = copied(parent(), intake_id=Intake.objects.get(no=intake_no).pk)
    setattr(root, key, 10**9)
    with refused():
        root.save(force_insert=True)
        connection.check_constraints()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["inspection", "intake", "warehouse"])
def test_what_receipts_stand_on_cannot_be_emptied(table: str) -> None:
    connection.check_constraints()
    with refused(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE warehouse_receipts_{table} CASCADE")


@pytest.mark.parametrize(
    "change",
    [
        {"parent_offset_kg": 0},
        {"parent_offset_kg": 2_500},
        {"parent_offset_kg": 2_000, "issued_kg": 8_000},
        {"parent_offset_kg": 2_000, "issued_kg": 8_001},
        {"parent_offset_kg": 2_000, "issued_kg": 4_001},
        {"parent_offset_kg": 2_000, "product_number": 2},
        {"parent_offset_kg": 2_000, "root_id": None},
        {"parent_offset_kg": None},
        {"parent_offset_kg": 2_000, "held_kg": 1},
        {"parent_offset_kg": 2_000, "kg": 500},
    ],
    ids=str,
)
def test_a_child_takes_exactly_the_next_free_kilograms(change: dict[str, object]) -> None:
    with refused():
        copied(child(), **change).save(force_insert=True)


def test_a_child_of_the_next_free_kilograms_is_taken_out_of_its_parent() -> None:
    copied(child(), parent_offset_kg=2_000, issued_kg=4_000).save(force_insert=True)

    assert (parent().kg, parent().split_kg) == (4_000, 6_000)


def several(*changes: dict[str, object]) -> None:
    """Children written by one statement, as a batch of trades writes them."""
    rows = [copied(child(), id=99 + at, no=f"JG{99 + at}", **each) for at, each in enumerate(changes)]
    Receipt.objects.bulk_create(rows)


def test_children_of_one_statement_follow_each_other_and_are_taken_once() -> None:
    several(
        {"parent_offset_kg": 2_000, "issued_kg": 1_500},
        {"parent_offset_kg": 3_500, "issued_kg": 500},
        {"parent_id": child().pk, "parent_offset_kg": 0, "issued_kg": 700},
        {"parent_id": 99, "parent_offset_kg": 0, "issued_kg": 1_400},
    )

    assert (parent().kg, parent().split_kg) == (6_000, 4_000)
    assert [Receipt.objects.get(pk=pk).kg for pk in (99, 100, 101, 102)] == [100, 500, 700, 1_400]
    assert Receipt.objects.filter(kg=1_300, split_kg=700).count() == 1
    assert verify.shortfalls() == []


@pytest.mark.parametrize(
    "second",
    [
        {"parent_offset_kg": 2_000, "issued_kg": 500},
        {"parent_offset_kg": 2_999, "issued_kg": 500},
        {"parent_offset_kg": 3_001, "issued_kg": 500},
        {"parent_offset_kg": 3_000, "issued_kg": 7_000},
        {"parent_offset_kg": 3_000, "issued_kg": 500, "product_number": 2},
        {"parent_offset_kg": 3_000, "issued_kg": 500, "root_id": 99},
        {"parent_offset_kg": 1, "issued_kg": 500, "parent_id": 99},
        {"parent_offset_kg": 0, "issued_kg": 500, "parent_id": 98},
    ],
    ids=str,
)
def test_one_wrong_child_takes_its_whole_statement_back(second: dict[str, object]) -> None:
    with refused():
        several({"parent_offset_kg": 2_000, "issued_kg": 1_000, "kg": 1_000}, second)
    assert parent().split_kg == 2_000


def test_a_hold_needs_a_valid_receipt_with_free_goods_out_of_its_lock() -> None:
    with refused():
        ReceiptHold.objects.create(receipt=child(), order_id=8, kg=1_000)
    with refused():
        ReceiptHold.objects.create(receipt=parent(), order_id=8, kg=4_001)
    with refused():
        ReceiptHold.objects.filter(order_id=ORDER).update(kg=8_001)
    with refused():
        ReceiptHold.objects.filter(order_id=ORDER).update(kg=-1)
    with refused():
        ReceiptHold.objects.filter(order_id=ORDER).update(order_id=8)


def test_holds_changed_by_hand_still_count() -> None:
    ReceiptHold.objects.create(receipt=parent(), order_id=8, kg=4_000)
    ReceiptHold.objects.filter(order_id=ORDER).update(kg=1_500)
    assert parent().held_kg == 5_500

    ReceiptHold.objects.filter(order_id=8).delete()
    assert parent().held_kg == 1_500
    assert verify.shortfalls() == []


def test_history_is_append_only() -> None:
    for rows in (Endorsement, StockMovement, Inspection):
        with refused():
            rows._default_manager.all().update(id=999)
        with refused():
            rows._default_manager.all()._raw_delete("default")


def test_stock_never_falls_below_its_receipts_nor_the_store_below_nothing() -> None:
    movement = StockMovement.objects.get()
    with refused():
        StockMovement.objects.create(
            warehouse=movement.warehouse,
            product_number=1,
            kg=-1,
            kind="pickup",
            reference="x",
            at=movement.at,
        )
    with refused():
        Stock.objects.update(physical_kg=9_999)


def test_a_lot_is_stored_once() -> None:
    movement = StockMovement.objects.get()
    with refused():
        StockMovement.objects.create(
            warehouse=movement.warehouse,
            product_number=1,
            kg=10_000,
            kind="intake",
            intake=movement.intake,
            reference="x",
            at=movement.at,
        )


def test_a_cancelled_receipt_frees_its_stock_and_never_changes_again() -> None:
    row = set_aside(
        holder_no=BUYER, receipt_nos=[child().no], business=Business.PICKUP, reference="t:1", actor=SYSTEM
    )
    ended = {"state": "cancelled", "ended": "delivered", "business": "none", "set_aside": None}
    Receipt.objects.filter(pk=child().pk).update(**ended)
    SetAside.objects.filter(pk=row.id).update(state="ended", left_kg=0)

    assert Stock.objects.get().receipted_kg == 8_000
    assert verify.shortfalls() == []
    with refused():
        Receipt.objects.filter(pk=child().pk).update(state="issued")
    with refused():
        ReceiptHold.objects.create(receipt=child(), order_id=8, kg=1_000)


def test_a_receipt_with_goods_on_hold_cannot_be_cancelled() -> None:
    with refused():
        Receipt.objects.filter(pk=parent().pk).update(state="cancelled", ended="delivered")


def test_a_lot_cannot_have_more_receipts_than_goods() -> None:
    with refused():
        Intake.objects.update(receipted_kg=10_001)
    with refused():
        Intake.objects.update(net_kg=9_999)


def test_a_recount_finds_what_was_changed_behind_the_triggers() -> None:
    an_inspected_lot("XY01", 1_000)
    Stock.objects.update(receipted_kg=9_000)
    Receipt.objects.filter(pk=parent().pk).update(held_kg=1_000)

    found = {shortfall.what for shortfall in verify.shortfalls()}

    assert found == {"receipted stock and live receipts", "receipt and its holds"}


def test_a_recount_finds_a_broken_chain_of_title() -> None:
    with connection.cursor() as cursor:
        on = ' ON "warehouse_receipts_endorsement"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "warehouse_receipts_endorsement_no_update"{on}')
    Endorsement.objects.update(to_no=12)

    found = [shortfall.what for shortfall in verify.shortfalls()]

    assert found == ["endorsement and its hash", "holder and endorsement"]
