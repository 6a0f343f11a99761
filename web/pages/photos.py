"""Photographs on pages: which are shown, the pictures themselves, and those a form sends.

A picture is asked for beside what it shows: a lot of a store, a listing, an auction. Whoever may see that may
see its photographs; the public while the goods are on offer. To everybody else there is no such photograph.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.halls.auction_selectors import auction_by_id
from exchange.halls.selectors import listing_by_id
from exchange.halls.types import RUNNING_AUCTIONS, AuctionRow, HallState, ListingRow, ListingState
from exchange.kernel import pictures
from exchange.kernel.errors import BadParameter
from exchange.kernel.picture_errors import PhotoTooLarge, TooManyPhotos, UnknownPhoto
from exchange.kernel.pictures import MAX_BYTES, Size
from exchange.members.selectors import identity_of_user
from warehouse_receipts.photographs import LotPhotoRow, lot_photo
from warehouse_receipts.viewing import Viewer
from web.api.hall_reads import in_reach
from web.pages.access import OPERATOR, hall_page, viewer_page
from web.pages.register_words import PHOTO_KIND
from web.pages.words import word
from web.ws.rate_limit import TokenBuckets

MOST_AT_ONCE = 10
"""Photographs of one form."""
PHOTOS_PER_S, PHOTOS_AT_ONCE = 1, 60
_uploads = TokenBuckets(PHOTOS_PER_S, PHOTOS_AT_ONCE)
ON_OFFER = (ListingState.OPEN, HallState.ANNOUNCED, *RUNNING_AUCTIONS)
YEAR_S, DAY_S = 31_536_000, 86_400


# What a page shows -----------------------------------------------------------------------------------


def lot_photos_shown(rows: Iterable[LotPhotoRow]) -> list[dict[str, Any]]:
    """Photographs of lots for ``parts/photos.html``."""
    shown = []
    for number, row in enumerate(rows, start=1):
        kind = word(PHOTO_KIND, row.kind.value)
        text = _("照片 %(number)s：%(kind)s，入库单 %(lot)s") % {
            "number": number,
            "kind": kind,
            "lot": row.intake_no,
        }
        shown.append(_shown(f"/photos/lots/{row.intake_no}", row.sha256, text, kind, row.taken_at))
    return shown


def offer_photos_shown(hall: str, row: ListingRow | AuctionRow, reader: HttpRequest) -> list[dict[str, Any]]:
    """Photographs of a listing or auction for this reader."""
    if not _may_see(row, reader):
        return []
    return [
        _shown(f"/photos/{hall}/{row.id}", digest, _("货物照片 %(number)s") % {"number": number})
        for number, digest in enumerate(row.photos, start=1)
    ]


def _shown(base: str, digest: str, text: str, caption: str = "", at: Any = None) -> dict[str, Any]:
    return {
        "sha256": digest,
        "full": f"{base}/{digest}/full.jpg",
        "thumb": f"{base}/{digest}/thumb.jpg",
        "text": text,
        "caption": caption,
        "at": at,
    }


def _may_see(row: ListingRow | AuctionRow, reader: HttpRequest) -> bool:
    """Members and operators whatever they may see the page of; the public what is on offer."""
    return row.state in ON_OFFER or bool(reader.user.is_authenticated)


# The pictures ----------------------------------------------------------------------------------------


@viewer_page
@require_safe
def of_lot(request: HttpRequest, viewer: Viewer, intake_no: str, digest: str, size: str) -> HttpResponse:
    """A photograph of a lot, for its owner, store, inspectors, holders of its receipts, the operator."""
    return _picture(lot_photo(intake_no, digest, viewer, _size(size)), shared=False)


@hall_page
@require_safe
def of_listing(request: HttpRequest, number: int, digest: str, size: str) -> HttpResponse:
    """A photograph of a listing."""
    viewer_no, operator = _reader(request)
    row = listing_by_id(in_reach(number), viewer_no=viewer_no, operator=operator)
    return _of_offer(request, row, digest, size, shared=not row.invited_only)


@hall_page
@require_safe
def of_auction(request: HttpRequest, number: int, digest: str, size: str) -> HttpResponse:
    """A photograph of an auction."""
    viewer_no, operator = _reader(request)
    row = auction_by_id(in_reach(number), viewer_no=viewer_no, operator=operator)
    return _of_offer(request, row, digest, size, shared=True)


def _reader(request: HttpRequest) -> tuple[int | None, bool]:
    identity = identity_of_user(request.user.pk) if request.user.pk else None
    operator = getattr(request.user, "role", "") == OPERATOR
    return (None if identity is None else identity.account_no), operator


def _of_offer(
    request: HttpRequest, row: ListingRow | AuctionRow, digest: str, size: str, *, shared: bool
) -> HttpResponse:
    if digest not in row.photos or not _may_see(row, request):
        raise UnknownPhoto(detail=str(row.id))
    return _picture(pictures.read(digest, _size(size)), shared=shared and row.state in ON_OFFER)


def _size(name: str) -> Size:
    if name not in set(Size):
        raise UnknownPhoto(detail=name[:20])
    return Size(name)


def _picture(content: bytes, *, shared: bool) -> HttpResponse:
    """A JPEG that never changes under its address; only what is public may lie in caches on the way."""
    response = HttpResponse(content, content_type=pictures.MEDIA_TYPE)
    kept = f"public, max-age={DAY_S}" if shared else f"private, max-age={YEAR_S}"
    response["Cache-Control"] = f"{kept}, immutable"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# What a form sends -----------------------------------------------------------------------------------


def photos_in(request: HttpRequest) -> Sequence[bytes]:
    """The files of a form's fields ``photos``, none read further than a photograph may be long.

    Raises BadParameter (none), TooManyPhotos, PhotoTooLarge, RateLimited.
    """
    files = request.FILES.getlist("photos")
    if not files:
        raise BadParameter(name="photos")
    if len(files) > MOST_AT_ONCE:
        raise TooManyPhotos(most=MOST_AT_ONCE)
    if any((file.size or 0) > MAX_BYTES for file in files):
        raise PhotoTooLarge(most_mb=MAX_BYTES // 1_000_000)
    for _file in files:
        _uploads.take(request.user.pk)
    return [file.read(MAX_BYTES + 1) for file in files]
