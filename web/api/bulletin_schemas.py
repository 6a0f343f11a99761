"""The shapes of news and quotations in the API."""

from typing import Literal

from ninja import Schema
from pydantic import Field

NewsKindWord = Literal["notice", "industry", "policy", "growing"]
NewsCategoryWord = Literal["market", "rules", "harvest", "storage", "weather", "price", "trade", "other"]


class OptionalText(Schema):
    """A text in Chinese, and in English if somebody wrote one."""

    zh: str
    en: str | None


class NewsOut(Schema):
    """An article in a list: the version in force."""

    id: int
    version: int = Field(description="Above 1 when the article was corrected.")
    kind: NewsKindWord
    category: NewsCategoryWord
    title: OptionalText
    summary: OptionalText
    source: str | None = Field(description="Whose text or facts these are; null for the exchange's own.")
    source_url: str | None
    published_at: str = Field(description="Since when the article shows.")
    corrected_at: str | None
    pinned_until: str | None


class NewsVersionOut(Schema):
    """One version of an article, with its text in a subset of Markdown (docs/api.md)."""

    version: int
    published_at: str
    correction: OptionalText | None = Field(description="What it corrects; null for the first version.")
    title: OptionalText
    summary: OptionalText
    body: OptionalText


class WithdrawalOut(Schema):
    """When and why an article was withdrawn."""

    at: str
    reason: str
    text_hidden: bool = Field(description="Whether its texts are kept from the public: `versions` is empty.")


class NewsArticleOut(Schema):
    """An article with all versions that ever showed, newest first."""

    id: int
    kind: NewsKindWord
    category: NewsCategoryWord
    source: str | None
    source_url: str | None
    published_at: str
    versions: list[NewsVersionOut]
    withdrawal: WithdrawalOut | None
