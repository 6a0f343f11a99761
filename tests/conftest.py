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
from hypothesis import HealthCheck, settings

from tests.exchange_process import ExchangeProcess, running_exchange
from tests.flush import lift_triggers_for_flush
from tests.migrated import POSTGRES_SERVER, begin_with_copy
from tests.names import name_apart
from tests.servers import create_database, postgres_server, redis_server
from tests.standing import together, users_last

TO_THE_TABLES = {"db", "transactional_db", "live_exchange"}
"""Fixtures that lead to the tables. Without one, or the mark, pytest-django lets nobody near them."""

# A busy machine is no reason to fail: how long an example takes is not what properties are about.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest tests first, the unsettling last; all that need the live exchange in one worker.

    Marks what touches tables.
    """
    items.sort(key=lambda item: item.get_closest_marker("recovery") is None)
    users_last(items)
    items.sort(key=lambda item: item.get_closest_marker("unsettles") is not None)
    together(items)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "live_exchange" in fixtures:
            item.add_marker(pytest.mark.xdist_group("live exchange"))
        if fixtures & TO_THE_TABLES or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.tables)
        name_apart(item, grouped=bool(config.getoption("loadgroup", False)))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """pytest-django asks for this just before it makes the worker's database."""
    begin_with_copy()


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_flushed() -> Iterator[None]:
    """Transactional tests can empty tables whose rows are final."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_triggers_for_flush(monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_place_for_static_files() -> None:
    """Nobody need have collected them: what serves them only wants a folder to look into."""
    from django.conf import settings

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Nobody attacks the passwords of a test. An exchange in a process of its own uses Argon2, as it does."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _no_remembered_keys() -> None:
    """What one test knew about API keys is not true in the next."""
    from exchange.members.selectors import forget_cached_keys

    forget_cached_keys()


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """URL of the maintenance database of a real PostgreSQL (the suite's, or one of this worker)."""
    shared = os.environ.get(POSTGRES_SERVER)
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
