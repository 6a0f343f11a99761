"""Photographs of a lot: taken by the store at the gate, the scale, of the sample and in the room.

Append only: what a receipt was issued on stays to be seen. Who may see a lot, or holds a receipt over it,
may see its photographs; the public sees those a lister shows with goods on offer (``exchange.halls``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import calendar, pictures
from exchange.kernel.audit import Actor
from exchange.kernel.picture_errors import TooManyPhotos, UnknownPhoto
from warehouse_receipts.locks import lock_intake
from warehouse_receipts.models import Intake, LotPhoto, Receipt
from warehouse_receipts.states import PhotoKind
from warehouse_receipts.viewing import Viewer

MAX_PHOTOS = 20
"""Of one lot."""


class LotPhotoRow(NamedTuple):
    """A photograph of a lot."""

    intake_no: str
    kind: PhotoKind
    sha256: str
    """Of the file that was sent."""
    taken_at: datetime
    actor: str


def attach_photo(intake_no: str, *, kind: PhotoKind, content: bytes, actor: Actor) -> str:
    """Keeps a photograph of a lot; returns the SHA-256 of what was sent. Sent twice, it is kept once.

    Raises UnknownIntake, PhotoTooLarge, BadPhoto, TooManyPhotos.
    """
    return attach_photos(intake_no, kind=kind, contents=[content], actor=actor)[0]


def attach_photos(intake_no: str, *, kind: PhotoKind, contents: Sequence[bytes], actor: Actor) -> list[str]:
    """Keeps photographs of a lot, all or none; raises what ``attach_photo`` does."""
    kept = [pictures.keep(content) for content in contents]  # takes a while: before the lot is locked
    with transaction.atomic():
        intake = lock_intake(intake_no)
        return [_attach(intake, kind, each, actor) for each in kept]


def _attach(intake: Intake, kind: PhotoKind, kept: pictures.KeptPicture, actor: Actor) -> str:
    if intake.photos.filter(sha256=kept.sha256).exists():
        return kept.sha256
    if intake.photos.count() >= MAX_PHOTOS:
        raise TooManyPhotos(most=MAX_PHOTOS)
    LotPhoto.objects.create(
        intake=intake,
        kind=kind,
        sha256=kept.sha256,
        content_type=pictures.MEDIA_TYPE,
        size_bytes=kept.size_bytes,
        taken_at=calendar.now(),
        actor=actor.name,
    )
    return kept.sha256


def photos_of_lots(intake_nos: Iterable[str]) -> list[LotPhotoRow]:
    """Photographs of lots, oldest first; for whoever was shown the lots."""
    rows = LotPhoto.objects.filter(intake__no__in=set(intake_nos)).order_by("pk")
    return [_row(*row) for row in rows.values_list("intake__no", "kind", "sha256", "taken_at", "actor")]


def photos_of_receipts(receipt_nos: Iterable[str]) -> list[LotPhotoRow]:
    """Photographs of the lots receipts stand for, oldest first; for whoever was shown the receipts."""
    lots = Receipt.objects.filter(no__in=set(receipt_nos)).values_list("intake__no", flat=True)
    return photos_of_lots(lots)


def lot_photo(intake_no: str, digest: str, viewer: Viewer, size: pictures.Size) -> bytes:
    """A photograph of a lot the viewer may see, itself or through a receipt over it. Raises UnknownPhoto."""
    found = LotPhoto.objects.filter(intake__no=intake_no, sha256=digest).first()
    if found is None or not _may_see(viewer, found):
        raise UnknownPhoto(detail=intake_no)
    return pictures.read(digest, size)


def _may_see(viewer: Viewer, photo: LotPhoto) -> bool:
    own = Intake.objects.filter(viewer.intakes(), pk=photo.intake_id)
    return own.exists() or Receipt.objects.filter(viewer.receipts(), intake_id=photo.intake_id).exists()


def _row(intake_no: str, kind: str, digest: str, taken_at: datetime, actor: str) -> LotPhotoRow:
    return LotPhotoRow(intake_no, PhotoKind(kind), digest, taken_at, actor)
