"""From an order to a settled trade: engine, journal and projector on real tables, no sockets."""

from collections.abc import Iterator
from datetime import date

import pytest
from pytest_django import DjangoDbBlocker

from exchange.kernel.audit import SYSTEM
from exchange.kernel.models import Outbox
from exchange.trading import bars, selectors
from exchange.trading.replies import OrderStatus
from matching.types import Reason
from settlement.selectors import contracts_of, funds_summary
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, cancel, sell
from warehouse_receipts.selectors import receipt_detail, receipts_of
from warehouse_receipts.setting_aside import hand_back, set_aside, set_aside_by_id
from warehouse_receipts.types import Business, SetAsideState

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def standing_exchange(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    """Two growers with 20 t each, two dealers with a million yuan each, one product, session open."""
    with standing(
        django_db_blocker,
        lambda: TableExchange().build(growers=2, dealers=2, products=1, kg=20_000, fen=100_000_000),
    ) as market:
        yield market


@pytest.fixture
def exchange(standing_exchange: TableExchange, db: None) -> TableExchange:
    return standing_exchange.again()


def test_facts_of_the_tables_reach_the_floor_and_both_agree(exchange: TableExchange):
    assert exchange.differences() == []
    assert selectors.projected_seq() == exchange.floor.replica.seq
    assert selectors.funds_position(exchange.dealers[0])[:2] == (100_000_000, 0)
    assert [row[1:] for row in selectors.goods_positions(exchange.growers[0])] == [(20_000, 0)]
    assert not Outbox.objects.filter(applied_seq__isnull=True).exists()


def test_a_trade_moves_money_fees_deposit_and_title_and_forms_a_contract(exchange: TableExchange):
    grower, dealer = exchange.growers[0], exchange.dealers[0]
    product = exchange.products[0].number
    # Given a grower's offer of 5 t, when a dealer takes 3 t of it
    exchange.floor.batch((sell(grower, product, 720, 5_000), "g-1"))
    exchange.floor.batch((buy(dealer, product, 730, 3_000), "d-1"))
    exchange.projector.catch_up()
    # Then money, fee and quality deposit moved
    assert funds_summary(dealer).cash_fen == 100_000_000 - 2_160_000 - 4_320
    assert funds_summary(grower).cash_fen == 2_160_000 - 43_200
    assert funds_summary(grower).quality_deposit_fen == 43_200
    # and 3 t of title, split off the grower's receipt and locked for five trading days
    (bought,) = receipts_of(dealer)
    (kept,) = receipts_of(grower)
    assert (bought.kg, bought.root_no, bought.locked_until) == (3_000, kept.receipt_no, date(2026, 11, 26))
    assert (kept.kg, kept.held_kg) == (17_000, 2_000)
    # and a contract names both sides and the receipt
    (contract,) = contracts_of(dealer).rows
    assert contract.receipt_nos == (bought.receipt_no,)
    assert (contract.seller.account_no, contract.buyer.account_no) == (grower, dealer)
    assert (contract.quantity_kg, contract.price_fen, contract.amount_fen) == (3_000, 720, 2_160_000)
    assert contract.delivery_place == "旬邑果库(XY01)"
    assert receipt_detail(bought.receipt_no).endorsements[-1].contract_no == contract.contract_no
    assert exchange.differences() == []


def test_orders_and_trades_can_be_asked_for(exchange: TableExchange):
    grower, dealer = exchange.growers[0], exchange.dealers[0]
    product = exchange.products[0].number
    exchange.floor.batch(
        (sell(grower, product, 720, 5_000), "g-1"), (sell(grower, product, 725, 1_000), "g-2")
    )
    exchange.floor.batch((buy(dealer, product, 720, 3_000), "d-1"), (buy(dealer, product, 900, 3_000), "d-2"))
    exchange.floor.batch(cancel(grower, 2))
    exchange.projector.catch_up()
    offered = selectors.orders_of(grower)
    assert [(order.order_id, order.status, order.filled, order.remaining) for order in offered] == [
        (2, OrderStatus.CANCELLED, 0, 0),
        (1, OrderStatus.PARTIALLY_FILLED, 3_000, 2_000),
    ]
    assert [order.order_id for order in selectors.orders_of(grower, status="open")] == [1]
    assert [order.order_id for order in selectors.orders_of(grower, status="done")] == [2]
    assert [order.order_id for order in selectors.orders_of(grower, before=2)] == [1]
    (refused,) = selectors.refused_orders_of(dealer)
    assert (refused.client_order_id, refused.reason) == ("d-2", Reason.PRICE_BAND)
    (trade,) = selectors.trades_of(dealer)
    assert selectors.trades_of(grower) == [trade]
    assert selectors.product_trades(product) == [trade]
    assert selectors.product_trades(product, before=trade.trade_id) == []
    assert selectors.trades_of_day(FRIDAY) == selectors.trades_of_day(FRIDAY, product) == [trade]
    assert selectors.trades_of_order(1, grower) == selectors.trades_of_order(3, dealer) == [trade]
    assert selectors.trades_of_order(1, dealer) == [], "another member's order is nobody's business"
    assert selectors.order_by_client_id(dealer, "d-1").order_id == 3
    assert selectors.order_by_id(3, grower) is None
    assert selectors.last_trading_day() == FRIDAY
    assert bars.day_statistics(FRIDAY)[product].volume_kg == 3_000
    assert bars.bars(product, "1m")[0].close == 720


def test_trades_of_a_member_on_both_sides_are_merged_in_order(exchange: TableExchange):
    grower, dealer, other = exchange.growers[0], exchange.dealers[0], exchange.dealers[1]
    product = exchange.products[0].number
    for taker in (dealer, other, dealer, other):
        exchange.floor.batch(sell(grower, product, 720, 100), buy(taker, product, 720, 100))
    exchange.projector.catch_up()
    assert [trade.trade_id for trade in selectors.trades_of(grower)] == [4, 3, 2, 1]
    assert [trade.trade_id for trade in selectors.trades_of(grower, before=4, limit=2)] == [3, 2]
    assert [trade.trade_id for trade in selectors.trades_of(dealer)] == [3, 1]


def test_a_withdrawal_is_reserved_in_the_ledger_when_the_floor_gives_the_money_up(exchange: TableExchange):
    dealer = exchange.dealers[0]
    exchange.withdraw(dealer, 40_000_000)
    exchange.settle()
    assert funds_summary(dealer).withdrawing_fen == 40_000_000
    assert selectors.funds_position(dealer).free == 60_000_000
    assert exchange.differences() == []


def test_a_withdrawal_of_money_held_by_orders_is_refused(exchange: TableExchange):
    dealer, product = exchange.dealers[0], exchange.products[0].number
    exchange.floor.batch(buy(dealer, product, 720, 130_000))
    exchange.withdraw(dealer, 40_000_000)
    exchange.settle()
    assert funds_summary(dealer).withdrawing_fen == 0
    assert exchange.differences() == []


def test_money_on_its_way_to_the_floor_is_no_difference(exchange: TableExchange):
    exchange.deposit(exchange.dealers[0], 5_000)
    exchange.store_goods(exchange.growers[0], exchange.products[0], 1_000)
    assert exchange.differences() == []
    exchange.settle()
    assert exchange.differences() == []
    assert selectors.funds_position(exchange.dealers[0]).free == 100_005_000


def test_without_a_resale_lock_bought_goods_can_be_sold_at_once(exchange: TableExchange):
    grower, dealer, other = exchange.growers[0], exchange.dealers[0], exchange.dealers[1]
    free = exchange.add_product(resale_lock_days=0)
    exchange.store_goods(grower, free, 5_000)
    exchange.reopen()
    exchange.floor.batch(sell(grower, free.number, 720, 1_000), sell(grower, free.number, 720, 500))
    exchange.floor.batch(buy(dealer, free.number, 720, 1_500))
    exchange.settle()
    assert [row[1:] for row in selectors.goods_positions(dealer)] == [(1_500, 0)]
    exchange.floor.batch(sell(dealer, free.number, 720, 1_500), buy(other, free.number, 720, 1_500))
    exchange.settle()
    assert {receipt.kg for receipt in receipts_of(other)} == {1_000, 500}
    assert receipts_of(dealer) == []
    assert exchange.differences() == []


def test_goods_set_aside_leave_the_spot_market_at_their_place_in_the_journal(exchange: TableExchange):
    grower, dealer, product = exchange.growers[0], exchange.dealers[0], exchange.products[0]
    (chosen,) = receipts_of(grower, product_number=product.number)
    exchange.store_goods(grower, product, 5_000)
    exchange.settle()
    exchange.floor.batch(sell(grower, product.number, 720, 1_000))
    row = set_aside(
        holder_no=grower,
        receipt_nos=[chosen.receipt_no],
        business=Business.LISTING,
        reference="listing:1",
        actor=SYSTEM,
    )
    exchange.dispatch()
    exchange.floor.batch(buy(dealer, product.number, 720, 1_000), sell(grower, product.number, 730, 500))

    exchange.settle()

    assert set_aside_by_id(row.id).state == SetAsideState.ACTIVE
    by_number = {receipt.receipt_no: receipt for receipt in receipts_of(grower)}
    assert by_number[chosen.receipt_no].kg == chosen.kg
    assert exchange.differences() == []
    hand_back(row.id, reference="test")
    exchange.settle()
    assert exchange.differences() == []


def test_goods_that_open_orders_promise_cannot_be_set_aside(exchange: TableExchange):
    grower, product = exchange.growers[0], exchange.products[0]
    (chosen,) = receipts_of(grower, product_number=product.number)
    exchange.floor.batch(sell(grower, product.number, 720, 500))
    row = set_aside(
        holder_no=grower,
        receipt_nos=[chosen.receipt_no],
        business=Business.LISTING,
        reference="listing:1",
        actor=SYSTEM,
    )
    exchange.settle()
    assert set_aside_by_id(row.id).reason == "insufficient_goods"
    assert exchange.differences() == []
