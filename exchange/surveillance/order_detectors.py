"""Detectors over orders: self-trade prevention, layering, large traders.

Pure functions of plain rows and parameters. What they find is a reason to look, never a verdict.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from exchange.surveillance.arithmetic import bps_of
from exchange.surveillance.parameters import Parameters
from exchange.surveillance.types import Facts, Finding, Kind, OrderFact, TradeFact
from matching.types import Reason, Side

NS_PER_S = 10**9
AT_CLOSE = frozenset({Reason.SESSION_END, Reason.EXPIRED})


def self_trade_hits(facts: Facts, parameters: Parameters) -> list[Finding]:
    """自成交拦截: a member's orders kept meeting its own or a related party's.

    Catches a member and product with ``self_trade_hits`` or more orders of the day that self-trade prevention
    took out. Cannot tell a clumsy program from somebody who tries; an order that was only made smaller, or
    was placed on an earlier day, is not counted.
    """
    orders: dict[tuple[int, int], list[OrderFact]] = defaultdict(list)
    for order in facts.orders:
        if order.reason == Reason.SELF_TRADE:
            orders[order.product, order.account].append(order)
    return [
        Finding(
            Kind.SELF_TRADE,
            product,
            (account,),
            {"orders": len(own), "kg": sum(order.kg - order.filled for order in own)},
            orders=tuple(sorted(order.order_id for order in own)),
        )
        for (product, account), own in sorted(orders.items())
        if len(own) >= parameters.self_trade_hits
    ]


# Layering --------------------------------------------------------------------------------------------


def layering(facts: Facts, parameters: Parameters) -> list[Finding]:
    """虚假申报: large orders on one side that were never meant to trade, gone once the other side had.

    Catches a member who bought (sold) and within ``layering_s`` after that fill cancelled orders to sell
    (buy) of the same product that had stood at the fill, whose cancelled kg are ``layering_kg`` or more and
    ``layering_multiple_pct`` of the fill or more. Each order is counted once, with the first fill it
    follows. Cannot see layers put up by another member or on an earlier day, nor tell them from a market
    maker who turns its quotes after a trade.
    """
    cancelled: dict[tuple[int, int, int], list[OrderFact]] = defaultdict(list)
    for order in sorted(facts.orders, key=lambda each: (each.cancelled_ns, each.order_id)):
        if order.reason == Reason.BY_OWNER and order.cancelled_ns and order.kg > order.filled:
            cancelled[order.product, order.account, order.side].append(order)
    found: dict[tuple[int, int, int], list[tuple[TradeFact, list[OrderFact]]]] = defaultdict(list)
    used: set[int] = set()
    for trade in sorted(facts.trades, key=lambda each: (each.at_ns, each.trade_id)):
        if trade.mode:
            continue
        for account, other in ((trade.buyer, Side.SELL), (trade.seller, Side.BUY)):
            key = (trade.product, account, int(other))
            layers = _layers_at(cancelled.get(key, ()), trade, parameters.layering_s * NS_PER_S, used)
            if _is_large(layers, trade.kg, parameters):
                used |= {order.order_id for order in layers}
                found[key].append((trade, layers))
    return [_layering_found(key, cases) for key, cases in sorted(found.items())]


def _layers_at(
    cancelled: Sequence[OrderFact], trade: TradeFact, within_ns: int, used: set[int]
) -> list[OrderFact]:
    """Orders that stood at a trade and were cancelled soon after it; ``cancelled`` is sorted by when."""
    first = bisect_left(cancelled, trade.at_ns, key=lambda order: order.cancelled_ns)
    end = bisect_right(cancelled, trade.at_ns + within_ns, key=lambda order: order.cancelled_ns)
    return [
        order
        for order in cancelled[first:end]
        if order.placed_ns <= trade.at_ns and order.order_id not in used
    ]


def _is_large(layers: Sequence[OrderFact], filled_kg: int, parameters: Parameters) -> bool:
    kg = sum(order.kg - order.filled for order in layers)
    return kg >= parameters.layering_kg and kg * 100 >= filled_kg * parameters.layering_multiple_pct


def _layering_found(key: tuple[int, int, int], cases: Sequence[tuple[TradeFact, list[OrderFact]]]) -> Finding:
    product, account, side = key
    orders = [order for _, layers in cases for order in layers]
    figures = {
        "side": side,
        "times": len(cases),
        "cancelled_kg": sum(order.kg - order.filled for order in orders),
        "filled_kg": sum(trade.kg for trade, _ in cases),
        "fastest_ms": min(
            (order.cancelled_ns - trade.at_ns) // 10**6 for trade, layers in cases for order in layers
        ),
    }
    return Finding(
        Kind.LAYERING,
        product,
        (account,),
        figures,
        tuple(sorted(trade.trade_id for trade, _ in cases)),
        tuple(sorted(order.order_id for order in orders)),
        mark=f"side:{side}",
    )


# Large traders ---------------------------------------------------------------------------------------


def large_traders(facts: Facts, parameters: Parameters) -> list[Finding]:
    """大户集中: one member is much of a product's day.

    Catches a member that bought or sold ``large_volume_bps`` or more of a product's kg of the day, or whose
    orders were ``large_orders_bps`` or more of the kg that stood on one side of the book at the close (orders
    placed that day which a close ended or which stand), from ``large_kg`` of its own on. A fact to report, in
    a thin market an everyday one; members that act together are seen one by one.
    """
    return [*_large_in_volume(facts, parameters), *_large_in_orders(facts, parameters)]


def _large_in_volume(facts: Facts, parameters: Parameters) -> Iterator[Finding]:
    totals: Counter[int] = Counter()
    own: dict[tuple[int, int, int], list[TradeFact]] = defaultdict(list)
    for trade in facts.trades:
        totals[trade.product] += trade.kg
        own[trade.product, trade.buyer, int(Side.BUY)].append(trade)
        own[trade.product, trade.seller, int(Side.SELL)].append(trade)
    for (product, account, side), trades in sorted(own.items()):
        kg = sum(trade.kg for trade in trades)
        share = bps_of(kg, totals[product])
        if kg >= parameters.large_kg and share >= parameters.large_volume_bps:
            figures = {"side": side, "kg": kg, "of_kg": totals[product], "share_bps": share}
            ids = tuple(sorted(trade.trade_id for trade in trades))
            yield Finding(Kind.LARGE, product, (account,), figures, ids, mark=f"volume:{side}")


def _large_in_orders(facts: Facts, parameters: Parameters) -> Iterator[Finding]:
    totals: Counter[tuple[int, int]] = Counter()
    own: dict[tuple[int, int, int], list[OrderFact]] = defaultdict(list)
    for order in facts.orders:
        left = order.kg - order.filled
        if left and (order.reason in AT_CLOSE or order.reason == Reason.NONE):
            totals[order.product, order.side] += left
            own[order.product, order.account, order.side].append(order)
    for (product, account, side), orders in sorted(own.items()):
        kg, total = sum(order.kg - order.filled for order in orders), totals[product, side]
        share = bps_of(kg, total)
        if kg >= parameters.large_kg and share >= parameters.large_orders_bps:
            figures = {"side": side, "kg": kg, "of_kg": total, "share_bps": share}
            ids = tuple(sorted(order.order_id for order in orders))
            yield Finding(Kind.LARGE, product, (account,), figures, orders=ids, mark=f"orders:{side}")
