"""What the rulebook lays down for every contract, by version; a contract names the version it is under.

Sources: rulebook §5 and its delivery timeline. Amounts are computed here and nowhere else, in whole fen.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from exchange.kernel.calendar import NS_PER_DAY, TIMEZONE, add_trading_days, day_bounds_ns, ns_of
from settlement.types import PaymentVariant


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


TERMS = ContractTerms(
    rulebook_version="2026.1",
    price_basis="ex_store",
    delivery_method="receipt_transfer",
    over_short_bps=200,
    objection_days=7,
    pickup_days=7,
    dispute_clause="市场经营者调解；调解不成的，提交咸阳仲裁委员会仲裁",
)
"""In force now."""

VERSIONS = {TERMS.rulebook_version: TERMS}
"""All there have been; contracts of a version are handled by it for ever."""

NS_PER_HOUR = NS_PER_DAY // 24


def terms_of(rulebook_version: str) -> ContractTerms:
    """The terms a contract was formed under."""
    return VERSIONS[rulebook_version]


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


def silence_ns(release_day: date) -> int:
    """When silence becomes acceptance: the first instant of the day after the objection time."""
    return day_bounds_ns(release_day)[0]


def working_days_later_ns(at_ns: int, day: date, count: int) -> int:
    """The end of the ``count``-th trading day after ``day``; at_ns only keeps it from lying in the past."""
    return max(at_ns, day_bounds_ns(add_trading_days(day, count))[1])


def payment_schedule(
    day: date, amount_fen: int, payment: PaymentVariant, bond: int
) -> list[dict[str, str | int]]:
    """What is paid when, as it stands in the contract."""
    if payment != PaymentVariant.BOND:
        entry: dict[str, str | int] = {"due": day.isoformat(), "share_bps": 10_000, "amount_fen": amount_fen}
        if payment == PaymentVariant.ESCROW:
            entry["released"] = "acceptance"
        return [entry]
    share = bond * 10_000 // amount_fen
    due = balance_due_ns(day)
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
