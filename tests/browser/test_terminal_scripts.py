"""The terminal's scripts compute what the exchange computes, number for number, in Chromium."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.errors import JinguoError
from exchange.kernel.money import format_yuan, parse_price
from exchange.market_data.depth import Depth
from exchange.market_data.messages import book_delta, book_snapshot
from matching.holds import buy_hold_fen, fee_fen
from matching.types import Side
from tests.browser.desk import CHINESE

pytestmark = pytest.mark.browser

RUNS = 2_000


@pytest.fixture
def scripts(new_context: Callable[..., BrowserContext], live_exchange: Any) -> Page:
    """A page of the exchange, so that its scripts can be imported under its own security policy."""
    page = new_context().new_page()
    page.goto("/about/")
    return page


def in_browser(page: Page, module: str, body: str, argument: object) -> Any:
    """Result of `body` (a function body of `m`, the module, and `a`, the argument)."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('/static/trade/{module}.js'); {body} }}", argument
    )


def price_or_none(text: str) -> int | None:
    """What the exchange makes of a price."""
    try:
        return parse_price(text)
    except JinguoError:
        return None


def test_prices_are_read_as_the_exchange_reads_them(scripts: Page) -> None:
    random = Random(1)
    texts = [f"{random.randrange(0, 9_999)}.{random.randrange(0, 1_000)}" for _ in range(RUNS)]
    texts += [
        "7.2",
        "7.20",
        "7",
        "0",
        "0.00",
        "0.01",
        "-1",
        "+1",
        "1e3",
        ".5",
        "5.",
        "",
        "七",
        "1.005",
        "NaN",
        "0x10",
        "10000",
        "10000.01",
    ]
    seen = in_browser(scripts, "format", "return a.map(m.parsePrice)", texts)
    assert dict(zip(texts, seen, strict=True)) == {text: price_or_none(text) for text in texts}


def test_amounts_survive_the_way_through_the_browser(scripts: Page) -> None:
    random = Random(2)
    amounts = [random.randrange(-(10**15), 10**15) for _ in range(RUNS)] + [0, 1, -1, 99, 100, 10**15]
    read = in_browser(scripts, "format", "return a.map(m.parseYuan)", [format_yuan(fen) for fen in amounts])
    assert read == amounts
    shown = in_browser(scripts, "format", "return a.map(m.yuanText)", amounts)
    assert shown == [f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}" for fen in amounts]


def test_full_width_digits_and_tonnes_are_understood(scripts: Page) -> None:
    typed = [
        ("１２，０００", "kg"),
        ("12.5", "t"),
        ("0.001", "t"),
        ("12.5", "kg"),
        ("1.2345", "t"),
        ("0", "kg"),
    ]
    seen = in_browser(scripts, "format", "return a.map(([text, unit]) => m.parseQuantity(text, unit))", typed)
    assert seen == [12_000, 12_500, 1, None, None, None]
    assert in_browser(scripts, "format", "return a.map(m.jinText)", [720, 721, 1, 500]) == [
        "3.60",
        "3.605",
        "0.005",
        "2.50",
    ]


def test_fees_and_holds_are_the_engines(scripts: Page) -> None:
    random = Random(3)
    cases = [
        (
            random.randrange(1, 10**6),
            random.randrange(1, 10 ** random.randrange(2, 10)),
            random.randrange(0, 10_001),
        )
        for _ in range(RUNS)
    ]
    seen = in_browser(
        scripts, "estimate", "return a.map(([p, q, f]) => [m.feeFen(p * q, f), m.buyHoldFen(p, q, f)])", cases
    )
    assert seen == [[fee_fen(price * kg, bps), buy_hold_fen(price, kg, bps)] for price, kg, bps in cases]


def test_the_most_one_can_buy_just_fits_the_funds(scripts: Page) -> None:
    random = Random(4)
    cases = [
        (
            random.randrange(0, 10 ** random.randrange(3, 15)),
            random.randrange(1, 2_000),
            random.randrange(0, 500),
            100,
        )
        for _ in range(RUNS)
    ]
    seen = in_browser(scripts, "estimate", "return a.map((c) => m.affordableKg(...c))", cases)
    for (funds, price, bps, step), kg in zip(cases, seen, strict=True):
        assert kg % step == 0
        assert kg == 0 or buy_hold_fen(price, kg, bps) <= funds
        assert buy_hold_fen(price, kg + step, bps) > funds


def test_a_book_follows_deltas_and_proves_itself(scripts: Page) -> None:
    random = Random(5)
    depth = Depth()
    for _ in range(60):
        depth.add(
            random.choice([Side.BUY, Side.SELL]), random.randrange(500, 540), random.randrange(1, 50) * 100
        )
    depth.take_changes()
    snapshot, deltas = book_snapshot(depth), []
    for _ in range(500):
        change_somewhere(depth, random)
        deltas.append(book_delta(depth, depth.take_changes()))
    seen = in_browser(
        scripts,
        "book",
        """const book = new m.Book();
           const results = [book.applySnapshot(a.snapshot, 1)];
           a.deltas.forEach((delta, n) => results.push(book.applyDelta(delta, n + 1, n + 2)));
           const rows = (levels) => levels.map((level) => [level.price, level.kg, level.orders]);
           return { results, bids: rows(book.bids), asks: rows(book.asks) };""",
        {"snapshot": snapshot, "deltas": deltas},
    )
    assert set(seen["results"]) == {"applied"}
    assert seen["bids"] == [list(level) for level in depth.top(Side.BUY)]
    assert seen["asks"] == [list(level) for level in depth.top(Side.SELL)]


def change_somewhere(depth: Depth, random: Random) -> None:
    """An order comes, or a whole level goes."""
    side = random.choice([Side.BUY, Side.SELL])
    levels = depth.top(side)
    if levels and random.random() < 0.5:
        level = random.choice(levels)
        depth.remove(side, level.price, level.quantity_kg, level.orders)
    else:
        depth.add(side, random.randrange(500, 540), random.randrange(1, 50) * 100)


def test_a_book_tells_old_missing_and_damaged_messages_apart(scripts: Page) -> None:
    depth = Depth()
    depth.add(Side.BUY, 720, 12_000)
    snapshot = book_snapshot(depth)
    depth.add(Side.SELL, 725, 3_000)
    depth.take_changes()
    depth.add(Side.BUY, 719, 500)
    delta = book_delta(depth, depth.take_changes())
    seen = in_browser(
        scripts,
        "book",
        """const book = new m.Book();
           const before = book.applyDelta(a.delta, 9, 10);
           book.applySnapshot(a.snapshot, 10);
           const apply = (previous, seq) => book.applyDelta(a.delta, previous, seq);
           return [before, apply(8, 10), apply(11, 12), apply(10, 11)];""",
        {"snapshot": snapshot, "delta": delta},
    )
    assert seen == ["gap", "old", "gap", "damaged"]


PERIODS: dict[str, Callable[[datetime], datetime]] = {
    "1m": lambda at: at.replace(second=0),
    "5m": lambda at: at.replace(minute=at.minute // 5 * 5, second=0),
    "15m": lambda at: at.replace(minute=at.minute // 15 * 15, second=0),
    "30m": lambda at: at.replace(minute=at.minute // 30 * 30, second=0),
    "1h": lambda at: at.replace(minute=0, second=0),
    "1d": lambda at: at.replace(hour=0, minute=0, second=0),
    "1w": lambda at: at.replace(hour=0, minute=0, second=0) - timedelta(days=at.weekday()),
    "1M": lambda at: at.replace(day=1, hour=0, minute=0, second=0),
}


@pytest.mark.parametrize("period", PERIODS)
def test_bars_begin_where_the_exchange_begins_them(scripts: Page, period: str) -> None:
    random = Random(6)
    moments = [
        datetime.fromtimestamp(random.randrange(1_700_000_000, 1_900_000_000), TIMEZONE) for _ in range(300)
    ]
    argument = {"seconds": [int(moment.timestamp()) for moment in moments], "period": period}
    seen = in_browser(
        scripts, "bars", "return a.seconds.map((s) => m.barStart(s * 1000, a.period) / 1000)", argument
    )
    assert seen == [int(PERIODS[period](moment).timestamp()) for moment in moments]


def test_every_sentence_exists_in_both_languages(scripts: Page) -> None:
    tables = in_browser(scripts, "messages", "return m.MESSAGES", None)
    chinese, english = tables["zh-hans"], tables["en"]
    assert chinese.keys() == english.keys()
    assert {key for key, text in english.items() if CHINESE.search(text)} == set()
    names = re.compile(r"\{\w+\}")
    differing = {
        key for key in chinese if sorted(names.findall(chinese[key])) != sorted(names.findall(english[key]))
    }
    assert differing == set()
