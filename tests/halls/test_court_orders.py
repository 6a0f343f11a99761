"""An authority's order over goods on offer: the offer ends, deals before it stand, the rest is frozen."""

from dataclasses import replace

from exchange.halls import services as halls
from exchange.halls.types import HallState, ListingState
from exchange.ops.receipt_jobs import receipt_polls
from matching.desk_events import DeskReason
from matching.desk_types import YES, AuctionKind, DeskCommand
from settlement.models import Contract
from tests.halls.hall import CHECKER, MAKER, Hall, K
from tests.halls.test_auction_deals import ENGLISH
from tests.halls.test_listing_deals import receipts
from tests.warehouse_receipts.goods import BODY, FUJI_CLASS_1, INSPECTOR
from tests.warehouse_receipts.test_court_orders import order
from warehouse_receipts import services
from warehouse_receipts.models import Disposal, Freeze, Receipt
from warehouse_receipts.selectors import receipts_of
from warehouse_receipts.states import FreezeState
from warehouse_receipts.types import Business, Grade, VarietyGroup


def state(case: int) -> str:
    return Freeze.objects.get(pk=case).state


def run(poll_name: str, hall: Hall) -> None:
    (poll,) = [poll for poll in receipt_polls() if poll.name == poll_name]
    poll.run(hall.floor.time_ns)


def test_a_listing_is_withdrawn_deals_before_it_stand_and_the_rest_is_frozen(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower), confirm=True)
    taken = hall.say(K.TAKE, dealer, listed.id, price=720, quantity=3_000).order_id
    hall.say(K.CONFIRM, grower, taken, flags=YES)
    waiting = hall.say(K.TAKE, dealer, listed.id, price=720, quantity=4_000).order_id

    case = order(listed.receipt_nos[0])
    assert state(case) == FreezeState.ORDERED
    hall.settle()

    assert hall.listing(listed.id).state == ListingState.WITHDRAWN
    assert state(case) == FreezeState.ACTIVE
    assert [(row.kg, row.business) for row in receipts_of(grower)] == [(17_000, Business.FROZEN)]
    assert [row.kg for row in receipts_of(dealer)] == [3_000]
    assert Contract.objects.count() == 1
    late = hall.say(K.CONFIRM, grower, waiting, flags=YES)
    assert late.reason != 0
    assert hall.say(K.TAKE, dealer, listed.id, price=720, quantity=1_000).reason == DeskReason.LISTING_CLOSED
    assert hall.differences() == []


def test_what_is_sold_before_the_floor_hears_is_the_buyers(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower))
    case = order(listed.receipt_nos[0])
    hall.floor.batch(DeskCommand(K.TAKE, account=dealer, id=listed.id, price=720, quantity=20_000))
    hall.settle()
    run("orders to freeze that wait", hall)

    assert state(case) == FreezeState.REFUSED
    assert [(row.kg, row.business) for row in receipts_of(dealer)] == [(20_000, Business.NONE)]
    assert hall.differences() == []


def test_an_offer_the_floor_does_not_know_yet_never_opens(hall: Hall) -> None:
    grower = hall.growers[0]
    terms = hall.terms(receipt_nos=receipts(hall, grower))
    row = halls.draft_listing(actor=MAKER, account_no=grower, terms=terms)
    halls.submit_listing(actor=MAKER, account_no=grower, listing_id=row.id)
    halls.approve_listing(actor=CHECKER, listing_id=row.id)
    case = order(terms.receipt_nos[0])
    hall.settle()

    failed = hall.listing(row.id)
    assert (failed.state, failed.failure) == (ListingState.FAILED, "receipt_under_order")
    assert state(case) == FreezeState.ACTIVE
    assert hall.differences() == []


def test_an_auction_is_called_off_and_its_lot_is_frozen(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    put_up = hall.put_up(grower, AuctionKind.ENGLISH, ENGLISH, receipt_nos=receipts(hall, grower))
    case = order(put_up.receipt_nos[0])
    hall.settle()

    assert hall.auction(put_up.id).state == HallState.CANCELLED
    assert state(case) == FreezeState.ACTIVE
    assert [(row.kg, row.business) for row in receipts_of(grower)] == [(20_000, Business.FROZEN)]
    assert hall.say(K.ENTER, dealer, put_up.id).reason != 0
    assert hall.differences() == []


def test_listed_goods_that_are_gone_are_withdrawn_and_written_off(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower))
    (no,) = listed.receipt_nos
    case = services.propose_write_off(no, reason="整垛腐烂", actor=MAKER)
    services.decide_disposal(case, approve=True, actor=CHECKER, cells={})
    hall.settle()
    assert hall.listing(listed.id).state == ListingState.WITHDRAWN
    assert hall.say(K.TAKE, dealer, listed.id, price=720, quantity=1_000).reason == DeskReason.LISTING_CLOSED
    run("receipts to be written off or regraded", hall)

    assert (Disposal.objects.get().state, Receipt.objects.get(no=no).ended) == ("done", "written_off")
    assert receipts_of(grower) == []
    assert hall.differences() == []


def test_listed_goods_of_another_grade_are_withdrawn_and_regraded(hall: Hall) -> None:
    grower = hall.growers[0]
    listed = hall.list(grower, receipt_nos=receipts(hall, grower))
    (no,) = listed.receipt_nos
    hall.add_product()
    cell, other = (product.cell for product in hall.products)
    old, lower = Receipt.objects.get(no=no), replace(other, grade=Grade.FIELD_RUN)
    services.reinspect(
        old.intake.no,
        body=BODY,
        inspector=INSPECTOR,
        group=VarietyGroup.FUJI,
        measured=replace(FUJI_CLASS_1, colour_pct=30),
        cells={cell.product_number: cell},
        actor=MAKER,
    )
    case = services.propose_regrade(no, lower, reason="复检降等", actor=MAKER)
    cells = {lower.product_number: lower}
    services.decide_disposal(case, approve=True, actor=CHECKER, cells=cells)
    hall.settle()
    assert hall.listing(listed.id).state == ListingState.WITHDRAWN
    services.sweep_downgrades()
    hall.settle()
    assert services.follow_disposals(cells) == 1
    hall.settle()

    assert [(row.product_number, row.kg) for row in receipts_of(grower)] == [(lower.product_number, 20_000)]
    assert hall.differences() == []
