"""A crowd for one lot: members with money, and an English auction they may enter, on a demo exchange.

For load runs and for showing a full hall. Members stay; each call makes a new auction.
"""

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from django.db import transaction

from exchange.halls import services as halls
from exchange.halls.auction_selectors import auction_by_id
from exchange.halls.types import AuctionRow, HallState, NewAuction
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_S, now_ns
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow
from exchange.members import services as members
from exchange.members.selectors import member_by_code
from exchange.members.uscc import make_uscc
from exchange.ops.demo import OPERATORS, exists, register
from exchange.ops.demo_data import GROWERS, DemoMember
from exchange.trading.selectors import funds_position
from matching.desk_types import AuctionKind, AuctionParameter
from matching.types import Side
from settlement import services as settlement
from warehouse_receipts.selectors import receipts_of

YUAN_EACH = 1_000_000
LOT_KG = 20_000
STEP_FEN = 1
SOFT_CLOSE_NS = 5 * NS_PER_S
BOND_FEN_PER_T = 10_000
FEE_RESERVE_FEN_PER_T = 2_000
FIRST_SERIAL = 61_050_000
WAIT_S = 120.0
_POLL_S = 0.2

CITY, DIVISION = "西安市未央区", "610112"

_Found = TypeVar("_Found")


class CrowdMember(NamedTuple):
    """A member of the crowd with its API key."""

    code: str
    key: str


class Crowd(NamedTuple):
    """Who may bid, and for what; the start price in fen per kg, times in epoch ns."""

    auction: int
    product: str
    start_fen: int
    step_fen: int
    opens_at_ns: int
    members: list[CrowdMember]


class NothingToSell(Exception):
    """No demo grower has a receipt that can be auctioned."""


class TooSlow(Exception):
    """The exchange did not do its part in time: it is not running, or stopped."""


def gather(count: int, *, opens_in_s: float, lasts_s: float) -> Crowd:
    """Makes the members that do not exist yet and an announced auction. Raises NothingToSell, TooSlow.

    The exchange must be running: its bank pays the members in, and its floor announces the auction.
    """
    crowd = [_member(place) for place in range(1, count + 1)]
    for member in crowd:
        if not exists(member):
            _admit(member)
    last = member_by_code(crowd[-1].code).account_no
    _wait("the members' money", lambda: funds_position(last).free or None)
    auction = _announced(opens_in_s, lasts_s)
    product = next(row for row in products() if row.number == auction.product_number)
    return Crowd(
        auction.id,
        product.code,
        auction.start_price,
        STEP_FEN,
        auction.opens_at_ns,
        [CrowdMember(member.code, members.demo_api_key(member.code)) for member in crowd],
    )


def _member(place: int) -> DemoMember:
    return DemoMember(f"C{place:04d}", f"西安渭滨鲜果商行第{place}号", "dealer", CITY, DIVISION)


@transaction.atomic
def _admit(member: DemoMember) -> None:
    uscc = make_uscc(division=member.division, serial=FIRST_SERIAL + int(member.code[1:]), authority="91")
    row = register(member, "张会员", member.county, uscc)
    settlement.deposit(
        actor=Actor("demo"),
        account_no=row.account_no,
        amount_fen=YUAN_EACH * 100,
        bank=settlement.settlement_bank(),
    )


def _announced(opens_in_s: float, lasts_s: float) -> AuctionRow:
    """A lot of the first grower who has one, drafted by his trader and approved by the operator."""
    account_no, trader, product, receipt_no = _something_to_sell()
    terms = NewAuction(
        product_number=product.number,
        kind=AuctionKind.ENGLISH,
        start_price=product.reference_price,
        opens_at_ns=now_ns() + int(opens_in_s * NS_PER_S),
        parameters={
            AuctionParameter.STEP: STEP_FEN,
            AuctionParameter.DURATION_NS: int(lasts_s * NS_PER_S),
            AuctionParameter.SOFT_CLOSE_NS: SOFT_CLOSE_NS,
            AuctionParameter.EXTENSION_NS: SOFT_CLOSE_NS,
            AuctionParameter.MAX_EXTENSIONS: 10,
            AuctionParameter.BOND_FEN_PER_T: BOND_FEN_PER_T,
            AuctionParameter.FEE_RESERVE_FEN_PER_T: FEE_RESERVE_FEN_PER_T,
        },
        side=Side.SELL,
        title="专场竞价",
        quantity_kg=LOT_KG,
        receipt_nos=(receipt_no,),
    )
    row = halls.draft_auction(actor=Actor(trader), account_no=account_no, terms=terms)
    halls.submit_auction(actor=Actor(trader), account_no=account_no, auction_id=row.id)
    operator = Actor(OPERATORS[0].username)
    halls.approve_auction(actor=operator, auction_id=row.id, announce_at_once=True)
    return _wait("the announcement", lambda: _shown(row.id))


def _shown(auction_id: int) -> AuctionRow | None:
    row = auction_by_id(auction_id, operator=True)
    if row.state == HallState.FAILED:
        raise TooSlow(f"the auction failed: {row.failure or row.reason}")
    return row if row.state in (HallState.ANNOUNCED, HallState.OPEN) else None


def _something_to_sell() -> tuple[int, str, ProductRow, str]:
    """Account and trader of a grower, a product, and a receipt that is free."""
    for grower in GROWERS:
        if not exists(grower):
            continue
        account_no = member_by_code(grower.code).account_no
        for product in products():
            for receipt in receipts_of(account_no, product_number=product.number):
                if receipt.free_kg == receipt.kg >= LOT_KG:
                    return account_no, grower.code.lower(), product, receipt.receipt_no
    raise NothingToSell


def _wait(what: str, look: Callable[[], _Found | None]) -> _Found:
    until = time.monotonic() + WAIT_S
    while (found := look()) is None:
        if time.monotonic() > until:
            raise TooSlow(f"waited {WAIT_S:.0f} s for {what}")
        time.sleep(_POLL_S)
    return found
