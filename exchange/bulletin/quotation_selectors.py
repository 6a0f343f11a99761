"""Reading the quotations of a day. Past days are reckoned once and kept in the cache.

A kept day is found by the number of its trades, so it is reckoned anew with the first trade it did not know.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby

from django.core.cache import cache

from exchange.bulletin.quotations import TREND_DAYS, Figures, Offer, Pair, Quotation, figures_of
from exchange.halls.firm_listings import firm_listings
from exchange.kernel.calendar import is_trading_day, previous_trading_day, today
from exchange.kernel.errors import BadParameter
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow, ProductStatus
from exchange.members.selectors import members_by_account_no
from exchange.trading.closing_quotes import Levels, firm_prices, together
from exchange.trading.pair_totals import pair_totals, trades_by_day
from exchange.trading.selectors import last_trading_day
from exchange.trading.types import PairTotal
from matching.types import Side

KEPT_S = 86_400
OFFERS_KEPT_S = 3
"""However many look, the books are read no more often for what is offered now."""
KEY = "quotations:1:{day}:{trades}"
"""1 is the method's and the format's version."""
OFFERS_KEY = "quotations:1:offers"
OLDEST_DAYS = 3_660

DayFigures = dict[int, Figures]
"""What is published of a day, by product."""


def latest_day() -> date:
    """The day a reader means who names none: today if it is a trading day, else the last that had trades."""
    now = today()
    return now if is_trading_day(now) else last_trading_day() or now


def quotations(day: date, *, county: str = "", product_code: str = "") -> list[tuple[ProductRow, Quotation]]:
    """Each listed product, and each that was published that day, with its quotation; by county and number.

    Offers are of now, and only with the latest day. Raises BadParameter for a day that has not come.
    """
    now = today()
    if not now - timedelta(days=OLDEST_DAYS) <= day <= now:
        raise BadParameter(name="day")
    days = _window(day)
    published = _published(days)
    offers = _offers() if day == latest_day() else {}
    shown = [
        (product, _quotation(product.number, days, published, offers.get(product.number, {})))
        for product in products(delisted=True)
        if county in ("", product.county)
        and product_code in ("", product.code)
        and (product.status == ProductStatus.LISTED or product.number in published[day])
    ]
    return sorted(shown, key=lambda each: (each[0].county, each[0].number))


def _window(day: date) -> list[date]:
    """The day and the trading days before it, oldest first."""
    days = [day]
    while len(days) < TREND_DAYS:
        days.append(previous_trading_day(days[-1]))
    return days[::-1]


def _quotation(
    number: int,
    days: list[date],
    published: Mapping[date, DayFigures],
    offers: Mapping[int, Mapping[int, int]],
) -> Quotation:
    day = days[-1]
    trend = tuple((each, published[each][number].mean) for each in days if number in published[each])
    earlier = [point for point in trend if point[0] != day]
    compared_with, previous_mean = earlier[-1] if earlier else (None, None)
    return Quotation(
        product_number=number,
        day=day,
        figures=published[day].get(number),
        compared_with=compared_with,
        previous_mean=previous_mean,
        trend=trend,
        ask=_best(offers.get(Side.SELL, {}), lowest=True),
        bid=_best(offers.get(Side.BUY, {}), lowest=False),
    )


def _best(prices: Mapping[int, int], *, lowest: bool) -> Offer | None:
    if not prices:
        return None
    price = min(prices) if lowest else max(prices)
    return Offer(price, prices[price])


def _offers() -> Levels:
    """Resting orders and open listings in one, as of a few seconds ago at most."""
    kept: Levels | None = cache.get(OFFERS_KEY)
    if kept is None:
        kept = together(firm_prices(), firm_listings())
        cache.set(OFFERS_KEY, kept, OFFERS_KEPT_S)
    return kept


# Days ------------------------------------------------------------------------------------------------


def _published(days: list[date]) -> dict[date, DayFigures]:
    """What is published of each of the days."""
    counts = trades_by_day(days[0], days[-1])
    keys = {day: KEY.format(day=day, trades=counts[day]) for day in days if day in counts}
    kept: dict[str, DayFigures] = cache.get_many(keys.values())
    found: dict[date, DayFigures] = {day: {} for day in days}
    found |= {day: kept[key] for day, key in keys.items() if key in kept}
    lacking = [day for day, key in keys.items() if key not in kept]
    if lacking:
        reckoned = _reckoned(pair_totals(lacking))
        for day in lacking:
            found[day] = reckoned.get(day, {})
        cache.set_many({keys[day]: found[day] for day in lacking}, KEPT_S)
    return found


def _reckoned(totals: list[PairTotal]) -> dict[date, DayFigures]:
    groups = _groups(totals)
    found: dict[date, DayFigures] = {}
    for (day, number), rows in groupby(totals, key=lambda row: (row.day, row.product_number)):
        figures = figures_of(Pair(groups[row.buyer_no], groups[row.seller_no], *row[4:]) for row in rows)
        if figures is not None:
            found.setdefault(day, {})[number] = figures
    return found


def _groups(totals: list[PairTotal]) -> dict[int, int | str]:
    """The party of each account: the name of its related group, or the account itself."""
    numbers = {number for row in totals for number in (row.buyer_no, row.seller_no)}
    members = members_by_account_no(numbers)
    return {
        number: (members[number].related_group if number in members else "") or number for number in numbers
    }
