"""Orders over HTTP: place, replace, cancel, cancel all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from exchange.kernel.errors import (
    BadParameter,
    BodyTooLarge,
    InternalError,
    JinguoError,
    UnknownOrder,
)
from exchange.members.types import MemberIdentity
from exchange.trading.replies import Reply
from web.api.problems import problem_body, problem_headers
from web.ws import services
from web.ws.codec import MAX_BODY, MAX_ORDER_ID, OrderResult, decode_order, decode_replacement
from web.ws.credentials import check_origin, credential_of, headers_of
from web.ws.link import Send
from web.ws.order_entry import OnResult, cancelled_all, idempotency_key, order_result, require_member
from web.ws.services import Services

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """A successful answer."""

    status: int
    content: object


class Request(NamedTuple):
    """What the handlers need of a request."""

    services: Services
    member: MemberIdentity
    scope: dict[str, Any]
    body: bytes

    def header(self, name: bytes) -> str | None:
        """The first header of that lower-case name."""
        for found, value in self.scope["headers"]:
            if found == name:
                return str(value.decode("latin-1"))
        return None


class Gone(Exception):
    """The client went away before it had said everything."""


async def answer_order_request(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application for these requests; every refusal is problem+json."""
    limits: list[tuple[bytes, bytes]] = []
    try:
        answer = await _answer(scope, receive, limits)
    except Gone:
        return
    except JinguoError as error:
        await _send_problem(send, scope, error, limits)
    except Exception:
        logger.exception("an order request failed")
        await _send_problem(send, scope, InternalError(), limits)
    else:
        body = _encode(answer.content)
        await _send(send, answer.status, [(b"content-type", b"application/json"), *limits], body)


async def _answer(scope: dict[str, Any], receive: Receive, limits: list[tuple[bytes, bytes]]) -> Answer:
    headers = headers_of(scope)
    credential = credential_of(headers)
    check_origin(headers, credential)
    shared = services.current()
    member = require_member(await shared.authenticator.identify(credential))
    body = await _read_body(scope, receive)
    await shared.market_known()
    request = Request(shared, member, scope, body)
    try:
        return await _handler(scope)(request)
    finally:
        limits.extend(shared.buckets.allowance(member.account_no).headers())


def _handler(scope: dict[str, Any]) -> Callable[[Request], Awaitable[Answer]]:
    path: str = scope["path"]
    if path.count("/") == 3:
        return _place if scope["method"] == "POST" else _cancel_all
    return _cancel if scope["method"] == "DELETE" else _replace


async def _read_body(scope: dict[str, Any], receive: Receive) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is known to be too long."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > MAX_BODY):
            raise BodyTooLarge
    body = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Gone
        part: bytes = event.get("body", b"")
        body += part
        if len(body) > MAX_BODY:
            raise BodyTooLarge
        if not event.get("more_body", False):
            return body


async def _place(request: Request) -> Answer:
    order = decode_order(request.body)
    reply = await _durable(request, lambda done: request.services.entry.place(request.member, order, done))
    return _result(request, order_result(reply, order.client_order_id), 201)


async def _replace(request: Request) -> Answer:
    order_id, key = _order_id(request), idempotency_key(request.header(b"idempotency-key"))
    wanted = decode_replacement(request.body)
    entry = request.services.entry
    reply = await _durable(request, lambda done: entry.replace(request.member, order_id, wanted, key, done))
    return _result(request, order_result(reply, None, order_id))


async def _cancel(request: Request) -> Answer:
    order_id, key = _order_id(request), idempotency_key(request.header(b"idempotency-key"))
    entry = request.services.entry
    reply = await _durable(request, lambda done: entry.cancel(request.member, order_id, key, done))
    return _result(request, order_result(reply, None, order_id))


async def _cancel_all(request: Request) -> Answer:
    key = idempotency_key(request.header(b"idempotency-key"))
    product = _product_parameter(request.scope["query_string"])
    entry = request.services.entry
    reply = await _durable(request, lambda done: entry.cancel_all(request.member, product, key, done))
    return Answer(200, cancelled_all(reply))


def _result(request: Request, result: OrderResult, status: int = 200) -> Answer:
    return Answer(200 if result.duplicate else status, result)


async def _durable(request: Request, submit: Callable[[OnResult], None]) -> Reply:
    """The floor's reply, after the command is in the journal."""
    future: asyncio.Future[Reply] = request.services.loop.create_future()

    def settle(reply: Reply) -> None:
        request.services.entry.note(request.member.account_no, reply.seq)
        if not future.done():
            future.set_result(reply)

    submit(settle)
    return await future


def _order_id(request: Request) -> int:
    text = request.scope["path"].rpartition("/")[2]
    if not (text.isascii() and text.isdigit()):
        raise BadParameter(name="order_id")
    if len(text) > 19 or not 0 < int(text) <= MAX_ORDER_ID:
        raise UnknownOrder
    return int(text)


def _product_parameter(query_string: bytes) -> str | None:
    product = None
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=None):
        if name != "product" or product is not None:
            raise BadParameter(name=name[:64])
        product = value
    return product


async def _send_problem(
    send: Send, scope: dict[str, Any], error: JinguoError, limits: list[tuple[bytes, bytes]]
) -> None:
    language = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    headers = [(name.lower().encode(), value.encode()) for name, value in problem_headers(error).items()]
    if isinstance(error, BodyTooLarge):
        headers.append((b"connection", b"close"))
    body = problem_body(error, language.decode("latin-1"))
    await _send(send, error.status, [*headers, *limits], body)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
