"""The holidays of a year by two people: proposed with their source, approved by another, learned by all.

Days are spans with a name, one a line: ``2027-02-05 2027-02-11 春节``. What has passed cannot change: orders,
deadlines and index values were reckoned by it.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar_errors import BadCalendar, CalendarPast
from exchange.kernel.errors import BadParameter
from exchange.kernel.models import CalendarYear
from exchange.kernel.proposal_errors import ChangesNothing, ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide

MOST_SPANS = 40
LONGEST_SPAN_DAYS = 31
LONGEST_NAME = 20
LONGEST_SOURCE = 200
YEARS_AHEAD = 5
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*[\s,~至]\s*(\d{4}-\d{2}-\d{2}))?\s*[\s,]\s*(\S.*)")


class Span(NamedTuple):
    """Holidays in a row, first and last day included."""

    first: date
    last: date
    name: str

    @property
    def days(self) -> frozenset[date]:
        """Its days."""
        count = (self.last - self.first).days + 1
        return frozenset(self.first + timedelta(days=number) for number in range(count))


class CalendarYearRow(NamedTuple):
    """An edition of a year's holidays. id is what paging goes by."""

    id: int
    year: int
    spans: tuple[Span, ...]
    source: str
    state: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    closes: tuple[date, ...]
    """Days on which trading would end to be, against what is in force now."""
    opens: tuple[date, ...]
    """Days on which there would be trading."""


# Text ------------------------------------------------------------------------------------------------


def parse_spans(text: str, year: int) -> tuple[Span, ...]:
    """The spans of a year, in order. Raises BadCalendar with the line, from 1."""
    spans: list[Span] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        span = _span(line.strip(), number, year)
        if any(span.first <= other.last and other.first <= span.last for other in spans):
            raise BadCalendar(line=number, why_zh="与前面的日期重叠", why_en="it overlaps an earlier line")
        spans.append(span)
    if not 0 < len(spans) <= MOST_SPANS:
        raise BadCalendar(line=1, why_zh="应有 1 至 40 段", why_en="1 to 40 spans are wanted")
    return tuple(sorted(spans))


def _span(line: str, number: int, year: int) -> Span:
    matched = _LINE.fullmatch(line)
    if matched is None:
        raise BadCalendar(line=number, why_zh="格式不符", why_en="it does not have the form")
    try:
        first = date.fromisoformat(matched[1])
        last = date.fromisoformat(matched[2] or matched[1])
    except ValueError:
        raise BadCalendar(line=number, why_zh="没有这一天", why_en="there is no such day") from None
    if first.year != year or last.year != year:
        raise BadCalendar(line=number, why_zh=f"不是 {year} 年", why_en=f"it is not in {year}")
    if not 0 <= (last - first).days < LONGEST_SPAN_DAYS:
        raise BadCalendar(line=number, why_zh="应为 1 至 31 天", why_en="1 to 31 days are wanted")
    name = matched[3].strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadCalendar(line=number, why_zh="名称过长", why_en="the name is too long")
    return Span(first, last, name)


def spans_as_text(spans: Sequence[Span]) -> str:
    """As ``parse_spans`` reads them."""
    return "\n".join(f"{span.first} {span.last} {span.name}" for span in spans)


# Proposing and deciding ------------------------------------------------------------------------------


@transaction.atomic
def propose_year(*, actor: Actor, year: int, text: str, source: str, reason: str) -> int:
    """Proposes the holidays of a year; returns the proposal's id.

    Raises BadParameter, BadCalendar, CalendarPast, ChangesNothing, ChangeWaits.
    """
    today, source = calendar.today(), source.strip()
    if not today.year <= year <= today.year + YEARS_AHEAD:
        raise BadParameter(name="year")
    if not 2 <= len(source) <= LONGEST_SOURCE or not source.isprintable():
        raise BadParameter(name="source")
    if not reason.strip():
        raise BadParameter(name="reason")
    spans = parse_spans(text, year)
    if CalendarYear.objects.select_for_update().filter(year=year, state=WAITING).exists():
        raise ChangeWaits(subject=year)
    if spans == spans_in_force(year):
        raise ChangesNothing
    _check_past(year, _days(spans), today)
    row = CalendarYear.objects.create(
        year=year,
        holidays=[[span.first.isoformat(), span.last.isoformat(), span.name] for span in spans],
        source=source,
        reason=reason.strip(),
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("calendar.propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_year(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> None:
    """Approves or refuses the proposal of another person; this process learns it at once, others in a minute.

    Raises UnknownChange, ChangeDecided, OwnChange, CalendarPast.
    """
    row = _locked(proposal_id)
    decide(row, state=CalendarYear.APPROVED if approve else REFUSED, actor=actor, reason=reason.strip())
    if approve:
        _check_past(row.year, _days(_spans(row)), calendar.today())
        transaction.on_commit(load)
    _audit("calendar.approve" if approve else "calendar.refuse", row, actor, reason)


@transaction.atomic
def withdraw_year(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    row = _locked(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("calendar.withdraw", row, actor, reason)


def _locked(proposal_id: int) -> CalendarYear:
    row = CalendarYear.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def _check_past(year: int, holidays: frozenset[date], today: date) -> None:
    changed = (day for day in holidays ^ _in_force(year) if day <= today)
    first = min(changed, default=None)
    if first is not None:
        raise CalendarPast(day=first.isoformat())


def _audit(action: str, row: CalendarYear, actor: Actor, reason: str) -> None:
    after = {"proposal": row.pk, "source": row.source, "holidays": row.holidays}
    audit.record(actor=actor, action=action, subject=f"calendar:{row.year}", reason=reason, after=after)


# Reading ---------------------------------------------------------------------------------------------


def load() -> None:
    """This process learns the approved years. Run when it starts and once a minute."""
    approved = CalendarYear.objects.filter(state=CalendarYear.APPROVED).order_by("pk")
    calendar.learn({row.year: _days(_spans(row)) for row in approved})


def calendar_years(*, before: int | None = None, limit: int = 50) -> list[CalendarYearRow]:
    """Editions, newest first; what each would change is told of those that wait."""
    rows = CalendarYear.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row) for row in rows[: max(1, min(limit, 1_000))]]


def spans_in_force(year: int) -> tuple[Span, ...]:
    """The holidays of a year by the tables, else as they are built in, where spans have no name."""
    row = CalendarYear.objects.filter(year=year, state=CalendarYear.APPROVED).order_by("-pk").first()
    if row is not None:
        return _spans(row)
    spans: list[Span] = []
    for day in sorted(day for day in calendar.HOLIDAYS if day.year == year):
        if spans and day == spans[-1].last + timedelta(days=1):
            spans[-1] = spans[-1]._replace(last=day)
        else:
            spans.append(Span(day, day, "节假日"))
    return tuple(spans)


def _in_force(year: int) -> frozenset[date]:
    return _days(spans_in_force(year))


def _days(spans: Sequence[Span]) -> frozenset[date]:
    return frozenset().union(*(span.days for span in spans))


def _spans(row: CalendarYear) -> tuple[Span, ...]:
    return tuple(
        Span(date.fromisoformat(first), date.fromisoformat(last), name) for first, last, name in row.holidays
    )


def _row(row: CalendarYear) -> CalendarYearRow:
    spans = _spans(row)
    new, old = (_days(spans), _in_force(row.year)) if row.state == WAITING else (frozenset(), frozenset())
    return CalendarYearRow(
        id=row.pk,
        year=row.year,
        spans=spans,
        source=row.source,
        state=row.state,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        closes=tuple(day for day in sorted(new - old) if calendar.usual_trading_day(day)),
        opens=tuple(day for day in sorted(old - new) if calendar.usual_trading_day(day)),
    )
