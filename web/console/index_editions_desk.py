"""权重版本: the yearly review of the index's weights; one operator proposes, another approves."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import JinguoError
from exchange.markets.selectors import products, products_by_number
from exchange.price_index.editions import (
    NOTICE_DAYS,
    EditionRow,
    decide_edition,
    editions,
    first_days,
    propose_edition,
    withdraw_edition,
)
from exchange.price_index.errors import BadWeights, UnknownIndex
from exchange.price_index.season_weights import SeasonShare, season_before, shares_of_season
from exchange.price_index.selectors import definition
from exchange.price_index.types import IndexDefinitionRow
from web.console.listing import carry_out, every, page_of
from web.console.proposals import deciding, decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.product_words import state_mark
from web.pages.words import product_name
from web.store.fields import needed_date
from web.templatetags.jinguo import percent

LONGEST_TEXT = 12_000
_LINE = re.compile(r"(\S{1,24})[\s,，:：]+(\d{1,3}(?:\.\d{1,2})?)\s*%?")


@operator_page
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What is in force, what waits, the form, and every edition."""
    return _page(request)


def _page(
    request: HttpRequest,
    *,
    typed: dict[str, str] | None = None,
    shares: list[SeasonShare] | None = None,
    season: tuple[date, date] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows, pager = page_of(request, editions)
    in_force = _in_force()
    waiting = [row for row in rows if row.state == "waiting"]
    context: dict[str, Any] = {
        "in_force": in_force,
        "waiting": [_shown(row, request, in_force) for row in waiting],
        "decided": [_shown(row, request, in_force) for row in rows if row not in waiting],
        "notice_days": NOTICE_DAYS,
        "shares": shares and [{"row": row, "name": product_name(row.product)} for row in shares],
        "season": season,
        **pager,
    }
    if in_force is not None:
        earliest, review = first_days()
        usual = {"first_day": review.isoformat(), "weights": _text_in_force(in_force), "reason": ""}
        context |= {"earliest": earliest, "form": {**usual, **(typed or {})}}
    return render(request, "console/index_editions.html", context, status=status)


def _in_force() -> IndexDefinitionRow | None:
    try:
        return definition()
    except UnknownIndex:
        return None


def _text_in_force(found: IndexDefinitionRow) -> str:
    listed = {row.number for row in products()}
    cells = [cell for cell in found.cells if cell.product_number in listed]
    return "\n".join(f"{cell.product_code} {percent(cell.weight_bps)}" for cell in cells)


def _shown(row: EditionRow, request: HttpRequest, in_force: IndexDefinitionRow | None) -> dict[str, Any]:
    """An edition; of one that waits each weight stands against the one in force."""
    old = {cell.product_code: cell.weight_bps for cell in in_force.cells} if in_force else {}
    new = {cell.product_code: cell.weight_bps for cell in row.weights}
    names = {product.code: product_name(product) for product in products_by_number().values()}
    lines = [
        {"code": code, "name": names.get(code, code), "old": old.get(code), "new": new.get(code)}
        for code in sorted({*old, *new}, key=lambda code: -new.get(code, 0))
    ]
    return {
        "row": row,
        "mark": state_mark(row.state),
        "own": row.proposed_by == request.user.get_username(),
        "lines": lines,
    }


# Proposing and deciding ------------------------------------------------------------------------------


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Proposes what the form says, or fills it with the season's shares; a refusal keeps what was typed."""
    typed = {name: request.POST.get(name, "")[:LONGEST_TEXT] for name in ("first_day", "weights", "reason")}
    try:
        first_day = needed_date(request, "first_day")
        if "suggest" in request.POST:
            season = season_before(first_day)
            shares = shares_of_season(*season)
            lines = [f"{row.product.code} {percent(row.weight_bps)}" for row in shares if row.weight_bps]
            if not lines:
                messages.warning(request, _("这一季还没有合格的成交，权重请自行填写"))
                return _page(request, typed=typed)
            filled = {**typed, "weights": "\n".join(lines)}
            return _page(request, typed=filled, shares=shares, season=season)
        number = propose_edition(
            actor=actor_of(request),
            first_day=first_day,
            weights=_weights_in(typed["weights"]),
            reason=reason_in(request),
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _page(request, typed=typed, status=error.status)
    messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})
    return redirect("/console/index/editions/")


def _weights_in(text: str) -> list[tuple[str, int]]:
    """Lines of code and percent as codes and basis points. Raises BadWeights with the line."""
    weights = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        matched = _LINE.fullmatch(line.strip())
        if matched is None or not line.isprintable() or not matched[2].isascii():
            raise BadWeights(why_zh=f"第 {number} 行格式不符", why_en=f"line {number} does not have the form")
        weights.append((matched[1], int(Decimal(matched[2]) * 100)))
    return weights


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/index/editions/")


def _approved(number: int | None) -> str:
    return _("第 %(number)s 版权重已批准，已在编制方法页公布") % {"number": number}


_VERBS = deciding(decide_edition, withdraw_edition, _approved)


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Every edition, a line for each weight, newest first."""
    header = [
        _("版本"), _("最早启用日"), _("品种代码"), _("权重 %"), _("升贴水 元/公斤"), _("状态"), _("链接日"),
        *decision_columns(),
    ]  # fmt: skip
    return csv_response("index-weights.csv", header, _lines())


def _lines() -> Iterator[list[object]]:
    for row in every(editions):
        for cell in row.weights:
            yield [
                row.number,
                row.first_day,
                cell.product_code,
                percent(cell.weight_bps).removesuffix("%"),
                f"{cell.premium_discount_fen / 100:.2f}",
                state_mark(row.state).text,
                row.link_day or "",
                *decision_cells(row),
            ]
