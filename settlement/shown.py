"""Value types of what is shown of settlement: money, movements, contracts, statements, and pages of them.

Amounts are fen, quantities kg, times epoch nanoseconds.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from settlement.types import GoodsLot

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, newest first; ``next_cursor`` is None on the last page."""

    rows: tuple[Row, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FundsSummary:
    """A member's money in the ledger. What orders hold of it is the floor's to say."""

    account_no: int
    cash_fen: int
    """Everything the member owns here, money in open orders included, quality deposits not."""
    withdrawing_fen: int
    """Part of ``cash_fen`` reserved for withdrawals under way."""
    quality_deposit_fen: int
    depositing_fen: int
    """Deposits asked for and not yet confirmed by the bank; not part of ``cash_fen``."""
    bond_fen: int = 0
    escrow_fen: int = 0


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One movement on an account of a member, with the balance after it."""

    transfer_id: int
    key: str
    kind: str
    amount_fen: int
    """Positive = in, negative = out."""
    balance_fen: int
    day: date
    posted_at_ns: int
    reference: str
    contract_no: str | None
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class MovementView:
    """A deposit or withdrawal as a member sees it."""

    id: int
    account_no: int
    movement_no: str
    direction: str
    amount_fen: int
    state: str
    bank_ref: str | None
    bank_account: str
    """Bank and masked account number."""
    failure: str
    requested_at_ns: int
    finished_at_ns: int | None


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a contract."""

    account_no: int
    code: str
    name: str
    uscc: str
    signatory: str


@dataclass(frozen=True, slots=True)
class ContractView:
    """An electronic contract, all fields."""

    contract_no: str
    trade_id: int
    mode: str
    rulebook_version: str
    formed_at_ns: int
    day: date
    seq: int
    seller: Party
    buyer: Party
    product_code: str
    product_name: str
    spec: dict[str, Any]
    quality_standard: str
    inspection_nos: tuple[str, ...]
    receipt_nos: tuple[str, ...]
    delivery_place: str
    quantity_kg: int
    price_fen: int
    amount_fen: int
    buyer_fee_fen: int
    seller_fee_fen: int
    deposit_fen: int
    deposit_release_day: date
    price_basis: str
    over_short_bps: int
    delivery_method: str
    storage_fee_from: date
    payment_schedule: list[dict[str, Any]]
    dispute_clause: str
    document_hash: str
    status: str
    payment: str
    bond_fen: int
    lots: tuple[GoodsLot, ...]
    """Empty in contracts of the first version."""
    delivery_from: date
    delivery_until: date
    terms_hash: str
    """Hash of the common terms it is under; empty in contracts of the first version."""


@dataclass(frozen=True, slots=True)
class StatementView:
    """Daily statement 结算单 of a member; opening + everything in − everything out = closing."""

    statement_no: str
    account_no: int
    day: date
    revision: int
    opening_fen: int
    deposits_fen: int
    withdrawals_fen: int
    sales_fen: int
    purchases_fen: int
    buyer_fees_fen: int
    seller_fees_fen: int
    deposits_kept_fen: int
    deposits_released_fen: int
    corrections_fen: int
    """Everything without a line of its own; ``other`` says what, by kind of transfer."""
    closing_fen: int
    quality_deposit_fen: int
    trades: int
    document_hash: str
    other: dict[str, int] | None
