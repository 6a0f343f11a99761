"""The messages of the market data channels: the envelope and what each channel puts into it.

Every message is encoded once, whoever receives it. Prices and amounts are strings in yuan, quantities
are whole kilograms, times RFC 3339 in Shanghai time with milliseconds.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from exchange.kernel.calendar import format_time
from exchange.kernel.money import format_yuan
from exchange.market_data.depth import Depth, Level, LevelChange, price_text
from exchange.market_data.market import (
    Fill,
    Indicative,
    LiveOrder,
    ProductMarket,
    order_status,
    order_terms,
    side_text,
)
from exchange.market_data.ticker import TapeTrade
from matching.types import Phase, Reason, Side


class Message:
    """One encoded message: its text, its sequence number, and a place for a server's own framing."""

    __slots__ = ("frame", "seq", "text")

    def __init__(self, text: str, seq: int = 0) -> None:
        self.text = text
        self.seq = seq
        self.frame: object | None = None


class Envelope(msgspec.Struct, omit_defaults=True):
    """What every message of a channel looks like."""

    channel: str
    type: str
    seq: int
    ts: str
    data: Any = None
    product: str | None = None
    auction: int | None = None
    """Number of the auction, on its channel."""
    prev_seq: int | None = None


_encoder = msgspec.json.Encoder()


def encode(
    channel: str,
    kind: str,
    *,
    seq: int,
    time_ns: int,
    data: object = None,
    product: str | None = None,
    auction: int | None = None,
    prev_seq: int | None = None,
) -> Message:
    """An envelope as text."""
    envelope = Envelope(channel, kind, seq, format_time(time_ns), data, product, auction, prev_seq)
    return Message(_encoder.encode(envelope).decode(), seq)


@lru_cache(maxsize=8)
def phase_text(phase: int) -> str:
    """closed, continuous, halted, call or volatility."""
    return Phase(phase).name.lower()


def _levels(levels: Iterable[Level]) -> list[tuple[str, int, int]]:
    return [(price_text(price), quantity_kg, orders) for price, quantity_kg, orders in levels]


def book_snapshot(depth: Depth, levels: int | None = None) -> dict[str, object]:
    """The whole book, best levels first, as ``[price, kg, orders]``."""
    return {
        "bids": _levels(depth.top(Side.BUY, levels)),
        "asks": _levels(depth.top(Side.SELL, levels)),
        "crc32": depth.checksum(),
    }


def book_delta(depth: Depth, changes: Sequence[LevelChange]) -> dict[str, object]:
    """The levels that changed, with what they hold now; ``[price, 0, 0]`` removes one."""
    return {
        "bids": _levels(change.level for change in changes if change.side == Side.BUY),
        "asks": _levels(change.level for change in changes if change.side == Side.SELL),
        "crc32": depth.checksum(),
    }


def trades(tape: Iterable[TapeTrade]) -> dict[str, object]:
    """Trades oldest first; side is the taker's."""
    return {
        "trades": [
            {
                "trade_id": trade.trade_id,
                "price": price_text(trade.price),
                "quantity_kg": trade.quantity_kg,
                "side": side_text(trade.side),
                "in_call": trade.in_call,
                "traded_at": format_time(trade.time_ns),
            }
            for trade in tape
        ]
    }


def _price(price: int | None) -> str | None:
    return None if price is None else price_text(price)


def ticker(market: ProductMarket, code: str) -> dict[str, object]:
    """Today's figures of one product."""
    figures = market.ticker
    change = figures.change
    return {
        "product": code,
        "last": _price(figures.last),
        "change": None if change is None else format_yuan(change),
        "change_bps": figures.change_bps,
        "open": _price(figures.open),
        "high": _price(figures.high),
        "low": _price(figures.low),
        "volume_kg": figures.volume_kg,
        "turnover": format_yuan(figures.turnover_fen),
        "bid": _price(market.depth.best(Side.BUY)),
        "ask": _price(market.depth.best(Side.SELL)),
        "phase": phase_text(market.phase),
        "reference": price_text(figures.reference),
        "indicative": indicative(market.indicative),
    }


def indicative(found: Indicative | None) -> dict[str, object] | None:
    """What a call would do if it ended now."""
    if found is None:
        return None
    return {
        "price": price_text(found.price),
        "quantity_kg": found.quantity_kg,
        "surplus_kg": found.surplus_kg,
    }


def order(live: LiveOrder, code: str) -> dict[str, object]:
    """One order as its owner sees it."""
    status = order_status(live)
    return {
        "order_id": live.order_id,
        "client_order_id": live.client_order_id,
        "product": code,
        "side": side_text(live.side),
        **order_terms(live.tif, live.flags, live.expires),
        "price": price_text(live.price),
        "quantity_kg": live.quantity,
        "filled_kg": live.filled_kg,
        "remaining_kg": 0 if status == "cancelled" else live.open_kg,
        "status": status,
        "reason": Reason(live.reason).name.lower() if live.reason else None,
    }


def fill(trade: Fill, code: str, time_ns: int) -> dict[str, object]:
    """One trade as a party sees it."""
    return {
        "trade_id": trade.trade_id,
        "order_id": trade.order_id,
        "product": code,
        "side": side_text(trade.side),
        "price": price_text(trade.price),
        "quantity_kg": trade.quantity_kg,
        "amount": format_yuan(trade.price * trade.quantity_kg),
        "liquidity": trade.liquidity,
        "traded_at": format_time(time_ns),
    }
