"""Journals on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exchange.trading.journal import JournalStore
from exchange.trading.journal_postgres import PostgresJournal
from exchange.trading.journal_sqlite import SqliteJournal

OpenJournal = Callable[[], JournalStore]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenJournal]:
    """Opens one more store of the same new journal, each as another process would."""
    opened: list[JournalStore] = []
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""

    def open_store() -> JournalStore:
        store: JournalStore = PostgresJournal(url) if url else SqliteJournal(tmp_path / "journal.sqlite3")
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def journal(open_journal: OpenJournal) -> JournalStore:
    """A new, empty journal."""
    return open_journal()
