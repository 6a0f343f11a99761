"""The bus: how commands and questions reach the one floor, and its answers come back.

Two ends. The floor takes whatever has arrived (take) and answers it after the journal's commit (answer).
A gateway sends (send, ask) and is handed its answers in batches (its mailbox). Here is the bus inside one
process; bus_redis.py is the same between processes.
"""

import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from exchange.trading.errors import FloorUnavailable
from exchange.trading.queries import Answer, Query
from exchange.trading.replies import Reply

MAX_BATCH = 4096
"""Commands in one micro-batch, so that one commit and its acknowledgements stay short."""


class Mailbox(Protocol):
    """Where a gateway receives its answers; called on the floor's thread."""

    def deliver(self, replies: list[tuple[int, Reply]]) -> None:
        """Replies by token, in the order of their commands."""

    def deliver_answer(self, token: int, answer: Answer) -> None:
        """The answer to one question."""

    def floor_gone(self) -> None:
        """The floor stopped: nothing waiting will be answered."""


class Envelope(NamedTuple):
    """One command on its way to the floor."""

    command: bytes
    client_id: str
    token: int
    """The gateway's number for it; comes back with the reply."""
    reply_to: str
    """The bus's address of the gateway."""


class QueryEnvelope(NamedTuple):
    """One question on its way to the floor."""

    query: Query
    token: int
    reply_to: str


class Sent(NamedTuple):
    """One command as a gateway hands it over."""

    token: int
    command: bytes
    client_id: str


class Intake(NamedTuple):
    """Everything the floor takes at once."""

    envelopes: list[Envelope]
    queries: list[QueryEnvelope]
    position: str
    """Where in the bus this intake ends; journaled with the batch, so that a restart continues there."""


class CommandBus(Protocol):
    """The floor's end."""

    def take(self, timeout_s: float) -> Intake:
        """What has arrived, at most MAX_BATCH; waits up to timeout_s for the first."""

    def answer(self, envelopes: Sequence[Envelope], replies: Sequence[Reply]) -> None:
        """Send each command's reply to where it came from."""

    def answer_query(self, envelope: QueryEnvelope, answer: Answer) -> None:
        """Send the answer to where the question came from."""

    def start_at(self, position: str) -> None:
        """Continue after this position (from the journal's head; "" = from the beginning)."""

    def close(self) -> None:
        """The floor stopped: refuse what comes and tell the gateways."""


class Uplink(Protocol):
    """A gateway's end."""

    def check_open(self) -> None:
        """Raises FloorUnavailable when the floor is known to be gone."""

    def send(self, commands: list[Sent]) -> None:
        """Put commands on the bus, in order; all that a gateway gathered in one turn of its loop."""

    def ask(self, token: int, query: Query) -> None:
        """Put one question on the bus. Raises FloorUnavailable."""

    async def close(self) -> None:
        """Leave the bus."""


class InProcessBus:
    """The bus inside one process: a C queue from any thread to the floor's."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[list[Envelope] | QueryEnvelope] = SimpleQueue()
        self._rest: list[Envelope] = []
        self._mailboxes: dict[str, Mailbox] = {}
        self._lock = threading.Lock()
        self._addresses = 0
        self.closed = False

    def connect(self, mailbox: Mailbox) -> "InProcessUplink":
        """A gateway's way onto this bus."""
        with self._lock:
            self._addresses += 1
            address = str(self._addresses)
            self._mailboxes[address] = mailbox
        return InProcessUplink(self, address)

    def disconnect(self, address: str) -> None:
        """This gateway is gone; what is on its way to it is dropped."""
        with self._lock:
            self._mailboxes.pop(address, None)

    def check_open(self) -> None:
        """See Uplink."""
        if self.closed:
            raise FloorUnavailable

    def put(self, each: list[Envelope] | QueryEnvelope) -> None:
        """Queue for the floor."""
        self._queue.put(each)

    def start_at(self, position: str) -> None:
        """Nothing outlives the process, so there is nothing to continue."""

    def take(self, timeout_s: float) -> Intake:
        """See CommandBus."""
        envelopes, self._rest = self._rest, []
        queries: list[QueryEnvelope] = []
        waiting = self._queue
        if not envelopes:
            try:
                self._sort_in(waiting.get(timeout=timeout_s), envelopes, queries)
            except Empty:
                return Intake(envelopes, queries, "")
        while len(envelopes) < MAX_BATCH and waiting.qsize():
            self._sort_in(waiting.get_nowait(), envelopes, queries)
        self._rest = envelopes[MAX_BATCH:]
        return Intake(envelopes[:MAX_BATCH], queries, "")

    @staticmethod
    def _sort_in(
        each: list[Envelope] | QueryEnvelope, envelopes: list[Envelope], queries: list[QueryEnvelope]
    ) -> None:
        if isinstance(each, list):
            envelopes += each
        else:
            queries.append(each)

    def answer(self, envelopes: Sequence[Envelope], replies: Sequence[Reply]) -> None:
        """One delivery per gateway and batch."""
        by_address: dict[str, list[tuple[int, Reply]]] = {}
        for envelope, reply in zip(envelopes, replies, strict=True):
            by_address.setdefault(envelope.reply_to, []).append((envelope.token, reply))
        for address, pairs in by_address.items():
            mailbox = self._mailboxes.get(address)
            if mailbox is not None:
                mailbox.deliver(pairs)

    def answer_query(self, envelope: QueryEnvelope, answer: Answer) -> None:
        """See CommandBus."""
        mailbox = self._mailboxes.get(envelope.reply_to)
        if mailbox is not None:
            mailbox.deliver_answer(envelope.token, answer)

    def close(self) -> None:
        """See CommandBus."""
        with self._lock:
            self.closed = True
            mailboxes = list(self._mailboxes.values())
        for mailbox in mailboxes:
            mailbox.floor_gone()


class InProcessUplink:
    """A gateway's end of an InProcessBus."""

    def __init__(self, bus: InProcessBus, address: str) -> None:
        self._bus = bus
        self._address = address

    def check_open(self) -> None:
        """See Uplink."""
        self._bus.check_open()

    def send(self, commands: list[Sent]) -> None:
        """See Uplink."""
        address = self._address
        self._bus.put(
            [Envelope(command, client_id, token, address) for token, command, client_id in commands]
        )

    def ask(self, token: int, query: Query) -> None:
        """See Uplink."""
        self._bus.check_open()
        self._bus.put(QueryEnvelope(query, token, self._address))

    async def close(self) -> None:
        """See Uplink."""
        self._bus.disconnect(self._address)
