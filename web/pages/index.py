"""Public pages of the price index: the value, its line, what it was computed from, and downloads.

Values are in hundredths of a point, cell prices in thousandths of a fen per kg, normalised to the base
product by each cell's premium or discount.
"""

from datetime import date
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel import calendar
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products_by_number
from exchange.price_index import method
from exchange.price_index.consultation_selectors import open_consultations
from exchange.price_index.indicative import indicative
from exchange.price_index.publication import late_days
from exchange.price_index.selectors import definition, evidence_of, latest, published_values, revisions_of
from exchange.price_index.types import CellPriceRow, IndexEvidence, IndexValueRow
from web.pages import words
from web.pages.access import public
from web.pages.csv_export import csv_response

DAYS_IN_LINE = 250
DAYS_IN_TABLE = 30
DAYS_IN_DOWNLOAD = 1_000
MILLI = 1_000
MAX_REVISION_DIGITS = 4


def headline() -> dict[str, Any] | None:
    """The latest published value for the head of the board, or None before the first."""
    row = latest()
    return None if row is None else value_shown(row)


def so_far() -> dict[str, Any] | None:
    """Today's indicative value, while there is one and none is published."""
    row = indicative()
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
    """The headline value, its line, the cells behind it, and every published day."""
    rows = published_values(limit=DAYS_IN_LINE).rows
    context: dict[str, Any] = {
        "days": [value_shown(row) for row in rows[:DAYS_IN_TABLE]],
        "late": next(iter(late_days(calendar.now())), None),
        "consultations": open_consultations(calendar.today()),
        "chinese": words.in_chinese(),
        "indicative": so_far(),
    }
    if rows:
        context |= {
            "latest": value_shown(rows[0]),
            "points": [(row.day.isoformat(), row.value) for row in reversed(rows) if row.value is not None],
            "parts": parts_of(evidence_of(rows[0].day)),
        }
    return render(request, "pages/index.html", context)


@public
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """The head of the board again: the latest published value, and today's so far."""
    return render(request, "parts/index_now.html", {"headline": headline(), "indicative": so_far()})


@public
@require_safe
def indicative_now(request: HttpRequest) -> HttpResponse:
    """Today's value so far, for the page of the index."""
    return render(request, "parts/index_indicative.html", {"indicative": so_far()})


@public
@require_safe
def day(request: HttpRequest, day: str) -> HttpResponse:
    """One day's value with everything it was computed from, and whether it still follows from that.

    ``revision`` asks for one that was published before.
    """
    found = evidence_of(_day_in(day), revision=_revision_in(request))
    versions = revisions_of(found.row.day)
    context = {
        "revision": found.row.revision,
        "current": versions[0].revision,
        "revisions": [
            {**value_shown(row), "revision": row.revision, "reason": row.reason} for row in versions
        ],
        "record": {**value_shown(found.row), "recomputes": recomputes(found)},
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
    """Every published value as CSV, newest first."""
    header = [_("日期"), _("指数"), _("状态"), _("方法版本"), _("证据摘要")]
    rows = [
        (
            row.day.isoformat(),
            "" if row.value is None else format_yuan(row.value),
            words.word(words.INDEX_STATUS, row.status),
            row.method_version,
            row.evidence_hash,
        )
        for row in published_values(limit=DAYS_IN_DOWNLOAD).rows
    ]
    return csv_response("jinguo-index.csv", header, rows)


def recomputes(found: IndexEvidence) -> bool:
    """Whether value and hash follow from the stored evidence."""
    same_hash = canonical_hash(found.evidence) == found.row.evidence_hash
    return same_hash and method.recompute(cast("method.Evidence", found.evidence)) == found.row.value


def parts_of(found: IndexEvidence) -> list[dict[str, Any]]:
    """The cells of a value, heaviest first."""
    cells = {cell.product_number: cell for cell in definition(found.row.index_code).cells}
    products = products_by_number()
    shown = []
    for row in found.cells:
        cell, product = cells.get(row.product_number), products.get(row.product_number)
        shown.append(
            {
                "code": row.product_code,
                "name": row.product_code if product is None else words.product_name(product),
                "price": price_fen(row.price_milli),
                "base_price": None if cell is None else price_fen(cell.base_price_milli),
                "weight_bps": 0 if cell is None else cell.weight_bps,
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


def price_fen(milli: int | None) -> int | None:
    """Thousandths of a fen to whole fen, half up, for showing."""
    return None if milli is None else (milli * 2 + MILLI) // (2 * MILLI)


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
