"""The clock: everything that happens because time passes, in one place and only once.

Two kinds of work. A Poll runs again and again and must do nothing when there is nothing to do (ask the
bank, release deposits that are due). A Timetable names moments of a day (09:00 open the session); each
moment is claimed in a table in the same transaction as its effect, so it takes effect exactly once, over
restarts and over two clocks. A moment missed while the clock was down is made up for on the same day;
where a later moment of the same timetable has passed too, only the last one still matters.

The time is given, never read, so tests drive it; the engine sees it only inside commands.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from django.db import OperationalError, close_old_connections, connection, transaction

from exchange.kernel.calendar import NS_PER_S, now_ns, trading_day

logger = logging.getLogger(__name__)

TICK_S = 0.25
RETRY_NS = 5 * NS_PER_S
"""Work that failed is tried again after this."""


class Poll(NamedTuple):
    """Work for every so often."""

    name: str
    every_ns: int
    run: Callable[[int], None]
    """Given the time in epoch ns. Runs in its own transactions."""


class Moment(NamedTuple):
    """One moment of a timetable, and what it brings about."""

    at_ns: int
    run: Callable[[int], None]
    """Given the moment's own time. Runs in the transaction of its claim."""


class Timetable(NamedTuple):
    """Moments of a day."""

    name: str
    moments: Callable[[date], Sequence[Moment]]
    """In order of time; none on a day off."""
    only_last: bool
    """Of several missed moments only the last matters (open and close); else each does."""


Claim = Callable[[str, int], bool]
"""Marks (timetable, moment) as done; False when it was already. Runs inside the caller's transaction."""


class Clock:
    """Runs polls and timetables at the times it is told."""

    def __init__(self, polls: Sequence[Poll], timetables: Sequence[Timetable], claim: Claim) -> None:
        self._polls = polls
        self._timetables = timetables
        self._claim = claim
        self._next_ns: dict[str, int] = {}
        self._done_ns: dict[str, int] = {}

    def step(self, time_ns: int) -> None:
        """Do what is due at this time. Failures are said and tried again."""
        for poll in self._polls:
            if time_ns >= self._next_ns.get(poll.name, 0):
                done = self._attempt(poll.name, partial(poll.run, time_ns))
                self._next_ns[poll.name] = time_ns + (poll.every_ns if done else RETRY_NS)
        for timetable in self._timetables:
            if time_ns >= self._next_ns.get(timetable.name, 0):
                self._keep(timetable, time_ns)

    def _keep(self, timetable: Timetable, time_ns: int) -> None:
        done_ns = self._done_ns.get(timetable.name, 0)
        moments = timetable.moments(trading_day(time_ns))
        due = [moment for moment in moments if done_ns < moment.at_ns <= time_ns]
        for at, moment in enumerate(due):
            superseded = timetable.only_last and at < len(due) - 1
            if not self._attempt(timetable.name, partial(self._take, timetable, moment, superseded)):
                self._next_ns[timetable.name] = time_ns + RETRY_NS
                return
            self._done_ns[timetable.name] = moment.at_ns

    def _take(self, timetable: Timetable, moment: Moment, superseded: bool) -> None:
        with transaction.atomic():
            if self._claim(timetable.name, moment.at_ns) and not superseded:
                moment.run(moment.at_ns)
                logger.info("%s: done for %s", timetable.name, moment.at_ns)

    def _attempt(self, name: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except OperationalError as error:
            logger.warning("%s will be tried again: %s", name, error)
            _let_go()
            return False
        except Exception:
            logger.exception("Scheduled work failed and will be tried again: %s", name)
            _let_go()
            return False
        return True

    def run(self, stop: threading.Event, clock_ns: Callable[[], int] = now_ns) -> None:
        """Keep time until told to stop."""
        while not stop.is_set():
            self.step(clock_ns())
            stop.wait(TICK_S)


def _let_go() -> None:
    """Drops a connection that may be broken, unless a caller's transaction lives on it."""
    if not connection.in_atomic_block:
        close_old_connections()
