"""One socket of a replay: sends its rows in order and at their time, remembers what was acknowledged."""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import picows

from loadtests.wire import decode


class Acknowledged(NamedTuple):
    """What an acknowledgement of a new order said."""

    order_id: str
    status: str
    filled_kg: int


class ReplaySocket(picows.WSListener):
    """Keeps at most ``window`` requests unanswered; a cancel or replace waits for its order's number."""

    def __init__(
        self,
        rows: list[Any],
        window: int,
        latencies: list[float],
        answers: Counter[str],
        acknowledged: dict[str, Acknowledged],
    ) -> None:
        self.rows = deque(rows)
        self.window = window
        self.latencies = latencies
        self.answers = answers
        self.acknowledged = acknowledged
        self.waiting: dict[int, tuple[Any, float]] = {}
        self.placing: set[str] = set()
        self.numbers = iter(range(1, len(rows) + 1))
        self.transport: picows.WSTransport | None = None
        self.lost = False

    @classmethod
    def factory(cls, *arguments: Any) -> Callable[[], "ReplaySocket"]:
        """A maker of this socket, for the connect call."""
        return lambda: cls(*arguments)

    @property
    def done(self) -> bool:
        """Every row sent and answered. Raises ConnectionError when the exchange closed the socket before."""
        if self.lost:
            raise ConnectionError("the exchange closed a socket")
        return not self.rows and not self.waiting

    def close(self) -> None:
        """Ends the socket."""
        if self.transport is not None:
            self.transport.disconnect()

    def pump(self, elapsed_ms: float) -> None:
        """Sends the rows whose time has come, as far as the window and unknown order numbers allow."""
        while self.rows and len(self.waiting) < self.window and self.rows[0].at_ms <= elapsed_ms:
            row = self.rows[0]
            if row.operation != "place" and row.order in self.placing:
                return
            self.rows.popleft()
            message = self._message(row)
            if message is None:
                self.answers["skipped: order was refused"] += 1
                continue
            self._send(row, message)

    def _message(self, row: Any) -> dict[str, Any] | None:
        """The socket message of a row; None when it changes an order that was refused."""
        price = f"{row.price_fen // 100}.{row.price_fen % 100:02}"
        if row.operation == "place":
            self.placing.add(row.order)
            return {
                "op": "order.place",
                "product": row.product,
                "side": row.side,
                "type": "limit",
                "time_in_force": row.time_in_force,
                "price": price,
                "quantity_kg": row.quantity_kg,
                "client_order_id": row.order,
            }
        known = self.acknowledged.get(row.order)
        if known is None:
            return None
        if row.operation == "cancel":
            return {"op": "order.cancel", "order_id": known.order_id}
        return {
            "op": "order.replace",
            "order_id": known.order_id,
            "price": price,
            "quantity_kg": row.quantity_kg,
        }

    def _send(self, row: Any, message: dict[str, Any]) -> None:
        number = next(self.numbers)
        self.waiting[number] = (row, time.perf_counter())
        assert self.transport is not None
        self.transport.send(picows.WSMsgType.TEXT, msgspec.json.encode({**message, "id": number}))

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Books an answer; other messages (heartbeats) pass by."""
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        answer = decode(frame.get_payload_as_bytes())
        number = answer.get("id")
        if number is None:
            return
        row, sent_at = self.waiting.pop(number)
        self.latencies.append(time.perf_counter() - sent_at)
        self.answers[answer["code"] if answer["type"] == "error" else "ack"] += 1
        if row.operation == "place":
            self.placing.discard(row.order)
            if answer["type"] == "ack":
                told = answer["data"]
                self.acknowledged[row.order] = Acknowledged(
                    told["order_id"], told["status"], told["filled_kg"]
                )

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """Remembered, so that the run ends with an error instead of waiting for ever."""
        self.lost = bool(self.rows or self.waiting)
