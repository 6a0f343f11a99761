"""Disputes 争议: a case with evidence of both sides, mediation within ten days, an award, or arbitration.

open → mediation (a mediator proposes, both agree) → settled; or referred to arbitration with everything in
one file (``arbitration``) → awarded, entered by one person of staff and carried out by another. What is owed
is paid from what is kept back first. Silence completes nothing while a case is open.
"""

from collections.abc import Sequence

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import BadTransition, NotFound
from exchange.kernel.ids import next_number
from settlement.accounts import cash_of
from settlement.charges import Leg, ask
from settlement.checks import check_reason
from settlement.completion import complete
from settlement.credit import record_contracts
from settlement.cushion import pay_buyer
from settlement.errors import BadAward, BadClaim, NotDecided, SamePerson
from settlement.evidence import NewEvidence, file_evidence
from settlement.lives import begin, step, subject_of
from settlement.locks import locked_delivery, locked_dispute
from settlement.models import Claim, Delivery, DisputeCase
from settlement.terms import days_later_ns, terms_of
from settlement.types import ClaimState, DeliveryStage, DisputeState, TransferKind

OPEN_STATES = (DisputeState.OPEN, DisputeState.MEDIATION, DisputeState.ARBITRATION)


def open_dispute(
    *, actor: Actor, account_no: int | None, contract_no: str, text: str, evidence: Sequence[NewEvidence] = ()
) -> str:
    """A party, or the operator (None), opens a case; its number. An open claim becomes part of it.

    Raises NotFound, BadClaim, BadEvidence, and BadTransition when the contract is over.
    """
    if not 2 <= len(text.strip()) <= 1_000:
        raise BadClaim(why_zh="请说明争议（2 至 1000 字）", why_en="describe it in 2 to 1000 characters")
    with transaction.atomic():
        delivery = locked_delivery(contract_no)
        _check_party(delivery, account_no)
        at_ns = now_ns()
        step(delivery, "dispute", actor=actor.name, at_ns=at_ns, why=text)
        terms = terms_of(delivery.contract.rulebook_version)
        case = DisputeCase.objects.create(
            case_no=f"ZY{trading_day(at_ns):%Y%m%d}-{next_number('dispute'):06d}",
            delivery=delivery,
            opened_by_no=account_no,
            text=text.strip(),
            mediation_due_ns=days_later_ns(at_ns, terms.mediation_days),
            opened_at_ns=at_ns,
        )
        begin(case, actor=actor.name, at_ns=at_ns, why=text)
        _escalate_claims(delivery, actor.name, at_ns)
        file_evidence(subject_of(case), evidence, filed_by=actor.name, account_no=account_no)
        step(delivery.contract, "dispute", actor=actor.name, at_ns=at_ns, why=case.case_no)
        delivery.contract.save(update_fields=["status"])
        delivery.next_due_ns = None
        delivery.save(update_fields=["stage", "next_due_ns"])
        record_contracts([delivery])
        _audit(actor, "dispute.open", case, text)
    return case.case_no


def _escalate_claims(delivery: Delivery, actor: str, at_ns: int) -> None:
    for claim in Claim.objects.filter(
        delivery=delivery, state__in=(ClaimState.FILED, ClaimState.REINSPECTING)
    ):
        step(claim, "escalate", actor=actor, at_ns=at_ns)
        claim.save(update_fields=["state"])


def add_evidence(
    *, actor: Actor, account_no: int | None, case_no: str, evidence: Sequence[NewEvidence]
) -> list[str]:
    """A party or the operator (None) adds files to an open case; their hashes.

    Raises NotFound, BadEvidence, TooMuchEvidence, BadTransition when the case is closed.
    """
    with transaction.atomic():
        case = locked_dispute(case_no)
        _check_party(case.delivery, account_no)
        if case.state not in OPEN_STATES:
            raise BadTransition(state=case.state, event="add_evidence")
        hashes = file_evidence(subject_of(case), evidence, filed_by=actor.name, account_no=account_no)
        _audit(actor, "dispute.evidence", case, "")
    return hashes


def mediate(*, actor: Actor, case_no: str) -> None:
    """A member of staff takes the case. Raises NotFound, BadTransition."""
    with transaction.atomic():
        case = locked_dispute(case_no)
        step(case, "mediate", actor=actor.name, at_ns=now_ns())
        case.mediator = actor.name
        case.save(update_fields=["state", "mediator"])
        _audit(actor, "dispute.mediate", case, "")


def propose_settlement(*, actor: Actor, case_no: str, payer: str, fen: int, text: str) -> None:
    """The mediator proposes who pays how much; earlier consent is void.

    Raises NotFound, BadAward, BadTransition.
    """
    check_reason(text)
    with transaction.atomic():
        case = locked_dispute(case_no)
        if case.state != DisputeState.MEDIATION:
            raise BadTransition(state=case.state, event="propose")
        _check_award(case, payer, fen)
        case.payer, case.award_fen, case.award_text = payer, fen, text.strip()
        case.proposed_by, case.seller_agrees, case.buyer_agrees = actor.name, False, False
        case.save()
        _audit(actor, "dispute.propose", case, text)


def agree_to_settlement(*, actor: Actor, account_no: int, case_no: str, fen: int) -> bool:
    """A party agrees to what it was shown (``fen``); with the second one it is carried out (True).

    Raises NotFound, BadTransition, and NotDecided when the proposal has changed since or there is none.
    """
    with transaction.atomic():
        case = locked_dispute(case_no)
        _check_party(case.delivery, account_no)
        if case.state != DisputeState.MEDIATION:
            raise BadTransition(state=case.state, event="agree")
        if not case.proposed_by or fen != case.award_fen:
            raise NotDecided
        if account_no == case.delivery.seller_no:
            case.seller_agrees = True
        if account_no == case.delivery.buyer_no:
            case.buyer_agrees = True
        case.save(update_fields=["seller_agrees", "buyer_agrees"])
        _audit(actor, "dispute.agree", case, "")
        both = case.seller_agrees and case.buyer_agrees
        if both:
            _carry_out(case, "settle", actor)
    return both


def refer_to_arbitration(*, actor: Actor, case_no: str, reason: str) -> None:
    """Mediation has failed, or a party will not have it. Raises NotFound, BadReason, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        case = locked_dispute(case_no)
        step(case, "refer", actor=actor.name, at_ns=now_ns(), why=reason)
        case.proposed_by = ""
        case.save(update_fields=["state", "proposed_by"])
        _audit(actor, "dispute.refer", case, reason)


def enter_award(*, actor: Actor, case_no: str, payer: str, fen: int, text: str) -> None:
    """One person enters what the arbitrators awarded; ``confirm_award`` is for another. Raises BadAward."""
    check_reason(text)
    with transaction.atomic():
        case = locked_dispute(case_no)
        if case.state != DisputeState.ARBITRATION:
            raise BadTransition(state=case.state, event="award")
        _check_award(case, payer, fen)
        case.payer, case.award_fen, case.award_text = payer, fen, text.strip()
        case.proposed_by = actor.name
        case.save(update_fields=["payer", "award_fen", "award_text", "proposed_by"])
        _audit(actor, "dispute.enter_award", case, text)


def confirm_award(*, actor: Actor, case_no: str) -> None:
    """A second person has the award carried out. Raises NotFound, NotDecided, SamePerson, BadTransition."""
    with transaction.atomic():
        case = locked_dispute(case_no)
        if case.state != DisputeState.ARBITRATION or not case.proposed_by:
            raise NotDecided
        if case.proposed_by == actor.name:
            raise SamePerson
        _carry_out(case, "award", actor)


def withdraw_dispute(*, actor: Actor, account_no: int, case_no: str) -> None:
    """Whoever opened it gives it up: the contract completes. Raises NotFound, BadTransition."""
    with transaction.atomic():
        case = locked_dispute(case_no)
        if case.opened_by_no != account_no:
            raise NotFound(detail=case_no)
        case.payer, case.award_fen = "", 0
        _carry_out(case, "withdraw", actor)


def _carry_out(case: DisputeCase, event: str, actor: Actor) -> None:
    delivery, at_ns = case.delivery, now_ns()
    contract = delivery.contract
    step(case, event, actor=actor.name, at_ns=at_ns, why=case.award_text)
    case.finished_at_ns = at_ns
    case.save()
    kind, key = TransferKind.COMPENSATION, f"dispute:{case.case_no}"
    if case.award_fen and case.payer == "seller":
        pay_buyer(delivery, case.award_fen, kind, key=key, at_ns=at_ns, actor=actor.name)
        delivery.adjustment_fen += case.award_fen
        delivery.save(update_fields=["adjustment_fen", "deposit_used_fen"])
    elif case.award_fen:
        ask(
            key=key,
            account_no=contract.buyer_no,
            legs=[Leg(cash_of(contract.seller_no), case.award_fen, kind)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract.contract_no,
            actor=actor.name,
        )
    if delivery.stage != DeliveryStage.BREACHED:
        complete([delivery], event="resolve", actor=actor.name, at_ns=at_ns, why=case.case_no)
    else:
        record_contracts([delivery])
    _audit(actor, f"dispute.{event}", case, case.award_text)


def _check_award(case: DisputeCase, payer: str, fen: int) -> None:
    most = case.delivery.contract.amount_fen
    nobody = payer == "" and fen == 0
    if not nobody and not (payer in ("seller", "buyer") and 0 < fen <= most):
        raise BadAward


def _check_party(delivery: Delivery, account_no: int | None) -> None:
    if account_no is not None and account_no not in (delivery.seller_no, delivery.buyer_no):
        raise NotFound(detail=delivery.contract_no)


def _audit(actor: Actor, action: str, case: DisputeCase, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{case.delivery.contract_no}",
        reason=reason[:300],
        after={"case": case.case_no, "state": case.state, "payer": case.payer, "fen": case.award_fen},
    )
