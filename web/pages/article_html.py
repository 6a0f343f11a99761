"""An article's text as HTML: the blocks of ``markup``, every word escaped."""

from collections.abc import Iterable

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from exchange.bulletin.markup import Block, Line, blocks

_BREAK = SafeString("<br>")


def article_html(text: str) -> SafeString:
    """The text as headings, paragraphs and lists. Headings begin at h2: the page has its own h1."""
    return format_html_join("\n", "{}", ((_block(block),) for block in blocks(text)))


def _block(block: Block) -> SafeString:
    match block.kind:
        case "ol" if block.start != 1:
            return format_html('<ol start="{}">{}</ol>', block.start, _joined("<li>{}</li>", block.lines))
        case "ul" | "ol":
            return format_html("<{0}>{1}</{0}>", block.kind, _joined("<li>{}</li>", block.lines))
        case "h2" | "h3":
            return format_html("<{0}>{1}</{0}>", block.kind, _line(block.lines[0]))
        case _:
            return format_html("<p>{}</p>", _joined("{}", block.lines, between=_BREAK))


def _joined(form: str, lines: Iterable[Line], *, between: str = "") -> SafeString:
    return format_html_join(between, form, ((_line(line),) for line in lines))


def _line(line: Line) -> SafeString:
    made = SafeString("")
    for run in line:
        if run.link:
            made += format_html('<a href="{}" rel="noopener nofollow external">{}</a>', run.link, run.text)
        elif run.bold:
            made += format_html("<strong>{}</strong>", run.text)
        else:
            made += escape(run.text)
    return made
