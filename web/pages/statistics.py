"""市场统计: what was traded, issued and delivered, by month and year, for everybody; page, CSV, workbook.

Nothing here shows one member: what may be told is decided in ``exchange.surveillance.disclosure``.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.money import format_yuan
from exchange.kernel.spreadsheets import safe_cell
from exchange.markets.selectors import products_by_number
from exchange.markets.types import ProductRow
from exchange.surveillance import statistics as selectors
from exchange.surveillance.disclosure import LEAST_MEMBERS, MOST_SHARE_BPS
from exchange.surveillance.statistics import MonthRow
from web.pages import words
from web.pages.access import public
from web.pages.contract_text import MODE
from web.pages.csv_export import csv_response
from web.pages.visitors import count_question

MONTHS_IN_LINE = 36
WAYS = ("trading", "issued", "delivered")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@public
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """One month in full, the line of the months, and the years."""
    rows = selectors.month_rows()
    asked = request.GET.get("month", "")
    row = selectors.month_row(selectors.month_of(asked)) if asked else rows[-1]
    told = [each for each in rows[-MONTHS_IN_LINE:] if each.figures["trading"]]
    context = {
        "tab": "statistics",
        "row": row,
        "shown": month_shown(row),
        "months": [f"{each.month:%Y-%m}" for each in reversed(rows)],
        "chosen": f"{row.month:%Y-%m}",
        "volume_points": [(f"{each.month:%Y-%m}", each.figures["trading"]["total"]["kg"]) for each in told],
        "turnover_points": [
            (f"{each.month:%Y-%m}", each.figures["trading"]["total"]["fen"]) for each in told
        ],
        "years": [
            {"row": year, "ways": [(way_name(each["way"]), each) for each in year.ways]}
            for year in selectors.year_rows(rows)
        ],
        "least": LEAST_MEMBERS,
        "most_bps": MOST_SHARE_BPS,
    }
    return render(request, "bulletin/statistics.html", context)


def month_shown(row: MonthRow) -> dict[str, Any]:
    """The figures of a month with the names of ways, counties and products."""
    products, trading = products_by_number(), row.figures["trading"]
    shown: dict[str, Any] = {name: row.figures[name] for name in WAYS}
    shown["ways"] = [(way_name(each["way"]), each) for each in trading["ways"]] if trading else []
    for name in WAYS:
        figures = row.figures[name]
        shown[f"{name}_counties"] = [
            {
                "name": county_name(each["county"]),
                "figures": each,
                "products": [
                    (product_name(products, one["product"]), one)
                    for one in each["products"]
                    if len(each["products"]) > 1 or one["product"]
                ],
            }
            for each in (figures["counties"] if figures else [])
        ]
    return shown


def way_name(way: str) -> str:
    """A way of trading, or what had to be put together."""
    return words.word(MODE, way) if way else _("合并公布")


def county_name(county: str) -> str:
    """A county, or what had to be put together."""
    return words.word(words.COUNTY, county) if county else _("合并公布")


def product_name(products: dict[int, ProductRow], number: int) -> str:
    """A product, or what had to be put together."""
    if not number:
        return _("合并公布")
    return words.product_name(products[number]) if number in products else str(number)


# Downloads -------------------------------------------------------------------------------------------


def _header() -> list[str]:
    header = [_("月份"), _("项目"), _("分类"), _("县"), _("名称"), _("数量 公斤"), _("金额 元"), _("笔数")]
    return [*header, _("参与交易商"), _("是否终值")]


def _lines(rows: Sequence[MonthRow]) -> Iterator[list[str | int]]:
    """Every published figure of some months, one a line."""
    items = {"trading": _("成交"), "issued": _("仓单签发"), "delivered": _("出库交收")}
    products = products_by_number()
    for row in rows:
        month, final = f"{row.month:%Y-%m}", _("是") if row.final else _("否")
        for item, name in items.items():
            told = row.figures[item]
            if told is None:
                continue
            yield [month, name, _("合计"), "", "", *_figures(told["total"]), final]
            if item == "trading":
                for each in told["ways"]:
                    yield [month, name, _("交易方式"), "", way_name(each["way"]), *_figures(each), final]
            for each in told["counties"]:
                county = county_name(each["county"])
                yield [month, name, _("县"), county, "", *_figures(each), final]
                for one in each["products"]:
                    product = product_name(products, one["product"])
                    yield [month, name, _("品种"), county, product, *_figures(one), final]


def _figures(figures: dict[str, Any]) -> list[str | int]:
    amount = format_yuan(figures["fen"]) if figures["fen"] else ""
    return [figures["kg"], amount, figures["number"], figures["members"]]


def _months_asked(request: HttpRequest) -> list[MonthRow]:
    """One month, or all of the line."""
    asked = request.GET.get("month", "")
    return [selectors.month_row(selectors.month_of(asked))] if asked else selectors.month_rows(MONTHS_IN_LINE)


@public
@require_safe
def download_csv(request: HttpRequest) -> HttpResponse:
    """The published figures as CSV."""
    count_question(request)
    return csv_response("jinguo-statistics.csv", _header(), _lines(_months_asked(request)))


@public
@require_safe
def download_xlsx(request: HttpRequest) -> HttpResponse:
    """The published figures as a workbook; amounts are numbers."""
    count_question(request)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(_("市场统计"))
        sheet.write_row(0, 0, _header(), book.add_format({"bold": True}))
        for at, line in enumerate(_lines(_months_asked(request)), 1):
            sheet.write_row(at, 0, [_cell(cell, place) for place, cell in enumerate(line)])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 3, 12)
        sheet.set_column(4, 4, 28)
        sheet.set_column(5, 6, 16)
    response = HttpResponse(out.getvalue(), content_type=_XLSX)
    response["Content-Disposition"] = 'attachment; filename="jinguo-statistics.xlsx"'
    return response


def _cell(cell: str | int, place: int) -> str | int | float:
    """A cell of the workbook; the seventh is money."""
    if isinstance(cell, int) or not cell:
        return cell
    return float(cell) if place == 6 else safe_cell(cell)
