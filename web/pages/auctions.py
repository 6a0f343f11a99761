"""竞价大厅: lots in preview, running and finished; one lot with its clock; its result, open to check."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from exchange.halls import auction_selectors as halls
from exchange.halls.errors import NoBidFile
from exchange.halls.overview import stage_counts
from exchange.halls.types import (
    FINISHED_AUCTIONS,
    SHOWN_AUCTIONS,
    AuctionRow,
    AwardRow,
    AwardState,
    EntryRow,
    EntryState,
    HallState,
)
from exchange.kernel.errors import error_for_reason
from exchange.markets.selectors import products
from exchange.trading.selectors import funds_position
from matching.desk_types import AuctionKind, AuctionParameter
from web.api import hall_rows
from web.api.hall_reads import in_reach
from web.pages import words
from web.pages.access import hall_page, is_operator
from web.pages.credit_words import credit_badges
from web.pages.hall_forms import KIND_NAMES
from web.pages.hall_views import (
    Names,
    Viewer,
    award_row,
    bid_row,
    ended_because,
    facts_of_auction,
    lot_card,
    names_for,
    receipt_rows,
    viewer_of,
)
from web.pages.paging import number_in
from web.pages.photos import offer_photos_shown

PAGE = 24
SHOWN_BIDS = 50
ALL_BIDS = 500
NEXT_LOTS = 6
"""How many of the next lots a lot's page shows."""
STAGES = ("running", "preview", "finished")
MAX_ENTRIES = 200


@hall_page
@ensure_csrf_cookie
@require_safe
def hall(request: HttpRequest) -> HttpResponse:
    """Lots of one stage: running (the default), in preview, finished."""
    viewer = viewer_of(request)
    stage = request.GET.get("stage", "running")
    stage = stage if stage in STAGES else "running"
    everything = products()
    numbers = {row.code: row.number for row in everything}
    kind, product = request.GET.get("kind", ""), request.GET.get("product", "")
    cursor = request.GET.get("cursor")
    page = halls.auctions(
        stage=stage,
        kind=hall_rows.KIND_WORDS.get(kind),
        product_numbers=(numbers[product],) if product in numbers else (),
        offset=0 if cursor is None else number_in(cursor),
        limit=PAGE,
    )
    entered = {
        entry.auction_id
        for entry in halls.entries_of(viewer.account_no, limit=MAX_ENTRIES)
        if entry.state == EntryState.ENTERED
    }
    names = names_for({row.account_no for row in page.rows})
    context = {
        "stage": stage,
        "counts": stage_counts(),
        "filters": {"kind": kind, "product": product},
        "kinds": [(word, str(name)) for word, name in KIND_NAMES.items()],
        "products": [{"code": row.code, "name": words.product_name(row)} for row in everything],
        "lots": [lot_card(row, names, viewer, entered=row.id in entered) for row in page.rows],
        "may_list": viewer.may_act,
        "cursor": cursor,
        "next_cursor": None if page.next_offset is None else str(page.next_offset),
    }
    return render(request, "halls/auctions.html", context)


# One lot ---------------------------------------------------------------------------------------------


@hall_page
@ensure_csrf_cookie
@require_safe
def auction(request: HttpRequest, auction_id: int) -> HttpResponse:
    """One lot: the clock, the bids, and for who has entered the forms to bid with."""
    viewer = viewer_of(request)
    row = halls.auction_by_id(in_reach(auction_id), viewer_no=viewer.number, operator=is_operator(request))
    names = names_for({row.account_no}, row.receipt_nos)
    bids = halls.bids(row.id, limit=SHOWN_BIDS)
    awards = halls.awards(row.id)
    entry = halls.entry_of(row.id, viewer.account_no)
    ended = row.state in FINISHED_AUCTIONS
    lot = lot_card(row, names, viewer)
    codes = {number: product.code for number, product in names.products.items()}
    won = frozenset(each.bid_id for each in awards)
    context = {
        "lot": lot,
        "owner_credit": None if lot["mine"] else credit_badges(names.codes).get(row.account_no),
        "lot_data": {
            **hall_rows.auction(row, codes, names.codes),
            **_steps(row, names),
        },
        "states": [state.value for state in SHOWN_AUCTIONS],
        "fees": viewer.fees,
        "account_no": viewer.account_no,
        "member_code": "" if entry is None else str(entry.paddle),
        "may_act": viewer.may_act,
        "why_not": viewer.why_not,
        "mine": _mine(row, entry, viewer),
        "free_fen": funds_position(viewer.account_no).free if viewer.account_no else 0,
        "bids": [bid_row(bid, viewer, won) for bid in bids],
        "best": _best(row, awards),
        "receipts": receipt_rows(row.receipt_nos, names),
        "photos": offer_photos_shown("auctions", row, request),
        "terms": facts_of_auction(row, viewer),
        "next_lots": _next_lots(row, names, viewer),
        "result": _result(row, awards) if ended else None,
    }
    return render(request, "halls/auction.html", context)


def _steps(row: AuctionRow, names: Names) -> dict[str, int]:
    """Step and least kg of a bid as the desk reads them: the product's step where nothing is said."""
    product = names.products.get(row.product_number)
    step = row.parameters.get(AuctionParameter.KG_STEP) or (product.step_kg if product else 1)
    return {"kg_step": step, "minimum_kg": row.parameters.get(AuctionParameter.MIN_TAKE) or step}


def _mine(row: AuctionRow, entry: EntryRow | None, viewer: Viewer) -> dict[str, Any]:
    """Where the reader stands in the auction."""
    mine: dict[str, Any] = {"owner": row.account_no == viewer.account_no and viewer.account_no != 0}
    if entry is None or entry.state != EntryState.ENTERED:
        preparing = entry is not None and entry.state == EntryState.PREPARING
        failure = ended_because(0, entry.failure, "") if entry is not None else ""
        return {**mine, "entered": False, "preparing": preparing, "failure": failure}
    own = halls.bids_by(row.id, entry.account_no)
    latest = own[0] if own else None
    award = next((each for each in halls.awards(row.id) if each.account_no == entry.account_no), None)
    due = award if award is not None and award.state == AwardState.DUE else None
    offered = award if award is not None and award.state == AwardState.OFFERED else None
    waits = due or offered
    most_kg = entry.quantity_kg or row.quantity_kg
    if row.kind == AuctionKind.CLOCK and latest is not None and latest.quantity_kg:
        most_kg = min(most_kg, latest.quantity_kg)
    return {
        **mine,
        "entered": True,
        "paddle": entry.paddle,
        "kg": entry.quantity_kg or row.quantity_kg,
        "most_kg": most_kg,
        "suggested_kg": min(entry.quantity_kg or row.quantity_kg, row.left_kg or row.quantity_kg),
        "bond_fen": entry.bond_fen,
        "fee_reserve_fen": entry.fee_reserve_fen,
        "standing_price": latest.price if latest and latest.price else None,
        "leading": latest is not None and bool(row.price) and latest.price == row.price,
        "may_leave": viewer.may_act and latest is None,
        "due_fen": due.due_fen if due else None,
        "due_ns": waits.deadline_ns if waits else None,
        "offered_price": offered.price if offered else None,
        "offered_kg": offered.quantity_kg if offered else None,
    }


def _best(row: AuctionRow, awards: list[AwardRow]) -> dict[str, int] | None:
    """The bid the owner decides about."""
    if row.state != HallState.DECIDING or not row.price:
        return None
    return {"price": row.price, "kg": awards[0].quantity_kg if awards else row.left_kg}


def _next_lots(row: AuctionRow, names: Names, viewer: Viewer) -> list[dict[str, Any]]:
    following = halls.next_lots(row.id, limit=NEXT_LOTS)
    return [lot_card(each, names, viewer) for each in following]


# The result ------------------------------------------------------------------------------------------


def _result(row: AuctionRow, awards: list[AwardRow]) -> dict[str, Any]:
    sold = [award_row(each) for each in awards if each.state in (AwardState.PAID, AwardState.AWARDED)]
    why = "" if sold or not row.reason else error_for_reason(row.reason).message(words.language())
    words_of_state = {
        HallState.AWARDED: _("已成交"),
        HallState.UNSOLD: _("流拍"),
        HallState.CANCELLED: _("已取消"),
    }
    facts = [(_("结果"), words_of_state[row.state])]
    facts += [(_("原因"), why)] if why else []
    return {"facts": facts, "awards": sold, "why": why, "file_hash": row.file_hash}


@hall_page
@require_safe
def result(request: HttpRequest, auction_id: int) -> HttpResponse:
    """A finished lot: who won, every bid, and how to verify it. Raises NotFound before the end."""
    viewer = viewer_of(request)
    row = halls.auction_by_id(in_reach(auction_id))
    if row.state not in FINISHED_AUCTIONS:
        raise NoBidFile
    names = names_for({row.account_no})
    awards = halls.awards(row.id)
    context = {
        "lot": lot_card(row, names, viewer),
        "result": _result(row, awards),
        "bids": [bid_row(bid, viewer) for bid in halls.bids(row.id, limit=ALL_BIDS)],
        "terms": facts_of_auction(row, viewer),
    }
    return render(request, "halls/result.html", context)


@hall_page
@require_safe
def bid_file(request: HttpRequest, auction_id: int) -> HttpResponse:
    """The published bid file, byte for byte what its hash was made of. Raises NotFound before the end."""
    row = halls.auction_by_id(in_reach(auction_id))
    content, _hash = halls.bid_file(row.id)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{row.no}.json"'
    return response
