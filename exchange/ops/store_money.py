"""Fees of stores into the ledger: the register computes them, settlement collects them; here they meet.

A fee is asked of its payer and marked as posted in one transaction, so that it is asked exactly once. What
the floor refuses because orders hold the money stays due and is asked again (`settlement.charges`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from settlement import services as settlement
from settlement.stores import FeeState, fee_states
from warehouse_receipts import services as receipts
from warehouse_receipts.storage_fees import FeeRow

AT_ONCE = 200


class FeesPosted(NamedTuple):
    """What one run did."""

    fees: int
    fen: int
    losses_paid: int


class ShownFee(NamedTuple):
    """A fee, how far it is collected, and the entry that paid it."""

    fee: FeeRow
    state: str
    """posted states of a charge; empty before it is asked for."""
    transfer_key: str


def post_storage_fees() -> FeesPosted:
    """Asks for every fee not asked for yet, then pays what stores owe. Safe to repeat and to kill."""
    fees = fen = 0
    while rows := receipts.unposted_fees(AT_ONCE):
        for row in rows:
            if _post(row):
                fees += 1
                fen += row.fee_fen
    return FeesPosted(fees, fen, settlement.pay_losses())


def _post(row: FeeRow) -> bool:
    with transaction.atomic():
        reference = settlement.ask_fee(
            fee_id=row.id,
            account_no=row.payer_no,
            store_code=row.warehouse_code,
            fen=row.fee_fen,
            pickup_no=row.pickup_no,
        )
        return receipts.mark_posted(row.id, reference)


def with_states(rows: Sequence[FeeRow]) -> list[ShownFee]:
    """Fees with how far each is collected."""
    states = fee_states([row.id for row in rows])
    nothing = FeeState("", "")
    return [ShownFee(row, *states.get(row.id, nothing)) for row in rows]
