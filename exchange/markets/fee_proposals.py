"""Fees by two people: one proposes rates from a day to come, another approves or refuses.

What is approved is the next version of FeeSchedule, which nobody changes any more; the clock brings it to the
members early on its day (``services.apply_fees``). An approved version that turns out wrong is followed by
another one for the same day.
"""

from datetime import date, timedelta

from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, NotFound
from exchange.kernel.proposal_errors import ChangesNothing, ChangeStale, ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WITHDRAWN, decide
from exchange.markets.errors import FeesTooLate, FeesTooSoon, FeeTooHigh
from exchange.markets.fees import define_fees
from exchange.markets.models import FeeProposal, FeeSchedule
from exchange.markets.selectors import fee_schedules, fees_on
from exchange.markets.sessions import check_reason
from exchange.markets.types import (
    MAX_DEPOSIT_BPS,
    MAX_FEE_BPS,
    FeeChangeState,
    FeeProposalRow,
    FeeScheduleRow,
    FeeTerms,
)

STEPS: dict[str, tuple[str, ...]] = {"waiting": ("refused", "withdrawn", "approved")}
"""Which state may follow which; triggers of migration 0010 keep it."""
DAYS_AHEAD = 366
MAX_ROWS = 1_000
SUBJECT = "费率 (fees)"


@transaction.atomic
def propose_fees(*, actor: Actor, effective_from: date, terms: FeeTerms, reason: str) -> int:
    """Proposes rates from a day to come; returns the proposal's id.

    Raises BadParameter, FeeTooHigh, FeesTooSoon, FeesTooLate, ChangesNothing, ChangeWaits.
    """
    check_reason(reason)
    check_terms(terms)
    check_day(effective_from)
    replaced = version_on(effective_from)
    if replaced is not None and replaced.terms == terms:
        raise ChangesNothing
    try:
        with transaction.atomic():
            row = FeeProposal.objects.create(
                effective_from=effective_from,
                instead_of=replaced.version if replaced else None,
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
                **terms._asdict(),
            )
    except IntegrityError:
        raise ChangeWaits(subject=SUBJECT) from None
    _audit("fees.propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_fees(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> int | None:
    """Approves or refuses what another person proposed; the number of the new version, None if refused.

    Raises UnknownChange, ChangeDecided, OwnChange, FeesTooSoon once the day has come, and ChangeStale when
    another version has come to stand on that day since.
    """
    check_reason(reason)
    row = _lock(proposal_id)
    version = None
    if approve and row.state == FeeChangeState.WAITING and row.proposed_by != actor.name:
        version = _make_version(row, actor)
        row.version_id = version
    state = FeeChangeState.APPROVED.value if approve else REFUSED
    decide(row, state=state, actor=actor, reason=reason.strip(), also=["version"])
    _audit("fees.approve" if approve else "fees.refuse", row, actor, reason)
    return version


def _make_version(row: FeeProposal, actor: Actor) -> int:
    check_day(row.effective_from)
    replaced = version_on(row.effective_from)
    if (replaced.version if replaced else None) != row.instead_of:
        raise ChangeStale(subject=SUBJECT)
    return define_fees(actor=actor, effective_from=row.effective_from, **terms_of(row)._asdict())


@transaction.atomic
def withdraw_fees(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("fees.withdraw", row, actor, reason)


def check_terms(terms: FeeTerms) -> None:
    """Raises BadParameter for a rate below nothing, FeeTooHigh."""
    for name, rate in terms._asdict().items():
        if rate < 0:
            raise BadParameter(name=name)
    fees = terms[:3]
    if max(fees) > MAX_FEE_BPS or terms.deposit_bps > MAX_DEPOSIT_BPS:
        raise FeeTooHigh(fee=f"{MAX_FEE_BPS / 100:g}", deposit=f"{MAX_DEPOSIT_BPS / 100:g}")


def check_day(day: date) -> None:
    """Raises FeesTooSoon, FeesTooLate. Orders of today were sent at today's fees."""
    today = calendar.today()
    if day <= today:
        raise FeesTooSoon(first=(today + timedelta(days=1)).isoformat())
    if day > today + timedelta(days=DAYS_AHEAD):
        raise FeesTooLate(last=(today + timedelta(days=DAYS_AHEAD)).isoformat())


def version_on(day: date) -> FeeScheduleRow | None:
    """The version in force on a day; None before the first."""
    try:
        return fees_on(day)
    except NotFound:
        return None


def _lock(proposal_id: int) -> FeeProposal:
    row = FeeProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def terms_of(row: FeeProposal | FeeSchedule) -> FeeTerms:
    """The rates in a row."""
    return FeeTerms(row.buyer_bps, row.seller_bps, row.grower_bps, row.deposit_bps)


def _audit(action: str, row: FeeProposal, actor: Actor, reason: str) -> None:
    after = {"proposal": row.pk, "effective_from": row.effective_from.isoformat(), **terms_of(row)._asdict()}
    audit.record(
        actor=actor,
        action=action,
        subject=f"fees:{row.version_id or 'proposed'}",
        reason=reason,
        after={**after, "state": row.state},
    )


# Reading ---------------------------------------------------------------------------------------------


def fee_proposals(*, before: int | None = None, limit: int = 50) -> list[FeeProposalRow]:
    """Proposals, newest first."""
    rows = FeeProposal.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    versions = {row.version: row for row in fee_schedules()}
    return [
        FeeProposalRow(
            id=row.pk,
            effective_from=row.effective_from,
            terms=terms_of(row),
            instead_of=versions.get(row.instead_of or 0),
            state=FeeChangeState(row.state),
            version=row.version_id,
            reason=row.reason,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
        )
        for row in rows[: max(1, min(limit, MAX_ROWS))]
    ]
