"""An open hall for each test."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.halls.hall import Hall
from tests.standing import standing


@pytest.fixture(scope="package")
def standing_hall(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Hall]:
    """The hall of all tests here."""
    with standing(django_db_blocker, lambda: Hall().open_doors()) as hall:
        yield hall


@pytest.fixture
def hall(standing_hall: Hall, db: None) -> Hall:
    """Two growers with 20 t, three dealers with a million yuan; it is now."""
    return standing_hall.again()
