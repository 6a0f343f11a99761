"""Where the money is and whose it is: client money at the bank against what is owed and earned."""

from dataclasses import dataclass

from django.db.models import F, Sum

from settlement.models import LedgerAccount
from settlement.types import AccountKind


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Posted balances in fen: bank = members + quality deposits + fees + suspense."""

    bank_fen: int
    members_fen: int
    quality_deposits_fen: int
    fees_fen: int
    suspense_fen: int

    @property
    def difference_fen(self) -> int:
        """What is at the bank beyond what is accounted for; anything but zero must stop trading."""
        accounted = self.members_fen + self.quality_deposits_fen + self.fees_fen + self.suspense_fen
        return self.bank_fen - accounted


def reconcile() -> Reconciliation:
    """The sums as they stand now."""
    sums = dict(
        LedgerAccount.objects.values_list("kind").annotate(
            balance=Sum(F("credits_posted") - F("debits_posted"))
        )
    )
    return Reconciliation(
        bank_fen=-sums.get(AccountKind.CLIENT_MONEY, 0),
        members_fen=sums.get(AccountKind.CASH, 0),
        quality_deposits_fen=sums.get(AccountKind.QUALITY_DEPOSIT, 0),
        fees_fen=sums.get(AccountKind.FEES, 0),
        suspense_fen=sums.get(AccountKind.SUSPENSE, 0),
    )
