"""Public pages of the market: the board 行情 and one product."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.calendar import TIMEZONE, today
from exchange.kernel.money import format_yuan
from exchange.markets.selectors import product_by_code, products
from exchange.markets.types import ProductRow
from exchange.trading.bars import bars
from exchange.trading.selectors import product_trades
from web.pages import words
from web.pages.access import public
from web.pages.index import index_now
from web.pages.news import on_board
from web.pages.quotes import Quote, facts_of, quote, quotes, totals

MINUTES_OF_A_DAY = 600
TAPE_LENGTH = 30


@public
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """All products, narrowed by ``q``, ``variety`` and ``county`` (while typing, by the script)."""
    everything = quotes(products())
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "variety", "county")}
    context = {
        "rows": everything,
        "shown": {row.code for row in everything if _fits(row, filters)},
        "totals": totals(everything),
        "filters": filters,
        "varieties": list(
            {row.variety_code: {"code": row.variety_code, "name": row.variety} for row in everything}.values()
        ),
        "counties": list(
            {row.county: {"code": row.county, "name": row.county_name} for row in everything}.values()
        ),
        **index_now(),
        **on_board(),
    }
    return render(request, "pages/board.html", context)


def _fits(row: Quote, filters: dict[str, str]) -> bool:
    return (
        filters["variety"] in ("", row.variety_code)
        and filters["county"] in ("", row.county)
        and all(part in row.search for part in filters["q"].lower().split())
    )


@public
@require_safe
def product(request: HttpRequest, code: str) -> HttpResponse:
    """One product: what it is, today's line, the latest trades."""
    row = product_by_code(code)
    context = {
        "product": quote(row),
        "facts": facts_of(row),
        "parameters": _parameters(row),
        "points": _today_line(row.number),
        "trades": [
            {
                "time_ns": trade.traded_at_ns,
                "price": trade.price,
                "quantity_kg": trade.quantity,
                "side": words.side_word(trade.taker_side),
                "in_call": trade.in_call,
            }
            for trade in product_trades(row.number, limit=TAPE_LENGTH)
        ],
        "today": today(),
    }
    return render(request, "pages/product.html", context)


def _today_line(number: int) -> list[tuple[str, int]]:
    """Today's closing price of each minute that traded, with its time of day."""
    moments = (
        (datetime.fromtimestamp(bar.start_s, tz=TIMEZONE), bar.close)
        for bar in bars(number, "1m", MINUTES_OF_A_DAY)
    )
    return [(f"{moment:%H:%M}", close) for moment, close in moments if moment.date() == today()]


def _parameters(row: ProductRow) -> list[tuple[str, str]]:
    premium = _("基准品") if row.is_base else f"{row.premium_discount_fen / 100:+.2f} {_('元/公斤')}"
    return [
        (_("最小成交"), f"{row.min_kg:,} {_('公斤')}"),
        (_("数量步长"), f"{row.step_kg:,} {_('公斤')}"),
        (_("今日价格范围"), f"{format_yuan(row.low)} – {format_yuan(row.high)}"),
        (_("升贴水"), premium),
    ]
