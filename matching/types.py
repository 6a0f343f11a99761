"""Commands, events and the words of the engine: the binary contract everything else is built on.

All numbers are integers: prices in fen per kg, quantities in kg, money in fen, time in epoch
nanoseconds. Commands and events are fixed 64-byte little-endian records, so that a batch is one
``bytes`` object: it is appended to the journal, sent over the bus and fed to the engine unchanged.

A command batch is applied with the sequence number of its first command; every event carries the
sequence number of the command that caused it. Each command causes at least one event.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

RECORD_SIZE = 64
"""Bytes of one command and of one event."""

COMMAND = struct.Struct("<BBBBIqIIQqqqq")
"""kind, side, tif, flags, product, time_ns, account, zero, order_id, price, quantity, amount, zero"""

EVENT = struct.Struct("<QBBHIQQqqqII")
"""seq, kind, side, reason, product, order_id, other_id, price, quantity, remaining, account, other"""

assert COMMAND.size == RECORD_SIZE
assert EVENT.size == RECORD_SIZE

SYSTEM_ACCOUNT = 0
"""Account number of the exchange itself; members start at 1."""

BASIS = 10_000
"""Rates (fees, quality deposit) are in basis points of the amount."""

MAX_PRICE = 1_000_000
"""Highest price the core accepts, in fen per kg (10,000 yuan per kg)."""

MAX_QUANTITY = 1_000_000_000
"""Highest quantity of one order, in kg (a million tonnes)."""

MAX_AMOUNT = 10**15
"""Highest balance a FUNDS or GOODS command may build up, in fen (ten trillion yuan) or kg."""

MAX_TOTAL_FUNDS = 4_000 * MAX_AMOUNT
"""Highest sum of all accounts' funds, in fen: whatever trades, every balance stays inside 64 bits."""

MAX_ACCOUNT = 2**24 - 1
"""Highest account number; numbers are dense, the core keeps its accounts in pages."""

MAX_PRODUCT = 2**16 - 1
"""Highest product number."""

MAX_ORDER_ID = 2**40 - 1
"""Highest order or trade number a snapshot may hold (a trillion orders)."""


class Side(IntEnum):
    """Which way an order trades."""

    NONE = 0
    BUY = 1
    SELL = 2


class TimeInForce(IntEnum):
    """How long an order lives: for the session (day) or for one instant (ioc)."""

    DAY = 0
    IOC = 1


class Phase(IntEnum):
    """Trading phase of one product."""

    CLOSED = 0
    CONTINUOUS = 1
    HALTED = 2


class CommandKind(IntEnum):
    """What a command asks for, and which fields it uses (others are zero).

    PRODUCT     product, price = band low, quantity = band high (fen/kg, inclusive),
                amount = step_kg, order_id = min_kg. Defines or changes a product; the phase is kept.
    ACCOUNT     account, price = buyer fee (bps), quantity = seller fee (bps),
                amount = quality deposit (bps of seller proceeds), flags bit 0 = suspended
                (a suspended account may cancel but not place or replace).
    FUNDS       account, amount = fen to add (negative = take out, refused if not free).
    GOODS       account, product, quantity = kg to add (negative = take out, refused if not free).
    PHASE       product, flags = Phase. CLOSED cancels every open order of the product.
    PLACE       account, product, side, tif, price, quantity.
    CANCEL      account, order_id.
    REPLACE     account, order_id, price, quantity = new total quantity, filled part included.
    CANCEL_ALL  account; product, or 0 for all products.
    """

    PRODUCT = 1
    ACCOUNT = 2
    FUNDS = 3
    GOODS = 4
    PHASE = 5
    PLACE = 6
    CANCEL = 7
    REPLACE = 8
    CANCEL_ALL = 9


class EventKind(IntEnum):
    """What happened, and which fields tell it (others are zero).

    APPLIED     a PRODUCT, ACCOUNT, FUNDS, GOODS, PHASE or CANCEL_ALL command took effect;
                product, account, price, quantity as in the command, remaining = its amount,
                other = its flags.
    REJECTED    the command changed nothing; reason, and product, account, side, price, quantity,
                order_id as far as they are known.
    ACCEPTED    a PLACE got order_id; product, side, account, price, quantity = ordered kg.
    TRADE       order_id = taker, other_id = maker, product, side = the taker's, price = the
                maker's, quantity = traded kg, remaining = trade id, account = taker's,
                other = maker's account.
    RESTED      the rest of an order entered the book at the end of its level; order_id, product,
                side, account, price, quantity = ordered kg, remaining = open kg.
    CANCELLED   an order left the book, or the rest of an incoming order was dropped; order_id,
                product, side, account, price, remaining = kg cancelled, reason;
                other = 1 if it was resting in the book, else 0.
    REDUCED     a REPLACE made a resting order smaller and it kept its place; order_id, product,
                side, account, price, quantity = new total kg, remaining = open kg now,
                other_id = open kg before.
    REPLACED    a REPLACE took a resting order out of its place; order_id, product, side, account,
                price and remaining = what it was in the book (price, open kg), quantity = new
                total kg, other_id = new price. TRADE and RESTED or CANCELLED of the same order
                follow.
    """

    APPLIED = 1
    REJECTED = 2
    ACCEPTED = 3
    TRADE = 4
    RESTED = 5
    CANCELLED = 6
    REDUCED = 7
    REPLACED = 8


class Reason(IntEnum):
    """Why a command was refused or an order left the book."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_PRODUCT = 2
    UNKNOWN_ACCOUNT = 3
    UNKNOWN_ORDER = 4
    """No open order with this number, or not this account's."""
    SESSION_CLOSED = 5
    HALTED = 6
    SUSPENDED = 7
    BAD_PRICE = 8
    """Not positive, or beyond MAX_PRICE."""
    PRICE_BAND = 9
    """Outside the product's daily band."""
    BAD_QUANTITY = 10
    """Below the minimum, off the step, beyond MAX_QUANTITY, or a replace not above the filled part."""
    INSUFFICIENT_FUNDS = 11
    INSUFFICIENT_GOODS = 12
    BAD_PARAMETER = 13
    """A PRODUCT, ACCOUNT, FUNDS, GOODS or PHASE command with values that cannot be, a PRODUCT whose band
    would exclude a resting order, or a PLACE with an unknown side or time in force."""
    BY_OWNER = 20
    """Cancelled by the member."""
    IOC_REST = 21
    """Immediate-or-cancel: the part that did not trade."""
    SESSION_END = 22
    """The session closed."""
    SELF_TRADE = 23
    """The incoming order met an order of the same account; its rest was dropped."""


class Command(NamedTuple):
    """One command, decoded. Field meaning by kind: see CommandKind."""

    kind: int
    time_ns: int = 0
    product: int = 0
    account: int = 0
    side: int = 0
    tif: int = 0
    flags: int = 0
    order_id: int = 0
    price: int = 0
    quantity: int = 0
    amount: int = 0

    def pack(self) -> bytes:
        """The 64-byte record. Raises struct.error if a value does not fit its field."""
        return COMMAND.pack(
            self.kind,
            self.side,
            self.tif,
            self.flags,
            self.product,
            self.time_ns,
            self.account,
            0,
            self.order_id,
            self.price,
            self.quantity,
            self.amount,
            0,
        )

    @classmethod
    def unpack(cls, record: bytes) -> "Command":
        """The command in a 64-byte record."""
        kind, side, tif, flags, product, time_ns, account, _, order_id, price, quantity, amount, _ = (
            COMMAND.unpack(record)
        )
        return cls(kind, time_ns, product, account, side, tif, flags, order_id, price, quantity, amount)


class Event(NamedTuple):
    """One event, decoded, in record order. Field meaning by kind: see EventKind."""

    seq: int
    kind: int
    side: int
    reason: int
    product: int
    order_id: int
    other_id: int
    price: int
    quantity: int
    remaining: int
    account: int
    other: int


def unpack_events(events: bytes) -> list[Event]:
    """All events of a batch, in order."""
    return [Event._make(fields) for fields in EVENT.iter_unpack(events)]


def unpack_commands(commands: bytes) -> list[Command]:
    """All commands of a batch, in order."""
    return [Command.unpack(commands[at : at + RECORD_SIZE]) for at in range(0, len(commands), RECORD_SIZE)]
