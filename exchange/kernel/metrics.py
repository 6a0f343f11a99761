"""Counters and histograms of one process, and their text for Prometheus (exposition format 0.0.4).

Small on purpose: what is counted on a hot path costs one dictionary entry under a lock, and nothing is
computed before somebody asks. Names end in their unit (``_seconds``, ``_total``), labels are few and bounded.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LATENCY_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096)

Labels = tuple[str, ...]
"""Values of a metric's labels, in the order of their names."""


class Sample(NamedTuple):
    """One line: what is appended to the name, labels with their names, the value."""

    suffix: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Family(NamedTuple):
    """A metric with all its samples."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


class HistogramState(NamedTuple):
    """A histogram at one moment: counts[i] of values up to bounds[i], the last one of all others."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float
    """Sum of the values."""


class Counter:
    """What only grows, by labels."""

    def __init__(self, name: str, help_text: str, labels: Sequence[str] = ()) -> None:
        self._name, self._help, self._labels = name, help_text, tuple(labels)
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {} if labels else {(): 0}

    def add(self, *labels: str, amount: float = 1) -> None:
        """So much more."""
        assert len(labels) == len(self._labels)
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + amount

    def value(self, *labels: str) -> float:
        """How much it is by now."""
        return self._values.get(labels, 0)

    def family(self) -> Family:
        """Its samples now."""
        with self._lock:
            values = sorted(self._values.items())
        samples = tuple(
            Sample("", tuple(zip(self._labels, labels, strict=True)), value) for labels, value in values
        )
        return Family(self._name, "counter", self._help, samples)


class Gauge:
    """What goes up and down."""

    def __init__(self, name: str, help_text: str) -> None:
        self._name, self._help = name, help_text
        self._lock = threading.Lock()
        self._value = 0.0

    def add(self, amount: float) -> None:
        """So much more, or less."""
        with self._lock:
            self._value += amount

    @property
    def value(self) -> float:
        """What it is now."""
        return self._value

    def family(self) -> Family:
        """Its sample now."""
        return gauge(self._name, self._help, self._value)


class Histogram:
    """How large values were, in buckets."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """One more value."""
        at = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[at] += 1
            self._total += value

    def state(self) -> HistogramState:
        """All values so far."""
        with self._lock:
            return HistogramState(self._bounds, tuple(self._counts), self._total)


def gauge(name: str, help_text: str, value: float, labels: Mapping[str, str] | None = None) -> Family:
    """A gauge of this moment."""
    return Family(name, "gauge", help_text, (Sample("", tuple((labels or {}).items()), value),))


def counter(name: str, help_text: str, value: float) -> Family:
    """A counter somebody else keeps."""
    return Family(name, "counter", help_text, (Sample("", (), value),))


def histogram(
    name: str, help_text: str, states: Iterable[tuple[Mapping[str, str], HistogramState]]
) -> Family:
    """Histograms under one name, each with its labels."""
    samples = [sample for labels, state in states for sample in _samples_of(tuple(labels.items()), state)]
    return Family(name, "histogram", help_text, tuple(samples))


def _samples_of(labels: tuple[tuple[str, str], ...], state: HistogramState) -> Iterator[Sample]:
    seen = 0
    for bound, count in zip((*state.bounds, float("inf")), state.counts, strict=True):
        seen += count
        yield Sample("_bucket", (*labels, ("le", _number(bound))), seen)
    yield Sample("_sum", labels, state.total)
    yield Sample("_count", labels, seen)


def exposition(families: Iterable[Family]) -> str:
    """The text Prometheus reads."""
    lines: list[str] = []
    for family in families:
        lines += [f"# HELP {family.name} {_escaped(family.help)}", f"# TYPE {family.name} {family.kind}"]
        lines += [
            f"{family.name}{each.suffix}{_braced(each.labels)} {_number(each.value)}"
            for each in family.samples
        ]
    return "\n".join(lines) + "\n"


def _braced(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_quoted(value)}"' for name, value in labels) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
