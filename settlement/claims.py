"""Claims 异议: weight and visible defects before the goods leave, hidden ones within 48 hours after.

filed → agreed (the seller pays) | re-inspected → upheld (the table says how much, the seller pays for the
inspection) | rejected (the buyer pays for it) | withdrawn | escalated to a dispute. While a claim is open
silence completes nothing and the quality deposit stays where it is.
"""

from collections.abc import Sequence

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import format_time, now_ns, trading_day
from exchange.kernel.errors import NotFound, NotPermitted
from exchange.kernel.ids import next_number
from settlement.accounts import INSPECTION_PAYABLE
from settlement.amended import release_day
from settlement.charges import Leg, ask
from settlement.completion import complete
from settlement.cushion import pay_buyer
from settlement.errors import BadClaim, ClaimTooEarly, ClaimTooLate, EvidenceMissing
from settlement.evidence import NewEvidence, file_evidence
from settlement.lives import begin, step, subject_of
from settlement.locks import locked_claim, locked_delivery, locked_due_deliveries
from settlement.models import Claim, Delivery
from settlement.pickups import due_ns, hidden_until_ns
from settlement.premium_discount import Findings, discount_fen
from settlement.terms import days_later_ns, silence_ns, terms_of, working_days_later_ns
from settlement.types import ClaimState, DeliveryStage, TransferKind

WEIGHT, VISIBLE, HIDDEN = "weight", "visible", "hidden"
LONGEST_TEXT = 1_000


def file_claim(
    *,
    actor: Actor,
    account_no: int,
    contract_no: str,
    kind: str,
    text: str,
    wanted_fen: int,
    evidence: Sequence[NewEvidence] = (),
) -> str:
    """The buyer objects; the claim's number. Hidden defects need evidence.

    Raises NotFound, BadClaim, ClaimTooLate, ClaimTooEarly, EvidenceMissing, BadEvidence, BadTransition.
    """
    with transaction.atomic():
        delivery = locked_delivery(contract_no)
        if delivery.buyer_no != account_no:
            raise NotFound(detail=contract_no)
        at_ns = now_ns()
        _check_claim(delivery, kind, text, wanted_fen, at_ns)
        if kind != WEIGHT and not evidence:
            raise EvidenceMissing
        before = delivery.stage
        step(delivery, "claim", actor=actor.name, at_ns=at_ns, why=text)
        terms = terms_of(delivery.contract.rulebook_version)
        number = f"YY{trading_day(at_ns):%Y%m%d}-{next_number('claim'):06d}"
        claim = Claim.objects.create(
            claim_no=number,
            delivery=delivery,
            kind=kind,
            text=text.strip(),
            wanted_fen=wanted_fen,
            findings=[],
            answer_due_ns=days_later_ns(at_ns, terms.answer_days),
            stage_before=before,
            filed_at_ns=at_ns,
        )
        begin(claim, actor=actor.name, at_ns=at_ns, why=text)
        file_evidence(subject_of(claim), evidence, filed_by=actor.name, account_no=account_no)
        delivery.next_due_ns = claim.answer_due_ns
        delivery.save(update_fields=["stage", "next_due_ns"])
        _audit(actor, "claim.file", claim, text)
    return number


def _check_claim(delivery: Delivery, kind: str, text: str, wanted_fen: int, at_ns: int) -> None:
    if kind not in (WEIGHT, VISIBLE, HIDDEN):
        raise BadClaim(why_zh="异议种类不正确", why_en="the kind")
    if not 2 <= len(text.strip()) <= LONGEST_TEXT:
        raise BadClaim(why_zh="请描述缺陷（2 至 1000 字）", why_en="describe it in 2 to 1000 characters")
    if not 0 < wanted_fen <= delivery.contract.amount_fen:
        raise BadClaim(
            why_zh="索赔金额须为正且不超过货款", why_en="ask for more than nothing and at most the price"
        )
    left = delivery.left_at_ns
    if kind == HIDDEN:
        if left is None:
            raise ClaimTooEarly
        if delivery.stage == DeliveryStage.COMPLETED or at_ns >= hidden_until_ns(delivery):
            raise ClaimTooLate(deadline=format_time(hidden_until_ns(delivery)))
    elif delivery.stage in (DeliveryStage.DEPARTED, DeliveryStage.COMPLETED):
        release = silence_ns(release_day(delivery))
        raise ClaimTooLate(deadline=format_time(left or delivery.completed_at_ns or release))


def agree_claim(*, actor: Actor, account_no: int, claim_no: str) -> None:
    """The seller pays what is asked; the contract completes. Raises NotFound, BadTransition."""
    with transaction.atomic():
        claim = _of_seller(claim_no, account_no)
        _settle(claim, "agree", claim.wanted_fen, actor)


def contest_claim(*, actor: Actor, account_no: int, claim_no: str, reason: str = "") -> None:
    """The seller wants the goods inspected again. Raises NotFound, BadTransition."""
    with transaction.atomic():
        _reinspect(_of_seller(claim_no, account_no), actor.name, reason)


def withdraw_claim(*, actor: Actor, account_no: int, claim_no: str) -> None:
    """The buyer takes it back; delivery goes on where it stood. Raises NotFound, BadTransition."""
    with transaction.atomic():
        claim = locked_claim(claim_no)
        delivery = claim.delivery
        if delivery.buyer_no != account_no:
            raise NotFound(detail=claim_no)
        at_ns = now_ns()
        step(claim, "withdraw", actor=actor.name, at_ns=at_ns)
        claim.save(update_fields=["state"])
        step(delivery, f"back_to_{claim.stage_before}", actor=actor.name, at_ns=at_ns)
        delivery.next_due_ns = due_ns(delivery)
        delivery.save(update_fields=["stage", "next_due_ns"])
        _audit(actor, "claim.withdraw", claim, "")


def report_reinspection(
    *,
    actor: Actor,
    claim_no: str,
    report_no: str,
    findings: Findings,
    evidence: Sequence[NewEvidence] = (),
) -> int:
    """The operator enters what the inspection body found; fen the buyer gets back. The loser pays for it.

    Raises NotFound, BadTransition, BadClaim for findings the table does not have.
    """
    with transaction.atomic():
        claim = locked_claim(claim_no)
        delivery = claim.delivery
        amount = delivery.contract.amount_fen + delivery.over_short_fen
        terms = terms_of(delivery.contract.rulebook_version)
        try:
            fen = min(
                discount_fen(amount, findings, terms.premium_discount, terms.most_discount_bps),
                claim.wanted_fen,
            )
        except (KeyError, ValueError) as error:
            raise BadClaim(str(error), why_zh="复检结果不在升贴水表内", why_en="the findings") from error
        if not 2 <= len(report_no.strip()) <= 40:
            raise BadClaim(why_zh="缺复检报告编号", why_en="the number of the report is missing")
        claim.report_no, claim.findings = report_no.strip(), [list(finding) for finding in findings]
        file_evidence(subject_of(claim), evidence, filed_by=actor.name, account_no=None)
        loser = delivery.seller_no if fen else delivery.buyer_no
        ask(
            key=f"reinspection:{claim_no}",
            account_no=loser,
            legs=[Leg(INSPECTION_PAYABLE, terms.reinspection_fee_fen, TransferKind.INSPECTION_FEE)],
            reference=f"trade:{delivery.contract.trade_id}",
            at_ns=now_ns(),
            contract_no=delivery.contract_no,
            actor=actor.name,
        )
        _settle(claim, "uphold" if fen else "reject", fen, actor)
    return fen


def reinspect_unanswered(until_ns: int, limit: int = 200) -> int:
    """For the clock: claims the seller did not answer in time go to re-inspection; how many."""
    with transaction.atomic():
        deliveries = locked_due_deliveries(until_ns, [DeliveryStage.CLAIMED], limit)
        for delivery in deliveries:
            claim = Claim.objects.filter(delivery=delivery, state=ClaimState.FILED).first()
            if claim is not None:
                claim.delivery = delivery
                _reinspect(claim, "clock", "卖方逾期未答复")
            else:
                delivery.next_due_ns = None
                delivery.save(update_fields=["next_due_ns"])
    return len(deliveries)


def _reinspect(claim: Claim, actor: str, why: str) -> None:
    delivery, at_ns = claim.delivery, now_ns()
    step(claim, "reinspect", actor=actor, at_ns=at_ns, why=why)
    terms = terms_of(delivery.contract.rulebook_version)
    day = trading_day(at_ns)
    claim.reinspection_due_ns = working_days_later_ns(at_ns, day, terms.reinspection_working_days)
    claim.save(update_fields=["state", "reinspection_due_ns"])
    delivery.next_due_ns = claim.reinspection_due_ns
    delivery.save(update_fields=["next_due_ns"])


def _settle(claim: Claim, event: str, fen: int, actor: Actor) -> None:
    delivery, at_ns = claim.delivery, now_ns()
    step(claim, event, actor=actor.name, at_ns=at_ns)
    claim.settled_fen = fen
    claim.save(update_fields=["state", "settled_fen", "report_no", "findings"])
    if fen:
        kind = TransferKind.QUALITY_ADJUSTMENT
        pay_buyer(delivery, fen, kind, key=f"claim:{claim.claim_no}", at_ns=at_ns, actor=actor.name)
        delivery.adjustment_fen += fen
        delivery.save(update_fields=["adjustment_fen", "deposit_used_fen"])
    complete([delivery], event="resolve", actor=actor.name, at_ns=at_ns, why=claim.claim_no)
    _audit(actor, f"claim.{event}", claim, "")


def _of_seller(claim_no: str, account_no: int) -> Claim:
    claim = locked_claim(claim_no)
    if claim.delivery.seller_no != account_no:
        if claim.delivery.buyer_no == account_no:
            raise NotPermitted
        raise NotFound(detail=claim_no)
    return claim


def _audit(actor: Actor, action: str, claim: Claim, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{claim.delivery.contract_no}",
        reason=reason[:300],
        after={"claim": claim.claim_no, "state": claim.state, "settled_fen": claim.settled_fen},
    )
