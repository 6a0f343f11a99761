"""Consultations 征求意见: no change of method, parameters or cells without notice, comments and a reply.

One person drafts a consultation and another opens it; from then on it takes comments for at least 20 days and
stays public for good. Its end is a decision with the operator's reply, proposed by one and approved by
another: adopted, adopted with changes, or dropped. A comment may be taken down with a reason, never deleted.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import day_bounds_ns
from exchange.kernel.characters import can_be_shown
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.kernel.proposal_errors import ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.price_index.errors import UnknownIndex
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
from exchange.price_index.governance_types import (
    IN_PUBLIC,
    LEAST_COMMENT_DAYS,
    MOST_COMMENT_DAYS,
    OUTCOMES,
    ConsultationState,
    ConsultationSubject,
    Decision,
    NewConsultation,
)
from exchange.price_index.method import METHODS
from exchange.price_index.models import IndexDefinition, IndexValue
from exchange.price_index.publication import checked_reason
from exchange.price_index.types import HEADLINE, METHOD_VERSION

LONGEST = {"title_zh": 80, "title_en": 160, "change_zh": 4_000, "change_en": 8_000, "why_zh": 2_000}
LONGEST |= {"why_en": 4_000, "reply_zh": 4_000, "reply_en": 8_000}
TEXT_NAMES = {
    "title_zh": ("中文标题", "Chinese title"),
    "title_en": ("英文标题", "English title"),
    "change_zh": ("中文“改什么”", "What changes, in Chinese"),
    "change_en": ("英文“改什么”", "What changes, in English"),
    "why_zh": ("中文“为什么”", "Why, in Chinese"),
    "why_en": ("英文“为什么”", "Why, in English"),
    "reply_zh": ("中文答复", "Reply in Chinese"),
    "reply_en": ("英文答复", "Reply in English"),
}
LONGEST_COMMENT = 2_000
LONGEST_KEY = 40
MOST_PER_CONSULTATION, MOST_A_DAY = 5, 10
FARTHEST = timedelta(days=2 * 366)
APPROVED = "approved"
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}")


class Party(NamedTuple):
    """Whom a person who comments acts for: a key such as member:12, and a name."""

    key: str
    name: str


# Announcing ------------------------------------------------------------------------------------------


@transaction.atomic
def propose_consultation(
    terms: NewConsultation, *, actor: Actor, reason: str, index_code: str = HEADLINE
) -> str:
    """Drafts a consultation for another person to open; its number.

    Raises BadParameter, BadConsultation, UnknownIndex, ChangeWaits.
    """
    reason = checked_reason(reason)
    terms = _checked(terms)
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        raise UnknownIndex(index=index_code)
    number = next_number("index_consultation")
    if definition.consultations.filter(state=WAITING, title_zh=terms.title_zh).exists():
        raise ChangeWaits(subject=terms.title_zh)
    row = Consultation.objects.create(
        number=f"ZQ{calendar.today():%Y%m%d}-{number:04d}",
        definition=definition,
        reason=reason,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
        **terms._asdict(),
    )
    _audit("consultation.propose", row, actor, reason, title=terms.title_zh)
    return row.number


def _checked(terms: NewConsultation) -> NewConsultation:
    if terms.subject not in ConsultationSubject.values:
        raise BadParameter(name="subject")
    texts = _texts(terms._asdict(), ("title_zh", "title_en", "change_zh", "change_en", "why_zh", "why_en"))
    if not LEAST_COMMENT_DAYS <= terms.comment_days <= MOST_COMMENT_DAYS:
        raise BadConsultation(
            why_zh=f"征求意见须为 {LEAST_COMMENT_DAYS} 至 {MOST_COMMENT_DAYS} 天",
            why_en=f"comments are taken for {LEAST_COMMENT_DAYS} to {MOST_COMMENT_DAYS} days",
        )
    _check_days(terms.comment_days, terms.effective_from)
    return NewConsultation(**{**terms._asdict(), **texts})


def _check_days(comment_days: int, effective_from: date) -> None:
    """The change comes after the comments. Raises BadConsultation."""
    today = calendar.today()
    if not today + timedelta(days=comment_days) < effective_from <= today + FARTHEST:
        raise BadConsultation(
            why_zh="实施日须在征求意见期满之后，两年之内",
            why_en="it comes into force after the days for comments and within two years",
        )


def _texts(given: dict[str, object], names: Sequence[str]) -> dict[str, str]:
    """Texts without their margins. Raises BadConsultation that says which is wrong."""
    cleaned = {}
    for name in names:
        text = str(given[name]).replace("\r\n", "\n").strip()
        if not 2 <= len(text) <= LONGEST[name] or not can_be_shown(text.replace("\n", "")):
            name_zh, name_en = TEXT_NAMES[name]
            raise BadConsultation(
                why_zh=f"{name_zh}须为 2 至 {LONGEST[name]} 字",
                why_en=f"{name_en}: 2 to {LONGEST[name]} characters",
            )
        cleaned[name] = text
    return cleaned


@transaction.atomic
def open_consultation(number: str, *, actor: Actor, reason: str) -> date:
    """Opens what another person drafted; the last day for comments.

    Raises BadParameter, UnknownConsultation, ChangeDecided, OwnChange, BadConsultation (its day is too near).
    """
    reason = checked_reason(reason)
    row = _locked(number)
    today = calendar.today()
    row.opened_on, row.closes_on = today, today + timedelta(days=row.comment_days)
    decide(row, state=ConsultationState.OPEN, actor=actor, reason=reason, also=("opened_on", "closes_on"))
    _check_days(row.comment_days, row.effective_from)
    _audit("consultation.open", row, actor, reason, closes_on=row.closes_on.isoformat())
    return row.closes_on


@transaction.atomic
def refuse_consultation(number: str, *, actor: Actor, reason: str) -> None:
    """Refuses another person's draft.

    Raises BadParameter, UnknownConsultation, ChangeDecided, OwnChange.
    """
    _end_draft(number, REFUSED, "consultation.refuse", actor, reason)


@transaction.atomic
def withdraw_consultation(number: str, *, actor: Actor, reason: str) -> None:
    """Takes one's own draft back. Raises BadParameter, UnknownConsultation, ChangeDecided, NotYourChange."""
    _end_draft(number, WITHDRAWN, "consultation.withdraw", actor, reason)


def _end_draft(number: str, state: str, action: str, actor: Actor, reason: str) -> None:
    reason = checked_reason(reason)
    row = _locked(number)
    decide(row, state=state, actor=actor, reason=reason)
    _audit(action, row, actor, reason)


# Comments --------------------------------------------------------------------------------------------


@transaction.atomic
def comment(number: str, *, actor: Actor, party: Party, text: str, is_public: bool, key: str) -> int:
    """A comment of somebody logged in; its number. The same key again is the same comment.

    Raises UnknownConsultation, ConsultationClosed, BadComment, BadParameter, TooManyComments.
    """
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isalnum()):
        raise BadParameter(name="key")
    row = _locked(number)
    if row.state not in IN_PUBLIC:
        raise UnknownConsultation(number=number)
    known = ConsultationComment.objects.filter(username=actor.name, key=key).first()
    if known is not None:
        return known.number
    text = text.replace("\r\n", "\n").strip()
    if not 2 <= len(text) <= LONGEST_COMMENT or not can_be_shown(text.replace("\n", "")):
        raise BadComment(most=LONGEST_COMMENT)
    if row.state != ConsultationState.OPEN or row.closes_on is None or calendar.today() > row.closes_on:
        raise ConsultationClosed(number=number)
    _check_limits(row, party)
    made = ConsultationComment.objects.create(
        consultation=row,
        number=row.comments.count() + 1,
        key=key,
        username=actor.name,
        party=party.key,
        author=party.name,
        text=text,
        is_public=is_public,
        at=calendar.now(),
    )
    _audit("consultation.comment", row, actor, "", comment=made.number, public=is_public)
    return made.number


def _check_limits(row: Consultation, party: Party) -> None:
    midnight: datetime = calendar.datetime_of(day_bounds_ns(calendar.today())[0])
    own = ConsultationComment.objects.filter(party=party.key)
    if (
        own.filter(consultation=row).count() >= MOST_PER_CONSULTATION
        or own.filter(at__gte=midnight).count() >= MOST_A_DAY
    ):
        raise TooManyComments(most=MOST_PER_CONSULTATION, day=MOST_A_DAY)


@transaction.atomic
def take_down(number: str, comment_no: int, *, actor: Actor, reason: str) -> None:
    """Takes a comment down; that it was, and why, stays to be seen.

    Raises BadParameter, UnknownConsultation, UnknownComment.
    """
    reason = checked_reason(reason)
    row = _locked(number)
    found = row.comments.filter(number=comment_no, taken_down_at__isnull=True).first()
    if found is None:
        raise UnknownComment
    found.taken_down_at, found.taken_down_by, found.takedown_reason = calendar.now(), actor.name, reason
    found.save(update_fields=["taken_down_at", "taken_down_by", "takedown_reason"])
    _audit("consultation.take_down", row, actor, reason, comment=comment_no)


# Deciding --------------------------------------------------------------------------------------------


@transaction.atomic
def propose_decision(number: str, decision: Decision, *, actor: Actor, reason: str) -> int:
    """Proposes how a consultation ends, and what is replied; the proposal's id.

    Raises BadParameter, BadConsultation, UnknownConsultation, ConsultationClosed, ConsultationRuns,
    ChangeWaits.
    """
    reason = checked_reason(reason)
    row = _locked(number)
    if row.state != ConsultationState.OPEN:
        raise ConsultationClosed(number=number)
    if row.decisions.filter(state=WAITING).exists():
        raise ChangeWaits(subject=number)
    texts = _texts(decision._asdict(), ("reply_zh", "reply_en"))
    decision = Decision(**{**decision._asdict(), **texts, "version": decision.version.strip()})
    _check_decision(row, decision)
    made = ConsultationDecision.objects.create(
        consultation=row,
        reason=reason,
        proposed_by=actor.name,
        proposed_at=calendar.now(),
        **decision._asdict(),
    )
    _audit("consultation.propose_decision", row, actor, reason, outcome=decision.outcome)
    return made.pk


def _check_decision(row: Consultation, decision: Decision) -> None:
    if decision.outcome not in OUTCOMES:
        raise BadParameter(name="outcome")
    if decision.outcome == ConsultationState.DROPPED:
        if decision.version or decision.effective_from is not None:
            raise BadParameter(name="version")
        return
    today = calendar.today()
    assert row.closes_on is not None
    if today <= row.closes_on:
        raise ConsultationRuns(number=row.number, closes_on=row.closes_on.isoformat())
    if row.subject == ConsultationSubject.CELLS:
        if decision.version:
            raise BadConsultation(
                why_zh="样本与权重随权重版本更换，不填方法版本",
                why_en="cells and weights change with an edition of weights, not with a version",
            )
    elif not _VERSION.fullmatch(decision.version) or _version_known(decision.version):
        raise BadConsultation(
            why_zh=f"方法版本须为没有用过的版本号，如 {next_version()}",
            why_en=f"the version is a new one, such as {next_version()}",
        )
    if decision.effective_from is None or not today < decision.effective_from <= today + FARTHEST:
        raise BadConsultation(why_zh="实施日须在今天之后", why_en="it comes into force after today")


def next_version() -> str:
    """The version after the one values are computed by."""
    major, minor = METHOD_VERSION.split(".")
    return f"{major}.{int(minor) + 1}"


def _version_known(version: str) -> bool:
    return (
        version in METHODS
        or IndexValue.objects.filter(method_version=version).exists()
        or ConsultationDecision.objects.filter(version=version, state__in=[WAITING, APPROVED]).exists()
    )


@transaction.atomic
def approve_decision(decision_id: int, *, actor: Actor, reason: str) -> str:
    """Approves another person's proposal: the reply is published; the consultation's number.

    Raises BadParameter, UnknownChange, ChangeDecided, OwnChange, BadConsultation (its day has come).
    """
    reason = checked_reason(reason)
    made, row = _locked_decision(decision_id)
    decide(made, state=APPROVED, actor=actor, reason=reason)
    if made.effective_from is not None and made.effective_from <= calendar.today():
        raise BadConsultation(why_zh="实施日须在今天之后", why_en="it comes into force after today")
    row.state = made.outcome
    row.save(update_fields=["state"])
    _audit("consultation.decide", row, actor, reason, outcome=made.outcome, version=made.version)
    return row.number


@transaction.atomic
def refuse_decision(decision_id: int, *, actor: Actor, reason: str) -> None:
    """Refuses another person's proposal. Raises BadParameter, UnknownChange, ChangeDecided, OwnChange."""
    _end_decision(decision_id, REFUSED, "consultation.refuse_decision", actor, reason)


@transaction.atomic
def withdraw_decision(decision_id: int, *, actor: Actor, reason: str) -> None:
    """Takes one's own proposal back. Raises BadParameter, UnknownChange, ChangeDecided, NotYourChange."""
    _end_decision(decision_id, WITHDRAWN, "consultation.withdraw_decision", actor, reason)


def _end_decision(decision_id: int, state: str, action: str, actor: Actor, reason: str) -> None:
    reason = checked_reason(reason)
    made, row = _locked_decision(decision_id)
    decide(made, state=state, actor=actor, reason=reason)
    _audit(action, row, actor, reason, outcome=made.outcome)


# What the steps share --------------------------------------------------------------------------------


def _locked(number: str) -> Consultation:
    rows = Consultation.objects.select_for_update().filter(number=number)
    row = rows.first() if number.isprintable() else None
    if row is None:
        raise UnknownConsultation(number=number[:24])
    return row


def _locked_decision(decision_id: int) -> tuple[ConsultationDecision, Consultation]:
    """The consultation first, then what was proposed for it: the order of all who lock both."""
    known = (
        ConsultationDecision.objects.filter(pk=decision_id).values_list("consultation_id", flat=True).first()
    )
    if known is None:
        raise UnknownChange(proposal=decision_id)
    row = Consultation.objects.select_for_update().get(pk=known)
    return ConsultationDecision.objects.select_for_update().get(pk=decision_id), row


def _audit(action: str, row: Consultation, actor: Actor, reason: str, **more: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"consultation:{row.number}",
        reason=reason,
        after={"state": str(row.state), **more},
    )
