"""Reads text and fonts out of a PDF, as search and copy do: through the fonts' ToUnicode tables."""

import io
import re
from collections.abc import Iterator

from pyhanko.pdf_utils.reader import PdfFileReader

_SHOW = re.compile(rb"/(F\d+(?:\+\d+)?)\s+[\d.]+\s+Tf|\(((?:\\.|[^\\)])*)\)\s*Tj", re.DOTALL)
_CODES = re.compile(r"<([0-9A-Fa-f]+)>")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """All text of all pages in the order it is drawn."""
    return "".join(_page_text(page) for page in _pages(pdf))


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Names of the fonts and whether each is embedded as TrueType."""
    found = {}
    for page in _pages(pdf):
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            embedded = "/FontDescriptor" in font and "/FontFile2" in font["/FontDescriptor"]
            found[str(font["/BaseFont"])] = embedded
    return found


def page_count(pdf: bytes) -> int:
    """Pages of the PDF."""
    return len(list(_pages(pdf)))


def _pages(pdf: bytes) -> Iterator[dict]:
    reader = PdfFileReader(io.BytesIO(pdf))
    for kid in reader.root["/Pages"]["/Kids"]:
        yield kid.get_object()


def _page_text(page: dict) -> str:
    tables = {
        name.lstrip("/"): _unicode_table(font.get_object())
        for name, font in page["/Resources"]["/Font"].items()
    }
    contents = page["/Contents"].get_object()
    streams = contents if isinstance(contents, list) else [contents]
    data = b"".join(stream.get_object().data for stream in streams)
    text, font = [], ""
    for name, shown in _SHOW.findall(data):
        if name:
            font = name.decode()
            continue
        table = tables.get(font, {})
        text.append("".join(table.get(code, chr(code)) for code in _unescaped(shown)))
    return "".join(text)


def _unescaped(shown: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        escape = match.group(1)
        return bytes([int(escape, 8) & 255]) if escape.isdigit() else _ESCAPES.get(escape, escape)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, shown, flags=re.DOTALL)


def _unicode_table(font: dict) -> dict[int, str]:
    if "/ToUnicode" not in font:
        return {}
    table = {}
    cmap = font["/ToUnicode"].data.decode("latin-1")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for line in block.strip().splitlines():
            first, _, *targets = _CODES.findall(line)
            for place, target in enumerate(targets):
                table[int(first, 16) + place] = bytes.fromhex(target).decode("utf-16-be")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for line in block.strip().splitlines():
            code, target = _CODES.findall(line)
            table[int(code, 16)] = bytes.fromhex(target).decode("utf-16-be")
    return table
