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

MAX_ASIDE = MAX_AMOUNT
"""Most that may be aside at the desk (``matching/desk.py``), in fen and in kg. What comes back from there is
not bounded by the other two limits, so a core may hold as much more than they say."""

MAX_ACCOUNT = 2**24 - 1
"""Highest account number; numbers are dense, the core keeps its accounts in pages."""

MAX_PRODUCT = 2**16 - 1
"""Highest product number."""

MAX_ORDER_ID = 2**40 - 1
"""Highest order or trade number a snapshot may hold (a trillion orders)."""

MAX_DAY = 2**16 - 1
"""Last day an order can be good until; days are counted from 1970-01-01, which is day 0."""


class Side(IntEnum):
    """Which way an order trades."""

    NONE = 0
    BUY = 1
    SELL = 2


class TimeInForce(IntEnum):
    """How long an order lives.

    DAY  until the session closes.
    IOC  for one instant: what does not trade at once is dropped.
    FOK  for one instant, and only as a whole.
    GTD  until the close of the day it names.
    """

    DAY = 0
    IOC = 1
    FOK = 2
    GTD = 3


class Phase(IntEnum):
    """Trading phase of one product.

    CLOSED      no orders, no trades; only orders good until a later day stay in the book.
    CONTINUOUS  orders trade as they come.
    HALTED      cancels only.
    CALL        orders are collected and do not trade; UNCROSS ends it with one price for all.
    VOLATILITY  a call that the engine itself began, because the next trade would have been too far from
                the reference price.
    """

    CLOSED = 0
    CONTINUOUS = 1
    HALTED = 2
    CALL = 3
    VOLATILITY = 4


CALL_PHASES = frozenset({Phase.CALL, Phase.VOLATILITY})
"""Phases in which the book may be crossed and has an indicative price."""


class TieRule(IntEnum):
    """Which price a call takes when several give the most volume with the least left over.

    If at all of them more is left to buy, it is the highest; if at all more is left to sell, the lowest.
    Otherwise, and always under HIGHEST, the rule decides:

    MIDPOINT       the middle of them, rounded up to a tick.
    NEAREST_LIMIT  the one nearest to the reference price; of two equally near the higher. Only limits of
                   orders are prices at all under this rule (Xetra).
    NEAREST_TICK   the one nearest to the reference price, whether or not it is a limit (Euronext).
    PRESSURE       the one nearest to the reference price; and the step before goes no further than
                   5 % from the reference price (ASX, BNB).
    HIGHEST        the highest.

    Without a reference price "nearest" is to the middle of them, rounded up to a tick.
    """

    MIDPOINT = 0
    NEAREST_LIMIT = 1
    NEAREST_TICK = 2
    PRESSURE = 3
    HIGHEST = 4


class SelfTrade(IntEnum):
    """What happens when an order meets one of its own account or group.

    CANCEL_NEWEST  what is left of the incoming order is dropped.
    CANCEL_OLDEST  the resting order is cancelled and the incoming one goes on.
    DECREMENT      both become smaller by the smaller of the two, without a trade.
    """

    CANCEL_NEWEST = 0
    CANCEL_OLDEST = 1
    DECREMENT = 2


POST_ONLY = 1
"""Flag of a PLACE: the order rests or is dropped; it never trades when it comes in."""

MARKET_TO_LIMIT = 2
"""Flag of a PLACE: trade at the best price there is, and no worse than ``price``; rest there."""

SELF_TRADE_SHIFT = 2
"""Flags bits 2 and 3 of a PLACE or REPLACE: its ``SelfTrade``."""

PRESSURE_CAP_BPS = 500
"""How far TieRule.PRESSURE follows what is left over, in basis points of the reference price."""

PLACE_FLAGS = POST_ONLY | MARKET_TO_LIMIT | 3 << SELF_TRADE_SHIFT
"""All flags a PLACE may carry."""


RETURNED = 1
"""Flag of a FUNDS or GOODS that only ``matching/market.py`` sets: money or goods come back from the desk."""


class CommandKind(IntEnum):
    """What a command asks for, and which fields it uses (others are zero).

    PRODUCT     product, price = band low, quantity = band high (fen/kg, inclusive),
                amount = step_kg, order_id = min_kg. Defines or changes a product; phase and rules are kept.
                While it is CLOSED, orders outside the new band are cancelled; otherwise such a band is
                refused.
    ACCOUNT     account, price = buyer fee (bps), quantity = seller fee (bps),
                amount = quality deposit (bps of seller proceeds), flags bit 0 = suspended
                (a suspended account may cancel but not place or replace), order_id = group: accounts of one
                group never trade with each other (0: the account is a group of its own).
    FUNDS       account, amount = fen to add (negative = take out, refused if not free), flags = RETURNED or
                0.
    GOODS       account, product, quantity = kg to add (negative = take out, refused if not free),
                flags = RETURNED or 0.
    PHASE       product, flags = Phase (not VOLATILITY), amount = the day that ends when CLOSED: orders good
                until a later day stay; 0 cancels every open order. CONTINUOUS is refused while the book is
                crossed: UNCROSS it.
    PLACE       account, product, side, tif, price = limit (or worst price of a market-to-limit order),
                quantity, amount = kg that must trade at once or nothing does (0: none),
                order_id = last day of a GTD order, flags = POST_ONLY, MARKET_TO_LIMIT and SelfTrade.
    CANCEL      account, order_id.
    REPLACE     account, order_id, price, quantity = new total quantity, filled part included,
                flags = SelfTrade.
    CANCEL_ALL  account; product, or 0 for all products; flags = why (CancelAllCause), only told back.
    UNCROSS     product, flags = Phase to follow (CONTINUOUS, HALTED or CLOSED), price = reference price for
                the tie rule (0: the product's), amount as in PHASE. Ends a call: all that can trade trades at
                one price, the rest stays.
    RULES       product, price = reference price (0: none), quantity = most a trade in CONTINUOUS may be away
                from it, in fen/kg (0: any), amount = tick, flags = TieRule. How a product trades. A call
                that finds a price makes it the reference price.
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
    UNCROSS = 10
    RULES = 11


class CancelAllCause(IntEnum):
    """Who or what asked for a CANCEL_ALL.

    BY_MEMBER     the member.
    CANCEL_AFTER  the member's switch was not armed again in time.
    DISCONNECT    the last connection the member's orders depended on is gone.
    """

    BY_MEMBER = 0
    CANCEL_AFTER = 1
    DISCONNECT = 2


class EventKind(IntEnum):
    """What happened, and which fields tell it (others are zero).

    APPLIED     a PRODUCT, ACCOUNT, FUNDS, GOODS, PHASE, CANCEL_ALL or RULES command took effect;
                product, account, price, quantity as in the command, remaining = its amount,
                other = its flags, order_id as in the command if it is ACCOUNT or PRODUCT.
    REJECTED    the command changed nothing; reason, and product, account, side, price, quantity,
                order_id as far as they are known.
    ACCEPTED    a PLACE got order_id; product, side, account, price = its limit (of a market-to-limit order
                the best price it found, or its worst price if it found none), quantity = ordered kg.
    TRADE       order_id = taker, other_id = maker, product, side = the taker's, price = the
                maker's, quantity = traded kg, remaining = trade id, account = taker's,
                other = maker's account. In a call reason = CALL, price = the call's, side = BUY, the buyer
                stands as taker, and both orders were resting.
    RESTED      the rest of an order entered the book at the end of its level; order_id, product,
                side, account, price, quantity = ordered kg, remaining = open kg.
    CANCELLED   an order left the book, or the rest of an incoming order was dropped; order_id,
                product, side, account, price, remaining = kg cancelled, reason;
                other = 1 if it was resting in the book, else 0.
    REDUCED     an order became smaller and kept its place: by a REPLACE (reason BY_OWNER) or because it met
                an order of its own side of the table (SELF_TRADE); order_id, product, side, account, price,
                quantity = new total kg, remaining = open kg now, other_id = open kg before,
                other = 1 if it was resting in the book, else 0.
    REPLACED    a REPLACE took a resting order out of its place; order_id, product, side, account,
                price and remaining = what it was in the book (price, open kg), quantity = new
                total kg, other_id = new price. TRADE and RESTED or CANCELLED of the same order
                follow.
    UNCROSSED   a call ended; product, price = the call's price (0: nothing could trade), quantity = kg that
                trade, remaining = kg left to buy less kg left to sell at that price,
                other_id = the reference price used, side = the TieRule, other = the phase that follows. Its
                TRADE events follow, then the CANCELLED of orders that the new phase ends.
    PHASED      the engine itself changed a product's phase; product, other = the new phase (VOLATILITY),
                price = the price that would have traded, order_id = the order that would have traded,
                reason = VOLATILITY.
    """

    APPLIED = 1
    REJECTED = 2
    ACCEPTED = 3
    TRADE = 4
    RESTED = 5
    CANCELLED = 6
    REDUCED = 7
    REPLACED = 8
    UNCROSSED = 9
    PHASED = 10


class Reason(IntEnum):
    """Why a command was refused, an order left the book, or a trade is not like others."""

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
    """Below the minimum, off the step, beyond MAX_QUANTITY, a replace not above the filled part, or a
    quantity to trade at once that is negative or larger than the order."""
    INSUFFICIENT_FUNDS = 11
    INSUFFICIENT_GOODS = 12
    BAD_PARAMETER = 13
    """A command of the exchange with values that cannot be, a PRODUCT or RULES that would exclude a resting
    order, or a PLACE or REPLACE with an unknown side, time in force, flag or day."""
    BAD_ORDER_TYPE = 14
    """Terms of an order that contradict each other, or that a call does not take."""
    CROSSED_BOOK = 15
    """Continuous trading cannot begin while orders could trade: uncross first."""
    OFF_TICK = 16
    """Not a multiple of the product's tick."""
    NOT_IN_CALL = 17
    """An UNCROSS of a product that is not in a call."""
    BY_OWNER = 20
    """Cancelled or reduced by the member."""
    IOC_REST = 21
    """Immediate-or-cancel: the part that did not trade."""
    SESSION_END = 22
    """The session closed."""
    SELF_TRADE = 23
    """The order met one of its own account or group."""
    FOK_UNFILLED = 24
    """Fill-or-kill: not all of it could trade at once."""
    MINIMUM_UNFILLED = 25
    """Less could trade at once than the order asks for."""
    WOULD_TRADE = 26
    """Post-only: it would have traded."""
    NO_LIQUIDITY = 27
    """Market-to-limit: nothing to trade with inside its worst price."""
    VOLATILITY = 28
    """The next trade would have been too far from the reference price."""
    EXPIRED = 29
    """The last day of the order ended."""
    OUTSIDE_BAND = 30
    """The product's new daily band excludes it."""
    CALL = 31
    """On a TRADE: made when a call ended."""


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
