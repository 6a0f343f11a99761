"""Detectors over trades: wash trades, trades between linked members, price outliers, the closing price.

Pure functions of plain rows and parameters. What they find is a reason to look, never a verdict.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

from exchange.surveillance.arithmetic import bps_of, deviation_doubled, median_doubled, robust_z_milli
from exchange.surveillance.parameters import Parameters
from exchange.surveillance.types import Facts, Finding, Kind, Link, TradeFact
from matching.types import Side

NS_PER_MINUTE = 60 * 10**9
Pair = tuple[int, int]


def links_by_pair(links: Sequence[Link]) -> dict[Pair, tuple[Link, ...]]:
    """How two members are linked, by (lower, higher) number."""
    found: dict[Pair, list[Link]] = defaultdict(list)
    for link in links:
        found[link.first, link.second].append(link)
    return {pair: tuple(sorted(each)) for pair, each in found.items()}


def pair_of(trade: TradeFact) -> Pair:
    """The two members of a trade, lower number first."""
    return min(trade.buyer, trade.seller), max(trade.buyer, trade.seller)


# Wash trades -----------------------------------------------------------------------------------------


def wash_trades(facts: Facts, parameters: Parameters) -> list[Finding]:
    """对敲: two members sell each other the same product back and forth at about the same price.

    Catches a pair whose trades of the day in one direction meet, kilogram by kilogram, earlier trades in the
    other within ``wash_minutes`` (``wash_linked_minutes`` where the two are linked by group, signatory or
    terminal) and within ``wash_price_bps`` of each other, once ``wash_kg`` went both ways. Cannot see rings
    of three, goods that come back later than that or as another product, or two honest members of a thin
    market who happened to change sides.
    """
    links = links_by_pair(facts.links)
    by_pair: dict[tuple[int, Pair], list[TradeFact]] = defaultdict(list)
    traded = {(trade.product, pair_of(trade)) for trade in facts.trades}
    for trade in (*facts.earlier, *facts.trades):
        if (trade.product, pair_of(trade)) in traded and trade.buyer != trade.seller:
            by_pair[trade.product, pair_of(trade)].append(trade)
    today = {trade.trade_id for trade in facts.trades}
    found = []
    for (product, pair), trades in sorted(by_pair.items()):
        linked = links.get(pair, ())
        minutes = parameters.wash_linked_minutes if linked else parameters.wash_minutes
        kg, used = _round_trips(trades, minutes * NS_PER_MINUTE, parameters.wash_price_bps, today)
        if kg >= parameters.wash_kg:
            figures = {"round_trip_kg": kg, "trades": len(used), "window_min": minutes}
            found.append(Finding(Kind.WASH, product, pair, figures, tuple(sorted(used)), links=linked))
    return found


def _round_trips(
    trades: Sequence[TradeFact], window_ns: int, price_bps: int, today: set[int]
) -> tuple[int, set[int]]:
    """Kilograms that came back today, first out first back, and the trades that carried them."""
    # Of each seller the trades that nothing has met yet, oldest first, each with the kg still open.
    out: dict[int, deque[list[Any]]] = defaultdict(deque)
    total, used = 0, set[int]()
    for trade in sorted(trades, key=lambda each: (each.at_ns, each.trade_id)):
        left, waiting = trade.kg, out[trade.buyer]
        while waiting and (waiting[0][1] == 0 or trade.at_ns - waiting[0][0].at_ns > window_ns):
            waiting.popleft()
        for entry in waiting if trade.trade_id in today else ():
            earlier, open_kg = entry
            if open_kg and abs(trade.price - earlier.price) * 10_000 <= price_bps * earlier.price:
                kg = min(left, open_kg)
                entry[1] -= kg
                left -= kg
                total += kg
                used |= {trade.trade_id, earlier.trade_id}
            if left == 0:
                break
        if left:
            out[trade.seller].append([trade, left])
    return total, used


# Related parties -------------------------------------------------------------------------------------


def related_trades(facts: Facts, parameters: Parameters) -> list[Finding]:
    """关联交易: members who may be one traded with each other.

    Catches trades and deals of the day between linked members, from ``related_kg`` in all. The floor already
    keeps members of one group apart, so what is found in a group was traded before it was one; links by
    signatory or terminal the floor does not know. Cannot see owners behind owners, nor people who use
    different lines.
    """
    links = links_by_pair(facts.links)
    trades: dict[Pair, list[TradeFact]] = defaultdict(list)
    for trade in facts.trades:
        if pair_of(trade) in links:
            trades[pair_of(trade)].append(trade)
    found = []
    for pair, own in sorted(trades.items()):
        kg = sum(trade.kg for trade in own)
        if kg >= parameters.related_kg:
            ids = tuple(sorted(trade.trade_id for trade in own))
            figures = {"kg": kg, "amount_fen": sum(trade.kg * trade.price for trade in own)}
            products = {trade.product for trade in own}
            product = products.pop() if len(products) == 1 else 0
            found.append(Finding(Kind.RELATED, product, pair, figures, ids, links=links[pair]))
    return found


# Prices ----------------------------------------------------------------------------------------------


def price_outliers(facts: Facts, parameters: Parameters) -> list[Finding]:
    """异常价格: a trade far from the others of its product.

    Catches trades of the day whose robust z (distance from the median in units of 1.4826 · median absolute
    deviation) is ``outlier_z_milli`` or more, or whose price is below ``outlier_low_bps`` or above
    ``outlier_high_bps`` of the median (70 % and 130 %: 合同编通则解释 42). The sample is the product's trades
    of the day and of ``outlier_days`` trading days before, from ``outlier_trades`` on; the deviation is at
    least ``outlier_mad_bps`` of the median, so that a calm market does not make every tick an outlier. Cannot
    judge a product that hardly trades, nor a whole market that moved for good reason.
    """
    samples: dict[int, list[int]] = defaultdict(list)
    for trade in (*facts.earlier_within(parameters.outlier_days), *facts.trades):
        samples[trade.product].append(trade.price)
    centres = {
        product: _centre(prices, parameters.outlier_mad_bps)
        for product, prices in samples.items()
        if len(prices) >= parameters.outlier_trades
    }
    found = []
    for trade in sorted(facts.trades):
        if trade.product not in centres:
            continue
        doubled, deviation = centres[trade.product]
        z = robust_z_milli(trade.price, doubled, deviation)
        of_median = 2 * trade.price * 10_000 // doubled
        beyond = not parameters.outlier_low_bps <= of_median <= parameters.outlier_high_bps
        if abs(z) >= parameters.outlier_z_milli or beyond:
            figures = {
                "price_fen": trade.price,
                "median_doubled_fen": doubled,
                "mad_doubled_fen": deviation,
                "z_milli": z,
                "of_median_bps": of_median,
                "sample_trades": len(samples[trade.product]),
            }
            found.append(
                Finding(
                    Kind.OUTLIER,
                    trade.product,
                    pair_of(trade),
                    figures,
                    (trade.trade_id,),
                    mark=f"trade:{trade.trade_id}",
                )
            )
    return found


def _centre(prices: Sequence[int], mad_bps: int) -> tuple[int, int]:
    """Median and deviation, both doubled; the deviation at least so much of the median, and above 0."""
    doubled = median_doubled(prices)
    least = max(1, doubled * mad_bps // 10_000)
    return doubled, max(least, deviation_doubled(prices, doubled))


# The close -------------------------------------------------------------------------------------------


def marked_closes(facts: Facts, parameters: Parameters) -> list[Finding]:
    """影响收盘价: one member's orders move the last price of the day, from which the next band is reckoned.

    Catches a member whose own incoming orders made ``close_share_bps`` or more of the kg traded in a book in
    the ``close_minutes`` before its last trade of the day, when those trades ended ``close_move_bps`` or more
    from the median of the product's earlier trades of the day, in the direction it traded. Calls have no
    incoming order and are left out; so is a day whose trades all fall into the window. Cannot see a move made
    through several accounts that nothing links.
    """
    by_product: dict[int, list[TradeFact]] = defaultdict(list)
    for trade in facts.trades:
        if trade.mode == 0 and not trade.in_call:
            by_product[trade.product].append(trade)
    found: list[Finding] = []
    for product, trades in sorted(by_product.items()):
        found += _marked(product, sorted(trades, key=lambda each: (each.at_ns, each.trade_id)), parameters)
    return found


def _marked(product: int, trades: Sequence[TradeFact], parameters: Parameters) -> Iterator[Finding]:
    last = trades[-1]
    begins = last.at_ns - parameters.close_minutes * NS_PER_MINUTE
    before = [trade.price for trade in trades if trade.at_ns < begins]
    late = [trade for trade in trades if trade.at_ns >= begins]
    if not before:
        return
    doubled = median_doubled(before)
    rises = last.price * 2 > doubled
    move = abs(2 * last.price - doubled) * 10_000 // doubled
    if move < parameters.close_move_bps:
        return
    side = Side.BUY if rises else Side.SELL
    takers: dict[int, list[TradeFact]] = defaultdict(list)
    for trade in late:
        if trade.taker_side == side:
            takers[trade.buyer if side == Side.BUY else trade.seller].append(trade)
    total = sum(trade.kg for trade in late)
    for account, own in sorted(takers.items()):
        share = bps_of(sum(trade.kg for trade in own), total)
        if share >= parameters.close_share_bps:
            figures = {
                "last_price_fen": last.price,
                "median_before_doubled_fen": doubled,
                "move_bps": move if rises else -move,
                "share_bps": share,
                "kg": sum(trade.kg for trade in own),
                "window_min": parameters.close_minutes,
            }
            ids = tuple(sorted(trade.trade_id for trade in own))
            yield Finding(Kind.CLOSE, product, (account,), figures, ids)
