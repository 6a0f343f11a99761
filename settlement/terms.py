"""What the rulebook lays down for every contract, by version; a contract names the version it is under.

Sources: rulebook §5 and its delivery timeline. Amounts are computed here and nowhere else, in whole fen.
Versions in this file came with the program; later ones are rows (``terms_desk``), proposed by one person,
approved by another and in force from a day to come. The version of a deal is that of its trading day, so it
does not depend on when the deal is settled.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from exchange.kernel.calendar import NS_PER_DAY, TIMEZONE, add_trading_days, day_bounds_ns, ns_of
from exchange.kernel.canonical import canonical_hash
from settlement.models import TermsVersion
from settlement.premium_discount import MOST_BPS, STEPS
from settlement.terms_text import CLAUSES_2026_1, CLAUSES_2026_2
from settlement.types import PaymentVariant, ProposalState

FIRST_VERSION = "2026.1"
"""Its contracts say less and do not name the hash of their common terms."""


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """One version of the terms."""

    rulebook_version: str
    price_basis: str
    """出库价 ex-store."""
    delivery_method: str
    """仓单过户 transfer of the receipt."""
    over_short_bps: int
    """Goods within this of the contract's weight are paid at its price."""
    objection_days: int
    """Calendar days after which silence is acceptance and the quality deposit is released."""
    pickup_days: int
    """Calendar days the seller still bears the storage fee."""
    dispute_clause: str
    effective_from: date = date(2026, 1, 1)
    """First trading day whose deals are under it."""
    bond_bps: int = 1_000
    """定金 with the balance to come; the law caps it at 2 000."""
    balance_trading_days: int = 1
    balance_at: time = time(16, 0)
    late_fee_bps_per_day: int = 5
    """Of the balance, for each day begun after its deadline."""
    breach_trading_days: int = 3
    """After so many trading days an unpaid balance is a breach."""
    hidden_hours: int = 48
    """After the goods left, for defects nobody could see there."""
    exit_hours: int = 24
    """A weigh-out without a recorded exit counts as left after so long."""
    answer_days: int = 2
    """The seller's time to answer a claim; after it the goods are re-inspected."""
    reinspection_working_days: int = 5
    reinspection_fee_fen: int = 50_000
    """Paid by whoever was wrong."""
    cure_days: int = 2
    damages_bps: int = 1_000
    max_damages_bps: int = 2_000
    mediation_days: int = 10
    invoice_days: int = 7
    longest_storage_days: int = 30
    """Then the keeper reminds, and may dispose of the goods (民法典 916)."""
    unit: str = "kg"
    loss_permille_month: int = 4
    """损耗: what the keeper of a cold store need not make good, per mille a month."""
    inspection_place: str = "合同所列交收仓库"
    most_discount_bps: int = MOST_BPS
    premium_discount: tuple[tuple[str, int, int], ...] = tuple(STEPS)
    """升贴水: (criterion, basis points off the price for each step, most steps)."""
    clauses: tuple[tuple[str, str], ...] = CLAUSES_2026_2
    """(title, text): see ``terms_text``."""


_DISPUTES = "市场经营者调解；调解不成的，提交咸阳仲裁委员会仲裁"

_FIRST = ContractTerms(
    rulebook_version=FIRST_VERSION,
    price_basis="ex_store",
    delivery_method="receipt_transfer",
    over_short_bps=200,
    objection_days=7,
    pickup_days=7,
    dispute_clause=_DISPUTES,
    effective_from=date(2025, 1, 1),
    clauses=CLAUSES_2026_1,
)

TERMS = ContractTerms(
    rulebook_version="2026.2",
    price_basis="ex_store",
    delivery_method="receipt_transfer",
    over_short_bps=200,
    objection_days=7,
    pickup_days=7,
    dispute_clause="调解不成的，提交咸阳仲裁委员会仲裁",
)
"""In force unless a row of a later day says otherwise."""

BUILT_IN = {terms.rulebook_version: terms for terms in (_FIRST, TERMS)}
"""Versions that came with the program; contracts of a version are handled by it for ever."""

RATES = {
    "over_short_pct": "over_short_bps",
    "bond_pct": "bond_bps",
    "late_fee_pct": "late_fee_bps_per_day",
    "damages_pct": "damages_bps",
    "max_damages_pct": "max_damages_bps",
    "most_discount_pct": "most_discount_bps",
}
"""How a clause names a rate in percent, and the field in basis points it comes from."""

NS_PER_HOUR = NS_PER_DAY // 24


def terms_of(rulebook_version: str) -> ContractTerms:
    """The terms a contract was formed under. Raises KeyError for a version there never was."""
    built_in = BUILT_IN.get(rulebook_version)
    if built_in is not None:
        return built_in
    stored = TermsVersion.objects.filter(version=rulebook_version, state=ProposalState.APPROVED).first()
    if stored is None:
        raise KeyError(rulebook_version)
    return terms_from_document(stored.terms)


def terms_on(day: date) -> ContractTerms:
    """The terms in force on a trading day."""
    approved = TermsVersion.objects.filter(state=ProposalState.APPROVED, effective_from__lte=day)
    newest = approved.order_by("-effective_from").first()
    return TERMS if newest is None else terms_from_document(newest.terms)


def terms_document(terms: ContractTerms) -> dict[str, Any]:
    """All of a version as one value with one spelling; what is hashed and what both parties are bound by."""
    return {each.name: _plain(getattr(terms, each.name)) for each in fields(terms)}


def terms_from_document(document: dict[str, Any]) -> ContractTerms:
    """The other way round. Raises TypeError, ValueError for what is no such document."""
    values = dict(document)
    values["effective_from"] = date.fromisoformat(values["effective_from"])
    values["balance_at"] = time.fromisoformat(values["balance_at"])
    for name in ("premium_discount", "clauses"):
        values[name] = tuple(tuple(row) for row in values[name])
    return ContractTerms(**values)


@cache
def terms_hash(terms: ContractTerms) -> str:
    """SHA-256 of the document of a version; contracts under it name it."""
    return canonical_hash(terms_document(terms))


def clause_values(terms: ContractTerms) -> dict[str, str]:
    """What the placeholders of a clause stand for."""
    numbers = {
        each.name: str(getattr(terms, each.name))
        for each in fields(terms)
        if isinstance(getattr(terms, each.name), int)
    }
    words = {"inspection_place": terms.inspection_place, "dispute_clause": terms.dispute_clause}
    return {**numbers, **words, **{pct: percent(getattr(terms, bps)) for pct, bps in RATES.items()}}


def clauses_of(terms: ContractTerms) -> list[tuple[str, str]]:
    """(title, text) of every clause, its numbers filled in."""
    values = clause_values(terms)
    return [(title, text.format_map(values)) for title, text in terms.clauses]


def percent(bps: int) -> str:
    """Basis points in percent, e.g. 5 → 0.05%."""
    return f"{bps / 100:g}%"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def bond_fen(amount_fen: int, terms: ContractTerms = TERMS) -> int:
    """The bond for a price, rounded up to a fen."""
    return -(-amount_fen * terms.bond_bps // 10_000)


def balance_due_ns(day: date, terms: ContractTerms = TERMS) -> int:
    """When the balance of a deal of ``day`` is due: T+1 16:00, in trading days."""
    return _at(add_trading_days(day, terms.balance_trading_days), terms.balance_at)


def breach_due_ns(day: date, terms: ContractTerms = TERMS) -> int:
    """When an unpaid balance becomes a breach: T+3 16:00."""
    return _at(add_trading_days(day, terms.breach_trading_days), terms.balance_at)


def late_fee_fen(balance_fen: int, due_ns: int, paid_ns: int, terms: ContractTerms = TERMS) -> int:
    """滞纳金: nothing until the deadline, then for each day begun, rounded down to a fen."""
    if paid_ns <= due_ns:
        return 0
    days = -(-(paid_ns - due_ns) // NS_PER_DAY)
    return balance_fen * terms.late_fee_bps_per_day * days // 10_000


def delivery_window(day: date, terms: ContractTerms) -> tuple[date, date]:
    """First and last day on which the goods of a deal of ``day`` are to be fetched."""
    return day, day + timedelta(days=terms.longest_storage_days)


def silence_ns(release_day: date) -> int:
    """When silence becomes acceptance: the first instant of the day after the objection time."""
    return day_bounds_ns(release_day)[0]


def working_days_later_ns(at_ns: int, day: date, count: int) -> int:
    """The end of the ``count``-th trading day after ``day``; at_ns only keeps it from lying in the past."""
    return max(at_ns, day_bounds_ns(add_trading_days(day, count))[1])


def payment_schedule(
    day: date, amount_fen: int, payment: PaymentVariant, bond: int, terms: ContractTerms = TERMS
) -> list[dict[str, str | int]]:
    """What is paid when, as it stands in the contract."""
    if payment != PaymentVariant.BOND:
        entry: dict[str, str | int] = {"due": day.isoformat(), "share_bps": 10_000, "amount_fen": amount_fen}
        if payment == PaymentVariant.ESCROW:
            entry["released"] = "acceptance"
        return [entry]
    share = bond * 10_000 // amount_fen
    due = balance_due_ns(day, terms)
    return [
        {"due": day.isoformat(), "share_bps": share, "amount_fen": bond, "what": "bond"},
        {
            "due": datetime.fromtimestamp(due // 1_000_000_000, tz=TIMEZONE).isoformat(),
            "share_bps": 10_000 - share,
            "amount_fen": amount_fen - bond,
            "what": "balance",
        },
    ]


def _at(day: date, clock_time: time) -> int:
    return ns_of(datetime.combine(day, clock_time, tzinfo=TIMEZONE))


def days_later_ns(at_ns: int, days: int) -> int:
    """So many times 24 hours later."""
    return at_ns + timedelta(days=days) // timedelta(microseconds=1) * 1_000
