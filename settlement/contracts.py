"""Electronic contracts 电子交易合同: one per trade, formed with it, its terms fixed by a hash.

The fields are those of GB/T 18769 practice that exist so far (listing, auction and delivery add theirs).
Terms that are the same for all contracts of a rulebook version stand in ``TERMS`` and are written into each
contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from exchange.kernel import outbox
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.calendar import now_ns
from exchange.kernel.canonical import check_canonical, hash_of_checked, json_of_checked
from exchange.kernel.ids import contract_no
from exchange.members.selectors import signing_members
from exchange.members.types import SigningMember
from matching.types import Command, CommandKind
from settlement.accounts import cash_of, quality_deposit_of
from settlement.ledger import post
from settlement.locks import locked_running_contracts
from settlement.models import Contract
from settlement.types import ContractStatus, NewTransfer, ProductTerms, TradeGoods, TradeMoney, TransferKind

QUALITY_RELEASE = "quality_release"
"""Kind of outbox reference for released deposits: quality_release:<account no>:<last contract id>."""

RELEASE_CHUNK = 1_000
"""Contracts completed in one transaction."""


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What the rulebook lays down for every contract of the spot market."""

    rulebook_version: str
    mode: str
    price_basis: str
    """出库价 ex-store."""
    delivery_method: str
    """仓单过户 transfer of the receipt."""
    over_short_bps: int
    objection_days: int
    """Calendar days after which silence is acceptance and the quality deposit is released."""
    pickup_days: int
    """Calendar days the seller still bears the storage fee."""
    dispute_clause: str


TERMS = ContractTerms(
    rulebook_version="2026.1",
    mode="spot",
    price_basis="ex_store",
    delivery_method="receipt_transfer",
    over_short_bps=200,
    objection_days=7,
    pickup_days=7,
    dispute_clause="市场经营者调解；调解不成的，提交咸阳仲裁委员会仲裁",
)

FIELDS = (
    "contract_no",
    "trade_id",
    "mode",
    "rulebook_version",
    "formed_at_ns",
    "day",
    "seq",
    "seller_no",
    "seller_code",
    "seller_name",
    "seller_uscc",
    "seller_signatory",
    "buyer_no",
    "buyer_code",
    "buyer_name",
    "buyer_uscc",
    "buyer_signatory",
    "product_number",
    "product_code",
    "product_name",
    "spec",
    "quality_standard",
    "inspection_nos",
    "receipt_nos",
    "delivery_place",
    "quantity_kg",
    "price_fen",
    "amount_fen",
    "buyer_fee_fen",
    "seller_fee_fen",
    "deposit_fen",
    "deposit_release_day",
    "price_basis",
    "over_short_bps",
    "delivery_method",
    "storage_fee_from",
    "payment_schedule",
    "dispute_clause",
)
"""The document: everything in a contract but its hash and its status."""

_JSON_FIELDS = tuple(
    FIELDS.index(name) for name in ("spec", "inspection_nos", "receipt_nos", "payment_schedule")
)


def form_contracts(
    deals: Sequence[tuple[TradeMoney, TradeGoods]], products: Mapping[int, ProductTerms]
) -> list[str]:
    """Forms the contracts of a batch of trades in the caller's transaction; returns their numbers in order.

    ``products`` by product number. Raises KeyError for a product or member that does not exist.
    """
    if not deals:
        return []
    for product in products.values():
        check_canonical(product.spec)
    nos = {money.buyer_no for money, _ in deals} | {money.seller_no for money, _ in deals}
    members = signing_members(nos)
    rows, numbers = [], []
    for money, goods in deals:
        values = _document_values(money, goods, products[goods.product_number], members)
        document = dict(zip(FIELDS, values, strict=True))
        row = list(values)
        for at in _JSON_FIELDS:
            row[at] = json_of_checked(values[at])
        rows.append((*row, hash_of_checked(document), ContractStatus.EFFECTIVE.value))
        numbers.append(document["contract_no"])
    bulk_writer().insert(table_of(Contract, *FIELDS, "document_hash", "status"), rows)
    return numbers


def document_of(contract: Contract) -> dict[str, Any]:
    """The document of a stored contract, as it was hashed."""
    values = {name: getattr(contract, name) for name in FIELDS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def document_hash(contract: Contract) -> str:
    """The hash a stored contract must have."""
    return hash_of_checked(document_of(contract))


def release_quality_deposits(day: date) -> int:
    """Completes contracts whose objection time is over by ``day`` and gives sellers their deposits back.

    Returns how many contracts were completed. In transactions of RELEASE_CHUNK contracts, safe to repeat.
    """
    released = 0
    while count := _release_chunk(day):
        released += count
    return released


def _release_chunk(day: date) -> int:
    with transaction.atomic():
        contracts = locked_running_contracts(day, RELEASE_CHUNK)
        if not contracts:
            return 0
        at_ns = now_ns()
        post([_release(contract, day, at_ns) for contract in contracts if contract.deposit_fen])
        back: dict[int, int] = {}
        for contract in contracts:
            if contract.deposit_fen:
                back[contract.seller_no] = back.get(contract.seller_no, 0) + contract.deposit_fen
        outbox.enqueue_many(
            (
                Command(kind=CommandKind.FUNDS, account=account_no, amount=amount_fen),
                f"{QUALITY_RELEASE}:{account_no}:{contracts[-1].pk}",
            )
            for account_no, amount_fen in sorted(back.items())
        )
        Contract.objects.filter(pk__in=[contract.pk for contract in contracts]).update(
            status=ContractStatus.COMPLETED
        )
        return len(contracts)


def _release(contract: Contract, day: date, at_ns: int) -> NewTransfer:
    return NewTransfer(
        key=f"trade:{contract.trade_id}:release",
        debit=quality_deposit_of(contract.seller_no),
        credit=cash_of(contract.seller_no),
        amount_fen=contract.deposit_fen,
        kind=TransferKind.QUALITY_RELEASE,
        reference=f"trade:{contract.trade_id}",
        day=day,
        posted_at_ns=at_ns,
    )


def _document_values(
    money: TradeMoney, goods: TradeGoods, product: ProductTerms, members: Mapping[int, SigningMember]
) -> tuple[Any, ...]:
    """Values in the order of FIELDS; days as text."""
    day = money.day.isoformat()
    seller, buyer = members[money.seller_no], members[money.buyer_no]
    return (
        contract_no(money.day, money.trade_id),
        money.trade_id,
        TERMS.mode,
        TERMS.rulebook_version,
        money.traded_at_ns,
        day,
        money.seq,
        *(seller.account_no, seller.code, seller.name, seller.uscc, seller.signatory),
        *(buyer.account_no, buyer.code, buyer.name, buyer.uscc, buyer.signatory),
        goods.product_number,
        product.code,
        product.name_zh,
        product.spec,
        product.quality_standard,
        list(goods.inspection_nos),
        list(goods.receipt_nos),
        goods.delivery_place,
        goods.quantity_kg,
        goods.price_fen,
        money.amount_fen,
        money.buyer_fee_fen,
        money.seller_fee_fen,
        money.deposit_fen,
        (money.day + timedelta(days=TERMS.objection_days)).isoformat(),
        TERMS.price_basis,
        TERMS.over_short_bps,
        TERMS.delivery_method,
        (money.day + timedelta(days=TERMS.pickup_days)).isoformat(),
        [{"due": day, "share_bps": 10_000, "amount_fen": money.amount_fen}],
        TERMS.dispute_clause,
    )
