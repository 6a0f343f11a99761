"""Opening, closing, halting and resuming."""

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import audit, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.markets import selectors, services
from exchange.markets.errors import AlreadyHalted, NoOpenSession, NotHalted, SessionAlreadyOpen
from exchange.markets.models import PhaseChange
from exchange.markets.types import SessionState
from matching.types import Command, CommandKind, Phase
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
