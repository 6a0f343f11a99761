"""The one ASGI application: the order path and health checks in plain ASGI, everything else Django.

The order path answers thousands of requests a second, so it stands in front of Django's middleware; it
authenticates, limits and refuses by itself (web.ws).
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from exchange.ops.health import healthz, readyz  # noqa: E402
from web.metrics import PATH as METRICS_PATH  # noqa: E402
from web.metrics import metrics  # noqa: E402
from web.ws.application import handler_of, http_command, socket  # noqa: E402
from web.ws.body_limit import bound_request_bodies  # noqa: E402

bound_request_bodies()

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


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
