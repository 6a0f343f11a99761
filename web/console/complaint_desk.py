"""指数投诉: acknowledged in two trading days, decided in ten by somebody who had no part in the value."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.members.selectors import members_by_account_no
from exchange.members.types import MemberRow
from exchange.price_index import complaint_selectors as read
from exchange.price_index import complaints as services
from exchange.price_index.governance_types import ComplaintRow
from web.console.listing import Verb, carry_out, every, known_in, page_of
from web.console.reasons import reason_in
from web.pages import governance_words as names
from web.pages import words
from web.pages.access import operator_page
from web.pages.complaints import complaint_shown
from web.pages.csv_export import csv_response


@operator_page
@require_safe
def complaints(request: HttpRequest) -> HttpResponse:
    """Complaints in a state (those that wait by default), the last filed first."""
    state = _state(request)
    rows, pager = page_of(request, read.complaints, state=state)
    members = members_by_account_no(row.account_no for row in rows if row.account_no is not None)
    context = {
        "state": state,
        "states": [
            ("open", _("未办结")),
            *((value, str(text)) for value, text in names.COMPLAINT_STATE.items()),
        ],
        "complaints": [_shown(row, members, request) for row in rows],
        **pager,
    }
    return render(request, "console/complaints.html", context)


def _state(request: HttpRequest) -> str:
    known = {"open": "", **names.COMPLAINT_STATE}
    return known_in(request, "state", known) if "state" in request.GET else "open"


def _shown(row: ComplaintRow, members: dict[int, MemberRow], request: HttpRequest) -> dict[str, Any]:
    shown = complaint_shown(row)
    decides = shown["open"] and request.user.get_username() not in read.barred(row)
    return {**shown, "member": members.get(row.account_no or 0), "may_decide": decides}


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The complaints of the list in full as CSV."""
    header = [_("编号"), _("指数日"), _("事项"), _("内容"), _("投诉人"), _("电话"), _("提出时间")]
    header += [_("受理期限"), _("受理人"), _("办结期限"), _("状态"), _("答复"), _("办结人"), _("办结时间")]
    header += [_("用时（交易日）"), _("随后的修订")]
    found = list(every(read.complaints, state=_state(request)))
    members = members_by_account_no(row.account_no for row in found if row.account_no is not None)
    rows = (
        [
            row.number,
            row.day or "",
            words.word(names.COMPLAINT_SUBJECT, row.subject),
            row.text,
            members[row.account_no].name if row.account_no in members else row.contact_name,
            row.contact_phone,
            localtime(row.filed_at).isoformat(timespec="seconds"),
            row.acknowledge_by,
            row.acknowledged_by,
            row.decide_by,
            words.word(names.COMPLAINT_STATE, row.state),
            row.answer,
            row.finished_by,
            localtime(row.finished_at).isoformat(timespec="seconds") if row.finished_at else "",
            row.days_taken,
            row.revision or "",
        ]
        for row in found
    )
    return csv_response("index-complaints.csv", header, rows)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Acknowledges, upholds or rejects the complaint in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", "")[:24], "/console/index/complaints/")


def _acknowledge(_request: HttpRequest, actor: Actor, subject: str) -> str:
    services.acknowledge(subject, actor=actor)
    return _("投诉 %(no)s 已受理") % {"no": subject}


def _uphold(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.decide_complaint(subject, upheld=True, answer=reason_in(request), actor=actor)
    return _("投诉成立，请由指数部重新计算并提请修订")


def _reject(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.decide_complaint(subject, upheld=False, answer=reason_in(request), actor=actor)
    return _("投诉不成立，理由已告知投诉人")


_VERBS: dict[str, Verb] = {"acknowledge": _acknowledge, "uphold": _uphold, "reject": _reject}
