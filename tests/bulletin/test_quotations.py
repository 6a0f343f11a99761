"""Quotations: what a day's trades say, and that no cell tells one member's single trade to anybody."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from exchange.bulletin.quotation_selectors import OFFERS_KEY, latest_day, quotations
from exchange.bulletin.quotations import Figures, Offer, Pair, Quotation, figures_of
from exchange.halls.models import Listing
from exchange.halls.types import ListingState
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import now, now_ns, previous_trading_day, today
from exchange.kernel.errors import BadParameter
from exchange.members.selectors import member_by_account_no
from exchange.members.services import set_related_group
from matching.types import Side
from tests.price_index.days import order, trade
from tests.trading.exchange_in_tables import TableExchange

TRADES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(5, 9), st.integers(1, 900), st.integers(1, 50)), max_size=12
)
"""(buyer, seller, price in fen per kg, tonnes); a buyer may be a seller too, see below."""


def pairs_of(trades: list[tuple[int, int, int, int]]) -> list[Pair]:
    """Each trade as a pair of its own: sums do not care."""
    return [
        Pair(buyer, seller, 1, kg * 1_000, price * kg * 1_000, price, price)
        for buyer, seller, price, kg in trades
    ]


@given(TRADES, st.integers(0, 9), st.integers(0, 9))
def test_figures_are_exact_and_leave_nobody_a_single_trade_of_another(
    trades: list[tuple[int, int, int, int]], one: int, other: int
) -> None:
    trades = [
        (other if buyer == one else buyer, other if seller == one else seller, *rest)
        for buyer, seller, *rest in trades
    ]
    trades = [row for row in trades if row[0] != row[1]]
    figures = figures_of(pairs_of(trades))
    parties = {party for row in trades for party in row[:2]}
    left = [sum(party not in row[:2] for row in trades) for party in parties]
    assert (figures is not None) == (len(trades) >= 3 and min(left, default=0) >= 2)
    if figures is None:
        return
    mean = Fraction(sum(price * kg for _, _, price, kg in trades), sum(kg for *_, kg in trades))
    assert Fraction(-1, 2) < figures.mean - mean <= Fraction(1, 2)
    assert figures.low <= figures.mean <= figures.high
    assert (figures.trades, figures.kg) == (len(trades), 1_000 * sum(kg for *_, kg in trades))


def test_related_parties_are_one_and_their_own_trades_do_not_count() -> None:
    mixed = [
        Pair("a", "b", 2, 10, 70, 7, 7),
        Pair("c", "d", 2, 10, 80, 8, 8),
        Pair("g", "g", 9, 90, 90, 1, 1),
    ]
    assert figures_of(mixed) == Figures(8, 7, 8, 20, 4), "7.5 is rounded up"
    assert figures_of([Pair("a", "b", 2, 10, 70, 7, 7), Pair("c", "a", 2, 10, 80, 8, 8)]) is None
    assert figures_of([]) is None


def test_a_change_is_rounded_towards_zero() -> None:
    row = Quotation(1, today(), Figures(700, 1, 1, 1, 1), today(), 703, ())
    assert (row.change, row.change_bps) == (-3, -42)


# In the tables ---------------------------------------------------------------------------------------


@pytest.fixture
def market(standing_market: TableExchange, db: None) -> Iterator[TableExchange]:
    """Two products; nothing kept from another test."""
    cache.clear()
    yield standing_market.again()
    cache.clear()


def quoted(day: date) -> dict[str, Quotation]:
    return {product.code: row for product, row in quotations(day)}


@pytest.mark.django_db
def test_a_day_is_quoted_against_the_day_before_with_what_is_offered_now(market: TableExchange) -> None:
    first, second = market.products
    day, before = latest_day(), previous_trading_day(latest_day())
    buyers, sellers = market.dealers, market.growers
    for when, price in ((before, 700), (day, 710), (day - timedelta(days=200), 1)):
        for place in (0, 1):
            trade(when, first.number, price, 1_000, buyer=buyers[place], seller=sellers[place])
            trade(when, first.number, price + 10, 3_000, buyer=buyers[place], seller=sellers[place])
    trade(day, second.number, 500, buyer=buyers[0], seller=sellers[0])
    row = quoted(day)[first.code]
    assert row.figures == Figures(718, 710, 720, 8_000, 4), "717.5 is rounded up"
    assert (row.compared_with, row.previous_mean, row.change, row.change_bps) == (before, 708, 10, 141)
    assert row.trend == ((before, 708), (day, 718))
    assert quoted(day)[second.code].figures is None, "one trade of one pair"
    assert quoted(before)[first.code].ask is None

    order(day, first.number, Side.SELL, 730, 2_000)
    order(day, first.number, Side.SELL, 729, 1_000)
    order(day, second.number, Side.BUY, 480, 4_000)
    listing(first.number, 729, kg=5_000)
    listing(first.number, 700, kg=5_000, confirm=True)
    listing(first.number, 699, kg=5_000, invited_only=True)
    assert quoted(day)[first.code].ask is None, "the books are not read for every look"
    cache.delete(OFFERS_KEY)
    shown = quoted(day)
    assert (shown[first.code].ask, shown[first.code].bid) == (Offer(729, 6_000), None)
    assert shown[second.code].bid == Offer(480, 4_000)

    trade(day, first.number, 900, 8_000, buyer=buyers[0], seller=sellers[1])
    figures = quoted(day)[first.code].figures
    assert figures is not None
    assert figures.trades == 5, "a kept day is reckoned anew with its next trade"
    assert [product.code for product, _ in quotations(day, product_code=second.code)] == [second.code]
    assert quotations(day, county="没有这个县") == []
    for wrong in (today() + timedelta(days=1), date(1, 1, 1)):
        with pytest.raises(BadParameter):
            quotations(wrong)


@pytest.mark.django_db
def test_a_group_of_members_is_one_party(market: TableExchange) -> None:
    number, code, day = market.products[0].number, market.products[0].code, latest_day()
    for place in (0, 1):
        for _ in range(2):
            trade(day, number, 700, buyer=market.dealers[place], seller=market.growers[place])
    assert quoted(day)[code].figures is not None
    for account in (market.dealers[0], market.growers[1]):
        member = member_by_account_no(account).code
        set_related_group(actor=SYSTEM, code=member, group="集团", reason="同一实际控制人")
    cache.clear()
    assert quoted(day)[code].figures is None


def listing(product: int, price: int, *, kg: int, **terms: bool) -> None:
    """An open listing to sell."""
    Listing.objects.create(
        account_no=1, product_number=product, side=Side.SELL, price=price, quantity_kg=kg, left_kg=kg,
        minimum_kg=1_000, step_kg=1_000, valid_until_ns=now_ns() + 10**12, state=ListingState.OPEN,
        created_by="a", created_at=now(), submitted_by="a", checked_by="b", opened_at_ns=1, **terms,
    )  # fmt: skip
