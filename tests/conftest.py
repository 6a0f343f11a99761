"""Fixtures everybody shares: real servers, a running exchange, a browser."""

import os
import tempfile
import uuid

# Each worker keeps its files apart; settings read this before anything else is imported.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="jinguo-test-")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="jinguo-run-"))

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange_process import ExchangeProcess, running_exchange
from tests.flush import keep_founded_rows, lift_triggers_for_flush
from tests.servers import create_database, postgres_server, redis_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first; all that need the live exchange in one worker, which starts it once."""
    items.sort(key=lambda item: item.get_closest_marker("recovery") is None)
    for item in items:
        if "live_exchange" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live exchange"))


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_flushed() -> Iterator[None]:
    """Transactional tests can empty tables whose rows are final."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_triggers_for_flush(monkeypatch)
        keep_founded_rows(monkeypatch)
        yield


@pytest.fixture(autouse=True)
def _no_remembered_keys() -> None:
    """What one test knew about API keys is not true in the next."""
    from exchange.members.selectors import forget_cached_keys

    forget_cached_keys()


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """URL of the maintenance database of a real PostgreSQL (the suite's, or one of this worker)."""
    shared = os.environ.get("TEST_POSTGRES_URL")
    if shared:
        yield shared
    else:
        with postgres_server() as url:
            yield url


@pytest.fixture
def postgres_url(postgres_admin_url: str) -> str:
    """URL of a new, empty PostgreSQL database."""
    return create_database(postgres_admin_url, f"jinguo_{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a real Redis of this worker."""
    with redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def live_exchange(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ExchangeProcess]:
    """A seeded exchange, session open, in one process of its own, as ``make run`` starts it.

    Its tables are where this pass of the suite has its own: in SQLite files, or in PostgreSQL.
    """
    directory: Path = tmp_path_factory.mktemp("exchange")
    environment = {}
    if os.environ.get("DATABASE_URL"):
        admin_url = request.getfixturevalue("postgres_admin_url")
        environment["DATABASE_URL"] = create_database(admin_url, f"jinguo_{uuid.uuid4().hex[:12]}")
    with running_exchange(directory, **environment) as exchange:
        yield exchange
