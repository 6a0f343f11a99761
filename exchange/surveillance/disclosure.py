"""What of the market's figures may be told to everybody: nothing from which one member could be made out.

A figure is told when at least ``LEAST_MEMBERS`` members bought in it and as many sold, and none of them was
more than ``MOST_SHARE_BPS`` of a side; related ones are one party, since together they know what the last one
did. What is too small is told together with other small things as "other", and where even that is too small
the smallest of the rest goes with it, so that no subtraction gives it away: every difference of two published
figures is a sum of figures that may be told. A month of which nothing may be told says nothing.

Pure functions of plain rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from exchange.surveillance.arithmetic import bps_of

LEAST_MEMBERS = 3
MOST_SHARE_BPS = 8_000

Key = TypeVar("Key", int, str)
Parties = Mapping[int, str]
"""The group of related members by account number; who is in none is a party alone."""


class Part(NamedTuple):
    """What one buyer had of one seller in one product and way of trading; owners of receipts are both."""

    product: int
    county: str
    way: str
    buyer: int
    seller: int
    kg: int
    fen: int
    number: int


def may_be_told(parts: Sequence[Part], parties: Parties) -> bool:
    """Whether the sum of these parts says nothing of one member."""
    return all(_is_mixed(parts, side, parties) for side in ("buyer", "seller"))


def _is_mixed(parts: Sequence[Part], side: str, parties: Parties) -> bool:
    kg: Counter[int | str] = Counter()
    for part in parts:
        number: int = getattr(part, side)
        kg[parties.get(number, number)] += part.kg
    return len(kg) >= LEAST_MEMBERS and bps_of(max(kg.values()), kg.total()) <= MOST_SHARE_BPS


def figures(parts: Iterable[Part]) -> dict[str, int]:
    """Sums of kg, fen and number."""
    rows = list(parts)
    return {name: sum(getattr(part, name) for part in rows) for name in ("kg", "fen", "number")}


def _told(parts: Sequence[Part]) -> dict[str, int]:
    """What is told of parts that may be: their sums, and how many members they are of."""
    members = {number for part in parts for number in (part.buyer, part.seller)}
    return {**figures(parts), "members": len(members)}


def told_apart(groups: Mapping[Key, Sequence[Part]], parties: Parties) -> list[tuple[Key | None, list[Part]]]:
    """Groups that may be told, largest first, then what had to be put together, under None.

    All together must be tellable; what is told apart and the rest then are.
    """
    by_size = sorted(groups.items(), key=lambda each: (-sum(part.kg for part in each[1]), str(each[0])))
    apart: list[tuple[Key | None, list[Part]]] = []
    apart += [(key, list(parts)) for key, parts in by_size if may_be_told(parts, parties)]
    other = [part for _, parts in by_size if not may_be_told(parts, parties) for part in parts]
    while other and apart and not may_be_told(other, parties):
        other += apart.pop()[1]
    if other:
        apart.append((None, other))
    return apart


def grouped_by(parts: Iterable[Part], name: str) -> dict[Any, list[Part]]:
    """The parts by one of their fields."""
    groups: dict[Any, list[Part]] = defaultdict(list)
    for part in parts:
        groups[getattr(part, name)].append(part)
    return groups


def published(parts: Sequence[Part], parties: Parties) -> dict[str, Any] | None:
    """What is told of a month's parts: total, members, ways of trading, counties with their products.

    None when nothing may be. "" and 0 stand for what was put together. Products are told within their county,
    so that counties and products cannot be played off against each other.
    """
    if not may_be_told(parts, parties):
        return None
    return {
        "total": _told(parts),
        "buyers": len({part.buyer for part in parts}),
        "sellers": len({part.seller for part in parts}),
        "ways": [
            {"way": way or "", **_told(own)} for way, own in told_apart(grouped_by(parts, "way"), parties)
        ],
        "counties": [
            {
                "county": county or "",
                **_told(own),
                "products": [
                    {"product": product or 0, **_told(of_product)}
                    for product, of_product in told_apart(grouped_by(own, "product"), parties)
                ],
            }
            for county, own in told_apart(grouped_by(parts, "county"), parties)
        ],
    }
