"""What the terminal does when the line breaks, messages are lost or damaged, and the exchange refuses."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.desk import CHINESE, Desk

pytestmark = pytest.mark.browser

OpenDesk = Callable[..., Desk]
Message = dict[str, Any]
Change = Callable[[Message], Message | None]


class Line:
    """The socket between a page and the exchange, with us in the middle."""

    def __init__(self, page: Page) -> None:
        self.sent: list[Message] = []
        self.outgoing: Change = lambda message: message
        self.incoming: Change = lambda message: message
        self.refuse_connections = False
        self._routes: list[WebSocketRoute] = []
        page.route_web_socket(re.compile(r"/ws/v1$"), self._connected)

    def _connected(self, route: WebSocketRoute) -> None:
        if self.refuse_connections:
            route.close()
            return
        self._routes.append(route)
        server = route.connect_to_server()
        route.on_message(lambda text: self._pass(text, server.send, self.outgoing, self.sent))
        server.on_message(lambda text: self._pass(text, route.send, self.incoming, []))

    @staticmethod
    def _pass(text: str | bytes, send: Callable[[str], None], change: Change, kept: list[Message]) -> None:
        message = json.loads(text)
        kept.append(message)
        changed = change(message)
        if changed is not None:
            send(json.dumps(changed))

    def cut(self) -> None:
        """Close the line as a broken network would."""
        for route in self._routes:
            route.close(code=1011)
        self._routes.clear()

    def subscriptions(self, channel: str) -> list[Message]:
        """What the page asked for on a channel, in order."""
        return [m for m in self.sent if m["op"] == "subscribe" and m["channel"] == channel]


@pytest.fixture
def tapped(open_desk: OpenDesk, quiet_product: dict[str, str]) -> tuple[Desk, Line]:
    """A desk at a quiet product whose socket goes through a Line."""
    lines: list[Line] = []
    desk = open_desk("d005", quiet_product["code"], tap=lambda page: lines.append(Line(page)))
    return desk, lines[0]


def test_a_broken_line_is_shown_and_the_stream_resumes_where_it_stopped(
    tapped: tuple[Desk, Line], open_desk: OpenDesk, quiet_product: dict[str, str]
) -> None:
    desk, line = tapped
    price = quiet_product["reference_price"]
    order = desk.place("buy", price, 2_000)
    line.refuse_connections = True
    line.cut()
    expect(desk.page.locator("#connection")).to_have_attribute("data-state", "down")
    expect(desk.page.locator("#connection-word")).to_have_text("断开")
    expect(desk.page.locator("#book-syncing")).to_be_visible()

    # meanwhile somebody sells to the order that was left behind
    open_desk("g001", quiet_product["code"]).place("sell", price, 2_000)

    line.refuse_connections = False
    desk.wait_until_live()
    expect(desk.order_row(order)).to_contain_text("全部成交")
    expect(desk.tab("fills").first).to_contain_text(price)
    since = line.subscriptions("account")[-1].get("since")
    assert isinstance(since, int)
    assert since > 0


def test_an_order_whose_answer_was_lost_is_sent_again_and_counts_once(
    tapped: tuple[Desk, Line], quiet_product: dict[str, str]
) -> None:
    desk, line = tapped

    def lose_the_answer(message: Message) -> Message | None:
        if message.get("type") == "ack" and message.get("op") == "order.place":
            line.incoming = lambda later: later
            line.cut()
            return None
        return message

    line.incoming = lose_the_answer
    desk.side("buy")
    desk.write(quiet_product["low_price"], 2_000)
    desk.send()
    expect(desk.page.locator("#ticket-quantity")).to_have_value("")
    expect(desk.page.locator("#panel-orders-table tbody tr .cell-button[data-action=cancel]")).to_have_count(
        1
    )
    placed = [message["client_order_id"] for message in line.sent if message["op"] == "order.place"]
    assert len(placed) == 2
    assert placed[0] == placed[1]
    expect(desk.level("bid", quiet_product["low_price"]).locator(".level__kg")).to_have_text("2,000")


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_lost_or_damaged_message_makes_the_book_start_again(
    tapped: tuple[Desk, Line], quiet_product: dict[str, str], harm: str
) -> None:
    desk, line = tapped
    harmed: list[Message] = []

    def harm_one(message: Message) -> Message | None:
        if message.get("channel") == "book" and message.get("type") == "delta" and not harmed:
            harmed.append(message)
            return None if harm == "lost" else {**message, "data": {**message["data"], "crc32": 1}}
        return message

    line.incoming = harm_one
    asked = len(line.subscriptions("book"))
    desk.place("buy", quiet_product["low_price"], 2_000)
    desk.place("buy", quiet_product["low_price"], 3_000)
    expect(desk.level("bid", quiet_product["low_price"]).locator(".level__kg")).to_have_text("5,000")
    assert len(harmed) == 1
    assert len(line.subscriptions("book")) == asked + 1


def test_a_refusal_of_the_exchange_stands_beside_its_field_in_chinese(
    tapped: tuple[Desk, Line], quiet_product: dict[str, str]
) -> None:
    desk, line = tapped

    def another_price(message: Message) -> Message:
        return {**message, "price": "0.01"} if message["op"] == "order.place" else message

    line.outgoing = another_price
    before = desk.order_numbers()
    desk.side("buy")
    desk.write(quiet_product["low_price"], 2_000)
    desk.send()
    expect(desk.page.locator("#ticket-price-error")).to_have_text(CHINESE)
    expect(desk.page.locator("#ticket-price")).to_have_attribute("aria-invalid", "true")
    assert desk.order_numbers() == before


def test_nothing_is_sent_while_the_line_is_down_nor_afterwards(
    tapped: tuple[Desk, Line], quiet_product: dict[str, str]
) -> None:
    desk, line = tapped
    line.refuse_connections = True
    line.cut()
    expect(desk.page.locator("#connection")).to_have_attribute("data-state", "down")
    desk.side("buy")
    desk.write(quiet_product["low_price"], 2_000)
    desk.send()
    expect(desk.page.locator("#ticket-alert")).to_contain_text("没有发出")
    line.refuse_connections = False
    desk.wait_until_live()
    assert [message for message in line.sent if message["op"] == "order.place"] == []
    expect(desk.page.locator("#ticket-quantity")).to_have_value("2000")
