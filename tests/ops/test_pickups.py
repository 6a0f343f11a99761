"""One pickup for receipt and contract: weighed once, and every kilogram and fen of it found on both sides."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now, now_ns
from exchange.kernel.problems import JinguoError
from exchange.ops import pickups
from exchange.ops.store_money import post_storage_fees
from exchange.trading import rescission
from settlement import services as settlement
from settlement import stores
from settlement.errors import StoreOwes
from settlement.models import Breach, Charge, Contract, ContractPickup, Delivery, LedgerAccount, StoreLoss
from settlement.selectors import funds_summary
from settlement.types import TransferKind
from settlement.verify import verify_settlement
from tests.examples import examples
from tests.trading.exchange_in_tables import STORE, TableExchange
from tests.trading.paper_floor import buy, sell
from warehouse_receipts import services as receipts
from warehouse_receipts.models import (
    Load,
    Pickup,
    Receipt,
    StockMovement,
    StorageFee,
    Warehouse,
    WeightCorrection,
)
from warehouse_receipts.origins import held_of_trade, trades_of
from warehouse_receipts.picking_up import NewPickup
from warehouse_receipts.weight_corrections import propose_correction

pytestmark = pytest.mark.django_db

KEEPER, OWNER, CHECKER = Actor("keeper"), Actor("owner"), Actor("checker")
ID_NO = "11010519491231002X"
PRICE = 720


@pytest.fixture
def market(db: None) -> TableExchange:
    """A grower with 20 t, dealers with money; a second product whose goods can be sold on at once."""
    exchange = TableExchange()
    exchange.build(growers=1, dealers=2, products=1, kg=20_000, fen=100_000_000)
    return exchange


def deal(market: TableExchange, kg: int, *, seller: int | None = None, buyer: int | None = None) -> int:
    """A deal over kg of the newest product; the trade."""
    product = market.products[-1].number
    seller, buyer = seller or market.growers[0], buyer or market.dealers[0]
    market.floor.batch(sell(seller, product, PRICE, kg), buy(buyer, product, PRICE, kg))
    market.settle()
    return Contract.objects.order_by("-trade_id")[0].trade_id


def book(market: TableExchange, *receipt_nos: str, holder_no: int = 0) -> NewPickup:
    booked = pickups.book_pickup(
        holder_no=holder_no or market.dealers[0],
        receipt_nos=receipt_nos,
        plate="陕D12345",
        person="李师傅",
        id_no=ID_NO,
        slot_at=now() + timedelta(hours=3),
        actor=OWNER,
    )
    market.settle()
    return booked


def let_in(booked: NewPickup) -> None:
    """Slot confirmed, code, plate and identity card shown."""
    receipts.confirm_slot(booked.no, warehouse_code=STORE, actor=KEEPER)
    receipts.check_in(
        booked.no, warehouse_code=STORE, code=booked.code, plate="陕D12345", id_no=ID_NO, actor=KEEPER
    )


def load(no: str, kg: int, weighed_kg: int) -> None:
    pickups.weigh_out(no, warehouse_code=STORE, kg=kg, weighed_kg=weighed_kg, actor=KEEPER)


def leave(market: TableExchange, no: str) -> None:
    pickups.finish_pickup(no, warehouse_code=STORE, actor=KEEPER)
    market.settle()


def receipts_of(trade_id: int) -> list[str]:
    return [row.receipt_no for row in held_of_trade(trade_id)]


def stage(trade_id: int) -> str:
    return Delivery.objects.get(pk=trade_id).stage


def sound(market: TableExchange) -> None:
    market.settle()
    assert market.differences() == []
    assert verify_settlement(market.bank) == []


def test_one_pickup_moves_receipt_and_contract(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    booked = book(market, *receipts_of(trade))
    assert stage(trade) == "pickup_booked"
    let_in(booked)
    load(booked.no, 3_000, 2_970)
    assert stage(trade) == "weighed_out"
    load(booked.no, 2_000, 2_010)
    leave(market, booked.no)
    delivery = Delivery.objects.get(pk=trade)
    assert (delivery.stage, delivery.net_kg, delivery.over_short_fen) == ("departed", 4_980, -20 * PRICE)
    kept = funds_summary(market.growers[0]).quality_deposit_fen
    assert kept == Contract.objects.get(trade_id=trade).deposit_fen - 20 * PRICE
    assert Pickup.objects.get().state == "done"
    sound(market)


def test_what_a_truck_leaves_behind_waits_for_the_next(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    first = book(market, *receipts_of(trade))
    let_in(first)
    load(first.no, 3_000, 3_000)
    leave(market, first.no)
    assert stage(trade) == "titled"
    assert sum(row.of_trade_kg for row in held_of_trade(trade)) == 2_000
    second = book(market, *receipts_of(trade))
    let_in(second)
    load(second.no, 2_000, 2_000)
    leave(market, second.no)
    assert (stage(trade), held_of_trade(trade)) == ("departed", [])
    sound(market)


def test_goods_sold_on_are_fetched_under_the_last_contract(market: TableExchange) -> None:
    market.add_product(resale_lock_days=0)
    market.reopen()
    market.store_goods(market.growers[0], market.products[-1], 6_000)
    market.settle()
    first = deal(market, 6_000)
    second = deal(market, 4_000, seller=market.dealers[0], buyer=market.dealers[1])
    (no,) = receipts_of(second)
    assert trades_of([no]) == [second]
    assert sum(row.of_trade_kg for row in held_of_trade(first)) == 2_000
    booked = book(market, no, holder_no=market.dealers[1])
    let_in(booked)
    load(booked.no, 4_000, 3_990)
    leave(market, booked.no)
    assert (stage(first), stage(second)) == ("titled", "departed")
    assert Delivery.objects.get(pk=second).over_short_fen == -10 * PRICE
    sound(market)


def test_goods_that_orders_hold_or_that_are_pledged_cannot_be_fetched(market: TableExchange) -> None:
    market.add_product(resale_lock_days=0)
    market.reopen()
    market.store_goods(market.growers[0], market.products[-1], 6_000)
    market.settle()
    trade, product = deal(market, 6_000), market.products[-1].number
    market.floor.batch(sell(market.dealers[0], product, PRICE, 6_000))
    market.settle()
    booked = book(market, *receipts_of(trade))
    assert Pickup.objects.get(no=booked.no).state == "cancelled"
    assert (stage(trade), ContractPickup.objects.get().state) == ("titled", "cancelled")
    with pytest.raises(JinguoError) as refused:
        load(booked.no, 6_000, 6_000)
    assert refused.value.code == "unknown_pickup"
    other = deal(market, 1_000, seller=market.dealers[0], buyer=market.dealers[1])
    Receipt.objects.filter(no__in=receipts_of(other)).update(business="none")
    receipts.set_aside(
        holder_no=market.dealers[1],
        receipt_nos=receipts_of(other),
        business=receipts.Business.FROZEN,
        reference="freeze:test",
        actor=CHECKER,
    )
    with pytest.raises(JinguoError) as busy:
        book(market, *receipts_of(other), holder_no=market.dealers[1])
    assert busy.value.code == "receipt_in_business"
    assert stage(other) == "titled"


def test_a_pickup_called_off_takes_the_notice_back(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    booked = book(market, *receipts_of(trade))
    with pytest.raises(JinguoError):
        pickups.cancel_pickup(booked.no, holder_no=market.dealers[1], reason="冒名", actor=OWNER)
    assert stage(trade) == "pickup_booked"
    pickups.cancel_pickup(booked.no, holder_no=market.dealers[0], reason="改期", actor=OWNER)
    assert stage(trade) == "titled"
    assert pickups.fetchable(trade)[0].free


def test_a_truck_without_gate_pass_leaves_when_its_time_is_over(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    booked = book(market, *receipts_of(trade))
    let_in(booked)
    load(booked.no, 5_000, 5_000)
    assert pickups.finish_forgotten(now_ns(), KEEPER) == 0
    assert pickups.finish_forgotten(now_ns() + 25 * 3_600 * 10**9, KEEPER) == 1
    assert (stage(trade), Pickup.objects.get().state) == ("departed", "done")


# Fees and losses --------------------------------------------------------------------------------------


def test_fees_are_asked_once_and_wait_for_money(market: TableExchange) -> None:
    Warehouse.objects.update(handling_fee_fen_per_t=1_000)
    grower, dealer = market.growers[0], market.dealers[0]
    trade = deal(market, 5_000)
    earned = funds_summary(grower).cash_fen
    settlement.bind_bank_account(actor=OWNER, account_no=grower, bank=market.bank)
    settlement.request_withdrawal(actor=OWNER, account_no=grower, amount_fen=earned)
    market.settle()
    booked = book(market, *receipts_of(trade))
    let_in(booked)
    load(booked.no, 5_000, 5_000)
    leave(market, booked.no)
    assert post_storage_fees() == (2, 10_000, 0)
    assert post_storage_fees() == (0, 0, 0)
    market.settle()
    assert stores.balance_fen(STORE) == 5_000
    states = {fee.payer_no: stores.fee_states([fee.pk])[fee.pk].state for fee in StorageFee.objects.all()}
    assert states == {grower: "due", dealer: "paid"}
    market.deposit(grower, 5_000)
    market.settle()
    settlement.ask_again()
    sound(market)
    assert stores.balance_fen(STORE) == 10_000
    assert {entry.fen for entry in stores.entries(STORE)} == {5_000}


def test_the_store_makes_good_what_is_short_beyond_its_allowance(market: TableExchange) -> None:
    grower = market.growers[0]
    (own,) = Receipt.objects.filter(holder_no=grower).values_list("no", flat=True)
    booked = book(market, own, holder_no=grower)
    let_in(booked)
    load(booked.no, 20_000, 19_700)
    leave(market, booked.no)
    reference = market.products[0].reference_price
    assert stores.owed_fen(STORE) == 300 * reference
    assert settlement.pay_losses() == 0
    correction = propose_correction(
        booked.no, own, warehouse_code=STORE, right_kg=19_990, reason="读错磅", actor=KEEPER
    )
    with pytest.raises(JinguoError) as same:
        pickups.decide_weight(correction, approve=True, actor=KEEPER)
    assert same.value.code == "own_warehouse_proposal"
    pickups.decide_weight(correction, approve=True, actor=CHECKER)
    rows = StoreLoss.objects.values_list("number", "kg", "fen")
    assert list(rows) == [(0, 300, 300 * reference), (1, 10, -290 * reference)]
    assert WeightCorrection.objects.get().decided_by == "checker"


def test_the_seller_who_paid_for_short_weight_is_paid_by_the_store(market: TableExchange) -> None:
    Warehouse.objects.update(handling_fee_fen_per_t=30_000)
    trade = deal(market, 5_000)
    booked = book(market, *receipts_of(trade))
    let_in(booked)
    load(booked.no, 5_000, 4_950)
    leave(market, booked.no)
    before = funds_summary(market.growers[0]).cash_fen
    post_storage_fees()
    market.settle()
    owed = StoreLoss.objects.get()
    assert (owed.account_no, owed.fen) == (market.growers[0], 50 * PRICE)
    payout = settlement.propose_move(
        actor=KEEPER,
        kind=TransferKind.STORAGE_PAID,
        debit=f"payable:storage:{STORE}",
        credit="bank:client_money",
        amount_fen=290_000,
        reason="付仓储费",
    )
    with pytest.raises(StoreOwes), transaction.atomic():
        settlement.approve(actor=CHECKER, proposal_no=payout)
    assert settlement.pay_losses() == 1
    assert settlement.pay_losses() == 0
    sound(market)
    assert funds_summary(market.growers[0]).cash_fen == before - 150_000 + 50 * PRICE
    payable = LedgerAccount.objects.get(code=f"payable:storage:{STORE}")
    assert payable.credits_posted - payable.debits_posted == 300_000 - 50 * PRICE


def test_a_corrected_weight_is_paid_as_an_entry_of_its_own(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    booked = book(market, *receipts_of(trade))
    let_in(booked)
    load(booked.no, 5_000, 4_980)
    leave(market, booked.no)
    (no,) = Receipt.objects.filter(ended="delivered").values_list("no", flat=True)
    correction = propose_correction(
        booked.no, no, warehouse_code=STORE, right_kg=5_010, reason="磅单抄错", actor=KEEPER
    )
    pickups.decide_weight(correction, approve=True, actor=CHECKER)
    delivery = Delivery.objects.get(pk=trade)
    assert (delivery.net_kg, delivery.over_short_fen) == (5_010, 10 * PRICE)
    assert Charge.objects.get(charge_key__startswith="over_short").amount_fen == 30 * PRICE
    with pytest.raises(JinguoError):
        pickups.decide_weight(correction, approve=True, actor=CHECKER)
    sound(market)


# All or nothing, and every kilogram ------------------------------------------------------------------


class Killed(Exception):
    """The process died."""


def picture() -> list[object]:
    """Everything a pickup changes."""
    tables = (Receipt, Pickup, Load, ContractPickup, Delivery, StockMovement, StorageFee, Charge)
    return [list(table.objects.order_by("pk").values()) for table in (*tables, StoreLoss, LedgerAccount)]


def killed_at(statement: int, act: Callable[[], object]) -> bool:
    """Does it with the process dying before so many writes; whether it died."""
    count = 0

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            count += 1
            if count == statement:
                raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        try:
            act()
        except Killed:
            return True
    return False


def test_a_pickup_killed_between_any_two_writes_has_not_happened(market: TableExchange) -> None:
    trade = deal(market, 5_000)
    nos = receipts_of(trade)
    booked = book(market, *nos)
    let_in(booked)
    for act in (
        lambda: load(booked.no, 3_000, 2_990),
        lambda: pickups.finish_pickup(booked.no, warehouse_code=STORE, actor=KEEPER),
        post_storage_fees,
    ):
        before, statement = picture(), 1
        while killed_at(statement, act):
            if act is not post_storage_fees:
                assert picture() == before
            statement += 1 if statement < 6 else 5
    assert stage(trade) == "titled"
    assert StorageFee.objects.filter(posted_reference="").count() == 0
    sound(market)


def test_every_kilogram_and_fen_of_any_pickup_is_found(market: TableExchange) -> None:
    parts = st.lists(st.integers(100, 2_000), min_size=1, max_size=3)
    loads = st.lists(st.tuples(st.integers(1, 3_000), st.integers(-20, 20)), min_size=1, max_size=4)

    @settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(parts=parts, loads=loads, merges=st.booleans())
    def check(parts: list[int], loads: list[tuple[int, int]], merges: bool) -> None:
        with market.rewound(), suppress(Rewind), transaction.atomic():
            market.restart_projector()
            fetch_all(market, [kg // 100 * 100 for kg in parts], loads, merges)
            raise Rewind

    check()


class Rewind(Exception):
    """Takes an example back."""


def fetch_all(market: TableExchange, parts: list[int], loads: list[tuple[int, int]], merges: bool) -> None:
    trades = [deal(market, kg) for kg in parts]
    nos = [no for trade in trades for no in receipts_of(trade)]
    if merges and len(nos) > 1:
        nos = [receipts.merge_receipts(holder_no=market.dealers[0], numbers=nos, actor=OWNER)]
    booked = book(market, *nos)
    let_in(booked)
    left, weighed = sum(parts), 0
    for want, permille in loads:
        kg = min(want, left)
        if kg:
            says = kg + int(kg * permille / 1_000)
            load(booked.no, kg, says)
            left, weighed = left - kg, weighed + says
    leave(market, booked.no)
    rows = {row.delivery_id: row for row in ContractPickup.objects.filter(pickup_no=booked.no)}
    assert sum(row.kg for row in rows.values()) == sum(parts) - left
    assert sum(row.weighed_kg for row in rows.values()) == weighed
    for trade, bought in zip(trades, parts, strict=True):
        row, delivery = rows[trade], Delivery.objects.get(pk=trade)
        assert sum(held.of_trade_kg for held in held_of_trade(trade)) == bought - row.kg
        assert delivery.stage == ("departed" if row.kg == bought else "titled")
        assert delivery.over_short_fen == row.over_short_fen == (row.weighed_kg - row.kg) * PRICE
    sound(market)


def test_goods_given_back_by_a_rescission_are_fetched_like_others(market: TableExchange) -> None:
    """Their last transfer is no trade, so no contract moves; what the store lost it owes to their owner."""
    seller = market.growers[0]
    settlement.bind_bank_account(actor=OWNER, account_no=seller, bank=market.bank)
    market.deposit(seller, PRICE * 2_000)
    trade = deal(market, 2_000)
    number = Contract.objects.get(trade_id=trade).contract_no
    breach = settlement.notice_breach(
        actor=OWNER, contract_no=number, party="seller", ground="quality", reason="货不对板"
    )
    Breach.objects.filter(breach_no=breach).update(cure_due_ns=0)
    settlement.confirm_breach(actor=OWNER, breach_no=breach, reason="未补正")
    market.settle()
    undoing = rescission.propose(actor=OWNER, contract_no=number, reason="守约方要求解除")
    rescission.approve(actor=CHECKER, rescission_no=undoing)
    market.settle()
    (receipt,) = Contract.objects.get(trade_id=trade).receipt_nos
    booked = book(market, receipt, holder_no=seller)
    let_in(booked)
    load(booked.no, 2_000, 1_965)
    leave(market, booked.no)
    assert stage(trade) == "breached"
    assert StoreLoss.objects.get().account_no == seller
    assert not ContractPickup.objects.exists()
    sound(market)
