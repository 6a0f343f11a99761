"""Rows of the read model against the rows a replay gives, for `jinguo journal verify`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exchange.trading.models import DONE_STATUSES, Order, RefusedOrder, Trade
from exchange.trading.projector_reading import ChunkRows, OrderState
from exchange.trading.types import Difference, TradeRow

_PAGE = 500
"""Keys of one query, below every database's limit of parameters."""

_ORDER = (
    "account_no", "product_number", "client_order_id", "side", "time_in_force", "flags", "minimum", "expires",
    "price", "quantity", "filled", "remaining", "status", "reason", "placed_at_ns", "seq", "updated_seq",
)  # fmt: skip
_REFUSED = (
    "seq", "account_no", "product_number", "client_order_id", "side", "time_in_force", "price", "quantity",
    "reason", "refused_at_ns", "flags", "minimum", "expires",
)  # fmt: skip
_KEPT_LATER = frozenset({"flags", "minimum", "expires"})
"""Columns that are null in rows written before there were such columns."""


def compare_chunk(rows: ChunkRows) -> Iterator[Difference]:
    """Trades, refused orders, and orders that came to their end within this part of the replay."""
    yield from _compare("trade", Trade, TradeRow._fields, {row.trade_id: tuple(row) for row in rows.trades})
    refused = {int(str(row[0])): tuple(row) for row in rows.refused}
    yield from _compare("refused order", RefusedOrder, _REFUSED, refused)
    orders = {**rows.placed, **rows.changed}
    yield from _compare_orders(order for order in orders.values() if order.status in DONE_STATUSES)


def compare_open_orders(orders: Mapping[int, OrderState]) -> Iterator[Difference]:
    """Orders that stand in the book at the end of the replay."""
    yield from _compare_orders(orders.values())


def _compare_orders(orders: Iterable[OrderState]) -> Iterator[Difference]:
    expected = {
        order.order_id: (
            order.account, order.product, order.client_id, order.side, order.tif, order.flags,
            order.minimum, order.expires, order.price, order.quantity, order.filled, order.remaining,
            int(order.status), order.reason, order.placed_at_ns, order.seq, order.updated_seq,
        )
        for order in orders
    }  # fmt: skip
    yield from _compare("order", Order, _ORDER, expected)


def _compare(
    what: str, model: Any, fields: tuple[str, ...], expected: dict[int, tuple[Any, ...]]
) -> Iterator[Difference]:
    """Every expected row against the stored one with its key, column by column."""
    keys = sorted(expected)
    for start in range(0, len(keys), _PAGE):
        page = keys[start : start + _PAGE]
        stored = {row[0]: row[1:] for row in model.objects.filter(pk__in=page).values_list("pk", *fields)}
        for key in page:
            yield from _compare_row(what, key, fields, stored.get(key), expected[key])


def _compare_row(
    what: str, key: int, fields: tuple[str, ...], stored: tuple[Any, ...] | None, expected: tuple[Any, ...]
) -> Iterator[Difference]:
    if stored is None:
        yield Difference(what, str(key), "missing", str(expected))
        return
    for name, kept, replayed in zip(fields, stored, expected, strict=True):
        if kept is None and name in _KEPT_LATER:
            continue
        if kept != replayed:
            yield Difference(f"{what} {name}", str(key), str(kept), str(replayed))
