"""A listing becomes deals, contracts and titles, and whatever is left goes back."""

import pytest

from exchange.halls import selectors
from exchange.halls import services as halls
from exchange.halls.asking import ListingFilter
from exchange.halls.errors import MoreThanReceipts, TermsMissing
from exchange.halls.types import ListingState, ProposalState, TakeState
from exchange.kernel.errors import BadTransition, JinguoError, PriceBand
from exchange.trading.models import Trade
from exchange.trading.replies import OrderStatus
from exchange.trading.selectors import product_trades, trades_of
from exchange.trading.types import TradeMode
from matching.desk_events import DeskReason
from matching.desk_types import NO, YES
from matching.types import Reason, Side
from settlement.errors import SamePerson
from settlement.models import Contract
from tests.halls.hall import CHECKER, HOUR_NS, MAKER, Hall, K
from tests.trading.paper_floor import buy, sell
from warehouse_receipts.errors import ReceiptInBusiness, UnknownReceipt
from warehouse_receipts.selectors import receipt_detail, receipts_of
from warehouse_receipts.types import Business


def receipts(hall: Hall, account: int) -> tuple[str, ...]:
    return tuple(row.receipt_no for row in receipts_of(account))


def test_a_take_is_a_contract_with_title_and_money(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower), minimum_kg=2_000)
    assert (listed.state, listed.left_kg, listed.failure) == (ListingState.OPEN, 20_000, "")
    assert receipt_detail(listed.receipt_nos[0]).receipt.business == Business.LISTING

    reply = hall.say(K.TAKE, dealer, listed.id, price=720, quantity=5_000)

    assert (reply.status, reply.filled_kg, reply.remaining_kg) == (OrderStatus.APPLIED, 5_000, 15_000)
    trade = Trade.objects.get()
    assert (trade.trade_id, trade.mode, trade.subject) == (reply.order_id, TradeMode.LISTED, listed.id)
    contract = Contract.objects.get(trade_id=trade.trade_id)
    assert (contract.mode, contract.contract_no[10:]) == ("listing", "-L0000001")
    assert [row.kg for row in receipts_of(dealer)] == [5_000]
    assert hall.listing(listed.id).left_kg == 15_000
    assert hall.differences() == []

    hall.say(K.TAKE, dealer, listed.id, price=720, quantity=15_000)
    assert hall.listing(listed.id).state == ListingState.SOLD_OUT
    assert receipts_of(grower) == []
    assert hall.differences() == []


def test_deals_stand_among_trades_by_time_and_not_on_the_tape_of_the_book(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower)[:1], minimum_kg=2_000)
    deal = hall.say(K.TAKE, dealer, listed.id, price=720, quantity=5_000).order_id
    hall.floor.batch(
        sell(hall.growers[1], listed.product_number, 720, 1_000),
        buy(dealer, listed.product_number, 720, 1_000),
    )
    hall.settle()
    assert [row.trade_id for row in trades_of(dealer)] == [1, deal]
    assert [row.trade_id for row in trades_of(dealer, before=1)] == [deal]
    assert trades_of(dealer, before=deal) == []
    assert [row.trade_id for row in product_trades(listed.product_number)] == [1]


def test_what_is_withdrawn_goes_back_and_can_be_sold_again(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower))
    hall.say(K.TAKE, dealer, listed.id, price=720, quantity=3_000)
    hall.say(K.WITHDRAW, grower, listed.id)

    assert hall.listing(listed.id).state == ListingState.WITHDRAWN
    assert [(row.kg, row.business) for row in receipts_of(grower)] == [(17_000, Business.NONE)]
    assert hall.differences() == []
    assert hall.say(K.TAKE, dealer, listed.id, price=720, quantity=1_000).reason == DeskReason.LISTING_CLOSED


def test_a_take_waits_for_the_lister_and_is_released_when_he_does_not_answer(hall: Hall) -> None:
    grower, dealer, other = hall.growers[0], *hall.dealers[:2]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower), confirm=True)
    first = hall.say(K.TAKE, dealer, listed.id, price=720, quantity=3_000).order_id
    second = hall.say(K.TAKE, other, listed.id, price=720, quantity=4_000).order_id
    third = hall.say(K.TAKE, other, listed.id, price=720, quantity=1_000).order_id
    assert [take.id for take in selectors.takes_to_answer(grower)] == [first, second, third]
    assert hall.differences() == []

    hall.say(K.CONFIRM, grower, first, flags=YES)
    hall.say(K.CONFIRM, grower, second, flags=NO)
    hall.wait(5 * HOUR_NS)

    states = {take.id: take.state for take in selectors.takes_on(listed.id, viewer_no=grower)}
    assert states == {first: TakeState.CONFIRMED, second: TakeState.REFUSED, third: TakeState.OVERDUE}
    assert selectors.holds_of(other) == []
    assert hall.listing(listed.id).left_kg == 17_000
    assert hall.differences() == []


def test_a_need_is_filled_from_the_oldest_free_receipts(hall: Hall) -> None:
    (grower, second), dealer = hall.growers, hall.dealers[0]
    need = hall.list(dealer, side=Side.BUY, quantity_kg=6_000, price=730, negotiable=True)
    assert selectors.holds_of(dealer)[0].quantity == 6_000 * 730 + 8_760

    hall.say(K.TAKE, grower, need.id, price=730, quantity=2_000)
    proposal = hall.say(K.COUNTER, second, need.id, price=735, quantity=1_000, amount=need.valid_until_ns)
    hall.say(K.ANSWER, dealer, proposal.order_id, flags=YES)

    assert [(deal.mode, deal.price, deal.quantity_kg) for deal in selectors.deals_of(dealer)] == [
        (TradeMode.NEGOTIATED, 735, 1_000),
        (TradeMode.LISTED, 730, 2_000),
    ]
    assert sum(row.kg for row in receipts_of(grower)) == 18_000
    assert hall.differences() == []
    hall.wait(25 * HOUR_NS)
    assert hall.listing(need.id).state == ListingState.EXPIRED
    assert selectors.holds_of(dealer) == []
    assert hall.differences() == []


def test_both_sides_see_the_chain_of_counter_offers(hall: Hall) -> None:
    grower, (dealer, other, _) = hall.growers[0], hall.dealers
    listed = hall.list(grower, receipt_nos=receipts(hall, grower), negotiable=True)
    until = listed.valid_until_ns
    hall.say(K.COUNTER, dealer, listed.id, price=700, quantity=4_000, amount=until)
    answer = hall.say(
        K.COUNTER, grower, listed.id, other=dealer, price=710, quantity=4_000, amount=until
    ).order_id
    hall.say(K.COUNTER, other, listed.id, price=690, quantity=1_000, amount=until)
    assert [row.id for row in selectors.proposals_to_answer(dealer)] == [answer]
    hall.say(K.ANSWER, dealer, answer, flags=YES)

    chain = selectors.chains(listed.id, viewer_no=dealer)[dealer]
    assert [(step.account_no, step.price, step.state) for step in chain] == [
        (dealer, 700, ProposalState.COUNTERED),
        (grower, 710, ProposalState.AGREED),
    ]
    assert chain[-1].deal == Trade.objects.get().trade_id
    assert set(selectors.chains(listed.id, viewer_no=grower)) == {dealer, other}
    assert selectors.chains(listed.id, viewer_no=hall.growers[1]) == {}
    assert hall.differences() == []


def test_invited_members_alone_see_and_take_it(hall: Hall) -> None:
    grower, (dealer, other, _) = hall.growers[0], hall.dealers
    listed = hall.list(grower, receipt_nos=receipts(hall, grower), invited=("D000",))

    def seen(viewer: int | None) -> list[int]:
        return [row.id for row in selectors.listings(viewer_no=viewer, wanted=ListingFilter(side=2)).rows]

    assert (seen(None), seen(other), seen(dealer), seen(grower)) == ([], [], [listed.id], [listed.id])
    with pytest.raises(JinguoError, match="unknown_listing"):
        selectors.listing_by_id(listed.id, viewer_no=other)
    assert hall.say(K.TAKE, other, listed.id, price=720, quantity=1_000).reason == DeskReason.NOT_INVITED
    assert hall.say(K.TAKE, dealer, listed.id, price=720, quantity=1_000).status == OrderStatus.APPLIED


def test_an_edit_is_a_withdrawal_and_a_new_listing_with_its_history(hall: Hall) -> None:
    grower = hall.growers[0]
    nos = receipts(hall, grower)
    old = hall.list(grower, receipt_nos=nos)
    new = halls.relist(
        actor=MAKER,
        account_no=grower,
        listing_id=old.id,
        terms=hall.terms(price=730, receipt_nos=nos, quantity_kg=20_000),
    )
    with pytest.raises(ReceiptInBusiness):
        halls.approve_listing(actor=CHECKER, listing_id=new.id)
    hall.settle()
    halls.approve_listing(actor=CHECKER, listing_id=new.id)
    hall.settle()

    assert (hall.listing(old.id).state, hall.listing(old.id).next_id) == (ListingState.WITHDRAWN, new.id)
    assert (hall.listing(new.id).state, hall.listing(new.id).previous_id) == (ListingState.OPEN, old.id)
    assert [step.to_state for step in selectors.steps(f"listing:{old.id}")] == [
        "submitted",
        "approved",
        "open",
        "withdrawn",
    ]
    assert hall.differences() == []


def test_goods_that_orders_promise_fail_the_listing_and_stay_where_they_are(hall: Hall) -> None:
    from tests.trading.paper_floor import sell

    grower = hall.growers[0]
    hall.floor.batch(sell(grower, hall.product, 720, 5_000))
    listed = hall.list(grower, receipt_nos=receipts(hall, grower))
    assert (listed.state, listed.failure) == (ListingState.FAILED, "insufficient_goods")
    need = hall.list(hall.dealers[0], side=Side.BUY, quantity_kg=900_000, price=730)
    assert (need.state, need.reason) == (ListingState.FAILED, Reason.INSUFFICIENT_FUNDS)
    assert hall.differences() == []


def test_what_a_draft_is_refused_for(hall: Hall) -> None:
    grower, other = hall.growers
    nos = receipts(hall, grower)

    def draft(account: int = grower, **more: object) -> None:
        halls.draft_listing(actor=MAKER, account_no=account, terms=hall.terms(**more))

    for error, wrong in (
        (TermsMissing, {}),
        (MoreThanReceipts, {"receipt_nos": nos, "quantity_kg": 20_001}),
        (PriceBand, {"receipt_nos": nos, "price": 9_999}),
        (JinguoError, {"receipt_nos": nos, "valid_until_ns": 1}),
        (JinguoError, {"receipt_nos": nos, "minimum_kg": 30_000}),
        (JinguoError, {"receipt_nos": nos, "invited": ("G000",)}),
        (UnknownReceipt, {"receipt_nos": nos, "account": other}),
    ):
        with pytest.raises(error):
            draft(**wrong)
    row = halls.draft_listing(actor=MAKER, account_no=grower, terms=hall.terms(receipt_nos=nos))
    with pytest.raises(JinguoError, match="unknown_listing"):
        halls.submit_listing(actor=MAKER, account_no=other, listing_id=row.id)
    with pytest.raises(BadTransition):
        halls.approve_listing(actor=CHECKER, listing_id=row.id)
    halls.submit_listing(actor=MAKER, account_no=grower, listing_id=row.id)
    with pytest.raises(SamePerson):
        halls.approve_listing(actor=MAKER, listing_id=row.id)
    halls.refuse_listing(actor=CHECKER, listing_id=row.id, reason="图片不清")
    assert hall.listing(row.id).audit_note == "图片不清"
