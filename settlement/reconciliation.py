"""Where the money is and whose it is: client money at the bank against what is owed and earned."""

from dataclasses import dataclass

from django.db.models import F, Sum

from settlement.banks import Bank
from settlement.models import BankMovement, LedgerAccount
from settlement.types import AccountKind, MovementState

_OWED = (
    AccountKind.STORAGE_PAYABLE,
    AccountKind.INSPECTION_PAYABLE,
    AccountKind.TAX_PAYABLE,
    AccountKind.INTEREST_PAYABLE,
    AccountKind.RISK_RESERVE,
    AccountKind.BANK_CHARGES,
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Posted balances in fen: bank = members + what is kept of them + fees + what is owed + suspense."""

    bank_fen: int
    members_fen: int
    quality_deposits_fen: int
    fees_fen: int
    suspense_fen: int
    bonds_fen: int = 0
    """Performance bonds and payments in escrow."""
    owed_fen: int = 0
    """Collected for others, interest not shared, the risk reserve; less what the bank charged."""

    @property
    def difference_fen(self) -> int:
        """What is at the bank beyond what is accounted for; anything but zero must stop trading."""
        kept = self.members_fen + self.quality_deposits_fen + self.bonds_fen
        return self.bank_fen - kept - self.fees_fen - self.owed_fen - self.suspense_fen


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
        fees_fen=sums.get(AccountKind.FEES, 0) + sums.get(AccountKind.DELIVERY_FEES, 0),
        suspense_fen=sums.get(AccountKind.SUSPENSE, 0),
        bonds_fen=sums.get(AccountKind.BOND, 0) + sums.get(AccountKind.ESCROW, 0),
        owed_fen=sum(sums.get(kind, 0) for kind in _OWED),
    )


def live_difference_fen(bank: Bank) -> int:
    """What the bank has at this moment beyond (+) or short of (−) our books, in fen.

    Money under way explains itself: a deposit or withdrawal that was sent may be in the bank's book already.
    Books that do not balance in themselves differ by that, whatever the bank says.
    """
    sums = reconcile()
    if sums.difference_fen:
        return sums.difference_fen
    sent: dict[str, int] = dict(
        BankMovement.objects.filter(state=MovementState.SENT)
        .values_list("direction")
        .annotate(fen=Sum("amount_fen"))
    )
    difference = bank.balance_fen() - sums.bank_fen
    if difference > 0:
        return max(0, difference - sent.get("deposit", 0))
    return min(0, difference + sent.get("withdrawal", 0))
