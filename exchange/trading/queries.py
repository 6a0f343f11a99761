"""Questions the floor answers between two micro-batches, each with the sequence it is true at.

The hub starts from such an answer and then applies every feed batch with a later sequence; the API shows
free funds and goods from them. They travel over the bus (in process, or msgpack over Redis), so they are
plain structs and know nothing of the engine.
"""

from typing import NamedTuple

import msgspec

from exchange.kernel.metrics import HistogramState
from matching.trial import Trial


class DepthQuery(msgspec.Struct, frozen=True, tag="depth"):
    """The book of one product, best prices first; levels = 0 asks for all of it."""

    product: int
    levels: int = 0


class AccountQuery(msgspec.Struct, frozen=True, tag="account"):
    """Funds, goods and open orders of one account; with desk also what it has at the desk."""

    account: int
    desk: bool = False


class ProductQuery(msgspec.Struct, frozen=True, tag="product"):
    """Phase, limits and rules of one product as the engine enforces them, and its indicative price."""

    product: int


class HeadQuery(msgspec.Struct, frozen=True, tag="head"):
    """Where the floor stands, and whether it is alive."""


class DeskQuery(msgspec.Struct, frozen=True, tag="desk"):
    """Until when the desk can do without being told the time."""


class TrialQuery(msgspec.Struct, frozen=True, tag="trial"):
    """What a PLACE would do if it came in now; nothing of it happens."""

    command: bytes
    """Its 64-byte record."""
    client_id: str
    related: tuple[int, ...] = ()
    """Accounts that may be of one party with its own."""


class StatsQuery(msgspec.Struct, frozen=True, tag="stats"):
    """What the floor has done since it started, for those who watch it."""


Query = DepthQuery | AccountQuery | ProductQuery | HeadQuery | DeskQuery | TrialQuery | StatsQuery


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


class HoldLine(NamedTuple):
    """What the desk holds of an account: kind and number as in HoldKind; fen, or kg of a product (not 0)."""

    kind: int
    number: int
    product: int
    quantity: int


class TakeLine(NamedTuple):
    """A take that waits for the lister's word; fen per kg, kg, epoch ns, side of the taker."""

    take: int
    listing: int
    product: int
    taker: int
    lister: int
    side: int
    price: int
    quantity_kg: int
    deadline_ns: int


class ProposalLine(NamedTuple):
    """A counter-offer that waits for an answer; fen per kg, kg, epoch ns, side of the proposer."""

    proposal: int
    listing: int
    product: int
    proposer: int
    answerer: int
    side: int
    price: int
    quantity_kg: int
    expires_ns: int


class EntryLine(NamedTuple):
    """An auction the account may bid in, for so many kg; bond and fee reserve at entry in fen."""

    auction: int
    product: int
    quantity_kg: int
    bond: int
    fee_reserve: int
    awarded_kg: int


class DeskOfAccount(msgspec.Struct, frozen=True):
    """Everything of one account at the desk that is not over; for this account alone."""

    holds: tuple[HoldLine, ...] = ()
    takes: tuple[TakeLine, ...] = ()
    proposals: tuple[ProposalLine, ...] = ()
    entries: tuple[EntryLine, ...] = ()


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
    desk: DeskOfAccount | None = None
    """Only if it was asked for."""


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


class DeskAnswer(msgspec.Struct, frozen=True, tag="desk"):
    """The desk's time after command seq, in epoch ns."""

    seq: int
    now_ns: int
    """The latest time it was told."""
    ticking: bool
    """An auction is under way: silence would be an outage."""
    next_due_ns: int
    """When the next thing falls due; 0: nothing will."""


class TrialAnswer(msgspec.Struct, frozen=True, tag="trial"):
    """The trial of an order after command seq."""

    seq: int
    trial: Trial
    client_id_used: bool
    """The floor remembers this id: the order itself would get the first result and do nothing."""


class StatsAnswer(msgspec.Struct, frozen=True, tag="stats"):
    """What the floor has done since ``started_ns`` (epoch ns)."""

    seq: int
    started_ns: int
    written_at_ns: int
    commands: int
    """Commands made durable."""
    resends: int
    """Commands answered from memory because their client id was known."""
    append_s: HistogramState
    """How long the journal's commits took, seconds."""
    batch_sizes: HistogramState
    """Commands in one micro-batch."""


Answer = DepthAnswer | AccountAnswer | ProductAnswer | HeadAnswer | DeskAnswer | TrialAnswer | StatsAnswer

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
