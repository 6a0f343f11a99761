"""Tables of the bulletin; private to this package."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from exchange.bulletin import supply_models  # noqa: F401 - registers its tables

# News ------------------------------------------------------------------------------------------------


class Article(models.Model):
    """A notice or a piece of news. What it says are its editions; see ``news``."""

    draft_key = models.CharField(max_length=40, unique=True)
    """The editor form's own key: sent twice, it makes one article."""
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    shown_from = models.DateTimeField(null=True)
    """When its first published edition begins to show; null before one is approved."""
    unpinned_at = models.DateTimeField(null=True)
    """Since when it is pinned no longer, whatever its versions until then say."""
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawal_reason = models.CharField(max_length=300, blank=True)
    text_hidden = models.BooleanField(default=False)
    """Whether the public no longer reads the text of a withdrawn article; it is kept here either way."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    withdrawn_at__isnull=True, withdrawn_by="", withdrawal_reason="", text_hidden=False
                )
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by="") & ~Q(withdrawal_reason="")),
                name="news_article_withdrawal_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-shown_from", "-id"], name="news_article_by_time"),
        ]

    def __str__(self) -> str:
        return f"news {self.pk}"


class NewsEdition(models.Model):
    """One version of an article: a draft somebody writes, then what another person published, for good."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="editions")
    version = models.PositiveSmallIntegerField()
    """From 1; each later one corrects those before it."""
    state = models.CharField(max_length=12, default="draft")
    revision = models.PositiveIntegerField(default=1)
    """Grows with each save, so that nobody overwrites or approves what they have not seen."""
    kind = models.CharField(max_length=12)
    category = models.CharField(max_length=12)
    title_zh = models.CharField(max_length=80)
    summary_zh = models.CharField(max_length=200)
    body_zh = models.TextField()
    title_en = models.CharField(max_length=160, blank=True)
    summary_en = models.CharField(max_length=400, blank=True)
    body_en = models.TextField(blank=True)
    source_name = models.CharField(max_length=80, blank=True)
    """Whose text or facts these are; empty for our own."""
    source_url = models.CharField(max_length=300, blank=True)
    note_zh = models.CharField(max_length=300, blank=True)
    """What this version corrects, from version 2 on."""
    note_en = models.CharField(max_length=300, blank=True)
    publish_at = models.DateTimeField(null=True)
    """When it is to show; null for as soon as it is approved."""
    pinned_until = models.DateTimeField(null=True)
    written_by = models.CharField(max_length=150)
    """Who saved it last."""
    written_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=150, blank=True)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    published_from = models.DateTimeField(null=True)
    """Since when it shows; in the future for one that waits for its time."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "version"], name="news_edition_version"),
            models.UniqueConstraint(
                fields=["article"],
                condition=Q(state__in=["draft", "submitted"]),
                name="news_edition_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "published", "discarded"]),
                name="news_edition_state_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["notice", "industry", "policy", "growing"]),
                name="news_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(source_url="") | (Q(source_url__startswith="https://") & ~Q(source_name="")),
                name="news_edition_source",
            ),
            models.CheckConstraint(
                condition=Q(version=1, note_zh="")
                | Q(version__gt=1) & (Q(state__in=["draft", "discarded"]) | ~Q(note_zh="")),
                name="news_edition_says_what_it_corrects",
            ),
            models.CheckConstraint(
                condition=Q(state="published", decided_at__isnull=False, published_from__isnull=False)
                & ~Q(submitted_by="")
                & ~Q(decided_by="")
                & ~Q(decided_by=F("submitted_by"))
                & ~Q(decided_by=F("written_by"))
                | (~Q(state="published") & Q(published_from__isnull=True)),
                name="news_edition_published_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="news_edition_by_state"),
        ]

    def __str__(self) -> str:
        return f"news {self.article_id} version {self.version}"


class NewsStep(models.Model):
    """What somebody did to an edition, or with it to its article. Append only."""

    edition = models.ForeignKey(NewsEdition, on_delete=models.PROTECT, related_name="steps")
    verb = models.CharField(max_length=12)
    revision = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.verb} {self.actor}"
