"""What a buyer still owes of a contract with a bond: how much now, until when, and what happens then."""

from typing import NamedTuple

from exchange.kernel.calendar import now_ns
from settlement.delivery_selectors import DeliveryDetail
from settlement.types import DeliveryStage


class BalanceDue(NamedTuple):
    """For the notice on the contract's pages; money in fen, instants in epoch ns."""

    balance_fen: int
    late_fee_fen: int
    total_fen: int
    due_ns: int
    breach_ns: int
    counts_to_ns: int
    """The deadline that comes next."""
    late: bool
    asked: bool
    """Asked for, and not taken yet: open orders hold the money, or the floor has yet to answer."""


def balance_due(found: DeliveryDetail) -> BalanceDue | None:
    """The balance of a contract that waits for it; None of any other."""
    if found.stage != DeliveryStage.AWAITING_PAYMENT or found.payment_due_ns is None:
        return None
    at_ns = now_ns()
    late = at_ns > found.payment_due_ns
    return BalanceDue(
        balance_fen=found.balance_fen,
        late_fee_fen=found.late_fee_fen,
        total_fen=found.balance_fen + found.late_fee_fen,
        due_ns=found.payment_due_ns,
        breach_ns=found.breach_due_ns or found.payment_due_ns,
        counts_to_ns=found.breach_due_ns if late and found.breach_due_ns else found.payment_due_ns,
        late=late,
        asked=any(charge.charge_key == f"balance:{found.contract_no}" for charge in found.charges),
    )
