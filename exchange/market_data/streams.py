"""One member's private stream: who listens, and the messages of the last minutes for those who reconnect."""

from collections import deque
from typing import Protocol

from exchange.market_data.messages import Message

REPLAY_LENGTH = 500
"""Messages of one account kept for a reconnecting client."""


class Sink(Protocol):
    """Where messages go: one socket. ``offer`` never blocks and may drop when the socket lags."""

    def offer(self, message: Message) -> None:
        """Take a message, or drop it and remember that a fresh snapshot is due."""


class AccountStream:
    """The private messages of one account in order.

    A stream begins when somebody first listens and is kept for a while after the last one left, so
    that a client that lost its connection gets what it missed instead of a snapshot.
    """

    __slots__ = ("_complete_after", "_ring", "account", "idle_since", "last_seq", "sinks")

    def __init__(self, account: int, seq: int) -> None:
        self.account = account
        self.last_seq = seq
        self.sinks: dict[Sink, int] = {}
        self.idle_since: float | None = None
        self._complete_after = seq
        self._ring: deque[Message] = deque(maxlen=REPLAY_LENGTH)

    def publish(self, message: Message) -> None:
        """Keep the message for a replay and give it to everybody whose snapshot is older."""
        if len(self._ring) == REPLAY_LENGTH:
            self._complete_after = self._ring[0].seq
        self._ring.append(message)
        self.last_seq = message.seq
        for sink, from_seq in list(self.sinks.items()):
            if message.seq > from_seq:
                sink.offer(message)

    def missed(self, since: int) -> list[Message] | None:
        """The messages after ``since``, or None when the stream does not reach back that far."""
        if since < self._complete_after or since > self.last_seq:
            return None
        return [message for message in self._ring if message.seq > since]

    def join(self, sink: Sink, from_seq: int) -> None:
        """Listen; messages up to ``from_seq`` are in the snapshot the sink already has."""
        self.sinks[sink] = from_seq
        self.idle_since = None

    def leave(self, sink: Sink, now: float) -> None:
        """Stop listening."""
        self.sinks.pop(sink, None)
        if not self.sinks:
            self.idle_since = now
