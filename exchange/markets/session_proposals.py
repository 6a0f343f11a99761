"""Session control by two people: what makes orders trade again is proposed by one and approved by another.

Stopping is safe and must be fast, so a halt, and a call instead of continuous trading, need one person and
a reason. Whatever lets orders trade or ends a session moves money or takes orders away, so resuming, ending
a call by hand, opening and closing need two. Where the clock keeps the calendar (SESSIONS_BY_CALENDAR), who
opens or closes when the plan has it so only does what the clock would have done: one person is enough.

A proposal is about the market as it was: it can be approved for VALID, on the same day, and the deed finds
out by itself whether it still can be done. Resuming past a halt, or ending a call, that came after the
proposal is refused: who proposed it did not know why.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, models, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_S, SESSIONS, TIMEZONE
from exchange.kernel.errors import NotInCall
from exchange.kernel.proposal_errors import ChangeStale, ChangeWaits, UnknownChange
from exchange.kernel.selectors import was_done
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.markets import proposals, sessions
from exchange.markets.errors import NoOpenSession, NotHalted, SessionAlreadyOpen
from exchange.markets.locks import lock_open_session
from exchange.markets.models import Product, SessionProposal
from exchange.markets.selectors import calls_under_way, current_session, product_by_code
from exchange.markets.types import SessionDeed
from matching.types import CALL_PHASES

DONE = "done"
VALID = timedelta(minutes=30)
"""How long a proposal can be approved."""
RESUMING = frozenset({SessionDeed.RESUME, SessionDeed.RESUME_WITH_CALL, SessionDeed.RESUME_ALL})
_ENDING_CALLS = frozenset({SessionDeed.END_CALL, SessionDeed.END_ALL_CALLS})
_OPENING = frozenset({SessionDeed.OPEN, SessionDeed.OPEN_WITH_CALL})


class SessionProposalRow(NamedTuple):
    """A proposal. id is what paging goes by; subject is a product's code or empty."""

    id: int
    deed: SessionDeed
    subject: str
    state: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    valid: bool
    """Whether it can still be approved."""


# Who is enough -----------------------------------------------------------------------------------------


def needs_two(deed: SessionDeed, at_ns: int) -> bool:
    """Whether a deed of this moment needs a second person."""
    return not (settings.SESSIONS_BY_CALENDAR and _planned(deed, at_ns))


def _planned(deed: SessionDeed, at_ns: int) -> bool:
    """Whether the calendar's plan has it so at this moment."""
    if deed in _OPENING:
        return calendar.in_session(at_ns) or calendar.in_session(at_ns + settings.CALL_S * NS_PER_S)
    if deed not in (SessionDeed.CLOSE, SessionDeed.MIDDAY) or calendar.in_session(at_ns):
        return False
    over = calendar.datetime_of(at_ns).astimezone(TIMEZONE).time() >= SESSIONS[-1][1]
    trading = calendar.is_trading_day(calendar.trading_day(at_ns))
    return (over or not trading) if deed == SessionDeed.CLOSE else trading and not over


# Proposing and deciding --------------------------------------------------------------------------------


@transaction.atomic
def propose_deed(*, actor: Actor, deed: SessionDeed, subject: str, reason: str) -> int:
    """Proposes a deed on the market or a product; returns the proposal's id.

    Raises BadParameter, UnknownProduct, ChangeWaits, and what the deed would be refused with now.
    """
    sessions.check_reason(reason)
    _check(deed, subject)
    _let_lapse(deed, subject)
    try:
        with transaction.atomic():
            row = SessionProposal.objects.create(
                deed=deed.value,
                subject=subject,
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
    except IntegrityError:
        raise ChangeWaits(subject=subject or f"{deed.label} ({deed.value})") from None
    _audit("session.propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_deed(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> SessionDeed:
    """Approves and does, or refuses, what another person proposed; what it was about.

    An approval is whole or not at all: what the deed is refused with leaves the proposal waiting.
    Raises UnknownChange, ChangeDecided, OwnChange, ChangeStale, and as the deed does.
    """
    sessions.check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=DONE if approve else REFUSED, actor=actor, reason=reason.strip())
    deed = SessionDeed(row.deed)
    _audit("session.approve" if approve else "session.refuse", row, actor, reason)
    if approve:
        if not _valid(row) or _stopped_since(row, deed):
            raise ChangeStale(subject=row.subject or f"{deed.label} ({deed.value})")
        carry_out(deed, row.subject, actor=actor, reason=f"{row.reason}（经办 {row.proposed_by}）"[:300])
    return deed


@transaction.atomic
def withdraw_deed(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    sessions.check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("session.withdraw", row, actor, reason)


def deed_of(proposal_id: int) -> SessionDeed:
    """What a proposal is about. Raises UnknownChange."""
    deed = SessionProposal.objects.filter(pk=proposal_id).values_list("deed", flat=True).first()
    if deed is None:
        raise UnknownChange(proposal=proposal_id)
    return SessionDeed(deed)


def session_proposals(*, waiting: bool, limit: int = 20) -> list[SessionProposalRow]:
    """Proposals that wait, or those that are decided, newest first."""
    chosen = models.Q(state=WAITING) if waiting else ~models.Q(state=WAITING)
    return [_row(row) for row in SessionProposal.objects.filter(chosen).order_by("-pk")[:limit]]


def _lock(proposal_id: int) -> SessionProposal:
    lock_open_session()
    row = SessionProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def _valid(row: SessionProposal) -> bool:
    now = calendar.now()
    same_day = row.proposed_at.astimezone(TIMEZONE).date() == now.astimezone(TIMEZONE).date()
    return same_day and now - row.proposed_at <= VALID


def _stopped_since(row: SessionProposal, deed: SessionDeed) -> bool:
    """Whether a halt that would be resumed, or a call that would be ended, began after the proposal."""
    if deed in _ENDING_CALLS:
        calls = [call for call in calls_under_way() if row.subject in ("", call.product_code)]
        return any(call.began_at >= row.proposed_at for call in calls)
    subject = f"product:{row.subject}" if row.subject else ""
    return deed in RESUMING and was_done("product.halt", row.proposed_at, subject)


def _let_lapse(deed: SessionDeed, subject: str) -> None:
    """A proposal nobody decided in time does not keep a new one away."""
    waiting = SessionProposal.objects.select_for_update().filter(state=WAITING, deed=deed, subject=subject)
    for row in waiting:
        if not _valid(row):
            row.state, row.decided_by, row.decided_at = "lapsed", "clock", calendar.now()
            row.save(update_fields=["state", "decided_by", "decided_at"])


def _check(deed: SessionDeed, subject: str) -> None:
    """Refuses what could not be done now, with the error the deed itself would raise."""
    if deed in (SessionDeed.RESUME, SessionDeed.RESUME_WITH_CALL):
        if not product_by_code(subject).halted:
            raise NotHalted(product=subject)
    elif deed == SessionDeed.END_CALL:
        if product_by_code(subject).phase not in CALL_PHASES:
            raise NotInCall(product=subject)
    elif deed in _OPENING and current_session() is not None:
        raise SessionAlreadyOpen
    elif deed in (SessionDeed.CLOSE, SessionDeed.MIDDAY) and current_session() is None:
        raise NoOpenSession


def _row(row: SessionProposal) -> SessionProposalRow:
    return SessionProposalRow(
        row.pk,
        SessionDeed(row.deed),
        row.subject,
        row.state,
        row.reason,
        row.proposed_by,
        row.proposed_at,
        row.decided_by,
        row.decided_at,
        row.decision_reason,
        row.state == WAITING and _valid(row),
    )


def _audit(action: str, row: SessionProposal, actor: Actor, reason: str) -> None:
    subject = f"product:{row.subject}" if row.subject else "market:all"
    after = {"proposal": row.pk, "deed": row.deed, "state": row.state, "proposed_by": row.proposed_by}
    audit.record(actor=actor, action=action, subject=subject, reason=reason, after=after)


# The deeds ---------------------------------------------------------------------------------------------


@transaction.atomic
def carry_out(deed: SessionDeed, subject: str, *, actor: Actor, reason: str) -> None:
    """Does it, in the name of who decided. Raises as the functions of ``sessions`` do."""
    _DEEDS[deed](actor, subject, reason)


def _open(actor: Actor, _subject: str, reason: str) -> None:
    proposals.carry_out_scheduled()
    sessions.open_session(actor=actor, reason=reason)


def _open_with_call(actor: Actor, _subject: str, reason: str) -> None:
    proposals.carry_out_scheduled()
    sessions.open_session(actor=actor, reason=reason, with_call=True)


def _midday(actor: Actor, _subject: str, reason: str) -> None:
    sessions.close_session(actor=actor, reason=reason, day_ends=False)


def _close(actor: Actor, _subject: str, reason: str) -> None:
    sessions.close_session(actor=actor, reason=reason)


def _end_call(actor: Actor, subject: str, reason: str) -> None:
    sessions.end_call(actor=actor, code=subject, reason=reason)


def _end_all_calls(actor: Actor, _subject: str, reason: str) -> None:
    for call in calls_under_way():
        sessions.end_call(actor=actor, code=call.product_code, reason=reason)


def _resume(actor: Actor, subject: str, reason: str) -> None:
    sessions.resume(actor=actor, code=subject, reason=reason)


def _resume_with_call(actor: Actor, subject: str, reason: str) -> None:
    sessions.resume(actor=actor, code=subject, reason=reason, with_call=True)


def _resume_all(actor: Actor, _subject: str, reason: str) -> None:
    for code in Product.objects.filter(halted=True).order_by("number").values_list("code", flat=True):
        sessions.resume(actor=actor, code=code, reason=reason)


_DEEDS: dict[SessionDeed, Callable[[Actor, str, str], None]] = {
    SessionDeed.OPEN: _open,
    SessionDeed.OPEN_WITH_CALL: _open_with_call,
    SessionDeed.MIDDAY: _midday,
    SessionDeed.CLOSE: _close,
    SessionDeed.END_CALL: _end_call,
    SessionDeed.END_ALL_CALLS: _end_all_calls,
    SessionDeed.RESUME: _resume,
    SessionDeed.RESUME_WITH_CALL: _resume_with_call,
    SessionDeed.RESUME_ALL: _resume_all,
}
