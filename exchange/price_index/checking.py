"""Whether what is stored with a value follows from its evidence: value, cells, sub-indexes, weights, link."""

import msgspec

from exchange.kernel.canonical import canonical_hash
from exchange.price_index import method
from exchange.price_index.baskets import basket_on
from exchange.price_index.linking import link_follows
from exchange.price_index.method import Evidence, IndexResult
from exchange.price_index.models import IndexLink, IndexValue, SeriesValue
from exchange.price_index.series_types import SeriesResult


def follows(value: IndexValue) -> bool:
    """Whether a stored value and all that is stored with it are what its evidence says."""
    evidence: Evidence = msgspec.json.decode(value.evidence)
    if canonical_hash(evidence) != value.evidence_hash:
        return False
    try:
        result = method.apply(evidence)
        return (
            (evidence["index"], evidence["day"], evidence["method"])
            == (value.definition.code, value.day.isoformat(), value.method_version)
            and result.value == value.value
            and _same_cells(value, result)
            and {_stored(row) for row in value.series.all()} == set(map(_computed, result.series))
            and _same_basket(value, evidence)
        )
    except (KeyError, TypeError, ValueError):
        return False  # evidence and hash were both replaced, by something of another shape


def _same_cells(value: IndexValue, result: IndexResult) -> bool:
    stored = value.cells.values_list("product_number", "level", "price_milli", "trades", "volume_kg")
    return list(stored.order_by("product_number")) == sorted(
        (cell.product, int(cell.level), cell.price_milli, cell.trades, cell.volume_kg)
        for cell in result.cells
    )


def _stored(row: SeriesValue) -> tuple[object, ...]:
    return (
        row.dimension, row.key, row.points, row.coverage_bps, row.weight_bps, row.cells,
        row.trades, row.volume_kg, row.turnover_milli,
    )  # fmt: skip


def _computed(found: SeriesResult) -> tuple[object, ...]:
    return (
        found.series.dimension.value, found.series.key, found.value, found.coverage_bps, found.weight_bps,
        found.cells, *found.figures,
    )  # fmt: skip


def _same_basket(value: IndexValue, evidence: Evidence) -> bool:
    """Whether the evidence has the weights and the link that were in force."""
    basket = basket_on(value.definition, value.day)
    cells = [
        (cell["product"], cell["weight_bps"], cell["base_price_milli"], cell["premium_discount_fen"])
        for cell in evidence["cells"]
    ]
    in_force = [
        (cell.product_number, cell.weight_bps, cell.base_price_milli, cell.premium_discount_fen)
        for cell in basket.cells
    ]
    return cells == in_force and evidence.get("link", basket.link) == basket.link


def broken_links() -> list[str]:
    """Every link that does not follow from the value it was made on, as code and edition."""
    rows = IndexLink.objects.select_related("edition__definition").order_by("pk")
    return [
        f"{row.edition.definition.code} edition {row.edition.number}" for row in rows if not link_follows(row)
    ]
