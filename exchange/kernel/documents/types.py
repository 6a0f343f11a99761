"""What is in a document: values already in words, in the order they are printed."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Field(NamedTuple):
    """A label and its value; a wide one takes the whole line."""

    label: str
    value: str
    wide: bool = False


class Column(NamedTuple):
    """A column of a line table; ``share`` is its part of the width, figures stand right."""

    label: str
    share: int = 1
    figures: bool = False


class Seal(NamedTuple):
    """Who stands behind the document: an electronic seal with role, name and moment."""

    role: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fields:
    """A table of labels and values, two to a line."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A table with a heading line; continued on the next page under the same heading."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prose:
    """Numbered or plain paragraphs: clauses, notices."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seals:
    """The seals at the end, side by side."""

    title: str
    seals: tuple[Seal, ...]


Section = Fields | Lines | Prose | Seals


@dataclass(frozen=True, slots=True)
class Document:
    """A document to draw. Equal documents give equal bytes."""

    kind: str
    """One of ``codes.KINDS``."""
    title: str
    number: str
    at: datetime
    """The moment it speaks of; also its date of creation."""
    notice: str
    """One sentence under the title: what the paper is good for."""
    verify_url: str
    """Where anybody checks it; printed as a QR code."""
    verify_code: str
    sections: tuple[Section, ...]
    watermark: str = ""
    """Across every page, e.g. 已注销."""


class Signatory(NamedTuple):
    """An institution that signs a PDF, and in which role."""

    institution: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """What one signature of a PDF is worth."""

    signer: str
    institution: str
    """Code of the institution in the certificate; empty when it is none of ours."""
    reason: str
    signed_at: datetime | None
    """As the signer says."""
    intact: bool
    """The bytes it signed are as they were signed."""
    trusted: bool
    """Its certificate comes from the authority of this exchange."""
    covers_whole: bool
    """Nothing but further signatures was added behind it."""

    @property
    def good(self) -> bool:
        """Whether all of it holds."""
        return self.intact and self.trusted and self.covers_whole


@dataclass(frozen=True, slots=True)
class PdfReport:
    """What a PDF is worth: all its signatures, and which document it says it is."""

    kind: str
    number: str
    """Both empty unless the PDF names them; believe them only when ``genuine``."""
    sha256: str
    signatures: tuple[PdfSignature, ...]

    @property
    def genuine(self) -> bool:
        """Signed at least once, and every signature holds."""
        return bool(self.signatures) and all(signature.good for signature in self.signatures)
