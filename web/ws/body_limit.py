"""No request body of any size can fill memory or disk: Daphne keeps what it receives, so it must keep less.

Daphne takes a whole body in before it asks an application. With this in place it stores at most
``MAX_STORED``; of a longer body it reads and forgets up to ``MAX_READ``, so that the client gets a proper
answer (413) instead of a reset connection, and beyond that it hangs up.

Photographs, evidence and long files of lots are larger. At the addresses that take them up to ``MAX_UPLOAD``
is written to a temporary file, for whoever is logged in or signs with a key we know, a few at a time. Who it
is is looked up while the body comes in; before the answer nothing of it is passed on, and after a no nothing
more is kept.
"""

import html
import re
from typing import Any

import daphne.http_protocol
from daphne.http_protocol import WebRequest
from django.db import close_old_connections
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from exchange.kernel.errors import BodyTooLarge, JinguoError, NotAuthenticated, RateLimited
from exchange.kernel.signed_requests import is_signed_by_known_key
from web.api.problems import preferred_language, problem_body, problem_headers
from web.ws.credentials import is_logged_in, session_key

MAX_STORED = 1_048_576
"""Bytes of a body that is passed on; the order path and Django have their own, smaller limits."""
MAX_UPLOAD = 25_165_824
"""Bytes of a body with photographs, evidence or a file."""
MAX_READ = 33_554_432
"""Bytes that are read at all."""
UPLOADS_AT_ONCE = 32
"""Large bodies one process takes in at the same time."""
RETRY_AFTER_S = 5

UPLOADS = re.compile(
    rb"/store/lots/[^/?]+/photos/"
    rb"|/store/import/"
    rb"|/me/(?:listings|auctions)/[0-9]+/photos/"
    rb"|/me/contracts/[^/?]+/delivery/act/"
    rb"|/api/v1/store/intakes/[^/?]+/photos(?:\?[^#]*)?"
)
"""Addresses that take more than MAX_STORED."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """Daphne's request, with a bounded body."""

    _received = 0
    _most = MAX_STORED
    _asked: "Deferred[Any] | None" = None
    _refusal: JinguoError | None = None
    _under_way = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802 (Twisted's name)
        """The headers have come; ``length`` is what they say of the body."""
        super().gotLength(length)
        self._parsePOSTFormSubmission = False  # Django does it; Twisted would read the whole body into memory
        if length is not None and MAX_STORED < length <= MAX_UPLOAD and self._at_an_upload():
            self._begin_upload()

    def _at_an_upload(self) -> bool:
        command, address = self.channel._command, self.channel._path
        return command == b"POST" and UPLOADS.fullmatch(address) is not None

    def _begin_upload(self) -> None:
        if BoundedRequest._under_way >= UPLOADS_AT_ONCE:
            self._refusal = RateLimited(retry_after_s=RETRY_AFTER_S)
            return
        BoundedRequest._under_way += 1
        self.notifyFinish().addBoth(_one_less)
        self._most = MAX_UPLOAD
        self._asked = deferToThread(_is_known, self._header(b"cookie"), self._header(b"signature-input"))
        self._asked.addCallbacks(self._answered, lambda _failure: self._answered(False))

    def _answered(self, known: bool) -> None:
        self._asked = None
        if not known:
            self._refusal = NotAuthenticated()
            if not self.content.closed:
                self.content.seek(0)
                self.content.truncate()

    def _header(self, name: bytes) -> str:
        values: list[bytes] = self.requestHeaders.getRawHeaders(name) or [b""]
        return values[0].decode("latin-1")

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 (Twisted's name)
        """Part of the body has come."""
        self._received += len(data)
        if self._received <= self._most and self._refusal is None:
            super().handleContentChunk(data)
        elif self._received > MAX_READ:
            self.channel.loseConnection()

    def process(self) -> Any:
        """The request is complete: pass it on, or refuse it; an upload once it is known whose it is."""
        if self._asked is not None:
            self._asked.addCallback(lambda _: self._proceed())
            return None
        return self._proceed()

    def _proceed(self) -> Any:
        if self.content.closed:
            return None
        if self._received <= self._most and self._refusal is None:
            return super().process()
        self._refuse(self._refusal or BodyTooLarge())
        return None

    def _refuse(self, error: JinguoError) -> None:
        language = self._header(b"accept-language")
        if "text/html" in self._header(b"accept"):
            body, headers = _page(error, language), {"Content-Type": "text/html; charset=utf-8"}
        else:
            body, headers = problem_body(error, language), problem_headers(error)
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        sent += [(b"Content-Length", b"%d" % len(body)), (b"Connection", b"close")]
        self.handle_reply({"type": "http.response.start", "status": error.status, "headers": sent})
        self.handle_reply({"type": "http.response.body", "body": body})


def _is_known(cookie: str, signature_input: str) -> bool:
    """Whether the cookie's session is somebody's, or the signature's key one of ours; runs in a thread."""
    close_old_connections()
    try:
        session = session_key(cookie) if cookie else None
        return (session is not None and is_logged_in(session)) or is_signed_by_known_key(signature_input)
    finally:
        close_old_connections()


def _one_less(_result: Any) -> None:
    BoundedRequest._under_way -= 1


def _page(error: JinguoError, accept_language: str) -> bytes:
    """The refusal for a person: neither Django nor its templates have seen the request."""
    language = preferred_language(accept_language)
    text, hint = html.escape(error.message(language)), html.escape(error.hint(language))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text}</title><h1>{text}</h1><p>{hint}</p></html>"
    ).encode()


def bound_request_bodies() -> None:
    """Make Daphne's factory build bounded requests; called before the server starts."""
    daphne.http_protocol.WebRequest = BoundedRequest
