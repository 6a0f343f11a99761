"""The price index as everybody may read it, with the evidence to compute it again."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from exchange.kernel.errors import BadCursor
from exchange.price_index import selectors as indexes
from exchange.price_index import series_selectors as family
from exchange.price_index.indicative import indicative
from exchange.price_index.periods import Period
from web.api import index_rows as rows
from web.api.index_schemas import (
    IndexDayOut,
    IndexPeriodOut,
    IndexSeriesOut,
    IndexSoFarOut,
    IndexValueOut,
)
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from web.api.schemas import Listing

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]
SeriesCode = Annotated[str, Query(max_length=60, description="Code of a series, from /index/series.")]

index = Router(tags=["index"])


@index.get("/index", response=Listing[IndexValueOut], summary="Published index values")
def index_values(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Values of the headline index, newest first."""
    found = indexes.published_values(limit=limit, cursor=cursor or None)
    return {"items": [rows.index_value(row) for row in found.rows], "next_cursor": found.cursor}


@index.get("/index/indicative", response=IndexSoFarOut, summary="Today's index so far")
def index_indicative(request: HttpRequest) -> dict[str, Any]:
    """By the same method from the trades and quotes of the day so far; not a published value.

    Null when the day's value is out, or nothing of today is behind one.
    """
    row = indicative(indexes.latest())
    return {"item": None if row is None else rows.indicative(row)}


@index.get("/index/series", response=Listing[IndexSeriesOut], summary="The index and its sub-indexes")
def index_series(request: HttpRequest) -> dict[str, Any]:
    """Every series on the latest published day, the headline first; always one page."""
    latest = indexes.latest()
    found = [] if latest is None else family.family_on(latest.day)
    return {"items": [rows.index_series(row) for row in found], "next_cursor": None}


@index.get("/index/periods", response=Listing[IndexPeriodOut], summary="A series by day, week or month")
def index_periods(
    request: HttpRequest,
    series: SeriesCode = "all",
    period: Period = Period.DAY,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Published periods of a series, newest first, each against the period and the year before."""
    found = family.rows(family.series_in(series), period, most=None if cursor else limit + 1)
    if cursor:
        place = next((number for number, row in enumerate(found) if row.key == cursor), None)
        if place is None:
            raise BadCursor
        found = found[place + 1 :]
    more = len(found) > limit
    return {
        "items": [rows.index_period(row) for row in found[:limit]],
        "next_cursor": found[limit - 1].key if more else None,
    }


@index.get("/index/{day}", response=IndexDayOut, summary="One index value with its evidence")
def index_day(request: HttpRequest, day: date) -> dict[str, Any]:
    """The value of a day, its sub-indexes, the price of each cell, and what they were computed from."""
    found = indexes.evidence_of(day)
    return {
        "value": rows.index_value(found.row),
        "series": [rows.index_series(row) for row in family.family_on(day)],
        "cells": [rows.cell_price(row) for row in found.cells],
        "evidence": found.evidence,
    }
