"""The order path: one small ASGI application in front of Django, for the socket and for orders over HTTP.

``exchange.asgi`` hands every socket to ``socket``, and the requests ``is_order_path`` names to
``http_orders``; everything else is Django's. It is apart because an order must cost microseconds, not
a middleware stack.
"""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from django.conf import settings

from exchange.kernel.errors import JinguoError
from web.ws import services
from web.ws.codec import encode_refusal
from web.ws.credentials import Credential, check_origin, credential_of, from_our_pages, headers_of
from web.ws.echo import echo
from web.ws.link import AsgiLink, Send, link_for
from web.ws.member_socket import POLICY_VIOLATION, MemberSocket
from web.ws.orders_http import answer_order_request

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]

SOCKET_PATH = "/ws/v1"
ECHO_PATH = "/ws/echo"
ORDERS_PATH = "/api/v1/orders"
_ORDER_PATH = re.compile(re.escape(ORDERS_PATH) + r"/[^/]+\Z")
_ORDERS_METHODS = frozenset({"POST", "DELETE"})
_ORDER_METHODS = frozenset({"DELETE", "PUT", "PATCH"})


@cache
def _echoes() -> bool:
    return bool(getattr(settings, "BENCH_ECHO", False))


def is_order_path(scope: Scope) -> bool:
    """Whether this socket or request is ours; reading orders (GET) is Django's."""
    if scope["type"] == "websocket":
        return True
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    if not path.startswith(ORDERS_PATH):
        return False
    if path == ORDERS_PATH:
        return scope["method"] in _ORDERS_METHODS
    return scope["method"] in _ORDER_METHODS and _ORDER_PATH.match(path) is not None


async def order_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application for all of it."""
    if scope["type"] == "http":
        await http_orders(scope, receive, send)
    else:
        await socket(scope, receive, send)


async def http_orders(scope: Scope, receive: Receive, send: Send) -> None:
    """Orders over HTTP."""
    await answer_order_request(scope, receive, send)


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
    except JinguoError as error:
        await _refuse(send, error)
        return
    await send({"type": "websocket.accept"})
    link = link_for(send)
    member_socket = MemberSocket(shared, link, member, credential)
    member_socket.open()
    try:
        while (event := await receive())["type"] == "websocket.receive":
            member_socket.receive(event.get("text"))
    finally:
        member_socket.close()
        if isinstance(link, AsgiLink):
            link.stop()


async def _refuse(send: Send, error: JinguoError) -> None:
    """Tell why before closing: a browser shows nothing of a refused handshake."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": encode_refusal(error, None, None)})
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
