"""A replica: the engine together with what the floor remembers, moved only by commands.

The floor, the projector, the verifier and a standby each hold one and execute the same commands; equal
journals give equal replicas. The floor's replica also remembers the result of every command that had a
client id, so that a resend, even after a restart, gets the first answer and no second effect.

How long results are remembered: time is cut into periods of REMEMBER_DAYS days (Asia/Shanghai); results of
the current and the previous period are kept, older ones are forgotten when the first batch of a new period
is executed. So an id is safe for at least REMEMBER_DAYS and at most twice that, far longer than an order
can stand. The rule uses the batch's journaled time only, so every replica forgets at the same command.
Cost: about 250 bytes of memory for each remembered command.
"""

import logging
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from exchange.kernel.calendar import NS_PER_DAY
from exchange.trading.errors import DamagedError
from exchange.trading.journal import GENESIS, JournalEntry, JournalReader, Snapshot, digest, entries
from exchange.trading.replies import Reply, pack_result, replies_of, unpack_result
from matching.engine import Engine, new_engine
from matching.market import MarketEngine, new_market
from matching.types import RECORD_SIZE

logger = logging.getLogger(__name__)

REMEMBER_DAYS = 7
_PERIOD_NS = REMEMBER_DAYS * NS_PER_DAY
_SHANGHAI_NS = NS_PER_DAY // 3

_ACCOUNT_AT = slice(16, 20)
"""Where the account number stands in a command record."""

Results = dict[bytes, bytes]
_SavedResults = list[tuple[int, list[tuple[bytes, bytes]]]]
_encode = msgspec.msgpack.Encoder().encode
_decode_results: msgspec.msgpack.Decoder[_SavedResults] = msgspec.msgpack.Decoder(_SavedResults)


def result_key(command: bytes, client_id: str) -> bytes:
    """Key of a remembered result: the account, then the client's own id."""
    return command[_ACCOUNT_AT] + client_id.encode()


class Executed(NamedTuple):
    """What a batch did."""

    first_seq: int
    events: bytes
    replies: list[Reply]
    """Empty in a replica that does not remember."""


class Replica:
    """Engine, sequence, chain hash and remembered results."""

    def __init__(self, engine: Engine | None = None, *, remember: bool = True) -> None:
        """remember=False (projector) leaves out results, which only the floor needs."""
        self.engine = engine if isinstance(engine, MarketEngine) else MarketEngine(engine or new_engine())
        self.remember = remember
        self.seq = 0
        self.chain_hash = GENESIS
        self.time_ns = 0
        self._period = 0
        self._results: Results = {}
        self._previous: Results = {}
        self._saved_seq = 0
        self._saved = 0
        self._saved_previous = 0

    def remembered(self, key: bytes) -> Reply | None:
        """The first reply to this key, marked as a duplicate, or None."""
        result = self._results.get(key) or self._previous.get(key)
        return None if result is None else unpack_result(result)

    def execute(self, commands: bytes, client_ids: Sequence[str], time_ns: int) -> Executed:
        """Apply one batch; the caller makes it durable and then calls advanced()."""
        first_seq = self.seq + 1
        self._enter_period(time_ns)
        events = self.engine.apply(commands, first_seq)
        self.seq += len(client_ids)
        self.time_ns = time_ns
        replies = replies_of(events) if self.remember else []
        if self.remember:
            self._remember(commands, client_ids, replies)
        return Executed(first_seq, events, replies)

    def _enter_period(self, time_ns: int) -> None:
        period = (time_ns + _SHANGHAI_NS) // _PERIOD_NS
        if period > self._period:
            adjacent = period == self._period + 1
            self._previous = self._results if adjacent else {}
            self._saved_previous = self._saved if adjacent else 0
            self._results, self._saved, self._period = {}, 0, period

    def _remember(self, commands: bytes, client_ids: Sequence[str], replies: list[Reply]) -> None:
        results = self._results
        for at, client_id in enumerate(client_ids):
            if client_id:
                start = at * RECORD_SIZE
                account = commands[start + 16 : start + 20]
                results[account + client_id.encode()] = pack_result(replies[at])

    def advanced(self, chain_hash: bytes) -> None:
        """The batch just executed is durable under this chain hash."""
        self.chain_hash = chain_hash

    def replay(self, entry: JournalEntry) -> Executed:
        """Execute one stored entry. Raises DamagedError unless everything stored agrees with it."""
        if entry.first_seq != self.seq + 1:
            raise DamagedError(f"seq {entry.first_seq} follows seq {self.seq}: the journal has a hole")
        if entry.sealed_after(self.chain_hash) != entry.chain_hash:
            raise DamagedError(f"seq {entry.first_seq}: the chain hash does not agree with the entry")
        executed = self.execute(entry.commands, entry.client_id_list(), entry.time_ns)
        if digest(executed.events) != entry.event_digest:
            raise DamagedError(f"seq {entry.first_seq}: the replay gives other events than recorded")
        self.chain_hash = entry.chain_hash
        return executed

    def snapshot(self) -> Snapshot:
        """The state after the last durable command. Call saved() once it is stored."""
        return Snapshot.sealed(
            seq=self.seq,
            since_seq=self._saved_seq,
            time_ns=self.time_ns,
            chain_hash=self.chain_hash,
            engine=self.engine.snapshot(),
            results=_encode(self._unsaved()),
        )

    def _unsaved(self) -> _SavedResults:
        """Results since the last snapshot, by period. Dicts keep the order of insertion."""
        return [
            (self._period - 1, list(islice(self._previous.items(), self._saved_previous, None))),
            (self._period, list(islice(self._results.items(), self._saved, None))),
        ]

    def saved(self, snapshot: Snapshot) -> None:
        """The snapshot is stored: the next one needs only what comes after."""
        self._saved_seq = snapshot.seq
        self._saved, self._saved_previous = len(self._results), len(self._previous)

    def load(self, snapshot: Snapshot, history: Sequence[Snapshot]) -> None:
        """Take the state of a snapshot; history: it and the snapshots it builds on, oldest first.

        Raises DamagedError, with this replica in an unusable state, if anything does not agree.
        """
        if not snapshot.engine or snapshot.engine_seal() != snapshot.engine_hash:
            raise DamagedError(f"the snapshot at seq {snapshot.seq} does not agree with its hash")
        try:
            self.engine.load(snapshot.engine)
        except ValueError as error:
            raise DamagedError(f"the snapshot at seq {snapshot.seq} cannot be loaded: {error}") from error
        self.seq, self.chain_hash = snapshot.seq, snapshot.chain_hash
        self._enter_period(snapshot.time_ns)
        self.time_ns = snapshot.time_ns
        for part in history:
            self._recall(part)
        self.saved(snapshot)

    def _recall(self, part: Snapshot) -> None:
        if part.results_seal() != part.results_hash:
            raise DamagedError(f"the results at seq {part.seq} do not agree with their hash")
        for period, results in _decode_results.decode(part.results):
            if period == self._period:
                self._results.update(results)
            elif period == self._period - 1:
                self._previous.update(results)

    def catch_up(self, store: JournalReader, until_seq: int | None = None) -> None:
        """Replay the journal from here to its head, or to the end of the entry that holds until_seq."""
        for entry in entries(store, self.seq):
            if until_seq is not None and entry.first_seq > until_seq:
                return
            self.replay(entry)


def restore(
    store: JournalReader,
    *,
    until_seq: int | None = None,
    remember: bool = True,
    make_engine: Callable[[], Engine] = new_market,
) -> Replica:
    """A replica at the journal's head, or at until_seq (the end of an entry, e.g. a projector's position).

    Starts from the newest snapshot that is whole; a damaged one is reported and an earlier one taken, in
    the last resort the journal's beginning. Raises DamagedError if the journal itself is damaged.
    """
    for seq in store.snapshot_seqs():
        if until_seq is not None and seq > until_seq:
            continue
        replica = Replica(make_engine(), remember=remember)
        try:
            if not _load(replica, store, seq):
                continue
        except DamagedError:
            logger.critical(
                "Snapshot at seq %s is damaged; falling back to an earlier one", seq, exc_info=True
            )
            continue
        replica.catch_up(store, until_seq)
        return replica
    replica = Replica(make_engine(), remember=remember)
    replica.catch_up(store, until_seq)
    return replica


def _load(replica: Replica, store: JournalReader, seq: int) -> bool:
    """Load the snapshot at seq; False when its engine state was dropped as superfluous."""
    snapshot = store.snapshot(seq)
    if snapshot is None or not snapshot.engine:
        return False
    _check_against_journal(store, snapshot)
    history = _history(store, snapshot) if replica.remember else []
    replica.load(snapshot, history)
    return True


def _check_against_journal(store: JournalReader, snapshot: Snapshot) -> None:
    """A snapshot must lie on this journal's chain, not on another's."""
    head = store.head()
    if snapshot.seq > head.seq:
        raise DamagedError(f"the snapshot at seq {snapshot.seq} is ahead of the journal ({head.seq})")
    following = store.read(snapshot.seq, limit=1)
    chained = not following or following[0].sealed_after(snapshot.chain_hash) == following[0].chain_hash
    at_head = bool(following) or head.chain_hash == snapshot.chain_hash
    if not (chained and at_head):
        raise DamagedError(f"the snapshot at seq {snapshot.seq} does not lie on the journal's chain")


def _history(store: JournalReader, snapshot: Snapshot) -> list[Snapshot]:
    """The snapshots whose results together are all that is remembered, oldest first."""
    history = [snapshot]
    oldest_ns = snapshot.time_ns - 2 * _PERIOD_NS
    while history[-1].since_seq > 0 and history[-1].time_ns >= oldest_ns:
        earlier = store.snapshot(history[-1].since_seq)
        if earlier is None:
            raise DamagedError(f"the snapshot at seq {history[-1].since_seq} is missing")
        history.append(earlier)
    return history[::-1]
