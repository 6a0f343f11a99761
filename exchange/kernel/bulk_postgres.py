"""Bulk writes on PostgreSQL: rows travel by COPY, straight into the table or through a staging table."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from exchange.kernel.bulk import BulkTable, Merge, Row, conflict_clause, quoted, with_moments

_NULL = float("nan")
"""Written bare by the csv module, while every text is quoted: no value can be mistaken for it."""

SLAB_VALUES = 1_024
"""Values sent at once: large beside a message of the protocol, small beside what a socket holds, so that the
server is never done before the next ones come."""


class PostgresBulkWriter:
    """BulkWriter for PostgreSQL through psycopg2's COPY."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def insert(self, table: BulkTable, rows: Sequence[Row]) -> None:
        """COPY all rows into the table."""
        if rows:
            with self._connection.cursor() as cursor:
                self._copy(cursor, table.name, table, rows)

    def upsert(
        self,
        table: BulkTable,
        rows: Sequence[Row],
        *,
        key: Sequence[str],
        merge: Mapping[str, Merge] | None = None,
    ) -> None:
        """Stage all rows, then insert or merge them with one statement."""
        if rows:
            clause = conflict_clause(table, key, merge or {}, greatest="GREATEST", least="LEAST")
            columns = quoted(table.columns)
            self._through_stage(
                f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {{stage}} {clause}',
                table,
                rows,
            )

    def update(self, table: BulkTable, rows: Sequence[Row], *, key: Sequence[str]) -> int:
        """Stage all rows, then update with one statement."""
        if not rows:
            return 0
        changed = [column for column in table.columns if column not in key]
        assignments = ", ".join(f'"{column}" = new."{column}"' for column in changed)
        matched = " AND ".join(f'"{table.name}"."{column}" = new."{column}"' for column in key)
        return self._through_stage(
            f'UPDATE "{table.name}" SET {assignments} FROM {{stage}} AS new WHERE {matched}', table, rows
        )

    def fetch(self, sql: str, keys: Sequence[int], *parameters: Any) -> list[tuple[Any, ...]]:
        """Query with the keys as one array parameter."""
        with self._connection.cursor() as cursor:
            statement = sql.replace("{keys}", "(SELECT unnest(%s::bigint[]))")
            cursor.execute(statement, [list(keys), *parameters])
            return list(cursor.fetchall())

    def _through_stage(self, statement: str, table: BulkTable, rows: Sequence[Row]) -> int:
        """COPY into a temporary table that lives as long as the connection, run, and empty it."""
        stage = _stage_name(table)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f'CREATE TEMPORARY TABLE IF NOT EXISTS "{stage}" ON COMMIT DELETE ROWS AS '
                f'SELECT {quoted(table.columns)} FROM "{table.name}" WITH NO DATA'
            )
            self._copy(cursor, stage, table, rows)
            cursor.execute(statement.replace("{stage}", f'"{stage}"'))
            written = int(cursor.rowcount)
            cursor.execute(f'DELETE FROM "{stage}"')
            return written

    def _copy(self, cursor: Any, target: str, table: BulkTable, rows: Sequence[Row]) -> None:
        with self._connection.wrap_database_errors:
            cursor.copy_expert(
                f"COPY \"{target}\" ({quoted(table.columns)}) FROM STDIN (FORMAT csv, NULL 'nan')",
                _CsvStream(table, rows),
            )


class _CsvStream:
    """Rows as a file of CSV that psycopg2 reads: while the server stores a slab, the next is written here."""

    def __init__(self, table: BulkTable, rows: Sequence[Row]) -> None:
        self._table, self._rows, self._next = table, rows, 0

    def read(self, _size: int) -> bytes:
        """The next slab, of whatever length; nothing at the end."""
        slab = self._rows[self._next : self._next + max(1, SLAB_VALUES // len(self._table.columns))]
        self._next += len(slab)
        buffer = io.StringIO()
        csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows(
            [_NULL if value is None else value for value in row] if None in row else row
            for row in with_moments(self._table, slab, datetime.isoformat)
        )
        return buffer.getvalue().encode()


def _stage_name(table: BulkTable) -> str:
    digest = blake2b(" ".join((table.name, *table.columns)).encode(), digest_size=8).hexdigest()
    return f"stage_{digest}"
