"""The demo market's stores: warehouses, an inspection body, and fruit brought in lot by lot.

Every lot takes all steps of a real one, each signed by its institution; only the people are made up.
"""

from dataclasses import replace
from datetime import date, timedelta

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.markets.types import ProductRow
from exchange.members.types import MemberRow
from exchange.ops.demo_data import (
    COUNTY,
    FRUIT,
    INSPECTION_BODY,
    INSURER,
    PACKAGING,
    VARIETY,
    WAREHOUSES,
    DemoProduct,
)
from warehouse_receipts import selectors as register
from warehouse_receipts import services as receipts
from warehouse_receipts.intake import NewOrigin, Treatment
from warehouse_receipts.types import SampleWeights
from warehouse_receipts.warehouses import FIRST_ROOM, simulated_readings

LOT_TONNES = 5_000
"""The largest lot one receipt stands for: a cold store of middling size."""

CRATES_WEIGHED = 20
CRATE_GROSS_G, CRATE_TARE_G = 19_600, 1_600

BODY_CODE, INSPECTOR = "XYZJ", "王秀兰"
ACCREDITED_YEARS = 5
CLIMATE_HOURS = 24


def seed_stores(*, actor: Actor) -> None:
    """Designates what does not exist yet, and lets each store report a day of its climate."""
    receipts.designate_body(
        code=BODY_CODE,
        name=INSPECTION_BODY,
        accreditation_no="CMA-2026-610400",
        accredited_until=calendar.today() + timedelta(days=365 * ACCREDITED_YEARS),
        actor=actor,
    )
    receipts.add_inspector(BODY_CODE, name=INSPECTOR, licence_no="ZJ610400-01", actor=actor)
    known = {warehouse.code for warehouse in register.warehouses()}
    for warehouse in WAREHOUSES:
        if warehouse.code in known:
            continue
        county = COUNTY[warehouse.county]
        receipts.register_warehouse(
            actor=actor,
            code=warehouse.code,
            name=warehouse.name,
            county=county.name,
            address=f"陕西省咸阳市{county.name}{county.towns[0]}",
            keeper=warehouse.keeper,
            kind=warehouse.kind,
            capacity_kg=warehouse.capacity_t * 1_000,
            storage_fee_fen_per_t_day=warehouse.storage_fee_fen_per_t_day,
            insurer=INSURER,
        )
    report_climate()


def report_climate() -> None:
    """What the stores' simulated sensors said in the last day, hour by hour; safe to repeat."""
    now = calendar.now()
    for warehouse in WAREHOUSES:
        readings = simulated_readings(
            FIRST_ROOM,
            warehouse.kind,
            since=now - timedelta(hours=CLIMATE_HOURS),
            until=now,
            every=timedelta(hours=1),
        )
        receipts.record_readings(warehouse.code, readings, source="simulator")


def bring_to_store(
    grower: MemberRow, cell: DemoProduct, product: ProductRow, tonnes: int, *, actor: Actor
) -> None:
    """Brings a grower's fruit of one cell into the county's store, in lots, a receipt for each."""
    warehouse = next(
        house.code for house in WAREHOUSES if (house.county, house.kind) == (cell.county, cell.store_type)
    )
    number = 0
    while tonnes > 0:
        number += 1
        lot, tonnes = min(tonnes, LOT_TONNES), max(0, tonnes - LOT_TONNES)
        town = COUNTY[cell.county].towns[number % len(COUNTY[cell.county].towns)]
        intake = receipts.book_intake(
            warehouse_code=warehouse,
            owner_no=grower.account_no,
            orchard=f"{COUNTY[cell.county].name}{town}{number}号基地",
            county=product.county,
            variety_code=cell.variety,
            bagging=cell.bagging,
            crop_year=product.crop_year,
            packaging=PACKAGING,
            mark=f"{grower.code}-{cell.code}-{number}",
            origin=_origin(grower, product, town, number),
        )
        _weigh_inspect_issue(intake, cell, product, lot, actor)


def _origin(grower: MemberRow, product: ProductRow, town: str, number: int) -> NewOrigin:
    """Late Fuji's calendar on the plateau: bagged in June, unbagged late in September, picked in October."""
    harvested = min(date(product.crop_year, 10, 12), calendar.today() - timedelta(days=3))
    return NewOrigin(
        grower=grower.name,
        plot=f"{number}号地块",
        village=town,
        bagged_on=harvested - timedelta(days=115),
        unbagged_on=harvested - timedelta(days=18),
        harvested_on=harvested,
        treatments=(Treatment("代森锰锌", harvested - timedelta(days=90), 21),),
        certificate_no=f"HGZ-{product.crop_year}-{grower.code}-{product.code}-{number:03d}",
        certificate_issuer=grower.name,
    )


def _weigh_inspect_issue(
    intake: str, cell: DemoProduct, product: ProductRow, tonnes: int, actor: Actor
) -> None:
    """Crates of 18 kg net: weighed, sampled, inspected; what they hold becomes a receipt."""
    sample = SampleWeights(
        pieces=CRATES_WEIGHED,
        gross_g=CRATES_WEIGHED * CRATE_GROSS_G,
        tare_g=CRATES_WEIGHED * CRATE_TARE_G,
    )
    receipts.arrive_intake(intake, actor=actor)
    receipts.weigh_intake(
        intake,
        pieces=-(-tonnes * 1_000_000 // (CRATE_GROSS_G - CRATE_TARE_G)),
        sample=sample,
        actor=actor,
    )
    sampling = receipts.sample_intake(intake, body=BODY_CODE, sampler=INSPECTOR, actor=actor)
    if not sampling.endswith("0"):  # one in ten still waits for it
        receipts.file_sampling(sampling, body=BODY_CODE, filing_no=f"抽检-{sampling[2:]}", actor=actor)
    receipts.inspect_intake(
        intake,
        body=BODY_CODE,
        inspector=INSPECTOR,
        group=VARIETY[cell.variety].group,
        measured=replace(FRUIT[cell.grade], diameter_mm=cell.size_mm + 1),
        actor=actor,
    )
    receipts.store_intake(intake, product.cell, actor=actor)
    receipts.issue_receipt(
        intake,
        product.cell,
        actor=actor,
        kg=tonnes * 1_000,
        shelf_life_days=product.variety.shelf_life_days,
    )
