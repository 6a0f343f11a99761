"""指数征求意见: drafted by one, opened by another; comments taken down; the decision by two as well."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.price_index import consultation_selectors as read
from exchange.price_index import consultations as services
from exchange.price_index.governance_types import (
    LEAST_COMMENT_DAYS,
    MOST_COMMENT_DAYS,
    ConsultationRow,
    Decision,
    NewConsultation,
)
from web.console.listing import Verb, carry_out, id_in, page_of
from web.console.reasons import reason_in
from web.pages import governance_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.consultations import consultation_shown, consultation_table, day_in
from web.pages.csv_export import csv_response
from web.store.fields import whole_in

FIELDS = ("title_zh", "title_en", "change_zh", "change_en", "why_zh", "why_en")
ADDRESS = "/console/index/consultations/"


@operator_page
@require_safe
def consultations(request: HttpRequest) -> HttpResponse:
    """All of them, drafts too, and the form."""
    return _page(request, {})


def _page(request: HttpRequest, typed: dict[str, str], *, status: int = 200) -> HttpResponse:
    rows, pager = page_of(request, read.consultations, public=False)
    context = {
        "rows": [_shown(row, request) for row in rows],
        "subjects": [(value, str(text)) for value, text in names.CONSULTATION_SUBJECT.items()],
        "longest": services.LONGEST,
        "least_days": LEAST_COMMENT_DAYS,
        "most_days": MOST_COMMENT_DAYS,
        "form": {"comment_days": str(LEAST_COMMENT_DAYS), "subject": "method", **typed},
        "typed": bool(typed),
        **pager,
    }
    return render(request, "console/consultations.html", context, status=status)


def _shown(row: ConsultationRow, request: HttpRequest) -> dict[str, Any]:
    user, decision = request.user.get_username(), row.decision
    return {
        **consultation_shown(row),
        "own": row.proposed_by == user,
        "act_url": f"{ADDRESS}{row.number}/act/",
        "decision_own": decision is not None and decision.proposed_by == user,
        "ended": row.closes_on is not None and calendar.today() > row.closes_on,
    }


@operator_page
@require_safe
def one(request: HttpRequest, number: str) -> HttpResponse:
    """One with every comment, and the form of the decision."""
    row = read.consultation(number, public=False)
    context = {
        "each": _shown(row, request),
        "comments": read.comments(number, operator=True),
        "outcomes": [
            (value, str(text))
            for value, text in names.OUTCOME.items()
            if value == "dropped" or (row.closes_on is not None and calendar.today() > row.closes_on)
        ],
        "longest": services.LONGEST,
        "next_version": services.next_version(),
    }
    return render(request, "console/consultation.html", context)


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The register with drafts and people as CSV."""
    return csv_response("index-consultations.csv", *consultation_table(public=False))


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Drafts a consultation; a refusal keeps what was typed."""
    typed = {name: request.POST.get(name, "") for name in (*FIELDS, "subject", "comment_days")}
    typed |= {name: request.POST.get(name, "") for name in ("effective_from", "reason")}
    try:
        day = day_in(typed["effective_from"])
        if day is None:
            raise BadParameter(name="effective_from")
        terms = NewConsultation(
            subject=typed["subject"],
            comment_days=whole_in(request, "comment_days"),
            effective_from=day,
            **{name: typed[name] for name in FIELDS},
        )
        number = services.propose_consultation(terms, actor=actor_of(request), reason=reason_in(request))
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _page(request, typed, status=error.status)
    messages.success(request, _("征求意见稿 %(no)s 已提交，等待另一人复核") % {"no": number})
    return redirect(ADDRESS)


@operator_page
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step of the consultation, of a comment, or of the decision."""

    def verb(name: str) -> Verb:
        return lambda request, actor, subject: _VERBS[name](request, actor, number, subject)

    verbs = {name: verb(name) for name in _VERBS}
    return carry_out(request, verbs, request.POST.get("subject", ""), f"{ADDRESS}{number}/")


def _open(request: HttpRequest, actor: Actor, number: str, _subject: str) -> str:
    closes_on = services.open_consultation(number, actor=actor, reason=reason_in(request))
    return _("已公开征求意见，%(day)s 截止") % {"day": closes_on.isoformat()}


def _refuse(request: HttpRequest, actor: Actor, number: str, _subject: str) -> str:
    services.refuse_consultation(number, actor=actor, reason=reason_in(request))
    return _("提案已驳回")


def _withdraw(request: HttpRequest, actor: Actor, number: str, _subject: str) -> str:
    services.withdraw_consultation(number, actor=actor, reason=reason_in(request))
    return _("提案已撤回")


def _take_down(request: HttpRequest, actor: Actor, number: str, subject: str) -> str:
    services.take_down(number, id_in(subject), actor=actor, reason=reason_in(request))
    return _("意见已撤下，原因公开")


def _propose_decision(request: HttpRequest, actor: Actor, number: str, _subject: str) -> str:
    form = request.POST
    outcome = form.get("outcome", "")
    dropped = outcome == "dropped"
    decision = Decision(
        outcome=outcome,
        reply_zh=form.get("reply_zh", ""),
        reply_en=form.get("reply_en", ""),
        version="" if dropped else form.get("version", ""),
        effective_from=None if dropped else day_in(form.get("effective_from", "")),
    )
    services.propose_decision(number, decision, actor=actor, reason=reason_in(request))
    return _("决定已提交，等待另一人复核")


def _approve_decision(request: HttpRequest, actor: Actor, _number: str, subject: str) -> str:
    services.approve_decision(id_in(subject), actor=actor, reason=reason_in(request))
    return _("决定和答复已公布")


def _refuse_decision(request: HttpRequest, actor: Actor, _number: str, subject: str) -> str:
    services.refuse_decision(id_in(subject), actor=actor, reason=reason_in(request))
    return _("提案已驳回")


def _withdraw_decision(request: HttpRequest, actor: Actor, _number: str, subject: str) -> str:
    services.withdraw_decision(id_in(subject), actor=actor, reason=reason_in(request))
    return _("提案已撤回")


_VERBS = {
    "open": _open,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "take_down": _take_down,
    "propose_decision": _propose_decision,
    "approve_decision": _approve_decision,
    "refuse_decision": _refuse_decision,
    "withdraw_decision": _withdraw_decision,
}
