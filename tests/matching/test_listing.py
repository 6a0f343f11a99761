"""Listings and takes: who gets what, what is held, what is refused."""

import pytest

from matching.desk_events import DeskReason
from matching.desk_types import (
    BY_THE_OPERATOR,
    CONFIRM,
    FIRST_DEAL,
    IN_ESCROW,
    INVITED,
    LISTED,
    NEGOTIATED,
    WITH_BOND,
    DeskCommand,
    DeskSetting,
)
from matching.market import new_market
from matching.types import CommandKind, Reason, Side
from tests.matching.desk import SECOND, DeskMarket, E, K, kinds, only, reason_of
from tests.matching.market import account_number

DAY = 86_400 * SECOND


@pytest.fixture
def market() -> DeskMarket:
    """Lot 1: 20,000 kg of A."""
    market = DeskMarket()
    market.does(K.LOT, "A", product=1, id=1, quantity=20_000)
    return market


def sells(market: DeskMarket, number: int = 7, **terms: int) -> None:
    """A lists 10,000 kg at 720, valid a day, at least 1,000 kg by steps of 500."""
    terms = {"price": 720, "quantity": 10_000, "other": 1_000, "mode": 5, "extra": 1, **terms}
    market.does(K.LIST, "A", product=1, side=Side.SELL, id=number, amount=market.now_ns + DAY, **terms)


def buys(market: DeskMarket, number: int = 8, **terms: int) -> None:
    """B wants 10,000 kg at 700, valid a day."""
    terms = {"price": 700, "quantity": 10_000, **terms}
    market.does(K.LIST, "B", product=1, side=Side.BUY, id=number, amount=market.now_ns + DAY, **terms)


def test_a_take_is_a_deal_at_once_to_the_fen(market: DeskMarket) -> None:
    sells(market)

    events = market.send(K.TAKE, "B", id=7, price=720, quantity=2_500)

    assert kinds(events) == ["DEAL", "DEAL_FEES", "LISTING_LEFT"]
    deal, fees, answer = only(events, E.DEAL), only(events, E.DEAL_FEES), events[-1]
    assert (deal.order_id, deal.other_id, deal.side) == (FIRST_DEAL + 1, 7, LISTED)
    assert (deal.price, deal.quantity, deal.remaining) == (720, 2_500, 1)
    assert (deal.account, deal.other) == (2, 1)
    assert (fees.price, fees.quantity, fees.remaining) == (3_600, 1_800, 36_000)
    assert (answer.order_id, answer.quantity, answer.remaining) == (FIRST_DEAL + 1, 2_500, 7_500)
    assert market.funds("B") == (100_000_000 - 1_800_000 - 3_600, 0)
    assert market.funds("A") == (100_000_000 + 1_800_000 - 1_800 - 36_000, 0)
    assert market.goods("A") == (30_000, 17_500)


def test_first_come_first_served_and_the_last_kg_end_the_listing(market: DeskMarket) -> None:
    sells(market, quantity=3_300)
    market.does(K.TAKE, "B", id=7, price=720, quantity=2_500)

    assert market.refuses(K.TAKE, "C", id=7, price=720, quantity=2_500) == DeskReason.ABOVE_REMAINING
    events = market.send(K.TAKE, "C", id=7, price=720, quantity=800)
    ended = only(events, E.LISTING_ENDED)
    assert (reason_of(ended), ended.quantity, ended.remaining) == (DeskReason.SOLD_OUT, 3_300, 0)
    assert market.refuses(K.TAKE, "D", id=7, price=720, quantity=800) == DeskReason.LISTING_CLOSED
    assert market.engine.desk.lots[1].promised == 0
    market.does(K.LOT_RETURN, id=1)
    assert market.goods("A") == (46_700, 0)


def test_a_take_that_cannot_be(market: DeskMarket) -> None:
    sells(market)
    market.core(CommandKind.ACCOUNT, account=5, flags=1)
    market.core(CommandKind.FUNDS, account=4, amount=-99_999_999)
    for letter, fields, reason in (
        ("B", {"id": 9}, DeskReason.UNKNOWN_LISTING),
        ("A", {}, DeskReason.OWN_LISTING),
        ("F", {}, DeskReason.RELATED_PARTY),
        ("E", {}, Reason.SUSPENDED),
        ("G", {}, Reason.UNKNOWN_ACCOUNT),
        ("B", {"price": 719}, DeskReason.STALE_PRICE),
        ("B", {"quantity": 500}, DeskReason.BELOW_MINIMUM_TAKE),
        ("B", {"quantity": 1_200}, DeskReason.OFF_TAKE_STEP),
        ("B", {"quantity": 10_500}, DeskReason.ABOVE_REMAINING),
        ("B", {"quantity": 0}, Reason.BAD_QUANTITY),
        ("D", {}, Reason.INSUFFICIENT_FUNDS),
    ):
        terms = {"id": 7, "price": 720, "quantity": 1_000, **fields}
        assert market.refuses(K.TAKE, letter, **terms) == reason
    market.does(K.DESK, product=1, flags=LISTED, amount=0)
    assert market.refuses(K.TAKE, "B", id=7, price=720, quantity=1_000) == DeskReason.DESK_CLOSED
    market.does(K.DESK, product=1, flags=NEGOTIATED, amount=1)
    assert market.refuses(K.TAKE, "B", id=7, price=720, quantity=1_000) == DeskReason.MODE_OFF


def test_a_listing_that_cannot_be(market: DeskMarket) -> None:
    sells(market)
    good = {"product": 1, "side": Side.SELL, "id": 8, "price": 720, "quantity": 5_000, "extra": 1}
    good["amount"] = market.now_ns + DAY
    for fields, reason in (
        ({"product": 9}, Reason.UNKNOWN_PRODUCT),
        ({"product": 2}, DeskReason.MODE_OFF),
        ({"id": 7}, DeskReason.NUMBER_TAKEN),
        ({"id": 0}, Reason.BAD_PARAMETER),
        ({"side": 3}, Reason.BAD_PARAMETER),
        ({"flags": 32}, Reason.BAD_PARAMETER),
        ({"flags": WITH_BOND | IN_ESCROW}, Reason.BAD_PARAMETER),
        ({"flags": WITH_BOND}, DeskReason.PAYMENT_OFF),
        ({"side": Side.BUY}, Reason.BAD_PARAMETER),
        ({"side": Side.BUY, "extra": 0, "flags": CONFIRM}, Reason.BAD_PARAMETER),
        ({"side": Side.BUY, "extra": 0, "quantity": 250}, Reason.BAD_QUANTITY),
        ({"price": 0}, Reason.BAD_PRICE),
        ({"price": 801}, Reason.PRICE_BAND),
        ({"quantity": 0}, Reason.BAD_QUANTITY),
        ({"other": 5_100}, Reason.BAD_QUANTITY),
        ({"amount": market.now_ns}, DeskReason.BAD_TIME),
        ({"extra": 2}, DeskReason.UNKNOWN_LOT),
        ({"quantity": 10_001}, DeskReason.LOT_TOO_SMALL),
    ):
        assert market.refuses(K.LIST, "A", **{**good, **fields}) == reason
    assert market.refuses(K.LIST, "B", **good) == DeskReason.UNKNOWN_LOT
    market.core(CommandKind.PRODUCT, product=1, price=600, quantity=800, amount=10**9, order_id=1)
    assert market.refuses(K.LIST, "A", **{**good, "mode": 255}) == Reason.BAD_QUANTITY
    market.core(CommandKind.PRODUCT, product=1, price=600, quantity=800, amount=100, order_id=500)
    rich = {**good, "side": Side.BUY, "extra": 0, "quantity": 1_000_000}
    assert market.refuses(K.LIST, "B", **rich) == Reason.INSUFFICIENT_FUNDS
    market.does(K.SETTING, id=DeskSetting.BAND, amount=0)
    market.does(K.LIST, "A", **{**good, "price": 1_000})


def test_a_buy_listing_pays_from_its_hold(market: DeskMarket) -> None:
    buys(market)
    assert market.funds("B") == (100_000_000 - 7_014_000, 7_014_000)
    market.core(CommandKind.ACCOUNT, account=2, price=500)

    events = market.send(K.TAKE, "C", id=8, price=700, quantity=4_000)

    assert only(events, E.DEAL).remaining == 0
    assert only(events, E.DEAL_FEES).price == 5_600
    assert market.goods("C") == (46_000, 0)
    assert market.funds("B") == (100_000_000 - 7_014_000, 7_014_000 - 2_805_600)
    assert market.refuses(K.TAKE, "D", id=8, price=700, quantity=6_100) == DeskReason.ABOVE_REMAINING
    market.core(CommandKind.GOODS, account=4, product=1, quantity=-50_000)
    assert market.refuses(K.TAKE, "D", id=8, price=700, quantity=6_000) == Reason.INSUFFICIENT_GOODS
    market.does(K.WITHDRAW, "B", id=8)
    assert market.funds("B") == (100_000_000 - 2_805_600, 0)


def test_a_take_waits_for_the_lister(market: DeskMarket) -> None:
    sells(market, flags=CONFIRM)

    pending = only(market.send(K.TAKE, "B", id=7, price=720, quantity=2_500), E.TAKE_PENDING)

    assert pending.remaining == market.now_ns + 4 * 3_600 * SECOND
    assert market.funds("B") == (100_000_000 - 1_803_600, 1_803_600)
    assert market.refuses(K.TAKE, "C", id=7, price=720, quantity=8_000) == DeskReason.ABOVE_REMAINING
    assert market.refuses(K.CONFIRM, "B", id=pending.order_id, flags=1) == DeskReason.UNKNOWN_TAKE
    assert market.refuses(K.CONFIRM, "A", id=99, flags=1) == DeskReason.UNKNOWN_TAKE
    assert market.refuses(K.CONFIRM, "A", id=pending.order_id, flags=2) == Reason.BAD_PARAMETER

    events = market.send(K.CONFIRM, "A", id=pending.order_id, flags=1)
    assert kinds(events) == ["DEAL", "DEAL_FEES", "TAKE_ENDED", "LISTING_LEFT"]
    ended = only(events, E.TAKE_ENDED)
    assert (reason_of(ended), ended.remaining) == (DeskReason.CONFIRMED, FIRST_DEAL + 1)
    assert market.funds("B") == (100_000_000 - 1_803_600, 0)
    assert market.refuses(K.CONFIRM, "A", id=pending.order_id, flags=1) == DeskReason.UNKNOWN_TAKE


def test_a_take_that_is_refused_or_overdue_is_released(market: DeskMarket) -> None:
    sells(market, flags=CONFIRM)
    market.does(K.SETTING, id=DeskSetting.CONFIRM_NS, amount=30 * SECOND)
    take = market.does(K.TAKE, "B", id=7, price=720, quantity=2_500).order_id
    ended = only(market.send(K.CONFIRM, "A", id=take), E.TAKE_ENDED)
    assert reason_of(ended) == DeskReason.REFUSED
    market.does(K.TAKE, "C", id=7, price=720, quantity=10_000)

    assert market.wait(29.9) == []
    events = market.wait(0.1)

    assert kinds(events) == ["TAKE_ENDED", "LISTING_LEFT"]
    assert reason_of(only(events, E.TAKE_ENDED)) == DeskReason.OVERDUE
    assert (market.funds("B"), market.funds("C")) == ((100_000_000, 0), (100_000_000, 0))
    assert market.engine.desk.listings[7].left == 10_000


def test_what_is_due_happens_before_the_command_that_comes_then(market: DeskMarket) -> None:
    sells(market)
    market.now_ns += DAY

    events = market.send(K.TAKE, "B", id=7, price=720, quantity=1_000)

    assert kinds(events[:-1]) == ["LISTING_ENDED"]
    assert reason_of(events[-1]) == DeskReason.LISTING_CLOSED
    market.now_ns += 7 * DAY
    assert reason_of(market.send(K.TAKE, "B", id=7, price=720)[-1]) == DeskReason.UNKNOWN_LISTING


def test_withdrawing_releases_everything(market: DeskMarket) -> None:
    sells(market, flags=CONFIRM)
    market.does(K.TAKE, "B", id=7, price=720, quantity=2_500)
    assert market.refuses(K.WITHDRAW, "B", id=7) == DeskReason.NOT_THE_LISTER
    assert market.refuses(K.WITHDRAW, "A", id=7, flags=2) == Reason.BAD_PARAMETER

    events = market.send(K.WITHDRAW, id=7, flags=BY_THE_OPERATOR)

    assert kinds(events) == ["TAKE_ENDED", "LISTING_ENDED"]
    assert reason_of(only(events, E.LISTING_ENDED)) == DeskReason.BY_OPERATOR
    assert market.funds("B") == (100_000_000, 0)
    assert market.engine.desk.lots[1].unpromised == 20_000
    assert market.refuses(K.WITHDRAW, "A", id=7) == DeskReason.LISTING_CLOSED


def test_only_the_invited_take(market: DeskMarket) -> None:
    sells(market, flags=INVITED)
    assert market.refuses(K.TAKE, "B", id=7, price=720, quantity=1_000) == DeskReason.NOT_INVITED
    assert market.refuses(K.INVITE, id=9, account=2) == DeskReason.UNKNOWN_LISTING
    assert market.refuses(K.INVITE, id=7, account=99) == Reason.UNKNOWN_ACCOUNT

    market.does(K.INVITE, id=7, account=3)
    market.does(K.INVITE, id=7, account=2)
    market.does(K.TAKE, "B", id=7, price=720, quantity=1_000)
    assert market.engine.desk.listings[7].invited == [2, 3]


def take(market: DeskMarket, letter: str, price: int, kg: int) -> bytes:
    """The record of a take of listing 7."""
    return DeskCommand(
        K.TAKE, market.now_ns, account=account_number(letter), id=7, price=price, quantity=kg
    ).pack()


def test_ten_thousand_takes_race_and_the_first_win() -> None:
    """40 t in takes of 1 t: the first forty that can pay and ask rightly, in order of arrival."""
    market = DeskMarket()
    market.does(K.LOT, "A", product=1, id=1, quantity=40_000)
    sells(market, quantity=40_000)
    racers = ["B", "C", "D", "E"]
    batch = b"".join(
        take(market, racers[at % 4], 720 if at % 7 else 721, 1_000 if at % 5 else 1_001)
        for at in range(10_000)
    )
    before = market.next_seq
    events = market.events(batch)

    winners = [event.seq - before for event in events if event.kind == E.DEAL]
    assert winners == [at for at in range(200) if at % 7 and at % 5][:40]
    assert sum(event.kind == E.LISTING_ENDED for event in events) == 1
    late = {reason_of(event) for event in events if event.seq - before > winners[-1]}
    assert late == {DeskReason.LISTING_CLOSED}
    assert market.goods("A") == (10_000, 0)
    other = new_market("reference")
    other.load(market.engine.snapshot())
    assert other.snapshot() == market.engine.snapshot()
