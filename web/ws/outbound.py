"""What one socket still has to hear, bounded.

Everything waits in one queue while the client reads slowly. Answers to a member's own operations are
never dropped: a client that lets the queue overflow with them is closed. Channel messages are dropped
once the queue is half full, and replaced by ``resync_required`` and fresh snapshots when the client has
read what waited. So a client that never reads costs a bounded queue, and nobody else any time.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from exchange.market_data.messages import Message
from web.measures import CLOSED_SLOW, DROPPED
from web.ws.link import Link

MAX_WAITING = 2_000
"""Messages that may wait for a client that reads slowly; channel messages may use half of it."""
MAX_WAITING_BYTES = 1_048_576
STALLED_S = 15.0
"""A client that took nothing for so long is closed."""
POLL_S = 0.05
TOO_SLOW = 4013
"""Close code of a client that does not read. 1013 would say it too, but an application may send only 1000
and 3000 to 4999 (RFC 6455 §7.4.2, and autobahn refuses others)."""


class Outbound:
    """The way out of one socket. ``on_recovered`` is called when a lagging client has caught up."""

    def __init__(self, link: Link, on_recovered: Callable[[], None]) -> None:
        self._link = link
        self._on_recovered = on_recovered
        self._waiting: deque[str | Message] = deque()
        self._waiting_bytes = 0
        self._lagging = False
        self._congested_since: float | None = None
        self._poll: asyncio.TimerHandle | None = None
        self.closed = False

    def send(self, text: str) -> None:
        """An answer to this client alone; kept until the client takes it."""
        if self.closed:
            return
        if self._congested_since is None and not self._link.congested():
            self._link.write(text)
            return
        self._wait(text, len(text))
        if len(self._waiting) > MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES:
            self.close(TOO_SLOW)

    def offer(self, message: Message) -> None:
        """A channel message; dropped when the client lags."""
        if self.closed:
            return
        if self._congested_since is None and not self._link.congested():
            self._link.write_shared(message)
        elif self._lagging or self._half_full(len(message.text)):
            self._lagging = True
            DROPPED.add()
        else:
            self._wait(message, len(message.text))

    def close(self, code: int) -> None:
        """Close the socket from our side."""
        if not self.closed:
            if code == TOO_SLOW:
                CLOSED_SLOW.add()
            self.stop()
            self._link.close(code)

    def stop(self) -> None:
        """Nothing is sent any more."""
        self.closed = True
        self._waiting.clear()
        if self._poll is not None:
            self._poll.cancel()

    def _half_full(self, size: int) -> bool:
        return (
            len(self._waiting) >= MAX_WAITING // 2 or self._waiting_bytes + size > MAX_WAITING_BYTES // 2
        ) and bool(self._waiting)

    def _wait(self, message: str | Message, size: int) -> None:
        self._waiting.append(message)
        self._waiting_bytes += size
        self._watch()

    def _watch(self) -> None:
        """Look again soon whether the client reads."""
        if self._congested_since is None:
            self._congested_since = time.monotonic()
            self._poll = asyncio.get_running_loop().call_later(POLL_S, self._look)

    def _look(self) -> None:
        self._poll = None
        while self._waiting and not self._link.congested():
            self._write(self._waiting.popleft())
            self._congested_since = time.monotonic()
        if self._waiting or self._link.congested():
            self._still_congested()
            return
        self._congested_since = None
        if self._lagging:
            self._lagging = False
            self._on_recovered()

    def _write(self, message: str | Message) -> None:
        if isinstance(message, Message):
            self._waiting_bytes -= len(message.text)
            self._link.write_shared(message)
        else:
            self._waiting_bytes -= len(message)
            self._link.write(message)

    def _still_congested(self) -> None:
        since = self._congested_since
        if since is not None and time.monotonic() - since > STALLED_S:
            self.close(TOO_SLOW)
        else:
            self._poll = asyncio.get_running_loop().call_later(POLL_S, self._look)
