"""The rules of the exchange in plain Python: the specification, and the oracle of the fast engine.

Read ``matching/types.py`` first: it says what commands and events mean. This module says what happens,
rule by rule; where the code beside it and the fast engine (``matching/engine.hpp``) differ, the tests fail.
Checks: ``reference_checks.py``. Settings: ``reference_settings.py``. Orders: ``reference_orders.py`` and
``reference_matching.py``. Phases and calls: ``reference_calls.py``.

Commands
    A command is refused as a whole, with the first reason found, and then changes nothing. A PLACE is
    checked for: product, account, suspension, phase, side and time in force and flags, day, price, band,
    tick, quantity, quantity to trade at once, order type, cover. Only accepted orders get a number.

Holds
    An order holds what it can still cost: a buy ``buy_hold_fen(limit, open kg, fee)``, a sell its open kg.
    Rates are those of the account at the moment; a changed buyer fee changes the holds of open buys.

Priority
    Price first, then time. A part that trades keeps its place, and so does an order that becomes smaller; a
    larger order or another price comes in like a new one, with its number, fills and last day.

Coming in, in a call
    In CALL and VOLATILITY an order rests at once and the book may be crossed. Only DAY and GTD orders are
    taken, neither post-only nor market-to-limit, and without a quantity to trade at once.

Coming in, in continuous trading
    1. A market-to-limit order becomes a limit order at the best opposite price, and its hold falls with it.
       If there is none, or it is beyond the order's worst price, the order is dropped.
    2. A post-only order that would trade is dropped.
    3. A fill-or-kill order, or one with a quantity to trade at once, is dropped if that much cannot trade
       now. Only what the order would really trade with counts: not beyond the volatility range, not its own
       party's orders, and nothing behind one of those unless it would be cancelled to make way. Looking
       changes nothing.
    4. The order trades with what it crosses, best first, at the resting order's price, except that
       - before a trade too far from the reference price (both it and a range are set, and the distance is
         more than the range) the product goes into VOLATILITY and nothing more trades;
       - an order of its own party (the same account or group) is not traded with: the incoming order is
         dropped, or the resting one is cancelled, or both lose what the smaller one has open. A smaller
         order may then be below the minimum or off the step.
    5. What is left rests, or is dropped if the order was for this instant only.

Phases
    PHASE leads from any phase to any other but VOLATILITY, but not into continuous trading while the book
    is crossed. In CLOSED and HALTED no order comes in. Cancelling is always possible.
    A close ends all orders, or, if it names a day, those that are not good beyond it; so a product that is
    CLOSED has only GTD orders.

Calls
    UNCROSS ends a call: the phase that follows begins, then all that can trade trades at one price
    (``matching/call_auction.py`` finds it), best buy with best sell, until the volume of that price is done.
    One's own party is no exception: there is one price for all. The price becomes the reference price.

Limits of a product
    A band never excludes a resting order: while the product is CLOSED such orders are cancelled, else the
    PRODUCT is refused. A RULES whose tick does not fit every resting order is refused. A new product has
    tick 1, the rule MIDPOINT, no reference price and no volatility range.
"""

from collections.abc import Callable
from typing import Never

from matching import (
    reference_calls,
    reference_orders,
    reference_settings,
    reference_snapshot,
)
from matching.engine import (
    AccountState,
    Batch,
    Depth,
    DepthLevel,
    GoodsState,
    Indicative,
    OpenOrder,
    ProductState,
)
from matching.reference_checks import Refused
from matching.reference_events import Events
from matching.reference_state import BookSide, Goods, Order, State
from matching.snapshot import state_hash
from matching.types import CALL_PHASES, RECORD_SIZE, Command, CommandKind, Reason, Side, unpack_commands


def _unknown(state: State, events: Events, command: Command) -> Never:
    raise Refused(Reason.UNKNOWN_COMMAND)


HANDLERS: dict[int, Callable[[State, Events, Command], None]] = {
    CommandKind.PRODUCT: reference_settings.define_product,
    CommandKind.ACCOUNT: reference_settings.define_account,
    CommandKind.FUNDS: reference_settings.change_funds,
    CommandKind.GOODS: reference_settings.change_goods,
    CommandKind.PHASE: reference_calls.change_phase,
    CommandKind.PLACE: reference_orders.place,
    CommandKind.CANCEL: reference_orders.cancel,
    CommandKind.REPLACE: reference_orders.replace,
    CommandKind.CANCEL_ALL: reference_orders.cancel_all,
    CommandKind.UNCROSS: reference_calls.end_call,
    CommandKind.RULES: reference_settings.change_rules,
}
"""What each command does; a handler refuses before it changes anything."""


class ReferenceEngine:
    """``matching.engine.Engine`` in plain Python."""

    def __init__(self) -> None:
        self._state = State()

    def apply(self, commands: Batch, first_seq: int) -> bytes:
        """See ``Engine.apply``."""
        batch = checked_batch(commands, first_seq)
        events = Events()
        for seq, command in enumerate(unpack_commands(batch), first_seq):
            events.seq = seq
            try:
                HANDLERS.get(command.kind, _unknown)(self._state, events, command)
            except Refused as refusal:
                self._reject(events, command, refusal.reason)
        return events.batch()

    def _reject(self, events: Events, command: Command, reason: Reason) -> None:
        """Says why; a CANCEL or REPLACE names the order and, if it is the account's, what it is."""
        order = self._state.orders.get(command.order_id)
        if order is not None and order.account != command.account:
            order = None
        events.rejected(command, reason, order)

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
            found.group,
            goods,
        )

    def product(self, product: int) -> ProductState | None:
        """See ``Engine.product``."""
        found = self._state.products.get(product)
        if found is None:
            return None
        return ProductState(
            found.number,
            int(found.phase),
            found.low,
            found.high,
            found.step_kg,
            found.min_kg,
            found.tick,
            int(found.tie_rule),
            found.reference,
            found.volatility,
        )

    def depth(self, product: int, levels: int) -> Depth:
        """See ``Engine.depth``."""
        found = self._state.products.get(product)
        if found is None:
            return Depth((), ())
        return Depth(_depth_of(found.bids, levels), _depth_of(found.asks, levels))

    def indicative(self, product: int) -> Indicative | None:
        """See ``Engine.indicative``."""
        found = self._state.products.get(product)
        if found is None or found.phase not in CALL_PHASES:
            return None
        price = reference_calls.call_price(found, found.reference)
        return None if price is None else Indicative(price.price, price.executed, price.surplus)

    def open_orders(self, account: int) -> tuple[OpenOrder, ...]:
        """See ``Engine.open_orders``."""
        return tuple(_open_order(order) for order in self._state.orders_of(account))

    def best_orders(self, account: int, product: int, side: int, most: int) -> tuple[OpenOrder, ...]:
        """See ``Engine.best_orders``."""
        own = [o for o in self._state.orders_of(account) if (o.product, o.side) == (product, side)]
        own.sort(key=lambda order: -order.price if side == Side.BUY else order.price)
        return tuple(_open_order(order) for order in own[:most])

    @property
    def last_order_id(self) -> int:
        """See ``Engine.last_order_id``."""
        return self._state.last_order_id

    @property
    def last_trade_id(self) -> int:
        """See ``Engine.last_trade_id``."""
        return self._state.last_trade_id


def _open_order(order: Order) -> OpenOrder:
    return OpenOrder(
        order.order_id,
        order.product,
        int(order.side),
        order.price,
        order.quantity,
        order.remaining,
        order.expires,
    )


def checked_batch(commands: Batch, first_seq: int) -> bytes:
    """The batch as bytes. Raises ValueError unless it is whole records whose sequence numbers fit 64 bits."""
    batch = memoryview(commands).tobytes()
    if len(batch) % RECORD_SIZE:
        raise ValueError(f"a batch is a whole number of {RECORD_SIZE}-byte commands, not {len(batch)} bytes")
    if first_seq < 0 or first_seq + len(batch) // RECORD_SIZE >= 2**64:
        raise ValueError("sequence numbers are unsigned 64-bit numbers")
    return batch


def _depth_of(side: BookSide, levels: int) -> tuple[DepthLevel, ...]:
    """The best levels of one side."""
    found = []
    for price, _ in zip(side.prices(), range(levels), strict=False):
        orders = side.level(price)
        found.append(DepthLevel(price, sum(order.remaining for order in orders), len(orders)))
    return tuple(found)
