"""Long files of lots 批量入库: loaded outside the request, by a job that goes on after a crash.

A job is a row: queued, running, then done, failed or cancelled. Whoever runs it holds it for LEASE and says
so with every chunk; a runner that died is followed by another, which checks the file again and goes on after
the last chunk that was written. Where nothing may load unless all does, all is one transaction; where the
good rows load, each chunk is one, with its report. So no lot is ever half loaded, and none twice.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.errors import JinguoError
from warehouse_receipts.import_errors import ImportFailed, ImportUnderWay, UnknownImport
from warehouse_receipts.importing import (
    Checked,
    ImportMode,
    KnownNames,
    RowReport,
    check_head,
    check_intakes,
    in_chunks,
    is_bad,
    left_out,
    load_checked,
)
from warehouse_receipts.models import IntakeImport, IntakeImportRow
from warehouse_receipts.states import ImportState
from warehouse_receipts.warehouses import lookup_warehouse

log = logging.getLogger(__name__)

MOST_ROWS = 10_000
LEASE = timedelta(seconds=60)
RETRY = timedelta(seconds=5)
"""After work that broke off."""
MOST_ATTEMPTS = 5
OPEN = (ImportState.QUEUED, ImportState.RUNNING)

_ROWS = table_of(IntakeImportRow, "job", "line", "reference", "intake_no", "code", "zh", "en")


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """How far a long file is, as its store sees it."""

    id: int
    file_name: str
    mode: ImportMode
    state: ImportState
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    cancel_asked: bool
    rows_total: int
    """0 until the file has been checked."""
    rows_done: int
    loaded: int
    refused: int
    code: str
    zh: str
    en: str

    @property
    def open(self) -> bool:
        """Whether it is not over yet."""
        return self.state in OPEN


class _NotOurs(Exception):
    """Another runner has the job, or it is over."""


class _Cancelled(Exception):
    """The store wants it no more."""


# Asking for it ----------------------------------------------------------------------------------------


@transaction.atomic
def submit_import(text: str, *, warehouse_code: str, mode: ImportMode, file_name: str, actor: Actor) -> int:
    """Queues a file; returns its job. The same file sent again while it runs is the same job.

    Raises BadFile (what can be told at a glance), UnknownWarehouse, ImportUnderWay.
    """
    check_head(text, most=MOST_ROWS)
    warehouse = lookup_warehouse(warehouse_code)
    digest = hashlib.sha256(text.encode()).hexdigest()
    running = IntakeImport.objects.filter(warehouse=warehouse, state__in=OPEN).first()
    if running is not None:
        if (running.sha256, running.mode) == (digest, mode.value):
            return running.pk
        raise ImportUnderWay
    try:
        with transaction.atomic():
            job = IntakeImport.objects.create(
                warehouse=warehouse,
                mode=mode.value,
                file_name=file_name[:120],
                sha256=digest,
                text=text,
                requested_by=actor.name,
                requested_at=calendar.now(),
            )
    except IntegrityError:
        raise ImportUnderWay from None
    _audit("import.submit", job, actor, {"file": job.file_name, "sha256": digest, "mode": mode.value})
    return job.pk


@transaction.atomic
def cancel_import(job_id: int, *, warehouse_code: str, actor: Actor) -> None:
    """Stops a job: at once while it waits, after the chunk that is being written otherwise.

    Nothing happens to one that is over. Raises UnknownImport, also for another store's.
    """
    jobs = IntakeImport.objects.select_for_update(of=("self",)).filter(warehouse__code=warehouse_code)
    job = jobs.filter(pk=job_id).first()
    if job is None:
        raise UnknownImport
    if job.state not in OPEN or job.cancel_asked:
        return
    job.cancel_asked = True
    job.save(update_fields=["cancel_asked"])
    _audit("import.cancel", job, actor, {"rows_done": job.rows_done})
    if job.state == ImportState.QUEUED:
        _finish(job, ImportState.CANCELLED)


# Doing it ---------------------------------------------------------------------------------------------


def run_next_import(*, runner: str, known: KnownNames, stop: Callable[[], bool] = lambda: False) -> bool:
    """Runs the oldest job that nobody runs to its end, or until told to stop; False when there is none.

    What breaks it off (a database that is gone) is logged; the job is tried again after a while.
    """
    job_id = _claim(runner)
    if job_id is None:
        return False
    try:
        _run(job_id, runner, known, stop)
    except _NotOurs:
        log.warning("import %s: another runner has it", job_id)
    except _Cancelled:
        _end(job_id, runner, ImportState.CANCELLED)
    except JinguoError as error:
        _end(job_id, runner, ImportState.FAILED, error)
    except Exception:
        log.exception("import %s broke off and will be tried again", job_id)
        _let_go(job_id, runner, calendar.now() + RETRY)
    return True


@transaction.atomic
def _claim(runner: str) -> int | None:
    now = calendar.now()
    jobs = IntakeImport.objects.select_for_update(skip_locked=True).order_by("pk")
    for job in jobs.filter(state__in=OPEN):
        if job.lease_until is not None and job.lease_until > now:
            continue
        if job.attempts >= MOST_ATTEMPTS:
            _finish(job, ImportState.FAILED, ImportFailed())
            continue
        job.state, job.runner, job.lease_until = ImportState.RUNNING, runner, now + LEASE
        job.attempts += 1
        job.save(update_fields=["state", "runner", "lease_until", "attempts"])
        return job.pk
    return None


def _run(job_id: int, runner: str, known: KnownNames, stop: Callable[[], bool]) -> None:
    job = IntakeImport.objects.select_related("warehouse").get(pk=job_id)
    code, mode = job.warehouse.code, ImportMode(job.mode)
    checked = check_intakes(job.text, warehouse_code=code, known=known, most=MOST_ROWS)
    with transaction.atomic():
        job = _ours(job_id, runner)
        job.rows_total = len(checked)
        job.save(update_fields=["rows_total"])
    if mode is ImportMode.GOOD_ROWS:
        _load_good_rows(job_id, runner, checked, code, stop)
    elif any(is_bad(each) for each in checked):
        _report(job_id, runner, [left_out(each) for each in checked])
    else:
        _load_all(job_id, runner, checked, code)


def _load_good_rows(
    job_id: int, runner: str, checked: Sequence[Checked], code: str, stop: Callable[[], bool]
) -> None:
    """Chunk by chunk, each with its report in one transaction; what was reported before is not done again."""
    before = set(IntakeImportRow.objects.filter(job_id=job_id).values_list("line", flat=True))
    left = [each for each in checked if _line(each) not in before]
    for chunk in in_chunks(left):
        if stop():
            _let_go(job_id, runner, calendar.now(), counts=False)
            return
        with transaction.atomic():
            job = _ours(job_id, runner)
            by = Actor(job.requested_by)
            _write(job, load_checked(chunk, warehouse_code=code, actor=by))
    _end(job_id, runner, ImportState.DONE)


def _line(each: Checked) -> int:
    return each[0]


def _load_all(job_id: int, runner: str, checked: Sequence[Checked], code: str) -> None:
    """All in one transaction; where a row conflicts with what came meanwhile, nothing, and it is said."""
    with transaction.atomic():
        job = _ours(job_id, runner)
        by = Actor(job.requested_by)
        reports = [
            report
            for chunk in in_chunks(checked)
            for report in load_checked(chunk, warehouse_code=code, actor=by)
        ]
        bad = any(report.code for report in reports)
        if bad:
            transaction.set_rollback(True)
        else:
            _write(job, reports)
            _finish(job, ImportState.DONE)
    if bad:
        _report(job_id, runner, [report._replace(intake_no="") for report in reports])


@transaction.atomic
def _report(job_id: int, runner: str, reports: Sequence[RowReport]) -> None:
    """Rows of which none was loaded."""
    job = _ours(job_id, runner)
    _write(job, reports)
    _finish(job, ImportState.DONE)


def _ours(job_id: int, runner: str) -> IntakeImport:
    """The job, locked, with its lease renewed. Raises _NotOurs, _Cancelled."""
    job = IntakeImport.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.runner != runner or job.state != ImportState.RUNNING:
        raise _NotOurs
    if job.cancel_asked:
        raise _Cancelled
    job.lease_until = calendar.now() + LEASE
    job.save(update_fields=["lease_until"])
    return job


def _write(job: IntakeImport, reports: Sequence[RowReport]) -> None:
    rows = [[job.pk, *row[:4], row.zh[:500], row.en[:500]] for row in reports]
    bulk_writer().insert(_ROWS, rows)
    job.rows_done += len(reports)
    job.loaded += sum(bool(row.intake_no) for row in reports)
    job.refused += sum(bool(row.code) for row in reports)
    job.save(update_fields=["rows_done", "loaded", "refused"])


@transaction.atomic
def _end(job_id: int, runner: str, state: ImportState, error: JinguoError | None = None) -> None:
    job = IntakeImport.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.runner == runner and job.state == ImportState.RUNNING:
        _finish(job, state, error)


def _finish(job: IntakeImport, state: ImportState, error: JinguoError | None = None) -> None:
    job.state, job.finished_at, job.text, job.lease_until = state, calendar.now(), "", None
    if error is not None:
        job.code, job.zh, job.en = error.code, error.message("zh")[:500], error.message("en")[:500]
    job.save(update_fields=["state", "finished_at", "text", "lease_until", "code", "zh", "en"])
    after: dict[str, object] = {
        "state": state.value,
        "loaded": job.loaded,
        "refused": job.refused,
        "code": job.code,
    }
    _audit("import.end", job, audit.SYSTEM, after)


@transaction.atomic
def _let_go(job_id: int, runner: str, until: datetime, *, counts: bool = True) -> None:
    """Leaves a job to the next runner from a moment on. counts: as an attempt that failed."""
    job = IntakeImport.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.runner == runner and job.state == ImportState.RUNNING:
        job.lease_until = until
        job.attempts -= 0 if counts else 1
        job.save(update_fields=["lease_until", "attempts"])


def _audit(action: str, job: IntakeImport, actor: Actor, after: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, subject=f"import:{job.pk}", after=after)


# Reading ----------------------------------------------------------------------------------------------


def import_status(job_id: int, *, warehouse_code: str) -> ImportStatus:
    """A store's job as it stands. Raises UnknownImport, also for another store's."""
    row = IntakeImport.objects.defer("text").filter(pk=job_id, warehouse__code=warehouse_code).first()
    if row is None:
        raise UnknownImport
    return _status(row)


def recent_imports(warehouse_code: str, limit: int = 5) -> list[ImportStatus]:
    """A store's last long files, newest first."""
    rows = IntakeImport.objects.defer("text").filter(warehouse__code=warehouse_code)
    return [_status(row) for row in rows.order_by("-pk")[:limit]]


def import_rows(
    job_id: int, *, warehouse_code: str, bad_only: bool = False, limit: int | None = None
) -> list[RowReport]:
    """What became of the rows of a store's file, in its order."""
    rows = IntakeImportRow.objects.filter(job_id=job_id, job__warehouse__code=warehouse_code)
    if bad_only:
        rows = rows.exclude(code="")
    columns = ("line", "reference", "intake_no", "code", "zh", "en")
    return [RowReport(*row) for row in rows.order_by("line").values_list(*columns)[:limit]]


def _status(row: IntakeImport) -> ImportStatus:
    return ImportStatus(
        id=row.pk,
        file_name=row.file_name,
        mode=ImportMode(row.mode),
        state=ImportState(row.state),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        cancel_asked=row.cancel_asked,
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        loaded=row.loaded,
        refused=row.refused,
        code=row.code,
        zh=row.zh,
        en=row.en,
    )
