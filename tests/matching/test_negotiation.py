"""Negotiation: chains of proposals, what they hold, who may say what."""

import pytest

from matching.desk_events import DeskReason
from matching.desk_types import FIRST_DEAL, LISTED, NEGOTIABLE, NEGOTIATED, TAKE_BACK
from matching.types import CommandKind, Reason, Side
from tests.matching.desk import SECOND, DeskMarket, E, K, kinds, only, reason_of

HOUR = 3_600 * SECOND


@pytest.fixture
def market() -> DeskMarket:
    """Listing 7: A sells 10,000 kg at 720. Listing 8: B buys 10,000 kg at 700. Both can be talked about."""
    market = DeskMarket()
    market.does(K.LOT, "A", product=1, id=1, quantity=10_000)
    terms = {"product": 1, "quantity": 10_000, "amount": market.now_ns + 24 * HOUR, "flags": NEGOTIABLE}
    market.does(K.LIST, "A", side=Side.SELL, id=7, price=720, extra=1, **terms)
    market.does(K.LIST, "B", side=Side.BUY, id=8, price=700, **terms)
    return market


def propose(market: DeskMarket, by: str, listing: int, price: int, kg: int, **more: int) -> int:
    """A proposal for an hour; its number."""
    fields = {"amount": market.now_ns + HOUR, **more}
    return market.does(K.COUNTER, by, id=listing, price=price, quantity=kg, **fields).order_id


def test_a_chain_ends_in_a_deal(market: DeskMarket) -> None:
    propose(market, "C", 7, 700, 4_000)
    assert market.funds("C") == (100_000_000 - 2_805_600, 2_805_600)

    events = market.send(
        K.COUNTER, "A", id=7, other=3, price=712, quantity=4_000, amount=market.now_ns + HOUR
    )
    assert kinds(events) == ["PROPOSAL_ENDED", "PROPOSED"]
    assert reason_of(only(events, E.PROPOSAL_ENDED)) == DeskReason.COUNTERED
    assert market.funds("C") == (100_000_000, 0)
    told = only(events, E.PROPOSED)
    assert (told.side, told.account, told.other, told.price) == (Side.SELL, 1, 3, 712)

    last = propose(market, "C", 7, 710, 4_000)
    events = market.send(K.ANSWER, "A", id=last, flags=1)

    assert kinds(events) == ["DEAL", "DEAL_FEES", "PROPOSAL_ENDED", "LISTING_LEFT"]
    deal, ended = only(events, E.DEAL), only(events, E.PROPOSAL_ENDED)
    assert (deal.side, deal.price, deal.quantity, deal.remaining) == (NEGOTIATED, 710, 4_000, 1)
    assert (reason_of(ended), ended.remaining) == (DeskReason.AGREED, FIRST_DEAL + 1)
    assert market.funds("C") == (100_000_000 - 2_840_000 - 5_680, 0)
    assert market.engine.desk.listings[7].left == 6_000


def test_the_buyer_accepts_the_sellers_price_and_pays_from_free(market: DeskMarket) -> None:
    propose(market, "C", 7, 700, 10_000)
    counter = propose(market, "A", 7, 712, 10_000, other=3)
    market.core(CommandKind.FUNDS, account=3, amount=-(100_000_000 - 7_134_239))
    assert market.refuses(K.ANSWER, "C", id=counter, flags=1) == Reason.INSUFFICIENT_FUNDS
    market.core(CommandKind.FUNDS, account=3, amount=1)

    events = market.send(K.ANSWER, "C", id=counter, flags=1)

    assert kinds(events)[-1] == "LISTING_ENDED"
    assert market.funds("C") == (0, 0)


@pytest.mark.parametrize("price", [690, 710])
def test_on_a_buy_listing_goods_come_when_agreed(market: DeskMarket, price: int) -> None:
    """Below and above the listing's price, proposed by the seller and by the buyer."""
    offered = propose(market, "C", 8, price, 4_000)
    assert market.goods("C") == (50_000, 0)
    market.does(K.ANSWER, "B", id=offered, flags=1)
    assert market.goods("C") == (46_000, 0)
    paid = price * 4_000 * 10_020 // 10_000
    assert sum(market.funds("B")) == 100_000_000 - paid
    assert market.funds("B")[1] == 700 * 6_000 * 10_020 // 10_000

    propose(market, "D", 8, 720, 6_000)
    counter = propose(market, "B", 8, price, 6_000, other=4)
    market.core(CommandKind.GOODS, account=4, product=1, quantity=-45_000)
    assert market.refuses(K.ANSWER, "D", id=counter, flags=1) == Reason.INSUFFICIENT_GOODS
    market.core(CommandKind.GOODS, account=4, product=1, quantity=1_000)
    market.does(K.ANSWER, "D", id=counter, flags=1)
    assert market.funds("B") == (100_000_000 - paid - price * 6_000 * 10_020 // 10_000, 0)


def test_a_newer_proposal_of_ones_own_uses_the_money_of_the_older(market: DeskMarket) -> None:
    market.core(CommandKind.FUNDS, account=3, amount=-(100_000_000 - 7_200_000))
    propose(market, "C", 7, 700, 10_000)

    propose(market, "C", 7, 718, 10_000)

    assert market.funds("C") == (7_200_000 - 7_194_360, 7_194_360)
    refused = {"id": 7, "price": 719, "quantity": 10_000, "amount": market.now_ns + HOUR}
    assert market.refuses(K.COUNTER, "C", **refused) == Reason.INSUFFICIENT_FUNDS


def test_refusing_taking_back_and_running_out_release(market: DeskMarket) -> None:
    first = propose(market, "C", 7, 700, 1_000)
    market.does(K.ANSWER, "A", id=first, flags=0)
    second = propose(market, "C", 7, 700, 1_000)
    market.does(K.ANSWER, "C", id=second, flags=TAKE_BACK)
    propose(market, "C", 7, 700, 1_000, amount=market.now_ns + 20 * SECOND)
    assert market.funds("C")[1] == 701_400

    assert reason_of(only(market.wait(20), E.PROPOSAL_ENDED)) == DeskReason.RUN_OUT
    assert market.funds("C") == (100_000_000, 0)
    propose(market, "A", 7, 710, 1_000, other=3)
    ended = only(market.send(K.WITHDRAW, "A", id=7), E.PROPOSAL_ENDED)
    assert reason_of(ended) == Reason.BY_OWNER


def test_a_proposal_that_cannot_be(market: DeskMarket) -> None:
    propose(market, "C", 7, 700, 1_000)
    good = {"id": 7, "price": 710, "quantity": 1_000, "amount": market.now_ns + HOUR}
    for letter, fields, reason in (
        ("C", {"id": 9}, DeskReason.UNKNOWN_LISTING),
        ("F", {}, DeskReason.RELATED_PARTY),
        ("A", {}, DeskReason.NOBODY_TO_ANSWER),
        ("A", {"other": 2}, DeskReason.NOBODY_TO_ANSWER),
        ("C", {"other": 2}, Reason.BAD_PARAMETER),
        ("C", {"price": 900}, Reason.PRICE_BAND),
        ("C", {"quantity": 10_100}, DeskReason.ABOVE_REMAINING),
        ("C", {"quantity": 50}, DeskReason.BELOW_MINIMUM_TAKE),
        ("C", {"amount": market.now_ns}, DeskReason.BAD_TIME),
    ):
        assert market.refuses(K.COUNTER, letter, **{**good, **fields}) == reason
    market.does(K.LIST, "B", product=1, side=Side.BUY, id=9, price=700, quantity=500, amount=good["amount"])
    assert market.refuses(K.COUNTER, "C", **{**good, "id": 9, "quantity": 500}) == DeskReason.NOT_NEGOTIABLE
    market.does(K.WITHDRAW, "A", id=7)
    assert market.refuses(K.COUNTER, "C", **good) == DeskReason.LISTING_CLOSED


def test_an_answer_that_cannot_be(market: DeskMarket) -> None:
    number = propose(market, "C", 7, 700, 8_000)
    for letter, flags, reason in (
        ("D", 1, DeskReason.UNKNOWN_PROPOSAL),
        ("C", 1, DeskReason.OWN_PROPOSAL),
        ("A", TAKE_BACK, DeskReason.NOT_YOUR_PROPOSAL),
        ("A", 3, Reason.BAD_PARAMETER),
    ):
        assert market.refuses(K.ANSWER, letter, id=number, flags=flags) == reason
    assert market.refuses(K.ANSWER, "A", id=99) == DeskReason.UNKNOWN_PROPOSAL
    market.does(K.TAKE, "B", id=7, price=720, quantity=5_000)
    assert market.refuses(K.ANSWER, "A", id=number, flags=1) == DeskReason.ABOVE_REMAINING
    market.does(K.DESK, product=1, flags=NEGOTIATED | LISTED, amount=0)
    assert market.refuses(K.ANSWER, "A", id=number, flags=1) == DeskReason.DESK_CLOSED
    market.does(K.DESK, product=1, flags=LISTED, amount=1)
    assert market.refuses(K.ANSWER, "A", id=number, flags=1) == DeskReason.MODE_OFF
    market.does(K.ANSWER, "A", id=number, flags=0)
