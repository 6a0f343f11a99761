"""Whatever members do, the tables say what the engine says, and say it again after any restart."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.trading.duty_cycle import DutyCycle
from exchange.trading.models import Order, Trade
from exchange.trading.projector import open_projector
from matching.types import Command
from settlement.verify import verify_settlement
from tests.examples import examples
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, cancel, cancel_all, replace, sell
from tests.trading.table_dump import Killed, dump, killed_at
from warehouse_receipts.models import Receipt
from warehouse_receipts.verify import shortfalls

pytestmark = pytest.mark.django_db

GROWERS, DEALERS = (1, 2), (3, 4, 5)
PRODUCTS = (1, 2)
quantities = st.integers(1, 30).map(lambda steps: steps * 100)
members = st.sampled_from([*GROWERS, *DEALERS])
sales = st.builds(
    lambda member, product, price, kg, ioc: sell(member, product, price, kg, ioc=ioc),
    st.sampled_from([*GROWERS, *GROWERS, *GROWERS, *DEALERS]),
    st.sampled_from(PRODUCTS),
    st.integers(700, 725),
    quantities,
    st.booleans(),
)
LOCKED, FREE = PRODUCTS
purchases = st.builds(
    lambda who, price, kg, ioc: buy(*who, price, kg, ioc=ioc),
    # Growers sell the product without resale lock and do not buy it: which of two receipts a seller gives,
    # an old one or one just bought, may depend on where the journal was cut; the kilograms never do.
    st.sampled_from([(3, LOCKED), (3, FREE), (4, LOCKED), (4, FREE), (5, FREE), (1, LOCKED), (2, LOCKED)]),
    st.integers(715, 740),
    quantities,
    st.booleans(),
)
changes = st.one_of(
    st.builds(cancel, members, st.integers(1, 40)),
    st.builds(replace, members, st.integers(1, 40), st.integers(700, 740), quantities),
    st.builds(cancel_all, members, st.integers(0, 2)),
)
commands = st.integers(0, 9).flatmap(lambda dice: (sales, purchases, changes)[(dice >= 4) + (dice >= 8)])
batches = st.lists(st.lists(commands, min_size=5, max_size=12), min_size=3, max_size=8)
budgets = st.sampled_from([1, 3, 10, 1_000])

Fact = Callable[[TableExchange], Any]
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        lambda member, fen: lambda market: market.deposit(market.dealers[member], fen),
        st.integers(0, 2),
        st.integers(1, 10**8),
    ),
    st.builds(
        lambda member, fen: lambda market: market.withdraw_if_owned(market.dealers[member], fen),
        st.integers(0, 2),
        st.integers(1, 10**8),
    ),
    st.builds(
        lambda grower, product, tonnes: (
            lambda market: market.store_goods(
                market.growers[grower], market.products[product], tonnes * 1_000
            )
        ),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(1, 20),
    ),
    st.just(lambda market: market.dispatch()),
    st.just(lambda market: market.reopen()),
    st.just(lambda market: market.projector.step()),
    st.just(lambda market: market.restart_projector(budget=2)),
)
trading = st.lists(commands, min_size=5, max_size=10)
days = st.lists(
    st.integers(0, 9).flatmap(lambda dice: trading if dice < 6 else facts), min_size=6, max_size=16
)

lively = settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def market() -> TableExchange:
    """Two growers with 20 t of two products, one without resale lock; three dealers with 300,000 yuan."""
    exchange = TableExchange()
    exchange.build(growers=2, dealers=3, products=1, kg=20_000, fen=30_000_000)
    free = exchange.add_product(resale_lock_days=0)
    for grower in exchange.growers:
        exchange.store_goods(grower, free, 20_000)
    exchange.reopen()
    return exchange


def kg_by_product() -> dict[int, int]:
    """Kilograms all valid receipts stand for."""
    rows = Receipt.objects.filter(state="issued").values_list("product_number").annotate(kg=Sum("kg"))
    return dict(rows.order_by())


def check_books() -> None:
    """What must hold in the tables by themselves."""
    assert verify_settlement() == []
    assert shortfalls() == []
    filled = Counter[int]()
    for trade in Trade.objects.all():
        filled[trade.buy_order_id] += trade.quantity
        filled[trade.sell_order_id] += trade.quantity
    for order in Order.objects.all():
        assert order.filled == filled[order.order_id]
        assert order.filled + order.remaining <= order.quantity


@lively
@given(day=days, budget=budgets)
def test_tables_agree_with_the_engine_after_any_day(market: TableExchange, day: list[Any], budget: int):
    with transaction.atomic(), market.rewound():
        market.restart_projector(budget=budget)
        for event in day:
            if callable(event):
                event(market)
            else:
                market.floor.batch(*event)
        market.settle()
        assert market.differences() == []
        check_books()
        transaction.set_rollback(True)


@lively
@given(batches=batches, budget=budgets, statement=st.integers(1, 60), restart_every=st.integers(1, 5))
def test_the_same_journal_gives_the_same_tables_however_it_is_cut_and_interrupted(
    market: TableExchange, batches: list[list[Command]], budget: int, statement: int, restart_every: int
):
    with market.rewound():
        goods = kg_by_product()
        for batch in batches:
            market.floor.batch(*batch)
        with transaction.atomic():
            market.restart_projector(budget=budget)
            market.projector.catch_up()
            assert market.differences() == []
            assert kg_by_product() == goods, "goods are sold, not made or lost"
            once = dump()
            transaction.set_rollback(True)
        with transaction.atomic():
            project_with_accidents(market, statement, restart_every)
            assert dump() == once
            transaction.set_rollback(True)


def project_with_accidents(market: TableExchange, statement: int, restart_every: int) -> None:
    """Project entry by entry, die once after a statement, restart every few chunks."""
    projector = open_projector(market.floor.journal, DutyCycle(budget=1))
    with pytest.MonkeyPatch.context() as patch, killed_at(statement, patch):
        try:
            projector.catch_up()
        except Killed:
            projector = open_projector(market.floor.journal, DutyCycle(budget=1))
    while projector.step():
        if projector.seq % restart_every == 0:
            projector = open_projector(market.floor.journal, DutyCycle(budget=1))
