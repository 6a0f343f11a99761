"""Posting: the only way money moves in the tables.

``post`` takes any transfers, ``settle_trades`` the money of a batch of trades. Both write all or nothing,
with one bulk insert; the database's triggers move the balances and its constraints refuse what would
overdraw an account, post a key twice or resolve a pending transfer twice.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.errors import InsufficientFunds, LedgerRefused
from settlement.accounts import FEES, account_ids, bond_of, cash_of, escrow_of, quality_deposit_of
from settlement.locks import lock_ledger
from settlement.models import Transfer
from settlement.types import Forfeit, NewTransfer, PaymentVariant, TradeMoney, TransferKind, TransferPhase

_COLUMNS = (
    "transfer_key",
    "debit_account",
    "credit_account",
    "amount_fen",
    "phase",
    "pending",
    "released_fen",
    "expires_at_ns",
    "kind",
    "reference",
    "seq",
    "day",
    "posted_at_ns",
)
_OVERDRAWN = ("ledger_account_credit_not_below_zero", "ledger_account_debit_not_below_zero")


def post(transfers: Sequence[NewTransfer]) -> None:
    """Posts transfers, linked: all or none. A POST, VOID or EXPIRE names a pending transfer posted earlier.

    A POST may move less than was pending; the rest goes back. Raises InsufficientFunds if an account would
    fall below zero, LedgerRefused if a key was used before, if a pending transfer is unknown, resolved
    already, expired, or of another amount or accounts.
    """
    with transaction.atomic():
        lock_ledger()
        ids = account_ids(code for transfer in transfers for code in (transfer.debit, transfer.credit))
        pending = _pending_ids(transfers)
        _insert([_row(transfer, ids, pending) for transfer in transfers])


def settle_trades(trades: Sequence[TradeMoney]) -> None:
    """Moves the money of trades, in their order: payment, fees, quality deposit; legs of zero are left out.

    A trade with a bond or escrow moves that and the buyer's fee; the seller is paid later (``delivery``,
    ``completion``), and its fee and quality deposit are taken then: until then it has nothing of the price.

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


def forfeit(
    *, from_no: int, to_no: int, amount_fen: int, reference: str, seq: int | None, at_ns: int, day: date
) -> None:
    """Moves a bond from one member's cash to another's as liquidated damages. See ``forfeit_many``."""
    forfeit_many([Forfeit(from_no, to_no, amount_fen, reference, seq, at_ns, day)])


def forfeit_many(forfeits: Sequence[Forfeit]) -> None:
    """Moves bonds in one go, all or none; one that was moved before, by its reference, is left out.

    The ledger only: whoever calls says that the floor has moved the money already (``seq``), or tells it.
    Raises InsufficientFunds, and LedgerRefused if a reference was used for other members or money.
    """
    if not forfeits:
        return
    with transaction.atomic():
        lock_ledger()
        wanted = {f"forfeit:{each.reference}": each for each in forfeits}
        known = Transfer.objects.filter(transfer_key__in=wanted).values_list(
            "transfer_key", "debit_account__code", "credit_account__code", "amount_fen"
        )
        for key, debit, credit, fen in known:
            done = wanted.pop(key)
            if (debit, credit, fen) != (cash_of(done.from_no), cash_of(done.to_no), done.amount_fen):
                raise LedgerRefused(f"{key} was posted with other members or another amount")
        post([_forfeit(key, each) for key, each in wanted.items()])


def _forfeit(key: str, given: Forfeit) -> NewTransfer:
    return NewTransfer(
        key=key,
        debit=cash_of(given.from_no),
        credit=cash_of(given.to_no),
        amount_fen=given.amount_fen,
        kind=TransferKind.FORFEIT,
        reference=given.reference,
        day=given.day,
        posted_at_ns=given.at_ns,
        seq=given.seq,
    )


def _accounts_of(trades: Sequence[TradeMoney]) -> set[str]:
    codes = {FEES}
    for trade in trades:
        codes.add(cash_of(trade.buyer_no))
        codes.add(cash_of(trade.seller_no))
        if trade.deposit_fen:
            codes.add(quality_deposit_of(trade.seller_no))
        if trade.payment == PaymentVariant.BOND:
            codes.add(bond_of(trade.buyer_no))
        elif trade.payment == PaymentVariant.ESCROW:
            codes.add(escrow_of(trade.buyer_no))
    return codes


def _legs(trade: TradeMoney, ids: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    """Rows of one trade in column order: at most four, none of zero.

    In a call a member may meet itself; what it would pay itself is no transfer, fees and deposit are.
    """
    buyer, seller, fees = ids[cash_of(trade.buyer_no)], ids[cash_of(trade.seller_no)], ids[FEES]
    reference = f"trade:{trade.trade_id}"
    day = trade.day.isoformat()
    legs = [
        _payment(trade, buyer, seller, ids),
        ("buyer_fee", buyer, fees, trade.buyer_fee_fen, TransferKind.BUYER_FEE),
    ]
    if trade.payment == PaymentVariant.FULL:
        legs.append(("seller_fee", seller, fees, trade.seller_fee_fen, TransferKind.SELLER_FEE))
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
            None,
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


def _payment(
    trade: TradeMoney, buyer: int, seller: int, ids: dict[str, int]
) -> tuple[str, int, int, int, TransferKind]:
    """What the buyer pays at once: the price, a bond, or the price into escrow."""
    if trade.payment == PaymentVariant.FULL:
        between_two = trade.buyer_no != trade.seller_no
        return "payment", buyer, seller, between_two * trade.amount_fen, TransferKind.GOODS_PAYMENT
    if trade.payment == PaymentVariant.BOND:
        return "bond", buyer, ids[bond_of(trade.buyer_no)], trade.bond_fen, TransferKind.BOND_KEPT
    return "escrow", buyer, ids[escrow_of(trade.buyer_no)], trade.amount_fen, TransferKind.ESCROW_KEPT


def _of_pending(transfer: NewTransfer, pending: dict[str, tuple[int, int]]) -> tuple[int | None, int | None]:
    """Id of the pending transfer a resolution resolves, and what it releases; nothing for others."""
    return (None, None) if transfer.pending_key is None else pending[transfer.pending_key]


def _row(transfer: NewTransfer, ids: dict[str, int], pending: dict[str, tuple[int, int]]) -> tuple[Any, ...]:
    return (
        transfer.key,
        ids[transfer.debit],
        ids[transfer.credit],
        transfer.amount_fen,
        int(transfer.phase),
        *_of_pending(transfer, pending),
        transfer.expires_at_ns,
        transfer.kind.value,
        transfer.reference,
        transfer.seq,
        transfer.day.isoformat(),
        transfer.posted_at_ns,
    )


def _pending_ids(transfers: Sequence[NewTransfer]) -> dict[str, tuple[int, int]]:
    """(id, amount) of the pending transfers that are resolved, by key."""
    keys = {transfer.pending_key for transfer in transfers if transfer.pending_key is not None}
    if not keys:
        return {}
    rows = Transfer.objects.filter(transfer_key__in=keys, phase=TransferPhase.PENDING)
    found = {key: (id_, fen) for key, id_, fen in rows.values_list("transfer_key", "id", "amount_fen")}
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
