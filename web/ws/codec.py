"""What a client may send and what it gets back, decoded strictly and encoded once.

The shapes are msgspec structs: a wrong type, an unknown field or a missing one is found by the decoder
itself, in one pass, and becomes one of our own errors. Prices and quantities are then checked by the
kernel, so that the order path and the pages agree to the letter.
"""

import re
from datetime import date
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec

from exchange.kernel.errors import (
    BadClientOrderId,
    BadExpiresOn,
    BadMinimumQuantity,
    BadOrderType,
    BadParameter,
    BadPostOnly,
    BadPrice,
    BadQuantity,
    BadSelfTrade,
    BadSide,
    BadTimeInForce,
    JinguoError,
    MalformedJson,
    MissingField,
    UnknownField,
)
from exchange.kernel.money import parse_price
from exchange.kernel.quantity import check_quantity_kg
from exchange.ops.order_errors import BadTimeout
from exchange.ops.order_guards import MOST_TIMEOUT_MS
from matching.types import MARKET_TO_LIMIT, SELF_TRADE_SHIFT, SelfTrade, Side, TimeInForce
from web.ws.fields import MAX_ORDER_ID, ClientOrderId, OrderId, ProductCode, RequestId
from web.ws.hall_messages import HALL_OPERATIONS, HallOperation

SIDES: dict[str, int] = {"buy": Side.BUY, "sell": Side.SELL}
OrderType = Literal["limit", "market_to_limit"]
TimeInForceWord = Literal["day", "ioc", "fok", "gtd"]
ChannelWord = Literal["book", "trades", "ticker", "account", "listings", "auction"]
SelfTradeWord = Literal["cancel_newest", "cancel_oldest", "decrement"]
TYPE_FLAGS: dict[str, int] = {"limit": 0, "market_to_limit": MARKET_TO_LIMIT}
TIMES_IN_FORCE: dict[str, int] = {each.name.lower(): each for each in TimeInForce}
SELF_TRADE_FLAGS: dict[str, int] = {each.name.lower(): each << SELF_TRADE_SHIFT for each in SelfTrade}


class Order(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A new order as a client states it."""

    product: ProductCode
    side: Literal["buy", "sell"]
    price: str
    quantity_kg: int
    client_order_id: ClientOrderId
    type: OrderType = "limit"
    time_in_force: TimeInForceWord = "day"
    expires_on: date | None = None
    """Last day of a ``gtd`` order; others have none."""
    minimum_quantity_kg: int | None = None
    """This much trades at once, or nothing does."""
    post_only: bool = False
    """It rests or is cancelled; it never trades when it comes in."""
    self_trade: SelfTradeWord = "cancel_newest"
    """What happens when it meets an order of the member or of a related party."""


class Replacement(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a replaced order shall be: price and new total quantity, filled part included."""

    price: str
    quantity_kg: int
    self_trade: SelfTradeWord = "cancel_newest"


class OrderPlace(Order, forbid_unknown_fields=True, tag_field="op", tag="order.place", gc=False):
    """Place an order over the socket."""

    id: RequestId | None = None


class OrderTest(Order, forbid_unknown_fields=True, tag_field="op", tag="order.test", gc=False):
    """Ask what an order would do, without placing it."""

    id: RequestId | None = None


class OrderReplace(
    Replacement, forbid_unknown_fields=True, tag_field="op", tag="order.replace", kw_only=True
):
    """Change price and total quantity of an open order."""

    order_id: OrderId
    id: RequestId | None = None


class OrderCancel(msgspec.Struct, forbid_unknown_fields=True, tag_field="op", tag="order.cancel", gc=False):
    """Take an open order out of the book."""

    order_id: OrderId
    id: RequestId | None = None


class CancelAll(
    msgspec.Struct, forbid_unknown_fields=True, tag_field="op", tag="orders.cancel_all", gc=False
):
    """Take every open order out of the book, of one product or of all."""

    product: ProductCode | None = None
    id: RequestId | None = None


class CancelAfter(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """How long open orders stand unless this is said again; 0: no longer guarded."""

    timeout_ms: Annotated[int, msgspec.Meta(ge=0, le=MOST_TIMEOUT_MS)]


class ArmCancelAfter(
    CancelAfter, forbid_unknown_fields=True, tag_field="op", tag="orders.cancel_after", gc=False
):
    """Cancel all open orders of the account unless this is said again in time."""

    id: RequestId | None = None


class Subscribe(msgspec.Struct, forbid_unknown_fields=True, tag_field="op", tag="subscribe", gc=False):
    """Listen to a channel."""

    channel: ChannelWord
    product: ProductCode | None = None
    auction: OrderId | None = None
    """Number of the auction, for the ``auction`` channel."""
    since: Annotated[int, msgspec.Meta(ge=0, le=MAX_ORDER_ID)] | None = None
    id: RequestId | None = None


class Unsubscribe(msgspec.Struct, forbid_unknown_fields=True, tag_field="op", tag="unsubscribe", gc=False):
    """Stop listening to a channel."""

    channel: ChannelWord
    product: ProductCode | None = None
    auction: OrderId | None = None
    id: RequestId | None = None


class Ping(msgspec.Struct, forbid_unknown_fields=True, tag_field="op", tag="ping", gc=False):
    """Ask for a sign of life."""

    id: RequestId | None = None


OrderOperation = OrderPlace | OrderTest | OrderReplace | OrderCancel | CancelAll | ArmCancelAfter
Operation = OrderOperation | HallOperation | Subscribe | Unsubscribe | Ping
OPERATIONS = (
    "order.place",
    "order.test",
    "order.replace",
    "order.cancel",
    "orders.cancel_all",
    "orders.cancel_after",
    "subscribe",
    "unsubscribe",
    "ping",
    *(str(kind.__struct_config__.tag) for kind in HALL_OPERATIONS),
)


class OrderResult(msgspec.Struct, omit_defaults=True, gc=False):
    """What became of an order, after it is durable."""

    order_id: int
    client_order_id: str | None
    status: str
    filled_kg: int
    remaining_kg: int
    seq: int
    duplicate: bool = False
    reason: str | None = None
    """Why the order is cancelled."""


class CancelAfterResult(msgspec.Struct, gc=False):
    """The member's switch as it is now; durable."""

    timeout_ms: int
    cancels_at: str | None
    """When all open orders of the account are cancelled unless the switch is armed again."""


class Guarded(msgspec.Struct, tag_field="type", tag="guarded", gc=False):
    """The account's orders depend on this socket from now on."""

    heartbeat_ms: int
    """The client says something at least so often."""
    lease_ms: int
    """Orders are cancelled so long after this web process was last alive."""
    cancel_on_disconnect: Literal[True] = True


class Ack(msgspec.Struct, tag_field="type", tag="ack", gc=False):
    """A socket operation succeeded."""

    op: str
    id: str | int | None
    data: Any


class Message(msgspec.Struct, gc=False):
    """A text in both languages."""

    zh: str
    en: str


class Refusal(msgspec.Struct, tag_field="type", tag="error", omit_defaults=True):
    """A socket operation was refused."""

    op: str | None
    id: str | int | None
    code: str
    message: Message
    hint: Message | None = None
    detail: str | None = None


_operations: msgspec.json.Decoder[Operation] = msgspec.json.Decoder(Operation)
_orders = msgspec.json.Decoder(Order)
_timeouts = msgspec.json.Decoder(CancelAfter)
_replacements = msgspec.json.Decoder(Replacement)
_encode = msgspec.json.Encoder().encode
_Shape = TypeVar("_Shape")

_FIELD_ERRORS: dict[str, type[JinguoError]] = {
    "price": BadPrice,
    "quantity_kg": BadQuantity,
    "side": BadSide,
    "type": BadOrderType,
    "time_in_force": BadTimeInForce,
    "client_order_id": BadClientOrderId,
    "client_id": BadClientOrderId,
    "maximum": BadPrice,
    "expires_on": BadExpiresOn,
    "minimum_quantity_kg": BadMinimumQuantity,
    "post_only": BadPostOnly,
    "self_trade": BadSelfTrade,
    "timeout_ms": BadTimeout,
}
_UNKNOWN = re.compile(r"unknown field `([^`]{0,64})")
_MISSING = re.compile(r"missing required field `([^`]{0,64})`")
_PLACE = re.compile(r"at `\$\.([a-z_]+)")


def decode_operation(text: str) -> Operation:
    """A socket message. Raises the JinguoError that fits."""
    return _decode(_operations, text)


def decode_order(body: bytes) -> Order:
    """The body of POST /orders. Raises the JinguoError that fits."""
    return _decode(_orders, body)


def decode_replacement(body: bytes) -> Replacement:
    """The body of PUT /orders/{order_id}. Raises the JinguoError that fits."""
    return _decode(_replacements, body)


def decode_cancel_after(body: bytes) -> CancelAfter:
    """The body of POST /orders/cancel-after. Raises the JinguoError that fits."""
    return _decode(_timeouts, body)


def decode_wish(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """The body of a request to the halls. Raises the JinguoError that fits."""
    return _decode(_wish_decoder(kind), body)


@cache
def _wish_decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(kind)


def _decode(decoder: msgspec.json.Decoder[_Shape], text: str | bytes) -> _Shape:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise explain(str(error)) from None
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise MalformedJson from None


def explain(text: str) -> JinguoError:
    """Our error for what msgspec found wrong with a shape."""
    if found := _UNKNOWN.search(text):
        return UnknownField(field=found[1])
    if found := _MISSING.search(text):
        return MissingField(field=found[1])
    found = _PLACE.search(text)
    if found is None:
        return MalformedJson(detail=text)
    kind = _FIELD_ERRORS.get(found[1])
    return kind(detail=text) if kind is not None else BadParameter(detail=text, name=found[1])


@lru_cache(maxsize=16_384)
def price_fen(text: str) -> int:
    """A price as text in fen per kg, remembered because the same few prices come again and again."""
    return parse_price(text)


def quantity_kg(value: int) -> int:
    """A quantity within what the engine can hold; the product's step and minimum are its business."""
    return check_quantity_kg(value)


class Addressed(NamedTuple):
    """What a message that could not be understood was about, as far as that can be told."""

    op: str | None
    id: str | int | None


def address_of(text: str) -> Addressed:
    """op and id of a refused message, so that its sender can tell which one it was."""
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return Addressed(None, None)
    if not isinstance(content, dict):
        return Addressed(None, None)
    op, given = content.get("op"), content.get("id")
    fits = (isinstance(given, str) and len(given) <= 64) or type(given) is int
    return Addressed(op if op in OPERATIONS else None, given if fits else None)


def encode_ack(op: str, given: str | int | None, content: object) -> str:
    """An acknowledgement as text."""
    return _encode(Ack(op, given, content)).decode()


def encode_guarded(guarded: Guarded) -> str:
    """The news that a socket guards orders, as text."""
    return _encode(guarded).decode()


def encode_refusal(error: JinguoError, op: str | None, given: str | int | None) -> str:
    """An error as text."""
    hint = Message(error.hint("zh"), error.hint("en")) if error.hint_zh else None
    message = Message(error.message("zh"), error.message("en"))
    return _encode(Refusal(op, given, error.code, message, hint, error.detail or None)).decode()
