"""Today's figures of one product, and the tape of its latest trades."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from matching.types import BASIS

TAPE_LENGTH = 50
"""Trades kept per product for a new subscriber."""


class TapeTrade(NamedTuple):
    """One trade as everybody may see it; side is the taker's (Side), time in epoch nanoseconds."""

    trade_id: int
    price: int
    quantity_kg: int
    side: int
    time_ns: int
    in_call: bool = False
    """Made when a call ended: nobody was the taker, side is buy."""


@dataclass(slots=True)
class Ticker:
    """Prices in fen per kg; None until the product trades on ``day``. ``last`` survives the day roll."""

    reference: int
    day: date
    last: int | None = None
    open: int | None = None
    high: int | None = None
    low: int | None = None
    volume_kg: int = 0
    turnover_fen: int = 0

    def trade(self, day: date, price: int, quantity_kg: int) -> None:
        """Count one trade of the trading day ``day``."""
        self.roll(day)
        self.last = price
        if self.open is None or self.high is None or self.low is None:
            self.open = self.high = self.low = price
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.volume_kg += quantity_kg
        self.turnover_fen += price * quantity_kg

    def roll(self, day: date) -> bool:
        """Begin a new trading day if ``day`` is one; true when the figures were cleared."""
        if day == self.day:
            return False
        self.day = day
        self.open = self.high = self.low = None
        self.volume_kg = self.turnover_fen = 0
        return True

    @property
    def change(self) -> int | None:
        """Last price less the reference price, in fen per kg."""
        return None if self.last is None else self.last - self.reference

    @property
    def change_bps(self) -> int | None:
        """The change in basis points of the reference price, rounded towards zero."""
        if self.change is None or self.reference == 0:
            return None
        magnitude = abs(self.change) * BASIS // self.reference
        return magnitude if self.change >= 0 else -magnitude


@dataclass(slots=True)
class Tape:
    """The latest trades, newest last, and those not yet published."""

    recent: deque[TapeTrade] = field(default_factory=lambda: deque(maxlen=TAPE_LENGTH))
    unpublished: list[TapeTrade] = field(default_factory=list)

    def add(self, trade: TapeTrade) -> None:
        """A trade happened."""
        self.recent.append(trade)
        self.unpublished.append(trade)

    def take_unpublished(self) -> list[TapeTrade]:
        """Trades since the last call, oldest first."""
        trades, self.unpublished = self.unpublished, []
        return trades
