"""The demo market: whole, repeatable, and with room for a load run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker

from exchange.bulletin import supply_demand
from exchange.bulletin.news_selectors import published
from exchange.bulletin.news_types import NewsKind
from exchange.bulletin.supply_selectors import intentions
from exchange.bulletin.supply_types import IntentionFilter
from exchange.halls.auction_selectors import auctions_for_operator
from exchange.halls.selectors import listings_to_check
from exchange.halls.types import HallState
from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.money import format_price_per_jin
from exchange.markets import selectors as market
from exchange.members.selectors import list_members, member_by_api_key, member_by_code
from exchange.members.services import suspend_member
from exchange.ops import demo, demo_halls, demo_news, demo_supply
from exchange.ops.demo_data import BUYERS, COUNTIES, FRUIT, GROWERS, PRODUCTS, VARIETY, WAREHOUSES
from exchange.ops.serve import refill_demo
from exchange.price_index import selectors as indexes
from exchange.price_index import services as index_desk
from matching.desk_types import AuctionKind, DeskCommand, DeskCommandKind
from settlement.selectors import funds_summary
from settlement.services import verify_settlement
from tests.standing import standing
from warehouse_receipts import selectors as register
from warehouse_receipts import verify
from warehouse_receipts.editions import grading_in_force
from warehouse_receipts.grading import DELIVERABLE, assess

pytestmark = pytest.mark.xdist_group("demo market")
"""One worker, which seeds it once."""

TONNES, YUAN = 200, 10_000_000


def seed() -> None:
    demo.seed(tonnes_per_grower=TONNES, yuan_per_buyer=YUAN)


@pytest.fixture(scope="module", autouse=True)
def standing_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One small demo market for all tests here."""
    with standing(django_db_blocker, seed):
        yield


@pytest.fixture(autouse=True)
def _tables(standing_demo: None, db: None) -> None:
    """Each test's own changes are rolled back to the seed."""


def facts() -> dict[str, object]:
    """What must not change when the seed runs again."""
    return {
        "members": [(row.code, row.uscc, row.signatory) for row in list_members().rows],
        "products": market.products(),
        "stocks": register.stocks(),
        "outbox": len(outbox.pending(5_000)),
        "sessions": market.sessions(),
        "funds": [funds_summary(number) for number in range(1, 17)],
    }


def test_the_seed_makes_a_market_that_can_trade() -> None:
    assert len(market.products()) == len(PRODUCTS)
    assert {row.county for row in market.products()} == {county.name for county in COUNTIES}
    assert market.current_session() is not None
    for grower in GROWERS:
        totals = register.receipt_totals(member_by_code(grower.code).account_no)
        assert set(totals) == {row.number for row in market.products()}
        assert TONNES - len(PRODUCTS) <= sum(free for free, _, _ in totals.values()) / 1_000 <= TONNES
    for buyer in BUYERS:
        assert funds_summary(member_by_code(buyer.code).account_no).cash_fen == YUAN * 100


def test_everything_made_adds_up() -> None:
    assert verify.shortfalls() == []
    assert verify_settlement() == []
    assert audit.verify() == []


def test_a_second_seeding_changes_nothing() -> None:
    before = facts()

    seed()

    assert facts() == before
    assert not demo.seed_if_empty()


def test_the_halls_are_filled_once() -> None:
    assert demo_halls.fill() == len(demo_halls.LISTINGS) + len(demo_halls.AUCTIONS)
    rows = auctions_for_operator().rows
    assert {row.kind for row in rows} == set(AuctionKind)
    assert {row.state for row in rows} == {HallState.APPROVED}
    assert listings_to_check().total == 0
    kinds = [DeskCommand.unpack(row.command).kind for row in outbox.pending(5_000)]
    offers = (*demo_halls.LISTINGS, *demo_halls.AUCTIONS)
    assert kinds.count(DeskCommandKind.LOT) == sum(offer.side == 2 for offer in offers)
    before = len(rows)
    demo_halls.fill()
    assert auctions_for_operator().total == before


def test_the_supply_and_demand_board_is_filled_once() -> None:
    assert demo_supply.fill() == len(demo_supply.INTENTIONS)
    assert demo_supply.fill() == 0
    assert intentions(wanted=IntentionFilter(with_receipt=True)).total == 2


def test_what_people_did_to_a_demo_keeps_it_from_no_start(caplog: pytest.LogCaptureFixture) -> None:
    refill_demo()
    clear_the_board()
    refill_demo()
    assert intentions().total == len(demo_supply.INTENTIONS), "filled again the same day"
    assert caplog.records == []
    clear_the_board()
    suspend_member(actor=SYSTEM, code=GROWERS[0].code, reason="核查")
    refill_demo()
    assert [record.message for record in caplog.records] == ["The demo market is not filled whole"]


def clear_the_board() -> None:
    """The operator takes everything down."""
    for row in intentions().rows:
        supply_demand.take_down(actor=SYSTEM, intention_id=row.id, reason="核查")


def test_news_are_published_once_and_marked_as_examples() -> None:
    assert demo_news.fill_if_none() == len(demo_news.articles()) == 12
    shown = published(limit=50)
    assert len(shown) == 12
    assert {row.text.kind for row in shown} == set(NewsKind)
    assert [row.text.note_zh for row in shown if row.version == 2] != []
    for row in shown:
        assert row.text.title_zh.startswith("示例")
        assert row.text.body_zh.endswith("不是真实行情。")
        assert not row.text.source_name
    assert demo_news.fill() == 0


def test_people_are_the_same_every_time() -> None:
    first, again = demo._persons(), demo._persons()

    assert [next(first) for _ in range(3)] == [next(again) for _ in range(3)]


def test_keys_belong_to_the_members_and_are_the_same_every_time() -> None:
    keys = demo.keys()

    assert keys == demo.keys()
    assert sum(key["kind"] == "grower" for key in keys) >= 6
    assert sum(key["kind"] == "dealer" for key in keys) >= 6
    for key in keys:
        identity = member_by_api_key(key["key"])
        assert identity is not None
        assert (identity.code, identity.name) == (key["code"], key["name"])


def test_every_log_in_shown_works(rf: RequestFactory) -> None:
    for login in demo.logins():
        user = authenticate(rf.get("/"), username=login.username, password=login.password)
        assert user is not None, login.username
    assert {login.username for login in demo.logins()} >= {"operator", "index", "g001", "d001"}


def test_the_index_starts_at_a_thousand_points() -> None:
    value = index_desk.publish(calendar.today(), actor=demo.DEMO)

    assert value.value == 100_000
    assert sum(cell.weight_bps for cell in indexes.definition().cells) == 10_000


def test_the_fruit_grades_as_its_cell_says() -> None:
    _, edition = grading_in_force()
    for cell in PRODUCTS:
        fruit = replace(FRUIT[cell.grade], diameter_mm=cell.size_mm + 1)
        found = assess(fruit, VARIETY[cell.variety].group, edition)
        assert found.grade in DELIVERABLE[cell.grade], cell.code


def test_the_full_market_fits_into_its_stores() -> None:
    for warehouse in WAREHOUSES:
        tonnes = 0
        for grower in GROWERS:
            shares = [demo.HOME_SHARE if cell.county == grower.county else 1 for cell in PRODUCTS]
            tonnes += sum(
                demo.TONNES_PER_GROWER * share // sum(shares) + 1
                for cell, share in zip(PRODUCTS, shares, strict=True)
                if (cell.county, cell.store_type) == (warehouse.county, warehouse.kind)
            )
        assert tonnes <= warehouse.capacity_t, warehouse.code


def test_reference_prices_are_quotes_of_the_trade() -> None:
    """元/斤 as quoted: farm gate 80# 2021/22, 乾县 库存纸袋 70#, 膜袋 75#, 秦冠 80#, 早富士."""
    price = {cell.code: format_price_per_jin(cell.price) for cell in PRODUCTS}

    assert price["HFS-Z80-1-XY"] == "3.10"
    assert price["HFS-Z70-T-QX"] == "1.65"
    assert price["HFS-M75-T-YS"] == "1.10"
    assert price["QG-G80-12-CH"] == "1.70"
    assert price["ZFS-Z70-T-QX"] == "2.30"


@pytest.mark.parametrize(
    ("day", "year"),
    [((2026, 11, 22), 2026), ((2027, 3, 1), 2026), ((2027, 7, 31), 2026), ((2027, 8, 1), 2027)],
)
def test_the_crop_in_the_stores_is_the_last_harvest(day: tuple[int, int, int], year: int) -> None:
    assert demo.crop_year(date(*day)) == year
