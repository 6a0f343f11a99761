"""A day's intake or climate from the warehouse's own file, and what became of each row."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from exchange.kernel.errors import JinguoError, UnknownMember
from exchange.members.selectors import member_by_account_no, member_by_code
from exchange.members.types import StaffIdentity
from warehouse_receipts.case_errors import BadFile
from warehouse_receipts.importing import (
    INTAKE_COLUMNS,
    READING_COLUMNS,
    ImportMode,
    ImportReport,
    import_intakes,
    import_readings,
)
from web.pages import words
from web.pages.access import actor_of, message_of
from web.store.fields import choice_in
from web.store.keeper import KEEPER, head

KINDS = frozenset({"intakes", "readings"})
MAX_FILE_KB = 900
"""Less than the body of a request may be."""
NOBODY = "?"
"""No account number: the row is refused."""
OWNER = "owner_no"
MAX_ACCOUNT_DIGITS = 9


@KEEPER
def import_file(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """The form, and after it the report row by row."""
    report: ImportReport | None = None
    error = ""
    if request.method == "POST":
        try:
            report = _imported(request, staff)
        except JinguoError as refusal:
            error = message_of(refusal)
    context = {
        **head(staff, "import"),
        "error": error,
        "report": report,
        "rows": [_line(row) for row in report.rows] if report else (),
        "columns": [", ".join(INTAKE_COLUMNS), ", ".join(READING_COLUMNS)],
        "limit_kb": MAX_FILE_KB,
    }
    return render(request, "store/import.html", context, status=422 if error else 200)


def _imported(request: HttpRequest, staff: StaffIdentity) -> ImportReport:
    kind = choice_in(request, "kind", KINDS)
    mode = ImportMode(choice_in(request, "mode", {mode.value for mode in ImportMode}))
    file = request.FILES.get("file")
    content = file.read((MAX_FILE_KB << 10) + 1) if file else b""
    if not content or len(content) > MAX_FILE_KB << 10:
        raise BadFile(why_zh=f"为空或超过 {MAX_FILE_KB} KB", why_en=f"empty or above {MAX_FILE_KB} KB")
    text = decoded(content)
    if kind == "readings":
        return import_readings(text, warehouse_code=staff.own_code, mode=mode)
    return import_intakes(
        _with_account_numbers(text), warehouse_code=staff.own_code, mode=mode, actor=actor_of(request)
    )


def decoded(content: bytes) -> str:
    """UTF-8, or what Chinese spreadsheets save by default. Raises BadFile."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile(why_zh="文字编码不是 UTF-8 或 GB18030", why_en="neither UTF-8 nor GB 18030")


def _with_account_numbers(text: str) -> str:
    """Owners may be given by trader code or account number; a row with an unknown one will be refused."""
    reader = csv.reader(io.StringIO(text))
    table = list(reader)
    if not table or OWNER not in table[0]:
        return text
    at = table[0].index(OWNER)
    known: dict[str, str] = {}
    for row in table[1:]:
        if len(row) > at:
            named = row[at].strip().upper()
            if named not in known:
                known[named] = _account_no(named)
            row[at] = known[named]
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue()


def _account_no(named: str) -> str:
    """The account a code or number names, or NOBODY."""
    try:
        if named.isascii() and named.isdigit() and len(named) <= MAX_ACCOUNT_DIGITS:
            return str(member_by_account_no(int(named)).account_no)
        return str(member_by_code(named[:16]).account_no)
    except UnknownMember:
        return NOBODY


def _line(row: "tuple[int, str, str, str, str, str]") -> dict[str, object]:
    line, reference, intake_no, code, zh, en = row
    why = zh if words.in_chinese() else en
    return {"line": line, "reference": reference, "intake_no": intake_no, "code": code, "why": why}
