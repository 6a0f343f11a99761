"""The client side of the exchange's socket, lean enough to load a server from one core.

Built on picows, because a client that costs more per message than the server measures itself.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
import picows

decode = msgspec.json.Decoder().decode


class ClosedLoop(picows.WSListener):
    """A socket that keeps ``window`` requests in flight until its source runs dry.

    ``next_request`` gives the next message as bytes, or None when there is none; ``on_answer`` is
    told each answer and its latency in seconds. Answers come in the order of the requests.
    """

    def __init__(
        self,
        next_request: Callable[[], bytes | None],
        on_answer: Callable[[Any, float], None],
        *,
        window: int = 1,
        is_answer: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.next_request = next_request
        self.on_answer = on_answer
        self.window = window
        self.is_answer = is_answer
        self.sent_at: deque[float] = deque()
        self.finished = asyncio.get_running_loop().create_future()
        self.transport: picows.WSTransport | None = None

    def start(self) -> None:
        """Fills the window; the answers keep it full."""
        for _ in range(self.window):
            self._send_next()

    def _send_next(self) -> None:
        request = self.next_request()
        if request is None:
            if not self.sent_at and not self.finished.done():
                self.finished.set_result(None)
            return
        assert self.transport is not None
        self.sent_at.append(time.perf_counter())
        self.transport.send(picows.WSMsgType.TEXT, request)

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Times an answer and sends the next request."""
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if self.is_answer is not None and not self.is_answer(payload):
            return
        self.on_answer(payload, time.perf_counter() - self.sent_at.popleft())
        self._send_next()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """A socket that ends before its work is done is an error of the run."""
        if not self.finished.done():
            self.finished.set_exception(ConnectionError("the exchange closed the socket"))


async def connect(url: str, listener: Callable[[], picows.WSListener], key: str | None = None) -> Any:
    """Opens a socket, as the member whose key is given; returns its listener."""
    headers = {"Authorization": f"Bearer {key}"} if key else None
    _, client = await picows.ws_connect(listener, url, extra_headers=headers)
    return client


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie; 0 when there are none."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
