"""The shapes of the API's answers and of the few bodies Django reads, as they stand in the OpenAPI document.

Prices and amounts are strings in yuan, quantities whole kilograms, times RFC 3339 in Shanghai time.
"""

from typing import Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import ConfigDict, Field, StrictStr

from web.ws.codec import OrderType, SelfTradeWord, TimeInForceWord
from web.ws.fields import SHOWN_CLIENT_ORDER_ID

Row = TypeVar("Row")

OrderStatusWord = Literal["open", "partially_filled", "filled", "cancelled"]
SideWord = Literal["buy", "sell"]
PhaseWord = Literal["closed", "continuous", "halted", "call", "volatility"]
ModeWord = Literal["listed", "auction", "negotiated", "call", "continuous"]
TieRuleWord = Literal["midpoint", "nearest_limit", "nearest_tick", "pressure", "highest"]


class Text(Schema):
    """A text in both languages."""

    zh: str
    en: str


class Listing(Schema, Generic[Row]):
    """One page, newest first; ask again with ``cursor=next_cursor`` until that is null."""

    items: list[Row]
    next_cursor: str | None = None


class VarietyOut(Schema):
    """A variety of apple."""

    code: str
    name: Text


class ProductOut(Schema):
    """A product: one grade cell."""

    code: str
    name: Text
    pinyin: str
    variety: VarietyOut
    bagging: str
    size_mm: int
    grade: str
    county: str
    crop_year: int
    store_type: str
    reference_price: str
    low_price: str = Field(description="Lowest price of the day's band.")
    high_price: str = Field(description="Highest price of the day's band.")
    tick: str
    tie_rule: TieRuleWord = Field(description="Which price a call takes when several are equally good.")
    volatility_bps: int = Field(description="A trade farther from the reference price begins a call.")
    modes: list[ModeWord] = Field(description="Ways it is traded.")
    payments: list[str] = Field(description="Ways its listings may be paid: full, bond, escrow.")
    step_kg: int
    min_kg: int
    is_base: bool
    premium_discount: str = Field(description="Price of this cell less that of the base cell, yuan per kg.")
    phase: PhaseWord


class IndicativeOut(Schema):
    """What a call would do if it ended now."""

    price: str
    quantity_kg: int = Field(description="What would trade.")
    surplus_kg: int = Field(description="Left to buy less left to sell at that price.")


class BookOut(Schema):
    """The book, best levels first, as ``[price, kg, number of orders]``; in a call it may be crossed."""

    product: str
    seq: int
    ts: str
    bids: list[tuple[str, int, int]]
    asks: list[tuple[str, int, int]]
    crc32: int
    phase: PhaseWord
    indicative: IndicativeOut | None = Field(description="Only in a call in which something could trade.")


class TapeTradeOut(Schema):
    """A trade as everybody may see it; side is the taker's, in a call (which has none) buy."""

    trade_id: int
    price: str
    quantity_kg: int
    side: SideWord
    in_call: bool
    traded_at: str


class BarOut(Schema):
    """One bar of a chart; a period without trades has none."""

    start: str
    open: str
    high: str
    low: str
    close: str
    volume_kg: int
    turnover: str
    trades: int


class BarsOut(Schema):
    """Bars, oldest first."""

    product: str
    period: str
    bars: list[BarOut]


class TickerOut(Schema):
    """Today's figures of a product."""

    product: str
    last: str | None
    change: str | None
    change_bps: int | None
    open: str | None
    high: str | None
    low: str | None
    volume_kg: int
    turnover: str
    bid: str | None
    ask: str | None
    phase: PhaseWord
    reference: str
    indicative: IndicativeOut | None = Field(description="Only in a call in which something could trade.")


class OrderOut(Schema):
    """One of the member's orders."""

    order_id: int
    client_order_id: str
    product: str
    side: SideWord
    type: OrderType
    time_in_force: TimeInForceWord
    expires_on: str | None = Field(description="Last day of a gtd order.")
    post_only: bool
    self_trade: SelfTradeWord
    minimum_quantity_kg: int | None
    price: str
    quantity_kg: int
    filled_kg: int
    remaining_kg: int
    status: OrderStatusWord
    reason: str | None = Field(description="Why it was cancelled.")
    placed_at: str
    seq: int


class RefusedOrderOut(Schema):
    """An order the floor refused."""

    seq: int
    client_order_id: str
    product: str
    side: str
    type: OrderType | None = Field(description="Terms are null for an order refused before they were kept.")
    time_in_force: TimeInForceWord | None
    expires_on: str | None
    post_only: bool | None
    self_trade: SelfTradeWord | None
    minimum_quantity_kg: int | None
    price: str
    quantity_kg: int
    code: str
    message: Text
    refused_at: str


class TradeOut(Schema):
    """One of the member's trades."""

    trade_id: int
    order_id: int
    product: str
    side: SideWord
    price: str
    quantity_kg: int
    amount: str
    fee: str
    quality_deposit: str = Field(description="Kept from a seller until the objection time is over.")
    liquidity: Literal["maker", "taker", "call"]
    contract_no: str | None
    traded_at: str


class GoodsOut(Schema):
    """Goods of one product the member can sell or has on hold for sell orders."""

    product: str
    free_kg: int
    held_kg: int


class CancelAfterOut(Schema):
    """The member's cancel-after switch."""

    cancels_at: str | None = Field(description="Null when the switch is off.")


class FundsOut(Schema):
    """The member's money: what can be spent, what open orders hold, what else the ledger keeps."""

    free: str
    held: str
    cash: str = Field(description="Everything in the ledger, money in open orders included.")
    withdrawing: str
    depositing: str
    quality_deposit: str
    goods: list[GoodsOut]
    seq: int


class LedgerLineOut(Schema):
    """One movement on the member's cash, with the balance after it."""

    id: int
    kind: str
    amount: str
    balance: str
    day: str
    posted_at: str
    reference: str
    contract_no: str | None
    text: Text


class ReceiptOut(Schema):
    """A warehouse receipt the member holds."""

    receipt_no: str
    root_no: str
    parent_no: str | None
    product: str
    kg: int
    held_kg: int
    free_kg: int
    state: str
    warehouse: str
    warehouse_code: str
    grade: str
    inspection_no: str
    issued_at: str
    locked_until: str | None = Field(description="First day on which it may be sold again.")
    expires_on: str


class PartyOut(Schema):
    """One side of a contract."""

    code: str
    name: str
    uscc: str
    signatory: str


class GoodsLotOut(Schema):
    """The goods of one receipt of a contract."""

    receipt_no: str
    kg: int
    pieces: int = Field(description="0 when nobody counted them.")
    packaging: str
    mark: str
    origin: str
    harvested_on: str
    certificate_no: str


class AmendmentOut(Schema):
    """An amendment of a contract; agreed ones are numbered and linked by hashes."""

    amendment_no: str
    place: int | None
    changes: dict[str, Any]
    before: dict[str, Any]
    reason: str
    state: str
    proposed_at: str
    answer_due: str
    decided_at: str | None
    prev_hash: str
    document_hash: str


class TermsOut(Schema):
    """Common terms of contracts; `document` with sorted keys and no spaces has the SHA-256 `sha256`."""

    version: str
    effective_from: str
    sha256: str
    document: dict[str, Any]
    clauses: list[list[str]] = Field(description="[title, text], numbers filled in.")


class ContractOut(Schema):
    """An electronic contract."""

    contract_no: str
    trade_id: int
    mode: str
    rulebook_version: str
    formed_at: str
    day: str
    seq: int
    seller: PartyOut
    buyer: PartyOut
    product: str
    product_name: str
    spec: dict[str, Any]
    quality_standard: str
    inspection_nos: list[str]
    receipt_nos: list[str]
    delivery_place: str
    quantity_kg: int
    price: str
    amount: str
    buyer_fee: str
    seller_fee: str
    quality_deposit: str
    quality_deposit_release_day: str
    price_basis: str
    over_short_bps: int
    delivery_method: str
    storage_fee_from: str
    payment_schedule: list[dict[str, Any]]
    dispute_clause: str
    document_hash: str
    status: str
    payment: str
    bond: str
    lots: list[GoodsLotOut]
    delivery_from: str
    delivery_until: str
    terms_hash: str = Field(description="SHA-256 of the common terms; empty in contracts of version 2026.1.")


class StatementOut(Schema):
    """A daily statement: opening and everything in, less everything out, is closing."""

    statement_no: str
    day: str
    revision: int
    opening: str
    deposits: str
    withdrawals: str
    sales: str
    purchases: str
    buyer_fees: str
    seller_fees: str
    quality_deposits_kept: str
    quality_deposits_released: str
    corrections: str
    closing: str
    quality_deposit: str
    trades: int
    document_hash: str


class MovementOut(Schema):
    """A deposit or withdrawal under way or done."""

    movement_no: str
    direction: Literal["deposit", "withdrawal"]
    amount: str
    state: str
    bank_account: str
    bank_ref: str | None
    failure: str | None
    requested_at: str
    finished_at: str | None


class AmountIn(Schema):
    """How much money to move, in yuan as a string."""

    model_config = ConfigDict(extra="forbid")

    amount: StrictStr = Field(examples=["1234.56"])


class BalanceIn(Schema):
    """The client's own name for a payment, unique per member for ever."""

    model_config = ConfigDict(extra="forbid")

    client_id: StrictStr = Field(pattern=SHOWN_CLIENT_ORDER_ID, examples=["pay-17"])


class PaymentOut(Schema):
    """A payment that was asked for: the floor gives the money up first, unless open orders hold it."""

    amount: str
    state: Literal["requested", "due", "paid", "waived"]
    asked_at: str


class BalanceOut(Schema):
    """What is still due of a contract with a bond; nothing once it is paid, or the contract is broken."""

    contract_no: str
    balance: str
    late_fee: str = Field(description="Grows by the day after due_at.")
    total: str
    due_at: str | None
    breach_at: str | None = Field(description="The contract is broken when the balance has not come by then.")
    payment: PaymentOut | None


class MemberOut(Schema):
    """Who the key or the log-in belongs to."""

    code: str
    name: str
    kind: str
    role: str
    scopes: list[str]
    suspended: bool
