"""One table of transitions, in Python and in the databases; every step signed and chained."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadTransition
from tests.warehouse_receipts.goods import SELLER, a_booked_lot, a_receipt, a_trade, a_warehouse
from warehouse_receipts import services
from warehouse_receipts.chain import seal_endorsements
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.lifecycle import LOT_STEPS, RECEIPT_STEPS, Action, Party, Stage, check_step
from warehouse_receipts.models import Endorsement, Intake, LifeEvent, Receipt
from warehouse_receipts.setting_aside import hand_back
from warehouse_receipts.states import STEPS
from warehouse_receipts.types import Business

MIGRATION = import_module("warehouse_receipts.migrations.0004_whole_life")
NEWEST = import_module("warehouse_receipts.migrations.0005_contract_goods")
ORDERS = import_module("warehouse_receipts.migrations.0007_orders_at_once")
EDITIONS = import_module("warehouse_receipts.migrations.0006_rule_editions")
OVERSIGHT = import_module("warehouse_receipts.migrations.0009_oversight")
DISPOSALS = import_module("warehouse_receipts.migrations.0011_disposals")
IMPORTS = import_module("warehouse_receipts.migrations.0012_long_imports")


def test_the_triggers_allow_the_steps_of_the_table_and_no_others() -> None:
    def pairs(steps: list[str]) -> set[tuple[str, ...]]:
        return {tuple(step.split(">")) for step in steps}

    assert pairs(MIGRATION.LOT_STEPS) == LOT_STEPS
    assert pairs(NEWEST.RECEIPT_STEPS) == RECEIPT_STEPS
    states = {**MIGRATION.STATE_STEPS, "ruleedition": EDITIONS.EDITION_STEPS, "freeze": ORDERS.FREEZE_STEPS}
    states |= OVERSIGHT.STATE_STEPS | DISPOSALS.STATE_STEPS | IMPORTS.STATE_STEPS
    assert {table: pairs(steps) for table, steps in states.items()} == STEPS


def test_a_step_is_taken_by_its_party_from_its_stage_only() -> None:
    check_step(Action.WEIGH, Stage.ARRIVED, Stage.WEIGHED, Party.WAREHOUSE)
    with pytest.raises(BadTransition):
        check_step(Action.WEIGH, Stage.ARRIVED, Stage.WEIGHED, Party.OWNER)
    with pytest.raises(BadTransition):
        check_step(Action.WEIGH, Stage.BOOKED, Stage.WEIGHED, Party.WAREHOUSE)


@pytest.mark.django_db
def test_the_database_refuses_a_step_that_is_not_there() -> None:
    no = a_booked_lot(a_warehouse())
    with pytest.raises(IntegrityError), transaction.atomic():
        Intake.objects.filter(no=no).update(state="stored")
    receipt = a_receipt("XY01", 1_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.filter(no=receipt).update(state="cancelled", ended="delivered")


@pytest.mark.django_db
def test_the_chain_leads_from_the_truck_to_the_receipt_and_each_party_signs() -> None:
    no = a_receipt(a_warehouse(), 1_000)
    lot = LifeEvent.objects.filter(subject_no__startswith="RK").order_by("seq")

    assert [(event.action, event.institution) for event in lot] == [
        ("book", "warehouse:XY01"),
        ("arrive", "warehouse:XY01"),
        ("weigh", "warehouse:XY01"),
        ("sample", "inspector:SXGP"),
        ("inspect", "inspector:SXGP"),
        ("store", "warehouse:XY01"),
    ]
    registered = LifeEvent.objects.get(subject_no=no)
    assert registered.prev_hash == lot.last().hash
    assert registered.institution == "exchange"
    assert broken_chains() == []


def whole_register() -> str:
    """A receipt that was in a business, was sold in part, and is sealed; returns its number."""
    no = a_receipt(a_warehouse(), 5_000)
    row = services.set_aside(
        holder_no=SELLER, receipt_nos=[no], business=Business.LISTING, reference="t:1", actor=SYSTEM
    )
    services.floor_answered(f"setaside:{row.id}", 1, 0)
    hand_back(row.id, 1_000, reference="t:1")
    hand_back(row.id, reference="t:1")
    services.hold_for_order(7, SELLER, 1, 4_500)
    services.transfer_title([a_trade(1, 7, 4_500)])
    assert seal_endorsements() == 2
    assert seal_endorsements() == 0
    return no


def tampered(statement: str) -> list[str]:
    """What verification finds after SQL behind the triggers' back."""
    with connection.cursor() as cursor:
        for table in ("lifeevent", "endorsement", "endorsementseal"):
            for verb in ("update", "delete"):
                on = f' ON "warehouse_receipts_{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "warehouse_receipts_{table}_no_{verb}"{on}')
        cursor.execute(statement)
        assert cursor.rowcount == 1
    return [broken.what for broken in broken_chains()]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE warehouse_receipts_lifeevent SET said = '{}' WHERE action = 'weigh'",
            {"step and its hash"},
        ),
        (
            "UPDATE warehouse_receipts_lifeevent SET signature = (SELECT signature FROM "
            "warehouse_receipts_lifeevent WHERE action = 'store') WHERE action = 'weigh'",
            {"signature"},
        ),
        (
            "DELETE FROM warehouse_receipts_lifeevent WHERE action = 'weigh'",
            {"missing step"},
        ),
        (
            "DELETE FROM warehouse_receipts_lifeevent WHERE action = 'register'",
            {"missing step", "step does not follow"},
        ),
        (
            "UPDATE warehouse_receipts_endorsement SET hash = '0' WHERE id = (SELECT MIN(id) FROM "
            "warehouse_receipts_endorsement)",
            {"seal and its endorsements"},
        ),
        (
            "DELETE FROM warehouse_receipts_endorsement WHERE id = (SELECT MIN(id) FROM "
            "warehouse_receipts_endorsement)",
            {"seal and its endorsements"},
        ),
        (
            "UPDATE warehouse_receipts_endorsementseal SET signature = '00'",
            {"seal's signature"},
        ),
    ],
)
def test_what_was_changed_behind_the_triggers_is_found(statement: str, expected: set[str]) -> None:
    whole_register()
    assert broken_chains() == []
    assert Endorsement.objects.count() == 2
    assert expected <= set(tampered(statement))
