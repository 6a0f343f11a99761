"""Words and values of the family of series: the headline index and its sub-indexes, by day, week and month.

A series has a code: ``all`` is the headline, ``size:80`` the sub-index of the cells of 80 mm, and so on.
"""

from datetime import date
from typing import NamedTuple

from django.db import models


class Dimension(models.TextChoices):
    """What a sub-index groups cells by."""

    ALL = "all", "总指数"
    VARIETY = "variety", "品种"
    SIZE = "size", "果径"
    COUNTY = "county", "产地"
    STORE = "store", "贮藏方式"
    BAGGING = "bagging", "套袋方式"


GROUPED = tuple(dimension for dimension in Dimension if dimension != Dimension.ALL)
"""The dimensions of sub-indexes, in the order they are shown."""

ALL_CODE = Dimension.ALL.value
LONGEST_KEY = 40


class Series(NamedTuple):
    """Which series: a dimension and, of a sub-index, the attribute its cells share."""

    dimension: Dimension
    key: str = ""

    @property
    def code(self) -> str:
        """As addresses, files and the evidence write it."""
        return f"{self.dimension.value}:{self.key}" if self.key else self.dimension.value


HEADLINE_SERIES = Series(Dimension.ALL)


class Figures(NamedTuple):
    """Eligible trades of one day: how many, kilograms, and Σ normalised price x kg in fen/1000."""

    trades: int = 0
    volume_kg: int = 0
    turnover_milli: int = 0

    def plus(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(*(mine + its for mine, its in zip(self, other, strict=True)))

    @property
    def mean_milli(self) -> int | None:
        """Volume-weighted mean of the normalised price, thousandths of a fen per kg, halves up."""
        if not self.volume_kg:
            return None
        return (2 * self.turnover_milli + self.volume_kg) // (2 * self.volume_kg)


class SeriesResult(NamedTuple):
    """What the method says of one series on a day."""

    series: Series
    value: int | None
    """Hundredths of a point; None when too little of the group has a price."""
    coverage_bps: int
    """Weight of the cells with a price, in basis points of the group's weight."""
    weight_bps: int
    """Weight of the group in the headline."""
    cells: int
    figures: Figures


class DayPoint(NamedTuple):
    """A published day of a series."""

    day: date
    value: int | None
    revised: bool
    figures: Figures
