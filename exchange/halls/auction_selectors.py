"""Reading 竞价大厅: auctions, who entered, bids, awards, the published bid file.

An auction is public from its announcement on; before that its owner and the operator see it. ``AuctionRow``
carries the hidden reserve: faces show ``public_parameters``. Bidders are shown by their paddles, and sealed
bids as the desk tells them: without price and kg until the end.
"""

from django.db.models import Count, Q, QuerySet

from exchange.halls.asking import AuctionPage
from exchange.halls.errors import NoBidFile
from exchange.halls.models import Auction, Award, Bid, DeskHold, Entry
from exchange.halls.types import (
    FINISHED_AUCTIONS,
    RUNNING_AUCTIONS,
    SHOWN_AUCTIONS,
    AuctionRow,
    AwardRow,
    AwardState,
    BidRow,
    EntryRow,
    EntryState,
    HallState,
)
from exchange.kernel.errors import error_for_reason
from matching.desk_events import DeskReason
from matching.desk_types import AuctionKind, AuctionParameter, HoldKind

MAX_ROWS = 501
"""Most rows of one answer: a page of the API, and one more that tells of the next."""

STAGES: dict[str, tuple[HallState, ...]] = {
    "preview": (HallState.ANNOUNCED,),
    "running": RUNNING_AUCTIONS,
    "finished": FINISHED_AUCTIONS,
    "waiting": (HallState.DRAFT, HallState.SUBMITTED, HallState.APPROVED),
}
"""What a hall or a desk shows at once."""


def auctions(
    *,
    stage: str = "running",
    product_numbers: tuple[int, ...] = (),
    kind: AuctionKind | None = None,
    side: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> AuctionPage:
    """Public auctions of a stage (preview, running, finished, or all): the next ones first."""
    states = STAGES.get(stage, SHOWN_AUCTIONS) if stage != "waiting" else ()
    rows = Auction.objects.filter(state__in=states, opens_at_ns__gt=0).exclude(Q(defined=False))
    if product_numbers:
        rows = rows.filter(product_number__in=product_numbers)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if side is not None:
        rows = rows.filter(side=side)
    finished = stage == "finished"
    return _page(
        rows.order_by(*(("-ended_at_ns", "-id") if finished else ("opens_at_ns", "id"))), offset, limit
    )


def next_lots(auction_id: int, *, limit: int = 5) -> list[AuctionRow]:
    """Announced auctions that open after this one."""
    rows = Auction.objects.filter(state=HallState.ANNOUNCED).exclude(pk=auction_id)
    return [auction_row(row) for row in _counted(rows).order_by("opens_at_ns", "id")[:limit]]


def auction_by_id(auction_id: int, *, viewer_no: int | None = None, operator: bool = False) -> AuctionRow:
    """An auction the viewer may see. Raises UnknownAuction."""
    rows = Auction.objects.filter(pk=auction_id)
    if not operator:
        own = Q(pk__in=[]) if viewer_no is None else Q(account_no=viewer_no)
        rows = rows.filter(Q(state__in=SHOWN_AUCTIONS, defined=True) | own)
    auction = _counted(rows).first()
    if auction is None:
        raise error_for_reason(DeskReason.UNKNOWN_AUCTION)
    return auction_row(auction)


def auctions_of(account_no: int, *, stage: str = "all", offset: int = 0, limit: int = 50) -> AuctionPage:
    """A member's own auctions, newest first."""
    rows = Auction.objects.filter(account_no=account_no)
    if stage in STAGES:
        rows = rows.filter(state__in=STAGES[stage])
    return _page(rows.order_by("-id"), offset, limit)


def auctions_for_operator(*, stage: str = "all", offset: int = 0, limit: int = 50) -> AuctionPage:
    """Every auction of a stage (also "waiting"), newest first."""
    rows = Auction.objects.all()
    if stage in STAGES:
        rows = rows.filter(state__in=STAGES[stage])
    return _page(rows.order_by("-id"), offset, limit)


def auctions_to_check(*, offset: int = 0, limit: int = 50) -> AuctionPage:
    """What waits for the operator's approval, the one that opens first before the others."""
    rows = Auction.objects.filter(state=HallState.SUBMITTED)
    return _page(rows.order_by("opens_at_ns", "id"), offset, limit)


def _counted(rows: QuerySet[Auction]) -> QuerySet[Auction]:
    entered = Count("entries", filter=Q(entries__state=EntryState.ENTERED))
    return rows.defer("file").annotate(entered_count=entered)


def _page(rows: QuerySet[Auction], offset: int, limit: int) -> AuctionPage:
    start, count = max(0, offset), max(1, min(limit, MAX_ROWS))
    found = list(_counted(rows)[start : start + count + 1])
    more = start + count if len(found) > count else None
    return AuctionPage(tuple(map(auction_row, found[:count])), more, rows.count())


def auction_row(auction: Auction) -> AuctionRow:
    """An auction as it leaves the package."""
    entered = getattr(auction, "entered_count", None)
    return AuctionRow(
        id=auction.pk,
        no=str(auction),
        account_no=auction.account_no,
        product_number=auction.product_number,
        side=auction.side,
        kind=AuctionKind(auction.kind),
        title=auction.title,
        start_price=auction.start_price,
        quantity_kg=auction.quantity_kg,
        opens_at_ns=auction.opens_at_ns,
        parameters={AuctionParameter(int(key)): value for key, value in auction.parameters.items()},
        receipt_nos=tuple(auction.receipt_nos),
        set_aside_id=auction.set_aside_id,
        photos=tuple(auction.photos),
        note=auction.note,
        state=HallState(auction.state),
        defined=auction.defined,
        reason=auction.reason,
        failure=auction.failure,
        audit_note=auction.audit_note,
        epoch=auction.epoch,
        price=auction.price,
        left_kg=auction.left_kg,
        until_ns=auction.until_ns,
        round=auction.round,
        bids=auction.bids,
        leader_no=auction.leader_no,
        reserve_met=auction.reserve_met,
        extensions=auction.extensions,
        entered=auction.entries.filter(state=EntryState.ENTERED).count() if entered is None else entered,
        file_hash=auction.file_hash,
        created_by=auction.created_by,
        created_at=auction.created_at,
        submitted_at=auction.submitted_at,
        checked_by=auction.checked_by,
        checked_at=auction.checked_at,
        ended_at_ns=auction.ended_at_ns,
    )


# Bidders ---------------------------------------------------------------------------------------------


def entry_of(auction_id: int, account_no: int) -> EntryRow | None:
    """Where a member stands in an auction; None: never entered."""
    entry = Entry.objects.filter(auction_id=auction_id, account_no=account_no).first()
    return None if entry is None else entry_row(entry)


def entries_of(account_no: int, *, before: int | None = None, limit: int = 50) -> list[EntryRow]:
    """The auctions a member entered, newest first; `before` is the number of one of them."""
    rows = Entry.objects.filter(account_no=account_no)
    if before is not None:
        rows = rows.filter(auction_id__lt=before)
    return [entry_row(entry) for entry in rows.order_by("-auction_id")[: min(limit, MAX_ROWS)]]


def entries_in(auction_id: int) -> list[EntryRow]:
    """Everybody in an auction, by paddle; for the operator."""
    return [
        entry_row(entry) for entry in Entry.objects.filter(auction_id=auction_id).order_by("paddle", "id")
    ]


def paddles_of(auction_id: int) -> dict[int, int]:
    """Paddles by account."""
    rows = Entry.objects.filter(auction_id=auction_id, paddle__gt=0)
    return dict(rows.values_list("account_no", "paddle"))


def entry_row(entry: Entry) -> EntryRow:
    """An entry as it leaves the package, with what is on hold for it now."""
    held = DeskHold.objects.filter(
        account_no=entry.account_no,
        number=entry.auction_id,
        kind__in=(HoldKind.BOND, HoldKind.FEE_RESERVE),
    )
    holds: dict[int, int] = dict(held.values_list("kind", "quantity"))
    return EntryRow(
        auction_id=entry.auction_id,
        account_no=entry.account_no,
        paddle=entry.paddle,
        state=EntryState(entry.state),
        quantity_kg=entry.quantity_kg,
        bond_fen=holds.get(HoldKind.BOND, 0),
        fee_reserve_fen=holds.get(HoldKind.FEE_RESERVE, 0),
        set_aside_id=entry.set_aside_id,
        failure=entry.failure,
        at_ns=entry.at_ns,
    )


def bids(auction_id: int, *, before: int | None = None, limit: int = 100) -> list[BidRow]:
    """The latest bids, newest first, as everybody may see them; `before` is the place of one."""
    rows = Bid.objects.filter(auction_id=auction_id)
    if before is not None:
        rows = rows.filter(place__lt=before)
    paddles = paddles_of(auction_id)
    return [_bid(row, paddles) for row in rows.order_by("-place")[: max(1, min(limit, MAX_ROWS))]]


def bids_by(auction_id: int, account_no: int) -> list[BidRow]:
    """A member's own bids in an auction, newest first; hidden ones without price, too: only he has it."""
    rows = Bid.objects.filter(auction_id=auction_id, account_no=account_no).order_by("-place")
    paddles = paddles_of(auction_id)
    return [_bid(row, paddles) for row in rows]


def _bid(row: Bid, paddles: dict[int, int]) -> BidRow:
    return BidRow(
        id=row.number,
        auction_id=row.auction_id,
        account_no=row.account_no,
        paddle=paddles.get(row.account_no, 0),
        price=row.price,
        quantity_kg=row.quantity_kg,
        round=row.round,
        by_proxy=row.by_proxy,
        hidden=row.hidden,
        at_ns=row.at_ns,
        seq=row.seq,
        place=row.place,
    )


# Results ---------------------------------------------------------------------------------------------


def awards(auction_id: int) -> list[AwardRow]:
    """Whom an auction was awarded to or offered, oldest first."""
    paddles = paddles_of(auction_id)
    return [
        AwardRow(
            id=row.pk,
            auction_id=row.auction_id,
            account_no=row.account_no,
            paddle=paddles.get(row.account_no, 0),
            price=row.price,
            quantity_kg=row.quantity_kg,
            bid_id=row.bid,
            state=AwardState(row.state),
            reason=row.reason,
            due_fen=row.due_fen,
            deadline_ns=row.deadline_ns,
            forfeited_fen=row.forfeited_fen,
            deal=row.deal,
            at_ns=row.at_ns,
        )
        for row in Award.objects.filter(auction_id=auction_id).order_by("id")
    ]


def bid_file(auction_id: int) -> tuple[str, str]:
    """The published bid file of an auction that has ended (canonical JSON) and its SHA-256.

    Raises UnknownAuction, NoBidFile before the end.
    """
    found = Auction.objects.filter(pk=auction_id, state__in=SHOWN_AUCTIONS).values_list("file", "file_hash")
    row = found.first()
    if row is None:
        raise error_for_reason(DeskReason.UNKNOWN_AUCTION)
    if not row[0]:
        raise NoBidFile
    return row
