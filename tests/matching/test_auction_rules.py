"""The rules of each kind of auction, case by case, and against what plain searching finds."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.auctions.rules import Line, LogAction
from matching.auctions.sealed import commitment
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_types import AuctionKind, Pricing
from matching.types import MAX_PRICE, Reason, Side
from tests.matching.auctions import Played, terms

UNITS = [
    Pricing.PAY_AS_BID,
    Pricing.LOWEST_ACCEPTED,
    Pricing.FIRST_REJECTED,
    Pricing.LOWEST_ACCEPTED_OR_MINIMUM,
]
E = DeskEventKind


def english(**more: int) -> Played:
    fields = {"step": 10, "duration_ns": 1_000, **more}
    return Played(terms(AuctionKind.ENGLISH, 1_000, 20, **fields))


def standing(played: Played) -> tuple[int, int]:
    """Leader and standing bid."""
    return played.machine.leader, played.machine.price_now


# --- English ----------------------------------------------------------------------------------------------


def test_the_better_maximum_leads_by_one_increment() -> None:
    played = english()
    played.bid(1, 1, 1_000, maximum=1_100)
    assert standing(played) == (1, 1_000)
    told = played.bid(2, 2, 1_020)
    assert isinstance(told, list)
    assert [(each.account, each.price, each.reason) for each in told] == [
        (2, 1_020, 0),
        (1, 1_030, DeskReason.PROXY),
    ]
    told = played.bid(3, 2, 1_040, maximum=1_200)
    assert isinstance(told, list)
    assert [(each.account, each.price) for each in told] == [(2, 1_040), (1, 1_100), (2, 1_110)]
    assert standing(played) == (2, 1_110)
    played.bid(4, 3, 1_300)
    assert standing(played) == (3, 1_300)
    runner_up = played.until().machine.runner_up
    assert runner_up is not None
    assert (runner_up.bidder, runner_up.price) == (2, 1_110)


def test_of_equal_maxima_the_earlier_leads_at_it() -> None:
    played = english()
    played.bid(1, 1, 1_000, maximum=1_100)
    played.bid(2, 2, 1_010, maximum=1_100)
    assert standing(played) == (1, 1_100)
    played = english()
    played.bid(1, 1, 1_000, maximum=1_100)
    played.bid(2, 2, 1_100)
    assert standing(played) == (1, 1_100)
    assert played.bid(3, 2, 1_100) == DeskReason.BAD_BID


def test_a_reverse_auction_mirrors_it() -> None:
    played = english(side=Side.BUY, reserve=900)
    assert played.bid(1, 1, 1_010) == DeskReason.BAD_BID
    played.bid(1, 1, 990, maximum=880)
    assert standing(played) == (1, 900)
    assert played.machine.reserve_state == DeskReason.RESERVE_MET
    assert played.bid(2, 2, 900) == DeskReason.BAD_BID
    played.bid(2, 2, 890)
    assert standing(played) == (1, 880)
    played.bid(3, 2, 870, maximum=800)
    assert standing(played) == (2, 870)


def test_a_maximum_that_meets_the_reserve_bids_it() -> None:
    played = english(reserve=1_200)
    played.bid(1, 1, 1_000, maximum=1_190)
    assert standing(played) == (1, 1_000)
    assert played.machine.reserve_state == DeskReason.RESERVE_NOT_MET
    told = played.bid(2, 1, 0, maximum=1_250)
    assert isinstance(told, list)
    assert [(each.price, each.reason) for each in told] == [(1_200, DeskReason.PROXY)]
    assert played.bid(3, 1, 0, maximum=1_300) == []


def test_english_bids_that_are_not_good() -> None:
    played = english(max_step=50)
    assert played.bid(1, 1, 990) == DeskReason.BAD_BID
    assert played.bid(1, 1, 1_005) == DeskReason.OFF_INCREMENT
    assert played.bid(1, 1, 1_060) == DeskReason.BEYOND_MAX_STEP
    assert played.bid(1, 1, MAX_PRICE + 10) == Reason.BAD_PRICE
    assert played.bid(1, 1, 1_000, kg=19) == Reason.BAD_QUANTITY
    assert played.bid(1, 1, 1_050, maximum=1_040) == DeskReason.BAD_MAXIMUM
    assert played.bid(1, 1, 1_050, maximum=1_055) == DeskReason.BAD_MAXIMUM
    played.bid(1, 1, 1_050)
    assert played.bid(2, 1, 1_060) == DeskReason.ALREADY_LEADING
    assert played.bid(2, 1, 1_060, maximum=1_050) == DeskReason.ALREADY_LEADING
    assert played.bid(2, 1, 0, maximum=1_055) == DeskReason.BAD_MAXIMUM
    assert played.bid(2, 2, 1_110) == DeskReason.BEYOND_MAX_STEP
    assert isinstance(played.bid(2, 2, 1_100), list)


def test_the_soft_close_ends_after_so_many_extensions() -> None:
    played = english(soft_close_ns=100, extension_ns=50, max_extensions=2)
    played.bid(900, 1, 1_000)
    assert played.machine.due_ns == 1_000
    told = played.bid(990, 2, 1_010)
    assert isinstance(told, list)
    assert (told[-1].kind, told[-1].remaining, told[-1].quantity) == (E.EXTENDED, 1_040, 40)
    played.bid(1_039, 1, 0, maximum=1_100)
    played.bid(1_039, 1, 1_020, maximum=1_100)
    assert played.machine.due_ns == 1_089
    assert played.bid(1_040, 1, 0, maximum=1_200) == []
    played.bid(1_088, 2, 1_050)
    assert played.machine.due_ns == 1_089
    assert played.bid(1_089, 2, 1_500) == DeskReason.AUCTION_OVER


# --- Dutch ------------------------------------------------------------------------------------------------


def dutch(**more: int) -> Played:
    fields = {"step": 2, "tick_ns": 10, "floor": 90, **more}
    return Played(terms(AuctionKind.DUTCH, 100, 100, **fields))


def test_the_clock_is_the_floors() -> None:
    played = dutch(kg_step=10, min_take=20)
    assert played.bid(25, 1, 95, 20) == DeskReason.STALE_CLOCK
    assert played.bid(25, 1, 96, 10) == Reason.BAD_QUANTITY
    assert played.bid(25, 1, 96, 25) == Reason.BAD_QUANTITY
    assert played.bid(25, 1, 96, maximum=97) == DeskReason.BAD_MAXIMUM
    told = played.bid(25, 1, 100, 90)
    assert isinstance(told, list)
    assert (told[0].price, told[0].quantity) == (96, 90)
    told = played.bid(25, 2, 96, 50)
    assert isinstance(told, list)
    assert told[0].quantity == 10
    assert played.machine.closed


def test_it_restarts_higher_but_not_above_the_start_after_a_rest() -> None:
    played = dutch(raise_bps=100, raise_fen=3, rest_ns=50)
    played.bid(20, 1, 96, 10)
    assert (played.machine.price_now, played.machine.changes_at_ns) == (99, 70)
    assert played.bid(60, 2, 98, 10) == DeskReason.STALE_CLOCK
    played.bid(70, 2, 99, 10)
    assert played.machine.price_now == 100


def test_rounds_from_the_start_until_the_rest_is_withdrawn() -> None:
    played = dutch(rounds=2, rest_ns=5)
    assert played.machine.due_ns == 60
    played.until(60)
    assert (played.machine.round, played.machine.price_now, played.machine.changes_at_ns) == (2, 100, 65)
    played.bid(65, 1, 100, 40)
    played.until()
    assert played.allocation == {1: 40}
    assert played.machine.kg_left == 60


# --- sealed -----------------------------------------------------------------------------------------------


def sealed(pricing: Pricing, **more: int) -> Played:
    return Played(terms(AuctionKind.SEALED, 100, 100, duration_ns=10, pricing=pricing, **more))


def test_a_replaced_bid_has_the_place_of_the_newer() -> None:
    played = sealed(Pricing.FIRST)
    played.bid(1, 1, 150)
    played.bid(2, 2, 150)
    played.bid(3, 1, 150)
    assert played.bid(10, 3, 200) == DeskReason.AUCTION_OVER
    assert (played.winner, played.price) == (2, 150)


def test_second_price_counts_reserve_and_start() -> None:
    for bids, reserve, price, met in (
        ([180, 150], 160, 160, True),
        ([180, 150], 120, 150, True),
        ([180], 0, 100, True),
        ([150, 120], 160, 120, False),
        ([150], 160, 100, False),
    ):
        played = sealed(Pricing.SECOND, reserve=reserve)
        for bidder, bid in enumerate(bids, 1):
            played.bid(1, bidder, bid)
        result = played.until().machine.result()
        assert (result.winner, result.price, result.reserve_met) == (1, price, met)


def test_the_cheapest_seller_is_paid_the_second_price() -> None:
    played = sealed(Pricing.SECOND, side=Side.BUY, reserve=95)
    for bidder, bid in enumerate([98, 80, 90], 1):
        played.bid(1, bidder, bid)
    assert (played.until().winner, played.price) == (2, 90)


def test_a_commitment_is_revealed_or_worth_nothing() -> None:
    played = sealed(Pricing.FIRST, reveal_ns=20)
    nonce = bytes(range(16))
    for bidder, price in ((1, 150), (2, 200), (3, 90)):
        text = commitment(1, bidder, price, 0, nonce).hex()
        assert isinstance(played.line(Line(LogAction.COMMIT, 5, 0, bidder, text=text)), list)
    reveal = Line(LogAction.REVEAL, 9, 0, 1, 150, text=nonce.hex())
    assert played.line(reveal) == DeskReason.NOT_REVEALING
    assert played.bid(5, 4, 100) == DeskReason.WRONG_KIND
    late = Line(LogAction.COMMIT, 10, 0, 4, text="00" * 32)
    assert played.line(late) == DeskReason.AUCTION_OVER
    wrong = Line(LogAction.REVEAL, 11, 0, 1, 151, text=nonce.hex())
    assert played.line(wrong) == DeskReason.COMMITMENT_DIFFERS
    stranger = Line(LogAction.REVEAL, 11, 0, 4, 150, text=nonce.hex())
    assert played.line(stranger) == DeskReason.NO_COMMITMENT
    too_low = Line(LogAction.REVEAL, 11, 0, 3, 90, text=nonce.hex())
    assert played.line(too_low) == DeskReason.BAD_BID
    good = Line(LogAction.REVEAL, 29, 0, 1, 150, text=nonce.hex())
    told = played.line(good)
    assert isinstance(told, list)
    assert (told[0].kind, told[0].price) == (E.BID_OPENED, 150)
    assert played.line(Line(LogAction.REVEAL, 29, 0, 1, 150, text=nonce.hex())) == DeskReason.NO_COMMITMENT
    assert played.line(Line(LogAction.REVEAL, 30, 0, 2, 200, text=nonce.hex())) == DeskReason.AUCTION_OVER
    assert (played.winner, played.price) == (1, 150)
    assert played.machine.unrevealed() == [2, 3]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(100, 104), st.integers(1, 60)), min_size=1, max_size=5),
    st.sampled_from(UNITS),
    st.sampled_from([0, 101]),
    st.booleans(),
)
def test_many_units_against_plain_search(
    bids: list[tuple[int, int]], pricing: Pricing, reserve: int, reverse: bool
) -> None:
    """Unit by unit: the best unserved unit that is good enough is next."""
    sign, mirror = (-1, 204) if reverse else (1, 0)
    played = Played(
        terms(
            AuctionKind.SEALED,
            mirror + sign * 100,
            100,
            duration_ns=10,
            pricing=pricing,
            reserve=mirror + sign * reserve if reserve else 0,
            side=Side.BUY if reverse else Side.SELL,
        )
    )
    for bidder, (price, kg) in enumerate(bids, 1):
        played.bid(1, bidder, mirror + sign * price, kg)
    least = reserve or 100
    units = [(-price, bidder) for bidder, (price, kg) in enumerate(bids, 1) for _ in range(kg)]
    units = sorted(unit for unit in units if -unit[0] >= least)
    served, rejected = units[:100], units[100:]

    result = played.until().machine.result()
    got = {bidder: sum(unit[1] == bidder for unit in served) for _, bidder in served}
    assert {each.bidder: each.kg for each in result.allocation} == got
    if not served:
        return
    price = {
        Pricing.PAY_AS_BID: 0,
        Pricing.LOWEST_ACCEPTED: -served[-1][0],
        Pricing.FIRST_REJECTED: -rejected[0][0] if rejected else least,
        Pricing.LOWEST_ACCEPTED_OR_MINIMUM: -served[-1][0] if rejected else least,
    }[pricing]
    assert result.price == (mirror + sign * price if price else 0)
    for each in result.allocation:
        own = mirror + sign * bids[each.bidder - 1][0]
        assert each.price == own if pricing == Pricing.PAY_AS_BID else sign * each.price <= sign * own


# --- clock ------------------------------------------------------------------------------------------------


def clock(**more: int) -> Played:
    return Played(terms(AuctionKind.CLOCK, 100, 100, step=5, duration_ns=10, **more))


def test_rolling_back_serves_the_last_rounds_leavers_by_time() -> None:
    """Round 1: 70 + 40 + 30 want more than 100. Round 2: only 60. All pay round 1's price; 40 are left."""
    played = clock()
    for bidder, kg in ((3, 30), (1, 70), (2, 40)):
        played.bid(bidder, bidder, 100, kg)
    played.bid(12, 1, 105, 60)
    told = played.machine.advance()
    assert (told[0].kind, told[0].price, told[0].quantity) == (E.ROUND_ENDED, 105, 60)
    assert played.price == 100
    assert played.allocation == {3: 30, 1: 70}


def test_in_the_first_round_the_rest_stays_unsold() -> None:
    played = clock()
    played.bid(1, 1, 100, 30)
    assert (played.until().price, played.allocation) == (100, {1: 30})
    assert clock().until().allocation == {}


def test_the_last_round_serves_by_time() -> None:
    played = clock(rounds=2)
    for bidder in (1, 2):
        played.bid(1, bidder, 100, 80)
    for bidder in (2, 1):
        played.bid(11, bidder, 105, 70)
    assert (played.until().price, played.allocation) == (105, {2: 70, 1: 30})


def test_clock_bids_that_are_not_good() -> None:
    played = clock(kg_step=10, min_take=20)
    assert played.bid(1, 1, 105, 50) == DeskReason.STALE_CLOCK
    assert played.bid(1, 1, 100, 110) == Reason.BAD_QUANTITY
    assert played.bid(1, 1, 100, 10) == Reason.BAD_QUANTITY
    assert played.bid(1, 1, 100) == Reason.BAD_QUANTITY
    for bidder in (1, 2):
        played.bid(1, bidder, 100, 80)
    assert played.bid(2, 1, 100, 70) == DeskReason.ALREADY_BID
    assert played.bid(10, 1, 100, 80) == DeskReason.STALE_CLOCK
    assert played.bid(10, 3, 105, 20) == DeskReason.NOT_IN_FIRST_ROUND
    assert played.bid(10, 1, 105, 90) == DeskReason.ACTIVITY_RULE


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 80), min_size=4, max_size=4), min_size=1, max_size=6))
def test_a_clock_sells_all_it_can_at_one_price(rounds: list[list[int]]) -> None:
    played = clock()
    for at, wants in enumerate(rounds):
        for bidder, kg in enumerate(wants, 1):
            played.bid(at * 10 + bidder, bidder, 100 + 5 * at, kg)
    result = played.until().machine.result()
    total = sum(each.kg for each in result.allocation)
    assert total <= 100
    assert {each.price for each in result.allocation} <= {result.price}
    first = sum(min(kg, 80) for kg in rounds[0])
    assert total == min(first, 100)


# --- all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(["shift", "bid"])))
def test_standing_still_moves_the_end(order: tuple[str, str]) -> None:
    played = english(soft_close_ns=100, extension_ns=100, max_extensions=1)
    for step in order:
        if step == "shift":
            played.until(950).machine.stand_still(960, 10)
        else:
            played.bid(950, 1, 1_000)
    assert played.machine.due_ns == (1_060 if order == ("bid", "shift") else 1_050)
