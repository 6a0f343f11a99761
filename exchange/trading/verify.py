"""`jinguo journal verify`: replay everything from the first command and compare all that is stored with it.

Compared are: every entry's chain hash and event digest; every snapshot, engine and remembered results,
with the replayed state at its sequence; at the projector's position, every order, refused order and trade
row by row with the replay, then positions, ledger cash and the receipt register with the engine; and the
ledger, the register and the audit log are recounted from their own rows. The
tables are read in one consistent view, so an exchange that goes on trading does not disturb the result.

The replay uses whichever engine is installed; an engine of another build or machine must agree.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from exchange.kernel import audit
from exchange.trading.errors import DamagedError
from exchange.trading.journal import JournalEntry, JournalReader, Snapshot, entries
from exchange.trading.models import ProjectorPosition
from exchange.trading.projector_reading import EventReader, rates_in
from exchange.trading.reconciliation import tables_agree
from exchange.trading.replica import Replica
from exchange.trading.selectors import PROJECTOR
from exchange.trading.types import Difference
from exchange.trading.verify_rows import compare_chunk, compare_open_orders
from settlement.verify import verify_settlement
from warehouse_receipts.verify import shortfalls

MAX_DIFFERENCES = 100
"""Enough to see what is wrong; a report is not a dump."""

CHUNK_COMMANDS = 5_000
PROGRESS_EVERY = 100_000


@dataclass
class Report:
    """What was replayed and every difference found."""

    seq: int = 0
    entries: int = 0
    snapshots: int = 0
    tables_seq: int = 0
    state_hash: str = ""
    chain_hash: str = ""
    differences: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def add(self, found: Iterator[Difference] | list[Difference]) -> None:
        """Keep differences, up to MAX_DIFFERENCES."""
        for difference in found:
            if len(self.differences) >= MAX_DIFFERENCES:
                return
            self.differences.append(difference)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "agrees": self.agrees,
            "seq": self.seq,
            "entries": self.entries,
            "snapshots": self.snapshots,
            "tables_seq": self.tables_seq,
            "state_hash": self.state_hash,
            "chain_hash": self.chain_hash,
            "differences": [difference._asdict() for difference in self.differences],
        }

    def as_text(self) -> str:
        """For people."""
        lines = [
            f"journal     {self.entries} entries, {self.seq} commands replayed",
            f"snapshots   {self.snapshots} compared",
            f"tables      compared at seq {self.tables_seq}",
            f"state hash  {self.state_hash}",
            f"chain hash  {self.chain_hash}",
        ]
        lines.extend(
            f"DIFFERENT   {each.what} {each.key}: stored {each.in_tables}, replay {each.in_engine}"
            for each in self.differences
        )
        lines.append("everything agrees" if self.agrees else f"{len(self.differences)} differences")
        return "\n".join(lines)


def verify_journal(store: JournalReader, *, progress: Callable[[int], None] = lambda _seq: None) -> Report:
    """Replay and compare; never raises for what it finds, only when a store cannot be read."""
    with _one_view():
        position = ProjectorPosition.objects.filter(name=PROJECTOR).first()
        return _Verifier(store, position.seq if position else 0, progress).verify()


class _Verifier:
    """One pass over the journal."""

    def __init__(self, store: JournalReader, tables_seq: int, progress: Callable[[int], None]) -> None:
        self._store = store
        self._progress = progress
        self._replica = Replica()
        self._reader = EventReader([], rates_in(self._replica.engine), self._replica.engine.bid_file)
        self._snapshots = sorted(store.snapshot_seqs(), reverse=True)
        self._report = Report(tables_seq=tables_seq)

    def verify(self) -> Report:
        report, replica = self._report, self._replica
        report.add(_recounted())
        try:
            for entry in entries(self._store):
                self._replay(entry)
        except DamagedError as damage:
            report.add([Difference("journal", f"after seq {replica.seq}", str(damage), "an undamaged entry")])
        if replica.seq < report.tables_seq:
            found = Difference(
                "position", "tables", str(report.tables_seq), f"the journal ends at {replica.seq}"
            )
            report.add([found])
        for seq in self._snapshots:
            report.add([Difference("snapshot", f"seq {seq}", "stored", "no entry of the journal ends there")])
        report.seq = replica.seq
        report.state_hash, report.chain_hash = replica.engine.state_hash(), replica.chain_hash.hex()
        return report

    def _replay(self, entry: JournalEntry) -> None:
        for_tables = entry.last_seq <= self._report.tables_seq
        if for_tables:
            self._reader.before(entry)
        executed = self._replica.replay(entry)
        self._report.entries += 1
        if for_tables:
            self._reader.read(entry, executed.events)
            self._compare_tables(at_position=entry.last_seq == self._report.tables_seq)
        if self._snapshots and self._snapshots[-1] == self._replica.seq:
            self._compare_snapshot(self._snapshots.pop())
        if entry.last_seq // PROGRESS_EVERY > (entry.first_seq - 1) // PROGRESS_EVERY:
            self._progress(entry.last_seq)

    def _compare_tables(self, *, at_position: bool) -> None:
        if self._reader.rows.commands >= CHUNK_COMMANDS or at_position:
            self._report.add(compare_chunk(self._reader.take()))
        if at_position:
            self._report.add(compare_open_orders(self._reader.open))
            self._report.add(tables_agree(self._replica))

    def _compare_snapshot(self, seq: int) -> None:
        stored = self._store.snapshot(seq)
        if stored is None:
            return
        replayed = self._replica.snapshot()
        self._report.add(_snapshot_differences(stored, replayed))
        self._report.snapshots += 1
        self._replica.saved(replayed)


def _snapshot_differences(stored: Snapshot, replayed: Snapshot) -> Iterator[Difference]:
    key = f"seq {stored.seq}"
    if stored.chain_hash != replayed.chain_hash:
        yield Difference("snapshot chain hash", key, stored.chain_hash.hex(), replayed.chain_hash.hex())
    if stored.engine and stored.engine_seal() != stored.engine_hash:
        yield Difference("snapshot engine", key, "does not agree with its hash", "")
    elif stored.engine_hash != replayed.engine_hash:
        yield Difference("snapshot engine", key, stored.engine_hash.hex(), replayed.engine_hash.hex())
    if stored.results_seal() != stored.results_hash:
        yield Difference("snapshot results", key, "do not agree with their hash", "")
    elif stored.since_seq == replayed.since_seq and stored.results != replayed.results:
        yield Difference("snapshot results", key, stored.results_hash.hex(), replayed.results_hash.hex())


def _recounted() -> Iterator[Difference]:
    """Money, goods and the audit log against their own rows, whatever the journal says."""
    for finding in verify_settlement():
        yield Difference(f"ledger {finding.what}", finding.subject, finding.detail, "what holds")
    for shortfall in shortfalls():
        yield Difference(f"register: {shortfall[0]}", shortfall[1], str(shortfall[2]), str(shortfall[3]))
    for broken in audit.verify():
        yield Difference("audit log", str(broken.number), broken.why, "an unbroken chain")


@contextmanager
def _one_view() -> Iterator[None]:
    """All reads of the tables see one moment, and nobody who writes has to wait."""
    if connection.in_atomic_block:
        yield
        return
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgres else "BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
