"""Calls: orders are collected, then one price is found at which the most can trade.

Which price: ``test_call_prices.py``. Here is what a call does to the book, to money and goods, and to the
phase.
"""

import pytest

from matching.types import Phase
from tests.matching.market import Market, parse

PLENTY = 1_000_000_000

CROSSED = """
    buys | price | sells
     500 |  740  |
     600 |  730  |
     700 |  720  |  800
     500 |  710  |  900
         |  700  |  600
"""
"""At 720 the most trades, 1800 kg: #1, #2 and #3 buy, #7 and #6 sell all, #4 only 300 of 800 kg."""

BALANCED = """
    buys | price | sells
    1000 |  730  |
         |  720  | 1000
"""


# --- collecting --------------------------------------------------------------------------------------


def test_in_a_call_orders_rest_and_do_not_trade(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720
        buy B 1500 @ 730  | accepted #2; rested #2 1500/1500 @ 730
        """
    )

    call.shows(
        """
        buys | price | sells
        1500 |  730  |
             |  720  | 1000
        """
    )


def test_orders_from_before_take_part(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720    | accepted #1; rested #1 1000/1000 @ 720
        buy B 500 @ 700      | accepted #2; rested #2 500/500 @ 700
        phase 1 call         | applied
        buy C 600 @ 730      | accepted #3; rested #3 600/600 @ 730
        uncross 1 continuous | uncrossed 600 @ 720 surplus -400 to continuous; trade #3 #1 600 @ 720 in call
        """
    )

    assert market.book() == ["ask 720 400 (1)", "bid 700 500 (1)"]


def test_orders_can_be_changed_and_cancelled_in_a_call(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720       | accepted #1; rested #1 1000/1000 @ 720
        buy B 1500 @ 730        | accepted #2; rested #2 1500/1500 @ 730
        buy C 1500 @ 730        | accepted #3; rested #3 1500/1500 @ 730
        replace B #2 1000 @ 730 | reduced #2 1500 to 1000/1000 @ 730 by_owner
        replace C #3 1500 @ 700 | replaced #3 1500 @ 730 by 1500 @ 700; rested #3 1500/1500 @ 700
        replace A #1 1000 @ 690 | replaced #1 1000 @ 720 by 1000 @ 690; rested #1 1000/1000 @ 690
        cancel B #2             | cancelled #2 1000 @ 730 by_owner
        cancel-all A            | applied; cancelled #1 1000 @ 690 by_owner
        """
    )


@pytest.mark.parametrize("terms", ["ioc", "fok", "post-only", "mtl", "min 500", "gtd 100 post-only"])
def test_a_call_takes_no_order_that_asks_for_more_than_to_wait(call: Market, terms: str) -> None:
    call.plays(f"buy A 1000 @ 720 {terms} | rejected bad_order_type")


@pytest.mark.parametrize("terms", ["", "gtd 100", "newest", "oldest", "decrement", "gtd 1 decrement"])
def test_a_call_takes_orders_that_wait(call: Market, terms: str) -> None:
    call.plays(f"buy A 1000 @ 720 {terms} | accepted #1; rested #1 1000/1000 @ 720")


def test_continuous_trading_cannot_begin_over_a_crossed_book(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720    | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720     | accepted #2; rested #2 1000/1000 @ 720
        phase 1 continuous   | rejected crossed_book
        phase 1 halted       | applied
        phase 1 continuous   | rejected crossed_book
        uncross 1 continuous | rejected not_in_call
        phase 1 call         | applied
        uncross 1 continuous | uncrossed 1000 @ 720 surplus 0 to continuous; trade #2 #1 1000 @ 720 in call
        """
    )


def test_a_call_in_which_nothing_crosses_may_just_end(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720  | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 719   | accepted #2; rested #2 1000/1000 @ 719
        phase 1 continuous | applied
        buy C 1000 @ 720   | accepted #3; trade #3 #1 1000 @ 720
        """
    )


def test_a_crossed_book_may_stay_over_a_close(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720 gtd 101 | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 730 gtd 101  | accepted #2; rested #2 1000/1000 @ 730
        buy B 1000 @ 740          | accepted #3; rested #3 1000/1000 @ 740
        phase 1 closed day 100    | applied; cancelled #3 1000 @ 740 session_end
        phase 1 continuous        | rejected crossed_book
        phase 1 call              | applied
        uncross 1 continuous      | uncrossed 1000 @ 725 surplus 0 to continuous
                                  | trade #2 #1 1000 @ 725 in call
        """
    )


# --- where it would end ------------------------------------------------------------------------------


def test_the_indicative_price_follows_the_book(call: Market) -> None:
    def told() -> tuple[int, int, int] | None:
        return call.engine.indicative(1)

    assert told() is None
    call.plays("sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720")
    assert told() is None
    call.plays("buy B 1500 @ 730 | accepted #2; rested #2 1500/1500 @ 730")
    assert told() == (730, 1_000, 500)
    call.plays("sell C 2000 @ 710 | accepted #3; rested #3 2000/2000 @ 710")
    assert told() == (710, 1_500, -500)
    call.plays("cancel B #2 | cancelled #2 1500 @ 730 by_owner")
    assert told() is None


def test_there_is_an_indicative_price_in_calls_only(call: Market) -> None:
    call.takes(CROSSED)
    assert call.engine.indicative(1) == (720, 1_800, -500)
    assert call.engine.indicative(2) is None

    call.plays("phase 1 halted | applied")
    assert call.engine.indicative(1) is None


def test_the_indicative_price_is_found_by_the_reference_price_of_the_product(call: Market) -> None:
    call.takes(
        """
        buys | price | sells
        1000 |  730  |
             |  720  | 1000
        """
    )
    call.plays("rules 1 rule nearest_tick reference 728 | applied")

    assert call.engine.indicative(1) == (728, 1_000, 0)


# --- the price ---------------------------------------------------------------------------------------


def test_the_price_is_where_the_most_trades(call: Market) -> None:
    call.takes(CROSSED)

    call.plays(
        """
        uncross 1 continuous | uncrossed 1800 @ 720 surplus -500 to continuous
                             | trade #1 #7 500 @ 720 in call
                             | trade #2 #7 100 @ 720 in call
                             | trade #2 #6 500 @ 720 in call
                             | trade #3 #6 400 @ 720 in call
                             | trade #3 #4 300 @ 720 in call
        """
    )
    call.shows(
        """
        buys | price | sells
             |  720  |  500
         500 |  710  |
        """
    )


# --- who trades --------------------------------------------------------------------------------------


def test_at_the_price_the_earlier_order_trades_first(call: Market) -> None:
    call.plays(
        """
        sell A 1000 @ 720    | accepted #1; rested #1 1000/1000 @ 720
        sell B 1000 @ 720    | accepted #2; rested #2 1000/1000 @ 720
        sell C 1000 @ 720    | accepted #3; rested #3 1000/1000 @ 720
        buy C 1500 @ 720     | accepted #4; rested #4 1500/1500 @ 720
        uncross 1 continuous | uncrossed 1500 @ 720 surplus -1500 to continuous
                             | trade #4 #1 1000 @ 720 in call
                             | trade #4 #2 500 @ 720 in call
        buy A 700 @ 720      | accepted #5; trade #5 #2 500 @ 720; trade #5 #3 200 @ 720
        """
    )


def test_a_better_limit_trades_before_an_earlier_order(call: Market) -> None:
    call.plays(
        """
        buy A 1000 @ 720     | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 740     | accepted #2; rested #2 1000/1000 @ 740
        sell C 1500 @ 720    | accepted #3; rested #3 1500/1500 @ 720
        uncross 1 continuous | uncrossed 1500 @ 720 surplus 500 to continuous
                             | trade #2 #3 1000 @ 720 in call
                             | trade #1 #3 500 @ 720 in call
        """
    )

    assert call.book() == ["bid 720 500 (1)"]


def test_what_is_left_goes_on_in_continuous_trading(call: Market) -> None:
    call.takes(CROSSED)
    call.send(parse("uncross 1 continuous"))

    call.plays(
        """
        buy C 600 @ 720  | accepted #8; trade #8 #4 500 @ 720; rested #8 100/600 @ 720
        sell C 500 @ 710 | accepted #9; cancelled #9 500 @ 710 self_trade
        sell B 500 @ 710 | accepted #10; trade #10 #8 100 @ 720; trade #10 #5 400 @ 710
        """
    )


def test_everybody_pays_the_price_of_the_call_and_gets_the_rest_of_the_hold_back(call: Market) -> None:
    call.plays(
        """
        account A fees 20 0 0    | applied
        account B fees 0 10 200  | applied
        buy A 2000 @ 740         | accepted #1; rested #1 2000/2000 @ 740
        sell B 1000 @ 700        | accepted #2; rested #2 1000/1000 @ 700
        sell C 500 @ 710         | accepted #3; rested #3 500/500 @ 710
        """
    )
    assert call.funds("A") == (PLENTY - 1_482_960, 1_482_960)

    call.plays(
        """
        uncross 1 halted reference 720 | uncrossed 1500 @ 740 surplus 500 to halted
                                       | trade #1 #2 1000 @ 740 in call
                                       | trade #1 #3 500 @ 740 in call
        """
    )
    assert call.funds("A") == (PLENTY - 741_480 - 370_740 - 370_740, 370_740)
    assert call.funds("B") == (PLENTY + 740_000 - 740 - 14_800, 0)
    assert call.funds("C") == (PLENTY + 370_000, 0)
    assert call.goods("B") == (999_000, 0)


def test_orders_of_one_party_trade_with_each_other_in_a_call(call: Market) -> None:
    call.plays(
        """
        account B fees 0 0 0 group A | applied
        sell A 500 @ 720             | accepted #1; rested #1 500/500 @ 720
        sell B 500 @ 720             | accepted #2; rested #2 500/500 @ 720
        buy A 1000 @ 720             | accepted #3; rested #3 1000/1000 @ 720
        uncross 1 continuous         | uncrossed 1000 @ 720 surplus 0 to continuous
                                     | trade #3 #1 500 @ 720 in call
                                     | trade #3 #2 500 @ 720 in call
        """
    )


def test_a_call_pays_no_heed_to_the_volatility_range(call: Market) -> None:
    call.plays("rules 1 reference 650 range 10 | applied")
    call.takes(BALANCED)

    call.plays(
        """
        uncross 1 continuous | uncrossed 1000 @ 725 surplus 0 to continuous; trade #1 #2 1000 @ 725 in call
        """
    )


def test_trade_numbers_go_on(call: Market) -> None:
    call.takes(CROSSED)
    call.send(parse("uncross 1 continuous"))

    assert call.engine.last_trade_id == 5


# --- what follows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED])
def test_a_call_leads_to_the_phase_it_is_told(call: Market, phase: Phase) -> None:
    call.send(parse(f"uncross 1 {phase.name}"))

    assert call.phase() == phase


def test_a_call_that_ends_the_day_closes_after_its_trades(call: Market) -> None:
    call.plays(
        """
        buy A 1000 @ 720 gtd 100    | accepted #1; rested #1 1000/1000 @ 720
        buy A 1000 @ 710 gtd 101    | accepted #2; rested #2 1000/1000 @ 710
        buy B 1000 @ 700 gtd 102    | accepted #3; rested #3 1000/1000 @ 700
        sell C 500 @ 720            | accepted #4; rested #4 500/500 @ 720
        sell C 500 @ 730            | accepted #5; rested #5 500/500 @ 730
        uncross 1 closed day 101    | uncrossed 500 @ 720 surplus 500 to closed
                                    | trade #1 #4 500 @ 720 in call
                                    | cancelled #1 500 @ 720 expired
                                    | cancelled #2 1000 @ 710 expired
                                    | cancelled #5 500 @ 730 session_end
        """
    )

    assert call.book() == ["bid 700 1000 (1)"]
    assert (call.phase(), call.reference()) == (Phase.CLOSED, 720)


def test_a_call_that_ends_the_session_without_a_day_leaves_nothing(call: Market) -> None:
    call.plays(
        """
        buy A 1000 @ 720 gtd 100 | accepted #1; rested #1 1000/1000 @ 720
        uncross 1 closed         | uncrossed nothing to closed; cancelled #1 1000 @ 720 session_end
        """
    )


def test_the_price_of_a_call_becomes_the_reference_price(call: Market) -> None:
    call.plays("rules 1 reference 650 | applied")
    call.takes(BALANCED)
    call.send(parse("uncross 1 continuous"))

    assert call.reference() == 725


def test_a_call_without_a_price_keeps_the_reference_price(call: Market) -> None:
    call.plays(
        """
        rules 1 reference 650              | applied
        uncross 1 continuous reference 700 | uncrossed nothing to continuous
        """
    )

    assert call.reference() == 650


def test_a_call_can_follow_a_call(call: Market) -> None:
    call.takes(BALANCED)
    call.plays(
        """
        phase 1 call         | applied
        uncross 1 halted     | uncrossed 1000 @ 725 surplus 0 to halted; trade #1 #2 1000 @ 725 in call
        uncross 1 halted     | rejected not_in_call
        phase 1 call         | applied
        uncross 1 continuous | uncrossed nothing to continuous
        """
    )


def test_other_products_are_not_touched(call: Market) -> None:
    call.plays(
        """
        product 2 600..800 step 100 min 100 | applied
        phase 2 call                        | applied
        buy A 1000 @ 730 2                  | accepted #1; rested #1 1000/1000 @ 730
        goods B 1000 2                      | applied
        sell B 1000 @ 720 2                 | accepted #2; rested #2 1000/1000 @ 720
        uncross 1 continuous                | uncrossed nothing to continuous
        uncross 2 halted                    | uncrossed 1000 @ 725 surplus 0 to halted
                                            | trade #1 #2 1000 @ 725 in call
        """
    )

    assert (call.phase(1), call.phase(2)) == (Phase.CONTINUOUS, Phase.HALTED)
