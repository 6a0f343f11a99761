"""Order terms, calls and several days, from the floor into the tables."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoDbBlocker

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import NS_PER_DAY, day_number, ns_of
from exchange.markets import selectors as markets
from exchange.markets import services
from exchange.members.services import set_related_group
from exchange.trading.closing_quotes import closing_quotes
from exchange.trading.models import Order
from exchange.trading.replies import OrderStatus
from exchange.trading.selectors import order_by_id, product_trades
from exchange.trading.verify import verify_journal
from matching.types import (
    MARKET_TO_LIMIT,
    POST_ONLY,
    Command,
    CommandKind,
    Phase,
    Reason,
    SelfTrade,
    TimeInForce,
)
from settlement.models import Transfer
from settlement.verify import verify_settlement
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import OPENING_NS, buy, cancel, replace, sell
from tests.trading.terms import with_terms
from warehouse_receipts.verify import shortfalls

pytestmark = pytest.mark.django_db

FRIDAY = calendar.trading_day(OPENING_NS)
GROWER, OTHER_GROWER, DEALER, OTHER_DEALER = 1, 2, 3, 4


class Days:
    """The wall clock of the tables, moved together with the floor's."""

    def __init__(self, market: TableExchange) -> None:
        self.market = market
        self.now = calendar.datetime_of(OPENING_NS)

    def pass_to(self, moment: datetime) -> None:
        self.now = moment
        self.market.floor.time_ns = ns_of(moment)


@pytest.fixture(scope="module")
def standing_exchange(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    """Two growers with 50 t, two dealers with money, on the morning of FRIDAY."""
    with standing(django_db_blocker, a_market) as market:
        yield market


def a_market() -> TableExchange:
    with pytest.MonkeyPatch.context() as early:
        early.setattr(calendar, "now", lambda: calendar.datetime_of(OPENING_NS))
        return TableExchange().build(growers=2, dealers=2, products=1, kg=50_000, fen=100_000_000)


@pytest.fixture
def days(standing_exchange: TableExchange, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    market = standing_exchange.again()
    made = Days(market)
    monkeypatch.setattr(calendar, "now", lambda: made.now)
    yield made
    market.settle()
    assert market.differences() == []
    assert verify_settlement() == []
    assert shortfalls() == []
    assert verify_journal(market.floor.journal).differences == []


@pytest.fixture
def market(days: Days) -> TableExchange:
    return days.market


def order(order_id: int) -> Order:
    return Order.objects.get(order_id=order_id)


def placed(market: TableExchange, *commands: Command) -> list[Order]:
    """Place them, project, and read the rows."""
    replies = market.floor.batch(*commands)
    market.settle()
    return [order(reply.order_id) for reply in replies]


def test_terms_stand_in_the_row(market: TableExchange) -> None:
    monday = day_number(FRIDAY) + 3
    resting, sold = placed(
        market,
        with_terms(buy(DEALER, 1, 700, 1_000), tif=TimeInForce.GTD, expires=monday, post_only=True),
        with_terms(sell(GROWER, 1, 690, 600), minimum=500, tif=TimeInForce.IOC),
    )
    assert (resting.time_in_force, resting.expires, resting.flags) == (TimeInForce.GTD, monday, POST_ONLY)
    assert (sold.minimum, sold.filled) == (500, 600)
    row = order_by_id(resting.order_id, DEALER)
    assert row is not None
    assert (row.expires, row.remaining) == (monday, 400)


@pytest.mark.parametrize(
    ("terms", "price", "kg", "status", "reason", "filled"),
    [
        ({"tif": TimeInForce.FOK}, 700, 2_000, OrderStatus.CANCELLED, Reason.FOK_UNFILLED, 0),
        ({"tif": TimeInForce.FOK}, 700, 1_000, OrderStatus.FILLED, Reason.NONE, 1_000),
        ({"minimum": 1_500}, 700, 2_000, OrderStatus.CANCELLED, Reason.MINIMUM_UNFILLED, 0),
        ({"minimum": 1_000}, 700, 2_000, OrderStatus.PARTIALLY_FILLED, Reason.NONE, 1_000),
        ({"post_only": True}, 700, 500, OrderStatus.CANCELLED, Reason.WOULD_TRADE, 0),
        ({"post_only": True}, 699, 500, OrderStatus.OPEN, Reason.NONE, 0),
        ({"market_to_limit": True}, 699, 500, OrderStatus.CANCELLED, Reason.NO_LIQUIDITY, 0),
        ({"market_to_limit": True}, 740, 1_500, OrderStatus.PARTIALLY_FILLED, Reason.NONE, 1_000),
        ({"tif": TimeInForce.IOC}, 700, 1_500, OrderStatus.CANCELLED, Reason.IOC_REST, 1_000),
    ],
)
def test_reply_and_row_say_what_became_of_an_order(
    market: TableExchange,
    terms: dict[str, object],
    price: int,
    kg: int,
    status: OrderStatus,
    reason: Reason,
    filled: int,
) -> None:
    market.floor.batch(sell(GROWER, 1, 700, 1_000))
    (reply,) = market.floor.batch(with_terms(buy(DEALER, 1, price, kg), **terms))  # type: ignore[arg-type]
    market.settle()
    row = order(reply.order_id)
    assert (reply.status, reply.reason, reply.filled_kg) == (status, reason, filled)
    assert (row.status, row.reason, row.filled) == (status, reason, filled)
    assert reply.remaining_kg == row.remaining


def test_a_market_to_limit_order_rests_at_the_price_it_found(market: TableExchange) -> None:
    _, taken = placed(
        market,
        sell(GROWER, 1, 700, 1_000),
        with_terms(buy(DEALER, 1, 740, 1_500), market_to_limit=True),
    )
    assert (taken.price, taken.flags) == (700, MARKET_TO_LIMIT)


def test_decrement_makes_both_smaller_and_the_reply_tells_the_new_total(market: TableExchange) -> None:
    for code in ("G001", "D000"):
        set_related_group(actor=SYSTEM, code=code, group="塬上红", reason="同一控制人")
    market.settle()
    market.floor.batch(sell(OTHER_GROWER, 1, 712, 400))
    incoming = with_terms(buy(DEALER, 1, 712, 1_000), self_trade=SelfTrade.DECREMENT)
    (reply,) = market.floor.batch(incoming)
    market.settle()
    assert (reply.status, reply.filled_kg, reply.remaining_kg) == (OrderStatus.OPEN, 0, 600)
    row = order(reply.order_id)
    assert (row.quantity, row.filled, row.remaining) == (600, 0, 600)
    assert order(1).status == OrderStatus.CANCELLED

    smaller = with_terms(sell(OTHER_GROWER, 1, 712, 200), self_trade=SelfTrade.DECREMENT)
    (reply,) = market.floor.batch(smaller)
    market.settle()
    assert (reply.status, reply.reason, reply.filled_kg) == (OrderStatus.CANCELLED, Reason.SELF_TRADE, 0)
    assert (order(2).quantity, order(2).remaining) == (400, 400)


def test_related_parties_do_not_trade_with_each_other(market: TableExchange) -> None:
    for code in ("G000", "D000"):
        set_related_group(actor=SYSTEM, code=code, group="塬上红", reason="同一控制人")
    market.settle()
    market.floor.batch(sell(GROWER, 1, 700, 1_000))
    (reply,) = market.floor.batch(buy(DEALER, 1, 700, 500))
    assert (reply.status, reply.reason) == (OrderStatus.CANCELLED, Reason.SELF_TRADE)

    set_related_group(actor=SYSTEM, code="D000", group="", reason="股权转让")
    market.settle()
    (reply,) = market.floor.batch(buy(DEALER, 1, 700, 500))
    assert reply.status == OrderStatus.FILLED


def test_a_call_trades_at_one_price_and_gives_back_what_it_did_not_need(market: TableExchange) -> None:
    services.begin_call(actor=SYSTEM, code="FUJI-70", reason="大额委托")
    market.settle()
    bid, other_bid, ask = placed(
        market, buy(DEALER, 1, 730, 1_000), buy(OTHER_DEALER, 1, 720, 500), sell(GROWER, 1, 700, 1_200)
    )
    assert {bid.remaining, other_bid.remaining, ask.remaining} == {1_000, 500, 1_200}
    services.end_call(actor=SYSTEM, code="FUJI-70", reason="结束")
    market.settle()
    trades = product_trades(1)
    assert {(trade.price, trade.in_call) for trade in trades} == {(720, True)}
    assert sum(trade.quantity for trade in trades) == 1_200
    assert order(bid.order_id).status == order(ask.order_id).status == OrderStatus.FILLED
    assert order(other_bid.order_id).remaining == 300
    assert markets.current_phase(1) == Phase.CONTINUOUS


def test_a_member_that_meets_itself_in_a_call_pays_fees_but_not_itself(market: TableExchange) -> None:
    free = market.add_product(resale_lock_days=0)
    market.store_goods(GROWER, free, 1_000)
    market.reopen()
    market.floor.batch(sell(GROWER, 2, 700, 1_000), buy(DEALER, 2, 700, 1_000))
    market.settle()
    services.begin_call(actor=SYSTEM, code=free.code, reason="大额委托")
    market.settle()
    market.floor.batch(buy(DEALER, 2, 710, 500), sell(DEALER, 2, 710, 500))
    services.end_call(actor=SYSTEM, code=free.code, reason="结束")
    market.settle()
    trade = product_trades(2)[0]
    assert (trade.buyer_no, trade.seller_no, trade.quantity) == (DEALER, DEALER, 500)
    legs = Transfer.objects.filter(reference=f"trade:{trade.trade_id}").values_list("kind", flat=True)
    assert sorted(legs) == ["buyer_fee", "quality_deposit", "seller_fee"]


def test_a_price_too_far_away_begins_a_call_in_tables_history_and_audit(market: TableExchange) -> None:
    market.floor.batch(sell(GROWER, 1, 770, 1_000))
    (reply,) = market.floor.batch(buy(DEALER, 1, 770, 500))
    market.settle()
    assert (reply.status, reply.remaining_kg) == (OrderStatus.OPEN, 500)
    (call,) = markets.calls_under_way()
    assert (call.product_number, call.phase) == (1, Phase.VOLATILITY)
    services.end_call(actor=SYSTEM, code="FUJI-70", reason="到时")
    market.settle()
    assert [(trade.price, trade.in_call) for trade in product_trades(1)] == [(770, True)]
    assert audit.verify() == []


def test_a_halt_sent_before_the_floor_began_a_call_stays(market: TableExchange) -> None:
    market.floor.batch(sell(GROWER, 1, 770, 1_000))
    services.halt(actor=SYSTEM, code="FUJI-70", reason="核查")
    market.floor.batch(buy(DEALER, 1, 770, 500))
    market.settle()
    assert markets.current_phase(1) == Phase.HALTED
    state = market.floor.replica.engine.product(1)
    assert state is not None
    assert state.phase == Phase.HALTED

    services.resume(actor=SYSTEM, code="FUJI-70", reason="核查完毕")
    market.settle()
    services.end_call(actor=SYSTEM, code="FUJI-70", reason="结束")
    market.settle()
    assert len(product_trades(1)) == 1


def test_a_book_left_crossed_is_uncrossed_at_the_next_direct_opening(
    days: Days, market: TableExchange
) -> None:
    tuesday = day_number(FRIDAY) + 4
    good = {"tif": TimeInForce.GTD, "expires": tuesday}
    services.begin_call(actor=SYSTEM, code="FUJI-70", reason="大额委托")
    market.settle()
    market.floor.batch(
        with_terms(buy(DEALER, 1, 730, 500), **good),  # type: ignore[arg-type]
        with_terms(sell(GROWER, 1, 710, 500), **good),  # type: ignore[arg-type]
    )
    services.halt(actor=SYSTEM, code="FUJI-70", reason="核查")
    services.close_session(actor=SYSTEM, reason="收市")
    services.resume(actor=SYSTEM, code="FUJI-70", reason="核查完毕")
    market.settle()
    assert product_trades(1) == []
    days.pass_to(days.now + timedelta(days=3))
    services.open_session(actor=SYSTEM, reason="开市")
    market.settle()
    assert [trade.price for trade in product_trades(1)] == [720]
    state = market.floor.replica.engine.product(1)
    assert state is not None
    assert (state.phase, markets.current_phase(1)) == (Phase.CONTINUOUS, Phase.CONTINUOUS)
    assert outbox.pending() == []


def test_orders_good_till_date_live_as_many_days_as_they_say(days: Days, market: TableExchange) -> None:
    friday = day_number(FRIDAY)
    day, until_friday, until_monday = placed(
        market,
        buy(DEALER, 1, 700, 100),
        with_terms(buy(DEALER, 1, 701, 200), tif=TimeInForce.GTD, expires=friday),
        with_terms(buy(DEALER, 1, 702, 300), tif=TimeInForce.GTD, expires=friday + 3),
    )
    ask = placed(market, with_terms(sell(GROWER, 1, 730, 400), tif=TimeInForce.GTD, expires=friday + 3))[0]
    days.pass_to(days.now.replace(hour=16))
    services.close_session(actor=SYSTEM, reason="收市")
    market.settle()
    assert order(day.order_id).reason == Reason.SESSION_END
    assert order(until_friday.order_id).reason == Reason.EXPIRED
    assert order(until_monday.order_id).remaining == 300
    assert market.differences() == []
    (quote,) = closing_quotes(FRIDAY)
    assert (quote.bid, quote.ask) == (702, 730)

    days.pass_to(days.now.replace(hour=9) + timedelta(days=3))
    market.restart_projector()
    services.open_session(actor=SYSTEM, reason="开市")
    market.settle()
    market.floor.batch(replace(DEALER, until_monday.order_id, 703, 400), sell(GROWER, 1, 703, 100))
    market.settle()
    kept = order(until_monday.order_id)
    assert (kept.filled, kept.remaining, kept.expires) == (100, 300, friday + 3)
    market.floor.batch(cancel(GROWER, ask.order_id))
    services.close_session(actor=SYSTEM, reason="收市")
    market.settle()
    assert order(until_monday.order_id).reason == Reason.EXPIRED
    assert Order.objects.filter(remaining__gt=0).count() == 0


def test_uncross_is_answered_as_applied(market: TableExchange) -> None:
    market.floor.batch(Command(CommandKind.PHASE, product=1, flags=Phase.CALL))
    (reply,) = market.floor.batch(Command(CommandKind.UNCROSS, product=1, flags=Phase.CONTINUOUS))
    assert reply.status == OrderStatus.APPLIED
    (reply,) = market.floor.batch(Command(CommandKind.UNCROSS, product=1, flags=Phase.CONTINUOUS))
    assert (reply.status, reply.reason) == (OrderStatus.REJECTED, Reason.NOT_IN_CALL)


def test_days_are_counted_as_the_engine_counts_them() -> None:
    assert day_number(FRIDAY) == (OPENING_NS + NS_PER_DAY // 3) // NS_PER_DAY
    assert calendar.day_of_number(day_number(FRIDAY)) == FRIDAY
