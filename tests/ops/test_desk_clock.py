"""When the floor is told the time, and what becomes of an auction that was interrupted."""

import pytest

from exchange.kernel.calendar import NS_PER_S
from exchange.ops.desk_clock import LEAD_NS, TIME, DeskClock
from exchange.trading.queries import DeskAnswer
from exchange.trading.replies import UNANSWERED, Reply

NOW = 1_000 * NS_PER_S


class Desk:
    """A floor that answers what the test says, and remembers how often it was told the time."""

    def __init__(self, *, ticking: bool = False, due_ns: int = 0, told_ns: int = 0) -> None:
        self.answer = DeskAnswer(1, told_ns, ticking=ticking, next_due_ns=due_ns)
        self.told = 0

    def desk(self) -> DeskAnswer:
        return self.answer

    def call(self, command: bytes, client_id: str = "") -> Reply:
        assert (command, client_id) == (TIME, "")
        self.told += 1
        return UNANSWERED


@pytest.mark.parametrize(
    ("desk", "told", "rest"),
    [
        (Desk(), 0, 0.25),
        (Desk(ticking=True, told_ns=NOW - NS_PER_S), 1, 0.25),
        (Desk(ticking=True, told_ns=NOW - NS_PER_S + 1), 0, 0.25),
        (Desk(due_ns=NOW, told_ns=NOW - 1), 1, 0.01),
        (Desk(due_ns=NOW + LEAD_NS, told_ns=NOW - NS_PER_S), 1, 0.25),
        (Desk(due_ns=NOW + LEAD_NS + 1), 0, 0.25),
        (Desk(due_ns=NOW + NS_PER_S // 10, told_ns=NOW), 0, 0.1),
        (Desk(due_ns=NOW + 1, told_ns=NOW), 0, 0.01),
    ],
    ids=["idle", "ticks", "just told", "due", "due soon", "due later", "sleeps until due", "never spins"],
)
def test_the_floor_is_told_the_time_when_it_needs_it(desk: Desk, told: int, rest: float) -> None:
    assert DeskClock(desk).step(NOW) == rest
    assert desk.told == told
