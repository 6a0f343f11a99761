"""Replacing: smaller keeps its place, anything else comes in anew; the filled part counts."""

from tests.matching.market import Market


def test_a_smaller_order_keeps_its_place(market: Market) -> None:
    market.plays(
        """
        buy A 2000 @ 720         | accepted #1; rested #1 2000/2000 @ 720
        buy B 1000 @ 720         | accepted #2; rested #2 1000/1000 @ 720
        replace A #1 1500 @ 720  | reduced #1 2000 to 1500/1500 @ 720 by_owner
        sell C 1600 @ 720        | accepted #3; trade #3 #1 1500 @ 720; trade #3 #2 100 @ 720
        """
    )


def test_the_same_values_change_nothing(market: Market) -> None:
    market.plays(
        """
        buy A 2000 @ 720        | accepted #1; rested #1 2000/2000 @ 720
        replace A #1 2000 @ 720 | reduced #1 2000 to 2000/2000 @ 720 by_owner
        """
    )

    assert market.book() == ["bid 720 2000 (1)"]


def test_a_larger_order_goes_to_the_end_of_its_level(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720        | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720        | accepted #2; rested #2 1000/1000 @ 720
        replace A #1 1100 @ 720 | replaced #1 1000 @ 720 by 1100 @ 720; rested #1 1100/1100 @ 720
        sell C 1500 @ 720       | accepted #3; trade #3 #2 1000 @ 720; trade #3 #1 500 @ 720
        """
    )


def test_another_price_is_another_place_even_when_smaller(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720       | accepted #1; rested #1 1000/1000 @ 720
        replace A #1 500 @ 719 | replaced #1 1000 @ 720 by 500 @ 719; rested #1 500/500 @ 719
        """
    )

    assert market.book() == ["bid 719 500 (1)"]


def test_a_new_price_may_trade_at_once(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730       | accepted #1; rested #1 1000/1000 @ 730
        buy B 1500 @ 720        | accepted #2; rested #2 1500/1500 @ 720
        replace B #2 1500 @ 740 | replaced #2 1500 @ 720 by 1500 @ 740
                                | trade #2 #1 1000 @ 730
                                | rested #2 500/1500 @ 740
        sell A 500 @ 740        | accepted #3; trade #3 #2 500 @ 740
        cancel B #2             | rejected unknown_order
        """
    )


def test_a_replaced_order_may_trade_fully(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730       | accepted #1; rested #1 1000/1000 @ 730
        buy B 1000 @ 720        | accepted #2; rested #2 1000/1000 @ 720
        replace B #2 1000 @ 730 | replaced #2 1000 @ 720 by 1000 @ 730; trade #2 #1 1000 @ 730
        """
    )

    assert market.book() == []


def test_the_quantity_is_the_total_with_the_filled_part(market: Market) -> None:
    market.plays(
        """
        sell A 2000 @ 720       | accepted #1; rested #1 2000/2000 @ 720
        buy B 500 @ 720         | accepted #2; trade #2 #1 500 @ 720
        replace A #1 500 @ 720  | rejected bad_quantity
        replace A #1 600 @ 720  | reduced #1 1500 to 100/600 @ 720 by_owner
        replace A #1 3000 @ 720 | replaced #1 100 @ 720 by 3000 @ 720; rested #1 2500/3000 @ 720
        """
    )

    assert market.goods("A") == (1_000_000 - 3_000, 2_500)


def test_the_old_hold_counts_for_the_new_one(market: Market) -> None:
    market.plays(
        """
        funds C -999000000      | applied
        buy C 1000 @ 700        | accepted #1; rested #1 1000/1000 @ 700
        replace C #1 1400 @ 700 | replaced #1 1000 @ 700 by 1400 @ 700; rested #1 1400/1400 @ 700
        replace C #1 1500 @ 700 | rejected insufficient_funds
        """
    )

    assert market.funds("C") == (1_000_000 - 980_000, 980_000)
    assert market.book() == ["bid 700 1400 (1)"]


def test_a_refused_replace_leaves_the_order_in_its_place(market: Market) -> None:
    market.plays(
        """
        goods A -999000           | applied
        sell A 1000 @ 720         | accepted #1; rested #1 1000/1000 @ 720
        sell B 1000 @ 720         | accepted #2; rested #2 1000/1000 @ 720
        replace A #1 1100 @ 720   | rejected insufficient_goods
        replace A #1 1050 @ 720   | rejected bad_quantity
        replace A #1 400 @ 720    | rejected bad_quantity
        replace A #1 1000 @ 801   | rejected price_band
        replace A #1 1000 @ 0     | rejected bad_price
        replace B #1 1000 @ 720   | rejected unknown_order
        buy C 1000 @ 720          | accepted #3; trade #3 #1 1000 @ 720
        """
    )


def test_a_replace_that_meets_the_same_account_drops_the_rest(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 730       | accepted #1; rested #1 1000/1000 @ 730
        buy A 1000 @ 720        | accepted #2; rested #2 1000/1000 @ 720
        replace A #2 1000 @ 730 | replaced #2 1000 @ 720 by 1000 @ 730; cancelled #2 1000 @ 730 self_trade
        """
    )

    assert market.book() == ["ask 730 1000 (1)"]
    assert market.funds("A") == (1_000_000_000, 0)
