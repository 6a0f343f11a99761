"""The supply and demand board: what the public, members and the operator see and may do."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from exchange.bulletin import supply_selectors as board
from exchange.bulletin.supply_types import IntentionState, ReportState
from exchange.kernel.errors import BadPrice
from exchange.members.selectors import member_by_account_no
from matching.types import Side
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from warehouse_receipts.selectors import receipts_of
from web.pages.supply_forms import jin_price
from web.pages.visitors import QUESTIONS_AT_ONCE, forget_visitors

pytestmark = pytest.mark.django_db

FORM = {
    "key": "k1", "side": "sell", "product": "FUJI-70", "least": "5000", "most": "20000", "price": "3.605",
    "place": "旬邑县太村镇", "days": "15", "note": "随时看货 <b>好果</b>",
}  # fmt: skip
ASK = {"version": "1", "quantity": "20000", "price": "3.55", "text": "20 吨可以便宜点吗？"}

PUBLIC = {
    "/supply/": 200,
    "/supply/?side=buy&sort=nonsense&grade=x&size=81&from=a&to=-1&product=nope&receipt=1": 200,
    "/supply/?county=%00&variety=%27%22": 200,
    "/supply/?cursor=x": 422,
    "/supply/export.csv?side=sell": 200,
    "/supply/9/": 404,
    f"/supply/{10**25}/": 404,
    "/me/supply/": 302,
    "/me/supply/inquiries/1/": 302,
    "/console/supply/": 302,
}


def test_the_board_is_public_and_survives_nonsense(market: TableExchange) -> None:
    client = Client()
    assert {path: client.get(path).status_code for path in PUBLIC} == PUBLIC


def test_who_asks_for_the_whole_board_again_and_again_is_slowed_down(market: TableExchange) -> None:
    client = Client()
    asked = (client.get("/supply/export.csv").status_code for _ in range(3 * QUESTIONS_AT_ONCE))
    assert 429 in asked
    assert client.get("/supply/").status_code == 200
    forget_visitors()


@pytest.mark.parametrize(("typed", "fen"), [("3.60", 720), ("3.605", 721), ("", None), ("4", 800)])
def test_prices_are_typed_per_jin(typed: str, fen: int | None) -> None:
    assert jin_price(typed) == fen


@pytest.mark.parametrize("typed", ["0", "3.601", "-1", "1e3", "３.６", "3,6", "3.6050"])
def test_prices_that_are_none_are_refused(typed: str) -> None:
    with pytest.raises(BadPrice):
        jin_price(typed)


def published(client: Client, market: TableExchange, **changes: str) -> int:
    """An intention through the form."""
    answer = client.post("/me/supply/new/", {**FORM, **changes})
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].split("/")[2])


def test_names_are_masked_for_the_public_and_full_for_members(
    market: TableExchange, log_in: LogIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    grower = market.growers[0]
    name = member_by_account_no(grower).name
    number = published(log_in(grower), market)
    member = log_in(market.dealers[0])
    for path in ("/supply/", f"/supply/{number}/", "/supply/export.csv"):
        assert name not in Client().get(path).content.decode()
        assert name in member.get(path).content.decode()
    with django_assert_max_num_queries(8):
        Client().get("/supply/")
    page = Client().get(f"/supply/{number}/").content.decode()
    assert "&lt;b&gt;好果&lt;/b&gt;" in page, "what members write is text"
    assert "登录后询盘" in page
    assert "credit-badge" not in page, "it would tell whose it is"
    api = Client().get("/api/v1/supply-demand", {"side": "sell", "product": "FUJI-70", "size_mm": 70}).json()
    (row,) = api["items"]
    assert (row["price"], row["least_kg"], row["with_receipt"]) == ("7.21", 5_000, False)
    assert name not in str(row)
    assert Client().get("/api/v1/supply-demand", {"lowest_price": "x"}).json()["code"] == "bad_price"
    assert Client().get(f"/api/v1/supply-demand/{number + 1}").json()["code"] == "unknown_intention"


def test_the_form_keeps_what_was_typed_and_publishes_once(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.growers[0])
    assert client.get("/me/supply/new/?side=buy").status_code == 200
    refused = client.post("/me/supply/new/", {**FORM, "note": "打 13800138000"})
    assert refused.status_code == 422
    assert "13800138000" in refused.content.decode()
    assert 'value="旬邑县太村镇"' in refused.content.decode()
    assert published(client, market) == published(client, market)
    own = {"product": "", "variety": "红富士", "size": "80", "county": market.products[0].county}
    number = published(client, market, key="k2", **own)
    spec = board.intention_by_id(number).terms.spec
    assert (spec.variety, spec.size_mm) == ("fuji", 80)
    filled = client.get(f"/me/supply/{number}/edit/").content.decode()
    assert 'value="红富士"' in filled
    edited = {**FORM, "product": "", "variety": "红富士", "version": "1", "price": "", "side": "buy"}
    stale = client.post(f"/me/supply/{number}/edit/", {**edited, "version": "nonsense"})
    assert "刚刚被修改过" in stale.content.decode()
    assert client.post(f"/me/supply/{number}/edit/", edited).status_code == 302
    row = board.intention_by_id(number)
    assert (row.terms.price, row.version, row.terms.side) == (None, 2, Side.SELL), "its side stays"
    client.post(f"/me/supply/{number}/act/", {"verb": "close"})
    assert board.intention_by_id(number).state == IntentionState.CLOSED
    assert 'value="红富士"' in client.get(f"/me/supply/new/?from={number}").content.decode()


def test_from_an_inquiry_to_a_listing_for_the_other_party(market: TableExchange, log_in: LogIn) -> None:
    grower, dealer, stranger = market.growers[0], market.dealers[0], market.dealers[1]
    receipt = receipts_of(grower, product_number=market.products[0].number)[0].receipt_no
    seller, buyer, other = log_in(grower), log_in(dealer), log_in(stranger)
    number = published(seller, market, receipt=receipt)
    assert "有仓单" in Client().get("/supply/?receipt=yes").content.decode()
    assert receipt not in Client().get(f"/supply/{number}/").content.decode(), "its number is for members"
    refused = buyer.post(f"/supply/{number}/inquire/", {**ASK, "text": "加微信 abcde123"})
    assert refused.status_code == 422
    assert "加微信 abcde123" in refused.content.decode()
    where = buyer.post(f"/supply/{number}/inquire/", ASK)["Location"]
    assert other.get(where).status_code == 404
    assert other.post(f"{where}say/", {"text": "我要", "key": "x1"}).status_code in (302, 404)
    assert "badge--danger" in seller.get("/me/").content.decode(), "unread on every page of one's own"
    page = seller.get(where).content.decode()
    assert "20 吨可以便宜点吗？" in page
    assert f'href="/credit/{member_by_account_no(dealer).code}/"' in page
    assert "badge--danger" not in seller.get("/me/").content.decode()
    refused = seller.post(f"{where}say/", {"text": "打 13800138000", "key": "m1"})
    assert refused.status_code == 422
    assert ">打 13800138000</textarea>" in refused.content.decode()
    for _press in range(2):
        assert seller.post(f"{where}say/", {"text": "最低 3.58", "key": "m2"}).status_code == 302
    assert buyer.get(where).content.decode().count("最低 3.58") == 1
    for client, person, phone in ((seller, "李社长", "13900139000"), (buyer, "王经理", "13800138000")):
        client.post(f"{where}answer/", {"verb": "contact", "person": person, "phone": phone})
    assert "13800138000" in seller.get(where).content.decode()
    seller.post(f"{where}answer/", {"verb": "agree"})
    page = seller.get(where).content.decode()
    (address,) = re.findall(r'href="(/me/listings/new/[^"]+)"', page)
    address = address.replace("&amp;", "&")
    filled = parse_qs(urlsplit(address).query)
    code = member_by_account_no(dealer).code
    assert filled == {"quantity": ["20000"], "invited": [code], "price": ["7.10"], "receipt": [receipt]}
    terms = seller.get(address).content.decode()
    assert f'value="{code}"' in terms
    assert 'value="7.10"' in terms
    without = seller.get(f"/me/listings/new/?invited={code}&price=7.10").content.decode()
    assert f'<input type="hidden" name="invited" value="{code}">' in without, "kept while receipts are chosen"
    assert "/me/listings/wanted/?" in buyer.get(where).content.decode()


def test_people_without_the_role_read_and_do_not_act(market: TableExchange, log_in: LogIn) -> None:
    number = published(log_in(market.growers[0]), market)
    clerk = log_in(market.dealers[0], role="finance")
    assert clerk.get(f"/supply/{number}/").status_code == 200
    assert clerk.get("/me/supply/?show=received").status_code == 200
    assert clerk.get("/me/supply/new/").status_code == 403
    assert clerk.post(f"/supply/{number}/inquire/", ASK).status_code == 403
    assert Client().post(f"/supply/{number}/inquire/", ASK).status_code == 302, "to the log-in"
    owner = log_in(market.growers[1])
    assert owner.get(f"/me/supply/{number}/edit/").status_code == 404
    owner.post(f"/me/supply/{number}/act/", {"verb": "close"})
    assert board.intention_by_id(number).live
    assert clerk.get("/console/supply/").status_code == 403


def test_the_operator_reads_what_was_reported_and_takes_it_down(market: TableExchange, log_in: LogIn) -> None:
    seller, buyer, operator = log_in(market.growers[0]), log_in(market.dealers[0]), log_in()
    number = published(seller, market)
    where = buyer.post(f"/supply/{number}/inquire/", ASK)["Location"]
    buyer.post(f"{where}answer/", {"verb": "report", "kind": "fraud", "text": "要求先打款"})
    buyer.post(f"/supply/{number}/report/", {"kind": "nonsense"})
    (report,) = board.reports()
    desk = operator.get("/console/supply/").content.decode()
    assert "1 条举报待处理" in desk
    assert "20 吨可以便宜点吗？" in operator.get(f"/console/supply/reports/{report.id}/").content.decode()
    form = {"verb": "uphold_and_take_down", "subject": str(report.id)}
    operator.post("/console/supply/reports/decide/", form)
    assert board.reports()[0].state == ReportState.WAITING, "not without a reason"
    operator.post("/console/supply/reports/decide/", {**form, "reason": "核实属实"})
    assert board.reports()[0].state == ReportState.UPHELD
    assert Client().get(f"/supply/{number}/").status_code == 404
    for path in (f"/supply/{number}/", "/me/supply/"):
        assert "核实属实" in seller.get(path).content.decode()
    assert "核实属实" in operator.get("/console/supply/export.csv?state=taken_down").content.decode()
    operator.post("/console/supply/act/", {"verb": "restore", "subject": str(number), "reason": "已改正"})
    assert Client().get(f"/supply/{number}/").status_code == 200
    for path in ("?q=GQ", f"?q=GQ{number:08d}", "?q=%00", "?member=NOPE", "?state=expired", "?cursor=x"):
        assert operator.get(f"/console/supply/{path}").status_code in (200, 422)
    assert operator.get("/console/supply/reports/export.csv").status_code == 200
