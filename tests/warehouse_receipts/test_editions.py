"""Editions of grading rules and sampling plans: two persons, checked data, and reports that keep theirs."""

import itertools
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.trading.delivery_versus_payment import _graded_by
from tests.warehouse_receipts.goods import (
    BODY,
    BUYER,
    CELL,
    FUJI_CLASS_1,
    INSPECTOR,
    SELLER,
    a_booked_lot,
    a_receipt,
    a_sampled_lot,
    a_trade,
    a_warehouse,
    an_inspected_lot,
)
from tests.warehouse_receipts.test_grading import EDITION, founding, measurements
from warehouse_receipts import editions, services
from warehouse_receipts.edition_errors import (
    BadEdition,
    DuplicateEdition,
    EditionDecided,
    NoEditionInForce,
    OwnEdition,
    UnknownEdition,
)
from warehouse_receipts.edition_rules import canonical_rules, grading_edition
from warehouse_receipts.errors import BadSampling
from warehouse_receipts.grading import assess
from warehouse_receipts.models import Inspection, RuleEdition, Sampling
from warehouse_receipts.states import EditionKind, EditionState
from warehouse_receipts.types import Grade, Measurements, SampleWeights, VarietyGroup

MAKER, CHECKER = Actor("经办"), Actor("复核")
GRADING, SAMPLING = EditionKind.GRADING, EditionKind.SAMPLING


def rules(**changes: Any) -> dict[str, Any]:
    return {**json.loads(founding.canonical(founding.GRADING_2008)), **changes}


def stricter() -> str:
    """Fuji of the first class is to show 90 % colour instead of 80."""
    return json.dumps(rules(colour_pct={"fuji": [95, 90, 55]}))


def propose(
    text: str,
    *,
    kind: EditionKind = GRADING,
    standard: str = "GB/T 10651",
    edition: str = "2027",
    days: int = 0,
) -> int:
    return editions.propose_edition(
        kind=kind,
        standard=standard,
        edition=edition,
        in_force_from=calendar.today() + timedelta(days=days),
        rules=text,
        reason="国家标准修订",
        actor=MAKER,
    )


def approve(edition_id: int) -> None:
    editions.decide_edition(edition_id, approve=True, reason="核对无误", actor=CHECKER)


# In force ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_lots_are_graded_by_the_edition_in_force_and_reports_keep_theirs() -> None:
    house = a_warehouse()
    before = Inspection.objects.get(intake__no=an_inspected_lot(house, 1_000))
    proposed = propose(stricter())
    waiting = Inspection.objects.get(intake__no=an_inspected_lot(house, 1_000))
    approve(proposed)
    after = Inspection.objects.get(intake__no=an_inspected_lot(house, 1_000))

    graded = [(report.edition, report.grade) for report in (before, waiting, after)]
    assert graded == [("2008", Grade.CLASS_1), ("2008", Grade.CLASS_1), ("2027", Grade.CLASS_2)]
    for report in (before, waiting, after):
        named = editions.grading_named(report.standard, report.edition)
        assert assess(FUJI_CLASS_1, VarietyGroup.FUJI, named).grade == report.grade


@pytest.mark.django_db
def test_an_edition_begins_on_its_day_and_retires_the_one_before() -> None:
    approve(propose(stricter(), days=3))
    today = calendar.today()

    assert editions.grading_in_force()[1].name == "GB/T 10651-2008"
    assert editions.grading_in_force(today + timedelta(days=3))[1].name == "GB/T 10651-2027"
    assert editions.retire_superseded(today + timedelta(days=2)) == 0
    assert editions.retire_superseded(today + timedelta(days=3)) == 1
    assert editions.retire_superseded(today + timedelta(days=3)) == 0
    states = [(row.edition, row.state, row.in_force) for row in editions.editions(GRADING)]
    assert states == [("2027", EditionState.APPROVED, False), ("2008", EditionState.RETIRED, True)]
    assert editions.grading_in_force()[1].name == "GB/T 10651-2008"
    with pytest.raises(NoEditionInForce):
        editions.grading_in_force(date(2000, 1, 1))


@pytest.mark.django_db
def test_a_contract_names_the_edition_its_goods_were_graded_by() -> None:
    house = a_warehouse()
    a_receipt(house, 1_000)
    strict = rules(colour_pct={})
    approve(propose(json.dumps(strict)))
    a_receipt(house, 1_000)

    services.hold_for_order(7, SELLER, CELL.product_number, 1_500)
    with transaction.atomic():
        parts = services.transfer_title([a_trade(1, 7, 500), a_trade(2, 7, 1_000, buyer_no=BUYER)])

    assert _graded_by(parts[1]) == "GB/T 10651-2008"
    assert _graded_by(parts[2]) == "GB/T 10651-2008、GB/T 10651-2027"
    many = tuple(replace(parts[1][0], graded_by=f"GB/T 10651-{year}") for year in range(2000, 2020))
    assert _graded_by(many) == "GB/T 10651-2000 等 20 个版本"


@pytest.mark.django_db
def test_the_plan_in_force_says_how_much_is_sampled() -> None:
    plan = {"least_fruit": 150, "plan": [{"up_to": 50, "pieces": 3}, {"up_to": None, "pieces": 20}]}
    approve(propose(json.dumps(plan), kind=SAMPLING, standard="GB/T 8855"))
    house = a_warehouse()
    lot = a_booked_lot(house)
    a_sampled_lot(lot, 1_000)

    sample = Sampling.objects.get(intake__no=lot)
    assert (sample.standard, sample.edition, sample.least_pieces) == ("GB/T 8855", "2027", 20)
    other = a_booked_lot(house)
    services.arrive_intake(other, plate="陕D12345")
    services.weigh_intake(other, pieces=40, sample=SampleWeights(1, 1_100, 100))
    with pytest.raises(BadSampling):
        services.sample_intake(other, body=BODY, sampler=INSPECTOR, fruit=149)
    services.sample_intake(other, body=BODY, sampler=INSPECTOR, pieces=3, fruit=150)


# Two persons ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_another_person_decides_once() -> None:
    proposed = propose(stricter())

    with pytest.raises(OwnEdition):
        editions.decide_edition(proposed, approve=True, reason="核对无误", actor=MAKER)
    approve(proposed)
    with pytest.raises(EditionDecided):
        editions.decide_edition(proposed, approve=False, reason="反悔了", actor=CHECKER)
    with pytest.raises(UnknownEdition):
        editions.decide_edition(proposed + 1, approve=True, reason="核对无误", actor=CHECKER)
    refused = propose(stricter(), edition="2028", days=9)
    editions.decide_edition(refused, approve=False, reason="日期不对", actor=CHECKER)
    again = propose(stricter(), edition="2028", days=9)
    assert again != refused
    row, changes = editions.changes_of(again)
    assert row is not None
    assert (row.edition, changes) == ("2027", ())


@pytest.mark.django_db
def test_what_exists_or_has_begun_is_not_proposed() -> None:
    propose(stricter())

    for same in ({"edition": "2008", "days": 5}, {"edition": "2027", "days": 5}, {"edition": "2029"}):
        with pytest.raises(DuplicateEdition):
            propose(stricter(), **same)
    with pytest.raises(BadEdition) as refused:
        propose(stricter(), edition="2030", days=-1)
    assert refused.value.facts["where"] == "in_force_from"
    assert RuleEdition.objects.count() == 3


@pytest.mark.django_db
def test_what_was_approved_stays_and_nothing_is_graded_by_less() -> None:
    lot = an_inspected_lot(a_warehouse(), 1_000)
    proposed = propose(stricter())
    statements = (
        "UPDATE warehouse_receipts_ruleedition SET rules = '{}'",
        "UPDATE warehouse_receipts_ruleedition SET decided_by = 'x' WHERE edition = '2008'",
        "UPDATE warehouse_receipts_ruleedition SET state = 'refused' WHERE edition = '2008'",
        "UPDATE warehouse_receipts_ruleedition SET state = 'approved', decided_by = proposed_by",
        "UPDATE warehouse_receipts_ruleedition SET state = 'approved'",
        "DELETE FROM warehouse_receipts_ruleedition",
    )
    for statement in statements:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    report = Inspection.objects.get(intake__no=lot)
    report.pk, report.no, report.edition = None, "ZJ0", RuleEdition.objects.get(pk=proposed).edition
    with pytest.raises(IntegrityError), transaction.atomic():
        report.save(force_insert=True)


# Rule data --------------------------------------------------------------------------------------------


def classes(at: int, **changes: Any) -> list[dict[str, Any]]:
    found = rules()["classes"]
    found[at] = {**found[at], **changes}
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[", "1:2"),
        ("[]", "$"),
        ("{}", "$.classes"),
        ('{"classes": 1, "classes": 2}', "classes"),
        (json.dumps(rules(more=1)), "$.more"),
        (json.dumps(rules(classes=rules()["classes"][:2])), "classes"),
        (json.dumps(rules(classes=classes(1, grade="extra"))), "classes[1].grade"),
        (json.dumps(rules(classes=classes(1, shape=True))), "classes[1].shape"),
        (json.dumps(rules(classes=classes(1, shape="1"))), "classes[1].shape"),
        (json.dumps(rules(classes=classes(0, russet_pct=101))), "classes[0].russet_pct"),
        (json.dumps(rules(classes=classes(2, small_spots=4))), "classes[2].small_spots"),
        (json.dumps(rules(classes=classes(2, large_fruit_mm=71))), "classes[2].large_fruit_mm"),
        (json.dumps(rules(classes=classes(1, small_fruit_mm=71))), "classes[1].small_fruit_mm"),
        (json.dumps(rules(classes=classes(1, rub_mm2=1.5))), "1.5"),
        (json.dumps(rules(colour_pct={"pear": [3, 2, 1]})), "colour_pct.pear"),
        (json.dumps(rules(colour_pct={"fuji": [80, 90, 55]})), "colour_pct.fuji[1]"),
        (json.dumps(rules(small_fruit=["gala", "gala"])), "small_fruit[1]"),
        ("[" * 100_000, "$"),
        ("[" * 19_000, "$"),
        ("9" * 19_000, "$"),
    ],
    ids=itertools.count(),
)
def test_bad_grading_data_are_refused_with_the_place(text: str, where: str) -> None:
    with pytest.raises(BadEdition) as refused:
        canonical_rules(GRADING, text)
    assert refused.value.facts["where"] == where


@pytest.mark.parametrize(
    ("plan", "where"),
    [
        ([], "plan"),
        ([{"up_to": 5, "pieces": 1}], "plan[0].up_to"),
        ([{"up_to": None, "pieces": 1}, {"up_to": None, "pieces": 1}], "plan[0].up_to"),
        (
            [{"up_to": 5, "pieces": 2}, {"up_to": 5, "pieces": 2}, {"up_to": None, "pieces": 3}],
            "plan[1].up_to",
        ),
        ([{"up_to": 5, "pieces": 2}, {"up_to": None, "pieces": 1}], "plan[1].pieces"),
        ([{"up_to": None, "pieces": 0}], "plan[0].pieces"),
    ],
)
def test_bad_plans_are_refused_with_the_place(plan: list[Any], where: str) -> None:
    with pytest.raises(BadEdition) as refused:
        canonical_rules(SAMPLING, json.dumps({"least_fruit": 100, "plan": plan}))
    assert refused.value.facts["where"] == where


@settings(max_examples=30, deadline=None)
@given(measurements, st.sampled_from(VarietyGroup), st.randoms(use_true_random=False))
def test_equal_rules_however_written_give_equal_grades(
    measured: Measurements, group: VarietyGroup, chance: Any
) -> None:
    data = rules()
    names = list(data["classes"][0])
    chance.shuffle(names)
    data["classes"] = [{name: row[name] for name in names} for row in data["classes"]]

    text = canonical_rules(GRADING, json.dumps(data, indent=chance.choice([None, 2])))

    assert text == founding.canonical(founding.GRADING_2008)
    again = grading_edition("written again", text)
    assert assess(measured, group, again)[::2] == assess(measured, group, EDITION)[::2]
