"""What owners, keepers, lenders and the operator do with receipts on their pages, from one to the next."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now, today
from exchange.kernel.documents.verification import verify_pdf
from exchange.members.selectors import member_by_account_no
from exchange.members.uscc import make_uscc
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_store_desks import staff, text
from warehouse_receipts import services
from warehouse_receipts.models import IssueRequest, Pickup, Pledge, Receipt

pytestmark = pytest.mark.django_db

ID_NO = "11010519491231002X"


@pytest.fixture
def receipt(market: TableExchange) -> Receipt:
    return Receipt.objects.filter(holder_no=market.growers[0]).order_by("pk")[0]


@pytest.fixture
def owner(receipt: Receipt, log_in: LogIn) -> Client:
    return log_in(receipt.holder_no)


@pytest.fixture
def keeper(receipt: Receipt) -> Client:
    return staff(f"warehouse:{receipt.warehouse.code}")


def split(owner: Client, receipt: Receipt, *parts: int) -> list[str]:
    text(owner, f"/me/receipts/{receipt.no}/split/", parts=",".join(map(str, parts)))
    children = Receipt.objects.filter(parent=receipt).order_by("pk").values_list("no", flat=True)
    return [receipt.no, *children]


def test_a_receipt_is_split_and_merged(owner: Client, receipt: Receipt) -> None:
    assert "notice--danger" in text(owner, f"/me/receipts/{receipt.no}/split/", parts="1,2,3")
    parts = split(owner, receipt, 12_000, 8_000)
    assert len(parts) == 2
    form = {"do": "merge", "no": parts}
    assert parts[1] in text(owner, f"/me/receipts/use/?do=merge&no={parts[0]}&no={parts[1]}")
    assert "已合并" in text(owner, "/me/receipts/use/", **form)
    merged = Receipt.objects.get(
        state="issued", holder_no=receipt.holder_no, product_number=receipt.product_number
    )
    assert merged.kg == 20_000
    assert "登记链完整" in text(owner, f"/trace/{merged.no}/")


def test_goods_are_fetched_with_code_plate_and_id(
    market: TableExchange, owner: Client, keeper: Client, receipt: Receipt
) -> None:
    form = {
        "do": "pickup",
        "no": receipt.no,
        "plate": "陕D12345",
        "person": "刘师傅",
        "id_no": ID_NO,
        "slot_at": (now() + timedelta(days=1)).strftime("%Y-%m-%dT10:00"),
    }
    html = text(owner, "/me/receipts/use/", **form)
    code = re.search(r'id="pickup-code">(\d+)<', html)
    assert code
    market.settle()
    pickup = Pickup.objects.get()
    act = f"/store/pickups/{pickup.no}/act/"
    assert pickup.no in text(keeper, "/store/pickups/")
    assert code[1] not in text(keeper, f"/store/pickups/{pickup.no}/")
    text(keeper, act, verb="confirm")
    wrong = text(keeper, act, verb="check_in", code="00000000", plate="陕D12345", id_no=ID_NO)
    assert "提货码、车牌或证件不符" in wrong
    assert "核对无误" in text(keeper, act, verb="check_in", code=code[1], plate="陕d12345", id_no=ID_NO)
    assert "相差超过" in text(keeper, act, verb="weigh_out", kg=20_000, weighed_kg=18_000)
    text(keeper, act, verb="weigh_out", kg=20_000, weighed_kg=19_950)
    assert "出门证" in text(keeper, act, verb="finish")
    for client in (owner, keeper):
        report = verify_pdf(client.get(f"/papers/pickups/{pickup.no}.pdf").content)
        assert report.genuine
        assert report.kind == "outbound"
    html = text(owner, f"/trace/{receipt.no}/")
    for said in ("陕D12345", "已出库", "提货车辆"):
        assert said in html
    assert "-50" in text(keeper, f"/store/pickups/{pickup.no}/")


def test_a_pledge_is_taken_repaid_and_released(
    market: TableExchange, owner: Client, receipt: Receipt, log_in: LogIn
) -> None:
    uscc = make_uscc(division="610400", serial=77)
    services.admit_lender(
        code="QN",
        name="秦农银行",
        uscc=uscc,
        first_ltv_bps=6_000,
        call_ltv_bps=7_500,
        cure_days=3,
        actor=SYSTEM,
    )
    lender = staff("lender:QN", "信贷员")
    form = {
        "do": "pledge",
        "no": receipt.no,
        "lender": "QN",
        "due_on": (today() + timedelta(days=30)).isoformat(),
    }
    assert "超过质押率" in text(owner, "/me/receipts/use/", **form, principal="9000000")
    assert "已提交质权人" in text(owner, "/me/receipts/use/", **form, principal="50000")
    market.settle()
    pledge = Pledge.objects.get()
    assert pledge.no in text(lender, "/lend/")
    text(lender, f"/lend/{pledge.no}/", verb="approve")
    market.settle()
    assert "已登记" in text(owner, "/me/business/")
    assert "已质押" in text(owner, f"/trace/{receipt.no}/")
    assert lender.get(f"/papers/receipts/{receipt.no}.pdf").status_code == 200
    assert "还欠 40,000.00" in text(lender, f"/lend/{pledge.no}/", verb="repay", amount="10000")
    assert "notice--danger" in text(lender, f"/lend/{pledge.no}/", verb="foreclose", reason="逾期")
    assert "已解押" in text(lender, f"/lend/{pledge.no}/", verb="release")
    assert staff("lender:QN", "另一人").post("/lend/ZY0/", {"verb": "approve"}).status_code == 302


def test_the_operator_registers_what_all_three_confirmed(
    market: TableExchange, keeper: Client, log_in: LogIn, receipt: Receipt
) -> None:
    from tests.warehouse_receipts.goods import an_inspected_lot

    cell = market.products[0].cell
    lot = an_inspected_lot(receipt.warehouse.code, 9_000, owner_no=receipt.holder_no, cell=cell)
    services.store_intake(lot, cell)
    number = services.request_issue(lot, cell, actor=SYSTEM)
    operator, owner = log_in(), log_in(receipt.holder_no)
    act = {"subject": number, "verb": "register"}
    assert "notice--danger" in text(operator, "/console/receipts/act/", **act)
    assert number in text(owner, "/me/receipts/")
    assert "已确认" in text(owner, f"/me/business/issues/{number}/", verb="confirm")
    request = IssueRequest.objects.get(no=number)
    body = request.intake.inspections.get().body_code
    text(staff(f"inspector:{body}", "确认人"), f"/inspect/issues/{number}/", verb="confirm")
    assert "已注册仓单" in text(operator, "/console/receipts/act/", **act)
    request.refresh_from_db()
    assert request.receipt is not None
    assert request.receipt.kg == 9_000
    other = log_in(next(no for no in market.growers if no != receipt.holder_no))
    assert "notice--danger" in text(other, f"/me/business/issues/{number}/", verb="confirm")


def test_the_register_is_searched_filtered_and_exported(
    market: TableExchange, receipt: Receipt, log_in: LogIn
) -> None:
    operator = log_in()
    holder = member_by_account_no(receipt.holder_no).code
    others = Receipt.objects.exclude(pk=receipt.pk).values_list("no", flat=True)
    html = text(
        operator,
        f"/console/receipts/?q={receipt.no}&holder={holder}&stage=free&warehouse={receipt.warehouse.code}",
    )
    assert receipt.no in html
    assert not any(no in html for no in others)
    assert "没有符合条件的仓单" in text(operator, "/console/receipts/?stage=pledge")
    assert "没有符合条件的仓单" in text(operator, "/console/receipts/?holder=NOBODY")
    csv = operator.get(f"/console/receipts/export.csv?holder={holder}").content.decode()
    assert receipt.no in csv
    assert csv.count("\n") == 1 + Receipt.objects.filter(holder_no=receipt.holder_no).count()
    assert operator.get("/console/receipts/export.xlsx").content[:2] == b"PK"
    assert operator.get("/console/receipts/export.exe").status_code == 422
    assert log_in(receipt.holder_no).get("/console/receipts/").status_code == 403


def test_a_holder_reports_a_receipt_lost_and_finds_it(
    market: TableExchange, owner: Client, receipt: Receipt, log_in: LogIn
) -> None:
    page, act = f"/me/receipts/{receipt.no}/", f"/me/receipts/{receipt.no}/loss/"
    assert "确认挂失" in owner.get(page).content.decode()
    assert "notice--danger" in text(owner, act, verb="report", reason="")
    assert "notice--danger" in text(owner, act, verb="found")
    stranger = log_in(market.growers[1])
    assert stranger.post(act, {"verb": "report", "reason": "偷来的"}, follow=True).status_code == 404
    assert "已挂失并公示" in text(owner, act, verb="report", reason="果窖搬迁时遗失")
    market.settle()
    shown = owner.get(page).content.decode()
    assert "已找到，撤回挂失" in shown
    assert "确认挂失" not in shown
    assert "挂失已撤回" in text(owner, act, verb="found")
    market.settle()
    receipt.refresh_from_db()
    assert (receipt.business, market.differences()) == ("none", [])
