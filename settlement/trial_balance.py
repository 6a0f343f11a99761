"""The trial balance 试算平衡表 at the end of any day: every account, on its side, and both sides alike.

Balances are kept as of now; a day in the past is now less what was booked on later days, so a recent day
costs little however long the ledger is.
"""

from datetime import date
from typing import NamedTuple

from django.db import connection


class TrialBalanceRow(NamedTuple):
    """One account at the end of the day, in fen."""

    code: str
    kind: str
    debits_fen: int
    """Turnover since the account was opened."""
    credits_fen: int

    @property
    def debit_balance_fen(self) -> int:
        """What stands on the debit side."""
        return max(0, self.debits_fen - self.credits_fen)

    @property
    def credit_balance_fen(self) -> int:
        """What stands on the credit side."""
        return max(0, self.credits_fen - self.debits_fen)


_AT = """
SELECT account.code, account.kind, account.debits_posted - COALESCE(later.debits, 0),
       account.credits_posted - COALESCE(later.credits, 0)
FROM settlement_ledgeraccount account LEFT JOIN (
    SELECT account_id, SUM(debits) AS debits, SUM(credits) AS credits FROM (
        SELECT debit_account_id AS account_id, amount_fen AS debits, 0 AS credits
        FROM settlement_transfer WHERE day > %(day)s AND phase IN (1, 3)
        UNION ALL
        SELECT credit_account_id, 0, amount_fen
        FROM settlement_transfer WHERE day > %(day)s AND phase IN (1, 3)
    ) legs GROUP BY account_id
) later ON later.account_id = account.id ORDER BY account.code
"""


def trial_balance_at(day: date) -> list[TrialBalanceRow]:
    """Every account ever opened, by code; debits and credits of the list have the same sum."""
    with connection.cursor() as cursor:
        cursor.execute(_AT, {"day": day.isoformat()})
        return [TrialBalanceRow(row[0], row[1], int(row[2]), int(row[3])) for row in cursor.fetchall()]
