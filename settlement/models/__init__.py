"""Tables of settlement, private to it: ``services`` changes them, ``selectors`` reads."""

from settlement.models.bank import BankAccount, BankMovement, BankMovementStep, MockBankInstruction
from settlement.models.charges import Charge, LifeStep, MoneyProposal, StoreLoss
from settlement.models.contracts import Contract, DailyStatement
from settlement.models.delivery import (
    Breach,
    Claim,
    ContractPickup,
    Delivery,
    DisputeCase,
    Evidence,
    Invoice,
)
from settlement.models.ledger import LedgerAccount, Transfer
from settlement.models.reconciliation import (
    BankFile,
    ReconciliationBreak,
    ReconciliationRun,
    WithdrawalReview,
)
from settlement.models.terms import Amendment, Rescission, TermsVersion

__all__ = [
    "Amendment",
    "BankAccount",
    "BankFile",
    "BankMovement",
    "BankMovementStep",
    "Breach",
    "Charge",
    "Claim",
    "Contract",
    "ContractPickup",
    "DailyStatement",
    "Delivery",
    "DisputeCase",
    "Evidence",
    "Invoice",
    "LedgerAccount",
    "LifeStep",
    "MockBankInstruction",
    "MoneyProposal",
    "ReconciliationBreak",
    "ReconciliationRun",
    "Rescission",
    "StoreLoss",
    "TermsVersion",
    "Transfer",
    "WithdrawalReview",
]
