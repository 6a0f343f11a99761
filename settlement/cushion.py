"""What stands behind a seller's promise, and paying the buyer out of it.

For a price paid at once that is the quality deposit, for a price in escrow the escrow itself. Claims, short
weight and awards are paid from it first; only what it does not cover is asked of the seller's cash.
"""

from exchange.kernel.calendar import trading_day
from settlement.accounts import cash_of, escrow_of, quality_deposit_of
from settlement.charges import Leg, ask, tell_credits
from settlement.ledger import post
from settlement.models import Contract, Delivery
from settlement.types import NewTransfer, PaymentVariant, TransferKind


def cushion_account(contract: Contract) -> str:
    """Code of the account that keeps it."""
    if contract.payment == PaymentVariant.ESCROW:
        return escrow_of(contract.buyer_no)
    return quality_deposit_of(contract.seller_no)


def cushion_left_fen(delivery: Delivery) -> int:
    """What is left of it."""
    contract = delivery.contract
    if contract.payment == PaymentVariant.BOND and contract.final_at_ns is None:
        return 0
    whole = contract.amount_fen if contract.payment == PaymentVariant.ESCROW else contract.deposit_fen
    return whole - delivery.deposit_used_fen


def pay_buyer(delivery: Delivery, fen: int, kind: TransferKind, *, key: str, at_ns: int, actor: str) -> None:
    """Pays the buyer what the seller owes it; the caller saves the delivery.

    From the cushion at once, the rest by a charge on the seller. ``key`` is unique, for instance the number
    of the claim.
    """
    contract = delivery.contract
    at_once = min(fen, cushion_left_fen(delivery))
    if at_once:
        account = cushion_account(contract)
        buyer = cash_of(contract.buyer_no)
        post([_from_cushion(contract, account, buyer, at_once, kind, key, at_ns)])
        tell_credits(key, [(buyer, at_once)])
        delivery.deposit_used_fen += at_once
    if fen > at_once:
        ask(
            key=key,
            account_no=contract.seller_no,
            legs=[Leg(cash_of(contract.buyer_no), fen - at_once, kind)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract.contract_no,
            actor=actor,
        )


def _from_cushion(
    contract: Contract, debit: str, credit: str, fen: int, kind: TransferKind, key: str, at_ns: int
) -> NewTransfer:
    return NewTransfer(
        key=f"cushion:{key}",
        debit=debit,
        credit=credit,
        amount_fen=fen,
        kind=kind,
        reference=f"trade:{contract.trade_id}",
        day=trading_day(at_ns),
        posted_at_ns=at_ns,
    )
