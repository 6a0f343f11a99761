"""The one ASGI application: the order path and health checks in plain ASGI, everything else Django.

The order path answers thousands of requests a second, so it stands in front of Django's middleware; it
authenticates, limits and refuses by itself (web.ws). Django must be set up before this is imported:
``exchange.asgi`` does both.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from exchange.ops.health import healthz, readyz
from web.metrics import PATH as METRICS_PATH
from web.metrics import metrics
from web.ws.application import handler_of, http_command, socket
from web.ws.body_limit import bound_request_bodies

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

bound_request_bodies()
django_application = get_asgi_application()


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Requests by path: health, metrics, commands, the rest."""
    path = scope["path"]
    if path == "/healthz":
        await healthz(scope, receive, send)
    elif path == "/readyz":
        await readyz(scope, receive, send)
    elif path == METRICS_PATH:
        await metrics(scope, receive, send)
    elif (handler := handler_of(scope)) is not None:
        await http_command(scope, receive, send, handler)
    else:
        await django_application(scope, receive, cast(Any, send))


application = ProtocolTypeRouter({"http": http, "websocket": socket})
