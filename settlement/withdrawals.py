"""Limits of withdrawals: how much a day, from when a second factor, from when a second person.

A withdrawal of a large amount is held by floor and ledger as any other, but goes to the bank only when
somebody of the exchange other than who asked has approved it; rejected, the money is the member's again.
"""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Sum

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import BadTransition, NotFound
from exchange.kernel.money import format_yuan
from settlement.checks import check_reason
from settlement.errors import SamePerson, SecondFactorNeeded, WithdrawalLimit
from settlement.locks import lock_ledger
from settlement.models import BankMovement, WithdrawalReview
from settlement.types import MovementState

DAILY_LIMIT_FEN = 5_000_000_00
SECOND_FACTOR_FROM_FEN = 500_000_00
REVIEW_FROM_FEN = 1_000_000_00


class ReviewRow(NamedTuple):
    """A withdrawal that waits for a second person, or was decided."""

    movement_no: str
    account_no: int
    amount_fen: int
    requested_by: str
    requested_at_ns: int
    state: str
    decision: str
    decided_by: str
    reason: str


def check_limits(account_no: int, amount_fen: int, *, second_factor: bool) -> None:
    """Raises SecondFactorNeeded, WithdrawalLimit."""
    if amount_fen >= SECOND_FACTOR_FROM_FEN and not second_factor:
        raise SecondFactorNeeded(above=format_yuan(SECOND_FACTOR_FROM_FEN))
    today = BankMovement.objects.filter(
        account_no=account_no, direction="withdrawal", day=trading_day(now_ns())
    ).exclude(state__in=(MovementState.FAILED, MovementState.REFUSED))
    taken = today.aggregate(total=Sum("amount_fen"))["total"] or 0
    if taken + amount_fen > DAILY_LIMIT_FEN:
        raise WithdrawalLimit(left=format_yuan(max(0, DAILY_LIMIT_FEN - taken)))


def review_if_large(movement: BankMovement) -> None:
    """Puts a large withdrawal before a second person, in the transaction that asks for it."""
    if movement.amount_fen >= REVIEW_FROM_FEN:
        WithdrawalReview.objects.create(movement=movement)


def approve_withdrawal(*, actor: Actor, movement_no: str) -> None:
    """Lets a held withdrawal go to the bank. Raises NotFound, SamePerson, BadTransition."""
    with transaction.atomic():
        review = _decide(actor, movement_no, "approve", "")
        if review.movement.requested_by == actor.name:
            raise SamePerson


def reject_withdrawal(*, actor: Actor, movement_no: str, reason: str) -> None:
    """Gives the money back to the member. Raises NotFound, BadReason, BadTransition."""
    from settlement.movements import give_back

    check_reason(reason)
    with transaction.atomic():
        review = _decide(actor, movement_no, "reject", reason)
        give_back(review.movement, reason)


def reviews(*, open_only: bool = True, limit: int = 100) -> list[ReviewRow]:
    """Withdrawals before a second person, newest first."""
    rows = WithdrawalReview.objects.select_related("movement").order_by("-pk")
    if open_only:
        rows = rows.filter(decision="")
    return [
        ReviewRow(
            row.movement.movement_no,
            row.movement.account_no,
            row.movement.amount_fen,
            row.movement.requested_by,
            row.movement.requested_at_ns,
            row.movement.state,
            row.decision,
            row.decided_by,
            row.reason,
        )
        for row in rows[:limit]
    ]


def _decide(actor: Actor, movement_no: str, decision: str, reason: str) -> WithdrawalReview:
    lock_ledger()
    review = (
        WithdrawalReview.objects.select_related("movement")
        .select_for_update()
        .filter(movement__movement_no=movement_no)
        .first()
    )
    if review is None:
        raise NotFound(detail=movement_no)
    if review.decision or review.movement.state != MovementState.HELD:
        raise BadTransition(state=review.decision or review.movement.state, event=decision)
    review.decision, review.decided_by = decision, actor.name
    review.reason, review.decided_at_ns = reason.strip(), now_ns()
    review.save()
    audit.record(
        actor=actor,
        action=f"withdrawal.{decision}",
        subject=f"movement:{movement_no}",
        reason=reason,
        after={"amount_fen": review.movement.amount_fen},
    )
    return review
