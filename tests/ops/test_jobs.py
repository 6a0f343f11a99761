"""What the exchange does by itself, with real tables."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import TIMEZONE, ns_of
from exchange.markets import selectors as markets
from exchange.markets import services
from exchange.ops import jobs
from exchange.ops.models import JobRun
from matching.types import Command, CommandKind, Phase
from tests.standing import standing
from tests.trading.exchange_in_tables import TableExchange

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
SUNDAY = date(2026, 11, 22)


def at(hour: int, minute: int = 0, *, day: date = FRIDAY) -> int:
    return ns_of(datetime(day.year, day.month, day.day, hour, minute, tzinfo=TIMEZONE))


def is_open() -> bool:
    return markets.current_session() is not None


def a_closed_market() -> TableExchange:
    market = TableExchange().build(growers=1, dealers=1, products=1, kg=1_000, fen=100_000)
    services.close_session(actor=SYSTEM, reason="收市")
    return market


@pytest.fixture(scope="module")
def standing_market(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[TableExchange]:
    with standing(django_db_blocker, a_closed_market) as market:
        yield market


@pytest.fixture
def closed_market(standing_market: TableExchange, db: None) -> TableExchange:
    return standing_market.again()


def test_sessions_follow_the_calendar(closed_market: TableExchange, settings: Any) -> None:
    settings.SESSIONS_BY_CALENDAR = True
    clock = jobs.make_clock()
    seen = []
    for hour, minute in ((8, 54), (8, 55), (11, 29), (11, 30), (13, 25), (15, 59), (16, 0), (23, 0)):
        clock.step(at(hour, minute))
        seen.append(is_open())
    assert seen == [False, True, True, False, True, True, False, False]


def test_the_day_opens_with_a_call_and_only_its_last_close_ends_it(
    closed_market: TableExchange, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SESSIONS_BY_CALENDAR = True
    clock = jobs.make_clock()
    days = []
    monkeypatch.setattr(calendar, "now", lambda: calendar.datetime_of(at(8, 55)))
    for hour, minute in ((8, 55), (11, 30), (13, 25), (16, 0)):
        clock.step(at(hour, minute))
        last = Command.unpack(outbox.pending()[-1].command)
        days.append((CommandKind(last.kind), Phase(last.flags), last.amount))
    friday = calendar.day_number(FRIDAY)
    assert days == [
        (CommandKind.PHASE, Phase.CALL, 0),
        (CommandKind.PHASE, Phase.CLOSED, friday - 1),
        (CommandKind.PHASE, Phase.CALL, 0),
        (CommandKind.PHASE, Phase.CLOSED, friday),
    ]


def test_without_an_opening_call_sessions_open_directly_and_on_time(
    closed_market: TableExchange, settings: Any
) -> None:
    settings.SESSIONS_BY_CALENDAR, settings.CALL_S = True, 0
    clock = jobs.make_clock()
    clock.step(at(8, 59))
    assert not is_open()
    clock.step(at(9))
    assert Phase(Command.unpack(outbox.pending()[-1].command).flags) == Phase.CONTINUOUS


def test_a_clock_started_late_finds_the_right_phase(closed_market: TableExchange, settings: Any) -> None:
    settings.SESSIONS_BY_CALENDAR = True
    jobs.make_clock().step(at(14))
    assert is_open()
    jobs.make_clock().step(at(14, 1))
    assert JobRun.objects.filter(timetable="sessions").count() == 3


def test_what_the_operator_decided_stands(closed_market: TableExchange, settings: Any) -> None:
    settings.SESSIONS_BY_CALENDAR = True
    clock = jobs.make_clock()
    clock.step(at(9))
    services.close_session(actor=SYSTEM, reason="设备故障")
    clock.step(at(10))
    assert not is_open()
    services.open_session(actor=SYSTEM, reason="恢复")
    clock.step(at(11, 30))
    clock.step(at(11, 31))
    assert not is_open()


def test_there_is_no_session_on_a_day_off(settings: Any) -> None:
    assert jobs.session_moments(SUNDAY) == []
    assert len(jobs.session_moments(FRIDAY)) == 4


def test_in_the_demo_the_session_stays_as_it_is(closed_market: TableExchange) -> None:
    jobs.make_clock().step(at(10))
    assert not is_open()


def test_everything_scheduled_runs_on_real_tables_without_complaint(
    closed_market: TableExchange, caplog: pytest.LogCaptureFixture
) -> None:
    services.define_fees(
        actor=SYSTEM, effective_from=FRIDAY, buyer_bps=20, seller_bps=20, grower_bps=0, deposit_bps=200
    )
    clock = jobs.make_clock()
    for hour in range(24):
        clock.step(at(hour, 30))
    assert "failed" not in caplog.text
    assert set(JobRun.objects.values_list("timetable", flat=True)) == {
        "fees in force",
        "end of day",
        "price index",
    }
