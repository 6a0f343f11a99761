"""A measurement of settlement: trades/s from the journal into every table, beside a raw copy of the same
rows.

The floor trades first, in a temporary journal; then the projector settles the whole of it and is timed:
orders, trades, ledger legs, receipts split and endorsed, contracts and deliveries, with every trigger and
constraint. Then the rows it wrote go once more into tables without any of that, by the database's own bulk
way, and are timed too: what could be reached at best. The database must be empty; it is not for use
afterwards.
"""

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from exchange.kernel.bulk import BulkTable, bulk_writer
from exchange.markets import services as markets
from exchange.markets.types import NewProduct, ProductRow
from exchange.members import services as members
from exchange.members.types import FeeRates
from exchange.members.uscc import make_uscc
from exchange.trading.bus import Sent
from exchange.trading.duty_cycle import DutyCycle
from exchange.trading.floor_bench import Counter
from exchange.trading.journal_sqlite import SqliteJournal
from exchange.trading.outbox_dispatcher import OutboxDispatcher
from exchange.trading.projector import open_projector
from exchange.trading.runtime import EmbeddedFloor
from matching.types import Command, CommandKind
from settlement import services as settlement
from warehouse_receipts import services as receipts
from warehouse_receipts.intake import NewOrigin
from warehouse_receipts.types import Bagging, Grade, Measurements, SampleWeights, StoreType, VarietyGroup

MEMBERS = 100
"""Growers, and as many dealers; fewer when there are fewer trades."""
STORE = "BM01"
BODY, INSPECTOR = "BMZJ", "王检"
PRICE_FEN = 720
KG = 1_000
CHUNK_COMMANDS = 4_096
IN_FLIGHT = 2_000
COPIED = (
    "trading_order",
    "trading_trade",
    "settlement_transfer",
    "settlement_contract",
    "settlement_delivery",
    "warehouse_receipts_receipt",
    "warehouse_receipts_endorsement",
)
"""Tables a trade writes a row into."""


def measure(*, trades: int) -> dict[str, float]:
    """Trades/s of the projector and of the copy, on the database of this process."""
    call_command("migrate", verbosity=0, interactive=False)
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as directory:
        path = Path(directory) / "journal.sqlite3"
        floor = EmbeddedFloor(SqliteJournal(path), None)
        floor.start()
        try:
            members_each = min(MEMBERS, trades)
            product = _open_market(trades, members_each)
            gateway = floor.blocking_gateway()
            OutboxDispatcher(gateway, lambda: True).step()
            while not OutboxDispatcher(gateway, lambda: True).step().complete:
                pass
            store = SqliteJournal(path)
            projector = open_projector(store, DutyCycle(shares_interpreter=False, budget=CHUNK_COMMANDS))
            projector.catch_up()
            _trade(floor, product, trades, members_each)
            started = time.perf_counter()
            projector.catch_up()
            settled_s = time.perf_counter() - started
            gateway.close()
            store.close()
        finally:
            floor.stop()
    findings = settlement.verify_settlement()
    assert not findings, findings
    copied_s = _copy_again()
    return {
        "trades": float(trades),
        "trades_per_s": trades / settled_s,
        "copied_per_s": trades / copied_s,
        "ratio_to_copy": copied_s / settled_s,
    }


def _open_market(trades: int, members_each: int) -> ProductRow:
    with transaction.atomic():
        product = _product()
        _warehouse()
        kg = 2 * KG * (trades // members_each + 1)
        for number in range(members_each):
            _store_goods(_member("grower", f"G{number:04d}", number, FeeRates(0, 20, 200)), product, kg)
        fen = 2 * PRICE_FEN * KG * (trades // members_each + 1)
        bank = settlement.settlement_bank()
        for number in range(members_each):
            dealer = _member("dealer", f"D{number:04d}", 10_000 + number, FeeRates(20, 20, 200))
            settlement.bind_bank_account(actor=SYSTEM, account_no=dealer, bank=bank)
            settlement.request_deposit(actor=SYSTEM, account_no=dealer, amount_fen=fen)
        markets.open_session(actor=SYSTEM, reason="测量")
    settlement.run_bank(bank)
    return product


def _product() -> ProductRow:
    markets.add_variety(
        actor=SYSTEM,
        code="fuji",
        name_zh="红富士",
        name_en="Fuji",
        group=VarietyGroup.FUJI,
        colour_zh="片红",
    )
    new = NewProduct(
        code="FUJI-80",
        name_zh="红富士 80#",
        name_en="Fuji 80",
        pinyin="hfs",
        variety_code="fuji",
        bagging=Bagging.PAPER,
        size_mm=80,
        grade=Grade.CLASS_2,
        county="旬邑",
        crop_year=2026,
        store_type=StoreType.COLD,
        reference_price=PRICE_FEN,
        band_bps=1_000,
        min_kg=100,
    )
    return markets.define_product(actor=SYSTEM, new=new)


def _warehouse() -> None:
    receipts.designate_body(
        code=BODY,
        name="测量质检站",
        accreditation_no="CMA-0",
        accredited_until=calendar.today() + timedelta(days=365),
        actor=SYSTEM,
    )
    receipts.add_inspector(BODY, name=INSPECTOR, licence_no="ZJ-0", actor=SYSTEM)
    receipts.register_warehouse(
        actor=SYSTEM,
        code=STORE,
        name="测量果库",
        county="旬邑",
        address="旬邑县",
        keeper="测量冷链",
        kind=StoreType.COLD,
        capacity_kg=10**12,
        storage_fee_fen_per_t_day=150,
        insurer="人保财险",
    )


def _member(kind: str, code: str, serial: int, fees: FeeRates) -> int:
    return members.register_member(
        actor=SYSTEM,
        code=code,
        name=f"咸阳{code}果业",
        kind=kind,
        uscc=make_uscc(division="610425", serial=serial),
        county="旬邑",
        fees=fees,
    ).account_no


def _store_goods(account_no: int, product: ProductRow, kg: int) -> None:
    intake = receipts.book_intake(
        warehouse_code=STORE,
        owner_no=account_no,
        orchard="测量果园",
        county=product.county,
        variety_code=product.variety.code,
        bagging=product.bagging,
        crop_year=product.crop_year,
        packaging="周转筐",
        origin=_origin(product),
    )
    receipts.arrive_intake(intake)
    receipts.weigh_intake(intake, pieces=kg // 20, sample=SampleWeights(1, 22_000, 2_000))
    receipts.sample_intake(intake, body=BODY, sampler=INSPECTOR)
    receipts.inspect_intake(
        intake,
        body=BODY,
        inspector=INSPECTOR,
        group=VarietyGroup.FUJI,
        measured=Measurements(
            sample_fruit=100, diameter_mm=85, colour_pct=95, firmness_tenths=80, ssc_tenths=140
        ),
    )
    receipts.store_intake(intake, product.cell)
    receipts.issue_receipt(intake, product.cell, actor=SYSTEM)


def _origin(product: ProductRow) -> NewOrigin:
    harvested = calendar.today() - timedelta(days=30)
    return NewOrigin(
        grower="测量果农",
        plot="一号地块",
        village="旬邑县",
        bagged_on=harvested - timedelta(days=115),
        unbagged_on=harvested - timedelta(days=18),
        harvested_on=harvested,
        treatments=(),
        certificate_no=f"HGZ-{product.crop_year}",
        certificate_issuer="测量果农",
    )


def _trade(floor: EmbeddedFloor, product: ProductRow, trades: int, members_each: int) -> None:
    """A sell and the buy that takes it, so many times, members in turn."""
    counter = Counter()
    uplink = floor.bus.connect(counter)
    for first in range(0, trades, IN_FLIGHT // 2):
        count = min(IN_FLIGHT // 2, trades - first)
        pairs = (_pair(at, product.number, members_each) for at in range(first, first + count))
        uplink.send([each for pair in pairs for each in pair])
        counter.wait_for(2 * (first + count))


def _pair(at: int, product_number: int, members_each: int) -> list[Sent]:
    terms = {"product": product_number, "price": PRICE_FEN, "quantity": KG}
    sell = Command(CommandKind.PLACE, account=1 + at % members_each, side=2, **terms)
    buy = Command(CommandKind.PLACE, account=1 + members_each + at % members_each, side=1, **terms)
    return [Sent(2 * at, sell.pack(), f"s{at}"), Sent(2 * at + 1, buy.pack(), f"b{at}")]


def _copy_again() -> float:
    """Seconds to write the same rows into bare tables."""
    writer, seconds = bulk_writer(), 0.0
    for name in COPIED:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{name}"')
            columns = tuple(column[0] for column in cursor.description)
            rows: list[tuple[Any, ...]] = [tuple(map(_plain, row)) for row in cursor.fetchall()]
            cursor.execute(f'CREATE TEMPORARY TABLE "bare_{name}" AS SELECT * FROM "{name}" WHERE false')
        started = time.perf_counter()
        with transaction.atomic():
            for first in range(0, len(rows), CHUNK_COMMANDS):
                writer.insert(BulkTable(f"bare_{name}", columns, ()), rows[first : first + CHUNK_COMMANDS])
        seconds += time.perf_counter() - started
    return seconds


def _plain(value: Any) -> Any:
    """A value as the bulk writer takes it."""
    return value if value is None or isinstance(value, int | str) else str(value)
