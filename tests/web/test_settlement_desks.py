"""From deal to completion, to award and to breach, as members and the operator see it."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now, today
from exchange.ops import pickups
from exchange.ops.store_money import post_storage_fees
from settlement import services
from settlement.banks import Misbehaviour, MockBank
from settlement.models import (
    BankFile,
    Breach,
    Charge,
    Claim,
    Contract,
    Delivery,
    DisputeCase,
    Invoice,
    MoneyProposal,
)
from settlement.withdrawals import REVIEW_FROM_FEN, SECOND_FACTOR_FROM_FEN
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn
from tests.web.test_store_desks import staff
from warehouse_receipts.models import Load, Pickup, Warehouse, WeightCorrection

pytestmark = pytest.mark.django_db

ID_NO = "11010519491231002X"
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


def booked(market: TableExchange, number: str, client: Client) -> tuple[str, str]:
    """The buyer books from the contract's page; the pickup and its code."""
    page = client.get(f"/me/contracts/{number}/delivery/").content.decode()
    chosen = re.findall(r'name="no" value="([^"]+)" checked', page)
    form = {
        "do": "pickup",
        "no": chosen,
        "plate": "陕D12345",
        "person": "李铁柱",
        "id_no": ID_NO,
        "slot_at": (now() + timedelta(days=1)).strftime("%Y-%m-%dT10:00"),
    }
    shown = client.post("/me/receipts/use/", form).content.decode()
    market.settle()
    (code,) = re.findall(r'id="pickup-code">(\d+)<', shown)
    return Pickup.objects.get().no, code


def weighed_out(keeper: Client, pickup_no: str, code: str, kg: int, weighed_kg: int) -> None:
    """The keeper's part, on the tablet."""
    path = f"/store/pickups/{pickup_no}/act/"
    post(keeper, path, verb="confirm")
    assert "不符" in post(keeper, path, verb="check_in", code="1", plate="陕D12345", id_no=ID_NO)
    post(keeper, path, verb="check_in", code=code, plate="陕D12345", id_no=ID_NO)
    assert "已出库" in post(keeper, path, verb="weigh_out", kg=kg, weighed_kg=weighed_kg)
    assert "出门证" in post(keeper, path, verb="finish")


def test_from_deal_to_completion(market: TableExchange, number: str, log_in: LogIn) -> None:
    grower, dealer = log_in(market.growers[0]), log_in(market.dealers[0])
    operator = log_in()
    page = f"/me/contracts/{number}/delivery/"
    assert "预约提货" in dealer.get(page).content.decode()
    assert "预约提货" not in grower.get(page).content.decode()
    pickup_no, code = booked(market, number, dealer)
    for client, path in ((dealer, page), (grower, page), (operator, f"/console/deliveries/{number}/")):
        shown = client.get(path).content.decode()
        assert pickup_no in shown
        assert code not in shown
    weighed_out(staff("warehouse:XY01"), pickup_no, code, 1_000, 1_010)
    market.settle()
    assert "72.00" in operator.get(f"/console/deliveries/{number}/").content.decode()
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


def test_a_wrong_weight_is_corrected_by_two_people(market: TableExchange, number: str, log_in: LogIn) -> None:
    keeper, operator = staff("warehouse:XY01"), log_in()
    weighed_out(keeper, *booked(market, number, log_in(market.dealers[0])), 1_000, 1_010)
    page = f"/store/pickups/{Pickup.objects.get().no}/"
    receipt_no = Load.objects.get().receipt.no
    asked = {"verb": "correct", "receipt": receipt_no, "reason": "抄错"}
    assert "相差超过" in post(keeper, f"{page}act/", right_kg=900, **asked)
    assert "等待交易所审核" in post(keeper, f"{page}act/", right_kg=990, **asked)
    assert "已有更正" in post(keeper, f"{page}act/", right_kg=991, **asked)
    no = WeightCorrection.objects.get().no
    assert no in operator.get("/console/deliveries/").content.decode()
    decide = f"/console/deliveries/weights/{no}/"
    assert keeper.post(decide, {"verb": "approve"}).status_code == 403
    assert "差额另行入账" in post(operator, decide, verb="approve")
    market.settle()
    assert Delivery.objects.get().over_short_fen == -10 * 720
    assert market.differences() == []
    assert "已通过" in keeper.get(page).content.decode()


def test_fees_are_shown_with_days_and_rates(market: TableExchange, number: str, log_in: LogIn) -> None:
    Warehouse.objects.update(handling_fee_fen_per_t=1_200)
    dealer, keeper = log_in(market.dealers[0]), staff("warehouse:XY01")
    receipt_no = pickups.fetchable(1)[0].receipt_no
    assert "免费期内" in dealer.get(f"/me/receipts/{receipt_no}/").content.decode()
    weighed_out(keeper, *booked(market, number, dealer), 1_000, 1_000)
    post_storage_fees()
    market.settle()
    key = Charge.objects.get(account_no=market.dealers[0]).pk
    for text in ("出入库费", "12.00", f"charge:{key}:0", "已支付"):
        assert text in dealer.get("/me/fees/").content.decode()
        assert text in keeper.get("/store/money/").content.decode()
    assert f'id="charge:{key}:0"' in dealer.get("/me/ledger/cash/").content.decode()
    assert log_in(market.dealers[1]).get("/me/fees/").content.decode().count("charge:") == 0
    assert "24.00" in keeper.get("/store/money/").content.decode()


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
