"""The command line: every way to end has its own code and one clear line."""

import argparse
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.ops.web_server import AddressInUse, check_address
from exchange.trading.errors import DamagedError, FencedError, FloorUnavailable, LeaseHeldError
from exchange.trading.journal_sqlite import SqliteJournal
from tests.trading.exchange_in_tables import TableExchange


def test_help_names_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for command in (
        "serve",
        "web",
        "floor",
        "projector",
        "clock",
        "migrate",
        "demo",
        "auction",
        "journal",
        "health",
    ):
        assert f"\n    {command}" in text
    for code in Exit:
        assert f"\n  {code.value}  " in text


@pytest.mark.parametrize("line", [[], ["nonsense"], ["journal"], ["serve", "--port", "x"], ["reset"]])
def test_a_line_that_is_not_understood_ends_with_2(line: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(line)
    assert ended.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AddressInUse("127.0.0.1:8000: Address already in use"), Exit.ADDRESS_IN_USE),
        (LeaseHeldError("the journal already has a floor: pid 7"), Exit.ALREADY_RUNNING),
        (DamagedError("seq 17: the chain hash does not agree"), Exit.JOURNAL_FAILED),
        (FencedError("another floor took over"), Exit.JOURNAL_FAILED),
        (OperationalError("connection refused"), Exit.UNAVAILABLE),
        (FloorUnavailable(), Exit.UNAVAILABLE),
        (KeyboardInterrupt(), Exit.OK),
    ],
)
def test_what_goes_wrong_is_one_line_and_a_code(
    error: BaseException, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_options: argparse.Namespace) -> int:
        raise error

    assert cli._guarded(argparse.Namespace(run=fail)) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == (0 if code == Exit.OK else 1)


def test_an_address_is_checked_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AddressInUse, match="in use"):
            check_address("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(AddressInUse):
        check_address("192.0.2.1", 8000)
    with pytest.raises(AddressInUse):
        check_address("no.such.host.invalid", 8000)
    check_address("127.0.0.1", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("damaged", [False, True])
def test_verify_reports_in_json_and_ends_with_1_on_a_difference(
    damaged: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange = TableExchange()
    exchange.build(growers=1, dealers=1, products=1, kg=1_000, fen=100_000)
    if damaged:
        del exchange.floor.journal.entries[-1]
    monkeypatch.setattr("exchange.trading.journal_stores.open_journal", lambda: exchange.floor.journal)
    code = cli.run(["journal", "verify", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (code, report["agrees"]) == ((Exit.DIFFERENCES, False) if damaged else (Exit.OK, True))


@pytest.mark.django_db
def test_demo_keys_are_a_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["demo", "keys", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == []


def test_the_floor_is_measured_without_sockets(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "floor", "--orders", "2000", "--json"]) == Exit.OK
    result = json.loads(capsys.readouterr().out)
    assert result["orders_per_s"] > 100
    assert 0 < result["ack_p50_ms"] <= result["ack_p99_ms"]


def test_reset_deletes_what_the_exchange_made_and_nothing_else(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    names = ("jinguo.sqlite3", "jinguo.sqlite3-wal", "secret_key", "notes.txt")
    for name in names:
        (tmp_path / name).write_text("x")
    SqliteJournal(tmp_path / "journal.sqlite3").close()
    if connection.vendor != "sqlite":
        assert cli.run(["reset", "--yes"]) == Exit.USAGE
        return
    assert cli.run(["reset", "--yes"]) == Exit.OK
    left = {file.name for file in tmp_path.iterdir()} - {"journal.sqlite3.lock"}
    assert left == {"notes.txt"}


def test_a_running_exchange_is_not_reset(tmp_path: Path, settings: Any) -> None:
    if connection.vendor != "sqlite":
        return
    settings.DATA_DIR = tmp_path
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    journal.acquire_lease("pid 7")
    assert cli.run(["reset", "--yes"]) == Exit.ALREADY_RUNNING
    assert (tmp_path / "journal.sqlite3").exists()
    journal.close()
