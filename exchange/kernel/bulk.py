"""Writing thousands of rows in a handful of statements: the bulk writer port.

The projector follows a floor that takes thousands of orders a second, and in the embedded exchange it
shares one interpreter with it. So a chunk of rows goes into a table by one statement that runs outside
the interpreter lock: SQLite reads the rows from one JSON parameter, PostgreSQL from COPY. Rows are plain
tuples in the order of the table's columns; JSON columns take encoded text, and bytes are not supported.

    writer = bulk_writer()
    writer.insert(table_of(Trade), rows)
    writer.upsert(BARS, rows, key=("product_number", "start_s"), merge={"high": "greatest"})
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, Protocol

from django.db import DEFAULT_DB_ALIAS, connections, models

Merge = Literal["replace", "add", "greatest", "least", "keep"]
"""How a column of an existing row takes the new value on a conflict; the default is "replace"."""

Row = Sequence[Any]


class BulkTable(NamedTuple):
    """A table and the columns rows are given in."""

    name: str
    columns: tuple[str, ...]
    moments: tuple[int, ...]
    """Positions of timestamp columns; their values are aware datetimes."""


class BulkWriter(Protocol):
    """Set-based writes on one database connection, inside the caller's transaction."""

    def insert(self, table: BulkTable, rows: Sequence[Row]) -> None:
        """Insert all rows; the database's error if one cannot be."""

    def upsert(
        self,
        table: BulkTable,
        rows: Sequence[Row],
        *,
        key: Sequence[str],
        merge: Mapping[str, Merge] | None = None,
    ) -> None:
        """Insert rows, or merge them into the row with the same key. A key may occur once in `rows`."""

    def update(self, table: BulkTable, rows: Sequence[Row], *, key: Sequence[str]) -> int:
        """Set the other columns of the rows with these keys; how many there were."""

    def fetch(self, sql: str, keys: Sequence[int], *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query in which `{keys}` stands for the set of keys, as in `WHERE id IN {keys}`.

        `{keys}` occurs once; further `%s` parameters stand after it.
        """


@cache
def table_of(model: type[models.Model], *fields: str) -> BulkTable:
    """The table of a model with these fields; without fields, all but an automatic primary key."""
    meta = model._meta
    chosen = (
        [meta.get_field(name) for name in fields]
        if fields
        else [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    )
    columns = tuple(str(field.column) for field in chosen if isinstance(field, models.Field))
    moments = tuple(at for at, field in enumerate(chosen) if isinstance(field, models.DateTimeField))
    return BulkTable(meta.db_table, columns, moments)


def bulk_writer(alias: str = DEFAULT_DB_ALIAS) -> BulkWriter:
    """The writer for this thread's connection to a database."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        from exchange.kernel.bulk_postgres import PostgresBulkWriter

        return PostgresBulkWriter(connection)
    if connection.vendor == "sqlite":
        from exchange.kernel.bulk_sqlite import SqliteBulkWriter

        return SqliteBulkWriter(connection)
    raise NotImplementedError(f"no bulk writer for {connection.vendor}")


def conflict_clause(
    table: BulkTable, key: Sequence[str], merge: Mapping[str, Merge], *, greatest: str, least: str
) -> str:
    """`ON CONFLICT … DO UPDATE SET …` for an upsert; greatest and least are the database's functions."""
    assignments = []
    for column in table.columns:
        how = merge.get(column, "replace")
        if column in key or how == "keep":
            continue
        old, new = f'"{table.name}"."{column}"', f'excluded."{column}"'
        value = {
            "replace": new,
            "add": f"{old} + {new}",
            "greatest": f"{greatest}({old}, {new})",
            "least": f"{least}({old}, {new})",
        }[how]
        assignments.append(f'"{column}" = {value}')
    action = f"DO UPDATE SET {', '.join(assignments)}" if assignments else "DO NOTHING"
    return f"ON CONFLICT ({quoted(key)}) {action}"


def quoted(columns: Sequence[str]) -> str:
    """Column names for a statement."""
    return ", ".join(f'"{column}"' for column in columns)


def with_moments(table: BulkTable, rows: Sequence[Row], adapt: Any) -> Sequence[Row]:
    """Rows with their timestamps in the database's own form."""
    if not table.moments:
        return rows
    adapted = []
    for row in rows:
        values = list(row)
        for at in table.moments:
            values[at] = None if values[at] is None else adapt(values[at])
        adapted.append(values)
    return adapted
