"""Answers about the price index."""

from typing import Any

from ninja import Field, Schema

from web.api.schemas import Text


class IndexValueOut(Schema):
    """A published index value."""

    index: str
    name: Text
    day: str
    revision: int
    value: str | None = Field(description="Points with two decimals; null when the index is suspended.")
    previous: str | None
    change_bps: int | None
    status: str
    method_version: str
    evidence_hash: str
    published_at: str | None
    reason: str


class ComparedOut(Schema):
    """What a value is compared with."""

    period: str = Field(description="Key of the day, week or month compared with.")
    value: str
    change_bps: int | None


class IndexSeriesOut(Schema):
    """One series on a published day: the headline, or a sub-index of the cells that share an attribute."""

    series: str = Field(description="Code: all, or dimension:key, e.g. size:80.")
    dimension: str
    key: str
    day: str
    value: str | None = Field(description="Points with two decimals; null when too little of it has a price.")
    cells: int = Field(description="With one cell the value is that cell's price relative.")
    weight_bps: int = Field(description="Share of the headline's weight.")
    coverage_bps: int = Field(description="Weight of the cells with a price, of the group's own.")
    mean_price: str | None = Field(description="Volume-weighted, normalised, yuan per kg.")
    volume_kg: int
    trades: int
    revised: bool
    previous: ComparedOut | None
    year_before: ComparedOut | None


class IndexPeriodOut(Schema):
    """A published day, week or month of a series."""

    period: str = Field(description="2027-01-04, 2027-W01 or 2027-01.")
    first: str
    last: str
    value: str | None = Field(description="Mean of the published daily values.")
    days: int = Field(description="Published days with a value.")
    high: str | None
    low: str | None
    mean_price: str | None = Field(description="Volume-weighted, normalised, yuan per kg.")
    volume_kg: int
    trades: int
    revised: bool
    previous: ComparedOut | None
    year_before: ComparedOut | None


class IndicativeValue(Schema):
    """The index as it would be now."""

    day: str
    value: str = Field(description="Points with two decimals.")
    previous: str = Field(description="The last published value, or the base.")
    change_bps: int
    coverage_bps: int = Field(description="Weight of the cells that have a price.")
    computed_at: str


class IndexSoFarOut(Schema):
    """Today's index so far, if there is one."""

    item: IndicativeValue | None


class CellPriceOut(Schema):
    """Price of one cell of an index on a day, yuan per kg with five decimals."""

    product: str
    price: str | None
    level: int = Field(description="1 trades, 2 three-day window, 3 quotes, 4 carried forward, 5 suspended.")
    observed_on: str | None
    trades: int
    volume_kg: int


class IndexDayOut(Schema):
    """A value with everything it was computed from."""

    value: IndexValueOut
    series: list[IndexSeriesOut]
    cells: list[CellPriceOut]
    evidence: dict[str, Any]
