"""Batches of transfers with linked chains, answered one by one: the protocol of TigerBeetle.

``ledger.post`` is what the exchange itself uses: one chain, all or none, an exception says why. Here a batch
may hold several chains; each event gets its own result, and the first broken rule names it. An event is
linked to the next one while ``linked`` is set; a chain stands or falls as one, the others are not touched.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction

from exchange.kernel.calendar import trading_day
from exchange.kernel.errors import InsufficientFunds, LedgerRefused
from matching.types import MAX_AMOUNT
from settlement.accounts import account_ids, check_code
from settlement.errors import BadMove
from settlement.ledger import post
from settlement.locks import lock_ledger
from settlement.models import LedgerAccount, Transfer
from settlement.types import NewTransfer, Normal, TransferKind, TransferPhase

RESOLVING = frozenset({TransferPhase.POST, TransferPhase.VOID, TransferPhase.EXPIRE})


class Result(StrEnum):
    """What became of one event; the words are TigerBeetle's."""

    OK = "ok"
    LINKED_EVENT_FAILED = "linked_event_failed"
    """Another event of its chain broke a rule."""
    LINKED_EVENT_CHAIN_OPEN = "linked_event_chain_open"
    """The last event of a batch may not be linked: there is nothing it could be linked to."""
    EXISTS = "exists"
    """Posted before, the same in everything."""
    EXISTS_WITH_DIFFERENT_PHASE = "exists_with_different_flags"
    EXISTS_WITH_DIFFERENT_PENDING = "exists_with_different_pending_id"
    EXISTS_WITH_DIFFERENT_DEBIT = "exists_with_different_debit_account_id"
    EXISTS_WITH_DIFFERENT_CREDIT = "exists_with_different_credit_account_id"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_TIMEOUT = "exists_with_different_timeout"
    EXISTS_WITH_DIFFERENT_KIND = "exists_with_different_code"
    ID_MUST_NOT_BE_ZERO = "id_must_not_be_zero"
    ACCOUNTS_MUST_BE_DIFFERENT = "accounts_must_be_different"
    ACCOUNT_NOT_FOUND = "account_not_found"
    AMOUNT_MUST_NOT_BE_ZERO = "amount_must_not_be_zero"
    OVERFLOWS = "overflows_debits"
    PENDING_ID_MUST_BE_ZERO = "pending_id_must_be_zero"
    PENDING_ID_MUST_NOT_BE_ZERO = "pending_id_must_not_be_zero"
    TIMEOUT_RESERVED_FOR_PENDING = "timeout_reserved_for_pending_transfer"
    PENDING_TRANSFER_NOT_FOUND = "pending_transfer_not_found"
    PENDING_TRANSFER_NOT_PENDING = "pending_transfer_not_pending"
    PENDING_HAS_DIFFERENT_DEBIT = "pending_transfer_has_different_debit_account_id"
    PENDING_HAS_DIFFERENT_CREDIT = "pending_transfer_has_different_credit_account_id"
    PENDING_HAS_DIFFERENT_AMOUNT = "pending_transfer_has_different_amount"
    EXCEEDS_PENDING_AMOUNT = "exceeds_pending_transfer_amount"
    PENDING_ALREADY_POSTED = "pending_transfer_already_posted"
    PENDING_ALREADY_VOIDED = "pending_transfer_already_voided"
    PENDING_EXPIRED = "pending_transfer_expired"
    PENDING_NOT_EXPIRED = "pending_transfer_not_expired"
    EXCEEDS_CREDITS = "exceeds_credits"
    """The account debited may not go below zero."""
    EXCEEDS_DEBITS = "exceeds_debits"
    """The account credited may not go above zero (the bank's)."""


class Event(NamedTuple):
    """One transfer of a batch; ``linked`` ties it to the next."""

    transfer: NewTransfer
    linked: bool = False


class _ChainBroken(Exception):
    """Takes the savepoint of a chain back."""

    def __init__(self, at: int, why: Result) -> None:
        super().__init__(why)
        self.at, self.why = at, why


def create_transfers(events: Sequence[Event]) -> list[Result]:
    """Posts a batch in order; the result of each event. Only rows of chains that are OK throughout exist."""
    results: list[Result] = []
    with transaction.atomic():
        lock_ledger()
        for chain in _chains(events):
            results += _post_chain(chain, ends_open=chain[-1].linked)
    return results


def _chains(events: Sequence[Event]) -> Iterator[list[Event]]:
    chain: list[Event] = []
    for event in events:
        chain.append(event)
        if not event.linked:
            yield chain
            chain = []
    if chain:
        yield chain


def _post_chain(chain: list[Event], *, ends_open: bool) -> list[Result]:
    try:
        with transaction.atomic():
            for at, event in enumerate(chain):
                if ends_open and at == len(chain) - 1:
                    raise _ChainBroken(at, Result.LINKED_EVENT_CHAIN_OPEN)
                why = _post_one(event.transfer)
                if why != Result.OK:
                    raise _ChainBroken(at, why)
    except _ChainBroken as broken:
        others = [Result.LINKED_EVENT_FAILED] * len(chain)
        return [*others[: broken.at], broken.why, *others[broken.at + 1 :]]
    return [Result.OK] * len(chain)


def _post_one(transfer: NewTransfer) -> Result:
    why = _unlike_a_transfer(transfer)
    if why == Result.OK:
        why = _existing(transfer) or _wrongly_resolved(transfer) or _over_the_limit(transfer)
    if why != Result.OK:
        return why
    try:
        with transaction.atomic():
            post([transfer])
    except InsufficientFunds:
        return Result.EXCEEDS_CREDITS
    except LedgerRefused:
        return Result.EXISTS
    return Result.OK


def _unlike_a_transfer(transfer: NewTransfer) -> Result:
    """What is wrong with the transfer whatever the ledger says, or OK."""
    resolving = transfer.phase in RESOLVING
    broken = (
        (not transfer.key, Result.ID_MUST_NOT_BE_ZERO),
        (not resolving and transfer.pending_key is not None, Result.PENDING_ID_MUST_BE_ZERO),
        (resolving and transfer.pending_key is None, Result.PENDING_ID_MUST_NOT_BE_ZERO),
        (
            transfer.expires_at_ns is not None and transfer.phase != TransferPhase.PENDING,
            Result.TIMEOUT_RESERVED_FOR_PENDING,
        ),
        (transfer.debit == transfer.credit, Result.ACCOUNTS_MUST_BE_DIFFERENT),
        (transfer.amount_fen <= 0, Result.AMOUNT_MUST_NOT_BE_ZERO),
        (transfer.amount_fen > MAX_AMOUNT, Result.OVERFLOWS),
    )
    for wrong, why in broken:
        if wrong:
            return why
    try:
        check_code(transfer.debit)
        check_code(transfer.credit)
    except BadMove:
        return Result.ACCOUNT_NOT_FOUND
    return Result.OK


def _existing(wanted: NewTransfer) -> Result | None:
    """How the transfer that has the key already compares, or None if there is none."""
    rows = Transfer.objects.select_related("debit_account", "credit_account", "pending")
    stored = rows.filter(transfer_key=wanted.key).first()
    if stored is None:
        return None
    pending_key = None if stored.pending is None else stored.pending.transfer_key
    compared = (
        (stored.phase == wanted.phase, Result.EXISTS_WITH_DIFFERENT_PHASE),
        (pending_key == wanted.pending_key, Result.EXISTS_WITH_DIFFERENT_PENDING),
        (stored.expires_at_ns == wanted.expires_at_ns, Result.EXISTS_WITH_DIFFERENT_TIMEOUT),
        (stored.debit_account.code == wanted.debit, Result.EXISTS_WITH_DIFFERENT_DEBIT),
        (stored.credit_account.code == wanted.credit, Result.EXISTS_WITH_DIFFERENT_CREDIT),
        (stored.amount_fen == wanted.amount_fen, Result.EXISTS_WITH_DIFFERENT_AMOUNT),
        (stored.kind == wanted.kind, Result.EXISTS_WITH_DIFFERENT_KIND),
    )
    return next((why for same, why in compared if not same), Result.EXISTS)


def _wrongly_resolved(wanted: NewTransfer) -> Result | None:
    """Why a POST, VOID or EXPIRE does not go with its pending transfer; None if it does, or is none."""
    if wanted.phase not in RESOLVING:
        return None
    pending = (
        Transfer.objects.select_related("debit_account", "credit_account")
        .filter(transfer_key=wanted.pending_key)
        .first()
    )
    if pending is None:
        return Result.PENDING_TRANSFER_NOT_FOUND
    resolved = Transfer.objects.filter(pending=pending).values_list("phase", flat=True).first()
    expires = pending.expires_at_ns
    over = expires is not None and wanted.posted_at_ns >= expires
    posting, expiring = wanted.phase == TransferPhase.POST, wanted.phase == TransferPhase.EXPIRE
    broken = (
        (pending.phase != TransferPhase.PENDING, Result.PENDING_TRANSFER_NOT_PENDING),
        (pending.debit_account.code != wanted.debit, Result.PENDING_HAS_DIFFERENT_DEBIT),
        (pending.credit_account.code != wanted.credit, Result.PENDING_HAS_DIFFERENT_CREDIT),
        (wanted.amount_fen > pending.amount_fen, Result.EXCEEDS_PENDING_AMOUNT),
        (not posting and wanted.amount_fen != pending.amount_fen, Result.PENDING_HAS_DIFFERENT_AMOUNT),
        (resolved == TransferPhase.POST, Result.PENDING_ALREADY_POSTED),
        (resolved == TransferPhase.VOID, Result.PENDING_ALREADY_VOIDED),
        (resolved == TransferPhase.EXPIRE or (over and not expiring), Result.PENDING_EXPIRED),
        (expiring and not over, Result.PENDING_NOT_EXPIRED),
    )
    return next((why for wrong, why in broken if wrong), None)


def _over_the_limit(wanted: NewTransfer) -> Result:
    """OK unless an account bound to its balance would break its bound."""
    if wanted.phase in RESOLVING:
        return Result.OK
    ids = account_ids((wanted.debit, wanted.credit))
    accounts = LedgerAccount.objects.in_bulk([*ids.values()])
    debit, credit = accounts[ids[wanted.debit]], accounts[ids[wanted.credit]]
    free = debit.credits_posted - debit.debits_posted - debit.debits_pending
    if debit.normal == Normal.CREDIT and wanted.amount_fen > free:
        return Result.EXCEEDS_CREDITS
    room = credit.debits_posted - credit.credits_posted - credit.credits_pending
    if credit.normal == Normal.DEBIT and wanted.amount_fen > room:
        return Result.EXCEEDS_DEBITS
    return Result.OK


def expire_pending(now_ns: int, *, limit: int = 1_000) -> int:
    """Takes back pending transfers whose time is over; how many. Safe to repeat. For the clock."""
    with transaction.atomic():
        lock_ledger()
        rows = (
            Transfer.objects.select_related("debit_account", "credit_account")
            .filter(expires_at_ns__lte=now_ns, resolutions__isnull=True)
            .order_by("pk")[:limit]
        )
        expired = [_expiry_of(pending, now_ns) for pending in rows]
        post(expired)
    return len(expired)


def _expiry_of(pending: Transfer, now_ns: int) -> NewTransfer:
    return NewTransfer(
        key=f"expiry:{pending.pk}",
        debit=pending.debit_account.code,
        credit=pending.credit_account.code,
        amount_fen=pending.amount_fen,
        kind=TransferKind(pending.kind),
        reference=pending.reference,
        day=trading_day(now_ns),
        posted_at_ns=now_ns,
        phase=TransferPhase.EXPIRE,
        pending_key=pending.transfer_key,
    )
