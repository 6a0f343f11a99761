"""Each detector finds what it is for, at its threshold and not below it, and the same whatever the order."""

import random
import statistics
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.kernel.errors import BadParameter
from exchange.surveillance.arithmetic import deviation_doubled, median_doubled, robust_z_milli
from exchange.surveillance.bid_ring_detector import bid_rings
from exchange.surveillance.detectors import detect
from exchange.surveillance.order_detectors import large_traders, layering, self_trade_hits
from exchange.surveillance.parameters import BOUNDS, BUILT_IN, Parameters, parameters_of, stored_parameters
from exchange.surveillance.trade_detectors import marked_closes, price_outliers, related_trades, wash_trades
from exchange.surveillance.types import Facts, Kind, OrderFact, TradeFact
from matching.types import Reason, Side
from tests.surveillance.market import DAY, LINKED, auction, cancelled, day, order, trade


def test_goods_that_go_out_and_come_back_are_a_wash_trade() -> None:
    out, back = trade(0, 700, buyer=11, seller=1), trade(59, 705, 8_000, buyer=1, seller=11)
    (found,) = wash_trades(day(out, back), BUILT_IN)
    assert (found.accounts, found.trades) == ((1, 11), (out.trade_id, back.trade_id))
    assert found.figures["round_trip_kg"] == 5_000


@pytest.mark.parametrize(
    "back",
    [
        trade(61, 700, buyer=1, seller=11),  # too late for members who are not linked
        trade(5, 710, buyer=1, seller=11),  # at another price
        trade(5, 700, 4_000, buyer=1, seller=11),  # too little
        trade(5, 700, buyer=1, seller=12),  # of somebody else
        trade(5, 700, buyer=1, seller=11, product=2),
    ],
)
def test_what_is_no_round_trip_is_not_found(back: TradeFact) -> None:
    assert wash_trades(day(trade(0, 700, buyer=11, seller=1), back), BUILT_IN) == []


def test_linked_members_are_watched_over_days_and_only_todays_part_counts() -> None:
    day_min = 24 * 60
    earlier = (trade(-3 * day_min, 700, buyer=2, seller=1), trade(-2 * day_min, 700, buyer=1, seller=2))
    back = trade(0, 700, 6_000, buyer=1, seller=2)
    again = trade(-day_min, 700, 6_000, buyer=2, seller=1)
    facts = day(back, earlier=(*earlier, again), links=(LINKED,))
    (found,) = wash_trades(facts, BUILT_IN)
    assert found.figures["round_trip_kg"] == 6_000
    assert found.links == (LINKED,)
    assert wash_trades(day(back, earlier=(*earlier, again)), BUILT_IN) == []


def test_linked_members_who_trade_are_told() -> None:
    (found,) = related_trades(day(trade(0, 700, buyer=2, seller=1), trade(1, 700), links=(LINKED,)), BUILT_IN)
    assert (found.accounts, found.figures) == ((1, 2), {"kg": 5_000, "amount_fen": 3_500_000})


def test_a_price_far_from_the_others_is_an_outlier_and_a_calm_market_is_not() -> None:
    calm = [trade(at, 700 + at % 2) for at in range(11)]
    assert price_outliers(day(*calm), BUILT_IN) == []
    odd = trade(20, 730)
    (found,) = price_outliers(day(*calm, odd), BUILT_IN)
    assert found.trades == (odd.trade_id,)
    assert found.figures["median_doubled_fen"] == 1_401
    assert price_outliers(day(*calm[:8], odd), BUILT_IN) == [], "nine trades are no sample"


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=40), st.integers(1, 2_000))
@settings(max_examples=30)
def test_robust_z_is_the_textbooks(prices: list[int], price: int) -> None:
    median = statistics.median(prices)
    deviation = statistics.median([abs(each - median) for each in prices])
    assert median_doubled(prices) == 2 * median
    assert deviation_doubled(prices, median_doubled(prices)) == 2 * deviation
    if deviation:
        z = robust_z_milli(price, int(2 * median), int(2 * deviation))
        assert z == pytest.approx(1_000 * (price - median) / (1.4826 * deviation), abs=1.001)


def test_orders_that_meet_their_own_are_counted() -> None:
    hits = [order(11, Side.BUY, 1_000, placed_s=at, reason=Reason.SELF_TRADE) for at in range(5)]
    (found,) = self_trade_hits(day(orders=tuple(hits)), BUILT_IN)
    assert found.figures == {"orders": 5, "kg": 5_000}
    assert self_trade_hits(day(orders=tuple(hits[:4])), BUILT_IN) == []


def test_large_orders_gone_once_the_other_side_filled_are_layering() -> None:
    fill = trade(1, 700, 5_000, buyer=11)
    layers = tuple(cancelled(11, Side.SELL, 8_000, placed_s=30, after_s=60 + at) for at in (2, 59))
    (found,) = layering(day(fill, orders=layers), BUILT_IN)
    assert (found.accounts, found.figures["cancelled_kg"], found.figures["fastest_ms"]) == (
        (11,),
        16_000,
        2_000,
    )
    assert found.orders == tuple(each.order_id for each in layers)


@pytest.mark.parametrize(
    "layers",
    [
        cancelled(11, Side.SELL, 16_000, placed_s=30, after_s=121),  # a minute and a second later
        cancelled(11, Side.SELL, 16_000, placed_s=61, after_s=62),  # did not stand there at the fill
        cancelled(11, Side.BUY, 16_000, placed_s=30, after_s=62),  # on the same side
        cancelled(12, Side.SELL, 16_000, placed_s=30, after_s=62),  # another's
        cancelled(11, Side.SELL, 14_000, placed_s=30, after_s=62),  # not three times the fill
    ],
)
def test_other_cancels_are_not(layers: OrderFact) -> None:
    assert layering(day(trade(1, 700, 5_000, buyer=11), orders=(layers,)), BUILT_IN) == []


def test_bidders_who_take_turns_are_a_ring() -> None:
    auctions = (
        auction(1, {11: 720, 12: 0}, winner=11),
        auction(2, {11: 703, 12: 730}, winner=12),
        auction(3, {11: 715}, winner=11, left=(12,)),
        auction(4, {12: 710, 13: 700}, winner=12),
        auction(5, {12: 700, 13: 710}, winner=13),
        auction(6, {12: 0, 13: 710}, winner=13),
    )
    (found,) = bid_rings(day(auctions=auctions), BUILT_IN)
    assert (found.accounts, found.auctions) == ((11, 12, 13), (1, 2, 3, 4, 5, 6))
    assert found.figures == {"members": 3, "auctions": 6, "withdrawals": 1, "winners": 3}


def test_who_bids_in_earnest_is_in_no_ring() -> None:
    contested = auction(2, {11: 729, 12: 730}, winner=12)
    auctions = (auction(1, {11: 720, 12: 0}, winner=11), contested, auction(3, {11: 715, 12: 700}, winner=11))
    assert bid_rings(day(auctions=auctions), BUILT_IN) == []
    always = tuple(auction(number, {11: 720, 12: 0}, winner=11) for number in range(1, 5))
    assert bid_rings(day(auctions=always), BUILT_IN) == [], "one who always wins is strong, not in a ring"


def test_much_of_the_day_is_told_of_each_side() -> None:
    trades = (trade(0, 700, 60_000, buyer=11, seller=1), trade(1, 700, 200_000, buyer=12, seller=2))
    standing = (order(12, Side.SELL, 90_000, placed_s=0), order(11, Side.SELL, 10_000, placed_s=1))
    found = large_traders(day(*trades, orders=standing), BUILT_IN)
    assert [(each.accounts, each.mark, each.figures["share_bps"]) for each in found] == [
        ((1,), "volume:2", 2_307),
        ((2,), "volume:2", 7_692),
        ((11,), "volume:1", 2_307),
        ((12,), "volume:1", 7_692),
        ((12,), "orders:2", 9_000),
    ]


def test_who_pulls_the_last_price_away_marks_the_close() -> None:
    morning = [trade(at, 700) for at in range(0, 100, 10)]
    push = [
        trade(400, 708, 3_000, buyer=14),
        trade(405, 712, 3_000, buyer=14),
        trade(401, 705, 2_000, buyer=12),
    ]
    (found,) = marked_closes(day(*morning, *push), BUILT_IN)
    assert (found.accounts, found.figures["move_bps"], found.figures["share_bps"]) == ((14,), 171, 7_500)
    assert marked_closes(day(*push), BUILT_IN) == [], "nothing to compare with"
    called = [each._replace(in_call=True) for each in push]
    assert marked_closes(day(*morning, *called), BUILT_IN) == []


def test_order_of_rows_and_numbers_of_other_products_change_nothing() -> None:
    trades = [trade(0, 700), trade(59, 705, 8_000, buyer=1, seller=11), trade(80, 700, 400_000)]
    orders = [cancelled(11, Side.SELL, 90_000, placed_s=0, after_s=4_801)]
    once = detect(day(*trades, orders=tuple(orders), links=(LINKED,)), BUILT_IN)
    assert {Kind.WASH, Kind.LARGE} <= {each.kind for each in once}
    random.Random(1).shuffle(trades)
    stranger = trade(0, 300, 100, product=9)
    again = detect(day(*trades, stranger, orders=tuple(orders), links=(LINKED,)), BUILT_IN)
    assert [each.subject for each in once] == [each.subject for each in again]
    assert once == again
    assert detect(Facts(DAY), BUILT_IN) == []


def test_parameters_have_bounds() -> None:
    values = BUILT_IN.as_values()
    assert parameters_of(values) == BUILT_IN
    assert stored_parameters({"wash_kg": 9_000}) == replace(BUILT_IN, wash_kg=9_000), "others came later"
    for name, bounds in BOUNDS.items():
        assert parameters_of({**values, name: bounds.least}) != parameters_of({**values, name: bounds.most})
        for wrong in (bounds.least - 1, bounds.most + 1, "7", True, None):
            with pytest.raises(BadParameter) as refused:
                parameters_of({**values, name: wrong})  # type: ignore[dict-item]
            assert refused.value.facts["name"] == name
    with pytest.raises(BadParameter):
        parameters_of({**values, "other": 1})
    with pytest.raises(BadParameter):
        parameters_of({})
    assert Parameters() == BUILT_IN
