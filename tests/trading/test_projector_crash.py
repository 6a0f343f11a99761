"""All of a chunk or nothing of it, wherever the projector dies; a halt instead of a guess."""

import logging
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import DjangoDbBlocker

from exchange.kernel.models import Outbox
from exchange.trading import selectors
from exchange.trading.errors import DamagedError, ProjectionError
from exchange.trading.models import GoodsPosition, Order, ProjectorPosition
from exchange.trading.projection_progress import PROGRESS
from exchange.trading.projector import open_projector
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import PaperFloor, buy, cancel, replace, sell
from tests.trading.table_dump import Dump, Killed, dump, killed_at
from warehouse_receipts.models import ReceiptHold

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def standing_exchange(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    """Two growers with goods, two dealers with money."""
    with standing(
        django_db_blocker,
        lambda: TableExchange().build(growers=2, dealers=2, products=1, kg=20_000, fen=100_000_000),
    ) as market:
        yield market


@pytest.fixture
def exchange(standing_exchange: TableExchange, db: None) -> TableExchange:
    """A market in which a chunk waits that touches every table: orders old and new, trades, a withdrawal."""
    market = standing_exchange.again()
    (grower, other), (dealer, second) = market.growers, market.dealers
    fuji = market.products[0].number
    market.floor.batch((sell(grower, fuji, 720, 5_000), "g-1"), (sell(other, fuji, 722, 4_000), "g-2"))
    market.floor.batch((buy(dealer, fuji, 700, 1_000), "d-1"))
    market.projector.catch_up()
    market.withdraw(second, 1_000_000)
    market.floor.batch((buy(dealer, fuji, 722, 6_000), "d-2"), (buy(second, fuji, 900, 1_000), "s-1"))
    market.dispatch()
    market.floor.batch(
        replace(other, 2, 722, 2_500), cancel(dealer, 3), (sell(grower, fuji, 719, 300), "g-3")
    )
    market.floor.batch((buy(second, fuji, 719, 300), "s-2"))
    return market


def projected(exchange: TableExchange) -> tuple[Dump, int]:
    """The tables after the waiting chunk, and how many statements it takes; everything rolled back."""
    with transaction.atomic():
        with pytest.MonkeyPatch.context() as patch, killed_at(0, patch) as seen:
            exchange.projector.catch_up()
        after = dump()
        assert exchange.differences() == []
        transaction.set_rollback(True)
    exchange.restart_projector()
    return after, len(seen)


def test_death_at_any_statement_leaves_nothing_and_a_restart_writes_the_same(
    exchange: TableExchange, monkeypatch: pytest.MonkeyPatch
):
    before = dump()
    after, statements = projected(exchange)
    assert statements > 20
    for statement in range(1, statements + 1):
        with transaction.atomic():
            exchange.restart_projector()
            with killed_at(statement, monkeypatch) as seen, pytest.raises(Killed):
                exchange.projector.catch_up()
            assert dump() == before, f"rows survived death after {seen[-1]}"
            exchange.restart_projector()
            exchange.projector.catch_up()
            assert dump() == after, f"the restart after {seen[-1]} wrote other rows"
            transaction.set_rollback(True)


def test_a_database_that_fails_is_tried_again_with_the_same_chunk(
    exchange: TableExchange, monkeypatch: pytest.MonkeyPatch
):
    after, statements = projected(exchange)
    for statement in range(1, statements + 1, 4):
        with transaction.atomic():
            exchange.restart_projector()
            with killed_at(statement, monkeypatch, OperationalError), pytest.raises(OperationalError):
                exchange.projector.step()
            exchange.projector.catch_up()
            assert dump() == after
            transaction.set_rollback(True)


@pytest.mark.parametrize("budget", [1, 2, 3, 1_000])
def test_the_cut_of_chunks_does_not_show_in_the_tables(exchange: TableExchange, budget: int):
    after, _ = projected(exchange)
    exchange.restart_projector(budget=budget)
    exchange.projector.catch_up()
    assert dump() == after


def test_nothing_is_written_twice(exchange: TableExchange):
    exchange.projector.catch_up()
    after = dump()
    exchange.projector.catch_up()
    exchange.restart_projector()
    exchange.projector.catch_up()
    assert dump() == after


def test_a_restart_goes_on_from_a_snapshot_of_the_journal(exchange: TableExchange):
    exchange.projector.catch_up()
    exchange.floor.save_snapshot()
    dealer, grower = exchange.dealers[0], exchange.growers[0]
    exchange.floor.batch(buy(dealer, exchange.products[0].number, 720, 1_000))
    exchange.floor.batch(sell(grower, exchange.products[0].number, 700, 200))
    exchange.restart_projector()
    exchange.projector.catch_up()
    assert exchange.differences() == []


def test_a_second_projector_cannot_write(exchange: TableExchange):
    second = open_projector(exchange.floor.journal)
    exchange.projector.catch_up()
    after = dump()
    with pytest.raises(ProjectionError, match="another projector"):
        second.step()
    assert dump() == after


def test_tables_of_another_journal_are_refused(exchange: TableExchange):
    exchange.projector.catch_up()
    other = PaperFloor()
    with pytest.raises(ProjectionError):
        open_projector(other.journal)
    ProjectorPosition.objects.update(chain_hash="ab" * 32)
    with pytest.raises(ProjectionError, match="another journal"):
        open_projector(exchange.floor.journal)


def test_a_damaged_journal_is_not_projected(exchange: TableExchange):
    last = exchange.floor.journal.entries[-1]
    exchange.floor.journal.entries[-1] = type(last)(
        **{**{name: getattr(last, name) for name in last.__struct_fields__}, "event_digest": bytes(32)}
    )
    with pytest.raises(DamagedError):
        exchange.projector.catch_up()


def test_open_orders_missing_from_the_tables_are_noticed(exchange: TableExchange):
    Order.objects.filter(order_id=1).delete()
    exchange.restart_projector()
    with pytest.raises(ProjectionError, match="order 1 is not open in the tables"):
        exchange.projector.catch_up()


def test_an_answer_to_no_outbox_row_is_noticed(exchange: TableExchange):
    exchange.floor.batch((cancel(exchange.dealers[0], 99), "~outbox-123456"))
    before = dump()
    with pytest.raises(ProjectionError, match="outbox row 123456"):
        exchange.projector.catch_up()
    assert dump() == before


# The loop --------------------------------------------------------------------------------------------


class StopAfter(threading.Event):
    """Told to stop once it has been waited on so many times."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


def test_the_loop_projects_and_announces(exchange: TableExchange):
    exchange.projector.run(StopAfter(10))
    assert selectors.projected_seq() == exchange.floor.replica.seq
    assert exchange.differences() == []
    assert not PROGRESS.following


def test_the_loop_tries_again_when_the_database_fails(
    exchange: TableExchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with killed_at(5, monkeypatch, OperationalError):
        exchange.projector.run(StopAfter(10))
    assert exchange.differences() == []
    assert "tries again" in caplog.text


def test_a_trade_the_register_does_not_cover_halts_loudly_and_moves_nothing(
    exchange: TableExchange, caplog: pytest.LogCaptureFixture
):
    # Given a register somebody took receipts out of behind the floor's back
    for hold in ReceiptHold.objects.all():
        hold.delete()
    before = dump()
    halted: list[str] = []

    class Watch(StopAfter):
        def wait(self, timeout: float | None = None) -> bool:
            halted.append(PROGRESS.halt_reason)
            return super().wait(timeout)

    # When the projector meets a trade of them
    with caplog.at_level(logging.CRITICAL):
        exchange.projector.run(Watch(1))
    # Then it stops there, says why everywhere, and nothing of the chunk is in the tables
    assert "ReceiptsShort" in halted[-1]
    assert "ReceiptsShort" in selectors.projector_halt_reason()
    assert "halted" in caplog.text
    after = dump()
    assert {name: after[name] for name in after if name != "ProjectorPosition"} == {
        name: before[name] for name in before if name != "ProjectorPosition"
    }
    # and a restart tries again
    open_projector(exchange.floor.journal)
    assert selectors.projector_halt_reason() == ""


# What reconciliation sees ----------------------------------------------------------------------------


def test_every_kind_of_difference_is_found(exchange: TableExchange):
    exchange.projector.catch_up()
    assert exchange.differences() == []
    GoodsPosition.objects.filter(account_no=exchange.growers[0]).update(free_kg=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE trading_order SET price = price + 1 WHERE remaining > 0")
        cursor.execute("DELETE FROM trading_trade WHERE trade_id = 1")
        cursor.execute("UPDATE trading_accountposition SET funds_free = funds_free + 1")
    for hold in ReceiptHold.objects.all():
        hold.delete()
    found = {difference.what for difference in exchange.differences()}
    assert found >= {
        "number of trades",
        "open orders",
        "filled kg",
        "funds",
        "goods",
        "kg of receipts on hold",
    }


def test_tables_at_another_sequence_are_not_compared(exchange: TableExchange):
    (difference,) = exchange.differences()
    assert difference.what == "position"


def test_money_only_the_ledger_knows_is_a_difference(exchange: TableExchange):
    exchange.projector.catch_up()
    exchange.deposit(exchange.dealers[0], 12_345)
    assert exchange.differences() == []
    Outbox.objects.filter(applied_seq__isnull=True).update(applied_seq=1, reason=0)
    assert {difference.what for difference in exchange.differences()} == {"ledger cash"}
