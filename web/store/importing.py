"""A day's intake or climate from the warehouse's own file, and what became of each row.

A file of up to MAX_ROWS lots loads within the request; a longer one is a job, and its page follows it.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import JinguoError
from exchange.members.types import StaffIdentity
from exchange.ops.file_imports import known_names
from warehouse_receipts.case_errors import BadFile
from warehouse_receipts.file_text import text_of
from warehouse_receipts.import_jobs import (
    MOST_ROWS,
    ImportStatus,
    cancel_import,
    import_rows,
    import_status,
    recent_imports,
    submit_import,
)
from warehouse_receipts.importing import (
    INTAKE_COLUMNS,
    MAX_ROWS,
    READING_COLUMNS,
    ImportMode,
    ImportReport,
    RowReport,
    check_head,
    import_intakes,
    import_readings,
)
from web.pages import oversight_words as names
from web.pages import words
from web.pages.access import actor_of, message_of
from web.pages.csv_export import csv_response
from web.store.fields import choice_in
from web.store.keeper import KEEPER, head
from web.templatetags.jinguo import grouped

KINDS = frozenset({"intakes", "readings"})
MAX_FILE_KB = 900
"""Less than the body of a request may be, where the address takes no uploads."""
MAX_INTAKE_FILE_KB = 7_000
SHOWN_ROWS = 200
"""Rows with errors that the page of a job shows; its file has all."""


@KEEPER
def import_file(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """The form, and after it the report row by row, or the job that loads the file."""
    report: ImportReport | int | None = None
    error = ""
    if request.method == "POST":
        try:
            report = _imported(request, staff)
        except JinguoError as refusal:
            error = message_of(refusal)
    if isinstance(report, int):
        return redirect(f"/store/import/{report}/")
    context = {
        **head(staff, "import"),
        "error": error,
        "report": report,
        "rows": [_line(row) for row in report.rows] if report else (),
        "columns": [", ".join(INTAKE_COLUMNS), ", ".join(READING_COLUMNS)],
        "limit_mb": MAX_INTAKE_FILE_KB // 1_000,
        "most_rows": grouped(MOST_ROWS),
        "jobs": [{"row": job, "mark": _mark(job)} for job in recent_imports(staff.own_code)],
    }
    return render(request, "store/import.html", context, status=422 if error else 200)


def _imported(request: HttpRequest, staff: StaffIdentity) -> ImportReport | int:
    """The report of a file, or the job that a long one became."""
    kind = choice_in(request, "kind", KINDS)
    mode = ImportMode(choice_in(request, "mode", {mode.value for mode in ImportMode}))
    file = request.FILES.get("file")
    limit_kb = MAX_INTAKE_FILE_KB if kind == "intakes" else MAX_FILE_KB
    content = file.read((limit_kb << 10) + 1) if file else b""
    if not content or len(content) > limit_kb << 10:
        raise BadFile(why_zh=f"为空或超过 {limit_kb} KB", why_en=f"empty or above {limit_kb} KB")
    text = text_of(content)
    if kind == "readings":
        return import_readings(text, warehouse_code=staff.own_code, mode=mode)
    actor = actor_of(request)
    if check_head(text, most=MOST_ROWS) > MAX_ROWS:
        name = str(file.name) if file else ""
        return submit_import(text, warehouse_code=staff.own_code, mode=mode, file_name=name, actor=actor)
    return import_intakes(text, warehouse_code=staff.own_code, mode=mode, known=known_names(), actor=actor)


def _line(row: RowReport) -> dict[str, object]:
    why = row.zh if words.in_chinese() else row.en
    return {
        "line": row.line,
        "reference": row.reference,
        "intake_no": row.intake_no,
        "code": row.code,
        "why": why,
    }


def _mark(job: ImportStatus) -> dict[str, str]:
    return names.marked(names.IMPORT_STATE, job.state.value)


# Long files -------------------------------------------------------------------------------------------


@KEEPER
@require_safe
def job_page(request: HttpRequest, staff: StaffIdentity, job_id: int) -> HttpResponse:
    """A long file: how far it is, and what was wrong with which row. Its part alone for the page's script."""
    job = import_status(job_id, warehouse_code=staff.own_code)
    bad = (
        []
        if job.open
        else import_rows(job_id, warehouse_code=staff.own_code, bad_only=True, limit=SHOWN_ROWS)
    )
    context = {
        **head(staff, "import"),
        "job": job,
        "mark": _mark(job),
        "why": job.zh if words.in_chinese() else job.en,
        "percent": job.rows_done * 100 // job.rows_total if job.rows_total else 0,
        "at_once": job.mode is ImportMode.ALL_OR_NOTHING,
        "rows": [_line(row) for row in bad],
        "shown_rows": SHOWN_ROWS,
    }
    part = request.GET.get("part") == "1"
    return render(request, "store/_import_job.html" if part else "store/import_job.html", context)


@KEEPER
@require_POST
def job_cancel(request: HttpRequest, staff: StaffIdentity, job_id: int) -> HttpResponse:
    """Stops a long file; what it has loaded stays."""
    try:
        cancel_import(job_id, warehouse_code=staff.own_code, actor=actor_of(request))
    except JinguoError as error:
        messages.error(request, message_of(error))
        return redirect("/store/import/")
    messages.success(request, _("已请求取消；已载入的行保留"))
    return redirect(f"/store/import/{job_id}/")


@KEEPER
@require_safe
def job_rows(_request: HttpRequest, staff: StaffIdentity, job_id: int) -> HttpResponse:
    """What became of every row, as CSV."""
    import_status(job_id, warehouse_code=staff.own_code)
    header = [_("行"), _("单号"), _("入库单"), _("代码"), _("结果")]
    lines = [_line(row) for row in import_rows(job_id, warehouse_code=staff.own_code)]
    rows = ([row["line"], row["reference"], row["intake_no"], row["code"], row["why"]] for row in lines)
    return csv_response(f"import-{job_id}.csv", header, rows)
