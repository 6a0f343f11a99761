"""The commands that say what there is and how it trades: PRODUCT, RULES, ACCOUNT, FUNDS, GOODS.

The rules in words: ``matching/reference.py``.
"""

from matching.holds import buy_hold_fen
from matching.reference_checks import known_account, known_product, refuse_if
from matching.reference_events import Events
from matching.reference_matching import drop_resting
from matching.reference_state import Account, Product, State
from matching.types import (
    BASIS,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_ASIDE,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    RETURNED,
    Command,
    Phase,
    Reason,
    Side,
    TieRule,
)


def define_product(state: State, events: Events, command: Command) -> None:
    """A new product, or other limits for one; its phase and rules stay."""
    low, high, step_kg, min_kg = command.price, command.quantity, command.amount, command.order_id
    refuse_if(not 1 <= command.product <= MAX_PRODUCT, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= low <= high <= MAX_PRICE, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= step_kg <= MAX_QUANTITY, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= min_kg <= MAX_QUANTITY, Reason.BAD_PARAMETER)
    product = state.products.get(command.product)
    if product is None:
        state.products[command.product] = Product(command.product, low, high, step_kg, min_kg)
        events.applied(command)
        return
    excluded = [order for order in product.open_orders() if not low <= order.price <= high]
    refuse_if(product.phase != Phase.CLOSED and len(excluded) > 0, Reason.BAD_PARAMETER)
    product.low, product.high, product.step_kg, product.min_kg = low, high, step_kg, min_kg
    events.applied(command)
    for order in excluded:
        drop_resting(state, events, order, Reason.OUTSIDE_BAND)


def change_rules(state: State, events: Events, command: Command) -> None:
    """Reference price, volatility range, tick and tie rule of a product."""
    product = known_product(state, command.product)
    reference, volatility, tick = command.price, command.quantity, command.amount
    refuse_if(not 0 <= reference <= MAX_PRICE, Reason.BAD_PARAMETER)
    refuse_if(not 0 <= volatility <= MAX_PRICE, Reason.BAD_PARAMETER)
    refuse_if(not 1 <= tick <= MAX_PRICE, Reason.BAD_PARAMETER)
    refuse_if(command.flags not in set(TieRule), Reason.BAD_PARAMETER)
    refuse_if(any(order.price % tick for order in product.open_orders()), Reason.BAD_PARAMETER)
    product.reference, product.volatility, product.tick = reference, volatility, tick
    product.tie_rule = TieRule(command.flags)
    events.applied(command)


def define_account(state: State, events: Events, command: Command) -> None:
    """A new account, or other rates, suspension and group for one."""
    buyer_fee, seller_fee, deposit = command.price, command.quantity, command.amount
    refuse_if(not 1 <= command.account <= MAX_ACCOUNT, Reason.BAD_PARAMETER)
    refuse_if(not 0 <= buyer_fee <= BASIS, Reason.BAD_PARAMETER)
    refuse_if(seller_fee < 0 or deposit < 0 or seller_fee + deposit > BASIS, Reason.BAD_PARAMETER)
    refuse_if(command.flags > 1, Reason.BAD_PARAMETER)
    refuse_if(command.order_id > MAX_ACCOUNT, Reason.BAD_PARAMETER)
    suspended, group = command.flags == 1, command.order_id or command.account
    account = state.accounts.get(command.account)
    if account is None:
        account = Account(command.account, suspended, buyer_fee, seller_fee, deposit, group)
        state.accounts[command.account] = account
    else:
        change_buyer_fee(state, account, buyer_fee)
        account.suspended, account.seller_fee_bps, account.deposit_bps = suspended, seller_fee, deposit
        account.group = group
    events.applied(command)


def change_buyer_fee(state: State, account: Account, buyer_fee: int) -> None:
    """Holds of open buys follow the new rate; refused if the account cannot cover a higher one."""
    buys = (order for order in state.orders_of(account.number) if order.side == Side.BUY)
    held = sum(buy_hold_fen(order.price, order.remaining, buyer_fee) for order in buys)
    refuse_if(held > account.funds, Reason.INSUFFICIENT_FUNDS)
    account.funds_free, account.funds_held = account.funds - held, held
    account.buyer_fee_bps = buyer_fee


def change_funds(state: State, events: Events, command: Command) -> None:
    """Money comes in or goes out."""
    account = known_account(state, command.account)
    amount = command.amount
    refuse_if(not -MAX_AMOUNT <= amount <= MAX_AMOUNT, Reason.BAD_PARAMETER)
    refuse_if(-amount > account.funds_free, Reason.INSUFFICIENT_FUNDS)
    if amount > 0:
        returned = command.flags & RETURNED
        refuse_if(not returned and account.funds + amount > MAX_AMOUNT, Reason.BAD_PARAMETER)
        most = MAX_TOTAL_FUNDS + (MAX_ASIDE if returned else 0)
        refuse_if(state.total_funds + amount > most, Reason.BAD_PARAMETER)
    account.funds_free += amount
    state.total_funds += amount
    events.applied(command)


def change_goods(state: State, events: Events, command: Command) -> None:
    """Goods come in or go out."""
    product = known_product(state, command.product)
    account = known_account(state, command.account)
    kg = command.quantity
    refuse_if(not -MAX_AMOUNT <= kg <= MAX_AMOUNT, Reason.BAD_PARAMETER)
    goods = account.goods_of(product.number)
    refuse_if(-kg > goods.free, Reason.INSUFFICIENT_GOODS)
    most = MAX_AMOUNT + (MAX_ASIDE if command.flags & RETURNED else 0)
    refuse_if(kg > 0 and goods.free + goods.held + kg > most, Reason.BAD_PARAMETER)
    goods.free += kg
    events.applied(command)
