"""What the floor answers to one command, read from the events the command caused.

A reply is the acknowledgement: it is given only after the command is durable in the journal. Replies are
part of the deterministic state (the floor remembers them by the client's own id, so that a resend is
answered and not applied again), so they are derived from events alone.
"""

import struct
from enum import IntEnum
from typing import NamedTuple

from matching.desk_events import DeskEventKind
from matching.types import EVENT, EventKind


class OrderStatus(IntEnum):
    """How the command left the order, or what became of a command without one."""

    REJECTED = 0
    """Nothing changed; the reason says why."""
    OPEN = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELLED = 4
    """The order is out of the book; the part in filled_kg traded."""
    APPLIED = 5
    """A command without an order of its own took effect (funds, goods, phase, cancel all ...), or a command
    of the desk: then order_id is the number it made or touched, filled_kg what was dealt, remaining_kg what
    is left."""
    UNANSWERED = 255
    """The floor did not answer in time. The command may or may not have happened: send it again with the
    same client id and the answer will be the true one. Never stored."""


class Reply(NamedTuple):
    """The answer to one command. filled_kg and remaining_kg are totals of the order after the command."""

    seq: int
    order_id: int
    status: OrderStatus
    reason: int
    """A Reason or DeskReason of matching; NONE unless rejected or cancelled."""
    filled_kg: int
    remaining_kg: int
    duplicate: bool = False
    """True when the floor had this client id before; all other fields are the first result's."""


UNANSWERED = Reply(0, 0, OrderStatus.UNANSWERED, 0, 0, 0)

RESULT = struct.Struct("<QQBBqq")
"""seq, order_id, status, reason, filled_kg, remaining_kg: a reply as the floor remembers it."""

_STATUSES = {int(status): status for status in OrderStatus}
_REJECTED, _OPEN, _PARTIAL = OrderStatus.REJECTED, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED
_FILLED, _CANCELLED, _APPLIED = OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.APPLIED


def pack_result(reply: Reply) -> bytes:
    """The reply in RESULT.size bytes, without the duplicate mark."""
    return RESULT.pack(*reply[:6])


def unpack_result(result: bytes) -> Reply:
    """The first reply to a client id, marked as a duplicate."""
    seq, order_id, status, reason, filled, remaining = RESULT.unpack(result)
    return Reply(seq, order_id, _STATUSES[status], reason, filled, remaining, True)


def replies_of(events: bytes) -> list[Reply]:
    """One reply per command of the batch, in order of sequence. Every command has at least one event."""
    replies: list[Reply] = []
    seq = 0
    group: list[tuple[int, ...]] = []
    for event in EVENT.iter_unpack(events):
        if event[0] != seq:
            if group:
                replies.append(_reply(seq, group))
            seq = event[0]
            group = [event]
        else:
            group.append(event)
    if group:
        replies.append(_reply(seq, group))
    return replies


def _reply(seq: int, group: list[tuple[int, ...]]) -> Reply:
    first, last = group[0], group[-1]
    kind = first[1]
    if last[1] == DeskEventKind.ANSWERED:
        return Reply(seq, last[5], _APPLIED, 0, last[8], last[9])
    if last[1] == EventKind.REJECTED:
        return Reply(seq, last[5], _REJECTED, last[3], 0, 0)
    if kind in (EventKind.ACCEPTED, EventKind.REPLACED):
        return _after_matching(seq, first[5], _ordered_kg(group), last)
    if kind == EventKind.REDUCED:
        return _working(seq, first[5], first[8], first[9])
    if kind in (EventKind.APPLIED, EventKind.UNCROSSED) or last[1] == EventKind.APPLIED:
        return Reply(seq, 0, _APPLIED, 0, 0, 0)
    # A CANCEL: the event tells the open part; the ordered quantity only if the engine fills it in.
    return Reply(seq, first[5], _CANCELLED, first[3], max(first[8] - first[9], 0), 0)


def _ordered_kg(group: list[tuple[int, ...]]) -> int:
    """What the order asks for in the end: self-trade prevention may have made it smaller on its way in."""
    order_id = group[0][5]
    total = group[0][8]
    for event in group:
        if event[1] == EventKind.REDUCED and event[5] == order_id:
            total = event[8]
    return total


def _after_matching(seq: int, order_id: int, total: int, last: tuple[int, ...]) -> Reply:
    if last[1] == EventKind.RESTED:
        return _working(seq, order_id, total, last[9])
    if last[1] == EventKind.CANCELLED:
        return Reply(seq, order_id, _CANCELLED, last[3], total - last[9], 0)
    return Reply(seq, order_id, _FILLED, 0, total, 0)


def _working(seq: int, order_id: int, total: int, remaining: int) -> Reply:
    filled = total - remaining
    return Reply(seq, order_id, _PARTIAL if filled else _OPEN, 0, filled, remaining)
