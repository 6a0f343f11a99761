"""What holders, lenders, warehouses and authorities do with receipts, and what they may not."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import SYSTEM, Actor
from exchange.members.credit import differences
from exchange.members.credit_selectors import own_facts
from exchange.members.credit_types import FactKind
from matching.types import Reason
from tests.warehouse_receipts.goods import (
    BODY,
    BUYER,
    CELL,
    FUJI_CLASS_1,
    INSPECTOR,
    OTHER_SELLER,
    SELLER,
    a_receipt,
    a_trade,
    a_warehouse,
    an_inspected_lot,
)
from warehouse_receipts import selectors, services, stocktaking, verify
from warehouse_receipts.case_errors import (
    BadPickup,
    BadPledge,
    OverShort,
    PickupLocked,
    StillShort,
    TooEarly,
    UnknownPickup,
    UnknownPledge,
    WrongPickupCode,
)
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.credit import facts_of_pledges
from warehouse_receipts.errors import (
    BadSplit,
    IssueBlocked,
    NotExtendable,
    NotMergeable,
    ReceiptHeld,
    ReceiptInBusiness,
    SamePerson,
    UnknownReceipt,
)
from warehouse_receipts.holding_history import Transfer
from warehouse_receipts.inspecting import Reinspected
from warehouse_receipts.models import Freeze, HolderNotice, LossNotice, Pickup, Pledge, Receipt, Stock
from warehouse_receipts.picking_up import NewPickup
from warehouse_receipts.setting_aside import set_asides_for
from warehouse_receipts.states import FreezeKind, StockTakeState
from warehouse_receipts.storage_fees import fees_of_pickup, mark_posted, periods, unposted_fees
from warehouse_receipts.types import Business, Grade, SetAsideState, VarietyGroup

pytestmark = pytest.mark.django_db

MAKER, CHECKER, OWNER = Actor("maker"), Actor("checker"), Actor("owner")


def id_number() -> str:
    """A made-up ID number with a right check character."""
    body = "61042919900101001"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def the_floor_agrees() -> None:
    """Answers every waiting request of ours as a floor with enough free goods would."""
    for row in outbox.pending():
        if row.reference.startswith("setaside"):
            services.floor_answered(row.reference, 1, 0)
    outbox.mark_applied(outbox.Answer(row.id, 1, 0) for row in outbox.pending())


def whole() -> None:
    assert verify.shortfalls() == []
    assert broken_chains() == []


@pytest.fixture
def receipt() -> str:
    """A receipt of the seller over 20 t."""
    return a_receipt(a_warehouse(), 20_000)


# Split and merge --------------------------------------------------------------------------------------


def test_a_split_adds_up_and_its_parts_merge_again(receipt: str) -> None:
    numbers = services.split_receipt(
        holder_no=SELLER, no=receipt, parts_kg=[5_000, 7_000, 8_000], actor=OWNER
    )
    assert [selectors.receipt_detail(no).receipt.kg for no in numbers] == [5_000, 7_000, 8_000]

    merged = services.merge_receipts(holder_no=SELLER, numbers=numbers, actor=OWNER)

    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}
    assert [row.receipt_no for row in selectors.receipts_of(SELLER)] == [merged]
    whole()


@pytest.mark.parametrize("parts_kg", [[20_000], [10_000, 9_000], [20_001, -1], [19_950, 50]])
def test_a_split_that_does_not_add_up_is_refused(receipt: str, parts_kg: list[int]) -> None:
    with pytest.raises(BadSplit):
        services.split_receipt(holder_no=SELLER, no=receipt, parts_kg=parts_kg, actor=OWNER)


def test_others_receipts_held_ones_and_other_lots_cannot_be_changed(receipt: str) -> None:
    other_lot = a_receipt("XY01", 1_000)
    with pytest.raises(UnknownReceipt):
        services.split_receipt(holder_no=OTHER_SELLER, no=receipt, parts_kg=[10_000, 10_000], actor=OWNER)
    with pytest.raises(NotMergeable):
        services.merge_receipts(holder_no=SELLER, numbers=[receipt, other_lot], actor=OWNER)
    halves = services.split_receipt(holder_no=SELLER, no=receipt, parts_kg=[10_000, 10_000], actor=OWNER)
    services.hold_for_order(7, SELLER, 1, 500)
    with pytest.raises(ReceiptHeld), transaction.atomic():
        services.merge_receipts(holder_no=SELLER, numbers=halves, actor=OWNER)


# Last day, downgrade, freeze, loss --------------------------------------------------------------------


def test_an_expired_receipt_leaves_the_market_and_a_second_try_pulls_the_orders(receipt: str) -> None:
    day = selectors.receipt_detail(receipt).receipt.expires_on + timedelta(days=1)
    assert services.expire_receipts(day) == 1
    assert services.expire_receipts(day) == 0
    services.floor_answered(outbox.pending()[-1].reference, 1, Reason.INSUFFICIENT_GOODS)
    assert services.expire_receipts(day) == 1
    assert [row.reference.split(":")[0] for row in outbox.pending()[-2:]] == ["setaside-pull", "setaside"]
    the_floor_agrees()
    assert selectors.receipt_totals(SELLER) == {}

    whole()


def test_an_expired_receipt_is_extended_by_a_fresh_report_or_picked_up(receipt: str) -> None:
    Receipt.objects.update(expires_on=calendar.today() - timedelta(days=1))
    services.expire_receipts(calendar.today())
    the_floor_agrees()
    until = calendar.today() + timedelta(days=20)
    with pytest.raises(NotExtendable):
        services.extend_receipt(receipt, until=until.replace(year=2099), cells={1: CELL}, actor=CHECKER)
    services.extend_receipt(receipt, until=until, cells={1: CELL}, actor=CHECKER)
    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}

    Receipt.objects.update(expires_on=calendar.today() - timedelta(days=1))
    services.expire_receipts(calendar.today())
    the_floor_agrees()
    assert asked(receipt, SELLER).kg == 20_000
    assert selectors.receipt_detail(receipt).receipt.business == Business.PICKUP
    whole()


def reinspected(receipt: str, **worse: int) -> Reinspected:
    intake = selectors.receipt_detail(receipt).intake_no
    return services.reinspect(
        intake,
        body=BODY,
        inspector=INSPECTOR,
        group=VarietyGroup.FUJI,
        measured=replace(FUJI_CLASS_1, **worse),
        cells={1: CELL},
        actor=SYSTEM,
    )


def test_a_downgrade_tells_the_holder_pulls_the_offers_and_ends_in_another_product(receipt: str) -> None:
    reinspected(receipt, colour_pct=60)
    assert HolderNotice.objects.get().kind == "downgraded"
    the_floor_agrees()
    assert selectors.receipt_detail(receipt).receipt.business == Business.DOWNGRADED

    lower = replace(CELL, product_number=2, grade=Grade.CLASS_2)
    case = services.propose_regrade(receipt, lower, reason="复检降等", actor=MAKER)
    with pytest.raises(SamePerson):
        services.decide_disposal(case, approve=True, actor=MAKER, cells={2: lower})
    assert services.decide_disposal(case, approve=True, actor=CHECKER, cells={2: lower}) == "done"
    new = Receipt.objects.get(no=receipt).successor.no
    assert [each.kind for each in HolderNotice.objects.all()] == ["regraded", "downgraded"]

    detail = selectors.receipt_detail(new)
    assert (detail.receipt.product_number, detail.inspection.grade) == (2, Grade.CLASS_2)
    assert list(Stock.objects.order_by("product_number").values_list("physical_kg", "receipted_kg")) == [
        (0, 0),
        (20_000, 20_000),
    ]
    whole()


def test_a_receipt_in_business_is_downgraded_when_that_business_ends(receipt: str) -> None:
    row = services.set_aside(
        holder_no=SELLER, receipt_nos=[receipt], business=Business.LISTING, reference="l:1", actor=OWNER
    )
    the_floor_agrees()
    reinspected(receipt, colour_pct=60)
    assert services.sweep_downgrades() == 0
    services.hand_back(row.id, reference="l:1")
    assert services.sweep_downgrades() == 1
    assert services.sweep_downgrades() == 0


def test_an_authority_freezes_by_two_persons_and_a_third_lifts(receipt: str) -> None:
    case = services.propose_freeze(
        receipt,
        kind=FreezeKind.AUTHORITY,
        authority="咸阳市中级人民法院",
        document_no="(2026)陕04执1号",
        reason="财产保全",
        until=None,
        actor=MAKER,
    )
    with pytest.raises(SamePerson):
        services.decide_freeze(case, approve=True, actor=MAKER)
    services.decide_freeze(case, approve=True, actor=CHECKER)
    assert Freeze.objects.get().state == "asked"
    the_floor_agrees()
    assert Freeze.objects.get().state == "active"
    with pytest.raises(ReceiptInBusiness):
        services.split_receipt(holder_no=SELLER, no=receipt, parts_kg=[10_000, 10_000], actor=OWNER)
    services.lift_freeze(case, actor=CHECKER)
    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}
    whole()


def test_a_lost_receipt_is_replaced_once_the_notice_has_run(receipt: str) -> None:
    case = services.report_loss(holder_no=SELLER, no=receipt, reason="遗失", actor=OWNER)
    the_floor_agrees()
    with pytest.raises(TooEarly):
        services.replace_lost(case, actor=CHECKER)
    LossNotice.objects.update(objections_until=calendar.today() - timedelta(days=1))
    with pytest.raises(SamePerson):
        services.replace_lost(case, actor=OWNER)
    new = services.replace_lost(case, actor=CHECKER)
    assert Receipt.objects.get(no=receipt).successor == Receipt.objects.get(no=new)
    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}
    whole()


# Pledge -----------------------------------------------------------------------------------------------


@pytest.fixture
def pledge(receipt: str) -> str:
    """20 t pledged for 80,000 元 at 7 元/kg: loan to value 57.15 %."""
    services.admit_lender(
        code="QN",
        name="秦农银行旬邑支行",
        uscc="91610429MA6XQN0001",
        first_ltv_bps=6_000,
        call_ltv_bps=7_500,
        cure_days=3,
        actor=CHECKER,
    )
    return applied(receipt, 8_000_000)


def applied(receipt: str, principal_fen: int) -> str:
    return services.apply_for_pledge(
        holder_no=SELLER,
        receipt_nos=[receipt],
        lender_code="QN",
        principal_fen=principal_fen,
        due_on=calendar.today() + timedelta(days=60),
        price_fen=700,
        actor=OWNER,
    )


def test_a_pledge_is_registered_when_lender_and_floor_agree_and_released_by_the_lender(pledge: str) -> None:
    services.decide_pledge(pledge, lender_code="QN", approve=True, actor=CHECKER)
    assert Pledge.objects.get().registration_no is None
    the_floor_agrees()
    assert Pledge.objects.get().registration_no is not None
    with pytest.raises(UnknownPledge):
        services.release_pledge(pledge, lender_code="OTHER", actor=CHECKER)
    services.release_pledge(pledge, lender_code="QN", actor=CHECKER)
    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}
    whole()


def test_goods_come_back_whether_lender_or_floor_says_no_first(pledge: str, receipt: str) -> None:
    services.decide_pledge(pledge, lender_code="QN", approve=False, actor=CHECKER)
    the_floor_agrees()
    assert selectors.receipt_totals(SELLER) == {1: (20_000, 0, 0)}
    again = applied(receipt, 1_000_000)
    services.floor_answered(outbox.pending()[-1].reference, 1, Reason.INSUFFICIENT_GOODS)
    assert Pledge.objects.get(no=again).reason == "insufficient_goods"
    with pytest.raises(BadPledge), transaction.atomic():
        applied(receipt, 8_400_001)


def test_a_fall_of_the_index_calls_for_more_and_an_unmet_call_ends_in_an_auction(pledge: str) -> None:
    services.decide_pledge(pledge, lender_code="QN", approve=True, actor=CHECKER)
    the_floor_agrees()
    day = calendar.today()
    assert services.review_pledges({1: 540}, day=day) == 0
    assert services.review_pledges({1: 500}, day=day) == 1
    assert services.review_pledges({1: 500}, day=day) == 0
    assert Pledge.objects.get().call_kg == 6_667
    more = a_receipt("XY01", 7_000)
    services.top_up(pledge, holder_no=SELLER, receipt_nos=[more], actor=OWNER)
    the_floor_agrees()
    assert Pledge.objects.get().call_kg == 0

    assert services.review_pledges({1: 300}, day=day) == 1
    with pytest.raises(TooEarly):
        services.ask_foreclosure(pledge, lender_code="QN", reason="未补足", day=day, actor=MAKER)
    late = day + timedelta(days=4)
    services.ask_foreclosure(pledge, lender_code="QN", reason="未补足", day=late, actor=MAKER)
    with pytest.raises(SamePerson):
        services.decide_foreclosure(pledge, approve=True, actor=MAKER)
    lots = services.decide_foreclosure(pledge, approve=True, actor=CHECKER)

    assert [(lot.business, lot.state, lot.left_kg) for lot in lots] == [
        (Business.AUCTION, SetAsideState.ACTIVE, 20_000),
        (Business.AUCTION, SetAsideState.ACTIVE, 7_000),
    ]
    assert [row.id for row in set_asides_for(f"foreclosure:{pledge}")] == [lot.id for lot in lots]
    assert [(fact.kind, fact.source) for fact in own_facts(SELLER)] == [("pledge_foreclosed", pledge)]
    assert differences(facts_of_pledges(), kind=FactKind.PLEDGE_FORECLOSED) == ((), ())
    whole()


# Pickup -----------------------------------------------------------------------------------------------


def soon() -> datetime:
    return calendar.now() + timedelta(hours=3)


@pytest.fixture
def bought() -> str:
    """20 t the buyer bought whole, in their resale lock."""
    no = a_receipt(a_warehouse(), 20_000)
    services.hold_for_order(7, SELLER, 1, 20_000)
    services.transfer_title([a_trade(1, 7, 20_000)])
    return no


def asked(no: str, holder_no: int = BUYER) -> NewPickup:
    return services.request_pickup(
        holder_no=holder_no,
        receipt_nos=[no],
        plate="陕D12345",
        person="李师傅",
        id_no=id_number(),
        slot_at=soon(),
        actor=OWNER,
    )


def arrived(no: str) -> NewPickup:
    pickup = asked(no)
    services.confirm_slot(pickup.no, warehouse_code="XY01", actor=MAKER)
    services.check_in(
        pickup.no, warehouse_code="XY01", code=pickup.code, plate="陕D12345", id_no=id_number(), actor=MAKER
    )
    return pickup


def test_goods_leave_in_loads_and_the_rest_goes_back(bought: str) -> None:
    pickup = arrived(bought)
    first = services.weigh_out(pickup.no, warehouse_code="XY01", kg=12_000, weighed_kg=12_200, actor=MAKER)
    assert first != [bought]
    services.weigh_out(pickup.no, warehouse_code="XY01", kg=5_000, weighed_kg=4_900, actor=MAKER)
    gate_pass = services.finish_pickup(pickup.no, warehouse_code="XY01", actor=MAKER)

    assert gate_pass.startswith("CM")
    row = Pickup.objects.get()
    assert (row.delivered_kg, row.weighed_kg, row.state) == (17_000, 17_100, "done")
    assert selectors.receipt_totals(BUYER) == {1: (0, 0, 3_000)}
    stock = Stock.objects.get()
    assert (stock.physical_kg, stock.receipted_kg) == (3_000, 3_000)
    with pytest.raises(UnknownPickup):
        services.weigh_out(pickup.no, warehouse_code="XY01", kg=3_000, weighed_kg=3_000, actor=MAKER)
    whole()


def test_the_scale_may_be_two_percent_away_and_nothing_more(bought: str) -> None:
    pickup = arrived(bought)
    with pytest.raises(OverShort):
        services.weigh_out(pickup.no, warehouse_code="XY01", kg=20_000, weighed_kg=19_599, actor=MAKER)
    with pytest.raises(BadPickup):
        services.weigh_out(pickup.no, warehouse_code="XY01", kg=20_001, weighed_kg=20_001, actor=MAKER)
    ended = services.weigh_out(pickup.no, warehouse_code="XY01", kg=20_000, weighed_kg=19_600, actor=MAKER)
    assert ended == [bought]


def test_wrong_codes_are_counted_and_lock_the_pickup(bought: str) -> None:
    pickup = asked(bought)
    services.confirm_slot(pickup.no, warehouse_code="XY01", actor=MAKER)

    def try_with(code: str, plate: str = "陕D12345") -> None:
        services.check_in(
            pickup.no, warehouse_code="XY01", code=code, plate=plate, id_no=id_number(), actor=MAKER
        )

    for _ in range(4):
        with pytest.raises(WrongPickupCode):
            try_with("0")
    with pytest.raises(WrongPickupCode):
        try_with(pickup.code, plate="陕D99999")
    with pytest.raises(PickupLocked):
        try_with(pickup.code)
    services.cancel_pickup(pickup.no, holder_no=BUYER, reason="重新申请", actor=OWNER)
    assert asked(bought).code
    whole()


def test_a_used_code_opens_nothing_and_another_warehouse_sees_nothing(bought: str) -> None:
    pickup = arrived(bought)
    with pytest.raises(UnknownPickup):
        services.check_in(
            pickup.no,
            warehouse_code="XY01",
            code=pickup.code,
            plate="陕D12345",
            id_no=id_number(),
            actor=MAKER,
        )
    with pytest.raises(UnknownPickup):
        services.weigh_out(pickup.no, warehouse_code="LQ01", kg=1_000, weighed_kg=1_000, actor=MAKER)
    stored = Pickup.objects.values().get()
    assert pickup.code not in str(stored)
    assert id_number() not in str(stored)


def test_each_holder_pays_for_the_days_the_goods_were_theirs() -> None:
    spans = periods(
        1,
        date(2026, 11, 1),
        [Transfer(date(2026, 11, 20), 2), Transfer(date(2026, 12, 10), 3)],
        date(2026, 12, 12),
    )
    assert [(payer, (end - start).days) for payer, start, end in spans] == [(1, 26), (2, 15)]
    assert periods(1, date(2026, 11, 1), [], date(2026, 11, 3))[0].to_day == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("back_on", "kept"),
    [
        (22, [(1, 61)]),
        (27, [(1, 61)]),
        (30, [(1, 26), (2, 3), (1, 32)]),
    ],
)
def test_a_sale_undone_gives_nobody_free_days(back_on: int, kept: list[tuple[int, int]]) -> None:
    """Sold on the 20th: until the 27th the seller pays; then the buyer, until the goods went back."""
    sold, back = Transfer(date(2026, 11, 20), 2), Transfer(date(2026, 11, back_on), 1, undone=True)
    first = date(2026, 11, 1)
    spans = periods(1, first, [sold, back], first + timedelta(days=61))
    assert [(payer, (end - start).days) for payer, start, end in spans] == kept

    before = Transfer(date(2026, 11, 18), 1)
    spans = periods(9, first, [before, sold, back], first + timedelta(days=61))
    assert spans[0] == (9, first, date(2026, 11, 25)), "free days from before the sale run on"
    assert sum((end - start).days for payer, start, end in spans if payer == 2) == max(0, back_on - 27)
    resold = Transfer(date(2026, 12, 10), 3)
    assert periods(1, first, [sold, back, resold], date(2027, 1, 1))[-1] == (
        3,
        date(2026, 12, 17),
        date(2027, 1, 1),
    )


def test_a_storage_fee_is_posted_once(bought: str) -> None:
    with transaction.atomic():
        pickup = arrived(bought)
        services.weigh_out(pickup.no, warehouse_code="XY01", kg=20_000, weighed_kg=20_000, actor=MAKER)
    fees = fees_of_pickup(pickup.no)
    assert fees == unposted_fees()
    for fee in fees:
        assert mark_posted(fee.id, "ledger:1")
        assert not mark_posted(fee.id, "ledger:2")
    assert unposted_fees() == []


# Stock-taking -----------------------------------------------------------------------------------------


def test_a_shortfall_blocks_issue_until_it_is_settled() -> None:
    warehouse = a_warehouse()
    a_receipt(warehouse, 20_000)
    lot = an_inspected_lot(warehouse, 1_000)
    services.store_intake(lot, CELL)
    take = stocktaking.count_stock(warehouse, {1: 19_000}, actor=MAKER)
    with pytest.raises(SamePerson):
        stocktaking.confirm_count(take, actor=MAKER)

    assert stocktaking.confirm_count(take, actor=CHECKER) == StockTakeState.SHORT

    assert Stock.objects.get().physical_kg == 20_000
    with pytest.raises(IssueBlocked):
        services.issue_receipt(lot, CELL, actor=SYSTEM)
    with pytest.raises(StillShort):
        stocktaking.settle_shortfall(take, note="补货", actor=CHECKER)
    more = an_inspected_lot(warehouse, 1_000)
    services.store_intake(more, CELL)
    stocktaking.settle_shortfall(take, note="补货", actor=CHECKER)
    services.issue_receipt(more, CELL, actor=SYSTEM)
    whole()


def test_a_surplus_and_a_loss_within_free_stock_correct_the_books() -> None:
    warehouse = a_warehouse()
    lot = an_inspected_lot(warehouse, 20_000)
    services.store_intake(lot, CELL)
    for counted in (20_300, 19_500):
        take = stocktaking.count_stock(warehouse, {1: counted}, actor=MAKER)
        assert stocktaking.confirm_count(take, actor=CHECKER) == StockTakeState.EVEN
        assert Stock.objects.get().physical_kg == counted
    whole()
