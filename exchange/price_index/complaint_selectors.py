"""Reading complaints: all of them for desk and register, one's own, one by its code."""

from django.db.models import Q, QuerySet

from exchange.kernel import calendar
from exchange.price_index.collecting import trading_days_since
from exchange.price_index.complaints import code_fits
from exchange.price_index.governance_errors import UnknownComplaint
from exchange.price_index.governance_models import IndexComplaint
from exchange.price_index.governance_types import OPEN_COMPLAINTS, ComplaintRow, ComplaintState
from exchange.price_index.models import IndexValue
from exchange.price_index.publication import who_had_a_hand
from exchange.price_index.types import ValueStatus


def complaints(
    *, state: str = "", account_no: int | None = None, before: int | None = None, limit: int = 50
) -> list[ComplaintRow]:
    """Complaints newest first, below the id ``before``; state may be ``open`` for all that wait.

    What of a row may be shown to whom is for the page: the register shows no text and no names.
    """
    rows = IndexComplaint.objects.select_related("definition")
    if state == "open":
        rows = rows.filter(state__in=OPEN_COMPLAINTS)
    elif state:
        rows = rows.filter(state=state)
    if account_no is not None:
        rows = rows.filter(account_no=account_no)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return _rows(rows.order_by("-pk")[:limit])


def overdue_complaints() -> int:
    """How many wait longer than they may."""
    today = calendar.today()
    late = Q(state=ComplaintState.FILED, acknowledge_by__lt=today) | Q(decide_by__lt=today)
    return IndexComplaint.objects.filter(late, state__in=OPEN_COMPLAINTS).count()


def complaint_of(number: str, *, account_no: int) -> ComplaintRow:
    """A member's own complaint. Raises UnknownComplaint."""
    return _one(number, Q(account_no=account_no))


def complaint_by_code(number: str, code: str) -> ComplaintRow:
    """The complaint of whoever knows its number and code. Raises UnknownComplaint."""
    rows = IndexComplaint.objects.filter(number=number, account_no=None) if number.isprintable() else ()
    for row in rows:
        if code_fits(row, code):
            return _one(number, Q())
    raise UnknownComplaint


def barred(row: ComplaintRow) -> set[str]:
    """Who may not decide a complaint, because they had a hand in the value."""
    if row.day is None:
        return set()
    found = IndexComplaint.objects.filter(pk=row.id).values_list("definition_id", flat=True)[0]
    return who_had_a_hand(found, row.day)


def _one(number: str, condition: Q) -> ComplaintRow:
    rows = IndexComplaint.objects.select_related("definition").filter(condition, number=number)
    found = _rows(rows) if number.isprintable() else []
    if not found:
        raise UnknownComplaint
    return found[0]


def _rows(rows: QuerySet[IndexComplaint]) -> list[ComplaintRow]:
    found = list(rows)
    upheld = [row for row in found if row.state == ComplaintState.UPHELD and row.day is not None]
    revisions: list[IndexValue] = []
    if upheld:
        revisions = list(
            IndexValue.objects.filter(revision__gt=0, day__in={row.day for row in upheld})
            .exclude(status=ValueStatus.DRAFT)
            .order_by("revision")
        )
    return [_row(row, revisions) for row in found]


def _row(row: IndexComplaint, revisions: list[IndexValue]) -> ComplaintRow:
    today = calendar.today()
    end = today if row.finished_at is None else row.finished_at.astimezone(calendar.TIMEZONE).date()
    filed = row.filed_at.astimezone(calendar.TIMEZONE).date()
    late = row.state == ComplaintState.FILED and today > row.acknowledge_by
    return ComplaintRow(
        id=row.pk,
        number=row.number,
        index_code=row.definition.code,
        day=row.day,
        subject=row.subject,
        text=row.text,
        account_no=row.account_no,
        filed_by=row.filed_by,
        contact_name=row.contact_name,
        contact_phone=row.contact_phone,
        filed_at=row.filed_at,
        acknowledge_by=row.acknowledge_by,
        decide_by=row.decide_by,
        state=ComplaintState(row.state),
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        answer=row.answer,
        finished_by=row.finished_by,
        finished_at=row.finished_at,
        days_taken=trading_days_since(filed, end),
        overdue=late or (row.state in OPEN_COMPLAINTS and today > row.decide_by),
        revision=_revision(row, revisions),
    )


def _revision(row: IndexComplaint, revisions: list[IndexValue]) -> int | None:
    """The first revision of the value after an upheld complaint was decided."""
    if row.state != ComplaintState.UPHELD or row.finished_at is None:
        return None
    return next(
        (
            value.revision
            for value in revisions
            if value.definition_id == row.definition_id
            and value.day == row.day
            and value.published_at is not None
            and value.published_at >= row.finished_at
        ),
        None,
    )
