"""What this web process counts: requests, their latency, sockets, and what was refused or dropped.

Labels are routes, never addresses, so a crawler cannot fill memory with them.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from exchange.kernel.metrics import LATENCY_S, Counter, Family, Gauge, Histogram, histogram

REQUESTS = Counter(
    "jinguo_http_requests_total", "Requests by view and class of status.", ("part", "view", "status")
)
SOCKETS = Gauge("jinguo_sockets_open", "Open sockets.")
SOCKETS_OPENED = Counter("jinguo_sockets_opened_total", "Sockets accepted.")
DROPPED = Counter("jinguo_socket_messages_dropped_total", "Channel messages a slow client did not get.")
CLOSED_SLOW = Counter("jinguo_sockets_closed_slow_total", "Sockets closed because the client did not read.")
RATE_LIMITED = Counter("jinguo_rate_limited_total", "Orders and requests refused by the rate limit.")

PARTS = ("orders", "api", "pages", "static")
_LATENCY = {part: Histogram(LATENCY_S) for part in PARTS}
_UNMATCHED = "unmatched"


def observe(part: str, view: str, status: int, took_s: float) -> None:
    """A request was answered."""
    REQUESTS.add(part, view, f"{status // 100}xx")
    _LATENCY[part].observe(took_s)


def web_families() -> list[Family]:
    """All of it now."""
    return [
        REQUESTS.family(),
        histogram(
            "jinguo_http_request_seconds",
            "Time to answer a request.",
            [({"part": part}, _LATENCY[part].state()) for part in PARTS],
        ),
        *(each.family() for each in (SOCKETS, SOCKETS_OPENED, DROPPED, CLOSED_SLOW, RATE_LIMITED)),
    ]


class Measured:
    """Outermost middleware: times what Django answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and count the answer under its route."""
        began = time.perf_counter()
        response = self._get_response(request)
        observe(*_place(request), response.status_code, time.perf_counter() - began)
        return response


def _place(request: HttpRequest) -> tuple[str, str]:
    """Part and view of a request that was answered."""
    match = request.resolver_match
    if match is not None:
        return ("api" if match.route.startswith("api/") else "pages"), match.route or "/"
    if request.path_info.startswith(settings.STATIC_URL):
        return "static", "static"
    return ("api" if request.path_info.startswith("/api/") else "pages"), _UNMATCHED
