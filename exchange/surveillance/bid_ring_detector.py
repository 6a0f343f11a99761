"""The detector over auctions: members who share lots out among themselves instead of bidding.

A pure function of plain rows and parameters. What it finds is a reason to look, never a verdict.
"""

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

from exchange.surveillance.parameters import Parameters
from exchange.surveillance.types import AuctionFact, Facts, Finding, Kind
from matching.types import Side

Pair = tuple[int, int]


def bid_rings(facts: Facts, parameters: Parameters) -> list[Finding]:
    """串通竞价: the same bidders, taking turns to win, the others there for show.

    Catches members who, two by two, entered ``ring_auctions`` or more auctions of the last ``ring_days``
    together in which one of the two won and the other withdrew, never bid, or bid within ``ring_token_bps``
    of the start price, while each of the two won at least once. Pairs that share a member are one ring; it
    is told on a day on which one of its auctions ended. Dutch auctions, where only a winner bids, are not
    read. Cannot see a ring whose losers stay away or bid well, nor bidders who simply lost interest.
    """
    together: dict[Pair, list[tuple[AuctionFact, int]]] = defaultdict(list)
    for auction in sorted(facts.auctions, key=lambda each: each.auction_id):
        for pair in combinations(sorted(set(auction.entered)), 2):
            winner = _uncontested(auction, pair, parameters.ring_token_bps)
            if winner:
                together[pair].append((auction, winner))
    suspicious = {
        pair: auctions
        for pair, auctions in together.items()
        if len(auctions) >= parameters.ring_auctions and {winner for _, winner in auctions} == set(pair)
    }
    return [
        finding
        for members in _rings(suspicious)
        if (finding := _ring_found(facts, members, suspicious)) is not None
    ]


def _uncontested(auction: AuctionFact, pair: Pair, token_bps: int) -> int:
    """Who of the two won against a loser who was there for show; 0 when neither did."""
    won = [account for account in pair if account in auction.winners]
    if len(won) != 1:
        return 0
    loser = pair[0] if won[0] == pair[1] else pair[1]
    best = dict(auction.best_bids).get(loser)
    if loser in auction.left or best is None:
        return won[0]
    return won[0] if _is_token(auction, best, token_bps) else 0


def _is_token(auction: AuctionFact, best: int, token_bps: int) -> bool:
    """Whether a bid says no more than the start price does; a reverse auction goes down."""
    better = auction.start_price - best if auction.side == Side.BUY else best - auction.start_price
    return better * 10_000 <= token_bps * auction.start_price


def _rings(pairs: Mapping[Pair, object]) -> list[tuple[int, ...]]:
    """Members joined by the pairs, each ring in order."""
    rings: list[set[int]] = []
    for pair in sorted(pairs):
        joined = [ring for ring in rings if ring & set(pair)]
        rings = [ring for ring in rings if not ring & set(pair)]
        rings.append(set(pair).union(*joined))
    return sorted(tuple(sorted(ring)) for ring in rings)


def _ring_found(
    facts: Facts, members: tuple[int, ...], pairs: Mapping[Pair, list[tuple[AuctionFact, int]]]
) -> Finding | None:
    found = [each for pair in combinations(members, 2) for each in pairs.get(pair, ())]
    auctions = {auction.auction_id: auction for auction, _ in found}
    if not any(facts.is_of_day(auction.ended_ns) for auction in auctions.values()):
        return None
    figures = {
        "members": len(members),
        "auctions": len(auctions),
        "withdrawals": sum(len(set(members) & set(auction.left)) for auction in auctions.values()),
        "winners": len({winner for _, winner in found}),
    }
    ids = tuple(sorted(auctions))
    return Finding(Kind.BID_RING, 0, members, figures, auctions=ids, links=facts.links_among(members))
