"""Money members owe after the deal: asked of the floor first, which alone knows what open orders hold.

A charge is asked for with a command that takes the money out of what the member can trade with. The floor
says yes: the ledger moves the legs, members who receive are told to the floor, and what follows (a contract
is paid) happens in the same transaction. It says no, because orders hold the money: the charge is due, is
asked again by the clock, and is shown to the member and the finance desk until it is paid or waived.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import audit, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import BadAmount
from matching.types import MAX_AMOUNT, Command, CommandKind
from settlement.accounts import cash_of
from settlement.checks import check_reason
from settlement.credit import record_charge
from settlement.ledger import post
from settlement.lives import begin, step
from settlement.locks import lock_ledger, locked_charge
from settlement.models import Charge
from settlement.types import ChargeState, NewTransfer, TransferKind

CHARGE = "charge"
CREDIT = "credit"
"""Kinds of outbox references: charge:<id>:<attempt>, credit:<key>:<account no>."""


class Leg(NamedTuple):
    """Where a part of a charge goes."""

    credit: str
    """Code of the account credited."""
    amount_fen: int
    kind: TransferKind


FOLLOW_UPS: dict[str, Callable[[Charge, int], None]] = {}
"""By purpose: what happens when the charge is paid (charge, instant), in the same transaction."""


def ask(
    *,
    key: str,
    account_no: int,
    legs: Sequence[Leg],
    reference: str,
    at_ns: int,
    contract_no: str = "",
    purpose: str = "",
    actor: str = "system",
) -> int:
    """Asks the floor for a member's money, once per key; the charge's id. In the caller's transaction."""
    amount_fen = sum(leg.amount_fen for leg in legs)
    if not 0 < amount_fen <= MAX_AMOUNT or any(leg.amount_fen <= 0 for leg in legs):
        raise BadAmount
    charge, created = Charge.objects.get_or_create(
        charge_key=key,
        defaults={
            "purpose": purpose,
            "account_no": account_no,
            "amount_fen": amount_fen,
            "legs": [[leg.credit, leg.amount_fen, leg.kind.value] for leg in legs],
            "reference": reference,
            "contract_no": contract_no,
            "asked_at_ns": at_ns,
        },
    )
    if created:
        begin(charge, actor=actor, at_ns=at_ns)
        _tell_floor(charge)
    return charge.pk


def ask_again(limit: int = 200) -> int:
    """Asks the floor once more for what is due; how many. For the clock."""
    with transaction.atomic():
        lock_ledger()
        due = list(Charge.objects.select_for_update().filter(state=ChargeState.DUE).order_by("pk")[:limit])
        at_ns = now_ns()
        for charge in due:
            step(charge, "ask_again", actor="clock", at_ns=at_ns)
            charge.attempts += 1
            charge.save(update_fields=["state", "attempts"])
            _tell_floor(charge)
    return len(due)


def waive(*, actor: Actor, charge_key: str, reason: str) -> None:
    """Gives up a charge that is due. Raises NotFound, BadTransition, BadReason."""
    check_reason(reason)
    with transaction.atomic():
        charge = locked_charge(charge_key)
        step(charge, "waive", actor=actor.name, at_ns=now_ns(), why=reason)
        charge.finished_at_ns = now_ns()
        charge.save(update_fields=["state", "finished_at_ns"])
        audit.record(
            actor=actor,
            action="charge.waive",
            subject=f"charge:{charge_key}",
            reason=reason,
            after={"account_no": charge.account_no, "amount_fen": charge.amount_fen},
        )


def charge_answered(key: str, seq: int, reason: int) -> None:
    """Takes the floor's answer to ``charge:<id>:<attempt>``, in the projector's transaction."""
    lock_ledger()
    charge = Charge.objects.select_for_update().get(pk=int(key.partition(":")[0]))
    at_ns = now_ns()
    if reason:
        step(charge, "refuse", actor="floor", at_ns=at_ns)
        charge.save(update_fields=["state"])
        return
    step(charge, "take", actor="floor", at_ns=at_ns)
    charge.engine_seq, charge.finished_at_ns = seq, at_ns
    charge.save(update_fields=["state", "engine_seq", "finished_at_ns"])
    post([_leg(charge, at, leg, seq, at_ns) for at, leg in enumerate(charge.legs)])
    tell_credits(f"charge-{charge.pk}", ((credit, fen) for credit, fen, _ in charge.legs))
    follow = FOLLOW_UPS.get(charge.purpose)
    if follow is not None:
        follow(charge, at_ns)
    record_charge(charge)


def tell_credits(key: str, given: Iterable[tuple[str, int]]) -> None:
    """Tells the floor of money that came into members' cash, given as (account code, fen). Once per key."""
    came: dict[int, int] = {}
    for code, fen in given:
        account_no = cash_owner(code)
        if account_no is not None:
            came[account_no] = came.get(account_no, 0) + fen
    outbox.enqueue_many(
        (Command(kind=CommandKind.FUNDS, account=account_no, amount=fen), f"{CREDIT}:{key}:{account_no}")
        for account_no, fen in sorted(came.items())
    )


def cash_owner(code: str) -> int | None:
    """Whose cash an account is; None for any other account."""
    word, _, rest = code.partition(":")
    number, _, name = rest.partition(":")
    return int(number) if word == "member" and name == "cash" else None


def _tell_floor(charge: Charge) -> None:
    command = Command(kind=CommandKind.FUNDS, account=charge.account_no, amount=-charge.amount_fen)
    outbox.enqueue(command, f"{CHARGE}:{charge.pk}:{charge.attempts}")


def _leg(charge: Charge, at: int, leg: Sequence[object], seq: int, at_ns: int) -> NewTransfer:
    credit, fen, kind = leg
    return NewTransfer(
        key=f"charge:{charge.pk}:{at}",
        debit=cash_of(charge.account_no),
        credit=str(credit),
        amount_fen=int(str(fen)),
        kind=TransferKind(str(kind)),
        reference=charge.reference,
        day=trading_day(at_ns),
        posted_at_ns=at_ns,
        seq=seq,
    )
