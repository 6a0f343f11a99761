"""Lets Django empty the tables after a transactional test although triggers forbid deleting from them.

SQLite: the triggers are taken down for the flush and put up again, within its transaction. PostgreSQL: no
trigger fires within the transaction of the flush. Django's TRUNCATE fires none either, but makes new files
for all tables and indexes, which takes most of a second when they were all but empty. What migrations founded
stays.
"""

from typing import Any

import pytest

FOUNDED = frozenset({"warehouse_receipts_ruleedition"})
"""Tables whose first rows a migration writes: without them nothing can be graded in the next test."""


def _emptied(tables: Any) -> list[str]:
    return [table for table in tables if table not in FOUNDED]


def lift_triggers_for_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wraps the lists of flush statements."""
    _for_sqlite(monkeypatch)
    _for_postgres(monkeypatch)


def _for_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
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


def _for_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.backends.postgresql.base import DatabaseWrapper

    def sql_flush(operations: Any, _style: Any, tables: Any, **options: Any) -> list[str]:
        assert not options.get("reset_sequences"), "no test asks for it"
        deletes = [f"DELETE FROM {operations.quote_name(table)}" for table in _emptied(tables)]
        return ["SET LOCAL session_replication_role = replica", *deletes] if deletes else []

    monkeypatch.setattr(DatabaseWrapper.ops_class, "sql_flush", sql_flush)
