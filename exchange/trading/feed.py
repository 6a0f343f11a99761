"""The feed: every micro-batch of the floor, published after it is durable, to whoever follows the market.

A follower that joins asks the floor for a snapshot (queries.py) and then applies batches with a later
sequence. Batches are contiguous: first_seq is the last batch's last_seq + 1; a follower that sees a hole
(a lost Redis message) takes a new snapshot. The projector does not live from the feed: it reads the journal.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from matching.types import RECORD_SIZE


class FeedBatch(NamedTuple):
    """One durable micro-batch as followers see it."""

    first_seq: int
    time_ns: int
    events: bytes
    """64-byte events, in order; each carries the sequence of its command."""
    client_ids: list[str]
    """Client id of each command ("" = none); index = seq - first_seq."""
    last_seq: int
    heads: bytes = b""
    """What events do not tell of the commands; see ``heads_of``."""


def heads_of(commands: bytes) -> bytes:
    """Kind, time in force, flags and last day (low, high byte) of each command, column after column."""
    return b"".join([commands[at::RECORD_SIZE] for at in (0, 2, 3, 24, 25)])


class Head(NamedTuple):
    """One command of a batch, as far as the feed tells."""

    kind: int
    tif: int
    flags: int
    expires: int


def head_at(heads: bytes, index: int) -> Head:
    """The head of the command at this place of its batch."""
    count = len(heads) // 5
    kind, tif, flags, low, high = heads[index::count]
    return Head(kind, tif, flags, low | high << 8)


Follower = Callable[[FeedBatch], None]


class FeedPublisher(Protocol):
    """The floor's end."""

    def publish(self, batch: FeedBatch) -> None:
        """Hand the batch to all followers; must not block and must not fail the floor."""


class FeedSource(Protocol):
    """A follower's end, in a web process."""

    def subscribe(self, follower: Follower) -> Callable[[], None]:
        """Call the follower with every later batch, on the event loop; returns the way to stop."""


class InProcessFeed:
    """Feed inside one process: from the floor's thread onto the event loop, once per batch."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Without a loop followers are called on the floor's own thread (tests, wake-ups)."""
        self._loop = loop
        self._lock = threading.Lock()
        self._followers: tuple[Follower, ...] = ()

    def publish(self, batch: FeedBatch) -> None:
        """Called by the floor."""
        followers = self._followers
        if not followers:
            return
        if self._loop is None:
            _call_all(followers, batch)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_call_all, followers, batch)

    def subscribe(self, follower: Follower) -> Callable[[], None]:
        """See FeedSource."""
        with self._lock:
            self._followers = (*self._followers, follower)

        def unsubscribe() -> None:
            with self._lock:
                self._followers = tuple(each for each in self._followers if each is not follower)

        return unsubscribe


def _call_all(followers: tuple[Follower, ...], batch: FeedBatch) -> None:
    for follower in followers:
        follower(batch)
