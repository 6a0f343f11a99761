"""Orders of one party do not trade with each other as they come: three modes, accounts and groups.

The mode is the incoming order's: drop it (newest), cancel the resting one (oldest), or take the smaller
quantity from both (decrement).
"""

from tests.matching.market import Market

PLENTY = 1_000_000_000

OWN_BETWEEN_OTHERS = """
    sell B 1000 @ 710 | accepted #1; rested #1 1000/1000 @ 710
    sell A 1000 @ 720 | accepted #2; rested #2 1000/1000 @ 720
    sell C 1000 @ 730 | accepted #3; rested #3 1000/1000 @ 730
"""
"""What A meets: B's offer, its own, C's."""


# --- three modes -------------------------------------------------------------------------------------


def test_cancel_newest_drops_what_is_left_of_the_incoming_order(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3000 @ 730 newest | accepted #4; trade #4 #1 1000 @ 710; cancelled #4 2000 @ 730 self_trade
        """
    )

    assert market.book() == ["ask 730 1000 (1)", "ask 720 1000 (1)"]


def test_cancel_newest_is_what_happens_if_nothing_is_said(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3000 @ 730 | accepted #4; trade #4 #1 1000 @ 710; cancelled #4 2000 @ 730 self_trade
        """
    )


def test_cancel_oldest_takes_the_resting_order_away_and_goes_on(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3000 @ 730 oldest | accepted #4
                                | trade #4 #1 1000 @ 710
                                | cancelled #2 1000 @ 720 self_trade
                                | trade #4 #3 1000 @ 730
                                | rested #4 1000/3000 @ 730
        """
    )

    assert market.book() == ["bid 730 1000 (1)"]
    assert market.goods("A") == (1_000_000, 0)


def test_decrement_of_a_larger_incoming_order(market: Market) -> None:
    """The resting order is gone, the incoming one is smaller by as much and goes on."""
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3500 @ 730 decrement | accepted #4
                                   | trade #4 #1 1000 @ 710
                                   | cancelled #2 1000 @ 720 self_trade
                                   | reduced #4 2500 to 1500/2500 @ 730 self_trade
                                   | trade #4 #3 1000 @ 730
                                   | rested #4 500/2500 @ 730
        """
    )

    assert market.funds("A") == (PLENTY - 710_000 - 730_000 - 365_000, 365_000)
    assert market.goods("A") == (1_000_000, 0)


def test_decrement_of_a_smaller_incoming_order(market: Market) -> None:
    """The incoming order is gone, the resting one is smaller by as much and keeps its place."""
    market.plays(
        """
        sell A 2000 @ 720          | accepted #1; rested #1 2000/2000 @ 720
        sell B 1000 @ 720          | accepted #2; rested #2 1000/1000 @ 720
        buy C 500 @ 720            | accepted #3; trade #3 #1 500 @ 720
        buy A 600 @ 730 decrement  | accepted #4
                                   | reduced #1 1500 to 900/1400 @ 720 self_trade
                                   | cancelled #4 600 @ 730 self_trade
        buy C 1000 @ 720           | accepted #5; trade #5 #1 900 @ 720; trade #5 #2 100 @ 720
        """
    )

    assert market.funds("A") == (PLENTY + 1_400 * 720, 0)
    assert market.goods("A") == (1_000_000 - 1_400, 0)


def test_decrement_of_equal_orders_leaves_neither(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720            | accepted #1; rested #1 1000/1000 @ 720
        sell A 1000 @ 720 decrement | accepted #2
                                    | cancelled #1 1000 @ 720 self_trade
                                    | cancelled #2 1000 @ 720 self_trade
        """
    )

    assert market.book() == []
    assert (market.funds("A"), market.goods("A")) == ((PLENTY, 0), (1_000_000, 0))


def test_decrement_goes_through_several_orders(market: Market) -> None:
    market.plays(
        """
        buy A 500 @ 740             | accepted #1; rested #1 500/500 @ 740
        buy A 600 @ 730             | accepted #2; rested #2 600/600 @ 730
        buy A 2000 @ 720            | accepted #3; rested #3 2000/2000 @ 720
        sell A 1500 @ 700 decrement | accepted #4
                                    | cancelled #1 500 @ 740 self_trade
                                    | reduced #4 1500 to 1000/1000 @ 700 self_trade
                                    | cancelled #2 600 @ 730 self_trade
                                    | reduced #4 1000 to 400/400 @ 700 self_trade
                                    | reduced #3 2000 to 1600/1600 @ 720 self_trade
                                    | cancelled #4 400 @ 700 self_trade
        """
    )

    assert market.funds("A") == (PLENTY - 1_600 * 720, 1_600 * 720)


def test_a_decremented_order_may_be_below_the_minimum_and_off_the_step(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720                    | accepted #1; rested #1 1000/1000 @ 720
        product 1 600..800 step 1 min 1      | applied
        buy A 933 @ 720 decrement            | accepted #2
                                             | reduced #1 1000 to 67/67 @ 720 self_trade
                                             | cancelled #2 933 @ 720 self_trade
        product 1 600..800 step 100 min 500  | applied
        buy B 500 @ 720                      | accepted #3; trade #3 #1 67 @ 720; rested #3 433/500 @ 720
        """
    )


def test_a_decrement_gives_the_fee_back_with_the_hold(market: Market) -> None:
    market.plays(
        """
        account A fees 100 0 0      | applied
        buy A 2000 @ 700            | accepted #1; rested #1 2000/2000 @ 700
        sell A 500 @ 700 decrement  | accepted #2
                                    | reduced #1 2000 to 1500/1500 @ 700 self_trade
                                    | cancelled #2 500 @ 700 self_trade
        """
    )

    assert market.funds("A") == (PLENTY - 1_060_500, 1_060_500)
    assert market.goods("A") == (1_000_000, 0)


# --- groups ------------------------------------------------------------------------------------------


def test_accounts_of_one_group_do_not_trade_with_each_other(market: Market) -> None:
    market.plays(
        """
        account B fees 0 0 0 group A | applied
        sell B 1000 @ 710            | accepted #1; rested #1 1000/1000 @ 710
        buy A 1000 @ 710             | accepted #2; cancelled #2 1000 @ 710 self_trade
        buy A 400 @ 710              | rejected bad_quantity
        buy A 600 @ 710 decrement    | accepted #3
                                     | reduced #1 1000 to 400/400 @ 710 self_trade
                                     | cancelled #3 600 @ 710 self_trade
        buy A 1000 @ 710 oldest      | accepted #4
                                     | cancelled #1 400 @ 710 self_trade
                                     | rested #4 1000/1000 @ 710
        """
    )

    assert market.goods("B") == (1_000_000, 0)


def test_a_group_need_not_be_the_number_of_one_of_its_accounts(market: Market) -> None:
    market.plays(
        """
        account A fees 0 0 0 group Z | applied
        account B fees 0 0 0 group Z | applied
        sell B 1000 @ 710            | accepted #1; rested #1 1000/1000 @ 710
        buy A 1000 @ 710             | accepted #2; cancelled #2 1000 @ 710 self_trade
        buy C 1000 @ 710             | accepted #3; trade #3 #1 1000 @ 710
        """
    )


def test_what_counts_is_the_group_of_the_moment(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 710            | accepted #1; rested #1 1000/1000 @ 710
        account B fees 0 0 0 group A | applied
        buy B 500 @ 710              | accepted #2; cancelled #2 500 @ 710 self_trade
        account A fees 0 0 0 group C | applied
        buy B 500 @ 710              | accepted #3; trade #3 #1 500 @ 710
        buy C 500 @ 710              | accepted #4; cancelled #4 500 @ 710 self_trade
        account A fees 0 0 0         | applied
        buy C 500 @ 710              | accepted #5; trade #5 #1 500 @ 710
        """
    )


def test_an_account_tells_its_group(market: Market) -> None:
    market.plays("account B fees 0 0 0 group C | applied")
    groups = [account.group for account in map(market.engine.account, (1, 2, 3)) if account]

    assert groups == [1, 3, 3]


# --- with other terms --------------------------------------------------------------------------------


def test_fill_or_kill_counts_only_what_would_trade(market: Market) -> None:
    """Behind an own order nothing counts, unless that one would be cancelled to make way."""
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 1500 @ 730 fok newest    | accepted #4; cancelled #4 1500 @ 730 fok_unfilled
        buy A 1500 @ 730 fok decrement | accepted #5; cancelled #5 1500 @ 730 fok_unfilled
        buy A 2500 @ 730 fok oldest    | accepted #6; cancelled #6 2500 @ 730 fok_unfilled
        """
    )
    assert market.book() == ["ask 730 1000 (1)", "ask 720 1000 (1)", "ask 710 1000 (1)"]

    market.plays(
        """
        buy A 2000 @ 730 fok oldest | accepted #7
                                    | trade #7 #1 1000 @ 710
                                    | cancelled #2 1000 @ 720 self_trade
                                    | trade #7 #3 1000 @ 730
        """
    )


def test_fill_or_kill_that_ends_before_an_own_order_trades(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 1000 @ 730 fok newest | accepted #4; trade #4 #1 1000 @ 710
        """
    )


def test_a_minimum_counts_only_what_would_trade(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3000 @ 730 min 1001           | accepted #4; cancelled #4 3000 @ 730 minimum_unfilled
        buy A 3000 @ 730 min 1001 decrement | accepted #5; cancelled #5 3000 @ 730 minimum_unfilled
        buy A 3000 @ 730 min 2001 oldest    | accepted #6; cancelled #6 3000 @ 730 minimum_unfilled
        buy A 3000 @ 730 min 1000 decrement | accepted #7
                                            | trade #7 #1 1000 @ 710
                                            | cancelled #2 1000 @ 720 self_trade
                                            | reduced #7 2000 to 1000/2000 @ 730 self_trade
                                            | trade #7 #3 1000 @ 730
        """
    )


def test_a_minimum_reached_before_an_own_order_does_not_shield_from_it(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3000 @ 730 min 1000 | accepted #4; trade #4 #1 1000 @ 710; cancelled #4 2000 @ 730 self_trade
        """
    )


def test_immediate_or_cancel_beside_own_orders(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 3500 @ 730 ioc decrement | accepted #4
                                       | trade #4 #1 1000 @ 710
                                       | cancelled #2 1000 @ 720 self_trade
                                       | reduced #4 2500 to 1500/2500 @ 730 self_trade
                                       | trade #4 #3 1000 @ 730
                                       | cancelled #4 500 @ 730 ioc_rest
        """
    )


def test_a_market_to_limit_order_may_find_an_own_order_best(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 710           | accepted #1; rested #1 1000/1000 @ 710
        sell B 1000 @ 710           | accepted #2; rested #2 1000/1000 @ 710
        buy A 1500 @ 800 mtl oldest | accepted #3
                                    | cancelled #1 1000 @ 710 self_trade
                                    | trade #3 #2 1000 @ 710
                                    | rested #3 500/1500 @ 710
        """
    )


# --- by a replace ------------------------------------------------------------------------------------


def test_a_replaced_order_meets_own_orders_by_its_new_mode(market: Market) -> None:
    market.plays(
        f"""
        {OWN_BETWEEN_OTHERS}
        buy A 1000 @ 700 oldest           | accepted #4; rested #4 1000/1000 @ 700
        replace A #4 2000 @ 720           | replaced #4 1000 @ 700 by 2000 @ 720
                                          | trade #4 #1 1000 @ 710
                                          | cancelled #4 1000 @ 720 self_trade
        buy A 1000 @ 700                  | accepted #5; rested #5 1000/1000 @ 700
        replace A #5 1500 @ 730 decrement | replaced #5 1000 @ 700 by 1500 @ 730
                                          | cancelled #2 1000 @ 720 self_trade
                                          | reduced #5 1500 to 500/500 @ 730 self_trade
                                          | trade #5 #3 500 @ 730
        """
    )


def test_a_partly_filled_order_is_decremented_by_its_open_part(market: Market) -> None:
    market.plays(
        """
        sell B 500 @ 700                  | accepted #1; rested #1 500/500 @ 700
        sell A 800 @ 720                  | accepted #2; rested #2 800/800 @ 720
        buy A 2000 @ 710                  | accepted #3; trade #3 #1 500 @ 700; rested #3 1500/2000 @ 710
        replace A #3 2000 @ 720 decrement | replaced #3 1500 @ 710 by 2000 @ 720
                                          | cancelled #2 800 @ 720 self_trade
                                          | reduced #3 1500 to 700/1200 @ 720 self_trade
                                          | rested #3 700/1200 @ 720
        """
    )


# --- in a call ---------------------------------------------------------------------------------------


def test_in_a_call_one_party_may_trade_with_itself(market: Market) -> None:
    """There is one price for all, and it does not depend on who meets whom."""
    market.plays(
        """
        account A fees 20 10 200 | applied
        phase 1 call             | applied
        buy A 1000 @ 720 oldest  | accepted #1; rested #1 1000/1000 @ 720
        sell A 1000 @ 720        | accepted #2; rested #2 1000/1000 @ 720
        uncross 1 continuous     | uncrossed 1000 @ 720 surplus 0 to continuous
                                 | trade #1 #2 1000 @ 720 in call
        """
    )

    assert market.funds("A") == (PLENTY - 1_440 - 720 - 14_400, 0)
    assert market.goods("A") == (999_000, 0)
