"""The public statistics by month. Nothing in them shows one member."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products_by_number
from exchange.surveillance import statistics as selectors

statistics = Router(tags=["statistics"])

Month = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$", description="YYYY-MM; the latest unless told.")]


class FiguresOut(Schema):
    """Sums of what is told."""

    quantity_kg: int
    amount: str | None = Field(description="Yuan; null where no money changes hands.")
    number: int = Field(description="Trades, receipts or loads.")
    members: int = Field(description="Members taking part, each once.")


class WayOut(FiguresOut):
    """A way of trading."""

    way: str = Field(description="spot, listing, auction, negotiated; empty for what was put together.")


class ProductFiguresOut(FiguresOut):
    """A product within its county."""

    product: str = Field(description="Code; empty for what was put together.")


class CountyOut(FiguresOut):
    """A county with its products."""

    county: str = Field(description="Empty for what was put together.")
    products: list[ProductFiguresOut]


class ItemOut(Schema):
    """Trading, receipts issued or goods delivered of a month."""

    total: FiguresOut
    buyers: int
    sellers: int
    ways: list[WayOut]
    counties: list[CountyOut]


class StatisticsOut(Schema):
    """A month; an item is null when too few members took part for anything to be told."""

    month: str
    months: list[str] = Field(description="Every month there is, oldest first.")
    final: bool = Field(description="The month is over and its figures stay.")
    hash: str = Field(description="SHA-256 of the figures as they are kept.")
    trading: ItemOut | None
    issued: ItemOut | None
    delivered: ItemOut | None


@statistics.get("/statistics", response=StatisticsOut, summary="Market statistics of a month")
def market_statistics(request: HttpRequest, month: Month = None) -> dict[str, Any]:
    """What was traded, issued and delivered, by way of trading, county and product.

    A figure is told when at least three members bought and three sold in it and none was more than four
    fifths of a side; smaller ones are put together, so that no member can be made out.
    """
    known = selectors.months()
    row = selectors.month_row(selectors.month_of(month) if month else known[-1])
    codes = {number: product.code for number, product in products_by_number().items()}
    items = ("trading", "issued", "delivered")
    return {
        "month": f"{row.month:%Y-%m}",
        "months": [f"{each:%Y-%m}" for each in known],
        "final": row.final,
        "hash": row.figures_hash,
        **{name: _item(row.figures[name], codes) for name in items},
    }


def _item(told: dict[str, Any] | None, codes: dict[int, str]) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        **{name: told[name] for name in ("buyers", "sellers")},
        "total": _figures(told["total"]),
        "ways": [{"way": each["way"], **_figures(each)} for each in told["ways"]],
        "counties": [
            {
                "county": each["county"],
                **_figures(each),
                "products": [
                    {"product": codes.get(one["product"], ""), **_figures(one)} for one in each["products"]
                ],
            }
            for each in told["counties"]
        ],
    }


def _figures(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "quantity_kg": figures["kg"],
        "amount": format_yuan(figures["fen"]) if figures["fen"] else None,
        "number": figures["number"],
        "members": figures["members"],
    }
