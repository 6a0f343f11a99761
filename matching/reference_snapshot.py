"""Writes and reads the canonical snapshot for the reference engine (layout: ``matching/snapshot.py``).

Reading trusts nothing: whatever a running engine could not have written is refused, so an engine never
starts from an impossible state.
"""

from collections import defaultdict
from collections.abc import Iterator
from struct import Struct
from typing import Any

from matching import snapshot as layout
from matching.reference_state import Account, Goods, Order, Product, State
from matching.types import (
    BASIS,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_ASIDE,
    MAX_ORDER_ID,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    Phase,
    Side,
    TieRule,
)


def write(state: State) -> bytes:
    """The sealed snapshot of a state."""
    products = [state.products[number] for number in sorted(state.products)]
    accounts = [state.accounts[number] for number in sorted(state.accounts)]
    goods = [
        (account.number, product, kg.free, kg.held)
        for account in accounts
        for product, kg in sorted(account.goods.items())
        if kg != Goods()
    ]
    header = layout.HEADER.pack(
        layout.MAGIC,
        state.last_order_id,
        state.last_trade_id,
        len(products),
        len(accounts),
        len(goods),
        len(state.orders),
    )
    sections = [
        header,
        *(_pack_product(product) for product in products),
        *(_pack_account(account) for account in accounts),
        *(layout.GOODS.pack(*row) for row in goods),
        *(_pack_order(order) for product in products for order in product.open_orders()),
    ]
    return layout.seal(b"".join(sections))


def _pack_product(product: Product) -> bytes:
    return layout.PRODUCT.pack(
        product.number,
        product.phase,
        product.low,
        product.high,
        product.step_kg,
        product.min_kg,
        product.tick,
        product.tie_rule,
        product.reference,
        product.volatility,
    )


def _pack_account(account: Account) -> bytes:
    return layout.ACCOUNT.pack(
        account.number,
        account.suspended,
        account.buyer_fee_bps,
        account.seller_fee_bps,
        account.deposit_bps,
        account.group,
        account.funds_free,
        account.funds_held,
    )


def _pack_order(order: Order) -> bytes:
    return layout.ORDER.pack(
        order.order_id,
        order.account,
        order.product,
        order.side,
        order.expires,
        order.price,
        order.quantity,
        order.filled,
    )


def read(snapshot: bytes) -> State:
    """The state in a snapshot. Raises ValueError if it is damaged or no engine could have written it."""
    body = layout.unseal(snapshot)
    _require(len(body) >= layout.HEADER.size, "too short")
    magic, last_order_id, last_trade_id, products, accounts, goods, orders = layout.HEADER.unpack_from(body)
    _require(magic == layout.MAGIC, "unknown layout")
    _require(max(last_order_id, last_trade_id) <= MAX_ORDER_ID, "order or trade number too high")
    sections = [
        (layout.PRODUCT, products),
        (layout.ACCOUNT, accounts),
        (layout.GOODS, goods),
        (layout.ORDER, orders),
    ]
    size = layout.HEADER.size + sum(record.size * count for record, count in sections)
    _require(len(body) == size, "wrong length")
    state = State(last_order_id=last_order_id, last_trade_id=last_trade_id)
    rows = _sections(body, sections)
    _read_products(state, next(rows))
    _read_accounts(state, next(rows))
    _read_goods(state, next(rows))
    _read_orders(state, next(rows))
    _check_holds(state)
    return state


def _sections(body: bytes, sections: list[tuple[Struct, int]]) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of each section, section by section."""
    at = layout.HEADER.size
    for record, count in sections:
        end = at + record.size * count
        yield record.iter_unpack(body[at:end])
        at = end


def damaged(problem: str) -> ValueError:
    """The error for a snapshot that no engine could have written."""
    return ValueError(f"the snapshot is damaged: {problem}")


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise damaged(problem)


def _read_products(state: State, rows: Iterator[tuple[Any, ...]]) -> None:
    before = 0
    for number, phase, low, high, step_kg, min_kg, tick, rule, reference, volatility in rows:
        _require(before < number <= MAX_PRODUCT, "product number")
        _require(phase in set(Phase), "phase")
        _require(1 <= low <= high <= MAX_PRICE, "band")
        _require(1 <= step_kg <= MAX_QUANTITY and 1 <= min_kg <= MAX_QUANTITY, "step or minimum")
        _require(1 <= tick <= MAX_PRICE, "tick")
        _require(rule in set(TieRule), "tie rule")
        _require(reference <= MAX_PRICE and volatility <= MAX_PRICE, "reference price or volatility range")
        product = Product(number, low, high, step_kg, min_kg, Phase(phase), tick)
        product.tie_rule, product.reference, product.volatility = TieRule(rule), reference, volatility
        state.products[number] = product
        before = number


def _read_accounts(state: State, rows: Iterator[tuple[Any, ...]]) -> None:
    before = 0
    for number, suspended, buyer_fee, seller_fee, deposit, group, free, held in rows:
        _require(before < number <= MAX_ACCOUNT, "account number")
        _require(suspended <= 1 and buyer_fee <= BASIS and seller_fee + deposit <= BASIS, "rates")
        _require(1 <= group <= MAX_ACCOUNT, "group")
        _require(free >= 0 and held >= 0, "funds")
        state.total_funds += free + held
        _require(state.total_funds <= MAX_TOTAL_FUNDS + MAX_ASIDE, "funds")
        account = Account(number, suspended == 1, buyer_fee, seller_fee, deposit, group, free, held)
        state.accounts[number] = account
        before = number


def _read_goods(state: State, rows: Iterator[tuple[Any, ...]]) -> None:
    before = (0, 0)
    for account, product, free, held in rows:
        _require(before < (account, product), "order of goods")
        _require(account in state.accounts and product in state.products, "goods of nobody")
        _require(free >= 0 and held >= 0 and 1 <= free + held <= MAX_AMOUNT + MAX_ASIDE, "goods")
        state.accounts[account].goods[product] = Goods(free, held)
        before = (account, product)


def _read_orders(state: State, rows: Iterator[tuple[Any, ...]]) -> None:
    before = (0, 0, 0)
    for order_id, account, number, side, expires, price, quantity, filled in rows:
        product = state.products.get(number)
        if product is None or (product.phase == Phase.CLOSED and expires == 0):
            raise damaged("order outside a session")
        _require(1 <= order_id <= state.last_order_id and order_id not in state.orders, "order number")
        _require(account in state.accounts, "order of nobody")
        _require(side in {Side.BUY, Side.SELL}, "side")
        _require(product.low <= price <= product.high and price % product.tick == 0, "price")
        _require(filled < quantity <= MAX_QUANTITY, "quantity")
        place = (number, side, -price if side == Side.BUY else price)
        _require(before <= place, "order of orders")
        state.rest(Order(order_id, account, number, Side(side), price, quantity, filled, expires))
        before = place
    for product in state.products.values():
        _require(product.phase != Phase.CONTINUOUS or not product.crossed, "crossed book")


def _check_holds(state: State) -> None:
    """What is on hold is exactly what the open orders need."""
    funds: dict[int, int] = defaultdict(int)
    goods: dict[tuple[int, int], int] = defaultdict(int)
    for order in state.orders.values():
        if order.side == Side.BUY:
            funds[order.account] += state.accounts[order.account].hold_of(order)
        else:
            goods[order.account, order.product] += order.remaining
    for account in state.accounts.values():
        _require(account.funds_held == funds[account.number], "funds on hold")
        for product, kg in account.goods.items():
            _require(kg.held == goods.pop((account.number, product), 0), "goods on hold")
    _require(not goods, "goods on hold")
