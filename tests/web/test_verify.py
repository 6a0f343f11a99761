"""Anybody who holds a paper finds out whether it is genuine; nobody learns what is private."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from exchange.kernel.documents.codes import code_of
from exchange.members.masking import masked
from settlement.models import Contract
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn
from web.pages import visitors
from web.pages.visitors import forget_visitors
from web.ws.rate_limit import TokenBuckets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> Iterator[None]:
    forget_visitors()
    yield
    forget_visitors()


@pytest.fixture
def contract(market: TableExchange) -> Contract:
    number = market.products[0].number
    market.floor.batch(sell(market.growers[0], number, 731, 5_000))
    market.floor.batch(buy(market.dealers[0], number, 731, 5_000))
    market.settle()
    return Contract.objects.get()


def page(path: str, status: int = 200) -> str:
    response = Client().get(path)
    assert response.status_code == status, path
    return response.content.decode()


def upload(pdf: bytes, status: int = 200) -> str:
    response = Client().post("/verify/file/", {"file": SimpleUploadedFile("合同.pdf", pdf)})
    assert response.status_code == status
    return response.content.decode()


def pdf_of(contract: Contract, log_in: LogIn, account_no: int | None = None, status: int = 200) -> bytes:
    client = log_in(account_no or contract.seller_no)
    response = client.get(f"/me/contracts/{contract.contract_no}/contract.pdf")
    assert response.status_code == status
    return response.content


def test_a_contract_is_confirmed_without_prices_or_full_names(contract: Contract) -> None:
    code = code_of("contract", contract.contract_no)
    html = page(f"/verify/contract/{contract.contract_no}/{code}/")
    assert "合同真实有效" in html
    assert contract.contract_no in html
    assert "5,000" in html
    for private in (contract.seller_name, contract.buyer_name, contract.seller_uscc, "7.31", "36,550"):
        assert private not in html


def test_the_form_leads_to_the_answer(contract: Contract) -> None:
    code = code_of("contract", contract.contract_no)
    form = {"kind": "contract", "number": f" {contract.contract_no} ", "code": code.lower()}
    response = Client().post("/verify/", form, follow=True)
    assert "合同真实有效" in response.content.decode()


def test_a_wrong_code_and_an_unknown_number_are_told_alike(contract: Contract) -> None:
    unknown = "HT20200101-00000001"
    for number, code in (
        (contract.contract_no, "000000000"),
        (contract.contract_no, code_of("receipt", contract.contract_no)),
        (unknown, code_of("contract", unknown)),
    ):
        html = page(f"/verify/contract/{number}/{code}/", status=404)
        assert "编号与验证码不符" in html
        assert "verdict" not in html


def test_a_contract_changed_in_the_tables_is_told(contract: Contract) -> None:
    on_table = "" if connection.vendor == "sqlite" else " ON settlement_contract"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER settlement_contract_steps{on_table}")
    Contract.objects.filter(pk=contract.pk).update(document_hash="0" * 64)
    code = code_of("contract", contract.contract_no)
    html = page(f"/verify/contract/{contract.contract_no}/{code}/")
    assert "登记内容与摘要不符" in html
    assert "合同真实有效" not in html


def test_a_downloaded_contract_is_genuine_and_a_changed_one_is_not(contract: Contract, log_in: LogIn) -> None:
    pdf = pdf_of(contract, log_in)
    html = upload(pdf)
    assert "文件是原件" in html
    assert html.count('class="checks__good"') >= 3
    assert "合同真实有效" in html
    place = pdf.index(b"/FontFile2") + 1
    forged = upload(pdf[:place] + b"X" + pdf[place + 1 :])
    assert "文件不是未经改动的原件" in forged
    assert "合同真实有效" not in forged
    assert "这不是可以读取的 PDF 文件" in upload(b"GIF89a", status=422)


def test_a_contract_is_there_for_its_parties_only(contract: Contract, log_in: LogIn) -> None:
    stranger = next(n for n in (1, 2, 3, 4) if n not in (contract.seller_no, contract.buyer_no))
    pdf_of(contract, log_in, stranger, status=404)
    path = f"/papers/contracts/{contract.contract_no}.pdf"
    assert log_in().get(path).status_code == 200
    assert log_in(contract.seller_no).get(path).status_code == 403
    assert Client().get(path).status_code == 302


def test_codes_cannot_be_tried_out(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "_questions", TokenBuckets(1, 3, clock=lambda: 0.0))
    path = f"/verify/contract/{contract.contract_no}/000000000/"
    statuses = [Client().get(path).status_code for _ in range(4)]
    assert statuses == [404, 404, 404, 429]
    right = f"/verify/contract/{contract.contract_no}/{code_of('contract', contract.contract_no)}/"
    assert Client().get(right).status_code == 429
    assert Client().get(right, REMOTE_ADDR="192.0.2.9").status_code == 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("长武县亭口果业专业合作社", "长武＊＊合作社"),
        ("上海果品商贸有限公司", "上海＊＊有限公司"),
        ("赵明", "赵＊＊"),
        ("果业公司", "果＊＊"),
        ("", ""),
    ],
)
def test_a_name_is_masked(name: str, shown: str) -> None:
    assert masked(name) == shown
