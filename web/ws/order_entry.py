"""From what a member asked for to a command of the engine, and from its reply to an answer.

Shared by the socket and the HTTP form of the order path. Everything here is synchronous and cheap: it
runs once per order on the event loop.
"""

import re
from collections.abc import Callable

from exchange.kernel.calendar import now_ns
from exchange.kernel.errors import (
    BadClientOrderId,
    FloorUnavailable,
    JinguoError,
    NotAuthenticated,
    NotPermitted,
    UnknownProduct,
    error_for_reason,
)
from exchange.members.types import MemberIdentity
from exchange.trading.gateway import Gateway
from exchange.trading.replies import OrderStatus, Reply
from matching.types import COMMAND, CommandKind, Reason
from web.ws.codec import (
    CLIENT_ORDER_ID,
    SIDES,
    TIMES_IN_FORCE,
    Order,
    OrderResult,
    Replacement,
    price_fen,
    quantity_kg,
)
from web.ws.rate_limit import TokenBuckets

TRADING_ROLES = frozenset({"trader", "admin"})
"""Roles of a member's people who may place, change and cancel orders."""

_KEY = re.compile(CLIENT_ORDER_ID)
_pack = COMMAND.pack
_STATUS_TEXT = {status: status.name.lower() for status in OrderStatus}
_STATUS_TEXT[OrderStatus.APPLIED] = "cancelled"

OnResult = Callable[[Reply], None]


class OrderEntry:
    """Sends members' orders through the gateway and remembers how far each member's writes have come."""

    def __init__(self, gateway: Gateway, products: dict[str, int], buckets: TokenBuckets) -> None:
        """products: code → number, kept up to date by the hub."""
        self._gateway = gateway
        self._products = products
        self._buckets = buckets
        self._acknowledged: dict[int, int] = {}

    def place(self, member: MemberIdentity, order: Order, on_reply: OnResult) -> None:
        """Send a new order. Raises the JinguoError that refuses it before it reaches the floor."""
        command = _pack(
            CommandKind.PLACE,
            SIDES[order.side],
            TIMES_IN_FORCE[order.time_in_force],
            0,
            self._product(order.product),
            now_ns(),
            member.account_no,
            0,
            0,
            price_fen(order.price),
            quantity_kg(order.quantity_kg),
            0,
            0,
        )
        self._submit(member, command, order.client_order_id, on_reply)

    def replace(
        self, member: MemberIdentity, order_id: int, wanted: Replacement, key: str, on_reply: OnResult
    ) -> None:
        """Change price and total quantity of an open order."""
        price, quantity = price_fen(wanted.price), quantity_kg(wanted.quantity_kg)
        command = _pack(
            CommandKind.REPLACE, 0, 0, 0, 0, now_ns(), member.account_no, 0, order_id, price, quantity, 0, 0
        )
        self._submit(member, command, key, on_reply)

    def cancel(self, member: MemberIdentity, order_id: int, key: str, on_reply: OnResult) -> None:
        """Take an open order out of the book."""
        command = _pack(CommandKind.CANCEL, 0, 0, 0, 0, now_ns(), member.account_no, 0, order_id, 0, 0, 0, 0)
        self._submit(member, command, key, on_reply)

    def cancel_all(self, member: MemberIdentity, product: str | None, key: str, on_reply: OnResult) -> None:
        """Take every open order out of the book, of one product or of all."""
        number = self._product(product) if product is not None else 0
        command = _pack(
            CommandKind.CANCEL_ALL, 0, 0, 0, number, now_ns(), member.account_no, 0, 0, 0, 0, 0, 0
        )
        self._submit(member, command, key, on_reply)

    def acknowledged(self, account_no: int) -> int:
        """The highest sequence number this process has acknowledged to the account; 0 for none."""
        return self._acknowledged.get(account_no, 0)

    def note(self, account_no: int, seq: int) -> None:
        """A command of the account is durable with this sequence number."""
        if seq > self._acknowledged.get(account_no, 0):
            self._acknowledged[account_no] = seq

    def _product(self, code: str) -> int:
        number = self._products.get(code)
        if number is None:
            raise UnknownProduct
        return number

    def _submit(self, member: MemberIdentity, command: bytes, client_id: str, on_reply: OnResult) -> None:
        if member.role not in TRADING_ROLES or "trade" not in member.scopes:
            raise NotPermitted
        self._buckets.take(member.account_no)
        self._gateway.submit(command, client_id, on_reply)


def idempotency_key(text: str | None) -> str:
    """The floor's client id for an Idempotency-Key; apart from the client order ids of placed orders.

    Raises BadClientOrderId when it is not of the same form.
    """
    if text is None:
        return ""
    if _KEY.fullmatch(text) is None:
        raise BadClientOrderId
    return f"~key:{text}"


def order_result(reply: Reply, client_order_id: str | None, order_id: int = 0) -> OrderResult:
    """The reply as the client sees it. Raises the JinguoError of a refusal."""
    if reply.status == OrderStatus.UNANSWERED:
        raise FloorUnavailable
    if reply.status == OrderStatus.REJECTED:
        raise refusal(reply.reason)
    return OrderResult(
        reply.order_id or order_id,
        client_order_id,
        _STATUS_TEXT[reply.status],
        reply.filled_kg,
        reply.remaining_kg,
        reply.seq,
        reply.duplicate,
        Reason(reply.reason).name.lower() if reply.reason else None,
    )


def refusal(reason: int) -> JinguoError:
    """The error for the engine's reason."""
    return error_for_reason(reason)


def require_member(member: MemberIdentity | None) -> MemberIdentity:
    """The member, or NotAuthenticated when nobody is logged in."""
    if member is None:
        raise NotAuthenticated
    return member


def cancelled_all(reply: Reply) -> dict[str, object]:
    """The answer to a cancel-all. Raises the JinguoError of a refusal."""
    result = order_result(reply, None)
    return {"status": "cancelled", "seq": result.seq}
