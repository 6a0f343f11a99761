"""扫码核验: whoever holds a paper finds out whether it is genuine and what has become of it. No log-in.

Three ways: the QR code, number and code typed in, or the PDF itself. Questions are counted; a wrong
code and an unknown number get the same answer.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.documents.codes import KINDS, is_code
from exchange.kernel.documents.errors import BadVerificationCode, NotPdf
from exchange.kernel.documents.verification import MAX_PDF_KB, verify_pdf
from exchange.kernel.errors import JinguoError, RateLimited
from exchange.surveillance.half_year import filed_report
from settlement.contract_check import checked_amendment, checked_contract, checked_statement
from warehouse_receipts.public_check import checked_lot, checked_pickup, checked_receipt, checked_report
from web.pages import words
from web.pages.access import message_of, public
from web.pages.verify_text import (
    KIND,
    Verdict,
    amendment_verdict,
    contract_verdict,
    lot_verdict,
    pdf_checks,
    pickup_verdict,
    receipt_verdict,
    regulatory_verdict,
    report_verdict,
    statement_verdict,
)
from web.pages.visitors import count_question

MAX_NUMBER, MAX_CODE = 60, 20

VERDICTS: dict[str, Callable[[str], Verdict]] = {
    "receipt": lambda number: receipt_verdict(checked_receipt(number, today())),
    "contract": lambda number: contract_verdict(checked_contract(number)),
    "inspection": lambda number: report_verdict(checked_report(number)),
    "intake": lambda number: lot_verdict(checked_lot(number)),
    "pickup": lambda number: pickup_verdict("pickup", checked_pickup(number)),
    "outbound": lambda number: pickup_verdict("outbound", checked_pickup(number)),
    "amendment": lambda number: amendment_verdict(checked_amendment(number)),
    "statement": lambda number: statement_verdict(checked_statement(number)),
    "regulatory": lambda number: regulatory_verdict(filed_report(number)),
}
"""How to look a document up, by kind. Each raises JinguoError when there is none."""


@public
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form; a filled one leads to the answer's own address."""
    if request.method != "POST":
        return _form(request)
    kind = request.POST.get("kind", "receipt")
    number = request.POST.get("number", "").strip()[:MAX_NUMBER]
    code = request.POST.get("code", "").strip()[:MAX_CODE]
    if kind not in VERDICTS or not number or not code or "/" in number + code:
        return _form(request, error=BadVerificationCode(), kind=kind, number=number)
    return redirect("verify_answer", kind, number, code)


@public
@require_safe
def answer(request: HttpRequest, kind: str, number: str, code: str) -> HttpResponse:
    """The verdict on a document whose number and code belong together."""
    try:
        count_question(request)
        verdict = _verdict(kind, number[:MAX_NUMBER], code[:MAX_CODE])
    except JinguoError as error:
        return _form(request, error=error, kind=kind, number=number)
    response = render(
        request, "pages/verify_answer.html", {"verdict": verdict, "kind": words.word(KIND, kind)}
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@public
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """The verdict on a PDF: its signatures, then what has become of the document it says it is."""
    try:
        count_question(request)
        file = request.FILES.get("file")
        if file is None:
            raise NotPdf
        report = verify_pdf(file.read((MAX_PDF_KB << 10) + 1))
    except JinguoError as error:
        return _form(request, error=error)
    verdict = None
    if report.genuine and report.kind in VERDICTS:
        verdict = _look_up(report.kind, report.number)
    context = {
        "report": report,
        "name": file.name,
        "checks": pdf_checks(report),
        "verdict": verdict,
        "kind": words.word(KIND, report.kind),
    }
    return render(request, "pages/verify_file.html", context)


def _verdict(kind: str, number: str, code: str) -> Verdict:
    if kind not in KINDS or not is_code(kind, number, code):
        raise BadVerificationCode
    found = _look_up(kind, number)
    if found is None:
        raise BadVerificationCode
    return found


def _look_up(kind: str, number: str) -> Verdict | None:
    try:
        return VERDICTS[kind](number) if kind in VERDICTS else None
    except JinguoError:
        return None


def _form(
    request: HttpRequest, *, error: JinguoError | None = None, kind: str = "receipt", number: str = ""
) -> HttpResponse:
    context = {
        "kinds": [(value, words.word(KIND, value)) for value in VERDICTS],
        "kind": kind,
        "number": number,
        "error": message_of(error) if error else "",
        "limit_kb": MAX_PDF_KB,
    }
    response = render(request, "pages/verify.html", context, status=error.status if error else 200)
    if isinstance(error, RateLimited):
        response["Retry-After"] = str(error.facts.get("retry_after_s", 1))
    return response
