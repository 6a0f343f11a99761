"""GB/T 10651-2008 as data: what makes a class, and which lot meets which cell."""

from dataclasses import replace
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse_receipts.goods import CELL, FUJI_CLASS_1
from warehouse_receipts.edition_rules import grading_edition
from warehouse_receipts.grading import DELIVERABLE, LotFacts, assess, mismatches
from warehouse_receipts.types import Bagging, Grade, Measurements, StoreType, VarietyGroup

founding = import_module("warehouse_receipts.migrations.0006_rule_editions")
EDITION = grading_edition("GB/T 10651-2008", founding.canonical(founding.GRADING_2008))
"""The first edition, as the migration founded it."""

FLAWLESS = Measurements(
    sample_fruit=200, diameter_mm=85, colour_pct=95, firmness_tenths=80, ssc_tenths=145, nonconforming_pct=2
)
ORDER = (Grade.EXTRA, Grade.CLASS_1, Grade.CLASS_2, Grade.FIELD_RUN)


def grade(measured: Measurements, group: VarietyGroup = VarietyGroup.FUJI) -> Grade:
    return assess(measured, group, EDITION).grade


def test_flawless_fruit_is_extra() -> None:
    assert grade(FLAWLESS) == Grade.EXTRA


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colour_pct": 89}, Grade.CLASS_1),
        ({"colour_pct": 79}, Grade.CLASS_2),
        ({"colour_pct": 54}, Grade.FIELD_RUN),
        ({"diameter_mm": 69}, Grade.CLASS_2),
        ({"diameter_mm": 64}, Grade.FIELD_RUN),
        ({"stem": 1}, Grade.CLASS_2),
        ({"small_spots": 5}, Grade.CLASS_1),
        ({"small_spots": 6}, Grade.CLASS_2),
        ({"insect_scar_mm2": 20}, Grade.CLASS_1),
        ({"insect_scar_mm2": 21}, Grade.CLASS_2),
        ({"bruise_mm2": 90, "bruise_largest_mm2": 30}, Grade.CLASS_2),
        ({"bruise_mm2": 90, "bruise_largest_mm2": 31}, Grade.FIELD_RUN),
        ({"rub_mm2": 101}, Grade.FIELD_RUN),
        ({"russet_pct": 10}, Grade.CLASS_1),
        ({"russet_pct": 21}, Grade.FIELD_RUN),
        ({"nonconforming_pct": 5}, Grade.CLASS_1),
        ({"severe_pct": 1}, Grade.FIELD_RUN),
    ],
    ids=str,
)
def test_each_limit_of_the_standard_decides(change: dict[str, int], expected: Grade) -> None:
    assert grade(replace(FLAWLESS, **change)) == expected


def test_varieties_are_held_to_their_own_colour_and_size() -> None:
    gala = replace(FLAWLESS, colour_pct=80, diameter_mm=60)

    assert grade(gala, VarietyGroup.GALA) == Grade.EXTRA
    assert grade(gala, VarietyGroup.FUJI) == Grade.FIELD_RUN
    assert grade(replace(FLAWLESS, colour_pct=0), VarietyGroup.GOLDEN) == Grade.EXTRA


def test_the_report_says_what_kept_the_lot_from_the_next_class() -> None:
    found = assess(replace(FLAWLESS, colour_pct=82, small_spots=4), VarietyGroup.FUJI, EDITION)

    assert found.grade == Grade.CLASS_1
    assert [(f.value, f.found, f.allowed) for f in found.held_back_by] == [
        ("small_spots", 4, 0),
        ("colour_pct", 82, 90),
    ]


measurements = st.builds(
    Measurements,
    sample_fruit=st.just(200),
    diameter_mm=st.integers(50, 100),
    colour_pct=st.integers(0, 100),
    firmness_tenths=st.just(75),
    ssc_tenths=st.just(135),
    shape=st.integers(0, 3),
    stem=st.integers(0, 2),
    severe_pct=st.integers(0, 2),
    bruise_mm2=st.integers(0, 150),
    rub_mm2=st.integers(0, 150),
    small_spots=st.integers(0, 15),
    russet_pct=st.integers(0, 30),
    nonconforming_pct=st.integers(0, 10),
)


@given(measurements, st.sampled_from(VarietyGroup), st.integers(0, 20), st.integers(0, 20))
def test_better_fruit_never_grades_worse(
    measured: Measurements, group: VarietyGroup, larger_mm: int, more_colour: int
) -> None:
    better = replace(
        measured,
        diameter_mm=measured.diameter_mm + larger_mm,
        colour_pct=min(100, measured.colour_pct + more_colour),
        rub_mm2=measured.rub_mm2 // 2,
        severe_pct=0,
    )

    assert ORDER.index(grade(better, group)) <= ORDER.index(grade(measured, group))


LOT = LotFacts(
    variety_code="fuji",
    bagging=Bagging.PAPER,
    county="旬邑县",
    crop_year=2026,
    store_type=StoreType.COLD,
    grade=Grade.CLASS_1,
    diameter_mm=81,
)


def test_a_lot_that_meets_the_cell_has_no_mismatch() -> None:
    assert assess(FUJI_CLASS_1, VarietyGroup.FUJI, EDITION).grade == Grade.CLASS_1
    assert mismatches(LOT, CELL) == []
    assert mismatches(LOT._replace(grade=Grade.EXTRA, diameter_mm=90), CELL) == []


@pytest.mark.parametrize(
    "change",
    [
        {"variety_code": "qinguan"},
        {"bagging": Bagging.FILM},
        {"county": "礼泉县"},
        {"crop_year": 2025},
        {"store_type": StoreType.CA},
        {"grade": Grade.CLASS_2},
        {"diameter_mm": 79},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_difference_is_named_in_both_languages(change: dict[str, object]) -> None:
    ((zh, en),) = mismatches(LOT._replace(**change), CELL)  # type: ignore[arg-type]

    assert zh
    assert en


def test_field_run_takes_any_class_and_extra_only_the_best() -> None:
    assert DELIVERABLE[Grade.FIELD_RUN] == set(Grade)
    assert DELIVERABLE[Grade.EXTRA] == {Grade.EXTRA}
    assert Grade.CLASS_2 in DELIVERABLE[Grade.CLASS_1_2]
    assert set(DELIVERABLE) == set(Grade)
