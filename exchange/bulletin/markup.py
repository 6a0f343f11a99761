"""The little that a text may be besides words: headings, lists, bold, links; anything else is words.

A subset of Markdown: ``## heading``, ``### heading``, ``- item``, ``1. item``, ``**bold**``,
``[text](https://address)``; an empty line ends a paragraph, a line break stays one. There is no HTML: a
tag is text like any other, and whoever renders the blocks escapes each run.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from exchange.bulletin.news_errors import BadNewsLink

BlockKind = Literal["p", "h2", "h3", "ul", "ol"]


class Run(NamedTuple):
    """A piece of a line: its text, whether bold, and where it leads (https), or nothing."""

    text: str
    bold: bool = False
    link: str = ""


Line = tuple[Run, ...]


class Block(NamedTuple):
    """A heading (one line), a paragraph (lines), or a list (a line each item)."""

    kind: BlockKind
    lines: tuple[Line, ...]
    start: int = 1
    """Number of the first item of a numbered list, as it was written."""


_ADDRESS = r"https://[A-Za-z0-9.-]+\.[A-Za-z0-9-]+(?::\d{1,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&*+,;=%-]*)?"
"""What a link may lead to: a host with a dot, then characters of RFC 3986 that need no care in HTML."""
HTTPS = re.compile(_ADDRESS)
_INLINE = re.compile(
    rf"\*\*(?P<bold>[^*\n]{{1,500}})\*\*|\[(?P<label>[^\[\]\n]{{1,200}})\]\((?P<link>{_ADDRESS})\)"
)
_ANY_LINK = re.compile(r"\[[^\[\]\n]{1,200}\]\(([^()\s]{0,400})\)")
_MARKERS: tuple[tuple[BlockKind, re.Pattern[str]], ...] = (
    ("h3", re.compile(r"###[ \t]+(?P<words>\S.*)")),
    ("h2", re.compile(r"##?[ \t]+(?P<words>\S.*)")),
    ("ul", re.compile(r"[-*•][ \t]+(?P<words>\S.*)")),
    ("ol", re.compile(r"(?P<number>\d{1,3})(?:\.[ \t]+|、[ \t]*)(?P<words>\S.*)")),
)


def blocks(text: str) -> tuple[Block, ...]:
    """The text as blocks; never fails, what is no markup is words."""
    made: list[tuple[BlockKind, list[Line], int]] = []
    for kind, line, number, fresh in _lines(text):
        runs = tuple(_runs(line))
        if made and made[-1][0] == kind and _goes_on(kind, made[-1][2] + len(made[-1][1]), number, fresh):
            made[-1][1].append(runs)
        else:
            made.append((kind, [runs], number))
    return tuple(Block(kind, tuple(lines), number) for kind, lines, number in made)


def _goes_on(kind: BlockKind, expected: int, number: int, fresh: bool) -> bool:
    """Whether a line belongs to the block of its kind above; a numbered list goes on with its next number."""
    if kind == "ol":
        return number == expected
    return kind == "ul" or (kind == "p" and not fresh)


def _lines(text: str) -> Iterator[tuple[BlockKind, str, int, bool]]:
    """Each line that says something: what it belongs to, its words, its number, whether it follows a gap."""
    fresh = True
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            fresh = True
            continue
        kind: BlockKind = "p"
        number = 1
        for marker, pattern in _MARKERS:
            if matched := pattern.fullmatch(line):
                kind, line, number = marker, matched["words"], int(matched.groupdict().get("number") or 1)
                break
        yield kind, line, number, fresh
        fresh = False


def _runs(line: str) -> Iterator[Run]:
    place = 0
    for matched in _INLINE.finditer(line):
        if matched.start() > place:
            yield Run(line[place : matched.start()])
        if matched["bold"]:
            yield Run(matched["bold"], bold=True)
        else:
            yield Run(matched["label"], link=matched["link"])
        place = matched.end()
    if place < len(line):
        yield Run(line[place:])


def check_links(text: str) -> None:
    """Raises BadNewsLink for the first link that would not be one on the page."""
    for matched in _ANY_LINK.finditer(text):
        if not HTTPS.fullmatch(matched[1]):
            raise BadNewsLink(link=matched[1][:80] or "—")


def check_address(address: str) -> None:
    """Raises BadNewsLink unless it is a full https address."""
    if not HTTPS.fullmatch(address):
        raise BadNewsLink(link=address[:80])
