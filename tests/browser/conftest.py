"""A real Chromium for the browser tests; they run in a pass of their own (see tests/__main__.py)."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.desk import Desk, desk_keys, quiet_product_of
from tests.browser.people import LogIn, enter
from tests.browser.windows import Windows
from tests.exchange_process import ExchangeProcess
from tests.servers import chromium_path

# The synchronous Playwright runs a loop in this thread; Django's test database calls are synchronous anyway.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A page may wait for a busy machine; an expectation that holds is met at once.
expect.set_options(timeout=15_000)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests of this worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def windows(chromium: Browser, live_exchange: ExchangeProcess) -> Iterator[Windows]:
    """The contexts of this worker's browser at its exchange."""
    kept = Windows(chromium, live_exchange.url)
    yield kept
    kept.close()


@pytest.fixture
def new_context(windows: Windows) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser contexts (one per person) against the live exchange, and ends their use at the end."""
    contexts: list[BrowserContext] = []

    def open_context(**options: object) -> BrowserContext:
        settings = {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}}
        contexts.append(windows.lend(**{**settings, **options}))
        return contexts[-1]

    yield open_context
    for context in contexts:
        windows.take_back(context)


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page at desk size, Chinese, nobody logged in."""
    return new_context().new_page()


@pytest.fixture
def log_in(new_context: Callable[..., BrowserContext]) -> Iterator[LogIn]:
    """An empty page of somebody; at the end no page may have broken, or be wider than its screen."""
    complaints: list[str] = []
    pages: list[Page] = []

    def heard(line: ConsoleMessage) -> None:
        if "Policy" in line.text:
            complaints.append(line.text)

    def logged_in(username: str, **options: object) -> Page:
        page = new_context(**options).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", heard)
        enter(page, username)
        return page

    yield logged_in
    assert complaints == []
    for page in pages:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture(scope="session")
def demo_keys(live_exchange: ExchangeProcess) -> dict[str, str]:
    """API keys of the demo members by code."""
    return desk_keys(live_exchange)


@pytest.fixture
def quiet_product(live_exchange: ExchangeProcess, demo_keys: dict[str, str]) -> dict[str, str]:
    """A product with an empty book of which the grower G001 has goods, as the API tells it."""
    return quiet_product_of(live_exchange, demo_keys["G001"])


@pytest.fixture
def open_desk(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Desk]]:
    """Opens the terminal for a demo log-in; at the end no browser may have complained.

    ``tap`` gets the page before it connects.
    """
    desks: list[Desk] = []

    def open_desk(
        username: str, product: str = "", *, tap: Callable[[Page], object] | None = None, **options: object
    ) -> Desk:
        desk = Desk(new_context(**options), username)
        desks.append(desk)
        if tap:
            tap(desk.page)
        return desk.open(product)

    yield open_desk
    for desk in desks:
        desk.leave()
    assert [complaint for desk in desks for complaint in desk.complaints] == []
