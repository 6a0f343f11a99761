"""What becomes of a book, drawn before and after: priority, parts, places, own orders, calls."""

from matching.engine import Engine
from tests.matching.market import Market
from tests.matching.tables import book_table, shows


def resting(market: Market, orders: str) -> None:
    """Orders that rest as they come, one a line; they are numbered from 1."""
    for line in filter(None, map(str.strip, orders.splitlines())):
        number = market.engine.last_order_id + 1
        kg = line.split()[2]
        price = line.split()[4]
        market.plays(f"{line} | accepted #{number}; rested #{number} {kg}/{kg} @ {price}")


def test_a_book_is_drawn_with_the_best_prices_in_the_middle(engine: Engine) -> None:
    market = Market(engine)
    market.open()
    resting(market, "buy A 1000 @ 720\nsell B 2000 @ 730\nsell A 500 @ 725\nsell C 700 @ 725")

    assert book_table(engine).splitlines() == [
        "bids      | price | asks",
        "          |  730  | 2000 #2 B",
        "          |  725  | 500 #3 A, 700 #4 C",
        "1000 #1 A |  720  |",
    ]


# --- priority ----------------------------------------------------------------------------------------


def test_price_goes_before_time_and_time_before_size(market: Market) -> None:
    resting(
        market,
        """
        sell A 600 @ 725
        sell B 9000 @ 720
        sell A 500 @ 720
        sell B 700 @ 715
        """,
    )
    shows(
        market,
        """
        bids | price | asks
             |  725  | 600 #1 A
             |  720  | 9000 #2 B, 500 #3 A
             |  715  | 700 #4 B
        """,
    )

    market.plays(
        "buy C 9800 @ 725 | accepted #5; trade #5 #4 700 @ 715; trade #5 #2 9000 @ 720; trade #5 #3 100 @ 720"
    )

    shows(
        market,
        """
        bids | price | asks
             |  725  | 600 #1 A
             |  720  | 400 #3 A
        """,
    )


def test_an_order_that_traded_in_part_stays_in_front(market: Market) -> None:
    resting(market, "buy A 2000 @ 720\nbuy B 1000 @ 720")
    market.plays("sell C 500 @ 720 | accepted #3; trade #3 #1 500 @ 720")
    shows(
        market,
        """
        bids                 | price | asks
        1500 #1 A, 1000 #2 B |  720  |
        """,
    )

    market.plays("sell C 1600 @ 720 | accepted #4; trade #4 #1 1500 @ 720; trade #4 #2 100 @ 720")

    shows(
        market,
        """
        bids     | price | asks
        900 #2 B |  720  |
        """,
    )


def test_what_is_left_of_an_incoming_order_rests_at_its_own_limit(market: Market) -> None:
    resting(market, "sell A 1000 @ 715\nsell A 1000 @ 725\nbuy B 1000 @ 710")

    market.plays("buy C 3000 @ 720 | accepted #4; trade #4 #1 1000 @ 715; rested #4 2000/3000 @ 720")

    shows(
        market,
        """
        bids      | price | asks
                  |  725  | 1000 #2 A
        2000 #4 C |  720  |
        1000 #3 B |  710  |
        """,
    )


# --- replacing ---------------------------------------------------------------------------------------


def test_only_a_smaller_order_keeps_its_place(market: Market) -> None:
    resting(market, "buy A 1000 @ 720\nbuy B 1000 @ 720\nbuy C 1000 @ 720\nbuy A 1000 @ 715")
    shows(
        market,
        """
        bids                            | price | asks
        1000 #1 A, 1000 #2 B, 1000 #3 C |  720  |
        1000 #4 A                       |  715  |
        """,
    )

    market.plays(
        """
        replace A #1 600 @ 720  | reduced #1 1000 to 600/600 @ 720 by_owner
        replace B #2 1500 @ 720 | replaced #2 1000 @ 720 by 1500 @ 720; rested #2 1500/1500 @ 720
        replace A #4 500 @ 720  | replaced #4 1000 @ 715 by 500 @ 720; rested #4 500/500 @ 720
        """
    )

    shows(
        market,
        """
        bids                                    | price | asks
        600 #1 A, 1000 #3 C, 1500 #2 B, 500 #4 A |  720  |
        """,
    )


# --- own orders --------------------------------------------------------------------------------------

BEFORE = """
    bids | price | asks
         |  725  | 700 #3 B
         |  720  | 500 #1 B, 600 #2 A
"""


def meets_its_own(market: Market, command: str) -> None:
    """A's order, the fourth, finds one of B and then one of A itself."""
    resting(market, "sell B 500 @ 720\nsell A 600 @ 720\nsell B 700 @ 725")
    shows(market, BEFORE)
    market.plays(command)


def test_the_newest_of_two_own_orders_makes_way(market: Market) -> None:
    meets_its_own(
        market,
        """
        buy A 2000 @ 725 newest | accepted #4; trade #4 #1 500 @ 720; cancelled #4 1500 @ 725 self_trade
        """,
    )

    shows(
        market,
        """
        bids | price | asks
             |  725  | 700 #3 B
             |  720  | 600 #2 A
        """,
    )


def test_the_oldest_of_two_own_orders_makes_way(market: Market) -> None:
    meets_its_own(
        market,
        """
        buy A 2000 @ 725 oldest | accepted #4; trade #4 #1 500 @ 720
                                | cancelled #2 600 @ 720 self_trade
                                | trade #4 #3 700 @ 725
                                | rested #4 800/2000 @ 725
        """,
    )

    shows(
        market,
        """
        bids     | price | asks
        800 #4 A |  725  |
        """,
    )


def test_both_own_orders_become_smaller(market: Market) -> None:
    meets_its_own(
        market,
        """
        buy A 900 @ 725 decrement | accepted #4; trade #4 #1 500 @ 720
                                  | reduced #2 600 to 200/200 @ 720 self_trade
                                  | cancelled #4 400 @ 725 self_trade
        """,
    )

    shows(
        market,
        """
        bids | price | asks
             |  725  | 700 #3 B
             |  720  | 200 #2 A
        """,
    )


# --- calls -------------------------------------------------------------------------------------------


def test_a_call_collects_a_crossed_book_and_leaves_one_that_is_not(market: Market) -> None:
    market.plays("phase 1 call | applied")
    resting(
        market,
        """
        buy A 1000 @ 730
        buy B 2000 @ 725
        buy A 1000 @ 715
        sell C 1500 @ 710
        sell C 1000 @ 720
        sell B 3000 @ 735
        """,
    )
    shows(
        market,
        """
        bids      | price | asks
                  |  735  | 3000 #6 B
        1000 #1 A |  730  |
        2000 #2 B |  725  |
                  |  720  | 1000 #5 C
        1000 #3 A |  715  |
                  |  710  | 1500 #4 C
        """,
    )

    market.plays(
        """
        uncross 1 continuous | uncrossed 2500 @ 725 surplus 500 to continuous
                             | trade #1 #4 1000 @ 725 in call
                             | trade #2 #4 500 @ 725 in call
                             | trade #2 #5 1000 @ 725 in call
        """
    )

    shows(
        market,
        """
        bids      | price | asks
                  |  735  | 3000 #6 B
        500 #2 B  |  725  |
        1000 #3 A |  715  |
        """,
    )


def test_orders_of_one_price_share_a_call_by_time(market: Market) -> None:
    market.plays("phase 1 call | applied")
    resting(market, "buy A 1000 @ 720\nbuy B 1000 @ 720\nbuy A 1000 @ 720\nsell C 1600 @ 720")

    market.plays(
        """
        uncross 1 halted | uncrossed 1600 @ 720 surplus 1400 to halted
                         | trade #1 #4 1000 @ 720 in call
                         | trade #2 #4 600 @ 720 in call
        """
    )

    shows(
        market,
        """
        bids                | price | asks
        400 #2 B, 1000 #3 A |  720  |
        """,
    )
