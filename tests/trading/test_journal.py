"""The journal's promises, on SQLite and PostgreSQL: append-only, continuous, chained, one writer."""

import sqlite3
from pathlib import Path

import psycopg2
import pytest

from exchange.trading.errors import FencedError, JournalError, LeaseHeldError
from exchange.trading.journal import (
    EMPTY,
    GENESIS,
    KEPT_ENGINES,
    JournalEntry,
    JournalStore,
    Snapshot,
    entries,
    seal,
)
from exchange.trading.journal_postgres import PostgresJournal
from exchange.trading.journal_sqlite import SqliteJournal
from tests.trading.conftest import OpenJournal


def entry_after(previous: JournalEntry | None, count: int = 2) -> JournalEntry:
    """An entry that fits behind another."""
    return seal(
        previous.chain_hash if previous else GENESIS,
        first_seq=previous.last_seq + 1 if previous else 1,
        time_ns=1_700_000_000_000_000_000,
        commands=bytes(64 * count),
        client_ids=["a"] * count,
        events=b"events",
        bus_position="17-1",
    )


def test_an_empty_journal_has_the_genesis_head(journal: JournalStore) -> None:
    assert journal.head() == EMPTY
    assert journal.read(0) == []
    assert journal.snapshot_seqs() == []


def test_what_was_appended_is_read_back_in_order_by_another_process(open_journal: OpenJournal) -> None:
    writer = open_journal()
    writer.acquire_lease("first")
    first = entry_after(None)
    second = entry_after(first, count=3)
    writer.append(first)
    writer.append(second)

    reader = open_journal()
    assert list(entries(reader)) == [first, second]
    assert reader.read(first.last_seq) == [second]
    assert reader.read(0, limit=1) == [first]
    assert reader.head()[:3] == (5, second.chain_hash, "17-1")
    assert second.client_id_list() == ["a", "a", "a"]


def test_the_chain_hash_covers_every_field() -> None:
    entry = entry_after(None)
    sealed = entry.sealed_after(GENESIS)
    assert sealed == entry.chain_hash
    changed = [
        JournalEntry(2, 2, entry.time_ns, entry.commands, entry.client_ids, entry.event_digest, b""),
        JournalEntry(1, 3, entry.time_ns, entry.commands, entry.client_ids, entry.event_digest, b""),
        JournalEntry(1, 2, entry.time_ns + 1, entry.commands, entry.client_ids, entry.event_digest, b""),
        JournalEntry(
            1, 2, entry.time_ns, b"\1" + entry.commands[1:], entry.client_ids, entry.event_digest, b""
        ),
        JournalEntry(1, 2, entry.time_ns, entry.commands, b"\x92\xa1a\xa1b", entry.event_digest, b""),
        JournalEntry(1, 2, entry.time_ns, entry.commands, entry.client_ids, bytes(32), b""),
    ]
    assert (
        len({each.sealed_after(GENESIS) for each in changed} | {sealed, entry.sealed_after(bytes(31) + b"x")})
        == 8
    )


@pytest.mark.parametrize("first_seq", [1, 2, 4, 9])
def test_an_entry_that_does_not_follow_the_head_is_refused(journal: JournalStore, first_seq: int) -> None:
    journal.acquire_lease("floor")
    first = entry_after(None)
    journal.append(first)
    stray = entry_after(first)
    stray = JournalEntry(first_seq, 2, 1, stray.commands, stray.client_ids, bytes(32), bytes(32))
    with pytest.raises(FencedError):
        journal.append(stray)
    assert journal.head().seq == 2


def test_a_second_floor_is_refused_while_the_first_lives(open_journal: OpenJournal) -> None:
    first, second = open_journal(), open_journal()
    first.acquire_lease("pid 1 on apple")
    with pytest.raises(LeaseHeldError, match="pid 1 on apple"):
        second.acquire_lease("pid 2")
    first.close()
    assert second.acquire_lease("pid 2") == 2


def test_a_floor_that_was_taken_over_appends_nothing_more(open_journal: OpenJournal) -> None:
    first, second = open_journal(), open_journal()
    first.acquire_lease("first")
    entry = entry_after(None)
    first.append(entry)
    second.acquire_lease("second", take_over=True)
    with pytest.raises(FencedError):
        first.append(entry_after(entry))
    with pytest.raises(FencedError):
        first.renew_lease(1)
    second.append(entry_after(entry))
    second.renew_lease(1)
    assert second.head().seq == 4


def test_a_store_without_the_lease_cannot_append(open_journal: OpenJournal) -> None:
    open_journal().acquire_lease("floor")
    with pytest.raises(FencedError):
        open_journal().append(entry_after(None))


def test_only_the_newest_snapshots_keep_their_engine(journal: JournalStore) -> None:
    for seq in range(1, KEPT_ENGINES + 3):
        journal.write_snapshot(
            Snapshot.sealed(
                seq=seq,
                since_seq=seq - 1,
                time_ns=seq,
                chain_hash=bytes(32),
                engine=b"engine",
                results=b"results",
            )
        )
    assert journal.snapshot_seqs() == list(range(KEPT_ENGINES + 2, 0, -1))
    oldest, newest = journal.snapshot(1), journal.snapshot(KEPT_ENGINES + 2)
    assert oldest is not None
    assert newest is not None
    assert oldest.engine == b""
    assert oldest.results_hash == oldest.results_seal()
    assert newest.engine_hash == newest.engine_seal()
    assert journal.snapshot(99) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE journal_entries SET count = 1", "DELETE FROM journal_entries WHERE first_seq = 1"]
)
def test_sqlite_refuses_to_change_history(tmp_path: Path, statement: str) -> None:
    store = SqliteJournal(tmp_path / "journal.sqlite3")
    store.acquire_lease("floor")
    store.append(entry_after(None))
    other = sqlite3.connect(tmp_path / "journal.sqlite3")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(statement)
    other.close()
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entries SET count = 1",
        "DELETE FROM journal_entries WHERE first_seq = 1",
        "TRUNCATE journal_entries",
    ],
)
def test_postgres_refuses_to_change_history(postgres_url: str, statement: str) -> None:
    store = PostgresJournal(postgres_url)
    store.acquire_lease("floor")
    store.append(entry_after(None))
    other = psycopg2.connect(postgres_url)
    with other, other.cursor() as cursor, pytest.raises(psycopg2.IntegrityError, match="append-only"):
        cursor.execute(statement)
    other.close()
    store.close()


def test_a_journal_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_bytes(b"these are not apples" * 100)
    with pytest.raises(JournalError, match="cannot open"):
        SqliteJournal(tmp_path / "journal.sqlite3")
    with pytest.raises(JournalError, match="cannot open"):
        PostgresJournal("postgres://nobody@127.0.0.1:1/none")


def test_the_sqlite_journal_waits_for_the_disk(tmp_path: Path) -> None:
    store = SqliteJournal(tmp_path / "journal.sqlite3")
    pragmas = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
    }
    store.close()
    assert pragmas == {"synchronous": 2, "journal_mode": "wal"}
