"""New listings and auctions: what goes through the tables and the audit before the floor hears of it.

Everything else a member does in the halls is a command of the floor and goes by the order path. Sent again
with the same Idempotency-Key, a request is answered with what it made the first time.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from exchange.halls import selectors as halls
from exchange.halls import services
from exchange.halls.auction_selectors import auction_by_id, entry_of
from exchange.halls.once import once
from exchange.halls.types import NewAuction, NewListing
from exchange.kernel.calendar import ns_of
from exchange.kernel.errors import BadParameter, NotPermitted
from exchange.kernel.money import parse_price, parse_yuan
from exchange.markets.types import PAYMENTS_BY_WORD
from exchange.members.types import MemberIdentity
from matching.desk_types import AuctionParameter, Pricing
from warehouse_receipts.errors import BadReceiptChoice
from warehouse_receipts.selectors import receipts_by_no
from web.api import hall_rows as rows
from web.api.access import actor_of, member_of
from web.api.hall_reads import MEMBER, hall, in_reach, number_of, shown_auctions, shown_listings
from web.api.hall_schemas import AuctionIn, AuctionOut, EntryOut, ListingIn, ListingOut, SupplyIn
from web.ws.order_entry import TRADING_ROLES, idempotency_key

__all__ = ["hall"]

PARAMETERS = {each.name.lower(): each for each in AuctionParameter}
MAX_VALUE = 2**62


def check_may_trade(member: MemberIdentity) -> None:
    """Refuse people and keys that may not list or put up lots. Raises NotPermitted."""
    if member.role not in TRADING_ROLES or "trade" not in member.scopes:
        raise NotPermitted


def _once(request: HttpRequest, what: str, make: Callable[[], int]) -> tuple[int, bool]:
    """Number of what was made, and whether it was made by an earlier request with the same key."""
    key = idempotency_key(request.headers.get("Idempotency-Key"))
    if not key:
        return make(), False
    return once(member_of(request).account_no, f"{what}:{key}", make)


def _moment_ns(moment: datetime, name: str) -> int:
    if moment.tzinfo is None:
        raise BadParameter(name=name)
    return ns_of(moment)


def _product_number(product: str | None, receipts: list[str], account_no: int) -> int:
    """The product of a need, or of the receipts. Raises UnknownProduct, BadParameter, BadReceiptChoice."""
    number = number_of(product)
    if receipts:
        found = receipts_by_no(receipts)
        numbers = {row.product_number for row in found.values() if row.holder_no == account_no}
        if len(numbers) != 1 or number not in (None, *numbers):
            raise BadReceiptChoice(most=100)
        return numbers.pop()
    if number is None:
        raise BadParameter(name="product")
    return number


# Listings --------------------------------------------------------------------------------------------


@hall.post(
    "/listings",
    response={201: ListingOut, 200: ListingOut},
    summary="List goods, or ask for them",
    auth=MEMBER,
)
def list_goods(request: HttpRequest, body: ListingIn) -> tuple[int, dict[str, Any]]:
    """Submits a listing to the audit; once approved, goods or money go on hold and it is shown."""
    who = member_of(request)
    check_may_trade(who)
    terms = _listing(body, who.account_no)

    def make() -> int:
        with transaction.atomic():
            actor = actor_of(request, who)
            row = services.draft_listing(actor=actor, account_no=who.account_no, terms=terms)
            services.submit_listing(actor=actor, account_no=who.account_no, listing_id=row.id)
            return row.id

    number, before = _once(request, "listing", make)
    (shown,) = shown_listings((halls.listing_by_id(number, viewer_no=who.account_no),))
    return (200 if before else 201), shown


@hall.post(
    "/listings/{listing_id}/relist",
    response={201: ListingOut, 200: ListingOut},
    summary="Change a listing: withdraw it and list anew",
    auth=MEMBER,
)
def relist(request: HttpRequest, listing_id: int, body: ListingIn) -> tuple[int, dict[str, Any]]:
    """The listing is withdrawn, the new one takes its place and refers to it."""
    who = member_of(request)
    check_may_trade(who)
    row = halls.listing_by_id(in_reach(listing_id), viewer_no=who.account_no)
    terms = _listing(body, who.account_no, row.product_number)

    def make() -> int:
        actor = actor_of(request, who)
        return services.relist(actor=actor, account_no=who.account_no, listing_id=row.id, terms=terms).id

    number, before = _once(request, f"relist {row.id}", make)
    (shown,) = shown_listings((halls.listing_by_id(number, viewer_no=who.account_no),))
    return (200 if before else 201), shown


def _listing(body: ListingIn, account_no: int, product_number: int | None = None) -> NewListing:
    number = product_number or _product_number(body.product, body.receipts, account_no)
    return NewListing(
        product_number=number,
        side=rows.side_number(body.side),
        price=parse_price(body.price),
        valid_until_ns=_moment_ns(body.valid_until, "valid_until"),
        quantity_kg=body.quantity_kg,
        receipt_nos=tuple(body.receipts),
        minimum_kg=body.minimum_kg,
        negotiable=body.negotiable,
        confirm=body.confirm,
        payment=PAYMENTS_BY_WORD[body.payment],
        invited=tuple(body.invited),
        note=body.note,
        photos=tuple(body.photos),
    )


# Auctions --------------------------------------------------------------------------------------------


@hall.post(
    "/auctions", response={201: AuctionOut, 200: AuctionOut}, summary="Put up a lot, or a need", auth=MEMBER
)
def put_up_lot(request: HttpRequest, body: AuctionIn) -> tuple[int, dict[str, Any]]:
    """Submits an auction to the audit; once approved and announced its parameters stand."""
    who = member_of(request)
    check_may_trade(who)
    terms = NewAuction(
        product_number=_product_number(body.product, body.receipts, who.account_no),
        kind=rows.KIND_WORDS[body.kind],
        start_price=parse_price(body.start_price),
        opens_at_ns=_moment_ns(body.opens_at, "opens_at"),
        parameters=parameters_in(body.parameters),
        side=rows.side_number(body.side),
        title=body.title,
        quantity_kg=body.quantity_kg,
        receipt_nos=tuple(body.receipts),
        note=body.note,
        photos=tuple(body.photos),
    )

    def make() -> int:
        with transaction.atomic():
            actor = actor_of(request, who)
            row = services.draft_auction(actor=actor, account_no=who.account_no, terms=terms)
            services.submit_auction(actor=actor, account_no=who.account_no, auction_id=row.id)
            return row.id

    number, before = _once(request, "auction", make)
    (shown,) = shown_auctions((auction_by_id(number, viewer_no=who.account_no),))
    return (200 if before else 201), shown


def parameters_in(values: dict[str, str | int]) -> dict[AuctionParameter, int]:
    """Parameters by their numbers. Raises BadPrice, BadAmount, BadParameter (naming the parameter)."""
    return {_known(name): _value(name, value) for name, value in values.items()}


def _known(name: str) -> AuctionParameter:
    if name not in PARAMETERS:
        raise BadParameter(name=name[:64])
    return PARAMETERS[name]


def _value(name: str, value: str | int) -> int:
    parameter = _known(name)
    if isinstance(value, int):
        if parameter in rows.PRICES | rows.AMOUNTS | {AuctionParameter.PRICING} or not 0 <= value < MAX_VALUE:
            raise BadParameter(name=name)
        return value
    if parameter in rows.PRICES:
        return parse_price(value)
    if parameter in rows.AMOUNTS:
        return parse_yuan(value)
    if parameter == AuctionParameter.PRICING and value.upper() in Pricing.__members__:
        return Pricing[value.upper()]
    raise BadParameter(name=name)


@hall.post(
    "/auctions/{auction_id}/supply",
    response={201: EntryOut, 200: EntryOut},
    summary="Enter a reverse auction with goods",
    auth=MEMBER,
)
def supply_auction(request: HttpRequest, auction_id: int, body: SupplyIn) -> tuple[int, dict[str, Any]]:
    """The receipts go on hold for it, then bond and fee reserve; the floor's word puts it in force."""
    who = member_of(request)
    check_may_trade(who)
    row = auction_by_id(in_reach(auction_id), viewer_no=who.account_no)

    def make() -> int:
        services.supply(
            actor=actor_of(request, who),
            account_no=who.account_no,
            auction_id=row.id,
            receipt_nos=tuple(body.receipts),
        )
        return row.id

    _number, before = _once(request, f"supply {row.id}", make)
    entry = entry_of(row.id, who.account_no)
    assert entry is not None
    return (200 if before else 201), rows.entry(entry, [])
