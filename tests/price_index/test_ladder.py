"""Where a cell's price comes from."""

import pytest

from exchange.kernel.audit import SYSTEM
from exchange.members.services import register_member
from exchange.members.types import FeeRates
from exchange.members.uscc import make_uscc
from exchange.price_index import selectors, services
from exchange.price_index.method import CellEvidence
from exchange.price_index.types import CellPriceRow, Level
from exchange.trading.closing_quotes import closing_quotes
from matching.types import Side
from tests.price_index.days import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    an_index,
    liquid,
    order,
    trade,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _index(db: None) -> None:
    an_index()


def cells() -> tuple[CellPriceRow, CellPriceRow]:
    """The two cells of a newly computed draft."""
    services.compute(MONDAY)
    draft = selectors.draft_of(MONDAY)
    assert draft is not None
    first, second = draft.cells
    return first, second


def evidence() -> list[CellEvidence]:
    draft = selectors.draft_of(MONDAY)
    assert draft is not None
    found: list[CellEvidence] = draft.evidence["cells"]
    return found


def test_enough_trades_give_the_price_of_the_day() -> None:
    liquid(MONDAY, 1, 630)

    first, second = cells()

    assert (first.level, first.price_milli, first.trades, first.volume_kg) == (
        Level.TRADES,
        630_000,
        4,
        8_000,
    )
    assert (second.level, second.observed_on) == (Level.CARRIED, FRIDAY)


def test_a_price_is_normalised_to_the_base_specification() -> None:
    liquid(MONDAY, 2, 470)

    _, second = cells()

    assert second.price_milli == 620_000


@pytest.mark.parametrize(
    "pairs",
    [
        [(11, 1), (12, 2)],
        [(11, 1), (12, 1), (13, 1)],
        [(11, 1), (11, 2), (11, 3)],
    ],
    ids=["two trades", "one seller", "one buyer"],
)
def test_too_few_trades_sellers_or_buyers_give_none(pairs: list[tuple[int, int]]) -> None:
    for buyer, seller in pairs:
        trade(MONDAY, 1, 630, buyer=buyer, seller=seller)

    assert cells()[0].level == Level.CARRIED


def test_trades_of_related_parties_do_not_count() -> None:
    for number, code in enumerate(("D001", "G001"), start=1):
        register_member(
            actor=SYSTEM,
            code=code,
            name=code,
            kind="dealer",
            uscc=make_uscc(division="610400", serial=number),
            county="旬邑县",
            fees=FeeRates(0, 0, 0),
            related_group="塬上红",
        )
    for buyer, seller in ((1, 2), (11, 2), (1, 12)):
        trade(MONDAY, 1, 630, buyer=buyer, seller=seller)

    assert cells()[0].level == Level.CARRIED
    assert sum(row[5] for row in evidence()[0]["trades"]) == 1


def test_trades_below_the_least_lot_and_outliers_do_not_count() -> None:
    liquid(MONDAY, 1, 630)
    trade(MONDAY, 1, 690, 900, buyer=13, seller=3)
    trade(MONDAY, 1, 900, buyer=13, seller=3)

    first, _ = cells()

    assert (first.price_milli, first.trades) == (630_000, 4)


def test_three_days_of_trades_count_when_one_day_has_too_few() -> None:
    trade(FRIDAY, 1, 600, buyer=11, seller=1)
    trade(FRIDAY, 1, 620, buyer=12, seller=2)
    trade(MONDAY, 1, 640, buyer=11, seller=2)

    first, _ = cells()

    assert (first.level, first.price_milli, first.observed_on) == (Level.WINDOW, 620_000, MONDAY)


def test_firm_quotes_count_when_there_are_no_trades() -> None:
    order(MONDAY, 1, Side.BUY, 610)
    order(MONDAY, 1, Side.BUY, 605)
    order(MONDAY, 1, Side.SELL, 631)

    first, _ = cells()

    assert (first.level, first.price_milli) == (Level.QUOTES, 620_500)


def test_quotes_below_the_least_lot_do_not_count() -> None:
    order(MONDAY, 1, Side.BUY, 610, 900)
    order(MONDAY, 1, Side.SELL, 631)

    assert cells()[0].level == Level.CARRIED


def test_quotes_are_those_of_the_last_close() -> None:
    order(MONDAY, 1, Side.BUY, 600, closed_by=9_001)
    order(MONDAY, 1, Side.SELL, 660, closed_by=9_001)
    order(MONDAY, 1, Side.BUY, 610, closed_by=9_002)
    order(MONDAY, 1, Side.SELL, 620, closed_by=9_002)
    order(MONDAY, 2, Side.SELL, 500, closed_by=9_003)

    (quote,) = closing_quotes(MONDAY)

    assert (quote.bid, quote.ask) == (610, 620)
    assert closing_quotes(TUESDAY) == []


def test_open_orders_are_the_quotes_while_the_session_goes_on() -> None:
    order(MONDAY, 1, Side.BUY, 600, closed_by=9_001)
    order(MONDAY, 1, Side.SELL, 660, closed_by=9_001)
    order(MONDAY, 1, Side.BUY, 615, 1_000)
    order(MONDAY, 1, Side.BUY, 615, 3_000)
    order(MONDAY, 1, Side.SELL, 625)

    (quote,) = closing_quotes(MONDAY)

    assert (quote.bid, quote.bid_kg, quote.ask, quote.ask_kg) == (615, 4_000, 625, 2_000)


def test_a_price_is_carried_for_five_trading_days_and_no_longer() -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY):
        liquid(day, 1, 620)
        services.publish(day, actor=SYSTEM)
    assert selectors.evidence_of(THURSDAY).cells[1].level == Level.CARRIED

    week_later = MONDAY.replace(day=14)
    liquid(week_later, 1, 620)
    services.publish(week_later, actor=SYSTEM)

    _, second = selectors.evidence_of(week_later).cells
    assert (second.level, second.price_milli, second.observed_on) == (Level.SUSPENDED, None, None)


def test_the_index_goes_on_without_a_light_cell_and_stops_without_a_heavy_one() -> None:
    week_later = MONDAY.replace(day=14)
    liquid(week_later, 1, 660)
    assert services.publish(week_later, actor=SYSTEM).value == 110_000

    two_weeks_later = MONDAY.replace(day=28)
    liquid(two_weeks_later, 2, 450)
    assert services.publish(two_weeks_later, actor=SYSTEM).value is None
