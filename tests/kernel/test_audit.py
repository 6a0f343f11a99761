"""The audit log cannot be changed, and what is changed all the same shows."""

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db


def three_entries() -> list[AuditEntry]:
    person = Actor("王芳", ip="192.0.2.7", source_port=50_000, user_agent="Firefox" * 100)
    return [
        audit.record(actor=SYSTEM, action="session.open", subject="session:2026-11-20"),
        audit.record(
            actor=person,
            action="member.suspend",
            subject="member:G001",
            reason="未按时交货",
            before={"status": "active"},
            after={"status": "suspended", "orders": [1, 2], "note": None},
        ),
        audit.record(actor=SYSTEM, action="session.close", subject="session:2026-11-20"),
    ]


def lift_trigger(verb: str) -> None:
    table = "" if connection.vendor == "sqlite" else " ON kernel_auditentry"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "kernel_auditentry_no_{verb}"{table}')


def test_entries_are_numbered_and_chained() -> None:
    entries = three_entries()
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert entries[0].prev_hash == audit.GENESIS
    assert entries[2].prev_hash == entries[1].hash
    assert audit.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_auditentry SET actor = 'nobody' WHERE number = 2",
        "DELETE FROM kernel_auditentry WHERE number = 2",
    ],
)
def test_raw_sql_cannot_change_an_entry(statement: str) -> None:
    three_entries()
    with pytest.raises(IntegrityError, match="audit entries are final"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert audit.verify() == []


@pytest.mark.parametrize(
    "column", ["actor", "action", "subject", "reason", "user_agent", "hash", "prev_hash"]
)
def test_a_change_behind_the_trigger_shows(column: str) -> None:
    three_entries()
    lift_trigger("update")
    AuditEntry.objects.filter(number=2).update(**{column: "x" * 9})
    assert 2 in [found.number for found in audit.verify()]


def test_a_changed_value_shows() -> None:
    three_entries()
    lift_trigger("update")
    AuditEntry.objects.filter(number=2).update(after={"status": "active"})
    assert [found.number for found in audit.verify()] == [2]


def test_a_removed_entry_shows() -> None:
    three_entries()
    lift_trigger("delete")
    AuditEntry.objects.filter(number=2).delete()
    assert [found.number for found in audit.verify()] == [3, 3]
