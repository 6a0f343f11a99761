"""Listings and auctions as everybody may read them, and what a member reads of its own."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from exchange.halls import auction_selectors as lots
from exchange.halls import selectors as halls
from exchange.halls.asking import ListingFilter
from exchange.halls.types import (
    AuctionRow,
    EntryRow,
    ListingRow,
    ProposalRow,
    TakeRow,
)
from exchange.kernel.errors import NotFound, UnknownProduct
from exchange.kernel.money import parse_price
from exchange.markets.selectors import products
from exchange.markets.types import PAYMENTS_BY_WORD
from exchange.members.selectors import members_by_account_no
from web.api import hall_rows as rows
from web.api.access import MemberAuth, member_of
from web.api.hall_schemas import (
    AuctionOut,
    AwardOut,
    BidOut,
    EntryOut,
    KindWord,
    ListingOut,
    PaymentWord,
    ProposalOut,
    TakeOut,
)
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT, before, page
from web.api.schemas import Listing, SideWord

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]
Code = Annotated[str | None, Query(max_length=64)]
SortWord = Literal["newest", "price", "-price", "kg", "-kg", "ends"]
StageWord = Literal["preview", "running", "finished"]
MAX_NUMBER = 2**40

hall = Router(tags=["halls"])
"""All of it in one router: an address has one, whatever the method."""
MEMBER = MemberAuth()


def product_codes() -> dict[int, str]:
    """Product codes by number."""
    return {row.number: row.code for row in products(delisted=True)}


def member_codes(*account_nos: int) -> dict[int, str]:
    """Member codes by account number."""
    return {number: row.code for number, row in members_by_account_no(account_nos).items()}


def number_of(code: str | None) -> int | None:
    """Number of a product by code; None for none. Raises UnknownProduct."""
    if code is None:
        return None
    for number, known in product_codes().items():
        if known == code:
            return number
    raise UnknownProduct(code)


def in_reach(number: int) -> int:
    """A number that listings and auctions can have. Raises NotFound."""
    if not 0 < number < MAX_NUMBER:
        raise NotFound(str(number))
    return number


def _page(items: list[dict[str, Any]], next_offset: int | None) -> dict[str, Any]:
    return {"items": items, "next_cursor": None if next_offset is None else str(next_offset)}


def shown_listings(found: tuple[ListingRow, ...]) -> list[dict[str, Any]]:
    """Listings in the API's shape."""
    codes, members = product_codes(), member_codes(*(row.account_no for row in found))
    return [rows.listing(row, codes, members) for row in found]


def shown_auctions(found: tuple[AuctionRow, ...]) -> list[dict[str, Any]]:
    """Auctions in the API's shape."""
    codes, members = product_codes(), member_codes(*(row.account_no for row in found))
    return [rows.auction(row, codes, members) for row in found]


# Listings --------------------------------------------------------------------------------------------


@hall.get("/listings/mine", response=Listing[ListingOut], summary="The member's own listings", auth=MEMBER)
def my_listings(
    request: HttpRequest,
    show: Literal["open", "waiting", "done", "all"] = "all",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Drafts and those in audit too, newest first."""
    account_no = member_of(request).account_no
    found = halls.listings_of(account_no, show=show, offset=before(cursor) or 0, limit=limit)
    return _page(shown_listings(found.rows), found.next_offset)


@hall.get("/listings", response=Listing[ListingOut], summary="Open listings")
def listings(
    request: HttpRequest,
    side: SideWord | None = None,
    product: Code = None,
    lowest_price: Annotated[str | None, Query(max_length=12)] = None,
    highest_price: Annotated[str | None, Query(max_length=12)] = None,
    least_kg: Annotated[int | None, Query(ge=1, le=10**9)] = None,
    negotiable: bool | None = None,
    payment: PaymentWord | None = None,
    sort: SortWord = "newest",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What is for sale and what is wanted, narrowed and sorted."""
    number = number_of(product)
    wanted = ListingFilter(
        side=None if side is None else rows.side_number(side),
        product_numbers=() if number is None else (number,),
        lowest=None if lowest_price is None else parse_price(lowest_price),
        highest=None if highest_price is None else parse_price(highest_price),
        least_kg=least_kg,
        negotiable=negotiable,
        payment=None if payment is None else PAYMENTS_BY_WORD[payment],
    )
    found = halls.listings(wanted=wanted, sort=sort, offset=before(cursor) or 0, limit=limit)
    return _page(shown_listings(found.rows), found.next_offset)


@hall.get("/listings/{listing_id}", response=ListingOut, summary="One listing")
def listing(request: HttpRequest, listing_id: int) -> dict[str, Any]:
    """One listing that is or was in the hall."""
    (shown,) = shown_listings((halls.listing_by_id(in_reach(listing_id)),))
    return shown


@hall.get("/takes", response=Listing[TakeOut], summary="Takes that need the lister's word", auth=MEMBER)
def takes(
    request: HttpRequest,
    of: Literal["mine", "to_answer"] = "mine",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Those the member made, newest first, or those that wait for its word, the most urgent first."""
    account_no = member_of(request).account_no
    if of == "mine":
        found = halls.takes_of(account_no, before=before(cursor), limit=limit + 1)
        next_cursor = found[limit - 1].id if len(found) > limit else None
    else:
        start = before(cursor) or 0
        found = halls.takes_to_answer(account_no)[start : start + limit + 1]
        next_cursor = start + limit if len(found) > limit else None
    codes, members = product_codes(), _parties(found)
    return _page([rows.take(row, codes, members) for row in found[:limit]], next_cursor)


@hall.get("/proposals", response=Listing[ProposalOut], summary="Counter-offers", auth=MEMBER)
def proposals(
    request: HttpRequest,
    of: Literal["mine", "to_answer"] = "mine",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Those the member made, newest first, or those that wait for its answer, the most urgent first."""
    account_no = member_of(request).account_no
    if of == "mine":
        found = halls.proposals_of(account_no, before=before(cursor), limit=limit + 1)
        next_cursor = found[limit - 1].id if len(found) > limit else None
    else:
        start = before(cursor) or 0
        found = halls.proposals_to_answer(account_no)[start : start + limit + 1]
        next_cursor = start + limit if len(found) > limit else None
    codes, members = product_codes(), _parties(found)
    return _page([rows.proposal(row, codes, members) for row in found[:limit]], next_cursor)


def _parties(found: list[TakeRow] | list[ProposalRow]) -> dict[int, str]:
    numbers = {row.account_no for row in found}
    numbers |= {row.lister_no if isinstance(row, TakeRow) else row.other_no for row in found}
    return member_codes(*numbers)


# Auctions --------------------------------------------------------------------------------------------


@hall.get("/auctions/mine", response=Listing[AuctionOut], summary="The member's own auctions", auth=MEMBER)
def my_auctions(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Lots and needs the member put up, drafts too, newest first."""
    found = lots.auctions_of(member_of(request).account_no, offset=before(cursor) or 0, limit=limit)
    return _page(shown_auctions(found.rows), found.next_offset)


@hall.get("/auctions/entries", response=Listing[EntryOut], summary="Auctions the member entered", auth=MEMBER)
def entries(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Bond, fee reserve and what was won, newest first."""
    account_no = member_of(request).account_no
    found = lots.entries_of(account_no, before=before(cursor), limit=limit + 1)
    return page(found, limit, lambda row: _entry(row, account_no), lambda row: row.auction_id)


def _entry(row: EntryRow, account_no: int) -> dict[str, Any]:
    won = [each for each in lots.awards(row.auction_id) if each.account_no == account_no]
    return rows.entry(row, won)


@hall.get("/auctions", response=Listing[AuctionOut], summary="Auctions")
def auctions(
    request: HttpRequest,
    stage: StageWord = "running",
    kind: KindWord | None = None,
    product: Code = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Lots in preview, running or finished."""
    number = number_of(product)
    found = lots.auctions(
        stage=stage,
        kind=None if kind is None else rows.KIND_WORDS[kind],
        product_numbers=() if number is None else (number,),
        offset=before(cursor) or 0,
        limit=limit,
    )
    return _page(shown_auctions(found.rows), found.next_offset)


@hall.get("/auctions/{auction_id}", response=AuctionOut, summary="One auction")
def auction(request: HttpRequest, auction_id: int) -> dict[str, Any]:
    """One auction from its announcement on."""
    (shown,) = shown_auctions((lots.auction_by_id(in_reach(auction_id)),))
    return shown


@hall.get("/auctions/{auction_id}/bids", response=Listing[BidOut], summary="Bids of an auction")
def auction_bids(
    request: HttpRequest, auction_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """The latest bids as they may be seen now, newest first."""
    row = lots.auction_by_id(in_reach(auction_id))
    found = lots.bids(row.id, before=before(cursor), limit=limit + 1)
    return page(found, limit, rows.bid, lambda bid: bid.place)


@hall.get("/auctions/{auction_id}/awards", response=Listing[AwardOut], summary="Winners of an auction")
def auction_awards(request: HttpRequest, auction_id: int) -> dict[str, Any]:
    """Who won how much at which price."""
    row = lots.auction_by_id(in_reach(auction_id))
    return _page([rows.award(each) for each in lots.awards(row.id)], None)


@hall.get("/auctions/{auction_id}/file", response=dict[str, Any], summary="The published bid file")
def auction_file(request: HttpRequest, auction_id: int) -> HttpResponse:
    """Rule, parameters, every bid and the result of a finished auction, byte for byte what was hashed."""
    content, _hash = lots.bid_file(in_reach(auction_id))
    return HttpResponse(content, content_type="application/json")
