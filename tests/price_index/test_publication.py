"""Two people publish and revise: who may, what goes stale, what the database refuses, what is late."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.errors import BadParameter
from exchange.kernel.models import AuditEntry
from exchange.kernel.proposal_errors import (
    ChangeDecided,
    ChangesNothing,
    ChangeWaits,
    NotYourChange,
    OwnChange,
)
from exchange.price_index import publication, selectors, services
from exchange.price_index.comparing import compare
from exchange.price_index.errors import AlreadyPublished, NoIndexValue
from exchange.price_index.governance_errors import IndexDraftStale, NoIndexDraft
from exchange.price_index.governance_models import ValueProposal
from exchange.price_index.models import IndexValue
from exchange.price_index.types import ValueStatus
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, WEDNESDAY, an_index, liquid, trade

pytestmark = pytest.mark.django_db

MAKER, CHECKER = Actor("index"), Actor("operator")


@pytest.fixture(autouse=True)
def _index(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "today", lambda: WEDNESDAY)
    an_index()


def published(day: date, reason: str = "收市核对") -> None:
    services.compute(day)
    publication.release(publication.propose_value(day, actor=MAKER, reason=reason), actor=CHECKER)


def test_one_puts_forward_and_another_releases() -> None:
    liquid(MONDAY, 1, 630)
    with pytest.raises(NoIndexDraft):
        publication.propose_value(MONDAY, actor=MAKER, reason="收市核对")
    services.compute(MONDAY)
    number = publication.propose_value(MONDAY, actor=MAKER, reason=" 收市核对 ")

    assert selectors.latest() is None
    with pytest.raises(OwnChange):
        publication.release(number, actor=MAKER)
    with pytest.raises(ChangeWaits):
        services.compute(MONDAY)
    with pytest.raises(ChangeWaits):
        publication.propose_value(MONDAY, actor=CHECKER, reason="收市核对")
    assert publication.release(number, actor=CHECKER).value == 103_000

    row = publication.proposals(waiting=False)[0]
    assert (row.proposed_by, row.decided_by, row.state, row.stale) == ("index", "operator", "released", False)
    assert publication.who_had_a_hand(ValueProposal.objects.get().definition_id, MONDAY) == {
        "index",
        "operator",
    }
    with pytest.raises(ChangeDecided):
        publication.release(number, actor=CHECKER)
    with pytest.raises(AlreadyPublished):
        publication.propose_value(MONDAY, actor=MAKER, reason="再公布")
    actions = [entry.action for entry in AuditEntry.objects.order_by("number")]
    assert actions == ["index.define", "index.propose", "index.release", "index.provisional"]
    assert audit.verify() == []


def test_a_proposal_is_stale_once_the_books_say_something_else() -> None:
    liquid(MONDAY, 1, 630)
    services.compute(MONDAY)
    trade(MONDAY, 1, 660, buyer=13)
    with pytest.raises(IndexDraftStale):
        publication.propose_value(MONDAY, actor=MAKER, reason="收市核对")
    services.compute(MONDAY)
    number = publication.propose_value(MONDAY, actor=MAKER, reason="收市核对")
    trade(MONDAY, 2, 450)

    assert publication.proposals(waiting=True)[0].stale
    with pytest.raises(IndexDraftStale):
        publication.release(number, actor=CHECKER)
    assert selectors.latest() is None
    assert ValueProposal.objects.get().state == "waiting"
    with pytest.raises(NotYourChange):
        publication.withdraw(number, actor=CHECKER, reason="过时")
    publication.withdraw(number, actor=MAKER, reason="过时")
    services.compute(MONDAY)
    again = publication.propose_value(MONDAY, actor=MAKER, reason="重新核对")
    publication.refuse(again, actor=CHECKER, reason="仍有疑问")
    assert selectors.latest() is None
    published(MONDAY)


def test_a_revision_says_why_and_shows_both_sides() -> None:
    with pytest.raises(NoIndexValue):
        publication.propose_revision(MONDAY, actor=MAKER, reason="补登成交")
    liquid(MONDAY, 1, 630)
    published(MONDAY)
    with pytest.raises(ChangesNothing):
        publication.propose_revision(MONDAY, actor=MAKER, reason="补登成交")
    liquid(MONDAY, 2, 480)
    trade(MONDAY, 2, 900, buyer=13)
    number = publication.propose_revision(MONDAY, actor=MAKER, reason="补登成交")

    draft = selectors.draft_of(MONDAY)
    assert draft is not None
    first, second = compare(selectors.evidence_of(MONDAY), draft)
    assert (first.changed, second.changed) == (False, True)
    assert second.before is not None
    assert second.after is not None
    assert (second.before.price_milli, second.after.price_milli) == (600_000, 630_000)
    assert [(each.rule, each.trades) for each in second.after.exclusions] == [("outlier", 1)]
    assert selectors.evidence_of(MONDAY).row.revision == 0
    with pytest.raises(OwnChange):
        publication.release(number, actor=MAKER)

    row = publication.release(number, actor=CHECKER)
    assert (row.value, row.status, row.reason) == (105_000, ValueStatus.REVISED, "补登成交")
    assert [each.reason for each in selectors.revisions_of(MONDAY)] == ["补登成交", ""]


def test_a_refused_revision_leaves_no_draft() -> None:
    published(MONDAY)
    liquid(MONDAY, 1, 630)
    number = publication.propose_revision(MONDAY, actor=MAKER, reason="补登成交")
    publication.refuse(number, actor=CHECKER, reason="依据不足")
    assert list(IndexValue.objects.values_list("revision", "status")) == [(0, "provisional")]


@pytest.mark.parametrize("reason", ["", "x", "长" * 301, "零\x00零"])
def test_nothing_is_put_forward_without_a_reason_or_before_its_day(reason: str) -> None:
    services.compute(MONDAY)
    with pytest.raises(BadParameter):
        publication.propose_value(MONDAY, actor=MAKER, reason=reason)
    with pytest.raises(BadParameter):
        publication.propose_value(date(2026, 12, 10), actor=MAKER, reason="提前公布")


@pytest.mark.parametrize("day", [date(2026, 12, 3), date(2026, 12, 10)])
def test_nobody_drafts_a_day_before_the_base_or_to_come(day: date) -> None:
    with pytest.raises(BadParameter):
        publication.draft_value(day)
    assert not IndexValue.objects.exists()
    assert publication.draft_value(MONDAY).day == MONDAY


def test_the_database_keeps_proposals_and_steps() -> None:
    services.compute(MONDAY)
    number = publication.propose_value(MONDAY, actor=MAKER, reason="收市核对")
    now = calendar.now()
    rows = ValueProposal.objects.filter(pk=number)
    for change in (
        {"value": 1},
        {"evidence_hash": "0"},
        {"reason": "改"},
        {"state": "released", "decided_by": "index", "decided_at": now},
        {"state": "released"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    publication.release(number, actor=CHECKER)
    for state in ("waiting", "refused", "withdrawn"):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(state=state)
    for status in ("draft", "revised"):
        with pytest.raises(IntegrityError), transaction.atomic():
            IndexValue.objects.update(status=status)


def test_a_trading_day_is_late_from_five_o_clock() -> None:
    def late(day: date, clock: str) -> list[date]:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=TIMEZONE)
        return publication.late_days(moment)

    assert late(FRIDAY, "16:59") == []
    assert late(FRIDAY, "17:00") == [FRIDAY]
    published(FRIDAY)
    assert late(MONDAY, "16:59") == []
    assert late(TUESDAY, "17:00") == [TUESDAY, MONDAY]
    published(TUESDAY)
    assert late(TUESDAY, "17:00") == [MONDAY]
    assert publication.late_days(calendar.now(), index_code="NONE") == []


def test_nothing_else_in_the_exchange_publishes_or_revises() -> None:
    root = Path(__file__).resolve().parents[2]
    callers = {
        path.relative_to(root).as_posix()
        for package in ("exchange", "web", "loadtests")
        for path in (root / package).rglob("*.py")
        if re.search(r"price_index[\w.]*|indexes", text := path.read_text(encoding="utf-8"))
        and re.search(
            r"\b(?:services|price_index|indexes|values)\.(?:publish|publish_revision|revise)\(", text
        )
    }
    assert callers == {"exchange/price_index/publication.py"}
