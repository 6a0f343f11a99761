"""Weights from a season: each product's share of the value of eligible trades, for the yearly review."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from exchange.kernel import calendar
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow
from exchange.price_index.collecting import day_rows
from exchange.price_index.method import PARAMETERS, eligible
from exchange.price_index.types import BASIS

MONTHS_DAYS = 365


class SeasonShare(NamedTuple):
    """A listed product's eligible trades of a season, and its share of their value in basis points."""

    product: ProductRow
    trades: int
    volume_kg: int
    value_fen: int
    weight_bps: int


def season_before(first_day: date) -> tuple[date, date]:
    """The twelve months before a day, as far as they have passed."""
    last = min(first_day, calendar.today()) - timedelta(days=1)
    return first_day - timedelta(days=MONTHS_DAYS), last


def shares_of_season(first: date, last: date) -> list[SeasonShare]:
    """Every listed product, the largest share first. Shares sum to BASIS unless nothing was traded.

    Trades are eligible as a day's price takes them: no related parties, least lot, outliers out.
    """
    found: dict[int, tuple[int, int, int]] = {}
    day = first
    while day <= last:
        for number, rows in day_rows(day).items():
            deals = eligible(rows, PARAMETERS).deals
            trades, kg, value = found.get(number, (0, 0, 0))
            found[number] = (
                trades + sum(deal.times for deal in deals),
                kg + sum(deal.kg * deal.times for deal in deals),
                value + sum(deal.price * deal.kg * deal.times for deal in deals),
            )
        day += timedelta(days=1)
    listed = {row.number: row for row in products()}
    weights = apportioned({number: found[number][2] for number in listed if number in found})
    shares = [
        SeasonShare(product, *found.get(number, (0, 0, 0)), weights.get(number, 0))
        for number, product in listed.items()
    ]
    return sorted(shares, key=lambda share: (-share.value_fen, share.product.number))


def apportioned(values: Mapping[int, int]) -> dict[int, int]:
    """Values as shares in basis points that sum to BASIS, by largest remainder; equal ones by number.

    A value too small for one basis point has none.
    """
    total = sum(values.values())
    if total <= 0:
        return {}
    shares = {number: value * BASIS // total for number, value in values.items()}
    left = BASIS - sum(shares.values())
    by_remainder = sorted(values, key=lambda number: (-(values[number] * BASIS % total), number))
    for number in by_remainder[:left]:
        shares[number] += 1
    return {number: share for number, share in shares.items() if share}
