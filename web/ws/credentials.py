"""Who is asking, on the order path: a bearer key, or the session cookie of the web pages.

A look-up in the tables is remembered for a few seconds, so that an order costs none; a revoked key or an
ended session stops working within that time. Look-ups that come while one is under way are made together, on
one connection: a hall full of sockets is looked at again every few seconds. A cookie is sent by a browser
whoever wrote the page, so a request that relies on it must come from our own pages.
"""

import asyncio
import time
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.request import validate_host

from exchange.kernel.errors import NotAuthenticated, NotPermitted
from exchange.members.selectors import identity_of_user, member_by_api_key
from exchange.members.types import MemberIdentity

REMEMBERED_S = 5.0
MAX_REMEMBERED = 20_000
MAX_TOGETHER = 64
"""Look-ups on one connection, so that a newcomer waits a moment only."""
MAX_KEY_LENGTH = 256


class Headers(NamedTuple):
    """The headers that tell who asks and from where."""

    authorization: str | None
    cookie: str | None
    origin: str | None
    host: str | None


class Credential(NamedTuple):
    """What a request shows: a bearer key or a session key."""

    kind: str
    value: str


def headers_of(scope: dict[str, Any]) -> Headers:
    """The headers we need, decoded as HTTP does."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in (b"authorization", b"cookie", b"origin", b"host"):
            found[name] = value.decode("latin-1")
    return Headers(
        found.get(b"authorization"), found.get(b"cookie"), found.get(b"origin"), found.get(b"host")
    )


def credential_of(headers: Headers) -> Credential | None:
    """The bearer key if one is sent, else the session cookie, else None. Raises NotAuthenticated."""
    if headers.authorization is not None:
        scheme, _, key = headers.authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(key.strip()) <= MAX_KEY_LENGTH:
            raise NotAuthenticated
        return Credential("key", key.strip())
    session = session_key(headers.cookie) if headers.cookie else None
    return Credential("session", session) if session else None


def session_key(cookie: str) -> str | None:
    """The session a Cookie header names, if it names one."""
    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return morsel.value if morsel is not None and len(morsel.value) <= MAX_KEY_LENGTH else None


def from_our_pages(headers: Headers, trusted: Iterable[str]) -> bool:
    """Whether Origin names this host, which must be one of ours, or a trusted origin."""
    if headers.origin is None or headers.host is None:
        return False
    if headers.origin in trusted:
        return True
    host = urlsplit(f"//{headers.host}").hostname
    return (
        host is not None
        and urlsplit(headers.origin).netloc == headers.host
        and validate_host(host if ":" not in host else f"[{host}]", settings.ALLOWED_HOSTS)
    )


def check_origin(headers: Headers, credential: Credential | None) -> None:
    """Refuse a request that rides on a cookie but was not sent by our pages. Raises NotPermitted."""
    if credential is None or credential.kind != "session":
        return
    if not from_our_pages(headers, settings.PUBLIC_ORIGINS):
        raise NotPermitted(detail="Origin")


class Authenticator:
    """Turns credentials into members and remembers the answer for ``REMEMBERED_S``."""

    def __init__(self) -> None:
        self._remembered: dict[Credential, tuple[MemberIdentity | None, float]] = {}
        self._asked: dict[Credential, asyncio.Future[MemberIdentity | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    def remembered(self, credential: Credential) -> tuple[MemberIdentity | None, bool]:
        """The member and whether the answer is still fresh; never touches the tables."""
        member, until = self._remembered.get(credential, (None, 0.0))
        return member, time.monotonic() < until

    async def identify(self, credential: Credential | None) -> MemberIdentity | None:
        """The member who shows this credential; None for nobody or a person without a member.

        Raises NotAuthenticated for a key that is not or no longer valid.
        """
        if credential is None:
            return None
        member, fresh = self.remembered(credential)
        if not fresh:
            member = await self._looked_up(credential)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[credential] = (member, time.monotonic() + REMEMBERED_S)
        if member is None and credential.kind == "key":
            raise NotAuthenticated
        return member

    async def _looked_up(self, credential: Credential) -> MemberIdentity | None:
        """The member in the tables, with whoever else is asked for meanwhile."""
        future = self._asked.get(credential)
        if future is None:
            future = self._asked[credential] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(future)

    async def _ask(self) -> None:
        while self._asked:
            together = {each: self._asked.pop(each) for each in list(self._asked)[:MAX_TOGETHER]}
            try:
                found = await sync_to_async(_look_up_all, thread_sensitive=False)(list(together))
            except Exception as error:
                for future in together.values():
                    future.set_exception(error)
            else:
                for future, member in zip(together.values(), found, strict=True):
                    future.set_result(member)


def _look_up_all(credentials: list[Credential]) -> list[MemberIdentity | None]:
    """The members in the tables; runs in a worker thread with a connection of its own."""
    close_old_connections()
    try:
        return [_look_up(credential) for credential in credentials]
    finally:
        close_old_connections()


def _look_up(credential: Credential) -> MemberIdentity | None:
    if credential.kind == "key":
        return member_by_api_key(credential.value)
    user = _user_of(credential.value)
    return identity_of_user(user.pk) if user.is_authenticated else None


def is_logged_in(session: str) -> bool:
    """Whether a session is somebody's now, member or not."""
    return bool(_user_of(session).is_authenticated)


def _user_of(session: str) -> Any:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    return get_user(request)
