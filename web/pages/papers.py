"""Documents to download: made from the register as it stands, signed, the same file each time.

Who may have one: the parties a paper names, and the operator. To everybody else it does not exist.
"""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from exchange.kernel.documents.authority import certificate_line
from exchange.kernel.documents.signing import signed_document
from exchange.kernel.documents.types import Document, Signatory
from exchange.kernel.errors import BadParameter, NotFound
from exchange.markets.selectors import varieties
from exchange.members.types import MemberIdentity
from settlement.amendment_paper import amendment_document
from settlement.amendments import amendment_by_no
from settlement.contract_paper import contract_document, contract_signatories
from settlement.selectors import access_contract
from settlement.terms import terms_of
from warehouse_receipts.papers import facts, labels
from warehouse_receipts.types import Bagging, Grade, StoreType
from warehouse_receipts.viewing import Viewer
from web.pages.access import member_page, operator_page, viewer_page
from web.pages.names import RegisterNames

MOST_DIGITS = 6


def pdf_response(document: Document, signatories: Sequence[Signatory], *, name: str) -> HttpResponse:
    """The signed document, shown in the browser under a file name of its own."""
    response = HttpResponse(signed_document(document, signatories), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def spec_words() -> dict[str, str]:
    """Chinese words of the values in a product's specification."""
    words = {str(value): str(label) for kind in (Bagging, Grade, StoreType) for value, label in kind.choices}
    return {**words, **{variety.code: variety.name_zh for variety in varieties()}}


@member_page
@require_safe
def contract_pdf(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """The signed contract, for its parties."""
    return _contract(contract_no, identity.account_no)


@operator_page
@require_safe
def any_contract_pdf(request: HttpRequest, contract_no: str) -> HttpResponse:
    """The signed contract, for the operator."""
    return _contract(contract_no, None)


@member_page
@require_safe
def amendment_pdf(request: HttpRequest, identity: MemberIdentity, amendment_no: str) -> HttpResponse:
    """An agreed amendment, signed, for the parties of its contract."""
    return _amendment(amendment_no, identity.account_no)


@operator_page
@require_safe
def any_amendment_pdf(request: HttpRequest, amendment_no: str) -> HttpResponse:
    """The same for the operator."""
    return _amendment(amendment_no, None)


@viewer_page
@require_safe
def receipt_pdf(request: HttpRequest, viewer: Viewer, receipt_no: str) -> HttpResponse:
    """The signed warehouse receipt, for its holder and the bodies it names."""
    return pdf_response(*facts.receipt_paper(receipt_no, viewer, RegisterNames()), name=receipt_no)


@viewer_page
@require_safe
def report_pdf(request: HttpRequest, viewer: Viewer, report_no: str) -> HttpResponse:
    """The signed inspection report."""
    return pdf_response(*facts.inspection_paper(report_no, viewer, RegisterNames()), name=report_no)


@viewer_page
@require_safe
def intake_pdf(request: HttpRequest, viewer: Viewer, intake_no: str) -> HttpResponse:
    """The signed in-note."""
    return pdf_response(*facts.intake_paper(intake_no, viewer, RegisterNames()), name=intake_no)


@viewer_page
@require_safe
def labels_pdf(request: HttpRequest, viewer: Viewer, intake_no: str) -> HttpResponse:
    """Labels for the pieces ``first`` … ``last`` of a lot; the first sheet when it is not said."""
    first, last = (_piece_in(request, name) for name in ("first", "last"))
    found = labels.lot_labels(
        intake_no, viewer, RegisterNames(), first=1 if first is None else first, last=last
    )
    response = HttpResponse(labels.labels_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{intake_no}-labels.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@viewer_page
@require_safe
def pickup_pdf(request: HttpRequest, viewer: Viewer, pickup_no: str) -> HttpResponse:
    """The signed pickup order, or the out-note once the truck has left."""
    return pdf_response(*facts.pickup_paper(pickup_no, viewer, RegisterNames()), name=pickup_no)


def _piece_in(request: HttpRequest, name: str) -> int | None:
    """The number of a piece in the address. Raises BadParameter for what is none."""
    text = request.GET.get(name, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise BadParameter(name=name)
    return int(text) if text else None


def _contract(contract_no: str, account_no: int | None) -> HttpResponse:
    contract = access_contract(contract_no, account_no=account_no)
    signatories = contract_signatories(contract)
    certificates = {each.institution: certificate_line(each.institution, each.name) for each in signatories}
    document = contract_document(
        contract, terms_of(contract.rulebook_version), words=spec_words(), certificates=certificates
    )
    return pdf_response(document, signatories, name=contract.contract_no)


def _amendment(amendment_no: str, account_no: int | None) -> HttpResponse:
    amendment = amendment_by_no(amendment_no)
    contract = access_contract(amendment.contract_no, account_no=account_no)
    if amendment.place is None:
        raise NotFound(detail=amendment_no)
    document = amendment_document(contract, amendment)
    return pdf_response(document, contract_signatories(contract), name=amendment_no)
