"""People trade with each other through the terminal of a running exchange."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from exchange.kernel.money import parse_price
from matching.holds import buy_hold_fen
from tests.browser.desk import CHINESE, Desk

pytestmark = pytest.mark.browser

OpenContext = Callable[..., BrowserContext]
OpenDesk = Callable[..., Desk]

PHONE = {"width": 390, "height": 844}
VIEWS = ("list", "chart", "book", "ticket", "holdings")


def test_a_grower_and_a_dealer_trade_and_both_see_it(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    code, price = quiet_product["code"], quiet_product["reference_price"]
    grower, dealer = open_desk("g001", code), open_desk("d001", code)
    goods_before, grower_funds, dealer_funds = grower.kilograms(), grower.money(), dealer.money()
    receipts_before = dealer.tab("receipts").count()

    # the grower's sell order rests, with its goods on hold, and stands in the dealer's book
    order = grower.place("sell", price, 2_000)
    expect(grower.order_row(order)).to_contain_text("已报")
    expect(grower.page.locator("#ticket-goods")).to_have_text(f"{goods_before - 2_000:,} 公斤")
    expect(dealer.level("ask", price)).to_be_visible()
    assert dealer.book("ask") == [(parse_price(price), 2_000)]

    # the dealer clicks the price, the ticket is filled, he sends by keyboard
    dealer.level("ask", price).click()
    expect(dealer.page.locator("#ticket-price")).to_have_value(price)
    expect(dealer.page.locator("#ticket-quantity")).to_have_value("2000")
    dealer.page.keyboard.press("Control+Enter")
    dealer.confirm()

    # both see the trade
    for desk in (grower, dealer):
        row = desk.tab("fills").first
        expect(row).to_contain_text(price)
        expect(row).to_contain_text("2,000")
        expect(desk.page.locator(".tape__row").first.locator(".tape__kg")).to_have_text("2,000")
    expect(dealer.page.locator("#book-asks .level:not([disabled])")).to_have_count(0)

    # money moved by exactly what the ticket's rules say
    bps = int(dealer.page.locator("#terminal").get_attribute("data-buyer-bps") or "")
    paid = buy_hold_fen(parse_price(price), 2_000, bps)
    expect(dealer.page.locator("#ticket-free")).to_have_text(f"{(dealer_funds - paid) / 100:,.2f}")
    expect(grower.page.locator("#ticket-free")).not_to_have_text(f"{grower_funds / 100:,.2f}")
    assert grower.money() > grower_funds

    # title moved and a contract was formed, the same one for both
    expect(dealer.tab("receipts")).to_have_count(receipts_before + 1)
    contracts = [desk.tab("contracts").first.get_attribute("data-key") for desk in (grower, dealer)]
    assert contracts[0] == contracts[1] is not None


def test_an_order_can_be_changed_cancelled_and_all_cancelled(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk = open_desk("d002", quiet_product["code"])
    low = quiet_product["low_price"]
    first, second = (desk.place("buy", low, quantity) for quantity in (3_000, 5_000))
    expect(desk.level("bid", low).locator(".level__kg")).to_have_text("8,000")

    desk.order_row(first).locator("[data-action=replace]").click()
    desk.page.fill("#replace-quantity", "2000")
    desk.page.click("#replace-form button[value=yes]")
    expect(desk.order_row(first).locator("td").nth(4)).to_have_text("2,000")
    expect(desk.level("bid", low).locator(".level__kg")).to_have_text("7,000")

    desk.order_row(second).locator("[data-action=cancel]").click()
    expect(desk.order_row(second)).to_contain_text("已撤")

    desk.page.click("#cancel-all")
    expect(desk.page.locator("#confirm-warning")).to_contain_text("1 笔")
    desk.confirm()
    expect(desk.order_row(first)).to_contain_text("已撤")
    expect(desk.page.locator("#book-bids .level:not([disabled])")).to_have_count(0)


def test_a_change_the_exchange_refuses_says_why_where_it_was_asked(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk = open_desk("d002", quiet_product["code"])
    order = desk.place("buy", quiet_product["low_price"], 3_000)
    desk.order_row(order).locator("[data-action=replace]").click()
    desk.page.fill("#replace-price", "9999")
    desk.page.click("#replace-form button[value=yes]")
    expect(desk.page.locator("#replace-error")).to_have_text(CHINESE)
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#replace")).to_be_hidden()


def test_mistakes_stand_beside_their_field_before_anything_is_sent(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk = open_desk("d003", quiet_product["code"])
    before = desk.order_numbers()
    desk.side("buy")
    desk.write("0.01", 2_000)
    expect(desk.page.locator("#ticket-price-error")).to_contain_text(quiet_product["low_price"])
    expect(desk.page.locator("#ticket-price")).to_have_attribute("aria-invalid", "true")
    desk.write(quiet_product["low_price"], 2_050)
    expect(desk.page.locator("#ticket-price-error")).to_be_empty()
    expect(desk.page.locator("#ticket-quantity-error")).to_contain_text("整数倍")
    desk.side("sell")
    desk.write(quiet_product["low_price"], 2_000)
    expect(desk.page.locator("#ticket-quantity-error")).to_contain_text("可售仓单不足")
    desk.page.click("#ticket-send")
    expect(desk.page.locator("#confirm")).to_be_hidden()
    assert desk.order_numbers() == before


def test_quarters_of_what_a_member_can_sell_fill_the_quantity(
    open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk = open_desk("g001", quiet_product["code"])
    desk.side("sell")
    free = desk.kilograms()
    for percent in (25, 50, 75, 100):
        desk.page.click(f"[data-share='{percent}']")
        expected = free * percent // 100 // 100 * 100
        expect(desk.page.locator("#ticket-quantity")).to_have_value(str(expected))
    desk.page.click(".unit-switch [data-unit=t]")
    expect(desk.page.locator("#ticket-quantity")).to_have_value(re.compile(rf"^{free / 1000:g}$"))


def test_the_keys_of_a_desk(open_desk: OpenDesk, quiet_product: dict[str, str]) -> None:
    desk = open_desk("d003", quiet_product["code"])
    page = desk.page
    page.locator("#quote-last").click()

    page.keyboard.press("s")
    expect(page.locator("[data-set-side=sell]")).to_have_attribute("aria-pressed", "true")
    page.locator("#ticket-price").evaluate(
        "(input, value) => { input.value = value }", quiet_product["reference_price"]
    )
    page.keyboard.press("ArrowUp")
    raised = parse_price(quiet_product["reference_price"]) + 1
    expect(page.locator("#ticket-price")).to_have_value(f"{raised // 100}.{raised % 100:02d}")

    holder = page.locator("#chart")
    before = holder.get_attribute("data-shown-period")
    page.keyboard.press("F8")
    expect(holder).not_to_have_attribute("data-shown-period", before or "")
    page.keyboard.press("F5")
    expect(holder).to_have_attribute("data-view", "line")
    page.keyboard.press("F5")
    expect(holder).to_have_attribute("data-view", "candles")

    page.keyboard.press("F10")
    expect(page.locator("#facts-list")).to_contain_text(quiet_product["code"])
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_typing_pinyin_or_code_finds_a_product(open_desk: OpenDesk, quiet_product: dict[str, str]) -> None:
    desk = open_desk("d003")
    page = desk.page
    page.locator("#quote-last").click()
    page.keyboard.type(quiet_product["pinyin"], delay=30)
    expect(page.locator("#search")).to_be_visible()
    expect(page.locator("#search-input")).to_have_value(re.compile(quiet_product["pinyin"], re.IGNORECASE))
    expect(page.locator(f"#search-results #search-{quiet_product['code']}")).to_be_visible()
    page.fill("#search-input", quiet_product["code"])
    page.keyboard.press("Enter")
    expect(page.locator("#quote-code")).to_have_text(quiet_product["code"])
    expect(page).to_have_url(re.compile(f"/trade/{quiet_product['code']}/$"))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_phone_shows_every_view_without_scrolling_sideways(open_desk: OpenDesk, language: str) -> None:
    desk = open_desk("d004", viewport=PHONE, has_touch=True, is_mobile=True)
    desk.page.evaluate("code => { document.cookie = `django_language=${code}; path=/` }", language)
    desk.page.reload()
    desk.wait_until_live()
    for view in VIEWS:
        desk.page.tap(f'#phone-views [data-tab="{view}"]')
        assert desk.overflow() <= 0, view
    desk.page.tap('#phone-views [data-tab="ticket"]')
    for target in (
        "#ticket-send",
        "[data-set-side=buy]",
        "[data-share='25']",
        '#phone-views [data-tab="list"]',
    ):
        box = desk.page.locator(target).bounding_box()
        assert box is not None
        assert box["height"] >= 44, target


def test_english_leaves_no_chinese_but_names(open_desk: OpenDesk) -> None:
    desk = open_desk("d004")
    desk.page.evaluate("document.cookie = 'django_language=en; path=/'")
    desk.page.reload()
    desk.wait_until_live()
    text = desk.page.locator("#terminal").inner_text()
    assert CHINESE.findall(text) == []
    expect(desk.page.locator("#connection-word")).to_have_text("Live")


def test_an_operator_sees_quotes_and_cannot_order(new_context: OpenContext) -> None:
    desk = Desk(new_context(), "operator")
    desk.page.goto("/accounts/login/?next=/trade/")
    desk.page.fill("[name=login]", desk.username)
    desk.page.fill("[name=password]", "jinguo-demo-2026")
    desk.page.press("[name=password]", "Enter")
    expect(desk.page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(desk.page.locator("#ticket-alert")).to_contain_text("不属于交易商")
    assert desk.complaints == []


def test_the_terminal_asks_for_a_log_in(new_context: OpenContext) -> None:
    page = new_context().new_page()
    page.goto("/trade/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/trade/"))
