"""大厅参数: deadlines of the halls and what counts as an outage; one person proposes, another approves."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.halls import services
from exchange.halls.desk_settings import (
    BOUNDS,
    SettingProposalRow,
    setting_proposals,
    settings_in_force,
)
from exchange.halls.overview import stage_counts
from exchange.halls.types import SettingState
from exchange.kernel.errors import JinguoError
from matching.desk_state import DEFAULT_SETTINGS
from matching.desk_types import DeskSetting
from web.console.listing import carry_out, every, page_of
from web.console.products_desk import refused_text
from web.console.proposals import deciding, decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.hall_settings import EFFECTS, NAMES, setting_text
from web.pages.product_words import state_mark
from web.pages.words import in_chinese, word
from web.store.fields import choice_in, whole_in

STANDING = (SettingState.WAITING, SettingState.TOLD)
OF_AUCTIONS = frozenset(
    {DeskSetting.PAY_NS, DeskSetting.RUNNER_UP_NS, DeskSetting.DECISION_NS, DeskSetting.STALL_NS}
)
"""Those by which an auction goes that is announced or under way."""


@operator_page
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """What is in force, what waits, the forms, and how it came to be so."""
    return _page(request)


def _page(request: HttpRequest, typed: dict[str, str] | None = None, *, status: int = 200) -> HttpResponse:
    proposals, pager = page_of(request, setting_proposals)
    standing = setting_proposals(states=STANDING)
    stages, busy = stage_counts(), {row.setting for row in standing}
    running = stages["preview"] + stages["running"]
    in_force = settings_in_force()
    context = {
        "standing": [_shown(row, request, running) for row in standing],
        "decided": [_shown(row, request, running) for row in proposals if row.state not in STANDING],
        "lines": [_line(DeskSetting[name], in_force, typed or {}, busy) for name in NAMES],
        **pager,
    }
    return render(request, "console/settings.html", context, status=status)


def _line(
    setting: DeskSetting, in_force: dict[DeskSetting, int], typed: dict[str, str], busy: set[DeskSetting]
) -> dict[str, Any]:
    """A parameter: its value, its default, its bounds and its form."""
    bounds, value = BOUNDS[setting], in_force[setting]
    mine = typed if typed.get("setting") == setting.name else {}
    return {
        "key": setting.name,
        "name": word(NAMES, setting.name),
        "effect": word(EFFECTS, setting.name),
        "value": setting_text(setting, value),
        "usual": setting_text(setting, DEFAULT_SETTINGS[setting]),
        "changed": value != DEFAULT_SETTINGS[setting],
        "bounds": bounds,
        "unit": bounds.unit_zh if in_chinese() else bounds.unit_en,
        "is_switch": setting == DeskSetting.BAND,
        "busy": setting in busy,
        "typed": mine.get("units", str(value // bounds.unit_ns)),
        "reason": mine.get("reason", ""),
        "open": bool(mine),
    }


def _shown(row: SettingProposalRow, request: HttpRequest, running: int) -> dict[str, Any]:
    return {
        "row": row,
        "name": word(NAMES, row.setting.name),
        "effect": word(EFFECTS, row.setting.name),
        "mark": state_mark(row.state.value),
        "own": row.proposed_by == request.user.get_username(),
        "old": setting_text(row.setting, row.old),
        "new": setting_text(row.setting, row.new),
        "running": running if row.setting in OF_AUCTIONS else 0,
        "floor": refused_text(row.floor_reason),
    }


# Proposing and deciding -------------------------------------------------------------------------------


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Proposes another value of one parameter; a refusal keeps what was typed."""
    typed = {name: request.POST.get(name, "") for name in ("setting", "units", "reason")}
    try:
        number = services.propose_setting(
            actor=actor_of(request),
            setting=DeskSetting[choice_in(request, "setting", set(NAMES))],
            units=whole_in(request, "units"),
            reason=reason_in(request),
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _page(request, typed, status=error.status)
    messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})
    return redirect("/console/halls/settings/")


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/halls/settings/")


_VERBS = deciding(
    services.decide_setting,
    services.withdraw_setting,
    lambda _told: _("已批准并送交易主机，结果以主机答复为准"),
)


@operator_page
@require_safe
def history_export(request: HttpRequest) -> HttpResponse:
    """All proposals, newest first, as CSV."""
    header = [
        _("提案"),
        _("项目"),
        _("变化前"),
        _("变化后"),
        _("状态"),
        *decision_columns(),
        _("主机答复"),
    ]
    return csv_response("hall-settings.csv", header, _history_lines())


def _history_lines() -> Iterator[list[object]]:
    for row in every(setting_proposals):
        yield [
            row.id,
            word(NAMES, row.setting.name),
            setting_text(row.setting, row.old),
            setting_text(row.setting, row.new),
            state_mark(row.state.value).text,
            *decision_cells(row),
            refused_text(row.floor_reason),
        ]
