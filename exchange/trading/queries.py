"""Questions the floor answers between two micro-batches, each with the sequence it is true at.

The hub starts from such an answer and then applies every feed batch with a later sequence; the API shows
free funds and goods from them. They travel over the bus (in process, or msgpack over Redis), so they are
plain structs and know nothing of the engine.
"""

from typing import NamedTuple

import msgspec


class DepthQuery(msgspec.Struct, frozen=True, tag="depth"):
    """The book of one product, best prices first; levels = 0 asks for all of it."""

    product: int
    levels: int = 0


class AccountQuery(msgspec.Struct, frozen=True, tag="account"):
    """Funds, goods and open orders of one account."""

    account: int


class ProductQuery(msgspec.Struct, frozen=True, tag="product"):
    """Phase, limits and rules of one product as the engine enforces them, and its indicative price."""

    product: int


class HeadQuery(msgspec.Struct, frozen=True, tag="head"):
    """Where the floor stands, and whether it is alive."""


Query = DepthQuery | AccountQuery | ProductQuery | HeadQuery


class Level(NamedTuple):
    """One price of the book: fen per kg, open kg, number of orders."""

    price: int
    quantity_kg: int
    orders: int


class DepthAnswer(msgspec.Struct, frozen=True, tag="depth"):
    """The book after command seq."""

    seq: int
    product: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class GoodsLine(NamedTuple):
    """Kilograms of one product an account can still sell, and has on hold for its sell orders."""

    product: int
    free_kg: int
    held_kg: int


class OpenOrderLine(NamedTuple):
    """One order in the book; price in fen per kg, side as in matching.types.Side."""

    order_id: int
    product: int
    side: int
    price: int
    quantity_kg: int
    remaining_kg: int
    expires: int = 0
    """Last day as the engine counts; 0: it ends with the session."""


class AccountAnswer(msgspec.Struct, frozen=True, tag="account"):
    """One account after command seq, in fen and kg; known is False for an account the engine never saw."""

    seq: int
    account: int
    known: bool
    funds_free: int = 0
    funds_held: int = 0
    suspended: bool = False
    buyer_fee_bps: int = 0
    seller_fee_bps: int = 0
    deposit_bps: int = 0
    goods: tuple[GoodsLine, ...] = ()
    orders: tuple[OpenOrderLine, ...] = ()


class IndicativeLine(NamedTuple):
    """What a call would do if it ended now: fen per kg, kg that would trade, kg left to buy less to sell."""

    price: int
    quantity_kg: int
    surplus_kg: int

    @property
    def surplus_abs_kg(self) -> int:
        """How much is left over, on whichever side."""
        return abs(self.surplus_kg)


class ProductAnswer(msgspec.Struct, frozen=True, tag="product"):
    """One product after command seq; phase as in matching.types.Phase, band in fen per kg."""

    seq: int
    product: int
    known: bool
    phase: int = 0
    low: int = 0
    high: int = 0
    step_kg: int = 0
    min_kg: int = 0
    tick: int = 1
    tie_rule: int = 0
    reference: int = 0
    """Reference price of volatility and calls, fen per kg; 0 for none."""
    volatility: int = 0
    """Most a trade may be away from it, fen per kg; 0 for any."""
    indicative: IndicativeLine | None = None
    """Only in a call in which something could trade."""


class HeadAnswer(msgspec.Struct, frozen=True, tag="head"):
    """The last durable sequence, and when the journal last took a write (epoch ns)."""

    seq: int
    chain_hash: str
    written_at_ns: int
    last_order_id: int
    last_trade_id: int


Answer = DepthAnswer | AccountAnswer | ProductAnswer | HeadAnswer

_query_encoder = msgspec.msgpack.Encoder()
_query_decoder: msgspec.msgpack.Decoder[Query] = msgspec.msgpack.Decoder(Query)
_answer_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode(message: Query | Answer) -> bytes:
    """The message as msgpack."""
    return _query_encoder.encode(message)


def decode_query(message: bytes) -> Query:
    """Raises msgspec.DecodeError when the bytes are not a query."""
    return _query_decoder.decode(message)


def decode_answer(message: bytes) -> Answer:
    """Raises msgspec.DecodeError when the bytes are not an answer."""
    return _answer_decoder.decode(message)
