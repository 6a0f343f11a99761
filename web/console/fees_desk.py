"""费率: versions of the fees; one person proposes the next from a day to come, another approves it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import JinguoError, NotFound
from exchange.markets import fee_proposals, services
from exchange.markets.selectors import coming_fees, fee_schedules, fees_on, products
from exchange.markets.types import (
    MAX_DEPOSIT_BPS,
    MAX_FEE_BPS,
    FeeChangeState,
    FeeProposalRow,
    FeeScheduleRow,
    FeeTerms,
    ProductRow,
)
from matching.holds import fee_fen
from web.console.listing import carry_out, every, page_of
from web.console.proposals import deciding, decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.product_words import Mark, state_mark
from web.pages.words import Words, product_name, word
from web.store.fields import needed_date, scaled_in
from web.templatetags.jinguo import percent

HUNDRED = 100
"""Basis points in a percent."""
TYPICAL_KG = 20_000
"""A lorry of apples: the trade by which people judge a fee."""
NAMES: Words = {
    "buyer_bps": lazy("买方手续费"),
    "seller_bps": lazy("卖方手续费"),
    "grower_bps": lazy("果农合作社手续费"),
    "deposit_bps": lazy("品质担保金（卖方）"),
}


@operator_page
@require_safe
def fees(request: HttpRequest) -> HttpResponse:
    """What is in force and to come, what waits, the form, all versions and proposals."""
    return _page(request)


def _page(
    request: HttpRequest,
    preview: dict[str, Any] | None = None,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    proposals, pager = page_of(request, fee_proposals.fee_proposals)
    in_force, coming, typical = _in_force(), coming_fees(today()), _typical()
    form = {**_typed(coming[-1] if coming else in_force), **(typed or {})}
    waiting = [row for row in proposals if row.state == FeeChangeState.WAITING]
    context = {
        "in_force": in_force,
        "coming": coming,
        "lines": _lines(in_force, in_force.terms, typical) if in_force else [],
        "typical": typical,
        "first_day": today() + timedelta(days=1),
        "typical_name": product_name(typical) if typical else "",
        "typical_kg": TYPICAL_KG,
        "typical_fen": typical.reference_price * TYPICAL_KG if typical else 0,
        "waiting": [_shown(row, request, typical) for row in waiting],
        "decided": [_shown(row, request, typical) for row in proposals if row not in waiting],
        "versions": [_version(row, in_force, coming) for row in fee_schedules()],
        "form": form,
        "fields": _fields(form),
        "preview": preview,
        **pager,
    }
    return render(request, "console/fees.html", context, status=status)


def _in_force() -> FeeScheduleRow | None:
    try:
        return fees_on(today())
    except NotFound:
        return None


def _typical() -> ProductRow | None:
    """The product whose price the example takes: the base cell, else the first."""
    listed = products()
    return next((row for row in listed if row.is_base), listed[0] if listed else None)


def _most(name: str) -> int:
    return MAX_DEPOSIT_BPS if name == "deposit_bps" else MAX_FEE_BPS


def _percent_text(bps: int) -> str:
    return percent(bps).removesuffix("%")


def _fields(values: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """The rates of the form: name, words, value and most, in percent."""
    return [(name, str(text), values[name], _percent_text(_most(name))) for name, text in NAMES.items()]


def _typed(row: FeeScheduleRow | None) -> dict[str, str]:
    rates = {name: _percent_text(getattr(row, name)) if row else "" for name in NAMES}
    return {**rates, "effective_from": "", "reason": ""}


def _lines(old: FeeScheduleRow | None, new: FeeTerms, typical: ProductRow | None) -> list[dict[str, Any]]:
    """Each rate before and after, and what it comes to in a typical trade, in fen."""
    amount = typical.reference_price * TYPICAL_KG if typical else None
    lines = []
    for name, rate in new._asdict().items():
        before: int | None = getattr(old, name) if old else None
        lines.append(
            {
                "name": word(NAMES, name),
                "old": before,
                "new": rate,
                "same": before == rate,
                "old_fen": None if amount is None or before is None else fee_fen(amount, before),
                "new_fen": None if amount is None else fee_fen(amount, rate),
            }
        )
    return lines


def _dearer_to_buyers(old: FeeScheduleRow | None, new: FeeTerms) -> bool:
    """Whether money on hold for open buys grows, which the floor refuses where a member has too little."""
    return old is not None and (new.buyer_bps > old.buyer_bps or new.grower_bps > old.grower_bps)


def _shown(row: FeeProposalRow, request: HttpRequest, typical: ProductRow | None) -> dict[str, Any]:
    return {
        "row": row,
        "mark": state_mark(row.state.value),
        "own": row.proposed_by == request.user.get_username(),
        "lines": _lines(row.instead_of, row.terms, typical),
        "dearer": _dearer_to_buyers(row.instead_of, row.terms),
        "late": row.effective_from <= today(),
    }


def _version(
    row: FeeScheduleRow, in_force: FeeScheduleRow | None, coming: list[FeeScheduleRow]
) -> dict[str, Any]:
    if in_force is not None and row.version == in_force.version:
        mark = Mark("ok", "check", _("现行"))
    elif row in coming:
        mark = Mark("info", "clock", _("待执行"))
    else:
        mark = Mark("plain", "history", _("历史"))
    rates = [(name, str(text), getattr(row, name)) for name, text in NAMES.items()]
    return {"row": row, "mark": mark, "rates": rates}


# Proposing and deciding -------------------------------------------------------------------------------


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Shows what the rates in the form would mean, or proposes them; a refusal keeps what was typed."""
    typed = {name: request.POST.get(name, "") for name in (*NAMES, "effective_from", "reason")}
    try:
        terms = FeeTerms(*(scaled_in(request, name, HUNDRED) for name in FeeTerms._fields))
        day = needed_date(request, "effective_from")
        if "preview" in request.POST:
            fee_proposals.check_terms(terms)
            fee_proposals.check_day(day)
            old = fee_proposals.version_on(day)
            shown = {
                "day": day,
                "lines": _lines(old, terms, _typical()),
                "dearer": _dearer_to_buyers(old, terms),
            }
            return _page(request, shown, typed=typed)
        number = services.propose_fees(
            actor=actor_of(request), effective_from=day, terms=terms, reason=reason_in(request)
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _page(request, typed=typed, status=error.status)
    messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})
    return redirect("/console/fees/")


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/fees/")


def _approved(version: int | None) -> str:
    return _("费率第 %(version)s 版已批准，已在规则页公布") % {"version": version}


_VERBS = deciding(services.decide_fees, services.withdraw_fees, _approved)


# Exports ----------------------------------------------------------------------------------------------


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Every version, newest first; rates in percent."""
    header = [_("版本"), _("执行日"), *(f"{text} %" for text in NAMES.values()), _("批准人"), _("批准时间")]
    rows = (
        [
            row.version,
            row.effective_from,
            *map(_percent_text, row.terms),
            row.created_by,
            row.created_at.isoformat(timespec="seconds"),
        ]
        for row in fee_schedules()
    )
    return csv_response("fees.csv", header, rows)


@operator_page
@require_safe
def history_export(request: HttpRequest) -> HttpResponse:
    """All proposals, newest first; rates in percent."""
    header = [
        _("提案"),
        _("执行日"),
        *(f"{text} %" for text in NAMES.values()),
        _("状态"),
        _("版本"),
        *decision_columns(),
    ]
    return csv_response("fee-proposals.csv", header, _history_lines())


def _history_lines() -> Iterator[list[object]]:
    for row in every(fee_proposals.fee_proposals):
        yield [
            row.id,
            row.effective_from,
            *map(_percent_text, row.terms),
            state_mark(row.state.value).text,
            row.version or "",
            *decision_cells(row),
        ]
