"""Posting: the only way money moves in the tables.

``post`` takes any transfers, ``settle_trades`` the money of a batch of trades. Both write all or nothing,
with one bulk insert; the database's triggers move the balances and its constraints refuse what would
overdraw an account, post a key twice or resolve a pending transfer twice.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.errors import InsufficientFunds, LedgerRefused
from settlement.accounts import FEES, account_ids, cash_of, quality_deposit_of
from settlement.locks import lock_ledger
from settlement.models import Transfer
from settlement.types import NewTransfer, TradeMoney, TransferKind, TransferPhase

_COLUMNS = (
    "transfer_key",
    "debit_account",
    "credit_account",
    "amount_fen",
    "phase",
    "pending",
    "kind",
    "reference",
    "seq",
    "day",
    "posted_at_ns",
)
_OVERDRAWN = ("ledger_account_credit_not_below_zero", "ledger_account_debit_not_below_zero")


def post(transfers: Sequence[NewTransfer]) -> None:
    """Posts transfers, linked: all or none. A POST or VOID names a pending transfer posted earlier.

    Raises InsufficientFunds if an account would fall below zero, LedgerRefused if a key was used before, if
    a pending transfer is unknown, resolved already or of another amount or accounts.
    """
    with transaction.atomic():
        lock_ledger()
        ids = account_ids(code for transfer in transfers for code in (transfer.debit, transfer.credit))
        pending = _pending_ids(transfers)
        _insert([_row(transfer, ids, pending) for transfer in transfers])


def settle_trades(trades: Sequence[TradeMoney]) -> None:
    """Moves the money of trades, in their order: payment, fees, quality deposit; legs of zero are left out.

    Posted within the caller's transaction, all or none. Raises InsufficientFunds, LedgerRefused.
    """
    if not trades:
        return
    with transaction.atomic():
        lock_ledger()
        ids = account_ids(_accounts_of(trades))
        rows: list[tuple[Any, ...]] = []
        for trade in trades:
            rows += _legs(trade, ids)
        _insert(rows)


def _accounts_of(trades: Sequence[TradeMoney]) -> set[str]:
    codes = {FEES}
    for trade in trades:
        codes.add(cash_of(trade.buyer_no))
        codes.add(cash_of(trade.seller_no))
        if trade.deposit_fen:
            codes.add(quality_deposit_of(trade.seller_no))
    return codes


def _legs(trade: TradeMoney, ids: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    """Rows of one trade in column order: at most four, none of zero.

    In a call a member may meet itself; what it would pay itself is no transfer, fees and deposit are.
    """
    buyer, seller, fees = ids[cash_of(trade.buyer_no)], ids[cash_of(trade.seller_no)], ids[FEES]
    reference = f"trade:{trade.trade_id}"
    day = trade.day.isoformat()
    between_two = trade.buyer_no != trade.seller_no
    legs = [
        ("payment", buyer, seller, between_two * trade.amount_fen, TransferKind.GOODS_PAYMENT),
        ("buyer_fee", buyer, fees, trade.buyer_fee_fen, TransferKind.BUYER_FEE),
        ("seller_fee", seller, fees, trade.seller_fee_fen, TransferKind.SELLER_FEE),
    ]
    if trade.deposit_fen:
        kept = ids[quality_deposit_of(trade.seller_no)]
        legs.append(("deposit", seller, kept, trade.deposit_fen, TransferKind.QUALITY_DEPOSIT))
    return [
        (
            f"{reference}:{leg}",
            debit,
            credit,
            fen,
            1,
            None,
            kind.value,
            reference,
            trade.seq,
            day,
            trade.traded_at_ns,
        )
        for leg, debit, credit, fen, kind in legs
        if fen
    ]


def _row(transfer: NewTransfer, ids: dict[str, int], pending: dict[str, int]) -> tuple[Any, ...]:
    return (
        transfer.key,
        ids[transfer.debit],
        ids[transfer.credit],
        transfer.amount_fen,
        int(transfer.phase),
        None if transfer.pending_key is None else pending[transfer.pending_key],
        transfer.kind.value,
        transfer.reference,
        transfer.seq,
        transfer.day.isoformat(),
        transfer.posted_at_ns,
    )


def _pending_ids(transfers: Sequence[NewTransfer]) -> dict[str, int]:
    keys = {transfer.pending_key for transfer in transfers if transfer.pending_key is not None}
    if not keys:
        return {}
    found = dict(
        Transfer.objects.filter(transfer_key__in=keys, phase=TransferPhase.PENDING).values_list(
            "transfer_key", "id"
        )
    )
    if len(found) < len(keys):
        raise LedgerRefused(f"no pending transfer {sorted(keys - found.keys())}")
    return found


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    try:
        bulk_writer().insert(table_of(Transfer, *_COLUMNS), rows)
    except IntegrityError as error:
        text = str(error)
        if any(name in text for name in _OVERDRAWN):
            raise InsufficientFunds("a ledger account would fall below zero") from error
        raise LedgerRefused(text) from error
