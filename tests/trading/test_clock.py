"""The clock: moments take effect once, missed ones are made up for, failures are tried again."""

from datetime import date, datetime

import pytest

from exchange.kernel.calendar import NS_PER_S, TIMEZONE, ns_of
from exchange.trading import clock as clock_module
from exchange.trading.clock import RETRY_NS, Clock, Moment, Poll, Timetable

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


def at(hour: int, minute: int = 0, *, day: int = 20) -> int:
    return ns_of(datetime(2026, 11, day, hour, minute, tzinfo=TIMEZONE))


class Diary:
    """What was done, and a table of claims that outlives a clock."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.claims: set[tuple[str, int]] = set()
        self.fail = 0

    def claim(self, timetable: str, moment_ns: int) -> bool:
        fresh = (timetable, moment_ns) not in self.claims
        self.claims.add((timetable, moment_ns))
        return fresh

    def moment(self, hour: int, what: str) -> Moment:
        def run(_at_ns: int) -> None:
            self.done.append(what)

        return Moment(at(hour), run)

    def clock(self, *, only_last: bool) -> Clock:
        def moments(day: date) -> list[Moment]:
            return [self.moment(9, "open"), self.moment(11, "close")] if day == DAY else []

        return Clock([], [Timetable("sessions", moments, only_last)], self.claim)


def test_moments_take_effect_when_they_come_and_once() -> None:
    diary = Diary()
    clock = diary.clock(only_last=True)
    for hour, minute in ((8, 59), (9, 0), (9, 1), (10, 59), (11, 0), (12, 0)):
        clock.step(at(hour, minute))
    assert diary.done == ["open", "close"]


def test_a_second_clock_repeats_nothing() -> None:
    diary = Diary()
    diary.clock(only_last=True).step(at(9, 30))
    diary.clock(only_last=True).step(at(9, 31))
    assert diary.done == ["open"]


@pytest.mark.parametrize(("only_last", "expected"), [(True, ["close"]), (False, ["open", "close"])])
def test_missed_moments_are_made_up_for(only_last: bool, expected: list[str]) -> None:
    diary = Diary()
    diary.clock(only_last=only_last).step(at(15))
    assert diary.done == expected
    assert len(diary.claims) == 2


def test_nothing_happens_on_a_day_without_moments() -> None:
    diary = Diary()
    diary.clock(only_last=True).step(at(15, day=21))
    assert diary.done == []


def test_a_failed_moment_is_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    attempts: list[int] = []

    def run(at_ns: int) -> None:
        attempts.append(at_ns)
        if len(attempts) == 1:
            raise RuntimeError("the bank is closed")

    claims: list[int] = []
    table = Timetable("index", lambda _day: [Moment(at(9), run)], only_last=True)
    clock = Clock([], [table], lambda _name, moment_ns: not claims.append(moment_ns))  # type: ignore[func-returns-value]
    clock.step(at(9))
    clock.step(at(9) + RETRY_NS - 1)
    assert len(attempts) == 1
    clock.step(at(9) + RETRY_NS)
    clock.step(at(10))
    assert len(attempts) == 2
    assert "the bank is closed" in caplog.text


def test_polls_run_every_so_often_and_again_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    times: list[int] = []

    def run(time_ns: int) -> None:
        times.append(time_ns)
        if len(times) == 2:
            raise RuntimeError("no answer")

    clock = Clock([Poll("bank", 60 * NS_PER_S, run)], [], lambda *_: True)
    for second in range(130):
        clock.step(second * NS_PER_S)
    assert [time_ns // NS_PER_S for time_ns in times] == [0, 60, 65, 125]
    assert "no answer" in caplog.text


def test_the_loop_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(clock_module, "TICK_S", 0.001)
    ticks: list[int] = []
    stop = threading.Event()

    def run(time_ns: int) -> None:
        ticks.append(time_ns)
        if len(ticks) == 3:
            stop.set()

    times = iter(range(0, 10**15, NS_PER_S))
    Clock([Poll("tick", NS_PER_S, run)], [], lambda *_: True).run(stop, lambda: next(times))
    assert len(ticks) == 3
