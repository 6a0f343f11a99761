"""The embedded exchange's journal: its own SQLite file, written by one connection.

WAL with synchronous=FULL: when an append returns, the entry is on the disk. The lease is a lock on a file
beside the journal, which the system releases when the process dies, and an epoch in the journal itself.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import astuple

from exchange.trading.errors import FencedError, JournalError, LeaseHeldError
from exchange.trading.journal import EMPTY, KEPT_ENGINES, Head, JournalEntry, Snapshot

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal_entries (
    first_seq INTEGER PRIMARY KEY CHECK (first_seq > 0),
    count INTEGER NOT NULL CHECK (count > 0),
    time_ns INTEGER NOT NULL,
    commands BLOB NOT NULL CHECK (length(commands) = 64 * count),
    client_ids BLOB NOT NULL,
    event_digest BLOB NOT NULL CHECK (length(event_digest) = 32),
    chain_hash BLOB NOT NULL CHECK (length(chain_hash) = 32),
    bus_position TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS journal_entries_continuous BEFORE INSERT ON journal_entries
WHEN NEW.first_seq <> coalesce(
    (SELECT first_seq + count FROM journal_entries ORDER BY first_seq DESC LIMIT 1), 1)
BEGIN SELECT RAISE(ABORT, 'the journal goes on at its head and nowhere else'); END;
CREATE TRIGGER IF NOT EXISTS journal_entries_no_update BEFORE UPDATE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS journal_entries_no_delete BEFORE DELETE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TABLE IF NOT EXISTS journal_snapshots (
    seq INTEGER PRIMARY KEY, since_seq INTEGER NOT NULL, time_ns INTEGER NOT NULL, chain_hash BLOB NOT NULL,
    engine BLOB NOT NULL, engine_hash BLOB NOT NULL, results BLOB NOT NULL, results_hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS journal_lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, holder TEXT NOT NULL,
    renewed_at_ns INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO journal_lease VALUES (1, 0, '', 0);
"""

_ENTRY = "first_seq, count, time_ns, commands, client_ids, event_digest, chain_hash, bus_position"

# "Only while our epoch stands" is part of the insert, so there is no moment between check and write.
_APPEND = (
    f"INSERT INTO journal_entries ({_ENTRY}) SELECT ?, ?, ?, ?, ?, ?, ?, ? "
    "WHERE (SELECT epoch FROM journal_lease) = ?"
)


class SqliteJournal:
    """JournalStore in one SQLite file. A connection belongs to the thread that opened the store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._epoch = 0
        self._lock_fd: int | None = None
        self._thread = threading.get_ident()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise JournalError(f"cannot open the journal {path}: {error}") from error

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, parameters)
        except sqlite3.IntegrityError as error:
            raise FencedError(f"{self._path}: {error}") from error
        except sqlite3.Error as error:
            raise JournalError(f"{self._path}: {error}") from error

    def read(self, after_seq: int, limit: int = 256) -> list[JournalEntry]:
        """See JournalReader."""
        rows = self._execute(
            f"SELECT {_ENTRY} FROM journal_entries WHERE first_seq > ? ORDER BY first_seq LIMIT ?",
            (after_seq, limit),
        )
        return [JournalEntry(*row) for row in rows]

    def head(self) -> Head:
        """See JournalReader."""
        row = self._execute(
            "SELECT first_seq + count - 1, chain_hash, bus_position, time_ns FROM journal_entries "
            "ORDER BY first_seq DESC LIMIT 1"
        ).fetchone()
        return Head._make(row) if row else EMPTY

    def snapshot_seqs(self) -> list[int]:
        """See JournalReader."""
        return [row[0] for row in self._execute("SELECT seq FROM journal_snapshots ORDER BY seq DESC")]

    def snapshot(self, seq: int) -> Snapshot | None:
        """See JournalReader."""
        row = self._execute(
            "SELECT seq, since_seq, time_ns, chain_hash, engine, engine_hash, results, results_hash "
            "FROM journal_snapshots WHERE seq = ?",
            (seq,),
        ).fetchone()
        return Snapshot._make(row) if row else None

    def acquire_lease(self, holder: str, *, take_over: bool = False) -> int:
        """See JournalStore."""
        if not take_over:
            self._lock_file()
        row = self._execute(
            "UPDATE journal_lease SET epoch = epoch + 1, holder = ?, renewed_at_ns = ? RETURNING epoch",
            (holder, time.time_ns()),
        ).fetchone()
        self._epoch = row[0]
        return self._epoch

    def _lock_file(self) -> None:
        self._lock_fd = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock_fd)
            self._lock_fd = None
            holder = self._execute("SELECT holder FROM journal_lease").fetchone()[0]
            raise LeaseHeldError(f"the journal {self._path} already has a floor: {holder}") from None

    def renew_lease(self, now_ns: int) -> None:
        """See JournalStore."""
        written = self._execute(
            "UPDATE journal_lease SET renewed_at_ns = ? WHERE epoch = ?", (now_ns, self._epoch)
        )
        if written.rowcount != 1:
            raise FencedError(f"another floor took over the journal {self._path}")

    def append(self, entry: JournalEntry) -> None:
        """See JournalStore."""
        written = self._execute(_APPEND, (*astuple(entry), self._epoch))
        if written.rowcount != 1:
            raise FencedError(f"another floor took over the journal {self._path}")

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """See JournalStore."""
        self._execute("INSERT OR REPLACE INTO journal_snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?)", snapshot)
        self._execute(
            "UPDATE journal_snapshots SET engine = x'' WHERE engine <> x'' AND seq NOT IN "
            "(SELECT seq FROM journal_snapshots WHERE engine <> x'' ORDER BY seq DESC LIMIT ?)",
            (KEPT_ENGINES,),
        )

    def close(self) -> None:
        """See JournalReader."""
        self._db.close()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None
