"""How far the tables have come, known to every thread of the process without a query.

In the embedded exchange the projector runs beside the web server and announces each chunk here; in
production it is another process, and the position is read from its table.
"""

import threading


class ProjectionProgress:
    """The projector of this process, if there is one: its position and whether it halted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._following = False
        self._seq = 0
        self._halt_reason = ""

    @property
    def following(self) -> bool:
        """Whether a projector of this process announces its position here."""
        return self._following

    @property
    def seq(self) -> int:
        """Sequence of the last command whose rows are committed."""
        return self._seq

    @property
    def halt_reason(self) -> str:
        """Why the projector stopped for good; empty while it works."""
        return self._halt_reason

    def follow(self, seq: int) -> None:
        """A projector starts at this position."""
        with self._changed:
            self._following, self._seq, self._halt_reason = True, seq, ""
            self._changed.notify_all()

    def advance(self, seq: int) -> None:
        """Rows up to this command are committed."""
        with self._changed:
            self._seq = seq
            self._changed.notify_all()

    def halt(self, reason: str) -> None:
        """The projector stopped for good."""
        with self._changed:
            self._halt_reason = reason
            self._changed.notify_all()

    def leave(self) -> None:
        """The projector of this process ended in good order."""
        with self._changed:
            self._following = False
            self._changed.notify_all()

    def wait(self, seq: int, timeout_s: float) -> bool:
        """Block until the position reaches seq; False after the timeout, a halt or the projector's end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._seq >= seq or bool(self._halt_reason) or not self._following, timeout_s
            )
            return self._seq >= seq


PROGRESS = ProjectionProgress()
"""The one of this process."""
