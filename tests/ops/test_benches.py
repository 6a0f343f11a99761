"""The benches run, and their figures have the names and relations that say what was measured."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from exchange import cli
from exchange.commands.outcome import Exit
from exchange.ops import demo, receipts_bench
from exchange.ops.demo_data import BUYERS, GROWERS
from loadtests import settlement_bench

TRADES, MEMBERS = 5, 3


def bench(what: str, *arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON of `jinguo bench`, in this process and the database of the test."""
    assert cli.run(["bench", what, "--json", *arguments]) == Exit.OK
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.mark.django_db
def test_settlement_is_measured_beside_a_copy_of_its_rows(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench("settlement", "--trades", str(TRADES), capsys=capsys)

    assert figures["trades"] == TRADES
    assert min(figures["trades_per_s"], figures["copied_per_s"]) > 0
    ratio = figures["trades_per_s"] / figures["copied_per_s"]
    assert figures["ratio_to_copy"] == pytest.approx(ratio)


@pytest.mark.django_db
def test_the_end_of_a_day_is_the_sum_of_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--members", str(MEMBERS), "--trades", str(TRADES))
    figures = bench("day-end", *arguments, capsys=capsys)

    assert figures["statements"] == MEMBERS
    assert {"statements", "verify"} <= figures["steps_s"].keys()
    assert figures["end_of_day_s"] == pytest.approx(sum(figures["steps_s"].values()))


def test_the_settlement_bench_writes_what_both_databases_did(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, list[str], str | None]] = []

    def measured(what: str, arguments: list[str], database_url: str | None) -> dict[str, Any]:
        asked.append((what, arguments, database_url))
        if what == "day-end":
            return {"end_of_day_s": 1.26, "steps_s": {"mark": 1.26}}
        rate = 2_000.4 if database_url else 3_000.6
        return {"trades_per_s": rate, "copied_per_s": 8_000.0, "ratio_to_copy": rate / 8_000}

    monkeypatch.setattr(settlement_bench, "measure", measured)
    monkeypatch.setattr(settlement_bench, "postgres_url", lambda: nullcontext("postgresql://here/x"))
    monkeypatch.setattr(settlement_bench, "RESULT", tmp_path / "bench" / "settlement.json")
    monkeypatch.setattr(sys, "argv", ["bench", "--trades", "24", "--members", "3", "--day-trades", "6"])
    settlement_bench.main()

    figures = json.loads((tmp_path / "bench" / "settlement.json").read_text(encoding="utf-8"))
    assert figures == json.loads(capsys.readouterr().out)
    assert (figures["postgres_trades_per_s"], figures["sqlite_trades_per_s"]) == (2_000, 3_001)
    assert (figures["ratio_to_copy"], figures["sqlite_ratio_to_copy"]) == (0.25, 0.375)
    assert (figures["end_of_day_s"], figures["end_of_day_members"]) == (1.3, 3)
    assert asked == [
        ("settlement", ["--trades", "24"], "postgresql://here/x"),
        ("settlement", ["--trades", "24"], None),
        ("day-end", ["--members", "3", "--trades", "6"], None),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_register_is_filled_asked_and_walked(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = str(tmp_path)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for module in (demo, receipts_bench):
        monkeypatch.setattr(module, "GROWERS", GROWERS[:1])
        monkeypatch.setattr(module, "BUYERS", BUYERS[:1])
    monkeypatch.setattr(receipts_bench, "QUESTIONS", 12)
    monkeypatch.setattr(receipts_bench.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(receipts_bench, "collect_when_changed", lambda: None)
    file = tmp_path / "receipts.json"
    figures = bench("receipts", "--receipts", "200", "--out", str(file), capsys=capsys)

    assert figures == json.loads(file.read_text(encoding="utf-8"))
    assert figures["receipts"] >= 200
    assert figures["steps"] >= 2 * 200
    for what in ("list", "verify_page"):
        assert 0 < figures[f"{what}_p50_ms"] <= figures[f"{what}_p95_ms"]
    assert figures["chain_verify_s"] >= 0
    assert figures["database"] == connection.vendor.replace("sqlite", "sqlite3")
