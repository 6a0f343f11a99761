"""A call auction and an order with terms, as people at the terminal and in the console see them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from exchange.kernel.calendar import today
from exchange.kernel.money import format_yuan, parse_price
from tests.browser.desk import Desk
from tests.browser.people import enter

pytestmark = pytest.mark.browser

OpenContext = Callable[..., BrowserContext]
OpenDesk = Callable[..., Desk]
PHONE = {"width": 390, "height": 844}


def console(new_context: OpenContext, username: str = "operator") -> Page:
    """An operator's console."""
    page = new_context().new_page()
    enter(page, username, "/console/")
    return page


def approve(page: Page) -> None:
    """What the other operator proposed."""
    page.locator("[data-dialog=approve-change]").first.click()
    page.get_by_role("dialog").get_by_label("原因").fill("复核同意")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.locator(".notice--ok").first).to_be_visible()


def do(page: Page, code: str, dialog: str, reason: str) -> None:
    """One of the buttons of a product, with its reason."""
    page.locator(f'tr[data-product="{code}"] [data-dialog={dialog}]').click()
    page.get_by_role("dialog").get_by_label("原因").fill(reason)
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.locator(".notice--ok").first).to_be_visible()


def test_a_call_collects_orders_shows_its_price_and_ends_in_trades_of_one_price(
    open_desk: OpenDesk, new_context: OpenContext, quiet_product: dict[str, str]
) -> None:
    code, reference = quiet_product["code"], parse_price(quiet_product["reference_price"])
    grower, dealer = open_desk("g001", code), open_desk("d001", code)
    operator = console(new_context)
    do(operator, code, "begin-call", "大额委托")
    expect(operator.locator(f'tr[data-product="{code}"]')).to_contain_text("集合竞价")
    expect(dealer.page.locator("#quote-phase")).to_have_text("集合竞价")
    expect(dealer.page.locator("#book-call")).to_contain_text("尚无可成交")

    # orders cross and do not trade; everybody sees what the call would do
    grower.place("sell", format_yuan(reference - 4), 3_000)
    dealer.place("buy", format_yuan(reference + 4), 2_000)
    expect(dealer.page.locator("#book-call-price")).to_contain_text("2,000")
    expect(dealer.page.locator("#book-call-surplus")).to_contain_text("余卖 1,000")
    assert dealer.book("bid") == [(reference + 4, 2_000)]
    assert dealer.book("ask") == [(reference - 4, 3_000)]
    operator.reload()
    expect(operator.locator(f'tr[data-product="{code}"] [data-indicative]')).to_contain_text("余卖")

    # the operator ends it: one price, and continuous trading goes on
    do(operator, code, "end-call", "提前结束")
    approve(console(new_context, "index"))
    row = dealer.page.locator(".tape__row").first
    expect(row).to_contain_text(format_yuan(reference - 4))
    expect(row.locator(".tape__side")).to_have_text("集")
    expect(dealer.page.locator("#book-call")).to_be_hidden()
    expect(dealer.page.locator("#quote-phase")).to_have_text("交易中")


def test_an_order_with_terms_is_checked_sent_and_listed(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk = open_desk("d002", quiet_product["code"])
    expect(desk.page.locator("#terms-post")).to_be_hidden()
    desk.page.click("#terms summary")
    desk.page.check("[name=tif][value=fok]")
    desk.page.check("#terms-post")
    expect(desk.page.locator("#terms-error")).to_contain_text("只挂单")

    desk.page.check("[name=tif][value=gtd]")
    expect(desk.page.locator("#terms-error")).to_contain_text("到期日")
    desk.page.fill("#terms-expires", today().isoformat())
    expect(desk.page.locator("#terms-error")).to_be_empty()
    desk.page.select_option("#terms-self", "cancel_oldest")
    expect(desk.page.locator("#terms-count")).to_have_text("已设 3 项")

    order = desk.place("buy", quiet_product["low_price"], 2_000)
    row = desk.order_row(order)
    expect(row).to_contain_text(f"至 {today().isoformat()[5:]}")
    expect(row).to_contain_text("只挂单")
    expect(row).to_contain_text("遇本方委托撤原有委托")


def test_terms_fit_a_phone(open_desk: OpenDesk, quiet_product: dict[str, str]) -> None:
    desk = open_desk("d003", quiet_product["code"], viewport=PHONE)
    desk.page.click('#phone-views [data-tab="ticket"]')
    desk.page.click("#terms summary")
    desk.page.check("[name=tif][value=gtd]")
    expect(desk.page.locator("#terms-expires")).to_be_visible()
    assert desk.overflow() <= 0
    for control in ("#terms-expires", "#terms-type", "#terms-minimum", "#terms-self"):
        box = desk.page.locator(control).bounding_box()
        assert box is not None
        assert box["height"] >= 44
