"""Bulk writes on SQLite: all rows travel as one JSON parameter that `json_each` unfolds.

`executemany` takes the interpreter lock back after every row; here one statement writes the whole
chunk while other threads, the order path above all, run on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from exchange.kernel.bulk import BulkTable, Merge, Row, conflict_clause, quoted, with_moments

_encode = msgspec.json.Encoder().encode


class SqliteBulkWriter:
    """BulkWriter for SQLite 3.33 or newer (UPDATE … FROM)."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def insert(self, table: BulkTable, rows: Sequence[Row]) -> None:
        """Insert all rows with one statement."""
        if rows:
            self._run(f'INSERT INTO "{table.name}" ({quoted(table.columns)}) {_unfolded(table)}', table, rows)

    def upsert(
        self,
        table: BulkTable,
        rows: Sequence[Row],
        *,
        key: Sequence[str],
        merge: Mapping[str, Merge] | None = None,
    ) -> None:
        """Insert or merge all rows with one statement. The WHERE keeps SQLite's parser from a wrong turn."""
        if rows:
            clause = conflict_clause(table, key, merge or {}, greatest="MAX", least="MIN")
            columns = quoted(table.columns)
            self._run(
                f'INSERT INTO "{table.name}" ({columns}) {_unfolded(table)} WHERE true {clause}', table, rows
            )

    def update(self, table: BulkTable, rows: Sequence[Row], *, key: Sequence[str]) -> int:
        """Update all rows with one statement."""
        if not rows:
            return 0
        changed = [column for column in table.columns if column not in key]
        assignments = ", ".join(f'"{column}" = new."{column}"' for column in changed)
        matched = " AND ".join(f'"{table.name}"."{column}" = new."{column}"' for column in key)
        statement = (
            f'UPDATE "{table.name}" SET {assignments} FROM ({_unfolded(table)}) AS new WHERE {matched}'
        )
        return self._run(statement, table, rows)

    def fetch(self, sql: str, keys: Sequence[int], *parameters: Any) -> list[tuple[Any, ...]]:
        """Query with the keys as one JSON parameter."""
        with self._connection.cursor() as cursor:
            statement = sql.replace("{keys}", "(SELECT value FROM json_each(%s))")
            cursor.execute(statement, [_encode(list(keys)).decode(), *parameters])
            return list(cursor.fetchall())

    def _run(self, statement: str, table: BulkTable, rows: Sequence[Row]) -> int:
        adapted = with_moments(table, rows, self._connection.ops.adapt_datetimefield_value)
        with self._connection.cursor() as cursor:
            cursor.execute(statement, [_encode(adapted).decode()])
            return int(cursor.rowcount)


def _unfolded(table: BulkTable) -> str:
    """SELECT of the columns out of a JSON array of arrays."""
    columns = ", ".join(f'value->>{at} AS "{column}"' for at, column in enumerate(table.columns))
    return f"SELECT {columns} FROM json_each(%s)"
