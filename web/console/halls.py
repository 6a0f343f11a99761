"""The operator's desk of the halls: audit what members submit, announce, pause, resume, cancel, take down.

Who submitted does not audit: the services refuse it, whoever presses the button.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.halls import selectors as halls
from exchange.halls import services
from exchange.halls.auction_selectors import auctions_for_operator, auctions_to_check
from exchange.halls.types import (
    RUNNING_AUCTIONS,
    AuctionRow,
    HallState,
    ListingRow,
)
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from matching.types import Side
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.hall_forms import KIND_NAMES, NO_FEES
from web.pages.hall_views import Names, Viewer, listing_card, lot_card, names_for
from web.pages.paging import number_in

PAGE = 30
WATCHED_AT_MOST = 200
"""Newest auctions of which those that are not over are shown."""
BASIS = 10_000
WATCHED = (HallState.APPROVED, HallState.ANNOUNCED, *RUNNING_AUCTIONS)
OPERATOR_VIEW = Viewer(None, NO_FEES)


@operator_page
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for audit, what is announced or running, what is listed."""
    cursor = request.GET.get("cursor")
    listings, auctions = halls.listings_to_check().rows, auctions_to_check().rows
    watched = [row for row in auctions_for_operator(limit=WATCHED_AT_MOST).rows if row.state in WATCHED]
    listed = halls.listings_for_operator(offset=0 if cursor is None else number_in(cursor), limit=PAGE)
    everything: tuple[ListingRow | AuctionRow, ...] = (*listings, *auctions, *watched, *listed.rows)
    names = names_for(
        {row.account_no for row in everything}, {no for row in everything for no in row.receipt_nos}
    )
    context = {
        "queue": [
            *(_listing_in_queue(row, names) for row in listings),
            *(_auction_in_queue(row, names) for row in auctions),
        ],
        "auctions": [lot_card(row, names, OPERATOR_VIEW) for row in watched],
        "listings": [listing_card(row, names, OPERATOR_VIEW) for row in listed.rows],
        "cursor": cursor,
        "next_cursor": None if listed.next_offset is None else str(listed.next_offset),
    }
    return render(request, "console/halls.html", context)


def _listing_in_queue(row: ListingRow, names: Names) -> dict[str, Any]:
    return {
        **_in_queue(row, names, row.price),
        "subject_kind": "listing",
        "subject": f"listing:{row.id}",
        "url": f"/listings/{row.id}/",
        "kind_text": _("求购") if row.side == Side.BUY else _("卖货挂牌"),
    }


def _auction_in_queue(row: AuctionRow, names: Names) -> dict[str, Any]:
    return {
        **_in_queue(row, names, row.start_price),
        "subject_kind": "auction",
        "subject": f"auction:{row.id}",
        "url": f"/auctions/{row.id}/",
        "kind_text": str(KIND_NAMES[row.kind.name.lower()]),
    }


def _in_queue(row: ListingRow | AuctionRow, names: Names, price: int) -> dict[str, Any]:
    """One row of the queue, with how far its price is from the reference."""
    product = names.products.get(row.product_number)
    difference = None if product is None else price - product.reference_price
    bps = None
    if product is not None and difference is not None:
        bps = abs(difference) * BASIS // product.reference_price * (1 if difference >= 0 else -1)
    return {
        "id": row.id,
        "no": row.no,
        "member": f"{names.codes.get(row.account_no, '')} {names.member(row.account_no)}",
        "name": names.product(row.product_number),
        "stores": names.stores(row.receipt_nos),
        "price": price,
        "difference": difference,
        "difference_bps": bps,
        "quantity_kg": row.quantity_kg,
        "submitted_by": row.created_by,
        "submitted_at": row.submitted_at,
    }


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Carries out one verb of VERBS on the listing or auction in ``subject`` ("listing:17")."""
    try:
        reason = reason_in(request)
        kind, _sep, number = request.POST.get("subject", "").partition(":")
        action = VERBS.get((request.POST.get("verb", ""), kind))
        if action is None:
            raise BadParameter(name="verb")
        carry_out, done = action
        carry_out(number_in(number), actor_of(request), reason)
        messages.success(request, str(done))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/halls/")


def _approve_listing(number: int, actor: Actor, reason: str) -> None:
    services.approve_listing(actor=actor, listing_id=number, note=reason)


def _refuse_listing(number: int, actor: Actor, reason: str) -> None:
    services.refuse_listing(actor=actor, listing_id=number, reason=reason)


def _take_down(number: int, actor: Actor, reason: str) -> None:
    services.withdraw_by_operator(actor=actor, listing_id=number, reason=reason)


def _approve_auction(number: int, actor: Actor, reason: str) -> None:
    services.approve_auction(actor=actor, auction_id=number, note=reason)


def _approve_and_announce(number: int, actor: Actor, reason: str) -> None:
    services.approve_auction(actor=actor, auction_id=number, note=reason, announce_at_once=True)


def _refuse_auction(number: int, actor: Actor, reason: str) -> None:
    services.refuse_auction(actor=actor, auction_id=number, reason=reason)


def _announce(number: int, actor: Actor, reason: str) -> None:
    services.announce_auction(actor=actor, auction_id=number)


def _pause(number: int, actor: Actor, reason: str) -> None:
    services.pause_auction(actor=actor, auction_id=number, reason=reason)


def _resume(number: int, actor: Actor, reason: str) -> None:
    services.resume_auction(actor=actor, auction_id=number, reason=reason)


def _cancel(number: int, actor: Actor, reason: str) -> None:
    services.cancel_auction(actor=actor, auction_id=number, reason=reason)


VERBS: dict[tuple[str, str], tuple[Callable[[int, Actor, str], None], Any]] = {
    ("approve", "listing"): (_approve_listing, lazy("已通过，正在挂出")),
    ("refuse", "listing"): (_refuse_listing, lazy("已退回")),
    ("withdraw", "listing"): (_take_down, lazy("已撤下")),
    ("approve", "auction"): (_approve_auction, lazy("已通过，可以公告")),
    ("approve_announce", "auction"): (_approve_and_announce, lazy("已通过，随即公告")),
    ("refuse", "auction"): (_refuse_auction, lazy("已退回")),
    ("announce", "auction"): (_announce, lazy("已公告，开始预展")),
    ("pause", "auction"): (_pause, lazy("已暂停")),
    ("resume", "auction"): (_resume, lazy("已恢复")),
    ("cancel", "auction"): (_cancel, lazy("已取消")),
}
"""What the operator can do in the halls, by verb and kind of subject, and the sentence that says so."""
