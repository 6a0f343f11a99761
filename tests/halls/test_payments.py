"""Deals that are not paid in full at once: bond and balance, escrow; money, title and contract to the end."""

from typing import Any

import pytest
from django.db import connection, transaction

from exchange.halls import selectors
from exchange.halls import services as halls
from exchange.halls.asking import ListingFilter
from exchange.halls.types import ListingState
from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.kernel.desk_errors import PaymentOff
from exchange.kernel.errors import BadParameter, BadTransition
from exchange.markets import services as markets
from exchange.markets.types import Payment, TradingRules
from exchange.trading.types import TradeMode
from matching.desk_types import IN_ESCROW, PAYMENTS, WITH_BOND, YES, DeskCommand
from matching.types import Reason, Side
from settlement import services as settlement
from settlement.models import Charge, Contract, Delivery
from settlement.selectors import funds_summary
from settlement.terms import balance_due_ns, breach_due_ns, late_fee_fen
from settlement.verify import verify_settlement
from tests.halls.hall import CHECKER, MAKER, Hall, K
from tests.settlement.clock import Clock, stopped_clock
from tests.trading.paper_floor import buy, sell
from tests.trading.table_dump import Killed, dump, killed_at
from warehouse_receipts import services as register
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.models import Endorsement, Freeze, Receipt
from warehouse_receipts.selectors import receipt_detail, receipts_of
from warehouse_receipts.states import FreezeKind, FreezeState
from warehouse_receipts.types import Business
from warehouse_receipts.verify import shortfalls

PRICE = 5_000 * 723
BOND = 361_500
FEE = 7_230
CASH = 100_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Now, for settlement, until it is told otherwise."""
    clock = stopped_clock(monkeypatch)
    clock.at_ns = calendar.now_ns()
    return clock


def receipts(account: int) -> tuple[str, ...]:
    return tuple(row.receipt_no for row in receipts_of(account))


def cash(account: int) -> int:
    return funds_summary(account).cash_fen


def sound(hall: Hall) -> None:
    """Tables, floor, ledger and register say the same, to the fen and kg."""
    hall.settle()
    assert hall.differences() == []
    assert verify_settlement() == []
    assert shortfalls() == []
    assert broken_chains() == []


def deal(hall: Hall, payment: int, **more: Any) -> Contract:
    """The first dealer takes 5 t at 7.23 of the first grower's listing."""
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(grower), price=723, payment=payment, **more)
    number = hall.say(K.TAKE, dealer, listed.id, price=723, quantity=5_000).order_id
    return Contract.objects.get(trade_id=number)


def allow_escrow(hall: Hall) -> None:
    product = hall.products[0]
    markets.close_session(actor=SYSTEM, reason="收市")
    rules = TradingRules(payments=Payment.BOND | Payment.ESCROW)
    markets.set_trading_rules(actor=SYSTEM, code=product.code, rules=rules, reason="试行先货后款")
    markets.open_session(actor=SYSTEM, reason="开市")
    hall.settle()


def test_with_a_bond_title_and_price_pass_with_the_balance(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    contract = deal(hall, WITH_BOND)

    assert (contract.status, contract.payment, contract.bond_fen) == ("unpaid", "bond", BOND)
    assert (cash(dealer), cash(grower)) == (CASH - BOND - FEE, 0)
    assert receipts(dealer) == ()
    (kept,) = contract.receipt_nos
    shown = receipt_detail(kept).receipt
    assert (shown.holder_no, shown.kg, shown.business) == (grower, 5_000, Business.CONTRACT)
    (row,) = selectors.deals_of(dealer)
    assert (row.payment, row.bond_fen, row.mode) == (WITH_BOND, BOND, TradeMode.LISTED)
    sound(hall)

    for _ in range(2):
        asked = settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
        assert asked == PRICE - BOND
    sound(hall)

    contract.refresh_from_db()
    assert (contract.status, contract.final_at_ns is not None) == ("effective", True)
    assert cash(dealer) == CASH - PRICE - FEE
    assert cash(grower) == PRICE - contract.deposit_fen
    assert receipts(dealer) == (kept,)
    passed = Endorsement.objects.get(receipt__no=kept)
    assert (passed.contract_no, passed.to_no, passed.kg) == (contract.contract_no, dealer, 5_000)
    assert passed.seq == Charge.objects.get().engine_seq
    bought = receipt_detail(kept).receipt
    assert (bought.business, bought.locked_until is not None) == (Business.NONE, True)


def test_what_a_need_takes_of_free_receipts_waits_for_the_balance_too(hall: Hall) -> None:
    """Orders hold a part of the receipt: the contract gets of the rest."""
    grower, dealer = hall.growers[0], hall.dealers[0]
    hall.floor.batch(sell(grower, hall.product, 720, 4_000))
    hall.settle()
    need = hall.list(dealer, side=Side.BUY, quantity_kg=6_000, price=723, payment=WITH_BOND, negotiable=True)
    first = hall.say(K.TAKE, grower, need.id, price=723, quantity=5_000)
    asked = hall.say(K.COUNTER, grower, need.id, price=731, quantity=1_000, amount=need.valid_until_ns)
    hall.say(K.ANSWER, dealer, asked.order_id, flags=YES)

    rows = selectors.deals_of(dealer)
    assert [(row.price, row.bond_fen) for row in rows] == [(731, 73_100), (723, BOND)]
    assert hall.listing(need.id).state == ListingState.SOLD_OUT
    sound(hall)
    contract = Contract.objects.get(trade_id=first.order_id)
    settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    sound(hall)
    assert [row.kg for row in receipts_of(dealer)] == [5_000]
    kept = Receipt.objects.filter(business=Business.CONTRACT)
    assert [(row.kg, row.holder_no) for row in kept] == [(1_000, grower)]


def test_who_does_not_pay_loses_the_bond_and_the_goods_go_back(hall: Hall, clock: Clock) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    contract = deal(hall, WITH_BOND)
    hall.floor.batch(buy(dealer, hall.product, 720, 137_000))
    hall.settle()
    settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    sound(hall)
    assert Charge.objects.get().state == "due"

    clock.at_ns = breach_due_ns(contract.day)
    assert settlement.run_due(clock.at_ns).broken == 1
    sound(hall)

    contract.refresh_from_db()
    assert contract.status == "breached"
    assert (cash(dealer), cash(grower)) == (CASH - BOND - FEE, BOND)
    assert Charge.objects.get().state == "waived"
    with pytest.raises(BadTransition):
        settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    again = hall.list(grower, receipt_nos=contract.receipt_nos, valid_until_ns=clock.at_ns + 10**12)
    assert (again.state, again.quantity_kg) == (ListingState.OPEN, 5_000)
    sound(hall)


def test_a_late_balance_costs_its_fee_and_passes_title(hall: Hall, clock: Clock) -> None:
    dealer = hall.dealers[0]
    contract = deal(hall, WITH_BOND)
    clock.at_ns = balance_due_ns(contract.day) + 1
    fen = settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    late = late_fee_fen(PRICE - BOND, balance_due_ns(contract.day), clock.at_ns)
    assert (fen, late > 0) == (PRICE - BOND + late, True)
    sound(hall)
    assert receipts(dealer) == tuple(contract.receipt_nos)
    assert Delivery.objects.get().stage == "titled"


def test_in_escrow_title_passes_at_once_and_the_seller_is_paid_on_acceptance(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    allow_escrow(hall)
    contract = deal(hall, IN_ESCROW)

    assert (contract.status, contract.payment) == ("effective", "escrow")
    assert contract.payment_schedule[0]["released"] == "acceptance"
    assert (cash(dealer), cash(grower)) == (CASH - PRICE - FEE, 0)
    assert receipts(dealer) == tuple(contract.receipt_nos)
    assert funds_summary(dealer).escrow_fen == PRICE
    sound(hall)

    settlement.accept(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    sound(hall)
    assert (cash(grower), funds_summary(dealer).escrow_fen) == (PRICE, 0)


def test_what_is_not_allowed_or_not_there_is_refused(hall: Hall) -> None:
    grower = hall.growers[0]
    for payment, refusal in ((IN_ESCROW, PaymentOff), (PAYMENTS, BadParameter), (1, BadParameter)):
        with pytest.raises(refusal):
            halls.draft_listing(
                actor=MAKER,
                account_no=grower,
                terms=hall.terms(receipt_nos=receipts(grower), payment=payment),
            )
    listed = hall.list(grower, receipt_nos=receipts(grower), price=723, payment=WITH_BOND)
    assert [row.id for row in selectors.listings(wanted=ListingFilter(payment=WITH_BOND)).rows] == [listed.id]
    assert selectors.listings(wanted=ListingFilter(payment=0)).rows == ()
    poor = hall.dealers[1]
    hall.floor.batch(buy(poor, hall.product, 720, 138_200))
    hall.settle()
    reply = hall.say(K.TAKE, poor, listed.id, price=723, quantity=5_000)
    assert reply.reason == Reason.INSUFFICIENT_FUNDS
    with pytest.raises(Exception, match="terms stand"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE halls_listing SET payment = 0")
    sound(hall)


def test_death_while_the_balance_is_paid_leaves_money_and_title_together(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = deal(hall, WITH_BOND)
    settlement.pay_balance(actor=SYSTEM, account_no=contract.buyer_no, contract_no=contract.contract_no)
    hall.dispatch()
    before = dump()
    with transaction.atomic():
        with pytest.MonkeyPatch.context() as patch, killed_at(0, patch) as seen:
            hall.projector.catch_up()
        statements = len(seen)
        transaction.set_rollback(True)
    assert statements > 20
    for statement in range(1, statements + 1, 2):
        with transaction.atomic():
            hall.restart_projector()
            with killed_at(statement, monkeypatch) as seen, pytest.raises(Killed):
                hall.projector.catch_up()
            assert dump() == before, f"rows survived death after {seen[-1]}"
            transaction.set_rollback(True)
    hall.restart_projector()
    sound(hall)
    assert receipts(contract.buyer_no) == tuple(contract.receipt_nos)


def order(no: str) -> Freeze:
    """An authority's freeze of a receipt, proposed and decided."""
    case = register.propose_freeze(
        no,
        kind=FreezeKind.AUTHORITY,
        authority="咸阳市中级人民法院",
        document_no="(2026)陕04执2号",
        reason="财产保全",
        until=None,
        actor=MAKER,
    )
    register.decide_freeze(case, approve=True, actor=CHECKER)
    return Freeze.objects.get(pk=case)


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_over_kept_goods_waits_for_the_contract(hall: Hall, clock: Clock, paid: bool) -> None:
    dealer = hall.dealers[0]
    contract = deal(hall, WITH_BOND)
    (kept,) = contract.receipt_nos
    freeze = order(kept)
    assert freeze.state == FreezeState.ORDERED
    if paid:
        settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    else:
        settlement.run_due(breach_due_ns(contract.day))
    sound(hall)
    register.follow_orders()
    sound(hall)
    freeze.refresh_from_db()
    shown = Receipt.objects.get(no=kept)
    if paid:
        assert (freeze.state, shown.holder_no, shown.business) == ("refused", dealer, Business.NONE)
    else:
        assert (freeze.state, shown.business) == ("active", Business.FROZEN)


def test_an_order_that_comes_before_the_tables_know_of_the_deal_stops_nothing(hall: Hall) -> None:
    grower, dealer = hall.growers[0], hall.dealers[0]
    listed = hall.list(grower, receipt_nos=receipts(grower), price=723, payment=WITH_BOND)
    (whole,) = receipts(grower)
    take = DeskCommand(K.TAKE, account=dealer, id=listed.id, price=723, quantity=5_000)
    (reply,) = hall.floor.batch(take)
    order(whole)
    sound(hall)
    contract = Contract.objects.get(trade_id=reply.order_id)
    register.follow_orders()
    sound(hall)
    settlement.pay_balance(actor=SYSTEM, account_no=dealer, contract_no=contract.contract_no)
    sound(hall)
    contract.refresh_from_db()
    assert contract.status == "effective"
    assert Receipt.objects.get(no=whole).business == Business.FROZEN, "what was not sold before the order"
