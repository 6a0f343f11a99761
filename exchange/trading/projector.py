"""The projector: follows the journal and writes the tables, exactly once, never ahead.

One transaction writes everything a chunk of journal entries caused (orders, trades, positions, money,
title, contracts, answers to the outbox) together with the projector's own position. A crash leaves all
of a chunk or nothing; a restart re-executes the journal up to the stored position without writing,
compares the chain hash, and goes on. The position is the transaction's first write and only moves from
where this projector left it, so a second projector waits and then fails instead of writing twice.

Poison: the engine guarantees that every trade is covered, so a row the database refuses means that
the tables or the code are wrong. The projector then halts with the reason, in its log, in its position
row and in /readyz, and what was traded waits safely in the journal; it never skips. A restart tries again.
Only an unreachable or busy database is tried again without being asked.
"""

import logging
import threading
import time
from collections import deque

from django.db import InterfaceError, OperationalError, connection, transaction

from exchange.halls.projecting import HallsProjection
from exchange.kernel.bulk import bulk_writer
from exchange.kernel.calendar import datetime_of
from exchange.markets import services as markets
from exchange.trading.delivery_versus_payment import DeliveryVersusPayment
from exchange.trading.duty_cycle import DutyCycle
from exchange.trading.errors import ProjectionError
from exchange.trading.journal import GENESIS, JournalEntry, JournalReader
from exchange.trading.models import ProjectorPosition
from exchange.trading.outbox_results import answer_outbox
from exchange.trading.projection_progress import PROGRESS
from exchange.trading.projector_reading import ChunkRows, EventReader, rates_in
from exchange.trading.projector_writing import (
    Positions,
    stored_open_orders,
    write_orders,
    write_positions,
    write_trades,
)
from exchange.trading.replica import Replica, restore
from exchange.trading.selectors import PROJECTOR

logger = logging.getLogger(__name__)

PAGE = 64
"""Journal entries read at once."""

IDLE_S = 0.02
TRY_AGAIN_S = 0.2


class Projector:
    """One replica that writes what it executes. Belongs to the thread that made it."""

    def __init__(self, store: JournalReader, replica: Replica, duty: DutyCycle | None = None) -> None:
        """The replica stands at the stored position; see open_projector."""
        self._store = store
        self._replica = replica
        self._duty = duty or DutyCycle()
        self._reader = EventReader(stored_open_orders(), rates_in(replica.engine), replica.engine.bid_file)
        self._delivery = DeliveryVersusPayment()
        self._page: deque[JournalEntry] = deque()
        self._unwritten: tuple[ChunkRows, Positions] | None = None
        self._seq = replica.seq

    @property
    def seq(self) -> int:
        """The last command whose rows are committed."""
        return self._seq

    def step(self) -> int:
        """Project one chunk; returns how many commands it had, 0 at the head.

        When the transaction fails, the same chunk is written at the next step.
        """
        if self._unwritten is None:
            rows = self._read_chunk()
            if not rows.commands:
                return 0
            self._unwritten = rows, Positions(rows, self._replica.engine)
        rows, positions = self._unwritten
        with transaction.atomic():
            self._write(rows, positions)
        self._unwritten = None
        self._seq = rows.last_seq
        return rows.commands

    def catch_up(self) -> None:
        """Project everything the journal holds now."""
        while self.step():
            pass

    def _read_chunk(self) -> ChunkRows:
        """Execute whole entries until the chunk is as large as it should be."""
        while self._reader.rows.commands < self._duty.budget:
            if not self._page:
                self._page.extend(self._store.read(self._replica.seq, PAGE))
            if not self._page:
                break
            entry = self._page.popleft()
            self._reader.before(entry)
            self._reader.read(entry, self._replica.replay(entry).events)
        return self._reader.take()

    def _write(self, rows: ChunkRows, positions: Positions) -> None:
        self._move_position(rows)
        writer = bulk_writer()
        write_orders(writer, rows)
        write_trades(writer, rows)
        self._delivery.settle(rows)
        write_positions(writer, positions)
        if rows.desk_facts:
            HallsProjection(rows.bid_files).apply(rows.desk_facts)
        _answer_tables(rows)

    def _move_position(self, rows: ChunkRows) -> None:
        moved = ProjectorPosition.objects.filter(name=PROJECTOR, seq=self._seq).update(
            seq=rows.last_seq, chain_hash=rows.chain_hash
        )
        if not moved:
            raise ProjectionError(f"another projector moved on from seq {self._seq}")

    # The loop ------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Follow the journal until told to stop; after a halt, only wait to be stopped.

        The caller closes the thread's database connection afterwards.
        """
        PROGRESS.follow(self._seq)
        try:
            while not stop.is_set():
                self._turn(stop)
        except Exception as error:
            self._halt(error)
            stop.wait()
        finally:
            PROGRESS.leave()

    def _turn(self, stop: threading.Event) -> None:
        started = time.monotonic()
        try:
            commands = self.step()
        except (OperationalError, InterfaceError) as error:
            logger.warning("The projector tries again after seq %s: %s", self._seq, error)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            stop.wait(TRY_AGAIN_S)
            return
        head = self._store.head().seq
        now = time.monotonic()
        self._duty.observe(head, now)
        if commands:
            PROGRESS.advance(self._seq)
            self._duty.worked(commands, now - started)
            stop.wait(self._duty.rest_s(now - started, head - self._seq))
        else:
            stop.wait(IDLE_S)

    def _halt(self, error: Exception) -> None:
        """Say why in the log, to this process and, through the position row, to others."""
        reason = f"after seq {self._seq}: {type(error).__name__}: {error}"
        logger.critical("The projector halted %s", reason, exc_info=error)
        PROGRESS.halt(reason)
        try:
            ProjectorPosition.objects.filter(name=PROJECTOR).update(halt_reason=reason)
        except Exception:
            logger.exception("The halt could not be written beside the position")


def _answer_tables(rows: ChunkRows) -> None:
    """The floor's answers to the outbox and the calls it began itself, in the order of the journal.

    A phase that was told before a volatility call began must be marked before, and one told after it only
    after: what still waits decides which of the two lasts.
    """
    waiting = rows.outbox_results
    for start in rows.volatility_starts:
        answer_outbox([result for result in waiting if result.seq < start.seq])
        waiting = [result for result in waiting if result.seq > start.seq]
        markets.follow_volatility_call(
            product_number=start.product_number, price=start.price, at=datetime_of(start.time_ns)
        )
    answer_outbox(waiting)


def open_projector(store: JournalReader, duty: DutyCycle | None = None) -> Projector:
    """A projector at the stored position.

    Re-executes the journal from the newest snapshot up to the position, without writing. Raises
    ProjectionError when the tables do not belong to this journal, DamagedError when it does not replay.
    """
    position, _ = ProjectorPosition.objects.get_or_create(
        name=PROJECTOR, defaults={"seq": 0, "chain_hash": GENESIS.hex()}
    )
    replica = restore(store, until_seq=position.seq, remember=False)
    if replica.seq != position.seq:
        raise ProjectionError(
            f"the tables stand at seq {position.seq}; the journal's entry there ends at {replica.seq}"
        )
    if replica.chain_hash.hex() != position.chain_hash:
        raise ProjectionError(f"the tables at seq {position.seq} were made from another journal")
    ProjectorPosition.objects.filter(name=PROJECTOR).exclude(halt_reason="").update(halt_reason="")
    return Projector(store, replica, duty)
