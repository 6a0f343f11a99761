"""Tables of the bulletin; private to this package."""

from exchange.bulletin import supply_models  # noqa: F401 - registers its tables
