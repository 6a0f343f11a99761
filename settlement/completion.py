"""The end of a contract that was kept: accepted by word or by silence, paid out, invoiced, on record.

Silence comes over thousands of contracts in one night, so all of it is done for many at once.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from exchange.kernel import outbox
from exchange.kernel.calendar import day_bounds_ns, now_ns, trading_day
from matching.types import Command, CommandKind
from settlement.accounts import FEES, cash_of
from settlement.breaches import end_notices
from settlement.credit import record_contracts
from settlement.cushion import cushion_account, cushion_left_fen
from settlement.invoices import draft_invoices
from settlement.ledger import post
from settlement.lives import after
from settlement.locks import locked_due_deliveries
from settlement.models import Contract, Delivery, LifeStep
from settlement.pickups import settle_weights
from settlement.types import ContractStatus, NewTransfer, PaymentVariant, TransferKind

QUALITY_RELEASE = "quality_release"
"""Kind of outbox reference for released deposits: quality_release:<account no>:<last trade>."""

CHUNK = 1_000
"""Contracts completed in one transaction."""

SILENT_STAGES = ("titled", "pickup_booked", "departed")


def release_quality_deposits(day: date) -> int:
    """Accepts by silence everything due by the first instant of ``day``; how many contracts."""
    return accept_silently(day_bounds_ns(day)[0])


def accept_silently(until_ns: int) -> int:
    """Completes contracts whose objection time ended by ``until_ns`` without a word. Safe to repeat."""
    completed = 0
    while True:
        with transaction.atomic():
            deliveries = locked_due_deliveries(until_ns, SILENT_STAGES, CHUNK)
            if not deliveries:
                return completed
            complete(deliveries, event="silence", actor="clock", at_ns=now_ns())
            completed += len(deliveries)


def complete(deliveries: Sequence[Delivery], *, event: str, actor: str, at_ns: int, why: str = "") -> None:
    """Pays sellers what is kept back, drafts invoices, ends the contracts. In the caller's transaction.

    Raises BadTransition unless the event leads from every delivery's stage to its end.
    """
    steps = []
    for delivery in deliveries:
        to_stage = after("delivery", delivery.stage, event)
        steps.append(
            LifeStep(
                subject=f"delivery:{delivery.pk}",
                from_state=delivery.stage,
                to_state=to_stage,
                event=event,
                actor=actor,
                why=why[:300],
                at_ns=at_ns,
            )
        )
    LifeStep.objects.bulk_create(steps)
    settle_weights(deliveries, actor=actor, at_ns=at_ns)
    _pay_sellers(deliveries, at_ns)
    keys = [delivery.pk for delivery in deliveries]
    Contract.objects.filter(trade_id__in=keys).update(status=ContractStatus.COMPLETED)
    Delivery.objects.filter(pk__in=keys).update(stage="completed", next_due_ns=None, completed_at_ns=at_ns)
    end_notices(deliveries, at_ns, actor, "合同已履行完毕")
    draft_invoices(deliveries, at_ns)
    record_contracts(deliveries)


def _fee_of_escrow(contract: Contract, fen: int, day: date, at_ns: int) -> NewTransfer:
    """The seller's fee, due when it is paid; never more than there is left to pay."""
    return NewTransfer(
        key=f"trade:{contract.trade_id}:seller_fee",
        debit=cash_of(contract.seller_no),
        credit=FEES,
        amount_fen=fen,
        kind=TransferKind.SELLER_FEE,
        reference=f"trade:{contract.trade_id}",
        day=day,
        posted_at_ns=at_ns,
    )


def _pay_sellers(deliveries: Sequence[Delivery], at_ns: int) -> None:
    transfers, back = [], dict[int, int]()
    day = trading_day(at_ns)
    for delivery in deliveries:
        left, contract = cushion_left_fen(delivery), delivery.contract
        if left <= 0:
            continue
        escrow = contract.payment == PaymentVariant.ESCROW
        transfers.append(
            NewTransfer(
                key=f"trade:{contract.trade_id}:release",
                debit=cushion_account(contract),
                credit=cash_of(contract.seller_no),
                amount_fen=left,
                kind=TransferKind.ESCROW_RELEASED if escrow else TransferKind.QUALITY_RELEASE,
                reference=f"trade:{contract.trade_id}",
                day=day,
                posted_at_ns=at_ns,
            )
        )
        fee = min(left, contract.seller_fee_fen) if escrow else 0
        if fee:
            transfers.append(_fee_of_escrow(contract, fee, day, at_ns))
        back[contract.seller_no] = back.get(contract.seller_no, 0) + left - fee
    if not transfers:
        return
    post(transfers)
    last = deliveries[-1].pk
    outbox.enqueue_many(
        (
            Command(kind=CommandKind.FUNDS, account=account_no, amount=amount_fen),
            f"{QUALITY_RELEASE}:{account_no}:{last}",
        )
        for account_no, amount_fen in sorted(back.items())
        if amount_fen
    )
