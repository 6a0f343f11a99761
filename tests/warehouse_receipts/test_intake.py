"""From the gate of the store to an issued receipt."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadTransition
from matching.types import Command, CommandKind
from tests.warehouse_receipts.goods import (
    BODY,
    CELL,
    FUJI_CLASS_1,
    INSPECTOR,
    SELLER,
    a_booked_lot,
    a_receipt,
    a_warehouse,
    an_inspected_lot,
    an_inspection_body,
)
from warehouse_receipts import selectors, services, verify
from warehouse_receipts.checks import net_kg
from warehouse_receipts.errors import (
    BadWeights,
    BelowCell,
    OverReceipted,
    UnknownIntake,
    UnknownReceipt,
    UnknownWarehouse,
    WarehouseFull,
    WarehouseNotActive,
)
from warehouse_receipts.issuing import expiry
from warehouse_receipts.models import Intake, Warehouse
from warehouse_receipts.types import Grade, SampleWeights, StoreType, VarietyGroup

pytestmark = pytest.mark.django_db


def test_net_weight_follows_the_formula_of_the_sample() -> None:
    # 20 crates of 19.6 kg, 1.6 kg of it crate; 1,000 crates hold 18 t.
    assert net_kg(1_000, SampleWeights(pieces=20, gross_g=392_000, tare_g=32_000)) == 18_000


@given(
    pieces=st.integers(1, 10**6),
    sampled=st.integers(1, 100),
    tare_g=st.integers(0, 10**5),
    net_g=st.integers(1, 10**7),
)
def test_net_weight_never_exceeds_what_the_sample_says(
    pieces: int, sampled: int, tare_g: int, net_g: int
) -> None:
    sample = SampleWeights(pieces=min(sampled, pieces), gross_g=tare_g + net_g, tare_g=tare_g)
    exact_g = net_g * pieces / sample.pieces
    try:
        net = net_kg(pieces, sample)
    except BadWeights:
        assert exact_g < 1_000
    else:
        assert net * 1_000 <= exact_g * (1 + 1e-12) < (net + 1) * 1_000 * (1 + 1e-12)


@pytest.mark.parametrize(
    ("pieces", "sample"),
    [
        (10, SampleWeights(pieces=0, gross_g=100, tare_g=10)),
        (10, SampleWeights(pieces=11, gross_g=100, tare_g=10)),
        (10, SampleWeights(pieces=5, gross_g=100, tare_g=100)),
        (10, SampleWeights(pieces=5, gross_g=100, tare_g=-1)),
        (1, SampleWeights(pieces=1, gross_g=1_099, tare_g=100)),
    ],
)
def test_weights_that_cannot_be_are_refused(pieces: int, sample: SampleWeights) -> None:
    with pytest.raises(BadWeights):
        net_kg(pieces, sample)


def test_an_issued_receipt_says_what_the_law_asks_for() -> None:
    no = a_receipt(a_warehouse(), 20_000)

    detail = selectors.receipt_detail(no, holder_no=SELLER)

    assert (detail.receipt.kg, detail.receipt.free_kg, detail.issued_kg) == (20_000, 20_000, 20_000)
    assert (detail.depositor_no, detail.pieces, detail.orchard) == (
        SELLER,
        20_000,
        "旬邑县太村镇唐家村三号园",
    )
    assert (detail.loss_permille_per_month, detail.storage_fee_fen_per_t_day) == (4, 200)
    assert (detail.inspection.standard, detail.inspection.edition) == ("GB/T 10651", "2008")
    assert detail.inspection.measurements == FUJI_CLASS_1
    assert detail.endorsements == ()


def test_an_issued_receipt_reaches_the_floor_and_the_audit_log() -> None:
    no = a_receipt(a_warehouse(), 20_000)

    (row,) = outbox.pending()
    assert row.reference == f"receipt:{no}:in"
    assert Command.unpack(row.command) == Command(
        CommandKind.GOODS, account=SELLER, product=1, quantity=20_000
    )
    assert audit.verify() == []


def test_stock_counts_what_lies_there_and_what_receipts_stand_for() -> None:
    warehouse = a_warehouse()
    intake = an_inspected_lot(warehouse, 20_000)
    services.store_intake(intake, CELL)
    services.issue_receipt(intake, CELL, actor=SYSTEM, kg=5_000)

    (stock,) = selectors.stocks()
    (house,) = selectors.warehouses()
    assert (stock.physical_kg, stock.receipted_kg, house.stored_kg) == (20_000, 5_000, 20_000)
    assert verify.shortfalls() == []


def test_receipts_never_exceed_the_goods_of_the_lot() -> None:
    warehouse = a_warehouse()
    a_receipt(warehouse, 50_000)
    intake = an_inspected_lot(warehouse, 20_000)
    services.store_intake(intake, CELL)
    services.issue_receipt(intake, CELL, actor=SYSTEM, kg=15_000)

    with pytest.raises(OverReceipted):
        services.issue_receipt(intake, CELL, actor=SYSTEM, kg=5_001)
    services.issue_receipt(intake, CELL, actor=SYSTEM)
    with pytest.raises(OverReceipted):
        services.issue_receipt(intake, CELL, actor=SYSTEM)


@pytest.mark.parametrize("kg", [0, -5])
def test_a_receipt_stands_for_something(kg: int) -> None:
    intake = an_inspected_lot(a_warehouse(), 20_000)
    services.store_intake(intake, CELL)

    with pytest.raises(OverReceipted):
        services.issue_receipt(intake, CELL, actor=SYSTEM, kg=kg)


def test_goods_get_no_receipt_before_they_are_in_store() -> None:
    intake = an_inspected_lot(a_warehouse(), 20_000)

    with pytest.raises(BadTransition):
        services.issue_receipt(intake, CELL, actor=SYSTEM)
    assert outbox.pending() == []


def test_a_lot_below_the_cell_is_not_stored_as_its_goods() -> None:
    small = an_inspected_lot(a_warehouse(), 20_000, measured=replace(FUJI_CLASS_1, diameter_mm=76))

    with pytest.raises(BelowCell) as refusal:
        services.store_intake(small, CELL)
    assert "80 毫米" in refusal.value.message("zh")
    services.store_intake(small, replace(CELL, product_number=2, size_mm=75))

    assert [row.product_number for row in selectors.stocks()] == [2]


def test_a_receipt_is_not_issued_for_another_cell_than_the_lot_lies_in() -> None:
    intake = an_inspected_lot(a_warehouse(), 20_000)
    services.store_intake(intake, CELL)

    with pytest.raises(BelowCell):
        services.issue_receipt(intake, replace(CELL, product_number=2, grade=Grade.FIELD_RUN), actor=SYSTEM)


def test_a_full_store_takes_nothing_more() -> None:
    warehouse = a_warehouse(capacity_kg=30_000)
    a_receipt(warehouse, 20_000)
    second = an_inspected_lot(warehouse, 20_000)

    with pytest.raises(WarehouseFull):
        services.store_intake(second, CELL)
    assert selectors.warehouses()[0].stored_kg == 20_000


def test_a_suspended_store_takes_in_and_issues_nothing() -> None:
    warehouse = a_warehouse()
    intake = an_inspected_lot(warehouse, 20_000)
    services.store_intake(intake, CELL)
    Warehouse.objects.update(status="suspended")

    with pytest.raises(WarehouseNotActive):
        a_booked_lot(warehouse)
    with pytest.raises(WarehouseNotActive):
        services.issue_receipt(intake, CELL, actor=SYSTEM)


def test_the_steps_of_an_intake_come_in_their_order() -> None:
    intake = a_booked_lot(a_warehouse())

    an_inspection_body()
    with pytest.raises(BadTransition):
        services.inspect_intake(
            intake, body=BODY, inspector=INSPECTOR, group=VarietyGroup.FUJI, measured=FUJI_CLASS_1
        )
    services.arrive_intake(intake)
    services.weigh_intake(intake, pieces=100, sample=SampleWeights(1, 19_600, 1_600))
    with pytest.raises(BadTransition):
        services.weigh_intake(intake, pieces=100, sample=SampleWeights(1, 19_600, 1_600))
    with pytest.raises(BadTransition):
        services.store_intake(intake, CELL)


def test_a_refused_lot_goes_no_further_and_the_reason_is_kept() -> None:
    intake = a_booked_lot(a_warehouse())
    services.refuse_intake(intake, reason="车辆未消毒")

    with pytest.raises(BadTransition):
        services.weigh_intake(intake, pieces=100, sample=SampleWeights(1, 19_600, 1_600))
    history = Intake.objects.get(no=intake).history.values_list("state", "history_change_reason")
    assert list(history) == [("refused", "车辆未消毒"), ("booked", None)]


def test_what_does_not_exist_has_an_error_of_its_own() -> None:
    with pytest.raises(UnknownWarehouse):
        a_booked_lot("NONE")
    with pytest.raises(UnknownIntake):
        services.refuse_intake("NONE", reason="x")
    with pytest.raises(UnknownReceipt):
        selectors.receipt_detail("NONE")


def test_a_receipt_is_shown_to_its_holder_only() -> None:
    no = a_receipt(a_warehouse(), 20_000)

    with pytest.raises(UnknownReceipt):
        selectors.receipt_detail(no, holder_no=SELLER + 1)


@pytest.mark.parametrize(
    ("store_type", "issued_on", "shelf_life_days", "expected"),
    [
        (StoreType.COLD, date(2026, 11, 23), None, date(2027, 5, 31)),
        (StoreType.CA, date(2026, 11, 23), None, date(2027, 7, 31)),
        (StoreType.COLD, date(2027, 5, 20), None, date(2027, 6, 19)),
        (StoreType.CA, date(2026, 11, 23), 90, date(2027, 2, 21)),
    ],
)
def test_a_receipt_lasts_as_long_as_its_fruit(
    store_type: StoreType, issued_on: date, shelf_life_days: int | None, expected: date
) -> None:
    assert expiry(replace(CELL, store_type=store_type), issued_on, shelf_life_days) == expected


def test_pages_of_receipts_are_newest_first() -> None:
    warehouse = a_warehouse()
    numbers = [a_receipt(warehouse, 1_000) for _ in range(5)]

    first = selectors.receipts_of(SELLER, limit=3)
    second = selectors.receipts_of(SELLER, before=first[-1].receipt_id, limit=3)

    assert [row.receipt_no for row in first + second] == numbers[::-1]
    assert selectors.receipts_of(SELLER, product_number=2) == []
    assert numbers[0].startswith(f"JG{calendar.today():%Y%m%d}")
