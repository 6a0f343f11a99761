"""The events of a batch, in the words of the reference engine; what the fields mean: ``EventKind``."""

from matching.call_auction import Uncrossing
from matching.reference_state import Order, Product
from matching.types import EVENT, Command, CommandKind, EventKind, Reason


class Events:
    """What happens while a batch is applied."""

    def __init__(self) -> None:
        self.seq = 0
        """Sequence number of the command being applied."""
        self._records: list[bytes] = []

    def batch(self) -> bytes:
        """All events so far, packed."""
        return b"".join(self._records)

    def applied(self, command: Command) -> None:
        """A command of the exchange, or a CANCEL_ALL, took effect."""
        tells_more = command.kind in {CommandKind.ACCOUNT, CommandKind.PRODUCT}
        self._add(
            EventKind.APPLIED,
            product=command.product,
            account=command.account,
            order_id=command.order_id if tells_more else 0,
            price=command.price,
            quantity=command.quantity,
            remaining=command.amount,
            other=command.flags,
        )

    def rejected(self, command: Command, reason: Reason, order: Order | None) -> None:
        """A command was refused; ``order`` is the account's open order it names, if there is one."""
        names_order = command.kind in {CommandKind.CANCEL, CommandKind.REPLACE}
        known = order if names_order else None
        self._add(
            EventKind.REJECTED,
            reason=reason,
            product=known.product if known else command.product,
            account=command.account,
            side=known.side if known else command.side,
            price=command.price,
            quantity=command.quantity,
            order_id=command.order_id if names_order else 0,
        )

    def accepted(self, order: Order) -> None:
        """A new order got its number."""
        self._add_order(EventKind.ACCEPTED, order, quantity=order.quantity)

    def traded(
        self, trade_id: int, taker: Order, maker: Order, *, price: int, kg: int, reason: Reason = Reason.NONE
    ) -> None:
        """Two orders traded; in a call the buy stands as taker, and the reason says so."""
        self._add(
            EventKind.TRADE,
            order_id=taker.order_id,
            other_id=maker.order_id,
            product=taker.product,
            side=taker.side,
            price=price,
            quantity=kg,
            remaining=trade_id,
            account=taker.account,
            other=maker.account,
            reason=reason,
        )

    def rested(self, order: Order) -> None:
        """What is left of an order entered the book."""
        self._add_order(EventKind.RESTED, order, quantity=order.quantity, remaining=order.remaining)

    def cancelled(self, order: Order, reason: Reason, *, resting: bool) -> None:
        """An order left the book, or the rest of an incoming one was dropped."""
        self._add_order(
            EventKind.CANCELLED, order, remaining=order.remaining, reason=reason, other=int(resting)
        )

    def reduced(self, order: Order, open_before: int, reason: Reason, *, resting: bool) -> None:
        """An order is smaller now and kept its place."""
        self._add_order(
            EventKind.REDUCED,
            order,
            quantity=order.quantity,
            remaining=order.remaining,
            other_id=open_before,
            other=int(resting),
            reason=reason,
        )

    def replaced(self, order: Order, price: int, quantity: int) -> None:
        """A resting order left its place, to come in again with a new price and total quantity."""
        self._add_order(
            EventKind.REPLACED, order, quantity=quantity, remaining=order.remaining, other_id=price
        )

    def uncrossed(self, product: Product, reference: int, found: Uncrossing | None) -> None:
        """A call ended, with a price or without; the product is in the phase that follows."""
        price, kg, surplus = (found.price, found.executed, found.surplus) if found else (0, 0, 0)
        self._add(
            EventKind.UNCROSSED,
            product=product.number,
            price=price,
            quantity=kg,
            remaining=surplus,
            other_id=reference,
            side=product.tie_rule,
            other=product.phase,
        )

    def phased(self, product: Product, taker: Order, price: int) -> None:
        """The engine began a volatility call: this order would have traded at this price."""
        self._add(
            EventKind.PHASED,
            product=product.number,
            other=product.phase,
            price=price,
            order_id=taker.order_id,
            reason=Reason.VOLATILITY,
        )

    def _add_order(
        self,
        kind: EventKind,
        order: Order,
        *,
        quantity: int = 0,
        remaining: int = 0,
        other_id: int = 0,
        other: int = 0,
        reason: int = 0,
    ) -> None:
        self._add(
            kind,
            order_id=order.order_id,
            product=order.product,
            side=order.side,
            account=order.account,
            price=order.price,
            quantity=quantity,
            remaining=remaining,
            other_id=other_id,
            other=other,
            reason=reason,
        )

    def _add(
        self,
        kind: EventKind,
        *,
        side: int = 0,
        reason: int = 0,
        product: int = 0,
        order_id: int = 0,
        other_id: int = 0,
        price: int = 0,
        quantity: int = 0,
        remaining: int = 0,
        account: int = 0,
        other: int = 0,
    ) -> None:
        head = (self.seq, kind, side, reason, product, order_id, other_id)
        self._records.append(EVENT.pack(*head, price, quantity, remaining, account, other))
