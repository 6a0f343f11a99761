"""The production journal: tables in PostgreSQL, written by the floor's own connection.

The connection has synchronous_commit on whatever the server's default is: when an append returns, the
entry is on the disk. The lease is a session advisory lock, which the server releases when the floor's
connection ends, and an epoch in the journal itself.
"""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import psycopg2
import psycopg2.errors
from msgspec.structs import astuple

from exchange.trading.errors import FencedError, JournalError, LeaseHeldError
from exchange.trading.journal import EMPTY, KEPT_ENGINES, Head, JournalEntry, Snapshot

_LOCK = 0x6A696E67756F
"""Key of the advisory lock: "jinguo" in ASCII."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal_entries (
    first_seq bigint PRIMARY KEY CHECK (first_seq > 0),
    count integer NOT NULL CHECK (count > 0),
    time_ns bigint NOT NULL,
    commands bytea NOT NULL CHECK (octet_length(commands) = 64 * count),
    client_ids bytea NOT NULL,
    event_digest bytea NOT NULL CHECK (octet_length(event_digest) = 32),
    chain_hash bytea NOT NULL CHECK (octet_length(chain_hash) = 32),
    bus_position text NOT NULL
);
ALTER TABLE journal_entries ALTER COLUMN commands SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS journal_snapshots (
    seq bigint PRIMARY KEY, since_seq bigint NOT NULL, time_ns bigint NOT NULL, chain_hash bytea NOT NULL,
    engine bytea NOT NULL, engine_hash bytea NOT NULL, results bytea NOT NULL, results_hash bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS journal_lease (
    one integer PRIMARY KEY CHECK (one = 1), epoch bigint NOT NULL, holder text NOT NULL,
    renewed_at_ns bigint NOT NULL
);
INSERT INTO journal_lease VALUES (1, 0, '', 0) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION journal_entries_continuous() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.first_seq <> coalesce(
        (SELECT first_seq + count FROM journal_entries ORDER BY first_seq DESC LIMIT 1), 1) THEN
        RAISE EXCEPTION 'the journal goes on at its head and nowhere else'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE OR REPLACE TRIGGER journal_entries_continuous BEFORE INSERT ON journal_entries
    FOR EACH ROW EXECUTE FUNCTION journal_entries_continuous();
CREATE OR REPLACE FUNCTION journal_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE OR REPLACE TRIGGER journal_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entries
    FOR EACH STATEMENT EXECUTE FUNCTION journal_entries_append_only();
"""

_ENTRY = "first_seq, count, time_ns, commands, client_ids, event_digest, chain_hash, bus_position"

# The lease's row is locked for the moment of the append, so a floor that takes over waits for it to end
# and one that was taken over appends nothing.
_APPEND = (
    f"INSERT INTO journal_entries ({_ENTRY}) SELECT %s, %s, %s, %s, %s, %s, %s, %s "
    "FROM journal_lease WHERE epoch = %s FOR SHARE"
)


class PostgresJournal:
    """JournalStore in PostgreSQL. A store belongs to one thread."""

    def __init__(self, url: str) -> None:
        """url: postgres://…, as in DATABASE_URL."""
        self._epoch = 0
        try:
            self._db = psycopg2.connect(url, application_name="jinguo-journal")
            self._db.autocommit = True
            self._make_tables()
        except psycopg2.Error as error:
            raise JournalError(f"cannot open the journal: {error}") from error

    def _make_tables(self) -> None:
        """Once per database: making triggers again would take locks other stores wait for."""
        with self._db.cursor() as cursor:
            cursor.execute("SET synchronous_commit = on")
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK + 1,))
            cursor.execute("SELECT to_regclass('journal_lease') IS NULL")
            if cursor.fetchone() == (True,):
                cursor.execute(_SCHEMA)
            cursor.execute("SELECT pg_advisory_unlock(%s)", (_LOCK + 1,))

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> tuple[int, list[tuple[Any, ...]]]:
        """Run one statement in its own transaction; rows touched and rows returned."""
        try:
            with self._db.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.rowcount, cursor.fetchall() if cursor.description else []
        except psycopg2.IntegrityError as error:
            raise FencedError(str(error).strip()) from error
        except psycopg2.Error as error:
            raise JournalError(str(error).strip()) from error

    def read(self, after_seq: int, limit: int = 256) -> list[JournalEntry]:
        """See JournalReader."""
        _, rows = self._execute(
            f"SELECT {_ENTRY} FROM journal_entries WHERE first_seq > %s ORDER BY first_seq LIMIT %s",
            (after_seq, limit),
        )
        return [JournalEntry(*_with_bytes(row)) for row in rows]

    def head(self) -> Head:
        """See JournalReader."""
        _, rows = self._execute(
            "SELECT first_seq + count - 1, chain_hash, bus_position, time_ns FROM journal_entries "
            "ORDER BY first_seq DESC LIMIT 1"
        )
        return Head._make(_with_bytes(rows[0])) if rows else EMPTY

    def snapshot_seqs(self) -> list[int]:
        """See JournalReader."""
        return [row[0] for row in self._execute("SELECT seq FROM journal_snapshots ORDER BY seq DESC")[1]]

    def snapshot(self, seq: int) -> Snapshot | None:
        """See JournalReader."""
        _, rows = self._execute(
            "SELECT seq, since_seq, time_ns, chain_hash, engine, engine_hash, results, results_hash "
            "FROM journal_snapshots WHERE seq = %s",
            (seq,),
        )
        return Snapshot._make(_with_bytes(rows[0])) if rows else None

    def acquire_lease(self, holder: str, *, take_over: bool = False) -> int:
        """See JournalStore."""
        if not take_over:
            self._lock()
        _, rows = self._execute(
            "UPDATE journal_lease SET epoch = epoch + 1, holder = %s, renewed_at_ns = %s RETURNING epoch",
            (holder, time.time_ns()),
        )
        self._epoch = rows[0][0]
        return self._epoch

    def _lock(self) -> None:
        if self._execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))[1] != [(True,)]:
            holder = self._execute("SELECT holder FROM journal_lease")[1][0][0]
            raise LeaseHeldError(f"the journal already has a floor: {holder}")

    def renew_lease(self, now_ns: int) -> None:
        """See JournalStore."""
        written, _ = self._execute(
            "UPDATE journal_lease SET renewed_at_ns = %s WHERE epoch = %s", (now_ns, self._epoch)
        )
        if written != 1:
            raise FencedError("another floor took over the journal")

    def append(self, entry: JournalEntry) -> None:
        """See JournalStore."""
        written, _ = self._execute(_APPEND, (*astuple(entry), self._epoch))
        if written != 1:
            raise FencedError("another floor took over the journal")

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """See JournalStore."""
        self._execute(
            "INSERT INTO journal_snapshots VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (seq) DO UPDATE SET since_seq = excluded.since_seq, time_ns = excluded.time_ns, "
            "chain_hash = excluded.chain_hash, engine = excluded.engine, engine_hash = excluded.engine_hash, "
            "results = excluded.results, results_hash = excluded.results_hash",
            snapshot,
        )
        self._execute(
            "UPDATE journal_snapshots SET engine = '' WHERE engine <> '' AND seq NOT IN "
            "(SELECT seq FROM journal_snapshots WHERE engine <> '' ORDER BY seq DESC LIMIT %s)",
            (KEPT_ENGINES,),
        )

    def close(self) -> None:
        """See JournalReader. Gives the lease back before the session ends: the server notices an end late."""
        with contextlib.suppress(JournalError):
            self._execute("SELECT pg_advisory_unlock_all()")
        self._db.close()


def _with_bytes(row: tuple[Any, ...]) -> list[Any]:
    """psycopg2 gives bytea as memoryview."""
    return [bytes(column) if isinstance(column, memoryview) else column for column in row]
