"""What everybody may read: products, books, tapes, charts and tickers."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from exchange.kernel.calendar import format_time, now_ns
from exchange.kernel.errors import UnknownProduct
from exchange.market_data import messages
from exchange.markets import selectors as markets
from exchange.markets.types import ProductRow
from exchange.trading import selectors as trading
from exchange.trading.bars import bars as bars_of
from web.api import rows
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT, before, page
from web.api.schemas import (
    BarsOut,
    BookOut,
    Listing,
    ProductOut,
    TapeTradeOut,
    TickerOut,
)
from web.ws import services

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]

market = Router(tags=["market"])


def known_product(code: str) -> ProductRow:
    """The product, where a text no code can be never reaches the database. Raises UnknownProduct."""
    if not code.isprintable() or len(code) > 64:
        raise UnknownProduct
    return markets.product_by_code(code)


def _shown(row: ProductRow) -> dict[str, Any]:
    return rows.product(row, services.live_phase(row.number, row.phase))


@market.get("/products", response=Listing[ProductOut], summary="All listed products")
def products(request: HttpRequest) -> dict[str, Any]:
    """Every grade cell that can be traded, with its band, step and phase."""
    return {"items": [_shown(row) for row in markets.products()], "next_cursor": None}


@market.get("/products/{code}", response=ProductOut, summary="One product")
def product(request: HttpRequest, code: str) -> dict[str, Any]:
    """One grade cell."""
    return _shown(known_product(code))


@market.get("/products/{code}/book", response=BookOut, summary="The book of a product")
async def book(
    request: HttpRequest, code: str, levels: Annotated[int, Query(ge=1, le=1_000)] = 20
) -> dict[str, Any]:
    """The best levels of both sides after the command with number ``seq``."""
    shared = services.current()
    await shared.hub_ready()
    number = shared.hub.numbers.get(code)
    if number is None:
        raise UnknownProduct(code)
    seen = shared.hub.market.product(number)
    content = messages.book_snapshot(seen.depth, levels)
    found = await shared.indicative_now(number)
    return {
        "product": code,
        "seq": seen.seq,
        "ts": format_time(now_ns()),
        **content,
        "phase": messages.phase_text(seen.phase),
        "indicative": messages.indicative(found),
    }


@market.get("/products/{code}/ticker", response=TickerOut, summary="Today's figures of a product")
async def ticker(request: HttpRequest, code: str) -> dict[str, Any]:
    """Last price, change, high, low, volume and best quotes."""
    shared = services.current()
    await shared.hub_ready()
    number = shared.hub.numbers.get(code)
    if number is None:
        raise UnknownProduct(code)
    return messages.ticker(shared.hub.market.product(number), code)


@market.get("/products/{code}/trades", response=Listing[TapeTradeOut], summary="Trades of a product")
def product_trades(
    request: HttpRequest, code: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """Everybody's trades, newest first."""
    number = known_product(code).number
    found = trading.product_trades(number, before=before(cursor), limit=limit + 1)
    return page(found, limit, rows.tape_trade, lambda row: row.trade_id)


@market.get("/products/{code}/bars", response=BarsOut, summary="Bars of a chart")
def bars(
    request: HttpRequest,
    code: str,
    period: Literal["1m", "5m", "15m", "30m", "1h", "1d", "1w", "1M"] = "1d",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
    before_s: Annotated[int | None, Query(ge=0, le=2**33)] = None,
) -> dict[str, Any]:
    """Open, high, low, close and volume, oldest first; ``before_s`` (epoch seconds) pages to earlier ones."""
    number = known_product(code).number
    found = bars_of(number, period, limit, before_s)
    return {"product": code, "period": period, "bars": [rows.bar(row) for row in found]}
