"""A member's own pages: money, receipts, orders, contracts, statements."""

import csv
import io
import re
from datetime import date

import pytest
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now_ns
from exchange.kernel.errors import error_for_reason
from exchange.ops.order_guards import arm_cancel_after
from exchange.trading.selectors import funds_position
from matching.types import Reason, SelfTrade, TimeInForce
from settlement.selectors import bank_movements, contracts_of, funds_summary
from settlement.services import build_statements
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.trading.terms import with_terms
from tests.web.conftest import LogIn
from warehouse_receipts.selectors import receipts_of

pytestmark = pytest.mark.django_db

PAGES = ("/me/", "/me/receipts/", "/me/orders/", "/me/contracts/", "/me/statements/", "/sell/")


@pytest.fixture
def traded(market: TableExchange) -> TableExchange:
    """The first grower sold 5 t of the first product at 7.20 to the first dealer; 3 t more are on offer."""
    number = market.products[0].number
    market.floor.batch((sell(market.growers[0], number, 720, 8_000), "g-1"))
    market.floor.batch((buy(market.dealers[0], number, 720, 5_000), "d-1"))
    market.floor.batch((buy(market.dealers[0], number, 999_00, 1_000), "d-2"))
    market.settle()
    return market


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


@pytest.mark.parametrize("path", [*PAGES, "/me/ledger.csv", "/console/"])
def test_strangers_are_asked_to_log_in(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("path", PAGES)
def test_the_operator_has_no_member_pages(path: str, log_in: LogIn) -> None:
    assert "没有权限" in text(log_in(), path, 403)


# Money -----------------------------------------------------------------------------------------------


def test_funds_page_shows_what_is_free_and_what_is_held(traded: TableExchange, log_in: LogIn) -> None:
    html = text(log_in(traded.growers[0]), "/me/")
    assert "35,280.00" in html  # 36,000.00 less 2 % quality deposit
    assert "720.00" in html


def test_every_ledger_line_says_why_and_leads_to_its_contract(traded: TableExchange, log_in: LogIn) -> None:
    html = text(log_in(traded.growers[0]), "/me/")
    contract = contracts_of(traded.growers[0]).rows[0].contract_no
    assert "货款" in html
    assert f'href="/me/contracts/{contract}/"' in html


def test_ledger_csv_adds_up(traded: TableExchange, log_in: LogIn) -> None:
    content = log_in(traded.growers[0]).get("/me/ledger.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert sum(float(row["金额 元"]) for row in rows) == float(rows[0]["余额 元"]) == 35_280.00


def test_deposit_goes_to_the_bank(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.dealers[0])
    response = client.post("/me/deposit/", {"amount": "1234.56"}, follow=True)
    assert "已提交银行" in response.content.decode()
    assert bank_movements(market.dealers[0]).rows[0].amount_fen == 123_456


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.234", "abc", "1e9", "9" * 20])
def test_a_bad_amount_changes_nothing_and_is_explained(
    amount: str, market: TableExchange, log_in: LogIn
) -> None:
    before = len(bank_movements(market.dealers[0]).rows)
    for path in ("/me/deposit/", "/me/withdraw/"):
        html = log_in(market.dealers[0], role=f"{'admin' if 'deposit' in path else 'finance'}").post(
            path, {"amount": amount}, follow=True
        )
        assert "金额不正确" in html.content.decode()
    assert len(bank_movements(market.dealers[0]).rows) == before


def test_withdrawal_holds_the_money(market: TableExchange, log_in: LogIn) -> None:
    log_in(market.dealers[0]).post("/me/withdraw/", {"amount": "400000.00"})
    market.settle()
    assert funds_position(market.dealers[0]).free == 60_000_000
    assert funds_summary(market.dealers[0]).withdrawing_fen == 40_000_000


def test_more_than_there_is_cannot_be_withdrawn(market: TableExchange, log_in: LogIn) -> None:
    html = log_in(market.dealers[0]).post("/me/withdraw/", {"amount": "1000000.01"}, follow=True)
    assert "可用资金不足" in html.content.decode()


def test_warehouse_staff_neither_move_money_nor_see_the_forms(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.dealers[0], role="logistics")
    assert 'action="/me/deposit/"' not in text(client, "/me/")
    assert client.post("/me/deposit/", {"amount": "1.00"}).status_code == 403
    assert client.post("/me/withdraw/", {"amount": "1.00"}).status_code == 403


# Receipts --------------------------------------------------------------------------------------------


def test_receipts_show_totals_and_each_receipt(traded: TableExchange, log_in: LogIn) -> None:
    html = text(log_in(traded.growers[0]), "/me/receipts/")
    for receipt in receipts_of(traded.growers[0]):
        assert receipt.receipt_no in html
    assert "冻结 3,000" in html


def test_a_bought_receipt_tells_its_inspection_and_chain(traded: TableExchange, log_in: LogIn) -> None:
    receipt = receipts_of(traded.dealers[0])[0]
    html = text(log_in(traded.dealers[0]), f"/me/receipts/{receipt.receipt_no}/")
    assert "14.0%" in html
    assert "咸阳G000果业 → 咸阳D000果业" in html
    assert "起可卖" in html


def test_receipts_of_others_are_not_found(traded: TableExchange, log_in: LogIn) -> None:
    receipt = receipts_of(traded.growers[0])[0]
    text(log_in(traded.growers[1]), f"/me/receipts/{receipt.receipt_no}/", 404)


# Orders ----------------------------------------------------------------------------------------------


def test_open_orders_can_be_cancelled_by_traders_only(traded: TableExchange, log_in: LogIn) -> None:
    assert 'data-cancel="1"' in text(log_in(traded.growers[0], role="trader"), "/me/orders/")
    assert "data-cancel=" not in text(log_in(traded.growers[0], role="finance"), "/me/orders/")


@pytest.mark.parametrize(
    ("status", "word"), [("done", "全部成交"), ("refused", "超出价格范围"), ("open", "这里没有委托")]
)
def test_orders_are_filtered_and_refusals_explained(
    status: str, word: str, traded: TableExchange, log_in: LogIn
) -> None:
    assert word in text(log_in(traded.dealers[0]), f"/me/orders/?status={status}")


def test_a_refused_order_shows_what_it_asked_for_and_why_it_was_refused(
    market: TableExchange, log_in: LogIn
) -> None:
    plain = buy(market.dealers[1], market.products[0].number, 999_00, 2_000)
    asked = with_terms(plain, tif=TimeInForce.IOC, minimum=1_000, self_trade=SelfTrade.DECREMENT)
    market.floor.batch((asked, "d-9"))
    market.settle()
    html = text(log_in(market.dealers[1]), "/me/orders/?status=refused")
    assert "即时成交 IOC · 最低成交 1,000 公斤 · 遇本方委托：双方相减" in html
    assert "超出价格范围" in html
    assert error_for_reason(Reason.PRICE_BAND).hint("zh") in html


def test_an_armed_switch_is_shown_to_the_people_whose_orders_it_cancels(
    market: TableExchange, log_in: LogIn
) -> None:
    account_no = market.dealers[1]
    client = log_in(account_no)
    assert "倒计时撤单" not in text(client, "/me/orders/")
    arm_cancel_after(actor=SYSTEM, account_no=account_no, timeout_ms=60_000, time_ns=now_ns())
    assert "倒计时撤单" in text(client, "/me/orders/")


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "１２"])
def test_a_damaged_cursor_is_explained(cursor: str, market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.dealers[0])
    for path in ("/me/", "/me/orders/", "/me/receipts/", "/me/contracts/", "/me/statements/"):
        assert "翻页标记无效" in text(client, f"{path}?cursor={cursor}", 422)


def test_long_lists_page(market: TableExchange, log_in: LogIn) -> None:
    number = market.products[0].number
    market.floor.batch(*[sell(market.growers[0], number, 800, 100) for _ in range(31)])
    market.settle()
    client = log_in(market.growers[0])
    first = text(client, "/me/orders/")
    following = re.search(r'href="\?cursor=(\d+)"', first)
    assert following is not None
    second = text(client, f"/me/orders/?cursor={following[1]}")
    assert (first.count("data-cancel="), second.count("data-cancel=")) == (30, 1)


# Contracts and statements ------------------------------------------------------------------------------


def test_contract_is_a_document_for_both_parties(traded: TableExchange, log_in: LogIn) -> None:
    contract = contracts_of(traded.growers[0]).rows[0]
    for account_no in (traded.growers[0], traded.dealers[0]):
        html = text(log_in(account_no), f"/me/contracts/{contract.contract_no}/")
        assert contract.seller.uscc in html
        assert contract.buyer.uscc in html
        assert contract.document_hash in html
        assert "36,000.00 元" in html


def test_contracts_of_others_are_not_found(traded: TableExchange, log_in: LogIn) -> None:
    contract = contracts_of(traded.growers[0]).rows[0]
    text(log_in(traded.growers[1]), f"/me/contracts/{contract.contract_no}/", 404)


def test_statement_lists_what_moved(traded: TableExchange, log_in: LogIn) -> None:
    day = contracts_of(traded.growers[0]).rows[0].day
    build_statements(day)
    client = log_in(traded.growers[0])
    assert day.isoformat() in text(client, "/me/statements/")
    html = text(client, f"/me/statements/{day.isoformat()}/")
    assert "卖出货款" in html
    assert "35,280.00" in html


def test_a_day_without_statement_is_not_found(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.growers[0])
    text(client, f"/me/statements/{date(2020, 1, 1).isoformat()}/", 404)
    text(client, "/me/statements/today/", 404)
