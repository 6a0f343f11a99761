"""The little that a text may be besides words: headings, lists, bold, links; anything else is words.

A subset of Markdown: ``## heading``, ``### heading``, ``- item``, ``1. item``, ``**bold**``,
``[text](https://address)``; an empty line ends a paragraph, a line break stays one. There is no HTML: a
tag is text like any other, and whoever renders the blocks escapes each run.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from exchange.bulletin.news_errors import BadNewsLink

MOST_BLOCKS = 400

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


_ADDRESS = r"https://[A-Za-z0-9.-]+\.[A-Za-z0-9-]+(?::\d{1,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&*+,;=%-]*)?"
"""What a link may lead to: a host with a dot, then characters of RFC 3986 that need no care in HTML."""
HTTPS = re.compile(_ADDRESS)
_INLINE = re.compile(
    rf"\*\*(?P<bold>[^*\n]{{1,500}})\*\*|\[(?P<label>[^\[\]\n]{{1,200}})\]\((?P<link>{_ADDRESS})\)"
)
_ANY_LINK = re.compile(r"\[[^\[\]\n]{1,200}\]\(([^()\s]{0,400})\)")
_MARKERS: tuple[tuple[BlockKind, re.Pattern[str]], ...] = (
    ("h3", re.compile(r"###[ \t]+(\S.*)")),
    ("h2", re.compile(r"##?[ \t]+(\S.*)")),
    ("ul", re.compile(r"[-*•][ \t]+(\S.*)")),
    ("ol", re.compile(r"\d{1,3}[.、][ \t]*(\S.*)")),
)


def blocks(text: str) -> tuple[Block, ...]:
    """The text as blocks, MOST_BLOCKS at most; never fails, what is no markup is words."""
    made: list[Block] = []
    for kind, line, fresh in _lines(text):
        runs = tuple(_runs(line))
        goes_on = kind in ("ul", "ol") or (kind == "p" and not fresh)
        if made and made[-1].kind == kind and goes_on:
            made[-1] = Block(kind, (*made[-1].lines, runs))
        else:
            made.append(Block(kind, (runs,)))
    return tuple(made[:MOST_BLOCKS])


def _lines(text: str) -> Iterator[tuple[BlockKind, str, bool]]:
    """Each line that says something: what it belongs to, its words, and whether an empty line is above it."""
    fresh = True
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            fresh = True
            continue
        kind: BlockKind = "p"
        for marker, pattern in _MARKERS:
            if matched := pattern.fullmatch(line):
                kind, line = marker, matched[1]
                break
        yield kind, line, fresh
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
