"""The pages in a real browser: what people see change, click and reach by keyboard."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from exchange.kernel.calendar import today
from exchange.kernel.money import format_yuan, parse_price
from tests.browser.desk import CHINESE
from tests.browser.people import PASSWORD, PHONE, LogIn
from tests.exchange_process import ExchangeProcess

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]

HOME = re.compile(r"//[^/]+/$")


@pytest.fixture
def order(live_exchange: ExchangeProcess, demo_keys: dict[str, str]) -> Callable[..., dict[str, object]]:
    """Places an order of a demo member through the API."""

    def place(member: str, side: str, product: str, price: str, quantity_kg: int) -> dict[str, object]:
        answer = httpx.post(
            f"{live_exchange.url}/api/v1/orders",
            headers={"Authorization": f"Bearer {demo_keys[member]}"},
            json={
                "product": product,
                "side": side,
                "type": "limit",
                "time_in_force": "day",
                "price": price,
                "quantity_kg": quantity_kg,
                "client_order_id": uuid.uuid4().hex,
            },
        )
        assert answer.status_code == 201, answer.text
        placed: dict[str, object] = answer.json()
        return placed

    return place


# Log-in ----------------------------------------------------------------------------------------------


def test_log_in_and_out(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("g001")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    page.locator("summary", has_text="合作社").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(HOME)
    page.goto("/me/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/me/"))


def test_a_wrong_password_is_told(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("g001")
    page.get_by_label("密码", exact=True).fill("wrong-password")
    page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()


# The board -------------------------------------------------------------------------------------------


def test_board_moves_without_reloading(
    page: Page, order: Callable[..., dict[str, object]], quiet_product: dict[str, str]
) -> None:
    code, price = (
        quiet_product["code"],
        format_yuan(parse_price(quiet_product["reference_price"]) * 104 // 100),
    )
    page.goto("/")
    expect(page.locator("#link")).to_contain_text("实时")
    order("G001", "sell", code, price, 1_000)
    order("D001", "buy", code, price, 1_000)
    row = page.locator(f'tr[data-product="{code}"]')
    expect(row.locator('[data-cell="last"]')).to_have_text(price)
    expect(row.locator('[data-cell="change"]')).to_contain_text("▲")
    expect(row.locator('[data-cell="change"]')).to_contain_text("(+")
    red = row.locator('[data-cell="last"]').evaluate("e => getComputedStyle(e).color")
    assert red == "rgb(194, 38, 28)"


def test_board_is_searched_by_pinyin_while_typing(page: Page) -> None:
    page.goto("/")
    rows = page.locator("#board tbody tr:visible")
    everything = rows.count()
    page.get_by_label("查找").press_sequentially("xyhfs")
    expect(page).to_have_url(re.compile(r"\?q=xyhfs$"))
    assert 0 < rows.count() < everything
    expect(rows.first).to_contain_text("旬邑红富士")
    page.get_by_label("查找").fill("没有这种果子")
    expect(page.get_by_text("没有符合条件的品种")).to_be_visible()
    page.get_by_role("link", name="清空筛选").click()
    expect(rows).to_have_count(everything)


def test_product_page_gets_new_trades(
    page: Page, order: Callable[..., dict[str, object]], quiet_product: dict[str, str]
) -> None:
    code, price = quiet_product["code"], quiet_product["reference_price"]
    page.goto(f"/products/{code}/")
    order("G001", "sell", code, price, 7_000)
    order("D002", "buy", code, price, 7_000)
    expect(page.locator("#tape tr").first).to_contain_text("7,000")
    expect(page.locator("#tape tr").first).to_contain_text("主动买")
    expect(page.locator(".chart svg")).to_be_visible()


# Language and look -----------------------------------------------------------------------------------


def test_english_and_back(page: Page) -> None:
    page.goto("/about/")
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules and fees")
    page.goto("/")
    shown = page.locator("body").inner_text().replace("中文", "")
    assert not CHINESE.search(shown)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("今日行情")


def test_colours_are_chosen_once_and_kept(page: Page) -> None:
    page.goto("/")
    page.locator("summary[aria-label=显示设置]").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="深色").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="绿涨红跌").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-updown", "green-up")
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(11, 17, 14)"


# A member's own pages ----------------------------------------------------------------------------------


def test_three_steps_sell_apples_on_a_phone(
    log_in: LogIn, order: Callable[..., dict[str, object]], quiet_product: dict[str, str]
) -> None:
    code, price = quiet_product["code"], quiet_product["reference_price"]
    order("D003", "buy", code, price, 3_000)
    page = log_in("g001", viewport=PHONE, has_touch=True)
    page.goto("/")
    page.get_by_role("link", name="卖货").last.click()
    page.locator(f'a.goods[href="/sell/{code}/"]').click()
    page.get_by_label("您要的价").fill(price)
    page.get_by_label("卖多少").fill("5000")
    promised = page.locator("#net").inner_text()
    page.get_by_role("button", name="下一步").click()
    expect(page.locator(".net__total").last).to_contain_text(promised)
    page.get_by_role("button", name="确认卖出").dblclick()
    expect(page.get_by_role("heading", name="卖出一部分")).to_be_visible()
    expect(page.get_by_text("3,000 / 5,000")).to_be_visible()

    # the rest can be taken back; pressing twice sold once
    page.get_by_role("link", name="查看委托").click()
    mine = page.locator("tr[data-order]")
    expect(mine).to_have_count(1)
    mine.get_by_role("button", name="撤单").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="不撤")).to_be_focused()
    dialog.get_by_role("button", name="撤单").click()
    expect(page.get_by_text("已撤单")).to_be_visible()
    expect(page.get_by_text("这里没有委托")).to_be_visible()


def test_a_price_outside_the_band_is_explained_on_the_phone(
    log_in: LogIn, quiet_product: dict[str, str]
) -> None:
    page = log_in("g001", viewport=PHONE)
    page.goto(f"/sell/{quiet_product['code']}/")
    page.get_by_label("您要的价").fill("99.00")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_contain_text("价格超出当日限价区间")
    expect(page.get_by_label("您要的价")).to_have_value("99.00")


def test_a_lost_connection_is_told_and_pressing_again_sells_once(
    log_in: LogIn, quiet_product: dict[str, str]
) -> None:
    page = log_in("g002", viewport=PHONE)
    page.goto(f"/sell/{quiet_product['code']}/")
    page.get_by_label("您要的价").fill(quiet_product["high_price"])
    page.get_by_label("卖多少").fill("1000")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("button", name="确认卖出")).to_be_enabled()
    page.context.set_offline(True)
    page.get_by_role("button", name="确认卖出").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上交易所")
    page.context.set_offline(False)
    page.get_by_role("button", name="确认卖出").click()
    expect(page.get_by_role("heading", name="已挂出")).to_be_visible()
    page.goto("/me/orders/")
    expect(page.locator("tr[data-order]")).to_have_count(1)
    page.locator("[data-cancel]").click()
    page.get_by_role("dialog").get_by_role("button", name="撤单").click()
    expect(page.get_by_text("这里没有委托")).to_be_visible()


def test_money_paid_in_can_be_used_and_taken_out(log_in: LogIn) -> None:
    page = log_in("g003")
    page.goto("/me/")
    forms = page.locator(".money-forms form")
    forms.first.get_by_label("金额").fill("250000.00")
    forms.first.get_by_role("button", name="入金").click()
    expect(page.get_by_text("已提交银行")).to_be_visible()
    wait_for(page, "已到账")
    forms.last.get_by_label("金额").fill("100000.00")
    forms.last.get_by_role("button", name="出金").click()
    expect(page.get_by_text("已受理").first).to_be_visible()
    wait_for(page, "-100,000.00")


def wait_for(page: Page, text: str) -> None:
    """Reloads until the text is there: the bank answers in its own time."""
    for _ in range(60):
        if page.get_by_text(text).first.is_visible():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(f"{text} did not appear")


# The console -----------------------------------------------------------------------------------------


def test_halt_and_resume_are_seen_on_the_board(
    log_in: LogIn, page: Page, quiet_product: dict[str, str]
) -> None:
    code = quiet_product["code"]
    page.goto("/")
    phase = page.locator(f'tr[data-product="{code}"] [data-cell="phase"]')
    expect(phase).to_have_text("交易中")
    operator = log_in("operator")
    operator.goto("/console/")
    with asked_for_a_reason(operator, f'tr[data-product="{code}"] [data-dialog=halt-one]', "价格异常，核查"):
        expect(operator.get_by_role("dialog")).to_contain_text("可以撤单")
    expect(phase).to_have_text("暂停")
    with asked_for_a_reason(operator, f'tr[data-product="{code}"] [data-dialog=resume-one]', "核查完毕"):
        pass
    expect(operator.locator("[data-proposal]")).to_contain_text("须由另一人复核")
    expect(phase).to_have_text("暂停")
    approve(log_in("index"))
    expect(phase).to_have_text("交易中")
    operator.goto("/console/audit/")
    expect(operator.locator("tbody tr").first).to_contain_text("核查完毕")


def test_close_and_open_the_market(
    log_in: LogIn, order: Callable[..., dict[str, object]], page: Page, quiet_product: dict[str, str]
) -> None:
    order("D004", "buy", quiet_product["code"], quiet_product["low_price"], 1_000)
    page.goto("/")
    expect(page.locator('[data-total="open"]')).not_to_have_text("0")
    operator = log_in("operator")
    operator.goto("/console/")
    second = log_in("index")
    with asked_for_a_reason(operator, "[data-dialog=close-session]", "日终收市"):
        pass
    approve(second)
    expect(page.locator('[data-total="open"]')).to_have_text("0")
    operator.reload()
    with asked_for_a_reason(operator, "[data-dialog=open-session]", "次日开市"):
        pass
    approve(second)
    expect(page.locator('[data-total="open"]')).not_to_have_text("0")
    dealer = log_in("d004")
    dealer.goto("/me/orders/?status=done")
    expect(dealer.locator("tr[data-order]").first).to_contain_text("收市撤单")


def test_suspend_and_reinstate_a_member(log_in: LogIn) -> None:
    operator = log_in("operator")
    operator.goto("/console/members/?q=E001")
    with asked_for_a_reason(operator, "tr[data-member=E001] [data-dialog=suspend]", "资料过期"):
        pass
    operator.goto("/console/members/?q=E001")
    expect(operator.locator("tr[data-member=E001]")).to_contain_text("资料过期")
    with asked_for_a_reason(operator, "tr[data-member=E001] [data-dialog=reinstate]", "已补资料"):
        pass
    operator.goto("/console/members/?q=E001")
    expect(operator.locator("tr[data-member=E001]")).to_contain_text("正常")


def test_index_is_computed_published_and_read_by_everybody(log_in: LogIn, page: Page) -> None:
    operator = log_in("index")
    operator.goto("/console/index/")
    operator.get_by_role("button", name="试算").click()
    expect(operator.get_by_text("尚未公布")).to_be_visible()
    value = operator.locator(".preview .figure__value").nth(1).inner_text()
    with asked_for_a_reason(operator, "[data-dialog=propose]", "收市核对"):
        pass
    expect(operator.get_by_text("您提出的，须由另一人复核")).to_be_visible()
    second = log_in("operator")
    second.goto("/console/index/")
    second.get_by_role("button", name="公布", exact=True).click()
    expect(second.get_by_text("已公布").first).to_be_visible()

    page.goto("/index/")
    expect(page.locator(".index-head__value")).to_have_text(value)
    page.get_by_role("link", name=today().isoformat()).click()
    expect(page.locator("dl").get_by_text("与公布值一致")).to_be_visible()
    page.locator("tr[data-series='size:80']").get_by_role("link", name="逐步核对").click()
    expect(page.locator("#steps")).to_contain_text("逐步核对：80#")
    page.goto("/")
    expect(page.locator(".headline__value")).to_have_text(value)


def approve(second: Page) -> None:
    """Another operator approves the newest proposal on sessions."""
    second.goto("/console/")
    with asked_for_a_reason(second, "[data-dialog=approve-change] >> nth=0", "复核同意"):
        pass


@contextmanager
def asked_for_a_reason(page: Page, opener: str, reason: str) -> Iterator[None]:
    """Opens a dialog, checks inside the with block, then gives the reason and sends."""
    page.locator(opener).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("原因")).to_be_focused()
    dialog.get_by_label("原因").fill(reason)
    yield
    dialog.locator("button[type=submit]").click()
    expect(page.locator(".notice--ok").first).to_be_visible()
