"""Canonical JSON and its hash: one spelling per value, so that equal facts have equal hashes.

UTF-8, keys sorted, no spaces, no floating point (as RFC 8785 without numbers that round).
"""

import hashlib
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical_json(value: Any) -> bytes:
    """The one spelling of ``value``: dicts with text keys, lists, tuples, text, int, bool, None.

    Raises TypeError for anything else, floating point above all.
    """
    check_canonical(value)
    return _ENCODER.encode(value)


def json_of_checked(value: Any) -> str:
    """``canonical_json`` as text without the check, for values known to have one spelling."""
    return _ENCODER.encode(value).decode()


def hash_of_checked(value: Any) -> str:
    """``canonical_hash`` without the check, for values known to have one spelling, by the thousand."""
    return hashlib.sha256(_ENCODER.encode(value)).hexdigest()


def check_canonical(value: Any) -> None:
    """Raises TypeError unless ``value`` has one spelling."""
    match value:
        case None | bool() | int() | str():
            return
        case dict():
            for key, member in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"key {key!r} is not text")
                check_canonical(member)
        case list() | tuple():
            for member in value:
                check_canonical(member)
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical spelling")


def canonical_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
