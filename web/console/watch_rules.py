"""监察参数: the thresholds of the detectors in versions; one person proposes, another approves."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.surveillance import rules as services
from exchange.surveillance.parameters import BOUNDS
from exchange.surveillance.types import RulesRow
from web.console.listing import Verb, carry_out, page_of
from web.console.proposals import deciding
from web.console.reasons import reason_in
from web.pages import watch_words as names
from web.pages.access import operator_page
from web.pages.words import word
from web.store.fields import whole_in


@operator_page
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The values in force, the form to change them, and every version."""
    version, parameters = services.rules_in_force()
    rows, pager = page_of(request, services.rules_versions)
    context = {
        "version": version,
        "parameters": [
            {
                "name": name,
                "label": word(names.PARAMETER, name),
                "unit": word(names.UNIT, BOUNDS[name].unit),
                "bounds": BOUNDS[name],
                "value": value,
            }
            for name, value in parameters.as_values().items()
        ],
        "waiting": [_shown(row, request) for row in rows if row.state == "waiting"],
        "versions": [_shown(row, request) for row in rows if row.state != "waiting"],
        **pager,
    }
    return render(request, "console/watch_rules.html", context)


def _shown(row: RulesRow, request: HttpRequest) -> dict[str, Any]:
    return {
        "row": row,
        "mark": names.mark(names.PROPOSAL, row.state),
        "own": row.proposed_by == request.user.get_username(),
        "changes": [
            (word(names.PARAMETER, name), old, new, word(names.UNIT, BOUNDS[name].unit))
            for name, (old, new) in row.changes.items()
        ],
    }


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Proposes, approves, refuses or withdraws."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/surveillance/rules/")


def _propose(request: HttpRequest, actor: Actor, _subject: str) -> str:
    values = {name: whole_in(request, name) for name in BOUNDS}
    number = services.propose_rules(actor=actor, values=values, reason=reason_in(request))
    return _("提案 %(no)s 已提交，等待另一人复核") % {"no": number}


_VERBS: dict[str, Verb] = {
    "propose": _propose,
    **deciding(
        services.decide_rules, services.withdraw_rules, lambda _done: _("参数已生效，以后的运行按新版本")
    ),
}
