"""The commands of members: PLACE, CANCEL, REPLACE, CANCEL_ALL. The rules: ``matching/reference.py``."""

import dataclasses

from matching.reference_checks import (
    Refused,
    check_cover,
    check_may_trade,
    check_price,
    check_quantity,
    known_account,
    known_product,
    own_order,
    refuse_if,
)
from matching.reference_events import Events
from matching.reference_matching import (
    Terms,
    come_in,
    drop_incoming,
    drop_resting,
    shrink,
    take_best_price,
)
from matching.reference_state import Order, Product, State
from matching.types import (
    CALL_PHASES,
    MARKET_TO_LIMIT,
    MAX_DAY,
    PLACE_FLAGS,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)

SELF_TRADE_BITS = 3 << SELF_TRADE_SHIFT
"""All flags a REPLACE may carry."""


def place(state: State, events: Events, command: Command) -> None:
    """A new order."""
    product = known_product(state, command.product)
    account = known_account(state, command.account)
    check_may_trade(account, product)
    terms = checked_terms(product, command)
    order = Order(
        state.last_order_id + 1,
        account.number,
        product.number,
        Side(command.side),
        command.price,
        command.quantity,
        expires=command.order_id,
    )
    check_cover(account, order)
    account.take_hold(order)
    state.last_order_id = order.order_id
    liquid = not terms.market_to_limit or take_best_price(state, order)
    events.accepted(order)
    if liquid:
        come_in(state, events, order, terms)
    else:
        drop_incoming(state, events, order, Reason.NO_LIQUIDITY)


def checked_terms(product: Product, command: Command) -> Terms:
    """The terms of a PLACE; refused for the first value that cannot be, or that does not go with others."""
    refuse_if(command.side not in {Side.BUY, Side.SELL}, Reason.BAD_PARAMETER)
    refuse_if(command.tif not in set(TimeInForce), Reason.BAD_PARAMETER)
    self_trade = self_trade_of(command.flags, PLACE_FLAGS)
    first_day, last_day = (1, MAX_DAY) if command.tif == TimeInForce.GTD else (0, 0)
    refuse_if(not first_day <= command.order_id <= last_day, Reason.BAD_PARAMETER)
    check_price(product, command.price)
    check_quantity(product, command.quantity)
    refuse_if(not 0 <= command.amount <= command.quantity, Reason.BAD_QUANTITY)
    terms = Terms(
        TimeInForce(command.tif),
        self_trade,
        post_only=command.flags & POST_ONLY != 0,
        market_to_limit=command.flags & MARKET_TO_LIMIT != 0,
        minimum=command.amount,
    )
    check_order_type(product, terms)
    return terms


def self_trade_of(flags: int, known: int) -> SelfTrade:
    """The self-trade mode in the flags of a PLACE or REPLACE; refused with flags that are not known."""
    mode = (flags & SELF_TRADE_BITS) >> SELF_TRADE_SHIFT
    if flags & ~known or mode not in set(SelfTrade):
        raise Refused(Reason.BAD_PARAMETER)
    return SelfTrade(mode)


def check_order_type(product: Product, terms: Terms) -> None:
    """Refuses terms that contradict each other, and in a call all that ask for more than to wait in it."""
    if terms.post_only:
        contradiction = terms.immediate or terms.market_to_limit or terms.minimum > 0
        refuse_if(contradiction, Reason.BAD_ORDER_TYPE)
    if terms.tif == TimeInForce.FOK:
        refuse_if(terms.market_to_limit or terms.minimum > 0, Reason.BAD_ORDER_TYPE)
    if product.phase in CALL_PHASES:
        wants_more = terms.immediate or terms.post_only or terms.market_to_limit or terms.minimum > 0
        refuse_if(wants_more, Reason.BAD_ORDER_TYPE)


def cancel(state: State, events: Events, command: Command) -> None:
    """An account takes back one order, in any phase."""
    account = known_account(state, command.account)
    drop_resting(state, events, own_order(state, account, command.order_id), Reason.BY_OWNER)


def cancel_all(state: State, events: Events, command: Command) -> None:
    """An account takes back all its orders, or all in one product, by number; in any phase."""
    if command.product != 0:
        known_product(state, command.product)
    account = known_account(state, command.account)
    events.applied(command)
    for order in state.orders_of(account.number):
        if command.product in {0, order.product}:
            drop_resting(state, events, order, Reason.BY_OWNER)


def replace(state: State, events: Events, command: Command) -> None:
    """An account changes price or quantity of an order."""
    account = known_account(state, command.account)
    old = own_order(state, account, command.order_id)
    product = state.products[old.product]
    check_may_trade(account, product)
    self_trade = self_trade_of(command.flags, SELF_TRADE_BITS)
    check_price(product, command.price)
    check_quantity(product, command.quantity)
    refuse_if(command.quantity <= old.filled, Reason.BAD_QUANTITY)
    if command.price == old.price and command.quantity <= old.quantity:
        before = old.remaining
        shrink(state, old, command.quantity)
        events.reduced(old, before, Reason.BY_OWNER, resting=True)
    else:
        new = dataclasses.replace(old, price=command.price, quantity=command.quantity)
        check_cover(account, new, instead_of=old)
        take_new_place(state, events, old, new, Terms(self_trade=self_trade))


def take_new_place(state: State, events: Events, old: Order, new: Order, terms: Terms) -> None:
    """A larger order or another price leaves its place and comes in like a new order."""
    account = state.account_of(old)
    state.take_out(old)
    account.give_back_hold(old)
    account.take_hold(new)
    events.replaced(old, new.price, new.quantity)
    come_in(state, events, new, terms)
