"""The lives of a listing and of an auction, one typed table each; the database keeps them too.

``LISTING[state]`` are the states that may follow. People take the first steps, up to ``approved``; from there
on the floor decides and the projector writes what it said.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exchange.halls.models import Auction, HallStep, Listing
from exchange.halls.types import HallState, ListingState
from exchange.kernel import calendar
from exchange.kernel.errors import BadTransition
from exchange.markets.types import PAYMENT_WORDS

_L, _A = ListingState, HallState

LISTING: Mapping[str, frozenset[str]] = {
    _L.DRAFT: frozenset({_L.SUBMITTED, _L.WITHDRAWN}),
    _L.SUBMITTED: frozenset({_L.APPROVED, _L.REFUSED, _L.WITHDRAWN}),
    _L.APPROVED: frozenset({_L.OPEN, _L.FAILED}),
    _L.OPEN: frozenset({_L.SOLD_OUT, _L.WITHDRAWN, _L.EXPIRED}),
    _L.REFUSED: frozenset(),
    _L.SOLD_OUT: frozenset(),
    _L.WITHDRAWN: frozenset(),
    _L.EXPIRED: frozenset(),
    _L.FAILED: frozenset(),
}

_ENDS = frozenset({_A.AWARDED, _A.UNSOLD, _A.CANCELLED})
_AFTER = frozenset({_A.REVEALING, _A.DECIDING, _A.PAYING}) | _ENDS

AUCTION: Mapping[str, frozenset[str]] = {
    _A.DRAFT: frozenset({_A.SUBMITTED, _A.CANCELLED}),
    _A.SUBMITTED: frozenset({_A.APPROVED, _A.REFUSED, _A.CANCELLED}),
    _A.APPROVED: frozenset({_A.ANNOUNCED, _A.FAILED, _A.CANCELLED}),
    _A.ANNOUNCED: frozenset({_A.OPEN, _A.UNSOLD, _A.CANCELLED}),
    _A.OPEN: frozenset({_A.PAUSED}) | _AFTER,
    _A.PAUSED: frozenset({_A.OPEN}) | _AFTER,
    _A.REVEALING: _AFTER - {_A.REVEALING},
    _A.DECIDING: frozenset({_A.PAYING}) | _ENDS,
    _A.PAYING: frozenset({_A.OPEN}) | _ENDS,
    _A.REFUSED: frozenset(),
    _A.FAILED: frozenset(),
    _A.AWARDED: frozenset(),
    _A.UNSOLD: frozenset(),
    _A.CANCELLED: frozenset(),
}


def subject_of(row: Listing | Auction) -> str:
    """How history, audit and outbox call it."""
    return f"{'listing' if isinstance(row, Listing) else 'auction'}:{row.pk}"


def step(
    row: Listing | Auction,
    to: ListingState | HallState,
    actor: str,
    reason: str = "",
    at: datetime | None = None,
) -> HallStep:
    """Takes a locked row to a state, unsaved; the step to be kept. Raises BadTransition."""
    table = LISTING if isinstance(row, Listing) else AUCTION
    before = row.state
    if to not in table[before]:
        raise BadTransition(state=before, event=to.value)
    row.state = to
    return HallStep(
        subject=subject_of(row),
        from_state=before,
        to_state=to,
        actor=actor,
        reason=reason[:300],
        at=at or calendar.now(),
    )


def forbidden(table: Mapping[str, frozenset[str]]) -> str:
    """SQL over OLD and NEW that is true for a step the table does not have."""

    def may_follow(afters: frozenset[str]) -> str:
        return ", ".join(f"'{after}'" for after in sorted(afters))

    allowed = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state IN ({may_follow(afters)}))"
        for before, afters in table.items()
        if afters
    )
    return f"OLD.state <> NEW.state AND NOT ({allowed})"


def facts_of(row: Listing | Auction) -> dict[str, Any]:
    """What the audit log keeps of it."""
    return {
        "product": row.product_number,
        "side": row.side,
        "price": row.price if isinstance(row, Listing) else row.start_price,
        "quantity_kg": row.quantity_kg,
        "receipts": list(row.receipt_nos),
        **({"payment": PAYMENT_WORDS[row.payment]} if isinstance(row, Listing) else {}),
    }
