"""How deals of listings are paid: what leaves the buyer, what the seller gets, to the fen; refusals."""

import pytest

from matching.desk_events import DeskReason
from matching.desk_types import CONFIRM, IN_ESCROW, NEGOTIABLE, PAYMENTS, WITH_BOND
from matching.holds import BOND_BPS
from matching.types import CommandKind, Reason, Side
from settlement.terms import TERMS
from settlement.terms import bond_fen as bond_of_contract
from tests.matching.desk import ALL_MODES, SECOND, DeskMarket, E, K, only

DAY = 86_400 * SECOND
CASH = 100_000_000


@pytest.fixture
def market() -> DeskMarket:
    """Lot 1: 20,000 kg of A. The product may be paid in every way."""
    market = DeskMarket()
    market.does(K.DESK, product=1, flags=ALL_MODES | PAYMENTS, amount=1)
    market.does(K.LOT, "A", product=1, id=1, quantity=20_000)
    return market


def sells(market: DeskMarket, flags: int, **terms: int) -> None:
    """A lists 10,000 kg at 725 as number 7, valid a day, takes from 100 kg."""
    terms = {"price": 725, "quantity": 10_000, "extra": 1, **terms}
    until = market.now_ns + DAY
    market.does(K.LIST, "A", product=1, side=Side.SELL, id=7, amount=until, flags=flags, **terms)


def buys(market: DeskMarket, flags: int, **terms: int) -> None:
    """B wants 10,000 kg at 703 as number 8, valid a day, takes from 100 kg."""
    terms = {"price": 703, "quantity": 10_000, **terms}
    until = market.now_ns + DAY
    market.does(K.LIST, "B", product=1, side=Side.BUY, id=8, amount=until, flags=flags, **terms)


def test_the_bond_of_the_floor_is_the_bond_of_contracts() -> None:
    assert TERMS.bond_bps == BOND_BPS
    assert bond_of_contract(7_251) == 726


def test_with_a_bond_the_buyer_gives_a_tenth_and_the_seller_nothing_but_goods(market: DeskMarket) -> None:
    sells(market, WITH_BOND)

    events = market.send(K.TAKE, "B", id=7, price=725, quantity=2_500)

    deal, fees = only(events, E.DEAL), only(events, E.DEAL_FEES)
    assert (deal.reason, fees.other_id) == (WITH_BOND, 181_250)
    assert (fees.price, fees.quantity, fees.remaining) == (3_625, 1_812, 36_250)
    assert market.funds("B") == (CASH - 181_250 - 3_625, 0)
    assert market.funds("A") == (CASH, 0)
    assert market.goods("A") == (30_000, 17_500)


def test_in_escrow_the_buyer_gives_all_and_the_seller_waits(market: DeskMarket) -> None:
    sells(market, IN_ESCROW)

    events = market.send(K.TAKE, "B", id=7, price=725, quantity=2_500)

    assert (only(events, E.DEAL).reason, only(events, E.DEAL_FEES).other_id) == (IN_ESCROW, 0)
    assert market.funds("B") == (CASH - 1_812_500 - 3_625, 0)
    assert market.funds("A") == (CASH, 0)


def test_a_take_to_be_confirmed_holds_the_bond_alone(market: DeskMarket) -> None:
    sells(market, WITH_BOND | CONFIRM)
    market.core(CommandKind.FUNDS, account=2, amount=-(CASH - 74_000))

    assert market.refuses(K.TAKE, "B", id=7, price=725, quantity=1_100) == Reason.INSUFFICIENT_FUNDS
    take = market.does(K.TAKE, "B", id=7, price=725, quantity=1_000).order_id
    assert market.funds("B") == (74_000 - 72_500 - 1_450, 72_500 + 1_450)
    market.does(K.CONFIRM, "A", id=take, flags=1)

    assert market.funds("B") == (50, 0)
    assert market.funds("A") == (CASH, 0)


def test_a_need_with_a_bond_covers_the_rounding_of_every_take(market: DeskMarket) -> None:
    """703 * 1,100 fen: a tenth of it ends in no whole fen, so three takes round up three times."""
    buys(market, WITH_BOND, quantity=3_300, price=703, other=1_100)
    assert market.funds("B")[1] == 231_990 + 3 + 4_639

    for letter in ("C", "D", "E"):
        fees = only(market.send(K.TAKE, letter, id=8, price=703, quantity=1_100), E.DEAL_FEES)
        assert fees.other_id == 77_330

    assert market.funds("B") == (CASH - 3 * (77_330 + 1_546), 0)


def test_counter_offers_are_paid_as_the_listing_says(market: DeskMarket) -> None:
    sells(market, WITH_BOND | NEGOTIABLE)
    until = market.now_ns + DAY
    asked = market.does(K.COUNTER, "B", id=7, price=711, quantity=1_000, amount=until).order_id
    assert market.funds("B")[1] == 71_100 + 1_422
    market.does(K.ANSWER, "A", id=asked, flags=1)
    assert market.funds("B") == (CASH - 71_100 - 1_422, 0)
    assert market.funds("A") == (CASH, 0)

    buys(market, WITH_BOND | NEGOTIABLE)
    offered = market.does(K.COUNTER, "C", id=8, price=712, quantity=10_000, amount=until).order_id
    events = market.send(K.ANSWER, "B", id=offered, flags=1)
    assert (only(events, E.DEAL).reason, only(events, E.DEAL_FEES).other_id) == (WITH_BOND, 712_000)
    assert market.funds("B") == (CASH - 71_100 - 1_422 - 712_000 - 14_240, 0)


def test_a_kilogram_has_a_bond_and_one_fen_is_paid_at_once(market: DeskMarket) -> None:
    sells(market, WITH_BOND, price=601, quantity=100)
    market.core(CommandKind.PRODUCT, product=2, price=1, quantity=2, amount=1, order_id=1)
    market.core(CommandKind.GOODS, account=1, product=2, quantity=2)
    market.does(K.DESK, product=2, flags=ALL_MODES | PAYMENTS, amount=1)
    market.does(K.LOT, "A", product=2, id=2, quantity=2)
    terms = {"product": 2, "side": Side.SELL, "price": 1, "quantity": 2, "extra": 2, "flags": WITH_BOND}
    market.does(K.LIST, "A", id=9, amount=market.now_ns + DAY, **terms)

    one = market.send(K.TAKE, "B", id=9, price=1, quantity=1)
    assert (only(one, E.DEAL).reason, only(one, E.DEAL_FEES).other_id) == (0, 0)
    assert market.funds("A") == (CASH + 1, 0)
    whole = market.send(K.TAKE, "B", id=7, price=601, quantity=100)
    assert only(whole, E.DEAL_FEES).other_id == 6_010


def test_what_the_product_does_not_allow_is_refused_and_what_stands_stays(market: DeskMarket) -> None:
    sells(market, WITH_BOND)
    market.does(K.DESK, product=1, flags=ALL_MODES, amount=1)
    terms = {"product": 1, "side": Side.SELL, "id": 9, "price": 725, "quantity": 1_000, "extra": 1}
    terms["amount"] = market.now_ns + DAY
    for flags, reason in (
        (WITH_BOND, DeskReason.PAYMENT_OFF),
        (IN_ESCROW, DeskReason.PAYMENT_OFF),
        (PAYMENTS, Reason.BAD_PARAMETER),
        (32, Reason.BAD_PARAMETER),
    ):
        assert market.refuses(K.LIST, "A", **terms, flags=flags) == reason

    events = market.send(K.TAKE, "B", id=7, price=725, quantity=1_000)
    assert only(events, E.DEAL).reason == WITH_BOND
