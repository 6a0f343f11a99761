"""行业动态 for everybody: the list, an article with its versions, the feed, and what the board shows."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from exchange.bulletin.news_selectors import article_by_id, article_version, pinned, published
from exchange.bulletin.news_types import ArticlePage, ArticleRow, NewsKind, NewsText
from web.pages import words
from web.pages.access import public
from web.pages.article_html import article_html
from web.pages.paging import number_in

PAGE = 15
ON_BOARD = 3
IN_FEED = 30
LONGEST_SEARCH = 40
KIND: words.Words = {
    "notice": lazy("市场公告"),
    "industry": lazy("行业动态"),
    "policy": lazy("政策法规"),
    "growing": lazy("产区动态"),
}
TONE: Mapping[str, str] = {"notice": "gold", "industry": "info", "policy": "plain", "growing": "ok"}
ICON: Mapping[str, str] = {
    "notice": "publish",
    "industry": "truck",
    "policy": "shield",
    "growing": "orchard",
}
CATEGORY: words.Words = {
    "market": lazy("市场运行"),
    "rules": lazy("规则制度"),
    "harvest": lazy("生产采收"),
    "storage": lazy("仓储冷链"),
    "weather": lazy("天气"),
    "price": lazy("价格"),
    "trade": lazy("流通出口"),
    "other": lazy("其他"),
}


# What templates show ---------------------------------------------------------------------------------


def headline_of(text: NewsText) -> dict[str, Any]:
    """Title, summary and marks of a text in the reader's language, or in Chinese with a mark."""
    english = not words.in_chinese() and bool(text.title_en)
    return {
        "title": text.title_en if english else text.title_zh,
        "summary": text.summary_en if english else text.summary_zh,
        "language": "en" if english else "zh-CN",
        "only_chinese": not words.in_chinese() and not english,
        "kind": str(text.kind),
        "kind_text": words.word(KIND, text.kind),
        "tone": TONE[text.kind],
        "icon": ICON[text.kind],
        "category": words.word(CATEGORY, text.category),
        "source_name": text.source_name,
    }


def text_shown(text: NewsText) -> dict[str, Any]:
    """All of a text in the reader's language."""
    shown = headline_of(text)
    english = shown["language"] == "en"
    note_in_english = english and bool(text.note_en)
    return {
        **shown,
        "body": article_html(text.body_en if english else text.body_zh),
        "note": text.note_en if note_in_english else text.note_zh,
        "note_language": "en" if note_in_english else "zh-CN",
        "source_url": text.source_url,
    }


def row_shown(row: ArticleRow) -> dict[str, Any]:
    """A line of a list."""
    return {
        **headline_of(row.text),
        "id": row.id,
        "shown_from": row.shown_from,
        "corrected": row.version > 1,
        "pinned_until": row.text.pinned_until,
    }


def on_board() -> dict[str, Any]:
    """What the board tells: pinned articles above, the latest of the others below."""
    above = pinned()
    shown = {row.id for row in above}
    latest = [row for row in published(limit=ON_BOARD + len(above)) if row.id not in shown]
    return {
        "pinned_news": [row_shown(row) for row in above],
        "latest_news": [row_shown(row) for row in latest[:ON_BOARD]],
    }


# Pages -----------------------------------------------------------------------------------------------


@public
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Articles, newest first, by kind and by words."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in NewsKind.values else ""
    search = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH]
    search = search if search.isprintable() else ""
    cursor = request.GET.get("cursor") or None
    before = None if cursor is None else number_in(cursor)
    kinds = [NewsKind(kind)] if kind else []
    found = published(kinds=kinds, search=search, before=before, limit=PAGE + 1)
    first = cursor is None and not search
    above = [row for row in pinned() if not kind or row.text.kind == kind] if first else []
    context = {
        "tab": "news",
        "kinds": [(value, words.word(KIND, value)) for value in NewsKind.values],
        "kind": kind,
        "search": search,
        "pinned": [row_shown(row) for row in above],
        "rows": [row_shown(row) for row in found[:PAGE] if row not in above],
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "bulletin/news.html", context)


@public
@require_safe
def article(request: HttpRequest, article_id: int) -> HttpResponse:
    """The version in force."""
    page = article_by_id(article_id)
    return _article(request, page, page.current)


@public
@require_safe
def version(request: HttpRequest, article_id: int, version: int) -> HttpResponse:
    """A version that showed once, or shows."""
    page, row = article_version(article_id, version)
    return _article(request, page, row)


def _article(request: HttpRequest, page: ArticlePage, row: ArticleRow) -> HttpResponse:
    hidden = page.withdrawal is not None and page.withdrawal.text_hidden
    context = {
        "tab": "news",
        "id": row.id,
        "version": row.version,
        "current": page.current.version,
        "shown_from": row.shown_from,
        "published_from": row.published_from,
        "text": _hidden(row.text) if hidden else text_shown(row.text),
        "hidden": hidden,
        "versions": [
            {
                "version": each.version,
                "from": each.published_from,
                "note": "" if hidden else text_shown(each.text)["note"],
            }
            for each in page.versions
        ]
        if len(page.versions) > 1
        else [],
        "withdrawal": page.withdrawal,
    }
    return render(request, "bulletin/article.html", context)


def _hidden(text: NewsText) -> dict[str, Any]:
    """What is left of a text that the public reads no longer: what kind of article it was."""
    told = headline_of(text)
    kept = ("kind", "kind_text", "tone", "icon", "category")
    return {name: told[name] for name in kept} | {"title": _("已撤回的资讯"), "language": get_language()}


@public
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest articles as Atom (RFC 4287), in Chinese, or in English with ``lang=en``."""
    with translation.override("en" if request.GET.get("lang") == "en" else "zh-hans"):
        made = Atom1Feed(
            title=f"{_('中国咸阳金果网')} · {_('行业动态')}",
            link=request.build_absolute_uri("/news/"),
            description=_("市场公告、行业、政策与产区消息"),
            language="zh-CN" if words.in_chinese() else "en",
            feed_url=request.build_absolute_uri(),
        )
        for row in published(limit=IN_FEED):
            shown = row_shown(row)
            made.add_item(
                title=shown["title"],
                link=request.build_absolute_uri(f"/news/{row.id}/"),
                description=linebreaks(shown["summary"], autoescape=True),
                pubdate=row.shown_from,
                updateddate=row.published_from,
                categories=[shown["kind_text"], shown["category"]],
                author_name=row.text.source_name or _("中国咸阳金果网"),
            )
        content = made.writeString("utf-8")
    return HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
