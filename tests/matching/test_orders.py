"""Placing and cancelling: price before time, partial fills, immediate-or-cancel, self-trade prevention."""

from tests.matching.market import Market


def test_an_order_rests_when_nothing_meets_it(market: Market) -> None:
    market.plays("sell A 2000 @ 720 | accepted #1; rested #1 2000/2000 @ 720")

    assert market.book() == ["ask 720 2000 (1)"]


def test_a_better_price_trades_first(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730 | accepted #1; rested #1 1000/1000 @ 730
        sell A 1000 @ 720 | accepted #2; rested #2 1000/1000 @ 720
        sell A 1000 @ 740 | accepted #3; rested #3 1000/1000 @ 740
        buy B 2500 @ 735  | accepted #4
                          | trade #4 #2 1000 @ 720
                          | trade #4 #1 1000 @ 730
                          | rested #4 500/2500 @ 735
        """
    )

    assert market.book() == ["ask 740 1000 (1)", "bid 735 500 (1)"]


def test_an_earlier_order_trades_first(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720  | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720  | accepted #2; rested #2 1000/1000 @ 720
        sell C 1500 @ 700 | accepted #3; trade #3 #1 1000 @ 720; trade #3 #2 500 @ 720
        """
    )

    assert market.book() == ["bid 720 500 (1)"]


def test_a_partial_fill_keeps_its_place(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720  | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720  | accepted #2; rested #2 1000/1000 @ 720
        sell C 500 @ 720  | accepted #3; trade #3 #1 500 @ 720
        sell C 1000 @ 720 | accepted #4; trade #4 #1 500 @ 720; trade #4 #2 500 @ 720
        """
    )


def test_an_order_trades_at_the_resting_price(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 750  | accepted #1; rested #1 1000/1000 @ 750
        sell B 1000 @ 600 | accepted #2; trade #2 #1 1000 @ 750
        """
    )

    assert market.funds("B") == (1_000_000_000 + 750_000, 0)


def test_prices_that_only_touch_do_trade_and_a_tick_apart_do_not(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 719  | accepted #2; rested #2 1000/1000 @ 719
        buy C 1000 @ 720  | accepted #3; trade #3 #1 1000 @ 720
        """
    )

    assert market.book() == ["bid 719 1000 (1)"]


def test_immediate_or_cancel_trades_what_it_can_and_never_rests(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720    | accepted #1; rested #1 1000/1000 @ 720
        buy B 1500 @ 720 ioc | accepted #2; trade #2 #1 1000 @ 720; cancelled #2 500 @ 720 ioc_rest
        buy B 1500 @ 720 ioc | accepted #3; cancelled #3 1500 @ 720 ioc_rest
        """
    )

    assert market.book() == []
    assert market.funds("B") == (1_000_000_000 - 720_000, 0)


def test_an_immediate_or_cancel_order_that_trades_fully_leaves_no_rest(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720    | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720 ioc | accepted #2; trade #2 #1 1000 @ 720
        """
    )


def test_an_account_never_trades_with_itself(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 710 | accepted #1; rested #1 1000/1000 @ 710
        sell B 1000 @ 720 | accepted #2; rested #2 1000/1000 @ 720
        buy B 3000 @ 730  | accepted #3; trade #3 #1 1000 @ 710; cancelled #3 2000 @ 730 self_trade
        """
    )

    assert market.book() == ["ask 720 1000 (1)"]
    assert market.funds("B") == (1_000_000_000 - 710_000, 0)


def test_own_orders_out_of_reach_do_not_matter(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730 | accepted #1; rested #1 1000/1000 @ 730
        buy A 1000 @ 729  | accepted #2; rested #2 1000/1000 @ 729
        """
    )


def test_a_cancelled_order_leaves_the_middle_of_its_level(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720  | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720  | accepted #2; rested #2 1000/1000 @ 720
        buy A 1000 @ 720  | accepted #3; rested #3 1000/1000 @ 720
        cancel B #2       | cancelled #2 1000 @ 720 by_owner
        sell C 2000 @ 720 | accepted #4; trade #4 #1 1000 @ 720; trade #4 #3 1000 @ 720
        """
    )


def test_a_cancelled_order_is_unknown_afterwards(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720
        cancel A #1      | cancelled #1 1000 @ 720 by_owner
        cancel A #1      | rejected unknown_order
        """
    )


def test_all_orders_of_an_account_can_be_cancelled_at_once(market: Market) -> None:
    market.plays(
        """
        product 2 600..800 step 100 min 100 | applied
        phase 2 continuous   | applied
        buy A 1000 @ 700     | accepted #1; rested #1 1000/1000 @ 700
        buy A 1000 @ 700 2   | accepted #2; rested #2 1000/1000 @ 700
        buy B 1000 @ 700     | accepted #3; rested #3 1000/1000 @ 700
        buy A 2000 @ 710     | accepted #4; rested #4 2000/2000 @ 710
        sell A 900 @ 790     | accepted #5; rested #5 900/900 @ 790
        cancel-all A 2       | applied; cancelled #2 1000 @ 700 by_owner
        cancel-all A         | applied
                             | cancelled #1 1000 @ 700 by_owner
                             | cancelled #4 2000 @ 710 by_owner
                             | cancelled #5 900 @ 790 by_owner
        cancel-all A         | applied
        """
    )

    assert market.book() == ["bid 700 1000 (1)"]


def test_order_numbers_are_dense_over_accepted_orders(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720  | accepted #1; rested #1 1000/1000 @ 720
        buy A 1000 @ 900  | rejected price_band
        sell B 1000 @ 720 | accepted #2; trade #2 #1 1000 @ 720
        sell B 1000 @ 720 | accepted #3; rested #3 1000/1000 @ 720
        """
    )

    assert (market.engine.last_order_id, market.engine.last_trade_id) == (3, 1)


def test_prices_far_apart_in_a_wide_band_find_each_other(market: Market) -> None:
    """The best price must be found across the whole ladder, over every level of its bitmap."""
    market.plays(
        """
        product 1 1..1000000 step 1 min 1 | applied
        funds B 999000000000000 | applied
        """
    )
    prices = [1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 262_143, 262_144, 262_145, 524_288, 999_999, 1_000_000]
    for number, price in enumerate(reversed(prices), 1):
        market.plays(f"sell A 10 @ {price} | accepted #{number}; rested #{number} 10/10 @ {price}")
    sold = "; ".join(f"trade #15 #{14 - at} 10 @ {price}" for at, price in enumerate(prices))
    market.plays(f"buy B 140 @ 1000000 | accepted #15; {sold}")

    for number, price in enumerate(prices, 16):
        market.plays(f"buy B 10 @ {price} | accepted #{number}; rested #{number} 10/10 @ {price}")
    bought = "; ".join(f"trade #30 #{29 - at} 10 @ {price}" for at, price in enumerate(reversed(prices)))
    market.plays(f"sell A 140 @ 1 | accepted #30; {bought}")

    assert market.book() == []
