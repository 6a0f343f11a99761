"""Triggers in migrations: the same rule in the SQL of each database.

A trigger is the last guard: it also holds for SQL typed by hand. Both databases answer a broken rule with
``django.db.IntegrityError`` (SQLite ``RAISE(ABORT)``, PostgreSQL error class 23).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class VendorSQL(Operation):
    """Statements per database vendor: ``{"sqlite": [...], "postgresql": [...]}``, and how to undo them."""

    reversible = True

    def __init__(self, forwards: Mapping[str, Sequence[str]], backwards: Mapping[str, Sequence[str]]) -> None:
        self.forwards = forwards
        self.backwards = backwards

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are not part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._run(schema_editor, self.forwards)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._run(schema_editor, self.backwards)

    def describe(self) -> str:
        return "Triggers and other SQL of the database vendor"

    @staticmethod
    def _run(schema_editor: BaseDatabaseSchemaEditor, statements: Mapping[str, Sequence[str]]) -> None:
        with schema_editor.connection.cursor() as cursor:
            for statement in statements[schema_editor.connection.vendor]:
                cursor.execute(statement)


def refuse(
    *, name: str, table: str, event: str, message: str, when: str | None = None
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """SQL that refuses ``event`` ("UPDATE", "DELETE", "UPDATE OF a, b", "INSERT") on rows of ``table``.

    ``when`` is a condition on NEW and OLD for both databases. Returns forwards and backwards for VendorSQL.
    """
    condition = f"WHEN ({when})" if when else ""
    forwards = {
        "sqlite": [
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW {condition} '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ],
        "postgresql": [
            f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN '
            f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $body$",
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW {condition} '
            f'EXECUTE FUNCTION "{name}"()',
        ],
    }
    backwards = {
        "sqlite": [f'DROP TRIGGER "{name}"'],
        "postgresql": [f'DROP TRIGGER "{name}" ON "{table}"', f'DROP FUNCTION "{name}"()'],
    }
    return forwards, backwards


def append_only(*, table: str, message: str) -> list[VendorSQL]:
    """Operations that make rows of ``table`` unchangeable and undeletable."""
    return [
        VendorSQL(*refuse(name=f"{table}_no_{verb.lower()}", table=table, event=verb, message=message))
        for verb in ("UPDATE", "DELETE")
    ]
