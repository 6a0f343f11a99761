"""Breach 违约: notice, time to cure, liquidated damages, and what goes back to whom.

A balance not paid by T+3 is a breach without notice: the time with a late fee was the time to cure. Anything
else the operator notices to both parties; after the cure period it is confirmed, and the damages (10 % of the
price unless said otherwise, never above a fifth) go to the party that kept the contract: from the buyer's
bond or escrow, from the seller's quality deposit, the rest by a charge. Receipts of a contract that was not
paid go back to the seller.
"""

from collections.abc import Sequence

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.calendar import format_time, now_ns, trading_day
from exchange.kernel.errors import BadTransition, NotFound
from exchange.kernel.ids import next_number
from settlement.accounts import bond_of, cash_of, escrow_of, quality_deposit_of
from settlement.charges import Leg, ask, tell_credits
from settlement.checks import check_reason
from settlement.credit import record_contracts
from settlement.cushion import cushion_left_fen
from settlement.errors import BadDamages, CureRunning
from settlement.ledger import post
from settlement.lives import OPEN_STAGES, begin, step
from settlement.locks import locked_breach, locked_delivery, locked_due_deliveries
from settlement.models import Breach, Charge, Claim, Contract, Delivery, DisputeCase
from settlement.terms import ContractTerms, days_later_ns, terms_of
from settlement.title import give_back
from settlement.types import (
    BreachState,
    ChargeState,
    ClaimState,
    DeliveryStage,
    DisputeState,
    NewTransfer,
    PaymentVariant,
    TransferKind,
)

NON_PAYMENT = "non_payment"
GROUNDS = (NON_PAYMENT, "non_delivery", "quality", "late_pickup", "other")


def notice_breach(
    *, actor: Actor, contract_no: str, party: str, ground: str, reason: str, damages_bps: int | None = None
) -> str:
    """The operator notices a breach by ``party`` ("seller" | "buyer"); its number. The time to cure begins.

    Raises NotFound, BadReason, BadDamages, BadTransition when the contract is over.
    """
    check_reason(reason)
    with transaction.atomic():
        delivery = locked_delivery(contract_no)
        terms = terms_of(delivery.contract.rulebook_version)
        bps = terms.damages_bps if damages_bps is None else damages_bps
        if not 0 <= bps <= terms.max_damages_bps:
            raise BadDamages(most_bps=terms.max_damages_bps)
        if party not in ("seller", "buyer") or ground not in GROUNDS:
            raise BadTransition(state=party, event=ground)
        at_ns = now_ns()
        breach = _new_breach(delivery, party, ground, reason, bps, at_ns, actor, terms)
        _audit(actor, "breach.notice", breach, reason)
    return breach.breach_no


def cure_breach(*, actor: Actor, breach_no: str, reason: str) -> None:
    """The party made good what it broke; nothing is owed. Raises NotFound, BadReason, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        breach = locked_breach(breach_no)
        step(breach, "cure", actor=actor.name, at_ns=now_ns(), why=reason)
        breach.finished_at_ns = now_ns()
        breach.save(update_fields=["state", "finished_at_ns"])
        _audit(actor, "breach.cure", breach, reason)


def confirm_breach(*, actor: Actor, breach_no: str, reason: str) -> None:
    """After the cure period: damages are paid, the contract ends.

    Raises NotFound, CureRunning, BadTransition.
    """
    check_reason(reason)
    with transaction.atomic():
        breach = locked_breach(breach_no)
        if now_ns() < breach.cure_due_ns:
            raise CureRunning(deadline=format_time(breach.cure_due_ns))
        _confirm(breach, actor, reason)


def name_replacement(*, actor: Actor, breach_no: str, contract_no: str) -> None:
    """Notes the contract concluded in place of the broken one. Raises NotFound, BadTransition."""
    with transaction.atomic():
        breach = locked_breach(breach_no)
        if breach.state != "confirmed":
            raise BadTransition(state=breach.state, event="replace")
        if (
            not Contract.objects.filter(contract_no=contract_no)
            .exclude(pk=breach.delivery.contract.pk)
            .exists()
        ):
            raise NotFound(detail=contract_no)
        breach.replacement_no = contract_no
        breach.save(update_fields=["replacement_no"])
        _audit(actor, "breach.replace", breach, contract_no)


def break_unpaid(until_ns: int, limit: int = 200) -> int:
    """For the clock: balances not paid by their last day; how many contracts broke."""
    with transaction.atomic():
        deliveries = locked_due_deliveries(until_ns, [DeliveryStage.AWAITING_PAYMENT], limit)
        for delivery in deliveries:
            contract = delivery.contract
            terms = terms_of(contract.rulebook_version)
            bps = min(terms.max_damages_bps, contract.bond_fen * 10_000 // contract.amount_fen)
            at_ns = now_ns()
            why = "尾款逾期未付"
            end_notices([delivery], at_ns, "clock", why)
            breach = _new_breach(delivery, "buyer", NON_PAYMENT, why, bps, at_ns, SYSTEM, terms)
            breach.damages_fen = contract.bond_fen
            breach.cure_due_ns = at_ns
            _confirm(breach, SYSTEM, why)
    return len(deliveries)


def end_notices(deliveries: Sequence[Delivery], at_ns: int, actor: str, why: str) -> None:
    """Notices that run when a contract ends otherwise are over: nothing is owed because of them."""
    for breach in Breach.objects.filter(delivery__in=deliveries, state=BreachState.NOTICED):
        step(breach, "cure", actor=actor, at_ns=at_ns, why=why)
        breach.finished_at_ns = at_ns
        breach.save(update_fields=["state", "finished_at_ns"])


def _new_breach(
    delivery: Delivery,
    party: str,
    ground: str,
    reason: str,
    bps: int,
    at_ns: int,
    actor: Actor,
    terms: ContractTerms,
) -> Breach:
    if delivery.stage not in OPEN_STAGES or delivery.breaches.filter(state="noticed").exists():
        raise BadTransition(state=delivery.stage, event="breach")
    breach = Breach.objects.create(
        breach_no=f"WY{trading_day(at_ns):%Y%m%d}-{next_number('breach'):06d}",
        delivery=delivery,
        party=party,
        ground=ground,
        reason=reason.strip(),
        damages_bps=bps,
        damages_fen=delivery.contract.amount_fen * bps // 10_000,
        cure_due_ns=days_later_ns(at_ns, terms.cure_days),
        noticed_at_ns=at_ns,
        noticed_by=actor.name,
    )
    begin(breach, actor=actor.name, at_ns=at_ns, why=reason)
    return breach


def _confirm(breach: Breach, actor: Actor, reason: str) -> None:
    delivery, at_ns = breach.delivery, now_ns()
    step(breach, "confirm", actor=actor.name, at_ns=at_ns, why=reason)
    breach.finished_at_ns = at_ns
    breach.save(update_fields=["state", "finished_at_ns", "damages_fen", "cure_due_ns"])
    step(delivery.contract, "breach", actor=actor.name, at_ns=at_ns, why=breach.breach_no)
    delivery.contract.save(update_fields=["status"])
    step(delivery, "breach", actor=actor.name, at_ns=at_ns, why=breach.breach_no)
    _pay_damages(breach, at_ns, actor.name)
    if delivery.contract.payment == PaymentVariant.BOND and delivery.contract.final_at_ns is None:
        give_back(delivery.contract)
    _end_objections(delivery, at_ns, actor.name, breach.breach_no)
    delivery.next_due_ns = None
    delivery.save()
    Charge.objects.filter(charge_key=f"balance:{delivery.contract_no}", state=ChargeState.DUE).update(
        state=ChargeState.WAIVED, finished_at_ns=at_ns
    )
    record_contracts([delivery])
    _audit(actor, "breach.confirm", breach, reason)


def _end_objections(delivery: Delivery, at_ns: int, actor: str, why: str) -> None:
    """Claims and mediations of a broken contract are over; what is before arbitrators goes on there."""
    for claim in Claim.objects.filter(
        delivery=delivery, state__in=(ClaimState.FILED, ClaimState.REINSPECTING)
    ):
        step(claim, "escalate", actor=actor, at_ns=at_ns, why=why)
        claim.save(update_fields=["state"])
    open_states = (DisputeState.OPEN, DisputeState.MEDIATION)
    for case in DisputeCase.objects.filter(delivery=delivery, state__in=open_states):
        step(case, "withdraw", actor=actor, at_ns=at_ns, why=why)
        case.finished_at_ns = at_ns
        case.save(update_fields=["state", "finished_at_ns"])


def _pay_damages(breach: Breach, at_ns: int, actor: str) -> None:
    """Damages from what is kept of who broke the contract, what is left of that goes back to its owner."""
    delivery = breach.delivery
    contract = delivery.contract
    buyer_broke = breach.party == "buyer"
    payer, payee = (
        (contract.buyer_no, contract.seller_no) if buyer_broke else (contract.seller_no, contract.buyer_no)
    )
    owed, moves = breach.damages_fen, []
    for account, owner_no, kept in _kept(delivery):
        part = min(owed, kept) if owner_no == payer else 0
        owed -= part
        if part:
            moves.append((account, cash_of(payee), part, TransferKind.FORFEIT))
        if kept > part:
            moves.append((account, cash_of(owner_no), kept - part, _return_kind(account, contract)))
    _move(breach, contract, moves, at_ns)
    if contract.payment != PaymentVariant.BOND or contract.final_at_ns is not None:
        delivery.deposit_used_fen += cushion_left_fen(delivery)
    if owed:
        ask(
            key=f"breach:{breach.breach_no}",
            account_no=payer,
            legs=[Leg(cash_of(payee), owed, TransferKind.FORFEIT)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract.contract_no,
            actor=actor,
        )


def _kept(delivery: Delivery) -> list[tuple[str, int, int]]:
    """(account, owner, fen) of everything the contract keeps back."""
    contract = delivery.contract
    if contract.payment == PaymentVariant.BOND and contract.final_at_ns is None:
        return [(bond_of(contract.buyer_no), contract.buyer_no, contract.bond_fen)]
    left = cushion_left_fen(delivery)
    if contract.payment == PaymentVariant.ESCROW:
        return [(escrow_of(contract.buyer_no), contract.buyer_no, left)]
    return [(quality_deposit_of(contract.seller_no), contract.seller_no, left)]


def _return_kind(account: str, contract: Contract) -> TransferKind:
    if account == bond_of(contract.buyer_no):
        return TransferKind.BOND_RETURNED
    if account == escrow_of(contract.buyer_no):
        return TransferKind.ESCROW_RETURNED
    return TransferKind.QUALITY_RELEASE


def _move(
    breach: Breach, contract: Contract, moves: list[tuple[str, str, int, TransferKind]], at_ns: int
) -> None:
    post(
        [
            NewTransfer(
                key=f"breach:{breach.breach_no}:{at}",
                debit=debit,
                credit=credit,
                amount_fen=fen,
                kind=kind,
                reference=f"trade:{contract.trade_id}",
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
            for at, (debit, credit, fen, kind) in enumerate(moves)
        ]
    )
    tell_credits(breach.breach_no, ((credit, fen) for _, credit, fen, _ in moves))


def _audit(actor: Actor, action: str, breach: Breach, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{breach.delivery.contract_no}",
        reason=reason[:300],
        after={"breach": breach.breach_no, "party": breach.party, "damages_fen": breach.damages_fen},
    )
