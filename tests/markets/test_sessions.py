"""Opening, closing, calling, halting and resuming."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, NotInCall
from exchange.markets import selectors, services
from exchange.markets.errors import AlreadyHalted, NoOpenSession, NotContinuous, NotHalted, SessionAlreadyOpen
from exchange.markets.models import PhaseChange
from exchange.markets.types import SessionState
from matching.types import Command, CommandKind, Phase, Reason
from tests.markets.cells import a_product, the_fuji

pytestmark = pytest.mark.django_db

DESK = Actor("jiaoyi")
FIRST, SECOND = "HFS-Z80-1-XY", "HFS-Z75-1-XY"


@pytest.fixture(autouse=True)
def _products(db: None) -> None:
    the_fuji()
    a_product(FIRST)
    a_product(SECOND, size_mm=75)


def told() -> list[tuple[int, Phase]]:
    """Phases the floor was told, oldest first."""
    commands = [Command.unpack(row.command) for row in outbox.pending()]
    return [(c.product, Phase(c.flags)) for c in commands if c.kind == CommandKind.PHASE]


def test_a_session_opens_every_product_and_closes_it_again() -> None:
    services.open_session(actor=DESK, reason="早市开市")
    assert selectors.current_phase(1) == selectors.current_phase(2) == Phase.CONTINUOUS

    services.close_session(actor=DESK, reason="收市")

    assert told() == [
        (1, Phase.CONTINUOUS),
        (2, Phase.CONTINUOUS),
        (1, Phase.CLOSED),
        (2, Phase.CLOSED),
    ]
    assert selectors.current_session() is None
    (session,) = selectors.sessions()
    assert (session.state, session.opened_by, session.close_reason) == (SessionState.CLOSED, "jiaoyi", "收市")
    assert audit.verify() == []


def test_sessions_of_a_day_are_numbered() -> None:
    for _ in range(2):
        services.open_session(actor=DESK, reason="开市")
        services.close_session(actor=DESK, reason="收市")

    assert [session.number for session in selectors.sessions()] == [2, 1]


def test_only_one_session_is_open_at_a_time() -> None:
    services.open_session(actor=DESK, reason="开市")

    with pytest.raises(SessionAlreadyOpen):
        services.open_session(actor=DESK, reason="开市")

    assert len(told()) == 2


def test_a_closed_market_cannot_be_closed() -> None:
    with pytest.raises(NoOpenSession):
        services.close_session(actor=DESK, reason="收市")


def test_every_change_needs_a_reason() -> None:
    with pytest.raises(BadParameter):
        services.open_session(actor=DESK, reason=" ")
    with pytest.raises(BadParameter):
        services.halt(actor=DESK, code=FIRST, reason="")


def test_a_halt_stops_one_product_and_resume_lets_it_trade_on() -> None:
    services.open_session(actor=DESK, reason="开市")

    services.halt(actor=DESK, code=FIRST, reason="价格异常波动")
    assert (selectors.current_phase(1), selectors.current_phase(2)) == (Phase.HALTED, Phase.CONTINUOUS)

    services.resume(actor=DESK, code=FIRST, reason="核查完毕")
    assert selectors.current_phase(1) == Phase.CONTINUOUS
    assert [(row.product_code, row.phase, row.reason) for row in selectors.phase_changes(limit=2)] == [
        (FIRST, Phase.CONTINUOUS, "核查完毕"),
        (FIRST, Phase.HALTED, "价格异常波动"),
    ]


def test_a_halt_outlives_the_session() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.halt(actor=DESK, code=FIRST, reason="质量异议")
    services.close_session(actor=DESK, reason="收市")

    services.open_session(actor=DESK, reason="开市")

    assert selectors.current_phase(1) == Phase.HALTED
    assert selectors.product_by_code(FIRST).halted


def test_a_halt_in_a_closed_market_takes_effect_at_the_opening() -> None:
    services.halt(actor=DESK, code=FIRST, reason="质量异议")
    assert told() == []

    services.open_session(actor=DESK, reason="开市")
    assert sorted(told()) == [(1, Phase.HALTED), (2, Phase.CONTINUOUS)]


def test_a_halt_lifted_overnight_is_forgotten() -> None:
    services.halt(actor=DESK, code=FIRST, reason="质量异议")
    services.resume(actor=DESK, code=FIRST, reason="核查完毕")

    services.open_session(actor=DESK, reason="开市")

    assert told() == [(1, Phase.CONTINUOUS), (2, Phase.CONTINUOUS)]


def test_halting_twice_or_resuming_what_runs_is_refused() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.halt(actor=DESK, code=FIRST, reason="质量异议")

    with pytest.raises(AlreadyHalted):
        services.halt(actor=DESK, code=FIRST, reason="质量异议")
    with pytest.raises(NotHalted):
        services.resume(actor=DESK, code=SECOND, reason="核查完毕")


def test_delisting_in_session_closes_the_product_and_the_session_closes_without_it() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.delist_product(actor=DESK, code=FIRST, reason="产季结束")

    services.close_session(actor=DESK, reason="收市")

    assert told()[2:] == [(1, Phase.CLOSED), (2, Phase.CLOSED)]


def test_the_database_keeps_phase_changes_as_they_were_written() -> None:
    services.open_session(actor=DESK, reason="开市")

    with pytest.raises(IntegrityError), transaction.atomic():
        PhaseChange.objects.update(reason="另一个原因")
    with pytest.raises(IntegrityError), transaction.atomic():
        PhaseChange.objects.filter(product_id=1).delete()


def test_pages_of_sessions_and_changes_go_back_in_time() -> None:
    for _ in range(3):
        services.open_session(actor=DESK, reason="开市")
        services.close_session(actor=DESK, reason="收市")

    newest = selectors.sessions(limit=2)
    oldest = selectors.sessions(before=newest[-1].id, limit=2)
    changes = selectors.phase_changes(product_number=1, limit=4)
    earlier = selectors.phase_changes(product_number=1, before=changes[-1].id, limit=4)

    assert [row.number for row in newest + oldest] == [3, 2, 1]
    assert (len(changes), len(earlier)) == (4, 2)


# Calls -----------------------------------------------------------------------------------------------


def commands_of_phases() -> list[tuple[CommandKind, int, Phase, int]]:
    """What changes phases, with the day that ends, oldest first."""
    commands = [Command.unpack(row.command) for row in outbox.pending()]
    wanted = (CommandKind.PHASE, CommandKind.UNCROSS)
    return [(CommandKind(c.kind), c.product, Phase(c.flags), c.amount) for c in commands if c.kind in wanted]


def test_a_session_can_open_with_a_call_that_ends_in_continuous_trading() -> None:
    services.open_session(actor=DESK, reason="开市", with_call=True)
    assert [call.product_code for call in selectors.calls_under_way()] == [FIRST, SECOND]

    services.end_call(actor=DESK, code=FIRST, reason="提前结束")

    assert commands_of_phases() == [
        (CommandKind.PHASE, 1, Phase.CALL, 0),
        (CommandKind.PHASE, 2, Phase.CALL, 0),
        (CommandKind.UNCROSS, 1, Phase.CONTINUOUS, 0),
    ]
    assert [call.product_code for call in selectors.calls_under_way()] == [SECOND]


def test_a_call_begins_from_continuous_trading_only_and_ends_once() -> None:
    with pytest.raises(NoOpenSession):
        services.begin_call(actor=DESK, code=FIRST, reason="大额委托")
    services.open_session(actor=DESK, reason="开市")
    with pytest.raises(NotInCall):
        services.end_call(actor=DESK, code=FIRST, reason="结束")

    services.begin_call(actor=DESK, code=FIRST, reason="大额委托")
    with pytest.raises(NotContinuous):
        services.begin_call(actor=DESK, code=FIRST, reason="大额委托")
    services.end_call(actor=DESK, code=FIRST, reason="结束")

    with pytest.raises(NotInCall):
        services.end_call(actor=DESK, code=FIRST, reason="结束")
    assert selectors.current_phase(1) == Phase.CONTINUOUS


def test_the_clock_does_not_end_a_later_call_than_it_meant() -> None:
    services.open_session(actor=DESK, reason="开市", with_call=True)
    seen = selectors.calls_under_way()[0].change_id
    services.end_call(actor=DESK, code=FIRST, reason="结束")
    services.begin_call(actor=DESK, code=FIRST, reason="再来一次")

    with pytest.raises(NotInCall):
        services.end_call(actor=DESK, code=FIRST, reason="到时", change_id=seen)


def test_a_product_halted_in_a_call_resumes_in_a_call() -> None:
    services.open_session(actor=DESK, reason="开市", with_call=True)
    services.halt(actor=DESK, code=FIRST, reason="质量异议")
    services.resume(actor=DESK, code=FIRST, reason="核查完毕")

    assert commands_of_phases()[2:] == [
        (CommandKind.PHASE, 1, Phase.HALTED, 0),
        (CommandKind.PHASE, 1, Phase.CALL, 0),
    ]


def test_a_halt_may_end_with_a_call_in_any_case() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.halt(actor=DESK, code=FIRST, reason="质量异议")
    services.resume(actor=DESK, code=FIRST, reason="核查完毕", with_call=True)

    assert selectors.current_phase(1) == Phase.CALL


def test_a_close_in_a_call_lets_the_call_find_its_price() -> None:
    services.open_session(actor=DESK, reason="开市", with_call=True)
    services.end_call(actor=DESK, code=FIRST, reason="结束")
    services.close_session(actor=DESK, reason="收市")

    today = calendar.day_number(selectors.sessions()[0].day)
    assert commands_of_phases()[-2:] == [
        (CommandKind.PHASE, 1, Phase.CLOSED, today),
        (CommandKind.UNCROSS, 2, Phase.CLOSED, today),
    ]


def test_the_midday_break_keeps_what_is_good_until_today() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.close_session(actor=DESK, reason="午休", day_ends=False)

    assert commands_of_phases()[-1][3] == calendar.day_number(selectors.sessions()[0].day) - 1


def test_the_first_opening_of_a_day_ends_what_was_good_until_an_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    friday = datetime(2026, 11, 20, 16, tzinfo=calendar.TIMEZONE)
    monkeypatch.setattr(calendar, "now", lambda: friday)
    services.open_session(actor=DESK, reason="开市")
    services.close_session(actor=DESK, reason="收市", day_ends=False)
    monkeypatch.setattr(calendar, "now", lambda: friday + timedelta(days=3))

    services.open_session(actor=DESK, reason="开市")

    sunday = calendar.day_number(date(2026, 11, 22))
    assert commands_of_phases()[4:] == [
        (CommandKind.PHASE, 1, Phase.CLOSED, sunday),
        (CommandKind.PHASE, 2, Phase.CLOSED, sunday),
        (CommandKind.PHASE, 1, Phase.CONTINUOUS, 0),
        (CommandKind.PHASE, 2, Phase.CONTINUOUS, 0),
    ]


def test_a_volatility_call_of_the_floor_enters_rows_history_and_audit() -> None:
    services.open_session(actor=DESK, reason="开市")
    outbox.mark_applied(outbox.Answer(row.id, 1, 0) for row in outbox.pending())

    services.follow_volatility_call(product_number=1, price=680, at=calendar.now())

    (call,) = selectors.calls_under_way()
    assert (call.product_code, call.phase) == (FIRST, Phase.VOLATILITY)
    change = selectors.phase_changes(limit=1)[0]
    assert (change.actor, change.phase) == ("floor", Phase.VOLATILITY)
    assert "6.80" in change.reason
    services.end_call(actor=DESK, code=FIRST, reason="结束")
    assert commands_of_phases() == [(CommandKind.UNCROSS, 1, Phase.CONTINUOUS, 0)]


def test_a_phase_on_its_way_to_the_floor_outlasts_a_volatility_call_before_it() -> None:
    services.open_session(actor=DESK, reason="开市")
    services.halt(actor=DESK, code=FIRST, reason="质量异议")

    services.follow_volatility_call(product_number=1, price=680, at=calendar.now())

    assert selectors.current_phase(1) == Phase.HALTED
    assert selectors.calls_under_way() == []
    assert Phase.VOLATILITY in [row.phase for row in selectors.phase_changes(product_number=1)]


def test_a_crossed_book_is_uncrossed_before_trading_goes_on() -> None:
    services.open_session(actor=DESK, reason="开市")
    row = outbox.pending()[-1]
    product = row.reference.split(":")[1]

    assert services.floor_answered(row.reference, Reason.CROSSED_BOOK)

    assert commands_of_phases()[-2:] == [
        (CommandKind.PHASE, int(product), Phase.CALL, 0),
        (CommandKind.UNCROSS, int(product), Phase.CONTINUOUS, 0),
    ]
    assert not services.floor_answered("deposit:1", Reason.CROSSED_BOOK)


def test_a_product_delisted_after_the_close_loses_its_standing_orders_too() -> None:
    services.delist_product(actor=DESK, code=FIRST, reason="产季结束")

    assert commands_of_phases() == [(CommandKind.PHASE, 1, Phase.CLOSED, 0)]
