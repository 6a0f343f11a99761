"""Auctions that ended, with what everybody in them did: what the surveillance looks for rings in."""

from collections import defaultdict
from typing import NamedTuple

from exchange.halls.models import Auction, Award, Bid, Entry
from exchange.halls.types import AwardState, EntryState, HallState
from matching.desk_types import AuctionKind
from matching.types import Side

WON = (AwardState.AWARDED, AwardState.DUE, AwardState.PAID, AwardState.DEFAULTED)


class ContestRow(NamedTuple):
    """An auction that found a winner; accounts by number, prices in fen per kg."""

    auction_id: int
    product_number: int
    owner_no: int
    side: int
    start_price: int
    ended_at_ns: int
    entered: tuple[int, ...]
    left: tuple[int, ...]
    best_bids: tuple[tuple[int, int], ...]
    """(member, its best opened price), of those who bid."""
    winners: tuple[int, ...]


def contests(start_ns: int, end_ns: int) -> list[ContestRow]:
    """Auctions awarded in a span of time, Dutch ones apart: there only a winner bids."""
    auctions = list(
        Auction.objects.filter(state=HallState.AWARDED, ended_at_ns__gte=start_ns, ended_at_ns__lt=end_ns)
        .exclude(kind=int(AuctionKind.DUTCH))
        .order_by("pk")
    )
    numbers = [auction.pk for auction in auctions]
    entries: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for auction_id, account, state in Entry.objects.filter(
        auction__in=numbers, state__in=[EntryState.ENTERED, EntryState.LEFT]
    ).values_list("auction_id", "account_no", "state"):
        entries[auction_id].append((account, state))
    bids: dict[int, list[tuple[int, int]]] = defaultdict(list)
    opened = Bid.objects.filter(auction__in=numbers, price__gt=0)
    for auction_id, account, price in opened.values_list("auction_id", "account_no", "price"):
        bids[auction_id].append((account, price))
    winners: dict[int, set[int]] = defaultdict(set)
    won = Award.objects.filter(auction__in=numbers, state__in=WON)
    for auction_id, account in won.values_list("auction_id", "account_no"):
        winners[auction_id].add(account)
    return [
        ContestRow(
            auction_id=auction.pk,
            product_number=auction.product_number,
            owner_no=auction.account_no,
            side=auction.side,
            start_price=auction.start_price,
            ended_at_ns=auction.ended_at_ns,
            entered=tuple(sorted({account for account, _ in entries[auction.pk]})),
            left=tuple(sorted(a for a, state in entries[auction.pk] if state == EntryState.LEFT)),
            best_bids=_best(bids[auction.pk], auction.side),
            winners=tuple(sorted(winners[auction.pk])),
        )
        for auction in auctions
    ]


def _best(bids: list[tuple[int, int]], side: int) -> tuple[tuple[int, int], ...]:
    best: dict[int, int] = {}
    for account, price in bids:
        better = min if side == Side.BUY else max
        best[account] = better(best.get(account, price), price)
    return tuple(sorted(best.items()))
