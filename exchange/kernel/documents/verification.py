"""What a PDF is worth: whose signatures it carries, and whether anything was changed behind them.

Files come from strangers: size is bounded, nothing is fetched, and whatever the reader stumbles over is told
as ``not_pdf``. A signature is good when its bytes are unchanged, its certificate comes from our authority,
and nothing but further signatures follows it.
"""

import asyncio
import hashlib
import io
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from exchange.kernel.documents.authority import CertificateAuthority, certificate_authority
from exchange.kernel.documents.codes import KINDS
from exchange.kernel.documents.errors import NotPdf, PdfTooLarge
from exchange.kernel.documents.types import PdfReport, PdfSignature

MAX_PDF_KB = 900
"""Less than the body of a request may be; our longest papers are a fifth of it."""
MAX_SIGNATURES = 12
_MAGIC = b"%PDF-"
_FURTHER_SIGNATURES = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)


def verify_pdf(pdf: bytes, *, authority: CertificateAuthority | None = None) -> PdfReport:
    """The report on a PDF. Raises PdfTooLarge, NotPdf."""
    if len(pdf) > MAX_PDF_KB << 10:
        raise PdfTooLarge(limit_kb=MAX_PDF_KB)
    if not pdf.startswith(_MAGIC):
        raise NotPdf
    roots = (authority or certificate_authority()).roots()
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        found = reader.embedded_regular_signatures
        kind, number = _named(reader)
    except Exception as error:  # a stranger's bytes may make the reader raise anything
        raise NotPdf(detail=type(error).__name__) from error
    if len(found) > MAX_SIGNATURES:
        raise NotPdf(detail="too many signatures")
    signatures = tuple(
        _judged(signature, roots, last=place == len(found)) for place, signature in enumerate(found, 1)
    )
    return PdfReport(kind, number, hashlib.sha256(pdf).hexdigest(), signatures)


def _judged(signature: EmbeddedPdfSignature, roots: list[Any], *, last: bool) -> PdfSignature:
    subject, facts = "", {"institution": "", "reason": ""}
    intact = trusted = whole = False
    signed_at = None
    try:
        certificate = signature.signer_cert
        names = certificate.subject.native
        subject = str(names.get("common_name", ""))
        facts["institution"] = str(names.get("serial_number", ""))
        facts["reason"] = str(signature.sig_object.get("/Reason", ""))
        signed_at = signature.self_reported_timestamp
        context = ValidationContext(trust_roots=roots, allow_fetching=False)
        status = asyncio.run(async_validate_pdf_signature(signature, context))
        intact = bool(status.intact and status.valid)
        trusted = bool(status.trusted)
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE if last else _only_signed(status)
    except Exception:  # noqa: S110  # a damaged signature is not good, whatever it broke
        pass
    return PdfSignature(
        signer=subject,
        institution=facts["institution"] if trusted else "",
        reason=facts["reason"],
        signed_at=signed_at,
        intact=intact,
        trusted=trusted,
        covers_whole=whole,
    )


def _only_signed(status: Any) -> bool:
    """Whether an earlier signature covers its revision and only signatures came after."""
    covered = status.coverage in (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
    return bool(covered and status.docmdp_ok and status.modification_level in _FURTHER_SIGNATURES)


def _named(reader: PdfFileReader) -> tuple[str, str]:
    """Kind and number the file gives itself in its keywords."""
    for word in reader.document_meta_view.keywords:
        kind, _, number = word.strip().partition(":")
        if kind in KINDS and number:
            return kind, number[:60]
    return "", ""
