"""Fixtures everybody shares: real servers, a running exchange, a browser."""

import os
import tempfile
import uuid

# Each worker keeps its files apart; settings read this before anything else is imported.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="jinguo-test-")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from tests.exchange_process import ExchangeProcess, running_exchange  # noqa: E402
from tests.servers import create_database, postgres_server, redis_server  # noqa: E402


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
def live_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    """A seeded embedded exchange, session open, served by its own process, as ``make run`` starts it."""
    directory: Path = tmp_path_factory.mktemp("exchange")
    with running_exchange(directory) as exchange:
        yield exchange
