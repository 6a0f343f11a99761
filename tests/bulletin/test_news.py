"""The newsroom: two people publish, nothing published changes, and readers see what is theirs to see."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from exchange.bulletin import news
from exchange.bulletin import news_selectors as reading
from exchange.bulletin.markup import HTTPS, Block, Run, blocks
from exchange.bulletin.models import Article, NewsEdition, NewsStep
from exchange.bulletin.news_errors import (
    BadNewsLink,
    CorrectionSaysNothing,
    NewsStale,
    NewsWithdrawn,
    NewsWrongState,
    OwnNews,
    UnknownNews,
)
from exchange.bulletin.news_types import EditionState, NewsCategory, NewsKind, NewsText
from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from web.pages.article_html import article_html

WRITER, CHECKER, THIRD = Actor("writer"), Actor("checker"), Actor("third")


def text(**changed: Any) -> NewsText:
    """A notice, with some of it changed."""
    written: dict[str, Any] = {
        "kind": NewsKind.NOTICE,
        "category": NewsCategory.MARKET,
        "title_zh": "国庆休市安排",
        "summary_zh": "十月一日至七日休市。",
        "body_zh": "十月一日至七日休市，八日开市。",
    }
    return NewsText(**{**written, **changed})


def published(key: str = "one", **changed: Any) -> int:
    """A published article's id."""
    edition = news.draft_article(actor=WRITER, key=key, text=text(**changed))
    return publish(edition)


def publish(edition_id: int) -> int:
    """Submits and publishes an edition; its article's id."""
    row = reading.edition_by_id(edition_id)
    news.submit_edition(edition_id, actor=WRITER, revision=row.revision)
    news.publish_edition(edition_id, actor=CHECKER, revision=row.revision, reason="核对无误")
    return row.article_id


def correct(article: int, **changed: Any) -> int:
    """A saved draft of the next version."""
    edition = news.correct_article(article, actor=WRITER)
    revision = reading.edition_by_id(edition).revision
    news.save_edition(edition, actor=WRITER, revision=revision, text=text(note_zh="日期有误", **changed))
    return edition


@pytest.mark.django_db
def test_two_people_publish_what_both_have_seen() -> None:
    edition = news.draft_article(actor=WRITER, key="one", text=text())
    assert news.draft_article(actor=WRITER, key="one", text=text(title_zh="再发一次")) == edition
    news.save_edition(edition, actor=THIRD, revision=1, text=text(title_zh="国庆节休市安排"))
    with pytest.raises(NewsStale):
        news.save_edition(edition, actor=WRITER, revision=1, text=text(title_zh="旧页面"))
    with pytest.raises(NewsStale):
        news.submit_edition(edition, actor=WRITER, revision=1)
    news.submit_edition(edition, actor=CHECKER, revision=2)
    with pytest.raises(NewsWrongState):
        news.save_edition(edition, actor=WRITER, revision=2, text=text())
    for hand in (WRITER, THIRD, CHECKER):
        with pytest.raises(OwnNews):
            news.publish_edition(edition, actor=hand, revision=2, reason="自己发布")
    assert reading.published() == []
    with pytest.raises(UnknownNews):
        reading.article_by_id(reading.edition_by_id(edition).article_id)

    news.send_back(edition, actor=Actor("fourth"), revision=2, reason="补充集合竞价时间")
    news.submit_edition(edition, actor=WRITER, revision=2)
    news.publish_edition(edition, actor=Actor("fourth"), revision=2, reason="核对无误")
    (row,) = reading.published()
    assert (row.text.title_zh, row.version) == ("国庆节休市安排", 1)
    verbs = [step.verb for step in reading.steps_of([edition])]
    assert verbs == ["draft", "save", "submit", "send_back", "submit", "publish"]
    assert audit.verify() == []


@pytest.mark.django_db
def test_a_correction_says_so_and_the_earlier_version_stays_readable() -> None:
    article = published()
    edition = news.correct_article(article, actor=WRITER)
    assert news.correct_article(article, actor=THIRD) == edition, "one correction at a time"
    with pytest.raises(CorrectionSaysNothing):
        news.submit_edition(edition, actor=WRITER, revision=1)
    news.save_edition(edition, actor=WRITER, revision=1, text=text(title_zh="新标题", note_zh="日期写错"))
    assert reading.article_by_id(article).current.version == 1
    publish(edition)
    page = reading.article_by_id(article)
    assert (page.current.version, page.current.text.note_zh) == (2, "日期写错")
    assert [row.text.title_zh for row in page.versions] == ["新标题", "国庆休市安排"]
    assert reading.article_version(article, 1)[1].text.title_zh == "国庆休市安排"
    with pytest.raises(UnknownNews):
        reading.article_version(article, 3)
    assert [row.version for row in reading.published()] == [2]
    assert reading.published()[0].shown_from == page.versions[-1].published_from


@pytest.mark.django_db
def test_what_has_its_time_in_the_future_shows_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = calendar.now()
    tomorrow = now + timedelta(days=1)
    article = published(publish_at=tomorrow, pinned_until=tomorrow + timedelta(days=2))
    assert (reading.published(), reading.pinned()) == ([], [])
    with pytest.raises(UnknownNews):
        reading.article_by_id(article)
    later = correct(published("two"), title_zh="改期", publish_at=tomorrow)
    stands = publish(later)
    at(monkeypatch, tomorrow - timedelta(seconds=1))
    assert [row.text.title_zh for row in reading.published()] == ["国庆休市安排"]
    at(monkeypatch, tomorrow + timedelta(seconds=1))
    assert [row.id for row in reading.pinned()] == [article]
    assert [(row.id, row.version) for row in reading.published()] == [(article, 1), (stands, 2)]
    at(monkeypatch, tomorrow + timedelta(days=3))
    assert reading.pinned() == []


@pytest.mark.django_db
def test_a_scheduled_correction_that_another_overtook_never_showed(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = calendar.now() + timedelta(days=1)
    article = published()
    publish(correct(article, title_zh="明天的", publish_at=tomorrow))
    publish(correct(article, title_zh="今天的"))
    at(monkeypatch, tomorrow + timedelta(days=1))
    page = reading.article_by_id(article)
    assert [row.text.title_zh for row in page.versions] == ["今天的", "国庆休市安排"]
    with pytest.raises(UnknownNews):
        reading.article_version(article, 2)


@pytest.mark.django_db
def test_a_pin_is_taken_off_and_a_later_version_is_pinned_again() -> None:
    until = calendar.now() + timedelta(days=5)
    article = published(pinned_until=until)
    with pytest.raises(NewsWrongState):
        news.unpin_article(published("two"), actor=WRITER, reason="没有置顶")
    news.unpin_article(article, actor=WRITER, reason="已经过时")
    assert reading.pinned() == []
    assert len(reading.published()) == 2
    with pytest.raises(NewsWrongState):
        news.unpin_article(article, actor=WRITER, reason="再取消")
    publish(correct(article, pinned_until=until))
    assert [row.version for row in reading.pinned()] == [2]


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The clock stands there from now on."""
    monkeypatch.setattr(calendar, "now", lambda: moment)


@pytest.mark.django_db
def test_a_withdrawal_is_final_keeps_the_text_and_ends_what_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    article = published()
    scheduled = publish(correct(article, publish_at=calendar.now() + timedelta(days=1)))
    open_one = correct(article, title_zh="再改")
    news.withdraw_article(article, actor=WRITER, reason="所引数据有误", hide_text=True)
    assert scheduled == article
    page = reading.article_by_id(article)
    assert page.withdrawal is not None
    assert (page.withdrawal.reason, page.withdrawal.text_hidden) == ("所引数据有误", True)
    assert page.current.text.body_zh
    assert reading.published() == []
    assert reading.edition_by_id(open_one).state == EditionState.DISCARDED
    for again in (
        lambda: news.withdraw_article(article, actor=WRITER, reason="再撤一次"),
        lambda: news.correct_article(article, actor=WRITER),
    ):
        with pytest.raises(NewsWithdrawn):
            again()
    at(monkeypatch, calendar.now() + timedelta(days=2))
    assert [row.version for row in reading.article_by_id(article).versions] == [1], "its time never came"
    draft = news.draft_article(actor=WRITER, key="three", text=text())
    with pytest.raises(NewsWrongState):
        news.withdraw_article(reading.edition_by_id(draft).article_id, actor=WRITER, reason="没有发布")


@pytest.mark.django_db
def test_history_stands_in_the_tables_too() -> None:
    article = published()
    editions, articles = NewsEdition.objects.all(), Article.objects.all()
    draft = NewsEdition.objects.get(pk=correct(article))
    other = news.draft_article(actor=WRITER, key="two", text=text())
    news.submit_edition(other, actor=WRITER, revision=1)
    forbidden = [
        lambda: editions.filter(state="published").update(body_zh="改写"),
        lambda: editions.filter(state="published").update(state="draft"),
        lambda: editions.filter(state="submitted").update(title_zh="改写"),
        lambda: editions.filter(state="submitted").update(
            state="published",
            decided_by="writer",
            decided_at=calendar.now(),
            published_from=calendar.now(),
        ),
        lambda: editions.filter(pk=draft.pk).update(state="published"),
        lambda: editions.filter(pk=draft.pk).update(source_url="http://example.com", source_name="某站"),
        lambda: editions.filter(pk=draft.pk).delete(),
        lambda: articles.filter(pk=article).update(shown_from=None),
        lambda: articles.filter(pk=article).update(withdrawn_at=calendar.now()),
        lambda: NewsStep.objects.update(actor="somebody"),
        lambda: NewsStep.objects.all().delete(),
    ]
    for deed in forbidden:
        with pytest.raises(IntegrityError), transaction.atomic():
            deed()
    news.withdraw_article(article, actor=WRITER, reason="所引数据有误")
    with pytest.raises(IntegrityError), transaction.atomic():
        articles.filter(pk=article).update(withdrawn_at=None, withdrawn_by="", withdrawal_reason="")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"title_zh": " "}, BadParameter),
        ({"title_zh": "长" * 81}, BadParameter),
        ({"title_zh": "两\n行"}, BadParameter),
        ({"body_zh": "控制\x00符"}, BadParameter),
        ({"body_zh": "看不\u200b见"}, BadParameter),
        ({"title_zh": "分隔\x1f符"}, BadParameter),
        ({"summary_en": "No title"}, BadParameter),
        ({"source_url": "https://example.com/a"}, BadParameter),
        ({"source_name": "某报", "source_url": "javascript:alert(1)"}, BadNewsLink),
        ({"source_name": "某报", "source_url": "http://example.com/"}, BadNewsLink),
        ({"body_zh": "见 [这里](http://example.com)"}, BadNewsLink),
        ({"body_zh": "见 [这里](javascript:alert)"}, BadNewsLink),
        ({"publish_at": calendar.now() + timedelta(days=500)}, BadParameter),
        ({"note_zh": "第一版没有可更正的"}, BadParameter),
    ],
)
def test_what_cannot_be_a_text_is_refused_whole(changed: dict[str, Any], error: type[JinguoError]) -> None:
    with pytest.raises(error):
        news.draft_article(actor=WRITER, key="one", text=text(**changed))
    assert not Article.objects.exists()


@pytest.mark.django_db
def test_blanks_as_chinese_is_set_with_are_text() -> None:
    published(title_zh="公告\u3000第一号", body_zh="\u3000\u3000第一段\n\u3000\u3000第二段\xa0末")
    (row,) = reading.published()
    assert row.text.title_zh == "公告\u3000第一号"
    assert [block.lines for block in blocks(row.text.body_zh)] == [((Run("第一段"),), (Run("第二段\xa0末"),))]


@pytest.mark.django_db
def test_lists_filter_search_and_page() -> None:
    ids = [published(f"n{number}", title_zh=f"公告第{number}号") for number in range(5)]
    weather = published(
        "w", kind=NewsKind.GROWING, title_zh="旬邑寒潮", title_en="Cold spell", body_en="Cold."
    )
    assert [row.id for row in reading.published(limit=2)] == [weather, ids[4]]
    assert [row.id for row in reading.published(before=ids[4], limit=2)] == [ids[3], ids[2]]
    assert [row.id for row in reading.published(kinds=[NewsKind.GROWING])] == [weather]
    assert [row.id for row in reading.published(search="cold 旬邑")] == [weather]
    assert reading.published(search="%") == []
    assert reading.published(before=10**18) == []
    assert [row.state for row in reading.editions(state="published", search="第3号")] == ["published"]
    for number in (0, -1, 2**63, 10**30):
        with pytest.raises(UnknownNews):
            reading.article_by_id(number)


# Texts -----------------------------------------------------------------------------------------------


def test_markup_is_the_little_it_says() -> None:
    made = blocks(
        "# 标题\n\n第一段**重点**。\n第二行 [指数](https://example.com/a?b=1)\n\n第二段\n"
        "- 一\n\n- 二\n1. 甲\n2、乙"
    )
    assert made == (
        Block("h2", ((Run("标题"),),)),
        Block(
            "p",
            (
                (Run("第一段"), Run("重点", bold=True), Run("。")),
                (Run("第二行 "), Run("指数", link="https://example.com/a?b=1")),
            ),
        ),
        Block("p", ((Run("第二段"),),)),
        Block("ul", ((Run("一"),), (Run("二"),))),
        Block("ol", ((Run("甲"),), (Run("乙"),))),
    )


def test_a_price_begins_no_list_and_numbers_stay_as_written() -> None:
    assert [
        (block.kind, block.start) for block in blocks("3.85 元/斤\n1、甲\n说明\n2. 乙\n3. 丙\n7、丁")
    ] == [
        ("p", 1),
        ("ol", 1),
        ("p", 1),
        ("ol", 2),
        ("ol", 7),
    ]
    assert blocks("3.85 元/斤")[0].lines == ((Run("3.85 元/斤"),),)
    assert len(blocks("一段\n\n" * 3_000)) == 3_000, "nothing of a long text is dropped"
    assert article_html("甲\n<乙>\n\n丙") == "<p>甲<br>&lt;乙&gt;</p>\n<p>丙</p>"
    assert article_html("2. 乙\n3. 丙") == '<ol start="2"><li>乙</li><li>丙</li></ol>'


@given(
    st.lists(
        st.sampled_from(["[a](", "https://", "x.cn/", ")", "**", "<b>", "\n", "- ", "javascript:", '"', "文"])
    )
)
def test_whatever_is_written_links_lead_to_https_and_no_word_is_lost(parts: list[str]) -> None:
    written = "".join(parts)
    runs = [run for block in blocks(written) for line in block.lines for run in line]
    assert all(not run.link or HTTPS.fullmatch(run.link) for run in runs)
    shown = "".join(run.text for run in runs)
    assert shown.count("文") == written.count("文")
    assert shown.count("<b>") == written.count("<b>")


# Any order of deeds ----------------------------------------------------------------------------------

PEOPLE = st.sampled_from([WRITER, CHECKER, THIRD])


class Newsroom(RuleBasedStateMachine):
    """Three people do anything to one article; what the public reads was always seen by two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        edition = news.draft_article(actor=WRITER, key="machine", text=text())
        self.article = reading.edition_by_id(edition).article_id
        self.seen: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @rule(who=PEOPLE, verb=st.sampled_from(["save", "submit", "publish", "back", "discard", "correct"]))
    def deed(self, who: Actor, verb: str) -> None:
        row = reading.editions_of(self.article)[0]
        seen = {"actor": who, "revision": row.revision}
        note = "更正" if row.version > 1 else ""
        deeds = {
            "save": lambda: news.save_edition(
                row.id, text=text(body_zh=f"{row.revision}", note_zh=note), **seen
            ),
            "submit": lambda: news.submit_edition(row.id, **seen),
            "publish": lambda: news.publish_edition(row.id, reason="核对", **seen),
            "back": lambda: news.send_back(row.id, reason="再改", **seen),
            "discard": lambda: news.discard_edition(row.id, actor=who, reason="不发"),
            "correct": lambda: news.correct_article(self.article, actor=who),
        }
        try:
            deeds[verb]()
        except (NewsWrongState, OwnNews, CorrectionSaysNothing, NewsWithdrawn):
            return

    @rule(who=PEOPLE)
    def withdraw(self, who: Actor) -> None:
        try:
            news.withdraw_article(self.article, actor=who, reason="撤回")
        except (NewsWrongState, NewsWithdrawn):
            return

    @invariant()
    def readers_see_what_two_people_saw_and_it_never_changes(self) -> None:
        rows = reading.editions_of(self.article)
        assert sum(row.state in ("draft", "submitted") for row in rows) <= 1
        for row in rows:
            if row.state == EditionState.PUBLISHED:
                assert row.decided_by not in {"", row.written_by, row.submitted_by}
                assert self.seen.setdefault(row.version, row.text.digest) == row.text.digest
        shown = reading.published()
        newest = max(self.seen, default=0)
        withdrawn = rows[0].withdrawn_at is not None
        assert [row.version for row in shown] == ([newest] if newest and not withdrawn else [])


@pytest.mark.django_db
def test_any_order_of_deeds() -> None:
    run_state_machine_as_test(
        Newsroom, settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )
