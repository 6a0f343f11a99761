"""From deal to completion, to award and to breach, as members and the operator see it."""

import io
import zipfile
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import TIMEZONE, today
from settlement import services
from settlement.banks import Misbehaviour, MockBank
from settlement.models import BankFile, Breach, Claim, Contract, Delivery, DisputeCase, Invoice, MoneyProposal
from settlement.withdrawals import REVIEW_FROM_FEN, SECOND_FACTOR_FROM_FEN
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db

PHOTO = b"\x89PNG\r\n\x1a\n core rot"


@pytest.fixture
def number(market: TableExchange) -> str:
    """A contract of one tonne between the first grower and the first dealer."""
    fuji = market.products[0].number
    market.floor.batch(sell(market.growers[0], fuji, 720, 1_000), buy(market.dealers[0], fuji, 720, 1_000))
    market.settle()
    return Contract.objects.get().contract_no


def post(client: Client, path: str, **fields: object) -> str:
    response = client.post(path, fields, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("照片.png", PHOTO, content_type="text/html")


def booked(market: TableExchange, number: str, client: Client) -> str:
    at = datetime.now(TIMEZONE).replace(tzinfo=None) + timedelta(hours=5)
    path = f"/me/contracts/{number}/delivery/act/"
    post(
        client,
        path,
        verb="book",
        plate="陕D12345",
        person="李铁柱",
        id_last_four="1234",
        at=at.isoformat(timespec="minutes"),
    )
    return Delivery.objects.get(contract_no=number).pickup_code


def test_from_deal_to_completion(market: TableExchange, number: str, log_in: LogIn) -> None:
    grower, dealer = log_in(market.growers[0]), log_in(market.dealers[0])
    operator = log_in()
    page = f"/me/contracts/{number}/delivery/"
    assert "提货通知" in dealer.get(page).content.decode()
    code = booked(market, number, dealer)
    assert code in dealer.get(page).content.decode()
    assert code not in grower.get(page).content.decode()
    desk = f"/console/deliveries/{number}/"
    assert code not in operator.get(desk).content.decode()
    wrong = post(operator, f"{desk}act/", verb="weigh", code="1", plate="陕D12345", net_kg="1000")
    assert "不一致" in wrong
    post(operator, f"{desk}act/", verb="weigh", code=code, plate="陕D12345", net_kg="1010")
    post(operator, f"{desk}act/", verb="leave")
    assert "验收合格" in dealer.get(page).content.decode()
    post(dealer, f"{page}act/", verb="accept")
    market.settle()
    assert Contract.objects.get().status == "completed"
    assert market.differences() == []
    shown = grower.get("/me/invoices/").content.decode()
    assert f"FP-{number}" in shown
    post(grower, "/me/invoices/act/", verb="issue", subject=f"FP-{number}")
    assert Invoice.objects.get().state == "issued"
    assert f"FP-{number}" in grower.get("/me/invoices/invoices.csv").content.decode()


def test_every_balance_opens_into_its_entries(market: TableExchange, number: str, log_in: LogIn) -> None:
    client = log_in(market.growers[0])
    for account, text in (("cash", "货款"), ("quality_deposit", "品质担保金"), ("bond", ""), ("escrow", "")):
        assert text in client.get(f"/me/ledger/{account}/").content.decode()
    assert client.get("/me/ledger/fees/").status_code == 422
    day = Contract.objects.get().day
    services.build_statements(day)
    for name, start in (("statement.pdf", b"%PDF"), ("statement.xlsx", b"PK")):
        assert client.get(f"/me/statements/{day}/{name}").content.startswith(start)


def test_from_deal_to_claim_dispute_and_award(market: TableExchange, number: str, log_in: LogIn) -> None:
    grower, dealer, stranger = (
        log_in(no) for no in (market.growers[0], market.dealers[0], market.dealers[1])
    )
    desk = log_in()
    page, acts = f"/me/contracts/{number}/delivery/", f"/me/contracts/{number}/delivery/act/"
    assert stranger.get(page).status_code == 404
    refused = post(dealer, acts, verb="claim", kind="visible", text="霉心病", amount="300")
    assert "必须附" in refused
    post(dealer, acts, verb="claim", kind="visible", text="霉心病", amount="300", files=photo())
    claim = Claim.objects.get()
    shown = grower.get(page).content.decode()
    assert claim.claim_no in shown
    link = shown.partition('href="/me/evidence/')[2].partition('"')[0]
    file = grower.get(f"/me/evidence/{link}")
    assert (file.content, file["Content-Type"]) == (PHOTO, "image/png")
    assert stranger.get(f"/me/evidence/{link}").status_code == 404
    post(dealer, acts, verb="dispute", text="卖方不认", files=photo())
    case = DisputeCase.objects.get()
    board = desk.get("/console/deliveries/").content.decode()
    assert case.case_no in board
    console = f"/console/deliveries/{number}/act/"
    post(desk, console, verb="mediate", subject=case.case_no)
    post(
        desk,
        console,
        verb="propose",
        subject=case.case_no,
        payer="seller",
        amount="100.00",
        reason="各让一步",
    )
    for party in (grower, dealer):
        post(party, acts, verb="agree", subject=case.case_no, fen="10000")
    market.settle()
    assert Contract.objects.get().status == "completed"
    assert market.differences() == []


def test_from_deal_to_breach(
    market: TableExchange, number: str, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = log_in()
    console = f"/console/deliveries/{number}/act/"
    post(desk, console, verb="breach", party="seller", ground="quality", reason="货不对板")
    breach = Breach.objects.get()
    early = post(desk, console, verb="confirm_breach", subject=breach.breach_no, reason="未补救")
    assert "补救期未满" in early
    later = breach.cure_due_ns
    monkeypatch.setattr("settlement.breaches.now_ns", lambda: later)
    post(desk, console, verb="confirm_breach", subject=breach.breach_no, reason="未补救")
    market.settle()
    assert Contract.objects.get().status == "breached"
    assert market.differences() == []
    shown = log_in(market.dealers[0]).get(f"/me/contracts/{number}/delivery/").content.decode()
    assert "违约金" in shown


def test_the_case_file_is_for_the_operator(market: TableExchange, number: str, log_in: LogIn) -> None:
    dealer, desk = log_in(market.dealers[0]), log_in()
    post(dealer, f"/me/contracts/{number}/delivery/act/", verb="dispute", text="有争议")
    path = f"/console/deliveries/cases/{DisputeCase.objects.get().case_no}.zip"
    assert dealer.get(path).status_code == 403
    content = desk.get(path).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "manifest.json" in archive.namelist()


def test_the_finance_desk_takes_in_reconciles_and_approves(market: TableExchange, log_in: LogIn) -> None:
    desk = log_in()
    day = today()
    good = MockBank().statement(day)
    bad = MockBank(wrong=Misbehaviour(truncated=True)).statement(day)
    for content, text in ((bad, "隔离"), (good, "已导入")):
        file = SimpleUploadedFile("camt.xml", content)
        assert text in post(desk, "/console/finance/act/", verb="import", file=file)
    assert list(BankFile.objects.values_list("accepted", flat=True)) == [False, True]
    stored = BankFile.objects.last()
    assert stored is not None
    assert desk.get(f"/console/finance/files/{stored.pk}/").content == good
    yesterday = str(day - timedelta(days=1))
    assert "日终完成" in post(desk, "/console/finance/act/", verb="end_day", subject=yesterday)
    assert "不正确" in post(desk, "/console/finance/act/", verb="end_day", subject=str(day))
    propose = {
        "verb": "propose",
        "kind": "reserve_set_aside",
        "debit": "fees:income",
        "credit": "reserve:risk",
    }
    post(desk, "/console/finance/act/", amount="1.00", reason="计提", **propose)
    number = MoneyProposal.objects.get().proposal_no
    same = post(desk, "/console/finance/act/", verb="approve", subject=number)
    assert "不能复核" in same
    assert "借方余额" in desk.get("/console/finance/trial-balance.csv").content.decode()


def test_a_large_withdrawal_waits_for_two_people(market: TableExchange, log_in: LogIn) -> None:
    dealer, desk = log_in(market.dealers[0]), log_in()
    no_code = post(dealer, "/me/withdraw/", amount=f"{SECOND_FACTOR_FROM_FEN // 100}.00")
    assert "动态验证码" in no_code
    movement = services.request_withdrawal(
        actor=SYSTEM,
        account_no=market.dealers[0],
        amount_fen=REVIEW_FROM_FEN,
        second_factor=True,
    )
    market.settle()
    assert movement.movement_no in desk.get("/console/finance/").content.decode()
    post(desk, "/console/finance/act/", verb="approve_withdrawal", subject=movement.movement_no)
    services.run_bank(market.bank)
    assert market.differences() == []


def test_members_have_no_desks(market: TableExchange, number: str, log_in: LogIn) -> None:
    client = log_in(market.dealers[0])
    for path in ("finance/", "deliveries/", f"deliveries/{number}/", "finance/trial-balance.csv"):
        assert client.get(f"/console/{path}").status_code == 403
    for path in ("finance/act/", f"deliveries/{number}/act/"):
        assert client.post(f"/console/{path}", {"verb": "leave"}).status_code == 403
