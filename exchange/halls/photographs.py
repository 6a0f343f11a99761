"""Photographs of what is offered: of the receipts' lots, or uploaded by the member who offers.

They are chosen before the operator looks, and stand from then on. A photograph is named by the SHA-256 of
what was sent; a name alone opens nothing: only photographs of the offer's own goods or the member's own
uploads can be shown with it.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum

from django.db import transaction

from exchange.halls.lives import subject_of
from exchange.halls.locks import lock_auction, lock_listing
from exchange.halls.models import Auction, Listing, MemberPhoto
from exchange.halls.types import HallState, ListingState
from exchange.kernel import audit, calendar, pictures
from exchange.kernel.audit import Actor
from exchange.kernel.picture_errors import PhotosFinal, TooManyPhotos, UnknownPhoto
from warehouse_receipts.photographs import photos_of_receipts

MAX_PHOTOS = 12
"""With one listing or auction."""
MAX_UPLOADS_A_DAY = 200
"""Of one member."""
CHANGEABLE = (ListingState.DRAFT, ListingState.SUBMITTED, HallState.DRAFT, HallState.SUBMITTED)


class Hall(Enum):
    """Where goods are offered."""

    LISTINGS = "listings"
    AUCTIONS = "auctions"


def fitting_photos(photos: Sequence[str], *, account_no: int, receipt_nos: Sequence[str]) -> list[str]:
    """The photographs without repetition. Raises TooManyPhotos, UnknownPhoto for one that is of neither."""
    wanted = list(dict.fromkeys(photos))
    if len(wanted) > MAX_PHOTOS:
        raise TooManyPhotos(most=MAX_PHOTOS)
    if wanted:
        own = MemberPhoto.objects.filter(account_no=account_no, sha256__in=wanted)
        known = {row.sha256 for row in photos_of_receipts(receipt_nos)} | set(
            own.values_list("sha256", flat=True)
        )
        for digest in wanted:
            if digest not in known:
                raise UnknownPhoto(detail=digest[:64])
    return wanted


def upload_photos(
    *, actor: Actor, account_no: int, hall: Hall, number: int, contents: Sequence[bytes]
) -> tuple[str, ...]:
    """Keeps photographs and shows them with an offer nobody has approved, all or none; what it now shows.

    Raises PhotoTooLarge, BadPhoto, and what ``add_photos`` does.
    """
    _lock_own(hall, number, account_no)
    kept = [pictures.keep(content).sha256 for content in contents]  # takes a while: outside the transaction
    with transaction.atomic():
        row = _lock_own(hall, number, account_no)
        _remember(kept, account_no, actor)
        return _show(row, [*(row.photos or ()), *kept], actor, "upload_photos")


def add_photos(
    *, actor: Actor, account_no: int, hall: Hall, number: int, photos: Sequence[str]
) -> tuple[str, ...]:
    """Shows photographs that are kept with an offer nobody has approved; what it now shows.

    Raises UnknownListing, UnknownAuction, PhotosFinal, TooManyPhotos, UnknownPhoto.
    """
    with transaction.atomic():
        row = _lock_own(hall, number, account_no)
        return _show(row, [*(row.photos or ()), *photos], actor, "add_photos")


def remove_photo(*, actor: Actor, account_no: int, hall: Hall, number: int, photo: str) -> tuple[str, ...]:
    """Shows a photograph no longer; what is left. Raises UnknownListing, UnknownAuction, PhotosFinal."""
    with transaction.atomic():
        row = _lock_own(hall, number, account_no)
        left = [digest for digest in row.photos or () if digest != photo]
        return _show(row, left, actor, "remove_photo")


@transaction.atomic
def _lock_own(hall: Hall, number: int, account_no: int) -> Listing | Auction:
    lock = lock_listing if hall == Hall.LISTINGS else lock_auction
    row: Listing | Auction = lock(number, account_no)
    if row.state not in CHANGEABLE:
        raise PhotosFinal
    return row


def _remember(kept: Sequence[str], account_no: int, actor: Actor) -> None:
    known = MemberPhoto.objects.filter(account_no=account_no, sha256__in=kept).values_list(
        "sha256", flat=True
    )
    new = [digest for digest in dict.fromkeys(kept) if digest not in set(known)]
    since = calendar.now() - timedelta(days=1)
    today = MemberPhoto.objects.filter(account_no=account_no, uploaded_at__gt=since).count()
    if today + len(new) > MAX_UPLOADS_A_DAY:
        raise TooManyPhotos(most=MAX_UPLOADS_A_DAY)
    for digest in new:
        MemberPhoto.objects.get_or_create(
            account_no=account_no,
            sha256=digest,
            defaults={"uploaded_by": actor.name, "uploaded_at": calendar.now()},
        )


def _show(row: Listing | Auction, photos: Sequence[str], actor: Actor, action: str) -> tuple[str, ...]:
    before = list(row.photos or ())
    row.photos = fitting_photos(photos, account_no=row.account_no, receipt_nos=row.receipt_nos)
    if row.photos != before:
        row.save(update_fields=["photos"])
        kind = "listing" if isinstance(row, Listing) else "auction"
        audit.record(
            actor=actor,
            action=f"{kind}.{action}",
            subject=subject_of(row),
            before={"photos": before},
            after={"photos": row.photos},
        )
    return tuple(row.photos)
