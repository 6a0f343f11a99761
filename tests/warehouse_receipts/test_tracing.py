"""A receipt's life can be followed from booking to holder, and whatever was changed in it shows."""

from collections.abc import Callable

import pytest
from django.db import connection

from exchange.kernel import institutions
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import NotFound
from tests.warehouse_receipts.goods import BUYER, SELLER, a_receipt, a_trade, a_warehouse
from warehouse_receipts import services
from warehouse_receipts.errors import UnknownReceipt
from warehouse_receipts.models import Endorsement, LifeEvent, Receipt
from warehouse_receipts.public_check import checked_receipt, checked_report
from warehouse_receipts.tracing import Trace, trace
from warehouse_receipts.viewing import OPERATOR, Viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold() -> str:
    """Part of a receipt sold, and part of that sold on: a grandchild of what the warehouse signed."""
    no = a_receipt(a_warehouse(), 20_000)
    sell(1, SELLER, BUYER, 5_000)
    Receipt.objects.update(locked_until=None)
    sell(2, BUYER, 12, 2_000)
    child = Receipt.objects.get(holder_no=12)
    assert child.parent is not None
    assert child.parent.parent is not None
    assert child.parent.parent.no == no
    return child.no


def sell(number: int, seller_no: int, buyer_no: int, kg: int) -> None:
    services.hold_for_order(number, seller_no, 1, kg)
    services.transfer_title([a_trade(number, number, kg, seller_no=seller_no, buyer_no=buyer_no)])


def life(no: str) -> Trace:
    return trace(no, OPERATOR)


def test_the_way_leads_from_the_booking_to_the_holder(sold: str) -> None:
    found = life(sold)
    assert found.whole
    assert [step.action.value for step in found.steps] == [
        "book",
        "arrive",
        "weigh",
        "sample",
        "inspect",
        "store",
        "register",
    ]
    assert [(step.from_no, step.to_no, step.kg) for step in found.titles] == [
        (SELLER, BUYER, 5_000),
        (BUYER, 12, 2_000),
    ]
    assert found.grower == "唐建设"


def test_splits_and_mergers_are_followed_to_the_issue(sold: str) -> None:
    parts = services.split_receipt(holder_no=12, no=sold, parts_kg=[1_200, 800], actor=SYSTEM)
    assert life(parts[1]).whole
    merged = services.merge_receipts(holder_no=12, numbers=parts, actor=SYSTEM)
    found = life(merged)
    assert found.whole
    assert [step.action.value for step in found.steps[-3:]] == ["merge"] * 3
    assert {step.to_no for step in found.titles} == {BUYER, 12}
    assert life(parts[0]).stage.value == "merged"
    lift_triggers("warehouse_receipts_endorsement")
    Endorsement.objects.filter(to_no=BUYER).update(kg=9_000)
    assert not life(merged).title_whole


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("lifeevent", lambda: LifeEvent.objects.filter(action="weigh").update(said="{}")),
        ("lifeevent", lambda: LifeEvent.objects.filter(action="weigh").update(actor="nobody")),
        ("lifeevent", lambda: LifeEvent.objects.filter(action="weigh").update(signature="00" * 64)),
        ("lifeevent", lambda: LifeEvent.objects.filter(action="inspect").delete()),
        ("lifeevent", lambda: LifeEvent.objects.filter(action="register").delete()),
        ("endorsement", lambda: Endorsement.objects.filter(to_no=BUYER).update(kg=9_000)),
        ("endorsement", lambda: Endorsement.objects.filter(to_no=12).update(to_no=13)),
        ("receipt", lambda: Receipt.objects.filter(holder_no=12).update(title_hash="0" * 64)),
    ],
)
def test_whatever_is_changed_behind_the_triggers_shows(
    sold: str, table: str, change: Callable[[], object]
) -> None:
    lift_triggers(f"warehouse_receipts_{table}")
    change()
    assert not life(sold).whole


def test_a_step_signed_by_a_stolen_key_is_not_believed(sold: str) -> None:
    institutions.rotate_key("warehouse:XY01", reason="失窃", actor=SYSTEM, revoke=True)
    found = life(sold)
    assert not found.steps_whole
    assert found.title_whole
    assert {step.party.value for step in found.steps if not step.good} == {"warehouse"}


def test_a_receipt_is_there_for_its_holder_and_the_bodies_it_names(sold: str) -> None:
    seen_by = (
        Viewer(account_no=12),
        Viewer(institution="warehouse:XY01"),
        Viewer(institution="inspector:SXGP"),
        OPERATOR,
    )
    for viewer in seen_by:
        assert trace(sold, viewer).receipt_no == sold
    for viewer in (
        Viewer(account_no=SELLER),
        Viewer(account_no=BUYER),
        Viewer(institution="warehouse:XY02"),
        Viewer(institution="inspector:XY01"),
        Viewer(institution="lender:SXGP"),
        Viewer(institution="warehouse:"),
        Viewer(),
    ):
        with pytest.raises(UnknownReceipt):
            trace(sold, viewer)


def test_the_public_learns_state_and_report(sold: str) -> None:
    receipt = Receipt.objects.get(no=sold)
    checked = checked_receipt(sold, receipt.expires_on)
    assert (checked.kg, checked.expired, checked.covered, checked.stage.value) == (2_000, False, True, "free")
    assert checked.register_no.startswith("CDXY01")
    assert checked_report(receipt.inspection.no).replaced_by == ""
    with pytest.raises(NotFound):
        checked_receipt("JG000", receipt.expires_on)
    with pytest.raises(NotFound):
        checked_report("ZJ000")


def lift_triggers(table: str) -> None:
    """Takes the guards of a table down, as somebody with all rights on the database could."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
