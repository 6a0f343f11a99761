"""How a public key is named."""

import hashlib


def key_id_of(public_key: bytes) -> str:
    """First 16 hex digits of the SHA-256 of a public key: its name in signatures, tables and files."""
    return hashlib.sha256(public_key).hexdigest()[:16]
