"""A trading desk: one person at the terminal, as the browser tests speak of it."""

import re
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from exchange.kernel.money import parse_price
from tests.browser.people import enter
from tests.exchange_process import ExchangeProcess

CHINESE = re.compile(r"[\u4e00-\u9fff]")

Level = tuple[int, int]
"""Price in fen per kg and kilograms."""


class Desk:
    """One person logged in at the terminal; remembers every complaint of the browser."""

    def __init__(self, context: BrowserContext, username: str) -> None:
        self.context = context
        self.username = username
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, product: str = "") -> "Desk":
        """Log in and open the terminal; returns when quotes are live."""
        target = f"/trade/{product}/" if product else "/trade/"
        enter(self.page, self.username, target)
        self.wait_until_live()
        return self

    def wait_until_live(self) -> None:
        """Connection, book, money and the day's orders are there."""
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")
        expect(self.page.locator("#book-syncing")).to_be_hidden()
        expect(self.page.locator("#ticket-free")).not_to_have_text("—")
        expect(self.page.locator("#panel-orders")).to_have_attribute("aria-busy", "false")

    def leave(self) -> None:
        """Cancel what is left in the book, so that the next test finds it empty."""
        if self.page.locator("#cancel-all").is_enabled():
            self.page.evaluate("document.getElementById('cancel-all').click()")
            self.confirm()
            expect(self.page.locator("#cancel-all")).to_be_disabled()

    # The ticket ---------------------------------------------------------------------------------------

    def side(self, side: str) -> None:
        """Choose buy or sell."""
        self.page.click(f"[data-set-side={side}]")

    def write(self, price: str, quantity: int) -> None:
        """Fill the ticket."""
        self.page.fill("#ticket-price", price)
        self.page.fill("#ticket-quantity", str(quantity))

    def send(self) -> None:
        """Send what stands in the ticket and confirm."""
        self.page.click("#ticket-send")
        self.confirm()

    def confirm(self) -> None:
        """Agree to the question in front."""
        expect(self.page.locator("#confirm")).to_be_visible()
        self.page.click("#confirm-yes")
        expect(self.page.locator("#confirm")).to_be_hidden()

    def place(self, side: str, price: str, quantity: int) -> int:
        """Place an order that the exchange accepts; returns its number."""
        before = self.order_numbers()
        self.side(side)
        self.write(price, quantity)
        self.send()
        expect(self.page.locator("#ticket-quantity")).to_have_value("")
        expect(self.page.locator("#panel-orders-table tbody tr")).to_have_count(len(before) + 1)
        return next(iter(self.order_numbers() - before))

    # What the screen says -----------------------------------------------------------------------------

    def money(self, element: str = "ticket-free") -> int:
        """An amount on the screen, in fen."""
        text = self.page.locator(f"#{element}").inner_text().replace(",", "")
        yuan, _, fen = text.partition(".")
        return int(yuan) * 100 + int(fen)

    def kilograms(self) -> int:
        """Goods of the product on the screen that can be sold."""
        return int(self.page.locator("#ticket-goods").inner_text().split()[0].replace(",", ""))

    def book(self, side: str) -> list[Level]:
        """The levels drawn, best first; side is bid or ask."""
        rows = self.page.locator(f".level--{side}:not([disabled])").all()
        levels = [
            (
                parse_price(row.locator(".level__price").inner_text()),
                int(row.locator(".level__kg").inner_text().replace(",", "")),
            )
            for row in rows
        ]
        return levels if side == "bid" else levels[::-1]

    def level(self, side: str, price: str) -> Any:
        """The row of the book at a price."""
        return self.page.locator(f".level--{side}:not([disabled])").filter(
            has=self.page.locator(".level__price", has_text=re.compile(rf"^{re.escape(price)}$"))
        )

    def tab(self, name: str) -> Any:
        """Open a tab below the chart; returns its rows."""
        self.page.click(f"#tab-{name}")
        return self.page.locator(f"#panel-{name}-table tbody tr")

    def order_numbers(self) -> set[int]:
        """Numbers of the orders listed."""
        rows = self.page.locator("#panel-orders-table tbody tr")
        return {int(key) for key in rows.evaluate_all("rows => rows.map((row) => row.dataset.key)")}

    def order_row(self, number: int) -> Any:
        """The row of one order."""
        return self.page.locator(f'#panel-orders-table tr[data-key="{number}"]')

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def desk_keys(exchange: ExchangeProcess) -> dict[str, str]:
    """API keys of the demo members by code."""
    return {row["code"]: row["key"] for row in exchange.demo_keys()}


def quiet_product_of(exchange: ExchangeProcess, key: str) -> dict[str, Any]:
    """The last product whose book is empty and of which the member has free goods, with `free_kg`."""
    with httpx.Client(base_url=f"{exchange.url}/api/v1", timeout=20) as client:
        funds = client.get("/funds", headers={"Authorization": f"Bearer {key}"}).json()
        free = {row["product"]: row["free_kg"] for row in funds["goods"]}
        for product in reversed(client.get("/products").json()["items"]):
            if free.get(product["code"], 0) < 10_000:
                continue
            book = client.get(f"/products/{product['code']}/book").json()
            if not book["bids"] and not book["asks"]:
                return {**product, "free_kg": free[product["code"]]}
    raise AssertionError("every product of which the member has goods has orders in its book")
