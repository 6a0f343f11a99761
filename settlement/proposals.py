"""Money moves by hand: one person proposes, another approves; the ledger only ever gets new entries.

A correction 更正 moves back what a transfer moved wrongly, in whole or in part, and names it. The other kinds
take money out of suspense, pay out what was collected, share out interest, set a reserve aside. Where a
member's cash pays, the floor is asked first (``charges``).
"""

from dataclasses import dataclass

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import NotFound
from exchange.kernel.ids import next_number
from matching.types import MAX_AMOUNT
from settlement import accounts
from settlement.charges import Leg, ask, cash_owner, tell_credits
from settlement.checks import check_reason
from settlement.errors import BadMove, SamePerson
from settlement.ledger import post
from settlement.lives import begin, step
from settlement.locks import lock_ledger, locked_proposal
from settlement.models import MoneyProposal, Transfer
from settlement.stores import check_store_may_be_paid
from settlement.types import NewTransfer, ProposalState, TransferKind

PAIRS: dict[TransferKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    TransferKind.SUSPENSE: ((accounts.SUSPENSE,), ("cash", "store", accounts.CLIENT_MONEY)),
    TransferKind.REFUND: ((accounts.FEES, accounts.DELIVERY_FEES, accounts.RISK_RESERVE), ("cash",)),
    TransferKind.FEE_REFUND: ((accounts.FEES, accounts.DELIVERY_FEES), ("cash",)),
    TransferKind.STORAGE_PAID: (("store", accounts.STORAGE_PAYABLE), (accounts.CLIENT_MONEY,)),
    TransferKind.INSPECTION_PAID: ((accounts.INSPECTION_PAYABLE,), (accounts.CLIENT_MONEY,)),
    TransferKind.TAX: (("cash",), (accounts.TAX_PAYABLE,)),
    TransferKind.TAX_REFUND: ((accounts.TAX_PAYABLE,), ("cash", accounts.CLIENT_MONEY)),
    TransferKind.RESERVE_SET_ASIDE: ((accounts.FEES,), (accounts.RISK_RESERVE,)),
    TransferKind.RESERVE_USED: ((accounts.RISK_RESERVE,), ("cash", accounts.FEES)),
    TransferKind.INTEREST: ((accounts.CLIENT_MONEY,), (accounts.INTEREST_PAYABLE,)),
    TransferKind.INTEREST_SHARED: ((accounts.INTEREST_PAYABLE,), ("cash", accounts.FEES)),
    TransferKind.BANK_CHARGE: ((accounts.BANK_CHARGES,), (accounts.CLIENT_MONEY,)),
    TransferKind.FEES_TAKEN: ((accounts.FEES, accounts.DELIVERY_FEES), (accounts.CLIENT_MONEY,)),
}
"""By kind: which accounts may be debited, which credited; "cash" is any member's, "store" a warehouse's."""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A money move by hand, as the finance desk sees it."""

    proposal_no: str
    kind: str
    debit: str
    credit: str
    amount_fen: int
    corrects: str
    reason: str
    state: str
    proposed_by: str
    proposed_at_ns: int
    decided_by: str
    decided_at_ns: int | None


def propose_move(
    *, actor: Actor, kind: TransferKind, debit: str, credit: str, amount_fen: int, reason: str
) -> str:
    """Proposes a move of the chart's pairs; its number. Raises BadMove, BadReason."""
    from_codes, to_codes = PAIRS.get(kind, ((), ()))
    if not (_is_one_of(debit, from_codes) and _is_one_of(credit, to_codes)):
        raise BadMove(f"{kind} {debit} {credit}")
    return _propose(actor, kind, debit, credit, amount_fen, reason)


def propose_correction(*, actor: Actor, transfer_key: str, amount_fen: int, reason: str) -> str:
    """Proposes to move back (part of) what a transfer moved. Raises NotFound, BadMove, BadReason.

    Never more than it moved, earlier corrections included.
    """
    stored = (
        Transfer.objects.select_related("debit_account", "credit_account")
        .filter(transfer_key=transfer_key, phase__in=(1, 3))
        .first()
    )
    if stored is None:
        raise NotFound(detail=transfer_key)
    others = MoneyProposal.objects.filter(corrects=transfer_key).exclude(state=ProposalState.REJECTED)
    corrected = sum(others.values_list("amount_fen", flat=True))
    if amount_fen > stored.amount_fen - corrected:
        raise BadMove(f"{transfer_key} has {stored.amount_fen - corrected} fen left to correct")
    return _propose(
        actor,
        TransferKind.CORRECTION,
        stored.credit_account.code,
        stored.debit_account.code,
        amount_fen,
        reason,
        corrects=transfer_key,
    )


def approve(*, actor: Actor, proposal_no: str) -> None:
    """Carries a proposal out. Raises NotFound, SamePerson, BadTransition, InsufficientFunds, StoreOwes."""
    with transaction.atomic():
        lock_ledger()
        proposal = locked_proposal(proposal_no)
        if proposal.proposed_by == actor.name:
            raise SamePerson
        _decide(proposal, actor, "approve", "")
        if cash_owner(proposal.debit) is not None:
            _ask_member(proposal, actor)
        else:
            _move(proposal)


def reject(*, actor: Actor, proposal_no: str, reason: str) -> None:
    """Turns a proposal down; whoever proposed it may take it back so. Raises NotFound, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        lock_ledger()
        _decide(locked_proposal(proposal_no), actor, "reject", reason)


def proposals(*, open_only: bool = False, limit: int = 100) -> list[ProposalRow]:
    """Newest first."""
    rows = MoneyProposal.objects.order_by("-pk")
    if open_only:
        rows = rows.filter(state=ProposalState.PROPOSED)
    fields = ProposalRow.__dataclass_fields__
    return [ProposalRow(**{name: getattr(row, name) for name in fields}) for row in rows[:limit]]


def _is_one_of(code: str, allowed: tuple[str, ...]) -> bool:
    if "store" in allowed and accounts.is_storage_payable(code):
        return True
    return code in allowed or ("cash" in allowed and cash_owner_or_none(code) is not None)


def cash_owner_or_none(code: str) -> int | None:
    """Whose cash an account is, for codes typed by people. Raises BadMove for what is no account."""
    accounts.check_code(code)
    return cash_owner(code)


def _propose(
    actor: Actor,
    kind: TransferKind,
    debit: str,
    credit: str,
    amount_fen: int,
    reason: str,
    corrects: str = "",
) -> str:
    check_reason(reason)
    if not 0 < amount_fen <= MAX_AMOUNT or debit == credit:
        raise BadMove(f"{amount_fen} fen")
    with transaction.atomic():
        at_ns = now_ns()
        number = f"TZ{trading_day(at_ns):%Y%m%d}-{next_number('money_proposal'):06d}"
        proposal = MoneyProposal.objects.create(
            proposal_no=number,
            kind=kind.value,
            debit=debit,
            credit=credit,
            amount_fen=amount_fen,
            corrects=corrects,
            reason=reason.strip(),
            proposed_by=actor.name,
            proposed_at_ns=at_ns,
        )
        begin(proposal, actor=actor.name, at_ns=at_ns, why=reason)
        audit.record(
            actor=actor,
            action="money.propose",
            subject=f"proposal:{number}",
            reason=reason,
            after={"kind": kind.value, "debit": debit, "credit": credit, "fen": amount_fen},
        )
    return number


def _decide(proposal: MoneyProposal, actor: Actor, event: str, why: str) -> None:
    at_ns = now_ns()
    step(proposal, event, actor=actor.name, at_ns=at_ns, why=why)
    proposal.decided_by, proposal.decided_at_ns = actor.name, at_ns
    proposal.save(update_fields=["state", "decided_by", "decided_at_ns"])
    audit.record(actor=actor, action=f"money.{event}", subject=f"proposal:{proposal.proposal_no}", reason=why)


def _ask_member(proposal: MoneyProposal, actor: Actor) -> None:
    account_no = cash_owner(proposal.debit)
    assert account_no is not None
    leg = Leg(proposal.credit, proposal.amount_fen, TransferKind(proposal.kind))
    ask(
        key=f"proposal:{proposal.proposal_no}",
        account_no=account_no,
        legs=[leg],
        reference=f"proposal:{proposal.proposal_no}",
        at_ns=now_ns(),
        actor=actor.name,
    )


def _move(proposal: MoneyProposal) -> None:
    at_ns = now_ns()
    if proposal.kind == TransferKind.STORAGE_PAID:
        check_store_may_be_paid(proposal.debit, proposal.amount_fen)
    post(
        [
            NewTransfer(
                key=f"proposal:{proposal.proposal_no}",
                debit=proposal.debit,
                credit=proposal.credit,
                amount_fen=proposal.amount_fen,
                kind=TransferKind(proposal.kind),
                reference=f"proposal:{proposal.proposal_no}",
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
        ]
    )
    tell_credits(f"proposal-{proposal.proposal_no}", [(proposal.credit, proposal.amount_fen)])


__all__ = [
    "ProposalRow",
    "approve",
    "proposals",
    "propose_correction",
    "propose_move",
    "reject",
]
