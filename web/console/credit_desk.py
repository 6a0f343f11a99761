"""信用: objections and applications for repair; one person proposes the answer, another decides.

Facts cannot be typed in here or anywhere: they come from what happened, and leave by a correcting fact.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import format_time
from exchange.members.credit_objections import decide_objection, propose_decision, withdraw_decision
from exchange.members.credit_selectors import ObjectionRow, credit_objections
from exchange.members.selectors import member_by_code, members_by_account_no
from exchange.members.types import MemberRow
from web.console.listing import Verb, carry_out, every, id_in, known_in, page_of
from web.console.reasons import reason_in
from web.pages import credit_words as names
from web.pages import words
from web.pages.access import operator_page
from web.pages.csv_export import csv_response
from web.pages.my_credit import facts_table, objection_shown


@operator_page
@require_safe
def objections(request: HttpRequest) -> HttpResponse:
    """Objections in a state (open by default), the last filed first."""
    state = _state(request)
    rows, pager = page_of(request, credit_objections, state=state)
    members = members_by_account_no(row.account_no for row in rows)
    context = {
        "state": state,
        "states": [(value, str(text)) for value, text in names.OBJECTION_STATE.items()],
        "objections": [_shown(row, members, request) for row in rows],
        **pager,
    }
    return render(request, "console/credit.html", context)


def _state(request: HttpRequest) -> str:
    return known_in(request, "state", names.OBJECTION_STATE) if "state" in request.GET else "open"


def _shown(row: ObjectionRow, members: dict[int, MemberRow], request: HttpRequest) -> dict[str, Any]:
    decision = row.decision
    return {
        **objection_shown(row),
        "member": members.get(row.account_no),
        "own": decision is not None and decision.proposed_by == request.user.get_username(),
        "outcome": "" if decision is None else words.word(names.OUTCOME, decision.outcome),
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The objections of the list as CSV."""
    header = [_("编号"), _("交易商代码"), _("种类"), _("来源"), _("理由"), _("异议事由"), _("证据")]
    header += [_("提出人"), _("提出时间"), _("答复期限"), _("状态"), _("答复"), _("办结时间")]
    found = list(every(credit_objections, state=_state(request)))
    members = members_by_account_no(row.account_no for row in found)
    rows = (
        [
            row.objection_no,
            members[row.account_no].code if row.account_no in members else row.account_no,
            words.word(names.KIND, row.fact.kind),
            row.fact.source,
            words.word(names.GROUND, row.ground),
            row.reason,
            row.evidence,
            row.filed_by,
            format_time(row.filed_at_ns),
            row.due_day,
            words.word(names.OBJECTION_STATE, row.state),
            row.answer,
            "" if row.finished_at_ns is None else format_time(row.finished_at_ns),
        ]
        for row in found
    )
    return csv_response("credit-objections.csv", header, rows)


@operator_page
@require_safe
def facts_export(request: HttpRequest, code: str) -> HttpResponse:
    """One member's facts in full as CSV. Raises UnknownMember."""
    member = member_by_code(code)
    return csv_response(f"{member.code}-credit.csv", *facts_table(member.account_no))


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Proposes an answer to the objection in ``subject``, or decides the proposal in it."""
    return carry_out(request, _VERBS, request.POST.get("subject", "")[:24], "/console/credit/")


def _uphold(request: HttpRequest, actor: Actor, subject: str) -> str:
    return _proposed(request, actor, subject, "uphold")


def _refuse(request: HttpRequest, actor: Actor, subject: str) -> str:
    return _proposed(request, actor, subject, "refuse")


def _proposed(request: HttpRequest, actor: Actor, subject: str, outcome: str) -> str:
    propose_decision(actor=actor, objection_no=subject, outcome=outcome, reason=reason_in(request))
    return _("处理意见已提交，等待另一人复核")


def _approve(request: HttpRequest, actor: Actor, subject: str) -> str:
    decide_objection(actor=actor, decision_id=id_in(subject), approve=True, reason=reason_in(request))
    return _("异议已办结，结果已告知交易商")


def _turn_down(request: HttpRequest, actor: Actor, subject: str) -> str:
    decide_objection(actor=actor, decision_id=id_in(subject), approve=False, reason=reason_in(request))
    return _("处理意见已驳回，请重新拟定")


def _take_back(request: HttpRequest, actor: Actor, subject: str) -> str:
    withdraw_decision(actor=actor, decision_id=id_in(subject), reason=reason_in(request))
    return _("处理意见已撤回")


_VERBS: dict[str, Verb] = {
    "uphold": _uphold,
    "refuse_objection": _refuse,
    "approve": _approve,
    "refuse": _turn_down,
    "withdraw": _take_back,
}
