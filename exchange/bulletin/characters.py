"""What may stand in a text that people write."""

_BLANKS = str.maketrans("", "", "\t\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}")
"""Blanks that ``str.isprintable`` refuses; Chinese paragraphs and short names are set with them."""


def can_be_shown(line: str) -> bool:
    """Whether a line has nothing in it but signs and blanks: no control characters, nothing invisible."""
    return line.translate(_BLANKS).isprintable()
