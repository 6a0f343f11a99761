"""What the exchange does by itself when time passes: the clock's polls and timetables.

Sessions open and close by the calendar only where SESSIONS_BY_CALENDAR says so; in the demo the session
stays as the operator left it.
"""

import contextlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.conf import settings

from exchange.kernel import trading_calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import (
    NS_PER_S,
    SESSIONS,
    TIMEZONE,
    day_bounds_ns,
    is_trading_day,
    ns_of,
    trading_day,
)
from exchange.kernel.proposal_errors import ChangeWaits
from exchange.markets import services as markets
from exchange.markets.errors import NoOpenSession, SessionAlreadyOpen
from exchange.ops.calls import end_due_calls
from exchange.ops.end_of_day import run_day_end
from exchange.ops.models import JobRun
from exchange.ops.pickups import finish_forgotten
from exchange.ops.receipt_jobs import receipt_polls
from exchange.ops.trading_stop import check_during_the_day
from exchange.price_index import services as price_index
from exchange.price_index.errors import AlreadyPublished, UnknownIndex
from exchange.trading.clock import Clock, Moment, Poll, Timetable
from settlement import services as settlement
from warehouse_receipts import services as receipts

CLOCK = Actor("clock")
"""In whose name scheduled work is done."""

FEES_AFTER_MIDNIGHT_NS = 60 * NS_PER_S
DAY_END_AFTER_MIDNIGHT_NS = 600 * NS_PER_S
INDEX_AT = time(16, 5)
"""After the last session closed and its trades were settled."""


def make_clock() -> Clock:
    """All scheduled work of this deployment."""
    return Clock(polls(), timetables(), claim)


def claim(timetable: str, moment_ns: int) -> bool:
    """Marks a moment as done, once and for all clocks."""
    _, created = JobRun.objects.get_or_create(timetable=timetable, moment_ns=moment_ns)
    return created


def polls() -> list[Poll]:
    """Work that finds out by itself whether there is something to do."""
    return [
        Poll("trading calendar", 60 * NS_PER_S, _learn_calendar),
        Poll("ends of calls", NS_PER_S, _end_calls),
        Poll("bank", 2 * NS_PER_S, _turn_with_bank),
        Poll("books against the bank", 60 * NS_PER_S, _check_bank),
        Poll("end of resale locks", 60 * NS_PER_S, _unlock_receipts),
        Poll("deadlines of deliveries", 30 * NS_PER_S, _run_deliveries),
        Poll("charges that are due", 60 * NS_PER_S, _ask_for_charges),
        Poll("reservations that expire", 60 * NS_PER_S, _expire_reservations),
        Poll("final index values", 600 * NS_PER_S, _finalise_index),
        *receipt_polls(),
    ]


def _learn_calendar(_time_ns: int) -> None:
    trading_calendar.load()


def _end_calls(time_ns: int) -> None:
    end_due_calls(time_ns, CLOCK)


def _turn_with_bank(_time_ns: int) -> None:
    settlement.run_bank(settlement.settlement_bank())


def _check_bank(_time_ns: int) -> None:
    check_during_the_day(settlement.settlement_bank(), actor=CLOCK)


def _unlock_receipts(time_ns: int) -> None:
    receipts.unlock_receipts(trading_day(time_ns))


def _run_deliveries(time_ns: int) -> None:
    finish_forgotten(time_ns, CLOCK)
    settlement.run_due(time_ns)


def _ask_for_charges(_time_ns: int) -> None:
    settlement.ask_again()


def _expire_reservations(time_ns: int) -> None:
    settlement.expire_pending(time_ns)


def _finalise_index(time_ns: int) -> None:
    price_index.finalise_due(trading_day(time_ns), actor=CLOCK)


def timetables() -> list[Timetable]:
    """Moments of the day."""
    always = [
        Timetable("fees in force", _fee_moments, only_last=True),
        Timetable("end of day", _day_end_moments, only_last=False),
        Timetable("price index", _index_moments, only_last=True),
    ]
    if settings.SESSIONS_BY_CALENDAR:
        always.append(Timetable("sessions", session_moments, only_last=True))
    return always


def _fee_moments(day: date) -> Sequence[Moment]:
    start_ns, _ = day_bounds_ns(day)
    return [Moment(start_ns + FEES_AFTER_MIDNIGHT_NS, _apply_fees)]


def _apply_fees(moment_ns: int) -> None:
    markets.apply_fees(actor=CLOCK, day=trading_day(moment_ns), reason="按生效日期执行费率")


def _day_end_moments(day: date) -> Sequence[Moment]:
    """A day is ended after its midnight, when nothing of it can still happen."""
    start_ns, _ = day_bounds_ns(day)
    return [Moment(start_ns + DAY_END_AFTER_MIDNIGHT_NS, _end_day)]


def _end_day(moment_ns: int) -> None:
    run_day_end(trading_day(moment_ns) - timedelta(days=1))


def _index_moments(day: date) -> Sequence[Moment]:
    """The draft of a trading day's index; one person puts it forward, another releases it."""
    return [Moment(_at(day, INDEX_AT), _compute_index)] if is_trading_day(day) else []


def _compute_index(moment_ns: int) -> None:
    with contextlib.suppress(UnknownIndex, AlreadyPublished, ChangeWaits):
        price_index.compute(trading_day(moment_ns))


def session_moments(day: date) -> Sequence[Moment]:
    """Opening and closing of the sessions of a trading day; none on other days.

    A session opens with a call (unless CALL_S is 0) so much earlier that trading begins on time.
    """
    if not is_trading_day(day):
        return []
    moments = []
    for opens, closes in SESSIONS:
        begins = _at(day, opens) - settings.CALL_S * NS_PER_S
        last = (opens, closes) == SESSIONS[-1]
        close = _close_day if last else _close_for_midday
        moments += [Moment(begins, _open_session), Moment(_at(day, closes), close)]
    return moments


def _at(day: date, clock_time: time) -> int:
    return ns_of(datetime.combine(day, clock_time, tzinfo=TIMEZONE))


def _open_session(_moment_ns: int) -> None:
    with contextlib.suppress(SessionAlreadyOpen):
        with_call = settings.CALL_S > 0
        markets.open_session(actor=CLOCK, reason="按交易日历开市", with_call=with_call)


def _close_for_midday(_moment_ns: int) -> None:
    with contextlib.suppress(NoOpenSession):
        markets.close_session(actor=CLOCK, reason="按交易日历午间休市", day_ends=False)


def _close_day(_moment_ns: int) -> None:
    with contextlib.suppress(NoOpenSession):
        markets.close_session(actor=CLOCK, reason="按交易日历收市")
