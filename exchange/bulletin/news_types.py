"""Values of the news: kinds and states, what an editor writes, what leaves the package."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

from exchange.kernel.canonical import canonical_hash


class NewsKind(TextChoices):
    """What an article is."""

    NOTICE = "notice", "公告"
    INDUSTRY = "industry", "行业动态"
    POLICY = "policy", "政策法规"
    GROWING = "growing", "产区动态"


class NewsCategory(TextChoices):
    """What it is about."""

    MARKET = "market", "市场运行"
    RULES = "rules", "规则制度"
    HARVEST = "harvest", "生产采收"
    STORAGE = "storage", "仓储冷链"
    WEATHER = "weather", "天气"
    PRICE = "price", "价格"
    TRADE = "trade", "流通出口"
    OTHER = "other", "其他"


class EditionState(TextChoices):
    """Life of a version: DRAFT → SUBMITTED → PUBLISHED, sent back or discarded before that."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    PUBLISHED = "published", "已发布"
    DISCARDED = "discarded", "已作废"


STEPS: dict[EditionState, tuple[EditionState, ...]] = {
    EditionState.DRAFT: (EditionState.SUBMITTED, EditionState.DISCARDED),
    EditionState.SUBMITTED: (EditionState.DRAFT, EditionState.PUBLISHED, EditionState.DISCARDED),
}
"""The states that may follow each state; a trigger holds it."""

OPEN_STATES = (EditionState.DRAFT, EditionState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class NewsText:
    """Everything of an edition that is written by hand; bodies in the subset of ``markup``."""

    kind: NewsKind
    category: NewsCategory
    title_zh: str
    summary_zh: str
    body_zh: str
    title_en: str = ""
    summary_en: str = ""
    body_en: str = ""
    source_name: str = ""
    source_url: str = ""
    note_zh: str = ""
    note_en: str = ""
    publish_at: datetime | None = None
    pinned_until: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the whole, for the audit log."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return canonical_hash({name: str(value) if value else "" for name, value in fields.items()})


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One version of an article as readers get it."""

    id: int
    """Of the article; what paging goes by."""
    version: int
    text: NewsText
    shown_from: datetime
    """Since when the article shows."""
    published_from: datetime
    """Since when this version does."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """When an article was withdrawn and why; text_hidden: the public reads its text no longer."""

    at: datetime
    reason: str
    text_hidden: bool


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article as it stands: the version in force, all that ever showed (newest first), its withdrawal."""

    current: ArticleRow
    versions: tuple[ArticleRow, ...]
    withdrawal: Withdrawal | None


@dataclass(frozen=True, slots=True)
class EditionRow:
    """A version as the newsroom sees it. id is what paging goes by."""

    id: int
    article_id: int
    version: int
    state: EditionState
    revision: int
    text: NewsText
    written_by: str
    written_at: datetime
    submitted_by: str
    submitted_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    published_from: datetime | None
    unpinned_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawal_reason: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One thing somebody did to an edition."""

    verb: str
    actor: str
    reason: str
    at: datetime
