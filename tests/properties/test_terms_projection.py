"""Every kind of order, calls, halts, related parties, several days: the tables say what the engine says."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import day_number, ns_of
from exchange.kernel.errors import JinguoError
from exchange.markets import selectors, services
from exchange.members.services import set_related_group
from exchange.trading.verify import verify_journal
from matching.types import SelfTrade, TimeInForce
from settlement import services as settlement
from settlement.verify import verify_settlement
from tests.examples import examples
from tests.properties.test_projection import check_books
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import OPENING_NS, buy, cancel, replace, sell
from tests.trading.terms import with_terms
from warehouse_receipts.verify import shortfalls

pytestmark = pytest.mark.django_db

FIRST_DAY = day_number(calendar.trading_day(OPENING_NS))
CODES = ("FUJI-70", "FUJI-71")
NAMES = ("G000", "G001", "D000", "D001")
Fact = Callable[[TableExchange], Any]

quantities = st.integers(1, 30).map(lambda steps: steps * 100)
lives: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.builds(lambda ahead: {"tif": TimeInForce.GTD, "expires": FIRST_DAY + ahead}, st.integers(0, 4)),
    st.just({"tif": TimeInForce.IOC}),
    st.just({"tif": TimeInForce.FOK}),
)
kinds = st.fixed_dictionaries(
    {
        "self_trade": st.sampled_from(SelfTrade),
        "minimum": st.sampled_from([0, 0, 0, 300]),
        "post_only": st.sampled_from([False, False, True]),
        "market_to_limit": st.sampled_from([False, False, True]),
    }
)
prices = st.integers(670, 770)
orders = st.builds(
    lambda make, member, product, price, kg, life, kind: with_terms(
        make(member, product, price, kg), **{**kind, **life}
    ),
    st.sampled_from([buy, sell]),
    st.integers(1, 4),
    st.integers(1, 2),
    prices,
    quantities,
    lives,
    kinds,
)
simple_orders = st.builds(
    lambda make, member, product, price, kg, life: with_terms(make(member, product, price, kg), **life),
    st.sampled_from([buy, sell]),
    st.integers(1, 4),
    st.integers(1, 2),
    prices,
    quantities,
    lives,
)
changes = st.one_of(
    st.builds(cancel, st.integers(1, 4), st.integers(1, 40)),
    st.builds(replace, st.integers(1, 4), st.integers(1, 40), prices, quantities),
)
commands = st.integers(0, 9).flatmap(lambda dice: (simple_orders, orders, changes)[(dice >= 4) + (dice >= 8)])


def unless_refused(work: Callable[..., object], **arguments: Any) -> Fact:
    def fact(_market: TableExchange) -> None:
        with suppress(JinguoError), transaction.atomic():
            work(actor=SYSTEM, reason="检验", **arguments)

    return fact


codes = st.sampled_from(CODES)
facts: st.SearchStrategy[Fact] = st.one_of(
    codes.map(lambda code: unless_refused(services.begin_call, code=code)),
    codes.map(lambda code: unless_refused(services.end_call, code=code)),
    codes.map(lambda code: unless_refused(services.end_call, code=code)),
    codes.map(lambda code: unless_refused(services.halt, code=code)),
    st.builds(
        lambda code, with_call: unless_refused(services.resume, code=code, with_call=with_call),
        codes,
        st.booleans(),
    ),
    st.booleans().map(lambda ends: unless_refused(services.close_session, day_ends=ends)),
    st.booleans().map(lambda with_call: unless_refused(services.open_session, with_call=with_call)),
    st.booleans().map(lambda with_call: unless_refused(services.open_session, with_call=with_call)),
    st.builds(
        lambda code, group: unless_refused(set_related_group, code=code, group=group),
        st.sampled_from(NAMES),
        st.sampled_from(["", "塬上红"]),
    ),
    st.just(lambda market: market.dispatch()),
    st.just(lambda market: market.settle()),
    st.just(lambda market: market.projector.step()),
    st.just(lambda market: market.restart_projector(budget=2)),
    st.just("the next day"),
)
trading = st.lists(commands, min_size=4, max_size=10)
weeks = st.lists(
    st.integers(0, 9).flatmap(lambda dice: trading if dice < 5 else facts), min_size=8, max_size=25
)


class Time:
    """The wall clock, moved by hand."""

    now: datetime


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    made.now = calendar.datetime_of(OPENING_NS)
    monkeypatch.setattr(calendar, "now", lambda: made.now)
    return made


@pytest.fixture
def market(time: Time) -> TableExchange:
    """Two growers with goods of two products, one without resale lock, and two dealers; all have money."""
    exchange = TableExchange()
    exchange.build(growers=2, dealers=2, products=1, kg=20_000, fen=30_000_000)
    free = exchange.add_product(resale_lock_days=0)
    for grower in exchange.growers:
        exchange.store_goods(grower, free, 20_000)
        settlement.bind_bank_account(actor=SYSTEM, account_no=grower, bank=exchange.bank)
        exchange.deposit(grower, 30_000_000)
    exchange.reopen()
    return exchange


def pass_a_day(market: TableExchange, time: Time) -> None:
    time.now += timedelta(days=1)
    market.floor.time_ns = ns_of(time.now)


@settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(week=weeks, budget=st.sampled_from([1, 3, 10, 1_000]))
def test_tables_agree_with_the_engine_after_any_week(
    market: TableExchange, time: Time, week: list[Any], budget: int
) -> None:
    began = time.now
    with transaction.atomic(), market.rewound():
        market.restart_projector(budget=budget)
        for event in week:
            if event == "the next day":
                pass_a_day(market, time)
            elif callable(event):
                event(market)
            else:
                market.floor.batch(*event)
        market.settle()
        assert market.differences() == []
        assert verify_journal(market.floor.journal).differences == []
        assert verify_settlement() == []
        assert shortfalls() == []
        check_books()
        for row in selectors.products():
            state = market.floor.replica.engine.product(row.number)
            assert state is not None
            assert (row.code, state.phase) == (row.code, row.phase)
        transaction.set_rollback(True)
    time.now = began
