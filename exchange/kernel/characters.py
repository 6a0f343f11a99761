"""What may stand in a text that people write, and what is a phone number."""

import re
import unicodedata

_BLANKS = str.maketrans("", "", "\t\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}")
"""Blanks that ``str.isprintable`` refuses; Chinese paragraphs and short names are set with them."""
_PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|0\d{9,11}|400\d{7}")


def can_be_shown(line: str) -> bool:
    """Whether a line has nothing in it but signs and blanks: no control characters, nothing invisible."""
    return line.translate(_BLANKS).isprintable()


def phone_in(text: str) -> str | None:
    """A phone number as digits, or None: a mobile, a landline with its area code, a 400 number."""
    digits = re.sub(r"[\s\-()（）]", "", unicodedata.normalize("NFKC", text))
    return digits if _PHONE.fullmatch(digits) else None
