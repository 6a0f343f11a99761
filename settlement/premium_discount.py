"""升贴水: what goods unlike the contract's are worth more or less, in basis points of its price.

Proportions follow the deliverable grades of the fresh-apple futures (CZCE AP): a smaller size class, a lower
grade, softer or browner flesh cost so much each; what a contract did not ask for is not paid for.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Criterion(NamedTuple):
    """One row of the table."""

    code: str
    zh: str
    en: str
    bps_per_step: int
    """Off the price, for each step worse than the contract."""
    most_steps: int


TABLE = {
    row.code: row
    for row in (
        Criterion("size", "果径每低一档（5 mm）", "Size, per 5 mm class below", 500, 3),
        Criterion("grade", "等级每低一级", "Grade, per class below", 1_000, 2),
        Criterion("firmness", "硬度每低 0.5 kgf/cm²", "Firmness, per 0.5 kgf/cm² below", 300, 4),
        Criterion("colour", "着色度每低 10%", "Colour, per 10% below", 200, 4),
        Criterion("bruise", "磕碰伤每超 1%", "Bruising, per 1% above", 100, 10),
        Criterion("core_rot", "霉心病果每 1%", "Mouldy core, per 1%", 150, 10),
        Criterion("water_core", "水心病果每 1%", "Water core, per 1%", 100, 10),
        Criterion("scald", "虎皮病果每 1%", "Scald, per 1%", 150, 10),
    )
}

MOST_BPS = 5_000
"""Beyond half the price the goods are not those of the contract: that is for a dispute."""

Findings = Sequence[tuple[str, int]]
"""(criterion, steps worse)."""


Steps = Sequence[tuple[str, int, int]]
"""The table of one version of the terms: (criterion, basis points for each step, most steps)."""

STEPS: Steps = tuple((row.code, row.bps_per_step, row.most_steps) for row in TABLE.values())


def discount_bps(findings: Findings, table: Steps = STEPS, most_bps: int = MOST_BPS) -> int:
    """What the findings take off the price. Raises KeyError, ValueError for what the table does not have."""
    known = {code: (bps, most) for code, bps, most in table}
    total = 0
    for code, steps in findings:
        bps, most = known[code]
        if not 0 <= steps <= most:
            raise ValueError(f"{code}: {steps} steps")
        total += bps * steps
    return min(total, most_bps)


def discount_fen(amount_fen: int, findings: Findings, table: Steps = STEPS, most_bps: int = MOST_BPS) -> int:
    """The same in fen of a price, rounded down."""
    return amount_fen * discount_bps(findings, table, most_bps) // 10_000
