"""What changes settlement, in one place: the functions other packages call.

The projector settles a chunk of trades with ``settle_trades`` and ``form_contracts``, and hands the floor's
answers to outbox rows of ours to ``floor_answered``. People and jobs use the rest. The faces of the bank in
use come from ``settlement_bank``.
"""

from collections.abc import Callable

from matching.types import Reason
from settlement.amendments import agree_amendment, decline_amendment, propose_amendment
from settlement.bank_files import export_payments, import_statement
from settlement.banks import Bank, MockBank
from settlement.breaches import confirm_breach, cure_breach, name_replacement, notice_breach
from settlement.chains import create_transfers, expire_pending
from settlement.charges import CHARGE, CREDIT, ask_again, charge_answered, waive
from settlement.claims import agree_claim, contest_claim, file_claim, report_reinspection, withdraw_claim
from settlement.completion import QUALITY_RELEASE, release_quality_deposits
from settlement.contracts import form_contracts
from settlement.daily_reconciliation import explain_break, reconcile_day
from settlement.delivery import accept, pay_balance
from settlement.disputes import (
    add_evidence,
    agree_to_settlement,
    confirm_award,
    enter_award,
    mediate,
    open_dispute,
    propose_settlement,
    refer_to_arbitration,
    withdraw_dispute,
)
from settlement.invoices import answer_red_letter, ask_red_letter, choose_purchase_invoice, issue
from settlement.ledger import forfeit, forfeit_many, post, settle_trades
from settlement.movements import (
    DEPOSIT,
    WITHDRAWAL,
    WITHDRAWAL_RETURN,
    BankRun,
    bind_bank_account,
    deposit,
    deposit_accepted,
    funds_refused,
    request_deposit,
    request_withdrawal,
    run_bank,
    withdrawal_accepted,
    withdrawal_refused,
)
from settlement.pickups import goods_left, goods_loaded, pickup_booked, pickup_cancelled, weight_corrected
from settlement.proposals import approve, propose_correction, propose_move, reject
from settlement.rescissions import reject_rescission
from settlement.statements import build_statements
from settlement.stores import ask_fee, owe_loss, pay_losses
from settlement.terms_desk import approve_terms, propose_terms, reject_terms
from settlement.timeline import run_due
from settlement.verify import verify_ledger, verify_settlement
from settlement.withdrawals import approve_withdrawal, reject_withdrawal

__all__ = [
    "OUTBOX_HANDLERS",
    "BankRun",
    "accept",
    "add_evidence",
    "agree_amendment",
    "agree_claim",
    "agree_to_settlement",
    "answer_red_letter",
    "approve",
    "approve_terms",
    "approve_withdrawal",
    "ask_again",
    "ask_fee",
    "ask_red_letter",
    "bind_bank_account",
    "build_statements",
    "choose_purchase_invoice",
    "confirm_award",
    "confirm_breach",
    "contest_claim",
    "create_transfers",
    "cure_breach",
    "decline_amendment",
    "deposit",
    "deposit_accepted",
    "enter_award",
    "expire_pending",
    "explain_break",
    "export_payments",
    "file_claim",
    "floor_answered",
    "forfeit",
    "forfeit_many",
    "form_contracts",
    "funds_refused",
    "goods_left",
    "goods_loaded",
    "import_statement",
    "issue",
    "mediate",
    "name_replacement",
    "notice_breach",
    "open_dispute",
    "owe_loss",
    "pay_balance",
    "pay_losses",
    "pickup_booked",
    "pickup_cancelled",
    "post",
    "propose_amendment",
    "propose_correction",
    "propose_move",
    "propose_settlement",
    "propose_terms",
    "reconcile_day",
    "refer_to_arbitration",
    "reject",
    "reject_rescission",
    "reject_terms",
    "reject_withdrawal",
    "release_quality_deposits",
    "report_reinspection",
    "request_deposit",
    "request_withdrawal",
    "run_bank",
    "run_due",
    "settle_trades",
    "settlement_bank",
    "verify_ledger",
    "verify_settlement",
    "waive",
    "weight_corrected",
    "withdraw_claim",
    "withdraw_dispute",
    "withdrawal_accepted",
    "withdrawal_refused",
]


def settlement_bank() -> Bank:
    """The bank this exchange works with; so far the mock bank."""
    return MockBank()


def _withdrawal_answered(key: str, seq: int, reason: int) -> None:
    if reason == Reason.NONE:
        withdrawal_accepted(int(key), seq)
    else:
        withdrawal_refused(int(key), reason)


def _deposit_answered(key: str, seq: int, reason: int) -> None:
    if reason == Reason.NONE:
        deposit_accepted(int(key), seq)
    else:
        funds_refused(f"{DEPOSIT}:{key}", reason)


def _withdrawal_return_answered(key: str, seq: int, reason: int) -> None:
    if reason != Reason.NONE:
        funds_refused(f"{WITHDRAWAL_RETURN}:{key}", reason)


def _quality_release_answered(key: str, seq: int, reason: int) -> None:
    if reason != Reason.NONE:
        funds_refused(f"{QUALITY_RELEASE}:{key}", reason)


def _credit_answered(key: str, seq: int, reason: int) -> None:
    if reason != Reason.NONE:
        funds_refused(f"{CREDIT}:{key}", reason)


OUTBOX_HANDLERS: dict[str, Callable[[str, int, int], None]] = {
    WITHDRAWAL: _withdrawal_answered,
    DEPOSIT: _deposit_answered,
    WITHDRAWAL_RETURN: _withdrawal_return_answered,
    QUALITY_RELEASE: _quality_release_answered,
    CREDIT: _credit_answered,
    CHARGE: charge_answered,
}
"""By kind of outbox reference: what to do with the floor's answer (key, seq, reason; 0 = accepted)."""


def floor_answered(reference: str, seq: int, reason: int) -> bool:
    """Takes the floor's answer to an outbox row, in the projector's transaction; False if it is not ours."""
    kind, _, key = reference.partition(":")
    handler = OUTBOX_HANDLERS.get(kind)
    if handler is None:
        return False
    handler(key, seq, reason)
    return True
