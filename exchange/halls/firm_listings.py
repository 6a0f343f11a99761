"""Prices at which the halls' listings can be taken by anybody at once."""

from django.db.models import F, Sum

from exchange.halls.models import Listing
from exchange.halls.types import ListingState
from exchange.kernel.calendar import now_ns


def firm_listings() -> dict[int, dict[int, dict[int, int]]]:
    """What open listings offer and want: product → side → price in fen per kg → kg.

    Without those for invited members, and those whose lister still has to confirm a take.
    """
    rows = Listing.objects.filter(
        state=ListingState.OPEN,
        invited_only=False,
        confirm=False,
        valid_until_ns__gt=now_ns(),
        left_kg__gt=F("reserved_kg"),
    )
    found: dict[int, dict[int, dict[int, int]]] = {}
    levels = rows.order_by().values_list("product_number", "side", "price")
    for product, side, price, kg in levels.annotate(kg=Sum(F("left_kg") - F("reserved_kg"))):
        found.setdefault(product, {}).setdefault(side, {})[price] = kg
    return found
