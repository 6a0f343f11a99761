"""Value types of settlement: what goes in from the trading side, and the states of what it keeps.

Amounts are fen, quantities kg, prices fen per kg, instants epoch nanoseconds, days dates in Asia/Shanghai.
"""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple


class Normal(StrEnum):
    """On which side an account grows, and so below zero of what it may not fall."""

    DEBIT = "debit"
    """Assets: the exchange's money at the bank."""
    CREDIT = "credit"
    """What the exchange owes or has earned: members' money, fees."""
    NONE = "none"
    """May stand on either side."""


class AccountKind(StrEnum):
    """What an account holds."""

    CASH = "cash"
    """Money of a member, including what its open orders hold."""
    QUALITY_DEPOSIT = "quality_deposit"
    """品质担保金 of a seller, kept back until the buyer's objection time is over."""
    BOND = "bond"
    """履约保证金 of a buyer who has not paid the whole price yet."""
    ESCROW = "escrow"
    """在途货款: a buyer's payment kept until the goods are accepted (先货后款)."""
    CLIENT_MONEY = "client_money"
    """The special settlement account at the bank 客户资金专户."""
    FEES = "fees"
    """Trade fees 交易手续费 earned."""
    DELIVERY_FEES = "delivery_fees"
    """Delivery fees 交收手续费 earned."""
    STORAGE_PAYABLE = "storage_payable"
    """Storage fees collected for the warehouses 代收仓储费."""
    INSPECTION_PAYABLE = "inspection_payable"
    """Re-inspection fees collected for the inspection bodies 代收检验费."""
    TAX_PAYABLE = "tax_payable"
    """Taxes collected 代收税费."""
    RISK_RESERVE = "risk_reserve"
    """风险准备金 set aside."""
    INTEREST_PAYABLE = "interest_payable"
    """Interest the bank paid on client money, not yet shared out."""
    BANK_CHARGES = "bank_charges"
    """What the bank charged; borne by the exchange."""
    SUSPENSE = "suspense"
    """Money the bank reported that belongs to nobody known yet."""


class TransferPhase(IntEnum):
    """What a transfer does to balances."""

    POSTED = 1
    """Moves money at once."""
    PENDING = 2
    """Reserves money on both accounts until it is posted or voided, once."""
    POST = 3
    """Turns one pending transfer into moved money."""
    VOID = 4
    """Takes one pending transfer back."""
    EXPIRE = 5
    """Takes one pending transfer back because its time is over; posted by the clock."""


class TransferKind(StrEnum):
    """Why money moves; the summaries 摘要 of the incumbent systems, each with one pair of account kinds."""

    GOODS_PAYMENT = "goods_payment"
    BUYER_FEE = "buyer_fee"
    SELLER_FEE = "seller_fee"
    QUALITY_DEPOSIT = "quality_deposit"
    QUALITY_RELEASE = "quality_release"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    SUSPENSE = "suspense"
    CORRECTION = "correction"
    BOND_KEPT = "bond_kept"
    BOND_APPLIED = "bond_applied"
    """The bond becomes part of the price."""
    BOND_RETURNED = "bond_returned"
    ESCROW_KEPT = "escrow_kept"
    ESCROW_RELEASED = "escrow_released"
    ESCROW_RETURNED = "escrow_returned"
    FORFEIT = "forfeit"
    """违约金: liquidated damages, from who broke the contract to who kept it."""
    LATE_FEE = "late_fee"
    """滞纳金 for a payment after its deadline."""
    OVER_SHORT = "over_short"
    """溢短货款: goods beyond or short of the contract, at its price."""
    QUALITY_ADJUSTMENT = "quality_adjustment"
    """升贴水: premium or discount for goods unlike the contract's."""
    COMPENSATION = "compensation"
    """What a dispute was settled with."""
    REFUND = "refund"
    FEE_REFUND = "fee_refund"
    DELIVERY_FEE = "delivery_fee"
    STORAGE_FEE = "storage_fee"
    STORAGE_PAID = "storage_paid"
    INSPECTION_FEE = "inspection_fee"
    INSPECTION_PAID = "inspection_paid"
    TAX = "tax"
    TAX_REFUND = "tax_refund"
    RESERVE_SET_ASIDE = "reserve_set_aside"
    RESERVE_USED = "reserve_used"
    INTEREST = "interest"
    INTEREST_SHARED = "interest_shared"
    BANK_CHARGE = "bank_charge"
    FEES_TAKEN = "fees_taken"
    """The exchange moves fees earned to its own bank account."""


class PaymentVariant(StrEnum):
    """How the price of a deal is paid."""

    FULL = "full"
    """全款: at once, from the buyer's cash to the seller's."""
    BOND = "bond"
    """定金+尾款: a bond at once, the balance by its deadline, title with the balance."""
    ESCROW = "escrow"
    """先货后款: kept from the buyer at once, paid to the seller when the goods are accepted."""


class NewTransfer(NamedTuple):
    """A transfer to be posted. Accounts by code; ``pending_key`` names what a POST or VOID resolves."""

    key: str
    """Unique: the same key never moves money twice."""
    debit: str
    credit: str
    amount_fen: int
    kind: TransferKind
    reference: str
    day: date
    posted_at_ns: int
    phase: TransferPhase = TransferPhase.POSTED
    pending_key: str | None = None
    seq: int | None = None
    """Sequence number of the floor's command that caused it, if one did."""
    expires_at_ns: int | None = None
    """PENDING: from then on it can only be taken back; None = never."""


class Forfeit(NamedTuple):
    """A bond that passes from one member's cash to another's as liquidated damages."""

    from_no: int
    to_no: int
    amount_fen: int
    reference: str
    """Unique, ``kind:key``, e.g. ``lot:7:winner_default``."""
    seq: int | None
    """Sequence number of the floor's command that moved the money there; None if none did."""
    at_ns: int
    day: date


class TradeMoney(NamedTuple):
    """The money of one trade, as the projector hands it over."""

    trade_id: int
    seq: int
    traded_at_ns: int
    day: date
    buyer_no: int
    seller_no: int
    amount_fen: int
    buyer_fee_fen: int
    seller_fee_fen: int
    deposit_fen: int
    """Quality deposit kept from the seller; with BOND kept when the seller is paid, as its fee is taken then,
    and with ESCROW the escrow stands for it."""
    payment: PaymentVariant = PaymentVariant.FULL
    bond_fen: int = 0
    """BOND: what the buyer gives at once."""
    mode: str = "spot"
    """spot | listing | auction | negotiated."""


class ProductTerms(NamedTuple):
    """What a contract says about the product, the same for every trade of it."""

    code: str
    name_zh: str
    spec: dict[str, Any]
    """Variety, bagging, size, grade, origin, crop year, store type; JSON without floating point."""


class GoodsLot(NamedTuple):
    """What a contract says of the goods of one receipt."""

    receipt_no: str
    kg: int
    pieces: int
    """By the weighing of the lot it came in, rounded down; 0 = not counted."""
    packaging: str
    mark: str
    """Marks on the pieces 标记; empty for none."""
    origin: str
    """Orchard, village, county."""
    harvested_on: str
    """Day as text; empty when nobody wrote it down."""
    certificate_no: str
    """承诺达标合格证."""


class TradeGoods(NamedTuple):
    """The goods of one trade, beside its money."""

    product_number: int
    price_fen: int
    quantity_kg: int
    receipt_nos: tuple[str, ...]
    inspection_nos: tuple[str, ...]
    delivery_place: str
    quality_standard: str
    """Standard and edition the goods were graded by."""
    lots: tuple[GoodsLot, ...] = ()


class MovementState(StrEnum):
    """Life of a deposit or withdrawal; see ``transitions``."""

    REQUESTED = "requested"
    HELD = "held"
    """Withdrawal: the floor took the money out of what can be traded with, the ledger reserves it."""
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    """The bank said no; held money went back."""
    REFUSED = "refused"
    """Withdrawal: the floor said no, the money is bound in orders."""


class ChargeState(StrEnum):
    """Life of a charge; see ``lives``."""

    REQUESTED = "requested"
    """The floor is asked to give the money up."""
    PAID = "paid"
    DUE = "due"
    """The floor said no, orders hold the money; it is asked again."""
    WAIVED = "waived"


class ProposalState(StrEnum):
    """Life of a money move by hand."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class AmendmentState(StrEnum):
    """Life of an amendment."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody answered in time."""


class RescissionState(StrEnum):
    """Life of a rescission."""

    PROPOSED = "proposed"
    REJECTED = "rejected"
    GOODS_ASKED = "goods_asked"
    """A second person agreed; the floor is asked to give the buyer's goods up."""
    REFUSED = "refused"
    """Open orders promise the goods: nothing has moved."""
    MONEY_ASKED = "money_asked"
    """The goods are set aside, the seller is asked for the price."""
    DONE = "done"
    ABANDONED = "abandoned"
    """The price did not come; the buyer has its goods back."""


class ContractStatus(StrEnum):
    """Life of a contract; see ``lives``."""

    UNPAID = "unpaid"
    """Formed, bond kept; the balance is due, title has not passed."""
    EFFECTIVE = "effective"
    """Formed, paid (or kept in escrow) and title transferred; delivery and objection time run."""
    DISPUTED = "disputed"
    COMPLETED = "completed"
    """Accepted, or objection time over without objection; the quality deposit is released."""
    BREACHED = "breached"
    """Ended by a breach."""


class DeliveryStage(StrEnum):
    """Where the delivery of a contract stands; see ``lives`` and ``timeline``."""

    AWAITING_PAYMENT = "awaiting_payment"
    TITLED = "titled"
    """The buyer has the receipts."""
    PICKUP_BOOKED = "pickup_booked"
    WEIGHED_OUT = "weighed_out"
    """On the scale and inspected, not past the gate."""
    DEPARTED = "departed"
    """Past the gate; hidden defects can be claimed for 48 hours."""
    CLAIMED = "claimed"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    BREACHED = "breached"


class PickupShareState(StrEnum):
    """Where a pickup stands for a contract whose goods it fetches."""

    OPEN = "open"
    LEFT = "left"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """Life of a claim."""

    FILED = "filed"
    REINSPECTING = "reinspecting"
    SETTLED = "settled"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    """Now a dispute."""


class BreachState(StrEnum):
    """Life of a breach."""

    NOTICED = "noticed"
    CURED = "cured"
    CONFIRMED = "confirmed"


class DisputeState(StrEnum):
    """Life of a dispute case."""

    OPEN = "open"
    MEDIATION = "mediation"
    SETTLED = "settled"
    ARBITRATION = "arbitration"
    AWARDED = "awarded"
    WITHDRAWN = "withdrawn"


class InvoiceState(StrEnum):
    """Life of an invoice."""

    DRAFT = "draft"
    ISSUED = "issued"
    RED_REQUESTED = "red_requested"
    """One party asked for a red-letter invoice; the other must confirm."""
    REVERSED = "reversed"
