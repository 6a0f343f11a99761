"""`jinguo journal verify`: quiet when all agrees, precise when one value does not."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import DjangoDbBlocker

from exchange.kernel.audit import ChainBreak
from exchange.trading.journal import JournalEntry
from exchange.trading.models import AccountPosition, Order, RefusedOrder, Trade
from exchange.trading.types import Difference
from exchange.trading.verify import MAX_DIFFERENCES, Report, verify_journal
from settlement.verify import Finding
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, cancel, sell
from warehouse_receipts.types import Shortfall

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
    """A market with trades, a cancelled, a refused and two open orders, and snapshots on the way."""
    market = standing_exchange.again()
    grower, dealer, product = market.growers[0], market.dealers[0], market.products[0].number
    market.floor.save_snapshot()
    market.floor.batch((sell(grower, product, 720, 5_000), "g-1"), (buy(dealer, product, 730, 3_000), "d-1"))
    (resting,) = market.floor.batch((buy(dealer, product, 700, 1_000), "d-2"))
    market.floor.batch(cancel(dealer, resting.order_id), (buy(dealer, product, 1, 1_000), "d-3"))
    market.floor.save_snapshot()
    market.floor.batch((buy(dealer, product, 710, 2_000), "d-4"))
    market.projector.catch_up()
    return market


def verified(market: TableExchange) -> Report:
    return verify_journal(market.floor.journal)


def found(report: Report) -> set[str]:
    return {difference.what for difference in report.differences}


def test_an_untouched_exchange_agrees(exchange: TableExchange) -> None:
    report = verified(exchange)
    assert report.differences == []
    assert report.agrees
    assert report.seq == report.tables_seq == exchange.floor.replica.seq
    assert report.snapshots == 2
    assert report.state_hash == exchange.floor.replica.engine.state_hash()
    assert report.chain_hash == exchange.floor.replica.chain_hash.hex()
    assert "everything agrees" in report.as_text()
    assert report.as_dict()["differences"] == []


def test_tables_behind_the_journal_are_compared_where_they_stand(exchange: TableExchange) -> None:
    behind = exchange.projector.seq
    exchange.floor.batch((sell(exchange.growers[1], exchange.products[0].number, 710, 500), "g-2"))
    report = verified(exchange)
    assert report.agrees
    assert (report.tables_seq, report.seq) == (behind, behind + 1)


def test_an_empty_exchange_agrees() -> None:
    assert verified(TableExchange()).agrees


def _change(model: type[Order] | type[Trade] | type[RefusedOrder], **values: int) -> Callable[[], None]:
    def change() -> None:
        row = model.objects.order_by("pk").first()
        assert row is not None
        model.objects.filter(pk=row.pk).update(**values)

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (_change(Order, placed_at_ns=17), "order placed_at_ns"),
        (_change(Order, account_no=77), "order account_no"),
        (_change(Trade, buyer_fee=1), "trade buyer_fee"),
        (_change(RefusedOrder, reason=10), "refused order reason"),
        (lambda: Order.objects.order_by("pk").first().delete(), "order"),
        (lambda: RefusedOrder.objects.all().delete(), "refused order"),
    ],
)
def test_one_changed_value_is_named(exchange: TableExchange, change: Callable[[], None], what: str) -> None:
    change()
    assert what in found(verified(exchange))


def test_a_changed_balance_is_named(exchange: TableExchange) -> None:
    row = AccountPosition.objects.get(account_no=exchange.dealers[0])
    AccountPosition.objects.filter(pk=row.pk).update(funds_free=row.funds_free + 1)
    (difference,) = verified(exchange).differences
    assert (difference.what, difference.key) == ("funds", f"account {row.account_no}")


def test_ledger_register_and_audit_log_are_recounted(
    exchange: TableExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "exchange.trading.verify"
    monkeypatch.setattr(
        f"{module}.verify_settlement", lambda: [Finding("balance", "member:1:cash", "1 fen off")]
    )
    monkeypatch.setattr(f"{module}.shortfalls", lambda: [Shortfall("stock", "XY01", 1, 2)])
    monkeypatch.setattr(f"{module}.audit.verify", lambda: [ChainBreak(7, "was changed")])
    assert found(verified(exchange)) == {"ledger balance", "register: stock", "audit log"}


@pytest.mark.parametrize("column", ["commands", "event_digest", "chain_hash", "client_ids", "time_ns"])
def test_a_changed_entry_is_named_with_its_sequence(exchange: TableExchange, column: str) -> None:
    entries = exchange.floor.journal.entries
    victim = entries[-2]
    values = {name: getattr(victim, name) for name in victim.__struct_fields__}
    kept = values[column]
    values[column] = kept + 1 if isinstance(kept, int) else bytes([kept[0] ^ 1]) + kept[1:]
    entries[-2] = JournalEntry(**values)
    report = verified(exchange)
    assert "journal" in found(report)
    assert f"seq {victim.first_seq}" in report.as_text()


def test_a_missing_entry_is_named(exchange: TableExchange) -> None:
    del exchange.floor.journal.entries[-2]
    report = verified(exchange)
    assert "journal" in found(report)
    assert "hole" in report.as_text()


def test_a_truncated_journal_is_named(exchange: TableExchange) -> None:
    del exchange.floor.journal.entries[-1]
    assert "position" in found(verified(exchange))


@pytest.mark.parametrize("column", ["engine", "results", "chain_hash", "engine_hash"])
def test_a_changed_snapshot_is_named(exchange: TableExchange, column: str) -> None:
    snapshots = exchange.floor.journal.snapshots
    seq = max(snapshots)
    kept = getattr(snapshots[seq], column)
    snapshots[seq] = snapshots[seq]._replace(**{column: kept[:-1] + bytes([kept[-1] ^ 1])})
    report = verified(exchange)
    assert any(each.what.startswith("snapshot") and each.key == f"seq {seq}" for each in report.differences)


def test_a_snapshot_nobody_can_have_taken_is_named(exchange: TableExchange) -> None:
    snapshots = exchange.floor.journal.snapshots
    snapshots[3] = snapshots[max(snapshots)]._replace(seq=10**6)
    snapshots[10**6] = snapshots.pop(3)
    assert "snapshot" in found(verified(exchange))


def test_a_report_is_bounded() -> None:
    report = Report()
    report.add([Difference("trade", str(number), "1", "2") for number in range(10 * MAX_DIFFERENCES)])
    assert len(report.differences) == MAX_DIFFERENCES
    assert not report.agrees


def test_immediate_orders_are_compared_too(exchange: TableExchange) -> None:
    dealer, product = exchange.dealers[1], exchange.products[0].number
    exchange.floor.batch((buy(dealer, product, 730, 3_000, ioc=True), "d-9"))
    exchange.projector.catch_up()
    assert verified(exchange).agrees
