"""Goods to test with: a warehouse, lots that grade as class 1, receipts for them."""

from datetime import date, timedelta

from exchange.kernel import calendar
from exchange.kernel.audit import SYSTEM
from warehouse_receipts import services
from warehouse_receipts.intake import NewOrigin, Treatment
from warehouse_receipts.models import InspectionBody
from warehouse_receipts.types import (
    Bagging,
    CellSpec,
    Grade,
    Measurements,
    SampleWeights,
    StoreType,
    TitleTrade,
    VarietyGroup,
)

CELL = CellSpec(
    product_number=1,
    variety_code="fuji",
    bagging=Bagging.PAPER,
    size_mm=80,
    grade=Grade.CLASS_1,
    county="旬邑县",
    crop_year=2026,
    store_type=StoreType.COLD,
)

FUJI_CLASS_1 = Measurements(
    sample_fruit=200,
    diameter_mm=81,
    colour_pct=86,
    firmness_tenths=74,
    ssc_tenths=138,
    shape=1,
    small_spots=3,
)

SELLER, OTHER_SELLER, BUYER = 1, 2, 11

NOON_NS = 1_795_406_400_000_000_000
"""2026-11-23 12:00 in Xianyang, a Monday."""


def a_warehouse(
    code: str = "XY01", *, capacity_kg: int = 10_000_000, kind: StoreType = StoreType.COLD
) -> str:
    """A designated warehouse; returns its code."""
    return services.register_warehouse(
        actor=SYSTEM,
        code=code,
        name="旬邑县马栏红冷链一号库",
        county="旬邑县",
        address="旬邑县城关街道",
        keeper="旬邑县马栏红冷链有限公司",
        kind=kind,
        capacity_kg=capacity_kg,
        storage_fee_fen_per_t_day=200,
        insurer="中国人民财产保险股份有限公司咸阳市分公司",
    )


BODY, INSPECTOR = "陕西省果品质量检验中心", "李建国"


def an_inspection_body() -> None:
    """The body and the person that inspect here, if they are not designated yet."""
    if InspectionBody.objects.filter(code="SXGP").exists():
        return
    services.designate_body(
        code="SXGP",
        name=BODY,
        accreditation_no="CMA 2025-0610",
        accredited_until=date(2099, 12, 31),
        actor=SYSTEM,
    )
    services.add_inspector("SXGP", name=INSPECTOR, licence_no="ZJ0610", actor=SYSTEM)


def an_origin() -> NewOrigin:
    """Where the fruit grew, harvested a month ago."""
    harvested = calendar.today() - timedelta(days=30)
    return NewOrigin(
        grower="唐建设",
        plot="三号园东坡",
        village="唐家村",
        bagged_on=harvested - timedelta(days=120),
        unbagged_on=harvested - timedelta(days=15),
        harvested_on=harvested,
        treatments=(Treatment("吡虫啉", harvested - timedelta(days=60), 14),),
        certificate_no="HGZ-610429-0001",
        certificate_issuer="旬邑县太村镇唐家村",
    )


def a_booked_lot(warehouse: str, *, owner_no: int = SELLER, cell: CellSpec = CELL) -> str:
    """A lot of the cell's fruit on its way; returns its intake number."""
    return services.book_intake(
        warehouse_code=warehouse,
        owner_no=owner_no,
        orchard="旬邑县太村镇唐家村三号园",
        county=cell.county,
        variety_code=cell.variety_code,
        bagging=cell.bagging,
        crop_year=cell.crop_year,
        packaging="塑料周转筐 20 公斤",
        origin=an_origin(),
    )


def an_inspected_lot(
    warehouse: str,
    kg: int,
    *,
    owner_no: int = SELLER,
    cell: CellSpec = CELL,
    measured: Measurements = FUJI_CLASS_1,
) -> str:
    """A lot of exactly kg, weighed in pieces of one kilogram and inspected; returns its intake number."""
    intake = a_booked_lot(warehouse, owner_no=owner_no, cell=cell)
    a_sampled_lot(intake, kg)
    services.inspect_intake(
        intake, body=BODY, inspector=INSPECTOR, group=VarietyGroup.FUJI, measured=measured
    )
    return intake


def a_sampled_lot(intake: str, kg: int) -> None:
    """Weighs a booked lot in pieces of one kilogram and draws the sample."""
    an_inspection_body()
    services.arrive_intake(intake, plate="陕D12345")
    services.weigh_intake(intake, pieces=kg, sample=SampleWeights(pieces=1, gross_g=1_100, tare_g=100))
    services.sample_intake(intake, body=BODY, sampler=INSPECTOR)


def a_receipt(warehouse: str, kg: int, *, owner_no: int = SELLER, cell: CellSpec = CELL) -> str:
    """A receipt for a new lot of exactly kg; returns its number."""
    intake = an_inspected_lot(warehouse, kg, owner_no=owner_no, cell=cell)
    services.store_intake(intake, cell)
    return services.issue_receipt(intake, cell, actor=SYSTEM)


def a_trade(
    trade_id: int, sell_order_id: int, kg: int, *, seller_no: int = SELLER, buyer_no: int = BUYER
) -> TitleTrade:
    """A trade of the first product at noon."""
    return TitleTrade(
        trade_id=trade_id,
        product_number=1,
        sell_order_id=sell_order_id,
        seller_no=seller_no,
        buyer_no=buyer_no,
        kg=kg,
        contract_no=f"HT20261123-{trade_id:08d}",
        seq=1_000 + trade_id,
        at_ns=NOON_NS,
    )
