"""The pictures of the README, made from an exchange that really runs: ``make screenshots``.

``python -m docs.screenshots`` starts a freshly seeded exchange in a temporary directory, lets the demo
members trade for a while, takes the pictures into docs/img/ and stops it again. With ``--url`` it takes
them from an exchange that runs already (with the demo log-ins). Needs Chromium.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.people import PASSWORD
from tests.exchange_process import running_exchange
from tests.servers import chromium_path

IMAGES = Path(__file__).resolve().parent / "img"
TRADING_S = 900
ORDERS_PER_S = 8
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGSHIP = "HFS-Z80-1-XY"
"""The base product: red Fuji of Xunyi, paper-bagged, 80 mm, class 1."""


class Picture(NamedTuple):
    """One picture: its file, who looks (None: the public), at which page, how wide, what they do first."""

    name: str
    username: str | None
    path: str
    viewport: dict[str, int]
    prepare: Callable[[Page], object]


def settle(page: Page) -> None:
    """Let fonts and charts come."""
    page.wait_for_load_state("networkidle")


def fill_ticket(page: Page) -> None:
    """A live market, and an order about to be sent."""
    page.wait_for_selector("#connection[data-state=live]")
    page.locator(".level--ask:not([disabled])").last.click()
    page.fill("#ticket-quantity", "12000")
    page.wait_for_timeout(6_000)  # for the notice of an older trade to go


def open_first(selector: str) -> Callable[[Page], None]:
    """The page behind the first link of a list."""

    def prepare(page: Page) -> None:
        page.locator(selector).first.click()
        settle(page)

    return prepare


PICTURES = (
    Picture("board", None, "/", DESK, settle),
    Picture("terminal", "d001", f"/trade/{FLAGSHIP}/", DESK, fill_ticket),
    Picture("sell-phone", "g001", f"/sell/{FLAGSHIP}/", PHONE, settle),
    Picture("listings", None, "/listings/", DESK, settle),
    Picture("auction-phone", "d001", "/auctions/", PHONE, open_first(".lot__name a")),
    Picture("receipt-phone", "g001", "/me/receipts/", PHONE, open_first("main a[href^='/me/receipts/JG']")),
    Picture("supply", "d001", "/supply/", DESK, settle),
    Picture("quotations", None, "/quotations/", DESK, settle),
    Picture("index", None, "/index/", DESK, settle),
    Picture("console", "operator", "/console/", DESK, settle),
)


def main() -> int:
    """The command line."""
    options = arguments()
    IMAGES.mkdir(parents=True, exist_ok=True)
    if options.url:
        take_all(options.url)
        return 0
    with (
        tempfile.TemporaryDirectory() as directory,
        running_exchange(Path(directory), DEMO_HALLS="1") as exchange,
    ):
        trading = ("--seconds", str(options.seconds), "--rate", str(ORDERS_PER_S))
        exchange.jinguo("demo", "trade", "--url", exchange.url, *trading)
        take_all(exchange.url)
    return 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description="Take the pictures of the README.")
    parser.add_argument("--url", help="an exchange that runs already")
    parser.add_argument("--seconds", type=int, default=TRADING_S, help=f"demo trading first ({TRADING_S})")
    return parser.parse_args()


def publish_index(browser: Browser, url: str) -> None:
    """Today's index: one person computes it and puts it forward, another releases it; unless that is done."""
    context = browser.new_context(base_url=url, locale="zh-CN")
    page = context.new_page()
    log_in(page, "index", "/console/index/")
    compute = page.locator("form[action='/console/index/compute/'] button")
    if compute.count():
        compute.click()
        page.wait_for_load_state("networkidle")
    if page.locator("[data-dialog=propose]").count():
        page.click("[data-dialog=propose]")
        page.fill("#propose textarea", "README 配图")
        page.click("#propose button[type=submit]")
        page.wait_for_load_state("networkidle")
    context.close()
    context = browser.new_context(base_url=url, locale="zh-CN")
    page = context.new_page()
    log_in(page, "operator", "/console/index/")
    release = page.locator("form:has(input[value=release]) button")
    if release.count():
        release.click()
        page.wait_for_load_state("networkidle")
    context.close()


def take_all(url: str) -> None:
    """Every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        publish_index(browser, url)
        for picture in PICTURES:
            print(take(browser, url, picture), file=sys.stderr)
        browser.close()


def take(browser: Browser, url: str, picture: Picture) -> Path:
    """One picture, in Chinese and in light colours; where it is."""
    scale = 2 if picture.viewport == PHONE else 1
    context = browser.new_context(
        base_url=url,
        viewport=picture.viewport,
        locale="zh-CN",
        color_scheme="light",
        device_scale_factor=scale,
    )
    page = context.new_page()
    if picture.username:
        log_in(page, picture.username, picture.path)
    else:
        page.goto(picture.path)
    picture.prepare(page)
    target = IMAGES / f"{picture.name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def log_in(page: Page, username: str, path: str) -> None:
    """Through the log-in page to `path`."""
    page.goto(f"/accounts/login/?next={path}")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**{path}")
    page.goto(path)  # without the greeting of the log-in


if __name__ == "__main__":
    raise SystemExit(main())
