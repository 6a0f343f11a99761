"""What a lot is worth by an edition of the grading rules (GB/T 10651 鲜苹果), and which cells it may serve.

The limits are rows (`models.editions`) that one person proposes and another approves; here is what follows
from them, a pure function: equal measurements and edition, equal grade. A report stores standard and edition,
so that a lot keeps the grade it was given when the next edition comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from warehouse_receipts.types import Bagging, CellSpec, Grade, Measurements, VarietyGroup


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


class Edition(NamedTuple):
    """One edition of the grading rules."""

    name: str
    """Standard and edition, as reports and contracts quote it."""
    rules: tuple[GradeRule, ...]
    """Best class first."""
    colour: Mapping[VarietyGroup, tuple[int, ...]]
    """Least colour in percent by class; groups not named have "the colour of the variety", judged by eye."""
    small_fruit: frozenset[VarietyGroup]
    """Groups measured as medium or small fruit."""


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
    """Name of the edition it was graded by."""
    held_back_by: tuple[Finding, ...]


UPPER_LIMITS = (
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


def assess(measured: Measurements, group: VarietyGroup, edition: Edition) -> Assessment:
    """The best class whose every limit the lot keeps; FIELD_RUN (统货) when it keeps none.

    Punctures, cracks, disease and pests (severe_pct) are allowed in no class.
    """
    floors = edition.colour.get(group, (0,) * len(edition.rules))
    held_back: tuple[Finding, ...] = ()
    for rule, colour_pct in zip(edition.rules, floors, strict=True):
        findings = _findings(measured, rule, colour_pct, small=group in edition.small_fruit)
        if not findings:
            return Assessment(rule.grade, edition.name, held_back)
        held_back = findings
    return Assessment(Grade.FIELD_RUN, edition.name, held_back)


def _findings(
    measured: Measurements, rule: GradeRule, colour_pct: int, *, small: bool
) -> tuple[Finding, ...]:
    found = [
        Finding(name, getattr(measured, name), getattr(rule, name))
        for name in UPPER_LIMITS
        if getattr(measured, name) > getattr(rule, name)
    ]
    least_mm = rule.small_fruit_mm if small else rule.large_fruit_mm
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
