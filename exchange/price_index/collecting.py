"""Collecting the evidence of a day: trades, closing quotes and earlier prices, in the form the method reads.

Members appear under aliases, numbered anew for each value: who reads the evidence can count buyers and
sellers and see shares, but not who they are. Trades alike in everything are one row with a number.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from exchange.kernel.calendar import is_trading_day, previous_trading_day
from exchange.kernel.canonical import canonical_hash
from exchange.markets.selectors import products_by_number
from exchange.markets.types import ProductRow
from exchange.members.selectors import members_by_account_no
from exchange.price_index.baskets import Basket, basket_on, premiums
from exchange.price_index.method import (
    PARAMETERS,
    Carried,
    CellEvidence,
    Evidence,
    Quotes,
    eligible,
    enough,
)
from exchange.price_index.models import CellPrice, IndexDefinition, IndexLink, IndexWeight
from exchange.price_index.series_types import Dimension
from exchange.price_index.types import BASE_VALUE, FIRST_EDITION, METHOD_VERSION, PUBLISHED
from exchange.trading import selectors as trading
from exchange.trading.closing_quotes import closing_quotes
from exchange.trading.types import QuoteRow, TradeRow

LOOK_BACK_DAYS = 40


def collect(definition: IndexDefinition, day: date) -> Evidence:
    """The evidence of an index on a day, as the books are now."""
    basket = basket_on(definition, day)
    return Evidence(
        method=METHOD_VERSION,
        index=definition.code,
        day=day.isoformat(),
        base_day=definition.base_day.isoformat(),
        base_value=BASE_VALUE,
        parameters=PARAMETERS,
        cells=cells_of(definition, basket, day),
        link=basket.link,
    )


def cells_of(definition: IndexDefinition, basket: Basket, day: date) -> list[CellEvidence]:
    """The evidence of each cell of a basket on a day."""
    trades = _Trades(day)
    quotes = {row.product_number: row for row in closing_quotes(day)}
    earlier = _observed_before(definition, basket, day)
    products = products_by_number()
    return [
        _cell(
            weight,
            trades,
            quotes.get(weight.product_number),
            earlier.get(weight.product_number),
            attributes_of(products.get(weight.product_number)),
            day,
        )
        for weight in basket.cells
    ]


def new_cells(cells: Sequence[tuple[int, str, int]], day: date) -> list[CellEvidence]:
    """Evidence of the day for cells an index does not have yet: product number, code, premium or discount.

    They have no weight, no base price and nothing to carry forward.
    """
    trades = _Trades(day)
    quotes = {row.product_number: row for row in closing_quotes(day)} if cells else {}
    products = products_by_number()
    return [
        _cell(
            IndexWeight(
                product_number=number,
                product_code=code,
                weight_bps=0,
                base_price_milli=0,
                premium_discount_fen=premium,
            ),
            trades,
            quotes.get(number),
            None,
            attributes_of(products.get(number)),
            day,
        )
        for number, code, premium in cells
    ]


def attributes_of(product: ProductRow | None) -> dict[str, str]:
    """What a cell is, by dimension; nothing of a product nobody knows."""
    if product is None:
        return {}
    return {
        Dimension.VARIETY.value: product.variety.code,
        Dimension.SIZE.value: str(product.size_mm),
        Dimension.COUNTY.value: product.county,
        Dimension.STORE.value: product.store_type.value,
        Dimension.BAGGING.value: product.bagging.value,
    }


def _cell(
    weight: IndexWeight,
    trades: "_Trades",
    quote: QuoteRow | None,
    earlier: tuple[date, int] | None,
    attributes: dict[str, str],
    day: date,
) -> CellEvidence:
    own = trades.of_day(weight.product_number)
    suffices = enough(eligible(own, PARAMETERS).deals, PARAMETERS)
    return CellEvidence(
        product=weight.product_number,
        code=weight.product_code,
        weight_bps=weight.weight_bps,
        base_price_milli=weight.base_price_milli,
        premium_discount_fen=weight.premium_discount_fen,
        trades=own,
        window=None if suffices else trades.of_window(weight.product_number),
        quotes=None if suffices or quote is None else _quotes(quote),
        carried=None if suffices or earlier is None else _carried(*earlier, day),
        trade_ids=trades.ids(weight.product_number),
        attributes=attributes,
    )


def _quotes(quote: QuoteRow) -> Quotes:
    return Quotes(bid=quote.bid, bid_kg=quote.bid_kg, ask=quote.ask, ask_kg=quote.ask_kg)


def _carried(observed_on: date, price_milli: int, day: date) -> Carried:
    return Carried(
        day=observed_on.isoformat(), price_milli=price_milli, age_days=trading_days_since(observed_on, day)
    )


def trading_days_since(earlier: date, day: date) -> int:
    """Trading days after the earlier one, up to and with the day."""
    days = range(1, (day - earlier).days + 1)
    return sum(is_trading_day(earlier + timedelta(days=number)) for number in days)


def _observed_before(definition: IndexDefinition, basket: Basket, day: date) -> dict[int, tuple[date, int]]:
    """The last price of each cell in what was published before a day, and the day it was observed.

    A cell never observed has its base price, of the link day. Looks back so far that no holiday hides a price
    that may still be carried. What an earlier edition observed is normalised as this basket does it.
    """
    found = {cell.product_number: (basket.link_day, cell.base_price_milli) for cell in basket.cells}
    prices = CellPrice.objects.filter(
        value__definition=definition,
        value__day__lt=day,
        value__status__in=PUBLISHED,
        observed_on__gte=day - timedelta(days=LOOK_BACK_DAYS),
        price_milli__isnull=False,
    )
    links = _link_days(definition)
    old = premiums(definition)
    rows = prices.order_by("value__day").values_list(
        "product_number", "value__day", "observed_on", "price_milli"
    )
    for number, value_day, observed_on, price in rows:
        edition = max((no for no, linked in links if linked < value_day), default=FIRST_EDITION)
        shift = old.get((edition, number), 0) - old.get((basket.edition, number), 0)
        if number in found and observed_on is not None and price is not None:
            found[number] = (observed_on, price + shift * 1_000)
    return found


def _link_days(definition: IndexDefinition) -> list[tuple[int, date]]:
    links = IndexLink.objects.filter(edition__definition=definition)
    return list(links.values_list("edition__number", "day"))


def day_rows(day: date) -> dict[int, list[list[int]]]:
    """Rows of a day's trades of every product traded, as the evidence has them."""
    trades = _Trades(day)
    return {number: trades.of_day(number) for number in trades.products}


class _Trades:
    """Settled trades of a day and, when asked for, of its window."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._own = _by_product(trading.trades_of_day(day))
        self._before: dict[int, list[TradeRow]] | None = None
        self._groups: dict[int, str] = {}

    @property
    def products(self) -> list[int]:
        """Numbers of the products traded on the day."""
        return sorted(self._own)

    def of_day(self, product_number: int) -> list[list[int]]:
        """Rows of the day's trades in a product."""
        return self._rows(self._own.get(product_number, []))

    def of_window(self, product_number: int) -> list[list[int]]:
        """Rows of the window's trades in a product."""
        if self._before is None:
            self._before = _by_product(
                trade for day in self._days_before() for trade in trading.trades_of_day(day)
            )
        return self._rows(self._before.get(product_number, []) + self._own.get(product_number, []))

    def ids(self, product_number: int) -> dict[str, Any]:
        """Which trades of the day these are in the books."""
        ids = sorted(trade.trade_id for trade in self._own.get(product_number, []))
        return {
            "first": ids[0] if ids else None,
            "last": ids[-1] if ids else None,
            "number": len(ids),
            "sha256": canonical_hash(ids),
        }

    def _days_before(self) -> list[date]:
        days, day = [], self._day
        for _ in range(PARAMETERS["window_days"] - 1):
            day = previous_trading_day(day)
            days.append(day)
        return days[::-1]

    def _rows(self, trades: Sequence[TradeRow]) -> list[list[int]]:
        """[buyer, seller, price, kg, times, related] with aliases, sorted."""
        numbers = sorted({no for trade in trades for no in (trade.buyer_no, trade.seller_no)})
        alias = {number: place for place, number in enumerate(numbers, start=1)}
        self._learn_groups(numbers)
        alike = Counter(
            (alias[trade.buyer_no], alias[trade.seller_no], trade.price, trade.quantity, self._related(trade))
            for trade in trades
        )
        return [
            [buyer, seller, price, kg, times, int(related)]
            for (buyer, seller, price, kg, related), times in sorted(alike.items())
        ]

    def _learn_groups(self, numbers: Sequence[int]) -> None:
        unknown = [number for number in numbers if number not in self._groups]
        if unknown:
            found = members_by_account_no(unknown)
            for number in unknown:
                self._groups[number] = found[number].related_group if number in found else ""

    def _related(self, trade: TradeRow) -> bool:
        group = self._groups[trade.buyer_no]
        return bool(group) and group == self._groups[trade.seller_no]


def _by_product(trades: Iterable[TradeRow]) -> dict[int, list[TradeRow]]:
    found: defaultdict[int, list[TradeRow]] = defaultdict(list)
    for trade in trades:
        found[trade.product_number].append(trade)
    return dict(found)
