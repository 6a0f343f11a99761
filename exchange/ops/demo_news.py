"""The demo market's news: example articles of our own, each marked as one, through the real newsroom.

One operator writes and submits, the other publishes. Nothing here is, or pretends to be, the text of another
institution: no source is named, each title begins with 示例 (Example) and each text ends by saying so. The
words are in ``demo_news.toml``.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import NotRequired, TypedDict

from exchange.bulletin import news
from exchange.bulletin.news_selectors import edition_by_id, editions
from exchange.bulletin.news_types import EditionState, NewsCategory, NewsKind, NewsText
from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.ops.demo import OPERATORS, exists
from exchange.ops.demo_data import BUYERS, GROWERS

WRITER, PUBLISHER = (Actor(operator.username) for operator in OPERATORS[:2])
TEXTS = Path(__file__).with_suffix(".toml")
REASON = "演示市场"
PINNED_DAYS = 14
MARK_ZH, MARK_EN = "示例：", "Example: "
FOOT_ZH = "本文由演示市场编写，只用来说明版面与流程，不是任何机构发布的消息，也不是真实行情。"
FOOT_EN = (
    "Written for the demo market to show these pages at work. It reports nothing real and quotes nobody."
)


class DemoCorrection(TypedDict):
    """What a second version says, and the words that were wrong in the first."""

    note_zh: str
    wrong: str
    right: str


class DemoArticle(TypedDict):
    """An article of the demo. key is for ever."""

    key: str
    kind: str
    category: str
    pinned: NotRequired[bool]
    title_zh: str
    summary_zh: str
    body_zh: str
    title_en: NotRequired[str]
    summary_en: NotRequired[str]
    body_en: NotRequired[str]
    correction: NotRequired[DemoCorrection]


def articles() -> list[DemoArticle]:
    """The articles, oldest first."""
    found: list[DemoArticle] = tomllib.loads(TEXTS.read_text(encoding="utf-8"))["article"]
    return found


def fill_if_none() -> int:
    """Fills a demo market that has no news at all; how many articles were published."""
    return 0 if editions(limit=1) else fill()


def fill() -> int:
    """Publishes the articles that do not exist yet, in a demo market only; how many."""
    if not all(exists(member) for member in (*GROWERS, *BUYERS)):
        return 0
    return sum(_publish(each) for each in articles())


def _publish(article: DemoArticle) -> bool:
    """Whether it was new; one that was begun and not finished is finished."""
    edition = news.draft_article(
        actor=WRITER, key=f"demo-{article['key']}", text=_text(article, corrected=False)
    )
    row = edition_by_id(edition)
    if row.state not in (EditionState.DRAFT, EditionState.SUBMITTED):
        return False
    if row.state == EditionState.DRAFT:
        news.submit_edition(edition, actor=WRITER, revision=row.revision)
    news.publish_edition(edition, actor=PUBLISHER, revision=row.revision, reason=REASON)
    if "correction" in article:
        _correct(row.article_id, article)
    return True


def _correct(article_id: int, article: DemoArticle) -> None:
    edition = news.correct_article(article_id, actor=WRITER)
    revision = edition_by_id(edition).revision
    news.save_edition(edition, actor=WRITER, revision=revision, text=_text(article, corrected=True))
    news.submit_edition(edition, actor=WRITER, revision=revision + 1)
    news.publish_edition(edition, actor=PUBLISHER, revision=revision + 1, reason=REASON)


def _text(article: DemoArticle, *, corrected: bool) -> NewsText:
    summary, body, note = article["summary_zh"], article["body_zh"], ""
    if "correction" in article:
        correction = article["correction"]
        if corrected:
            note = correction["note_zh"]
        else:
            summary, body = (
                text.replace(correction["right"], correction["wrong"]) for text in (summary, body)
            )
    english = article.get("body_en", "")
    until = calendar.now() + timedelta(days=PINNED_DAYS)
    return NewsText(
        kind=NewsKind(article["kind"]),
        category=NewsCategory(article["category"]),
        title_zh=f"{MARK_ZH}{article['title_zh']}",
        summary_zh=summary,
        body_zh=f"{body.strip()}\n\n{FOOT_ZH}",
        title_en=f"{MARK_EN}{article['title_en']}" if english else "",
        summary_en=article.get("summary_en", ""),
        body_en=f"{english.strip()}\n\n{FOOT_EN}" if english else "",
        note_zh=note,
        pinned_until=until if article.get("pinned") else None,
    )
