"""Verification codes: what the QR code of a document carries so that its number alone opens nothing.

Numbers are dense and can be guessed; a code is an HMAC over kind and number with the secret key of the
exchange, cut to 45 bits and written in Crockford's base 32 (no I, L, O, U). Reading a document gives the
code; nothing else does. A rotated secret key goes into SECRET_KEY_FALLBACKS and old papers stay checkable.
"""

from urllib.parse import quote

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

KINDS = (
    "receipt",
    "contract",
    "inspection",
    "intake",
    "outbound",
    "pickup",
    "statement",
    "amendment",
    "regulatory",
)
"""Documents with a code.

Receipt, e-contract, inspection report, in-note, out-note, pickup order, statement,
amendment of an e-contract, half-year report to the regulator.
"""

CODE_LETTERS = 9
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SALT = "jinguo.document"
_READ_AS = str.maketrans("OIL", "011", " -")


def code_of(kind: str, number: str) -> str:
    """The verification code of a document, e.g. ``7K2M9XQ4A``."""
    return _code(kind, number, settings.SECRET_KEY)


def is_code(kind: str, number: str, code: str) -> bool:
    """Whether this is the document's code; small letters, spaces and look-alike letters are forgiven."""
    given = code.upper().translate(_READ_AS)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_code(kind, number, key), given) for key in keys)


def verify_url(kind: str, number: str) -> str:
    """Where anybody checks the document: the address in its QR code."""
    return f"{settings.PUBLIC_URL}/verify/{kind}/{quote(number, safe='')}/{code_of(kind, number)}/"


def _code(kind: str, number: str, secret: str | bytes) -> str:
    assert kind in KINDS
    digest = salted_hmac(_SALT, f"{kind}:{number}", secret=secret, algorithm="sha256").digest()
    bits = int.from_bytes(digest[:8], "big")
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LETTERS))
