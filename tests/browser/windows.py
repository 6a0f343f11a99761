"""Browser contexts that are kept from test to test, and come back as clean as new ones.

A context of its own for each person of each test costs a second: new processes that read the fonts and
compile the scripts all over again, and an empty cache. So contexts are lent out, by what they were opened
with, and each keeps a page of the exchange open, by which Chromium keeps the process of its pages.
"""

import json
from collections import defaultdict

from playwright.sync_api import Browser, BrowserContext, Page

ANCHOR = "/about/"
"""The page that stays open: a small one, without a socket."""


class Windows:
    """The contexts of one browser at one exchange."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._free: dict[str, list[Page]] = defaultdict(list)
        self._lent: dict[BrowserContext, tuple[str, Page]] = {}

    def lend(self, **options: object) -> BrowserContext:
        """A context nobody uses: no page of a test, no cookie, nothing in its storage."""
        key = json.dumps(options, sort_keys=True)
        if self._free[key]:
            anchor = self._free[key].pop()
        else:
            context = self._browser.new_context(base_url=self._url, **options)  # type: ignore[arg-type]
            anchor = context.new_page()
            anchor.goto(ANCHOR)
            anchor.context.clear_cookies()
        self._lent[anchor.context] = (key, anchor)
        return anchor.context

    def take_back(self, context: BrowserContext) -> None:
        """Closes the pages of a test and forgets what they left behind; its downloads go with the browser."""
        key, anchor = self._lent.pop(context)
        for page in context.pages:
            if page is not anchor:
                page.close()
        context.unroute_all()
        context.set_offline(False)
        context.clear_permissions()
        context.clear_cookies()
        anchor.evaluate("localStorage.clear()")
        assert context.storage_state() == {"cookies": [], "origins": []}
        self._free[key].append(anchor)

    def close(self) -> None:
        """Closes all of them."""
        for context in (*self._lent, *(anchor.context for kept in self._free.values() for anchor in kept)):
            context.close()
