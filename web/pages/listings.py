"""挂牌大厅: what is for sale and what is wanted, each offer on a page of its own."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from exchange.halls import selectors as halls
from exchange.halls.asking import LISTING_SORTS, ListingFilter
from exchange.halls.overview import earlier_versions
from exchange.halls.types import ListingRow, ListingState, TakeState
from exchange.kernel.errors import JinguoError
from exchange.kernel.money import parse_price
from exchange.markets.selectors import products
from exchange.markets.types import PAYMENTS_BY_WORD, ProductRow
from exchange.trading.selectors import funds_position, goods_positions
from matching.types import Side
from web.api.hall_reads import in_reach
from web.api.hall_rows import side_number
from web.pages import words
from web.pages.access import hall_page, is_operator
from web.pages.credit_words import credit_badges
from web.pages.hall_forms import whole_number
from web.pages.hall_views import (
    MODE_WORDS,
    Names,
    Viewer,
    chains_shown,
    listing_card,
    listing_facts,
    names_for,
    receipt_rows,
    take_ask,
    viewer_of,
)
from web.pages.paging import number_in
from web.pages.photos import offer_photos_shown
from web.pages.quotes import facts_of
from web.pages.settlement_words import PAYMENT

PAGE = 30
STANDARD_KG = 20_000
"""What the take dialog suggests: a standard receipt, one lorry."""
FILTERS = ("county", "size", "grade", "product", "from", "to", "kg", "negotiable", "payment")


@hall_page
@ensure_csrf_cookie
@require_safe
def hall(request: HttpRequest) -> HttpResponse:
    """Open listings of one side, narrowed and sorted."""
    viewer, everything = viewer_of(request), products()
    filters = _filters(request)
    cursor = request.GET.get("cursor")
    page = halls.listings(
        viewer_no=viewer.number,
        wanted=_wanted(filters, everything),
        sort="price" if filters["sort"] == "landed" else filters["sort"],
        offset=0 if cursor is None else number_in(cursor),
        limit=PAGE,
    )
    names = _names(page.rows)
    context = {
        "filters": filters,
        "filtered": any(filters[name] for name in FILTERS),
        "counties": _choices({row.county: words.word(words.COUNTY, row.county) for row in everything}),
        "sizes": sorted({str(row.size_mm) for row in everything}),
        "grades": _choices({row.grade.value: words.word(words.GRADE, row.grade) for row in everything}),
        "products": [{"code": row.code, "name": words.product_name(row)} for row in everything],
        "sorts": _sorts(),
        "payments": list(PAYMENT.items()),
        "cards": [listing_card(row, names, viewer) for row in page.rows],
        "buyer_bps": viewer.fees.buyer_bps,
        "may_list": viewer.may_act,
        "cursor": cursor,
        "next_cursor": None if page.next_offset is None else str(page.next_offset),
    }
    return render(request, "halls/listings.html", context)


def _choices(found: dict[str, str]) -> list[tuple[str, str]]:
    return list(found.items())


def _sorts() -> list[tuple[str, str]]:
    return [
        ("price", _("价格从低到高")),
        ("-price", _("价格从高到低")),
        ("landed", _("到岸价从低到高")),
        ("newest", _("最新挂出")),
        ("-kg", _("数量从多到少")),
        ("ends", _("快到期的")),
    ]


def _filters(request: HttpRequest) -> dict[str, str]:
    """What the reader asked for; a value that makes no sense narrows nothing."""
    filters = {name: request.GET.get(name, "").strip()[:64] for name in (*FILTERS, "sort")}
    filters["side"] = "buy" if request.GET.get("side") == "buy" else "sell"
    if filters["sort"] not in (*LISTING_SORTS, "landed"):
        filters["sort"] = "-price" if filters["side"] == "buy" else "price"
    for name in ("from", "to"):
        if _price(filters[name]) is None:
            filters[name] = ""
    if filters["payment"] not in PAYMENTS_BY_WORD:
        filters["payment"] = ""
    if whole_number(filters["kg"]) is None:
        filters["kg"] = ""
    return filters


def _price(text: str) -> int | None:
    with suppress(JinguoError):
        return parse_price(text)
    return None


def _wanted(filters: dict[str, str], everything: list[ProductRow]) -> ListingFilter:
    fitting = [
        row.number
        for row in everything
        if filters["county"] in ("", row.county)
        and filters["grade"] in ("", row.grade.value)
        and filters["product"] in ("", row.code)
        and (whole_number(filters["size"]) or 0) <= row.size_mm
    ]
    narrowed = any(filters[name] for name in ("county", "grade", "product", "size"))
    return ListingFilter(
        side=side_number(filters["side"]),
        product_numbers=tuple(fitting or [0]) if narrowed else (),
        lowest=_price(filters["from"]),
        highest=_price(filters["to"]),
        least_kg=whole_number(filters["kg"]),
        negotiable=True if filters["negotiable"] else None,
        payment=PAYMENTS_BY_WORD.get(filters["payment"]),
    )


def _names(rows: tuple[ListingRow, ...]) -> Names:
    return names_for({row.account_no for row in rows}, {no for row in rows for no in row.receipt_nos})


# One listing -----------------------------------------------------------------------------------------


@hall_page
@ensure_csrf_cookie
@require_safe
def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """One offer: its price, what stands behind it, and what its two sides say to each other."""
    viewer = viewer_of(request)
    operator = is_operator(request)
    row = halls.listing_by_id(in_reach(listing_id), viewer_no=viewer.number, operator=operator)
    takes = [
        take
        for take in halls.takes_on(row.id, viewer_no=viewer.account_no)
        if take.state == TakeState.PENDING
    ]
    found = halls.chains(row.id, viewer_no=viewer.account_no)
    parties = {row.account_no, *found} | {take.account_no for take in takes}
    names = names_for(parties, row.receipt_nos)
    product = names.products.get(row.product_number)
    mine = row.account_no == viewer.account_no
    badges = credit_badges(names.codes)
    context = {
        "listing": listing_card(row, names, viewer),
        "lister_credit": None if mine else badges.get(row.account_no),
        "fees": viewer.fees,
        "may_answer": viewer.may_act,
        "why_not": viewer.why_not,
        "may_deal": viewer.may_act and not mine and row.state == ListingState.OPEN,
        "may_counter": viewer.may_act and row.negotiable and row.state == ListingState.OPEN,
        "buying": (row.side == Side.SELL) != mine,
        "pending": [
            {**take_ask(take, names, viewer), "credit": badges.get(take.account_no)} for take in takes
        ],
        "chains": [
            {**chain, "credit": badges.get(member_no) if mine else None}
            for chain, member_no in zip(chains_shown(found, row, names, viewer), found, strict=True)
        ],
        "receipts": receipt_rows(row.receipt_nos, names),
        "photos": offer_photos_shown("listings", row, request),
        "deals": _deals(row, viewer, operator=operator),
        "history": _history(row),
        "facts": [] if product is None else facts_of(product),
        "terms": listing_facts(row, viewer.fees),
        **_means(row, viewer),
    }
    return render(request, "halls/listing.html", context)


def _means(row: ListingRow, viewer: Viewer) -> dict[str, Any]:
    """What the reader could deal with: free money, free goods, and a quantity to begin with."""
    goods = {cell.product_number: cell.free_kg for cell in goods_positions(viewer.account_no)}
    free_kg = goods.get(row.product_number, 0)
    most = row.left_kg if row.side == Side.SELL else min(row.left_kg, free_kg)
    suggested = max(row.minimum_kg, min(most, STANDARD_KG) // row.step_kg * row.step_kg)
    return {
        "free_fen": funds_position(viewer.account_no).free if viewer.account_no else 0,
        "free_kg": free_kg,
        "suggested_kg": min(suggested, row.left_kg) or row.left_kg,
    }


def _deals(row: ListingRow, viewer: Viewer, *, operator: bool) -> list[dict[str, Any]]:
    """Deals of the reader's own; the operator sees all."""
    return [
        {
            "at_ns": deal.at_ns,
            "price": deal.price,
            "kg": deal.quantity_kg,
            "mode": str(MODE_WORDS.get(deal.mode, "")),
        }
        for deal in halls.deals_on(row.id, viewer_no=viewer.number, operator=operator)
    ]


def _history(row: ListingRow) -> list[dict[str, Any]]:
    """The versions this listing took the place of, newest first."""
    return [
        {
            "id": version.id,
            "no": version.no,
            "at_ns": version.opened_at_ns or None,
            "price": version.price,
            "kg": version.quantity_kg,
        }
        for version in earlier_versions(row.id)
    ]
