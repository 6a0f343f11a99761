"""How much the projector does at once and how long it rests: pure arithmetic, measured, no clock of its own.

Two others want what the projector uses. In the embedded exchange the order path shares the interpreter
with it, so while orders come in fast the projector rests six times as long as it worked. And SQLite has
one write lock: a web user's write polls for it, so every transaction is short and a gap follows each one,
even when the projector has all the time in the world.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class DutyCycle:
    """Decides chunk sizes and rests from what was measured.

    shares_interpreter: the floor runs in this process. The busy threshold is in commands per second,
    smoothed over about a second.
    """

    shares_interpreter: bool = True
    target_work_s: float = 0.04
    busy_per_s: float = 500.0
    busy_rest: float = 6.0
    far_behind: int = 300_000
    far_behind_rest: float = 1.0
    gap: float = 0.15
    least_gap_s: float = 0.001
    smallest: int = 32
    largest: int = 4_096
    budget: int = 256
    """Commands the next chunk should have."""
    arrivals_per_s: float = 0.0
    _head_seq: int | None = None
    _seen_s: float = 0.0

    def observe(self, head_seq: int, now_s: float) -> None:
        """The journal's head at a moment of a monotonic clock."""
        if self._head_seq is not None and now_s > self._seen_s:
            elapsed = now_s - self._seen_s
            rate = (head_seq - self._head_seq) / elapsed
            weight = min(1.0, elapsed)
            self.arrivals_per_s += (rate - self.arrivals_per_s) * weight
        self._head_seq, self._seen_s = head_seq, now_s

    def worked(self, commands: int, seconds: float) -> None:
        """A chunk of this many commands took this long; sizes the next one for the target."""
        if commands <= 0 or seconds <= 0:
            return
        wanted = commands * self.target_work_s / seconds
        bounded = min(max(wanted, self.budget / 2), self.budget * 2)
        self.budget = int(min(max(bounded, self.smallest), self.largest))

    def rest_s(self, worked_s: float, behind: int) -> float:
        """Seconds to stay away after working so long, with so many commands still to project."""
        share = self.gap
        if self.shares_interpreter and self.arrivals_per_s > self.busy_per_s:
            share = self.far_behind_rest if behind > self.far_behind else self.busy_rest
        return max(worked_s * share, self.least_gap_s)
