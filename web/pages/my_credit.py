"""本方信用: a member's own record in full, its objections, and a grower's consent to be found by name."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.credit_objections import (
    ANSWER_TRADING_DAYS,
    REPAIR_AFTER_DAYS,
    file_objection,
    set_consent,
    withdraw_objection,
)
from exchange.members.credit_selectors import (
    KG_PER_T,
    ObjectionRow,
    OwnFact,
    credit_objections,
    credit_record,
    own_facts,
)
from exchange.members.credit_types import NOT_OBJECTIONABLE
from exchange.members.types import MemberIdentity
from web.pages import credit_words as names
from web.pages import words
from web.pages.access import actor_of, check_role, member_page, message_of
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.me import PAGE, who
from web.pages.paging import MAX_DIGITS, number_in

OBJECT_ROLES = frozenset({"trader", "finance", "admin"})
CONSENT_ROLES = frozenset({"admin"})
SHOWN_OBJECTIONS = 20


@member_page
@require_safe
def record(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Grade and figures, every fact of five years, and what became of objections."""
    cursor, kind = request.GET.get("cursor"), request.GET.get("kind", "")
    kind = kind if kind in names.KIND else ""
    before = None if cursor is None else number_in(cursor)
    found = own_facts(identity.account_no, kind=kind, before=before, limit=PAGE + 1)
    shown = credit_record(identity.code)
    context = {
        "who": who(identity),
        "tab": "credit",
        "rating": shown.rating,
        "tonnes": shown.rating.kg // KG_PER_T,
        "mark": names.grade_mark(shown.rating.grade),
        "facts": [fact_shown(row) for row in found[:PAGE]],
        "kinds": [(value, str(text)) for value, text in names.KIND.items()],
        "kind": kind,
        "grounds": [(value, str(text)) for value, text in names.GROUND.items()],
        "objections": [
            objection_shown(row)
            for row in credit_objections(account_no=identity.account_no, limit=SHOWN_OBJECTIONS)
        ],
        "may_object": identity.role in OBJECT_ROLES,
        "may_consent": identity.role in CONSENT_ROLES,
        "personal": shown.personal,
        "masked": shown.masked,
        "answer_days": ANSWER_TRADING_DAYS,
        "repair_days": REPAIR_AFTER_DAYS,
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "me/credit.html", context)


def fact_shown(row: OwnFact) -> dict[str, Any]:
    """A fact in full, in words."""
    return {
        "row": row,
        "kind": words.word(names.KIND, row.kind),
        "adverse": names.is_adverse(row.kind),
        "detail": names.detail_text(row.detail),
        "text": " · ".join(filter(None, _told(row))),
        "mark": names.state_mark(row.state),
        "objectionable": row.state == "standing" and row.kind not in NOT_OBJECTIONABLE,
    }


def _told(row: OwnFact) -> tuple[str, str, str]:
    """Detail, weight and band of a fact, each empty if there is none."""
    weight = f"{row.kg:,} {_('公斤')}" if row.kg else ""
    return names.detail_text(row.detail), weight, str(names.BANDS[row.amount_band])


def objection_shown(row: ObjectionRow) -> dict[str, Any]:
    """An objection with the fact it is about, in words."""
    return {
        "row": row,
        "fact": fact_shown(row.fact),
        "ground": words.word(names.GROUND, row.ground),
        "mark": names.objection_mark(row.state),
    }


@member_page
@require_safe
def record_csv(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """The same facts as a file, the last recorded first, up to MAX_ROWS."""
    return csv_response(f"{identity.code}-credit.csv", *facts_table(identity.account_no))


def facts_table(account_no: int) -> tuple[list[str], list[list[object]]]:
    """Header and rows of a member's facts."""
    header = [_("日期"), _("种类"), _("说明"), _("来源"), _("合同号"), _("公斤"), _("金额档"), _("逾期天数")]
    header.append(_("状态"))
    rows: list[list[object]] = [
        [
            row.day.isoformat(),
            words.word(names.KIND, row.kind),
            names.detail_text(row.detail),
            row.source,
            row.contract_no,
            row.kg,
            str(names.BANDS[row.amount_band]),
            row.days_late,
            words.word(names.STATE, row.state),
        ]
        for row in own_facts(account_no, limit=MAX_ROWS)
    ]
    return header, rows


@member_page
@require_POST
def act(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Objects to the fact in ``subject``, takes an objection back, or changes the consent."""
    verb = request.POST.get("verb", "")
    check_role(identity, CONSENT_ROLES if verb == "consent" else OBJECT_ROLES)
    try:
        messages.success(request, _done(request, identity, verb))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/credit/")


def _done(request: HttpRequest, identity: MemberIdentity, verb: str) -> str:
    actor, subject = actor_of(request), request.POST.get("subject", "")
    if verb == "object":
        number = file_objection(
            actor=actor,
            account_no=identity.account_no,
            fact_id=_fact_id(subject),
            ground=request.POST.get("ground", ""),
            reason=request.POST.get("reason", ""),
            evidence=request.POST.get("evidence", ""),
        )
        return _("异议 %(no)s 已受理，最迟 10 个交易日答复") % {"no": number}
    if verb == "withdraw":
        withdraw_objection(actor=actor, account_no=identity.account_no, objection_no=subject[:24])
        return _("异议已撤回")
    if verb == "consent":
        shown = request.POST.get("shown") == "1"
        set_consent(actor=actor, account_no=identity.account_no, shown=shown)
        return _("信用记录现在可按名称查询") if shown else _("信用记录现在只能按代码查询，名称隐去")
    raise BadParameter(name="verb")


def _fact_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise BadParameter(name="subject")
    return int(text)
