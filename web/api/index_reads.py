"""The price index as everybody may read it, with the evidence to compute it again."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from exchange.price_index import selectors as indexes
from web.api import rows
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from web.api.schemas import IndexDayOut, IndexValueOut, Listing

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]

index = Router(tags=["index"])


@index.get("/index", response=Listing[IndexValueOut], summary="Published index values")
def index_values(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Values of the headline index, newest first."""
    found = indexes.published_values(limit=limit, cursor=cursor or None)
    return {"items": [rows.index_value(row) for row in found.rows], "next_cursor": found.cursor}


@index.get("/index/{day}", response=IndexDayOut, summary="One index value with its evidence")
def index_day(request: HttpRequest, day: date) -> dict[str, Any]:
    """The value of a day, the price of each cell, and what they were computed from."""
    found = indexes.evidence_of(day)
    return {
        "value": rows.index_value(found.row),
        "cells": [rows.cell_price(row) for row in found.cells],
        "evidence": found.evidence,
    }
