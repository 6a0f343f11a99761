"""Photographs of an offer: chosen among its lots' while it is written, changed until it is approved."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchange.halls import services
from exchange.halls.auction_selectors import auction_by_id
from exchange.halls.photographs import CHANGEABLE, MAX_PHOTOS, Hall
from exchange.halls.selectors import listing_by_id
from exchange.halls.types import AuctionRow, ListingRow
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError, NotFound
from exchange.members.types import MemberIdentity
from warehouse_receipts.photographs import photos_of_receipts
from web.api.hall_reads import in_reach
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.me import who
from web.pages.photos import lot_photos_shown, offer_photos_shown, photos_in

SHOWN = "photos_shown"
"""Field of a form that has asked which photographs: without it the first ones are suggested."""


# While the offer is written --------------------------------------------------------------------------


def photo_choices(receipt_nos: Iterable[str], form: QueryDict) -> list[dict[str, Any]]:
    """Photographs of the lots behind an offer, each once, with those that are chosen."""
    rows = {row.sha256: row for row in photos_of_receipts(receipt_nos)}
    shown = lot_photos_shown(rows.values())
    chosen = set(form.getlist("photo")) if SHOWN in form else set(list(rows)[:MAX_PHOTOS])
    return [{**photo, "chosen": photo["sha256"] in chosen} for photo in shown]


def chosen_photos(form: QueryDict) -> tuple[str, ...]:
    """The photographs a form names."""
    return tuple(form.getlist("photo"))


def carried_photos(form: QueryDict) -> list[tuple[str, str]]:
    """The choice as hidden fields of the next step."""
    return [(SHOWN, "yes"), *(("photo", digest) for digest in form.getlist("photo"))]


# Until it is approved --------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def listing_photos(request: HttpRequest, identity: MemberIdentity, listing_id: int) -> HttpResponse:
    """Photographs of a listing of the member's own."""
    row = listing_by_id(in_reach(listing_id), viewer_no=identity.account_no)
    return _photos(request, identity, Hall.LISTINGS, row)


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def auction_photos(request: HttpRequest, identity: MemberIdentity, auction_id: int) -> HttpResponse:
    """Photographs of an auction of the member's own."""
    row = auction_by_id(in_reach(auction_id), viewer_no=identity.account_no)
    return _photos(request, identity, Hall.AUCTIONS, row)


def _photos(
    request: HttpRequest, identity: MemberIdentity, hall: Hall, row: ListingRow | AuctionRow
) -> HttpResponse:
    check_role(identity, TRADE_ROLES)
    if row.account_no != identity.account_no:
        raise NotFound(str(row.id))
    if request.method == "POST":
        return _changed(request, identity, hall, row.id)
    rows = {each.sha256: each for each in photos_of_receipts(row.receipt_nos)}
    context = {
        "who": who(identity),
        "tab": hall.value,
        "no": row.no,
        "offer_path": f"/{hall.value}/{row.id}/",
        "desk_path": f"/me/{hall.value}/",
        "photos": offer_photos_shown(hall.value, row, request),
        "removable": row.state in CHANGEABLE,
        "choices": lot_photos_shown(each for each in rows.values() if each.sha256 not in row.photos),
        "photos_left": max(0, MAX_PHOTOS - len(row.photos)),
    }
    return render(request, "halls/photos.html", context)


def _changed(request: HttpRequest, identity: MemberIdentity, hall: Hall, number: int) -> HttpResponse:
    try:
        change = _VERBS.get(request.POST.get("verb", ""))
        if change is None:
            raise BadParameter(name="verb")
        messages.success(request, change(request, actor_of(request), identity.account_no, hall, number))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(request.path)


_Change = Callable[[HttpRequest, Actor, int, Hall, int], str]


def _upload(request: HttpRequest, actor: Actor, account_no: int, hall: Hall, number: int) -> str:
    services.upload_photos(
        actor=actor, account_no=account_no, hall=hall, number=number, contents=photos_in(request)
    )
    return _("照片已保存")


def _choose(request: HttpRequest, actor: Actor, account_no: int, hall: Hall, number: int) -> str:
    services.add_photos(
        actor=actor, account_no=account_no, hall=hall, number=number, photos=chosen_photos(request.POST)
    )
    return _("照片已加上")


def _remove(request: HttpRequest, actor: Actor, account_no: int, hall: Hall, number: int) -> str:
    photo = request.POST.get("photo", "")
    services.remove_photo(actor=actor, account_no=account_no, hall=hall, number=number, photo=photo)
    return _("照片已移除")


_VERBS: dict[str, _Change] = {"upload": _upload, "choose": _choose, "remove": _remove}
