"""What the lists of the console share: pages by the last row's id, exports, one deed per form."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from web.pages.access import actor_of, message_of
from web.pages.csv_export import MAX_ROWS
from web.pages.paging import MAX_DIGITS, number_in

PAGE = 30
EXPORT_PAGE = 1_000
LONGEST_SEARCH = 40


class Numbered(Protocol):
    """A row with the id that pages its list."""

    @property
    def id(self) -> int:
        """The id."""


Row = TypeVar("Row", bound=Numbered)
Verb = Callable[[HttpRequest, Actor, str], str]
"""One deed: the form, who does it, to what; returns what to tell."""


def page_of(
    request: HttpRequest, read: Callable[..., Sequence[Row]], **chosen: Any
) -> tuple[Sequence[Row], dict[str, Any]]:
    """The rows the address asks for, and the cursors its pager needs. ``read`` takes before and limit."""
    cursor = request.GET.get("cursor")
    before = None if cursor is None else number_in(cursor)
    found = read(**chosen, before=before, limit=PAGE + 1)
    next_cursor = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return found[:PAGE], {"cursor": cursor, "next_cursor": next_cursor}


def every(read: Callable[..., Sequence[Row]], **chosen: Any) -> Iterator[Row]:
    """All rows of a list for an export, newest first, up to MAX_ROWS."""
    before, left = None, MAX_ROWS
    while left > 0:
        found = read(**chosen, before=before, limit=min(EXPORT_PAGE, left))
        yield from found
        if len(found) < EXPORT_PAGE:
            return
        left, before = left - len(found), found[-1].id


def search_in(request: HttpRequest) -> str:
    """What is looked for, in good length."""
    return filter_in(request, "q", longest=LONGEST_SEARCH)


def filter_in(request: HttpRequest, name: str, *, longest: int = 16) -> str:
    """A code or text of the address; what no register can hold is nothing."""
    text = request.GET.get(name, "").strip()[:longest]
    return text if text.isprintable() else ""


def known_in(request: HttpRequest, name: str, words: Mapping[str, Any]) -> str:
    """A filter of the address that is one of the words, or nothing."""
    value = request.GET.get(name, "")
    return value if value in words else ""


def id_in(subject: str) -> int:
    """The number of what a form is about. Raises BadParameter."""
    if not (subject.isascii() and subject.isdigit() and len(subject) <= MAX_DIGITS):
        raise BadParameter(name="subject")
    return int(subject)


def carry_out(request: HttpRequest, verbs: Mapping[str, Verb], subject: str, back: str) -> HttpResponse:
    """Does what ``verb`` names to a subject, tells what became of it, and goes back."""
    try:
        verb = verbs.get(request.POST.get("verb", ""))
        if verb is None:
            raise BadParameter(name="verb")
        messages.success(request, verb(request, actor_of(request), subject))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(back)
