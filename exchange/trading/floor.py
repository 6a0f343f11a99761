"""The trading floor: the single writer.

One step takes everything that waits as one micro-batch: known client ids are answered from memory, the
rest goes through the engine and into the journal in one commit, and only then are replies and feed sent.
While a commit runs the next batch gathers; so one slow disk write is shared by all who wait for it.

The floor never guesses. If the journal cannot be written, or another floor has taken over, the engine in
memory is ahead of what is durable: the floor acknowledges nothing, says why, and stops. A restart replays.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from exchange.kernel.metrics import BATCH_SIZES, LATENCY_S, Histogram
from exchange.trading.bus import CommandBus, Envelope, Intake, QueryEnvelope
from exchange.trading.desk_time import stamped
from exchange.trading.feed import FeedBatch, FeedPublisher, heads_of
from exchange.trading.floor_answers import answer_query
from exchange.trading.journal import JournalStore, seal
from exchange.trading.queries import StatsAnswer, StatsQuery
from exchange.trading.replica import Replica, restore, result_key
from exchange.trading.replies import Reply

logger = logging.getLogger(__name__)

SNAPSHOT_EVERY = 200_000
LEASE_EVERY_S = 2.0
"""How often an idle floor proves that the journal can be written."""

_IDLE_S = 0.25


class _Sorted(NamedTuple):
    """A batch with the resends taken out."""

    fresh: list[Envelope]
    remembered: list[tuple[Envelope, Reply]]
    repeated: list[tuple[Envelope, int]]
    """A client id twice in one batch: answered like the fresh one at this index."""


class FloorStats:
    """What the floor has done since it started; only the floor's own thread touches it."""

    def __init__(self, started_ns: int) -> None:
        self._started_ns = started_ns
        self._append_s = Histogram(LATENCY_S)
        self._batch_sizes = Histogram(BATCH_SIZES)
        self._commands = 0
        self.resends = 0

    def committed(self, commands: int, took_s: float) -> None:
        """A batch is durable."""
        self._commands += commands
        self._append_s.observe(took_s)
        self._batch_sizes.observe(commands)

    def answer(self, seq: int, written_at_ns: int) -> StatsAnswer:
        """All of it, as a gateway is told."""
        return StatsAnswer(
            seq,
            self._started_ns,
            written_at_ns,
            self._commands,
            self.resends,
            self._append_s.state(),
            self._batch_sizes.state(),
        )


class Floor:
    """One replica, one journal, one bus, one feed."""

    def __init__(
        self,
        store: JournalStore,
        replica: Replica,
        bus: CommandBus,
        feed: FeedPublisher,
        *,
        snapshot_every: int = SNAPSHOT_EVERY,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """The replica is at the store's head and the store's lease is held: see open_floor."""
        self._store = store
        self._replica = replica
        self._bus = bus
        self._feed = feed
        self._snapshot_every = snapshot_every
        self._clock_ns = clock_ns
        self._snapshot_seq = max(store.snapshot_seqs(), default=0)
        self._durable_seq = replica.seq
        self._written_at_ns = clock_ns()
        self._renewed_at = time.monotonic()
        self.failure: BaseException | None = None
        self._stats = FloorStats(clock_ns())

    @property
    def seq(self) -> int:
        """The last durable sequence."""
        return self._durable_seq

    def step(self, intake: Intake) -> None:
        """One micro-batch: apply, commit, answer, publish; then the questions, at the new sequence."""
        if intake.envelopes:
            self._trade(intake.envelopes, intake.position)
        for question in intake.queries:
            self._answer(question)

    def _trade(self, envelopes: list[Envelope], position: str) -> None:
        batch = self._sort(envelopes)
        replies: list[Reply] = []
        self._stats.resends += len(batch.remembered) + len(batch.repeated)
        if batch.fresh:
            replies = self._commit(batch.fresh, position)
        if batch.remembered:
            self._bus.answer([each for each, _ in batch.remembered], [reply for _, reply in batch.remembered])
        if batch.repeated:
            self._bus.answer(
                [each for each, _ in batch.repeated],
                [replies[at]._replace(duplicate=True) for _, at in batch.repeated],
            )

    def _sort(self, envelopes: Sequence[Envelope]) -> _Sorted:
        fresh: list[Envelope] = []
        remembered: list[tuple[Envelope, Reply]] = []
        repeated: list[tuple[Envelope, int]] = []
        keys: dict[bytes, int] = {}
        for envelope in envelopes:
            if envelope.client_id:
                key = result_key(envelope.command, envelope.client_id)
                reply = self._replica.remembered(key)
                if reply is not None:
                    remembered.append((envelope, reply))
                    continue
                if key in keys:
                    repeated.append((envelope, keys[key]))
                    continue
                keys[key] = len(fresh)
            fresh.append(envelope)
        return _Sorted(fresh, remembered, repeated)

    def _commit(self, fresh: list[Envelope], position: str) -> list[Reply]:
        """Apply and make durable; then, and only then, acknowledge and publish."""
        time_ns = max(self._clock_ns(), self._replica.time_ns)
        commands = stamped(b"".join([envelope.command for envelope in fresh]), time_ns)
        client_ids = [envelope.client_id for envelope in fresh]
        executed = self._replica.execute(commands, client_ids, time_ns)
        entry = seal(
            self._replica.chain_hash,
            first_seq=executed.first_seq,
            time_ns=time_ns,
            commands=commands,
            client_ids=client_ids,
            events=executed.events,
            bus_position=position,
        )
        began = time.perf_counter()
        self._store.append(entry)
        self._stats.committed(len(fresh), time.perf_counter() - began)
        self._replica.advanced(entry.chain_hash)
        self._durable_seq = entry.last_seq
        self._written_at_ns = time_ns
        self._bus.answer(fresh, executed.replies)
        self._feed.publish(
            FeedBatch(
                executed.first_seq,
                time_ns,
                executed.events,
                client_ids,
                self._replica.seq,
                heads_of(commands),
            )
        )
        return executed.replies

    def _answer(self, question: QueryEnvelope) -> None:
        """Answer a question. One that cannot be is nobody's reason to stop trading: it changes nothing."""
        query = question.query
        if isinstance(query, StatsQuery):
            self._bus.answer_query(question, self._stats.answer(self._replica.seq, self._written_at_ns))
            return
        try:
            answer = answer_query(query, self._replica, self._written_at_ns)
        except Exception:
            logger.exception("A question could not be answered: %r", query)
            return
        self._bus.answer_query(question, answer)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; then take a snapshot. On any failure: say so, close the bus, re-raise."""
        try:
            while not stop.is_set():
                self.step(self._bus.take(_IDLE_S))
                self._keep_house()
            self.save_snapshot()
        except BaseException as error:
            self.failure = error
            logger.critical("The floor stopped after seq %s: %s", self._durable_seq, error)
            raise
        finally:
            self._bus.close()

    def _keep_house(self) -> None:
        if self._replica.seq - self._snapshot_seq >= self._snapshot_every:
            self.save_snapshot()
        now = time.monotonic()
        if now - self._renewed_at >= LEASE_EVERY_S:
            self._written_at_ns = self._clock_ns()
            self._store.renew_lease(self._written_at_ns)
            self._renewed_at = now

    def save_snapshot(self) -> None:
        """Store the state now, unless it is stored already."""
        if self._replica.seq == self._snapshot_seq:
            return
        snapshot = self._replica.snapshot()
        self._store.write_snapshot(snapshot)
        self._replica.saved(snapshot)
        self._snapshot_seq = snapshot.seq


def open_floor(
    store: JournalStore,
    bus: CommandBus,
    feed: FeedPublisher,
    *,
    holder: str,
    take_over: bool = False,
    snapshot_every: int = SNAPSHOT_EVERY,
) -> Floor:
    """Take the lease, restore the state, continue on the bus where the journal ends.

    Raises LeaseHeldError while another floor lives and DamagedError when the journal does not replay.
    """
    store.acquire_lease(holder, take_over=take_over)
    replica = restore(store)
    head = store.head()
    assert (replica.seq, replica.chain_hash) == (head.seq, head.chain_hash)
    bus.start_at(head.bus_position)
    return Floor(store, replica, bus, feed, snapshot_every=snapshot_every)
