"""A real exchange in its own process, for tests that go through the front door."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.migrated import KEPT, MIGRATED_DATABASE, POSTGRES_SERVER, SQLITE_FILE, migrated
from tests.servers import create_database, free_port

READY_TIMEOUT_S = 180
"""Seeding included, on a machine that is busy with other things."""

SEEDED_DATABASE = "jinguo_seeded"


@dataclass
class ExchangeProcess:
    """Where a running exchange listens, where it keeps its files, and its process."""

    url: str
    directory: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    _keys: list[dict[str, Any]] = field(default_factory=list)

    def jinguo(self, *arguments: str) -> str:
        """Output of a ``jinguo`` command run against this exchange's files."""
        command = [sys.executable, "-m", "exchange.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def demo_keys(self) -> list[dict[str, Any]]:
        """The demo members with their API keys: code, name, kind, key."""
        if not self._keys:
            self._keys = json.loads(self.jinguo("demo", "keys", "--json"))
        return self._keys


@contextmanager
def running_exchange(directory: Path, **environment: str) -> Iterator[ExchangeProcess]:
    """Starts ``jinguo serve`` with its files in ``directory``; stops it at the end."""
    lay_out_seeded(directory, environment.get("DATABASE_URL", ""))
    exchange = start_exchange(directory, free_port(), **environment)
    try:
        wait_until_ready(exchange)
        yield exchange
    finally:
        exchange.process.terminate()
        try:
            exchange.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            exchange.process.kill()
            exchange.process.wait()


def lay_out_seeded(directory: Path, database_url: str = "") -> None:
    """Puts a seeded exchange into an empty folder, where this run of the suite keeps one to copy.

    Its tables are in that folder, or in the database of the URL, which a copy replaces. Seeding takes
    seconds; the first who asks does it for all processes of the run.
    """
    kept = os.environ.get(KEPT)
    if not kept:
        return
    kind = "postgres" if database_url else "sqlite"
    template = Path(kept) / kind
    with (Path(kept) / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            _seed(Path(tempfile.mkdtemp(dir=kept)), database_url).rename(template)
    if database_url:
        server, name = os.environ[POSTGRES_SERVER], urlsplit(database_url).path.removeprefix("/")
        assert create_database(server, name, template=SEEDED_DATABASE) == database_url
    shutil.copytree(template, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log", "*.pid"))


def _seed(directory: Path, database_url: str) -> Path:
    """Runs an exchange in an empty folder until it is ready; the folder."""
    environment = {}
    tables = migrated("postgresql" if database_url else "sqlite")
    if database_url:
        environment["DATABASE_URL"] = create_database(
            os.environ[POSTGRES_SERVER], SEEDED_DATABASE, template=MIGRATED_DATABASE
        )
    elif tables is not None:
        shutil.copy(tables / SQLITE_FILE, directory)
    exchange = start_exchange(directory, free_port(), **environment)
    try:
        wait_until_ready(exchange)
        exchange.process.terminate()
        assert exchange.process.wait(30) == 0
    finally:
        exchange.process.kill()
    return directory


def start_exchange(directory: Path, port: int, **environment: str) -> ExchangeProcess:
    """Starts ``jinguo serve`` and does not wait for it."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    quiet = {"DEMO_HALLS": "0", "DEMO_TRADES": "0"}
    full = {**inherited, "DATA_DIR": str(directory), **quiet, **environment}
    command = [sys.executable, "-m", "exchange.cli", "serve", "--port", str(port)]
    with (directory / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, env=full, stdout=log, stderr=subprocess.STDOUT)
    return ExchangeProcess(f"http://127.0.0.1:{port}", directory, full, process)


def wait_until_ready(exchange: ExchangeProcess) -> None:
    """Returns when /readyz answers 200; raises with the server's log when it does not."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and exchange.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{exchange.url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    log = (exchange.directory / "serve.log").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"The exchange did not become ready.\n{log[-4000:]}")
