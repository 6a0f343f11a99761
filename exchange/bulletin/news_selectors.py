"""Reading the news. What the public reads is decided here: the newest version whose time has come.

Lists are newest first and paged by the article's id (``before``); withdrawn articles are in no list, but keep
their page. Versions that never showed are the newsroom's alone.
"""

from collections.abc import Collection, Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from exchange.bulletin.models import Article, NewsEdition, NewsStep
from exchange.bulletin.news import LARGEST_ID, TEXT_COLUMNS
from exchange.bulletin.news_errors import UnknownNews
from exchange.bulletin.news_types import (
    ArticlePage,
    ArticleRow,
    EditionRow,
    EditionState,
    NewsCategory,
    NewsKind,
    NewsText,
    StepRow,
    Withdrawal,
)
from exchange.kernel import calendar

MAX_ROWS = 1_001
MOST_WORDS = 5
MOST_PINNED = 3


# For everybody ---------------------------------------------------------------------------------------


def published(
    *,
    kinds: Collection[NewsKind] = (),
    search: str = "",
    before: int | None = None,
    limit: int = 20,
) -> list[ArticleRow]:
    """Articles that show now. search: words that all appear in title, summary or text, either language."""
    rows = _showing()
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    for word in search.split()[:MOST_WORDS]:
        columns = ("title_zh", "summary_zh", "body_zh", "title_en", "summary_en", "body_en", "source_name")
        found = Q()
        for name in columns:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    if before is not None:
        last = Article.objects.filter(pk=min(before, LARGEST_ID)).values_list("shown_from", flat=True).first()
        if last is None:
            return []
        rows = rows.filter(
            Q(article__shown_from__lt=last) | Q(article__shown_from=last, article_id__lt=before)
        )
    ordered = rows.order_by("-article__shown_from", "-article_id")
    return [_article(row) for row in ordered[: max(1, min(limit, MAX_ROWS))]]


def pinned() -> list[ArticleRow]:
    """What is pinned to the top now, newest first."""
    stays = Q(article__unpinned_at__isnull=True) | Q(article__unpinned_at__lt=F("published_from"))
    rows = _showing().filter(stays, pinned_until__gt=calendar.now())
    return [_article(row) for row in rows.order_by("-article__shown_from", "-article_id")[:MOST_PINNED]]


def article_by_id(article_id: int) -> ArticlePage:
    """An article that has ever shown. Raises UnknownNews."""
    known = 0 < article_id <= LARGEST_ID
    shown = _shown().filter(article_id=article_id) if known else NewsEdition.objects.none()
    rows = [_article(row) for row in shown.select_related("article").order_by("-version")]
    if not rows:
        raise UnknownNews(news=article_id)
    article = Article.objects.get(pk=article_id)
    withdrawal = None
    if article.withdrawn_at is not None:
        withdrawal = Withdrawal(article.withdrawn_at, article.withdrawal_reason, article.text_hidden)
    return ArticlePage(rows[0], tuple(rows), withdrawal)


def article_version(article_id: int, version: int) -> tuple[ArticlePage, ArticleRow]:
    """An article and one of the versions that showed. Raises UnknownNews."""
    page = article_by_id(article_id)
    row = next((each for each in page.versions if each.version == version), None)
    if row is None:
        raise UnknownNews(news=article_id)
    return page, row


def _shown() -> QuerySet[NewsEdition]:
    """Versions whose time came before their article was withdrawn and before a later version took over."""
    time_has_come = Q(state=EditionState.PUBLISHED, published_from__lte=calendar.now())
    in_time = Q(article__withdrawn_at__isnull=True) | Q(published_from__lte=F("article__withdrawn_at"))
    overtaken = _later_versions().filter(published_from__lte=OuterRef("published_from"))
    return NewsEdition.objects.filter(time_has_come & in_time).filter(~Exists(overtaken))


def _showing() -> QuerySet[NewsEdition]:
    """The version in force of each article that stands."""
    now = calendar.now()
    later = _later_versions().filter(published_from__lte=now)
    rows = NewsEdition.objects.filter(
        state=EditionState.PUBLISHED, published_from__lte=now, article__withdrawn_at__isnull=True
    )
    return rows.filter(~Exists(later)).select_related("article")


def _later_versions() -> QuerySet[NewsEdition]:
    """Published versions after that of an outer query."""
    return NewsEdition.objects.filter(
        article_id=OuterRef("article_id"), version__gt=OuterRef("version"), state=EditionState.PUBLISHED
    )


def _article(row: NewsEdition) -> ArticleRow:
    assert row.article.shown_from is not None
    assert row.published_from is not None
    return ArticleRow(
        id=row.article_id,
        version=row.version,
        text=text_of(row),
        shown_from=row.article.shown_from,
        published_from=row.published_from,
    )


def text_of(row: NewsEdition) -> NewsText:
    """What was written by hand in an edition."""
    columns = {name: getattr(row, name) for name in TEXT_COLUMNS}
    columns |= {"kind": NewsKind(row.kind), "category": NewsCategory(row.category)}
    return NewsText(**columns)


# For the newsroom ------------------------------------------------------------------------------------


def editions(
    *,
    state: str = "",
    kind: str = "",
    search: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[EditionRow]:
    """Versions, newest first. state is one of EditionState, or withdrawn; search looks into the titles."""
    rows = NewsEdition.objects.select_related("article").order_by("-pk")
    if state == "withdrawn":
        rows = rows.filter(article__withdrawn_at__isnull=False, state=EditionState.PUBLISHED)
    elif state == EditionState.PUBLISHED:
        rows = rows.filter(article__withdrawn_at__isnull=True, state=state)
    elif state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if search:
        rows = rows.filter(Q(title_zh__icontains=search) | Q(title_en__icontains=search))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_edition(row) for row in rows[: max(1, min(limit, MAX_ROWS))]]


def edition_by_id(edition_id: int) -> EditionRow:
    """One version. Raises UnknownNews."""
    known = 0 < edition_id <= LARGEST_ID
    row = NewsEdition.objects.select_related("article").filter(pk=edition_id).first() if known else None
    if row is None:
        raise UnknownNews(news=edition_id)
    return _edition(row)


def editions_of(article_id: int) -> list[EditionRow]:
    """All versions of an article, newest first."""
    rows = NewsEdition.objects.select_related("article").filter(article_id=article_id)
    return [_edition(row) for row in rows.order_by("-version")]


def steps_of(edition_ids: Iterable[int]) -> list[StepRow]:
    """What was done to these editions, oldest first."""
    rows = NewsStep.objects.filter(edition_id__in=list(edition_ids)).order_by("pk")
    return [StepRow(row.verb, row.actor, row.reason, row.at) for row in rows]


def _edition(row: NewsEdition) -> EditionRow:
    article = row.article
    return EditionRow(
        id=row.pk,
        article_id=row.article_id,
        version=row.version,
        state=EditionState(row.state),
        revision=row.revision,
        text=text_of(row),
        written_by=row.written_by,
        written_at=row.written_at,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        published_from=row.published_from,
        unpinned_at=article.unpinned_at,
        withdrawn_at=article.withdrawn_at,
        withdrawn_by=article.withdrawn_by,
        withdrawal_reason=article.withdrawal_reason,
    )
