"""Visitors without a log-in: who they are as far as one can tell, and how often they may ask."""

from django.conf import settings
from django.http import HttpRequest

from web.ws.rate_limit import TokenBuckets

QUESTIONS_PER_S, QUESTIONS_AT_ONCE = 1, 30
"""A person checks a handful of papers; trying out codes needs many orders of magnitude more."""

_questions = TokenBuckets(QUESTIONS_PER_S, QUESTIONS_AT_ONCE)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. Behind a TLS proxy (setting HTTPS) the last address the proxy added."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.headers.get("X-Forwarded-For", "")
        last = forwarded.rpartition(",")[2].strip()
        if last:
            return last[:45]
    return str(request.META.get("REMOTE_ADDR") or "")


def count_question(request: HttpRequest) -> None:
    """Counts a question of a visitor. Raises RateLimited."""
    _questions.take(address_of(request))


def forget_visitors() -> None:
    """Everybody may ask again: for tests, which all come from one address."""
    _questions.forget()
