"""Half-year reports: one person prepares the figures, another files them; filed, they are final.

Figures are computed once, when the report is prepared; what is approved is what was looked at. A report on a
period that was filed before is a correction and gets the next number.
"""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.documents.signing import signed_document
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.surveillance.errors import EvidenceChanged, PeriodNotOver, ReportWaits, UnknownReport
from exchange.surveillance.half_year_figures import half_year_figures, period_of
from exchange.surveillance.half_year_paper import report_document, report_signatories, report_workbook
from exchange.surveillance.models import HalfYearReport

FIRST_YEAR = 2_020


class ReportRow(NamedTuple):
    """A report as the desk lists it; no is empty until it is filed."""

    id: int
    year: int
    half: int
    no: str
    state: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    figures_hash: str
    pdf_hash: str
    workbook_hash: str


def check_period(year: int, half: int) -> None:
    """Raises BadParameter unless there may be a report on such a half-year one day."""
    if half not in (1, 2):
        raise BadParameter(name="half")
    if not FIRST_YEAR <= year <= calendar.today().year:
        raise BadParameter(name="year")


@transaction.atomic
def prepare_report(*, actor: Actor, year: int, half: int, reason: str) -> int:
    """Computes the figures of a half-year that is over; returns the report's id.

    Raises BadParameter, PeriodNotOver, ReportWaits.
    """
    check_period(year, half)
    if not reason.strip():
        raise BadParameter(name="reason")
    period = f"{year}H{half}"
    if period_of(year, half)[1] >= calendar.today():
        raise PeriodNotOver(period=period)
    if HalfYearReport.objects.filter(year=year, half=half, state=WAITING).exists():
        raise ReportWaits(period=period)
    told = half_year_figures(year, half)
    try:
        with transaction.atomic():
            row = HalfYearReport.objects.create(
                year=year,
                half=half,
                figures=canonical_json(told).decode(),
                figures_hash=canonical_hash(told),
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
    except IntegrityError:
        raise ReportWaits(period=period) from None
    _audit("regulatory_report.prepare", row, actor, reason)
    return row.pk


@transaction.atomic
def file_report(report_id: int, *, reason: str, actor: Actor) -> str:
    """Files what another person prepared: number, signed PDF and workbook; returns the number.

    Raises UnknownReport, ChangeDecided, OwnChange; EvidenceChanged when the figures are not what was hashed.
    """
    row = _locked(report_id)
    told = _figures(row)
    number = next_number(f"regulatory_report:{row.year}H{row.half}")
    row.no = f"BG{row.year}H{row.half}-{number:02d}"
    at = calendar.now().replace(microsecond=0)
    document = report_document(
        told,
        no=row.no,
        figures_hash=row.figures_hash,
        maker=row.proposed_by,
        checker=actor.name,
        at=at,
    )
    row.pdf = signed_document(document, report_signatories())
    row.workbook = report_workbook(told, no=row.no, figures_hash=row.figures_hash, at=at)
    row.pdf_hash = hashlib.sha256(row.pdf).hexdigest()
    row.workbook_hash = hashlib.sha256(row.workbook).hexdigest()
    also = ("no", "pdf", "workbook", "pdf_hash", "workbook_hash")
    decide(row, state=HalfYearReport.FILED, actor=actor, reason=reason.strip(), also=also)
    _audit("regulatory_report.file", row, actor, reason)
    return row.no


@transaction.atomic
def refuse_report(report_id: int, *, reason: str, actor: Actor) -> None:
    """Does not file what another prepared. Raises UnknownReport, ChangeDecided, OwnChange."""
    row = _locked(report_id)
    decide(row, state=REFUSED, actor=actor, reason=reason.strip())
    _audit("regulatory_report.refuse", row, actor, reason)


@transaction.atomic
def withdraw_report(report_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own report back. Raises UnknownReport, ChangeDecided, NotYourChange."""
    row = _locked(report_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("regulatory_report.withdraw", row, actor, reason)


# Reading ---------------------------------------------------------------------------------------------


def reports(*, before: int | None = None, limit: int = 50) -> list[ReportRow]:
    """Reports, newest first."""
    rows = HalfYearReport.objects.defer("pdf", "workbook", "figures").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row) for row in rows[: max(1, min(limit, 1_000))]]


def report_by_id(report_id: int) -> tuple[ReportRow, dict[str, Any]]:
    """A report with its figures. Raises UnknownReport, EvidenceChanged."""
    row = HalfYearReport.objects.defer("pdf", "workbook").filter(pk=report_id).first()
    if row is None:
        raise UnknownReport(report=report_id)
    return _row(row), _figures(row)


def filed_report(no: str) -> ReportRow:
    """A filed report by its number; anybody who holds the paper may ask. Raises UnknownReport."""
    row = HalfYearReport.objects.defer("pdf", "workbook", "figures").filter(no=no).first()
    if row is None:
        raise UnknownReport(report=no)
    return _row(row)


def report_file(no: str, kind: str) -> bytes:
    """The PDF (``pdf``) or workbook (``xlsx``) as it was filed. Raises UnknownReport."""
    row = HalfYearReport.objects.filter(no=no).first()
    if row is None or kind not in ("pdf", "xlsx"):
        raise UnknownReport(report=no)
    return bytes(row.pdf if kind == "pdf" else row.workbook)


def _row(row: HalfYearReport) -> ReportRow:
    values = {name: getattr(row, name) for name in ReportRow._fields if name not in ("id", "no")}
    return ReportRow(id=row.pk, no=row.no or "", **values)


def _figures(row: HalfYearReport) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(row.figures)
    if canonical_hash(told) != row.figures_hash:
        raise EvidenceChanged(no=row.no or row.pk, what_zh="监管报告", what_en="regulatory report")
    return told


def _locked(report_id: int) -> HalfYearReport:
    row = HalfYearReport.objects.select_for_update().filter(pk=report_id).first()
    if row is None:
        raise UnknownReport(report=report_id)
    return row


def _audit(action: str, row: HalfYearReport, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"regulatory_report:{row.year}H{row.half}:{row.pk}",
        reason=reason,
        after={"no": row.no, "state": row.state, "figures_hash": row.figures_hash, "pdf_hash": row.pdf_hash},
    )
