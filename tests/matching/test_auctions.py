"""Auctions at the desk: entry, bonds, awards, payment, default, interruptions, refusals."""

from typing import Any

import pytest

from matching.auctions.sealed import commitment
from matching.auctions.verify import verify
from matching.desk_events import DeskReason
from matching.desk_types import (
    ABOVE_ALERT,
    AUCTION,
    CANCEL,
    FIRST_DEAL,
    PAUSE,
    RESUME,
    AuctionKind,
    AuctionParameter,
    AuctionState,
    DeskCommand,
    DeskSetting,
    Pricing,
)
from matching.types import CommandKind, Reason, Side
from tests.matching.desk import SECOND, DeskMarket, E, K, kinds, only, reason_of

ENGLISH, DUTCH, SEALED, CLOCK = AuctionKind
ALL = 100_000_000
BOND, FEE = 20_000, 1_000
"""Of 10,000 kg."""
NONCE = bytes(range(16))


@pytest.fixture
def market() -> DeskMarket:
    return DeskMarket()


def opened(market: DeskMarket, kind: AuctionKind, bidders: str = "BCD", **more: Any) -> None:
    """A's auction, entered by some and open."""
    market.announces(kind, **more)
    for letter in bidders:
        market.does(K.ENTER, letter, id=1)
    market.wait(10)
    assert market.state_of() == AuctionState.OPEN


def file_agrees(market: DeskMarket, winner: int, price: int) -> None:
    """The bid file of auction 1 can be recomputed."""
    verdict = verify(market.engine.bid_file(1))
    assert verdict.agrees, verdict.why
    assert (verdict.winner, verdict.price) == (winner, price)


def leaves_poor(market: DeskMarket, letter: str) -> None:
    """Takes nearly all free money of an account."""
    free, _ = market.funds(letter)
    market.core(CommandKind.FUNDS, account=ord(letter) - ord("A") + 1, amount=-(free - 1_000))


# --- English ----------------------------------------------------------------------------------------------


def test_an_english_auction_from_entry_to_deal(market: DeskMarket) -> None:
    market.announces(ENGLISH)
    entered = only(market.send(K.ENTER, "B", id=1), E.ENTERED)
    assert (entered.price, entered.remaining, entered.quantity) == (BOND, FEE, 10_000)
    assert market.funds("B") == (ALL - BOND - FEE, BOND + FEE)
    market.does(K.ENTER, "C", id=1)
    assert market.bids("B", 700)[-1].reason == DeskReason.NOT_OPEN
    assert kinds(market.wait(10)) == ["AUCTION_STATE"]

    events = market.bids("B", 700)
    assert kinds(events) == ["BID_PLACED", "AUCTION_STATE"]
    state = only(events, E.AUCTION_STATE)
    assert (state.side, state.price, state.account) == (AuctionState.OPEN, 700, 2)
    market.bids("C", 710, amount=760)
    market.bids("B", 750)
    events = market.wait(100)

    assert kinds(events) == ["AWARDED", "DEAL", "DEAL_FEES", "AUCTION_STATE"]
    awarded, deal = only(events, E.AWARDED), only(events, E.DEAL)
    assert (awarded.account, awarded.price, awarded.quantity) == (3, 760, 10_000)
    assert (deal.order_id, deal.other_id, deal.side, deal.remaining) == (FIRST_DEAL + 1, 1, AUCTION, 1)
    assert market.funds("B") == (ALL, 0)
    assert market.funds("C") == (ALL - 7_600_000 - 15_200, 0)
    assert market.funds("A") == (ALL + 7_600_000 - 7_600 - 152_000, 0)
    assert market.goods("A") == (40_000, 0)
    assert market.bids("B", 800)[-1].reason == DeskReason.AUCTION_OVER
    file_agrees(market, 3, 760)


def test_the_hidden_stays_hidden_until_the_end(market: DeskMarket) -> None:
    opened(market, ENGLISH, reserve=790)
    events = market.bids("B", 700, amount=780)
    assert all(780 not in event and 790 not in event for event in events)
    assert only(events, E.AUCTION_STATE).reason == DeskReason.RESERVE_NOT_MET
    assert market.engine.bid_file(1) is None
    market.wait(100)
    assert market.engine.bid_file(1) is None
    market.does(K.DECIDE, "A", id=1)
    file = market.engine.bid_file(1)
    assert file is not None
    assert (file["terms"]["reserve"], file["bids"][0]["maximum"]) == (790, 780)


def test_the_owner_decides_below_reserve(market: DeskMarket) -> None:
    opened(market, ENGLISH, reserve=790)
    market.bids("B", 700)
    market.bids("C", 720)
    events = market.wait(100)
    due = only(events, E.DECISION_DUE)
    assert (due.account, due.other, due.price) == (1, 3, 720)
    assert (market.funds("B")[1], market.funds("C")[1]) == (0, BOND + FEE)
    assert market.refuses(K.DECIDE, "B", id=1, flags=1) == DeskReason.NOT_THE_OWNER
    assert market.refuses(K.DECIDE, "A", id=1, flags=2) == Reason.BAD_PARAMETER
    assert market.refuses(K.LEAVE, "C", id=1) == DeskReason.BINDING_BID

    events = market.send(K.DECIDE, "A", id=1, flags=1)

    assert reason_of(only(events, E.AWARDED)) == DeskReason.ACCEPTED
    assert market.state_of() == AuctionState.AWARDED
    assert market.refuses(K.DECIDE, "A", id=1, flags=1) == DeskReason.NOTHING_TO_DECIDE
    file_agrees(market, 3, 720)


def test_an_owner_who_does_not_decide_keeps_his_goods(market: DeskMarket) -> None:
    market.does(K.SETTING, id=DeskSetting.DECISION_NS, amount=30 * SECOND)
    opened(market, ENGLISH, reserve=790)
    market.bids("B", 700)
    market.wait(100)

    assert reason_of(only(market.wait(30), E.AUCTION_STATE)) == DeskReason.OVERDUE
    assert market.state_of() == AuctionState.UNSOLD
    assert market.funds("B") == (ALL, 0)
    market.does(K.LOT_RETURN, id=1)


def test_who_cannot_pay_loses_the_bond_and_the_runner_up_may_buy(market: DeskMarket) -> None:
    market.does(K.SETTING, id=DeskSetting.PAY_NS, amount=60 * SECOND)
    opened(market, ENGLISH)
    market.bids("B", 750)
    market.bids("C", 790)
    leaves_poor(market, "C")
    events = market.wait(100)
    due = only(events, E.PAYMENT_DUE)
    assert due.other_id == 7_900_000 + 15_800 - BOND - FEE
    assert market.state_of() == AuctionState.PAYING
    assert market.refuses(K.PAY, "C", id=1) == Reason.INSUFFICIENT_FUNDS
    assert market.refuses(K.PAY, "B", id=1) == DeskReason.NOTHING_TO_PAY

    events = market.wait(60)

    assert kinds(events) == ["DEFAULTED", "FORFEITED", "OFFERED", "AUCTION_STATE"]
    forfeited = only(events, E.FORFEITED)
    assert (forfeited.account, forfeited.other, forfeited.remaining) == (3, 1, BOND)
    assert market.funds("C") == (1_000 + FEE, 0)
    assert market.funds("A") == (ALL + BOND, 0)
    assert market.refuses(K.PAY, "C", id=1) == DeskReason.NOTHING_TO_PAY
    events = market.send(K.PAY, "B", id=1)
    assert reason_of(only(events, E.AWARDED)) == DeskReason.RUNNER_UP
    assert only(events, E.DEAL).price == 750
    assert market.state_of() == AuctionState.AWARDED
    file_agrees(market, 3, 790)


def test_a_runner_up_need_not(market: DeskMarket) -> None:
    market.does(K.SETTING, id=DeskSetting.PAY_NS, amount=10 * SECOND)
    market.does(K.SETTING, id=DeskSetting.RUNNER_UP_NS, amount=20 * SECOND)
    opened(market, ENGLISH)
    market.bids("B", 750)
    market.bids("C", 790)
    leaves_poor(market, "C")
    events = market.wait(130)
    declined = [event for event in events if event.kind == E.DEFAULTED][-1]
    assert (declined.account, reason_of(declined)) == (2, DeskReason.DECLINED)
    assert (market.state_of(), market.funds("B")) == (AuctionState.UNSOLD, (ALL, 0))
    assert market.engine.desk.lots[1].unpromised == 10_000


def test_a_winner_who_finds_the_money_in_time_pays(market: DeskMarket) -> None:
    opened(market, ENGLISH)
    market.bids("C", 790)
    leaves_poor(market, "C")
    market.wait(100)
    market.core(CommandKind.FUNDS, account=3, amount=ALL)

    answer = market.does(K.PAY, "C", id=1)

    assert (answer.order_id, answer.price, answer.quantity) == (FIRST_DEAL + 1, 790, 10_000)
    assert market.state_of() == AuctionState.AWARDED


def test_a_buyers_need_goes_to_the_lowest(market: DeskMarket) -> None:
    market.announces(ENGLISH, by="E", side=Side.BUY)
    assert market.funds("E")[1] == 7_014_000
    for lot, letter in enumerate("ABC", 1):
        market.does(K.LOT, letter, product=1, id=lot, quantity=12_000)
    assert market.refuses(K.ENTER, "A", id=1) == DeskReason.UNKNOWN_LOT
    assert market.refuses(K.ENTER, "A", id=1, extra=2) == DeskReason.UNKNOWN_LOT
    for lot, letter in enumerate("ABC", 1):
        market.does(K.ENTER, letter, id=1, extra=lot)
    market.wait(10)
    market.bids("A", 700)
    market.bids("B", 680, amount=650)
    market.bids("C", 660)
    deal = only(market.wait(100), E.DEAL)

    assert (deal.account, deal.other, deal.price, deal.remaining) == (5, 2, 650, 2)
    assert market.funds("E") == (ALL - 6_500_000 - 13_000, 0)
    assert market.funds("B") == (ALL + 6_500_000 - 6_500 - 130_000, 0)
    assert market.engine.desk.lots[2].kg == market.engine.desk.lots[2].unpromised == 2_000
    file_agrees(market, 2, 650)


# --- Dutch, sealed, clock ---------------------------------------------------------------------------------


def test_a_dutch_clock_deals_at_each_press(market: DeskMarket) -> None:
    opened(market, DUTCH, "BC", start=800, tick_ns=SECOND, floor=700, raise_fen=20)
    market.wait(3)
    events = market.bids("B", 780, 4_000)
    assert kinds(events) == ["BID_PLACED", "AWARDED", "DEAL", "DEAL_FEES", "AUCTION_STATE"]
    answer, state = events[-1], only(events, E.AUCTION_STATE)
    assert (answer.order_id, answer.price, answer.quantity) == (FIRST_DEAL + 1, 770, 4_000)
    assert (state.price, state.quantity, state.remaining) == (790, 6_000, market.now_ns)
    assert market.funds("B")[1] == (BOND + FEE) * 6 // 10
    assert market.refuses(K.BID, "C", id=1, price=770, quantity=10_000, other=1) == DeskReason.STALE_CLOCK
    assert market.refuses(K.BID, "B", id=1, price=790, quantity=150, other=1) == Reason.BAD_QUANTITY
    market.wait(2)
    market.bids("C", 770, 8_000)

    assert market.state_of() == AuctionState.AWARDED
    assert market.funds("B") == (ALL - 3_080_000 - 6_160, 0)
    assert market.funds("C") == (ALL - 4_620_000 - 9_240, 0)
    file_agrees(market, 0, 0)


def test_a_press_that_is_not_paid_goes_back_to_the_owner(market: DeskMarket) -> None:
    market.does(K.SETTING, id=DeskSetting.PAY_NS, amount=5 * SECOND)
    opened(market, DUTCH, "BC", start=800, tick_ns=10 * SECOND, floor=790)
    leaves_poor(market, "B")
    market.bids("B", 800, 5_000)
    assert market.refuses(K.LEAVE, "B", id=1) == DeskReason.BINDING_BID
    market.bids("C", 800, 2_000)
    assert market.state_of() == AuctionState.OPEN
    events = market.wait(20)

    assert only(events, E.FORFEITED).remaining == BOND // 2
    assert market.funds("B") == (1_000 + FEE + BOND // 2, 0)
    assert (market.state_of(), market.engine.desk.lots[1].unpromised) == (AuctionState.AWARDED, 8_000)
    assert kinds(events)[-2:] == ["ROUND_ENDED", "AUCTION_STATE"]


def test_one_bids_for_no_more_than_ones_bond(market: DeskMarket) -> None:
    market.announces(DUTCH, start=800, tick_ns=SECOND, floor=700)
    market.does(K.ENTER, "B", id=1, quantity=3_000)
    market.wait(10)
    assert market.refuses(K.BID, "B", id=1, price=800, quantity=3_100, other=1) == DeskReason.BEYOND_BOND
    market.bids("B", 800, 2_000)
    assert market.refuses(K.BID, "B", id=1, price=800, quantity=1_100, other=1) == DeskReason.BEYOND_BOND
    market.bids("B", 800, 1_000)
    market.does(K.LEAVE, "B", id=1)


def test_sealed_bids_are_opened_at_the_end(market: DeskMarket) -> None:
    opened(market, SEALED, pricing=Pricing.LOWEST_ACCEPTED, reserve=720, min_bidders=3)
    for letter, price, kg in (("B", 760, 6_000), ("C", 780, 2_000), ("D", 720, 5_000)):
        events = market.bids(letter, price, kg)
        assert all(price not in event and kg not in event for event in events)
        assert reason_of(only(events, E.BID_PLACED)) == DeskReason.HIDDEN
        assert market.refuses(K.LEAVE, letter, id=1) == DeskReason.BINDING_BID
    events = market.wait(100)

    assert [event.price for event in events if event.kind == E.BID_OPENED] == [780, 760, 720]
    deals = [(event.account, event.quantity, event.price) for event in events if event.kind == E.DEAL]
    assert deals == [(3, 2_000, 720), (2, 6_000, 720), (4, 2_000, 720)]
    assert [market.funds(letter)[1] for letter in "BCD"] == [0, 0, 0]
    file_agrees(market, 0, 720)


def test_who_does_not_reveal_loses_the_bond(market: DeskMarket) -> None:
    opened(market, SEALED, pricing=Pricing.SECOND, reveal_ns=50 * SECOND)
    assert market.bids("B", 750)[-1].reason == DeskReason.WRONG_KIND
    for account, price in ((2, 750), (3, 790), (4, 730)):
        text = commitment(1, account, price, 10_000, NONCE)
        events = market.send_command(DeskCommand.commit(text, account=account, auction=1, epoch=1))
        assert events[-1].kind == E.ANSWERED
    events = market.wait(100)
    assert only(events, E.AUCTION_STATE).side == AuctionState.REVEALING
    assert market.refuses(K.ENTER, "E", id=1) == DeskReason.AUCTION_OVER
    for account, price in ((4, 730), (2, 750)):
        fields = {"account": account, "auction": 1, "price": price, "quantity": 10_000}
        only(market.send_command(DeskCommand.reveal(NONCE, **fields)), E.BID_OPENED)
    events = market.wait(50)

    lost = only(events, E.FORFEITED)
    assert (lost.account, lost.remaining, reason_of(lost)) == (3, BOND, DeskReason.UNREVEALED)
    assert market.funds("C") == (ALL - BOND, 0)
    assert market.funds("A")[0] == ALL + BOND + 7_300_000 - 7_300 - 146_000
    file_agrees(market, 2, 730)


def test_a_clock_auction_by_rounds(market: DeskMarket) -> None:
    opened(market, CLOCK, duration_ns=20 * SECOND)
    for letter, kg in (("B", 8_000), ("C", 6_000), ("D", 4_000)):
        market.bids(letter, 700, kg)
    events = market.wait(20)
    ended = only(events, E.ROUND_ENDED)
    assert (ended.other_id, ended.price, ended.quantity) == (1, 700, 18_000)
    assert market.refuses(K.LEAVE, "D", id=1) == DeskReason.BINDING_BID
    assert market.refuses(K.BID, "B", id=1, price=700, quantity=100, other=1) == DeskReason.STALE_CLOCK
    market.bids("B", 710, 6_000)
    market.bids("C", 710, 4_000)
    events = market.wait(20)

    deals = [(event.account, event.quantity, event.price) for event in events if event.kind == E.DEAL]
    assert deals == [(2, 6_000, 710), (3, 4_000, 710)]
    file_agrees(market, 0, 710)


# --- interruptions ----------------------------------------------------------------------------------------


def test_an_outage_extends_and_begins_an_epoch(market: DeskMarket) -> None:
    opened(market, ENGLISH)
    market.bids("B", 700)
    market.wait(80)
    market.now_ns += 1_000 * SECOND
    events = market.send(K.TIME)

    extended = only(events, E.EXTENDED)
    assert (extended.quantity, reason_of(extended)) == (1_000 * SECOND, DeskReason.OUTAGE)
    assert extended.remaining == market.now_ns + 20 * SECOND
    stale = market.refuses(K.BID, "C", id=1, price=710, other=1)
    assert stale == DeskReason.STALE_EPOCH
    market.bids("C", 710)
    assert kinds(market.wait(19.9)) == []
    assert only(market.wait(0.1), E.AWARDED).account == 3
    file_agrees(market, 3, 710)


def test_an_auction_does_not_open_and_end_in_an_outage(market: DeskMarket) -> None:
    market.announces(ENGLISH)
    market.does(K.ENTER, "B", id=1)
    market.now_ns += 10_000 * SECOND
    market.send(K.TIME)
    assert market.state_of() == AuctionState.OPEN
    market.bids("B", 700)
    assert only(market.wait(100), E.AWARDED).account == 2


def test_deadlines_of_payment_wait_for_the_exchange(market: DeskMarket) -> None:
    opened(market, ENGLISH)
    market.bids("C", 790)
    leaves_poor(market, "C")
    market.wait(100)
    market.now_ns += 10 * 3_600 * SECOND
    market.send(K.TIME)
    market.core(CommandKind.FUNDS, account=3, amount=ALL)
    market.does(K.PAY, "C", id=1)


def test_a_pause_extends_and_a_cancelled_auction_releases(market: DeskMarket) -> None:
    opened(market, ENGLISH)
    market.bids("B", 700)
    market.wait(50)
    market.does(K.CONTROL, id=1, flags=PAUSE)
    assert market.refuses(K.CONTROL, id=1, flags=PAUSE) == DeskReason.NOT_OPEN
    assert market.refuses(K.BID, "C", id=1, price=710, other=1) == DeskReason.AUCTION_PAUSED
    market.wait(500)
    extended = only(market.send(K.CONTROL, id=1, flags=RESUME), E.EXTENDED)
    assert extended.remaining == market.now_ns + 50 * SECOND
    assert market.refuses(K.CONTROL, id=1, flags=RESUME) == DeskReason.NOT_PAUSED
    market.bids("C", 710)

    market.does(K.CONTROL, id=1, flags=CANCEL)

    assert market.state_of() == AuctionState.CANCELLED
    assert [market.funds(letter) for letter in "BCD"] == [(ALL, 0)] * 3
    assert market.refuses(K.CONTROL, id=1, flags=CANCEL) == DeskReason.AUCTION_OVER
    assert market.refuses(K.LEAVE, "B", id=1) == DeskReason.AUCTION_OVER
    file_agrees(market, 0, 0)
    market.now_ns += 8 * 86_400 * SECOND
    market.send(K.TIME)
    assert market.engine.bid_file(1) is None


def test_an_auction_cancelled_while_paused_was_not_over(market: DeskMarket) -> None:
    opened(market, ENGLISH)
    market.bids("B", 700)
    market.does(K.CONTROL, id=1, flags=PAUSE)
    market.wait(500)
    market.does(K.CONTROL, id=1, flags=CANCEL)
    file_agrees(market, 0, 0)


def test_time_should_tick_while_an_auction_is_under_way(market: DeskMarket) -> None:
    market.announces(ENGLISH)
    assert (market.engine.ticking, market.engine.next_due_ns) == (False, market.now_ns + 10 * SECOND)
    market.wait(10)
    assert (market.engine.ticking, market.engine.next_due_ns) == (True, market.now_ns + 100 * SECOND)
    market.wait(100)
    assert not market.engine.ticking


# --- refusals ---------------------------------------------------------------------------------------------


def test_an_auction_that_cannot_be(market: DeskMarket) -> None:
    market.does(K.LOT, "A", product=1, id=1, quantity=10_000)
    good = {"product": 1, "side": Side.SELL, "mode": ENGLISH, "id": 5, "price": 700, "quantity": 10_000}
    good |= {"amount": market.now_ns + SECOND, "extra": 1}
    for fields, reason in (
        ({"product": 9}, Reason.UNKNOWN_PRODUCT),
        ({"side": 0}, Reason.BAD_PARAMETER),
        ({"mode": 9}, Reason.BAD_PARAMETER),
        ({"side": Side.BUY}, Reason.BAD_PARAMETER),
        ({"side": Side.BUY, "extra": 0, "mode": CLOCK}, Reason.BAD_PARAMETER),
        ({"side": Side.BUY, "extra": 0, "quantity": 1_000_000}, Reason.INSUFFICIENT_FUNDS),
        ({"id": 0}, Reason.BAD_PARAMETER),
        ({"price": 0}, Reason.BAD_PRICE),
        ({"quantity": 0}, Reason.BAD_QUANTITY),
        ({"quantity": 10_001}, DeskReason.LOT_TOO_SMALL),
        ({"amount": market.now_ns}, DeskReason.BAD_TIME),
        ({"extra": 2}, DeskReason.UNKNOWN_LOT),
    ):
        assert market.refuses(K.AUCTION, "A", **{**good, **fields}) == reason
    market.does(K.AUCTION, "A", **good)
    assert market.refuses(K.AUCTION, "A", **good) == DeskReason.NUMBER_TAKEN
    duration = AuctionParameter.DURATION_NS
    assert market.refuses(K.AUCTION_SET, id=5, other=99, amount=1) == Reason.BAD_PARAMETER
    assert market.refuses(K.AUCTION_SET, id=5, other=duration, amount=-1) == Reason.BAD_PARAMETER
    assert market.refuses(K.AUCTION_SET, id=6, other=duration, amount=1) == DeskReason.UNKNOWN_AUCTION
    assert market.refuses(K.ANNOUNCE, id=5) == Reason.BAD_PARAMETER
    market.does(K.AUCTION_SET, id=5, other=AuctionParameter.FLOOR, amount=1)
    assert market.refuses(K.ANNOUNCE, id=5) == Reason.BAD_PARAMETER
    market.does(K.AUCTION_SET, id=5, other=AuctionParameter.FLOOR, amount=0)
    assert market.refuses(K.ENTER, "B", id=5) == DeskReason.NOT_ANNOUNCED
    market.does(K.AUCTION_SET, id=5, other=duration, amount=SECOND)
    market.does(K.DESK, product=1, flags=0, amount=1)
    assert market.refuses(K.ANNOUNCE, id=5) == DeskReason.MODE_OFF
    market.does(K.DESK, product=1, flags=AUCTION, amount=0)
    market.does(K.ANNOUNCE, id=5)
    assert market.refuses(K.AUCTION_SET, id=5, other=duration, amount=1) == DeskReason.ALREADY_ANNOUNCED
    assert market.refuses(K.ANNOUNCE, id=5) == DeskReason.ALREADY_ANNOUNCED


def test_who_may_not_enter_or_bid(market: DeskMarket) -> None:
    market.announces(ENGLISH, alert=750, min_bidders=1)
    market.core(CommandKind.ACCOUNT, account=5, flags=1)
    for letter, fields, reason in (
        ("A", {}, DeskReason.OWN_AUCTION),
        ("F", {}, DeskReason.RELATED_PARTY),
        ("E", {}, Reason.SUSPENDED),
        ("G", {}, Reason.UNKNOWN_ACCOUNT),
        ("B", {"id": 9}, DeskReason.UNKNOWN_AUCTION),
        ("B", {"quantity": 5_000}, Reason.BAD_QUANTITY),
        ("B", {"extra": 1}, Reason.BAD_PARAMETER),
    ):
        assert market.refuses(K.ENTER, letter, **{"id": 1, **fields}) == reason
    market.core(CommandKind.FUNDS, account=4, amount=-(ALL - BOND - FEE + 1))
    assert market.refuses(K.ENTER, "D", id=1) == Reason.INSUFFICIENT_FUNDS
    market.does(K.ENTER, "B", id=1)
    assert market.refuses(K.ENTER, "B", id=1) == DeskReason.ALREADY_ENTERED
    market.wait(10)
    for letter, fields, reason in (
        ("A", {}, DeskReason.OWN_AUCTION),
        ("F", {}, DeskReason.RELATED_PARTY),
        ("C", {}, DeskReason.NOT_ENTERED),
        ("B", {"other": 2}, DeskReason.STALE_EPOCH),
        ("B", {"price": 705}, DeskReason.OFF_INCREMENT),
        ("B", {"price": 690}, DeskReason.BAD_BID),
        ("B", {"price": 760}, DeskReason.ALERT_PRICE),
        ("B", {"amount": 760}, DeskReason.ALERT_PRICE),
        ("B", {"flags": 2}, Reason.BAD_PARAMETER),
    ):
        assert market.refuses(K.BID, letter, **{"id": 1, "price": 700, "other": 1, **fields}) == reason
    assert market.refuses(K.REVEAL, "B", id=1) == DeskReason.WRONG_KIND
    assert market.refuses(K.COMMIT, "B", id=1, other=1) == DeskReason.WRONG_KIND
    assert market.refuses(K.LEAVE, "C", id=1) == DeskReason.NOT_ENTERED
    assert market.bids("B", 760, flags=ABOVE_ALERT)[-1].kind == E.ANSWERED


def test_too_few_bidders(market: DeskMarket) -> None:
    market.announces(ENGLISH, min_bidders=2)
    market.does(K.ENTER, "B", id=1)
    state = only(market.wait(10), E.AUCTION_STATE)
    assert (state.side, reason_of(state)) == (AuctionState.UNSOLD, DeskReason.TOO_FEW_BIDDERS)
    assert market.funds("B") == (ALL, 0)
    file_agrees(market, 0, 0)
