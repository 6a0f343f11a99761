"""PAdES signatures (ETSI EN 319 142, baseline B) by pyHanko: one revision of the file per signatory.

The signing time is the moment the document speaks of, the file's identity is a hash of its content and ECDSA
is deterministic, so that the same document signed by the same certificates is the same file, byte by byte.
"""

import asyncio
import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from exchange.kernel.documents.authority import CertificateAuthority, certificate_authority
from exchange.kernel.documents.layout import render
from exchange.kernel.documents.types import Document, Signatory

DIGEST = "sha256"
"""SM2 and SM3 come with a licensed authority; the demo one keeps to what every PDF reader checks."""


def signed_document(document: Document, signatories: Sequence[Signatory]) -> bytes:
    """Draws a document and has it signed by each signatory in turn."""
    return sign_pdf(render(document), signatories, at=document.at)


def sign_pdf(
    pdf: bytes,
    signatories: Sequence[Signatory],
    *,
    at: datetime,
    authority: CertificateAuthority | None = None,
) -> bytes:
    """The PDF with a signature of each signatory added in turn; ``at`` is the signing time they state."""
    authority = authority or certificate_authority()
    for signatory in signatories:
        pdf = asyncio.run(_signed(pdf, signatory, at, authority))
    return pdf


class _RepeatableWriter(IncrementalPdfFileWriter):
    """Writes no clock and no chance into the file."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__(io.BytesIO(pdf))
        first, _ = self._document_id
        second = generic.ByteStringObject(hashlib.sha256(pdf).digest()[:16])
        self._document_id = generic.ArrayObject([first, second])

    def _update_meta(self) -> None:
        """The date of change stays the date of the document."""


async def _signed(pdf: bytes, signatory: Signatory, at: datetime, authority: CertificateAuthority) -> bytes:
    writer = _RepeatableWriter(pdf)
    field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
    append_signature_field(writer, SigFieldSpec(field))
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        name=signatory.name,
        reason=signatory.reason,
        location="陕西咸阳",
    )
    signer = PdfSigner(metadata, authority.signer(signatory.institution, signatory.name))
    session: Any = signer.init_signing_session(writer)
    session.system_time = at
    reserved = await session.estimate_signature_container_size(None)
    prepared = session.prepare_tbs_document(None, reserved)
    digest, output = prepared.digest_tbs_document(in_place=False)
    await prepared.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at),
    )
    content: bytes = output.getvalue()
    return content
