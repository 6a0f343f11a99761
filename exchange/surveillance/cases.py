"""Triage and cases: dismiss an alert or open a case, work on it, close it by a second person.

A case does nothing to a member or a market itself: suspending and halting are other desks' work, with the
number of the case in their reason. Lines of its timeline are never changed or removed.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, Conflict
from exchange.kernel.ids import next_number
from exchange.members.selectors import operator_names
from exchange.surveillance.errors import (
    AlertDecided,
    CaseClosed,
    CaseNotClosing,
    NothingSuch,
    NotStaff,
    OwnOutcome,
    UnknownAlert,
    UnknownCase,
)
from exchange.surveillance.models import Alert, Case, CaseEntry
from exchange.surveillance.types import AlertState, CaseState, EntryKind, Outcome
from exchange.trading.day_reading import orders_by_id, trades_by_id

LONGEST_TITLE = 120
LONGEST_NOTE = 1_000
LONGEST_REASON = 300
_CASES = "surveillance:case"


# Alerts ----------------------------------------------------------------------------------------------


@transaction.atomic
def dismiss_alert(no: str, *, reason: str, actor: Actor) -> None:
    """Looked at, and nothing behind it. Raises BadParameter, UnknownAlert, AlertDecided."""
    alert = _new_alert(no)
    _decide(alert, AlertState.DISMISSED, actor, _text(reason, "reason", LONGEST_REASON))
    audit.record(
        actor=actor,
        action="surveillance.dismiss",
        subject=f"alert:{no}",
        reason=reason,
        after={"evidence_hash": alert.evidence_hash},
    )


@transaction.atomic
def open_case(
    *, title: str, reason: str, actor: Actor, assignee: str = "", alerts: Sequence[str] = ()
) -> str:
    """Opens a case, from alerts or from what somebody told; returns its number.

    Raises BadParameter, NotStaff, UnknownAlert, AlertDecided.
    """
    title, reason = _text(title, "title", LONGEST_TITLE), _text(reason, "reason", LONGEST_REASON)
    at = calendar.now()
    case = Case.objects.create(
        no=f"JC{at:%Y%m%d}-{next_number(_CASES):04d}",
        title=title,
        assignee=_staff(assignee or actor.name),
        opened_by=actor.name,
        opened_at=at,
    )
    _enter(case, EntryKind.OPENED, actor, reason)
    for no in alerts:
        _attach_alert(case, no, actor, reason)
    audit.record(
        actor=actor,
        action="surveillance.open_case",
        subject=f"case:{case.no}",
        reason=reason,
        after={"title": title, "assignee": case.assignee, "alerts": list(alerts)},
    )
    return case.no


def _new_alert(no: str) -> Alert:
    alert = Alert.objects.select_for_update().filter(no=no).first()
    if alert is None:
        raise UnknownAlert(alert=no)
    if alert.state != AlertState.NEW:
        raise AlertDecided(alert=no)
    return alert


def _decide(alert: Alert, state: AlertState, actor: Actor, reason: str, case: Case | None = None) -> None:
    alert.state, alert.reason, alert.case = state, reason, case
    alert.decided_by, alert.decided_at = actor.name, calendar.now()
    alert.save(update_fields=["state", "reason", "case", "decided_by", "decided_at"])


def _attach_alert(case: Case, no: str, actor: Actor, reason: str) -> None:
    alert = _new_alert(no)
    _decide(alert, AlertState.IN_CASE, actor, reason[:LONGEST_REASON], case)
    _enter(case, EntryKind.ALERT, actor, reason, f"alert:{no}")


# Working on a case -----------------------------------------------------------------------------------


@transaction.atomic
def add_note(no: str, *, text: str, actor: Actor) -> None:
    """Writes something down. Raises BadParameter, UnknownCase, CaseClosed."""
    _enter(_open(no), EntryKind.NOTE, actor, _text(text, "text", LONGEST_NOTE))


@transaction.atomic
def attach_alert(no: str, alert_no: str, *, reason: str, actor: Actor) -> None:
    """Takes another alert into a case.

    Raises BadParameter, UnknownCase, CaseClosed, UnknownAlert, AlertDecided.
    """
    case = _open(no)
    _attach_alert(case, alert_no, actor, _text(reason, "reason", LONGEST_REASON))
    audit.record(
        actor=actor,
        action="surveillance.attach",
        subject=f"case:{no}",
        reason=reason,
        after={"alert": alert_no},
    )


@transaction.atomic
def attach(no: str, kind: EntryKind, number: int, *, text: str, actor: Actor) -> None:
    """Puts an order or a trade into a case.

    Raises BadParameter, UnknownCase, CaseClosed, NothingSuch, Conflict.
    """
    case = _open(no)
    if kind == EntryKind.ORDER:
        if not orders_by_id([number]):
            raise NothingSuch(number=number, what_zh="委托", what_en="order")
    elif kind == EntryKind.TRADE:
        if not trades_by_id([number]):
            raise NothingSuch(number=number, what_zh="成交", what_en="trade")
    else:
        raise BadParameter(name="kind")
    _enter(case, kind, actor, _text(text, "text", LONGEST_NOTE), f"{kind.value}:{number}")


@transaction.atomic
def assign(no: str, *, assignee: str, reason: str, actor: Actor) -> None:
    """Gives a case to another of the staff. Raises BadParameter, UnknownCase, CaseClosed, NotStaff."""
    case = _open(no)
    before, case.assignee = case.assignee, _staff(assignee)
    case.save(update_fields=["assignee"])
    _enter(case, EntryKind.ASSIGNED, actor, _text(reason, "reason", LONGEST_REASON), assignee[:60])
    audit.record(
        actor=actor,
        action="surveillance.assign",
        subject=f"case:{no}",
        reason=reason,
        before={"assignee": before},
        after={"assignee": assignee},
    )


# Closing it ------------------------------------------------------------------------------------------


@transaction.atomic
def propose_outcome(no: str, *, outcome: Outcome, reason: str, actor: Actor) -> None:
    """Says how a case should end; another person decides. Raises BadParameter, UnknownCase, CaseClosed."""
    case = _open(no)
    case.state, case.outcome = CaseState.CLOSING, outcome
    case.outcome_reason = _text(reason, "reason", LONGEST_NOTE)
    case.proposed_by, case.proposed_at = actor.name, calendar.now()
    case.save(update_fields=["state", "outcome", "outcome_reason", "proposed_by", "proposed_at"])
    _enter(case, EntryKind.PROPOSED, actor, case.outcome_reason, outcome.value)
    _audit("surveillance.propose_outcome", case, actor, reason)


@transaction.atomic
def close_case(no: str, *, reason: str, actor: Actor) -> None:
    """Closes a case as another person proposed.

    Raises BadParameter, UnknownCase, CaseNotClosing, OwnOutcome.
    """
    case = _closing(no, actor)
    reason = _text(reason, "reason", LONGEST_REASON)
    _enter(case, EntryKind.CLOSED, actor, reason, case.outcome)
    case.state, case.closed_by, case.closed_at = CaseState.CLOSED, actor.name, calendar.now()
    case.save(update_fields=["state", "closed_by", "closed_at"])
    _audit("surveillance.close_case", case, actor, reason)


@transaction.atomic
def send_back(no: str, *, reason: str, actor: Actor) -> None:
    """Does not agree with the outcome: the case is open again. Its proposer may take it back likewise.

    Raises BadParameter, UnknownCase, CaseNotClosing.
    """
    case = _locked(no)
    if case.state != CaseState.CLOSING:
        raise CaseNotClosing(case=no)
    reason = _text(reason, "reason", LONGEST_REASON)
    _enter(case, EntryKind.SENT_BACK, actor, reason, case.outcome)
    case.state, case.outcome, case.outcome_reason = CaseState.OPEN, "", ""
    case.proposed_by, case.proposed_at = "", None
    case.save(update_fields=["state", "outcome", "outcome_reason", "proposed_by", "proposed_at"])
    _audit("surveillance.send_back", case, actor, reason)


def _closing(no: str, actor: Actor) -> Case:
    case = _locked(no)
    if case.state != CaseState.CLOSING:
        raise CaseNotClosing(case=no)
    if case.proposed_by == actor.name:
        raise OwnOutcome
    return case


# What all of it shares -------------------------------------------------------------------------------


def _locked(no: str) -> Case:
    case = Case.objects.select_for_update().filter(no=no).first()
    if case is None:
        raise UnknownCase(case=no)
    return case


def _open(no: str) -> Case:
    case = _locked(no)
    if case.state != CaseState.OPEN:
        raise CaseClosed(case=no)
    return case


def _enter(case: Case, kind: EntryKind, actor: Actor, text: str, reference: str = "") -> None:
    try:
        with transaction.atomic():
            CaseEntry.objects.create(
                case=case, kind=kind, text=text, reference=reference, actor=actor.name, at=calendar.now()
            )
    except IntegrityError as error:
        raise Conflict(detail=reference) from error


def _staff(username: str) -> str:
    if username not in operator_names():
        raise NotStaff(username=username)
    return username


def _text(text: str, name: str, longest: int) -> str:
    text = text.strip()
    if not 2 <= len(text) <= longest or "\x00" in text:
        raise BadParameter(name=name)
    return text


def _audit(action: str, case: Case, actor: Actor, reason: str) -> None:
    after = {"state": case.state, "outcome": case.outcome, "proposed_by": case.proposed_by}
    audit.record(actor=actor, action=action, subject=f"case:{case.no}", reason=reason[:500], after=after)
