"""Money at the bank: bound accounts, deposits and withdrawals, and the mock bank's own book."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from settlement.types import MovementState


def _choices(kind: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.name) for member in kind]


class BankAccount(models.Model):
    """The account at a settlement bank a member bound: money comes from there and goes there only."""

    account_no = models.PositiveIntegerField(unique=True)
    """The member's number at the exchange."""
    bank_name = models.CharField(max_length=80)
    bank_account_no = models.CharField(max_length=40, unique=True)
    holder = models.CharField(max_length=120)
    bound_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.bank_name} {self.bank_account_no[-4:]}"


class BankMovement(models.Model):
    """One deposit 入金 or withdrawal 出金; its life is the table in ``transitions``, kept by a trigger."""

    class Direction(models.TextChoices):
        DEPOSIT = "deposit", "入金"
        WITHDRAWAL = "withdrawal", "出金"

    movement_no = models.CharField(max_length=24, unique=True)
    """Number told to the bank; the bank carries out each number at most once."""
    direction = models.CharField(max_length=10, choices=Direction)
    account_no = models.PositiveIntegerField()
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="movements")
    amount_fen = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=_choices(MovementState), default=MovementState.REQUESTED.value
    )
    bank_ref = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001 - unique when there is one
    failure = models.CharField(max_length=200, blank=True)
    engine_seq = models.BigIntegerField(null=True)
    """Where the floor took the money out (withdrawal) or put it in (deposit)."""
    day = models.DateField()
    requested_at_ns = models.BigIntegerField()
    requested_by = models.CharField(max_length=150)
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="movement_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in MovementState]), name="movement_state_known"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["deposit", "withdrawal"]), name="movement_direction_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=MovementState.CONFIRMED.value) | Q(bank_ref__isnull=False),
                name="movement_confirmed_has_bank_ref",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "id"], name="movement_by_account"),
            models.Index(
                fields=["id"], condition=Q(state__in=["requested", "held", "sent"]), name="movement_open"
            ),
        ]

    def __str__(self) -> str:
        return self.movement_no


class BankMovementStep(models.Model):
    """One step in the life of a movement, written with the step."""

    movement = models.ForeignKey(BankMovement, on_delete=models.PROTECT, related_name="steps")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    why = models.CharField(max_length=200, blank=True)
    at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.movement_id}: {self.from_state} → {self.to_state}"


class MockBankInstruction(models.Model):
    """The mock bank's own book: what it was told and what it did. Only ``banks.MockBank`` reads it."""

    instruction_no = models.CharField(max_length=24, unique=True)
    direction = models.CharField(max_length=10)
    bank_account_no = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    received_at_ns = models.BigIntegerField()
    booked_at_ns = models.BigIntegerField(db_index=True)
    """When the outcome stands in the bank's book and may be reported."""
    bank_ref = models.CharField(max_length=60, unique=True)
    failure = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.instruction_no
