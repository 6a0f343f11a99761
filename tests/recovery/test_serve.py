"""`jinguo serve` as a process: one at a time, ends in good order, comes back where it was."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from exchange.commands.outcome import Exit
from tests.exchange_process import ExchangeProcess, lay_out_seeded, start_exchange, wait_until_ready
from tests.servers import free_port

pytestmark = pytest.mark.recovery


def serve_again(exchange: ExchangeProcess, port: int) -> "subprocess.CompletedProcess[str]":
    """A second `jinguo serve` on the same files."""
    command = [sys.executable, "-m", "exchange.cli", "serve", "--port", str(port)]
    return subprocess.run(command, env=exchange.environment, capture_output=True, text=True, check=False)


def ready_state(exchange: ExchangeProcess) -> dict[str, int]:
    with urllib.request.urlopen(f"{exchange.url}/readyz", timeout=5) as answer:
        state: dict[str, int] = json.load(answer)
    return state


def test_one_at_a_time_and_back_where_it_was(tmp_path: Path) -> None:
    port = free_port()
    lay_out_seeded(tmp_path)
    exchange = start_exchange(tmp_path, port)
    try:
        wait_until_ready(exchange)

        same_address = serve_again(exchange, port)
        assert same_address.returncode == Exit.ADDRESS_IN_USE
        assert f"127.0.0.1:{port}" in same_address.stderr
        same_files = serve_again(exchange, free_port())
        assert same_files.returncode == Exit.ALREADY_RUNNING
        assert f"pid {exchange.process.pid}" in same_files.stderr

        exchange.process.send_signal(signal.SIGTERM)
        assert exchange.process.wait(30) == Exit.OK
        log = (tmp_path / "serve.log").read_text(encoding="utf-8")
        assert f"is ready: http://127.0.0.1:{port}" in log
        assert "operator" in log
        assert "stopped in good order" in log
        report = json.loads(exchange.jinguo("journal", "verify", "--json"))
        assert report["agrees"]
        assert report["snapshots"] >= 1

        exchange = start_exchange(tmp_path, port)
        wait_until_ready(exchange)
        assert ready_state(exchange)["seq"] == report["seq"]
    finally:
        exchange.process.kill()
        exchange.process.wait()
