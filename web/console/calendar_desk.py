"""交易日历: the holidays of each year with their source; one person proposes them, another approves."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import trading_calendar
from exchange.kernel.calendar import BUILT_IN_YEARS, holidays_of, today, usual_trading_day
from exchange.kernel.errors import JinguoError
from exchange.kernel.trading_calendar import (
    YEARS_AHEAD,
    CalendarYearRow,
    calendar_years,
    spans_as_text,
    spans_in_force,
)
from warehouse_receipts.file_text import text_of
from web.console.listing import carry_out, page_of
from web.console.proposals import deciding
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.product_words import Mark, state_mark
from web.pages.words import Words, word
from web.store.fields import text_in, whole_in

MAX_FILE_BYTES = 65_536
WEEKDAY: Words = {
    "0": lazy("周一"),
    "1": lazy("周二"),
    "2": lazy("周三"),
    "3": lazy("周四"),
    "4": lazy("周五"),
    "5": lazy("周六"),
    "6": lazy("周日"),
}


@operator_page
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Every year from this one on, what waits, and the form."""
    return _page(request, _year_asked(request))


def _year_asked(request: HttpRequest) -> int:
    asked, this_year = request.GET.get("year", ""), today().year
    known = {str(year): year for year in _years()}
    return known.get(asked, this_year + 1)


def _years() -> range:
    return range(today().year, today().year + YEARS_AHEAD + 1)


def _page(
    request: HttpRequest, year: int, typed: dict[str, str] | None = None, *, status: int = 200
) -> HttpResponse:
    editions, pager = page_of(request, calendar_years)
    in_force = {row.year: row for row in reversed(calendar_years(limit=200)) if row.state == "approved"}
    shown = {"text": spans_as_text(spans_in_force(year)), "source": "", "reason": "", **(typed or {})}
    context = {
        "years": [_year(each, in_force.get(each)) for each in _years()],
        "waiting": [_edition(row, request) for row in editions if row.state == "waiting"],
        "editions": [_edition(row, request) for row in editions if row.state != "waiting"],
        "year": year,
        "form": shown,
        **pager,
    }
    return render(request, "console/calendar.html", context, status=status)


def _year(year: int, row: CalendarYearRow | None) -> dict[str, Any]:
    """A year as it is in force in the tables."""
    spans = spans_in_force(year)
    holidays = frozenset[date]().union(*(span.days for span in spans))
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    trading = sum(day.year == year and usual_trading_day(day) and day not in holidays for day in days)
    if row is not None:
        mark = Mark("ok", "check", _("已批准"))
    elif year in BUILT_IN_YEARS:
        mark = Mark("info", "lock", _("系统内置"))
    else:
        soon = year <= today().year + 1
        mark = Mark("warn" if soon else "plain", "warn" if soon else "clock", _("尚无节假日"))
    return {
        "year": year,
        "spans": spans,
        "trading_days": trading,
        "source": row.source if row else "",
        "mark": mark,
        "learned": holidays_of(year) == holidays,
    }


def _edition(row: CalendarYearRow, request: HttpRequest) -> dict[str, Any]:
    return {
        "row": row,
        "mark": state_mark(row.state),
        "own": row.proposed_by == request.user.get_username(),
        "closes": [_day(day) for day in row.closes],
        "opens": [_day(day) for day in row.opens],
    }


def _day(day: date) -> str:
    return f"{day} {word(WEEKDAY, str(day.weekday()))}"


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The holidays in force of all years shown, as CSV that the form takes again."""
    rows = ((span.first, span.last, span.name) for year in _years() for span in spans_in_force(year))
    return csv_response("holidays.csv", [_("起始日"), _("截止日"), _("名称")], rows)


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Proposes a year's holidays from the text or a file; a refusal keeps what was typed."""
    year = today().year + 1
    typed = {name: request.POST.get(name, "") for name in ("text", "source", "reason")}
    try:
        year = whole_in(request, "year")
        if file := request.FILES.get("file"):
            typed["text"] = _lines_of(text_of(file.read(MAX_FILE_BYTES)), year)
        number = trading_calendar.propose_year(
            actor=actor_of(request),
            year=year,
            text=typed["text"],
            source=text_in(request, "source", longest=trading_calendar.LONGEST_SOURCE),
            reason=reason_in(request),
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        year = year if year in _years() else today().year + 1
        return _page(request, year, typed, status=error.status)
    messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})
    return redirect("/console/calendar/")


def _lines_of(text: str, year: int) -> str:
    """The lines of a file about a year: without the heading, and without other years of an export."""
    lines = [line for line in text.splitlines() if line[:1].isdigit()]
    of_year = [line for line in lines if line.startswith(f"{year}-")]
    return "\n".join(of_year or lines)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/calendar/")


_VERBS = deciding(
    trading_calendar.decide_year,
    trading_calendar.withdraw_year,
    lambda _done: _("节假日已批准，一分钟内全系统生效"),
)
