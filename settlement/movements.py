"""Deposits and withdrawals: from the request to the bank's confirmation.

A deposit reaches the ledger and the floor when the bank has confirmed it. A withdrawal first asks the
floor, which alone knows what open orders hold; what it gave up is reserved in the ledger until the bank has
paid or failed.
"""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from exchange.kernel import audit, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_DAY, now_ns, trading_day
from exchange.kernel.errors import BadAmount, Conflict, InsufficientFunds, NoBankAccount, error_for_reason
from exchange.kernel.ids import movement_no, next_number
from exchange.members.selectors import member_by_account_no
from matching.types import MAX_AMOUNT, Command, CommandKind
from settlement.accounts import CLIENT_MONEY, SUSPENSE, cash_of
from settlement.banks import Bank, BankEntry, BankInstruction
from settlement.ledger import post
from settlement.locks import lock_ledger, locked_movement
from settlement.models import (
    BankAccount,
    BankMovement,
    BankMovementStep,
    LedgerAccount,
    Transfer,
    WithdrawalReview,
)
from settlement.selectors import movement_view
from settlement.shown import MovementView
from settlement.transitions import FINAL, MovementEvent, next_state
from settlement.types import MovementState, NewTransfer, TransferKind, TransferPhase
from settlement.withdrawals import check_limits, review_if_large

DEPOSIT = "deposit"
WITHDRAWAL = "withdrawal"
WITHDRAWAL_RETURN = "withdrawal_return"
"""Kinds of outbox references, see ``services.OUTBOX_HANDLERS``."""


class BankRun(NamedTuple):
    """What one turn with the bank did."""

    sent: int
    confirmed: int
    failed: int
    unclaimed: int
    """Entries for nobody known, now in suspense."""
    mismatched: int
    """Entries with another amount than asked for; left open for a person to look at."""


def bind_bank_account(*, actor: Actor, account_no: int, bank: Bank) -> str:
    """Binds the member's bank account and returns it as shown to people. Raises Conflict if one is bound."""
    member = member_by_account_no(account_no)
    if BankAccount.objects.filter(account_no=account_no).exists():
        raise Conflict(f"{member.code} has a bank account")
    opened = bank.bind_account(holder=member.name, uscc=member.uscc)
    with transaction.atomic():
        bound = BankAccount.objects.create(
            account_no=account_no,
            bank_name=opened.bank_name,
            bank_account_no=opened.bank_account_no,
            holder=member.name,
            bound_at=timezone.now(),
        )
        audit.record(
            actor=actor,
            action="bank_account.bind",
            subject=f"member:{member.code}",
            after={"bank": str(bound)},
        )
    return str(bound)


def request_deposit(*, actor: Actor, account_no: int, amount_fen: int) -> MovementView:
    """Notes that a member wants to pay in; the bank is asked at its next turn.

    Raises BadAmount, NoBankAccount.
    """
    with transaction.atomic():
        return movement_view(_request(actor, BankMovement.Direction.DEPOSIT, account_no, amount_fen))


def request_withdrawal(
    *, actor: Actor, account_no: int, amount_fen: int, second_factor: bool = False
) -> MovementView:
    """Asks the floor to give up a member's money, which it refuses if orders hold it.

    ``second_factor`` = who asks has just shown theirs. Raises BadAmount, NoBankAccount, SecondFactorNeeded,
    WithdrawalLimit, and InsufficientFunds when even the ledger has less than that.
    """
    with transaction.atomic():
        lock_ledger()
        cash = LedgerAccount.objects.filter(code=cash_of(account_no)).first()
        free = cash.credits_posted - cash.debits_posted - cash.debits_pending if cash else 0
        if amount_fen > free:
            raise InsufficientFunds
        check_limits(account_no, amount_fen, second_factor=second_factor)
        movement = _request(actor, BankMovement.Direction.WITHDRAWAL, account_no, amount_fen)
        review_if_large(movement)
        outbox.enqueue(_funds(account_no, -amount_fen), f"{WITHDRAWAL}:{movement.pk}")
        return movement_view(movement)


def withdrawal_accepted(movement_id: int, seq: int) -> None:
    """The floor gave the money up: the ledger reserves it for the bank. Called by the projector."""
    with transaction.atomic():
        movement = locked_movement(movement_id)
        movement.engine_seq = seq
        _step(movement, MovementEvent.HOLD)
        post([_withdrawal(movement, "hold", TransferPhase.PENDING, seq=seq)])


def withdrawal_refused(movement_id: int, reason: int) -> None:
    """The floor kept the money. Called by the projector."""
    with transaction.atomic():
        movement = locked_movement(movement_id)
        movement.failure = error_for_reason(reason).code
        _step(movement, MovementEvent.REFUSE)


def deposit_accepted(movement_id: int, seq: int) -> None:
    """The floor lets the member trade with the money."""
    BankMovement.objects.filter(pk=movement_id).update(engine_seq=seq)


def funds_refused(reference: str, reason: int) -> None:
    """The floor refused money that is the member's by the ledger: a person has to look at it."""
    audit.record(
        actor=audit.SYSTEM,
        action="funds.refused_by_floor",
        subject=reference,
        after={"reason": error_for_reason(reason).code},
    )


def run_bank(bank: Bank) -> BankRun:
    """One turn with the bank: sends what waits, takes in what it booked. Safe to repeat and to kill."""
    sent = _send_waiting(bank)
    outcomes = [take_in(entry) for entry in _news(bank)]
    return BankRun(
        sent=sent,
        confirmed=outcomes.count("confirmed"),
        failed=outcomes.count("failed"),
        unclaimed=outcomes.count("unclaimed"),
        mismatched=outcomes.count("mismatched"),
    )


def deposit(*, actor: Actor, account_no: int, amount_fen: int, bank: Bank) -> MovementView:
    """Pays in and takes a turn with the bank; with a bank that books at once the money is there."""
    requested = request_deposit(actor=actor, account_no=account_no, amount_fen=amount_fen)
    run_bank(bank)
    return movement_view(BankMovement.objects.select_related("bank_account").get(pk=requested.id))


def _request(
    actor: Actor, direction: BankMovement.Direction, account_no: int, amount_fen: int
) -> BankMovement:
    if not 0 < amount_fen <= MAX_AMOUNT:
        raise BadAmount
    bound = BankAccount.objects.filter(account_no=account_no).first()
    if bound is None:
        raise NoBankAccount
    at_ns = now_ns()
    day = trading_day(at_ns)
    inbound = direction == BankMovement.Direction.DEPOSIT
    movement = BankMovement.objects.create(
        movement_no=movement_no(day, next_number("movement_no"), inbound=inbound),
        direction=direction,
        account_no=account_no,
        bank_account=bound,
        amount_fen=amount_fen,
        day=day,
        requested_at_ns=at_ns,
        requested_by=actor.name,
    )
    BankMovementStep.objects.create(movement=movement, to_state=MovementState.REQUESTED, at_ns=at_ns)
    audit.record(
        actor=actor,
        action=f"{direction.value}.request",
        subject=f"movement:{movement.movement_no}",
        after={"account_no": account_no, "amount_fen": amount_fen},
    )
    return movement


def _step(movement: BankMovement, event: MovementEvent) -> None:
    """Takes the movement to its next state, with history."""
    at_ns = now_ns()
    before, movement.state = movement.state, next_state(movement.direction, movement.state, event)
    if movement.state in FINAL:
        movement.finished_at_ns = at_ns
    movement.save(update_fields=["state", "failure", "bank_ref", "engine_seq", "finished_at_ns"])
    BankMovementStep.objects.create(
        movement=movement, from_state=before, to_state=movement.state, why=movement.failure, at_ns=at_ns
    )


def _send_waiting(bank: Bank) -> int:
    waiting = BankMovement.objects.filter(direction=DEPOSIT, state=MovementState.REQUESTED) | (
        BankMovement.objects.filter(direction=WITHDRAWAL, state=MovementState.HELD).exclude(
            pk__in=WithdrawalReview.objects.filter(decision="").values("movement_id")
        )
    )
    movements = list(waiting.select_related("bank_account").order_by("pk"))
    for movement in movements:
        instruction = BankInstruction(
            instruction_no=movement.movement_no,
            bank_account_no=movement.bank_account.bank_account_no,
            holder=movement.bank_account.holder,
            amount_fen=movement.amount_fen,
        )
        submit = bank.submit_deposit if movement.direction == DEPOSIT else bank.submit_withdrawal
        submit(instruction)
        with transaction.atomic():
            told = locked_movement(movement.pk)
            if told.state in (MovementState.REQUESTED, MovementState.HELD):
                _step(told, MovementEvent.SEND)
    return len(movements)


def _news(bank: Bank) -> list[BankEntry]:
    """Entries about movements that are still open, and about nothing we know."""
    open_since = BankMovement.objects.exclude(state__in=FINAL).order_by("requested_at_ns")
    oldest = open_since.values_list("requested_at_ns", flat=True).first()
    entries = list(bank.entries(since_ns=min(oldest or now_ns(), now_ns() - NS_PER_DAY)))
    states = dict(
        BankMovement.objects.filter(movement_no__in=[entry.instruction_no for entry in entries]).values_list(
            "movement_no", "state"
        )
    )
    return [entry for entry in entries if states.get(entry.instruction_no) not in FINAL]


def take_in(entry: BankEntry) -> str:
    """Books one entry once; says what it was."""
    with transaction.atomic():
        lock_ledger()
        found = BankMovement.objects.filter(
            movement_no=entry.instruction_no, direction=entry.direction
        ).first()
        if found is None:
            return _take_unclaimed(entry)
        movement = locked_movement(found.pk)
        if movement.state in FINAL:
            return "known"
        if movement.amount_fen != entry.amount_fen:
            return "mismatched"
        if movement.state in (MovementState.REQUESTED, MovementState.HELD):
            _step(movement, MovementEvent.SEND)
        movement.bank_ref, movement.failure = entry.bank_ref, entry.failure
        _step(movement, MovementEvent.FAIL if entry.failure else MovementEvent.CONFIRM)
        if movement.direction == DEPOSIT:
            _finish_deposit(movement)
        else:
            _finish_withdrawal(movement)
        return movement.state


def give_back(movement: BankMovement, why: str) -> None:
    """A held withdrawal a second person rejected: the reservation ends, the floor has the money again."""
    held = locked_movement(movement.pk)
    held.failure = why[:200]
    _step(held, MovementEvent.REJECT)
    _finish_withdrawal(held)


def _take_unclaimed(entry: BankEntry) -> str:
    key = f"bank:{entry.bank_ref}"
    if entry.failure or entry.direction != DEPOSIT or Transfer.objects.filter(transfer_key=key).exists():
        return "known"
    at_ns = now_ns()
    post(
        [
            NewTransfer(
                key=key,
                debit=CLIENT_MONEY,
                credit=SUSPENSE,
                amount_fen=entry.amount_fen,
                kind=TransferKind.SUSPENSE,
                reference=key,
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
        ]
    )
    return "unclaimed"


def _finish_deposit(movement: BankMovement) -> None:
    if movement.state != MovementState.CONFIRMED:
        return
    at_ns = now_ns()
    post(
        [
            NewTransfer(
                key=f"movement:{movement.pk}",
                debit=CLIENT_MONEY,
                credit=cash_of(movement.account_no),
                amount_fen=movement.amount_fen,
                kind=TransferKind.DEPOSIT,
                reference=f"movement:{movement.movement_no}",
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
        ]
    )
    outbox.enqueue(_funds(movement.account_no, movement.amount_fen), f"{DEPOSIT}:{movement.pk}")


def _finish_withdrawal(movement: BankMovement) -> None:
    if movement.state == MovementState.CONFIRMED:
        post([_withdrawal(movement, "paid", TransferPhase.POST)])
    else:
        post([_withdrawal(movement, "returned", TransferPhase.VOID)])
        outbox.enqueue(_funds(movement.account_no, movement.amount_fen), f"{WITHDRAWAL_RETURN}:{movement.pk}")


def _withdrawal(
    movement: BankMovement, part: str, phase: TransferPhase, *, seq: int | None = None
) -> NewTransfer:
    at_ns = now_ns()
    return NewTransfer(
        key=f"movement:{movement.pk}:{part}",
        debit=cash_of(movement.account_no),
        credit=CLIENT_MONEY,
        amount_fen=movement.amount_fen,
        kind=TransferKind.WITHDRAWAL,
        reference=f"movement:{movement.movement_no}",
        day=trading_day(at_ns),
        posted_at_ns=at_ns,
        phase=phase,
        pending_key=None if phase == TransferPhase.PENDING else f"movement:{movement.pk}:hold",
        seq=seq,
    )


def _funds(account_no: int, amount_fen: int) -> Command:
    return Command(kind=CommandKind.FUNDS, account=account_no, amount=amount_fen)
