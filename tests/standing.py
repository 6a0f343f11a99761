"""A market that is built once and stands for many tests, each of which leaves it as it was built.

Building one through the services takes a good part of a second, most of what a test of a page costs. Its
rows stand in a transaction around the tests of a module or a package; the transaction of each test lies
within it and is rolled back to it. Tests that use none come before those that do (`users_last`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TypeVar

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

PREFIX = "standing"
"""Names of the fixtures that hold one begin so."""

Built = TypeVar("Built")


@contextmanager
def standing(blocker: DjangoDbBlocker, build: Callable[[], Built]) -> Iterator[Built]:
    """What build() makes in the tables and gives back, until the end of the block.

    For a fixture wider than one test, which also asks for ``django_db_setup``.
    """
    with blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def users_last(items: list[pytest.Item]) -> None:
    """Within each folder, moves the tests that need a standing market behind those that expect no rows."""
    ordered: list[pytest.Item] = []
    for _, together in groupby(items, key=lambda item: item.path.parent):
        ordered += sorted(together, key=_uses_standing)
    items[:] = ordered


def together(items: list[pytest.Item]) -> None:
    """Puts each module or package with a standing market into one worker, which builds it once."""
    homes = {home for item in items for home in _homes(item)}
    for item in items:
        within = sorted(home for home in homes if item.nodeid.startswith((f"{home}/", f"{home}::")))
        if within and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(within[0]))


def _homes(item: pytest.Item) -> Iterator[str]:
    """Modules and packages whose standing markets the test uses."""
    info = getattr(item, "_fixtureinfo", None)
    for name in getattr(item, "fixturenames", ()) if info else ():
        if name.startswith(PREFIX) and (found := info.name2fixturedefs.get(name)):
            yield found[-1].baseid


def _uses_standing(item: pytest.Item) -> bool:
    return any(name.startswith(PREFIX) for name in getattr(item, "fixturenames", ()))
