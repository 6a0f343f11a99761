"""From the rows of a chunk to the tables: orders, trades, bars and positions, one statement per table."""

from collections.abc import Iterable
from typing import Any

from exchange.kernel.bulk import BulkWriter, table_of
from exchange.trading.models import (
    OPEN_STATUSES,
    AccountPosition,
    Bar,
    GoodsPosition,
    Order,
    RefusedOrder,
    Trade,
)
from exchange.trading.projector_reading import ChunkRows, OrderState, Terms
from exchange.trading.types import TradeRow
from matching.engine import Engine

ORDERS = table_of(Order)
ORDER_CHANGES = table_of(
    Order, "order_id", "price", "quantity", "filled", "remaining", "status", "reason", "updated_seq"
)
REFUSED = table_of(RefusedOrder)
TRADES = table_of(Trade, *TradeRow._fields)
BARS = table_of(Bar)
ACCOUNTS = table_of(AccountPosition)
GOODS = table_of(GoodsPosition)


class Positions:
    """Money and goods of the accounts a chunk touched, as the engine holds them after its last command."""

    def __init__(self, rows: ChunkRows, engine: Engine) -> None:
        states = {number: engine.account(number) for number in rows.accounts}
        goods = {
            (number, line.product): line
            for number, state in states.items()
            if state is not None
            for line in state.goods
        }
        self.accounts = [
            (number, state.funds_free, state.funds_held, rows.accounts[number])
            for number, state in states.items()
            if state is not None
        ]
        self.goods = [
            (account, product, line.free if line else 0, line.held if line else 0)
            for account, product in sorted(rows.goods)
            for line in (goods.get((account, product)),)
        ]


def write_orders(writer: BulkWriter, rows: ChunkRows) -> None:
    """Accepted, changed and refused orders."""
    writer.insert(ORDERS, [_placed(order) for order in rows.placed.values()])
    changes = [_changed(order) for order in rows.changed.values()]
    updated = writer.update(ORDER_CHANGES, changes, key=("order_id",))
    assert updated == len(changes), f"{len(changes) - updated} open orders are not in the table"
    writer.insert(REFUSED, rows.refused)


def write_trades(writer: BulkWriter, rows: ChunkRows) -> None:
    """Trades and the bars they made."""
    writer.insert(TRADES, rows.trades)
    bars = [(*key, *bar) for key, bar in rows.bars.items()]
    writer.upsert(
        BARS,
        bars,
        key=("product_number", "period", "start_s"),
        merge={
            "open": "keep",
            "high": "greatest",
            "low": "least",
            "volume_kg": "add",
            "turnover_fen": "add",
            "trades": "add",
        },
    )


def write_positions(writer: BulkWriter, positions: Positions) -> None:
    """What the touched accounts have."""
    writer.upsert(ACCOUNTS, positions.accounts, key=("account_no",))
    writer.upsert(GOODS, positions.goods, key=("account_no", "product_number"))


def stored_open_orders() -> Iterable[OrderState]:
    """The open orders in the tables, to go on from."""
    fields = (
        "order_id", "account_no", "product_number", "client_order_id", "side",
        "time_in_force", "flags", "minimum", "expires",
        "price", "quantity", "filled", "remaining", "placed_at_ns", "seq",
    )  # fmt: skip
    for row in Order.objects.filter(status__in=OPEN_STATUSES).values_list(*fields).iterator():
        order_id, account, product, client_id, side, *rest = row
        yield OrderState(order_id, account, product, client_id, side, Terms._make(rest[:4]), *rest[4:])


def _placed(order: OrderState) -> tuple[Any, ...]:
    return (
        order.order_id,
        order.account,
        order.product,
        order.client_id,
        order.side,
        order.tif,
        order.flags,
        order.minimum,
        order.expires,
        order.price,
        order.quantity,
        order.filled,
        order.remaining,
        order.status,
        order.reason,
        order.placed_at_ns,
        order.seq,
        order.updated_seq,
    )


def _changed(order: OrderState) -> tuple[Any, ...]:
    return (
        order.order_id,
        order.price,
        order.quantity,
        order.filled,
        order.remaining,
        order.status,
        order.reason,
        order.updated_seq,
    )
