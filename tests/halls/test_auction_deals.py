"""Each kind of auction from approval to the contract, the published file, and what goes back."""

import json

import pytest

from exchange.halls import auction_selectors as selectors
from exchange.halls import services as halls
from exchange.halls.credit import facts_of_auctions
from exchange.halls.errors import BadAuctionTerms, NoBidFile, NotReverse
from exchange.halls.selectors import deals_of, holds_of
from exchange.halls.types import AwardState, EntryState, HallState
from exchange.kernel.calendar import NS_PER_S
from exchange.kernel.errors import JinguoError
from exchange.members.credit import differences
from exchange.members.credit_selectors import own_facts
from exchange.members.credit_types import FactKind
from exchange.trading.models import Trade
from exchange.trading.types import TradeMode
from matching.auctions.sealed import commitment
from matching.auctions.verify import verify
from matching.desk_events import DeskReason
from matching.desk_types import YES, AuctionKind, DeskCommand, Pricing
from matching.types import Side
from settlement import services as settlement
from settlement.models import Contract, Transfer
from tests.halls.hall import CHECKER, HOUR_NS, MAKER, Hall, K, P
from warehouse_receipts.selectors import receipts_of
from warehouse_receipts.types import Business

MINUTE_NS = 60 * NS_PER_S
BOND = {P.BOND_FEN_PER_T: 20_000, P.FEE_RESERVE_FEN_PER_T: 2_000}
ENGLISH = {P.STEP: 5, P.DURATION_NS: 10 * MINUTE_NS, **BOND}


def receipts(account: int) -> tuple[str, ...]:
    return tuple(row.receipt_no for row in receipts_of(account))


def entered(hall: Hall, auction_id: int, *accounts: int) -> None:
    for account in accounts:
        hall.say(K.ENTER, account, auction_id)


def checked(hall: Hall, auction_id: int, state: HallState) -> None:
    """Ended as it should have, recomputable, and nothing is left on hold."""
    row = hall.auction(auction_id)
    assert row.state == state
    text, digest = selectors.bid_file(auction_id)
    assert digest == row.file_hash
    assert verify(json.loads(text)).agrees
    assert [hold for account in (*hall.growers, *hall.dealers) for hold in holds_of(account)] == []
    assert hall.differences() == []


def test_english_bids_extend_and_the_winner_gets_title_and_contract(hall: Hall) -> None:
    grower, (one, two, _) = hall.growers[0], hall.dealers
    soft = {P.SOFT_CLOSE_NS: MINUTE_NS, P.EXTENSION_NS: MINUTE_NS, P.MAX_EXTENSIONS: 3, P.RESERVE: 710}
    lot = hall.put_up(grower, AuctionKind.ENGLISH, ENGLISH | soft, receipt_nos=receipts(grower))
    assert (lot.state, lot.defined) == (HallState.ANNOUNCED, True)
    assert P.RESERVE not in lot.public_parameters
    entered(hall, lot.id, one, two)
    assert [entry.paddle for entry in selectors.entries_in(lot.id)] == [1, 2]
    assert selectors.entry_of(lot.id, one).bond_fen == 400_000  # type: ignore[union-attr]
    assert hall.differences() == []

    hall.wait(61 * NS_PER_S)
    assert hall.auction(lot.id).state == HallState.OPEN
    hall.bid(one, lot.id, price=700, amount=715)
    assert hall.bid(two, lot.id, price=718).reason == DeskReason.OFF_INCREMENT
    hall.wait(9 * MINUTE_NS - 30 * NS_PER_S)
    hall.bid(two, lot.id, price=715)
    row = hall.auction(lot.id)
    assert (row.price, row.leader_no, row.reserve_met) == (715, one, True)
    hall.wait(MINUTE_NS)
    hall.bid(two, lot.id, price=720)
    assert hall.auction(lot.id).extensions >= 1
    with pytest.raises(NoBidFile):
        selectors.bid_file(lot.id)
    hall.wait(3 * MINUTE_NS)

    checked(hall, lot.id, HallState.AWARDED)
    (deal,) = deals_of(two)
    contract = Contract.objects.get(trade_id=deal.id)
    assert (contract.mode, contract.price_fen, contract.quantity_kg) == ("auction", 720, 20_000)
    assert [award.state for award in selectors.awards(lot.id)] == [AwardState.PAID]
    assert sum(row.kg for row in receipts_of(two)) == 20_000
    assert hall.bid(one, lot.id, price=800).reason == DeskReason.AUCTION_OVER


def test_a_winner_who_does_not_pay_loses_his_bond_and_the_next_is_asked(hall: Hall) -> None:
    grower, (one, two, _) = hall.growers[0], hall.dealers
    lot = hall.put_up(grower, AuctionKind.ENGLISH, ENGLISH, receipt_nos=receipts(grower))
    entered(hall, lot.id, one, two)
    hall.wait(61 * NS_PER_S)
    hall.bid(two, lot.id, price=700)
    hall.bid(one, lot.id, price=705)
    for _ in range(2):
        hall.withdraw(one, 45_000_000)
    hall.settle()
    hall.wait(11 * MINUTE_NS)
    assert hall.auction(lot.id).state == HallState.PAYING
    assert selectors.awards(lot.id)[0].state == AwardState.DUE
    hall.wait(2 * HOUR_NS + MINUTE_NS)
    first, second = selectors.awards(lot.id)
    assert (first.state, first.forfeited_fen, second.account_no) == (AwardState.DEFAULTED, 400_000, two)
    assert Transfer.objects.get(kind="forfeit").amount_fen == 400_000
    (default,) = own_facts(one)
    assert (default.kind, default.role, default.kg) == ("auction_default", "bidder", 20_000)
    assert differences(facts_of_auctions(), kind=FactKind.AUCTION_DEFAULT) == ((), ())
    assert hall.differences() == []
    hall.say(K.PAY, two, lot.id)
    checked(hall, lot.id, HallState.AWARDED)
    assert deals_of(two)[0].price == 700


def test_dutch_first_press_wins_and_the_clock_starts_again_for_the_rest(hall: Hall) -> None:
    grower, (one, two, _) = hall.growers[0], hall.dealers
    parameters = {
        P.STEP: 5,
        P.TICK_NS: 10 * NS_PER_S,
        P.FLOOR: 600,
        P.MIN_TAKE: 1_000,
        P.RAISE_FEN: 10,
    } | BOND
    lot = hall.put_up(grower, AuctionKind.DUTCH, parameters, receipt_nos=receipts(grower))
    entered(hall, lot.id, one, two)
    hall.wait(61 * NS_PER_S)
    seen = hall.auction(lot.id)
    price = seen.price - (hall.floor.time_ns + NS_PER_S - seen.until_ns) // (10 * NS_PER_S) * 5
    assert hall.bid(one, lot.id, price=price, quantity=6_000).filled_kg == 6_000
    assert [row.kg for row in receipts_of(one)] == [6_000]
    assert hall.auction(lot.id).left_kg == 14_000
    assert hall.differences() == []
    hall.bid(two, lot.id, price=700, quantity=14_000)
    checked(hall, lot.id, HallState.AWARDED)
    assert sum(row.kg for row in receipts_of(two)) == 14_000


def test_sealed_bids_are_committed_revealed_and_pay_the_second_price(hall: Hall) -> None:
    grower, (one, two, three) = hall.growers[0], hall.dealers
    parameters = {
        P.STEP: 1, P.DURATION_NS: 5 * MINUTE_NS, P.PRICING: Pricing.SECOND, P.REVEAL_NS: 5 * MINUTE_NS,
    } | BOND  # fmt: skip
    lot = hall.put_up(grower, AuctionKind.SEALED, parameters, receipt_nos=receipts(grower))
    entered(hall, lot.id, one, two, three)
    hall.wait(61 * NS_PER_S)
    nonce = bytes(16)
    for account, price in ((one, 730), (two, 712), (three, 705)):
        sealed = commitment(lot.id, account, price, 20_000, nonce)
        epoch = hall.auction(lot.id).epoch
        hall.floor.batch(DeskCommand.commit(sealed, account=account, auction=lot.id, epoch=epoch))
    hall.settle()
    assert all(bid.hidden and not bid.price for bid in selectors.bids(lot.id))
    hall.wait(5 * MINUTE_NS)
    assert hall.auction(lot.id).state == HallState.REVEALING
    for account, price in ((one, 730), (two, 712)):
        hall.floor.batch(
            DeskCommand.reveal(nonce, account=account, auction=lot.id, price=price, quantity=20_000)
        )
    hall.wait(6 * MINUTE_NS)

    checked(hall, lot.id, HallState.AWARDED)
    assert deals_of(one)[0].price == 712
    assert {award.account_no: award.forfeited_fen for award in selectors.awards(lot.id)} == {
        one: 0,
        three: 400_000,
    }


def test_the_multi_round_clock_has_one_price(hall: Hall) -> None:
    grower, (one, two, _) = hall.growers[0], hall.dealers
    lot = hall.put_up(
        grower, AuctionKind.CLOCK, {P.STEP: 10, P.DURATION_NS: MINUTE_NS} | BOND, receipt_nos=receipts(grower)
    )
    entered(hall, lot.id, one, two)
    hall.wait(61 * NS_PER_S)
    hall.bid(one, lot.id, price=700, quantity=15_000)
    hall.bid(two, lot.id, price=700, quantity=15_000)
    hall.wait(MINUTE_NS)
    assert (hall.auction(lot.id).round, hall.auction(lot.id).price) == (2, 710)
    assert hall.bid(one, lot.id, price=710, quantity=16_000).reason == DeskReason.ACTIVITY_RULE
    hall.bid(one, lot.id, price=710, quantity=12_000)
    hall.bid(two, lot.id, price=710, quantity=8_000)
    hall.wait(2 * MINUTE_NS)
    checked(hall, lot.id, HallState.AWARDED)
    assert {(deal.price, deal.quantity_kg) for deal in deals_of(grower)} == {(710, 12_000), (710, 8_000)}


def test_a_need_is_met_by_the_cheapest_supplier_and_the_others_get_their_goods_back(hall: Hall) -> None:
    (one, two), buyer = hall.growers, hall.dealers[0]
    need = hall.put_up(
        buyer, AuctionKind.ENGLISH, ENGLISH, side=Side.BUY, quantity_kg=10_000, start_price=760
    )
    for grower in (one, two):
        settlement.bind_bank_account(actor=MAKER, account_no=grower, bank=hall.bank)
        hall.deposit(grower, 1_000_000)
        halls.supply(actor=MAKER, account_no=grower, auction_id=need.id, receipt_nos=receipts(grower))
    hall.settle()
    states = {(entry.state, entry.failure) for entry in selectors.entries_in(need.id)}
    assert states == {(EntryState.ENTERED, "")}
    hall.wait(61 * NS_PER_S)
    hall.bid(one, need.id, price=755)
    hall.bid(two, need.id, price=750)
    assert hall.differences() == []
    hall.wait(11 * MINUTE_NS)
    checked(hall, need.id, HallState.AWARDED)
    assert (Trade.objects.get().mode, Trade.objects.get().price) == (TradeMode.AUCTION, 750)
    assert [(row.kg, row.business) for row in receipts_of(one)] == [(20_000, Business.NONE)]
    assert [(row.kg, row.business) for row in receipts_of(two)] == [(10_000, Business.NONE)]
    assert sum(row.kg for row in receipts_of(buyer)) == 10_000


def test_an_outage_extends_what_is_open_and_old_bids_are_stale(hall: Hall) -> None:
    grower, one = hall.growers[0], hall.dealers[0]
    lot = hall.put_up(grower, AuctionKind.ENGLISH, ENGLISH, receipt_nos=receipts(grower))
    entered(hall, lot.id, one)
    hall.wait(61 * NS_PER_S)
    before = hall.auction(lot.id)
    hall.floor.time_ns += HOUR_NS
    hall.floor.batch(DeskCommand(K.TIME))
    hall.settle()
    after = hall.auction(lot.id)
    assert after.state == HallState.OPEN
    assert after.until_ns - before.until_ns >= HOUR_NS
    assert hall.bid(one, lot.id, price=700, other=before.epoch).reason == DeskReason.STALE_EPOCH
    hall.bid(one, lot.id, price=700)
    halls.pause_auction(actor=CHECKER, auction_id=lot.id, reason="网络故障")
    hall.settle()
    assert hall.bid(one, lot.id, price=705).reason == DeskReason.AUCTION_PAUSED
    halls.cancel_auction(actor=CHECKER, auction_id=lot.id, reason="货损")
    hall.settle()
    checked(hall, lot.id, HallState.CANCELLED)
    assert [(row.kg, row.business) for row in receipts_of(grower)] == [(20_000, Business.NONE)]


def test_the_owner_decides_below_reserve_and_terms_must_fit(hall: Hall) -> None:
    grower, one = hall.growers[0], hall.dealers[0]
    lot = hall.put_up(grower, AuctionKind.ENGLISH, ENGLISH | {P.RESERVE: 800}, receipt_nos=receipts(grower))
    with pytest.raises(NotReverse):
        halls.supply(actor=MAKER, account_no=one, auction_id=lot.id, receipt_nos=())
    entered(hall, lot.id, one)
    hall.wait(61 * NS_PER_S)
    hall.bid(one, lot.id, price=700)
    hall.wait(11 * MINUTE_NS)
    assert (hall.auction(lot.id).state, hall.auction(lot.id).reserve_met) == (HallState.DECIDING, False)
    hall.say(K.DECIDE, grower, lot.id, flags=YES)
    checked(hall, lot.id, HallState.AWARDED)
    with pytest.raises(BadAuctionTerms):
        hall.put_up(grower, AuctionKind.DUTCH, {P.STEP: 5}, receipt_nos=(), side=Side.BUY, quantity_kg=1_000)
    with pytest.raises(JinguoError, match="bad_time"):
        hall.put_up(one, AuctionKind.ENGLISH, ENGLISH, side=Side.BUY, quantity_kg=1_000, opens_at_ns=1)
