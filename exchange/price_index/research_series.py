"""Keeping and reading the research series of the exchange 研究序列: monthly, after the month is over.

A month is computed once, from the trades as they are then, and stays: its splice hangs on what was published,
so a value that moved with every late correction would be another series each time. Trades count by the
exclusions of the index method, day by day. Products that differ in their crop year alone are one cell.

What may be told of a month is decided by who calls (``Disclosure``), since the statistics and this package
do not know each other: only cells that may be told enter a series at all, or the values would tell what the
cells do not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple, Protocol

import msgspec
from django.db import transaction

from exchange.kernel import calendar
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.markets.selectors import products_by_number
from exchange.markets.types import ProductRow
from exchange.members.selectors import members_by_account_no
from exchange.price_index.formulas import rounded
from exchange.price_index.method import PARAMETERS, eligible
from exchange.price_index.models import IndexValue
from exchange.price_index.research_method import (
    MILLE,
    RESEARCH_METHOD,
    ResearchCell,
    ResearchFigures,
    figures_after,
    shares_of,
    verify_figures,
)
from exchange.price_index.research_models import ResearchMonth
from exchange.price_index.types import HEADLINE, PUBLISHED
from exchange.trading.day_reading import first_trading_day
from exchange.trading.selectors import trades_of_day
from exchange.trading.types import TradeRow


class PairSum(NamedTuple):
    """What a buyer had of a seller in a product within a month, of the trades that count."""

    product: int
    buyer: int
    seller: int
    kg: int
    fen: int
    trades: int


class Disclosure(Protocol):
    """What may be told of a month."""

    def products_told(self, month: date) -> Collection[int]:
        """Products of which something is told apart at all."""

    def may_be_told(self, pairs: Sequence[PairSum]) -> bool:
        """Whether the sum of these says nothing of one member."""


@dataclass(frozen=True, slots=True)
class ResearchRow:
    """A month as it was published."""

    month: date
    figures: ResearchFigures
    figures_hash: str
    computed_at: datetime

    @property
    def text(self) -> bytes:
        """What the hash is of."""
        return canonical_json(self.figures)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


# Reading ---------------------------------------------------------------------------------------------


def research_months() -> list[ResearchRow]:
    """Every published month, oldest first."""
    return [_row(row) for row in ResearchMonth.objects.order_by("month")]


def _row(row: ResearchMonth) -> ResearchRow:
    figures: ResearchFigures = msgspec.json.decode(row.figures)
    return ResearchRow(row.month, figures, row.figures_hash, row.computed_at)


def research_mismatches() -> list[str]:
    """Months whose figures are not what was hashed, or not what the method gives after the ones before."""
    rows = research_months()
    verdicts = verify_figures(row.text for row in rows) if rows else []
    return [
        verdict.month
        for row, verdict in zip(rows, verdicts, strict=True)
        if not verdict.agrees or verdict.hash != row.figures_hash
    ]


def published_means(index_code: str = HEADLINE) -> dict[str, int]:
    """Means of the published index by month (YYYY-MM), in hundredths of a point, half up: to compare with."""
    values = IndexValue.objects.filter(
        definition__code=index_code, status__in=PUBLISHED, value__isnull=False
    ).values_list("day", "value")
    months: defaultdict[str, list[int]] = defaultdict(list)
    for day, value in values:
        months[f"{day:%Y-%m}"].append(value or 0)
    return {month: rounded(Fraction(sum(found), len(found))) for month, found in months.items()}


# Keeping ---------------------------------------------------------------------------------------------


def keep_research_months(day: date, disclosure: Disclosure) -> list[date]:
    """Computes and keeps every month that ended by the end of a day; the months kept now. Run daily."""
    last = ResearchMonth.objects.order_by("-month").first()
    first = first_trading_day()
    if last is not None:
        month = next_month(last.month)
    elif first is not None:
        month = first.replace(day=1)
    else:
        return []
    kept = []
    while next_month(month) - timedelta(days=1) <= day:
        _keep(month, disclosure)
        kept.append(month)
        month = next_month(month)
    return kept


@transaction.atomic
def _keep(month: date, disclosure: Disclosure) -> None:
    rows = research_months()
    figures = figures_after(
        [row.figures for row in rows],
        f"{month:%Y-%m}",
        cells_of(month, disclosure),
        rows[-1].figures_hash if rows else "",
    )
    ResearchMonth.objects.create(
        month=month,
        method_version=RESEARCH_METHOD,
        figures=canonical_json(figures).decode(),
        figures_hash=canonical_hash(figures),
        computed_at=calendar.now(),
    )


def cells_of(month: date, disclosure: Disclosure) -> list[ResearchCell]:
    """The cells of a month that may be told, from the trades as they are, by product."""
    products, told = products_by_number(), set(disclosure.products_told(month))
    cells: defaultdict[str, list[PairSum]] = defaultdict(list)
    attributes: dict[str, dict[str, str]] = {}
    for pair in pair_sums(month):
        if pair.product in told:
            name, known = cell_of(pair.product, products.get(pair.product))
            cells[name].append(pair)
            attributes[name] = known
    sums = {
        name: (sum(pair.kg for pair in pairs), sum(pair.fen for pair in pairs))
        for name, pairs in sorted(cells.items())
        if disclosure.may_be_told(pairs)
    }
    shares = shares_of([fen for _, fen in sums.values()])
    return [
        ResearchCell(
            product=name,
            price_milli=rounded(Fraction(fen * MILLE, kg)),
            share_permille=share,
            attributes=attributes[name],
        )
        for (name, (kg, fen)), share in zip(sums.items(), shares, strict=True)
    ]


def cell_of(number: int, product: ProductRow | None) -> tuple[str, dict[str, str]]:
    """The name of a product's cell, its crop year left out, and its attributes."""
    if product is None:
        return str(number), {}
    attributes = {
        "variety": product.variety.code,
        "bagging": str(product.bagging.value),
        "size_mm": str(product.size_mm),
        "grade": str(product.grade.value),
        "county": product.county,
        "store_type": str(product.store_type.value),
    }
    return "-".join(attributes.values()), attributes


def pair_sums(month: date) -> list[PairSum]:
    """The month's trades that count, by product, buyer and seller; the index method excludes by the day."""
    groups: dict[int, str] = {}
    sums: defaultdict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    day = month
    while day < next_month(month):
        trades: defaultdict[int, list[TradeRow]] = defaultdict(list)
        for trade in trades_of_day(day):
            trades[trade.product_number].append(trade)
        _learn_groups(groups, (trade for own in trades.values() for trade in own))
        for product, own in trades.items():
            for deal in eligible([_deal(trade, groups) for trade in own], PARAMETERS).deals:
                found = sums[product, deal.buyer, deal.seller]
                found[0] += deal.kg * deal.times
                found[1] += deal.price * deal.kg * deal.times
                found[2] += deal.times
        day += timedelta(days=1)
    return [PairSum(*key, *found) for key, found in sorted(sums.items())]


def _deal(trade: TradeRow, groups: dict[int, str]) -> list[int]:
    """A trade as the index method reads it."""
    group = groups[trade.buyer_no]
    related = bool(group) and group == groups[trade.seller_no]
    return [trade.buyer_no, trade.seller_no, trade.price, trade.quantity, 1, int(related)]


def _learn_groups(groups: dict[int, str], trades: Iterable[TradeRow]) -> None:
    unknown = {number for trade in trades for number in (trade.buyer_no, trade.seller_no)} - groups.keys()
    found = members_by_account_no(unknown) if unknown else {}
    for number in unknown:
        groups[number] = found[number].related_group if number in found else ""
