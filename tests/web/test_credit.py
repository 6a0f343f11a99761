"""The pages of credit: what the public finds, what a member does about it, what two of staff decide."""

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.members.credit import record_facts
from exchange.members.credit_evidence import verify_evidence
from exchange.members.credit_types import FactKind, NewFact
from exchange.members.models import CreditFact, Member
from exchange.members.selectors import member_by_account_no
from exchange.members.uscc import make_uscc
from settlement import services
from settlement.models import Contract
from tests.halls.hall import Hall, K
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn
from warehouse_receipts.selectors import receipts_of
from web.pages import credit_words, visitors
from web.ws.rate_limit import TokenBuckets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked() -> Iterator[None]:
    visitors.forget_visitors()
    yield
    visitors.forget_visitors()


@pytest.fixture
def number(market: TableExchange) -> str:
    """A contract kept, and a payment of its buyer's that was late."""
    product = market.products[0].number
    market.floor.batch(
        sell(market.growers[0], product, 720, 1_000), buy(market.dealers[0], product, 720, 1_000)
    )
    market.settle()
    found = Contract.objects.get().contract_no
    services.accept(actor=SYSTEM, account_no=market.dealers[0], contract_no=found)
    day = calendar.today()
    kind = FactKind.LATE_PAYMENT
    record_facts([NewFact(market.dealers[0], kind, "storage:1", day, detail="storage", days_late=2)])
    return found


def codes(market: TableExchange) -> tuple[str, str]:
    """Codes of the dealer and the grower."""
    return member_by_account_no(market.dealers[0]).code, member_by_account_no(market.growers[0]).code


def test_the_public_finds_one_member_and_takes_the_evidence_home(market: TableExchange, number: str) -> None:
    client, (dealer, grower) = Client(), codes(market)
    name = member_by_account_no(market.dealers[0]).name
    assert client.post("/credit/", {"q": name})["Location"] == f"/credit/{dealer}/"
    html = client.get(f"/credit/{dealer}/").content.decode()
    assert "逾期付款" in html
    assert number not in html
    hidden = client.get(f"/credit/{grower}/").content.decode()
    assert member_by_account_no(market.growers[0]).name not in hidden
    answer = client.get(f"/credit/{dealer}/evidence.json?day={calendar.today()}")
    document = json.loads(answer.content)
    assert verify_evidence(document).agrees
    assert document["figures"]["contracts"] == 1
    shown = client.get(f"/api/v1/credit/{dealer}").json()
    assert (shown["evidence"]["sha256"], shown["grade"]) == (document["sha256"], "")
    assert client.get("/credit/method/").status_code == 200
    for path in (f"/credit/{dealer}/?day=9999-12-31", f"/credit/{dealer}/?day=x", "/credit/NOBODY/"):
        assert client.get(path).status_code == 404
    assert client.get(f"/credit/{dealer}/?day=2025-12-31").status_code == 200
    for path in (
        f"/credit/{dealer}/?day=",
        f"/credit/{dealer}/evidence.json?day=",
        f"/api/v1/credit/{dealer}?as_of=",
    ):
        assert client.get(f"{path}2025-12-30").status_code in (404, 422), (
            "days would tell whose contracts match"
        )
    assert client.get("/api/v1/credit/NOBODY").json()["code"] == "unknown_credit_record"


def test_harvesting_is_slowed_down_and_lists_nobody(
    market: TableExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "_questions", TokenBuckets(1, 3, clock=lambda: 0.0))
    client, (dealer, _) = Client(), codes(market)
    statuses = [client.post("/credit/", {"q": dealer[:2]}).status_code for _ in range(3)]
    assert statuses == [404, 404, 404]
    assert client.get(f"/credit/{dealer}/").status_code == 429
    assert client.get(f"/api/v1/credit/{dealer}").status_code == 429


def test_a_member_objects_and_two_of_staff_decide(market: TableExchange, number: str, log_in: LogIn) -> None:
    member = log_in(market.dealers[0])
    html = member.get("/me/credit/").content.decode()
    assert number in html
    fact = CreditFact.objects.get(kind="late_payment").pk
    told = {
        "verb": "object",
        "subject": fact,
        "ground": "wrong",
        "reason": "已付",
        "evidence": "回单 CJ1\n见附件",
    }
    assert log_in(market.dealers[0], "logistics").post("/me/credit/act/", told).status_code == 403
    stranger = log_in(market.dealers[1])
    assert "没有这条信用记录" in stranger.post("/me/credit/act/", told, follow=True).content.decode()
    assert "已受理" in member.post("/me/credit/act/", told, follow=True).content.decode()
    assert "异议处理中" in member.get("/me/credit/").content.decode()
    first, second = log_in(), log_in(role="second")
    assert member.get("/console/credit/").status_code == 403
    no = re.search(r'data-objection="(XY\d+-\d+)"', first.get("/console/credit/").content.decode())
    assert no is not None
    uphold = {"verb": "uphold", "subject": no[1], "reason": "回单属实"}
    assert "等待另一人复核" in first.post("/console/credit/act/", uphold, follow=True).content.decode()
    decision = re.search(r'data-fill-subject="(\d+)"', second.get("/console/credit/").content.decode())
    assert decision is not None
    approve = {"verb": "approve", "subject": decision[1], "reason": "复核无误"}
    assert "不能复核自己" in first.post("/console/credit/act/", approve, follow=True).content.decode()
    assert "已办结" in second.post("/console/credit/act/", approve, follow=True).content.decode()
    html = member.get("/me/credit/").content.decode()
    assert "已更正" in html
    assert "回单属实" in html
    assert "逾期付款" not in Client().get(f"/credit/{codes(market)[0]}/").content.decode()
    assert no[1] in first.get("/console/credit/export.csv?state=").content.decode()
    assert "已更正" in first.get(f"/console/credit/{codes(market)[0]}/facts.csv").content.decode()
    assert number in member.get("/me/credit/credit.csv").content.decode()


def test_a_grower_agrees_to_be_found_by_name(market: TableExchange, log_in: LogIn) -> None:
    name, grower = member_by_account_no(market.growers[0]).name, codes(market)[1]
    consent = {"verb": "consent", "shown": "1"}
    assert log_in(market.growers[0], "trader").post("/me/credit/act/", consent).status_code == 403
    log_in(market.growers[0]).post("/me/credit/act/", consent)
    assert Client().post("/credit/", {"q": name})["Location"] == f"/credit/{grower}/"
    assert name in Client().get(f"/credit/{grower}/").content.decode()


def test_an_individual_business_takes_its_consent_back(market: TableExchange, log_in: LogIn) -> None:
    dealer = member_by_account_no(market.dealers[0])
    uscc = make_uscc(division="610425", serial=1, authority="92")
    Member.objects.filter(code=dealer.code).update(uscc=uscc)
    client = log_in(market.dealers[0])
    for shown, offered in (("1", "收回同意"), ("0", "同意公开名称")):
        answer = client.post("/me/credit/act/", {"verb": "consent", "shown": shown}, follow=True)
        assert offered in answer.content.decode()
    assert dealer.name not in Client().get(f"/credit/{dealer.code}/").content.decode()


def test_badges_stand_beside_names_and_cost_one_query(
    market: TableExchange, number: str, log_in: LogIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    html = log_in(market.dealers[0]).get(f"/me/contracts/{number}/").content.decode()
    for code in codes(market):
        assert f'href="/credit/{code}/"' in html
    with django_assert_num_queries(1):
        badges = credit_words.credit_badges({no: str(no) for no in (*market.growers, *market.dealers)})
    assert {badge["mark"].text for badge in badges.values()} == {"未评级"}


def test_badges_stand_where_a_member_decides_whom_to_deal_with(db: None, log_in: LogIn) -> None:
    hall = Hall().open_doors(growers=1, dealers=2)
    grower, taker, bidder = hall.growers[0], *hall.dealers
    receipt = receipts_of(grower)[0].receipt_no
    listed = hall.list(grower, receipt_nos=(receipt,), confirm=True, negotiable=True)
    hall.say(K.TAKE, taker, listed.id, price=720, quantity=3_000)
    hall.say(K.COUNTER, bidder, listed.id, price=700, quantity=1_000, amount=listed.valid_until_ns)
    seller, asked = (
        log_in(grower),
        {f'href="/credit/{member_by_account_no(no).code}/"' for no in hall.dealers},
    )
    for path in (f"/listings/{listed.id}/", "/me/listings/"):
        html = seller.get(path).content.decode()
        assert all(link in html for link in asked), path
    own = f'href="/credit/{member_by_account_no(grower).code}/"'
    assert own not in seller.get(f"/listings/{listed.id}/").content.decode()
    assert own in Client().get(f"/listings/{listed.id}/").content.decode()
