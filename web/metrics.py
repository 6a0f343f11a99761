"""/metrics for Prometheus: for who holds METRICS_TOKEN; without one for this machine, never in production.

Plain ASGI like the health checks. Behind a proxy on the same machine every request comes from loopback, so
loopback is trusted only where there is no proxy: without REDIS_URL and HTTPS, and for a request that no proxy
marked. Everybody else is told there is nothing here.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from exchange.kernel.metrics import CONTENT_TYPE, exposition
from exchange.ops.measures import exchange_families
from web.measures import web_families

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PATH = "/metrics"
_PROXIED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})


async def metrics(scope: Scope, receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    """200 with everything that is measured, or 404."""
    if scope["method"] != "GET" or not may_read(scope):
        await _answer(send, 404, b"text/plain", b"not found\n")
        return
    families = [*web_families(), *await exchange_families()]
    await _answer(send, 200, CONTENT_TYPE.encode(), exposition(families).encode())


def may_read(scope: Scope) -> bool:
    """Whether the request shows the token or, where none is set, comes from this machine directly."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if settings.METRICS_TOKEN:
        given = next((value for name, value in headers if name == b"authorization"), b"")
        return hmac.compare_digest(given, b"Bearer " + settings.METRICS_TOKEN.encode())
    if settings.REDIS_URL or settings.HTTPS or any(name in _PROXIED for name, _ in headers):
        return False
    peer = scope.get("client") or ("",)
    return _is_loopback(str(peer[0]))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
