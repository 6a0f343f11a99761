"""A day's intake or climate from the warehouse's own file, and what became of each row."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from exchange.kernel.errors import JinguoError
from exchange.markets.selectors import varieties
from exchange.members.selectors import member_by_account_no, member_by_code
from exchange.members.types import StaffIdentity
from warehouse_receipts.case_errors import BadFile, BadRow
from warehouse_receipts.file_text import text_of
from warehouse_receipts.import_errors import OwnerMayNotDeliver
from warehouse_receipts.importing import (
    INTAKE_COLUMNS,
    READING_COLUMNS,
    ImportMode,
    ImportReport,
    KnownNames,
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
ACTIVE = "active"
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
    text = text_of(content)
    if kind == "readings":
        return import_readings(text, warehouse_code=staff.own_code, mode=mode)
    return import_intakes(
        text, warehouse_code=staff.own_code, mode=mode, known=_known_names(), actor=actor_of(request)
    )


def _known_names() -> KnownNames:
    """Owners by trader code or account number, varieties by code or name; each is looked up once."""
    names = {name: row.code for row in varieties() for name in (row.code, row.name_zh)}

    def variety_code(named: str) -> str:
        if named not in names:
            raise BadRow(why_zh=f"variety：没有品种 {named}", why_en=f"variety: there is no {named}")
        return names[named]

    return KnownNames(lru_cache(maxsize=None)(_owner_no), variety_code)


def _owner_no(named: str) -> int:
    """The account a code or number names. Raises UnknownMember, OwnerMayNotDeliver."""
    if named.isascii() and named.isdigit() and len(named) <= MAX_ACCOUNT_DIGITS:
        owner = member_by_account_no(int(named))
    else:
        owner = member_by_code(named.upper())
    if owner.status != ACTIVE:
        raise OwnerMayNotDeliver(owner=owner.code, why_zh="暂停交易", why_en=owner.status)
    return owner.account_no


def _line(row: "tuple[int, str, str, str, str, str]") -> dict[str, object]:
    line, reference, intake_no, code, zh, en = row
    why = zh if words.in_chinese() else en
    return {"line": line, "reference": reference, "intake_no": intake_no, "code": code, "why": why}
