"""The shapes of news and quotations in the API."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from web.api.schemas import Text

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


class QuotationRuleOut(Schema):
    """What has to be there before a cell is published."""

    least_trades: int
    least_left_without_any_member: int = Field(
        description="Trades that remain whichever member is taken away with all its trades."
    )


class OfferOut(Schema):
    """The best firm price of a side, and what stands at it."""

    price: str
    quantity_kg: int


class QuotedMeanOut(Schema):
    """The published mean of an earlier day."""

    day: str
    mean: str


class QuotationOut(Schema):
    """A product on a day. Prices are null when too little was traded to be published."""

    product: str
    name: Text
    county: str
    mean: str | None = Field(description="Amount by quantity, yuan per kg.")
    high: str | None
    low: str | None
    quantity_kg: int | None
    trades: int | None
    previous_day: str | None
    previous_mean: str | None
    change: str | None
    change_bps: int | None
    best_ask: OfferOut | None = Field(description="Of now; only with the latest day.")
    best_bid: OfferOut | None
    trend: list[QuotedMeanOut] = Field(description="Published means of the last trading days, oldest first.")


class QuotationsOut(Schema):
    """All products on a day, by county."""

    day: str
    rule: QuotationRuleOut
    items: list[QuotationOut]
