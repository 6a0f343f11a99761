"""The halls in a real browser: a listing that is negotiated and taken, and an auction of each kind.

G001 owns, D001 sits at the browser, D002 deals through the API beside him; the operator audits.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from exchange.kernel.money import format_yuan
from tests.browser.people import enter
from tests.exchange_process import ExchangeProcess
from tests.hall_people import Halls, S, fen

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def halls(live_exchange: ExchangeProcess) -> Iterator[Halls]:
    """Everybody at the API, the operator in the console."""
    made = Halls.of(live_exchange)
    yield made
    made.close()


@pytest.fixture
def at(new_context: NewContext) -> Iterator[Callable[..., Page]]:
    """Opens a page to somebody; at the end no page may have broken or broken our policy."""
    complaints: list[str] = []

    def opened(username: str, target: str, **options: object) -> Page:
        page = new_context(**options).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Policy" in line.text else None)
        page.on("dialog", Dialog.dismiss)
        enter(page, username, target)
        return page

    yield opened
    assert complaints == []


def agree(page: Page, word: str | re.Pattern[str]) -> None:
    """Press a button, and agree to what it asks."""
    page.get_by_role("button", name=word, exact=isinstance(word, str)).first.click()
    page.locator("#act [data-yes]").click()


def test_goods_are_listed_on_a_phone_negotiated_and_taken(halls: Halls, at: Callable[..., Page]) -> None:
    receipt, product = halls.receipt()
    price = fen(product["reference_price"])

    grower = at("g001", "/me/listings/new/", viewport=PHONE)
    grower.locator(f"[value='{receipt['receipt_no']}']").check()
    grower.get_by_role("button", name="下一步：定价").click()
    grower.get_by_label("可以还价").check()
    expect(grower.locator("#net")).not_to_have_text("—")
    grower.get_by_role("button", name="下一步：确认").click()
    grower.get_by_role("button", name="确认挂牌").click()
    expect(grower.get_by_role("status").first).to_contain_text("已提交审核")
    number = halls["G001"].get("/listings/mine")["items"][0]["listing_id"]
    halls.act("approve", f"listing:{number}")
    halls.opened("G001", number)

    dealer = at("d001", "/listings/")
    dealer.locator("#landed summary").click()
    dealer.fill("#freight", "200")
    offer = dealer.locator(f".offer[data-listing='{number}']")
    expect(offer.locator("[data-landed]")).to_have_attribute("data-known", "")
    offer.get_by_role("link", name="摘牌").click()
    dealer.get_by_role("button", name="还价").click()
    counter = dealer.locator("#counter")
    counter.locator("[name=price]").fill(format_yuan(price - 5))
    counter.locator("[name=quantity]").fill("10000")
    counter.get_by_role("button", name="送出还价").click()
    expect(dealer.locator(".chain__step--mine")).to_contain_text(format_yuan(price - 5))

    grower.goto("/me/listings/")
    asked = grower.locator("#waiting .ask")
    expect(asked.locator(".ask__deal")).to_contain_text(format_yuan(price - 5))
    agree(grower, "接受")
    expect(asked).to_have_count(0)

    dealer.goto(f"/listings/{number}/")
    dealer.get_by_role("button", name="摘牌", exact=True).click()
    take = dealer.locator("#take")
    take.locator("[name=quantity]").fill("100")
    take.get_by_role("button", name="确认摘牌").click()
    expect(take.locator("[data-message]")).to_contain_text("起摘")
    take.locator("[name=quantity]").fill("5000")
    take.get_by_role("button", name="确认摘牌").click()
    expect(dealer.locator('[data-cell="left"]')).to_have_text(f"{receipt['kg'] - 15_000:,}")
    assert [row["mode"] for row in halls["D001"].get("/contracts", limit=2)["items"]] == [
        "listing",
        "negotiated",
    ]


def _seal(page: Page, address: str, sealed: dict[str, Any]) -> None:
    """The browser makes the hash and keeps the bid."""
    page.goto(address)
    seal = page.locator("form[data-form=seal]")
    expect(seal).to_be_visible()
    seal.locator("[name=price]").fill(format_yuan(fen(sealed["start_price"]) + 4))
    with page.expect_download() as download:
        seal.get_by_role("button", name="提交密封报价").click()
        page.locator("#bid-confirm [value=yes]").click()
    assert download.value.suggested_filename == f"jinguo-bid-{sealed['auction_id']}.json"
    expect(page.locator("#toasts")).to_contain_text("密封报价已受理")


def _press_for_a_part(page: Page, address: str, dutch: dict[str, Any]) -> None:
    """A part is pressed for, the clock runs on for the rest."""
    page.goto(address)
    press = page.locator("form[data-form=press]")
    expect(press).to_be_visible()
    press.locator("[name=quantity]").fill("1000")
    expect(press.get_by_role("button", name=re.compile("要！"))).not_to_have_attribute("aria-disabled", "")
    press.get_by_role("button", name=re.compile("要！")).click()
    expect(page.locator("#toasts")).to_contain_text("抢到")
    expect(page.locator('[data-cell="left"]')).to_have_text(f"{dutch['quantity_kg'] - 1_000:,}")
    expect(page.locator("#bids [data-mine]")).to_have_count(1)


def test_an_auction_of_each_kind_between_three_members(halls: Halls, at: Callable[..., Page]) -> None:
    other = ("D002",)
    english = halls.lot("english", {"step": "0.02", "duration_ns": 24 * S}, 6, entered=other)
    sealing = {"pricing": "second", "duration_ns": 14 * S, "reveal_ns": 12 * S}
    sealed = halls.lot("sealed", sealing, 6, entered=other)
    clock = halls.lot("clock", {"step": "0.02", "duration_ns": 18 * S}, 6, entered=other)
    dutch = halls.lot("dutch", {"step": "0.01", "tick_ns": 4 * S, "rest_ns": S // 2}, 6, entered=other)
    kinds = (english, sealed, clock, dutch)
    path = {id(lot): f"/auctions/{lot['auction_id']}/" for lot in kinds}

    page = at("d001", path[id(english)])
    page.get_by_role("button", name="交保证金参加").click()
    expect(page.locator("#bond")).to_contain_text("可竞数量")
    for lot in kinds[1:]:
        halls.enter(lot["auction_id"], "D001")

    _seal(page, path[id(sealed)], sealed)

    # Clock: he wants all of it at the first price, nobody wants more.
    page.goto(path[id(clock)])
    wanted = page.locator("form[data-form=bid]")
    expect(wanted).to_be_visible()
    wanted.get_by_role("button", name="报数量").click()
    page.locator("#bid-confirm [value=yes]").click()
    expect(page.locator("#bids tr[data-bid]")).to_have_count(1)

    # English: he bids, the other's proxy answers at once, everybody sees it.
    page.goto(path[id(english)])
    bid = page.locator("form[data-form=bid]")
    bid.get_by_role("button", name="出价", exact=True).click()
    expect(page.locator("#bid-confirm")).to_be_visible()
    page.locator("#bid-confirm [value=yes]").click()
    expect(page.locator('[data-cell="price"]')).to_have_text(english["start_price"])
    start = fen(english["start_price"])
    maximum = format_yuan(start + 8)
    assert halls.bid("D002", english["auction_id"], start + 2, maximum=maximum).status_code == 201
    expect(page.locator('[data-cell="price"]')).to_have_text(format_yuan(start + 2))
    expect(page.locator("[data-least]")).to_have_text(format_yuan(start + 4))

    _press_for_a_part(page, path[id(dutch)], dutch)

    page.goto(path[id(sealed)])
    reveal = page.locator("form[data-form=reveal]")
    expect(reveal).to_be_visible(timeout=20_000)
    reveal.get_by_role("button", name="开标").click()
    expect(page.locator("#toasts")).to_contain_text("已开标")

    halls.bid("D002", dutch["auction_id"], start, quantity_kg=dutch["quantity_kg"] - 1_000)
    for lot in kinds:
        halls.state(lot["auction_id"], "awarded")
        assert halls.verified(lot["auction_id"])["agrees"]
    page.goto(f"{path[id(sealed)]}result/")
    expect(page.get_by_role("main")).to_contain_text(sealed["start_price"])
    owner = at("g001", path[id(english)])
    expect(owner.locator("#result")).to_contain_text(format_yuan(start + 2))
