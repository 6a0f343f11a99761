"""Rule data of an edition: from JSON that people write to checked values, and back to its one spelling.

Grading:  {"classes": [{"grade": "extra", "shape": 0, …}, …], "colour_pct": {"fuji": [90, 80, 55], …},
           "small_fruit": ["gala"]}
Sampling: {"least_fruit": 100, "plan": [{"up_to": 100, "pieces": 5}, …, {"up_to": null, "pieces": 15}]}

Classes come best first, and no limit may be stricter in a class than in a better one: otherwise a lot could
reach the better class and not the worse. Nothing here reads a table; equal text gives equal rules.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

from exchange.kernel.canonical import json_of_checked
from warehouse_receipts.edition_errors import BadEdition
from warehouse_receipts.grading import UPPER_LIMITS, Edition, GradeRule
from warehouse_receipts.states import EditionKind
from warehouse_receipts.types import Grade, VarietyGroup

CLASSES = (Grade.EXTRA, Grade.CLASS_1, Grade.CLASS_2)
"""The classes an edition defines; what keeps none of them is 统货."""
FLOORS = ("large_fruit_mm", "small_fruit_mm")

MAX_TEXT = 20_000
MAX_ROWS = 50
_CEILINGS = {
    "shape": 3,
    "stem": 2,
    "russet_pct": 100,
    "nonconforming_pct": 100,
    "small_spots": 1_000,
    "defect_kinds": 20,
    "large_fruit_mm": 150,
    "small_fruit_mm": 150,
}
_AREA_MM2 = 10_000


class PlanRow(NamedTuple):
    """Lots of up to so many pieces (None: any more) give at least so many to the sample."""

    up_to: int | None
    pieces: int


class SamplingPlan(NamedTuple):
    """One edition of the sampling plan."""

    name: str
    rows: tuple[PlanRow, ...]
    least_fruit: int

    def least_sample(self, lot_pieces: int) -> int:
        """How many pieces a lot of so many gives to the sample, never more than it has."""
        wanted = next(row.pieces for row in self.rows if row.up_to is None or lot_pieces <= row.up_to)
        return min(lot_pieces, wanted)


def canonical_rules(kind: EditionKind, text: str) -> str:
    """The one spelling of rule data in JSON, once they are checked. Raises BadEdition with the place."""
    data = _parsed(text)
    (_check_grading if kind == EditionKind.GRADING else _check_sampling)(data)
    return json_of_checked(data)


def _parsed(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise _bad("$", f"超过 {MAX_TEXT} 个字符", f"more than {MAX_TEXT} characters")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except json.JSONDecodeError as error:
        where = f"{error.lineno}:{error.colno}"
        raise _bad(where, "不是 JSON", f"not JSON, {error.msg}") from None
    except (RecursionError, ValueError):
        raise _bad("$", "不是 JSON", "not JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise _bad(twice[:40], "出现两次", "named twice")
    return found


def _no_float(text: str) -> int:
    raise _bad(text[:40], "只接受整数", "whole numbers only")


def _bad(where: str, why_zh: str, why_en: str) -> BadEdition:
    return BadEdition(where=where, why_zh=why_zh, why_en=why_en)


# What must hold ---------------------------------------------------------------------------------------


def _members(where: str, value: Any, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad(where, "应为对象", "an object is wanted")
    for name in names:
        if name not in value:
            raise _bad(f"{where}.{name}", "缺少", "missing")
    for name in value:
        if name not in names:
            raise _bad(f"{where}.{name[:40]}", "多余", "not known")
    return value


def _list(where: str, value: Any, *, least: int = 0, most: int = MAX_ROWS) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _bad(where, f"应为 {least} 至 {most} 项的列表", f"a list of {least} to {most} is wanted")
    return value


def _whole(where: str, value: Any, most: int, *, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _bad(
            where, f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most} is wanted"
        )
    return value


def _group(where: str, value: Any) -> VarietyGroup:
    if value not in VarietyGroup.values:
        raise _bad(where, "没有此品种组", "there is no such group of varieties")
    return VarietyGroup(value)


def _check_grading(data: Any) -> None:
    rules = _members("$", data, ("classes", "colour_pct", "small_fruit"))
    classes = _list("classes", rules["classes"], least=len(CLASSES), most=len(CLASSES))
    names = [field.name for field in fields(GradeRule)]
    for at, (rule, grade) in enumerate(zip(classes, CLASSES, strict=True)):
        where = f"classes[{at}]"
        _members(where, rule, names)
        if rule["grade"] != grade:
            raise _bad(
                f"{where}.grade", f"应为 {grade.value}，由优到次", f"{grade.value} is wanted, best first"
            )
        for name in (*UPPER_LIMITS, *FLOORS):
            _whole(f"{where}.{name}", rule[name], _CEILINGS.get(name, _AREA_MM2))
        if rule["small_fruit_mm"] > rule["large_fruit_mm"]:
            raise _bad(f"{where}.small_fruit_mm", "大于大型果下限", "above that of large fruit")
        if at:
            _check_order(where, classes[at - 1], rule)
    _check_colour(rules["colour_pct"])
    groups = _list("small_fruit", rules["small_fruit"], most=len(VarietyGroup))
    for at, name in enumerate(groups):
        _group(f"small_fruit[{at}]", name)
        if name in groups[:at]:
            raise _bad(f"small_fruit[{at}]", "出现两次", "named twice")


def _check_order(where: str, better: Mapping[str, int], worse: Mapping[str, int]) -> None:
    """No limit of a class is stricter than that of the better one."""
    for name in UPPER_LIMITS:
        if worse[name] < better[name]:
            raise _bad(f"{where}.{name}", "比上一等级更严", "stricter than in the better class")
    for name in FLOORS:
        if worse[name] > better[name]:
            raise _bad(f"{where}.{name}", "比上一等级更严", "stricter than in the better class")


def _check_colour(colour: Any) -> None:
    if not isinstance(colour, dict):
        raise _bad("colour_pct", "应为对象", "an object is wanted")
    for name, floors in colour.items():
        where = f"colour_pct.{name[:40]}"
        _group(where, name)
        _list(where, floors, least=len(CLASSES), most=len(CLASSES))
        for at, floor in enumerate(floors):
            _whole(f"{where}[{at}]", floor, 100)
            if at and floor > floors[at - 1]:
                raise _bad(f"{where}[{at}]", "比上一等级更严", "stricter than in the better class")


def _check_sampling(data: Any) -> None:
    rules = _members("$", data, ("least_fruit", "plan"))
    _whole("least_fruit", rules["least_fruit"], 10_000, least=1)
    plan = _list("plan", rules["plan"], least=1)
    for at, row in enumerate(plan):
        where = f"plan[{at}]"
        _members(where, row, PlanRow._fields)
        _whole(f"{where}.pieces", row["pieces"], 10_000, least=1)
        last = at == len(plan) - 1
        if last != (row["up_to"] is None):
            raise _bad(f"{where}.up_to", "只有最后一行为 null", "null in the last row and only there")
        if not last:
            _whole(f"{where}.up_to", row["up_to"], 10_000_000, least=1)
        if at and not last and row["up_to"] <= plan[at - 1]["up_to"]:
            raise _bad(f"{where}.up_to", "应逐行增大", "must grow from row to row")
        if at and row["pieces"] < plan[at - 1]["pieces"]:
            raise _bad(f"{where}.pieces", "不得小于上一行", "must not fall from row to row")


# Rules to work with -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def grading_edition(name: str, text: str) -> Edition:
    """The grading rules in checked rule data."""
    data = json.loads(text)
    return Edition(
        name=name,
        rules=tuple(GradeRule(**{**rule, "grade": Grade(rule["grade"])}) for rule in data["classes"]),
        colour={VarietyGroup(group): tuple(floors) for group, floors in data["colour_pct"].items()},
        small_fruit=frozenset(VarietyGroup(group) for group in data["small_fruit"]),
    )


@lru_cache(maxsize=64)
def sampling_plan(name: str, text: str) -> SamplingPlan:
    """The sampling plan in checked rule data."""
    data = json.loads(text)
    return SamplingPlan(name, tuple(PlanRow(**row) for row in data["plan"]), data["least_fruit"])


class RuleValue(NamedTuple):
    """One number of an edition: where it stands and what it is, None where it is not there."""

    where: tuple[str, ...]
    """E.g. ("classes", "extra", "shape"), ("colour_pct", "fuji", "class_1"), ("plan", "100")."""
    value: int | None


def flat_rules(kind: EditionKind, text: str) -> tuple[RuleValue, ...]:
    """Every number of checked rule data with a stable name, to show and to compare."""
    data = json.loads(text)
    if kind == EditionKind.SAMPLING:
        rows = [("plan", "" if row["up_to"] is None else str(row["up_to"])) for row in data["plan"]]
        pieces = [row["pieces"] for row in data["plan"]]
        found = [(("least_fruit",), data["least_fruit"]), *zip(rows, pieces, strict=True)]
    else:
        limits = (*UPPER_LIMITS, *FLOORS)
        found = [
            (("classes", rule["grade"], name), rule[name]) for name in limits for rule in data["classes"]
        ]
        found += [
            (("colour_pct", group, grade.value), floor)
            for group, floors in sorted(data["colour_pct"].items())
            for grade, floor in zip(CLASSES, floors, strict=True)
        ]
        found += [(("small_fruit", group), 1) for group in sorted(data["small_fruit"])]
    return tuple(RuleValue(where, value) for where, value in found)


class RuleChange(NamedTuple):
    """A number that differs between two editions; None where one of them does not have it."""

    where: tuple[str, ...]
    before: int | None
    after: int | None


def changes(kind: EditionKind, before: str, after: str) -> tuple[RuleChange, ...]:
    """What differs between two editions, in the order of the newer, what it dropped last."""
    old, new = (dict(flat_rules(kind, text)) for text in (before, after))
    return tuple(
        RuleChange(where, old.get(where), new.get(where))
        for where in dict.fromkeys([*new, *old])
        if old.get(where) != new.get(where)
    )
