"""The engine as the rest of the exchange sees it: one interface, two implementations.

``reference`` is plain Python and the specification (``matching/reference.py``); ``fast`` is the same
machine in C++ (``matching/engine.hpp``). For the same commands both give the same events, the same
snapshot and so the same state hash; the tests compare them on random commands.

An engine belongs to one thread at a time. It reads no clock and does no I/O.
"""

import warnings
from functools import cache
from importlib import import_module
from typing import Literal, NamedTuple, Protocol

Implementation = Literal["fast", "reference"]


Batch = bytes | bytearray | memoryview
"""Whole records, one after the other. Other buffers do as well."""


class GoodsState(NamedTuple):
    """Goods of one account in one product, in kg."""

    product: int
    free: int
    held: int
    """On hold for open sell orders."""


class AccountState(NamedTuple):
    """What one account has, in fen, and its rates, in basis points."""

    funds_free: int
    funds_held: int
    """On hold for open buy orders, fees included."""
    suspended: bool
    buyer_fee_bps: int
    seller_fee_bps: int
    deposit_bps: int
    group: int
    """Accounts of one group are one party; an account that is in none is a group of its own number."""
    goods: tuple[GoodsState, ...]
    """By product number; products of which the account has nothing are left out."""


class ProductState(NamedTuple):
    """Trading parameters of one product."""

    number: int
    phase: int
    low: int
    """Lowest price of the daily band, fen/kg."""
    high: int
    """Highest price of the daily band, fen/kg."""
    step_kg: int
    min_kg: int
    tick: int
    """Prices of orders are multiples of it, fen/kg."""
    tie_rule: int
    """``TieRule`` of its calls."""
    reference: int
    """Reference price, fen/kg; 0: none."""
    volatility: int
    """Most a trade in continuous trading may be away from the reference price, fen/kg; 0: any."""


class DepthLevel(NamedTuple):
    """All open orders of one side at one price."""

    price: int
    kg: int
    orders: int


class Depth(NamedTuple):
    """The best price levels of a book, best first."""

    bids: tuple[DepthLevel, ...]
    asks: tuple[DepthLevel, ...]


class OpenOrder(NamedTuple):
    """One order resting in a book."""

    order_id: int
    product: int
    side: int
    price: int
    quantity: int
    """Ordered kg, the filled part included."""
    remaining: int
    """Open kg."""
    expires: int
    """Last day of a good-till-date order; 0: it ends with the session."""


class Indicative(NamedTuple):
    """What a call would do if it ended now."""

    price: int
    """Fen/kg."""
    kg: int
    """What would trade."""
    surplus: int
    """Kg left to buy less kg left to sell at that price."""


class Engine(Protocol):
    """Books, holds and accounts of one trading floor."""

    def apply(self, commands: Batch, first_seq: int) -> bytes:
        """Applies a batch of 64-byte commands and returns its events, in order.

        The batch is bytes or anything else that gives its memory (an array, a memoryview); no Python object
        is made per command or event, and while a long batch is applied other threads run.
        The first command has sequence number ``first_seq``, the next one more. Raises ValueError, and
        changes nothing, if the batch is not a whole number of records or a number leaves 64 bits.
        """
        ...

    def snapshot(self) -> bytes:
        """The whole state in canonical form (``matching/snapshot.py``)."""
        ...

    def load(self, snapshot: bytes) -> None:
        """Replaces the whole state. Raises ValueError, and changes nothing, if the snapshot is damaged."""
        ...

    def state_hash(self) -> str:
        """BLAKE2b-256 of the snapshot, in hex."""
        ...

    def account(self, account: int) -> AccountState | None:
        """State of an account, or None if it was never defined."""
        ...

    def product(self, product: int) -> ProductState | None:
        """State of a product, or None if it was never defined."""
        ...

    def depth(self, product: int, levels: int) -> Depth:
        """Up to ``levels`` price levels of each side; empty for an unknown product."""
        ...

    def indicative(self, product: int) -> Indicative | None:
        """What an UNCROSS by the product's own reference price would find now.

        None if the product is unknown or not in a call, or if nothing could trade.
        """
        ...

    def open_orders(self, account: int) -> tuple[OpenOrder, ...]:
        """Resting orders of an account, by order number; empty for an unknown account."""
        ...

    def best_orders(self, account: int, product: int, side: int, most: int) -> tuple[OpenOrder, ...]:
        """The first so many of its resting orders on a side of a book: best price first, then by number."""
        ...

    @property
    def last_order_id(self) -> int:
        """Number of the last accepted order; 0 before the first."""
        ...

    @property
    def last_trade_id(self) -> int:
        """Number of the last trade; 0 before the first."""
        ...


def new_engine(implementation: Implementation | None = None) -> Engine:
    """An empty engine.

    None means the fast one or, where the extension was not built, the reference with a warning.
    Asking for "fast" without the extension raises ImportError.
    """
    from matching.reference import ReferenceEngine

    if implementation == "reference" or (implementation is None and not _extension_built()):
        return ReferenceEngine()
    from matching._core import FastEngine

    engine: Engine = FastEngine()
    return engine


@cache
def _extension_built() -> bool:
    """Whether the C++ engine can be imported; warns the first time if it cannot."""
    try:
        import_module("matching._core")
    except ImportError:
        warnings.warn(
            "the C++ engine is not built; using the slower Python engine", RuntimeWarning, stacklevel=3
        )
        return False
    return True
