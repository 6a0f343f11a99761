"""Reading a desk's form: whole numbers, decimals in small units, dates, texts; or BadParameter by name."""

import re
from datetime import date, datetime
from decimal import Decimal

from django.http import HttpRequest

from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.errors import BadParameter

MAX_TEXT = 120
_WHOLE = re.compile(r"\d{1,9}")
_DECIMAL = re.compile(r"-?\d{1,9}(?:\.\d{1,3})?")


def text_in(request: HttpRequest, name: str, *, needed: bool = True, longest: int = MAX_TEXT) -> str:
    """A text without spaces around it. Raises BadParameter when it is needed and empty, or too long."""
    text = request.POST.get(name, "").strip()
    if (needed and not text) or len(text) > longest or not text.isprintable():
        raise BadParameter(name=name)
    return text


def whole_in(request: HttpRequest, name: str, *, default: int | None = None) -> int:
    """A whole number from 0. Raises BadParameter."""
    text = request.POST.get(name, "").strip().replace(",", "")
    if not text and default is not None:
        return default
    if not (text.isascii() and _WHOLE.fullmatch(text)):
        raise BadParameter(name=name)
    return int(text)


def scaled_in(request: HttpRequest, name: str, scale: int) -> int:
    """A decimal in parts of ``scale``: "12.5" at 1000 → 12500. Raises BadParameter, also for more places."""
    text = request.POST.get(name, "").strip().replace(",", "")
    if not (text.isascii() and _DECIMAL.fullmatch(text)):
        raise BadParameter(name=name)
    scaled = Decimal(text) * scale
    if scaled != int(scaled):
        raise BadParameter(name=name)
    return int(scaled)


def date_in(request: HttpRequest, name: str, *, needed: bool = True) -> date | None:
    """A day as the browser's date field sends it. Raises BadParameter."""
    text = request.POST.get(name, "").strip()
    if not text and not needed:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameter(name=name) from None


def needed_date(request: HttpRequest, name: str) -> date:
    """A day that must be given. Raises BadParameter."""
    day = date_in(request, name)
    assert day is not None
    return day


def moment_in(request: HttpRequest, name: str) -> datetime:
    """A local moment as the browser's datetime field sends it. Raises BadParameter."""
    try:
        moment = datetime.fromisoformat(request.POST.get(name, "").strip())
    except ValueError:
        raise BadParameter(name=name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=TIMEZONE)


def choice_in(request: HttpRequest, name: str, choices: "frozenset[str] | set[str]") -> str:
    """One of the choices. Raises BadParameter."""
    value = request.POST.get(name, "")
    if value not in choices:
        raise BadParameter(name=name)
    return value
