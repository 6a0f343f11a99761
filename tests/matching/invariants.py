"""What holds after every command, checked through the engine's public face."""

from collections import defaultdict

from matching.call_auction import Interest, uncross
from matching.engine import Depth, Engine, Indicative, ProductState
from matching.holds import buy_hold_fen
from matching.types import CALL_PHASES, Phase, Side, TieRule

ACCOUNTS = range(10)
PRODUCTS = range(5)
"""The numbers the tests use, and some they do not."""


def check_invariants(engine: Engine) -> None:
    """Holds equal what open orders need, nothing is negative, a book is crossed only where nothing trades as
    it comes, closed books have only orders for later days, a call tells where it would end.
    """
    for number in ACCOUNTS:
        check_holds(engine, number)
    for number in PRODUCTS:
        check_book(engine, number)


def check_holds(engine: Engine, number: int) -> None:
    """Funds and goods of one account."""
    account = engine.account(number)
    orders = engine.open_orders(number)
    if account is None:
        assert orders == ()
        return
    needed = sum(
        buy_hold_fen(o.price, o.remaining, account.buyer_fee_bps) for o in orders if o.side == Side.BUY
    )
    assert account.funds_held == needed
    assert account.funds_free >= 0
    goods: dict[int, int] = defaultdict(int)
    for order in orders:
        assert 0 < order.remaining <= order.quantity
        if order.side == Side.SELL:
            goods[order.product] += order.remaining
    assert {product: held for product, _, held in account.goods if held} == goods
    assert all(free >= 0 for _, free, _ in account.goods)


def check_book(engine: Engine, number: int) -> None:
    """One product's book against the open orders."""
    product = engine.product(number)
    depth = engine.depth(number, 10_000)
    orders = [o for account in ACCOUNTS for o in engine.open_orders(account) if o.product == number]
    for side, levels in ((Side.BUY, depth.bids), (Side.SELL, depth.asks)):
        expected: dict[int, tuple[int, int]] = {}
        for order in (o for o in orders if o.side == side):
            kg, count = expected.get(order.price, (0, 0))
            expected[order.price] = (kg + order.remaining, count + 1)
        prices = sorted(expected, reverse=side == Side.BUY)
        assert list(levels) == [(price, *expected[price]) for price in prices]
    if product is None:
        assert depth == ((), ())
        assert engine.indicative(number) is None
        return
    if product.phase == Phase.CONTINUOUS and depth.bids and depth.asks:
        assert depth.bids[0].price < depth.asks[0].price
    if product.phase == Phase.CLOSED:
        assert all(order.expires > 0 for order in orders)
    assert all(product.low <= order.price <= product.high for order in orders)
    assert all(order.price % product.tick == 0 for order in orders)
    check_indicative(engine, product, depth)


def check_indicative(engine: Engine, product: ProductState, depth: Depth) -> None:
    """In a call: the price of the book one can see."""
    found = None
    if product.phase in CALL_PHASES:
        buys, sells = ([Interest(level.price, level.kg) for level in side] for side in depth)
        rule = TieRule(product.tie_rule)
        found = uncross(buys, sells, rule=rule, reference=product.reference, tick=product.tick)
    assert engine.indicative(product.number) == (None if found is None else Indicative(*found))
