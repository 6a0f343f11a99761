"""The journal: the one record everything else can be rebuilt from.

Append-only entries, one per micro-batch of the floor: the commands as they were applied, the client ids,
a digest of the events they caused, and a hash that chains the entry to all before it. Events are not
stored: the engine is deterministic, so a replay gives them again, and the digest proves it.

    chain_hash = BLAKE2b-256(previous chain_hash || first_seq || count || time_ns || commands
                             || client_ids || event_digest)     (numbers as 64-bit little-endian)

Here are the records and the port; journal_sqlite.py and journal_postgres.py keep them. A store also holds
snapshots, which only shorten a replay, and the lease of the one floor that may append.

Fencing: acquiring the lease raises its epoch, and every append happens only while that epoch stands and
only at the head's next sequence, all in one statement. A second floor can therefore never fork history.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

GENESIS = bytes(32)
"""Chain hash before the first entry."""

_NUMBERS = struct.Struct("<QQQ")
_encode = msgspec.msgpack.Encoder().encode
_decode_client_ids = msgspec.msgpack.Decoder(list[str]).decode


def digest(*parts: bytes) -> bytes:
    """BLAKE2b-256 of the parts put together."""
    state = hashlib.blake2b(digest_size=32)
    for part in parts:
        state.update(part)
    return state.digest()


class JournalEntry(msgspec.Struct, frozen=True):
    """One durable micro-batch."""

    first_seq: int
    count: int
    time_ns: int
    """When the floor took the batch."""
    commands: bytes
    """count records of 64 bytes."""
    client_ids: bytes
    """msgpack list[str], one per command, "" = none."""
    event_digest: bytes
    """BLAKE2b-256 of the events."""
    chain_hash: bytes
    bus_position: str = ""
    """Where in the bus the batch ended. Of use to a restart only; not part of the hash."""

    @property
    def last_seq(self) -> int:
        """Sequence of its last command."""
        return self.first_seq + self.count - 1

    def client_id_list(self) -> list[str]:
        """The client ids decoded. Raises msgspec.DecodeError on damage."""
        return _decode_client_ids(self.client_ids)

    def sealed_after(self, previous: bytes) -> bytes:
        """The chain hash this entry must have after the entry with hash ``previous``."""
        numbers = _NUMBERS.pack(self.first_seq, self.count, self.time_ns)
        return digest(previous, numbers, self.commands, self.client_ids, self.event_digest)


def seal(
    previous: bytes,
    *,
    first_seq: int,
    time_ns: int,
    commands: bytes,
    client_ids: Sequence[str],
    events: bytes,
    bus_position: str = "",
) -> JournalEntry:
    """The entry for a batch that was applied after the entry with chain hash ``previous``."""
    entry = JournalEntry(
        first_seq=first_seq,
        count=len(client_ids),
        time_ns=time_ns,
        commands=commands,
        client_ids=_encode(client_ids),
        event_digest=digest(events),
        chain_hash=b"",
        bus_position=bus_position,
    )
    return msgspec.structs.replace(entry, chain_hash=entry.sealed_after(previous))


class Head(NamedTuple):
    """The end of the journal."""

    seq: int
    chain_hash: bytes
    bus_position: str
    time_ns: int


EMPTY = Head(0, GENESIS, "", 0)


class Snapshot(NamedTuple):
    """The state after command seq, to start a replay from.

    The engine is stored whole. The remembered results are stored as those new since snapshot ``since_seq``
    (0 = all), so that a snapshot's cost does not grow with the age of the exchange.
    """

    seq: int
    since_seq: int
    time_ns: int
    chain_hash: bytes
    engine: bytes
    """Empty once a later snapshot made it superfluous; then only the results are of use."""
    engine_hash: bytes
    results: bytes
    results_hash: bytes

    @classmethod
    def sealed(
        cls, *, seq: int, since_seq: int, time_ns: int, chain_hash: bytes, engine: bytes, results: bytes
    ) -> "Snapshot":
        """A snapshot with its hashes."""
        bare = cls(seq, since_seq, time_ns, chain_hash, engine, b"", results, b"")
        return bare._replace(engine_hash=bare.engine_seal(), results_hash=bare.results_seal())

    def engine_seal(self) -> bytes:
        """What engine_hash must be."""
        return digest(b"engine", _NUMBERS.pack(self.seq, 0, self.time_ns), self.chain_hash, self.engine)

    def results_seal(self) -> bytes:
        """What results_hash must be."""
        return digest(b"results", _NUMBERS.pack(self.seq, self.since_seq, 0), self.results)


class JournalReader(Protocol):
    """What followers of the journal need (projector, verifier, standby). Raises JournalError."""

    def read(self, after_seq: int, limit: int = 256) -> list[JournalEntry]:
        """Up to ``limit`` entries whose first sequence is above ``after_seq``, in order."""

    def head(self) -> Head:
        """The last entry's end, or EMPTY."""

    def snapshot_seqs(self) -> list[int]:
        """Sequences of all snapshots, newest first."""

    def snapshot(self, seq: int) -> Snapshot | None:
        """The snapshot after command seq."""

    def close(self) -> None:
        """Let go of the store."""


class JournalStore(JournalReader, Protocol):
    """What the floor needs: a reader that may also write, once it holds the lease."""

    def acquire_lease(self, holder: str, *, take_over: bool = False) -> int:
        """Become the only writer; returns the epoch. Raises LeaseHeldError while another floor lives.

        take_over fences the other floor instead: its next append raises FencedError.
        """

    def renew_lease(self, now_ns: int) -> None:
        """Prove that the journal can be written and is still ours. Raises FencedError or JournalError."""

    def append(self, entry: JournalEntry) -> None:
        """Make one batch durable; when this returns it survives a power cut.

        Raises FencedError when another floor has written or holds the lease.
        """

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and drop engine states older than the newest few."""


KEPT_ENGINES = 4
"""Snapshots that keep their engine state, so that a damaged one has earlier ones to fall back to."""


def entries(store: JournalReader, after_seq: int = 0) -> Iterator[JournalEntry]:
    """All entries after a sequence, read in pages."""
    page = store.read(after_seq)
    while page:
        yield from page
        page = store.read(page[-1].last_seq)
