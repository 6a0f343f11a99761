"""News and quotations as everybody may read them."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from exchange.bulletin import news_selectors as news
from exchange.bulletin.news import LARGEST_ID
from exchange.bulletin.news_types import ArticleRow, NewsKind
from exchange.bulletin.quotation_selectors import latest_day
from exchange.bulletin.quotation_selectors import quotations as day_quotations
from exchange.bulletin.quotations import LEAST_LEFT, LEAST_TRADES, Offer, Quotation
from exchange.kernel.errors import BadParameter
from exchange.kernel.money import format_yuan
from exchange.market_data.depth import price_text
from exchange.markets.types import ProductRow
from web.api import rows
from web.api.bulletin_schemas import NewsArticleOut, NewsKindWord, NewsOut, QuotationsOut
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT, before, page
from web.api.schemas import Listing

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]
Words = Annotated[str, Query(max_length=40, description="Words that all appear in the article.")]
Code = Annotated[str, Query(max_length=64)]
NewsId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

bulletin = Router(tags=["bulletin"])


# News ------------------------------------------------------------------------------------------------


@bulletin.get("/news", response=Listing[NewsOut], summary="News and notices")
def news_list(
    request: HttpRequest,
    kind: NewsKindWord | None = None,
    q: Words = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Articles that show now, newest first, without those that were withdrawn."""
    search = " ".join(q.split())
    if not search.isprintable():
        raise BadParameter(name="q")
    kinds = [NewsKind(kind)] if kind else []
    found = news.published(kinds=kinds, search=search, before=before(cursor), limit=limit + 1)
    return page(found, limit, _article, lambda row: row.id)


@bulletin.get("/news/{news_id}", response=NewsArticleOut, summary="One article with its versions")
def news_article(request: HttpRequest, news_id: NewsId) -> dict[str, Any]:
    """Every version that ever showed, newest first; a withdrawn article says when and why."""
    found = news.article_by_id(news_id)
    text, withdrawal = found.current.text, found.withdrawal
    hidden = withdrawal is not None and withdrawal.text_hidden
    return {
        "id": found.current.id,
        "kind": text.kind.value,
        "category": text.category.value,
        **_source("" if hidden else text.source_name, "" if hidden else text.source_url),
        "published_at": rows.time_text(found.current.shown_from),
        "versions": [] if hidden else [_version(row) for row in found.versions],
        "withdrawal": None
        if withdrawal is None
        else {"at": rows.time_text(withdrawal.at), "reason": withdrawal.reason, "text_hidden": hidden},
    }


def _article(row: ArticleRow) -> dict[str, Any]:
    text = row.text
    return {
        "id": row.id,
        "version": row.version,
        "kind": text.kind.value,
        "category": text.category.value,
        "title": _both(text.title_zh, text.title_en),
        "summary": _both(text.summary_zh, text.summary_en),
        **_source(text.source_name, text.source_url),
        "published_at": rows.time_text(row.shown_from),
        "corrected_at": rows.time_text(row.published_from) if row.version > 1 else None,
        "pinned_until": rows.time_text(text.pinned_until) if text.pinned_until else None,
    }


def _version(row: ArticleRow) -> dict[str, Any]:
    text = row.text
    return {
        "version": row.version,
        "published_at": rows.time_text(row.published_from),
        "correction": _both(text.note_zh, text.note_en) if row.version > 1 else None,
        "title": _both(text.title_zh, text.title_en),
        "summary": _both(text.summary_zh, text.summary_en),
        "body": _both(text.body_zh, text.body_en),
    }


def _both(zh: str, en: str) -> dict[str, str | None]:
    return {"zh": zh, "en": en or None}


def _source(name: str, url: str) -> dict[str, str | None]:
    return {"source": name or None, "source_url": url or None}


# Quotations ------------------------------------------------------------------------------------------


@bulletin.get("/quotations", response=QuotationsOut, summary="Quotations of a day")
def quotations(
    request: HttpRequest, day: date | None = None, county: Code = "", product: Code = ""
) -> dict[str, Any]:
    """What each product traded at on a day, today or the last day with trades when none is named."""
    if not (county.isprintable() and product.isprintable()):
        raise BadParameter(name="county" if product.isprintable() else "product")
    day = day or latest_day()
    return {
        "day": day.isoformat(),
        "rule": {"least_trades": LEAST_TRADES, "least_left_without_any_member": LEAST_LEFT},
        "items": [_quotation(*row) for row in day_quotations(day, county=county, product_code=product)],
    }


def _quotation(product: ProductRow, row: Quotation) -> dict[str, Any]:
    figures, change = row.figures, row.change
    return {
        "product": product.code,
        "name": rows.text(product.name_zh, product.name_en),
        "county": product.county,
        "mean": figures and price_text(figures.mean),
        "high": figures and price_text(figures.high),
        "low": figures and price_text(figures.low),
        "quantity_kg": figures and figures.kg,
        "trades": figures and figures.trades,
        "previous_day": row.compared_with and row.compared_with.isoformat(),
        "previous_mean": None if row.previous_mean is None else price_text(row.previous_mean),
        "change": None if change is None else format_yuan(change),
        "change_bps": row.change_bps,
        "best_ask": _offer(row.ask),
        "best_bid": _offer(row.bid),
        "trend": [{"day": day.isoformat(), "mean": price_text(mean)} for day, mean in row.trend],
    }


def _offer(offer: Offer | None) -> dict[str, Any] | None:
    return None if offer is None else {"price": price_text(offer.price), "quantity_kg": offer.kg}
