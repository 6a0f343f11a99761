"""Errors as people and programs get them: problem+json, both languages, whichever part of us refuses."""

import re

import msgspec

from exchange.kernel.errors import CONTENT_TYPE, JinguoError, to_problem

_encode = msgspec.json.Encoder().encode
_RANGE = re.compile(r"\s*([a-zA-Z*]{1,8})(?:-[a-zA-Z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


def preferred_language(accept_language: str | None) -> str:
    """ "zh" or "en": the one the client likes better; Chinese when it says nothing."""
    best, best_quality = "zh", 0.0
    for part in (accept_language or "")[:200].split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        language, quality = found[1].lower(), float(found[2] or 1)
        if language in ("zh", "en") and quality > best_quality:
            best, best_quality = language, quality
    return best


def problem_body(error: JinguoError, accept_language: str | None) -> bytes:
    """The body of an error answer."""
    return _encode(to_problem(error, preferred_language(accept_language)))


def problem_headers(error: JinguoError) -> dict[str, str]:
    """The headers an error answer needs beside its length."""
    headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store", "Vary": "Accept-Language"}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="jinguo"'
    if "retry_after_s" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_s"])
    elif error.status == 503:
        headers["Retry-After"] = "1"
    return headers
