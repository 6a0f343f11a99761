"""Does the ledger hold? Everything is computed again from the transfers, which cannot change.

Invariants: every transfer debits what it credits, so both sides of the trial balance agree; the balances
kept by triggers are the sums of the transfers; each pending transfer is resolved at most once; contracts
and statements have the hash of what they say; the bank has what the ledger says it has.
"""

from functools import cache
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from exchange.kernel.canonical import canonical_hash
from settlement.accounts import CLIENT_MONEY
from settlement.amendments import chain_holds
from settlement.banks import Bank
from settlement.contracts import document_hash
from settlement.models import Contract, DailyStatement, LedgerAccount, TermsVersion
from settlement.statements import statement_hash
from settlement.terms import terms_of
from settlement.types import AmendmentState


class Finding(NamedTuple):
    """Something that does not hold."""

    what: str
    """trial_balance | balance | pending | terms | contract | amendments | statement | bank."""
    subject: str
    detail: str


class TrialBalance(NamedTuple):
    """Sums over all accounts, in fen."""

    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int


_TRIAL_BALANCE = """
SELECT COALESCE(SUM(debits_posted), 0), COALESCE(SUM(credits_posted), 0),
       COALESCE(SUM(debits_pending), 0), COALESCE(SUM(credits_pending), 0) FROM settlement_ledgeraccount
"""

_RECOMPUTED = """
SELECT account.code, account.debits_posted, account.credits_posted, account.debits_pending,
       account.credits_pending,
       COALESCE(leg.dr, 0), COALESCE(leg.cr, 0), COALESCE(leg.drp, 0), COALESCE(leg.crp, 0)
FROM settlement_ledgeraccount account LEFT JOIN (
    SELECT account_id, SUM(dr) AS dr, SUM(cr) AS cr, SUM(drp) AS drp, SUM(crp) AS crp FROM (
        SELECT debit_account_id AS account_id,
               CASE WHEN phase IN (1, 3) THEN amount_fen ELSE 0 END AS dr, 0 AS cr,
               CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -released_fen END AS drp, 0 AS crp
        FROM settlement_transfer
        UNION ALL
        SELECT credit_account_id, 0, CASE WHEN phase IN (1, 3) THEN amount_fen ELSE 0 END,
               0, CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -released_fen END
        FROM settlement_transfer
    ) legs GROUP BY account_id
) leg ON leg.account_id = account.id ORDER BY account.code
"""

_BADLY_RESOLVED = """
SELECT transfer_key, COUNT(*), SUM(wrong) FROM (
    SELECT p.transfer_key AS transfer_key, CASE WHEN p.phase = 2 AND p.amount_fen = r.released_fen
        AND r.amount_fen <= r.released_fen
        AND p.debit_account_id = r.debit_account_id AND p.credit_account_id = r.credit_account_id
        THEN 0 ELSE 1 END AS wrong
    FROM settlement_transfer r JOIN settlement_transfer p ON p.id = r.pending_id
) resolution GROUP BY transfer_key HAVING COUNT(*) > 1 OR SUM(wrong) > 0
"""


def trial_balance() -> TrialBalance:
    """Sums over all accounts; posted and pending each agree between the sides."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIAL_BALANCE)
        return TrialBalance(*map(int, cursor.fetchone()))


def verify_ledger() -> list[Finding]:
    """What does not hold in the ledger alone; no contract is read."""
    return [*_unbalanced(), *_wrong_balances(), *_badly_resolved()]


def verify_settlement(bank: Bank | None = None) -> list[Finding]:
    """Everything that does not hold, so best an empty list. With a bank, its balance is compared too."""
    findings = [*verify_ledger(), *_changed_terms(), *_changed_contracts(), *_broken_chains()]
    findings += _changed_statements()
    if bank is not None:
        findings += _unlike_the_bank(bank)
    return findings


def _unbalanced() -> list[Finding]:
    sums = trial_balance()
    if (sums.debits_posted, sums.debits_pending) == (sums.credits_posted, sums.credits_pending):
        return []
    return [Finding("trial_balance", "ledger", str(sums))]


def _wrong_balances() -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTED)
        rows = [(row[0], tuple(map(int, row[1:5])), tuple(map(int, row[5:9]))) for row in cursor.fetchall()]
    return [
        Finding("balance", code, f"kept {kept}, by its transfers {summed}")
        for code, kept, summed in rows
        if kept != summed
    ]


def _badly_resolved() -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_BADLY_RESOLVED)
        return [
            Finding("pending", key, f"resolved {count} times, {wrong} not matching")
            for key, count, wrong in cursor.fetchall()
        ]


def _changed_contracts() -> list[Finding]:
    contracts = Contract.objects.order_by("pk").iterator(chunk_size=2_000)
    version = cache(terms_of)
    return [
        Finding("contract", contract.contract_no, "does not have the hash of its terms")
        for contract in contracts
        if document_hash(contract, version) != contract.document_hash
    ]


def _changed_terms() -> list[Finding]:
    return [
        Finding("terms", row.version, "does not have the hash of what it says")
        for row in TermsVersion.objects.order_by("pk")
        if canonical_hash(row.terms) != row.document_hash
    ]


def _broken_chains() -> list[Finding]:
    """Amended contracts whose chain is not whole, or whose delivery goes by something else."""
    agreed = Q(amendments__state=AmendmentState.AGREED) | Q(delivery__amended__isnull=False)
    contracts = Contract.objects.filter(agreed).select_related("delivery").distinct().order_by("pk")
    return [
        Finding("amendments", contract.contract_no, "the chain does not lead to what it is handled by")
        for contract in contracts.iterator(chunk_size=2_000)
        if not chain_holds(contract)
    ]


def _changed_statements() -> list[Finding]:
    statements = DailyStatement.objects.order_by("pk").iterator(chunk_size=2_000)
    return [
        Finding("statement", statement.statement_no, "does not have the hash of its figures")
        for statement in statements
        if statement_hash(statement) != statement.document_hash
    ]


def _unlike_the_bank(bank: Bank) -> list[Finding]:
    """Three-way reconciliation: bank = client money; by the trial balance = members + fees + suspense."""
    account = LedgerAccount.objects.filter(code=CLIENT_MONEY).first()
    ours = account.debits_posted - account.credits_posted if account else 0
    theirs = bank.balance_fen()
    return [] if ours == theirs else [Finding("bank", CLIENT_MONEY, f"ledger {ours}, bank {theirs}")]
