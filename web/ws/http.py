"""The order path over HTTP: reading a request, finding its handler, and answering it or its refusal.

One request is one command of the floor: ``orders_http`` and ``halls_http`` say which.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

import msgspec

from exchange.kernel.errors import BadParameter, BodyTooLarge, InternalError, JinguoError
from exchange.members.types import MemberIdentity
from exchange.trading.replies import Reply
from web.api.problems import problem_body, problem_headers
from web.ws import services
from web.ws.credentials import check_origin, credential_of, headers_of
from web.ws.fields import MAX_BODY, MAX_ORDER_ID
from web.ws.link import Send
from web.ws.order_entry import OnResult, require_member
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


class Handler(Protocol):
    """Answers one kind of request; its name is what requests are counted under."""

    __name__: str

    def __call__(self, request: Request, /) -> Awaitable[Answer]:
        """Answer it."""


class Gone(Exception):
    """The client went away before it had said everything."""


async def answer_request(scope: dict[str, Any], receive: Receive, send: Send, handler: Handler) -> None:
    """Answer one request with its handler; every refusal is problem+json."""
    limits: list[tuple[bytes, bytes]] = []
    try:
        answer = await _answer(scope, receive, handler, limits)
    except Gone:
        return
    except JinguoError as error:
        await _send_problem(send, scope, error, limits)
    except Exception:
        logger.exception("a request of the order path failed")
        await _send_problem(send, scope, InternalError(), limits)
    else:
        body = _encode(answer.content)
        await _send(send, answer.status, [(b"content-type", b"application/json"), *limits], body)


async def _answer(
    scope: dict[str, Any], receive: Receive, handler: Handler, limits: list[tuple[bytes, bytes]]
) -> Answer:
    headers = headers_of(scope)
    credential = credential_of(headers)
    check_origin(headers, credential)
    shared = services.current()
    member = require_member(await shared.authenticator.identify(credential))
    body = await _read_body(scope, receive)
    await shared.market_known()
    request = Request(shared, member, scope, body)
    try:
        return await handler(request)
    finally:
        limits.extend(shared.buckets.allowance(member.account_no).headers())


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


async def durable(request: Request, submit: Callable[[OnResult], None]) -> Reply:
    """The floor's reply, after the command is in the journal."""
    future: asyncio.Future[Reply] = request.services.loop.create_future()

    def settle(reply: Reply) -> None:
        request.services.entry.note(request.member.account_no, reply.seq)
        if not future.done():
            future.set_result(reply)

    submit(settle)
    return await future


def number_in(text: str, name: str, unknown: type[JinguoError]) -> int:
    """A number in an address. Raises BadParameter, or ``unknown`` for one that nothing can have."""
    if not (text.isascii() and text.isdigit()):
        raise BadParameter(name=name)
    if len(text) > 19 or not 0 < int(text) <= MAX_ORDER_ID:
        raise unknown
    return int(text)


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
