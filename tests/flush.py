"""Lets Django empty the tables after a transactional test although triggers forbid deleting from them.

PostgreSQL empties tables with TRUNCATE, which fires no row triggers; SQLite with DELETE, so there the
triggers are taken down for the flush and put up again, within its transaction. What migrations founded stays.
"""

from typing import Any

import pytest

FOUNDED = frozenset({"warehouse_receipts_ruleedition"})
"""Tables whose first rows a migration writes: without them nothing can be graded in the next test."""


def keep_founded_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the tables a migration founded out of PostgreSQL's list of flush statements."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    plain = DatabaseOperations.sql_flush

    def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements: list[str] = plain(operations, style, _emptied(tables), **options)
        return statements

    monkeypatch.setattr(DatabaseOperations, "sql_flush", sql_flush)


def _emptied(tables: Any) -> list[str]:
    return [table for table in tables if table not in FOUNDED]


def lift_triggers_for_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wraps SQLite's list of flush statements."""
    from django.db.backends.sqlite3.base import DatabaseWrapper

    operations_class = DatabaseWrapper.ops_class

    plain = operations_class.sql_flush

    def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = plain(operations, style, _emptied(tables), **options)
        if not statements:
            return statements
        with operations.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
        return [*drops, *statements, *(sql for _, sql in triggers)]

    monkeypatch.setattr(operations_class, "sql_flush", sql_flush)
