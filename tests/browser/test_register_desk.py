"""The exchange's watch over a store in a real browser: one person proposes and counts, another decides."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, LogIn

pytestmark = pytest.mark.browser

STORE = "/console/stores/CW01/"


def test_a_store_is_changed_and_counted_by_two_persons(log_in: LogIn) -> None:
    maker, checker = log_in("operator"), log_in("index", viewport=PHONE)
    maker.goto(STORE)
    expect(maker.locator(".chart svg")).to_have_count(2)
    maker.get_by_role("button", name="变更资料").click()
    maker.get_by_label("星级").fill("4")
    maker.locator("#change").get_by_label("原因").fill("年度评审")
    maker.get_by_role("button", name="提交复核").click()
    expect(maker.get_by_text("您提出的，须由另一人复核")).to_be_visible()

    checker.goto("/console/stores/")
    proposal = checker.locator("[data-proposal]", has_text="CW01")
    expect(proposal.locator("del")).to_have_text("★★★")
    expect(proposal.locator("ins")).to_have_text("★★★★")
    proposal.get_by_role("button", name="通过").click()
    checker.locator("#approve-proposal").get_by_label("原因").fill("评审属实")
    checker.get_by_role("button", name="通过提案").click()
    expect(checker.get_by_text("提案已通过，已生效")).to_be_visible()

    take = counted(maker)
    checker.goto(take)
    checker.get_by_role("button", name="复核通过").click()
    checker.locator("#confirm-count").get_by_role("button", name="复核通过").click()
    expect(checker.get_by_text("已复核：账实相符，账面已调整")).to_be_visible()
    maker.goto(STORE)
    expect(maker.locator(".stars")).to_have_text("★★★★")
    expect(maker.get_by_text("账实相符")).to_be_visible()


def counted(page: Page) -> str:
    """Counts exactly what the books of the store say; returns the address of the stock-taking."""
    page.goto(f"{STORE}count/")
    for row in page.locator("tbody tr").all():
        row.get_by_role("textbox").fill(row.locator("td.num").inner_text())
    page.get_by_role("button", name="提交复核").click()
    page.wait_for_url(re.compile(r"/console/stocktakes/PD\d+/$"))
    expect(page.get_by_text("您盘点的，须由另一人复核")).to_be_visible()
    return page.url
