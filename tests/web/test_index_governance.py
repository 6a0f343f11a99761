"""Consultations and complaints about the index, as people see and do them."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM, Actor, verify
from exchange.price_index.complaints import file_complaint
from exchange.price_index.governance_types import NewComplaint
from exchange.price_index.publication import propose_value, release
from exchange.price_index.services import compute, define_index
from exchange.price_index.types import HEADLINE, NewIndexCell
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from web.pages.visitors import forget_visitors

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _index(market: TableExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar, "today", lambda: TODAY)
    forget_visitors()
    product = market.products[0]
    define_index(
        actor=SYSTEM,
        code=HEADLINE,
        name_zh="咸阳苹果价格指数",
        name_en="Xianyang Apple Price Index",
        base_day=TODAY,
        cells=[NewIndexCell(product.number, product.code, 10_000, 720, 0)],
    )


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def act(client: Client, path: str, **fields: str) -> str:
    return client.post(path, fields, follow=True).content.decode()


DRAFT = {
    "subject": "parameters",
    "title_zh": "三日窗口改为五日",
    "title_en": "Five days instead of three",
    "change_zh": "成交窗口由 3 个交易日改为 5 个。",
    "change_en": "The window grows from 3 to 5 trading days if trades < 3.",
    "why_zh": "淡季成交少。",
    "why_en": "Trades are few off season.",
    "comment_days": "20",
    "effective_from": "2027-01-04",
    "reason": "年度检视",
}


def test_a_consultation_from_draft_to_reply(
    market: TableExchange, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, second, dealer = log_in(), log_in(role="second"), log_in(market.dealers[0])
    assert "还没有征求过意见" in page(Client(), "/index/consultations/")
    short = desk.post("/console/index/consultations/propose/", {**DRAFT, "comment_days": "19"})
    assert short.status_code == 422
    assert "淡季成交少" in short.content.decode()
    html = act(desk, "/console/index/consultations/propose/", **DRAFT)
    (number,) = re.findall(r'data-consultation="([^"]+)"', html)
    public, desk_page = f"/index/consultations/{number}/", f"/console/index/consultations/{number}/"
    assert Client().get(public).status_code == 404
    assert "不能复核自己的提案" in act(desk, f"{desk_page}act/", verb="open", reason="自己公开")
    assert "2026-12-10 截止" in act(second, f"{desk_page}act/", verb="open", reason="同意公开")
    assert "三日窗口改为五日" in page(Client(), "/index/")
    assert "三日窗口改为五日" in page(Client(), "/index/method/")
    assert "登录后可以提意见" in page(Client(), public)

    key = re.search(r'name="key" value="(\w+)"', page(dealer, public))
    assert key is not None
    for _ in range(2):
        act(dealer, f"{public}comment/", text="<b>同意</b>，请尽快", key=key[1])
    act(dealer, f"{public}comment/", text="只给经营者看", key="second", private="1")
    said = page(Client(), public)
    assert said.count("data-comment=") == 2
    assert "&lt;b&gt;同意" in said
    assert "只给经营者看" not in said
    assert "只给经营者看" in page(second, desk_page)
    refused = dealer.post(f"{public}comment/", {"text": "短" * 2_001, "key": "third"})
    assert (refused.status_code, "2 至 2000 字" in refused.content.decode()) == (422, True)
    assert "不参与征求意见" in act(desk, f"{public}comment/", text="我也说", key="desk")
    assert Client().post(f"{public}comment/", {"text": "陌生人"}).status_code == 302
    act(second, f"{desk_page}act/", verb="take_down", subject="1", reason="重复发言")
    assert "重复发言" in page(Client(), public)

    monkeypatch.setattr(calendar, "today", lambda: TODAY + timedelta(days=21))
    decision = {"outcome": "adopted", "version": "9.1", "effective_from": "2027-01-04", "reason": "采纳"}
    decision |= {"reply_zh": "多数赞成，按原稿采纳。", "reply_en": "Most agreed; adopted as announced."}
    proposed = act(desk, f"{desk_page}act/", verb="propose_decision", **decision)
    (made,) = re.findall(r'data-decision="(\d+)"', proposed)
    assert "多数赞成" not in page(Client(), public)
    act(second, f"{desk_page}act/", verb="approve_decision", subject=made, reason="同意")
    assert "多数赞成" in page(Client(), public)
    assert "9.1" in page(Client(), "/index/method/")
    assert "多数赞成" in page(Client(), "/index/consultations/consultations.csv")
    assert "desk-second" in page(desk, "/console/index/consultations/export.csv")
    feed = Client().get("/index/consultations/feed.xml?lang=en")
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert "Five days instead of three · Adopted" in feed.content.decode()
    assert "if trades &amp;lt; 3.&lt;/p&gt;" in feed.content.decode()  # HTML, as Atom's summary says it is
    listed = Client().get("/api/v1/index/consultations").json()["items"]
    read = Client().get(f"/api/v1/index/consultations/{number}").json()
    assert [each["number"] for each in listed] == [number]
    assert read["decision"]["method_version"] == "9.1"
    assert [each["text"] for each in read["said"]] == [None, None]
    assert Client().get("/api/v1/index/consultations/ZQ1").status_code == 404
    assert verify() == []


def test_a_visitor_complains_follows_it_and_the_register_names_nobody(
    market: TableExchange, log_in: LogIn
) -> None:
    compute(TODAY)
    release(propose_value(TODAY, actor=Actor("desk-admin"), reason="收市核对"), actor=Actor("desk-second"))
    desk, judge = log_in(), log_in(role="judge")
    assert f"/index/complaints/new/?day={TODAY}" in page(Client(), f"/index/{TODAY}/")
    form = page(Client(), f"/index/complaints/new/?day={TODAY}")
    key = re.search(r'name="key" value="(\w+)"', form)
    assert key is not None
    fields = {"subject": "trades", "day": f"{TODAY}", "text": "漏了<b>一笔</b>成交", "key": key[1]}
    fields |= {"contact_name": "王女士", "contact_phone": "13800138000"}
    refused = Client().post("/index/complaints/new/", {**fields, "contact_phone": "1"})
    assert refused.status_code == 422
    assert "王女士" in refused.content.decode()
    address = Client().post("/index/complaints/new/", fields)["Location"]
    found = re.fullmatch(r"/index/complaints/(ZT\d+-\d+)/(\w{12})/", address)
    assert found is not None
    number, code = found.groups()
    receipt = page(Client(), address)
    assert code in receipt
    assert "漏了&lt;b&gt;" in receipt
    assert Client().get(f"/index/complaints/{number}/").status_code == 404
    assert Client().get(f"/index/complaints/{number}/{'0' * 12}/").status_code == 404
    asked = Client().get("/index/complaints/find/", {"number": number, "code": code})
    assert asked["Location"] == address
    for text in (page(Client(), "/index/complaints/"), page(Client(), "/index/complaints/complaints.csv")):
        assert number in text
        assert not any(secret in text for secret in ("王女士", "13800138000", "漏了", code))

    act_path = "/console/index/complaints/act/"
    assert "13800138000" in page(desk, "/console/index/complaints/")
    assert "已受理" in act(desk, act_path, verb="acknowledge", subject=number)
    assert "须由其他人裁定" in page(desk, "/console/index/complaints/")
    assert "不能裁定" in act(desk, act_path, verb="reject", subject=number, reason="没有问题")
    assert "理由已告知投诉人" in act(judge, act_path, verb="reject", subject=number, reason="按方法剔除")
    assert "按方法剔除" in page(Client(), address)
    assert "按方法剔除" not in page(Client(), "/index/complaints/")
    assert "王女士" in page(desk, "/console/index/complaints/export.csv?state=")
    (line,) = Client().get("/api/v1/index/complaints").json()["items"]
    assert (line["number"], line["state"], line["overdue"]) == (number, "rejected", False)
    assert verify() == []


def test_the_register_has_days_of_beijing(monkeypatch: pytest.MonkeyPatch) -> None:
    early = datetime(2026, 11, 20, 0, 30, tzinfo=calendar.TIMEZONE)
    monkeypatch.setattr(calendar, "now", lambda: early)
    terms = NewComplaint("method", None, "说明不全", "王女士", "13800138000")
    file_complaint(terms, actor=Actor("public"), key="a" * 16)

    assert "2026-11-20" in page(Client(), "/index/complaints/complaints.csv").splitlines()[1]
    assert "2026-11-19" not in page(Client(), "/index/complaints/complaints.csv")


def test_a_member_complains_under_its_name_and_may_withdraw(market: TableExchange, log_in: LogIn) -> None:
    dealer, other = log_in(market.dealers[0]), log_in(market.dealers[1])
    fields = {"subject": "publication", "day": f"{TODAY}", "text": "五点还没有公布", "key": "k" * 32}
    address = dealer.post("/index/complaints/new/", fields)["Location"]
    assert re.fullmatch(r"/index/complaints/ZT\d+-\d+/", address)
    assert "五点还没有公布" in page(dealer, address)
    assert other.get(address).status_code == 404
    other.post(f"{address}withdraw/")
    assert "待受理" in page(dealer, address)
    act(dealer, f"{address}withdraw/")
    assert "投诉人撤回" in page(dealer, "/index/complaints/")
    assert log_in().get("/index/complaints/new/").status_code == 403


def test_members_have_no_part_in_the_desks(market: TableExchange, log_in: LogIn) -> None:
    pages = (
        "/console/index/consultations/",
        "/console/index/consultations/ZQ1/",
        "/console/index/complaints/",
    )
    acts = ("/console/index/consultations/propose/", "/console/index/complaints/act/")
    dealer = log_in(market.dealers[0])
    assert {dealer.get(path).status_code for path in pages} == {403}
    assert {dealer.post(path).status_code for path in acts} == {403}
    assert log_in(role="other").get("/console/index/consultations/ZQ1/").status_code == 404
