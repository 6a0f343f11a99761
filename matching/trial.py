"""What an order would do if it came in now, found without doing it.

The rules are not told a second time. The reference engine gets a small copy of what the order can meet (its
account, its product, the other side of the book price by price) and the order comes in there; the engine
that was asked only reads. So a trial is refused for exactly what the order would be refused for.

At a price where orders of the own party stand among others, nothing outside the core tells who is first. The
trial lets its own be first: what it says trades at once is then the least that would.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from matching.engine import DepthLevel, Engine, OpenOrder
from matching.holds import buy_hold_fen, fee_fen, settlement_of
from matching.reference_checks import Refused
from matching.reference_events import Events
from matching.reference_orders import place
from matching.reference_state import Account, Goods, Order, Product, State
from matching.types import (
    MAX_ORDER_ID,
    SELF_TRADE_SHIFT,
    Command,
    Event,
    EventKind,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TieRule,
    unpack_events,
)

ALL_LEVELS = 2**31
FEW_LEVELS = 8
MOST_OWN = 500
"""Own orders on the other side that are looked at; behind them a trial sees nothing."""
_OTHERS = 0
"""Account of the copy that stands for everybody else; its group is nobody's."""


class Trial(NamedTuple):
    """What a PLACE would do. Fen, kg and fen/kg."""

    refused: Reason
    """Why it would be refused; NONE if it would come in, and only then the rest means anything."""
    phase: int = 0
    best_price: int = 0
    """Best price of the other side now; 0: none."""
    hold: int = 0
    """What it holds when it comes in: fen of a buy, kg of a sell."""
    worst_amount: int = 0
    """Price times quantity at its limit, or worst price."""
    worst_fee: int = 0
    worst_deposit: int = 0
    """Quality deposit kept back from a sell, at its limit."""
    traded_kg: int = 0
    traded_amount: int = 0
    traded_fee: int = 0
    """At most: a fee is rounded down for each trade, and the trial sees a price level as one."""
    traded_deposit: int = 0
    rest_kg: int = 0
    """What stands in the book afterwards."""
    rest_price: int = 0
    ended: Reason = Reason.NONE
    """Why what did not trade would be dropped; NONE if it rests or nothing is left."""
    volatility: bool = False
    """Whether it would bring about a volatility call."""
    own_orders: int = 0
    """Orders of the own party it would cancel or make smaller."""


def trial(engine: Engine, record: bytes, related: Sequence[int] = ()) -> Trial:
    """The trial of a PLACE; related: account numbers that may be of the same party, checked here."""
    command = Command.unpack(record)
    state = _copy(engine, command, related)
    events = Events()
    events.seq = 1
    product, account = state.products.get(command.product), state.accounts.get(command.account)
    phase = int(product.phase) if product is not None else 0
    try:
        place(state, events, command)
    except Refused as refusal:
        return Trial(refusal.reason, phase)
    assert account is not None
    depth = engine.depth(command.product, 1)
    best = depth.asks if command.side == Side.BUY else depth.bids
    return _told(command, account, unpack_events(events.batch()))._replace(
        phase=phase, best_price=best[0].price if best else 0
    )


def _told(command: Command, account: Account, events: list[Event]) -> Trial:
    """The trial as its events tell it; the first one is the acceptance."""
    order_id = events[0].order_id
    trades = [event for event in events if event.kind == EventKind.TRADE]
    own = [event for event in events if event.order_id == order_id]
    dropped = [event for event in own if event.kind == EventKind.CANCELLED]
    rested = [event for event in own if event.kind == EventKind.RESTED]
    worst = _moved(command, account, command.price, command.quantity)
    parts = [_moved(command, account, trade.price, trade.quantity) for trade in trades]
    buys = command.side == Side.BUY
    return Trial(
        Reason.NONE,
        hold=buy_hold_fen(command.price, command.quantity, account.buyer_fee_bps)
        if buys
        else command.quantity,
        worst_amount=worst.amount,
        worst_fee=worst.fee,
        worst_deposit=worst.deposit,
        traded_kg=sum(trade.quantity for trade in trades),
        traded_amount=sum(part.amount for part in parts),
        traded_fee=sum(part.fee for part in parts),
        traded_deposit=sum(part.deposit for part in parts),
        rest_kg=rested[0].remaining if rested else 0,
        rest_price=rested[0].price if rested else 0,
        ended=Reason(dropped[0].reason) if dropped else Reason.NONE,
        volatility=any(event.kind == EventKind.PHASED for event in events),
        own_orders=sum(event.reason == Reason.SELF_TRADE and event.order_id != order_id for event in events),
    )


class _Moved(NamedTuple):
    """What a trade moves on the account's side, in fen."""

    amount: int
    fee: int
    deposit: int


def _moved(command: Command, account: Account, price: int, kg: int) -> _Moved:
    if command.side == Side.BUY:
        return _Moved(price * kg, fee_fen(price * kg, account.buyer_fee_bps), 0)
    legs = settlement_of(price, kg, 0, account.seller_fee_bps, account.deposit_bps)
    return _Moved(legs.amount, legs.seller_fee, legs.deposit)


# --- the copy ----------------------------------------------------------------------------------------


def _copy(engine: Engine, command: Command, related: Sequence[int]) -> State:
    """As much of the market as a PLACE can meet."""
    state = State(last_order_id=engine.last_order_id, last_trade_id=engine.last_trade_id)
    product = _product(engine, command.product)
    if product is not None:
        state.products[product.number] = product
    account = _account(engine, command.account, command.product)
    if account is None:
        return state
    state.accounts[account.number] = account
    others = Account(_OTHERS, False, 0, 0, 0, _OTHERS)
    state.accounts[_OTHERS] = others
    if product is None or command.side not in {Side.BUY, Side.SELL}:
        return state
    party = [account, *_party(engine, account, related)]
    state.accounts.update((member.number, member) for member in party)
    for order in _resting(engine, command, party):
        if order.account != account.number:
            state.account_of(order).take_hold(order)
        state.rest(order)
    return state


def _product(engine: Engine, number: int) -> Product | None:
    found = engine.product(number)
    if found is None:
        return None
    return Product(
        number,
        found.low,
        found.high,
        found.step_kg,
        found.min_kg,
        Phase(found.phase),
        found.tick,
        TieRule(found.tie_rule),
        found.reference,
        found.volatility,
    )


def _account(engine: Engine, number: int, product: int) -> Account | None:
    found = engine.account(number)
    if found is None:
        return None
    goods = {line.product: Goods(line.free, line.held) for line in found.goods if line.product == product}
    return Account(
        number,
        found.suspended,
        found.buyer_fee_bps,
        found.seller_fee_bps,
        found.deposit_bps,
        found.group,
        found.funds_free,
        found.funds_held,
        goods,
    )


def _party(engine: Engine, account: Account, related: Iterable[int]) -> Iterator[Account]:
    """Those of the named accounts that the engine, too, counts as one party with this one."""
    for number in sorted(set(related) - {account.number}):
        found = engine.account(number)
        if found is not None and found.group == account.group:
            yield Account(number, found.suspended, found.buyer_fee_bps, 0, 0, found.group)


def _resting(engine: Engine, command: Command, party: Sequence[Account]) -> Iterator[Order]:
    """What the order can meet: its party's own orders, and at each price everybody else's as one.

    No further than its price reaches and its quantity lasts, and own orders are asked for only where
    something is on hold for any: the floor waits for this.
    """
    other_side = Side.SELL if command.side == Side.BUY else Side.BUY
    own = _own_orders(engine, command.product, other_side, party)
    makes_way = (command.flags >> SELF_TRADE_SHIFT) & 3 == SelfTrade.CANCEL_OLDEST
    left, own_left = command.quantity, MOST_OWN
    for at, level in enumerate(_levels(engine, command, other_side), 1):
        if left <= 0 or own_left <= 0 or not _reaches(command, level.price):
            return
        mine = own.get(level.price, [])
        for number, order in mine[:own_left]:
            if left <= 0:
                return
            left -= 0 if makes_way else order.remaining
            yield _of_party(number, order, other_side)
        own_left -= len(mine)
        theirs = level.kg - sum(order.remaining for _, order in mine)
        left -= theirs
        if theirs:
            yield Order(MAX_ORDER_ID + at, _OTHERS, command.product, other_side, level.price, theirs)


def _of_party(number: int, order: OpenOrder, side: Side) -> Order:
    filled = order.quantity - order.remaining
    return Order(
        order.order_id, number, order.product, side, order.price, order.quantity, filled, order.expires
    )


def _levels(engine: Engine, command: Command, side: Side) -> Iterator[DepthLevel]:
    """The levels of a side, best first; most orders need a few of them."""
    for start, count in ((0, FEW_LEVELS), (FEW_LEVELS, ALL_LEVELS)):
        depth = engine.depth(command.product, count)
        yield from (depth.asks if side == Side.SELL else depth.bids)[start:]


def _reaches(command: Command, price: int) -> bool:
    return command.price >= price if command.side == Side.BUY else command.price <= price


def _own_orders(
    engine: Engine, product: int, side: Side, party: Sequence[Account]
) -> dict[int, list[tuple[int, OpenOrder]]]:
    """Open orders of the party on a side, by price, each with its account."""
    own: dict[int, list[tuple[int, OpenOrder]]] = {}
    for member in party:
        state = engine.account(member.number)
        assert state is not None
        selling = any(line.held for line in state.goods if line.product == product)
        if not (state.funds_held if side == Side.BUY else selling):
            continue
        for order in engine.open_orders(member.number):
            if (order.product, order.side) == (product, side):
                own.setdefault(order.price, []).append((member.number, order))
    return own
