"""Who may call the part of the API for institutions' own systems: whoever signs with a registered key."""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from exchange.kernel.audit import Actor
from exchange.kernel.errors import NotPermitted
from exchange.kernel.signed_requests import Sender, SignedRequest, answered_once, check_request
from web.ws.rate_limit import TokenBuckets

REQUESTS_PER_S, REQUESTS_AT_ONCE = 20, 200
_requests = TokenBuckets(REQUESTS_PER_S, REQUESTS_AT_ONCE)


class InstitutionAuth(AuthBase):
    """HTTP Message Signatures (RFC 9421), Ed25519; gives the view ``request.auth``."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "Signature"
    openapi_description = (
        'An Ed25519 signature (RFC 9421) over "@method" "@path" "@query" "content-digest" "idempotency-key"; '
        "see docs/api.md."
    )

    def __call__(self, request: HttpRequest) -> Sender:
        """The sender. Raises BadSignature, RateLimited."""
        sender = check_request(signed(request), now_s=int(time.time()))
        _requests.take(sender.institution)
        return sender


def signed(request: HttpRequest) -> SignedRequest:
    """What of the request is signed, as it came in."""
    headers = request.headers
    return SignedRequest(
        method=request.method or "",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        body=request.body,
        content_digest=headers.get("Content-Digest", ""),
        request_id=headers.get("Idempotency-Key", ""),
        signature_input=headers.get("Signature-Input", ""),
        signature=headers.get("Signature", ""),
    )


def sender_of(request: HttpRequest, kind: str) -> Sender:
    """The sender, when it is an institution of that kind. Raises NotPermitted."""
    sender = request.auth  # type: ignore[attr-defined]
    assert isinstance(sender, Sender)
    if sender.kind != kind:
        raise NotPermitted(detail=kind)
    return sender


def once(request: HttpRequest, sender: Sender, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Does it once; the same request again gets the same answer. Raises RequestIdReused."""
    return answered_once(signed(request), sender, do)


def actor_of_system(request: HttpRequest, sender: Sender) -> Actor:
    """Whom to name in the audit log and in signed steps: the institution's system."""
    port = request.META.get("REMOTE_PORT")
    return Actor(
        name=f"{sender.institution}/{sender.client}"[:150],
        ip=request.META.get("REMOTE_ADDR"),
        source_port=int(port) if port else None,
        user_agent=request.headers.get("User-Agent", "")[:300],
    )
