"""Which price a call takes if several do as well: the tie rules of a product at work in its book.

All of the rules on all kinds of books: ``test_call_auction.py``.
"""

import pytest

from tests.matching.market import Market, parse

BALANCED = """
    buys | price | sells
    1000 |  730  |
         |  720  | 1000
"""
MORE_TO_BUY = """
    buys | price | sells
    1500 |  730  |
         |  720  | 1000
"""
MORE_TO_SELL = """
    buys | price | sells
    1000 |  730  |
         |  720  | 1500
"""
EITHER_WAY = """
    buys | price | sells
    1000 |  721  |  500
     500 |  720  | 1000
"""
"""500 kg too many to buy at 720, to sell at 721."""
GAP = """
    buys | price | sells
    1000 |  725  |  500
     500 |  720  | 1000
"""
"""Nothing is left over between the limits, 500 kg at each of them."""


@pytest.mark.parametrize(
    ("book", "rule", "reference", "price"),
    [
        (BALANCED, "midpoint", 0, 725),
        (BALANCED, "midpoint", 721, 725),
        (BALANCED, "nearest_limit", 724, 720),
        (BALANCED, "nearest_limit", 726, 730),
        (BALANCED, "nearest_limit", 725, 730),
        (BALANCED, "nearest_limit", 0, 730),
        (BALANCED, "nearest_tick", 727, 727),
        (BALANCED, "nearest_tick", 600, 720),
        (BALANCED, "nearest_tick", 800, 730),
        (BALANCED, "nearest_tick", 0, 725),
        (BALANCED, "pressure", 727, 727),
        (BALANCED, "pressure", 0, 725),
        (BALANCED, "highest", 600, 730),
        (MORE_TO_BUY, "midpoint", 0, 730),
        (MORE_TO_BUY, "nearest_limit", 720, 730),
        (MORE_TO_BUY, "nearest_tick", 720, 730),
        (MORE_TO_BUY, "pressure", 0, 730),
        (MORE_TO_BUY, "pressure", 720, 730),
        (MORE_TO_BUY, "pressure", 690, 725),
        (MORE_TO_BUY, "pressure", 680, 720),
        (MORE_TO_BUY, "highest", 0, 730),
        (MORE_TO_SELL, "midpoint", 0, 720),
        (MORE_TO_SELL, "nearest_limit", 730, 720),
        (MORE_TO_SELL, "nearest_tick", 730, 720),
        (MORE_TO_SELL, "pressure", 0, 720),
        (MORE_TO_SELL, "pressure", 730, 720),
        (MORE_TO_SELL, "pressure", 760, 722),
        (MORE_TO_SELL, "pressure", 770, 730),
        (MORE_TO_SELL, "highest", 0, 730),
        (EITHER_WAY, "midpoint", 0, 721),
        (EITHER_WAY, "nearest_limit", 700, 720),
        (EITHER_WAY, "nearest_tick", 700, 720),
        (EITHER_WAY, "pressure", 700, 720),
        (EITHER_WAY, "pressure", 750, 721),
        (EITHER_WAY, "highest", 700, 721),
        (GAP, "midpoint", 0, 723),
        (GAP, "nearest_tick", 700, 721),
        (GAP, "nearest_limit", 722, 720),
        (GAP, "nearest_limit", 723, 725),
        (GAP, "nearest_limit", 0, 725),
        (GAP, "pressure", 722, 722),
        (GAP, "highest", 0, 724),
    ],
)
def test_if_several_prices_do_as_well_the_rule_decides(
    call: Market, book: str, rule: str, reference: int, price: int
) -> None:
    call.plays(f"rules 1 rule {rule} reference {reference} | applied")
    call.takes(book)
    before = call.engine.indicative(1)

    uncrossed = call.send(parse("uncross 1 continuous"))[0]

    assert (uncrossed.price, uncrossed.quantity) == (price, 1_000)
    assert before == (uncrossed.price, uncrossed.quantity, uncrossed.remaining)


def test_half_of_a_tick_is_rounded_up(call: Market) -> None:
    call.plays("rules 1 tick 5 | applied")
    call.takes(
        """
        buys | price | sells
        1000 |  735  |
             |  720  | 1000
        """
    )

    call.plays(
        """
        uncross 1 continuous | uncrossed 1000 @ 730 surplus 0 to continuous; trade #1 #2 1000 @ 730 in call
        """
    )


def test_an_uncross_may_bring_its_own_reference_price(call: Market) -> None:
    call.plays("rules 1 rule nearest_tick reference 728 | applied")
    call.takes(BALANCED)

    call.plays(
        """
        uncross 1 continuous reference 722 | uncrossed 1000 @ 722 surplus 0 to continuous
                                           | trade #1 #2 1000 @ 722 in call
        """
    )
