"""The call auction finds the published prices, and the price a search over every tick finds.

The vectors name their sources one by one ("source"); they are worked examples of exchanges' public market
models and of teaching material. A surplus of null was not published.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.call_auction import Interest, Uncrossing, uncross
from matching.types import MAX_PRICE, MAX_QUANTITY, TieRule

VECTORS = Path(__file__).with_name("vectors") / "call_auction.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"), parse_float=Decimal)
RULES = {
    "xetra_limits_ref": [TieRule.NEAREST_LIMIT],
    "midpoint": [TieRule.MIDPOINT],
    "market_pressure_ref_5pct_all_ticks": [TieRule.PRESSURE],
    "euronext_ref_within_band": [TieRule.NEAREST_TICK],
    "highest_price": [TieRule.HIGHEST],
    "max_volume": list(TieRule),
}


def fen(price: Any) -> int:
    """A price of the vectors in hundredths: the smallest unit they use."""
    return int(price * 100)


def interests(case: dict[str, Any], side: str) -> list[Interest]:
    return [
        Interest(None if order["price"] is None else fen(order["price"]), order["qty"])
        for order in case["orders"]
        if order["side"] == side
    ]


def is_whole(case: dict[str, Any]) -> bool:
    return all(fen(order["price"] or 0) % 100 == 0 for order in case["orders"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_examples_give_their_published_price(case: dict[str, Any]) -> None:
    bounds = case.get("price_range")
    for rule in RULES[case["tie_rule"]]:
        found = uncross(
            interests(case, "buy"),
            interests(case, "sell"),
            rule=rule,
            reference=fen(case["reference_price"] or 0),
            tick=100 if is_whole(case) else 1,
            price_range=(fen(bounds[0]), fen(bounds[1])) if bounds else None,
        )
        expected = case["expected"]
        if expected["price"] is None:
            assert found is None
        else:
            assert found is not None
            assert (found.price, found.executed) == (fen(expected["price"]), expected["executed"])
            assert expected["surplus"] in {None, found.surplus}


def test_every_published_example_is_here() -> None:
    assert len(CASES) == 26


# --- ties, one by one: (kg, limit) of the buys, of the sells ---------------------------------------

BALANCED = [Interest(202, 500)], [Interest(198, 500)]
TOO_MANY_BUYS = [Interest(99, 100)], [Interest(92, 50)]
TOO_MANY_SELLS = [Interest(99, 50)], [Interest(92, 100)]


@pytest.mark.parametrize(
    ("rule", "reference", "price"),
    [
        (TieRule.MIDPOINT, 0, 200),
        (TieRule.MIDPOINT, 201, 200),
        (TieRule.HIGHEST, 198, 202),
        (TieRule.NEAREST_TICK, 201, 201),
        (TieRule.NEAREST_TICK, 0, 200),
        (TieRule.NEAREST_TICK, 150, 198),
        (TieRule.PRESSURE, 199, 199),
        (TieRule.PRESSURE, 250, 202),
        (TieRule.NEAREST_LIMIT, 199, 198),
        (TieRule.NEAREST_LIMIT, 200, 202),
        (TieRule.NEAREST_LIMIT, 0, 202),
    ],
)
def test_with_nothing_left_over_the_rule_decides(rule: TieRule, reference: int, price: int) -> None:
    buys, sells = BALANCED

    assert uncross(buys, sells, rule=rule, reference=reference) == Uncrossing(price, 500, 0)


@pytest.mark.parametrize("rule", TieRule)
def test_what_is_left_over_pulls_the_price(rule: TieRule) -> None:
    assert uncross(*TOO_MANY_BUYS, rule=rule) == Uncrossing(99, 50, 50)
    if rule is not TieRule.HIGHEST:
        assert uncross(*TOO_MANY_SELLS, rule=rule) == Uncrossing(92, 50, -50)


@pytest.mark.parametrize(
    ("reference", "with_more_buys", "with_more_sells"),
    [
        (90, 95, 92),  # 94.5 is as near to 94 as to 95: the higher
        (100, 99, 95),
        (98, 99, 93),  # 93.1
        (1, 92, 92),
        (1_000, 99, 99),
    ],
)
def test_pressure_goes_no_further_than_five_percent(
    reference: int, with_more_buys: int, with_more_sells: int
) -> None:
    found = uncross(*TOO_MANY_BUYS, rule=TieRule.PRESSURE, reference=reference)
    assert found == Uncrossing(with_more_buys, 50, 50)
    found = uncross(*TOO_MANY_SELLS, rule=TieRule.PRESSURE, reference=reference)
    assert found == Uncrossing(with_more_sells, 50, -50)


def test_the_middle_is_rounded_up_to_a_tick() -> None:
    buys, sells = [Interest(205, 10)], [Interest(190, 10)]

    assert uncross(buys, sells, rule=TieRule.MIDPOINT) == Uncrossing(198, 10, 0)
    assert uncross(buys, sells, rule=TieRule.MIDPOINT, tick=5) == Uncrossing(200, 10, 0)


def test_least_left_over_may_lie_between_limits_but_not_for_the_rule_of_limits() -> None:
    buys = [Interest(10, 100), Interest(5, 50)]
    sells = [Interest(5, 100), Interest(10, 50)]

    assert uncross(buys, sells, rule=TieRule.NEAREST_TICK, reference=7) == Uncrossing(7, 100, 0)
    assert uncross(buys, sells, rule=TieRule.NEAREST_LIMIT, reference=7) == Uncrossing(5, 100, 50)


def test_market_orders_alone_trade_at_the_reference_price_or_not_at_all() -> None:
    buys, sells = [Interest(None, 60)], [Interest(None, 45)]

    for rule in TieRule:
        assert uncross(buys, sells, rule=rule) is None
        assert uncross(buys, sells, rule=rule, reference=1_000) == Uncrossing(1_000, 45, 15)
        assert uncross(buys, sells, rule=rule, reference=1_001, tick=5) == Uncrossing(1_005, 45, 15)


def test_a_range_bounds_the_price_also_of_limits_outside_it() -> None:
    buys, sells = [Interest(300, 10)], [Interest(100, 20)]

    for rule in TieRule:
        found = uncross(buys, sells, rule=rule, price_range=(150, 160))
        assert found == Uncrossing(160 if rule is TieRule.HIGHEST else 150, 10, -10)
    assert uncross(buys, sells, rule=TieRule.MIDPOINT, price_range=(20, 90)) is None
    assert uncross(buys, sells, rule=TieRule.MIDPOINT, price_range=(151, 154), tick=5) is None


@pytest.mark.parametrize(
    ("buys", "sells"),
    [
        ([], []),
        ([Interest(5, 10)], []),
        ([Interest(None, 10)], []),
        ([], [Interest(5, 10)]),
        ([Interest(5, 10)], [Interest(6, 10)]),
    ],
)
def test_without_two_sides_that_meet_there_is_no_price(buys: list[Interest], sells: list[Interest]) -> None:
    for rule in TieRule:
        assert uncross(buys, sells, rule=rule, reference=5) is None


# --- properties -------------------------------------------------------------------------------------

LIMITS = st.integers(1, 40)
SIDE = st.lists(st.builds(Interest, st.none() | LIMITS, st.integers(1, 5)), max_size=8)
TICKS = st.sampled_from([1, 2, 5])


def on_tick(side: Sequence[Interest], tick: int) -> list[Interest]:
    return [Interest(None if limit is None else limit * tick, kg) for limit, kg in side]


def bought(buys: Sequence[Interest], price: int) -> int:
    return sum(kg for limit, kg in buys if limit is None or limit >= price)


def sold(sells: Sequence[Interest], price: int) -> int:
    return sum(kg for limit, kg in sells if limit is None or limit <= price)


def best(prices: Sequence[int], buys: Sequence[Interest], sells: Sequence[Interest]) -> list[int]:
    """Of these prices those with the most volume and then the least left over, by looking at each."""
    rank = {p: (min(bought(buys, p), sold(sells, p)), -abs(bought(buys, p) - sold(sells, p))) for p in prices}
    return [price for price in prices if rank[price] == max(rank.values())]


def expected_price(
    buys: Sequence[Interest],
    sells: Sequence[Interest],
    rule: TieRule,
    reference: int,
    tick: int,
    bounds: tuple[int, int],
) -> int | None:
    """The rules word by word, every tick looked at."""
    prices = [price for price in range(bounds[0], bounds[1] + 1) if price % tick == 0]
    tied = best(prices, buys, sells)
    if not tied or not min(bought(buys, tied[0]), sold(sells, tied[0])):
        return None
    middle = next(price for price in range(tied[0], tied[-1] + 1, tick) if 2 * price >= tied[0] + tied[-1])
    limits = {interest.price for interest in (*buys, *sells)}
    if rule is TieRule.NEAREST_LIMIT and limits & set(prices):
        tied = best([price for price in prices if price in limits], buys, sells)
    surpluses = [bought(buys, price) - sold(sells, price) for price in tied]
    cap = rule is TieRule.PRESSURE and reference > 0
    if rule is TieRule.HIGHEST:
        return tied[-1]
    if min(surpluses) > 0:
        target = min(100 * tied[-1], 105 * reference) if cap else 100 * tied[-1]
    elif max(surpluses) < 0:
        target = max(100 * tied[0], 95 * reference) if cap else 100 * tied[0]
    else:
        target = 100 * (middle if rule is TieRule.MIDPOINT or not reference else reference)
    nearest = min(abs(100 * price - target) for price in tied)
    return max(price for price in tied if abs(100 * price - target) == nearest)


@settings(max_examples=600, deadline=None)
@given(SIDE, SIDE, st.sampled_from(TieRule), st.integers(0, 220), TICKS, st.data())
def test_it_finds_what_a_search_over_every_tick_finds(
    buys: list[Interest],
    sells: list[Interest],
    rule: TieRule,
    reference: int,
    tick: int,
    data: st.DataObject,
) -> None:
    buys, sells = on_tick(buys, tick), on_tick(sells, tick)
    limits = [interest.price for interest in (*buys, *sells) if interest.price is not None]
    low = data.draw(st.none() | st.integers(1, 220))
    price_range = (low, data.draw(st.integers(low, 220))) if low else None
    only_price = -(-reference // tick) * tick
    bounds = price_range or ((min(limits), max(limits)) if limits else (only_price or 1, only_price))

    found = uncross(buys, sells, rule=rule, reference=reference, tick=tick, price_range=price_range)

    price = expected_price(buys, sells, rule, reference, tick, bounds)
    if price is None:
        assert found is None
    else:
        buy_kg, sell_kg = bought(buys, price), sold(sells, price)
        assert found == Uncrossing(price, min(buy_kg, sell_kg), buy_kg - sell_kg)


WIDE = st.lists(
    st.builds(Interest, st.none() | st.integers(1, MAX_PRICE), st.integers(1, MAX_QUANTITY)), max_size=30
)


@settings(deadline=None)
@given(WIDE, WIDE, st.sampled_from(TieRule), st.integers(0, MAX_PRICE))
def test_nobody_trades_beyond_his_limit_and_no_limit_would_trade_more(
    buys: list[Interest], sells: list[Interest], rule: TieRule, reference: int
) -> None:
    limits = [interest.price for interest in (*buys, *sells) if interest.price is not None]

    found = uncross(buys, sells, rule=rule, reference=reference)

    volumes = [min(bought(buys, price), sold(sells, price)) for price in (*limits, reference)]
    if found is None:
        assert not limits or not any(volumes[:-1])
        return
    assert min(limits or [reference]) <= found.price <= max(limits or [reference])
    assert 0 < found.executed <= bought(buys, found.price)
    assert found.executed <= sold(sells, found.price)
    assert found.surplus == bought(buys, found.price) - sold(sells, found.price)
    assert found.executed == max(volumes[:-1] if limits else volumes)


@given(SIDE, SIDE, st.sampled_from(TieRule), st.integers(0, 40), st.randoms())
def test_neither_the_order_of_the_orders_nor_their_sum_at_a_limit_matters(
    buys: list[Interest], sells: list[Interest], rule: TieRule, reference: int, random: Any
) -> None:
    def levels(side: list[Interest]) -> list[Interest]:
        sums: dict[int | None, int] = {}
        for limit, kg in random.sample(side, len(side)):
            sums[limit] = sums.get(limit, 0) + kg
        return [Interest(limit, kg) for limit, kg in sums.items()]

    by_order = uncross(buys, sells, rule=rule, reference=reference)
    by_level = uncross(levels(buys), levels(sells), rule=rule, reference=reference)

    assert by_order == by_level


def test_limits_far_apart_cost_no_more_than_neighbours() -> None:
    far = 10**15

    found = uncross([Interest(far, 7)], [Interest(1, 7)], rule=TieRule.MIDPOINT)

    assert found == Uncrossing((far + 1 + 1) // 2, 7, 0)
