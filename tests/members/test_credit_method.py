"""The method: worked examples by hand, and what must hold whatever the record."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.members.credit_method import METHODS, method_on, rate
from exchange.members.credit_types import ADVERSE, FactKind, MonthCount, month_number
from tests.examples import examples

DAY = date(2026, 11, 28)
NOW = month_number(DAY)
K = FactKind

counts = st.lists(
    st.builds(
        MonthCount,
        st.integers(NOW - 30, NOW),
        st.sampled_from(sorted(K)),
        st.integers(1, 40),
        st.integers(0, 100_000),
    ),
    max_size=12,
)


def test_twenty_kept_and_one_broken_contract_worked_by_hand() -> None:
    rating = rate([MonthCount(NOW, K.FULFILLED, 20, 400_000), MonthCount(NOW, K.BREACH, 1)], DAY)
    # 80 of 84 weights kept: 9523 bp, 477 bp short, times 4.
    assert (rating.fulfilment_bps, rating.score, rating.grade) == (9_523, 10_000 - 1_908, "BBB")
    assert (rating.contracts, rating.failures, rating.kg) == (21, 1, 400_000)
    assert dict(rating.steps)["fulfilment_cost"] == 1_908


def test_what_is_older_weighs_less_and_then_nothing() -> None:
    kept = MonthCount(NOW, K.FULFILLED, 20)
    scores = [
        rate([kept, MonthCount(NOW - age, K.DISPUTE_UPHELD, 1)], DAY).score for age in (0, 6, 12, 18, 24)
    ]
    assert scores == [9_000, 9_250, 9_500, 9_750, 10_000]


def test_a_late_payment_among_twenty_contracts_costs_the_best_grade() -> None:
    rating = rate([MonthCount(NOW, K.FULFILLED, 20), MonthCount(NOW, K.LATE_PAYMENT, 1)], DAY)
    assert (rating.on_time_bps, rating.score, rating.grade) == (9_500, 9_500, "AA")


def test_too_few_contracts_are_not_rated_and_a_recent_failure_caps_the_grade() -> None:
    assert rate([MonthCount(NOW, K.FULFILLED, 4)], DAY).grade == ""
    assert rate([MonthCount(NOW, K.FULFILLED, 5)], DAY).grade == "A"
    many = MonthCount(NOW, K.FULFILLED, 5_000)
    assert rate([many], DAY).grade == "AAA"
    assert rate([many, MonthCount(NOW - 5, K.BREACH, 1)], DAY).grade == "BBB"
    assert rate([many, MonthCount(NOW - 6, K.BREACH, 1)], DAY).grade == "AAA"
    assert rate([many, MonthCount(NOW - 11, K.AUCTION_DEFAULT, 2)], DAY).grade == "B"
    assert rate([MonthCount(NOW, K.BREACH, 9)], DAY).grade == "D"


@given(counts, st.randoms(use_true_random=False))
@settings(max_examples=examples(30), deadline=None)
def test_order_does_not_matter_and_every_figure_is_in_its_bounds(
    rows: list[MonthCount], chance: random.Random
) -> None:
    rating = rate(rows, DAY)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert rate(shuffled, DAY) == rating
    for share in (rating.fulfilment_bps, rating.dispute_bps, rating.on_time_bps, rating.score):
        assert share is None or 0 <= share <= 10_000
    assert (rating.grade == "") == (rating.contracts < METHODS[0].least_contracts)


@given(counts, st.integers(0, 23), st.sampled_from(sorted(ADVERSE)))
@settings(max_examples=examples(30), deadline=None)
def test_nothing_adverse_raises_a_score_and_no_kept_contract_lowers_one(
    rows: list[MonthCount], age: int, kind: FactKind
) -> None:
    before = rate(rows, DAY)
    if before.score is not None:
        worse = rate([*rows, MonthCount(NOW - age, kind, 1)], DAY)
        better = rate([*rows, MonthCount(NOW - age, K.FULFILLED, 1)], DAY)
        assert worse.score is not None
        assert better.score is not None
        assert worse.score <= before.score <= better.score


def test_the_method_of_a_day_is_the_one_in_force_then() -> None:
    assert method_on(date(2020, 1, 1)) is METHODS[0]
    assert method_on(DAY).version == "2026.1"
