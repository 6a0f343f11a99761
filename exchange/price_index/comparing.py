"""Two values side by side, cell by cell: what whoever releases a value looks at."""

from typing import cast

from exchange.price_index import method
from exchange.price_index.governance_types import CellComparison, CellSide, ExclusionRow
from exchange.price_index.types import IndexEvidence


def compare(before: IndexEvidence | None, after: IndexEvidence) -> list[CellComparison]:
    """The cells of two values, in the order of their products; those of one side alone are there too."""
    old, new = {} if before is None else _sides(before), _sides(after)
    codes = {
        cell.product_number: cell.product_code for found in (before, after) if found for cell in found.cells
    }
    return [
        CellComparison(number, codes[number], old.get(number), new.get(number)) for number in sorted(codes)
    ]


def _sides(found: IndexEvidence) -> dict[int, CellSide]:
    results = method.apply(cast("method.Evidence", found.evidence)).cells
    excluded = {result.product: result.exclusions for result in results}
    return {
        cell.product_number: CellSide(
            price_milli=cell.price_milli,
            level=cell.level,
            trades=cell.trades,
            volume_kg=cell.volume_kg,
            exclusions=tuple(ExclusionRow(*each) for each in excluded.get(cell.product_number, ())),
        )
        for cell in found.cells
    }
