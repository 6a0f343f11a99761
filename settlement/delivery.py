"""Delivery 交收: from the deal to acceptance, step by step, each by who may take it.

The buyer pays a balance and accepts; the clock does what silence and deadlines do. What happens at the gate
comes from the pickups of the receipts (``pickups``). Who looks at one's own contract only: others' contracts
are not found.
"""

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import BadTransition, NotFound
from settlement.accounts import FEES, bond_of, cash_of, quality_deposit_of
from settlement.amended import release_day
from settlement.charges import FOLLOW_UPS, Leg, ask, tell_credits
from settlement.completion import complete
from settlement.ledger import post
from settlement.lives import step
from settlement.locks import locked_delivery
from settlement.models import Charge, Contract, Delivery
from settlement.terms import late_fee_fen, silence_ns, terms_of
from settlement.title import pass_title
from settlement.types import DeliveryStage, NewTransfer, TransferKind

BALANCE = "balance"
"""Purpose of the charge that pays a balance."""


def pay_balance(*, actor: Actor, account_no: int, contract_no: str) -> int:
    """The buyer pays the balance, with the late fee if it is late; what is asked of the floor, in fen.

    Paid, the price goes to the seller, its fee and quality deposit are taken and title passes, all in one
    transaction;
    asked twice, it is one payment. Raises NotFound, BadTransition.
    """
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        if delivery.stage != DeliveryStage.AWAITING_PAYMENT:
            raise BadTransition(state=delivery.stage, event="pay")
        contract = delivery.contract
        at_ns = now_ns()
        fen = _owed_fen(contract, at_ns)
        pending = Charge.objects.filter(charge_key=f"balance:{contract_no}").first()
        if pending is not None:
            return pending.amount_fen
        ask(
            key=f"balance:{contract_no}",
            account_no=account_no,
            legs=[Leg(bond_of(account_no), fen, TransferKind.BOND_KEPT)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract_no,
            purpose=BALANCE,
            actor=actor.name,
        )
        _audit(actor, "balance.pay", contract_no, {"fen": fen})
    return fen


def _owed_fen(contract: Contract, at_ns: int) -> int:
    balance = contract.amount_fen - contract.bond_fen
    assert contract.payment_due_ns is not None
    terms = terms_of(contract.rulebook_version)
    return balance + late_fee_fen(balance, contract.payment_due_ns, at_ns, terms)


def _balance_paid(charge: Charge, at_ns: int) -> None:
    """The floor gave the balance up: everything else moves now, or goes back if it came too late."""
    delivery = locked_delivery(charge.contract_no)
    contract = delivery.contract
    buyer, seller = contract.buyer_no, contract.seller_no
    kept, key = bond_of(buyer), f"trade:{contract.trade_id}"
    if delivery.stage != DeliveryStage.AWAITING_PAYMENT:
        _post(
            contract,
            f"{key}:too_late",
            kept,
            cash_of(buyer),
            charge.amount_fen,
            TransferKind.BOND_RETURNED,
            at_ns,
        )
        tell_credits(f"too_late-{contract.trade_id}", [(cash_of(buyer), charge.amount_fen)])
        return
    late = charge.amount_fen - (contract.amount_fen - contract.bond_fen)
    paid = cash_of(seller)
    _post(contract, f"{key}:payment", kept, paid, contract.amount_fen, TransferKind.GOODS_PAYMENT, at_ns)
    _post(contract, f"{key}:late_fee", kept, paid, late, TransferKind.LATE_FEE, at_ns)
    deposit = contract.deposit_fen
    _post(
        contract,
        f"{key}:deposit",
        paid,
        quality_deposit_of(seller),
        deposit,
        TransferKind.QUALITY_DEPOSIT,
        at_ns,
    )
    fee = contract.seller_fee_fen
    _post(contract, f"{key}:seller_fee", paid, FEES, fee, TransferKind.SELLER_FEE, at_ns)
    tell_credits(f"paid-{contract.trade_id}", [(paid, contract.amount_fen + late - deposit - fee)])
    assert charge.engine_seq is not None
    pass_title(contract, seq=charge.engine_seq, at_ns=at_ns)
    step(contract, "pay", actor="floor", at_ns=at_ns)
    contract.final_at_ns = at_ns
    contract.save(update_fields=["status", "final_at_ns"])
    step(delivery, "pay", actor="floor", at_ns=at_ns)
    delivery.next_due_ns = silence_ns(release_day(delivery))
    delivery.save(update_fields=["stage", "next_due_ns"])


FOLLOW_UPS[BALANCE] = _balance_paid


def _post(
    contract: Contract, key: str, debit: str, credit: str, fen: int, kind: TransferKind, at_ns: int
) -> None:
    if fen:
        post(
            [
                NewTransfer(
                    key=key,
                    debit=debit,
                    credit=credit,
                    amount_fen=fen,
                    kind=kind,
                    reference=f"trade:{contract.trade_id}",
                    day=trading_day(at_ns),
                    posted_at_ns=at_ns,
                )
            ]
        )


# Until acceptance -------------------------------------------------------------------------------------


def accept(*, actor: Actor, account_no: int, contract_no: str) -> None:
    """The buyer accepts the goods before its time is over. Raises NotFound, BadTransition."""
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        complete([delivery], event="accept", actor=actor.name, at_ns=now_ns())
        _audit(actor, "delivery.accept", contract_no, {})


def _of_buyer(contract_no: str, account_no: int) -> Delivery:
    """The delivery, locked, for its buyer. Raises NotFound for what does not exist or is not theirs."""
    delivery = locked_delivery(contract_no)
    if delivery.buyer_no != account_no:
        raise NotFound(detail=contract_no)
    return delivery


def _audit(actor: Actor, action: str, contract_no: str, facts: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, subject=f"contract:{contract_no}", after=facts)
