"""The floor as a thread of a process: says when it fails, ends with a snapshot."""

import logging
import threading
from pathlib import Path

import pytest

from exchange.trading import runtime
from exchange.trading.errors import FloorUnavailable, JournalError
from exchange.trading.feed import InProcessFeed
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.runtime import EmbeddedFloor
from tests.trading.floor_kit import opened_market, sell


def test_it_trades_and_ends_with_a_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    embedded = EmbeddedFloor(SqliteJournal(path), None)
    embedded.start()
    gateway = embedded.blocking_gateway()
    replies = gateway.call_all([(command.pack(), "") for command in opened_market()])
    gateway.close()
    embedded.stop()
    assert not embedded.running
    store = SqliteJournal(path)
    assert store.snapshot_seqs() == [replies[-1].seq]
    store.close()


def test_a_journal_that_fails_ends_it_loudly_and_nothing_hangs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqliteJournal(tmp_path / "journal.sqlite3")
    told = threading.Event()
    embedded = EmbeddedFloor(store, None, on_failure=told.set)
    embedded.start()
    gateway = embedded.blocking_gateway()
    gateway.head()
    store._db.execute("PRAGMA query_only = on")
    with caplog.at_level(logging.CRITICAL), pytest.raises(FloorUnavailable):
        gateway.call(sell(700, 100).pack(), "s-1")
    assert told.wait(5)
    with pytest.raises(FloorUnavailable):
        gateway.head()
    assert isinstance(embedded.floor.failure, JournalError)
    assert "The floor stopped after seq 0" in caplog.text
    gateway.close()
    embedded.stop()


def test_a_process_without_a_floor_says_so() -> None:
    runtime.install(None, None)
    with pytest.raises(FloorUnavailable):
        runtime.gateway()
    with pytest.raises(FloorUnavailable):
        runtime.feed()


async def test_what_is_installed_is_what_one_gets(tmp_path: Path) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    embedded = EmbeddedFloor(SqliteJournal(tmp_path / "journal.sqlite3"), loop)
    gateway = embedded.gateway(loop)
    runtime.install(gateway, embedded.feed)
    try:
        assert runtime.gateway() is gateway
        assert isinstance(runtime.feed(), InProcessFeed)
        embedded.start()
        reply = await gateway.call(opened_market()[0].pack())
        await gateway.head()
        assert gateway.head_seq == reply.seq == 1
    finally:
        runtime.install(None, None)
        embedded.stop()
