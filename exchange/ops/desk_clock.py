"""Tells the floor the time when the desk needs it: listings run out and auctions end by commands alone.

While an auction is under way the floor hears it each second, because silence would be an outage to it; and it
hears it at the moment something falls due. Shortly before that it hears it each second too, so that what
opens then is not taken for something that should have opened during an outage. The floor writes its own time
into the command: this clock only decides when.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from exchange.kernel.calendar import NS_PER_S, now_ns
from exchange.trading.errors import FloorUnavailable
from exchange.trading.queries import DeskAnswer
from exchange.trading.replies import Reply
from matching.desk_types import DeskCommand, DeskCommandKind

logger = logging.getLogger(__name__)

LOOK_S = 0.25
"""How often the desk is asked, unless something falls due earlier."""
LEAST_S = 0.01
RETRY_S = 0.5
TICK_NS = NS_PER_S
LEAD_NS = 10 * NS_PER_S
"""How long before something falls due the desk begins to hear the time each second."""

TIME = DeskCommand(DeskCommandKind.TIME).pack()


class Floor(Protocol):
    """What it needs of a BlockingGateway."""

    def desk(self) -> DeskAnswer:
        """How the desk's time stands. Raises FloorUnavailable."""

    def call(self, command: bytes, client_id: str = "") -> Reply:
        """Send one command. Raises FloorUnavailable."""


class DeskClock:
    """Asks how the desk's time stands and sends TIME when it is needed."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def step(self, time_ns: int) -> float:
        """Send TIME if the desk needs it now; seconds until the next look. Raises FloorUnavailable."""
        desk = self._floor.desk()
        left_ns = desk.next_due_ns - time_ns if desk.next_due_ns else None
        due = left_ns is not None and left_ns <= 0
        awake = desk.ticking or (left_ns is not None and left_ns <= LEAD_NS)
        if due or (awake and time_ns - desk.now_ns >= TICK_NS):
            self._floor.call(TIME)
            return LEAST_S if due else LOOK_S
        if left_ns is None:
            return LOOK_S
        return min(LOOK_S, max(LEAST_S, left_ns / NS_PER_S))

    def run(self, stop: threading.Event, clock_ns: Callable[[], int] = now_ns) -> None:
        """Keep time until told to stop; a floor that is away is waited for."""
        away = False
        while not stop.is_set():
            try:
                rest = self.step(clock_ns())
                away = False
            except FloorUnavailable as error:
                if not away:
                    logger.warning("The desk cannot be told the time: %s", error)
                away, rest = True, RETRY_S
            stop.wait(rest)
