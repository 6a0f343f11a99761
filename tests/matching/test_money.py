"""Funds and goods: what is held, what is paid, what comes back."""

from tests.matching.market import Market

PLENTY = 1_000_000_000


def test_a_buy_holds_its_cost_and_fee(market: Market) -> None:
    market.plays(
        """
        account A fees 20 0 0 | applied
        buy A 1000 @ 720      | accepted #1; rested #1 1000/1000 @ 720
        """
    )

    assert market.funds("A") == (PLENTY - 721_440, 721_440)


def test_a_sell_holds_its_goods(market: Market) -> None:
    market.plays("sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720")

    assert market.goods("A") == (999_000, 1_000)


def test_a_trade_pays_the_seller_less_fee_and_deposit(market: Market) -> None:
    market.plays(
        """
        account A fees 20 10 200 | applied
        account B fees 30 40 500 | applied
        sell A 1000 @ 720        | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720         | accepted #2; trade #2 #1 1000 @ 720
        """
    )

    assert market.funds("A") == (PLENTY + 720_000 - 720 - 14_400, 0)
    assert market.funds("B") == (PLENTY - 720_000 - 2_160, 0)
    assert market.goods("A") == (999_000, 0)


def test_bought_goods_come_later_by_a_command(market: Market) -> None:
    market.plays(
        """
        sell A 1000 @ 720 | accepted #1; rested #1 1000/1000 @ 720
        buy B 1000 @ 720  | accepted #2; trade #2 #1 1000 @ 720
        """
    )
    assert market.goods("B") == (1_000_000, 0)

    market.plays("goods B 1000 | applied")
    assert market.goods("B") == (1_001_000, 0)


def test_a_better_price_gives_back_the_difference_at_once(market: Market) -> None:
    market.plays(
        """
        account B fees 20 0 0 | applied
        sell A 1000 @ 700     | accepted #1; rested #1 1000/1000 @ 700
        buy B 2000 @ 750      | accepted #2; trade #2 #1 1000 @ 700; rested #2 1000/2000 @ 750
        """
    )

    assert market.funds("B") == (PLENTY - 701_400 - 751_500, 751_500)


def test_rounding_of_parts_goes_back_to_the_buyer(market: Market) -> None:
    """7 kg at 7.01 yuan: the fee of the whole is 9 fen, those of its parts 2 + 2 + 2 + 1."""
    market.plays(
        """
        product 1 600..800 step 1 min 1 | applied
        account B fees 20 0 0           | applied
        buy B 7 @ 701                   | accepted #1; rested #1 7/7 @ 701
        """
    )
    assert market.funds("B") == (PLENTY - 4_916, 4_907 + 9)

    market.plays(
        """
        sell A 2 @ 701 | accepted #2; trade #2 #1 2 @ 701
        sell A 2 @ 701 | accepted #3; trade #3 #1 2 @ 701
        """
    )
    assert market.funds("B") == (PLENTY - 4_916 + 1, 3 * 701 + 4)

    market.plays(
        """
        sell A 2 @ 701 | accepted #4; trade #4 #1 2 @ 701
        sell A 1 @ 701 | accepted #5; trade #5 #1 1 @ 701
        """
    )
    assert market.funds("B") == (PLENTY - 4_907 - 7, 0)


def test_a_cancel_gives_back_the_hold(market: Market) -> None:
    market.plays(
        """
        account A fees 20 0 0 | applied
        buy A 1000 @ 720      | accepted #1; rested #1 1000/1000 @ 720
        sell A 2000 @ 730     | accepted #2; rested #2 2000/2000 @ 730
        cancel A #1           | cancelled #1 1000 @ 720 by_owner
        cancel A #2           | cancelled #2 2000 @ 730 by_owner
        """
    )

    assert market.funds("A") == (PLENTY, 0)
    assert market.goods("A") == (1_000_000, 0)


def test_no_order_beyond_what_is_free(market: Market) -> None:
    market.plays(
        """
        funds A -999279000   | applied
        buy A 1000 @ 721     | accepted #1; rested #1 1000/1000 @ 721
        buy A 500 @ 600      | rejected insufficient_funds
        goods B -999000      | applied
        sell B 1000 @ 800    | accepted #2; rested #2 1000/1000 @ 800
        sell B 500 @ 800     | rejected insufficient_goods
        """
    )


def test_goods_of_one_product_do_not_cover_another(market: Market) -> None:
    market.plays(
        """
        product 2 600..800 step 100 min 100 | applied
        phase 2 continuous                  | applied
        sell A 1000 @ 720 2                 | rejected insufficient_goods
        goods A 1000 2                      | applied
        sell A 1000 @ 720 2                 | accepted #1; rested #1 1000/1000 @ 720
        """
    )

    assert market.goods("A", 2) == (0, 1_000)
    assert market.goods("A", 1) == (1_000_000, 0)


def test_only_free_funds_and_goods_can_be_taken_out(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720   | accepted #1; rested #1 1000/1000 @ 720
        sell A 1000 @ 730  | accepted #2; rested #2 1000/1000 @ 730
        funds A -999280001 | rejected insufficient_funds
        funds A -999280000 | applied
        goods A -999001    | rejected insufficient_goods
        goods A -999000    | applied
        """
    )

    assert market.funds("A") == (0, 720_000)
    assert market.goods("A") == (0, 1_000)


def test_a_changed_fee_changes_the_holds_of_open_buys(market: Market) -> None:
    market.plays(
        """
        buy A 1000 @ 720          | accepted #1; rested #1 1000/1000 @ 720
        sell A 1000 @ 730         | accepted #2; rested #2 1000/1000 @ 730
        account A fees 100 0 0    | applied
        """
    )
    assert market.funds("A") == (PLENTY - 727_200, 727_200)

    market.plays("account A fees 20 0 0 | applied")
    assert market.funds("A") == (PLENTY - 721_440, 721_440)


def test_a_fee_that_open_buys_could_not_pay_is_refused(market: Market) -> None:
    market.plays(
        """
        funds A -999280000        | applied
        buy A 1000 @ 720          | accepted #1; rested #1 1000/1000 @ 720
        account A fees 20 0 0     | rejected insufficient_funds
        funds A 1440              | applied
        account A fees 20 0 0     | applied
        """
    )

    assert market.funds("A") == (0, 721_440)


def test_goods_that_are_gone_are_not_listed(market: Market) -> None:
    market.plays("goods A -1000000 | applied")
    account = market.engine.account(1)

    assert account is not None
    assert account.goods == ()
