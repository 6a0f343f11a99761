"""What an order may ask for besides its price: all or nothing, a part at once, only to wait, the best price
there is, some days of life.

Each is decided when the order comes in and then forgotten; only the last day of a GTD order stays with it.
"""

from tests.matching.market import Market

PLENTY = 1_000_000_000

TWO_SELLERS = """
    sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720
    sell B 1000 @ 730 | accepted #2; rested #2 1000/1000 @ 730
"""


# --- fill or kill ------------------------------------------------------------------------------------


def test_fill_or_kill_trades_all_of_it_through_several_levels(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1500 @ 730 fok | accepted #3; trade #3 #1 1000 @ 720; trade #3 #2 500 @ 730
        """
    )

    assert market.book() == ["ask 730 500 (1)"]


def test_fill_or_kill_trades_nothing_if_a_kilogram_is_missing(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 2100 @ 730 fok | accepted #3; cancelled #3 2100 @ 730 fok_unfilled
        buy C 1100 @ 729 fok | accepted #4; cancelled #4 1100 @ 729 fok_unfilled
        buy C 2000 @ 730 fok | accepted #5; trade #5 #1 1000 @ 720; trade #5 #2 1000 @ 730
        """
    )

    assert market.funds("C") == (PLENTY - 720_000 - 730_000, 0)


def test_fill_or_kill_with_an_empty_book(market: Market) -> None:
    market.plays("sell A 500 @ 600 fok | accepted #1; cancelled #1 500 @ 600 fok_unfilled")

    assert market.goods("A") == (1_000_000, 0)


def test_fill_or_kill_sells_too(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 730      | accepted #1; rested #1 1000/1000 @ 730
        buy B 1000 @ 720      | accepted #2; rested #2 1000/1000 @ 720
        sell C 2000 @ 721 fok | accepted #3; cancelled #3 2000 @ 721 fok_unfilled
        sell C 2000 @ 720 fok | accepted #4; trade #4 #1 1000 @ 730; trade #4 #2 1000 @ 720
        """
    )


# --- a quantity that must trade at once --------------------------------------------------------------


def test_an_order_with_a_minimum_rests_after_it(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 3000 @ 730 min 2000 | accepted #3
                                  | trade #3 #1 1000 @ 720
                                  | trade #3 #2 1000 @ 730
                                  | rested #3 1000/3000 @ 730
        """
    )


def test_less_than_the_minimum_is_nothing(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 3000 @ 730 min 2001 | accepted #3; cancelled #3 3000 @ 730 minimum_unfilled
        buy C 3000 @ 729 min 1001 | accepted #4; cancelled #4 3000 @ 729 minimum_unfilled
        """
    )

    assert market.book() == ["ask 730 1000 (1)", "ask 720 1000 (1)"]
    assert market.funds("C") == (PLENTY, 0)


def test_a_minimum_may_be_all_of_it_and_off_the_step(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1000 @ 720 min 1000 | accepted #3; trade #3 #1 1000 @ 720
        buy C 1000 @ 730 min 1    | accepted #4; trade #4 #2 1000 @ 730
        """
    )


def test_a_minimum_is_forgotten_once_the_order_rests(market: Market) -> None:
    market.plays(
        """
        sell A 500 @ 720         | accepted #1; rested #1 500/500 @ 720
        buy B 2000 @ 720 min 500 | accepted #2; trade #2 #1 500 @ 720; rested #2 1500/2000 @ 720
        replace B #2 3000 @ 725  | replaced #2 1500 @ 720 by 3000 @ 725; rested #2 2500/3000 @ 725
        """
    )


def test_immediate_or_cancel_with_a_minimum(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 3000 @ 720 ioc min 1001 | accepted #3; cancelled #3 3000 @ 720 minimum_unfilled
        buy C 3000 @ 720 ioc min 1000 | accepted #4; trade #4 #1 1000 @ 720; cancelled #4 2000 @ 720 ioc_rest
        """
    )


# --- post only ---------------------------------------------------------------------------------------


def test_a_post_only_order_rests(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1000 @ 719 post-only  | accepted #3; rested #3 1000/1000 @ 719
        sell C 1000 @ 720 post-only | accepted #4; rested #4 1000/1000 @ 720
        """
    )


def test_a_post_only_order_that_would_trade_is_dropped(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1000 @ 720 post-only  | accepted #3; cancelled #3 1000 @ 720 would_trade
        buy A 1000 @ 720 post-only  | accepted #4; cancelled #4 1000 @ 720 would_trade
        buy C 1000 @ 719            | accepted #5; rested #5 1000/1000 @ 719
        sell A 1000 @ 700 post-only | accepted #6; cancelled #6 1000 @ 700 would_trade
        """
    )

    assert market.funds("C") == (PLENTY - 719_000, 719_000)
    assert market.goods("A") == (999_000, 1_000)


def test_a_post_only_order_is_an_order_like_others_once_it_rests(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720 post-only gtd 100 | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 700                    | accepted #2; rested #2 1000/1000 @ 700
        replace A #1 1000 @ 700             | replaced #1 1000 @ 720 by 1000 @ 700; trade #1 #2 1000 @ 700
        """
    )


# --- market to limit ---------------------------------------------------------------------------------


def test_a_market_to_limit_order_takes_the_best_price_and_rests_there(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1500 @ 800 mtl | accepted #3; trade #3 #1 1000 @ 720; rested #3 500/1500 @ 720
        """
    )

    market.shows(
        """
        buys | price | sells
             |  730  | 1000
         500 |  720  |
        """
    )


def test_a_market_to_limit_sell(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 730      | accepted #1; rested #1 1000/1000 @ 730
        buy B 1000 @ 720      | accepted #2; rested #2 1000/1000 @ 720
        sell C 1500 @ 600 mtl | accepted #3; trade #3 #1 1000 @ 730; rested #3 500/1500 @ 730
        """
    )


def test_a_market_to_limit_order_holds_no_more_than_the_best_price(market: Market) -> None:
    """The funds must cover its worst price all the same."""
    market.plays(
        """
        account C fees 100 0 0 | applied
        sell A 1000 @ 700      | accepted #1; rested #1 1000/1000 @ 700
        buy C 2000 @ 800 mtl   | accepted #2; trade #2 #1 1000 @ 700; rested #2 1000/2000 @ 700
        """
    )
    assert market.funds("C") == (PLENTY - 2 * 707_000, 707_000)

    market.plays(
        """
        funds B -999200001   | applied
        sell A 1000 @ 700    | accepted #3; trade #3 #2 1000 @ 700
        sell A 1000 @ 700    | accepted #4; rested #4 1000/1000 @ 700
        buy B 1000 @ 800 mtl | rejected insufficient_funds
        buy B 1000 @ 799 mtl | accepted #5; trade #5 #4 1000 @ 700
        """
    )


def test_a_market_to_limit_order_is_dropped_if_its_worst_price_is_not_met(market: Market) -> None:
    market.plays(
        """
        buy C 1000 @ 800 mtl  | accepted #1; cancelled #1 1000 @ 800 no_liquidity
        sell A 1000 @ 720     | accepted #2; rested #2 1000/1000 @ 720
        buy C 1000 @ 719 mtl  | accepted #3; cancelled #3 1000 @ 719 no_liquidity
        buy C 1000 @ 720 mtl  | accepted #4; trade #4 #2 1000 @ 720
        buy B 1000 @ 700      | accepted #5; rested #5 1000/1000 @ 700
        sell C 1000 @ 701 mtl | accepted #6; cancelled #6 1000 @ 701 no_liquidity
        """
    )

    assert market.funds("C") == (PLENTY - 720_000, 0)
    assert market.goods("C") == (1_000_000, 0)


def test_a_market_to_limit_order_with_other_terms(market: Market) -> None:
    market.plays(
        f"""
        {TWO_SELLERS}
        buy C 1500 @ 800 mtl min 1001 | accepted #3; cancelled #3 1500 @ 720 minimum_unfilled
        buy C 1500 @ 800 mtl ioc      | accepted #4; trade #4 #1 1000 @ 720; cancelled #4 500 @ 720 ioc_rest
        buy C 1500 @ 800 mtl gtd 9    | accepted #5; trade #5 #2 1000 @ 730; rested #5 500/1500 @ 730
        phase 1 closed day 8          | applied
        """
    )

    assert market.book() == ["bid 730 500 (1)"]


# --- good till date ----------------------------------------------------------------------------------


def test_an_order_lives_until_the_close_of_its_day(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730 gtd 102 | accepted #1; rested #1 1000/1000 @ 730
        sell A 1000 @ 720 gtd 101 | accepted #2; rested #2 1000/1000 @ 720
        buy B 1000 @ 700 gtd 100  | accepted #3; rested #3 1000/1000 @ 700
        buy B 1000 @ 690          | accepted #4; rested #4 1000/1000 @ 690
        buy B 1000 @ 680 gtd 101  | accepted #5; rested #5 1000/1000 @ 680
        phase 1 closed day 100    | applied
                                  | cancelled #3 1000 @ 700 expired
                                  | cancelled #4 1000 @ 690 session_end
        phase 1 closed day 101    | applied
                                  | cancelled #5 1000 @ 680 expired
                                  | cancelled #2 1000 @ 720 expired
        phase 1 continuous        | applied
        buy C 1000 @ 730          | accepted #6; trade #6 #1 1000 @ 730
        """
    )

    assert market.funds("B") == (PLENTY, 0)


def test_a_late_close_ends_orders_of_earlier_days(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700 gtd 1     | accepted #1; rested #1 1000/1000 @ 700
        buy A 1000 @ 690 gtd 65535 | accepted #2; rested #2 1000/1000 @ 690
        phase 1 closed day 65534   | applied; cancelled #1 1000 @ 700 expired
        phase 1 closed day 65535   | applied; cancelled #2 1000 @ 690 expired
        """
    )


def test_a_close_that_names_no_day_ends_every_order(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700 gtd 200  | accepted #1; rested #1 1000/1000 @ 700
        sell B 1000 @ 720         | accepted #2; rested #2 1000/1000 @ 720
        phase 1 closed            | applied
                                  | cancelled #1 1000 @ 700 session_end
                                  | cancelled #2 1000 @ 720 session_end
        """
    )


def test_an_order_for_days_keeps_its_place_and_fills_over_a_close(market: Market) -> None:
    market.plays(
        """
        buy A 1500 @ 700 gtd 101 | accepted #1; rested #1 1500/1500 @ 700
        buy B 1000 @ 700         | accepted #2; rested #2 1000/1000 @ 700
        buy C 1000 @ 700 gtd 101 | accepted #3; rested #3 1000/1000 @ 700
        sell B 500 @ 700         | accepted #4; trade #4 #1 500 @ 700
        phase 1 closed day 100   | applied; cancelled #2 1000 @ 700 session_end
        phase 1 continuous       | applied
        sell B 1500 @ 700        | accepted #5; trade #5 #1 1000 @ 700; trade #5 #3 500 @ 700
        """
    )


def test_a_replaced_order_keeps_its_day(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700 gtd 101 | accepted #1; rested #1 1000/1000 @ 700
        replace A #1 2000 @ 710  | replaced #1 1000 @ 700 by 2000 @ 710; rested #1 2000/2000 @ 710
        replace A #1 1500 @ 710  | reduced #1 2000 to 1500/1500 @ 710 by_owner
        phase 1 closed day 100   | applied
        phase 1 closed day 101   | applied; cancelled #1 1500 @ 710 expired
        """
    )


def test_what_an_order_for_days_holds_stays_on_hold_while_closed(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700 gtd 101  | accepted #1; rested #1 1000/1000 @ 700
        phase 1 closed day 100    | applied
        account A fees 100 0 0    | applied
        buy A 1000 @ 700          | rejected session_closed
        replace A #1 2000 @ 700   | rejected session_closed
        """
    )
    assert market.funds("A") == (PLENTY - 707_000, 707_000)

    market.plays("cancel A #1 | cancelled #1 1000 @ 700 by_owner")
    assert market.funds("A") == (PLENTY, 0)


def test_the_open_orders_tell_their_last_day(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700 gtd 101 | accepted #1; rested #1 1000/1000 @ 700
        buy A 1000 @ 710         | accepted #2; rested #2 1000/1000 @ 710
        """
    )

    assert [(order.order_id, order.expires) for order in market.engine.open_orders(1)] == [(1, 101), (2, 0)]
