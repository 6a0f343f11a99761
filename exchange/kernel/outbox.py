"""From the tables to the trading floor, exactly once.

A service that changes what an account can spend or deliver (a deposit, a receipt, a suspension) writes the
floor's command here in the same transaction. The dispatcher sends waiting rows in order of id; the projector,
when it meets the command in the journal, marks the row with the floor's answer, in its own transaction. The
floor drops a row sent twice by its client id, which is made from the row's id.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from exchange.kernel.models import Outbox


class Packed(Protocol):
    """A command of the books or of the desk."""

    def pack(self) -> bytes:
        """Its 64-byte record."""


class OutboxRow(NamedTuple):
    """A row that waits for the floor."""

    id: int
    reference: str
    command: bytes


class Answer(NamedTuple):
    """What the floor made of a row: ``reason`` 0 = accepted, else ``matching.types.Reason``."""

    id: int
    seq: int
    reason: int


def enqueue(command: Packed, reference: str) -> Outbox:
    """Adds one command for the floor. ``reference`` is ``kind:key``; IntegrityError if used before."""
    (row,) = enqueue_many([(command, reference)])
    return row


def enqueue_many(commands: Iterable[tuple[Packed, str]]) -> list[Outbox]:
    """Adds commands for the floor in the given order, inside the caller's transaction."""
    assert connection.in_atomic_block, "a command belongs to the transaction that makes it true"
    rows = []
    for command, reference in commands:
        kind, colon, key = reference.partition(":")
        assert all((kind, colon, key)), f"{reference!r} is not kind:key"
        rows.append(Outbox(reference=reference, command=command.pack()))
    return Outbox.objects.bulk_create(rows)


def pending(limit: int = 1_000, *, after: int = 0) -> list[OutboxRow]:
    """Rows without an answer with an id above ``after``, oldest first."""
    rows = Outbox.objects.filter(applied_seq__isnull=True, id__gt=after).order_by("id")
    found = rows.values_list("id", "reference", "command")[:limit]
    return [OutboxRow(id_, reference, bytes(command)) for id_, reference, command in found]


def waits(prefix: str) -> bool:
    """Whether a row whose reference begins so has no answer yet."""
    return Outbox.objects.filter(applied_seq__isnull=True, reference__startswith=prefix).exists()


def references(ids: Sequence[int]) -> dict[int, str]:
    """References of rows by id."""
    return dict(Outbox.objects.filter(id__in=ids).values_list("id", "reference"))


def answers_to(references: Iterable[str]) -> dict[str, int | None]:
    """The floor's answers by reference: 0 = accepted, None = it has not answered."""
    return dict(Outbox.objects.filter(reference__in=list(references)).values_list("reference", "reason"))


def mark_applied(answers: Iterable[Answer]) -> None:
    """Writes the floor's answers. A row answered before keeps its first answer."""
    given = list(answers)
    if not given:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE kernel_outbox SET applied_seq = %s, reason = %s WHERE id = %s AND applied_seq IS NULL",
            [(answer.seq, answer.reason, answer.id) for answer in given],
        )


def depth() -> int:
    """How many rows wait for an answer."""
    return Outbox.objects.filter(applied_seq__isnull=True).count()


def oldest_pending_s() -> float:
    """How long the oldest row without an answer has waited, in seconds; 0 when none waits."""
    oldest = Outbox.objects.filter(applied_seq__isnull=True).aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0
