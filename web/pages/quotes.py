"""Quotes for pages: what a product is and what it trades at, as the server knows it when the page is made.

The socket brings everything after that. Bids and asks live in the hub's memory only, so a page is born
without them. Prices are in fen per kg.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from exchange.kernel.calendar import today
from exchange.markets.types import PHASE_WORDS, ProductRow
from exchange.trading.bars import day_statistics
from exchange.trading.types import DayStatistics
from web.pages import words

BASIS = 10_000
OPEN_WORDS = frozenset({"continuous", "call", "volatility"})
"""Phases in which a product takes orders."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One product with today's figures, in the reader's language."""

    number: int
    code: str
    name: str
    spec: str
    variety_code: str
    variety: str
    county: str
    county_name: str
    search: str
    """Lower-case text the search looks into: names, code, pinyin."""
    phase: str
    halted: bool
    reference: int
    low_limit: int
    high_limit: int
    last: int | None
    open: int | None
    high: int | None
    low: int | None
    volume_kg: int
    turnover_fen: int
    trades: int
    bid: int | None = None
    ask: int | None = None

    @property
    def change(self) -> int | None:
        """Last price less the reference price."""
        return None if self.last is None else self.last - self.reference

    @property
    def change_bps(self) -> int | None:
        """The change in basis points of the reference price, rounded towards zero."""
        if self.change is None:
            return None
        magnitude = abs(self.change) * BASIS // self.reference
        return magnitude if self.change >= 0 else -magnitude

    @property
    def shown_price(self) -> int:
        """The last price, or the reference price before the first trade."""
        return self.reference if self.last is None else self.last


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole market today."""

    products: int
    open: int
    rising: int
    falling: int
    volume_kg: int
    turnover_fen: int


def quotes(products: Iterable[ProductRow]) -> list[Quote]:
    """The products with today's figures, in the order given."""
    listed = list(products)
    figures = day_statistics(today(), [product.number for product in listed])
    return [_quote(product, figures.get(product.number)) for product in listed]


def quote(product: ProductRow) -> Quote:
    """One product with today's figures."""
    return quotes([product])[0]


def totals(rows: Sequence[Quote]) -> Totals:
    """Sums over all products."""
    changes = [row.change or 0 for row in rows]
    return Totals(
        products=len(rows),
        open=sum(row.phase in OPEN_WORDS for row in rows),
        rising=sum(change > 0 for change in changes),
        falling=sum(change < 0 for change in changes),
        volume_kg=sum(row.volume_kg for row in rows),
        turnover_fen=sum(row.turnover_fen for row in rows),
    )


def facts_of(product: ProductRow) -> list[tuple[str, str]]:
    """The specification as pairs of name and value."""
    return [
        (pgettext("variety", "品种"), words.variety_name(product)),
        (_("套袋"), words.word(words.BAGGING, product.bagging)),
        (_("果径"), f"≥ {product.size_mm} mm"),
        (_("等级"), words.word(words.GRADE, product.grade)),
        (_("产地"), words.word(words.COUNTY, product.county)),
        (_("产季"), str(product.crop_year)),
        (_("贮藏"), words.word(words.STORE, product.store_type)),
    ]


def _quote(product: ProductRow, figures: DayStatistics | None) -> Quote:
    county = words.word(words.COUNTY, product.county)
    known = [product.code, product.name_zh, product.name_en, product.pinyin, product.county, county]
    last = None if figures is None else figures.last or figures.previous_close
    return Quote(
        number=product.number,
        code=product.code,
        name=words.product_name(product),
        spec=words.product_spec(product),
        variety_code=product.variety.code,
        variety=words.variety_name(product),
        county=product.county,
        county_name=county,
        search=" ".join([*known, product.variety.name_zh, product.variety.name_en]).lower(),
        phase=PHASE_WORDS[product.phase],
        halted=product.halted,
        reference=product.reference_price,
        low_limit=product.low,
        high_limit=product.high,
        last=last,
        open=figures.open if figures else None,
        high=figures.high if figures else None,
        low=figures.low if figures else None,
        volume_kg=figures.volume_kg if figures else 0,
        turnover_fen=figures.turnover_fen if figures else 0,
        trades=figures.trades if figures else 0,
    )
