"""Changing intentions 意向 of the supply and demand board 供求信息: publish, edit, renew, close, take down.

An intention is published at once; the operator looks at it afterwards. Every step is kept with the terms as
they stood. Reading: ``supply_selectors``; what others answer: ``supply_inquiries``.
"""

from datetime import date
from typing import Any

from django.db import transaction

from exchange.bulletin import supply_checks as checks
from exchange.bulletin.supply_errors import IntentionNotOpen, TermsChanged
from exchange.bulletin.supply_locks import lock_intention, lock_report, take_turn
from exchange.bulletin.supply_models import AbuseReport, Intention, IntentionStep
from exchange.bulletin.supply_types import (
    GRADE_RANK,
    INTENTION_STEPS,
    IntentionState,
    NewIntention,
    ReportState,
)
from exchange.halls.once import once
from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadTransition

MAX_REASON = 300
PLAIN_TERMS = (
    "least_kg",
    "most_kg",
    "price",
    "place",
    "deliver_from",
    "deliver_until",
    "valid_until",
    "note",
    "receipt_no",
)
SPEC_TERMS = ("variety", "size_mm", "grade", "grade_rank", "ssc_tenths", "counties", "store_type")
TERMS = ("side", "product_number", *SPEC_TERMS, *PLAIN_TERMS)
"""Columns that change only together with the version; the trigger says so too."""


# The member ------------------------------------------------------------------------------------------


def publish(*, actor: Actor, account_no: int, terms: NewIntention, key: str) -> int:
    """Puts an intention on the board and returns its number; the same key again returns the first one's.

    Raises MemberSuspended, TooManyIntentions, ReceiptShownAlready, and what ``checked_terms`` does.
    """
    return once(account_no, f"supply:{key}", lambda: _publish(actor, account_no, terms))[0]


def _publish(actor: Actor, account_no: int, terms: NewIntention) -> int:
    take_turn(account_no)
    checks.good_standing(account_no)
    checks.check_open_limit(account_no)
    checks.check_day_limit(account_no)
    checked = checks.checked_terms(terms, account_no)
    checks.check_receipt_once(checked.receipt_no, 0)
    at = calendar.now()
    row = Intention.objects.create(account_no=account_no, published_at=at, changed_at=at, **_columns(checked))
    _keep_step(row, "published", actor)
    return row.pk


@transaction.atomic
def edit(*, actor: Actor, account_no: int, intention_id: int, version: int, terms: NewIntention) -> None:
    """Gives an intention on the board new terms. version: of the terms the member saw.

    Raises UnknownIntention, IntentionNotOpen, TermsChanged, BadParameter (another side), TooManyChanges, and
    as ``publish``.
    """
    take_turn(account_no)
    row = lock_intention(intention_id, account_no)
    checks.good_standing(account_no)
    if row.version != version:
        raise TermsChanged
    if not _on_the_board(row):
        raise IntentionNotOpen
    if terms.side != row.side:
        raise BadParameter(name="side")
    checked = checks.checked_terms(terms, account_no)
    checks.check_receipt_once(checked.receipt_no, row.pk)
    columns = _columns(checked)
    if all(getattr(row, name) == value for name, value in columns.items()):
        return
    checks.check_change_limit(account_no)
    _change(row, "edited", actor, columns)


@transaction.atomic
def renew(*, actor: Actor, account_no: int, intention_id: int, valid_until: date) -> None:
    """Lets an intention stand until another day, also one that has expired.

    Raises UnknownIntention, IntentionNotOpen, MemberSuspended, BadIntentionValidity, TooManyIntentions,
    ReceiptShownAlready, TooManyChanges.
    """
    take_turn(account_no)
    row = lock_intention(intention_id, account_no)
    checks.good_standing(account_no)
    checks.check_valid_until(valid_until)
    if row.state != IntentionState.OPEN:
        raise IntentionNotOpen
    if not _on_the_board(row):
        checks.check_open_limit(account_no)
        checks.check_receipt_once(row.receipt_no, row.pk)
    if row.valid_until == valid_until:
        return
    checks.check_change_limit(account_no)
    outdated = {
        name: None
        for name in ("deliver_from", "deliver_until")
        if (getattr(row, name) or valid_until) < calendar.today()
    }
    _change(row, "renewed", actor, {"valid_until": valid_until, **outdated})


@transaction.atomic
def close(*, actor: Actor, account_no: int, intention_id: int) -> None:
    """Takes an intention off the board for good; one that is closed already stays closed.

    Raises UnknownIntention.
    """
    row = lock_intention(intention_id, account_no)
    if row.state != IntentionState.CLOSED:
        _step(row, IntentionState.CLOSED, "closed", actor, "")


# The operator ----------------------------------------------------------------------------------------


@transaction.atomic
def take_down(*, actor: Actor, intention_id: int, reason: str) -> None:
    """Off the board, for a reason its owner sees. Raises UnknownIntention, BadTransition."""
    row = lock_intention(intention_id)
    _step(row, IntentionState.TAKEN_DOWN, "taken_down", actor, _reason(reason))
    _audit(actor, "intention.take_down", row, reason)


@transaction.atomic
def restore(*, actor: Actor, intention_id: int, reason: str) -> None:
    """Puts back what was taken down.

    Raises UnknownIntention, BadTransition, ReceiptShownAlready (its receipt went behind another meanwhile).
    """
    owner_no = Intention.objects.filter(pk=intention_id).values_list("account_no", flat=True).first()
    if owner_no is not None:
        take_turn(owner_no)
    row = lock_intention(intention_id)
    if row.state != IntentionState.TAKEN_DOWN:
        raise BadTransition(state=row.state, event="restore")
    checks.check_receipt_once(row.receipt_no, row.pk)
    _step(row, IntentionState.OPEN, "restored", actor, _reason(reason))
    _audit(actor, "intention.restore", row, reason)


@transaction.atomic
def decide_report(
    *, actor: Actor, report_id: int, upheld: bool, reason: str, and_take_down: bool = False
) -> None:
    """Ends a report with the operator's word; an upheld one may take the intention down in one go.

    Raises NotFound, BadTransition (decided before, or nothing to take down), BadParameter.
    """
    intention = AbuseReport.objects.filter(pk=report_id).values_list("intention_id", flat=True).first()
    if upheld and and_take_down and intention is not None:
        take_down(actor=actor, intention_id=intention, reason=reason)
    row = lock_report(report_id)
    if row.state != ReportState.WAITING:
        raise BadTransition(state=row.state, event="decide")
    row.state = ReportState.UPHELD if upheld else ReportState.DISMISSED
    row.decided_by, row.decided_at, row.decision = actor.name, calendar.now(), _reason(reason)
    row.save(update_fields=["state", "decided_by", "decided_at", "decision"])
    audit.record(
        actor=actor,
        action="abuse_report.decide",
        subject=f"abuse_report:{row.pk}",
        reason=reason,
        after={"state": row.state, "intention": str(row.intention), "accused": row.accused_no},
    )


# Steps -----------------------------------------------------------------------------------------------


def _on_the_board(row: Intention) -> bool:
    return row.state == IntentionState.OPEN and row.valid_until >= calendar.today()


def _columns(terms: NewIntention) -> dict[str, Any]:
    spec = terms.spec
    return {
        "side": int(terms.side),
        "product_number": terms.product_number,
        "variety": spec.variety,
        "size_mm": spec.size_mm,
        "grade": spec.grade,
        "grade_rank": GRADE_RANK.get(spec.grade),
        "ssc_tenths": spec.ssc_tenths,
        "counties": "".join(f"|{county}" for county in spec.counties) + ("|" if spec.counties else ""),
        "store_type": spec.store_type,
        **{name: getattr(terms, name) for name in PLAIN_TERMS},
    }


def _change(row: Intention, event: str, actor: Actor, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_at = calendar.now()
    row.save(update_fields=[*columns, "version", "changed_at"])
    _keep_step(row, event, actor)


def _step(row: Intention, to: IntentionState, event: str, actor: Actor, reason: str) -> None:
    if to not in INTENTION_STEPS[row.state]:
        raise BadTransition(state=row.state, event=event)
    row.state, row.changed_at = to, calendar.now()
    row.reason = reason if to == IntentionState.TAKEN_DOWN else ""
    row.save(update_fields=["state", "reason", "changed_at"])
    _keep_step(row, event, actor, reason)


def _keep_step(row: Intention, event: str, actor: Actor, reason: str = "") -> None:
    IntentionStep.objects.create(
        intention=row,
        event=event,
        version=row.version,
        terms={name: _plain(getattr(row, name)) for name in TERMS},
        actor=actor.name,
        reason=reason,
        at=row.changed_at,
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise BadParameter(name="reason")
    return reason


def _audit(actor: Actor, action: str, row: Intention, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"intention:{row.pk}",
        reason=reason,
        after={"no": str(row), "account_no": row.account_no, "state": row.state, "version": row.version},
    )
