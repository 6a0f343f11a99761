"""Commands and parameters of the desk: listings (挂牌), negotiation (议价) and auctions (竞价).

The desk stands beside the order books (``matching/market.py``). It speaks the same binary contract as they do
(``matching/types.py``): 64-byte records, integers only, kinds of its own from 32 on and reasons from 64 on.
Who follows the desk needs its events alone: ``matching.desk_events.DeskEventKind`` says which carries what.

Each desk command gives, as its LAST event, either ANSWERED or the core's REJECTED
(``matching.types.EventKind``). Before that one, with the same sequence number, stands what the command
caused, and before that what fell due since the last desk command (expiries, deadlines, ends of rounds); the
latter also stands before a REJECTED, which itself changed nothing.

Numbers: lots, listings and auctions have numbers the exchange gives (1 … MAX_ORDER_ID, each kind its own
series). Takes, proposals and bids get theirs from one series of the desk. Deals get ``FIRST_DEAL`` + 1, 2, …,
so that no deal has the number of a trade.

Money: a hold of the desk is taken out of the account's free funds in the core and comes back to them; the
HELD events tell each move. A buyer's fee rate is the one of the moment his money went on hold, the seller's
rates are those of the deal; DEAL_FEES tells the result in fen.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

from matching.types import RECORD_SIZE

DESK_COMMAND = struct.Struct("<BBBBIqIIQqqqq")
"""kind, side, mode, flags, product, time_ns, account, other, id, price, quantity, amount, extra"""

assert DESK_COMMAND.size == RECORD_SIZE

FIRST_DESK_KIND = 32
LAST_DESK_KIND = 63
"""Command kinds from the first to the last are the desk's, known or not."""

FIRST_DEAL = 2**40
"""Deals are numbered from here on, less one: the first has FIRST_DEAL + 1."""

LISTED = 1
AUCTION = 2
NEGOTIATED = 4
"""Modes: flags of a DESK command, and the ``side`` of a DEAL event."""

NEGOTIABLE = 1
CONFIRM = 2
INVITED = 4
"""Flags of a LIST: 可议价; each take needs the lister's confirmation; only those invited take or propose."""

WITH_BOND = 8
IN_ESCROW = 16
PAYMENTS = WITH_BOND | IN_ESCROW
"""How the deals of a listing are paid: one of these flags of a LIST, or neither for the full price at once.
Flags of a DESK say which of them a product allows; a DEAL has its own as its reason."""

NO = 0
YES = 1
TAKE_BACK = 2
"""Flags of CONFIRM, ANSWER and DECIDE; only an ANSWER knows TAKE_BACK."""

BY_THE_OPERATOR = 1
"""Flag of a WITHDRAW: the operator does it. Never from a member."""

ABOVE_ALERT = 1
"""Flag of a BID: beyond the alert price on purpose."""

PAUSE = 0
RESUME = 1
CANCEL = 2
"""Flags of a CONTROL."""

COMMITMENT_SIZE = 32
"""Bytes of a commitment: a SHA-256."""

COMMITMENT_TAG = b"JGBID1"
"""What a committed text begins with: see ``matching.auctions.sealed.commitment``."""


class DeskCommandKind(IntEnum):
    """What a desk command asks for, and which fields it uses (others are zero).

    ``time_ns`` of every desk command is the floor's time of its batch. The desk's time is the latest it has
    seen; a gap longer than STALL_NS between two desk times is an outage (see TIME).

    From the exchange
    DESK           product, flags = modes (LISTED | AUCTION | NEGOTIATED) and the ways to pay that listings
                   may have beside the full price at once (WITH_BOND | IN_ESCROW), amount = 1 open, 0 closed.
                   Takes, confirmations and acceptances need an open desk with their mode on; listings and
                   proposals only the mode; an auction its mode when it is announced, then it follows its own
                   times. Independent of the phase of the product's book.
    TIME           nothing else. To be sent at least each second while ``MarketEngine.ticking`` (an auction is
                   open, paused or waiting for a decision or a payment), and when something falls due
                   (``MarketEngine.next_due_ns``). After an outage, ends and deadlines of such auctions move
                   by the gap; an auction that should have opened meanwhile opens now. Validities of listings
                   and proposals and deadlines of takes stay.
    SETTING        id = DeskSetting, amount = value.
    LOT            account, product, id = lot, quantity = kg: goods set aside, out of the account's free
                   goods.
    LOT_RETURN     id = lot, quantity = kg back to free goods (0: all that is not promised to a listing or
                   auction).
    LIST           account, product, side, id = listing, price, quantity, amount = valid until (ns,
                   exclusive), extra = lot (SELL), other = least kg of a take (0: the step), mode = step of
                   takes in steps of the product (0: 1), flags = NEGOTIABLE | CONFIRM | INVITED (CONFIRM for
                   SELL only) and WITH_BOND or IN_ESCROW or neither. A BUY holds what its deals will take from
                   the buyer: price * quantity, or with WITH_BOND the bond; and the fee.
    INVITE         id = listing, account. May come before or after others took.
    AUCTION        account = owner, product, side = SELL (a sale) or BUY (reverse, 竞卖), mode = AuctionKind,
                   id = auction, price = start price, quantity = kg, amount = opens at (ns), extra = lot
                   (SELL). A BUY holds start price * quantity and the fee.
    AUCTION_SET    id = auction, other = AuctionParameter, amount = value. Only before ANNOUNCE.
    ANNOUNCE       id = auction. Refused with BAD_PARAMETER unless the parameters fit together; entry begins.
    CONTROL        id = auction, flags = PAUSE (of an open one), RESUME (its end moves by the time paused),
                   CANCEL (in any state before its end; everything is released).

    From members (``MEMBER_COMMANDS``; account = the member's, set by the gateway)
    WITHDRAW       account, id = listing. With flags = BY_THE_OPERATOR, from the exchange only, account is 0.
    TAKE           account, id = listing, price = the price he saw, quantity. A sell listing: his money (with
                   WITH_BOND the bond and the fee) pays at once, or is held when the lister confirms. A buy
                   listing: his free goods.
    CONFIRM        account = lister, id = take, flags = YES | NO.
    COUNTER        account, id = listing, other = the member he answers (lister) or 0, price, quantity, amount
                   = expires (ns, exclusive). One proposal stands per listing and member; a newer one, of
                   either side, ends it. A buyer's proposal holds its money.
    ANSWER         account, id = proposal, flags = YES | NO (whom it was made to) | TAKE_BACK (who made it).
    ENTER          account, id = auction, quantity = kg he may bid for (0: all), extra = lot (reverse). Holds
                   bond and fee reserve, each per t, rounded up to a fen.
    LEAVE          account, id = auction. Not while he has a bid that binds him.
    BID            account, id = auction, price, quantity (kinds of many units; 0: the whole lot), amount =
                   his hidden maximum (English; 0: none), other = the epoch he saw, flags = ABOVE_ALERT or 0.
                   In a Dutch auction price is the most he accepts: what he saw on the clock.
    COMMIT         account, id = auction, other = the epoch he saw; the last 32 bytes are the commitment
                   (``DeskCommand.commitment``).
    REVEAL         account, id = auction, price, quantity (as committed), amount and extra = the nonce, two
                   little-endian signed halves (``DeskCommand.nonce``).
    DECIDE         account = owner, id = auction, flags = YES (takes the best bid, below reserve) | NO.
    PAY            account, id = auction: a winner pays what is due, or the runner-up takes what he is
                   offered.
    """

    DESK = 32
    TIME = 33
    SETTING = 34
    LOT = 35
    LOT_RETURN = 36
    LIST = 40
    INVITE = 41
    WITHDRAW = 42
    TAKE = 43
    CONFIRM = 44
    COUNTER = 45
    ANSWER = 46
    AUCTION = 50
    AUCTION_SET = 51
    ANNOUNCE = 52
    ENTER = 53
    LEAVE = 54
    BID = 55
    COMMIT = 57
    REVEAL = 58
    DECIDE = 59
    PAY = 60
    CONTROL = 61


MEMBER_COMMANDS = frozenset(
    {
        DeskCommandKind.WITHDRAW,
        DeskCommandKind.TAKE,
        DeskCommandKind.CONFIRM,
        DeskCommandKind.COUNTER,
        DeskCommandKind.ANSWER,
        DeskCommandKind.ENTER,
        DeskCommandKind.LEAVE,
        DeskCommandKind.BID,
        DeskCommandKind.COMMIT,
        DeskCommandKind.REVEAL,
        DeskCommandKind.DECIDE,
        DeskCommandKind.PAY,
    }
)
"""What the gateway may pass on from a member, with his own account and, of a WITHDRAW, flags 0."""


class DeskSetting(IntEnum):
    """Parameters of the whole desk, set by SETTING; nanoseconds where the name ends in NS."""

    STALL_NS = 1
    """A longer gap between two desk times is an outage. 30 s."""
    CONFIRM_NS = 2
    """How long a lister has to confirm a take. 4 h."""
    RUNNER_UP_NS = 3
    """How long the runner-up's offer stands. 1 h."""
    PAY_NS = 4
    """How long a winner has to pay. 2 h."""
    DECISION_NS = 5
    """How long an owner has to decide on a best bid below reserve. 2 h."""
    BAND = 6
    """1: prices of listings and proposals must lie in the product's band. 1."""
    KEEP_NS = 7
    """How long ended listings and auctions are remembered, so that latecomers are told why. 7 days."""


class AuctionKind(IntEnum):
    """How an auction goes (``matching/auctions``)."""

    ENGLISH = 1
    """竞价: open bids, each better than the last; soft close, proxies, hidden reserve. SELL or BUY."""
    DUTCH = 2
    """降价拍: the price falls by the clock, who presses buys; many units. SELL."""
    SEALED = 3
    """密封: bids nobody sees until the end; the PRICING parameter says who pays what. SELL or BUY."""
    CLOCK = 4
    """多轮: the price rises by rounds while more is wanted than there is; one price. SELL."""


class Pricing(IntEnum):
    """Who pays what in a SEALED auction."""

    FIRST = 1
    """The best bid takes the lot at its own price."""
    SECOND = 2
    """The best bid takes the lot at the second best price, no worse than reserve and start."""
    PAY_AS_BID = 3
    """Many units: each at his own price."""
    LOWEST_ACCEPTED = 4
    """Many units: all at the worst price that got something."""
    FIRST_REJECTED = 5
    """Many units: all at the best price that did not get all it wanted; the minimum if there is none."""
    LOWEST_ACCEPTED_OR_MINIMUM = 6
    """Many units: LOWEST_ACCEPTED if more was wanted than there was, else the minimum (old eBay)."""


WHOLE_LOT_PRICING = frozenset({Pricing.FIRST, Pricing.SECOND})


class AuctionParameter(IntEnum):
    """Parameters of one auction, set by AUCTION_SET. Prices fen/kg, times ns, unset ones 0.

    In brackets the kinds that read it; where none are named, all do. One that its kind does not read must be
    0.
    """

    RESERVE = 1
    """Hidden until the end; 0: none. [ENGLISH, SEALED]"""
    STEP = 2
    """Increment [ENGLISH], unit of prices [SEALED], what the clock falls or rises by [DUTCH, CLOCK]; ≥ 1."""
    MAX_STEP = 3
    """Most one bid may improve the price by, a multiple of STEP; 0: any. Proxies may jump. [ENGLISH]"""
    DURATION_NS = 4
    """From opening to the planned end [ENGLISH, SEALED]; of a round [CLOCK]."""
    SOFT_CLOSE_NS = 5
    """W: a bid with no more than this left extends; 0: never. [ENGLISH]"""
    EXTENSION_NS = 6
    """An extension leads to the bid's time + this; it never shortens. [ENGLISH]"""
    MAX_EXTENSIONS = 7
    """So many at most, then the end is hard. [ENGLISH]"""
    TICK_NS = 8
    """The clock falls each so many ns. [DUTCH]"""
    FLOOR = 9
    """Below it the clock does not go. [DUTCH]"""
    MIN_TAKE = 10
    """Least kg of a bid, unless less is left; 0: KG_STEP. [DUTCH, SEALED many units, CLOCK]"""
    KG_STEP = 11
    """Unit of kg; 0: the product's step. [DUTCH, SEALED many units, CLOCK]"""
    RAISE_FEN = 12
    RAISE_BPS = 13
    """After a sale the clock restarts at its price + the sum of both, at most at the start price. [DUTCH]"""
    ROUNDS = 14
    """Runs from the start price [DUTCH; 0: 1]; most rounds [CLOCK; 0: any number]."""
    REST_NS = 15
    """How long the clock stands still before it runs again. [DUTCH]"""
    PRICING = 16
    """A ``Pricing``. [SEALED]"""
    REVEAL_NS = 17
    """More than 0: bids are committed to, and revealed within so long after the end. [SEALED]"""
    BOND_FEN_PER_T = 18
    FEE_RESERVE_FEN_PER_T = 19
    MIN_BIDDERS = 20
    """With fewer entered when it opens the lot is unsold; 0: no matter."""
    ALERT = 21
    """Alert price 报警价: a bid beyond it needs ABOVE_ALERT; 0: none."""


class AuctionState(IntEnum):
    """Where an auction is. Ended ones are forgotten after KEEP_NS."""

    DEFINED = 1
    ANNOUNCED = 2
    """Shown; members enter. It opens by itself."""
    OPEN = 3
    PAUSED = 4
    REVEALING = 5
    """Commitments are being revealed."""
    DECIDING = 6
    """The best bid is below reserve; the owner decides."""
    PAYING = 7
    """A winner has yet to pay, or the runner-up to answer."""
    AWARDED = 8
    """Ended: all or part of it was sold."""
    UNSOLD = 9
    """Ended: nothing was sold."""
    CANCELLED = 10
    """Ended by the operator. What was sold before (Dutch) stays sold."""


ENDED_STATES = frozenset({AuctionState.AWARDED, AuctionState.UNSOLD, AuctionState.CANCELLED})

TICKING_STATES = frozenset(AuctionState) - ENDED_STATES - {AuctionState.DEFINED, AuctionState.ANNOUNCED}


class HoldKind(IntEnum):
    """What the desk holds something for, and whose number the hold has."""

    LISTING = 1
    """Money of a buy listing; listing."""
    TAKE = 2
    """Money of a take that waits for confirmation; take."""
    PROPOSAL = 3
    """Money of a buyer's proposal; proposal."""
    BOND = 4
    """Auction."""
    FEE_RESERVE = 5
    """Auction."""
    NEED = 6
    """Money of the owner of a reverse auction; auction."""
    LOT = 7
    """Goods set aside; lot."""


class DeskCommand(NamedTuple):
    """One desk command, decoded. Field meaning by kind: see DeskCommandKind."""

    kind: int
    time_ns: int = 0
    product: int = 0
    account: int = 0
    other: int = 0
    side: int = 0
    mode: int = 0
    flags: int = 0
    id: int = 0
    price: int = 0
    quantity: int = 0
    amount: int = 0
    extra: int = 0

    def pack(self) -> bytes:
        """The 64-byte record. Raises struct.error if a value does not fit its field."""
        return DESK_COMMAND.pack(
            self.kind,
            self.side,
            self.mode,
            self.flags,
            self.product,
            self.time_ns,
            self.account,
            self.other,
            self.id,
            self.price,
            self.quantity,
            self.amount,
            self.extra,
        )

    @classmethod
    def unpack(cls, record: bytes) -> "DeskCommand":
        """The desk command in a 64-byte record."""
        kind, side, mode, flags, product, time_ns, account, other, number, price, quantity, amount, extra = (
            DESK_COMMAND.unpack(record)
        )
        return cls(
            kind, time_ns, product, account, other, side, mode, flags, number, price, quantity, amount, extra
        )

    @property
    def commitment(self) -> bytes:
        """The last 32 bytes: what a COMMIT commits to."""
        return self.pack()[-COMMITMENT_SIZE:]

    @property
    def nonce(self) -> bytes:
        """The last 16 bytes: the nonce of a REVEAL."""
        return self.pack()[-16:]

    @classmethod
    def commit(
        cls, commitment: bytes, *, account: int, auction: int, epoch: int, time_ns: int = 0
    ) -> "DeskCommand":
        """A COMMIT. Raises struct.error unless the commitment has 32 bytes."""
        price, quantity, amount, extra = struct.unpack("<qqqq", commitment)
        return cls(
            DeskCommandKind.COMMIT,
            time_ns,
            account=account,
            other=epoch,
            id=auction,
            price=price,
            quantity=quantity,
            amount=amount,
            extra=extra,
        )

    @classmethod
    def reveal(
        cls, nonce: bytes, *, account: int, auction: int, price: int, quantity: int, time_ns: int = 0
    ) -> "DeskCommand":
        """A REVEAL. Raises struct.error unless the nonce has 16 bytes."""
        amount, extra = struct.unpack("<qq", nonce)
        return cls(
            DeskCommandKind.REVEAL,
            time_ns,
            account=account,
            id=auction,
            price=price,
            quantity=quantity,
            amount=amount,
            extra=extra,
        )
