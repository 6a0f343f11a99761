"""The operator's console: every action has its person and its reason."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM, Actor, verify
from exchange.kernel.selectors import audit_entries
from exchange.markets import services, session_proposals
from exchange.markets.selectors import current_session, product_by_code
from exchange.markets.types import SessionDeed
from exchange.members.selectors import member_by_account_no
from exchange.price_index.publication import propose_value, release
from exchange.price_index.selectors import latest
from exchange.price_index.services import compute, define_index
from exchange.price_index.types import HEADLINE, NewIndexCell
from exchange.trading.selectors import product_trades
from matching.types import Phase
from settlement.reconciliation import reconcile
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db

PAGES = (
    "/console/",
    "/console/members/",
    "/console/halls/",
    "/console/index/",
    "/console/bank/",
    "/console/health/",
    "/console/audit/",
)
ACTIONS = (
    "/console/session/",
    "/console/session/decide/",
    "/console/members/act/",
    "/console/index/propose/",
    "/console/index/decide/",
    "/console/index/compute/",
)


def act(client: Client, path: str, **fields: str) -> str:
    response = client.post(path, fields, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def waiting(html: str) -> list[str]:
    """Numbers of the proposals on the page that wait."""
    return re.findall(r'data-proposal="(\d+)"', html)


class Desk:
    """Two operators: what one proposes the other approves."""

    def __init__(self, log_in: LogIn) -> None:
        self.first, self.second = log_in(), log_in(role="second")

    def propose(self, verb: str, subject: str = "", reason: str = "经办") -> str:
        html = act(self.first, "/console/session/", verb=verb, subject=subject, reason=reason)
        assert "等待另一人复核" in html, html
        return waiting(html)[0]

    def decide(self, client: Client, verb: str, number: str, reason: str = "复核") -> str:
        return act(client, "/console/session/decide/", verb=verb, subject=number, reason=reason)

    def both(self, verb: str, subject: str = "", reason: str = "经办") -> str:
        return self.decide(self.second, "approve", self.propose(verb, subject, reason))


@pytest.fixture
def desk(log_in: LogIn) -> Desk:
    return Desk(log_in)


def test_members_have_no_console(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.dealers[0])
    assert {client.get(path).status_code for path in PAGES} == {403}


def test_members_and_strangers_cannot_act(market: TableExchange, log_in: LogIn) -> None:
    fields = {"verb": "close", "reason": "收市", "subject": "G000", "day": "2026-11-20"}
    client = log_in(market.dealers[0])
    assert {client.post(path, fields).status_code for path in ACTIONS} == {403}
    assert {Client().post(path, fields)["Location"].partition("?")[0] for path in ACTIONS} == {
        "/accounts/login/"
    }
    assert current_session() is not None


def test_actions_are_not_done_by_looking(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    assert {client.get(path).status_code for path in ACTIONS} == {405}


def test_every_page_opens(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    for path in PAGES:
        html = client.get(path).content.decode()
        assert 'aria-current="page"' in html, path
        assert not re.search(r"<script(?![^>]*src=)(?![^>]*application/json)", html), path


# Sessions --------------------------------------------------------------------------------------------


def test_close_and_open_again_with_reasons_and_a_second_person(market: TableExchange, desk: Desk) -> None:
    number = desk.propose("close", reason="日终收市")
    assert current_session() is not None
    assert "不能复核自己的提案" in desk.decide(desk.first, "approve", number)
    assert current_session() is not None
    assert "已收市" in desk.decide(desk.second, "approve", number)
    assert current_session() is None
    assert "已经处理" in desk.decide(desk.second, "approve", number)
    assert "已开市" in desk.both("open", reason="次日开市")
    entry = audit_entries(limit=1)[0]
    assert (entry.actor, entry.action, entry.reason, entry.ip) == (
        "desk-second",
        "session.open",
        "次日开市（经办 desk-admin）",
        "127.0.0.1",
    )
    assert verify() == []


def test_a_proposal_is_refused_withdrawn_and_made_once(market: TableExchange, desk: Desk) -> None:
    number = desk.propose("close")
    again = act(desk.second, "/console/session/", verb="close", reason="我也来")
    assert "已有同类提案" in again
    assert "只有提出人可以撤回" in desk.decide(desk.second, "withdraw", number)
    assert "提案已驳回" in desk.decide(desk.second, "refuse", number)
    assert "提案已撤回" in desk.decide(desk.first, "withdraw", desk.propose("close"))
    assert current_session() is not None


def test_a_proposal_nobody_decided_in_time_is_not_carried_out(
    market: TableExchange, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, late = desk.propose("close"), calendar.now() + session_proposals.VALID + timedelta(seconds=1)
    monkeypatch.setattr(session_proposals.calendar, "now", lambda: late)
    assert "现行值已经改变" in desk.decide(desk.second, "approve", number)
    assert current_session() is not None
    assert desk.propose("close") != number


@pytest.mark.parametrize(
    ("deed", "clock_time", "planned"),
    [
        (SessionDeed.OPEN, "09:30", True),
        (SessionDeed.OPEN, "12:00", False),
        (SessionDeed.CLOSE, "10:00", False),
        (SessionDeed.CLOSE, "16:05", True),
        (SessionDeed.CLOSE, "12:00", False),
        (SessionDeed.MIDDAY, "12:00", True),
        (SessionDeed.RESUME, "09:30", False),
        (SessionDeed.END_CALL, "09:30", False),
    ],
)
def test_one_person_may_do_what_the_calendar_plans_where_the_clock_keeps_it(
    settings: Settings, deed: SessionDeed, clock_time: str, planned: bool
) -> None:
    moment = calendar.ns_of(datetime.fromisoformat(f"2026-11-20T{clock_time}:00+08:00"))
    assert session_proposals.needs_two(deed, moment)
    settings.SESSIONS_BY_CALENDAR = True
    assert session_proposals.needs_two(deed, moment) is not planned


@pytest.mark.parametrize("reason", ["", "x", "长" * 301, "零\x00"])
def test_nothing_happens_without_a_reason(reason: str, market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    assert "reason" in act(client, "/console/session/", verb="close", reason=reason)
    act(client, "/console/members/act/", verb="suspend", subject="G000", reason=reason)
    assert current_session() is not None
    assert member_by_account_no(market.growers[0]).status == "active"


def test_one_person_halts_and_two_resume(market: TableExchange, desk: Desk) -> None:
    html = act(desk.first, "/console/session/", verb="halt", subject="FUJI-70", reason="价格异常")
    assert "已暂停该品种" in html
    assert "价格异常" in html
    assert [product_by_code(code).phase for code in ("FUJI-70", "FUJI-71")] == [
        Phase.HALTED,
        Phase.CONTINUOUS,
    ]
    desk.both("resume", "FUJI-70", "核查完毕")
    assert product_by_code("FUJI-70").phase == Phase.CONTINUOUS


@pytest.mark.parametrize(("verb", "subject"), [("resume_all", ""), ("resume", "FUJI-70")])
def test_nobody_resumes_past_a_halt_that_came_after_the_proposal(
    verb: str, subject: str, market: TableExchange, desk: Desk
) -> None:
    act(desk.first, "/console/session/", verb="halt", subject="FUJI-70", reason="先停一个")
    number = desk.propose(verb, subject)
    desk.both("resume_with_call" if verb == "resume" else "resume", "FUJI-70")
    act(desk.first, "/console/session/", verb="halt", subject="FUJI-70", reason="又有异常")
    assert "现行值已经改变" in desk.decide(desk.second, "approve", number)
    assert product_by_code("FUJI-70").phase == Phase.HALTED
    desk.decide(desk.first, "withdraw", number)
    desk.both(verb, subject)
    assert not product_by_code("FUJI-70").halted


@pytest.mark.parametrize(("verb", "subject"), [("end_all_calls", ""), ("end_call", "FUJI-70")])
def test_nobody_ends_a_call_that_began_after_the_proposal(
    verb: str, subject: str, market: TableExchange, desk: Desk
) -> None:
    act(desk.first, "/console/session/", verb="begin_call", subject="FUJI-70", reason="大额委托")
    number = desk.propose(verb, subject)
    services.end_call(actor=SYSTEM, code="FUJI-70", reason="到时")
    act(desk.second, "/console/session/", verb="begin_call", subject="FUJI-70", reason="又有异常")
    assert "现行值已经改变" in desk.decide(desk.second, "approve", number)
    assert product_by_code("FUJI-70").phase == Phase.CALL
    desk.decide(desk.first, "withdraw", number)
    desk.both(verb, subject)
    assert product_by_code("FUJI-70").phase == Phase.CONTINUOUS


def test_halt_and_resume_everything(market: TableExchange, desk: Desk) -> None:
    act(desk.first, "/console/session/", verb="halt", subject="FUJI-70", reason="先停一个")
    act(desk.first, "/console/session/", verb="halt_all", reason="全部暂停")
    assert {product_by_code(code).phase for code in ("FUJI-70", "FUJI-71")} == {Phase.HALTED}
    desk.both("resume_all")
    assert {product_by_code(code).phase for code in ("FUJI-70", "FUJI-71")} == {Phase.CONTINUOUS}


@pytest.mark.parametrize(
    ("verb", "subject", "message"),
    [
        ("open", "", "已"),
        ("halt", "NONE", "没有此品种"),
        ("explode", "", "参数"),
        ("resume", "FUJI-70", "FUJI-70"),
    ],
)
def test_what_cannot_be_done_is_explained(
    verb: str, subject: str, message: str, market: TableExchange, log_in: LogIn
) -> None:
    html = act(log_in(), "/console/session/", verb=verb, subject=subject, reason="试一下")
    notice = re.search(r'notice--danger".*?<p>(.*?)</p>', html, re.DOTALL)
    assert notice is not None
    assert message in notice[1]


# Members ---------------------------------------------------------------------------------------------


def test_suspend_and_reinstate(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    html = act(client, "/console/members/act/", verb="suspend", subject="G000", reason="资料过期")
    assert "资料过期" in html
    assert member_by_account_no(market.growers[0]).status == "suspended"
    act(client, "/console/members/act/", verb="reinstate", subject="G000", reason="已补资料")
    assert member_by_account_no(market.growers[0]).status == "active"


@pytest.mark.parametrize(("query", "count"), [("", 4), ("q=D00", 2), ("kind=grower", 2), ("q=nobody", 0)])
def test_members_are_found(query: str, count: int, market: TableExchange, log_in: LogIn) -> None:
    html = log_in().get(f"/console/members/?{query}").content.decode()
    assert html.count("data-member=") == count


# Index -----------------------------------------------------------------------------------------------


def test_draft_then_published_with_evidence(
    market: TableExchange, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = market.products[0]
    define(market)
    for grower, dealer in ((0, 0), (1, 1), (0, 1)):
        market.floor.batch(sell(market.growers[grower], product.number, 792, 2_000))
        market.floor.batch(buy(market.dealers[dealer], product.number, 792, 2_000))
    market.settle()
    client, second, day = log_in(), log_in(role="second"), "2026-11-20"
    monkeypatch.setattr(calendar, "today", lambda: date.fromisoformat(day))
    assert "已试算" in act(client, "/console/index/compute/", day=day)
    assert "收市核对" in act(client, "/console/index/propose/", verb="value", subject=day, reason="收市核对")
    looked_at = second.get(f"/console/index/?day={day}").content.decode()
    assert ("与证据一致" in looked_at, "与公布值一致" in looked_at) == (True, False)
    number = waiting(looked_at)[0]
    decide = {"subject": number, "day": day}
    assert "不能复核自己的提案" in act(client, "/console/index/decide/", verb="release", **decide)
    assert latest() is None
    assert "已公布" in act(second, "/console/index/decide/", verb="release", **decide)
    published = latest()
    assert published is not None
    assert published.value == 110_000
    public = Client().get(f"/index/{day}/").content.decode()
    assert "1,100.00" in public
    assert "与公布值一致" in public
    assert "与公布值一致" in client.get(f"/console/index/?day={day}").content.decode()
    assert audit_entries(search="index.provisional")[0].reason == "收市核对"
    assert "desk-second" in client.get("/console/index/publications.csv").content.decode()
    again = act(client, "/console/index/propose/", verb="revision", subject=day, reason="再算一遍")
    assert "与现行值相同" in again


def test_a_revision_shows_both_sides_and_its_reason_to_everybody(
    market: TableExchange, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    product, day = market.products[0], date(2026, 11, 20)
    monkeypatch.setattr(calendar, "today", lambda: day)
    define(market)
    compute(day)
    release(propose_value(day, actor=Actor("a"), reason="收市核对"), actor=Actor("b"))
    for grower, dealer in ((0, 0), (1, 1), (0, 1)):
        market.floor.batch(sell(market.growers[grower], product.number, 792, 2_000))
        market.floor.batch(buy(market.dealers[dealer], product.number, 792, 2_000))
    market.settle()
    client, second = log_in(), log_in(role="second")
    page = act(client, "/console/index/propose/", verb="revision", subject=f"{day}", reason="补登成交")
    assert "第 1 次修订" in page
    assert "1,000.00" in page
    assert "1,100.00" in page
    number = waiting(page)[0]
    act(second, "/console/index/decide/", verb="release", subject=number, day=f"{day}")
    public = Client().get(f"/index/{day}/").content.decode()
    assert "补登成交" in public
    before = Client().get(f"/index/{day}/?revision=0").content.decode()
    assert "后来修订过" in before
    assert "1,000.00" in before
    assert Client().get(f"/index/{day}/?revision=x").status_code == 404


def define(market: TableExchange) -> None:
    product = market.products[0]
    define_index(
        actor=SYSTEM,
        code=HEADLINE,
        name_zh="咸阳苹果价格指数",
        name_en="Xianyang Apple Price Index",
        base_day=date(2026, 11, 20),
        cells=[NewIndexCell(product.number, product.code, 10_000, 720, 0)],
    )


# Desk ------------------------------------------------------------------------------------------------


def test_money_at_the_bank_is_money_accounted_for(market: TableExchange, log_in: LogIn) -> None:
    number = market.products[0].number
    market.floor.batch(sell(market.growers[0], number, 720, 5_000))
    market.floor.batch(buy(market.dealers[0], number, 720, 5_000))
    market.settle()
    sums = reconcile()
    assert (sums.bank_fen, sums.difference_fen) == (200_000_000, 0)
    assert (sums.fees_fen, sums.quality_deposits_fen) == (7_200, 72_000)
    assert "2,000,000.00" in log_in().get("/console/bank/").content.decode()


def test_health_says_when_the_floor_is_away(market: TableExchange, log_in: LogIn) -> None:
    html = log_in().get("/console/health/").content.decode()
    assert "不可接单" in html
    assert "需要处理" in html


def test_audit_trail_is_searched_and_paged(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    html = client.get("/console/audit/?q=member:G000").content.decode()
    assert "member.register" in html
    assert "member:D000" not in html
    assert "翻页标记无效" in client.get("/console/audit/?cursor=x").content.decode()


# Calls -----------------------------------------------------------------------------------------------


def test_a_session_opens_with_a_call_and_the_operator_ends_it(market: TableExchange, desk: Desk) -> None:
    desk.both("close", reason="日终收市")
    html = desk.both("open_with_call", reason="次日开市")
    assert "集合竞价" in html
    assert 'data-dialog="end-all-calls"' in html
    market.settle()
    market.floor.batch(buy(market.dealers[0], 1, 730, 500), sell(market.growers[0], 1, 710, 500))
    desk.both("end_call", "FUJI-70", "提前结束")
    market.settle()
    assert product_by_code("FUJI-70").phase == Phase.CONTINUOUS
    assert product_by_code("FUJI-71").phase == Phase.CALL
    desk.both("end_all_calls")
    assert product_by_code("FUJI-71").phase == Phase.CONTINUOUS
    assert [trade.price for trade in product_trades(1)] == [720]


def test_a_call_begins_and_is_refused_where_it_cannot(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    act(client, "/console/session/", verb="begin_call", subject="FUJI-70", reason="大额委托")
    assert product_by_code("FUJI-70").phase == Phase.CALL
    assert "不在集合竞价中" in act(
        client, "/console/session/", verb="end_call", subject="FUJI-71", reason="结束"
    )
    assert "不在连续交易中" in act(
        client, "/console/session/", verb="begin_call", subject="FUJI-70", reason="再来"
    )


def test_a_volatility_call_is_marked(market: TableExchange, log_in: LogIn) -> None:
    market.floor.batch(sell(market.growers[0], 1, 770, 500), buy(market.dealers[0], 1, 770, 500))
    market.settle()
    html = log_in().get("/console/").content.decode()
    assert "波动集合竞价" in html
    assert "7.70" in html


def test_a_halted_product_resumes_with_a_call(market: TableExchange, desk: Desk) -> None:
    act(desk.first, "/console/session/", verb="halt", subject="FUJI-70", reason="价格异常")
    desk.both("resume_with_call", "FUJI-70", "核查完毕")
    assert product_by_code("FUJI-70").phase == Phase.CALL


def test_the_midday_break_closes_the_session(market: TableExchange, desk: Desk) -> None:
    assert "已休市" in desk.both("midday", reason="午休")
    assert current_session() is None


def test_related_parties_are_set_with_reason_and_audit(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    fields = {"verb": "group", "subject": "G000", "group": "塬上红", "reason": "同一控制人"}
    assert "塬上红" in act(client, "/console/members/act/", **fields)
    assert member_by_account_no(market.growers[0]).related_group == "塬上红"
    assert audit_entries(limit=1)[0].action == "member.set_related_group"
    act(client, "/console/members/act/", **{**fields, "group": "", "reason": ""})
    assert member_by_account_no(market.growers[0]).related_group == "塬上红"
