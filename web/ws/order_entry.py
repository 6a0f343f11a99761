"""From what a member asked for to a command of the engine, and from its reply to an answer.

Shared by the socket and the HTTP form of the order path. Everything here is synchronous and cheap: it
runs once per order on the event loop.
"""

import re
from collections.abc import Callable
from datetime import date

from exchange.kernel.calendar import add_trading_days, day_number, now_ns, trading_day
from exchange.kernel.errors import (
    BadClientOrderId,
    BadExpiresOn,
    BadMinimumQuantity,
    ExpiresOnNotTaken,
    ExpiresOnRequired,
    FloorUnavailable,
    JinguoError,
    NotAuthenticated,
    NotPermitted,
    UnknownProduct,
    error_for_reason,
)
from exchange.members.types import MemberIdentity
from exchange.trading.gateway import Gateway
from exchange.trading.queries import TrialAnswer, TrialQuery
from exchange.trading.replies import OrderStatus, Reply
from matching.types import COMMAND, POST_ONLY, CommandKind, Reason
from web.ws.codec import (
    SELF_TRADE_FLAGS,
    SIDES,
    TIMES_IN_FORCE,
    TYPE_FLAGS,
    Order,
    OrderResult,
    Replacement,
    price_fen,
    quantity_kg,
)
from web.ws.fields import CLIENT_ORDER_ID
from web.ws.rate_limit import TokenBuckets

TRADING_ROLES = frozenset({"trader", "admin"})
"""Roles of a member's people who may place, change and cancel orders."""

GTD_TRADING_DAYS = 5
"""How many trading days ahead of today an order may be good (market rules, spot)."""

TRIALS_PER_S = 10
"""Test orders of one member: each costs the floor as much as a hundred orders."""
ARMINGS_PER_S = 5
"""Guards one member may arm: each is a write into the tables."""

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
        self._trials = TokenBuckets(TRIALS_PER_S, 2 * TRIALS_PER_S)
        self._armings = TokenBuckets(ARMINGS_PER_S, 4 * ARMINGS_PER_S)
        self._acknowledged: dict[int, int] = {}

    def place(self, member: MemberIdentity, order: Order, on_reply: OnResult) -> None:
        """Send a new order. Raises the JinguoError that refuses it before it reaches the floor."""
        self.submit(member, self._placing(member, order), order.client_order_id, on_reply)

    def checked_order(self, member: MemberIdentity, order: Order) -> bytes:
        """The command of an order that is only tested, checked and counted like one that is sent."""
        command = self._placing(member, order)
        self.check_rate(member)
        self._trials.take(member.account_no)
        return command

    async def try_order(self, query: TrialQuery) -> TrialAnswer:
        """What the floor says an order would do. Raises FloorUnavailable."""
        return await self._gateway.trial(query)

    def _placing(self, member: MemberIdentity, order: Order) -> bytes:
        at_ns = now_ns()
        return _pack(
            CommandKind.PLACE,
            SIDES[order.side],
            TIMES_IN_FORCE[order.time_in_force],
            _flags(order),
            self._product(order.product),
            at_ns,
            member.account_no,
            0,
            last_day(order, trading_day(at_ns)),
            price_fen(order.price),
            quantity_kg(order.quantity_kg),
            minimum_kg(order),
            0,
        )

    def replace(
        self, member: MemberIdentity, order_id: int, wanted: Replacement, key: str, on_reply: OnResult
    ) -> None:
        """Change price and total quantity of an open order; type, time in force and last day stay."""
        price, quantity = price_fen(wanted.price), quantity_kg(wanted.quantity_kg)
        flags, account = SELF_TRADE_FLAGS[wanted.self_trade], member.account_no
        command = _pack(
            CommandKind.REPLACE, 0, 0, flags, 0, now_ns(), account, 0, order_id, price, quantity, 0, 0
        )
        self.submit(member, command, key, on_reply)

    def cancel(self, member: MemberIdentity, order_id: int, key: str, on_reply: OnResult) -> None:
        """Take an open order out of the book."""
        command = _pack(CommandKind.CANCEL, 0, 0, 0, 0, now_ns(), member.account_no, 0, order_id, 0, 0, 0, 0)
        self.submit(member, command, key, on_reply)

    def cancel_all(self, member: MemberIdentity, product: str | None, key: str, on_reply: OnResult) -> None:
        """Take every open order out of the book, of one product or of all."""
        number = self._product(product) if product is not None else 0
        command = _pack(
            CommandKind.CANCEL_ALL, 0, 0, 0, number, now_ns(), member.account_no, 0, 0, 0, 0, 0, 0
        )
        self.submit(member, command, key, on_reply)

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

    def submit(self, member: MemberIdentity, command: bytes, client_id: str, on_reply: OnResult) -> None:
        """Send a command of a member who may trade. Raises NotPermitted, RateLimited, FloorUnavailable."""
        self.check_rate(member)
        self._gateway.submit(command, client_id, on_reply)

    def check_rate(self, member: MemberIdentity) -> None:
        """Use one token of a member who may trade. Raises NotPermitted, RateLimited."""
        self.check_may_trade(member)
        self._buckets.take(member.account_no)

    def check_arming(self, member: MemberIdentity) -> None:
        """The same, for what writes a guard into the tables. Raises NotPermitted, RateLimited."""
        self.check_rate(member)
        self._armings.take(member.account_no)

    @staticmethod
    def check_may_trade(member: MemberIdentity) -> None:
        """Raises NotPermitted for people and keys that may not place, change or cancel orders."""
        if member.role not in TRADING_ROLES or "trade" not in member.scopes:
            raise NotPermitted


def _flags(order: Order) -> int:
    post_only = POST_ONLY if order.post_only else 0
    return TYPE_FLAGS[order.type] | post_only | SELF_TRADE_FLAGS[order.self_trade]


def last_day(order: Order, today: date) -> int:
    """The engine's number of the last day of an order good till date; 0 for others.

    Raises ExpiresOnRequired, ExpiresOnNotTaken, or BadExpiresOn for a day in the past or too far ahead.
    """
    day = order.expires_on
    if order.time_in_force != "gtd":
        if day is not None:
            raise ExpiresOnNotTaken
        return 0
    if day is None:
        raise ExpiresOnRequired
    if not today <= day <= add_trading_days(today, GTD_TRADING_DAYS):
        raise BadExpiresOn(detail=day.isoformat())
    return day_number(day)


def minimum_kg(order: Order) -> int:
    """What must trade at once, 0 for no minimum. Raises BadMinimumQuantity."""
    minimum = order.minimum_quantity_kg
    if minimum is None:
        return 0
    if not 0 < minimum <= order.quantity_kg:
        raise BadMinimumQuantity
    return minimum


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
