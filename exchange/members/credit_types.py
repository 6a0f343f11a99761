"""Words and value types of credit records 信用记录. No tables and no framework: the method imports it too.

Days are dates in Asia/Shanghai, months numbers (year × 12 + month − 1), weights kg, shares basis points.
"""

from datetime import date
from enum import StrEnum
from typing import NamedTuple


class FactKind(StrEnum):
    """What a fact says of the member whose record it stands in."""

    FULFILLED = "fulfilled"
    """A contract was kept to its end: accepted by word, by silence, or as a claim or dispute was settled."""
    BREACH = "breach"
    """The member broke a contract, confirmed after the time to cure."""
    AUCTION_DEFAULT = "auction_default"
    """An award was not paid, or a sealed bid not opened."""
    PLEDGE_FORECLOSED = "pledge_foreclosed"
    """A loan on receipts was not repaid, and another person of the exchange let the lender have them sold."""
    LATE_PAYMENT = "late_payment"
    LATE_PICKUP = "late_pickup"
    DISPUTE_UPHELD = "dispute_upheld"
    """Arbitrators awarded something against the member."""
    CLAIM_UPHELD = "claim_upheld"
    """Re-inspection found the goods worse than the contract."""
    SHORT_WEIGHT = "short_weight"
    """The scale said less than the contract and its tolerance."""
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_DISMISSED = "dispute_dismissed"
    """The member opened a dispute and got nothing."""
    SETTLED = "settled"
    """A claim or dispute ended by agreement, and the member paid."""
    DAMAGES_PAID = "damages_paid"
    """Liquidated damages for a breach of the member's are paid in full."""
    CORRECTION = "correction"
    """Sets a wrong fact aside: it counts and is shown no more."""
    REPAIR = "repair"
    """信用修复: sets aside a fact that was made good; it is shown as repaired and counts no more."""


FAILED = frozenset({FactKind.BREACH, FactKind.AUCTION_DEFAULT, FactKind.PLEDGE_FORECLOSED})
LATE = frozenset({FactKind.LATE_PAYMENT, FactKind.LATE_PICKUP})
FAULTS = frozenset({FactKind.DISPUTE_UPHELD, FactKind.CLAIM_UPHELD, FactKind.SHORT_WEIGHT})
ADVERSE = FAILED | LATE | FAULTS
"""Kinds that lower a grade; which, and how, each version of the method says for itself."""
SETTING_ASIDE = frozenset({FactKind.CORRECTION, FactKind.REPAIR})
NOT_OBJECTIONABLE = frozenset({FactKind.FULFILLED, FactKind.DAMAGES_PAID}) | SETTING_ASIDE
"""Kinds that speak for the member, and what sets others aside: nobody objects to them."""

AMOUNT_BANDS_FEN = (0, 1_000_000, 10_000_000, 50_000_000, 100_000_000)
"""Least amounts of the bands: below 1 万元, from 1 万, 10 万, 50 万, 100 万."""


class Ground(StrEnum):
    """Why a member objects."""

    WRONG = "wrong"
    REPAIRED = "repaired"


class ObjectionState(StrEnum):
    """Life of an objection."""

    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What a decision says."""

    UPHOLD = "uphold"
    REFUSE = "refuse"


class NewFact(NamedTuple):
    """A fact to be recorded; (account_no, kind, source) tells it from every other."""

    account_no: int
    kind: FactKind
    source: str
    day: date
    role: str = ""
    contract_no: str = ""
    detail: str = ""
    kg: int = 0
    amount_fen: int = 0
    """Only its band is kept."""
    days_late: int = 0

    @property
    def key(self) -> tuple[int, str, str]:
        """What tells it from every other fact."""
        return self.account_no, self.kind.value, self.source


class MonthCount(NamedTuple):
    """How many facts of a kind a month has, and kilograms of the contracts kept."""

    month: int
    kind: FactKind
    facts: int
    kg: int = 0


def month_number(day: date) -> int:
    """A day's month as a number."""
    return day.year * 12 + day.month - 1


def month_text(number: int) -> str:
    """A month's number as text, e.g. 2026-11."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_of_text(text: str) -> int:
    """The other way round. Raises ValueError."""
    year, _, month = text.partition("-")
    if not (len(text) == 7 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise ValueError(f"{text!r} is no month")
    return int(year) * 12 + int(month) - 1


def band_of(amount_fen: int) -> int:
    """The band of an amount, from 1; 0 for none."""
    return sum(amount_fen >= least for least in AMOUNT_BANDS_FEN) if amount_fen > 0 else 0
