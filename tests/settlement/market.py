"""Members with bank accounts and money, and trades between them, to test with."""

from datetime import date
from typing import Any

from django.db import connection

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM
from matching.types import Command
from settlement import services
from settlement.banks import MockBank
from settlement.types import NewTransfer, ProductTerms, TradeGoods, TradeMoney, TransferKind, TransferPhase
from tests.members.people import register

DAY = date(2026, 11, 20)
NOON_NS = 1_795_147_200_000_000_000
"""2026-11-20 12:00 in Xianyang, a Friday."""

GROWER, DEALER, OTHER = 1, 2, 3
"""Account numbers of the members of ``open_market``."""

PRODUCTS = {
    1: ProductTerms(
        code="FUJI-80-1-LQ26",
        name_zh="红富士 纸袋 80# 一等 礼泉",
        spec={"variety": "fuji", "size_mm": 80, "grade": "class_1", "crop_year": 2026},
    )
}


def open_market(cash_fen: int = 100_000_00, bank: MockBank | None = None) -> MockBank:
    """Registers GROWER, DEALER and OTHER, each with a bank account and money."""
    bank = bank or MockBank()
    for serial, kind in enumerate(("grower", "dealer", "processor"), start=1):
        member = register(serial, kind)
        services.bind_bank_account(actor=SYSTEM, account_no=member.account_no, bank=bank)
        if cash_fen:
            services.deposit(actor=SYSTEM, account_no=member.account_no, amount_fen=cash_fen, bank=bank)
    return bank


def transfer(key: str, debit: str, credit: str, amount_fen: int, **changes: Any) -> NewTransfer:
    """A transfer of no particular kind."""
    plain = NewTransfer(
        key=key,
        debit=debit,
        credit=credit,
        amount_fen=amount_fen,
        kind=TransferKind.CORRECTION,
        reference="test:1",
        day=DAY,
        posted_at_ns=NOON_NS,
    )
    return plain._replace(**changes)


def resolve(key: str, pending: NewTransfer, phase: TransferPhase) -> NewTransfer:
    """The POST or VOID of a pending transfer."""
    return pending._replace(key=key, phase=phase, pending_key=pending.key)


def trade(trade_id: int, *, price_fen: int = 720, kg: int = 1_000, **changes: Any) -> TradeMoney:
    """DEALER buys from GROWER: fee 0.2 % of the buyer, quality deposit 2 % of the seller."""
    amount_fen = price_fen * kg
    plain = TradeMoney(
        trade_id=trade_id,
        seq=1_000 + trade_id,
        traded_at_ns=NOON_NS + trade_id,
        day=DAY,
        buyer_no=DEALER,
        seller_no=GROWER,
        amount_fen=amount_fen,
        buyer_fee_fen=amount_fen * 20 // 10_000,
        seller_fee_fen=0,
        deposit_fen=amount_fen * 200 // 10_000,
    )
    return plain._replace(**changes)


def goods(*, price_fen: int = 720, kg: int = 1_000) -> TradeGoods:
    """The goods of such a trade."""
    return TradeGoods(
        product_number=1,
        price_fen=price_fen,
        quantity_kg=kg,
        receipt_nos=("JG202611200001-3",),
        inspection_nos=("ZJ202611180001",),
        delivery_place="礼泉果业一号冷库",
        quality_standard="GB/T 10651-2008",
    )


def waiting_commands() -> list[tuple[str, Command]]:
    """What waits for the floor, without the opening of accounts."""
    rows = [(row.reference, Command.unpack(row.command)) for row in outbox.pending()]
    return [(reference, command) for reference, command in rows if not reference.startswith("account:")]


def run_sql(statement: str, *parameters: object) -> None:
    """SQL typed by hand."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
