"""No request body of any size can fill memory or disk: Daphne keeps what it receives, so it must keep less.

Daphne takes a whole body in before it asks an application. With this in place it stores at most
``MAX_STORED``; of a longer body it reads and forgets up to ``MAX_READ``, so that the client gets a proper
answer (413) instead of a reset connection, and beyond that it hangs up.
"""

from typing import Any

import daphne.http_protocol
from daphne.http_protocol import WebRequest

from exchange.kernel.errors import BodyTooLarge
from web.api.problems import problem_body, problem_headers

MAX_STORED = 1_048_576
"""Bytes of a body that is passed on; the order path and Django have their own, smaller limits."""
MAX_READ = 33_554_432
"""Bytes that are read at all."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """Daphne's request, with a bounded body."""

    _received = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 (Twisted's name)
        """Part of the body has come."""
        self._received += len(data)
        if self._received <= MAX_STORED:
            super().handleContentChunk(data)
        elif self._received > MAX_READ:
            self.channel.loseConnection()

    def process(self) -> Any:
        """The request is complete: pass it on, or refuse it."""
        if self._received <= MAX_STORED:
            return super().process()
        error = BodyTooLarge()
        language = (self.requestHeaders.getRawHeaders(b"accept-language") or [b""])[0].decode("latin-1")
        body = problem_body(error, language)
        headers = [(name.encode(), value.encode()) for name, value in problem_headers(error).items()]
        headers += [(b"Content-Length", b"%d" % len(body)), (b"Connection", b"close")]
        self.handle_reply({"type": "http.response.start", "status": error.status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": body})
        return None


def bound_request_bodies() -> None:
    """Make Daphne's factory build bounded requests; called before the server starts."""
    daphne.http_protocol.WebRequest = BoundedRequest
