"""The demo market's halls: a few listings and an auction of each kind around the present time.

Made through the same services as real business: a member's trader drafts and submits, the operator approves.
Each offer of goods brings its own small lot into the store, so that what others sell by the hundred tonnes
stays where it is. `fill` makes them when no others stand, so the halls of a demo are never empty for long.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from django.db import transaction

from exchange.halls import services as halls
from exchange.halls.auction_selectors import auctions_for_operator
from exchange.halls.selectors import listings, listings_to_check
from exchange.halls.types import HallState, NewAuction, NewListing
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_S, now_ns
from exchange.markets.selectors import product_by_code
from exchange.markets.types import ProductRow
from exchange.members.selectors import member_by_code
from exchange.members.types import MemberRow
from exchange.ops.demo import DEMO, OPERATORS, exists
from exchange.ops.demo_data import BUYERS, GROWERS, PRODUCTS, DemoProduct
from exchange.ops.demo_store import bring_to_store
from matching.desk_types import WITH_BOND, AuctionKind, AuctionParameter, Pricing
from matching.types import Side
from warehouse_receipts.selectors import receipts_of

CHECKER = Actor(OPERATORS[0].username)
TONNES = 20
KG_PER_T = 1_000
MINUTE_NS = 60 * NS_PER_S
DAY_NS = 24 * 60 * MINUTE_NS

OF = AuctionParameter
ENTRY = {OF.BOND_FEN_PER_T: 20_000, OF.FEE_RESERVE_FEN_PER_T: 2_000}
SOFT = {OF.SOFT_CLOSE_NS: 2 * MINUTE_NS, OF.EXTENSION_NS: 2 * MINUTE_NS, OF.MAX_EXTENSIONS: 10}
ENGLISH = {OF.STEP: 2, OF.DURATION_NS: 30 * MINUTE_NS, OF.MAX_STEP: 40} | SOFT | ENTRY


class DemoListing(NamedTuple):
    """An offer: whose (place among growers or buyers), of what, and how far from the reference price."""

    member: int
    product: int
    side: Side
    away_fen: int
    negotiable: bool = False
    confirm: bool = False
    note: str = ""
    payment: int = 0


class DemoAuction(NamedTuple):
    """A lot: whose, of what, how, from which distance to the reference price, opening in minutes."""

    member: int
    product: int
    kind: AuctionKind
    away_fen: int
    opens_in: int
    parameters: dict[OF, int]
    side: Side = Side.SELL
    title: str = ""


_Offer = TypeVar("_Offer", DemoListing, DemoAuction)

LISTINGS = (
    DemoListing(0, 0, Side.SELL, 4, note="一口价，整车起装"),
    DemoListing(1, 3, Side.SELL, 8, negotiable=True, note="量大可议"),
    DemoListing(2, 1, Side.SELL, 6, negotiable=True, confirm=True, note="确认后装车"),
    DemoListing(3, 0, Side.SELL, 5, negotiable=True, note="先付一成定金，尾款次日付清", payment=WITH_BOND),
    DemoListing(0, 0, Side.BUY, -6, negotiable=True, note="长期收 80 以上纸袋"),
)

AUCTIONS = (
    DemoAuction(0, 0, AuctionKind.ENGLISH, -20, 2, ENGLISH | {OF.RESERVE: 0}, title="旬邑红富士专场"),
    DemoAuction(
        3, 1, AuctionKind.DUTCH, 20, 4,
        {OF.STEP: 1, OF.TICK_NS: 5 * NS_PER_S, OF.MIN_TAKE: 1_000, OF.RAISE_FEN: 5, OF.ROUNDS: 2} | ENTRY,
        title="降价钟专场",
    ),
    DemoAuction(
        4, 0, AuctionKind.SEALED, -20, 1,
        {OF.STEP: 1, OF.DURATION_NS: 60 * MINUTE_NS, OF.PRICING: Pricing.SECOND} | ENTRY,
        title="密封报价专场",
    ),
    DemoAuction(
        5, 2, AuctionKind.CLOCK, -20, 6,
        {OF.STEP: 5, OF.DURATION_NS: 3 * MINUTE_NS, OF.MIN_TAKE: 1_000} | ENTRY,
        title="多轮竞价专场",
    ),
    DemoAuction(1, 0, AuctionKind.ENGLISH, 20, 3, ENGLISH, Side.BUY, title="超市采购 20 吨"),
)  # fmt: skip


def fill() -> int:
    """Makes listings where none stand and auctions where none are to come; how many offers were made."""
    if not all(exists(member) for member in (*GROWERS, *BUYERS)):
        return 0
    made = 0
    if not listings(limit=1).rows and not listings_to_check(limit=1).rows:
        made += _make_all(LISTINGS, _list)
    states = (HallState.SUBMITTED, HallState.APPROVED, HallState.ANNOUNCED, HallState.OPEN)
    if all(row.state not in states for row in auctions_for_operator(limit=50).rows):
        made += _make_all(AUCTIONS, _put_up)
    return made


def _make_all(offers: Sequence[_Offer], make: Callable[[_Offer], None]) -> int:
    for offer in offers:
        with transaction.atomic():
            make(offer)
    return len(offers)


def _parties(offer: DemoListing | DemoAuction) -> tuple[MemberRow, DemoProduct, ProductRow]:
    member = (GROWERS if offer.side == Side.SELL else BUYERS)[offer.member]
    cell = PRODUCTS[offer.product]
    return member_by_code(member.code), cell, product_by_code(cell.code)


def _trader(member: MemberRow) -> Actor:
    return Actor(member.code.lower())


def _fresh_receipt(member: MemberRow, cell: DemoProduct, product: ProductRow) -> tuple[str, ...]:
    """One lot of its own, brought in, inspected and receipted."""
    bring_to_store(member, cell, product, TONNES, actor=DEMO)
    return (receipts_of(member.account_no, product_number=product.number, limit=1)[0].receipt_no,)


def _list(offer: DemoListing) -> None:
    member, cell, product = _parties(offer)
    sells = offer.side == Side.SELL
    terms = NewListing(
        product_number=product.number,
        side=offer.side,
        price=product.reference_price + offer.away_fen,
        valid_until_ns=now_ns() + 3 * DAY_NS,
        quantity_kg=0 if sells else TONNES * KG_PER_T,
        receipt_nos=_fresh_receipt(member, cell, product) if sells else (),
        minimum_kg=KG_PER_T,
        negotiable=offer.negotiable,
        confirm=offer.confirm,
        payment=offer.payment,
        note=offer.note,
    )
    row = halls.draft_listing(actor=_trader(member), account_no=member.account_no, terms=terms)
    halls.submit_listing(actor=_trader(member), account_no=member.account_no, listing_id=row.id)
    halls.approve_listing(actor=CHECKER, listing_id=row.id, note="演示市场")


def _put_up(offer: DemoAuction) -> None:
    member, cell, product = _parties(offer)
    sells = offer.side == Side.SELL
    parameters = dict(offer.parameters)
    if offer.kind == AuctionKind.DUTCH:
        parameters[OF.FLOOR] = product.reference_price - offer.away_fen
    if OF.RESERVE in parameters:
        parameters[OF.RESERVE] = product.reference_price
    terms = NewAuction(
        product_number=product.number,
        kind=offer.kind,
        start_price=product.reference_price + offer.away_fen,
        opens_at_ns=now_ns() + offer.opens_in * MINUTE_NS,
        parameters=parameters,
        side=offer.side,
        title=offer.title,
        quantity_kg=0 if sells else TONNES * KG_PER_T,
        receipt_nos=_fresh_receipt(member, cell, product) if sells else (),
    )
    row = halls.draft_auction(actor=_trader(member), account_no=member.account_no, terms=terms)
    halls.submit_auction(actor=_trader(member), account_no=member.account_no, auction_id=row.id)
    halls.approve_auction(actor=CHECKER, auction_id=row.id, note="演示市场", announce_at_once=True)
