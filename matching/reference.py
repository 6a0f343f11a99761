"""The rules of the exchange in plain Python: the specification, and the oracle of the fast engine.

Read ``matching/types.py`` first: it says what commands and events mean. This module says what happens,
rule by rule; where it and ``matching/engine.hpp`` differ, the tests fail.

* A command is refused as a whole, with the first reason found, and then changes nothing.
* An order holds what it can still cost: a buy ``buy_hold_fen(limit, open kg, fee)``, a sell its open kg.
  Rates are those of the account at the moment; a changed buyer fee changes the holds of open buys.
* Orders meet price first, then time, and trade at the resting order's price. A taker that meets its own
  account's order trades no further: its rest is dropped.
* A band never excludes a resting order: such a PRODUCT command is refused (close the session first).
* A product that is CLOSED has no open orders.
"""

from collections.abc import Callable
from typing import Never

from matching import reference_snapshot
from matching.engine import AccountState, Depth, DepthLevel, GoodsState, OpenOrder, ProductState
from matching.holds import buy_hold_fen, settlement_of
from matching.reference_events import Events
from matching.reference_state import Account, BookSide, Goods, Order, Product, State
from matching.snapshot import state_hash
from matching.types import (
    BASIS,
    MAX_ACCOUNT,
    MAX_AMOUNT,
    MAX_PRICE,
    MAX_PRODUCT,
    MAX_QUANTITY,
    MAX_TOTAL_FUNDS,
    RECORD_SIZE,
    Command,
    CommandKind,
    Phase,
    Reason,
    Side,
    TimeInForce,
    unpack_commands,
)


class Refused(Exception):
    """A command cannot be done; nothing has changed yet."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def refuse_if(condition: bool, reason: Reason) -> None:
    """Refuses the command if the condition holds."""
    if condition:
        raise Refused(reason)


class ReferenceEngine:
    """``matching.engine.Engine`` in plain Python."""

    def __init__(self) -> None:
        self._state = State()
        self._events = Events()
        self._handlers: dict[int, Callable[[Command], None]] = {
            CommandKind.PRODUCT: self._define_product,
            CommandKind.ACCOUNT: self._define_account,
            CommandKind.FUNDS: self._change_funds,
            CommandKind.GOODS: self._change_goods,
            CommandKind.PHASE: self._change_phase,
            CommandKind.PLACE: self._place,
            CommandKind.CANCEL: self._cancel,
            CommandKind.REPLACE: self._replace,
            CommandKind.CANCEL_ALL: self._cancel_all,
        }

    def apply(self, commands: bytes, first_seq: int) -> bytes:
        """See ``Engine.apply``."""
        check_batch(commands, first_seq)
        self._events = Events()
        for seq, command in enumerate(unpack_commands(commands), first_seq):
            self._events.seq = seq
            try:
                self._handlers.get(command.kind, self._unknown)(command)
            except Refused as refusal:
                self._reject(command, refusal.reason)
        return self._events.batch()

    def _reject(self, command: Command, reason: Reason) -> None:
        """Says why; a CANCEL or REPLACE names the order and, if it is the account's, what it is."""
        order = self._state.orders.get(command.order_id)
        if order is not None and order.account != command.account:
            order = None
        self._events.rejected(command, reason, order)

    # --- reading ----------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """See ``Engine.snapshot``."""
        return reference_snapshot.write(self._state)

    def load(self, snapshot: bytes) -> None:
        """See ``Engine.load``."""
        self._state = reference_snapshot.read(snapshot)

    def state_hash(self) -> str:
        """See ``Engine.state_hash``."""
        return state_hash(self.snapshot())

    def account(self, account: int) -> AccountState | None:
        """See ``Engine.account``."""
        found = self._state.accounts.get(account)
        if found is None:
            return None
        goods = tuple(
            GoodsState(product, held.free, held.held)
            for product, held in sorted(found.goods.items())
            if held != Goods()
        )
        return AccountState(
            found.funds_free,
            found.funds_held,
            found.suspended,
            found.buyer_fee_bps,
            found.seller_fee_bps,
            found.deposit_bps,
            goods,
        )

    def product(self, product: int) -> ProductState | None:
        """See ``Engine.product``."""
        found = self._state.products.get(product)
        if found is None:
            return None
        return ProductState(
            found.number, int(found.phase), found.low, found.high, found.step_kg, found.min_kg
        )

    def depth(self, product: int, levels: int) -> Depth:
        """See ``Engine.depth``."""
        found = self._state.products.get(product)
        if found is None:
            return Depth((), ())
        return Depth(_depth_of(found.bids, levels), _depth_of(found.asks, levels))

    def open_orders(self, account: int) -> tuple[OpenOrder, ...]:
        """See ``Engine.open_orders``."""
        return tuple(
            OpenOrder(o.order_id, o.product, int(o.side), o.price, o.quantity, o.remaining)
            for o in self._state.orders_of(account)
        )

    @property
    def last_order_id(self) -> int:
        """See ``Engine.last_order_id``."""
        return self._state.last_order_id

    @property
    def last_trade_id(self) -> int:
        """See ``Engine.last_trade_id``."""
        return self._state.last_trade_id

    # --- what is known ----------------------------------------------------------------------------

    def _known_product(self, number: int) -> Product:
        product = self._state.products.get(number)
        if product is None:
            raise Refused(Reason.UNKNOWN_PRODUCT)
        return product

    def _known_account(self, number: int) -> Account:
        account = self._state.accounts.get(number)
        if account is None:
            raise Refused(Reason.UNKNOWN_ACCOUNT)
        return account

    def _own_order(self, account: Account, order_id: int) -> Order:
        order = self._state.orders.get(order_id)
        if order is None or order.account != account.number:
            raise Refused(Reason.UNKNOWN_ORDER)
        return order

    # --- commands of the exchange -----------------------------------------------------------------

    def _unknown(self, command: Command) -> Never:
        raise Refused(Reason.UNKNOWN_COMMAND)

    def _define_product(self, command: Command) -> None:
        low, high, step_kg, min_kg = command.price, command.quantity, command.amount, command.order_id
        refuse_if(not 1 <= command.product <= MAX_PRODUCT, Reason.BAD_PARAMETER)
        refuse_if(not 1 <= low <= high <= MAX_PRICE, Reason.BAD_PARAMETER)
        refuse_if(not 1 <= step_kg <= MAX_QUANTITY, Reason.BAD_PARAMETER)
        refuse_if(not 1 <= min_kg <= MAX_QUANTITY, Reason.BAD_PARAMETER)
        product = self._state.products.get(command.product)
        if product is None:
            self._state.products[command.product] = Product(command.product, low, high, step_kg, min_kg)
        else:
            excluded = any(not low <= order.price <= high for order in product.open_orders())
            refuse_if(excluded, Reason.BAD_PARAMETER)
            product.low, product.high, product.step_kg, product.min_kg = low, high, step_kg, min_kg
        self._events.applied(command)

    def _define_account(self, command: Command) -> None:
        buyer_fee, seller_fee, deposit = command.price, command.quantity, command.amount
        refuse_if(not 1 <= command.account <= MAX_ACCOUNT, Reason.BAD_PARAMETER)
        refuse_if(not 0 <= buyer_fee <= BASIS, Reason.BAD_PARAMETER)
        refuse_if(seller_fee < 0 or deposit < 0 or seller_fee + deposit > BASIS, Reason.BAD_PARAMETER)
        refuse_if(command.flags > 1, Reason.BAD_PARAMETER)
        suspended = command.flags == 1
        account = self._state.accounts.get(command.account)
        if account is None:
            account = Account(command.account, suspended, buyer_fee, seller_fee, deposit)
            self._state.accounts[command.account] = account
        else:
            self._change_buyer_fee(account, buyer_fee)
            account.suspended, account.seller_fee_bps, account.deposit_bps = suspended, seller_fee, deposit
        self._events.applied(command)

    def _change_buyer_fee(self, account: Account, buyer_fee: int) -> None:
        """Holds of open buys follow the new rate; refused if the account cannot cover a higher one."""
        buys = (order for order in self._state.orders_of(account.number) if order.side == Side.BUY)
        held = sum(buy_hold_fen(order.price, order.remaining, buyer_fee) for order in buys)
        refuse_if(held > account.funds, Reason.INSUFFICIENT_FUNDS)
        account.funds_free, account.funds_held = account.funds - held, held
        account.buyer_fee_bps = buyer_fee

    def _change_funds(self, command: Command) -> None:
        account = self._known_account(command.account)
        amount = command.amount
        refuse_if(not -MAX_AMOUNT <= amount <= MAX_AMOUNT, Reason.BAD_PARAMETER)
        refuse_if(-amount > account.funds_free, Reason.INSUFFICIENT_FUNDS)
        if amount > 0:
            refuse_if(account.funds + amount > MAX_AMOUNT, Reason.BAD_PARAMETER)
            refuse_if(self._state.total_funds + amount > MAX_TOTAL_FUNDS, Reason.BAD_PARAMETER)
        account.funds_free += amount
        self._state.total_funds += amount
        self._events.applied(command)

    def _change_goods(self, command: Command) -> None:
        product = self._known_product(command.product)
        account = self._known_account(command.account)
        kg = command.quantity
        refuse_if(not -MAX_AMOUNT <= kg <= MAX_AMOUNT, Reason.BAD_PARAMETER)
        goods = account.goods_of(product.number)
        refuse_if(-kg > goods.free, Reason.INSUFFICIENT_GOODS)
        refuse_if(kg > 0 and goods.free + goods.held + kg > MAX_AMOUNT, Reason.BAD_PARAMETER)
        goods.free += kg
        self._events.applied(command)

    def _change_phase(self, command: Command) -> None:
        product = self._known_product(command.product)
        refuse_if(command.flags not in set(Phase), Reason.BAD_PARAMETER)
        product.phase = Phase(command.flags)
        self._events.applied(command)
        if product.phase == Phase.CLOSED:
            for order in list(product.open_orders()):
                self._drop(order, Reason.SESSION_END)

    # --- commands of members ----------------------------------------------------------------------

    def _place(self, command: Command) -> None:
        product = self._known_product(command.product)
        account = self._known_account(command.account)
        check_may_trade(account, product)
        refuse_if(command.side not in {Side.BUY, Side.SELL}, Reason.BAD_PARAMETER)
        refuse_if(command.tif not in set(TimeInForce), Reason.BAD_PARAMETER)
        check_price(product, command.price)
        check_quantity(product, command.quantity)
        order = Order(
            self._state.last_order_id + 1,
            account.number,
            product.number,
            Side(command.side),
            command.price,
            command.quantity,
        )
        take_hold(account, order)
        self._state.last_order_id = order.order_id
        self._events.accepted(order)
        self._match(order, TimeInForce(command.tif))

    def _cancel(self, command: Command) -> None:
        account = self._known_account(command.account)
        self._drop(self._own_order(account, command.order_id), Reason.BY_OWNER)

    def _replace(self, command: Command) -> None:
        account = self._known_account(command.account)
        order = self._own_order(account, command.order_id)
        product = self._state.products[order.product]
        check_may_trade(account, product)
        check_price(product, command.price)
        check_quantity(product, command.quantity)
        refuse_if(command.quantity <= order.filled, Reason.BAD_QUANTITY)
        if command.price == order.price and command.quantity <= order.quantity:
            self._reduce(account, order, command.quantity)
        else:
            self._take_new_place(account, order, command.price, command.quantity)

    def _reduce(self, account: Account, order: Order, quantity: int) -> None:
        """A smaller order keeps its place."""
        before = order.remaining
        give_back_hold(account, order)
        order.quantity = quantity
        take_hold(account, order)
        self._events.reduced(order, before)

    def _take_new_place(self, account: Account, old: Order, price: int, quantity: int) -> None:
        """A larger order or another price comes in like a new day order, with its number and fills."""
        new = Order(old.order_id, old.account, old.product, old.side, price, quantity, old.filled)
        give_back_hold(account, old)
        try:
            take_hold(account, new)
        except Refused:
            take_hold(account, old)
            raise
        self._state.take_out(old)
        self._events.replaced(old, price, quantity)
        self._match(new, TimeInForce.DAY)

    def _cancel_all(self, command: Command) -> None:
        if command.product != 0:
            self._known_product(command.product)
        account = self._known_account(command.account)
        self._events.applied(command)
        for order in self._state.orders_of(account.number):
            if command.product in {0, order.product}:
                self._drop(order, Reason.BY_OWNER)

    # --- matching ---------------------------------------------------------------------------------

    def _match(self, taker: Order, tif: TimeInForce) -> None:
        """Trades an incoming order, whose hold is already taken, and rests or drops what is left."""
        opposite = self._state.products[taker.product].opposite_side(taker.side)
        while taker.remaining > 0:
            maker = opposite.first()
            if maker is None or not crosses(taker, maker.price):
                break
            if maker.account == taker.account:
                self._drop_incoming(taker, Reason.SELF_TRADE)
                return
            self._trade(taker, maker)
        if taker.remaining == 0:
            return
        if tif == TimeInForce.IOC:
            self._drop_incoming(taker, Reason.IOC_REST)
            return
        self._state.rest(taker)
        self._events.rested(taker)

    def _trade(self, taker: Order, maker: Order) -> None:
        """One trade at the maker's price: money and goods leave their holds, the buyer's goods come later."""
        kg = min(taker.remaining, maker.remaining)
        buy, sell = (taker, maker) if taker.side == Side.BUY else (maker, taker)
        buyer, seller = self._state.accounts[buy.account], self._state.accounts[sell.account]
        legs = settlement_of(maker.price, kg, buyer.buyer_fee_bps, seller.seller_fee_bps, seller.deposit_bps)
        give_back_hold(buyer, buy)
        taker.filled += kg
        maker.filled += kg
        buyer.funds_free -= legs.buyer_pays
        take_hold(buyer, buy)
        seller.goods[sell.product].held -= kg
        seller.funds_free += legs.seller_gets
        self._state.total_funds -= legs.buyer_pays - legs.seller_gets
        self._state.last_trade_id += 1
        self._events.traded(self._state.last_trade_id, taker, maker, kg)
        if maker.remaining == 0:
            self._state.take_out(maker)

    def _drop(self, order: Order, reason: Reason) -> None:
        """Takes a resting order out of the book and gives back its hold."""
        self._state.take_out(order)
        give_back_hold(self._state.accounts[order.account], order)
        self._events.cancelled(order, reason, resting=True)

    def _drop_incoming(self, order: Order, reason: Reason) -> None:
        """Drops what is left of an order that is not in the book."""
        give_back_hold(self._state.accounts[order.account], order)
        self._events.cancelled(order, reason, resting=False)


def check_batch(commands: bytes, first_seq: int) -> None:
    """Raises ValueError unless the batch is whole records whose sequence numbers fit 64 bits."""
    if not isinstance(commands, bytes):
        raise TypeError("a batch is bytes")
    if len(commands) % RECORD_SIZE:
        raise ValueError(
            f"a batch is a whole number of {RECORD_SIZE}-byte commands, not {len(commands)} bytes"
        )
    if first_seq < 0 or first_seq + len(commands) // RECORD_SIZE >= 2**64:
        raise ValueError("sequence numbers are unsigned 64-bit numbers")


def check_may_trade(account: Account, product: Product) -> None:
    """Refuses unless the account may trade and the product is in continuous trading."""
    refuse_if(account.suspended, Reason.SUSPENDED)
    refuse_if(product.phase == Phase.CLOSED, Reason.SESSION_CLOSED)
    refuse_if(product.phase == Phase.HALTED, Reason.HALTED)


def check_price(product: Product, price: int) -> None:
    """Refuses a price that cannot be, or is outside the daily band."""
    refuse_if(not 1 <= price <= MAX_PRICE, Reason.BAD_PRICE)
    refuse_if(not product.low <= price <= product.high, Reason.PRICE_BAND)


def check_quantity(product: Product, kg: int) -> None:
    """Refuses a quantity below the minimum, off the step or beyond the limit."""
    refuse_if(not product.min_kg <= kg <= MAX_QUANTITY, Reason.BAD_QUANTITY)
    refuse_if(kg % product.step_kg != 0, Reason.BAD_QUANTITY)


def crosses(taker: Order, price: int) -> bool:
    """Whether the taker's limit reaches a resting price."""
    return taker.price >= price if taker.side == Side.BUY else taker.price <= price


def take_hold(account: Account, order: Order) -> None:
    """Puts on hold what the open part of an order can still cost or deliver; refused if it is not free."""
    if order.side == Side.BUY:
        need = account.hold_of(order)
        refuse_if(need > account.funds_free, Reason.INSUFFICIENT_FUNDS)
        account.funds_free -= need
        account.funds_held += need
    else:
        goods = account.goods_of(order.product)
        refuse_if(order.remaining > goods.free, Reason.INSUFFICIENT_GOODS)
        goods.free -= order.remaining
        goods.held += order.remaining


def give_back_hold(account: Account, order: Order) -> None:
    """Frees what the open part of an order holds."""
    if order.side == Side.BUY:
        held = account.hold_of(order)
        account.funds_free += held
        account.funds_held -= held
    else:
        goods = account.goods_of(order.product)
        goods.free += order.remaining
        goods.held -= order.remaining


def _depth_of(side: BookSide, levels: int) -> tuple[DepthLevel, ...]:
    """The best levels of one side."""
    found = []
    for price, _ in zip(side.prices(), range(levels), strict=False):
        orders = side.level(price)
        found.append(DepthLevel(price, sum(order.remaining for order in orders), len(orders)))
    return tuple(found)
