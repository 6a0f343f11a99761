"""Evidence: files kept as they came, with their hash, for claims, disputes and courts.

Who files must be a party (or the operator); what a file is, its first bytes say, not its name.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from exchange.kernel.calendar import now_ns
from settlement.errors import BadEvidence, TooMuchEvidence
from settlement.models import Evidence

MAX_BYTES = 8 * 1024 * 1024
MAX_FILES = 40
"""For one claim or case."""


class NewEvidence(NamedTuple):
    """A file somebody hands in."""

    file_name: str
    content: bytes
    note: str = ""


class EvidenceRow(NamedTuple):
    """What is shown of a file."""

    id: int
    subject: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    note: str
    filed_by: str
    filed_at_ns: int


def media_type_of(content: bytes) -> str | None:
    """By the first bytes; None for what is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return "text/plain" if (text and text.isprintable()) or _is_plain(text) else None


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and all(letter.isprintable() or letter in "\n\r\t" for letter in text)


def file_evidence(
    subject: str, files: Sequence[NewEvidence], *, filed_by: str, account_no: int | None
) -> list[str]:
    """Keeps files in the caller's transaction; their hashes. The same file twice is kept once.

    Raises BadEvidence, TooMuchEvidence; then none is kept.
    """
    kept = set(Evidence.objects.filter(subject=subject).values_list("sha256", flat=True))
    if len(kept) + len(files) > MAX_FILES:
        raise TooMuchEvidence(count=len(kept))
    at_ns, hashes = now_ns(), []
    for file in files:
        media_type = _checked(file)
        digest = hashlib.sha256(file.content).hexdigest()
        hashes.append(digest)
        if digest in kept:
            continue
        kept.add(digest)
        Evidence.objects.create(
            subject=subject,
            file_name=_safe_name(file.file_name),
            media_type=media_type,
            size_bytes=len(file.content),
            sha256=digest,
            content=file.content,
            note=file.note[:300],
            filed_by=filed_by,
            account_no=account_no,
            filed_at_ns=at_ns,
        )
    return hashes


def evidence_of(subjects: Sequence[str]) -> list[EvidenceRow]:
    """Files of claims and cases, oldest first, without their contents."""
    rows = Evidence.objects.filter(subject__in=subjects).order_by("pk")
    return [EvidenceRow._make(row) for row in rows.values_list(*EvidenceRow._fields)]


def content_of(evidence_id: int) -> bytes:
    """A file as it came. Raises ValueError if it no longer has its hash."""
    stored: Any = Evidence.objects.get(pk=evidence_id)
    content = bytes(stored.content)
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise ValueError(f"evidence {evidence_id} does not have its hash")
    return content


def _checked(file: NewEvidence) -> str:
    name = _safe_name(file.file_name)
    if not file.content:
        raise BadEvidence(name=name, why_zh="文件为空", why_en="it is empty")
    if len(file.content) > MAX_BYTES:
        raise BadEvidence(name=name, why_zh="文件超过 8 MB", why_en="it is larger than 8 MB")
    media_type = media_type_of(file.content)
    if media_type is None:
        raise BadEvidence(name=name, why_zh="文件类型不支持", why_en="its type is not taken")
    return media_type


def _safe_name(name: str) -> str:
    """The last part of a path, printable, at most 100 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return (
        "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*')[-100:]
        or "file"
    )
