"""From deal to completion, and from deal to breach, as a dealer, a grower's phone and the operator see it.

Two days to cure pass by moving the deadline of the notice in the exchange's own table: nothing else is told.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from exchange.kernel.calendar import now
from exchange.kernel.money import format_yuan_grouped, parse_price, parse_yuan
from tests.browser.people import enter, reload_until
from tests.exchange_process import ExchangeProcess
from tests.hall_people import Halls, fresh, until

pytestmark = pytest.mark.browser

PHONE, TABLET = {"width": 390, "height": 844}, {"width": 820, "height": 1180}
KG, SHORT_KG = 2_000, 10
ID_NO = "11010519491231002X"


@pytest.fixture(scope="module")
def halls(live_exchange: ExchangeProcess) -> Iterator[Halls]:
    """Everybody at the API, the operator in the console."""
    made = Halls.of(live_exchange)
    yield made
    made.close()


@pytest.fixture
def at(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Opens a page to somebody; at the end no page may have broken, nor be wider than its screen."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(username: str, target: str, **options: object) -> Page:
        page = new_context(**options).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Policy" in line.text else None)
        enter(page, username, target)
        return page

    yield opened
    assert complaints == []
    for page in pages:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def deal(halls: Halls) -> dict[str, object]:
    """D001 takes two tonnes of what G001 listed; the contract, as the API tells it."""
    known = {row["contract_no"] for row in halls["D001"].get("/contracts", limit=50)["items"]}
    listing = halls.listing()
    wish = {"price": listing["price"], "quantity_kg": KG, "client_id": fresh()}
    halls["D001"].post(f"/listings/{listing['listing_id']}/takes", wish)

    def formed() -> dict[str, object] | None:
        rows = halls["D001"].get("/contracts", limit=50)["items"]
        return next((row for row in rows if row["contract_no"] not in known), None)

    contract: dict[str, object] = until(formed)
    return contract


def let_two_days_pass(exchange: ExchangeProcess, breach_no: str) -> None:
    """The time to cure is over."""
    with sqlite3.connect(exchange.directory / "jinguo.sqlite3", timeout=30) as database:
        changed = database.execute(
            "UPDATE settlement_breach SET cure_due_ns = noticed_at_ns WHERE breach_no = ?", (breach_no,)
        )
    assert changed.rowcount == 1


def test_from_deal_to_breach(halls: Halls, at: Callable[..., Page], live_exchange: ExchangeProcess) -> None:
    contract = deal(halls)
    number = contract["contract_no"]
    operator = at("operator", f"/console/deliveries/{number}/")
    operator.get_by_text("违约通知", exact=True).click()
    operator.get_by_label("违约方").select_option("seller")
    operator.get_by_label("事由").select_option("quality")
    operator.locator("#b-reason").fill("货不对板，拒绝换货")
    operator.get_by_role("button", name="发出违约通知").click()
    told = operator.get_by_text(re.compile(r"违约通知 WY\d+-\d+ 已发出")).inner_text()
    breach_no = re.search(r"WY\d+-\d+", told)
    assert breach_no

    grower = at("g001", f"/me/contracts/{number}/delivery/", viewport=PHONE)
    expect(grower.get_by_text(breach_no[0]).first).to_be_visible()

    operator.get_by_placeholder("原因").fill("补救期满")
    operator.get_by_role("button", name="认定违约").click()
    expect(operator.get_by_text("补救期未满")).to_be_visible()
    let_two_days_pass(live_exchange, breach_no[0])
    operator.get_by_placeholder("原因").fill("补救期满")
    operator.get_by_role("button", name="认定违约").click()
    expect(operator.get_by_text("违约已认定")).to_be_visible()

    damages = format_yuan_grouped(parse_yuan(str(contract["amount"])) // 10)
    grower.reload()
    expect(grower.locator(".badge", has_text="违约").first).to_be_visible()
    expect(grower.get_by_text(f"违约金 {damages}")).to_be_visible()
    dealer = at("d001", f"/me/contracts/{number}/delivery/")
    expect(dealer.locator("#money tr", has_text="违约金")).not_to_have_count(0)


def test_from_deal_to_completion(halls: Halls, at: Callable[..., Page]) -> None:
    contract = deal(halls)
    number = str(contract["contract_no"])
    dealer = at("d001", "/me/", viewport=PHONE)
    dealer.locator(".errand", has_text=number).click()
    dealer.wait_for_url(f"**/me/contracts/{number}/delivery/")
    dealer.get_by_role("button", name="预约提货").click()
    slot = now() + timedelta(days=1)
    for label, value in {
        "提货时间": f"{slot:%Y-%m-%dT10:00}",
        "车牌": "陕D54321",
        "提货人": "刘师傅",
        "身份证号": ID_NO,
    }.items():
        dealer.get_by_label(label, exact=True).fill(value)
    dealer.get_by_role("button", name="确认").click()
    code = dealer.locator("#pickup-code").inner_text()
    pickup = dealer.locator(".pickup-code .mono").first.inner_text()

    keeper = at(keeper_of(halls, contract), f"/store/pickups/{pickup}/", viewport=TABLET)
    reload_until(keeper, "确认时段")
    keeper.get_by_role("button", name="确认时段").click()
    for label, value in {"提货码": code, "车牌": "陕D54321", "身份证号": ID_NO}.items():
        keeper.get_by_label(label, exact=True).fill(value)
    keeper.get_by_role("button", name="核对并放行入库").click()
    keeper.get_by_label("过磅 公斤").fill(str(KG - SHORT_KG))
    keeper.get_by_role("button", name="过磅出库").click()
    keeper.get_by_role("button", name="放行并开出门证").click()
    expect(keeper.get_by_text(re.compile(r"出门证 CM\d+")).first).to_be_visible()

    dealer.goto(f"/me/contracts/{number}/delivery/")
    expect(dealer.locator(".badge", has_text="已离库").first).to_be_visible()
    back = format_yuan_grouped(SHORT_KG * parse_price(str(contract["price"])))
    expect(dealer.locator("#money tr", has_text="溢短").first).to_contain_text(back)
    dealer.get_by_role("button", name="验收合格").click()
    expect(dealer.get_by_text("已验收，合同完成")).to_be_visible()

    grower = at("g001", "/me/ledger/quality_deposit/", viewport=PHONE)
    expect(grower.get_by_text("品质担保金").first).to_be_visible()
    grower.goto("/me/invoices/")
    expect(grower.get_by_text(f"FP-{number}").first).to_be_visible()
    grower.goto("/me/contracts/?stage=completed")
    expect(grower.get_by_role("link", name=number)).to_be_visible()


def keeper_of(halls: Halls, contract: dict[str, object]) -> str:
    """Log-in of the keeper in whose store the goods of a contract lie."""
    wanted = contract["receipt_nos"]
    assert isinstance(wanted, list)
    rows = halls["D001"].get("/receipts", limit=500)["items"]
    store = next(row["warehouse_code"] for row in rows if row["receipt_no"] == wanted[0])
    return f"keeper-{store}".lower()
