"""Commands wait in the outbox, leave in order and are answered once."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import outbox
from exchange.kernel.ids import contract_no, movement_no, next_number, statement_no
from exchange.kernel.models import Outbox
from matching.types import Command, CommandKind, Reason

pytestmark = pytest.mark.django_db

FUNDS = Command(kind=CommandKind.FUNDS, account=3, amount=-500)


def test_a_command_waits_until_it_is_answered() -> None:
    first = outbox.enqueue(FUNDS, "withdrawal:1")
    second = outbox.enqueue(FUNDS._replace(amount=700), "deposit:1")
    assert [row.reference for row in outbox.pending()] == ["withdrawal:1", "deposit:1"]
    assert Command.unpack(outbox.pending(1)[0].command) == FUNDS
    assert [row.id for row in outbox.pending(after=first.pk)] == [second.pk]

    outbox.mark_applied([outbox.Answer(first.pk, 41, Reason.INSUFFICIENT_FUNDS)])

    assert [row.id for row in outbox.pending()] == [second.pk]
    answered = Outbox.objects.get(pk=first.pk)
    assert (answered.applied_seq, answered.reason) == (41, Reason.INSUFFICIENT_FUNDS)


def test_the_first_answer_stays() -> None:
    row = outbox.enqueue(FUNDS, "deposit:1")
    outbox.mark_applied([outbox.Answer(row.pk, 41, 0)])
    outbox.mark_applied([outbox.Answer(row.pk, 42, 11)])
    outbox.mark_applied([])
    assert Outbox.objects.get(pk=row.pk).applied_seq == 41


def test_many_commands_keep_their_order() -> None:
    rows = outbox.enqueue_many((FUNDS._replace(amount=n), f"deposit:{n}") for n in range(1, 6))
    waiting = outbox.pending()
    assert [Command.unpack(row.command).amount for row in waiting] == [1, 2, 3, 4, 5]
    assert outbox.references([row.pk for row in rows]) == {row.id: row.reference for row in waiting}


def test_a_reference_is_used_once() -> None:
    outbox.enqueue(FUNDS, "deposit:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.enqueue(FUNDS, "deposit:1")


@pytest.mark.parametrize("reference", ["deposit", "deposit:", ":1", ""])
def test_a_reference_names_kind_and_key(reference: str) -> None:
    with pytest.raises(AssertionError):
        outbox.enqueue(FUNDS, reference)


@pytest.mark.django_db(transaction=True)
def test_a_command_without_a_transaction_is_a_mistake() -> None:
    with pytest.raises(AssertionError):
        outbox.enqueue(FUNDS, "deposit:1")
    with pytest.raises(AssertionError):
        next_number("anything")


@pytest.mark.django_db(transaction=True)
def test_numbers_are_dense_even_when_a_transaction_fails() -> None:
    def fail_after_taking_one() -> None:
        with transaction.atomic():
            next_number("apples")
            raise ZeroDivisionError

    with transaction.atomic():
        assert [next_number("apples"), next_number("pears"), next_number("apples")] == [1, 1, 2]
    with pytest.raises(ZeroDivisionError):
        fail_after_taking_one()
    with transaction.atomic():
        assert next_number("apples", count=10) == 12


def test_numbers_people_read() -> None:
    day = date(2026, 11, 20)
    assert contract_no(day, 42) == "HT20261120-00000042"
    assert movement_no(day, 7, inbound=True) == "RJ20261120-000007"
    assert movement_no(day, 8, inbound=False) == "CJ20261120-000008"
    assert statement_no(day, "G001", 2) == "JS20261120-G001-2"
