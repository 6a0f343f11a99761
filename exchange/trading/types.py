"""Values that leave the trading package: plain, immutable, integer."""

from datetime import date
from enum import IntEnum
from typing import NamedTuple

from exchange.trading.replies import OrderStatus
from matching.desk_types import AUCTION, LISTED, NEGOTIATED


class TradeMode(IntEnum):
    """How a trade came about; deals of the halls as ``matching.desk_types`` numbers their modes."""

    SPOT = 0
    LISTED = LISTED
    AUCTION = AUCTION
    NEGOTIATED = NEGOTIATED


DEAL_MODES = (TradeMode.LISTED, TradeMode.AUCTION, TradeMode.NEGOTIATED)

MODE_WORDS: dict[int, str] = {
    TradeMode.SPOT: "spot",
    TradeMode.LISTED: "listing",
    TradeMode.AUCTION: "auction",
    TradeMode.NEGOTIATED: "negotiated",
}
"""What contracts and the API call them."""


class OrderRow(NamedTuple):
    """An accepted order as the tables know it; see models.Order for units."""

    order_id: int
    account_no: int
    product_number: int
    client_order_id: str
    side: int
    time_in_force: int
    flags: int
    """Of its PLACE: POST_ONLY, MARKET_TO_LIMIT, SelfTrade."""
    minimum: int
    expires: int
    """Last day as the engine counts; 0 for an order that ends with the session."""
    price: int
    quantity: int
    filled: int
    remaining: int
    status: OrderStatus
    reason: int
    placed_at_ns: int
    seq: int
    updated_seq: int


class RefusedOrderRow(NamedTuple):
    """A refused order."""

    seq: int
    account_no: int
    product_number: int
    client_order_id: str
    side: int
    time_in_force: int
    price: int
    quantity: int
    reason: int
    refused_at_ns: int
    flags: int | None = 0
    """Terms as in OrderRow; None for an order refused before they were kept."""
    minimum: int | None = 0
    expires: int | None = 0


class TradeRow(NamedTuple):
    """A settled trade."""

    trade_id: int
    product_number: int
    price: int
    quantity: int
    amount_fen: int
    buyer_no: int
    seller_no: int
    buy_order_id: int
    sell_order_id: int
    buyer_fee: int
    seller_fee: int
    deposit_fen: int
    taker_side: int
    in_call: bool
    """Made when a call ended: nobody was the taker."""
    seq: int
    traded_at_ns: int
    day: date
    mode: int = TradeMode.SPOT
    subject: int = 0
    """Number of the listing or auction of a deal."""


class QuoteRow(NamedTuple):
    """The best firm bid and offer of a product, and the kg standing at them."""

    product_number: int
    bid: int
    bid_kg: int
    ask: int
    ask_kg: int


class PairTotal(NamedTuple):
    """What one buyer bought of one seller of a product on a day: sums in kg and fen, prices in fen per kg."""

    day: date
    product_number: int
    buyer_no: int
    seller_no: int
    trades: int
    kg: int
    amount_fen: int
    low: int
    high: int


class RestingOrders(NamedTuple):
    """How many orders rest in a book, with how many kg, and how many of them other limits would not take."""

    orders: int
    kg: int
    outside_band: int
    off_tick: int


class FundsPosition(NamedTuple):
    """Money of an account as the engine held it, fen."""

    free: int
    held: int
    updated_seq: int


class GoodsRow(NamedTuple):
    """Goods of an account in one product as the engine held them, kg."""

    product_number: int
    free_kg: int
    held_kg: int


class DayStatistics(NamedTuple):
    """One product's trading day. Prices are None until the first trade of the day."""

    product_number: int
    day: date
    open: int | None
    high: int | None
    low: int | None
    last: int | None
    volume_kg: int
    turnover_fen: int
    trades: int
    previous_close: int | None


class BarRow(NamedTuple):
    """One bar of a chart; start_s is the epoch second it begins, in Asia/Shanghai periods."""

    start_s: int
    open: int
    high: int
    low: int
    close: int
    volume_kg: int
    turnover_fen: int
    trades: int


class Difference(NamedTuple):
    """Something the tables and the engine do not agree on."""

    what: str
    key: str
    in_tables: str
    in_engine: str
