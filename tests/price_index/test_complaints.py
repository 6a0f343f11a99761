"""Complaints: filed by who can be reached, decided in time by who had no part in the value."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.price_index import complaints as services
from exchange.price_index import publication
from exchange.price_index import services as values
from exchange.price_index.complaint_selectors import (
    complaint_by_code,
    complaint_of,
    complaints,
    overdue_complaints,
)
from exchange.price_index.complaints import MOST_A_DAY, ComplaintReceipt
from exchange.price_index.errors import NoIndexValue
from exchange.price_index.governance_errors import (
    BadComplaint,
    ComplaintWrongState,
    NotIndependent,
    TooManyComplaints,
    UnknownComplaint,
)
from exchange.price_index.governance_models import IndexComplaint
from exchange.price_index.governance_types import COMPLAINT_STEPS, ComplaintState, NewComplaint
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, WEDNESDAY, an_index, liquid

pytestmark = pytest.mark.django_db

MAKER, CHECKER, JUDGE = Actor("index"), Actor("operator"), Actor("compliance")
DEALER, VISITOR = Actor("d001-admin"), Actor("public", "203.0.113.7")
KEY = "a" * 32
ABOUT = NewComplaint("trades", MONDAY, "漏了一笔成交")
BY_PHONE = ABOUT._replace(contact_name="王女士", contact_phone="138 0013-8000")


@pytest.fixture(autouse=True)
def _published(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "today", lambda: WEDNESDAY)
    noon = calendar.datetime_of(calendar.day_bounds_ns(WEDNESDAY)[0] + calendar.NS_PER_DAY // 2)
    monkeypatch.setattr(calendar, "now", lambda: noon)
    an_index()
    values.compute(MONDAY)
    publication.release(publication.propose_value(MONDAY, actor=MAKER, reason="收市核对"), actor=CHECKER)


def by_member(terms: NewComplaint = ABOUT, *, key: str = KEY) -> str:
    return services.file_complaint(terms, actor=DEALER, key=key, account_no=11).number


def by_visitor(terms: NewComplaint = BY_PHONE, *, key: str = KEY, actor: Actor = VISITOR) -> ComplaintReceipt:
    return services.file_complaint(terms, actor=actor, key=key)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (BY_PHONE._replace(contact_phone="12345"), BadComplaint),
        (BY_PHONE._replace(contact_name=""), BadComplaint),
        (BY_PHONE._replace(text="短"), BadComplaint),
        (BY_PHONE._replace(text="零\x00零"), BadComplaint),
        (BY_PHONE._replace(day=None), BadComplaint),
        (BY_PHONE._replace(subject="weather"), BadParameter),
        (BY_PHONE._replace(day=TUESDAY), NoIndexValue),
        (BY_PHONE._replace(day=date(2026, 12, 10)), NoIndexValue),
        (BY_PHONE._replace(day=date(2026, 12, 3)), NoIndexValue),
    ],
)
def test_what_cannot_be_answered_is_not_filed(wrong: NewComplaint, error: type[Exception]) -> None:
    with pytest.raises(error):
        by_visitor(wrong)
    assert not IndexComplaint.objects.exists()


def test_a_delay_and_the_method_need_no_published_day() -> None:
    by_visitor(BY_PHONE._replace(subject="publication", day=TUESDAY), key="b" * 16)
    by_visitor(BY_PHONE._replace(subject="method", day=None), key="c" * 16)
    assert [row.day for row in complaints()] == [None, TUESDAY]


def test_a_visitor_keeps_number_and_code_and_may_send_it_twice() -> None:
    receipt = by_visitor()
    assert by_visitor() == receipt
    found = complaint_by_code(receipt.number, receipt.code)
    assert (found.contact_phone, found.state, found.overdue) == ("13800138000", "filed", False)
    for number, code in ((receipt.number, "0" * 12), ("ZT0", receipt.code), ("\x00", receipt.code)):
        with pytest.raises(UnknownComplaint):
            complaint_by_code(number, code)
    with pytest.raises(BadParameter):
        by_member()
    with pytest.raises(UnknownComplaint):
        services.withdraw_complaint(receipt.number, actor=VISITOR, code="0" * 12)
    services.withdraw_complaint(receipt.number, actor=VISITOR, code=receipt.code)
    with pytest.raises(ComplaintWrongState):
        services.acknowledge(receipt.number, actor=JUDGE)


def test_one_phone_one_address_and_one_member_file_only_so_many() -> None:
    for at in range(MOST_A_DAY):
        by_visitor(key=f"{at}" * 16)
        by_member(key=f"m{at}" * 8)
    other_phone = BY_PHONE._replace(contact_phone="13900139000")
    for terms, actor in ((BY_PHONE, Actor("public", "203.0.113.8")), (other_phone, VISITOR)):
        with pytest.raises(TooManyComplaints):
            by_visitor(terms, key="x" * 16, actor=actor)
    with pytest.raises(TooManyComplaints):
        by_member(key="y" * 16)
    by_visitor(other_phone, key="z" * 16, actor=Actor("public", "203.0.113.8"))


def test_who_had_a_hand_in_the_value_does_not_decide_and_a_revision_follows() -> None:
    number = by_member()
    with pytest.raises(ComplaintWrongState):
        services.decide_complaint(number, upheld=True, answer="确有遗漏", actor=JUDGE)
    services.acknowledge(number, actor=MAKER)
    for actor in (MAKER, CHECKER):
        with pytest.raises(NotIndependent):
            services.decide_complaint(number, upheld=False, answer="没有问题", actor=actor)
    services.decide_complaint(number, upheld=True, answer="确有遗漏", actor=JUDGE)
    assert complaint_of(number, account_no=11).revision is None
    liquid(MONDAY, 1, 630)
    publication.release(publication.propose_revision(MONDAY, actor=MAKER, reason="补登成交"), actor=CHECKER)
    found = complaint_of(number, account_no=11)
    assert (found.state, found.answer, found.revision) == ("upheld", "确有遗漏", 1)
    with pytest.raises(UnknownComplaint):
        complaint_of(number, account_no=12)
    with pytest.raises(ComplaintWrongState):
        services.withdraw_complaint(number, actor=DEALER, account_no=11)
    assert audit.verify() == []


def test_deadlines_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    number = by_member()
    row = complaints()[0]
    assert (row.acknowledge_by, row.decide_by) == (date(2026, 12, 11), date(2026, 12, 23))
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 12, 14))
    assert complaints(state="open")[0].overdue
    assert overdue_complaints() == 1
    services.acknowledge(number, actor=JUDGE)
    assert not complaints()[0].overdue
    assert overdue_complaints() == 0
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 12, 24))
    assert complaints()[0].overdue


def test_the_database_knows_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state reached by the services; from there, each state no step leads to."""
    monkeypatch.setattr(services, "MOST_A_DAY", 9)
    for at, reached in enumerate(ComplaintState.values):
        number = by_member(ABOUT._replace(subject="other"), key=f"k{at}" * 16)
        if reached == "withdrawn":
            services.withdraw_complaint(number, actor=DEALER, account_no=11)
        elif reached != "filed":
            services.acknowledge(number, actor=JUDGE)
        if reached in ("rejected", "upheld"):
            services.decide_complaint(number, upheld=reached == "upheld", answer="理由", actor=JUDGE)
        for target in set(ComplaintState.values) - {reached, *COMPLAINT_STEPS.get(reached, ())}:
            columns: dict[str, object] = {"state": target}
            if target in ("rejected", "upheld", "withdrawn"):
                columns |= {"finished_at": calendar.now(), "finished_by": "x", "answer": "x"}
            with pytest.raises(IntegrityError), transaction.atomic():
                IndexComplaint.objects.filter(number=number).update(**columns)
        assert IndexComplaint.objects.get(number=number).state == reached


def test_the_database_keeps_what_was_filed_and_its_steps() -> None:
    number = by_member()
    by_visitor(key="v" * 16)
    rows = IndexComplaint.objects.filter(number=number)
    now = calendar.now()
    for change in (
        {"text": "改"},
        {"day": FRIDAY},
        {"decide_by": FRIDAY},
        {"state": "upheld", "acknowledged_at": now, "finished_at": now, "finished_by": "x", "answer": "x"},
        {"state": "rejected"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    services.acknowledge(number, actor=JUDGE)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(acknowledged_by="index")
    services.decide_complaint(number, upheld=False, answer="按方法剔除", actor=JUDGE)
    for change in ({"state": "upheld"}, {"answer": "改"}, {"state": "filed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
