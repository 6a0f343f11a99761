"""Public pages of the price index: the value, its line, what it was computed from, and downloads.

Values are in hundredths of a point, cell prices in thousandths of a fen per kg, normalised to the base
product by each cell's premium or discount.
"""

from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.kernel import calendar
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.money import format_yuan_milli
from exchange.markets.selectors import products_by_number
from exchange.price_index import method
from exchange.price_index.editions import NOTICE_DAYS, editions, link_document
from exchange.price_index.errors import UnknownIndex
from exchange.price_index.indicative import indicative
from exchange.price_index.periods import FALL_BACK_DAYS, Period
from exchange.price_index.publication import late_days
from exchange.price_index.selectors import definition, evidence_of, latest, published_values, revisions_of
from exchange.price_index.series_selectors import family_on, stored_series
from exchange.price_index.series_selectors import rows as series_rows
from exchange.price_index.series_types import HEADLINE_SERIES
from exchange.price_index.sub_indexes import groups
from exchange.price_index.types import (
    HEADLINE,
    METHOD_VERSION,
    CellPriceRow,
    IndexDefinitionRow,
    IndexEvidence,
    IndexValueRow,
)
from web.pages import words
from web.pages.access import public
from web.pages.consultations import open_now, versions_shown
from web.pages.csv_export import csv_response
from web.pages.index_series import (
    DIMENSION,
    PERIOD,
    asked_period,
    asked_series,
    export_header,
    export_rows,
    families,
    fen,
    namer,
    period_shown,
)

DAYS_IN_LINE = 250
DAYS_IN_TABLE = 30
DAYS_IN_DOWNLOAD = 1_000
MAX_REVISION_DIGITS = 4


def headline() -> dict[str, Any] | None:
    """The latest published value, or None before the first."""
    row = latest()
    return None if row is None else value_shown(row)


def index_now() -> dict[str, Any]:
    """For the head of the board: the latest published value, and today's so far."""
    row = latest()
    return {"headline": None if row is None else value_shown(row), "indicative": so_far(row)}


def so_far(last: IndexValueRow | None) -> dict[str, Any] | None:
    """Today's indicative value, while there is one and none is published."""
    row = indicative(last)
    if row is None:
        return None
    return {
        "value": row.value,
        "change": row.value - row.previous,
        "change_bps": row.change_bps,
        "at": row.computed_at,
    }


def value_shown(row: IndexValueRow) -> dict[str, Any]:
    """An index value as the templates show it."""
    change = None if row.value is None or row.previous is None else row.value - row.previous
    return {
        "day": row.day,
        "value": row.value,
        "change": change,
        "change_bps": row.change_bps,
        "status": row.status.value,
        "status_text": words.word(words.INDEX_STATUS, row.status),
        "hash": row.evidence_hash,
        "published_at": row.published_at,
        "published_by": row.published_by,
    }


@public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """A series (the headline unless asked), its line and history, the family, and the cells behind it."""
    published = published_values(limit=DAYS_IN_TABLE).rows
    if not published:
        return render(request, "pages/index.html", {**_notes(), "days": [], "indicative": so_far(None)})
    series, period = asked_series(request), asked_period(request)
    rows = series_rows(series, period, most=DAYS_IN_LINE)
    by_day = {row.day.isoformat(): row for row in published}
    found = evidence_of(published[0].day)
    name = namer()
    context: dict[str, Any] = {
        **_notes(),
        "series": series.code,
        "series_name": name(series),
        "is_headline": series == HEADLINE_SERIES,
        "period": period.value,
        "periods": [(each.value, words.word(PERIOD, each.value)) for each in Period],
        "days": [period_shown(row, by_day.get(row.key)) for row in rows[:DAYS_IN_TABLE]],
        "latest": value_shown(published[0]),
        "indicative": so_far(published[0]),
        "points": [(row.key, row.value) for row in reversed(rows) if row.value is not None],
        "families": families(family_on(published[0].day)),
        "parts": parts_of(found),
    }
    return render(request, "pages/index.html", context)


def _notes() -> dict[str, Any]:
    """What stands above the page of the index: consultations that are open, and a day that is late."""
    return {
        "consultations": open_now(),
        "late": next(iter(late_days(calendar.now())), None),
    }


@public
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """The head of the board again."""
    return render(request, "parts/index_now.html", index_now())


@public
@require_safe
def indicative_now(request: HttpRequest) -> HttpResponse:
    """Today's value so far, for the page of the index."""
    return render(request, "parts/index_indicative.html", {"indicative": so_far(latest())})


@public
@require_safe
def method_page(request: HttpRequest) -> HttpResponse:
    """How the index is computed, every edition of weights with its link, and the versions of the method."""
    context = {
        "version": METHOD_VERSION,
        "parameters": method.PARAMETERS,
        "notice_days": NOTICE_DAYS,
        "fall_back_days": FALL_BACK_DAYS,
        "definition": _definition(),
        "editions": editions(approved_only=True),
        **versions_shown(),
    }
    return render(request, "pages/index_method_page.html", context)


def _definition() -> IndexDefinitionRow | None:
    try:
        return definition()
    except UnknownIndex:
        return None


@public
@require_safe
def link_json(request: HttpRequest, number: int) -> HttpResponse:
    """The document of an edition's link, byte for byte as it was hashed."""
    response = HttpResponse(link_document(number), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{HEADLINE}-edition-{number}.json"'
    return response


@public
@require_safe
def day(request: HttpRequest, day: str) -> HttpResponse:
    """One day's value with everything it was computed from, and whether it still follows from that.

    ``series`` in the address: one sub-index worked out step by step; ``revision``: one published before.
    """
    found = evidence_of(_day_in(day), revision=_revision_in(request))
    versions = revisions_of(found.row.day)
    checked = checked_family(found)
    asked = request.GET.get("series", "")
    context = {
        "revision": found.row.revision,
        "current": versions[0].revision,
        "revisions": [
            {**value_shown(row), "revision": row.revision, "reason": row.reason} for row in versions
        ],
        "record": {**value_shown(found.row), "recomputes": recomputes(found)},
        "link": found.evidence.get("link"),
        "method_version": found.row.method_version,
        "family": checked,
        "steps": steps_of(found, asked) if any(each["code"] == asked for each in checked) else None,
        "asked": asked,
        "parts": parts_of(found),
    }
    return render(request, "pages/index_day.html", context)


@public
@require_safe
def evidence_json(request: HttpRequest, day: str) -> HttpResponse:
    """The evidence byte for byte as it was hashed: the SHA-256 of this file is the published one."""
    found = evidence_of(_day_in(day), revision=_revision_in(request))
    response = HttpResponse(canonical_json(found.evidence), content_type="application/json")
    revised = f"-r{found.row.revision}" if found.row.revision else ""
    filename = f"{found.row.index_code}-{found.row.day.isoformat()}{revised}.json"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


@public
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """A series by day, week or month as CSV, newest first."""
    series, period = asked_series(request), asked_period(request)
    published = published_values(limit=DAYS_IN_DOWNLOAD).rows if period == Period.DAY else ()
    by_day = {row.day.isoformat(): row for row in published}
    rows = series_rows(series, period, most=DAYS_IN_DOWNLOAD)
    which = series.key if series.key.isascii() and series.key.isalnum() else ""
    filename = "-".join(filter(None, ("jinguo-index", series.dimension.value, which, period.value)))
    return csv_response(f"{filename}.csv", export_header(), export_rows(series, rows, by_day))


# What is behind a value ------------------------------------------------------------------------------


def recomputes(found: IndexEvidence) -> bool:
    """Whether value and hash follow from the stored evidence."""
    same_hash = canonical_hash(found.evidence) == found.row.evidence_hash
    return same_hash and method.recompute(cast("method.Evidence", found.evidence)) == found.row.value


def checked_family(found: IndexEvidence) -> list[dict[str, Any]]:
    """The series stored with a value, and whether each follows from the evidence."""
    again = {each.series: each for each in method.apply(cast("method.Evidence", found.evidence)).series}
    name = namer()
    return [
        {
            "code": each.series.code,
            "name": name(each.series),
            "dimension": words.word(DIMENSION, each.series.dimension.value),
            "value": each.value,
            "cells": each.cells,
            "weight_bps": each.weight_bps,
            "coverage_bps": each.coverage_bps,
            "recomputes": again.get(each.series) == each,
        }
        for each in stored_series(found.row.day, found.row.revision)
    ]


def steps_of(found: IndexEvidence, code: str) -> dict[str, Any]:
    """How one series follows from the cells: start, weights, price relatives and their weighted mean."""
    evidence = cast("method.Evidence", found.evidence)
    results = method.apply(evidence)
    link = evidence["link"]
    cells = [
        method.priced_cell(cell, result.price_milli, evidence["parameters"])
        for cell, result in zip(evidence["cells"], results.cells, strict=True)
    ]
    series, own = next((key, own) for key, own in groups(cells).items() if key.code == code)
    starts = {**link["series"], HEADLINE_SERIES.code: link["value"]}
    weight = sum(cell.weight_bps for cell in own if cell.price_milli is not None)
    names = {id(cell): source["code"] for cell, source in zip(cells, evidence["cells"], strict=True)}
    return {
        "name": namer()(series),
        "start": starts.get(code, evidence["base_value"]),
        "start_day": link["day"],
        "value": next(each.value for each in results.series if each.series == series),
        "weight_bps": weight,
        "cells": [
            {
                "code": names[id(cell)],
                "weight_bps": cell.weight_bps,
                "base": milli_text(cell.base_price_milli),
                "price": milli_text(cell.price_milli),
                "relative": None
                if cell.price_milli is None
                else f"{Decimal(cell.price_milli) / Decimal(cell.base_price_milli):.6f}",
            }
            for cell in own
        ],
    }


def milli_text(milli: int | None) -> str:
    """Thousandths of a fen per kg as yuan per kg with all five places."""
    return "—" if milli is None else format_yuan_milli(milli)


def parts_of(found: IndexEvidence) -> list[dict[str, Any]]:
    """The cells of a value, heaviest first, with the weights it was computed with."""
    cells = {cell["product"]: cell for cell in cast("method.Evidence", found.evidence)["cells"]}
    products = products_by_number()
    shown = []
    for row in found.cells:
        cell, product = cells[row.product_number], products.get(row.product_number)
        shown.append(
            {
                "code": row.product_code,
                "name": row.product_code if product is None else words.product_name(product),
                "price": fen(row.price_milli),
                "base_price": fen(cell["base_price_milli"]),
                "weight_bps": cell["weight_bps"],
                "trades": row.trades,
                "volume_kg": row.volume_kg,
                "level_text": _level(row),
            }
        )
    return sorted(shown, key=lambda part: -part["weight_bps"])


def _level(row: CellPriceRow) -> str:
    text = words.word(words.LEVEL, int(row.level))
    older = row.observed_on is not None and row.observed_on != row.day
    return f"{text} {row.observed_on:%m-%d}" if older else text


def _revision_in(request: HttpRequest) -> int | None:
    """The revision the address asks for; None for the value in force."""
    text = request.GET.get("revision", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_REVISION_DIGITS):
        raise Http404
    return int(text)


def _day_in(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
