"""Public pages of the price index."""

from typing import Any


def headline() -> dict[str, Any] | None:
    """The latest published value for the head of the board, or None before the first."""
    return None
