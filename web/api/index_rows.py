"""The price index as the API shows it: points and prices as text, changes in basis points."""

from typing import Any

from exchange.kernel.money import format_yuan, format_yuan_milli
from exchange.price_index.indicative import IndicativeRow
from exchange.price_index.periods import Against, PeriodRow
from exchange.price_index.series_selectors import SeriesRow
from exchange.price_index.series_types import Figures
from exchange.price_index.types import CellPriceRow, IndexValueRow
from web.api.rows import text, time_text


def index_value(row: IndexValueRow) -> dict[str, Any]:
    """A published index value."""
    return {
        "index": row.index_code,
        "name": text(row.index_name, row.index_name_en),
        "day": row.day.isoformat(),
        "revision": row.revision,
        "value": None if row.value is None else format_yuan(row.value),
        "previous": None if row.previous is None else format_yuan(row.previous),
        "change_bps": row.change_bps,
        "status": row.status.value,
        "method_version": row.method_version,
        "evidence_hash": row.evidence_hash,
        "published_at": time_text(row.published_at) if row.published_at else None,
        "reason": row.reason,
    }


def index_series(row: SeriesRow) -> dict[str, Any]:
    """A series on a published day."""
    return {
        "series": row.series.code,
        "dimension": row.series.dimension.value,
        "key": row.series.key,
        "day": row.day.isoformat(),
        "value": _points(row.value),
        "cells": row.cells,
        "weight_bps": row.weight_bps,
        "coverage_bps": row.coverage_bps,
        **_figures(row.figures),
        "revised": row.revised,
        "previous": _compared(row.before),
        "year_before": _compared(row.year_before),
    }


def index_period(row: PeriodRow) -> dict[str, Any]:
    """A day, week or month of a series."""
    return {
        "period": row.key,
        "first": row.first.isoformat(),
        "last": row.last.isoformat(),
        "value": _points(row.value),
        "days": row.days,
        "high": _points(row.high),
        "low": _points(row.low),
        **_figures(row.figures),
        "revised": row.revised,
        "previous": _compared(row.before),
        "year_before": _compared(row.year_before),
    }


def _points(value: int | None) -> str | None:
    return None if value is None else format_yuan(value)


def _figures(found: Figures) -> dict[str, Any]:
    mean = found.mean_milli
    return {
        "mean_price": None if mean is None else format_yuan_milli(mean),
        "volume_kg": found.volume_kg,
        "trades": found.trades,
    }


def _compared(found: Against | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"period": found.key, "value": format_yuan(found.value), "change_bps": found.change_bps}


def indicative(row: IndicativeRow) -> dict[str, Any]:
    """The index as it would be now."""
    return {
        "day": row.day.isoformat(),
        "value": format_yuan(row.value),
        "previous": format_yuan(row.previous),
        "change_bps": row.change_bps,
        "coverage_bps": row.coverage_bps,
        "computed_at": time_text(row.computed_at),
    }


def cell_price(row: CellPriceRow) -> dict[str, Any]:
    """Price of one cell of an index."""
    milli = row.price_milli
    return {
        "product": row.product_code,
        "price": None if milli is None else format_yuan_milli(milli),
        "level": int(row.level),
        "observed_on": row.observed_on.isoformat() if row.observed_on else None,
        "trades": row.trades,
        "volume_kg": row.volume_kg,
    }
