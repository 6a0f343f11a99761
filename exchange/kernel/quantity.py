"""Quantities as integer kilograms, and how they are shown."""

from exchange.kernel.errors import BadQuantity
from matching.types import MAX_QUANTITY

KG_PER_TONNE = 1_000


def check_quantity_kg(value: object) -> int:
    """A quantity from outside: exactly an ``int`` (not a bool), 1..MAX_QUANTITY. Raises BadQuantity."""
    if type(value) is not int or not 0 < value <= MAX_QUANTITY:
        raise BadQuantity
    return value


def format_kg(kg: int) -> str:
    """12345 → "12,345". For people."""
    return f"{kg:,}"


def format_tonnes(kg: int) -> str:
    """20000 → "20", 20500 → "20.5", 20001 → "20.001"."""
    sign = "-" if kg < 0 else ""
    whole, rest = divmod(abs(kg), KG_PER_TONNE)
    places = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{places}"
