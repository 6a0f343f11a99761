"""A whole exchange without sockets: real tables, real services, a paper floor, a projector.

Members pay in through the mock bank, goods come in through a warehouse, and every fact reaches the floor
through the outbox, as in production; only the sending is done by hand (`dispatch`).
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from django.db import transaction

from exchange.kernel import outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import InsufficientFunds
from exchange.markets import services as markets
from exchange.markets.types import NewProduct, ProductRow
from exchange.members import services as members
from exchange.members.types import FeeRates, MemberRow
from exchange.members.uscc import make_uscc
from exchange.trading.duty_cycle import DutyCycle
from exchange.trading.outbox_dispatcher import client_id_of
from exchange.trading.projector import Projector, open_projector
from exchange.trading.reconciliation import tables_agree
from exchange.trading.types import Difference
from settlement import services as settlement
from settlement.banks import MockBank
from tests.trading.paper_floor import PaperFloor
from tests.warehouse_receipts.goods import BODY, INSPECTOR, an_inspection_body, an_origin
from warehouse_receipts import services as warehouse
from warehouse_receipts.types import (
    RESALE_LOCK_TRADING_DAYS,
    Bagging,
    Grade,
    Measurements,
    SampleWeights,
    StoreType,
    VarietyGroup,
)

STORE = "XY01"
CROP_YEAR = 2026
FEES = FeeRates(buyer_bps=20, seller_bps=20, deposit_bps=200)
GROWER_FEES = FeeRates(buyer_bps=0, seller_bps=0, deposit_bps=200)


@dataclass
class TableExchange:
    """Tables on one side, a floor on the other."""

    floor: PaperFloor = field(default_factory=PaperFloor)
    bank: MockBank = field(default_factory=MockBank)
    growers: list[int] = field(default_factory=list)
    dealers: list[int] = field(default_factory=list)
    products: list[ProductRow] = field(default_factory=list)
    projector: Projector = field(init=False)

    def __post_init__(self) -> None:
        self.restart_projector()

    # Facts born in the tables -----------------------------------------------------------------------

    def build(self, *, growers: int, dealers: int, products: int, kg: int, fen: int) -> Self:
        """Growers with kg of every product, dealers with fen, an open session. Itself."""
        markets.add_variety(
            actor=SYSTEM,
            code="fuji",
            name_zh="红富士",
            name_en="Fuji",
            group=VarietyGroup.FUJI,
            colour_zh="片红",
        )
        for number in range(products):
            self.products.append(define_product(number, RESALE_LOCK_TRADING_DAYS))
        designate_warehouse()
        an_inspection_body()
        for number in range(growers):
            self.growers.append(admit("grower", f"G{number:03d}", GROWER_FEES).account_no)
        for number in range(dealers):
            self.dealers.append(admit("dealer", f"D{number:03d}", FEES).account_no)
        for account_no in self.growers:
            for product in self.products:
                self.store_goods(account_no, product, kg)
        for account_no in self.dealers:
            settlement.bind_bank_account(actor=SYSTEM, account_no=account_no, bank=self.bank)
            self.deposit(account_no, fen)
        markets.open_session(actor=SYSTEM, reason="开市")
        self.settle()
        return self

    def again(self) -> Self:
        """This exchange with a floor of its own, to go on from here while this one stays as it is.

        The tables are shared; they are the caller's to roll back.
        """
        other = copy.copy(self)
        other.growers, other.dealers, other.products = [*self.growers], [*self.dealers], [*self.products]
        other.floor = self.floor.again()
        other.restart_projector()
        return other

    def add_product(self, *, resale_lock_days: int = RESALE_LOCK_TRADING_DAYS) -> ProductRow:
        """One more product, closed until reopen()."""
        self.products.append(define_product(len(self.products), resale_lock_days))
        return self.products[-1]

    def reopen(self) -> None:
        """Closes the session and opens the next one."""
        markets.close_session(actor=SYSTEM, reason="收市")
        markets.open_session(actor=SYSTEM, reason="开市")
        self.settle()

    def store_goods(self, account_no: int, product: ProductRow, kg: int) -> str:
        """Takes goods of a grower in and issues one receipt for them."""
        intake = warehouse.book_intake(
            warehouse_code=STORE,
            owner_no=account_no,
            orchard="马栏村",
            county=product.county,
            variety_code=product.variety.code,
            bagging=product.bagging,
            crop_year=product.crop_year,
            packaging="周转筐",
            origin=an_origin(),
        )
        warehouse.arrive_intake(intake)
        pieces = kg // 20
        warehouse.weigh_intake(intake, pieces=pieces, sample=SampleWeights(1, 22_000, 2_000))
        warehouse.sample_intake(intake, body=BODY, sampler=INSPECTOR)
        warehouse.inspect_intake(
            intake,
            body=BODY,
            inspector=INSPECTOR,
            group=VarietyGroup.FUJI,
            measured=Measurements(
                sample_fruit=100, diameter_mm=85, colour_pct=95, firmness_tenths=80, ssc_tenths=140
            ),
        )
        warehouse.store_intake(intake, product.cell)
        return warehouse.issue_receipt(intake, product.cell, actor=SYSTEM)

    def deposit(self, account_no: int, fen: int) -> None:
        settlement.deposit(actor=SYSTEM, account_no=account_no, amount_fen=fen, bank=self.bank)

    def withdraw(self, account_no: int, fen: int) -> None:
        settlement.request_withdrawal(actor=SYSTEM, account_no=account_no, amount_fen=fen)

    def withdraw_if_owned(self, account_no: int, fen: int) -> None:
        """Asks for the money unless even the ledger has less than that."""
        with suppress(InsufficientFunds), transaction.atomic():
            self.withdraw(account_no, fen)

    # From the tables to the floor and back ------------------------------------------------------------

    def dispatch(self) -> int:
        """Sends what waits in the outbox, as one batch; a row sent twice is answered from memory."""
        waiting = outbox.pending()
        fresh = [
            (row.command, client_id_of(row.id))
            for row in waiting
            if not self.floor.knows(row.command, client_id_of(row.id))
        ]
        if fresh:
            self.floor.records(b"".join(record for record, _ in fresh), [name for _, name in fresh])
        return len(fresh)

    def settle(self) -> None:
        """Dispatches and projects until nothing is under way."""
        self.projector.catch_up()
        while self.dispatch():
            self.projector.catch_up()

    def restart_projector(self, *, budget: int = 256) -> None:
        """A new projector from the stored position, as after a crash."""
        self.projector = open_projector(self.floor.journal, DutyCycle(budget=budget))

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """The floor forgets, at the end, what happens inside; the tables are the caller's to roll back."""
        before = self.floor.again()
        try:
            yield
        finally:
            self.floor = before

    def differences(self) -> list[Difference]:
        """Tables against the floor's own state."""
        return tables_agree(self.floor.replica)


def admit(kind: str, code: str, fees: FeeRates) -> MemberRow:
    """A member with a valid company number."""
    serial = int("".join(character for character in code if character.isdigit())) + ord(code[0]) * 1_000
    return members.register_member(
        actor=SYSTEM,
        code=code,
        name=f"咸阳{code}果业",
        kind=kind,
        uscc=make_uscc(division="610425", serial=serial),
        county="礼泉",
        fees=fees,
    )


def define_product(number: int, resale_lock_days: int) -> ProductRow:
    """红富士 of different sizes, 720 fen/kg ± 20 %, from 100 kg."""
    size = 70 + number
    return markets.define_product(
        actor=SYSTEM,
        new=NewProduct(
            code=f"FUJI-{size}",
            name_zh=f"红富士 {size}#",
            name_en=f"Fuji {size}",
            pinyin="hfs",
            variety_code="fuji",
            bagging=Bagging.PAPER,
            size_mm=size,
            grade=Grade.CLASS_2,
            county="旬邑",
            crop_year=CROP_YEAR,
            store_type=StoreType.COLD,
            reference_price=720,
            band_bps=2_000,
            min_kg=100,
            resale_lock_days=resale_lock_days,
        ),
    )


def designate_warehouse() -> None:
    warehouse.register_warehouse(
        actor=SYSTEM,
        code=STORE,
        name="旬邑果库",
        county="旬邑",
        address="旬邑县工业路1号",
        keeper="旬邑冷链有限公司",
        kind=StoreType.COLD,
        capacity_kg=10**11,
        storage_fee_fen_per_t_day=150,
        insurer="人保财险",
    )
