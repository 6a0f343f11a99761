"""What templates need to show the exchange's numbers: integers in, words of the trade out.

Money enters in fen, prices in fen per kg, quantities in kg; nothing here rounds a stored value.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField, Select, Textarea
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from exchange.kernel.calendar import today, unknown_year
from web.design.icons import icon_svg

register = template.Library()

SHANGHAI = ZoneInfo("Asia/Shanghai")
DASH = "—"
CASE_NO = re.compile(r"JC\d{8}-\d{4,8}")


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline icon: ``{% icon "receipt" %}``."""
    return SafeString(icon_svg(name))


MARKS = {"、": ", ", "，": ", ", "；": "; ", "：": ": ", "（": " (", "）": ")"}


@register.simple_tag
def mark(chinese: str) -> str:
    """A punctuation mark between values, as the page's language writes it: ``{% mark "：" %}``."""
    return chinese if (get_language() or "zh").startswith("zh") else MARKS[chinese]


@register.filter
def listed(words: Iterable[object]) -> str:
    """Words in a row: 、 between them in Chinese, a comma in English."""
    return mark("、").join(str(word) for word in words)


def grouped(number: int) -> str:
    """Thousands separated by commas."""
    return f"{number:,}"


@register.filter
def yuan(fen: int | None) -> str:
    """Money in fen as yuan with two places and grouped thousands: 123456 → 1,234.56."""
    if fen is None:
        return DASH
    sign = "-" if fen < 0 else ""
    return f"{sign}{grouped(abs(fen) // 100)}.{abs(fen) % 100:02d}"


@register.filter
def price_kg(fen: int | None) -> str:
    """A price in fen per kg as yuan per kg: 720 → 7.20."""
    return DASH if fen is None else f"{fen // 100}.{fen % 100:02d}"


@register.filter
def price_jin(fen: int | None) -> str:
    """A price in fen per kg as yuan per jin (half a kg), with the half fen: 721 → 3.605."""
    if fen is None:
        return DASH
    tenths = fen * 5
    text = f"{tenths // 1000}.{tenths % 1000:03d}"
    return text.removesuffix("0")


@register.filter
def kg(quantity: int | None) -> str:
    """A quantity in kg with grouped thousands."""
    return DASH if quantity is None else grouped(quantity)


@register.filter
def tonnes(quantity: int | None) -> str:
    """A quantity in kg as tonnes, only as many places as it has: 12500 → 12.5."""
    if quantity is None:
        return DASH
    whole, rest = divmod(quantity, 1000)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{grouped(whole)}{fraction}"


@register.filter
def tenths(value: int | None) -> str:
    """A measure kept in tenths (of °C), with its one place: 12 → 1.2."""
    return DASH if value is None else f"{value / 10:.1f}"


@register.filter
def percent(bps: int | None) -> str:
    """A rate in basis points as percent: 20 → 0.2%."""
    if bps is None:
        return DASH
    return f"{bps / 100:.2f}".rstrip("0").rstrip(".") + "%"


@register.filter
def index_points(hundredths: int | None) -> str:
    """An index value kept in hundredths of a point: 100512 → 1,005.12."""
    return yuan(hundredths)


@register.filter
def from_ns(time_ns: int | None) -> datetime | None:
    """Epoch nanoseconds as a local time of the market, for the ``date`` filter."""
    return None if time_ns is None else datetime.fromtimestamp(time_ns / 1_000_000_000, tz=SHANGHAI)


def direction(change: int | None) -> str:
    """The class name of a change: rise, fall or flat."""
    if not change:
        return "flat"
    return "rise" if change > 0 else "fall"


ARROWS = {"rise": "▲", "fall": "▼", "flat": "■"}


@register.filter(name="direction")
def direction_filter(change: int | None) -> str:
    """``rise``, ``fall`` or ``flat``: the class that colours a change."""
    return direction(change)


@register.simple_tag
def change(difference: int | None, bps: int | None = None) -> SafeString:
    """A change with its arrow and colour: ▲ 0.12 (+1.69%). A screen reader hears a word, not a triangle."""
    if difference is None:
        return format_html('<span class="flat">{}</span>', DASH)
    kind = direction(difference)
    words = {"rise": _("涨"), "fall": _("跌"), "flat": pgettext("price", "平")}
    relative = (
        "" if bps is None else format_html(' <span class="change__percent">({}%)</span>', f"{bps / 100:+.2f}")
    )
    return format_html(
        '<span class="{} nowrap"><span class="arrow" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span>{}{}</span>',
        kind,
        ARROWS[kind],
        words[kind],
        price_kg(abs(difference)),
        relative,
    )


@register.inclusion_tag("parts/badge.html")
def badge(kind: str, icon_name: str, text: str) -> dict[str, str]:
    """A badge of a kind (ok, info, warn, danger, gold, plain) with its icon and its word."""
    return {"kind": kind, "icon_name": icon_name, "text": text}


@register.simple_tag
def calendar_gap() -> str:
    """The year whose holidays are not known although it begins within a month, or nothing."""
    year = unknown_year(today())
    return "" if year is None else str(year)


@register.simple_tag(takes_context=True)
def case_reason(context: template.Context) -> str:
    """The beginning of a reason for whoever came from a surveillance case: its number; else nothing."""
    request = context.get("request")
    no = request.GET.get("case", "") if request is not None else ""
    return f"监察案件 {no}：" if CASE_NO.fullmatch(no) else ""


@register.filter
def desk_of(institution: str) -> str:
    """Address of the desk of an institution's people: ``warehouse:XY01`` → ``/store/``."""
    return {"warehouse": "/store/", "inspector": "/inspect/", "lender": "/lend/"}[
        institution.partition(":")[0]
    ]


@register.simple_tag(takes_context=True)
def current(context: template.Context, *prefixes: str) -> SafeString:
    """``aria-current="page"`` when the address starts with a prefix; "/" must match whole."""
    path = context["request"].path
    here = any(path == "/" if prefix == "/" else path.startswith(prefix) for prefix in prefixes)
    return SafeString('aria-current="page"' if here else "")


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: object) -> str:
    """The page's own query string with some parameters changed; None removes one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form field with the class of its kind, so that forms need not know the stylesheet."""
    widget = field.field.widget
    kind = "select" if isinstance(widget, Select) else "textarea" if isinstance(widget, Textarea) else "input"
    attributes: dict[str, str | bool] = {"class": kind, "placeholder": ""}
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)
