"""The evidence of a grade: a public file from which anyone can work it out again, and doing so.

The file says how many facts of each kind each month has, lists every fact other than a kept contract, and
gives figures, arithmetic and grade. Its hash is over everything else in it.
"""

from collections import Counter
from datetime import date
from typing import Any, NamedTuple

from exchange.kernel.canonical import canonical_hash
from exchange.members.credit_errors import NotCreditEvidence
from exchange.members.credit_method import Rating, method_by_version, method_hash, method_on, rate
from exchange.members.credit_selectors import KG_PER_T, CreditRecord, credit_record
from exchange.members.credit_types import FactKind, MonthCount, month_of_text, month_text

FORMAT = "jinguo-credit-1"
MOST_ROWS = 100_000


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    good: bool
    detail: str = ""


class Verdict(NamedTuple):
    """What came of an evidence file."""

    member: str
    as_of: str
    grade: str
    """As worked out again."""
    checks: tuple[Check, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything holds."""
        return all(check.good for check in self.checks)


def evidence_of(code: str, as_of: date | None = None) -> dict[str, Any]:
    """The evidence file of a member's grade as of a day (today). Raises UnknownCredit."""
    return document_of(credit_record(code, as_of))


def document_of(record: CreditRecord) -> dict[str, Any]:
    """The same for a record already read."""
    rating = record.rating
    document: dict[str, Any] = {
        "format": FORMAT,
        "member": record.code,
        "name": record.name,
        "as_of": record.as_of.isoformat(),
        "method": rating.method,
        "method_sha256": method_hash(method_by_version(rating.method)),
        "counts": [
            [month_text(row.month), row.kind.value, row.facts, row.kg // KG_PER_T] for row in record.counts
        ],
        "facts": [fact._asdict() for fact in record.facts],
        **_result(rating),
    }
    return {**document, "sha256": canonical_hash(document)}


def _result(rating: Rating) -> dict[str, Any]:
    return {
        "figures": {
            "contracts": rating.contracts,
            "failures": rating.failures,
            "tonnes": rating.kg // KG_PER_T,
            "fulfilment_bps": rating.fulfilment_bps,
            "dispute_bps": rating.dispute_bps,
            "on_time_bps": rating.on_time_bps,
            "score": rating.score,
        },
        "arithmetic": [[step.name, step.value] for step in rating.steps],
        "grade": rating.grade,
    }


def verify_evidence(document: Any) -> Verdict:
    """Works a grade out again from its file alone. Raises NotCreditEvidence for what is no such file."""
    try:
        if document["format"] != FORMAT:
            raise ValueError("format")
        as_of = date.fromisoformat(document["as_of"])
        counts = [_count(row) for row in document["counts"][:MOST_ROWS]]
        listed = [_fact(row) for row in document["facts"][:MOST_ROWS]]
        method = method_by_version(document["method"])
        rest = {name: value for name, value in document.items() if name != "sha256"}
        digest = canonical_hash(rest)
        member = str(document["member"])
        told = {name: document[name] for name in ("figures", "arithmetic", "grade")}
        sha256, method_sha256 = document["sha256"], document["method_sha256"]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotCreditEvidence(repr(error), why_zh="内容不完整", why_en=str(error)[:80]) from error
    rating = rate(counts, as_of, method)
    found = _result(rating)
    wrong = [name for name, value in told.items() if value != found[name]]
    of_its_day = method is method_on(as_of) and method_sha256 == method_hash(method)
    return Verdict(
        member,
        as_of.isoformat(),
        rating.grade,
        (
            Check("sha256", digest == sha256),
            Check("method", of_its_day, method.version),
            Check("facts", _tally(counts) == _listed(listed)),
            Check("grade", not wrong, ", ".join(wrong)),
        ),
    )


def verify_member(code: str, as_of: date | None = None) -> Verdict:
    """The same for a member of this exchange, from its tables. Raises UnknownCredit."""
    return verify_evidence(evidence_of(code, as_of))


def _count(row: Any) -> MonthCount:
    month, kind, count, tonnes = row
    if not all(type(number) is int and 0 <= number < 1 << 53 for number in (count, tonnes)):
        raise ValueError("counts")
    return MonthCount(month_of_text(month), FactKind(kind), count, tonnes * KG_PER_T)


def _fact(row: Any) -> tuple[int, str, str]:
    return month_of_text(row["month"]), FactKind(row["kind"]).value, str(row["state"])


def _tally(counts: list[MonthCount]) -> Counter[tuple[int, str]]:
    tally: Counter[tuple[int, str]] = Counter()
    for row in counts:
        if row.kind != FactKind.FULFILLED:
            tally[row.month, row.kind.value] += row.facts
    return tally


def _listed(facts: list[tuple[int, str, str]]) -> Counter[tuple[int, str]]:
    return Counter((month, kind) for month, kind, state in facts if state != "repaired")
