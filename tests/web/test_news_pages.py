"""News from the newsroom's desk to the reader: pages, feed, API, and who may do what."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.test import Client

from exchange.bulletin.news_selectors import editions
from exchange.kernel import audit, calendar
from exchange.kernel.selectors import audit_entries
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator

pytestmark = pytest.mark.django_db

DESK = "/console/news/"
ATOM = "{http://www.w3.org/2005/Atom}"
FORM = {
    "key": "form-1",
    "kind": "notice",
    "category": "market",
    "title_zh": "岁末<休市>安排",
    "summary_zh": "三十一日起休市，<b>请</b>提前安排。",
    "body_zh": "## 时间\r\n\r\n- **三十一日**休市\r\n- <script>alert(1)</script>\r\n\r\n见 [规则](https://example.com/rules)",
    "title_en": "Closing at the year's end",
    "summary_en": "Closed from the 31st.",
    "body_en": "Closed from the **31st**.",
    "verb": "save",
}


def saved(client: Client, page: str = f"{DESK}new/", **changed: str) -> int:
    """The id of the edition that the editor's form made or changed."""
    answer = client.post(page, {**FORM, **changed})
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].rstrip("/").rsplit("/", 1)[1])


def act(client: Client, edition: int, verb: str, revision: int = 1, **more: str) -> str:
    form = {"verb": verb, "subject": str(revision), "reason": "核对无误", **more}
    return client.post(f"{DESK}{edition}/act/", form, follow=True).content.decode()


def published(writer: Client, checker: Client, **changed: str) -> tuple[int, int]:
    """Ids of the edition and its article."""
    edition = saved(writer, **changed)
    act(writer, edition, "submit")
    assert "已发布" in act(checker, edition, "publish")
    return edition, editions(limit=1)[0].article_id


def test_from_the_editor_to_the_board_the_list_the_feed_and_the_api() -> None:
    writer, checker, reader = operator("maker"), operator("checker"), Client()
    preview = writer.post(f"{DESK}new/", {**FORM, "verb": "preview"}).content.decode()
    assert "<strong>三十一日</strong>" in preview
    assert editions() == []
    until = f"{calendar.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    edition = saved(writer, pinned_until=until)
    assert saved(writer, pinned_until=until) == edition, "sent twice"
    assert "岁末" not in reader.get("/news/").content.decode()
    act(writer, edition, "submit")
    assert "不能发布自己的稿件" in act(writer, edition, "publish")
    assert "刚刚被别人改过" in act(checker, edition, "publish", revision=2)
    assert "已发布" in act(checker, edition, "publish")

    article = editions()[0].article_id
    assert "board-notice" in reader.get("/").content.decode()
    assert "已取消置顶" in act(writer, edition, "unpin")
    assert "board-notice" not in reader.get("/").content.decode()
    html = reader.get(f"/news/{article}/").content.decode()
    assert "岁末&lt;休市&gt;安排" in html
    assert "<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>" in html
    assert '<a href="https://example.com/rules" rel="noopener nofollow external">规则</a>' in html
    for page in ("/", "/news/", "/news/?kind=notice", "/news/?q=三十一日\u3000休市"):
        assert f'href="/news/{article}/"' in reader.get(page).content.decode(), page
    for page in ("/news/?kind=policy", "/news/?q=没有这个词"):
        assert f'href="/news/{article}/"' not in reader.get(page).content.decode(), page
    feed = ElementTree.fromstring(reader.get("/news/feed.xml").content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [FORM["title_zh"]]
    assert "&lt;b&gt;请" in (feed.findtext(f"{ATOM}entry/{ATOM}summary") or "")  # HTML, as its type says
    english = ElementTree.fromstring(reader.get("/news/feed.xml?lang=en").content)
    assert english.findtext(f"{ATOM}entry/{ATOM}title") == FORM["title_en"]
    reader.cookies["django_language"] = "en"
    assert "Closed from the <strong>31st</strong>." in reader.get(f"/news/{article}/").content.decode()

    (row,) = reader.get("/api/v1/news?kind=notice").json()["items"]
    assert (row["id"], row["title"]["en"], row["version"]) == (article, FORM["title_en"], 1)
    assert reader.get("/api/v1/news?kind=policy").json()["items"] == []
    assert reader.get(f"/api/v1/news/{article}").json()["versions"][0]["body"]["zh"].startswith("## 时间\n")
    assert reader.get("/api/v1/news/999").json()["code"] == "unknown_news"


def test_a_correction_and_a_withdrawal_tell_the_reader() -> None:
    writer, checker, reader = operator("maker"), operator("checker"), Client()
    first, article = published(writer, checker, title_en="", summary_en="", body_en="")
    answer = writer.post(f"{DESK}{first}/correct/")
    second = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    assert "更正说明没有写" in act(writer, second, "submit")
    page = f"{DESK}{second}/"
    saved(
        writer,
        page,
        revision="1",
        title_zh="元旦休市安排",
        note_zh="日期应为一月一日",
        title_en="",
        body_en="",
        summary_en="",
    )
    stale = writer.post(page, {**FORM, "revision": "1", "title_zh": "旧页面"})
    assert stale.status_code == 409
    assert "旧页面" in stale.content.decode(), "nothing typed is lost"
    act(writer, second, "submit", revision=2)
    act(checker, second, "publish", revision=2)
    html = reader.get(f"/news/{article}/").content.decode()
    assert "日期应为一月一日" in html
    old = reader.get(f"/news/{article}/versions/1/").content.decode()
    assert "已被更正" in old
    assert "岁末" in old
    reader.cookies["django_language"] = "en"
    assert "Chinese only" in reader.get(f"/news/{article}/").content.decode()
    del reader.cookies["django_language"]

    assert "已撤回" in act(checker, second, "withdraw", reason="活动取消")
    html = reader.get(f"/news/{article}/").content.decode()
    assert "不再作为依据" in html
    assert "活动取消" in html
    assert "撤回前的原文" in html
    assert f"/news/{article}/" not in reader.get("/news/").content.decode() + reader.get("/").content.decode()
    assert reader.get(f"/api/v1/news/{article}").json()["withdrawal"]["reason"] == "活动取消"
    assert "已经撤回" in act(checker, second, "withdraw")

    private = {"title_zh": "涉及隐私", "source_name": "某甲的信"}
    hidden, article = published(writer, checker, key="form-2", **private)
    act(checker, hidden, "withdraw", reason="侵犯隐私", hide_text="1")
    for page in (f"/news/{article}/", f"/news/{article}/versions/1/", f"/api/v1/news/{article}"):
        seen = reader.get(page).content.decode()
        assert "侵犯隐私" in seen
        assert "涉及隐私" not in seen
        assert "某甲的信" not in seen
        assert "三十一日" not in seen
    assert "涉及隐私" in writer.get(f"{DESK}{hidden}/").content.decode()
    rows = list(
        csv.reader(io.StringIO(writer.get(f"{DESK}export.csv?state=withdrawn").content.decode("utf-8-sig")))
    )
    assert len(rows) == 4
    assert {row[2] for row in rows[1:]} == {"已撤回"}
    assert {"news.publish", "news.withdraw"} <= {entry.action for entry in audit_entries(limit=30)}
    assert audit.verify() == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"title_zh": ""}, "标题"),
        ({"kind": "advert"}, "类别"),
        ({"body_zh": "[这里](javascript:alert)"}, "链接不合要求"),
        ({"source_url": "http://example.com/", "source_name": "某报"}, "链接不合要求"),
        ({"publish_at": "明天"}, "发布时间"),
        ({"key": ""}, "key"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(changed: dict[str, str], message: str) -> None:
    answer = operator("maker").post(f"{DESK}new/", {**FORM, **changed})
    assert answer.status_code in {400, 422}
    assert message in answer.content.decode()
    assert "三十一日起休市" in answer.content.decode()
    assert editions() == []


def test_only_the_operator_writes_and_nobody_reads_what_is_not_published(
    market: TableExchange, log_in: LogIn
) -> None:
    writer = operator("maker")
    edition = saved(writer)
    for client, status in ((Client(), 302), (log_in(market.dealers[0]), 403)):
        for path in (DESK, f"{DESK}new/", f"{DESK}{edition}/", f"{DESK}export.csv"):
            assert client.get(path).status_code == status
        for path in (
            f"{DESK}new/",
            f"{DESK}{edition}/",
            f"{DESK}{edition}/act/",
            f"{DESK}{edition}/correct/",
        ):
            assert client.post(path, {**FORM, "verb": "submit", "subject": "1"}).status_code == status
    assert [row.state for row in editions()] == ["draft"]
    article = editions()[0].article_id
    for path in (f"/news/{article}/", f"/news/{article}/versions/1/", "/news/99999999999999999999/"):
        assert Client().get(path).status_code == 404
    assert Client().get("/news/?cursor=x").status_code == 422
    assert writer.get(f"{DESK}99999999999999999999/").status_code == 404
