"""Cursors of our own pages: the number of the last row seen."""

from exchange.kernel.errors import BadCursor

MAX_DIGITS = 18


def number_in(cursor: str) -> int:
    """The number a cursor stands for. Raises BadCursor."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MAX_DIGITS):
        raise BadCursor
    return int(cursor)
