"""What the hub knows of the market: every resting order, every book, today's figures, from events alone.

A ``Market`` starts from a picture of the floor at a known sequence number and then follows the events
batch by batch. It belongs to one thread (the event loop) and does no input or output.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from exchange.kernel.calendar import day_of_number, trading_day
from exchange.market_data.depth import Depth
from exchange.market_data.desk_follower import BALANCES, DeskFollower, DeskNews, Notice
from exchange.market_data.ticker import Tape, TapeTrade, Ticker
from exchange.trading.feed import head_at
from matching.desk_events import DeskEventKind
from matching.types import (
    CALL_PHASES,
    EVENT,
    MARKET_TO_LIMIT,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)

DESK_EVENTS = frozenset(DeskEventKind)


@dataclass(slots=True)
class LiveOrder:
    """An order on its way through the floor or resting in the book. Quantities in kg."""

    order_id: int
    account: int
    product: int
    side: int
    price: int
    quantity: int
    open_kg: int
    client_order_id: str = ""
    cancelled: bool = False
    reason: int = 0
    tif: int = TimeInForce.DAY
    flags: int = 0
    """Of its PLACE."""
    expires: int = 0
    """Last day as the engine counts; 0: it ends with the session."""

    @property
    def filled_kg(self) -> int:
        """Kilograms traded so far, once the order is at rest, filled or cancelled."""
        return self.quantity - self.open_kg


class Fill(NamedTuple):
    """One trade as one of its parties sees it."""

    trade_id: int
    order_id: int
    product: int
    side: int
    price: int
    quantity_kg: int
    liquidity: str
    """maker or taker; in a call nobody was either: call."""


@dataclass(slots=True)
class AccountChanges:
    """What one batch did to an account: orders in order of first change, its trades, its part of the desk."""

    orders: dict[int, LiveOrder] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    desk: list[Notice] = field(default_factory=list)
    balances: bool = False
    cancelled_by: int = 0
    """A CancelAllCause when a guard of the account's orders cancelled all of them."""


class Indicative(NamedTuple):
    """What a call would do if it ended now: fen per kg, kg that would trade, kg left to buy less to sell."""

    price: int
    quantity_kg: int
    surplus_kg: int


@dataclass(slots=True)
class ProductMarket:
    """Book, tape and figures of one product, with the sequence number of what last changed each."""

    number: int
    ticker: Ticker
    depth: Depth = field(default_factory=Depth)
    tape: Tape = field(default_factory=Tape)
    phase: int = Phase.CLOSED
    indicative: Indicative | None = None
    """What a call would do if it ended now, as it was last asked."""
    asked_seq: int = -1
    """State of the product, by its ``seq``, for which that was asked."""
    seq: int = 0
    figures_changed: bool = False


class Market:
    """All products and all resting orders; ``apply`` follows one batch of events."""

    def __init__(self, watched: set[int] | None = None) -> None:
        self.products: dict[int, ProductMarket] = {}
        self.orders: dict[int, LiveOrder] = {}
        self.dirty: set[int] = set()
        self.redefined: set[int] = set()
        self.changes: dict[int, AccountChanges] = {}
        self.seq = 0
        self._watched = watched if watched is not None else set()
        self._desk = DeskFollower(self._watched)
        self._incoming: LiveOrder | None = None
        self._client_ids: Sequence[str] = ()
        self._heads = b""
        self._first_seq = 0
        self._time_ns = 0
        self._day = date.min
        self._handlers = {
            EventKind.APPLIED: self._applied,
            EventKind.ACCEPTED: self._accepted,
            EventKind.TRADE: self._trade,
            EventKind.RESTED: self._rested,
            EventKind.CANCELLED: self._cancelled,
            EventKind.REDUCED: self._reduced,
            EventKind.REPLACED: self._replaced,
            EventKind.UNCROSSED: self._phased,
            EventKind.PHASED: self._phased,
        }

    def product(self, number: int, reference: int = 0) -> ProductMarket:
        """The market of a product, empty when it is new."""
        market = self.products.get(number)
        if market is None:
            market = self.products[number] = ProductMarket(number, Ticker(reference, self._day))
        return market

    def load(self, orders: Iterable[LiveOrder], seq: int, time_ns: int) -> None:
        """Start from the orders that rest at ``seq``."""
        self.seq = seq
        self._day = trading_day(time_ns)
        for order in orders:
            self.orders[order.order_id] = order
            self.product(order.product).depth.add(order.side, order.price, order.open_kg)
        for market in self.products.values():
            market.depth.take_changes()
            market.seq = seq

    def apply(
        self,
        first_seq: int,
        last_seq: int,
        time_ns: int,
        events: bytes,
        client_ids: Sequence[str],
        heads: bytes,
    ) -> None:
        """Follow one batch; heads as in ``feed.heads_of``.

        ``dirty``, ``redefined`` and ``changes`` say what it touched.

        Raises LookupError or ValueError when the events do not continue this picture.
        """
        self._first_seq, self._client_ids, self._heads = first_seq, client_ids, heads
        if time_ns != self._time_ns:
            self._time_ns, self._day = time_ns, trading_day(time_ns)
        handlers = self._handlers
        for fields in EVENT.iter_unpack(events):
            handler = handlers.get(fields[1])
            if handler is not None:
                handler(Event._make(fields))
            elif fields[1] in DESK_EVENTS:
                self._desk.follow(Event._make(fields), time_ns)
        self._note_desk()
        self.seq = last_seq

    def take_changes(self) -> dict[int, AccountChanges]:
        """What happened to the watched accounts since the last call."""
        changes, self.changes = self.changes, {}
        return changes

    def take_desk_news(self) -> list[DeskNews]:
        """What the desk did since the last call."""
        return self._desk.take_news()

    def take_dirty(self) -> set[int]:
        """Products whose public picture changed since the last call."""
        dirty, self.dirty = self.dirty, set()
        return dirty

    # Event handlers ---------------------------------------------------------------------------

    def _touch(self, number: int, seq: int) -> ProductMarket:
        market = self.product(number)
        market.seq = seq
        market.figures_changed = True
        self.dirty.add(number)
        return market

    def _note(self, order: LiveOrder) -> None:
        if order.account in self._watched:
            changes = self.changes.setdefault(order.account, AccountChanges())
            changes.orders[order.order_id] = replace(order)
            changes.balances = True

    def _note_desk(self) -> None:
        for told in self._desk.take_notices():
            changes = self.changes.setdefault(told.account, AccountChanges())
            changes.desk.append(told)
            changes.balances = changes.balances or told.event.kind in BALANCES

    def _applied(self, event: Event) -> None:
        if event.account:
            if event.account in self._watched:
                changes = self.changes.setdefault(event.account, AccountChanges())
                changes.balances = True
                if self._kind_of(event) == CommandKind.CANCEL_ALL:
                    changes.cancelled_by = event.other or changes.cancelled_by
            return
        kind = self._kind_of(event)
        if kind == CommandKind.PHASE:
            self._phased(event)
        elif kind in (CommandKind.PRODUCT, CommandKind.RULES):
            self._touch(event.product, event.seq)
            self.redefined.add(event.product)

    def _kind_of(self, event: Event) -> int:
        return head_at(self._heads, event.seq - self._first_seq).kind

    def _phased(self, event: Event) -> None:
        """A PHASE that took effect, the end of a call, or a volatility call: ``other`` is the new phase."""
        market = self._touch(event.product, event.seq)
        market.phase = event.other
        if market.phase not in CALL_PHASES:
            market.indicative = None

    def _accepted(self, event: Event) -> None:
        index = event.seq - self._first_seq
        head = head_at(self._heads, index)
        self._incoming = LiveOrder(
            event.order_id,
            event.account,
            event.product,
            event.side,
            event.price,
            event.quantity,
            event.quantity,
            self._client_ids[index] if index < len(self._client_ids) else "",
            tif=head.tif,
            flags=head.flags,
            expires=head.expires if head.tif == TimeInForce.GTD else 0,
        )

    def _taker(self, order_id: int) -> LiveOrder:
        if self._incoming is None or self._incoming.order_id != order_id:
            raise LookupError(f"order {order_id} is not the one on its way")
        return self._incoming

    def _trade(self, event: Event) -> None:
        in_call = event.reason == Reason.CALL
        maker = self.orders[event.other_id]
        taker = self.orders[event.order_id] if in_call else self._taker(event.order_id)
        quantity = event.quantity
        market = self._touch(event.product, event.seq)
        self._fill_resting(market, maker, quantity)
        if in_call:
            self._fill_resting(market, taker, quantity)
        else:
            taker.open_kg -= quantity
        market.tape.add(TapeTrade(event.remaining, event.price, quantity, event.side, self._time_ns, in_call))
        market.ticker.trade(self._day, event.price, quantity)
        took, made = ("call", "call") if in_call else ("taker", "maker")
        self._note_fills(event, ((taker, took), (maker, made)))

    def _fill_resting(self, market: ProductMarket, order: LiveOrder, quantity: int) -> None:
        """Kilograms of an order in the book traded."""
        market.depth.remove(order.side, order.price, quantity, 1 if order.open_kg == quantity else 0)
        order.open_kg -= quantity
        if order.open_kg == 0:
            del self.orders[order.order_id]

    def _note_fills(self, event: Event, parties: Iterable[tuple[LiveOrder, str]]) -> None:
        for order, liquidity in parties:
            if order.account in self._watched:
                self._note(order)
                self.changes[order.account].fills.append(
                    Fill(
                        event.remaining,
                        order.order_id,
                        event.product,
                        order.side,
                        event.price,
                        event.quantity,
                        liquidity,
                    )
                )

    def _rested(self, event: Event) -> None:
        order = self._taker(event.order_id)
        order.price, order.open_kg = event.price, event.remaining
        self.orders[order.order_id] = order
        self._touch(event.product, event.seq).depth.add(order.side, order.price, order.open_kg)
        self._note(order)

    def _cancelled(self, event: Event) -> None:
        if event.other:
            order = self.orders.pop(event.order_id)
            depth = self._touch(event.product, event.seq).depth
            depth.remove(order.side, order.price, order.open_kg, 1)
        else:
            order = self._taker(event.order_id)
        order.cancelled, order.reason = True, event.reason
        self._note(order)

    def _reduced(self, event: Event) -> None:
        if event.other:
            order = self.orders[event.order_id]
            depth = self._touch(event.product, event.seq).depth
            depth.remove(order.side, order.price, event.other_id - event.remaining, 0)
        else:
            order = self._taker(event.order_id)
        order.quantity, order.open_kg = event.quantity, event.remaining
        self._note(order)

    def _replaced(self, event: Event) -> None:
        order = self.orders.pop(event.order_id)
        self._touch(event.product, event.seq).depth.remove(order.side, order.price, order.open_kg, 1)
        filled = order.filled_kg
        order.price, order.quantity = event.other_id, event.quantity
        order.open_kg = order.quantity - filled
        self._incoming = order
        self._note(order)


def order_status(order: LiveOrder) -> str:
    """The stable word of an order's state: open, partially_filled, filled or cancelled."""
    if order.cancelled:
        return "cancelled"
    if order.open_kg == 0:
        return "filled"
    return "partially_filled" if order.filled_kg else "open"


def order_terms(tif: int, flags: int, expires: int) -> dict[str, object]:
    """What an order asked for beside price and quantity, in the stable words of the API."""
    return {
        "type": "market_to_limit" if flags & MARKET_TO_LIMIT else "limit",
        "time_in_force": TimeInForce(tif).name.lower(),
        "expires_on": day_of_number(expires).isoformat() if expires else None,
        "post_only": bool(flags & POST_ONLY),
        "self_trade": SelfTrade(flags >> SELF_TRADE_SHIFT).name.lower(),
    }


def side_text(side: int) -> str:
    """buy or sell."""
    return "buy" if side == Side.BUY else "sell"
