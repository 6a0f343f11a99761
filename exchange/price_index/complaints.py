"""Complaints 投诉 about an index value or the method: filed, acknowledged, decided by somebody independent.

A member complains under its own name, anybody else with a name and a phone number where they can be reached.
A complaint is acknowledged within 2 trading days and decided within 10 by a person who neither put forward,
published nor revised that value. An upheld one is followed by a revision (`publication`) or, where it is
about the method, by a consultation; nothing is changed here.
"""

import hashlib
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import day_bounds_ns
from exchange.kernel.characters import can_be_shown, phone_in
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.price_index.errors import NoIndexValue, UnknownIndex
from exchange.price_index.governance_errors import (
    BadComplaint,
    ComplaintWrongState,
    NotIndependent,
    TooManyComplaints,
    UnknownComplaint,
)
from exchange.price_index.governance_models import IndexComplaint
from exchange.price_index.governance_types import (
    ACKNOWLEDGE_TRADING_DAYS,
    COMPLAINT_STEPS,
    DECIDE_TRADING_DAYS,
    OPEN_COMPLAINTS,
    ComplaintState,
    ComplaintSubject,
    NewComplaint,
)
from exchange.price_index.models import IndexDefinition
from exchange.price_index.publication import checked_reason, who_had_a_hand
from exchange.price_index.types import HEADLINE, PUBLISHED

LONGEST_TEXT, LONGEST_NAME, LONGEST_KEY, SHORTEST_KEY = 2_000, 40, 64, 16
MOST_A_DAY, MOST_OPEN = 3, 5
"""Of one member; of one phone number and of one address for those without a log-in."""
CODE_LENGTH = 12
WITHOUT_DAY = (ComplaintSubject.METHOD, ComplaintSubject.OTHER)


class ComplaintReceipt(NamedTuple):
    """What the complainant keeps: the number, and the code by which it is found without a log-in."""

    number: str
    code: str


# Filing ----------------------------------------------------------------------------------------------


@transaction.atomic
def file_complaint(
    terms: NewComplaint,
    *,
    actor: Actor,
    key: str,
    account_no: int | None = None,
    index_code: str = HEADLINE,
) -> ComplaintReceipt:
    """Files a complaint of a member, or of anybody when ``account_no`` is None.

    key: the form's own secret; sent again it is the same complaint, and the code is made from it.
    Raises BadParameter, BadComplaint, NoIndexValue, UnknownIndex, TooManyComplaints.
    """
    if not (SHORTEST_KEY <= len(key) <= LONGEST_KEY and key.isascii() and key.isalnum()):
        raise BadParameter(name="key")
    code = _hash(f"complaint-code:{key}")[:CODE_LENGTH]
    number = next_number("index_complaint")
    known = IndexComplaint.objects.filter(key=_hash(key)).first()
    if known is not None:
        if known.account_no != account_no:
            raise BadParameter(name="key")
        return ComplaintReceipt(known.number, code)
    terms = _checked(terms, account_no)
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        raise UnknownIndex(index=index_code)
    _check_day(definition, terms)
    _check_limits(terms, account_no, actor.ip)
    today = calendar.today()
    row = IndexComplaint.objects.create(
        number=f"ZT{today:%Y%m%d}-{number:05d}",
        key=_hash(key),
        code_hash=_hash(code),
        definition=definition,
        account_no=account_no,
        filed_by="" if account_no is None else actor.name,
        from_ip=actor.ip,
        filed_at=calendar.now(),
        acknowledge_by=calendar.add_trading_days(today, ACKNOWLEDGE_TRADING_DAYS),
        decide_by=calendar.add_trading_days(today, DECIDE_TRADING_DAYS),
        **terms._asdict(),
    )
    _audit("index_complaint.file", row, actor, "")
    return ComplaintReceipt(row.number, code)


def _checked(terms: NewComplaint, account_no: int | None) -> NewComplaint:
    if terms.subject not in ComplaintSubject.values:
        raise BadParameter(name="subject")
    text = terms.text.replace("\r\n", "\n").strip()
    if not 2 <= len(text) <= LONGEST_TEXT or not can_be_shown(text.replace("\n", "")):
        raise BadComplaint(
            why_zh=f"内容须为 2 至 {LONGEST_TEXT} 字", why_en=f"its text has 2 to {LONGEST_TEXT} characters"
        )
    if account_no is not None:
        return terms._replace(text=text, contact_name="", contact_phone="")
    name, phone = terms.contact_name.strip(), phone_in(terms.contact_phone)
    if not 2 <= len(name) <= LONGEST_NAME or not can_be_shown(name) or phone is None:
        raise BadComplaint(
            why_zh="须留下称呼和打得通的电话", why_en="it needs a name and a phone number that can be called"
        )
    return terms._replace(text=text, contact_name=name, contact_phone=phone)


def _check_day(definition: IndexDefinition, terms: NewComplaint) -> None:
    """A value complained about was published; a delay may be complained about before that."""
    if terms.day is None:
        if terms.subject not in WITHOUT_DAY:
            raise BadComplaint(why_zh="须写明是哪一天的指数", why_en="it names the day of the value")
        return
    if not definition.base_day <= terms.day <= calendar.today():
        raise NoIndexValue(day=terms.day.isoformat())
    published = definition.values.filter(day=terms.day, status__in=PUBLISHED).exists()
    if not published and terms.subject != ComplaintSubject.PUBLICATION:
        raise NoIndexValue(day=terms.day.isoformat())


def _check_limits(terms: NewComplaint, account_no: int | None, ip: str | None) -> None:
    """The number series is the lock: no two complaints are filed at a time."""
    if account_no is not None:
        whose = [Q(account_no=account_no)]
    else:
        whose = [Q(account_no=None, contact_phone=terms.contact_phone)]
        if ip:
            whose.append(Q(account_no=None, from_ip=ip))
    midnight = calendar.datetime_of(day_bounds_ns(calendar.today())[0])
    for each in whose:
        own = IndexComplaint.objects.filter(each)
        if (
            own.filter(filed_at__gte=midnight).count() >= MOST_A_DAY
            or own.filter(state__in=OPEN_COMPLAINTS).count() >= MOST_OPEN
        ):
            raise TooManyComplaints(day=MOST_A_DAY, open=MOST_OPEN)


@transaction.atomic
def withdraw_complaint(number: str, *, actor: Actor, account_no: int | None = None, code: str = "") -> None:
    """A complainant takes it back. Raises UnknownComplaint, ComplaintWrongState."""
    row = _locked(number)
    own = row.account_no == account_no if account_no is not None else row.account_no is None
    if not own or (account_no is None and row.code_hash != _hash(code)):
        raise UnknownComplaint
    _go(row, ComplaintState.WITHDRAWN, finished_by=actor.name)
    _audit("index_complaint.withdraw", row, actor, "")


# The operator ----------------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(number: str, *, actor: Actor) -> None:
    """Takes a complaint in hand. Raises UnknownComplaint, ComplaintWrongState."""
    row = _locked(number)
    _check_step(row, ComplaintState.ACKNOWLEDGED)
    row.state = ComplaintState.ACKNOWLEDGED
    row.acknowledged_by, row.acknowledged_at = actor.name, calendar.now()
    row.save(update_fields=["state", "acknowledged_by", "acknowledged_at"])
    _audit("index_complaint.acknowledge", row, actor, "")


@transaction.atomic
def decide_complaint(number: str, *, upheld: bool, answer: str, actor: Actor) -> None:
    """Decides an acknowledged complaint with an answer that the complainant reads.

    Raises BadParameter, UnknownComplaint, ComplaintWrongState, NotIndependent.
    """
    answer = checked_reason(answer)
    row = _locked(number)
    state = ComplaintState.UPHELD if upheld else ComplaintState.REJECTED
    _check_step(row, state)
    if row.day is not None and actor.name in who_had_a_hand(row.definition_id, row.day):
        raise NotIndependent
    row.answer = answer
    _go(row, state, finished_by=actor.name)
    _audit("index_complaint.uphold" if upheld else "index_complaint.reject", row, actor, answer)


# What the steps share --------------------------------------------------------------------------------


def code_fits(row: IndexComplaint, code: str) -> bool:
    """Whether this is the code of a complaint."""
    return row.code_hash == _hash(code)


def _locked(number: str) -> IndexComplaint:
    rows = IndexComplaint.objects.select_for_update().filter(number=number)
    row = rows.first() if number.isprintable() else None
    if row is None:
        raise UnknownComplaint
    return row


def _check_step(row: IndexComplaint, state: ComplaintState) -> None:
    if state.value not in COMPLAINT_STEPS.get(row.state, ()):
        raise ComplaintWrongState


def _go(row: IndexComplaint, state: ComplaintState, *, finished_by: str) -> None:
    _check_step(row, state)
    row.state, row.finished_by, row.finished_at = state, finished_by, calendar.now()
    row.save(update_fields=["state", "answer", "finished_by", "finished_at"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _audit(action: str, row: IndexComplaint, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"index_complaint:{row.number}",
        reason=reason,
        after={
            "state": str(row.state),
            "day": None if row.day is None else row.day.isoformat(),
            "subject": row.subject,
        },
    )
