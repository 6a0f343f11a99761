"""What changes settlement, in one place: the functions other packages call.

The projector settles a chunk of trades with ``settle_trades`` and ``form_contracts``, and hands the floor's
answers to outbox rows of ours to ``floor_answered``. People and jobs use the rest. The faces of the bank in
use come from ``settlement_bank``.
"""

from collections.abc import Callable

from matching.types import Reason
from settlement.banks import Bank, MockBank
from settlement.contracts import QUALITY_RELEASE, form_contracts, release_quality_deposits
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
from settlement.statements import build_statements
from settlement.verify import verify_settlement

__all__ = [
    "OUTBOX_HANDLERS",
    "BankRun",
    "bind_bank_account",
    "build_statements",
    "deposit",
    "deposit_accepted",
    "floor_answered",
    "forfeit",
    "forfeit_many",
    "form_contracts",
    "funds_refused",
    "post",
    "release_quality_deposits",
    "request_deposit",
    "request_withdrawal",
    "run_bank",
    "settle_trades",
    "settlement_bank",
    "verify_settlement",
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


OUTBOX_HANDLERS: dict[str, Callable[[str, int, int], None]] = {
    WITHDRAWAL: _withdrawal_answered,
    DEPOSIT: _deposit_answered,
    WITHDRAWAL_RETURN: _withdrawal_return_answered,
    QUALITY_RELEASE: _quality_release_answered,
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
