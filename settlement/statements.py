"""Daily statements 结算单: what a member had in the morning, what came and went, what was left."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection, transaction

from exchange.kernel.calendar import now_ns
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.ids import statement_no
from exchange.members.selectors import members_by_account_no
from settlement.locks import lock_ledger
from settlement.models import DailyStatement, LedgerAccount
from settlement.types import AccountKind, TransferKind

_FIGURES = [
    "opening_fen",
    "deposits_fen",
    "withdrawals_fen",
    "sales_fen",
    "purchases_fen",
    "buyer_fees_fen",
    "seller_fees_fen",
    "deposits_kept_fen",
    "deposits_released_fen",
    "corrections_fen",
    "closing_fen",
    "quality_deposit_fen",
    "trades",
]

_COLUMN: dict[tuple[str, bool], tuple[str, int]] = {
    (TransferKind.DEPOSIT, True): ("deposits_fen", 1),
    (TransferKind.WITHDRAWAL, False): ("withdrawals_fen", -1),
    (TransferKind.GOODS_PAYMENT, True): ("sales_fen", 1),
    (TransferKind.GOODS_PAYMENT, False): ("purchases_fen", -1),
    (TransferKind.BUYER_FEE, False): ("buyer_fees_fen", -1),
    (TransferKind.SELLER_FEE, False): ("seller_fees_fen", -1),
    (TransferKind.QUALITY_DEPOSIT, False): ("deposits_kept_fen", -1),
    (TransferKind.QUALITY_RELEASE, True): ("deposits_released_fen", 1),
}
"""Where a kind of transfer stands, by (kind, money came in); anything else is a correction."""

_MOVED_BY_KIND = """
SELECT account.member_account_no, account.kind, leg.kind, leg.inward, SUM(leg.amount_fen), COUNT(*)
FROM (
    SELECT debit_account_id AS account_id, kind, 0 AS inward, amount_fen FROM settlement_transfer
    WHERE phase IN (1, 3) AND day > %(after)s AND day <= %(until)s
    UNION ALL
    SELECT credit_account_id, kind, 1, amount_fen FROM settlement_transfer
    WHERE phase IN (1, 3) AND day > %(after)s AND day <= %(until)s
) leg JOIN settlement_ledgeraccount account ON account.id = leg.account_id
WHERE account.member_account_no IS NOT NULL
GROUP BY account.member_account_no, account.kind, leg.kind, leg.inward
"""

_BEGINNING = date(1, 1, 1)

_Moved = dict[int, list[tuple[str, str, bool, int, int]]]
"""By account number: (account kind, transfer kind, inward, fen, transfers)."""


def build_statements(day: date) -> int:
    """Writes the statements of a day for every member with money here; returns how many are new.

    Run when the trades of the day are settled. A second run writes nothing, or a revision where figures
    differ.
    """
    with transaction.atomic():
        lock_ledger()
        openings = _openings(day)
        moved = _moved(day.fromordinal(day.toordinal() - 1), day)
        nos = LedgerAccount.objects.filter(kind=AccountKind.CASH).values_list("member_account_no", flat=True)
        account_nos = sorted(no for no in nos if no is not None)
        members = members_by_account_no(account_nos)
        newest = {s.account_no: s for s in DailyStatement.objects.filter(day=day).order_by("revision")}
        written = []
        for account_no in account_nos:
            legs = moved.get(account_no, [])
            figures, other = _figures(*openings[account_no], legs), _other(legs)
            code = members[account_no].code
            statement = _statement(account_no, code, day, figures, other, newest.get(account_no))
            if statement is not None:
                written.append(statement)
        DailyStatement.objects.bulk_create(written)
    return len(written)


def statement_hash(statement: DailyStatement) -> str:
    """SHA-256 of the canonical JSON of number and figures."""
    figures: dict[str, Any] = {name: getattr(statement, name) for name in _FIGURES}
    if statement.other is not None:
        figures["other"] = statement.other
    return canonical_hash({"statement_no": statement.statement_no, **figures})


def _statement(
    account_no: int,
    code: str,
    day: date,
    figures: dict[str, int],
    other: dict[str, int] | None,
    before: DailyStatement | None,
) -> DailyStatement | None:
    """A new statement or revision; None if the one before says the same."""
    same = before is not None and all(getattr(before, name) == figures[name] for name in _FIGURES)
    if same and before is not None and before.other in (None, other):
        return None
    revision = 1 if before is None else before.revision + 1
    statement = DailyStatement(
        account_no=account_no,
        day=day,
        revision=revision,
        statement_no=statement_no(day, code, revision),
        built_at_ns=now_ns(),
        other=other,
        **figures,
    )
    statement.document_hash = statement_hash(statement)
    return statement


def _openings(day: date) -> dict[int, tuple[int, int]]:
    """(cash, quality deposits) before ``day`` by account: the last statements and what moved since them."""
    last_day = (
        DailyStatement.objects.filter(day__lt=day).order_by("-day").values_list("day", flat=True).first()
        or _BEGINNING
    )
    openings: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for statement in DailyStatement.objects.filter(day=last_day).order_by("revision"):
        openings[statement.account_no] = (statement.closing_fen, statement.quality_deposit_fen)
    for account_no, legs in _moved(last_day, day.fromordinal(day.toordinal() - 1)).items():
        cash, kept = openings[account_no]
        for account_kind, _, inward, fen, _ in legs:
            signed = fen if inward else -fen
            if account_kind == AccountKind.CASH:
                cash += signed
            elif account_kind == AccountKind.QUALITY_DEPOSIT:
                kept += signed
        openings[account_no] = (cash, kept)
    return openings


def _figures(opening_fen: int, kept_fen: int, legs: list[tuple[str, str, bool, int, int]]) -> dict[str, int]:
    figures = dict.fromkeys(_FIGURES, 0)
    figures["opening_fen"] = figures["closing_fen"] = opening_fen
    figures["quality_deposit_fen"] = kept_fen
    for account_kind, kind, inward, fen, count in legs:
        signed = fen if inward else -fen
        if account_kind == AccountKind.QUALITY_DEPOSIT:
            figures["quality_deposit_fen"] += signed
        if account_kind != AccountKind.CASH:
            continue
        column, sign = _COLUMN.get((kind, inward), ("corrections_fen", 1))
        figures[column] += signed * sign
        figures["closing_fen"] += signed
        if kind == TransferKind.GOODS_PAYMENT:
            figures["trades"] += count
    return figures


def _other(legs: list[tuple[str, str, bool, int, int]]) -> dict[str, int] | None:
    """What moved on the member's cash that has no column of its own, by kind; None for nothing."""
    other: dict[str, int] = {}
    for account_kind, kind, inward, fen, _ in legs:
        if account_kind == AccountKind.CASH and (kind, inward) not in _COLUMN:
            other[kind] = other.get(kind, 0) + (fen if inward else -fen)
    return dict(sorted(other.items())) or None


def _moved(after: date, until: date) -> _Moved:
    """What moved on members' accounts in the days after ``after`` up to ``until``."""
    moved: _Moved = defaultdict(list)
    if until <= after:
        return moved
    with connection.cursor() as cursor:
        cursor.execute(_MOVED_BY_KIND, {"after": after.isoformat(), "until": until.isoformat()})
        for account_no, account_kind, kind, inward, fen, count in cursor.fetchall():
            moved[account_no].append((account_kind, kind, bool(inward), int(fen), count))
    return moved
