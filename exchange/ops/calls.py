"""The clock ends calls: an opening call at a moment nobody can know, a volatility call after a fixed time.

The moment is drawn once, when the clock first sees the call, and kept, so that a restart changes nothing and
anybody can see afterwards what was drawn. Chance lives here and not in the engine: to the floor the end of a
call is a command like any other, and a replay needs no dice. An operator who ends a call earlier wins.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import datetime_of
from exchange.kernel.errors import NotInCall
from exchange.markets import services as markets
from exchange.markets.selectors import calls_under_way
from exchange.markets.types import CallRow
from exchange.ops.models import CallEnd
from matching.types import Phase

MS_PER_S = 1_000


def end_due_calls(time_ns: int, actor: Actor) -> None:
    """Ends every call whose moment has come."""
    now = datetime_of(time_ns)
    for call in calls_under_way():
        if now < _end_of(call):
            continue
        with suppress(NotInCall):
            markets.end_call(
                actor=actor, code=call.product_code, reason=_reason(call), change_id=call.change_id
            )


def _end_of(call: CallRow) -> datetime:
    known = CallEnd.objects.filter(change_id=call.change_id).first()
    if known is None:
        known, _ = CallEnd.objects.get_or_create(
            change_id=call.change_id,
            defaults={"product_number": call.product_number, "ends_at": draw_end(call)},
        )
    return known.ends_at


def draw_end(call: CallRow) -> datetime:
    """When a call shall end: in the window at the end of a call at random, else after a fixed time."""
    if call.phase == Phase.VOLATILITY:
        return call.began_at + timedelta(seconds=settings.VOLATILITY_CALL_S)
    window_ms = settings.CALL_RANDOM_S * MS_PER_S
    drawn = timedelta(milliseconds=secrets.randbelow(window_ms + 1))
    return call.began_at + timedelta(seconds=settings.CALL_S) + drawn


def _reason(call: CallRow) -> str:
    return "波动集合竞价到时结束" if call.phase == Phase.VOLATILITY else "集合竞价随机结束"
