"""The family of index series as pages and files show it: names, comparisons, tables, downloads.

Values are in hundredths of a point, mean prices in thousandths of a fen per kg.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.money import format_yuan
from exchange.markets.selectors import varieties
from exchange.price_index.periods import Against, Period, PeriodRow
from exchange.price_index.series_selectors import SeriesRow, series_in
from exchange.price_index.series_types import HEADLINE_SERIES, Dimension, Figures, Series
from exchange.price_index.types import IndexValueRow
from web.pages import words
from web.templatetags.jinguo import percent

MILLI = 1_000
YEAR_PLACES = 4
"""Characters of a period's key that are the year."""

DIMENSION: words.Words = {
    "all": lazy("总指数"),
    "variety": lazy("分品种"),
    "size": lazy("分果径"),
    "county": lazy("分产地"),
    "store": lazy("分贮藏方式"),
    "bagging": lazy("分套袋方式"),
}
PERIOD: words.Words = {"day": lazy("按日"), "week": lazy("按周"), "month": lazy("按月")}


def asked_series(request: HttpRequest) -> Series:
    """The series of the address; the headline unless it names one. Raises UnknownSeries."""
    code = request.GET.get("series", "").strip()
    return series_in(code) if code else HEADLINE_SERIES


def asked_period(request: HttpRequest) -> Period:
    """The period of the address; days unless it names another."""
    asked = request.GET.get("period", "")
    return Period(asked) if asked in list(Period) else Period.DAY


def namer() -> Callable[[Series], str]:
    """A function that names series in the reader's language; it knows the varieties of now."""
    known = {row.code: row.name_zh if words.in_chinese() else row.name_en for row in varieties()}

    def name(series: Series) -> str:
        match series.dimension:
            case Dimension.ALL:
                return words.word(DIMENSION, series.dimension.value)
            case Dimension.VARIETY:
                return known.get(series.key, series.key)
            case Dimension.SIZE:
                return _("%(size)s#") % {"size": series.key}
            case Dimension.COUNTY:
                return words.word(words.COUNTY, series.key)
            case Dimension.STORE:
                return words.word(words.STORE, series.key)
            case Dimension.BAGGING:
                return words.word(words.BAGGING, series.key)

    return name


def families(rows: Iterable[SeriesRow]) -> list[dict[str, Any]]:
    """Sub-indexes by dimension, as the table has them; the headline is not among them."""
    name = namer()
    return [
        {
            "name": words.word(DIMENSION, dimension.value),
            "rows": [_series_shown(row, name(row.series)) for row in group],
        }
        for dimension, group in groupby(rows, key=lambda row: row.series.dimension)
        if dimension != Dimension.ALL
    ]


def _series_shown(row: SeriesRow, name: str) -> dict[str, Any]:
    return {
        "code": row.series.code,
        "name": name,
        "value": row.value,
        "before": against(row.value, row.before),
        "year_before": against(row.value, row.year_before, own=row.day.isoformat()),
        "weight_bps": row.weight_bps,
        "cells": row.cells,
        "coverage_bps": row.coverage_bps,
        **figures(row.figures),
    }


def figures(found: Figures) -> dict[str, Any]:
    """Mean price in whole fen, kilograms and trades."""
    return {"mean": fen(found.mean_milli), "volume_kg": found.volume_kg, "trades": found.trades}


def against(value: int | None, found: Against | None, *, own: str = "") -> dict[str, Any]:
    """A comparison: the difference, its basis points, and what with; Nones and no key without one.

    ``moved``: another date or week of the year before than that of the row's own key.
    """
    if found is None or value is None:
        return {"change": None, "bps": None, "key": "", "moved": False}
    moved = found.key[YEAR_PLACES:] != own[YEAR_PLACES:]
    return {"change": value - found.value, "bps": found.change_bps, "key": found.key, "moved": moved}


def period_shown(row: PeriodRow, published: IndexValueRow | None) -> dict[str, Any]:
    """A row of the history; a day has the status and the hash of the value it was published with."""
    return {
        "key": row.key,
        "first": row.first,
        "last": row.last,
        "days": row.days,
        "value": row.value,
        "high": row.high,
        "low": row.low,
        "before": against(row.value, row.before),
        "year_before": against(row.value, row.year_before, own=row.key),
        "revised": row.revised,
        "status": "" if published is None else published.status.value,
        "hash": "" if published is None else published.evidence_hash,
        **figures(row.figures),
    }


def fen(milli: int | None) -> int | None:
    """Thousandths of a fen to whole fen, half up, for showing."""
    return None if milli is None else (milli * 2 + MILLI) // (2 * MILLI)


# Downloads -------------------------------------------------------------------------------------------


def export_header() -> list[str]:
    """Headings of ``export_rows``."""
    return [
        _("系列代码"), _("系列"), _("期间"), _("首日"), _("末日"), _("指数"), _("环比"), _("环比对比期"),
        _("同比"), _("同比对比期"), _("均价 元/公斤"), _("成交 公斤"), _("笔数"), _("最高"), _("最低"),
        _("有值天数"), _("状态"), _("方法版本"), _("证据摘要"),
    ]  # fmt: skip


def export_rows(
    series: Series, rows: Sequence[PeriodRow], published: dict[str, IndexValueRow]
) -> Iterator[tuple[object, ...]]:
    """Periods of a series, as they come; days with the value they were published with."""
    name = namer()(series)
    for row in rows:
        value, mean = published.get(row.key), fen(row.figures.mean_milli)
        revised = _("已修订") if row.revised else ""
        yield (
            series.code,
            name,
            row.key,
            row.first.isoformat(),
            row.last.isoformat(),
            _points(row.value),
            *_compared(row.before),
            *_compared(row.year_before),
            "" if mean is None else format_yuan(mean),
            row.figures.volume_kg,
            row.figures.trades,
            _points(row.high),
            _points(row.low),
            row.days,
            revised if value is None else words.word(words.INDEX_STATUS, value.status),
            "" if value is None else value.method_version,
            "" if value is None else value.evidence_hash,
        )


def _points(value: int | None) -> str:
    return "" if value is None else format_yuan(value)


def _compared(found: Against | None) -> tuple[str, str]:
    return ("", "") if found is None else (percent(found.change_bps), found.key)
