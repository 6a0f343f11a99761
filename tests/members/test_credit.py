"""Credit records: facts that stay, objections two people decide, who finds whom, evidence that adds up."""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.proposal_errors import ChangeDecided, ChangeWaits, OwnChange
from exchange.members import credit, credit_method
from exchange.members import credit_errors as errors
from exchange.members.credit import record_facts
from exchange.members.credit_evidence import evidence_of, verify_evidence
from exchange.members.credit_method import METHODS
from exchange.members.credit_objections import (
    MOST_PER_FACT,
    decide_objection,
    file_objection,
    propose_decision,
    set_consent,
    withdraw_decision,
    withdraw_objection,
)
from exchange.members.credit_selectors import (
    counts_of,
    credit_objections,
    credit_record,
    find_credit,
    own_facts,
    ratings_of,
)
from exchange.members.credit_types import FactKind, NewFact
from exchange.members.models import CreditFact, Member
from tests.members.people import register

pytestmark = pytest.mark.django_db
MEMBER, FIRST, SECOND = Actor("d001-admin"), Actor("first"), Actor("second")
K = FactKind


def kept(account_no: int, count: int, *, day: date | None = None, start: int = 1) -> list[NewFact]:
    day = day or calendar.today()
    return [
        NewFact(
            account_no,
            K.FULFILLED,
            f"HT{start + at}",
            day,
            "buyer",
            f"HT{start + at}",
            kg=1_700,
            amount_fen=1,
        )
        for at in range(count)
    ]


def late(account_no: int, source: str = "balance:HT1", *, days_ago: int = 0) -> NewFact:
    day = calendar.today() - timedelta(days=days_ago)
    return NewFact(account_no, K.LATE_PAYMENT, source, day, "buyer", "HT1", "balance", days_late=2)


def object_to(fact_id: int, ground: str = "wrong", account_no: int = 1) -> str:
    return file_objection(
        actor=MEMBER,
        account_no=account_no,
        fact_id=fact_id,
        ground=ground,
        reason="已按期付款",
        evidence="回单 CJ1",
    )


def the_fact(kind: FactKind = K.LATE_PAYMENT) -> CreditFact:
    return CreditFact.objects.get(kind=kind)


def answered(number: str, outcome: str) -> None:
    proposal = propose_decision(actor=FIRST, objection_no=number, outcome=outcome, reason="核对银行回单")
    decide_objection(actor=SECOND, decision_id=proposal, approve=True, reason="复核无误")


def test_a_fact_is_recorded_once_and_never_changed() -> None:
    facts = [*kept(1, 3), late(1)]
    assert (record_facts(facts), record_facts(facts)) == (4, 0)
    for statement in ("UPDATE members_creditfact SET days_late = 0", "DELETE FROM members_creditfact"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert CreditFact.objects.count() == 4


def test_what_another_wrote_meanwhile_is_kept_and_what_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = kept(1, 3)
    record_facts(facts[:1])
    seen, unknown = [False], credit._unknown

    def looked(told: Sequence[NewFact]) -> list[NewFact]:
        """The first look comes before the other's commit."""
        first, seen[0] = not seen[0], True
        return list(told) if first else unknown(told)

    monkeypatch.setattr(credit, "_unknown", looked)
    assert record_facts(facts) == 2
    monkeypatch.undo()
    assert CreditFact.objects.count() == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        record_facts([late(1)._replace(kg=-1)])


def test_a_wrong_fact_is_set_aside_by_two_people_and_the_grade_of_yesterday_stays() -> None:
    register(1, "dealer")
    record_facts([*kept(1, 20, day=calendar.today() - timedelta(days=2)), late(1, days_ago=2)])
    assert ratings_of([1])[1].grade == "AA"
    yesterday = calendar.today() - timedelta(days=1)
    told_yesterday = evidence_of("D001", yesterday)
    number = object_to(the_fact().pk)
    assert credit_record("D001").facts[0].state == "objected"
    assert evidence_of("D001", yesterday) == told_yesterday
    assert ratings_of([1])[1].grade == "AA"
    proposal = propose_decision(actor=FIRST, objection_no=number, outcome="uphold", reason="银行回单属实")
    with pytest.raises(ChangeWaits):
        propose_decision(actor=SECOND, objection_no=number, outcome="refuse", reason="不同意")
    with pytest.raises(OwnChange):
        decide_objection(actor=FIRST, decision_id=proposal, approve=True, reason="自己批")
    with pytest.raises(errors.ObjectionWaits):
        withdraw_objection(actor=MEMBER, account_no=1, objection_no=number)
    decide_objection(actor=SECOND, decision_id=proposal, approve=True, reason="复核无误")
    with pytest.raises(ChangeDecided):
        decide_objection(actor=SECOND, decision_id=proposal, approve=True, reason="再批一次")
    assert (the_fact(K.CORRECTION).sets_aside, credit_record("D001").facts) == (the_fact(), ())
    assert ratings_of([1])[1].grade == "AAA"
    assert ratings_of([1], yesterday)[1].grade == "AA"
    assert evidence_of("D001", yesterday) == told_yesterday
    assert (credit_objections()[0].state, credit_objections()[0].answer) == ("upheld", "银行回单属实")
    with pytest.raises(errors.NotObjectionable):
        object_to(the_fact().pk)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_creditobjection SET state = 'open', finished_at_ns = NULL")


def test_a_refused_objection_changes_nothing_and_may_be_tried_once_more() -> None:
    record_facts([*kept(1, 5), late(1)])
    for _ in range(MOST_PER_FACT):
        number = object_to(the_fact().pk)
        with pytest.raises(errors.ObjectionWaits):
            object_to(the_fact().pk)
        proposal = propose_decision(actor=FIRST, objection_no=number, outcome="uphold", reason="再看看")
        withdraw_decision(actor=FIRST, decision_id=proposal, reason="看错了")
        answered(number, "refuse")
        with pytest.raises(errors.ObjectionClosed):
            propose_decision(actor=FIRST, objection_no=number, outcome="uphold", reason="改主意")
    with pytest.raises(errors.TooManyObjections):
        object_to(the_fact().pk)
    assert not CreditFact.objects.filter(sets_aside__isnull=False).exists()


def test_what_is_another_members_or_favourable_or_badly_told_is_not_objected_to() -> None:
    record_facts([*kept(1, 1), late(1)])
    with pytest.raises(errors.UnknownFact):
        object_to(the_fact().pk, account_no=2)
    with pytest.raises(errors.NotObjectionable):
        object_to(the_fact(K.FULFILLED).pk)
    with pytest.raises(errors.BadObjection):
        object_to(the_fact().pk, "because")
    with pytest.raises(BadParameter):
        propose_decision(actor=FIRST, objection_no=object_to(the_fact().pk), outcome="maybe", reason="原因")
    with pytest.raises(errors.UnknownObjection):
        withdraw_objection(actor=MEMBER, account_no=1, objection_no="XY\x00")
    with pytest.raises(errors.UnknownObjection):
        withdraw_objection(actor=MEMBER, account_no=2, objection_no=credit_objections()[0].objection_no)


def test_repair_comes_after_half_a_year_without_anything_new_and_stays_visible() -> None:
    register(1, "dealer")
    breach = NewFact(1, K.BREACH, "WY1", calendar.today() - timedelta(days=200), "buyer", "HT9", amount_fen=5)
    record_facts([*kept(1, 5), breach, late(1)])
    broken = the_fact(K.BREACH).pk
    with pytest.raises(errors.TooEarlyToRepair, match="credit_repair_too_early"):
        object_to(the_fact().pk, "repaired")
    with pytest.raises(errors.TooEarlyToRepair):
        object_to(broken, "repaired")
    answered(object_to(the_fact().pk), "uphold")
    with pytest.raises(errors.TooEarlyToRepair) as unpaid:
        object_to(broken, "repaired")
    assert "违约金" in unpaid.value.message("zh")
    record_facts([breach._replace(kind=K.DAMAGES_PAID)])
    answered(object_to(broken, "repaired"), "uphold")
    assert ("breach", "repaired") in [(fact.kind, fact.state) for fact in credit_record("D001").facts]
    assert ratings_of([1])[1].failures == 0
    assert verify_evidence(evidence_of("D001")).agrees


def test_organisations_are_found_by_name_and_growers_by_code_until_they_agree() -> None:
    dealer, grower = register(1, "dealer"), register(2, "grower")
    assert {find_credit(text) for text in (" d001 ", dealer.name, dealer.uscc.lower())} == {"D001"}
    assert find_credit("g002") == "G002"
    for text in (grower.name, grower.uscc, dealer.name[:-1], "D00", "", "%", "礼泉", "x" * 300, "\x00"):
        with pytest.raises(errors.UnknownCredit):
            find_credit(text)
    hidden = credit_record("G002")
    assert (hidden.masked, hidden.name, hidden.uscc) == (True, "礼泉＊＊合作社", "")
    set_consent(actor=MEMBER, account_no=grower.account_no, shown=True)
    assert (find_credit(grower.name), credit_record("G002").name) == ("G002", grower.name)
    Member.objects.filter(code="D001").update(name=grower.name)
    with pytest.raises(errors.UnknownCredit):
        find_credit(grower.name)


def test_evidence_recomputes_and_whatever_is_changed_in_it_shows() -> None:
    register(1, "dealer")
    record_facts([*kept(1, 20), late(1), late(1, "storage:1")])
    document = evidence_of("D001")
    text = json.dumps(document, ensure_ascii=False)
    assert verify_evidence(json.loads(text)).agrees
    assert "HT" not in text
    assert [row[2:] for row in document["counts"]] == [[20, 34], [2, 0]]
    changes = (
        ("grade", "AAA"),
        ("counts", [["2026-11", "fulfilled", 20, 34]]),
        ("facts", document["facts"][:1]),
        ("method_sha256", "0"),
    )
    for name, value in changes:
        assert not verify_evidence({**deepcopy(document), name: value}).agrees
    fact = document["facts"][0]
    broken: tuple[object, ...] = (
        [],
        None,
        {},
        {**document, "counts": [["x", "fulfilled", 1, 1]]},
        {**document, "facts": [{**fact, "kind": []}]},
        {**document, "as_of": 7},
    )
    for wrong in broken:
        with pytest.raises(errors.NotCreditEvidence):
            verify_evidence(wrong)


def test_a_grade_by_a_method_of_another_day_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    register(1, "dealer")
    record_facts(kept(1, 5))
    document = evidence_of("D001")
    later = replace(METHODS[0], version="2026.2", effective_from=document["as_of"])
    monkeypatch.setattr(credit_method, "METHODS", (METHODS[0], later))
    assert [check.name for check in verify_evidence(document).checks if not check.good] == ["method"]


def test_facts_lapse_from_the_grade_and_stay_with_their_member(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    old = calendar.today() - timedelta(days=24 * 31)
    record_facts([*kept(1, 5, day=old), *kept(2, 5, start=9)])
    with django_assert_num_queries(1):
        ratings = ratings_of([1, 2, 3])
    assert [ratings[no].grade for no in (1, 2, 3)] == ["", "A", ""]
    assert counts_of([1], old)[1][0].facts == 5
    assert all(fact.lapsed for fact in own_facts(1))
    assert len(own_facts(1)) == 5
