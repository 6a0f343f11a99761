"""How a credit grade 信用等级 is worked out: published, versioned, in whole numbers, from counts alone.

Rulebook §7 and docs/credit.md. What goes in is how many facts of each kind each month has; what comes out is
the grade with every step of the arithmetic, so that anyone can do it again from the evidence file. No tables,
no clock, no floating point: the same counts give the same grade for ever.

A share that speaks for the member is rounded down, one that speaks against it up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from exchange.kernel.canonical import canonical_hash
from exchange.members.credit_types import FactKind, MonthCount, month_number

WHOLE_BPS = 10_000
UNRATED = ""
"""The grade of who has too few contracts 未评级."""
_KEPT = (FactKind.FULFILLED.value,)


@dataclass(frozen=True, slots=True)
class Method:
    """One version of the method. Every number of it is published."""

    version: str
    effective_from: str
    """First day whose grades are worked out by it, ISO."""
    window_months: int
    """The month of the day and those before it, so many in all."""
    age_weights: tuple[tuple[int, int], ...]
    """(months, weight): a fact younger than so many months weighs so much."""
    failed: tuple[str, ...]
    faults: tuple[str, ...]
    late: tuple[str, ...]
    """Kinds of facts, beside those of contracts kept."""
    least_contracts: int
    fulfilment_factor: int
    dispute_factor: int
    lateness_factor: int
    """How many points of the score one basis point of each share missing, or too much, costs."""
    letters: tuple[tuple[str, int, int], ...]
    """(letter, least score, least contracts), best first."""
    caps: tuple[tuple[int, int, str], ...]
    """(failures, months, letter): with so many breaches and defaults within so many months, no better."""

    def weight(self, age_months: int) -> int:
        """What a fact of an age weighs; 0 outside the window."""
        if age_months < 0:
            return 0
        return next((weight for months, weight in self.age_weights if age_months < months), 0)


METHODS = (
    Method(
        version="2026.1",
        effective_from="2025-01-01",
        window_months=24,
        age_weights=((6, 4), (12, 3), (18, 2), (24, 1)),
        failed=("auction_default", "breach", "pledge_foreclosed"),
        faults=("claim_upheld", "dispute_upheld", "short_weight"),
        late=("late_payment", "late_pickup"),
        least_contracts=5,
        fulfilment_factor=4,
        dispute_factor=2,
        lateness_factor=1,
        letters=(
            ("AAA", 9_800, 20),
            ("AA", 9_500, 10),
            ("A", 9_000, 5),
            ("BBB", 8_000, 5),
            ("BB", 7_000, 5),
            ("B", 6_000, 5),
            ("CCC", 5_000, 5),
            ("CC", 4_000, 5),
            ("C", 2_000, 5),
            ("D", 0, 0),
        ),
        caps=((1, 6, "BBB"), (2, 12, "B")),
    ),
)
"""Oldest first. A version in force is never changed; a new one is added with a day of its own."""


class Step(NamedTuple):
    """One line of the arithmetic."""

    name: str
    value: int


class Rating(NamedTuple):
    """A grade with its figures and its arithmetic. Shares are None where there is nothing to divide by."""

    grade: str
    method: str
    contracts: int
    """Kept and failed, in the window."""
    failures: int
    kg: int
    """Of the contracts kept."""
    fulfilment_bps: int | None
    dispute_bps: int | None
    on_time_bps: int | None
    score: int | None
    steps: tuple[Step, ...]


def method_on(day: date) -> Method:
    """The method in force on a day; the first one for days before it."""
    in_force = [method for method in METHODS if method.effective_from <= day.isoformat()]
    return in_force[-1] if in_force else METHODS[0]


def method_by_version(version: str) -> Method:
    """Raises KeyError for a version there never was."""
    return {method.version: method for method in METHODS}[version]


def method_document(method: Method) -> dict[str, Any]:
    """All of a version as JSON without floating point; what is hashed and published."""
    document = asdict(method)
    for name in ("age_weights", "letters", "caps"):
        document[name] = [list(row) for row in document[name]]
    for name in ("failed", "faults", "late"):
        document[name] = list(document[name])
    return document


@cache
def method_hash(method: Method) -> str:
    """SHA-256 of the document; every evidence file names it."""
    return canonical_hash(method_document(method))


def rate(counts: Iterable[MonthCount], as_of: date, method: Method | None = None) -> Rating:
    """The grade as of a day, from the facts that stood on it, by the method then in force."""
    method = method or method_on(as_of)
    now = month_number(as_of)
    aged = [(now - row.month, row) for row in counts if 0 <= now - row.month < method.window_months]
    sums = _Sums(method, aged)
    failures = sums.count(method.failed)
    contracts = sums.count(_KEPT) + failures
    kg = sum(row.kg for _, row in aged if row.kind == FactKind.FULFILLED)
    kept, failed = sums.weighed(_KEPT), sums.weighed(method.failed)
    faults, late = sums.weighed(method.faults), sums.weighed(method.late)
    if not contracts:
        return Rating(UNRATED, method.version, 0, 0, 0, None, None, None, None, ())
    fulfilment = kept * WHOLE_BPS // (kept + failed)
    disputes = min(WHOLE_BPS, -(-faults * WHOLE_BPS // (kept + failed)))
    on_time = max(0, kept - late) * WHOLE_BPS // kept if kept else None
    lateness = WHOLE_BPS - on_time if on_time is not None else 0
    costs = (
        (WHOLE_BPS - fulfilment) * method.fulfilment_factor,
        disputes * method.dispute_factor,
        lateness * method.lateness_factor,
    )
    score = max(0, WHOLE_BPS - sum(costs))
    names = ("kept_weight", "failed_weight", "fault_weight", "late_weight", "fulfilment_cost", "dispute_cost")
    values = (kept, failed, faults, late, *costs, score)
    steps = tuple(map(Step, (*names, "lateness_cost", "score"), values))
    grade = UNRATED
    if contracts >= method.least_contracts:
        grade = _letter(method, score, contracts, lambda months: sums.count(method.failed, months))
    return Rating(grade, method.version, contracts, failures, kg, fulfilment, disputes, on_time, score, steps)


class _Sums:
    """Counts and weights of kinds in the window."""

    def __init__(self, method: Method, aged: Sequence[tuple[int, MonthCount]]) -> None:
        self._method, self._aged = method, aged

    def count(self, kinds: Iterable[str], months: int = 1_000) -> int:
        """Facts of these kinds younger than so many months."""
        wanted = frozenset(kinds)
        return sum(row.facts for age, row in self._aged if row.kind in wanted and age < months)

    def weighed(self, kinds: Iterable[str]) -> int:
        """Σ count × weight of the age."""
        wanted = frozenset(kinds)
        return sum(row.facts * self._method.weight(age) for age, row in self._aged if row.kind in wanted)


def _letter(method: Method, score: int, contracts: int, failures_within: Callable[[int], int]) -> str:
    order = [letter for letter, _, _ in method.letters]
    earned = next(
        place
        for place, (_, least, wanted) in enumerate(method.letters)
        if score >= least and contracts >= wanted
    )
    capped = [
        order.index(letter) for least, months, letter in method.caps if failures_within(months) >= least
    ]
    return order[max([earned, *capped])]
