"""GB/T 10651-2008 鲜苹果 as data, and what a lot is worth by it.

A report stores standard and edition, so that a lot keeps the grade it was given when the next edition
comes: add it to `EDITIONS`, change nothing here. The numbers follow table 1 and annex A of the standard as
reference copies give them; compare with the printed text before relying on them as law.
"""

from dataclasses import dataclass
from typing import NamedTuple

from warehouse_receipts.types import Bagging, CellSpec, Grade, Measurements, VarietyGroup

STANDARD = "GB/T 10651"
EDITION = "2008"


@dataclass(frozen=True, slots=True)
class GradeRule:
    """The most (least, for diameter and colour) a class allows. Units as in Measurements."""

    grade: Grade
    shape: int
    stem: int
    bruise_mm2: int
    bruise_largest_mm2: int
    rub_mm2: int
    sunburn_mm2: int
    insect_scar_mm2: int
    small_spots: int
    russet_pct: int
    defect_kinds: int
    nonconforming_pct: int
    large_fruit_mm: int
    small_fruit_mm: int


RULES_2008 = (
    GradeRule(
        grade=Grade.EXTRA,
        shape=0,
        stem=0,
        bruise_mm2=0,
        bruise_largest_mm2=0,
        rub_mm2=0,
        sunburn_mm2=0,
        insect_scar_mm2=0,
        small_spots=0,
        russet_pct=5,
        defect_kinds=0,
        nonconforming_pct=3,
        large_fruit_mm=70,
        small_fruit_mm=60,
    ),
    GradeRule(
        grade=Grade.CLASS_1,
        shape=1,
        stem=0,
        bruise_mm2=0,
        bruise_largest_mm2=0,
        rub_mm2=0,
        sunburn_mm2=0,
        insect_scar_mm2=20,
        small_spots=5,
        russet_pct=10,
        defect_kinds=0,
        nonconforming_pct=5,
        large_fruit_mm=70,
        small_fruit_mm=60,
    ),
    GradeRule(
        grade=Grade.CLASS_2,
        shape=2,
        stem=1,
        bruise_mm2=100,
        bruise_largest_mm2=30,
        rub_mm2=100,
        sunburn_mm2=100,
        insect_scar_mm2=100,
        small_spots=10,
        russet_pct=20,
        defect_kinds=4,
        nonconforming_pct=8,
        large_fruit_mm=65,
        small_fruit_mm=55,
    ),
)
"""Best class first."""

COLOUR_2008: dict[VarietyGroup, tuple[int, int, int]] = {
    VarietyGroup.FUJI: (90, 80, 55),
    VarietyGroup.GALA: (80, 70, 50),
    VarietyGroup.DELICIOUS: (95, 85, 60),
    VarietyGroup.QINGUAN: (90, 80, 55),
}
"""Least colour in percent by class; groups not named have "the colour of the variety", judged by eye."""

SMALL_FRUIT = frozenset({VarietyGroup.GALA})
"""Groups measured as medium or small fruit."""


class Edition(NamedTuple):
    """One edition of the standard."""

    rules: tuple[GradeRule, ...]
    colour: dict[VarietyGroup, tuple[int, int, int]]


EDITIONS: dict[str, Edition] = {EDITION: Edition(RULES_2008, COLOUR_2008)}


class Finding(NamedTuple):
    """One measured value that keeps a lot out of a class."""

    value: str
    """Name of the value in Measurements."""
    found: int
    allowed: int


class Assessment(NamedTuple):
    """The class a lot reaches, and what kept it out of the next better one."""

    grade: Grade
    edition: str
    held_back_by: tuple[Finding, ...]


_UPPER_LIMITS = (
    "shape",
    "stem",
    "bruise_mm2",
    "bruise_largest_mm2",
    "rub_mm2",
    "sunburn_mm2",
    "insect_scar_mm2",
    "small_spots",
    "russet_pct",
    "defect_kinds",
    "nonconforming_pct",
)


def assess(measured: Measurements, group: VarietyGroup, edition: str = EDITION) -> Assessment:
    """The best class whose every limit the lot keeps; FIELD_RUN (统货) when it keeps none.

    Punctures, cracks, disease and pests (severe_pct) are allowed in no class.
    """
    rules, colour = EDITIONS[edition]
    floors = colour.get(group, (0, 0, 0))
    held_back: tuple[Finding, ...] = ()
    for rule, colour_pct in zip(rules, floors, strict=True):
        findings = _findings(measured, group, rule, colour_pct)
        if not findings:
            return Assessment(rule.grade, edition, held_back)
        held_back = findings
    return Assessment(Grade.FIELD_RUN, edition, held_back)


def _findings(
    measured: Measurements, group: VarietyGroup, rule: GradeRule, colour_pct: int
) -> tuple[Finding, ...]:
    found = [
        Finding(name, getattr(measured, name), getattr(rule, name))
        for name in _UPPER_LIMITS
        if getattr(measured, name) > getattr(rule, name)
    ]
    least_mm = rule.small_fruit_mm if group in SMALL_FRUIT else rule.large_fruit_mm
    if measured.diameter_mm < least_mm:
        found.append(Finding("diameter_mm", measured.diameter_mm, least_mm))
    if measured.colour_pct < colour_pct:
        found.append(Finding("colour_pct", measured.colour_pct, colour_pct))
    if measured.severe_pct:
        found.append(Finding("severe_pct", measured.severe_pct, 0))
    return tuple(found)


DELIVERABLE: dict[Grade, frozenset[Grade]] = {
    Grade.EXTRA: frozenset({Grade.EXTRA}),
    Grade.CLASS_1: frozenset({Grade.EXTRA, Grade.CLASS_1}),
    Grade.CLASS_1_2: frozenset({Grade.EXTRA, Grade.CLASS_1, Grade.CLASS_2}),
    Grade.CLASS_2: frozenset({Grade.EXTRA, Grade.CLASS_1, Grade.CLASS_2}),
    Grade.SEMI_SELECTED: frozenset(Grade),
    Grade.FIELD_RUN: frozenset(Grade),
}
"""Which inspected classes may be delivered against a cell. 一二级 is a mixture of classes 1 and 2;
半商品 and 统货 are sold as they grew, whatever class the inspector finds."""


class LotFacts(NamedTuple):
    """What a lot is, as far as a cell asks."""

    variety_code: str
    bagging: Bagging
    county: str
    crop_year: int
    store_type: str
    grade: Grade
    diameter_mm: int


def mismatches(lot: LotFacts, cell: CellSpec) -> list[tuple[str, str]]:
    """Why a lot cannot be delivered against a cell, in Chinese and English; empty when it can."""
    equal = (
        ("品种", "variety", lot.variety_code, cell.variety_code),
        ("套袋", "bagging", lot.bagging, cell.bagging),
        ("产地", "county", lot.county, cell.county),
        ("产季", "crop year", lot.crop_year, cell.crop_year),
        ("库型", "store type", lot.store_type, cell.store_type),
    )
    found = [
        (f"{zh}为 {has}，要求 {wants}", f"{en} is {has}, not {wants}")
        for zh, en, has, wants in equal
        if has != wants
    ]
    if lot.diameter_mm < cell.size_mm:
        found.append(
            (
                f"果径 {lot.diameter_mm} 毫米，要求 {cell.size_mm} 毫米以上",
                f"diameter is {lot.diameter_mm} mm, below {cell.size_mm} mm",
            )
        )
    if lot.grade not in DELIVERABLE[cell.grade]:
        found.append(
            (
                f"等级 {lot.grade.label}，要求 {cell.grade.label}",
                f"grade is {lot.grade.value}, not {cell.grade.value}",
            )
        )
    return found
