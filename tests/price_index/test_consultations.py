"""Consultations: opened and decided by two, commented on in their time, kept for good."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.proposal_errors import ChangeDecided, ChangeWaits, NotYourChange, OwnChange
from exchange.price_index import collecting
from exchange.price_index import consultations as services
from exchange.price_index import services as values
from exchange.price_index.consultation_selectors import (
    comments,
    consultation,
    consultations,
    method_versions,
    open_consultations,
)
from exchange.price_index.consultations import MOST_PER_CONSULTATION, Party
from exchange.price_index.governance_errors import (
    BadComment,
    BadConsultation,
    ConsultationClosed,
    ConsultationRuns,
    TooManyComments,
    UnknownComment,
    UnknownConsultation,
)
from exchange.price_index.governance_models import Consultation, ConsultationComment, ConsultationDecision
from exchange.price_index.governance_types import Decision, NewConsultation
from exchange.price_index.types import METHOD_VERSION
from tests.price_index.days import FRIDAY, an_index

pytestmark = pytest.mark.django_db

FIRST, SECOND, MEMBER = Actor("index"), Actor("operator"), Actor("d001-admin")
DEALER, GROWER = Party("member:11", "西安果品公司"), Party("member:1", "礼泉合作社")
START = date(2026, 12, 7)
SetToday = Callable[[date], None]


@pytest.fixture
def set_today(monkeypatch: pytest.MonkeyPatch) -> SetToday:
    return lambda day: monkeypatch.setattr(calendar, "today", lambda: day)


@pytest.fixture(autouse=True)
def _index(db: None, set_today: SetToday) -> None:
    set_today(START)
    an_index()


def terms(**changed: object) -> NewConsultation:
    given = NewConsultation(
        subject="parameters",
        title_zh="三日窗口改为五日",
        title_en="Five days instead of three",
        change_zh="成交窗口由 3 个交易日改为 5 个。",
        change_en="The window grows from 3 to 5 trading days.",
        why_zh="淡季成交少。",
        why_en="Trades are few off season.",
        comment_days=20,
        effective_from=date(2027, 2, 1),
    )
    return NewConsultation(**{**given._asdict(), **changed})


def opened() -> str:
    number = services.propose_consultation(terms(), actor=FIRST, reason="年度检视")
    services.open_consultation(number, actor=SECOND, reason="同意公开")
    return number


def say(
    number: str, text: str = "同意", *, party: Party = DEALER, key: str = "k1", public: bool = True
) -> int:
    return services.comment(number, actor=MEMBER, party=party, text=text, is_public=public, key=key)


ADOPT = Decision("adopted", "多数意见赞成。", "Most agreed.", "9.1", date(2027, 2, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"comment_days": 19},
        {"comment_days": 121},
        {"effective_from": START + timedelta(days=20)},
        {"effective_from": date(2030, 1, 1)},
        {"title_en": " "},
        {"why_zh": "零\x00"},
        {"change_zh": "长" * 4_001},
    ],
)
def test_what_is_announced_is_whole_in_both_languages(wrong: dict[str, object]) -> None:
    with pytest.raises(BadConsultation):
        services.propose_consultation(terms(**wrong), actor=FIRST, reason="年度检视")
    with pytest.raises(BadParameter):
        services.propose_consultation(terms(subject="value"), actor=FIRST, reason="年度检视")


def test_a_draft_is_opened_by_another_person_and_seen_only_then(set_today: SetToday) -> None:
    number = services.propose_consultation(terms(), actor=FIRST, reason="年度检视")
    assert consultations() == []
    with pytest.raises(UnknownConsultation):
        consultation(number)
    with pytest.raises(UnknownConsultation):
        say(number)
    with pytest.raises(ChangeWaits):
        services.propose_consultation(terms(), actor=SECOND, reason="年度检视")
    with pytest.raises(OwnChange):
        services.open_consultation(number, actor=FIRST, reason="自己公开")
    with pytest.raises(NotYourChange):
        services.withdraw_consultation(number, actor=SECOND, reason="撤回")
    set_today(date(2027, 1, 12))
    with pytest.raises(BadConsultation):
        services.open_consultation(number, actor=SECOND, reason="太晚")
    set_today(date(2027, 1, 11))
    assert services.open_consultation(number, actor=SECOND, reason="同意公开") == date(2027, 1, 31)
    with pytest.raises(ChangeDecided):
        services.refuse_consultation(number, actor=SECOND, reason="又不同意")
    assert [row.number for row in open_consultations(date(2027, 1, 31))] == [number]
    assert open_consultations(date(2027, 2, 1)) == []


def test_comments_are_limited_private_and_taken_down_never_deleted(set_today: SetToday) -> None:
    number = opened()
    assert say(number, "  同意  ") == say(number, "同一条再发") == 1
    assert say(number, "只给你们看", key="k2", party=GROWER, public=False) == 2
    for text in ("", "好", "长" * 2_001, "零\x00零"):
        with pytest.raises(BadComment):
            say(number, text, key="k3")
    services.take_down(number, 1, actor=FIRST, reason="含有他人电话")
    with pytest.raises(UnknownComment):
        services.take_down(number, 1, actor=SECOND, reason="再撤一次")
    public, own = comments(number), comments(number, party=GROWER.key)
    assert [(row.author, row.text) for row in public] == [("", ""), ("", "")]
    assert public[0].takedown_reason == "含有他人电话"
    assert own[1].text == "只给你们看"
    assert [row.text for row in comments(number, operator=True)] == ["同意", "只给你们看"]
    for at in range(1, MOST_PER_CONSULTATION):
        say(number, "意见", key=f"m{at}")
    with pytest.raises(TooManyComments):
        say(number, "再来", key="m9")
    set_today(START + timedelta(days=21))
    with pytest.raises(ConsultationClosed):
        say(number, "迟到", key="late", party=GROWER)
    rows = ConsultationComment.objects.filter(number=1)
    for change in ({"text": "改"}, {"is_public": False}, {"takedown_reason": "改"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()


def test_it_is_decided_by_two_after_its_days_with_a_reply(set_today: SetToday) -> None:
    number = opened()
    with pytest.raises(ConsultationRuns):
        services.propose_decision(number, ADOPT, actor=FIRST, reason="采纳")
    set_today(START + timedelta(days=21))
    for wrong in (
        ADOPT._replace(version=METHOD_VERSION),
        ADOPT._replace(version="1.0"),
        ADOPT._replace(version="v2"),
        ADOPT._replace(effective_from=START),
        ADOPT._replace(reply_en=""),
    ):
        with pytest.raises(BadConsultation):
            services.propose_decision(number, wrong, actor=FIRST, reason="采纳")
    with pytest.raises(BadParameter):
        services.propose_decision(number, ADOPT._replace(outcome="waiting"), actor=FIRST, reason="采纳")
    refused = services.propose_decision(number, ADOPT, actor=FIRST, reason="采纳")
    services.refuse_decision(refused, actor=SECOND, reason="答复不全")
    made = services.propose_decision(number, ADOPT, actor=SECOND, reason="采纳")
    assert consultation(number).decision is None
    with pytest.raises(OwnChange):
        services.approve_decision(made, actor=SECOND, reason="自己批准")
    assert services.approve_decision(made, actor=FIRST, reason="同意") == number
    row = consultation(number)
    assert row.state == "adopted"
    assert row.decision is not None
    assert row.decision.reply_en == "Most agreed."
    with pytest.raises(ConsultationClosed):
        services.propose_decision(number, ADOPT, actor=FIRST, reason="再决定")

    values.publish(FRIDAY, actor=FIRST)
    announced, in_force = method_versions()
    assert (announced.version, announced.state, announced.since) == ("9.1", "announced", date(2027, 2, 1))
    assert (announced.consultation, announced.parameters) == (number, {})
    assert (in_force.version, in_force.state, in_force.since) == (METHOD_VERSION, "in_force", FRIDAY)
    assert in_force.parameters["min_trades"] == 3
    assert audit.verify() == []


def test_cells_change_with_an_edition_and_not_with_a_version(set_today: SetToday) -> None:
    number = services.propose_consultation(terms(subject="cells"), actor=FIRST, reason="年度检视")
    services.open_consultation(number, actor=SECOND, reason="同意公开")
    set_today(START + timedelta(days=21))
    with pytest.raises(BadConsultation):
        services.propose_decision(number, ADOPT, actor=FIRST, reason="采纳")

    made = services.propose_decision(number, ADOPT._replace(version=""), actor=FIRST, reason="采纳")
    services.approve_decision(made, actor=SECOND, reason="同意")

    assert [row.version for row in method_versions()] == [METHOD_VERSION]


def test_versions_follow_first_publications_and_revisions_change_no_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        for module in (collecting, values):
            patched.setattr(module, "METHOD_VERSION", "1.0")
        values.publish(FRIDAY, actor=FIRST)
        values.publish(START, actor=FIRST)
    tuesday = START + timedelta(days=1)

    assert spans() == [("1.1", tuesday, None), ("1.0", FRIDAY, START)]
    values.revise(FRIDAY, actor=FIRST, reason="按新方法重算")
    assert spans() == [("1.1", tuesday, None), ("1.0", FRIDAY, START)]
    values.publish(date(2026, 12, 9), actor=FIRST)
    assert spans() == [("1.1", date(2026, 12, 9), None), ("1.0", FRIDAY, tuesday)]


def spans() -> list[tuple[str, date, date | None]]:
    return [(row.version, row.since, row.until) for row in method_versions()]


def test_while_comments_run_a_change_can_only_be_dropped() -> None:
    number = opened()
    dropped = Decision("dropped", "经营者不再推进。", "The operator goes no further.")
    made = services.propose_decision(number, dropped, actor=FIRST, reason="不再推进")
    services.approve_decision(made, actor=SECOND, reason="同意")
    assert consultation(number).state == "dropped"
    assert len(method_versions()) == 1


def test_the_database_keeps_texts_and_steps(set_today: SetToday) -> None:
    number = opened()
    rows = Consultation.objects.filter(number=number)
    for change in (
        {"change_zh": "改"},
        {"closes_on": START},
        {"decided_by": "index"},
        {"state": "waiting"},
        {"state": "refused"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    set_today(START + timedelta(days=21))
    services.approve_decision(
        services.propose_decision(number, ADOPT, actor=FIRST, reason="采纳"), actor=SECOND, reason="同意"
    )
    for state in ("open", "dropped"):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(state=state)
    for change in ({"reply_zh": "改"}, {"state": "waiting"}, {"version": "9.2"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsultationDecision.objects.update(**change)


def test_unknown_numbers_are_refused() -> None:
    for attempt in (
        lambda: services.open_consultation("\x00", actor=FIRST, reason="公开"),
        lambda: services.take_down("ZQ0", 1, actor=FIRST, reason="撤下"),
        lambda: services.approve_decision(7, actor=FIRST, reason="同意"),
    ):
        with pytest.raises(JinguoError) as refused:
            attempt()
        assert refused.value.status == 404
