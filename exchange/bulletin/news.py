"""The newsroom: one person writes and submits, another publishes; what was published is never changed.

An article's first version is drafted, submitted and published; a mistake is put right by the next version,
which says what it corrects, and the earlier ones stay readable. A withdrawal is one person's, because it must
be quick: the page then says when and why. Nothing here waits for a clock: a version with a time in the future
is published now and shows from then on (``news_selectors``).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from exchange.bulletin.markup import check_address, check_links
from exchange.bulletin.models import Article, NewsEdition, NewsStep
from exchange.bulletin.news_errors import (
    CorrectionSaysNothing,
    NewsStale,
    NewsWithdrawn,
    NewsWrongState,
    OwnNews,
    UnknownNews,
)
from exchange.bulletin.news_types import OPEN_STATES, STEPS, EditionState, NewsText
from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.characters import can_be_shown
from exchange.kernel.errors import BadParameter

LONGEST: Mapping[str, int] = {
    "title_zh": 80,
    "summary_zh": 200,
    "body_zh": 20_000,
    "title_en": 160,
    "summary_en": 400,
    "body_en": 40_000,
    "source_name": 80,
    "source_url": 300,
    "note_zh": 300,
    "note_en": 300,
}
"""Characters of each text."""
NEEDED = ("title_zh", "summary_zh", "body_zh")
ENGLISH = ("title_en", "summary_en", "body_en")
LONGEST_REASON = 300
LONGEST_KEY = 40
FARTHEST_DAYS = 366
"""How far ahead something can be published, or stay pinned."""
LARGEST_ID = 2**63 - 1
TEXT_COLUMNS = tuple(NewsText.__slots__)


# Writing ---------------------------------------------------------------------------------------------


def check_text(text: NewsText) -> None:
    """Raises BadParameter with the field's name, or BadNewsLink."""
    for name, longest in LONGEST.items():
        value = getattr(text, name)
        lines = value.split("\n") if name.startswith("body") else [value]
        if len(value) > longest or not all(map(can_be_shown, lines)):
            raise BadParameter(name=name)
    for name in NEEDED:
        if not getattr(text, name).strip():
            raise BadParameter(name=name)
    if any(getattr(text, name) for name in ENGLISH):
        for name in ("title_en", "body_en"):
            if not getattr(text, name).strip():
                raise BadParameter(name=name)
    if text.source_url:
        if not text.source_name.strip():
            raise BadParameter(name="source_name")
        check_address(text.source_url)
    check_links(text.body_zh)
    check_links(text.body_en)
    _check_times(text)


def _check_times(text: NewsText) -> None:
    farthest = calendar.now() + timedelta(days=FARTHEST_DAYS)
    for name in ("publish_at", "pinned_until"):
        moment: datetime | None = getattr(text, name)
        if moment is not None and moment > farthest:
            raise BadParameter(name=name)
    if text.publish_at and text.pinned_until and text.pinned_until <= text.publish_at:
        raise BadParameter(name="pinned_until")


@transaction.atomic
def draft_article(*, actor: Actor, key: str, text: NewsText) -> int:
    """Begins an article; the id of its first edition. The same key again is the same article.

    Raises BadParameter, BadNewsLink.
    """
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise BadParameter(name="key")
    check_text(text)
    if text.note_zh or text.note_en:
        raise BadParameter(name="note_zh")
    article, new = Article.objects.get_or_create(
        draft_key=key, defaults={"created_by": actor.name, "created_at": calendar.now()}
    )
    if not new:
        return article.editions.order_by("version").values_list("pk", flat=True)[0]
    edition = _new_edition(article, 1, text, actor)
    _note(edition, "draft", actor)
    return edition.pk


@transaction.atomic
def correct_article(article_id: int, *, actor: Actor) -> int:
    """Opens the next version of a published article with the text of the last, or finds the one that is open.

    Raises UnknownNews, NewsWrongState (nothing was published yet), NewsWithdrawn.
    """
    article = _locked(article_id)
    _check_stands(article)
    editions = list(article.editions.order_by("-version"))
    if editions[0].state in OPEN_STATES:
        if editions[0].version == 1:
            raise NewsWrongState
        return editions[0].pk
    last = next((each for each in editions if each.state == EditionState.PUBLISHED), None)
    if last is None:
        raise NewsWrongState
    columns = {name: getattr(last, name) for name in TEXT_COLUMNS}
    columns |= {"note_zh": "", "note_en": "", "publish_at": None}
    text = NewsText(**columns)
    edition = _new_edition(article, editions[0].version + 1, text, actor)
    _note(edition, "correct", actor)
    return edition.pk


def _new_edition(article: Article, version: int, text: NewsText, actor: Actor) -> NewsEdition:
    return NewsEdition.objects.create(
        article=article,
        version=version,
        written_by=actor.name,
        written_at=calendar.now(),
        **_columns(text),
    )


@transaction.atomic
def save_edition(edition_id: int, *, actor: Actor, revision: int, text: NewsText) -> None:
    """Writes a draft anew. revision is the one the editor read.

    Raises UnknownNews, NewsWrongState, NewsStale, BadParameter, BadNewsLink.
    """
    check_text(text)
    edition = _locked_edition(edition_id, EditionState.DRAFT, revision)
    if edition.version == 1 and (text.note_zh or text.note_en):
        raise BadParameter(name="note_zh")
    columns = _columns(text)
    for name, value in columns.items():
        setattr(edition, name, value)
    edition.written_by, edition.written_at = actor.name, calendar.now()
    edition.revision += 1
    edition.save(update_fields=[*columns, "written_by", "written_at", "revision"])
    _note(edition, "save", actor)


def _columns(text: NewsText) -> dict[str, Any]:
    return {name: getattr(text, name) for name in TEXT_COLUMNS}


# Publishing ------------------------------------------------------------------------------------------


@transaction.atomic
def submit_edition(edition_id: int, *, actor: Actor, revision: int) -> None:
    """Gives a draft to another person to publish; from here on its text is fixed.

    Raises UnknownNews, NewsWrongState, NewsStale, CorrectionSaysNothing.
    """
    edition = _locked_edition(edition_id, EditionState.DRAFT, revision)
    if edition.version > 1 and not edition.note_zh.strip():
        raise CorrectionSaysNothing
    edition.submitted_by, edition.submitted_at = actor.name, calendar.now()
    _go(edition, EditionState.SUBMITTED, "submitted_by", "submitted_at")
    _note(edition, "submit", actor)


@transaction.atomic
def send_back(edition_id: int, *, actor: Actor, revision: int, reason: str) -> None:
    """Makes a submitted edition a draft again.

    Raises UnknownNews, NewsWrongState, NewsStale, BadParameter.
    """
    reason = checked_reason(reason)
    edition = _locked_edition(edition_id, EditionState.SUBMITTED, revision)
    _go(edition, EditionState.DRAFT)
    _note(edition, "send_back", actor, reason)


@transaction.atomic
def publish_edition(edition_id: int, *, actor: Actor, revision: int, reason: str) -> datetime:
    """Publishes what others wrote and submitted; since when it shows.

    Raises UnknownNews, NewsWrongState, NewsStale, OwnNews, BadParameter.
    """
    reason = checked_reason(reason)
    edition = _locked_edition(edition_id, EditionState.SUBMITTED, revision)
    writers = {edition.written_by, edition.submitted_by}
    writers.update(edition.steps.filter(verb__in=WRITING).values_list("actor", flat=True))
    if actor.name in writers:
        raise OwnNews
    now = calendar.now()
    moment = max(edition.publish_at or now, now)
    edition.decided_by, edition.decided_at, edition.published_from = actor.name, now, moment
    _go(edition, EditionState.PUBLISHED, "decided_by", "decided_at", "published_from")
    article = edition.article
    if article.shown_from is None or moment < article.shown_from:
        article.shown_from = moment
        article.save(update_fields=["shown_from"])
    _note(edition, "publish", actor, reason)
    return moment


WRITING = ("draft", "correct", "save", "submit")
"""Steps whose doers have a hand in the text."""


@transaction.atomic
def discard_edition(edition_id: int, *, actor: Actor, reason: str) -> None:
    """Gives up an edition that was never published. Raises UnknownNews, NewsWrongState, BadParameter."""
    reason = checked_reason(reason)
    edition = _locked_edition(edition_id, None, None)
    if edition.state not in OPEN_STATES:
        raise NewsWrongState
    _go(edition, EditionState.DISCARDED)
    _note(edition, "discard", actor, reason)


@transaction.atomic
def withdraw_article(article_id: int, *, actor: Actor, reason: str, hide_text: bool = False) -> None:
    """Takes a published article back, at once and for good; a correction under way is discarded.

    hide_text: the public reads the reason alone, e.g. when the text hurts somebody's rights.
    Raises UnknownNews, NewsWrongState (nothing was published), NewsWithdrawn, BadParameter.
    """
    reason = checked_reason(reason)
    article = _locked(article_id)
    _check_stands(article)
    last = article.editions.filter(state=EditionState.PUBLISHED).order_by("-version").first()
    if last is None:
        raise NewsWrongState
    for edition in article.editions.filter(state__in=OPEN_STATES):
        _go(edition, EditionState.DISCARDED)
        _note(edition, "discard", actor, reason)
    article.withdrawn_at, article.withdrawn_by = calendar.now(), actor.name
    article.withdrawal_reason, article.text_hidden = reason, hide_text
    article.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason", "text_hidden"])
    last.article = article
    _note(last, "withdraw", actor, reason)


@transaction.atomic
def unpin_article(article_id: int, *, actor: Actor, reason: str) -> None:
    """Takes an article from the top before its time; a later version may be pinned again.

    Raises UnknownNews, NewsWrongState (it is not pinned), NewsWithdrawn, BadParameter.
    """
    reason = checked_reason(reason)
    article = _locked(article_id)
    _check_stands(article)
    now = calendar.now()
    showing = article.editions.filter(state=EditionState.PUBLISHED, published_from__lte=now)
    edition = showing.order_by("-version").first()
    if edition is None or edition.pinned_until is None or edition.pinned_until <= now:
        raise NewsWrongState
    assert edition.published_from is not None
    if article.unpinned_at is not None and article.unpinned_at >= edition.published_from:
        raise NewsWrongState
    article.unpinned_at = now
    article.save(update_fields=["unpinned_at"])
    edition.article = article
    _note(edition, "unpin", actor, reason)


def checked_reason(reason: str) -> str:
    """The reason without its margins. Raises BadParameter."""
    reason = reason.strip()
    if not 2 <= len(reason) <= LONGEST_REASON or not can_be_shown("".join(reason.splitlines())):
        raise BadParameter(name="reason")
    return reason


# What the steps share --------------------------------------------------------------------------------


def _locked(article_id: int) -> Article:
    """Articles are locked before their editions."""
    known = 0 < article_id <= LARGEST_ID
    article = Article.objects.select_for_update().filter(pk=article_id).first() if known else None
    if article is None:
        raise UnknownNews(news=article_id)
    return article


def _locked_edition(edition_id: int, state: EditionState | None, revision: int | None) -> NewsEdition:
    """An edition of an article that stands, in the state and as it was read."""
    known = 0 < edition_id <= LARGEST_ID
    found = NewsEdition.objects.filter(pk=edition_id).values_list("article_id", flat=True) if known else ()
    article_id = next(iter(found), None)
    if article_id is None:
        raise UnknownNews(news=edition_id)
    article = _locked(article_id)
    edition = NewsEdition.objects.select_for_update().get(pk=edition_id)
    edition.article = article
    _check_stands(article)
    if state is not None and edition.state != state:
        raise NewsWrongState
    if revision is not None and edition.revision != revision:
        raise NewsStale
    return edition


def _check_stands(article: Article) -> None:
    if article.withdrawn_at is not None:
        raise NewsWithdrawn


def _go(edition: NewsEdition, state: EditionState, *changed: str) -> None:
    assert state in STEPS[EditionState(edition.state)]
    edition.state = state
    edition.save(update_fields=["state", *changed])


def _note(edition: NewsEdition, verb: str, actor: Actor, reason: str = "") -> None:
    """The step in the edition's own history and in the audit log."""
    NewsStep.objects.create(
        edition=edition,
        verb=verb,
        revision=edition.revision,
        actor=actor.name,
        reason=reason,
        at=calendar.now(),
    )
    text = NewsText(**{name: getattr(edition, name) for name in TEXT_COLUMNS})
    after: dict[str, Any] = {
        "version": edition.version,
        "revision": edition.revision,
        "state": str(edition.state),
        "title": edition.title_zh,
        "sha256": text.digest,
    }
    if edition.published_from is not None:
        after["published_from"] = edition.published_from.isoformat()
    if edition.article.unpinned_at is not None:
        after["unpinned_at"] = edition.article.unpinned_at.isoformat()
    if edition.article.withdrawn_at is not None:
        after["text_hidden"] = edition.article.text_hidden
    audit.record(
        actor=actor,
        action=f"news.{verb}",
        subject=f"news:{edition.article_id}",
        reason=reason,
        after=after,
    )
