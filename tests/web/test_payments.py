"""How a listing is paid, on the pages: chosen by its lister, said to whoever takes, due on the contract."""

from typing import Any

import pytest
from django.test import Client

from exchange.halls import selectors, services
from exchange.halls.types import ListingState
from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from matching.desk_types import WITH_BOND, DeskCommand, DeskCommandKind
from settlement.models import Contract
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_halls import TERMS, key_in, listed, receipt_of

pytestmark = pytest.mark.django_db


def test_a_lister_chooses_the_bond_and_reads_what_is_due_when(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    client, receipt = log_in(grower), receipt_of(market, grower)
    html = client.get(f"/me/listings/new/?receipt={receipt}").content.decode()
    assert 'name="payment" value="bond"' in html
    assert 'name="payment" value="escrow"' not in html
    form = {**TERMS, "receipt": receipt, "stage": "terms", "payment": "bond"}
    html = client.post("/me/listings/new/", form).content.decode()
    assert "14,400.00 元" in html
    assert "129,600.00 元" in html
    assert "定金归您" in html
    for payment, message in (("escrow", "没有开通这种付款方式"), ("later", "payment")):
        refused = client.post("/me/listings/new/", {**form, "payment": payment})
        assert (refused.status_code, message in refused.content.decode()) == (422, True)

    confirmed = {**form, "stage": "confirm", "key": key_in(html)}
    client.post("/me/listings/new/", confirmed)
    (row,) = selectors.listings_of(grower).rows
    assert (row.state, row.payment) == (ListingState.SUBMITTED, WITH_BOND)
    need = {**TERMS, "product": market.products[0].code, "quantity": "10000", "stage": "terms"}
    html = (
        log_in(market.dealers[0]).post("/me/listings/wanted/", {**need, "payment": "bond"}).content.decode()
    )
    assert "7,344.10 元" in html, "a tenth of 72,000, the fee, and a fen for each of ten deals"


def test_the_contract_says_what_is_due_and_is_paid_there(market: TableExchange, log_in: LogIn) -> None:
    (grower, _), (dealer, _) = market.growers, market.dealers
    market.floor.time_ns = calendar.now_ns()
    number = listed(market, grower, payment=WITH_BOND)
    services.approve_listing(actor=Actor("checker"), listing_id=number)
    market.settle()
    buyer, seller = log_in(dealer), log_in(grower)
    assert "定金加尾款" in buyer.get("/listings/?payment=bond").content.decode()
    assert f'data-listing="{number}"' not in buyer.get("/listings/?payment=full").content.decode()
    html = buyer.get(f"/listings/{number}/").content.decode()
    assert 'data-payment="bond"' in html
    assert "成交时先付一成定金和手续费" in html

    take = DeskCommand(DeskCommandKind.TAKE, account=dealer, id=number, price=720, quantity=5_000)
    market.floor.batch(take)
    market.settle()
    contract = Contract.objects.get()
    page = f"/me/contracts/{contract.contract_no}/"
    html = buyer.get(page).content.decode()
    assert "32,400.00" in html
    assert f'data-countdown="{contract.payment_due_ns}"' in html
    assert 'value="pay"' in html
    assert 'value="pay"' not in seller.get(page).content.decode()
    seller.post(f"{page}delivery/act/", {"verb": "pay"})
    market.settle()
    assert Contract.objects.get().status == "unpaid"

    for _press in range(2):
        buyer.post(f"{page}delivery/act/", {"verb": "pay"})
    assert "已提交付款" in buyer.get(f"{page}delivery/").content.decode()
    market.settle()
    assert Contract.objects.get().status == "effective"
    assert "data-countdown" not in buyer.get(page).content.decode()
    assert market.differences() == []


def test_the_balance_is_paid_over_the_api_once(market: TableExchange, log_in: LogIn) -> None:
    (grower, _), (dealer, _) = market.growers, market.dealers
    market.floor.time_ns = calendar.now_ns()
    number = listed(market, grower, payment=WITH_BOND)
    services.approve_listing(actor=Actor("checker"), listing_id=number)
    market.settle()
    for quantity in (5_000, 6_000):
        market.floor.batch(
            DeskCommand(DeskCommandKind.TAKE, account=dealer, id=number, price=720, quantity=quantity)
        )
    market.settle()
    contract, other = Contract.objects.order_by("trade_id")
    buyer, seller = log_in(dealer), log_in(grower)
    path = f"/api/v1/contracts/{contract.contract_no}/balance"

    def pay(client: Client, body: str = '{"client_id":"pay-1"}', at: str = path) -> tuple[int, Any]:
        answer = client.post(
            at, body, content_type="application/json", HTTP_ORIGIN="http://testserver", HTTP_HOST="testserver"
        )
        return answer.status_code, answer.json()

    shown = seller.get(path).json()
    assert (shown["balance"], shown["late_fee"], shown["payment"]) == ("32400.00", "0.00", None)
    assert [pay(seller)[0], pay(log_in(dealer, "logistics"))[0], pay(log_in(market.dealers[1]))[0]] == [
        404,
        403,
        404,
    ]
    assert pay(buyer, '{"client_id":"no spaces"}')[1]["code"] == "bad_parameter"
    assert pay(buyer, "{}")[1]["code"] == "missing_field"
    assert buyer.post(path, '{"client_id":"x"}', content_type="application/json").status_code == 403

    status, first = pay(buyer)
    assert (status, first["total"], first["payment"]["state"]) == (201, "32400.00", "requested")
    assert pay(buyer) == (200, first)
    assert pay(buyer, '{"client_id":"pay-2"}')[0] == 201, "another request for the same one payment"
    reused = pay(buyer, at=path.replace(contract.contract_no, other.contract_no))
    assert (reused[0], reused[1]["code"]) == (409, "request_id_reused")
    market.settle()

    contract.refresh_from_db()
    other.refresh_from_db()
    assert (contract.status, other.status) == ("effective", "unpaid")
    status, again = pay(buyer)
    assert (status, again["total"], again["payment"]["state"]) == (200, "0.00", "paid")
    assert pay(buyer, '{"client_id":"pay-3"}')[1]["code"] == "bad_transition"
    assert market.differences() == []
