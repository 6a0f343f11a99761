"""The method, versions 1.0 and 1.1: from evidence to value, a pure function of the evidence.

Computing a day means collecting the evidence (`collecting`) and applying this; checking a published value
means applying this to the evidence stored with it. There is no second way to a value.

A cell's price comes from the first step of the ladder that has enough behind it:

1 TRADES    the day's trades: at least 3 by 2 sellers and 2 buyers, after exclusions
2 WINDOW    the same of three trading days
3 QUOTES    the midpoint of the best firm bid and offer at the close, both funded on hold
4 CARRIED   the last price observed, at most five trading days old
5 SUSPENDED none; the index goes on with the other cells while they weigh enough

Excluded, in this order: related parties, trades below the least lot, outliers. A pair of buyer and seller
weighs at most 40 % of the volume. Prices are normalised to the base specification by the cell's 升贴水.

Version 1.1 adds to 1.0 what each cell is (its attributes) and with it the sub-indexes, and the edition of
weights with the link it goes on from. Evidence says its version, and is read by that one for ever.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, NotRequired, TypedDict

from exchange.price_index.formulas import Deal, capped_mean_price, laspeyres, outlier_bounds, rounded
from exchange.price_index.series_types import ALL_CODE, Figures, SeriesResult
from exchange.price_index.sub_indexes import PricedCell, family
from exchange.price_index.types import BASIS, Level


class Parameters(TypedDict):
    """The numbers of the method; kept in the evidence, so that old values recompute by their own."""

    min_trades: int
    min_sellers: int
    min_buyers: int
    min_lot_kg: int
    pair_cap_bps: int
    mad_multiple: int
    median_low_bps: int
    median_high_bps: int
    window_days: int
    carry_days: int
    min_coverage_bps: int


PARAMETERS = Parameters(
    min_trades=3,
    min_sellers=2,
    min_buyers=2,
    min_lot_kg=1_000,
    pair_cap_bps=4_000,
    mad_multiple=3,
    median_low_bps=7_000,
    median_high_bps=13_000,
    window_days=3,
    carry_days=5,
    min_coverage_bps=6_000,
)


class Quotes(TypedDict):
    """The best firm bid and offer at the close."""

    bid: int
    bid_kg: int
    ask: int
    ask_kg: int


class Carried(TypedDict):
    """The last price observed, and how many trading days ago."""

    day: str
    price_milli: int
    age_days: int


class CellEvidence(TypedDict):
    """What a cell's price was computed from. Rows of trades are formulas.Deal; members have aliases."""

    product: int
    code: str
    weight_bps: int
    base_price_milli: int
    premium_discount_fen: int
    trades: list[list[int]]
    window: list[list[int]] | None
    """Trades of the whole window; None when the day's own were enough."""
    quotes: Quotes | None
    carried: Carried | None
    trade_ids: dict[str, Any]
    """First, last and number of trade ids, and the SHA-256 of their list: to find them in the books."""
    attributes: NotRequired[dict[str, str]]
    """From 1.1 on: variety, size, county, store and bagging of the cell, by dimension."""


class Link(TypedDict):
    """The edition of weights, and where it goes on from."""

    edition: int
    day: str
    """Link day: the base prices of the cells are of this day. The base day for the first edition."""
    value: int
    """The headline on the link day, hundredths of a point."""
    series: dict[str, int]
    """The sub-indexes on the link day by code; one that is not here begins with base_value."""
    sha256: str | None
    """Hash of the link's document; None for the first edition, which has none."""


class Evidence(TypedDict):
    """Everything a value follows from."""

    method: str
    index: str
    day: str
    base_day: str
    base_value: int
    parameters: Parameters
    cells: list[CellEvidence]
    link: NotRequired[Link]
    """From 1.1 on."""


class Exclusion(NamedTuple):
    """Trades left out, and by which rule."""

    rule: str
    trades: int
    kg: int


@dataclass(frozen=True, slots=True)
class CellResult:
    """Price of a cell and what became of its trades."""

    product: int
    level: Level
    price_milli: int | None
    trades: int
    volume_kg: int
    exclusions: tuple[Exclusion, ...]
    capped_pairs: int


@dataclass(frozen=True, slots=True)
class IndexResult:
    """The value in hundredths of a point (None: too little of the index has a price), and its cells."""

    value: int | None
    coverage_bps: int
    cells: tuple[CellResult, ...]
    series: tuple[SeriesResult, ...] = ()
    """The headline and its sub-indexes, from version 1.1 on."""


class _Sample(NamedTuple):
    """Trades after the exclusions."""

    deals: list[Deal]
    exclusions: tuple[Exclusion, ...]

    @property
    def trades(self) -> int:
        return sum(deal.times for deal in self.deals)

    @property
    def volume_kg(self) -> int:
        return sum(deal.kg * deal.times for deal in self.deals)


def apply(evidence: Evidence) -> IndexResult:
    """The index that follows from the evidence, by its own version. Raises ValueError for an unknown one."""
    version = METHODS.get(evidence["method"])
    if version is None:
        raise ValueError(f"method {evidence['method']} is none of {', '.join(METHODS)}")
    return version(evidence)


def _version_1_0(evidence: Evidence) -> IndexResult:
    """The headline alone, from the base period on."""
    parameters = evidence["parameters"]
    results = tuple(cell_price(cell, parameters) for cell in evidence["cells"])
    priced = [
        (cell["weight_bps"], cell["base_price_milli"], result.price_milli)
        for cell, result in zip(evidence["cells"], results, strict=True)
        if result.price_milli is not None
    ]
    total = sum(cell["weight_bps"] for cell in evidence["cells"])
    coverage = sum(weight for weight, _, _ in priced) * BASIS // total
    if coverage < parameters["min_coverage_bps"]:
        return IndexResult(None, coverage, results)
    weights, base, now = zip(*priced, strict=True)
    return IndexResult(rounded(evidence["base_value"] * laspeyres(weights, base, now)), coverage, results)


def _version_1_1(evidence: Evidence) -> IndexResult:
    """The headline and its sub-indexes, from the link of their edition on."""
    parameters, link = evidence["parameters"], evidence["link"]
    results = tuple(cell_price(cell, parameters) for cell in evidence["cells"])
    cells = [
        priced_cell(cell, result.price_milli, parameters)
        for cell, result in zip(evidence["cells"], results, strict=True)
    ]
    headline, *others = family(
        cells,
        starts={**link["series"], ALL_CODE: link["value"]},
        start=evidence["base_value"],
        min_coverage_bps=parameters["min_coverage_bps"],
    )
    return IndexResult(headline.value, headline.coverage_bps, results, (headline, *others))


METHODS: Mapping[str, Callable[[Evidence], IndexResult]] = {"1.0": _version_1_0, "1.1": _version_1_1}
"""Every version a value was ever computed by. Never change one; add the next."""


def recompute(evidence: Evidence) -> int | None:
    """The value alone, in hundredths of a point."""
    return apply(evidence).value


def priced_cell(cell: CellEvidence, price_milli: int | None, parameters: Parameters) -> PricedCell:
    """A cell as the sub-indexes read it, with the eligible trades of the day itself."""
    deals = eligible(cell["trades"], parameters).deals
    premium = cell["premium_discount_fen"]
    return PricedCell(
        attributes=cell.get("attributes", {}),
        weight_bps=cell["weight_bps"],
        base_price_milli=cell["base_price_milli"],
        price_milli=price_milli,
        figures=Figures(
            trades=sum(deal.times for deal in deals),
            volume_kg=sum(deal.kg * deal.times for deal in deals),
            turnover_milli=sum((deal.price - premium) * 1_000 * deal.kg * deal.times for deal in deals),
        ),
    )


def cell_price(cell: CellEvidence, parameters: Parameters) -> CellResult:
    """The price of one cell by the first step of the ladder that has enough behind it."""
    sample = eligible(cell["trades"], parameters)
    level = Level.TRADES
    if not enough(sample.deals, parameters) and cell["window"] is not None:
        window = eligible(cell["window"], parameters)
        if enough(window.deals, parameters):
            sample, level = window, Level.WINDOW
    if enough(sample.deals, parameters):
        mean, capped = capped_mean_price(sample.deals, pair_cap_bps=parameters["pair_cap_bps"])
        return _result(cell, level, _normalised(mean, cell), sample, capped)
    quoted = _midpoint(cell["quotes"], parameters)
    if quoted is not None:
        return _result(cell, Level.QUOTES, _normalised(quoted, cell), sample)
    carried = cell["carried"]
    if carried is not None and carried["age_days"] <= parameters["carry_days"]:
        return _result(cell, Level.CARRIED, carried["price_milli"], sample)
    return _result(cell, Level.SUSPENDED, None, sample)


def _result(
    cell: CellEvidence, level: Level, price_milli: int | None, sample: _Sample, capped: int = 0
) -> CellResult:
    return CellResult(
        product=cell["product"],
        level=level,
        price_milli=price_milli,
        trades=sample.trades,
        volume_kg=sample.volume_kg,
        exclusions=sample.exclusions,
        capped_pairs=capped,
    )


def _normalised(price: Fraction, cell: CellEvidence) -> int:
    """Fen per kg to thousandths, less what the cell is dearer than the base specification."""
    return rounded(price * 1_000) - cell["premium_discount_fen"] * 1_000


def _midpoint(quotes: Quotes | None, parameters: Parameters) -> Fraction | None:
    if quotes is None or min(quotes["bid_kg"], quotes["ask_kg"]) < parameters["min_lot_kg"]:
        return None
    return Fraction(quotes["bid"] + quotes["ask"], 2)


def eligible(rows: Sequence[Sequence[int]], parameters: Parameters) -> _Sample:
    """The trades that count, and what was left out by which rule."""
    deals = [
        Deal(buyer, seller, price, kg, times, bool(related))
        for buyer, seller, price, kg, times, related in rows
    ]
    related = [deal for deal in deals if deal.related]
    small = [deal for deal in deals if not deal.related and deal.kg < parameters["min_lot_kg"]]
    kept = [deal for deal in deals if not deal.related and deal.kg >= parameters["min_lot_kg"]]
    outliers: list[Deal] = []
    if kept:
        low, high = outlier_bounds(
            kept,
            mad_multiple=parameters["mad_multiple"],
            low_bps=parameters["median_low_bps"],
            high_bps=parameters["median_high_bps"],
        )
        outliers = [deal for deal in kept if not low <= deal.price <= high]
        kept = [deal for deal in kept if low <= deal.price <= high]
    left_out = (("related_parties", related), ("below_min_lot", small), ("outlier", outliers))
    return _Sample(
        kept,
        tuple(
            Exclusion(rule, sum(d.times for d in found), sum(d.kg * d.times for d in found))
            for rule, found in left_out
            if found
        ),
    )


def enough(deals: Sequence[Deal], parameters: Parameters) -> bool:
    """Whether trades suffice for a price."""
    return (
        sum(deal.times for deal in deals) >= parameters["min_trades"]
        and len({deal.seller for deal in deals}) >= parameters["min_sellers"]
        and len({deal.buyer for deal in deals}) >= parameters["min_buyers"]
    )
