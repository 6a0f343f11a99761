"""What the reference engine remembers: accounts, products with their books, open orders.

Kept simple on purpose: dictionaries and sorted lists whose meaning is obvious. The rules that change
this state are told in ``matching/reference.py``.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from matching.holds import buy_hold_fen
from matching.types import Phase, Side, TieRule


@dataclass(slots=True, eq=False)
class Order:
    """An order in the book, or on its way into it."""

    order_id: int
    account: int
    product: int
    side: Side
    price: int
    quantity: int
    """Ordered kg, the filled part included."""
    filled: int = 0
    expires: int = 0
    """Last day of a GTD order; 0: it ends with the session."""

    @property
    def remaining(self) -> int:
        """Open kg."""
        return self.quantity - self.filled


@dataclass(slots=True)
class Goods:
    """Kg of one account in one product: free, and on hold for its open sells."""

    free: int = 0
    held: int = 0


@dataclass(slots=True)
class Account:
    """Funds in fen (free, and on hold for open buys), rates in basis points, goods by product.

    Accounts with the same ``group`` are one party: they never trade with each other as orders come.
    """

    number: int
    suspended: bool
    buyer_fee_bps: int
    seller_fee_bps: int
    deposit_bps: int
    group: int
    funds_free: int = 0
    funds_held: int = 0
    goods: dict[int, Goods] = field(default_factory=dict)

    @property
    def funds(self) -> int:
        """Free and held fen together."""
        return self.funds_free + self.funds_held

    def goods_of(self, product: int) -> Goods:
        """The goods in a product; a new, empty entry the first time."""
        return self.goods.setdefault(product, Goods())

    def hold_of(self, order: Order) -> int:
        """Fen this account's open buy keeps on hold."""
        return buy_hold_fen(order.price, order.remaining, self.buyer_fee_bps)

    def take_hold(self, order: Order) -> None:
        """Puts on hold what the open part of an order can still cost or deliver."""
        self._move_hold(order, 1)

    def give_back_hold(self, order: Order) -> None:
        """Frees what the open part of an order holds."""
        self._move_hold(order, -1)

    def _move_hold(self, order: Order, sign: int) -> None:
        if order.side == Side.BUY:
            fen = sign * self.hold_of(order)
            self.funds_free -= fen
            self.funds_held += fen
        else:
            kg = sign * order.remaining
            goods = self.goods_of(order.product)
            goods.free -= kg
            goods.held += kg


class BookSide:
    """The resting orders of one side: price before time.

    ``prices`` is sorted with the best last; each level keeps its orders in order of arrival.
    """

    def __init__(self, side: Side) -> None:
        self._sign = 1 if side == Side.BUY else -1
        self._keys: list[int] = []
        self._levels: dict[int, dict[int, Order]] = {}

    def __iter__(self) -> Iterator[Order]:
        """All orders, best price first, oldest first."""
        for price in self.prices():
            yield from self._levels[price].values()

    def prices(self) -> Iterator[int]:
        """The prices with orders, best first."""
        return (key * self._sign for key in reversed(self._keys))

    def level(self, price: int) -> list[Order]:
        """The orders at a price, oldest first."""
        return list(self._levels[price].values())

    def first(self) -> Order | None:
        """The order that trades next."""
        if not self._keys:
            return None
        return next(iter(self._levels[self._keys[-1] * self._sign].values()))

    def add(self, order: Order) -> None:
        """Puts an order at the end of its level."""
        if order.price not in self._levels:
            self._levels[order.price] = {}
            insort(self._keys, order.price * self._sign)
        self._levels[order.price][order.order_id] = order

    def remove(self, order: Order) -> None:
        """Takes an order out."""
        level = self._levels[order.price]
        del level[order.order_id]
        if not level:
            del self._levels[order.price]
            del self._keys[bisect_left(self._keys, order.price * self._sign)]


@dataclass(slots=True)
class Product:
    """One product, its trading parameters and its book."""

    number: int
    low: int
    high: int
    step_kg: int
    min_kg: int
    phase: Phase = Phase.CLOSED
    tick: int = 1
    tie_rule: TieRule = TieRule.MIDPOINT
    reference: int = 0
    """Reference price in fen/kg; 0: none."""
    volatility: int = 0
    """How far from the reference price a trade may be as orders come, in fen/kg; 0: anywhere."""
    bids: BookSide = field(default_factory=lambda: BookSide(Side.BUY))
    asks: BookSide = field(default_factory=lambda: BookSide(Side.SELL))

    def own_side(self, side: Side) -> BookSide:
        """Where an order of this side rests."""
        return self.bids if side == Side.BUY else self.asks

    def opposite_side(self, side: Side) -> BookSide:
        """What an order of this side trades with."""
        return self.asks if side == Side.BUY else self.bids

    def open_orders(self) -> Iterator[Order]:
        """All resting orders: bids, then asks, each by priority."""
        yield from self.bids
        yield from self.asks

    @property
    def crossed(self) -> bool:
        """Whether resting orders could trade with each other."""
        bid, ask = self.bids.first(), self.asks.first()
        return bid is not None and ask is not None and bid.price >= ask.price

    def too_far(self, price: int) -> bool:
        """Whether a trade at this price would be outside the volatility range."""
        limited = self.volatility > 0 and self.reference > 0
        return limited and abs(price - self.reference) > self.volatility


@dataclass(slots=True)
class State:
    """Everything the reference engine knows."""

    products: dict[int, Product] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    """The resting orders, by number."""
    last_order_id: int = 0
    last_trade_id: int = 0
    total_funds: int = 0
    """Fen of all accounts together."""

    def orders_of(self, account: int) -> list[Order]:
        """Resting orders of an account, by number."""
        return sorted((o for o in self.orders.values() if o.account == account), key=lambda o: o.order_id)

    def rest(self, order: Order) -> None:
        """Puts an order into its book."""
        self.orders[order.order_id] = order
        self.products[order.product].own_side(order.side).add(order)

    def take_out(self, order: Order) -> None:
        """Takes a resting order out of its book."""
        del self.orders[order.order_id]
        self.products[order.product].own_side(order.side).remove(order)

    def account_of(self, order: Order) -> Account:
        """Whose order it is."""
        return self.accounts[order.account]

    def same_party(self, one: Order, other: Order) -> bool:
        """Whether two orders are of one account or one group."""
        return self.account_of(one).group == self.account_of(other).group
