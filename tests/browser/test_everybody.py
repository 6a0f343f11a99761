"""What holds on every page: it fits a phone, thumbs and keyboards reach it, motion may be off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.people import PHONE, LogIn
from web.console.navigation import GROUPS

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]

TOUCH_PX = 44
PUBLIC = (
    "/",
    "/listings/",
    "/auctions/",
    "/index/",
    "/index/method/",
    "/news/",
    "/news/1/",
    "/quotations/",
    "/supply/",
    "/supply/1/",
    "/statistics/",
    "/credit/",
    "/credit/method/",
    "/status/",
    "/about/",
    "/accounts/login/",
    "/nowhere/",
)
MEMBER = (
    "/me/",
    "/me/receipts/",
    "/me/orders/?status=all",
    "/me/listings/",
    "/me/listings/new/",
    "/me/listings/wanted/",
    "/me/auctions/",
    "/me/auctions/need/",
    "/me/contracts/",
    "/me/statements/",
    "/me/supply/",
    "/me/supply/new/",
    "/me/credit/",
    "/sell/",
)
CONSOLE = ("/console/news/1/", *(desk.path for group in GROUPS for desk in group.desks))


@pytest.mark.parametrize(("username", "paths"), [("", PUBLIC), ("g001", MEMBER), ("operator", CONSOLE)])
def test_every_page_fits_the_phone(
    username: str, paths: tuple[str, ...], log_in: LogIn, new_context: NewContext
) -> None:
    page = log_in(username, viewport=PHONE) if username else new_context(viewport=PHONE).new_page()
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.locator("h1").count() == 1, path
        assert unnamed_controls(page) == [], path


def test_what_a_thumb_presses_is_big_enough(log_in: LogIn, quiet_product: dict[str, str]) -> None:
    page = log_in("g001", viewport=PHONE)
    for path in ("/sell/", f"/sell/{quiet_product['code']}/", "/me/orders/"):
        page.goto(path)
        sizes = page.locator(
            "main button:visible, main input:visible, main a.goods:visible, main a.button:visible, .dock a"
        ).evaluate_all("all => all.map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])")
        assert [size for size in sizes if size[1] < TOUCH_PX] == [], path


def test_the_keyboard_reaches_content_first_and_sees_where_it_is(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("跳到正文")
    expect(focused).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".board-notice a")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("查找")).to_be_focused()
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_escape_closes_menus_and_dialogs_and_gives_focus_back(log_in: LogIn) -> None:
    page = log_in("operator")
    page.goto("/console/")
    opener = page.locator("[data-dialog=halt-all]")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    summary = page.locator("summary[aria-label=显示设置]")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="深色")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="深色")).to_be_hidden()
    expect(summary).to_be_focused()


def test_a_press_that_comes_before_the_scripts_is_done_when_they_are_there(log_in: LogIn) -> None:
    page = log_in("operator")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/static/app/shell\b.*\.js$"), hold)
    page.goto("/console/", wait_until="commit")
    opener = page.locator("[data-dialog=halt-all]")
    opener.click()
    expect(opener).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("dialog")).to_be_hidden()
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(opener).not_to_have_attribute("aria-busy", "true")


def test_reduced_motion_is_respected(new_context: NewContext) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    page.goto("/")
    assert (
        page.locator("body").evaluate("e => getComputedStyle(e).getPropertyValue('--slow').trim()") == "0ms"
    )


def unnamed_controls(page: Page) -> list[str]:
    """Visible controls and links a screen reader could not name."""
    names: list[str] = page.evaluate(
        """() => {
            const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
            const spoken = (e) => e.innerText || e.getAttribute("aria-label") || e.title
                || [...(e.labels || [])].map((label) => label.innerText).join("")
                || e.textContent;
            return [...document.querySelectorAll(controls)]
                .filter((e) => e.checkVisibility() && !spoken(e).trim())
                .map((e) => e.outerHTML.slice(0, 120));
        }"""
    )
    return names
