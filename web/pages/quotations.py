"""价格行情 for everybody: what each product traded at on a day, by county, and as CSV."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.bulletin.quotation_selectors import OLDEST_DAYS, latest_day, quotations
from exchange.bulletin.quotations import LEAST_LEFT, LEAST_TRADES, TREND_DAYS, Quotation
from exchange.kernel.calendar import add_trading_days, previous_trading_day, today
from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow
from web.pages import words
from web.pages.access import public
from web.pages.csv_export import csv_response
from web.templatetags.jinguo import direction, price_jin, price_kg

SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 32, 3
"""Of the trend's drawing, in its own units."""


@public
@require_safe
def quotation_page(request: HttpRequest) -> HttpResponse:
    """A day's quotations by county, with what is offered now beside the latest day."""
    day, county, code = _asked(request)
    rows = quotations(day, county=county, product_code=code)
    latest = latest_day()
    listed = products()
    context = {
        "tab": "quotations",
        "day": day,
        "today": today(),
        "latest": latest,
        "is_latest": day == latest,
        "earlier": previous_trading_day(day),
        "later": min(add_trading_days(day, 1), latest) if day < latest else None,
        "county": county,
        "product": code,
        "counties": [
            (name, words.word(words.COUNTY, name)) for name in dict.fromkeys(row.county for row in listed)
        ],
        "products": [(row.code, words.product_name(row)) for row in listed],
        "groups": _by_county(rows),
        "quoted": sum(quotation.figures is not None for _product, quotation in rows),
        "anything": any(quotation.trend or quotation.ask or quotation.bid for _product, quotation in rows),
        "least_trades": LEAST_TRADES,
        "least_left": LEAST_LEFT,
        "trend_days": TREND_DAYS,
    }
    return render(request, "bulletin/quotations.html", context)


def _asked(request: HttpRequest) -> tuple[date, str, str]:
    """Day, county and product of the address; a day that is none, or has not come, is the latest."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = latest_day()
    if not 0 <= (today() - day).days <= OLDEST_DAYS:
        day = latest_day()
    county, code = (request.GET.get(name, "").strip()[:64] for name in ("county", "product"))
    return day, county, code


def _by_county(rows: Sequence[tuple[ProductRow, Quotation]]) -> list[dict[str, Any]]:
    return [
        {"name": words.word(words.COUNTY, county), "rows": [_shown(*row) for row in group]}
        for county, group in groupby(rows, key=lambda row: row[0].county)
    ]


def _shown(product: ProductRow, quotation: Quotation) -> dict[str, Any]:
    return {
        "code": product.code,
        "name": words.product_name(product),
        "spec": words.product_spec(product),
        "quotation": quotation,
        "figures": quotation.figures,
        "tone": direction(quotation.change),
        "spark": spark(quotation.trend),
    }


def spark(trend: Sequence[tuple[date, int]]) -> dict[str, Any] | None:
    """A small line of the means, with what it says in words; None for fewer than two."""
    if len(trend) < 2:
        return None
    prices = [price for _day, price in trend]
    low, high = min(prices), max(prices)
    wide, tall = SPARK_WIDTH - 2 * SPARK_EDGE, SPARK_HEIGHT - 2 * SPARK_EDGE
    points = [
        (
            SPARK_EDGE + wide * place // (len(prices) - 1),
            SPARK_EDGE + (tall // 2 if low == high else tall * (high - price) // (high - low)),
        )
        for place, price in enumerate(prices)
    ]
    (first_day, first), (_last_day, last) = trend[0], trend[-1]
    return {
        "points": " ".join(f"{x},{y}" for x, y in points),
        "end": points[-1],
        "tone": direction(last - first),
        "text": _("%(day)s 起 %(first)s → %(last)s 元/公斤，最低 %(low)s，最高 %(high)s")
        % {
            "day": f"{first_day:%m-%d}",
            "first": price_kg(first),
            "last": price_kg(last),
            "low": price_kg(low),
            "high": price_kg(high),
        },
    }


@public
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The same as CSV."""
    day, county, code = _asked(request)
    header = [
        _("日期"), _("产地"), _("品种代码"), _("品种"), _("均价 元/斤"), _("均价 元/公斤"), _("涨跌 元/公斤"),
        _("对比日"), _("最高 元/公斤"), _("最低 元/公斤"), _("成交 公斤"), _("笔数"), _("最低卖价 元/公斤"),
        _("最高买价 元/公斤"),
    ]  # fmt: skip
    rows = (_exported(*row) for row in quotations(day, county=county, product_code=code))
    return csv_response(f"quotations-{day}.csv", header, rows)


def _exported(product: ProductRow, quotation: Quotation) -> tuple[object, ...]:
    figures, change = quotation.figures, quotation.change
    mean, high, low = (figures.mean, figures.high, figures.low) if figures else (None, None, None)
    return (
        quotation.day.isoformat(),
        words.word(words.COUNTY, product.county),
        product.code,
        words.product_name(product),
        "" if mean is None else price_jin(mean),
        _price(mean),
        "" if change is None else format_yuan(change),
        quotation.compared_with.isoformat() if quotation.compared_with else "",
        _price(high),
        _price(low),
        figures.kg if figures else "",
        figures.trades if figures else "",
        _price(quotation.ask.price if quotation.ask else None),
        _price(quotation.bid.price if quotation.bid else None),
    )


def _price(fen: int | None) -> str:
    return "" if fen is None else price_kg(fen)
