"""Ticks: the prices of orders, and so of trades and calls, are multiples of the product's tick."""

import pytest

from matching.types import TieRule
from tests.matching.market import Market


def test_a_new_product_has_a_tick_of_one_fen_and_no_other_rules(market: Market) -> None:
    product = market.engine.product(1)

    assert product is not None
    assert (product.tick, product.tie_rule, product.reference, product.volatility) == (1, 0, 0, 0)


def test_the_rules_of_a_product_can_be_read(market: Market) -> None:
    market.plays("rules 1 tick 5 rule pressure reference 721 range 30 | applied")
    product = market.engine.product(1)

    assert product is not None
    assert (product.tick, product.tie_rule, product.reference, product.volatility) == (
        5,
        TieRule.PRESSURE,
        721,
        30,
    )


def test_rules_are_given_together(market: Market) -> None:
    market.plays(
        """
        rules 1 tick 5 rule highest reference 721 range 30 | applied
        rules 1 tick 10                                    | applied
        """
    )
    product = market.engine.product(1)

    assert product is not None
    assert (product.tick, product.tie_rule, product.reference, product.volatility) == (10, 0, 0, 0)


def test_a_price_off_the_tick_is_refused(market: Market) -> None:
    market.plays(
        """
        rules 1 tick 5          | applied
        buy A 1000 @ 701        | rejected off_tick
        buy A 1000 @ 704 mtl    | rejected off_tick
        buy A 1000 @ 705        | accepted #1; rested #1 1000/1000 @ 705
        replace A #1 1000 @ 709 | rejected off_tick
        replace A #1 1000 @ 710 | replaced #1 1000 @ 705 by 1000 @ 710; rested #1 1000/1000 @ 710
        sell B 1000 @ 707       | rejected off_tick
        sell B 1000 @ 705       | accepted #2; trade #2 #1 1000 @ 710
        """
    )


def test_the_band_need_not_be_on_tick(market: Market) -> None:
    market.plays(
        """
        rules 1 tick 10                     | applied
        product 1 601..799 step 100 min 500 | applied
        buy A 1000 @ 601                    | rejected off_tick
        buy A 1000 @ 600                    | rejected price_band
        buy A 1000 @ 610                    | accepted #1; rested #1 1000/1000 @ 610
        sell A 1000 @ 790                   | accepted #2; rested #2 1000/1000 @ 790
        sell A 1000 @ 800                   | rejected price_band
        """
    )


def test_a_band_may_leave_no_price_at_all(market: Market) -> None:
    market.plays(
        """
        rules 1 tick 1000000 | applied
        buy A 1000 @ 700     | rejected off_tick
        """
    )


def test_a_tick_must_fit_every_resting_order(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 705  | accepted #1; rested #1 1000/1000 @ 705
        sell A 1000 @ 720 | accepted #2; rested #2 1000/1000 @ 720
        rules 1 tick 10   | rejected bad_parameter
        rules 1 tick 15   | applied
        rules 1 tick 5    | applied
        cancel A #1       | cancelled #1 1000 @ 705 by_owner
        rules 1 tick 10   | applied
        rules 1 tick 7    | rejected bad_parameter
        """
    )


def test_a_tick_must_fit_orders_for_days_of_a_closed_product(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 705 gtd 102 | accepted #1; rested #1 1000/1000 @ 705
        phase 1 closed day 100   | applied
        rules 1 tick 10          | rejected bad_parameter
        rules 1 tick 5           | applied
        """
    )


def test_orders_of_other_products_do_not_matter(market: Market) -> None:
    market.plays(
        """
        product 2 600..800 step 100 min 500 | applied
        buy A 1000 @ 701                    | accepted #1; rested #1 1000/1000 @ 701
        rules 2 tick 10                     | applied
        """
    )


def test_a_smaller_tick_lets_orders_between_the_old_ones(market: Market) -> None:
    """Priority is by price, whatever the tick was when an order came."""
    market.plays(
        """
        rules 1 tick 10   | applied
        buy A 1000 @ 700  | accepted #1; rested #1 1000/1000 @ 700
        buy A 1000 @ 710  | accepted #2; rested #2 1000/1000 @ 710
        rules 1           | applied
        buy B 1000 @ 703  | accepted #3; rested #3 1000/1000 @ 703
        rules 1 tick 2    | rejected bad_parameter
        sell C 3000 @ 700 | accepted #4
                          | trade #4 #2 1000 @ 710
                          | trade #4 #3 1000 @ 703
                          | trade #4 #1 1000 @ 700
        """
    )


@pytest.mark.parametrize(
    ("rule", "price"),
    [("midpoint", 730), ("nearest_tick", 725), ("pressure", 725), ("nearest_limit", 720), ("highest", 735)],
)
def test_the_price_of_a_call_is_on_tick(market: Market, rule: str, price: int) -> None:
    """The reference price need not be: 726 is nearest to 725."""
    market.plays(
        f"""
        rules 1 tick 5 rule {rule} reference 726 | applied
        phase 1 call                             | applied
        sell A 1000 @ 720                        | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 735                         | accepted #2; rested #2 1000/1000 @ 735
        uncross 1 halted                         | uncrossed 1000 @ {price} surplus 0 to halted
                                                 | trade #2 #1 1000 @ {price} in call
        """
    )
