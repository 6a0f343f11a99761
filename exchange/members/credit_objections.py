"""Objections 异议 and repair 信用修复: what a member may say against a fact of its record, and who decides.

A member objects because a fact is wrong, or asks for repair because what it did was made good. One person
of staff proposes an answer, another approves it, within ten trading days; the fact says meanwhile that it is
contested, and still counts. Upheld, a correcting fact sets it aside; nothing is ever deleted or typed in.
"""

from datetime import timedelta

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, UnknownMember
from exchange.kernel.ids import next_number
from exchange.kernel.proposal_errors import ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.members.credit import set_aside
from exchange.members.credit_errors import (
    BadObjection,
    NotObjectionable,
    ObjectionClosed,
    ObjectionWaits,
    TooEarlyToRepair,
    TooManyObjections,
    UnknownFact,
    UnknownObjection,
)
from exchange.members.credit_types import (
    ADVERSE,
    NOT_OBJECTIONABLE,
    FactKind,
    Ground,
    ObjectionState,
    Outcome,
)
from exchange.members.models import CreditDecision, CreditFact, CreditObjection, Member

ANSWER_TRADING_DAYS = 10
REPAIR_AFTER_DAYS = 180
"""A fact must be so old, and none like it have come since, before it can be repaired."""
MOST_PER_FACT = 2
MOST_OPEN = 20
LONGEST_REASON, LONGEST_EVIDENCE = 300, 2_000


# The member ------------------------------------------------------------------------------------------


def file_objection(
    *, actor: Actor, account_no: int, fact_id: int, ground: str, reason: str, evidence: str
) -> str:
    """A member objects to a fact of its own; the objection's number.

    Raises UnknownFact, BadObjection, NotObjectionable, ObjectionWaits, TooManyObjections, TooEarlyToRepair.
    """
    reason, evidence = reason.strip(), evidence.strip()
    if (
        ground not in set(Ground)
        or not 2 <= len(reason) <= LONGEST_REASON
        or not 2 <= len(evidence) <= LONGEST_EVIDENCE
        or "\x00" in reason + evidence
    ):
        raise BadObjection
    with transaction.atomic():
        number = next_number("credit_objection")
        fact = CreditFact.objects.filter(pk=fact_id, account_no=account_no).first()
        if fact is None:
            raise UnknownFact
        _check_objectionable(fact, account_no)
        if ground == Ground.REPAIRED:
            _check_repairable(fact)
        today = calendar.today()
        row = CreditObjection.objects.create(
            objection_no=f"XY{today:%Y%m%d}-{number:06d}",
            fact=fact,
            account_no=account_no,
            ground=ground,
            reason=reason,
            evidence=evidence,
            filed_by=actor.name,
            filed_at_ns=calendar.now_ns(),
            due_day=calendar.add_trading_days(today, ANSWER_TRADING_DAYS),
        )
        _audit(actor, "credit.object", row, reason)
    return row.objection_no


def _check_objectionable(fact: CreditFact, account_no: int) -> None:
    """The number series is the lock: no two objections are filed at a time."""
    if fact.kind in NOT_OBJECTIONABLE or CreditFact.objects.filter(sets_aside=fact).exists():
        raise NotObjectionable
    filed = CreditObjection.objects.filter(fact=fact)
    if filed.filter(state=ObjectionState.OPEN).exists():
        raise ObjectionWaits
    open_ones = CreditObjection.objects.filter(account_no=account_no, state=ObjectionState.OPEN)
    if filed.count() >= MOST_PER_FACT or open_ones.count() >= MOST_OPEN:
        raise TooManyObjections


def _check_repairable(fact: CreditFact) -> None:
    if fact.kind not in ADVERSE:
        raise NotObjectionable
    if (calendar.today() - fact.day).days < REPAIR_AFTER_DAYS:
        raise TooEarlyToRepair(why_zh=f"记录未满 {REPAIR_AFTER_DAYS} 天", why_en=f"{REPAIR_AFTER_DAYS} days")
    later = CreditFact.objects.filter(
        account_no=fact.account_no,
        kind__in=sorted(ADVERSE),
        day__gt=calendar.today() - timedelta(days=REPAIR_AFTER_DAYS),
        set_aside_by__isnull=True,
    )
    if later.exists():
        raise TooEarlyToRepair(
            why_zh=f"近 {REPAIR_AFTER_DAYS} 天内有新的不良记录",
            why_en=f"something new came in the last {REPAIR_AFTER_DAYS} days",
        )
    paid = CreditFact.objects.filter(
        account_no=fact.account_no, kind=FactKind.DAMAGES_PAID.value, source=fact.source
    )
    if fact.kind == FactKind.BREACH and fact.amount_band and not paid.exists():
        raise TooEarlyToRepair(why_zh="违约金尚未付清", why_en="the damages are not paid")


def withdraw_objection(*, actor: Actor, account_no: int, objection_no: str) -> None:
    """A member takes its own objection back, before an answer is proposed.

    Raises UnknownObjection, ObjectionClosed, ObjectionWaits.
    """
    with transaction.atomic():
        row = _locked_objection(objection_no, account_no)
        if row.decisions.filter(state=WAITING).exists():
            raise ObjectionWaits
        _finish(row, ObjectionState.WITHDRAWN, "")
        _audit(actor, "credit.withdraw_objection", row, "")


def set_consent(*, actor: Actor, account_no: int, shown: bool) -> None:
    """A grower agrees to be found by name and shown under it, or takes that back. Raises UnknownMember."""
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(account_no=account_no).first()
        if member is None:
            raise UnknownMember(detail=str(account_no))
        if member.shows_credit == shown:
            return
        member.shows_credit = shown
        member.save(update_fields=["shows_credit"])
        audit.record(
            actor=actor,
            action="credit.consent",
            subject=f"member:{member.code}",
            before={"shows_credit": not shown},
            after={"shows_credit": shown},
        )


# The operator ----------------------------------------------------------------------------------------


def propose_decision(*, actor: Actor, objection_no: str, outcome: str, reason: str) -> int:
    """One person of staff proposes the answer; the proposal's id.

    Raises BadParameter, UnknownObjection, ObjectionClosed, ChangeWaits.
    """
    reason = _reason(reason)
    if outcome not in set(Outcome):
        raise BadParameter(name="outcome")
    with transaction.atomic():
        objection = _locked_objection(objection_no)
        if objection.decisions.filter(state=WAITING).exists():
            raise ChangeWaits(subject=objection_no)
        row = CreditDecision.objects.create(
            objection=objection,
            outcome=outcome,
            reason=reason,
            proposed_by=actor.name,
            proposed_at=calendar.now(),
        )
        _audit(actor, "credit.propose_decision", objection, reason, outcome=outcome)
    return row.pk


def decide_objection(*, actor: Actor, decision_id: int, approve: bool, reason: str) -> None:
    """Another person approves the answer, which then stands, or refuses it, and the objection is open again.

    Raises BadParameter, UnknownChange, ChangeDecided, OwnChange.
    """
    reason = _reason(reason)
    with transaction.atomic():
        row, objection = _locked_decision(decision_id)
        decide(row, state=CreditDecision.APPROVED if approve else REFUSED, actor=actor, reason=reason)
        if approve:
            upheld = row.outcome == Outcome.UPHOLD
            _finish(objection, ObjectionState.UPHELD if upheld else ObjectionState.REFUSED, row.reason)
            if upheld and not CreditFact.objects.filter(sets_aside_id=objection.fact_id).exists():
                repaired = objection.ground == Ground.REPAIRED
                kind = FactKind.REPAIR if repaired else FactKind.CORRECTION
                set_aside(objection.fact, kind, objection.objection_no)
        verb = "credit.approve_decision" if approve else "credit.refuse_decision"
        _audit(actor, verb, objection, reason, outcome=row.outcome)


def withdraw_decision(*, actor: Actor, decision_id: int, reason: str) -> None:
    """Takes one's own proposal back. Raises BadParameter, UnknownChange, ChangeDecided, NotYourChange."""
    reason = _reason(reason)
    with transaction.atomic():
        row, objection = _locked_decision(decision_id)
        decide(row, state=WITHDRAWN, actor=actor, reason=reason)
        _audit(actor, "credit.withdraw_decision", objection, reason, outcome=row.outcome)


def _locked_objection(objection_no: str, account_no: int | None = None) -> CreditObjection:
    """An open objection, kept for this transaction."""
    known = objection_no.isprintable()
    rows = CreditObjection.objects.select_for_update().filter(objection_no=objection_no)
    row = rows.first() if known else None
    if row is None or account_no not in (None, row.account_no):
        raise UnknownObjection
    if row.state != ObjectionState.OPEN:
        raise ObjectionClosed
    return row


def _locked_decision(decision_id: int) -> tuple[CreditDecision, CreditObjection]:
    """The objection first, then what was proposed for it: the order of all who lock both."""
    known = CreditDecision.objects.filter(pk=decision_id).select_related("objection").first()
    if known is None:
        raise UnknownChange(proposal=decision_id)
    objection = CreditObjection.objects.select_for_update().get(pk=known.objection_id)
    return CreditDecision.objects.select_for_update().get(pk=decision_id), objection


def _finish(row: CreditObjection, state: ObjectionState, answer: str) -> None:
    row.state, row.answer, row.finished_at_ns = state, answer, calendar.now_ns()
    row.save(update_fields=["state", "answer", "finished_at_ns"])


def _reason(text: str) -> str:
    text = text.strip()
    if not 2 <= len(text) <= LONGEST_REASON or "\x00" in text:
        raise BadParameter(name="reason")
    return text


def _audit(actor: Actor, action: str, row: CreditObjection, reason: str, **more: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"credit:{row.objection_no}",
        reason=reason,
        after={"account_no": row.account_no, "fact": row.fact_id, "state": row.state, **more},
    )
