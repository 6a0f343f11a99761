"""The last metre to one socket: writing without waiting, and knowing when the other side does not read.

ASGI gives an application only ``await send(...)``. On Daphne that coroutine never waits: whatever is sent
piles up in the transport's buffer, without a bound, when the client does not read. So on Daphne we use
the protocol object behind ``send``: its transport says when the buffer is over its mark, a message for many
sockets is framed once for all of them, and while nothing waits before it a frame goes straight to the
system's socket: the reactor's way there costs more than the sending, a thousand times for each message in a
full hall. On any other server a writer task does the awaiting.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from autobahn.websocket.protocol import PreparedMessage
from daphne.ws_protocol import WebSocketProtocol

from exchange.market_data.messages import Message

Send = Callable[[dict[str, Any]], Awaitable[None]]

WRITER_QUEUE = 64
"""Messages a writer task may have before it as long as the client is thought to read."""


class Link(Protocol):
    """One socket's way out."""

    def write(self, text: str) -> None:
        """Send one message."""

    def write_shared(self, message: Message) -> None:
        """Send a message that many sockets get."""

    def congested(self) -> bool:
        """Whether the client reads slower than we write."""

    def close(self, code: int) -> None:
        """Close the socket; nothing is written after it."""


def frame_of(text: str) -> bytes:
    """A whole text message as a server sends it."""
    frame: bytes = PreparedMessage(text.encode(), False, False, True).payloadHybi
    return frame


class DaphneLink:
    """Writes frames below Daphne's protocol object."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self._protocol = protocol

    def write(self, text: str) -> None:
        """See Link. What comes after the end is dropped: an order may well be answered to nobody."""
        if self._protocol.state == WebSocketProtocol.STATE_OPEN:
            self._send(frame_of(text))

    def write_shared(self, message: Message) -> None:
        """See Link. The frame is made once and kept in the message."""
        frame = message.frame
        if not isinstance(frame, bytes):
            frame = message.frame = frame_of(message.text)
        if self._protocol.state == WebSocketProtocol.STATE_OPEN:
            self._send(frame)

    def _send(self, frame: bytes) -> None:
        """To the system's socket as far as it takes it; the transport has the rest, and finds any error."""
        transport = self._protocol.transport
        if _nothing_waits(transport):
            try:
                sent = transport.socket.send(frame)
            except OSError:
                sent = 0
            if sent == len(frame):
                return
            frame = frame[sent:]
        transport.write(frame)

    def congested(self) -> bool:
        """See Link. The transport marks itself full at 64 KiB and clears the mark when all is sent."""
        return bool(getattr(self._protocol.transport, "producerPaused", False))

    def close(self, code: int) -> None:
        """See Link. A client that does not answer the close frame is dropped by the protocol's timer."""
        self._protocol.serverClose(code=code)


def _nothing_waits(transport: Any) -> bool:
    """Whether a frame written now is the next on the line: a plain connection with nothing in its buffers."""
    return (
        transport.connected
        and not transport.TLS
        and not transport.disconnecting
        and not transport.dataBuffer
        and not transport._tempDataBuffer
    )


class AsgiLink:
    """Writes through ``send`` of any ASGI server, from a task of its own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._writer = asyncio.get_running_loop().create_task(self._write())

    def write(self, text: str) -> None:
        """See Link."""
        self._put({"type": "websocket.send", "text": text})

    def write_shared(self, message: Message) -> None:
        """See Link."""
        self.write(message.text)

    def congested(self) -> bool:
        """See Link."""
        return len(self._waiting) >= WRITER_QUEUE

    def close(self, code: int) -> None:
        """See Link. What still waits to be written is dropped."""
        self._waiting.clear()
        self._put({"type": "websocket.close", "code": code})

    async def drained(self) -> None:
        """Wait until everything is written."""
        await self._idle.wait()

    def _put(self, event: dict[str, Any]) -> None:
        self._waiting.append(event)
        self._idle.clear()
        self._wake.set()

    async def _write(self) -> None:
        closing = False
        while not closing:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                event = self._waiting.popleft()
                closing = event["type"] == "websocket.close"
                await self._send(event)
            self._idle.set()

    def stop(self) -> None:
        """The socket is gone."""
        self._writer.cancel()


def link_for(send: Send) -> DaphneLink | AsgiLink:
    """The best link for the server behind ``send``."""
    arguments = send.args if isinstance(send, partial) else ()
    if arguments and isinstance(arguments[0], WebSocketProtocol):
        return DaphneLink(arguments[0])
    return AsgiLink(send)
