"""Tables of settlement, private to it: ``services`` changes them, ``selectors`` reads."""

from settlement.models.bank import BankAccount, BankMovement, BankMovementStep, MockBankInstruction
from settlement.models.contracts import Contract, DailyStatement
from settlement.models.ledger import LedgerAccount, Transfer

__all__ = [
    "BankAccount",
    "BankMovement",
    "BankMovementStep",
    "Contract",
    "DailyStatement",
    "LedgerAccount",
    "MockBankInstruction",
    "Transfer",
]
