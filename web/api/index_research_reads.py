"""The research series of the index. They compare; nothing is settled by them."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from exchange.kernel.money import format_yuan, format_yuan_milli
from exchange.price_index.research_series import ResearchRow, research_months

index_research = Router(tags=["index"])


class ResearchCellOut(Schema):
    """A cell as it entered the series, whatever its crop year."""

    product: str
    price: str = Field(description="Mean price in yuan per kg, five decimals.")
    share_permille: int = Field(description="Share in the value of the month's cells.")
    attributes: dict[str, str]


class ResearchMonthOut(Schema):
    """A month as it was published; never revised. Values are in points, 1000 in the first month."""

    month: str
    fisher: str | None
    tornqvist: str | None
    ccdi: str | None
    wtpd: str | None
    hedonic: str | None
    method: str
    hash: str = Field(description="SHA-256 of the month's line in `/index/research/figures.jsonl`.")
    cells: list[ResearchCellOut]


class ResearchOut(Schema):
    """All months, oldest first."""

    settlement_basis: bool = Field(description="Always false: a research series settles nothing.")
    months: list[ResearchMonthOut]


@index_research.get("/index/research", response=ResearchOut, summary="Research series of the index")
def research_series(request: HttpRequest) -> dict[str, Any]:
    """Fisher and Törnqvist by season, CCDI, weighted time-product dummy and hedonic dummy over 13 months.

    A month in which too few members took part for anything to be told has no cells and no values.
    """
    return {"settlement_basis": False, "months": [_month(row) for row in research_months()]}


def _month(row: ResearchRow) -> dict[str, Any]:
    figures = row.figures
    values = {
        name: None if value is None else format_yuan(value) for name, value in figures["values"].items()
    }
    return {
        **values,
        "month": figures["month"],
        "method": figures["method"],
        "hash": row.figures_hash,
        "cells": [
            {
                "product": cell["product"],
                "price": format_yuan_milli(cell["price_milli"]),
                "share_permille": cell["share_permille"],
                "attributes": cell["attributes"],
            }
            for cell in figures["cells"]
        ],
    }
