"""Reading alerts, runs and cases. For the operator's desk alone: no member may see any of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
from django.db.models import Count, TextField
from django.db.models.functions import Cast

from exchange.surveillance.errors import UnknownAlert, UnknownCase
from exchange.surveillance.models import Alert, Case, CaseEntry, SurveillanceRun
from exchange.surveillance.types import (
    AlertRow,
    AlertState,
    CaseFile,
    CaseRow,
    CaseState,
    EntryKind,
    EntryRow,
    Kind,
)

MAX_ROWS = 1_000


class RunRow(NamedTuple):
    """A run over a day."""

    day: date
    rules_version: int
    found: int
    new: int
    changed: int
    actor: str
    at: datetime


def alerts(
    *,
    state: str = "",
    kind: str = "",
    day: date | None = None,
    account_no: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AlertRow]:
    """Alerts, newest first."""
    rows = Alert.objects.select_related("case").order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if day is not None:
        rows = rows.filter(day=day)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if account_no is not None:
        # SQLite cannot ask whether a list in JSON contains a number; both databases spell it "[1, 22]".
        spelled = rows.annotate(members=Cast("accounts", TextField()))
        rows = spelled.filter(members__regex=rf"[\[ ]{account_no}[,\]]")
    return [alert_row(alert) for alert in rows[: max(1, min(limit, MAX_ROWS))]]


def alert_by_no(no: str) -> AlertRow:
    """Raises UnknownAlert."""
    alert = Alert.objects.select_related("case").filter(no=no).first()
    if alert is None:
        raise UnknownAlert(alert=no)
    return alert_row(alert)


def alert_row(alert: Alert) -> AlertRow:
    """An alert as it leaves the package."""
    evidence = msgspec.json.decode(alert.evidence)
    return AlertRow(
        id=alert.pk,
        no=alert.no,
        key=alert.key,
        revision=alert.revision,
        day=alert.day,
        kind=Kind(alert.kind),
        product_number=alert.product_number,
        accounts=tuple(alert.accounts),
        figures=evidence["figures"],
        rules_version=alert.rules_version,
        evidence=evidence,
        evidence_hash=alert.evidence_hash,
        computed_at=alert.computed_at,
        state=AlertState(alert.state),
        decided_by=alert.decided_by,
        decided_at=alert.decided_at,
        reason=alert.reason,
        case_no=alert.case.no if alert.case else "",
    )


def alert_counts() -> dict[str, int]:
    """How many alerts are in each state."""
    return Counter(dict(Alert.objects.values_list("state").annotate(count=Count("pk")).order_by()))


def alerts_between(first: date, last: date) -> dict[str, int]:
    """How many alerts of days in a span there are of each kind, superseded ones apart."""
    rows = Alert.objects.filter(day__gte=first, day__lte=last).exclude(state=AlertState.SUPERSEDED)
    return dict(rows.values_list("kind").annotate(count=Count("pk")).order_by("kind"))


def runs(limit: int = 10) -> list[RunRow]:
    """The latest runs."""
    return [RunRow._make(row) for row in SurveillanceRun.objects.values_list(*RunRow._fields)[:limit]]


# Cases -----------------------------------------------------------------------------------------------


def cases(*, state: str = "", before: int | None = None, limit: int = 50) -> list[CaseRow]:
    """Cases, newest first."""
    rows = Case.objects.prefetch_related("alerts").order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_case_row(case) for case in rows[: max(1, min(limit, MAX_ROWS))]]


def case_counts() -> dict[str, int]:
    """How many cases are in each state."""
    return Counter(dict(Case.objects.values_list("state").annotate(count=Count("pk")).order_by()))


def cases_between(start: datetime, end: datetime) -> dict[str, int]:
    """Cases opened in a span of time, and those closed in it by outcome."""
    closed = Case.objects.filter(closed_at__gte=start, closed_at__lt=end)
    outcomes = dict(closed.values_list("outcome").annotate(count=Count("pk")).order_by("outcome"))
    return {"opened": Case.objects.filter(opened_at__gte=start, opened_at__lt=end).count(), **outcomes}


def case_by_no(no: str) -> CaseFile:
    """Everything in a case. Raises UnknownCase."""
    case = Case.objects.prefetch_related("alerts").filter(no=no).first()
    if case is None:
        raise UnknownCase(case=no)
    entries = [_entry(entry) for entry in case.entries.all()]
    found = tuple(alert_row(alert) for alert in case.alerts.select_related("case").order_by("pk"))
    return CaseFile(
        row=_case_row(case),
        entries=tuple(entries),
        alerts=found,
        orders=_numbers(entries, EntryKind.ORDER, (alert.evidence["orders"] for alert in found)),
        trades=_numbers(entries, EntryKind.TRADE, (alert.evidence["trades"] for alert in found)),
    )


def open_case_numbers() -> list[tuple[str, str]]:
    """Number and title of the cases that are worked on, for choosing one."""
    rows = Case.objects.filter(state=CaseState.OPEN).order_by("-pk")[:MAX_ROWS]
    return list(rows.values_list("no", "title"))


def _numbers(
    entries: Sequence[EntryRow], kind: EntryKind, of_alerts: Iterable[Sequence[int]]
) -> tuple[int, ...]:
    """Numbers of the orders or trades a case is about: attached by hand and by its alerts."""
    attached = {int(entry.reference.partition(":")[2]) for entry in entries if entry.kind == kind}
    return tuple(sorted(attached.union(*of_alerts)))


def _entry(entry: CaseEntry) -> EntryRow:
    return EntryRow(entry.pk, EntryKind(entry.kind), entry.text, entry.reference, entry.actor, entry.at)


def _case_row(case: Case) -> CaseRow:
    return CaseRow(
        id=case.pk,
        no=case.no,
        title=case.title,
        state=CaseState(case.state),
        assignee=case.assignee,
        opened_by=case.opened_by,
        opened_at=case.opened_at,
        outcome=case.outcome,
        outcome_reason=case.outcome_reason,
        proposed_by=case.proposed_by,
        proposed_at=case.proposed_at,
        closed_by=case.closed_by,
        closed_at=case.closed_at,
        accounts=tuple(sorted({number for alert in case.alerts.all() for number in alert.accounts})),
    )
