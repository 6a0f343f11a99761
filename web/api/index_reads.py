"""The price index as everybody may read it, with the evidence to compute it again."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from exchange.price_index import selectors as indexes
from exchange.price_index.indicative import indicative
from web.api import rows
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from web.api.schemas import IndexDayOut, IndexSoFarOut, IndexValueOut, Listing

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]

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
    row = indicative()
    return {"item": None if row is None else rows.indicative(row)}


@index.get("/index/{day}", response=IndexDayOut, summary="One index value with its evidence")
def index_day(request: HttpRequest, day: date) -> dict[str, Any]:
    """The value of a day, the price of each cell, and what they were computed from."""
    found = indexes.evidence_of(day)
    return {
        "value": rows.index_value(found.row),
        "cells": [rows.cell_price(row) for row in found.cells],
        "evidence": found.evidence,
    }
