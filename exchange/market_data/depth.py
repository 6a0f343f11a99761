"""The visible book of one product: kilograms and number of orders per price, kept from events alone.

A book is published as one snapshot and then as deltas with absolute quantities (0 removes a level),
so that a client never has to add or subtract. The checksum over the top ten levels of both sides
lets it prove after every message that it sees what we see.
"""

import heapq
from typing import NamedTuple
from zlib import crc32

from matching.types import Side

CHECKSUM_LEVELS = 10
"""Levels of each side that the checksum covers."""


class Level(NamedTuple):
    """One price of one side: price in fen per kg, open kilograms, number of orders."""

    price: int
    quantity_kg: int
    orders: int


class LevelChange(NamedTuple):
    """What one price looks like now; quantity 0 means that the level is gone."""

    side: Side
    level: Level


def price_text(price_fen: int) -> str:
    """Yuan per kg with two places: 720 -> "7.20". Cheaper than a Decimal, exact by construction."""
    return f"{price_fen // 100}.{price_fen % 100:02d}"


class Depth:
    """Both sides of one book by price, and which levels changed since they were last published."""

    __slots__ = ("_changed", "_sides")

    def __init__(self) -> None:
        self._sides: dict[int, dict[int, list[int]]] = {Side.BUY: {}, Side.SELL: {}}
        self._changed: set[tuple[int, int]] = set()

    def add(self, side: int, price: int, quantity_kg: int, orders: int = 1) -> None:
        """An order entered the level (or several, when a snapshot is loaded)."""
        level = self._sides[side].setdefault(price, [0, 0])
        level[0] += quantity_kg
        level[1] += orders
        self._changed.add((side, price))

    def remove(self, side: int, price: int, quantity_kg: int, orders: int) -> None:
        """Kilograms, and with ``orders`` whole orders, left the level; an empty level disappears.

        Raises KeyError or ValueError when the level does not hold that much: the events do not
        continue the book, and the caller must start again from a snapshot.
        """
        levels = self._sides[side]
        level = levels[price]
        if level[0] < quantity_kg or level[1] < orders:
            raise ValueError(f"level {price} holds {level}, cannot lose {quantity_kg} kg of {orders} orders")
        level[0] -= quantity_kg
        level[1] -= orders
        if level[0] == 0:
            del levels[price]
        self._changed.add((side, price))

    def take_changes(self) -> list[LevelChange]:
        """The levels that changed since the last call, as they are now."""
        changes = []
        for side, price in sorted(self._changed):
            quantity, orders = self._sides[side].get(price, (0, 0))
            changes.append(LevelChange(Side(side), Level(price, quantity, orders)))
        self._changed.clear()
        return changes

    def top(self, side: Side, levels: int | None = None) -> list[Level]:
        """Best levels first: highest bids, lowest asks; all of them without a limit."""
        prices = self._sides[side]
        if levels is None:
            ordered = sorted(prices, reverse=side == Side.BUY)
        elif side == Side.BUY:
            ordered = heapq.nlargest(levels, prices)
        else:
            ordered = heapq.nsmallest(levels, prices)
        return [Level(price, prices[price][0], prices[price][1]) for price in ordered]

    def best(self, side: Side) -> int | None:
        """The best price of a side, or None when it is empty."""
        prices = self._sides[side]
        if not prices:
            return None
        return max(prices) if side == Side.BUY else min(prices)

    def checksum(self) -> int:
        """CRC-32 over the top ten of both sides; see ``checksum_text`` for what is summed."""
        bids, asks = self.top(Side.BUY, CHECKSUM_LEVELS), self.top(Side.SELL, CHECKSUM_LEVELS)
        return crc32(checksum_text(bids, asks).encode("ascii"))


def checksum_text(bids: list[Level], asks: list[Level]) -> str:
    """``7.20:12000|7.19:500#7.25:3000``: price and kilograms, best first, bids before asks."""
    return "#".join(
        "|".join(f"{price_text(level.price)}:{level.quantity_kg}" for level in side) for side in (bids, asks)
    )
