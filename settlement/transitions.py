"""The life of a bank movement as one table; the database keeps it too (trigger ``movement_steps_allowed``).

deposit     requested → sent → confirmed | failed
withdrawal  requested → held → sent → confirmed | failed
            requested → refused
                        held → failed (a second person rejected it)
"""

from enum import StrEnum
from typing import Literal

from exchange.kernel.errors import BadTransition
from settlement.types import MovementState

Direction = Literal["deposit", "withdrawal"]


class MovementEvent(StrEnum):
    """What can happen to a movement."""

    HOLD = "hold"
    """The floor took the money out of what can be traded with."""
    REFUSE = "refuse"
    """The floor refused to."""
    SEND = "send"
    CONFIRM = "confirm"
    FAIL = "fail"
    REJECT = "reject"
    """A second person of the exchange said no."""


TRANSITIONS: dict[tuple[Direction, MovementState, MovementEvent], MovementState] = {
    ("deposit", MovementState.REQUESTED, MovementEvent.SEND): MovementState.SENT,
    ("deposit", MovementState.SENT, MovementEvent.CONFIRM): MovementState.CONFIRMED,
    ("deposit", MovementState.SENT, MovementEvent.FAIL): MovementState.FAILED,
    ("withdrawal", MovementState.REQUESTED, MovementEvent.HOLD): MovementState.HELD,
    ("withdrawal", MovementState.REQUESTED, MovementEvent.REFUSE): MovementState.REFUSED,
    ("withdrawal", MovementState.HELD, MovementEvent.SEND): MovementState.SENT,
    ("withdrawal", MovementState.HELD, MovementEvent.REJECT): MovementState.FAILED,
    ("withdrawal", MovementState.SENT, MovementEvent.CONFIRM): MovementState.CONFIRMED,
    ("withdrawal", MovementState.SENT, MovementEvent.FAIL): MovementState.FAILED,
}

FINAL = frozenset({MovementState.CONFIRMED, MovementState.FAILED, MovementState.REFUSED})
"""States nothing leaves."""


def next_state(direction: str, state: str, event: MovementEvent) -> MovementState:
    """The state after ``event``. Raises BadTransition if the table has no such step."""
    for (of_direction, from_state, on_event), to_state in TRANSITIONS.items():
        if (of_direction, from_state, on_event) == (direction, state, event):
            return to_state
    raise BadTransition(state=state, event=event.value)
