"""The clock ends calls: at a drawn moment inside the window, or after a fixed time; an operator wins."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import ns_of
from exchange.markets import services
from exchange.markets.selectors import calls_under_way, phase_changes
from exchange.markets.types import CallRow
from exchange.ops import calls
from exchange.ops.jobs import CLOCK, polls
from exchange.ops.models import CallEnd
from matching.types import Phase
from tests.markets.cells import a_product, the_fuji

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 11, 20, 8, 55, tzinfo=calendar.TIMEZONE)
CODE = "HFS-Z80-1-XY"


@pytest.fixture(autouse=True)
def _market(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CALL_S, settings.CALL_RANDOM_S, settings.VOLATILITY_CALL_S = 300, 30, 120
    monkeypatch.setattr(calendar, "now", lambda: BEGAN)
    the_fuji()
    a_product(CODE)


def step(seconds: float) -> None:
    calls.end_due_calls(ns_of(BEGAN + timedelta(seconds=seconds)), CLOCK)


def test_an_opening_call_ends_at_the_drawn_moment_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(calls.secrets, "randbelow", lambda most: drawn.append(most) or 12_345)
    services.open_session(actor=SYSTEM, reason="开市", with_call=True)

    step(0)
    step(312.3)
    assert [call.product_code for call in calls_under_way()] == [CODE]
    step(312.4)

    assert calls_under_way() == []
    assert drawn == [30_001]
    assert CallEnd.objects.get().ends_at == BEGAN + timedelta(milliseconds=312_345)
    assert phase_changes(limit=1)[0].actor == "clock"


def test_the_moment_is_inside_the_window_and_drawn_anew_for_each_call() -> None:
    call = CallRow(1, 1, CODE, Phase.CALL, BEGAN)
    ends = {calls.draw_end(call) for _ in range(50)}
    assert all(timedelta(seconds=300) <= end - BEGAN <= timedelta(seconds=330) for end in ends)
    assert len(ends) > 1


def test_a_volatility_call_ends_after_its_time() -> None:
    services.open_session(actor=SYSTEM, reason="开市")
    outbox.mark_applied(outbox.Answer(row.id, 1, 0) for row in outbox.pending())
    services.follow_volatility_call(product_number=1, price=680, at=BEGAN)

    step(119)
    assert len(calls_under_way()) == 1
    step(120)

    assert calls_under_way() == []


def test_a_call_an_operator_ended_is_left_alone_and_the_next_gets_its_own_moment() -> None:
    services.open_session(actor=SYSTEM, reason="开市", with_call=True)
    step(1)
    services.end_call(actor=SYSTEM, code=CODE, reason="提前结束")
    step(400)
    services.begin_call(actor=SYSTEM, code=CODE, reason="大额委托")
    step(299)

    assert len(calls_under_way()) == 1
    assert CallEnd.objects.count() == 2


def test_the_clock_looks_every_second() -> None:
    (poll,) = [poll for poll in polls() if poll.name == "ends of calls"]
    assert poll.every_ns == calendar.NS_PER_S
    poll.run(ns_of(BEGAN))
