"""Which weights a day is computed with: the newest edition that was linked on a day before it."""

from datetime import date
from typing import NamedTuple

import msgspec

from exchange.price_index.method import Link
from exchange.price_index.models import IndexDefinition, IndexLink, IndexWeight
from exchange.price_index.types import BASE_VALUE, FIRST_EDITION


class Basket(NamedTuple):
    """An edition in use: where it goes on from and its cells, by product number."""

    link: Link
    cells: tuple[IndexWeight, ...]

    @property
    def edition(self) -> int:
        """Its number."""
        return self.link["edition"]

    @property
    def link_day(self) -> date:
        """Day of its base prices."""
        return date.fromisoformat(self.link["day"])


def basket_on(definition: IndexDefinition, day: date) -> Basket:
    """The basket of a day. The first edition has the base day for its link."""
    row = (
        IndexLink.objects.filter(edition__definition=definition, day__lt=day)
        .select_related("edition")
        .order_by("-edition__number")
        .first()
    )
    number = FIRST_EDITION if row is None else row.edition.number
    return Basket(
        _first_link(definition) if row is None else link_of(row),
        tuple(definition.weights.filter(edition=number).order_by("product_number")),
    )


def link_of(row: IndexLink) -> Link:
    """A stored link as the evidence of each day after it has it."""
    document = msgspec.json.decode(row.document)
    return Link(
        edition=row.edition.number,
        day=row.day.isoformat(),
        value=row.value,
        series=document["series"],
        sha256=row.sha256,
    )


def _first_link(definition: IndexDefinition) -> Link:
    return Link(
        edition=FIRST_EDITION,
        day=definition.base_day.isoformat(),
        value=BASE_VALUE,
        series={},
        sha256=None,
    )


def premiums(definition: IndexDefinition) -> dict[tuple[int, int], int]:
    """What normalisation takes off, fen per kg, by edition and product: each edition fixes it anew."""
    rows = definition.weights.values_list("edition", "product_number", "premium_discount_fen")
    return {(edition, number): premium for edition, number, premium in rows}
