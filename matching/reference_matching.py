"""How an order comes in: what its terms ask for, whom it trades with, what becomes of its rest.

The rules in words: ``matching/reference.py``.
"""

from typing import NamedTuple

from matching.holds import settlement_of
from matching.reference_events import Events
from matching.reference_state import Order, Product, State
from matching.types import Phase, Reason, SelfTrade, Side, TimeInForce


class Terms(NamedTuple):
    """What an order asks for at the moment it comes in; a resting order has none of it any more."""

    tif: TimeInForce = TimeInForce.DAY
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    post_only: bool = False
    market_to_limit: bool = False
    minimum: int = 0
    """Kg that must trade at once; 0: none."""

    @property
    def immediate(self) -> bool:
        """Whether the order never rests."""
        return self.tif in {TimeInForce.IOC, TimeInForce.FOK}


# --- coming in ---------------------------------------------------------------------------------------


def take_best_price(state: State, order: Order) -> bool:
    """Gives a market-to-limit order the best price there is; False if none is inside its worst price."""
    best = state.products[order.product].opposite_side(order.side).first()
    if best is None or not crosses(order, best.price):
        return False
    account = state.account_of(order)
    account.give_back_hold(order)
    order.price = best.price
    account.take_hold(order)
    return True


def come_in(state: State, events: Events, order: Order, terms: Terms) -> None:
    """Trades a new or replaced order, whose hold is taken, as far as phase and terms allow."""
    if state.products[order.product].phase != Phase.CONTINUOUS:
        rest(state, events, order)
        return
    broken = broken_term(state, order, terms)
    if broken is not None:
        drop_incoming(state, events, order, broken)
        return
    match(state, events, order, terms)


def broken_term(state: State, taker: Order, terms: Terms) -> Reason | None:
    """Why an order must not even begin to trade; None if it may."""
    if terms.post_only:
        best = state.products[taker.product].opposite_side(taker.side).first()
        return Reason.WOULD_TRADE if best is not None and crosses(taker, best.price) else None
    need = taker.remaining if terms.tif == TimeInForce.FOK else terms.minimum
    if available(state, taker, terms, need) >= need:
        return None
    return Reason.FOK_UNFILLED if terms.tif == TimeInForce.FOK else Reason.MINIMUM_UNFILLED


def available(state: State, taker: Order, terms: Terms, need: int) -> int:
    """Kg an order could trade at once, counted no further than it needs.

    The count goes the way the order would go: it ends where a volatility call would begin, and at an order
    of its own party unless that one would be cancelled to make way.
    """
    product = state.products[taker.product]
    kg = 0
    for maker in product.opposite_side(taker.side):
        if kg >= need or not crosses(taker, maker.price) or product.too_far(maker.price):
            break
        if not state.same_party(taker, maker):
            kg += maker.remaining
        elif terms.self_trade != SelfTrade.CANCEL_OLDEST:
            break
    return kg


def crosses(taker: Order, price: int) -> bool:
    """Whether the taker's limit reaches a resting price."""
    return taker.price >= price if taker.side == Side.BUY else taker.price <= price


def match(state: State, events: Events, taker: Order, terms: Terms) -> None:
    """Trades an order with what it crosses, best first, then rests or drops what is left."""
    product = state.products[taker.product]
    while taker.remaining > 0:
        maker = product.opposite_side(taker.side).first()
        if maker is None or not crosses(taker, maker.price):
            break
        if product.too_far(maker.price):
            begin_volatility_call(events, product, taker, maker.price)
            leave(state, events, taker, terms, Reason.VOLATILITY)
            return
        if not state.same_party(taker, maker):
            trade(state, events, taker, maker, price=maker.price, kg=min(taker.remaining, maker.remaining))
        elif not meet_own(state, events, taker, maker, terms.self_trade):
            return
    if taker.remaining > 0:
        leave(state, events, taker, terms, Reason.IOC_REST)


def begin_volatility_call(events: Events, product: Product, taker: Order, price: int) -> None:
    """The next trade would be too far from the reference price: orders are collected instead."""
    product.phase = Phase.VOLATILITY
    events.phased(product, taker, price)


def leave(state: State, events: Events, taker: Order, terms: Terms, reason: Reason) -> None:
    """What is left of an order is dropped if it was for this instant only; otherwise it rests."""
    if terms.immediate:
        drop_incoming(state, events, taker, reason)
    else:
        rest(state, events, taker)


# --- one's own orders ----------------------------------------------------------------------------------


def meet_own(state: State, events: Events, taker: Order, maker: Order, mode: SelfTrade) -> bool:
    """An order meets one of its own party, and there is no trade; whether it goes on."""
    match mode:
        case SelfTrade.CANCEL_NEWEST:
            drop_incoming(state, events, taker, Reason.SELF_TRADE)
            return False
        case SelfTrade.CANCEL_OLDEST:
            drop_resting(state, events, maker, Reason.SELF_TRADE)
            return True
        case SelfTrade.DECREMENT:
            return decrement(state, events, taker, maker)


def decrement(state: State, events: Events, taker: Order, maker: Order) -> bool:
    """Both orders lose what the smaller one has open; whether the taker has something left."""
    kg = min(taker.remaining, maker.remaining)
    if kg == maker.remaining:
        drop_resting(state, events, maker, Reason.SELF_TRADE)
    else:
        shrink(state, maker, maker.quantity - kg)
        events.reduced(maker, maker.remaining + kg, Reason.SELF_TRADE, resting=True)
    if kg == taker.remaining:
        drop_incoming(state, events, taker, Reason.SELF_TRADE)
        return False
    shrink(state, taker, taker.quantity - kg)
    events.reduced(taker, taker.remaining + kg, Reason.SELF_TRADE, resting=False)
    return True


# --- changes of one order ------------------------------------------------------------------------------


def shrink(state: State, order: Order, quantity: int) -> None:
    """An order becomes smaller where it is: what it has filled stays, its hold follows."""
    account = state.account_of(order)
    account.give_back_hold(order)
    order.quantity = quantity
    account.take_hold(order)


def trade(
    state: State,
    events: Events,
    taker: Order,
    maker: Order,
    *,
    price: int,
    kg: int,
    reason: Reason = Reason.NONE,
) -> None:
    """One trade; an order of the book that has nothing left leaves it."""
    buy, sell = (taker, maker) if taker.side == Side.BUY else (maker, taker)
    settle(state, buy, sell, price, kg)
    state.last_trade_id += 1
    events.traded(state.last_trade_id, taker, maker, price=price, kg=kg, reason=reason)
    for order in (taker, maker):
        if order.remaining == 0 and order.order_id in state.orders:
            state.take_out(order)


def settle(state: State, buy: Order, sell: Order, price: int, kg: int) -> None:
    """Money and goods of a trade leave their holds; the buyer's goods come later, by a command."""
    buyer, seller = state.account_of(buy), state.account_of(sell)
    legs = settlement_of(price, kg, buyer.buyer_fee_bps, seller.seller_fee_bps, seller.deposit_bps)
    buyer.give_back_hold(buy)
    buy.filled += kg
    sell.filled += kg
    buyer.funds_free -= legs.buyer_pays
    buyer.take_hold(buy)
    seller.goods[sell.product].held -= kg
    seller.funds_free += legs.seller_gets
    state.total_funds -= legs.buyer_pays - legs.seller_gets


def rest(state: State, events: Events, order: Order) -> None:
    """What is left of an order enters the book at the end of its level."""
    state.rest(order)
    events.rested(order)


def drop_resting(state: State, events: Events, order: Order, reason: Reason) -> None:
    """Takes an order out of the book and gives back its hold."""
    state.take_out(order)
    state.account_of(order).give_back_hold(order)
    events.cancelled(order, reason, resting=True)


def drop_incoming(state: State, events: Events, order: Order, reason: Reason) -> None:
    """Drops what is left of an order that is not in the book."""
    state.account_of(order).give_back_hold(order)
    events.cancelled(order, reason, resting=False)
