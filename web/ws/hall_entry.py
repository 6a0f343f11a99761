"""From what a member asks of the halls to a command of the desk, and from its reply to an answer.

Shared by the socket and the HTTP form. The account in a command is the member's own, whatever he says; the
floor stamps the time, so nobody bids in the past.
"""

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from exchange.kernel.calendar import NS_PER_S, now_ns, ns_of
from exchange.kernel.errors import BadParameter, FloorUnavailable
from exchange.trading.replies import OrderStatus, Reply
from matching.desk_types import ABOVE_ALERT, NO, TAKE_BACK, YES
from matching.desk_types import DESK_COMMAND as COMMAND
from matching.desk_types import DeskCommandKind as Kind
from web.ws.codec import price_fen, quantity_kg
from web.ws.hall_messages import (
    Bid,
    Commit,
    Decide,
    Enter,
    HallResult,
    Leave,
    Pay,
    Proposal,
    ProposalAnswer,
    Reveal,
    Take,
    TakeAnswer,
    Withdraw,
)
from web.ws.order_entry import refusal

ANSWER_FLAGS = {"refuse": NO, "accept": YES, "take_back": TAKE_BACK}
MAX_EPOCH = 2**32 - 1
PROPOSAL_STANDS_NS = 4 * 3_600 * NS_PER_S
"""How long a counter-offer stands that does not say."""
_pack = COMMAND.pack
_NONCE = struct.Struct("<qq")
_HASH = struct.Struct("<qqqq")

Wish = msgspec.Struct
"""One of the structs of ``hall_messages``."""


def command_of(wish: Wish, account_no: int, number: int, counterparty_no: int = 0) -> bytes:
    """The 64-byte command of a wish about listing, take, proposal or auction ``number``.

    Raises BadPrice, BadQuantity or BadParameter. ``counterparty_no`` is whom a lister answers.
    """
    for kind, pack in _PACKERS:
        if isinstance(wish, kind):
            return pack(wish, account_no, number, counterparty_no)
    raise AssertionError(type(wish))


def _command(
    kind: int,
    account_no: int,
    number: int,
    *,
    flags: int = 0,
    other: int = 0,
    price: int = 0,
    quantity: int = 0,
    amount: int = 0,
    extra: int = 0,
) -> bytes:
    return _pack(kind, 0, 0, flags, 0, now_ns(), account_no, other, number, price, quantity, amount, extra)


def _take(wish: Take, account_no: int, number: int, _: int) -> bytes:
    price, quantity = price_fen(wish.price), quantity_kg(wish.quantity_kg)
    return _command(Kind.TAKE, account_no, number, price=price, quantity=quantity)


def _confirm(wish: TakeAnswer, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.CONFIRM, account_no, number, flags=YES if wish.accept else NO)


def _counter(wish: Proposal, account_no: int, number: int, counterparty_no: int) -> bytes:
    return _command(
        Kind.COUNTER,
        account_no,
        number,
        other=counterparty_no,
        price=price_fen(wish.price),
        quantity=quantity_kg(wish.quantity_kg),
        amount=_expiry_ns(wish.expires_at),
    )


def _expiry_ns(moment: datetime | None) -> int:
    """Epoch nanoseconds of a time with its zone, some hours ahead for none. Raises BadParameter."""
    if moment is None:
        return now_ns() + PROPOSAL_STANDS_NS
    if moment.tzinfo is None:
        raise BadParameter(name="expires_at")
    return ns_of(moment)


def _answer(wish: ProposalAnswer, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.ANSWER, account_no, number, flags=ANSWER_FLAGS[wish.answer])


def _withdraw(wish: Withdraw, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.WITHDRAW, account_no, number)


def _enter(wish: Enter, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.ENTER, account_no, number, quantity=_optional_kg(wish.quantity_kg))


def _leave(wish: Leave, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.LEAVE, account_no, number)


def _bid(wish: Bid, account_no: int, number: int, _: int) -> bytes:
    return _command(
        Kind.BID,
        account_no,
        number,
        flags=ABOVE_ALERT if wish.beyond_alert else 0,
        other=_epoch(wish.epoch),
        price=price_fen(wish.price),
        quantity=_optional_kg(wish.quantity_kg),
        amount=0 if wish.maximum is None else price_fen(wish.maximum),
    )


def _epoch(epoch: int) -> int:
    if not 0 <= epoch <= MAX_EPOCH:
        raise BadParameter(name="epoch")
    return epoch


def _optional_kg(quantity: int) -> int:
    return 0 if quantity == 0 else quantity_kg(quantity)


def _commit(wish: Commit, account_no: int, number: int, _: int) -> bytes:
    price, quantity, amount, extra = _HASH.unpack(bytes.fromhex(wish.hash))
    return _command(
        Kind.COMMIT,
        account_no,
        number,
        other=_epoch(wish.epoch),
        price=price,
        quantity=quantity,
        amount=amount,
        extra=extra,
    )


def _reveal(wish: Reveal, account_no: int, number: int, _: int) -> bytes:
    amount, extra = _NONCE.unpack(bytes.fromhex(wish.nonce))
    price, quantity = price_fen(wish.price), quantity_kg(wish.quantity_kg)
    return _command(
        Kind.REVEAL, account_no, number, price=price, quantity=quantity, amount=amount, extra=extra
    )


def _decide(wish: Decide, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.DECIDE, account_no, number, flags=YES if wish.accept else NO)


def _pay(wish: Pay, account_no: int, number: int, _: int) -> bytes:
    return _command(Kind.PAY, account_no, number)


_PACKERS: tuple[tuple[type[Wish], Callable[[Any, int, int, int], bytes]], ...] = (
    (Bid, _bid),
    (Take, _take),
    (TakeAnswer, _confirm),
    (Proposal, _counter),
    (ProposalAnswer, _answer),
    (Withdraw, _withdraw),
    (Enter, _enter),
    (Leave, _leave),
    (Commit, _commit),
    (Reveal, _reveal),
    (Decide, _decide),
    (Pay, _pay),
)


def floor_key(client_id: str) -> str:
    """The floor's client id of a wish, apart from the client order ids of orders."""
    return f"~hall:{client_id}"


def hall_result(reply: Reply, number: int, client_id: str | None = None) -> HallResult:
    """The reply as the client sees it. Raises the JinguoError of a refusal."""
    if reply.status == OrderStatus.UNANSWERED:
        raise FloorUnavailable
    if reply.status == OrderStatus.REJECTED:
        raise refusal(reply.reason)
    return HallResult(
        reply.order_id or number, reply.seq, reply.filled_kg, reply.remaining_kg, reply.duplicate, client_id
    )
