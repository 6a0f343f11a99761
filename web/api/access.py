"""Who may call the part of the API that Django serves, and that members read what they wrote."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from exchange.kernel.audit import Actor
from exchange.kernel.errors import NotAuthenticated, NotPermitted
from exchange.members.selectors import identity_of_user, member_by_api_key
from exchange.members.types import MemberIdentity
from exchange.trading.selectors import wait_until_projected
from web.ws.credentials import MAX_KEY_LENGTH, Headers, from_our_pages
from web.ws.services import acknowledged

READ_YOUR_WRITES_S = 2.0
"""How long a member's GET waits for the tables to contain what was acknowledged to that member."""
BEHIND_ATTRIBUTE = "projection_behind"
MONEY_ROLES = frozenset({"trader", "finance", "admin"})
"""Roles of a member's people who may move money; a key needs the scope too."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class MemberAuth(HttpBearer):
    """A bearer key, or the session cookie of our own pages; gives the view ``request.auth``."""

    openapi_description = "A key of the member. Our own pages use the session cookie instead."

    def __call__(self, request: HttpRequest) -> MemberIdentity:
        """The member. Raises NotAuthenticated or NotPermitted."""
        if "Authorization" in request.headers:
            member = self._by_key(request.headers["Authorization"])
        else:
            member = self._by_session(request)
        if request.method in SAFE_METHODS:
            self._wait_for_own_writes(request, member)
        return member

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Part of HttpBearer's interface; ``__call__`` does all of it."""
        return member_by_api_key(token)

    def _by_key(self, header: str) -> MemberIdentity:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(key.strip()) <= MAX_KEY_LENGTH:
            raise NotAuthenticated
        member = member_by_api_key(key.strip())
        if member is None:
            raise NotAuthenticated
        if "read" not in member.scopes:
            raise NotPermitted(detail="scope read")
        return member

    def _by_session(self, request: HttpRequest) -> MemberIdentity:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if request.method not in SAFE_METHODS and not _from_our_pages(request):
            raise NotPermitted(detail="Origin")
        member = identity_of_user(request.user.pk)
        if member is None:
            raise NotPermitted(detail="no member")
        return member

    def _wait_for_own_writes(self, request: HttpRequest, member: MemberIdentity) -> None:
        seq = acknowledged(member.account_no)
        if seq and not wait_until_projected(seq, READ_YOUR_WRITES_S):
            setattr(request, BEHIND_ATTRIBUTE, True)


def _from_our_pages(request: HttpRequest) -> bool:
    headers = Headers(None, None, request.headers.get("Origin"), request.headers.get("Host"))
    return from_our_pages(headers, settings.PUBLIC_ORIGINS)


def member_of(request: HttpRequest) -> MemberIdentity:
    """The member the auth found."""
    member = request.auth  # type: ignore[attr-defined]
    assert isinstance(member, MemberIdentity)
    return member


def check_may_move_money(member: MemberIdentity) -> None:
    """Refuse people and keys that may not pay in or out. Raises NotPermitted."""
    if member.role not in MONEY_ROLES:
        raise NotPermitted
    if "funds" not in member.scopes:
        raise NotPermitted(detail="scope funds")


def actor_of(request: HttpRequest, member: MemberIdentity) -> Actor:
    """Who to name in the audit log."""
    port = request.META.get("REMOTE_PORT")
    return Actor(
        name=member.username,
        ip=request.META.get("REMOTE_ADDR"),
        source_port=int(port) if port else None,
        user_agent=request.headers.get("User-Agent", "")[:300],
    )
