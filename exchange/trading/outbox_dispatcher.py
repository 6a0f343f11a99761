"""The outbox dispatcher: sends the commands the tables wrote to the floor, in the order of their ids.

It only sends. The projector, when it meets the command in the journal, marks the row with the floor's
answer in its own transaction. Every command carries a client id made from its row ("~outbox-17"), so
sending one again, after a crash or a lost reply, has no second effect; still, the dispatcher waits at its
start until the projector has caught up, so that it does not send the past again.
"""

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from exchange.kernel.outbox import OutboxRow, pending
from exchange.trading.errors import FloorUnavailable
from exchange.trading.replies import OrderStatus, Reply

logger = logging.getLogger(__name__)

OUTBOX_PREFIX = "~outbox-"
PAGE = 500

_POLL_S = 0.1
_RETRY_S = 0.5


class Dispatched(NamedTuple):
    """One round: rows sent and answered, and whether anything must be tried again."""

    sent: int
    complete: bool


class Sender(Protocol):
    """What it needs of a BlockingGateway."""

    def call_all(self, commands: list[tuple[bytes, str]]) -> list[Reply]:
        """Send in this order; UNANSWERED where no answer came."""


def client_id_of(row_id: int) -> str:
    """Client id of an outbox row's command."""
    return f"{OUTBOX_PREFIX}{row_id}"


class OutboxDispatcher:
    """Sends waiting rows; a row once answered by the floor is left to the projector."""

    def __init__(self, sender: Sender, caught_up: Callable[[], bool]) -> None:
        """caught_up: whether the projector has reached the journal's head as it was at the start."""
        self._sender = sender
        self._caught_up = caught_up
        self._answered_to = 0

    def step(self) -> Dispatched:
        """Send one page of waiting rows. Raises FloorUnavailable when the floor does not take them."""
        rows = pending(PAGE, after=self._answered_to)
        if not rows:
            return Dispatched(0, True)
        replies = self._sender.call_all([(row.command, client_id_of(row.id)) for row in rows])
        for at, (row, reply) in enumerate(zip(rows, replies, strict=True)):
            if reply.status is OrderStatus.UNANSWERED:
                return Dispatched(at, False)
            self._report(row, reply)
            self._answered_to = row.id
        return Dispatched(len(rows), len(rows) < PAGE)

    def _report(self, row: OutboxRow, reply: Reply) -> None:
        if reply.status is OrderStatus.REJECTED:
            logger.warning("The floor refused %s (reason %s)", row.reference, reply.reason)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; whatever fails is said and tried again."""
        waiting_for_projector = True
        while not stop.is_set():
            rest = _POLL_S
            try:
                waiting_for_projector = waiting_for_projector and not self._caught_up()
                if not waiting_for_projector and not self.step().complete:
                    rest = 0.0
            except (FloorUnavailable, DatabaseError) as error:
                logger.warning("The outbox waits: %s", error)
                close_old_connections()
                rest = _RETRY_S
            if rest:
                stop.wait(rest)
        connection.close()
