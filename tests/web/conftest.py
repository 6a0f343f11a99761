"""A small market in tables and people who look at it."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from exchange.kernel.audit import SYSTEM
from exchange.members import services as members
from exchange.members.selectors import member_by_account_no
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange

PASSWORD = "苹果-5e-Xianyang"
LogIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings: Settings) -> None:
    """Pages are rendered without collecting static files first."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(scope="package")
def standing_market(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    """The market of all tests of pages."""
    with standing(
        django_db_blocker,
        lambda: TableExchange().build(growers=2, dealers=2, products=2, kg=20_000, fen=100_000_000),
    ) as market:
        yield market


@pytest.fixture
def market(standing_market: TableExchange, db: None) -> TableExchange:
    """Two growers with 20 t of each of two products, two dealers with money, an open session."""
    return standing_market.again()


@pytest.fixture
def log_in(db: None) -> LogIn:
    """A client logged in as a person of a member (by account number) in a role, or as the operator."""

    def logged_in(account_no: int | None = None, role: str = "admin") -> Client:
        code = None if account_no is None else member_by_account_no(account_no).code
        username = f"{code or 'desk'}-{role}".lower()
        role = role if code else "operator"
        members.register_user(actor=SYSTEM, username=username, password=PASSWORD, role=role, member_code=code)
        client = Client()
        client.force_login(
            get_user_model().objects.get(username=username), backend=settings.AUTHENTICATION_BACKENDS[1]
        )
        return client

    return logged_in
