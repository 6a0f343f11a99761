"""What warehouses, inspection bodies and the exchange may do at their desks, and what is refused there."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exchange.kernel import calendar, institutions
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import BadTransition, UnknownMember
from tests.warehouse_receipts.goods import (
    BODY,
    CELL,
    FUJI_CLASS_1,
    INSPECTOR,
    SELLER,
    a_booked_lot,
    a_sampled_lot,
    a_warehouse,
    an_inspected_lot,
    an_inspection_body,
    an_origin,
)
from warehouse_receipts import selectors, services
from warehouse_receipts.case_errors import BadFile
from warehouse_receipts.editions import sampling_plan_in_force
from warehouse_receipts.errors import (
    BadMeasurements,
    BadOrigin,
    BadReading,
    BadSampling,
    BadWarehouse,
    DuplicateWarehouse,
    IssueNotConfirmed,
    NotAccredited,
    NotYourGoods,
    OriginMissing,
    ResidueFound,
    SamePerson,
    UnknownRequest,
    UnknownRoom,
    WarehouseFull,
)
from warehouse_receipts.file_text import text_of
from warehouse_receipts.importing import (
    INTAKE_COLUMNS,
    ImportMode,
    KnownNames,
    import_intakes,
    import_readings,
)
from warehouse_receipts.inspecting import Residue, file_sampling
from warehouse_receipts.intake import Treatment, record_origin, weighing_formula
from warehouse_receipts.issuing import is_register_no, register_no
from warehouse_receipts.models import (
    Inspection,
    InspectionBody,
    Intake,
    IssueRequest,
    Reading,
    Room,
    Sampling,
)
from warehouse_receipts.states import ProposalKind
from warehouse_receipts.types import SampleWeights, StoreType, VarietyGroup
from warehouse_receipts.warehouses import (
    NewReading,
    NewRoom,
    NewWarehouse,
    continue_simulation,
    simulated_readings,
)

pytestmark = pytest.mark.django_db

MAKER, CHECKER = Actor("maker"), Actor("checker")

NEW = NewWarehouse(
    code="CW02",
    name="长武县二号库",
    county="长武县",
    address="长武县昭仁街道",
    keeper="长武县秦陇果品储藏有限公司",
    rooms=(NewRoom("A1", StoreType.COLD, 100_000), NewRoom("B1", StoreType.CA, 50_000)),
    storage_fee_fen_per_t_day=175,
    insurer="人保财险",
    policy_no="PZ2026",
    insured_fen=10**10,
    insured_until=date(2099, 1, 1),
)


def designated() -> str:
    services.decide_proposal(
        services.propose_warehouse(NEW, reason="申请", actor=MAKER), approve=True, reason="", actor=CHECKER
    )
    return NEW.code


# Warehouses -------------------------------------------------------------------------------------------


def test_a_warehouse_is_proposed_by_one_and_approved_by_another_and_gets_a_key() -> None:
    proposal = services.propose_warehouse(NEW, reason="申请", actor=MAKER)
    with pytest.raises(DuplicateWarehouse):
        services.propose_warehouse(NEW, reason="申请", actor=CHECKER)
    with pytest.raises(SamePerson):
        services.decide_proposal(proposal, approve=True, reason="", actor=MAKER)
    assert selectors.warehouses() == []
    services.decide_proposal(proposal, approve=True, reason="现场查验合格", actor=CHECKER)

    (row,) = selectors.warehouses()
    assert (row.code, row.capacity_kg) == ("CW02", 150_000)
    assert institutions.institution("warehouse:CW02").name == NEW.keeper


def test_changes_and_closing_are_proposed_too_and_nonsense_is_refused() -> None:
    code = designated()
    with pytest.raises(BadWarehouse):
        services.propose_change(code, {"stored_kg": 0}, reason="", actor=MAKER)
    with pytest.raises(BadWarehouse):
        services.propose_change(code, {"star": 6}, reason="", actor=MAKER)
    with pytest.raises(BadWarehouse):
        services.propose_warehouse(replace(NEW, code="X1", rooms=()), reason="", actor=MAKER)
    for propose in (
        lambda: services.propose_change(code, {"star": 5}, reason="评级", actor=MAKER),
        lambda: services.propose_room(code, NewRoom("A2", StoreType.COLD, 7), reason="扩建", actor=MAKER),
        lambda: services.propose_status(code, ProposalKind.CLOSE, reason="停业", actor=MAKER),
    ):
        services.decide_proposal(propose(), approve=True, reason="", actor=CHECKER)
    assert selectors.warehouses()[0].capacity_kg == 150_007
    assert selectors.warehouses()[0].status == "已撤销"


def test_goods_lie_in_a_room_of_their_store_type_with_space() -> None:
    code = designated()
    lot = an_inspected_lot(code, 60_000)
    services.store_intake(lot, CELL)
    assert list(Room.objects.order_by("code").values_list("stored_kg", flat=True)) == [60_000, 0]
    with pytest.raises(WarehouseFull):
        services.store_intake(an_inspected_lot(code, 40_001), CELL)


def test_readings_are_stored_once_and_bad_ones_not_at_all() -> None:
    code = designated()
    now = calendar.now()
    warm = NewReading("A1", now - timedelta(hours=1), 55, 92)
    assert services.record_readings(code, [warm], source="api") == 1
    services.record_readings(code, [warm], source="api")
    assert Reading.objects.count() == 1
    with pytest.raises(UnknownRoom):
        services.record_readings(code, [warm._replace(room="Z9", at=now)], source="api")
    with pytest.raises(BadReading):
        services.record_readings(code, [warm._replace(at=now + timedelta(days=1))], source="api")
    day = simulated_readings(
        "A1", StoreType.COLD, since=now - timedelta(days=1), until=now, every=timedelta(minutes=10)
    )
    assert services.record_readings(code, day, source="simulator") == 0
    assert Reading.objects.count() == 1 + len(day)
    report = import_readings(
        f"room,at,temperature,humidity_pct\nA1,{now.isoformat()},0.4,91\nA1,gestern,0.4,91\n",
        warehouse_code=code,
        mode=ImportMode.GOOD_ROWS,
    )
    assert (report.loaded, [row.code for row in report.rows]) == (1, ["", "bad_row"])


def test_a_simulated_room_goes_on_until_a_sensor_speaks() -> None:
    code, now = designated(), calendar.now()
    start = simulated_readings(
        "A1",
        StoreType.COLD,
        since=now - timedelta(hours=7),
        until=now - timedelta(hours=5),
        every=timedelta(hours=1),
    )
    services.record_readings(code, start, source="simulator")
    assert continue_simulation(now) == 5
    assert continue_simulation(now) == 0
    assert Reading.objects.count() == 7
    later = NewReading("A1", now, 4, 91)
    services.record_readings(code, [later], source="api")
    assert continue_simulation(now + timedelta(hours=3)) == 0


# Intake -----------------------------------------------------------------------------------------------


def test_the_formula_shows_how_the_weight_comes_about() -> None:
    sample = SampleWeights(pieces=20, gross_g=392_000, tare_g=32_000)
    assert weighing_formula(1_000, sample) == "(392.0 − 32.0) kg ÷ 20 × 1000 = 18000 kg"


def test_where_a_lot_grew_is_said_once_and_checked() -> None:
    lot = a_booked_lot(a_warehouse())
    with pytest.raises(BadOrigin):
        record_origin(lot, an_origin())
    harvested = an_origin().harvested_on
    sprayed = Treatment("毒死蜱", harvested - timedelta(days=5), 30)
    for bad in (
        replace(an_origin(), certificate_no=""),
        replace(an_origin(), harvested_on=calendar.today() + timedelta(days=1)),
        replace(an_origin(), bagged_on=harvested + timedelta(days=1)),
        replace(an_origin(), treatments=(sprayed,)),
    ):
        with pytest.raises(BadOrigin):
            services.book_intake(
                warehouse_code="XY01",
                owner_no=SELLER,
                orchard="x",
                county="旬邑县",
                variety_code="fuji",
                bagging=CELL.bagging,
                crop_year=2026,
                packaging="筐",
                origin=bad,
            )
    assert Intake.objects.count() == 1


def owner_no(named: str) -> int:
    if named != str(SELLER):
        raise UnknownMember
    return SELLER


ANYBODY = KnownNames(owner_no, lambda named: "fuji" if named == "红富士" else named)


def day_file(**last: str) -> str:
    """Three lots of a day; the last with these values changed."""
    row = {
        "owner_no": "1",
        "orchard": "唐家村",
        "county": "旬邑县",
        "variety": "fuji",
        "bagging": "纸袋",
        "crop_year": "2026",
        "packaging": "周转筐",
        "mark": "",
        "grower": "唐建设",
        "plot": "东坡",
        "harvested_on": an_origin().harvested_on.isoformat(),
        "certificate_no": "HGZ-1",
        "certificate_issuer": "唐家村",
        "plate": "陕D12345",
        "pieces": "1000",
        "sample_pieces": "20",
        "sample_gross_g": "392000",
        "sample_tare_g": "32000",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, INTAKE_COLUMNS)
    writer.writeheader()
    writer.writerows({**row, "reference": f"D{number}"} for number in (1, 2))
    writer.writerow({**row, "reference": "D3", **last})
    return text.getvalue()


def test_a_days_intake_loads_once_and_bad_rows_stop_it_or_are_left_out_by_choice() -> None:
    code = a_warehouse()

    def load(text: str, mode: ImportMode) -> list[tuple[int, str]]:
        report = import_intakes(text, warehouse_code=code, mode=mode, known=ANYBODY, actor=MAKER)
        assert report.loaded == sum(bool(row.intake_no) for row in report.rows)
        return [(row.line, row.code) for row in report.rows]

    bad = day_file(sample_pieces="0")
    assert load(bad, ImportMode.ALL_OR_NOTHING) == [(2, ""), (3, ""), (4, "bad_weights")]
    assert Intake.objects.count() == 0
    assert load(bad, ImportMode.GOOD_ROWS)[2] == (4, "bad_weights")
    assert Intake.objects.count() == 2
    assert load(day_file(), ImportMode.ALL_OR_NOTHING) == [(2, ""), (3, ""), (4, "")]
    assert Intake.objects.filter(state="weighed", net_kg=18_000).count() == 3
    for text in ("a,b\n1,2\n", 'x"', day_file() * 2_000):
        with pytest.raises(BadFile):
            load(text, ImportMode.GOOD_ROWS)
    assert load(day_file(bagging="铁皮", reference="D4"), ImportMode.GOOD_ROWS)[2] == (4, "bad_row")


def test_rows_are_checked_against_each_other_the_table_and_the_space_of_the_store() -> None:
    code = a_warehouse(capacity_kg=60_000)

    def load(text: str, mode: ImportMode = ImportMode.GOOD_ROWS) -> list[str]:
        report = import_intakes(text, warehouse_code=code, mode=mode, known=ANYBODY, actor=MAKER)
        return [row.code for row in report.rows]

    assert load(day_file(reference="D1"), ImportMode.ALL_OR_NOTHING) == ["", "", "duplicate_row"]
    assert Intake.objects.count() == 0
    assert load(day_file(pieces="9000"), ImportMode.ALL_OR_NOTHING) == ["", "", "warehouse_full"]
    assert Intake.objects.count() == 0
    assert load(day_file(owner_no="77")) == ["", "", "unknown_member"]
    assert load(day_file(reference="D2", pieces="999")) == ["", "", "duplicate_row"]
    changed = day_file().replace("D1", "D2").replace(",1000,", ",900,", 1)
    assert load(changed) == ["row_conflict", "duplicate_row", ""]
    assert load(day_file(reference="D4")) == ["", "", "warehouse_full"]
    assert load(day_file().replace("D3", "D5,more")) == ["", "", "bad_row"]
    cut = day_file(reference="D6")
    assert load(cut[: cut.rindex(",")]) == ["", "", "bad_row"]
    assert Intake.objects.count() == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_files_are_read_as_spreadsheets_save_them_and_never_when_cut_off(encoding: str) -> None:
    text = day_file()
    content = text.encode(encoding)
    assert text_of(content) == text
    last = content.rindex("村".encode(encoding.removesuffix("-sig")))
    with pytest.raises(BadFile):
        text_of(content[: last + 1])


def test_sixteen_bit_text_is_not_guessed_at() -> None:
    for encoding in ("utf-16", "utf-16-le"):
        with pytest.raises(BadFile):
            text_of(day_file().encode(encoding))


# Inspection -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "least"), [(3, 3), (100, 5), (101, 7), (500, 9), (1_000, 10), (10**6, 15)]
)
def test_the_plan_says_how_many_pieces_to_open(pieces: int, least: int) -> None:
    assert sampling_plan_in_force().least_sample(pieces) == least


def test_only_accredited_people_sample_and_never_too_little() -> None:
    lot = a_booked_lot(a_warehouse())
    an_inspection_body()
    services.arrive_intake(lot)
    services.weigh_intake(lot, pieces=1_000, sample=SampleWeights(20, 392_000, 32_000))
    with pytest.raises(NotAccredited):
        services.sample_intake(lot, body=BODY, sampler="路人")
    with pytest.raises(BadSampling):
        services.sample_intake(lot, body=BODY, sampler=INSPECTOR, pieces=9)
    with pytest.raises(BadSampling):
        services.sample_intake(lot, body=BODY, sampler=INSPECTOR, fruit=99)
    InspectionBody.objects.update(accredited_until=calendar.today() - timedelta(days=1))
    with pytest.raises(NotAccredited):
        services.sample_intake(lot, body=BODY, sampler=INSPECTOR)
    assert not Sampling.objects.exists()


def test_a_sample_is_filed_once() -> None:
    an_inspected_lot(a_warehouse(), 1_000)
    sample = Sampling.objects.get()
    file_sampling(sample.no, body=BODY, filing_no="咸市监抽 2026-1", actor=MAKER)
    with pytest.raises(BadTransition):
        file_sampling(sample.no, body=BODY, filing_no="咸市监抽 2026-2", actor=MAKER)


def inspected(lot: str, **found: object) -> str:
    return services.inspect_intake(
        lot, body=BODY, inspector=INSPECTOR, group=VarietyGroup.FUJI, measured=FUJI_CLASS_1, **found
    )


def test_sizes_must_be_of_the_whole_sample_and_bear_the_diameter_out() -> None:
    lot = a_booked_lot(a_warehouse())
    a_sampled_lot(lot, 1_000)
    for bad in ({82: 199}, {70: 11, 82: 189}, {0: 200}):
        with pytest.raises(BadMeasurements):
            inspected(lot, diameters=bad)
    report = inspected(lot, diameters={78: 10, 82: 120, 86: 70})
    assert Inspection.objects.get(no=report).diameters == {"78": 10, "82": 120, "86": 70}


def test_fruit_with_residues_above_the_limit_is_not_stored() -> None:
    lot = a_booked_lot(a_warehouse())
    a_sampled_lot(lot, 1_000)
    inspected(lot, residues=[Residue("毒死蜱", 1_200, 1_000)])
    with pytest.raises(ResidueFound):
        services.store_intake(lot, CELL)


# Issue ------------------------------------------------------------------------------------------------


def stored() -> str:
    lot = an_inspected_lot(a_warehouse(), 20_000)
    services.store_intake(lot, CELL)
    return lot


def test_a_receipt_needs_three_confirmations_and_a_fourth_person() -> None:
    request = services.request_issue(stored(), CELL, actor=MAKER)
    with pytest.raises(IssueNotConfirmed):
        services.register_issue(request, actor=CHECKER)
    with pytest.raises(NotYourGoods):
        services.confirm_as_owner(request, owner_no=99, actor=Actor("owner"))
    with pytest.raises(NotYourGoods):
        services.confirm_as_inspector(request, body_code="OTHER", actor=Actor("inspector"))
    with pytest.raises(SamePerson):
        services.confirm_as_inspector(request, body_code="SXGP", actor=MAKER)
    services.confirm_as_inspector(request, body_code="SXGP", actor=Actor("inspector"))
    services.confirm_as_owner(request, owner_no=SELLER, actor=Actor("owner"))
    for person in ("maker", "inspector", "owner"):
        with pytest.raises(SamePerson):
            services.register_issue(request, actor=Actor(person))
    services.register_issue(request, actor=CHECKER)
    with pytest.raises(UnknownRequest):
        services.register_issue(request, actor=CHECKER)

    number = IssueRequest.objects.get().register_no
    assert number is not None
    assert is_register_no(number)
    assert not is_register_no(number[:-2] + ("1" if number[-2] == "0" else "0") + number[-1])


def test_one_request_is_open_for_a_lot_and_a_refused_one_makes_room() -> None:
    lot = stored()
    request = services.request_issue(lot, CELL, actor=MAKER)
    with pytest.raises(BadTransition):
        services.request_issue(lot, CELL, actor=MAKER)
    services.refuse_issue(request, reason="货权待确认", actor=CHECKER)
    assert services.request_issue(lot, CELL, actor=MAKER) != request


def test_a_lot_that_says_nothing_of_where_it_grew_gets_no_receipt() -> None:
    a_warehouse()
    an_inspection_body()
    lot = services.book_intake(
        warehouse_code="XY01",
        owner_no=SELLER,
        orchard="x",
        county=CELL.county,
        variety_code="fuji",
        bagging=CELL.bagging,
        crop_year=2026,
        packaging="筐",
    )
    a_sampled_lot(lot, 1_000)
    inspected(lot)
    services.store_intake(lot, CELL)
    with pytest.raises(OriginMissing):
        services.issue_receipt(lot, CELL, actor=SYSTEM)


def test_a_register_number_shows_a_typing_mistake() -> None:
    number = register_no("XY01", date(2026, 11, 28), 42)
    assert is_register_no(number)
    assert not is_register_no(number.replace("XY", "YX"))
