"""Phases, bands and suspension: who may do what when."""

import pytest

from matching.types import Phase, TieRule
from tests.matching.market import Market


def test_a_new_product_is_closed(market: Market) -> None:
    market.plays(
        """
        product 2 600..800 step 100 min 100 | applied
        buy A 1000 @ 700 2                  | rejected session_closed
        """
    )


def test_closing_cancels_every_order_in_priority_order(market: Market) -> None:
    market.plays(
        """
        sell A 600 @ 740  | accepted #1; rested #1 600/600 @ 740
        buy B 700 @ 710   | accepted #2; rested #2 700/700 @ 710
        sell A 800 @ 730  | accepted #3; rested #3 800/800 @ 730
        buy B 900 @ 720   | accepted #4; rested #4 900/900 @ 720
        buy C 1000 @ 720  | accepted #5; rested #5 1000/1000 @ 720
        phase 1 closed    | applied
                          | cancelled #4 900 @ 720 session_end
                          | cancelled #5 1000 @ 720 session_end
                          | cancelled #2 700 @ 710 session_end
                          | cancelled #3 800 @ 730 session_end
                          | cancelled #1 600 @ 740 session_end
        phase 1 closed    | applied
        """
    )

    assert market.book() == []
    assert market.funds("B") == (1_000_000_000, 0)
    assert market.goods("A") == (1_000_000, 0)


def test_in_a_halt_orders_can_only_be_cancelled(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720       | accepted #1; rested #1 1000/1000 @ 720
        buy A 1000 @ 710       | accepted #2; rested #2 1000/1000 @ 710
        phase 1 halted         | applied
        buy B 1000 @ 720       | rejected halted
        replace A #1 500 @ 720 | rejected halted
        cancel A #1            | cancelled #1 1000 @ 720 by_owner
        phase 1 continuous     | applied
        sell B 1000 @ 700      | accepted #3; trade #3 #2 1000 @ 710
        """
    )


def test_a_suspended_account_can_only_cancel(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720                 | accepted #1; rested #1 1000/1000 @ 720
        buy A 1000 @ 710                 | accepted #2; rested #2 1000/1000 @ 710
        account A fees 0 0 0 suspended   | applied
        buy A 1000 @ 720                 | rejected suspended
        replace A #1 500 @ 720           | rejected suspended
        cancel A #1                      | cancelled #1 1000 @ 720 by_owner
        cancel-all A                     | applied; cancelled #2 1000 @ 710 by_owner
        account A fees 0 0 0             | applied
        buy A 1000 @ 720                 | accepted #3; rested #3 1000/1000 @ 720
        """
    )


def test_an_order_of_a_suspended_account_still_trades(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720               | accepted #1; rested #1 1000/1000 @ 720
        account A fees 0 0 0 suspended | applied
        sell B 1000 @ 720              | accepted #2; trade #2 #1 1000 @ 720
        """
    )


def test_the_band_includes_its_ends(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 600  | accepted #1; rested #1 1000/1000 @ 600
        buy A 1000 @ 599  | rejected price_band
        sell A 1000 @ 800 | accepted #2; rested #2 1000/1000 @ 800
        sell A 1000 @ 801 | rejected price_band
        """
    )


def test_a_new_band_keeps_the_book_and_its_priorities(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 700                       | accepted #1; rested #1 1000/1000 @ 700
        buy B 1000 @ 700                       | accepted #2; rested #2 1000/1000 @ 700
        buy B 1000 @ 690                       | accepted #3; rested #3 1000/1000 @ 690
        sell A 1000 @ 750                      | accepted #4; rested #4 1000/1000 @ 750
        product 1 500..750 step 100 min 500    | applied
        sell C 1500 @ 500                      | accepted #5; trade #5 #1 1000 @ 700; trade #5 #2 500 @ 700
        buy C 1000 @ 751                       | rejected price_band
        product 1 690..900 step 100 min 500    | applied
        buy C 2000 @ 800                       | accepted #6
                                               | trade #6 #4 1000 @ 750
                                               | rested #6 1000/2000 @ 800
        cancel B #3                            | cancelled #3 1000 @ 690 by_owner
        """
    )

    assert market.book() == ["bid 800 1000 (1)", "bid 700 500 (1)"]


def test_a_band_never_excludes_a_resting_order(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 650                    | accepted #1; rested #1 1000/1000 @ 650
        sell A 1000 @ 750                   | accepted #2; rested #2 1000/1000 @ 750
        product 1 651..800 step 100 min 500 | rejected bad_parameter
        product 1 600..749 step 100 min 500 | rejected bad_parameter
        product 1 650..750 step 100 min 500 | applied
        cancel A #1                         | cancelled #1 1000 @ 650 by_owner
        product 1 651..800 step 100 min 500 | applied
        """
    )


def test_a_band_while_closed_cancels_the_orders_outside_it(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 650 gtd 102            | accepted #1; rested #1 1000/1000 @ 650
        buy A 1000 @ 640 gtd 102            | accepted #2; rested #2 1000/1000 @ 640
        buy B 1000 @ 650 gtd 102            | accepted #3; rested #3 1000/1000 @ 650
        buy B 1000 @ 660 gtd 102            | accepted #4; rested #4 1000/1000 @ 660
        sell C 1000 @ 790 gtd 102           | accepted #5; rested #5 1000/1000 @ 790
        sell C 1000 @ 780 gtd 102           | accepted #6; rested #6 1000/1000 @ 780
        sell C 1000 @ 770 gtd 102           | accepted #7; rested #7 1000/1000 @ 770
        product 1 651..779 step 100 min 500 | rejected bad_parameter
        phase 1 closed day 100              | applied
        product 1 651..779 step 100 min 500 | applied
                                            | cancelled #1 1000 @ 650 outside_band
                                            | cancelled #3 1000 @ 650 outside_band
                                            | cancelled #2 1000 @ 640 outside_band
                                            | cancelled #6 1000 @ 780 outside_band
                                            | cancelled #5 1000 @ 790 outside_band
        """
    )

    assert market.book() == ["ask 770 1000 (1)", "bid 660 1000 (1)"]
    assert market.funds("A") == (1_000_000_000, 0)


@pytest.mark.parametrize("phase", ["halted", "call", "continuous"])
def test_a_band_is_refused_in_any_other_phase_if_an_order_is_outside(market: Market, phase: str) -> None:
    market.plays(
        f"""
        buy A 1000 @ 650                    | accepted #1; rested #1 1000/1000 @ 650
        phase 1 {phase}                     | applied
        product 1 651..800 step 100 min 500 | rejected bad_parameter
        """
    )


def test_a_new_step_and_minimum_are_for_new_orders(market: Market) -> None:
    market.plays(
        """
        buy A 700 @ 700                        | accepted #1; rested #1 700/700 @ 700
        product 1 600..800 step 1000 min 2000  | applied
        buy A 1000 @ 700                       | rejected bad_quantity
        buy A 2500 @ 700                       | rejected bad_quantity
        replace A #1 600 @ 700                 | rejected bad_quantity
        sell B 2000 @ 700                      | accepted #2; trade #2 #1 700 @ 700; rested #2 1300/2000 @ 700
        """
    )


def test_a_change_of_a_product_keeps_its_phase(market: Market) -> None:
    market.plays(
        """
        phase 1 halted                      | applied
        product 1 500..900 step 100 min 500 | applied
        buy A 1000 @ 720                    | rejected halted
        """
    )
    product = market.engine.product(1)

    assert product == (1, Phase.HALTED, 500, 900, 100, 500, 1, TieRule.MIDPOINT, 0, 0)
