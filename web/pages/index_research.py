"""研究序列: the research series of the index for everybody, what they were computed from, the calculator.

They compare; nothing is settled by them, and the page says so. Values are in hundredths of a point.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from exchange.kernel.money import format_yuan, format_yuan_milli
from exchange.markets.selectors import varieties
from exchange.price_index.research_method import SERIES, ResearchCell
from exchange.price_index.research_series import ResearchRow, published_means, research_months
from exchange.price_index.types import change_bps
from web.pages import words
from web.pages.access import public
from web.pages.csv_export import csv_response
from web.pages.index_series import fen
from web.pages.visitors import count_question

MONTHS_IN_LINE = 60
MONTHS_IN_TABLE = 36
LEAST_MONTHS = 2
ATTRIBUTES = ("variety", "bagging", "size_mm", "grade", "county", "store_type")
CHOSEN = "ccdi"
NAMES: words.Words = {
    "ccdi": "CCDI",
    "fisher": lazy("费雪"),
    "tornqvist": "Törnqvist",
    "wtpd": lazy("时间产品虚拟变量"),
    "hedonic": lazy("特征价格"),
}
"""Research series by their names in ``research_method``, the first one first."""


@public
@require_safe
def research(request: HttpRequest) -> HttpResponse:
    """One series drawn among the others, all in a table, the cells of the last month, the calculator."""
    rows = research_months()
    told = [row for row in rows if row.figures["cells"]]
    asked = request.GET.get("series", "")
    chosen = asked if asked in NAMES else CHOSEN
    means = published_means()
    lines = {name: _points(told[-MONTHS_IN_LINE:], name) for name in NAMES}
    context = {
        "enough": len(told) >= LEAST_MONTHS,
        "told": len(told),
        "chosen": chosen,
        "chosen_name": words.word(NAMES, chosen),
        "series": [(name, words.word(NAMES, name)) for name in NAMES],
        "points": lines[chosen],
        "others": [(words.word(NAMES, name), line) for name, line in lines.items() if name != chosen],
        "months": [_month(row, means) for row in reversed(rows[-MONTHS_IN_TABLE:])],
        "last": told[-1] if told else None,
        "cells": cells_shown(told[-1].figures["cells"]) if told else [],
        "change": _change(told, chosen),
    }
    return render(request, "pages/index_research.html", context)


def _points(rows: Sequence[ResearchRow], name: str) -> list[tuple[str, int]]:
    values = [(row.figures["month"], row.figures["values"][name]) for row in rows]
    return [(month, value) for month, value in values if value is not None]


def _month(row: ResearchRow, means: Mapping[str, int]) -> dict[str, Any]:
    return {
        "month": row.figures["month"],
        "published": means.get(row.figures["month"]),
        "values": [row.figures["values"][name] for name in NAMES],
        "cells": len(row.figures["cells"]),
        "hash": row.figures_hash,
    }


def _change(told: Sequence[ResearchRow], name: str) -> dict[str, Any] | None:
    """The last value of a series against the one before."""
    points = _points(told, name)
    if not points:
        return None
    value = points[-1][1]
    if len(points) < LEAST_MONTHS:
        return {"value": value, "by": None, "bps": None}
    before = points[-2][1]
    return {"value": value, "by": value - before, "bps": change_bps(value, before)}


def cells_shown(cells: Sequence[ResearchCell]) -> list[dict[str, Any]]:
    """The cells of a month with their names, heaviest first."""
    names = {each.code: each.name_zh if words.in_chinese() else each.name_en for each in varieties()}
    shown = [
        {
            "name": cell_name(cell, names),
            "price": fen(cell["price_milli"]),
            "share_bps": cell["share_permille"] * 10,
        }
        for cell in cells
    ]
    return sorted(shown, key=lambda each: -each["share_bps"])


def cell_name(cell: ResearchCell, varieties_by_code: dict[str, str]) -> str:
    """A cell in the reader's language; its name in the figures where nothing more is known of it."""
    known = cell["attributes"]
    if not known:
        return cell["product"]
    parts = [
        words.word(words.COUNTY, known["county"]),
        varieties_by_code.get(known["variety"], known["variety"]),
        words.word(words.BAGGING, known["bagging"]),
        f"{known['size_mm']}#" if words.in_chinese() else f"{known['size_mm']} mm+",
        words.word(words.GRADE, known["grade"]),
        words.word(words.STORE, known["store_type"]),
    ]
    return (" " if words.in_chinese() else ", ").join(parts)


# Downloads -------------------------------------------------------------------------------------------


@public
@require_safe
def series_csv(request: HttpRequest) -> HttpResponse:
    """Every published month of every series, newest first."""
    count_question(request)
    header = [_("月份"), *(words.word(NAMES, name) for name in NAMES), _("品种数"), _("方法版本"), _("摘要")]
    rows = [
        [
            row.figures["month"],
            *(_value(row.figures["values"][name]) for name in NAMES),
            len(row.figures["cells"]),
            row.figures["method"],
            row.figures_hash,
        ]
        for row in reversed(research_months())
    ]
    return csv_response("jinguo-index-research.csv", header, rows)


def _value(value: int | None) -> str:
    return "" if value is None else format_yuan(value)


@public
@require_safe
def inputs_csv(request: HttpRequest) -> HttpResponse:
    """What the series were computed from, as the calculator reads it; prices in yuan per kg."""
    count_question(request)
    rows = [
        [
            row.figures["month"],
            cell["product"],
            format_yuan_milli(cell["price_milli"]),
            cell["share_permille"],
            *(cell["attributes"].get(name, "") for name in ATTRIBUTES),
        ]
        for row in research_months()
        for cell in row.figures["cells"]
    ]
    header = ["period", "product", "price", "share", *ATTRIBUTES]
    return csv_response("jinguo-index-research-inputs.csv", header, rows)


@public
@require_safe
def figures_jsonl(request: HttpRequest) -> HttpResponse:
    """A line for each month, byte for byte as it was hashed."""
    count_question(request)
    body = b"".join(row.text + b"\n" for row in research_months())
    response = HttpResponse(body, content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="jinguo-index-research.jsonl"'
    return response


assert set(NAMES) == set(SERIES)
