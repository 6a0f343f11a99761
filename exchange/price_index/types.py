"""Words and values of the price indexes.

Prices of cells are in thousandths of a fen per kg (``price_milli``), index values in hundredths of a point,
weights in basis points: integers all, so that recomputing gives the same number and not a similar one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any, NamedTuple

from django.db import models

HEADLINE = "XYAPI"
"""Code of the headline index 咸阳苹果价格指数."""

METHOD_VERSION = "1.1"
"""By which new values are computed; ``method.METHODS`` has all versions."""

BASE_VALUE = 100_000
"""1000.00 points in the base period."""

BASIS = 10_000

FIRST_EDITION = 1
"""Number of the weights an index was defined with."""


class Level(IntEnum):
    """Where a cell's price comes from: the ladder of fallbacks, published with the value."""

    TRADES = 1
    WINDOW = 2
    QUOTES = 3
    CARRIED = 4
    SUSPENDED = 5


LEVEL_NAMES: dict[Level, tuple[str, str]] = {
    Level.TRADES: ("当日成交", "trades of the day"),
    Level.WINDOW: ("三日成交", "trades of three days"),
    Level.QUOTES: ("有效买卖报价中值", "midpoint of firm quotes"),
    Level.CARRIED: ("沿用前值", "carried forward"),
    Level.SUSPENDED: ("暂停", "suspended"),
}


class ValueStatus(models.TextChoices):
    """Life of an index value. A revised value is replaced by its successor, never edited."""

    DRAFT = "draft", "待发布"
    PROVISIONAL = "provisional", "初值"
    FINAL = "final", "终值"
    REVISED = "revised", "修订值"
    SUPERSEDED = "superseded", "已被修订"


VALUE_TRANSITIONS: dict[ValueStatus, frozenset[ValueStatus]] = {
    ValueStatus.DRAFT: frozenset({ValueStatus.PROVISIONAL, ValueStatus.REVISED}),
    ValueStatus.PROVISIONAL: frozenset({ValueStatus.FINAL, ValueStatus.SUPERSEDED}),
    ValueStatus.FINAL: frozenset({ValueStatus.SUPERSEDED}),
    ValueStatus.REVISED: frozenset({ValueStatus.SUPERSEDED}),
    ValueStatus.SUPERSEDED: frozenset(),
}

PUBLISHED = (ValueStatus.PROVISIONAL, ValueStatus.FINAL, ValueStatus.REVISED)
"""Statuses the public sees as the value of a day."""


class NewIndexCell(NamedTuple):
    """A cell of a new index: its fixed weight and its price in the base period, fen per kg."""

    product_number: int
    product_code: str
    weight_bps: int
    base_price: int
    premium_discount_fen: int


@dataclass(frozen=True, slots=True)
class IndexCellRow:
    """A cell of an index. base_price_milli is normalised to the base specification."""

    product_number: int
    product_code: str
    weight_bps: int
    base_price_milli: int
    premium_discount_fen: int


@dataclass(frozen=True, slots=True)
class IndexDefinitionRow:
    """An index, its base and its cells."""

    code: str
    name_zh: str
    name_en: str
    base_day: date
    method_version: str
    cells: tuple[IndexCellRow, ...]


@dataclass(frozen=True, slots=True)
class CellPriceRow:
    """Price of a cell on a day, normalised to the base specification."""

    day: date
    product_number: int
    product_code: str
    price_milli: int | None
    level: Level
    observed_on: date | None
    """Day of the observation behind the price: earlier than the day when it was carried forward."""
    trades: int
    volume_kg: int


def change_bps(value: int, before: int) -> int:
    """Change of a value in basis points, rounded half up."""
    return ((value - before) * 2 * BASIS + before) // (2 * before)


@dataclass(frozen=True, slots=True)
class IndexValueRow:
    """An index value as it is shown."""

    index_code: str
    index_name: str
    index_name_en: str
    day: date
    revision: int
    value: int | None
    """Hundredths of a point; None when too much of the index is suspended."""
    previous: int | None
    """The published value before it."""
    status: ValueStatus
    method_version: str
    evidence_hash: str
    computed_at: datetime
    published_at: datetime | None
    published_by: str
    reason: str

    @property
    def change_bps(self) -> int | None:
        """Change against the published value before, in basis points, rounded half up."""
        return None if self.value is None or not self.previous else change_bps(self.value, self.previous)


@dataclass(frozen=True, slots=True)
class IndexEvidence:
    """What a value was computed from: enough to compute it again."""

    row: IndexValueRow
    evidence: dict[str, Any]
    cells: tuple[CellPriceRow, ...]


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page of values, newest first; cursor is None on the last."""

    rows: tuple[IndexValueRow, ...]
    cursor: str | None
