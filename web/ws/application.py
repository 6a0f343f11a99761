"""The order path: one small ASGI application in front of Django, for sockets and for commands over HTTP.

``exchange.asgi`` hands every socket to ``socket``, and the requests ``handler_of`` knows to
``http_command``; everything else is Django's. It is apart because an order, a take or a bid must cost
microseconds, not a middleware stack.
"""

import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from django.conf import settings

from exchange.kernel.errors import JinguoError
from exchange.members.types import MemberIdentity
from web.measures import observe
from web.ws import services
from web.ws.codec import encode_refusal
from web.ws.credentials import Credential, check_origin, credential_of, from_our_pages, headers_of
from web.ws.echo import echo
from web.ws.halls_http import hall_handler
from web.ws.http import Handler, answer_request
from web.ws.link import AsgiLink, Send, link_for
from web.ws.member_socket import POLICY_VIOLATION, MemberSocket
from web.ws.order_entry import require_member
from web.ws.orders_http import order_handler
from web.ws.socket_guards import Guard, wanted_in

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]

SOCKET_PATH = "/ws/v1"
ECHO_PATH = "/ws/echo"
API_PATH = "/api/v1/"
_METHODS = frozenset({"POST", "DELETE", "PUT", "PATCH"})


@cache
def _echoes() -> bool:
    return bool(getattr(settings, "BENCH_ECHO", False))


def handler_of(scope: Scope) -> Handler | None:
    """Who answers an HTTP request on the order path; None for what is Django's, as all reading is."""
    if scope["method"] not in _METHODS or not scope["path"].startswith(API_PATH):
        return None
    return order_handler(scope) or hall_handler(scope)


async def http_command(scope: Scope, receive: Receive, send: Send, handler: Handler) -> None:
    """One order, take or bid over HTTP."""
    began, status = time.perf_counter(), 0

    async def noted(event: dict[str, Any]) -> None:
        nonlocal status
        status = event.get("status", status)
        await send(event)

    await answer_request(scope, receive, noted, handler)
    if status:
        observe("orders", handler.__name__.strip("_"), status, time.perf_counter() - began)


async def socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Sockets; an unknown address is refused at the handshake."""
    if scope["path"] == SOCKET_PATH:
        await _member_socket(scope, receive, send)
    elif scope["path"] == ECHO_PATH and _echoes():
        await echo(receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})


async def _member_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, learn who it is, then handle messages until the client or we end it."""
    await receive()
    headers = headers_of(scope)
    credential: Credential | None = None
    try:
        credential = credential_of(headers)
        foreign = headers.origin is not None and not from_our_pages(headers, settings.PUBLIC_ORIGINS)
        if foreign and (credential is None or credential.kind != "key"):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        check_origin(headers, credential)
        shared = services.current()
        member = await shared.authenticator.identify(credential)
        await shared.market_known()
        guard = await _guard(scope, shared, member, credential)
    except JinguoError as error:
        await _refuse(send, error)
        return
    await send({"type": "websocket.accept"})
    link = link_for(send)
    member_socket = MemberSocket(shared, link, member, credential, guard, scope.get("client"))
    member_socket.open()
    try:
        while (event := await receive())["type"] == "websocket.receive":
            member_socket.receive(event.get("text"))
    finally:
        member_socket.close()
        if isinstance(link, AsgiLink):
            link.stop()


async def _guard(
    scope: Scope, shared: services.Services, member: MemberIdentity | None, credential: Credential | None
) -> Guard | None:
    """The guard of a socket that wants cancel on disconnect, written before the socket is accepted."""
    wanted = wanted_in(scope["query_string"])
    if not wanted.cancel_on_disconnect:
        return None
    trader = require_member(member)
    assert credential is not None
    shared.entry.check_arming(trader)
    return Guard(await shared.guards.guard(trader, credential, scope.get("client")), wanted.heartbeat_ms)


async def _refuse(send: Send, error: JinguoError) -> None:
    """Tell why before closing: a browser shows nothing of a refused handshake."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": encode_refusal(error, None, None)})
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
