"""Electronic contracts 电子交易合同: one per trade, formed with it, its terms fixed by a hash.

The fields are those of GB/T 18769 practice. Terms that are the same for all contracts of a rulebook version
stand in ``terms``: the most important ones are written into each contract, and the hash of all of them is
part of its document. With a contract its delivery begins: a row of its own that says where it stands and by
when what is due.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.canonical import check_canonical, hash_of_checked, json_of_checked
from exchange.kernel.ids import contract_no
from exchange.members.selectors import signing_members
from exchange.members.types import SigningMember
from settlement.models import Contract, Delivery
from settlement.terms import (
    FIRST_VERSION,
    ContractTerms,
    balance_due_ns,
    breach_due_ns,
    delivery_window,
    payment_schedule,
    silence_ns,
    terms_hash,
    terms_of,
    terms_on,
)
from settlement.types import (
    ContractStatus,
    DeliveryStage,
    PaymentVariant,
    ProductTerms,
    TradeGoods,
    TradeMoney,
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
"""The document of the first version: everything in a contract but its hash and its status."""

MORE_FIELDS = ("lots", "payment", "bond_fen", "delivery_from", "delivery_until", "terms_hash")
"""What later versions add to it. The last three follow from the day and the version and have no column."""

_JSON_FIELDS = tuple(
    FIELDS.index(name) for name in ("spec", "inspection_nos", "receipt_nos", "payment_schedule")
)


_CONTRACTS = table_of(
    Contract,
    *FIELDS,
    "lots",
    "document_hash",
    "status",
    "payment",
    "bond_fen",
    "payment_due_ns",
    "final_at_ns",
)
_DELIVERIES = table_of(Delivery, "contract", "contract_no", "seller_no", "buyer_no", "stage", "next_due_ns")


def form_contracts(
    deals: Sequence[tuple[TradeMoney, TradeGoods]], products: Mapping[int, ProductTerms]
) -> list[str]:
    """Forms the contracts of a batch of trades in the caller's transaction; returns their numbers in order.

    ``products`` by product number. Raises KeyError for a product or member that does not exist. The payment
    of each deal was posted in this same transaction (``settle_trades``): unless a balance is still due,
    payment and title are final, as of the instant of the trade: what the journal has is irrevocable.
    """
    if not deals:
        return []
    for product in products.values():
        check_canonical(product.spec)
    nos = {money.buyer_no for money, _ in deals} | {money.seller_no for money, _ in deals}
    members = signing_members(nos)
    days = {day: _day_of(day, terms_on(day)) for day in {money.day for money, _ in deals}}
    rows, deliveries, numbers = [], [], []
    for money, goods in deals:
        day = days[money.day]
        values = _document_values(money, goods, products[goods.product_number], members, day)
        document = dict(zip(FIELDS, values, strict=True)) | _more(
            day, goods.lots, money.payment.value, money.bond_fen
        )
        row = list(values)
        for at in _JSON_FIELDS:
            row[at] = json_of_checked(values[at])
        rows.append((*row, json_of_checked(goods.lots), hash_of_checked(document), *_beginning(money, day)))
        numbers.append(document["contract_no"])
        deliveries.append(_delivery(money, document["contract_no"], day))
    writer = bulk_writer()
    writer.insert(_CONTRACTS, rows)
    writer.insert(_DELIVERIES, deliveries)
    return numbers


class _Day(NamedTuple):
    """What the contracts of a trading day have in common, days as text."""

    terms: ContractTerms
    terms_hash: str
    day: str
    release_day: str
    """When silence becomes acceptance, the day before."""
    storage_fee_from: str
    delivery_from: str
    delivery_until: str
    silence_ns: int


def _day_of(day: date, terms: ContractTerms) -> _Day:
    release = day + timedelta(days=terms.objection_days)
    opens, ends = delivery_window(day, terms)
    return _Day(
        terms=terms,
        terms_hash=terms_hash(terms),
        day=day.isoformat(),
        release_day=release.isoformat(),
        storage_fee_from=(day + timedelta(days=terms.pickup_days)).isoformat(),
        delivery_from=opens.isoformat(),
        delivery_until=ends.isoformat(),
        silence_ns=silence_ns(release),
    )


def _more(day: _Day, lots: Any, payment: str, bond_fen: int) -> dict[str, Any]:
    """MORE_FIELDS of a contract."""
    return {
        "lots": lots,
        "payment": payment,
        "bond_fen": bond_fen,
        "delivery_from": day.delivery_from,
        "delivery_until": day.delivery_until,
        "terms_hash": day.terms_hash,
    }


def _beginning(money: TradeMoney, day: _Day) -> tuple[Any, ...]:
    """Status and payment of a new contract, in the order of _CONTRACTS."""
    if money.payment == PaymentVariant.BOND:
        due_ns = balance_due_ns(money.day, day.terms)
        return ContractStatus.UNPAID.value, "bond", money.bond_fen, due_ns, None
    return ContractStatus.EFFECTIVE.value, money.payment.value, 0, None, money.traded_at_ns


def _delivery(money: TradeMoney, number: str, day: _Day) -> tuple[Any, ...]:
    """Where the delivery of a new contract stands, in the order of _DELIVERIES."""
    if money.payment == PaymentVariant.BOND:
        stage, due_ns = DeliveryStage.AWAITING_PAYMENT, breach_due_ns(money.day, day.terms)
    else:
        stage, due_ns = DeliveryStage.TITLED, day.silence_ns
    return money.trade_id, number, money.seller_no, money.buyer_no, stage.value, due_ns


def document_of(contract: Contract, version: Callable[[str], ContractTerms] = terms_of) -> dict[str, Any]:
    """The document of a stored contract, as it was hashed; ``version`` finds its common terms."""
    values = {name: getattr(contract, name) for name in FIELDS}
    document = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()
    }
    if contract.rulebook_version == FIRST_VERSION:
        return document
    day = _day_of(contract.day, version(contract.rulebook_version))
    return document | _more(day, contract.lots, contract.payment, contract.bond_fen)


def document_hash(contract: Contract, version: Callable[[str], ContractTerms] = terms_of) -> str:
    """The hash a stored contract must have. Whoever asks for many gives a ``version`` that remembers."""
    return hash_of_checked(document_of(contract, version))


def _document_values(
    money: TradeMoney,
    goods: TradeGoods,
    product: ProductTerms,
    members: Mapping[int, SigningMember],
    day: _Day,
) -> tuple[Any, ...]:
    """Values in the order of FIELDS; days as text."""
    terms = day.terms
    seller, buyer = members[money.seller_no], members[money.buyer_no]
    return (
        contract_no(money.day, money.trade_id),
        money.trade_id,
        money.mode,
        terms.rulebook_version,
        money.traded_at_ns,
        day.day,
        money.seq,
        *(seller.account_no, seller.code, seller.name, seller.uscc, seller.signatory),
        *(buyer.account_no, buyer.code, buyer.name, buyer.uscc, buyer.signatory),
        goods.product_number,
        product.code,
        product.name_zh,
        product.spec,
        goods.quality_standard,
        list(goods.inspection_nos),
        list(goods.receipt_nos),
        goods.delivery_place,
        goods.quantity_kg,
        goods.price_fen,
        money.amount_fen,
        money.buyer_fee_fen,
        money.seller_fee_fen,
        money.deposit_fen,
        day.release_day,
        terms.price_basis,
        terms.over_short_bps,
        terms.delivery_method,
        day.storage_fee_from,
        payment_schedule(money.day, money.amount_fen, money.payment, money.bond_fen, terms),
        terms.dispute_clause,
    )
