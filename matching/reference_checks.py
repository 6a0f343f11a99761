"""What a command is checked for before it changes anything.

Every check ends a command with the reason to tell, so the order of the checks in a command is the order in
which its reasons are looked for.
"""

from matching.reference_state import Account, Order, Product, State
from matching.types import MAX_DAY, MAX_PRICE, MAX_QUANTITY, Phase, Reason, Side


class Refused(Exception):
    """A command cannot be done; nothing has changed yet."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def refuse_if(condition: bool, reason: Reason) -> None:
    """Refuses the command if the condition holds."""
    if condition:
        raise Refused(reason)


def known_product(state: State, number: int) -> Product:
    """The product, or a refusal."""
    product = state.products.get(number)
    if product is None:
        raise Refused(Reason.UNKNOWN_PRODUCT)
    return product


def known_account(state: State, number: int) -> Account:
    """The account, or a refusal."""
    account = state.accounts.get(number)
    if account is None:
        raise Refused(Reason.UNKNOWN_ACCOUNT)
    return account


def own_order(state: State, account: Account, order_id: int) -> Order:
    """The account's open order, or a refusal; a stranger's order is as unknown as none."""
    order = state.orders.get(order_id)
    if order is None or order.account != account.number:
        raise Refused(Reason.UNKNOWN_ORDER)
    return order


def check_may_trade(account: Account, product: Product) -> None:
    """Refuses unless the account may trade and the product takes orders."""
    refuse_if(account.suspended, Reason.SUSPENDED)
    refuse_if(product.phase == Phase.CLOSED, Reason.SESSION_CLOSED)
    refuse_if(product.phase == Phase.HALTED, Reason.HALTED)


def check_price(product: Product, price: int) -> None:
    """Refuses a price that cannot be, is outside the daily band or off the tick."""
    refuse_if(not 1 <= price <= MAX_PRICE, Reason.BAD_PRICE)
    refuse_if(not product.low <= price <= product.high, Reason.PRICE_BAND)
    refuse_if(price % product.tick != 0, Reason.OFF_TICK)


def check_quantity(product: Product, kg: int) -> None:
    """Refuses a quantity below the minimum, off the step or beyond the limit."""
    refuse_if(not product.min_kg <= kg <= MAX_QUANTITY, Reason.BAD_QUANTITY)
    refuse_if(kg % product.step_kg != 0, Reason.BAD_QUANTITY)


def check_day(day: int) -> None:
    """Refuses a day that ends with a CLOSED that cannot be; 0 is no day."""
    refuse_if(not 0 <= day <= MAX_DAY, Reason.BAD_PARAMETER)


def check_cover(account: Account, order: Order, instead_of: Order | None = None) -> None:
    """Refuses an order whose hold is not free; the hold of the order it replaces counts as free."""
    if order.side == Side.BUY:
        freed = account.hold_of(instead_of) if instead_of else 0
        refuse_if(account.hold_of(order) > account.funds_free + freed, Reason.INSUFFICIENT_FUNDS)
    else:
        freed = instead_of.remaining if instead_of else 0
        free = account.goods_of(order.product).free
        refuse_if(order.remaining > free + freed, Reason.INSUFFICIENT_GOODS)
