"""Volatility calls: before a trade too far from the reference price a call begins by itself."""

import pytest

from matching.types import Phase
from tests.matching.market import Market

PLENTY = 1_000_000_000


@pytest.fixture
def ranged(market: Market) -> Market:
    """Reference price 720: trades from 710 to 730 as they come."""
    market.plays("rules 1 reference 720 range 10 | applied")
    return market


# --- where it begins ---------------------------------------------------------------------------------


def test_inside_the_range_orders_trade_as_they_come(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 730 | accepted #1; rested #1 1000/1000 @ 730
        buy B 1000 @ 800  | accepted #2; trade #2 #1 1000 @ 730
        buy A 1000 @ 710  | accepted #3; rested #3 1000/1000 @ 710
        sell B 1000 @ 600 | accepted #4; trade #4 #3 1000 @ 710
        """
    )

    assert ranged.phase() == Phase.CONTINUOUS


def test_a_trade_above_the_range_begins_a_call(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 731 | accepted #1; rested #1 1000/1000 @ 731
        buy B 600 @ 731   | accepted #2; phased volatility by #2 @ 731; rested #2 600/600 @ 731
        """
    )

    assert ranged.phase() == Phase.VOLATILITY
    assert ranged.engine.last_trade_id == 0
    ranged.shows(
        """
        buys | price | sells
         600 |  731  | 1000
        """
    )


def test_a_trade_below_the_range_begins_a_call(ranged: Market) -> None:
    ranged.plays(
        """
        buy A 1000 @ 709  | accepted #1; rested #1 1000/1000 @ 709
        sell B 600 @ 700  | accepted #2; phased volatility by #2 @ 709; rested #2 600/600 @ 700
        """
    )

    assert ranged.phase() == Phase.VOLATILITY


def test_what_can_trade_inside_the_range_trades_before(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 725 | accepted #1; rested #1 1000/1000 @ 725
        sell A 1000 @ 740 | accepted #2; rested #2 1000/1000 @ 740
        sell C 1000 @ 730 | accepted #3; rested #3 1000/1000 @ 730
        buy B 3000 @ 750  | accepted #4
                          | trade #4 #1 1000 @ 725
                          | trade #4 #3 1000 @ 730
                          | phased volatility by #4 @ 740
                          | rested #4 1000/3000 @ 750
        """
    )


def test_orders_beyond_the_range_may_rest(ranged: Market) -> None:
    """Only a trade begins a call, not a limit far away."""
    ranged.plays(
        """
        sell A 1000 @ 790 | accepted #1; rested #1 1000/1000 @ 790
        buy B 1000 @ 610  | accepted #2; rested #2 1000/1000 @ 610
        """
    )

    assert ranged.phase() == Phase.CONTINUOUS


@pytest.mark.parametrize("rules", ["rules 1 range 10", "rules 1 reference 720"])
def test_without_a_range_or_a_reference_price_trades_go_anywhere(market: Market, rules: str) -> None:
    market.plays(
        f"""
        {rules}           | applied
        sell A 1000 @ 800 | accepted #1; rested #1 1000/1000 @ 800
        buy B 1000 @ 800  | accepted #2; trade #2 #1 1000 @ 800
        """
    )


def test_new_rules_hold_for_the_next_order(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 2000 @ 740              | accepted #1; rested #1 2000/2000 @ 740
        rules 1 reference 720 range 20 | applied
        buy B 500 @ 740                | accepted #2; trade #2 #1 500 @ 740
        rules 1 reference 719 range 20 | applied
        buy B 500 @ 740                | accepted #3; phased volatility by #3 @ 740; rested #3 500/500 @ 740
        """
    )


def test_a_replaced_order_may_begin_it(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 740       | accepted #1; rested #1 1000/1000 @ 740
        buy B 1000 @ 720        | accepted #2; rested #2 1000/1000 @ 720
        replace B #2 1000 @ 740 | replaced #2 1000 @ 720 by 1000 @ 740
                                | phased volatility by #2 @ 740
                                | rested #2 1000/1000 @ 740
        """
    )


@pytest.mark.parametrize("mode", ["newest", "oldest", "decrement"])
def test_an_own_order_beyond_the_range_begins_it_too(ranged: Market, mode: str) -> None:
    """The range is looked at before the party."""
    ranged.plays(
        f"""
        sell A 1000 @ 740       | accepted #1; rested #1 1000/1000 @ 740
        buy A 1000 @ 740 {mode} | accepted #2; phased volatility by #2 @ 740; rested #2 1000/1000 @ 740
        """
    )


def test_own_orders_inside_the_range_are_met_before(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 725       | accepted #1; rested #1 1000/1000 @ 725
        sell C 1000 @ 740       | accepted #2; rested #2 1000/1000 @ 740
        buy A 1500 @ 750 oldest | accepted #3
                                | cancelled #1 1000 @ 725 self_trade
                                | phased volatility by #3 @ 740
                                | rested #3 1500/1500 @ 750
        """
    )


# --- what becomes of the order -----------------------------------------------------------------------


def test_an_immediate_order_is_dropped(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 730    | accepted #1; rested #1 1000/1000 @ 730
        sell A 1000 @ 740    | accepted #2; rested #2 1000/1000 @ 740
        buy B 1500 @ 740 ioc | accepted #3
                             | trade #3 #1 1000 @ 730
                             | phased volatility by #3 @ 740
                             | cancelled #3 500 @ 740 volatility
        """
    )

    assert ranged.funds("B") == (PLENTY - 730_000, 0)
    assert ranged.phase() == Phase.VOLATILITY


def test_fill_or_kill_counts_only_inside_the_range_and_begins_no_call(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 730    | accepted #1; rested #1 1000/1000 @ 730
        sell A 1000 @ 731    | accepted #2; rested #2 1000/1000 @ 731
        buy B 1500 @ 740 fok | accepted #3; cancelled #3 1500 @ 740 fok_unfilled
        buy B 1000 @ 740 fok | accepted #4; trade #4 #1 1000 @ 730
        buy B 500 @ 740 fok  | accepted #5; cancelled #5 500 @ 740 fok_unfilled
        """
    )

    assert ranged.phase() == Phase.CONTINUOUS


def test_a_minimum_counts_only_inside_the_range(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 730             | accepted #1; rested #1 1000/1000 @ 730
        sell A 1000 @ 731             | accepted #2; rested #2 1000/1000 @ 731
        buy B 1500 @ 740 min 1001     | accepted #3; cancelled #3 1500 @ 740 minimum_unfilled
        buy B 1500 @ 740 ioc min 1000 | accepted #4
                                      | trade #4 #1 1000 @ 730
                                      | phased volatility by #4 @ 731
                                      | cancelled #4 500 @ 740 volatility
        """
    )


def test_a_market_to_limit_order_rests_at_the_best_price(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 740    | accepted #1; rested #1 1000/1000 @ 740
        buy B 500 @ 800 mtl  | accepted #2; phased volatility by #2 @ 740; rested #2 500/500 @ 740
        """
    )

    assert ranged.funds("B") == (PLENTY - 370_000, 370_000)


def test_a_post_only_order_is_dropped_and_begins_no_call(ranged: Market) -> None:
    ranged.plays(
        """
        sell A 1000 @ 740         | accepted #1; rested #1 1000/1000 @ 740
        buy B 500 @ 740 post-only | accepted #2; cancelled #2 500 @ 740 would_trade
        """
    )

    assert ranged.phase() == Phase.CONTINUOUS


# --- the call ----------------------------------------------------------------------------------------


@pytest.fixture
def volatile(ranged: Market) -> Market:
    """A volatility call with #1, a sell of 1000 kg at 740, and #2, a buy of 1500 kg at 745."""
    ranged.plays(
        """
        sell A 1000 @ 740 | accepted #1; rested #1 1000/1000 @ 740
        buy B 1500 @ 745  | accepted #2; phased volatility by #2 @ 740; rested #2 1500/1500 @ 745
        """
    )
    return ranged


def test_it_is_a_call_like_others(volatile: Market) -> None:
    assert volatile.engine.indicative(1) == (745, 1_000, 500)
    volatile.plays(
        """
        sell C 1000 @ 730 ioc  | rejected bad_order_type
        sell C 1000 @ 730      | accepted #3; rested #3 1000/1000 @ 730
        phase 1 continuous     | rejected crossed_book
        replace A #1 900 @ 740 | reduced #1 1000 to 900/900 @ 740 by_owner
        cancel B #2            | cancelled #2 1500 @ 745 by_owner
        phase 1 continuous     | applied
        """
    )


def test_its_price_is_the_new_middle_of_the_range(volatile: Market) -> None:
    volatile.plays(
        """
        uncross 1 continuous | uncrossed 1000 @ 745 surplus 500 to continuous; trade #2 #1 1000 @ 745 in call
        sell A 500 @ 735     | accepted #3; trade #3 #2 500 @ 745
        sell A 500 @ 755     | accepted #4; rested #4 500/500 @ 755
        buy B 500 @ 755      | accepted #5; trade #5 #4 500 @ 755
        buy B 500 @ 734      | accepted #6; rested #6 500/500 @ 734
        sell A 500 @ 734     | accepted #7; phased volatility by #7 @ 734; rested #7 500/500 @ 734
        """
    )

    assert volatile.reference() == 745


def test_its_tie_rule_looks_to_the_price_that_was_left(volatile: Market) -> None:
    volatile.plays(
        """
        sell C 500 @ 740                                  | accepted #3; rested #3 500/500 @ 740
        rules 1 rule nearest_tick reference 720 range 10  | applied
        uncross 1 continuous                              | uncrossed 1500 @ 740 surplus 0 to continuous
                                                          | trade #2 #1 1000 @ 740 in call
                                                          | trade #2 #3 500 @ 740 in call
        """
    )


def test_it_can_end_in_a_halt_or_the_close(volatile: Market) -> None:
    volatile.plays(
        """
        phase 1 halted   | applied
        phase 1 call     | applied
        uncross 1 closed | uncrossed 1000 @ 745 surplus 500 to closed
                         | trade #2 #1 1000 @ 745 in call
                         | cancelled #2 500 @ 745 session_end
        """
    )


def test_only_the_product_in_question_is_in_a_call(volatile: Market) -> None:
    volatile.plays(
        """
        product 2 600..800 step 100 min 100 | applied
        phase 2 continuous                  | applied
        goods A 1000 2                      | applied
        sell A 1000 @ 740 2                 | accepted #3; rested #3 1000/1000 @ 740
        buy C 1000 @ 740 2                  | accepted #4; trade #4 #3 1000 @ 740
        """
    )
