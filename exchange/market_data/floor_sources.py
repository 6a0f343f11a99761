"""What the hub asks: the gateway for what the floor knows now, the tables for what happened before."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.errors import ProjectionBehind
from exchange.market_data.hall_pictures import auction_picture, listings_picture
from exchange.market_data.live_halls import AuctionPicture, ListingsPicture
from exchange.market_data.market import Indicative, LiveOrder
from exchange.market_data.sources import AccountPicture, Picture, ProductFacts, ProductPicture
from exchange.market_data.ticker import TAPE_LENGTH, TapeTrade, Ticker
from exchange.markets.selectors import products
from exchange.markets.types import ProductRow
from exchange.trading.gateway import Gateway
from exchange.trading.market_picture import market_picture
from exchange.trading.selectors import wait_until_projected
from exchange.trading.types import DayStatistics, OrderRow, TradeRow

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

PROJECTION_WAIT_S = 30.0
"""How long a picture waits for the tables to contain what the floor has done."""


class FloorSources:
    """See Sources."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def picture(self) -> Picture:
        """See Sources. Raises ProjectionBehind, or FloorUnavailable."""
        head = await self._gateway.head()
        return await asyncio.to_thread(_in_thread, _picture, head.seq)

    async def account(self, account: int, *, desk: bool = False) -> AccountPicture:
        """See Sources."""
        answer = await self._gateway.account(account, desk=desk)
        orders = [
            LiveOrder(
                line.order_id,
                account,
                line.product,
                line.side,
                line.price,
                line.quantity_kg,
                line.remaining_kg,
                expires=line.expires,
            )
            for line in answer.orders
        ]
        goods = [(line.product, line.free_kg, line.held_kg) for line in answer.goods]
        return AccountPicture(answer.seq, answer.funds_free, answer.funds_held, goods, orders, answer.desk)

    async def indicative(self, number: int) -> Indicative | None:
        """See Sources."""
        found = (await self._gateway.product(number)).indicative
        return None if found is None else Indicative(*found)

    async def products(self) -> list[ProductFacts]:
        """See Sources."""
        rows = await asyncio.to_thread(_in_thread, products)
        return [ProductFacts(row.number, row.code, row.reference_price) for row in rows]

    async def auction(self, number: int) -> AuctionPicture | None:
        """See Sources. Raises ProjectionBehind, FloorUnavailable."""
        head = await self._gateway.head()
        return await asyncio.to_thread(_in_thread, _read_from, head.seq, auction_picture, number)

    async def listings(self, number: int) -> ListingsPicture:
        """See Sources. Raises ProjectionBehind, FloorUnavailable."""
        head = await self._gateway.head()
        return await asyncio.to_thread(_in_thread, _read_from, head.seq, listings_picture, number)


def _read_from(head: int, read: Callable[[int], _Result], number: int) -> _Result:
    """Read once the tables contain what the floor has done. Raises ProjectionBehind."""
    if not wait_until_projected(head, PROJECTION_WAIT_S):
        raise ProjectionBehind
    return read(number)


def _in_thread(
    read: Callable[_Arguments, _Result], *arguments: _Arguments.args, **more: _Arguments.kwargs
) -> _Result:
    """Read in a worker thread and give its connection back."""
    close_old_connections()
    try:
        return read(*arguments, **more)
    finally:
        close_old_connections()


def _picture(head: int) -> Picture:
    if not wait_until_projected(head, PROJECTION_WAIT_S):
        raise ProjectionBehind
    time_ns = now_ns()
    day = trading_day(time_ns)
    rows = list(products())
    found = market_picture(day, [row.number for row in rows], TAPE_LENGTH)
    return Picture(
        found.seq,
        time_ns,
        [_resting(order) for order in found.orders],
        [_product(row, found.statistics.get(row.number), found.trades[row.number]) for row in rows],
    )


def _resting(row: OrderRow) -> LiveOrder:
    return LiveOrder(
        row.order_id,
        row.account_no,
        row.product_number,
        row.side,
        row.price,
        row.quantity,
        row.remaining,
        row.client_order_id,
        tif=row.time_in_force,
        flags=row.flags,
        expires=row.expires,
    )


def _product(row: ProductRow, statistics: DayStatistics | None, trades: list[TradeRow]) -> ProductPicture:
    ticker = Ticker(row.reference_price, trading_day(now_ns()))
    ticker.last = trades[-1].price if trades else None
    if statistics is not None and statistics.trades:
        ticker.day = statistics.day
        ticker.open, ticker.high, ticker.low = statistics.open, statistics.high, statistics.low
        ticker.volume_kg, ticker.turnover_fen = statistics.volume_kg, statistics.turnover_fen
    tape = [
        TapeTrade(
            trade.trade_id, trade.price, trade.quantity, trade.taker_side, trade.traded_at_ns, trade.in_call
        )
        for trade in trades
    ]
    return ProductPicture(row.number, row.code, row.phase, ticker, tape)
