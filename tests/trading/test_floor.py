"""The floor: durable before acknowledged, each client id once, over restarts and rivals."""

import logging
import sqlite3
import threading
from pathlib import Path

import pytest

from exchange.kernel.calendar import NS_PER_DAY
from exchange.trading.bus import Envelope, Intake, QueryEnvelope, Sent
from exchange.trading.errors import DamagedError, FencedError, JournalError, LeaseHeldError
from exchange.trading.journal import JournalEntry, JournalStore, entries
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.queries import (
    AccountAnswer,
    AccountQuery,
    DepthAnswer,
    DepthQuery,
    HeadAnswer,
    HeadQuery,
    ProductAnswer,
    ProductQuery,
    TrialQuery,
)
from exchange.trading.replica import REMEMBER_DAYS, Replica, restore
from exchange.trading.replies import OrderStatus
from matching.types import Phase, Reason
from tests.trading.conftest import OpenJournal
from tests.trading.floor_kit import BUYER, PRODUCT, SELLER, SteppedFloor, buy, opened_market, sell


def opened(store: JournalStore, **options: int) -> SteppedFloor:
    """A floor with an open market."""
    floor = SteppedFloor(store, **options)
    floor.batch(*opened_market())
    return floor


def test_a_batch_is_one_entry_and_is_in_the_journal_before_it_is_answered(open_journal: OpenJournal) -> None:
    floor = opened(open_journal())
    replies = floor.batch((sell(700, 1000), "s-1"), (buy(700, 400), "b-1"), position="42-7")
    assert [reply.status for reply in replies] == [OrderStatus.OPEN, OrderStatus.FILLED]
    stored = list(entries(open_journal()))
    assert [entry.count for entry in stored] == [len(opened_market()), 2]
    assert stored[1].client_id_list() == ["s-1", "b-1"]
    assert stored[1].bus_position == "42-7"


def test_what_cannot_be_made_durable_is_not_acknowledged(tmp_path: Path) -> None:
    store = SqliteJournal(tmp_path / "journal.sqlite3")
    floor = opened(store)
    published = len(floor.published)
    store._db.execute("PRAGMA query_only = on")
    with pytest.raises(JournalError):
        floor.batch((sell(700, 1000), "s-1"))
    assert len(floor.published) == published
    assert len(floor.replies) == len(opened_market())
    store.close()


def test_the_feed_carries_the_batch_with_contiguous_sequences(journal: JournalStore) -> None:
    floor = opened(journal)
    floor.batch((sell(700, 1000), "s-1"), buy(700, 100))
    first, second = floor.published
    assert (first.first_seq, first.last_seq) == (1, len(opened_market()))
    assert (second.first_seq, second.last_seq) == (first.last_seq + 1, first.last_seq + 2)
    assert second.client_ids == ["s-1", ""]


def test_a_resend_gets_the_first_answer_and_has_no_second_effect(journal: JournalStore) -> None:
    floor = opened(journal)
    (first,) = floor.batch((sell(700, 1000), "s-1"))
    seq, published = floor.floor.seq, len(floor.published)
    (again,) = floor.batch((sell(705, 900), "s-1"))
    assert again == first._replace(duplicate=True)
    assert (floor.floor.seq, len(floor.published)) == (seq, published)


def test_a_resend_in_the_same_batch_gets_the_first_answer(journal: JournalStore) -> None:
    floor = opened(journal)
    first, again, other = floor.batch(
        (sell(700, 1000), "s-1"), (sell(700, 1000), "s-1"), (sell(700, 500), "s-2")
    )
    assert again == first._replace(duplicate=True)
    assert other.seq == first.seq + 1


def test_a_resend_after_a_refusal_is_refused_the_same_way(journal: JournalStore) -> None:
    floor = opened(journal)
    (first,) = floor.batch((sell(100, 1000), "s-1"))
    (again,) = floor.batch((sell(700, 1000), "s-1"))
    assert (first.status, first.reason) == (OrderStatus.REJECTED, Reason.PRICE_BAND)
    assert again == first._replace(duplicate=True)


def test_two_members_may_use_the_same_client_id(journal: JournalStore) -> None:
    floor = opened(journal)
    first, second = floor.batch((sell(700, 1000), "x"), (buy(650, 1000), "x"))
    assert (first.duplicate, second.duplicate) == (False, False)
    assert second.seq == first.seq + 1


def test_commands_without_a_client_id_are_never_duplicates(journal: JournalStore) -> None:
    floor = opened(journal)
    first, second = floor.batch(sell(700, 1000), sell(700, 1000))
    assert first.order_id != second.order_id


@pytest.mark.parametrize("with_snapshot", [False, True])
def test_a_restart_remembers_books_and_results(open_journal: OpenJournal, with_snapshot: bool) -> None:
    store = open_journal()
    floor = opened(store)
    (first,) = floor.batch((sell(700, 1000), "s-1"))
    if with_snapshot:
        floor.floor.save_snapshot()
    (second,) = floor.batch((sell(710, 500), "s-2"))
    store.close()

    again = SteppedFloor(open_journal())
    assert again.floor.seq == second.seq
    replies = again.batch((sell(700, 1000), "s-1"), (sell(710, 500), "s-2"), (buy(700, 1000), "b-1"))
    assert replies[:2] == [first._replace(duplicate=True), second._replace(duplicate=True)]
    assert (replies[2].seq, replies[2].status) == (second.seq + 1, OrderStatus.FILLED)


def test_results_are_remembered_over_many_snapshots(open_journal: OpenJournal) -> None:
    store = open_journal()
    floor = opened(store)
    kept = []
    for number in range(6):
        kept += floor.batch((sell(700 + number, 100), f"s-{number}"))
        floor.floor.save_snapshot()
    store.close()
    again = SteppedFloor(open_journal())
    replies = again.batch(*((sell(700, 100), f"s-{number}") for number in range(6)))
    assert replies == [reply._replace(duplicate=True) for reply in kept]


def test_snapshots_are_taken_every_so_many_commands_and_at_the_end(journal: JournalStore) -> None:
    floor = opened(journal, snapshot_every=3)
    stop = threading.Event()
    thread = threading.Thread(target=floor.floor.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join()
    assert journal.snapshot_seqs() == [floor.floor.seq]
    assert floor.gone


def damage(path: Path, column: str, seq: int) -> None:
    """Flip the first byte of a stored snapshot's column, as a bad disk would."""
    with sqlite3.connect(path) as database:
        database.execute(
            f"UPDATE journal_snapshots SET {column} = CAST(x'00' || substr({column}, 2) AS BLOB) "
            "WHERE seq = ?",
            (seq,),
        )
    database.close()


@pytest.mark.parametrize("column", ["engine", "results", "chain_hash"])
def test_a_damaged_snapshot_is_reported_and_an_earlier_one_taken(
    tmp_path: Path, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite3"
    store = SqliteJournal(path)
    floor = opened(store)
    floor.batch((sell(700, 1000), "s-1"))
    floor.floor.save_snapshot()
    floor.batch((sell(701, 1000), "s-2"))
    floor.floor.save_snapshot()
    expected = restore(store).engine.state_hash()
    damage(path, column, floor.floor.seq)

    with caplog.at_level(logging.CRITICAL):
        replica = restore(store)
    assert f"Snapshot at seq {floor.floor.seq} is damaged" in caplog.text
    assert replica.seq == floor.floor.seq
    assert replica.engine.state_hash() == expected
    assert replica.remembered(SELLER.to_bytes(4, "little") + b"s-2") is not None
    store.close()


def test_all_snapshots_damaged_means_a_replay_from_the_beginning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite3"
    store = SqliteJournal(path)
    floor = opened(store)
    floor.floor.save_snapshot()
    damage(path, "engine", floor.floor.seq)
    with caplog.at_level(logging.CRITICAL):
        replica = restore(store)
    assert replica.seq == floor.floor.seq
    assert "damaged" in caplog.text
    store.close()


def test_a_damaged_entry_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    store = SqliteJournal(path)
    opened(store)
    store.close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TRIGGER journal_entries_no_update")
        database.execute("UPDATE journal_entries SET commands = zeroblob(length(commands))")
    database.close()
    damaged = SqliteJournal(path)
    with pytest.raises(DamagedError, match="seq 1"):
        SteppedFloor(damaged)
    damaged.close()


def test_a_replica_follows_to_the_end_of_an_entry(open_journal: OpenJournal) -> None:
    floor = opened(open_journal())
    half_way = floor.floor.seq
    floor.batch(sell(700, 1000))
    replica = restore(open_journal(), until_seq=half_way, remember=False)
    assert replica.seq == half_way
    replica.catch_up(open_journal())
    assert replica.seq == floor.floor.seq
    assert replica.engine.state_hash() == restore(open_journal()).engine.state_hash()


def test_results_are_forgotten_only_after_a_whole_period() -> None:
    replica = Replica()
    day_ns = 20_000 * NS_PER_DAY

    def batch(time_ns: int, client_id: str) -> None:
        replica.execute(sell(700, 100).pack(), [client_id], time_ns)
        replica.advanced(replica.chain_hash)

    def known(client_id: str) -> bool:
        return replica.remembered(SELLER.to_bytes(4, "little") + client_id.encode()) is not None

    batch(day_ns, "old")
    for day in range(1, 3 * REMEMBER_DAYS):
        batch(day_ns + day * NS_PER_DAY, f"day-{day}")
        if day < REMEMBER_DAYS:
            assert known("old"), "forgotten too early"
    assert not known("old"), "remembered for ever"
    assert known(f"day-{3 * REMEMBER_DAYS - 2}")
    assert known(f"day-{2 * REMEMBER_DAYS}")


def test_forgetting_survives_snapshots_and_restarts(journal: JournalStore) -> None:
    floor = SteppedFloor(journal)
    clock = {"ns": 20_000 * NS_PER_DAY}
    floor.floor._clock_ns = lambda: clock["ns"]
    floor.batch(*opened_market())
    for day in range(3 * REMEMBER_DAYS):
        clock["ns"] += NS_PER_DAY
        floor.batch((sell(700, 100), f"day-{day}"))
        if day % 2:
            floor.floor.save_snapshot()
    from_snapshot, replayed = restore(journal), Replica()
    replayed.catch_up(journal)
    keys = [SELLER.to_bytes(4, "little") + f"day-{day}".encode() for day in range(3 * REMEMBER_DAYS)]
    remembered = [replayed.remembered(key) for key in keys]
    assert [from_snapshot.remembered(key) for key in keys] == remembered
    assert remembered[0] is None
    assert remembered[-1] is not None


def test_a_second_floor_does_not_start(open_journal: OpenJournal) -> None:
    opened(open_journal())
    with pytest.raises(LeaseHeldError):
        SteppedFloor(open_journal())


def test_a_floor_that_was_taken_over_stops_at_its_first_append(open_journal: OpenJournal) -> None:
    old = opened(open_journal())
    new = SteppedFloor(open_journal(), take_over=True)
    (reply,) = new.batch((sell(700, 1000), "s-1"))
    stop = threading.Event()
    old.bus.connect(old).send([Sent(1, sell(690, 100).pack(), "s-2")])
    with pytest.raises(FencedError):
        old.floor.run(stop)
    assert old.gone
    assert isinstance(old.floor.failure, FencedError)
    assert new.floor.seq == reply.seq
    assert len(list(entries(open_journal()))) == 2


def test_an_idle_floor_that_was_taken_over_notices(open_journal: OpenJournal) -> None:
    old = opened(open_journal())
    SteppedFloor(open_journal(), take_over=True)
    old.floor._renewed_at = -1e9
    with pytest.raises(FencedError):
        old.floor._keep_house()


def test_questions_are_answered_at_the_sequence_of_the_last_batch(journal: JournalStore) -> None:
    floor = opened(journal)
    floor.batch(sell(700, 1000), sell(710, 500), buy(650, 300))
    depth = floor.ask(DepthQuery(PRODUCT))
    assert depth == DepthAnswer(floor.floor.seq, PRODUCT, ((650, 300, 1),), ((700, 1000, 1), (710, 500, 1)))
    best = floor.ask(DepthQuery(PRODUCT, levels=1))
    assert isinstance(best, DepthAnswer)
    assert best.asks == ((700, 1000, 1),)

    account = floor.ask(AccountQuery(SELLER))
    assert isinstance(account, AccountAnswer)
    assert account.goods == ((PRODUCT, 998_500, 1_500),)
    assert [order.remaining_kg for order in account.orders] == [1000, 500]
    unknown = floor.ask(AccountQuery(99))
    assert isinstance(unknown, AccountAnswer)
    assert not unknown.known

    product = floor.ask(ProductQuery(PRODUCT))
    assert isinstance(product, ProductAnswer)
    assert (product.phase, product.low, product.high) == (Phase.CONTINUOUS, 500, 900)
    assert floor.ask(ProductQuery(77)) == ProductAnswer(floor.floor.seq, 77, known=False)

    head = floor.ask(HeadQuery())
    assert isinstance(head, HeadAnswer)
    assert (head.seq, head.last_order_id, head.last_trade_id) == (floor.floor.seq, 3, 0)


def test_questions_come_after_the_batch_they_arrived_with(journal: JournalStore) -> None:
    floor = opened(journal)
    uplink = floor.bus.connect(floor)
    uplink.send([Sent(901, sell(700, 1000).pack(), "")])
    uplink.ask(902, DepthQuery(PRODUCT))
    floor.floor.step(floor.bus.take(0.1))
    (answer,) = floor.answers
    assert isinstance(answer, DepthAnswer)
    assert answer.asks == ((700, 1000, 1),)
    assert answer.seq == floor.replies[901].seq


def test_a_command_that_is_no_command_is_refused_not_fatal(journal: JournalStore) -> None:
    floor = opened(journal)
    floor.floor.step(Intake([Envelope(b"\xff" * 64, "", 900, "1")], [], ""))
    assert floor.replies[900].status is OrderStatus.REJECTED
    assert floor.batch(buy(650, 100))[0].status is OrderStatus.OPEN
    assert floor.batch(buy(650, 100))[0].seq == floor.floor.seq


def test_a_question_that_cannot_be_answered_is_not_fatal(journal: JournalStore) -> None:
    floor = opened(journal)
    floor.floor.step(Intake([], [QueryEnvelope(TrialQuery(b"no command", ""), 900, "1")], ""))
    assert floor.answers == []
    assert isinstance(floor.ask(HeadQuery()), HeadAnswer)
    assert floor.batch(buy(650, 100))[0].status is OrderStatus.OPEN


def test_entries_replay_to_what_they_recorded(journal: JournalStore) -> None:
    opened(journal).batch(sell(700, 1000), buy(700, 200))
    replica = Replica()
    for entry in entries(journal):
        replica.replay(entry)
    (entry,) = journal.read(len(opened_market()))
    for changed in (
        JournalEntry(entry.first_seq + 1, *_fields(entry)[1:]),
        JournalEntry(*_fields(entry)[:5], bytes(32), entry.chain_hash),
    ):
        replica = Replica()
        replica.replay(journal.read(0, limit=1)[0])
        with pytest.raises(DamagedError):
            replica.replay(changed)


def _fields(entry: JournalEntry) -> tuple[int, int, int, bytes, bytes, bytes, bytes]:
    return (
        entry.first_seq, entry.count, entry.time_ns, entry.commands, entry.client_ids, entry.event_digest,
        entry.chain_hash,
    )  # fmt: skip


def test_the_buyer_pays_and_the_seller_delivers(journal: JournalStore) -> None:
    floor = opened(journal)
    floor.batch(sell(700, 1000), buy(700, 1000))
    buyer = floor.ask(AccountQuery(BUYER))
    assert isinstance(buyer, AccountAnswer)
    assert buyer.funds_free == 10**9 - 700_000 - 700_000 * 20 // 10_000
