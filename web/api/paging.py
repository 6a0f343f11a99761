"""Cursor paging: the cursor is the number of the last row seen, as text."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from exchange.kernel.errors import BadCursor

MAX_LIMIT = 500
DEFAULT_LIMIT = 100

_Row = TypeVar("_Row")


def before(cursor: str | None) -> int | None:
    """The number in a cursor. Raises BadCursor."""
    if cursor is None or cursor == "":
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise BadCursor
    return int(cursor)


def page(
    rows: Sequence[_Row], limit: int, show: Callable[[_Row], dict[str, Any]], number: Callable[[_Row], int]
) -> dict[str, Any]:
    """A page of at most ``limit`` out of ``rows``, of which one more was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [show(row) for row in shown],
        "next_cursor": str(number(shown[-1])) if more else None,
    }
