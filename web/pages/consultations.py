"""征求意见 and versions of the method, for everybody: what is to change, what was said, what was decided."""

import secrets
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import calendar
from exchange.kernel.calendar import datetime_of, day_bounds_ns
from exchange.kernel.errors import JinguoError
from exchange.members.selectors import identity_of_user, staff_of_user
from exchange.price_index import consultation_selectors as read
from exchange.price_index import consultations as services
from exchange.price_index.errors import UnknownIndex
from exchange.price_index.governance_errors import CommentsNotForOperator, UnknownConsultation
from exchange.price_index.governance_types import CommentRow, ConsultationRow, DecisionRow, MethodVersionRow
from web.pages import governance_words as names
from web.pages import words
from web.pages.access import actor_of, is_operator, message_of, public
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.paging import number_in

PAGE, IN_FEED = 30, 30


# What templates show ---------------------------------------------------------------------------------


def consultation_shown(row: ConsultationRow) -> dict[str, Any]:
    """A consultation in the reader's language."""
    zh, terms = words.in_chinese(), row.terms
    takes_comments = row.takes_comments(calendar.today())
    return {
        "row": row,
        "number": row.number,
        "title": terms.title_zh if zh else terms.title_en,
        "change": terms.change_zh if zh else terms.change_en,
        "why": terms.why_zh if zh else terms.why_en,
        "subject": words.word(names.CONSULTATION_SUBJECT, terms.subject),
        "takes_comments": takes_comments,
        "mark": names.consultation_mark(row, takes_comments=takes_comments),
        "decision": None if row.decision is None else decision_shown(row.decision),
    }


def decision_shown(row: DecisionRow) -> dict[str, Any]:
    """A decision with its reply in the reader's language."""
    return {
        "row": row,
        "outcome": words.word(names.OUTCOME, row.outcome),
        "reply": row.reply_zh if words.in_chinese() else row.reply_en,
    }


def _version_shown(row: MethodVersionRow) -> dict[str, Any]:
    return {
        "row": row,
        "state": words.word(names.METHOD_STATE, row.state),
        "parameters": [(words.word(names.PARAMETER, name), value) for name, value in row.parameters.items()],
    }


def _comment_shown(row: CommentRow) -> dict[str, Any]:
    return {"row": row, "hidden": not row.text and row.taken_down_at is None}


def open_now() -> list[dict[str, Any]]:
    """Consultations one may comment on, for the note on the pages of the index and its method."""
    return [consultation_shown(row) for row in read.open_consultations(calendar.today())]


def versions_shown() -> dict[str, Any]:
    """For the page of the method: versions in force, past and announced, each with its parameters."""
    try:
        versions = [_version_shown(row) for row in read.method_versions()]
    except UnknownIndex:
        versions = []
    current = next((each for each in versions if each["row"].state == "in_force"), None)
    return {"versions": versions, "current": current, "consultations": open_now()}


# Pages -----------------------------------------------------------------------------------------------


@public
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Consultations, open and past, the last first."""
    cursor = request.GET.get("cursor") or None
    rows = read.consultations(before=None if cursor is None else number_in(cursor), limit=PAGE + 1)
    context = {
        "rows": [consultation_shown(row) for row in rows[:PAGE]],
        "cursor": cursor,
        "next_cursor": str(rows[PAGE - 1].id) if len(rows) > PAGE else None,
    }
    return render(request, "pages/consultations.html", context)


@public
@require_safe
def one(request: HttpRequest, number: str) -> HttpResponse:
    """One consultation with its comments, the form, and the decision."""
    return _page(request, number)


def _page(request: HttpRequest, number: str, *, typed: str = "", status: int = 200) -> HttpResponse:
    row = read.consultation(number)
    operator = is_operator(request)
    party = None if operator or not request.user.is_authenticated else _party_of(request)
    comments = read.comments(number, party="" if party is None else party.key, operator=operator)
    context = {
        "each": consultation_shown(row),
        "comments": [_comment_shown(each) for each in comments],
        "party": party,
        "may_comment": party is not None and row.takes_comments(calendar.today()),
        "longest": services.LONGEST_COMMENT,
        "most": services.MOST_PER_CONSULTATION,
        "typed": typed,
        "key": secrets.token_hex(12),
        "operator": operator,
    }
    return render(request, "pages/consultation.html", context, status=status)


@login_required
@public
@require_POST
def comment(request: HttpRequest, number: str) -> HttpResponse:
    """A comment of somebody logged in; a refusal shows what was typed again."""
    text = request.POST.get("text", "")
    try:
        if is_operator(request):
            raise CommentsNotForOperator
        services.comment(
            number,
            actor=actor_of(request),
            party=_party_of(request),
            text=text,
            is_public=request.POST.get("private") != "1",
            key=request.POST.get("key", ""),
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        if error.status == UnknownConsultation.status:
            return redirect("/index/consultations/")
        return _page(request, number, typed=text[: services.LONGEST_COMMENT], status=error.status)
    messages.success(request, _("意见已收到，决定公布时一并答复"))
    return redirect(f"/index/consultations/{number}/#comments")


def _party_of(request: HttpRequest) -> services.Party:
    """Whom the person acts for: a member, an institution, or nobody but themselves."""
    user_id = request.user.pk or 0
    if identity := identity_of_user(user_id):
        return services.Party(f"member:{identity.account_no}", identity.name)
    if staff := staff_of_user(user_id):
        return services.Party(staff.institution[:40], staff.name)
    name = request.user.get_username()
    return services.Party(f"user:{user_id}", name[:120])


@public
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The register of consultations as CSV."""
    return csv_response("index-consultations.csv", *consultation_table(public=True))


def consultation_table(*, public: bool) -> tuple[list[str], Iterator[list[object]]]:
    """Headings and rows of the register; with drafts and who decided for the desk."""
    header = [_("编号"), _("事项"), _("标题"), _("状态"), _("开始"), _("截止"), _("拟实施日")]
    header += [_("意见数"), _("决定"), _("方法版本"), _("实施日"), _("答复")]
    if not public:
        header += [_("提出人"), _("复核人"), _("原因"), _("复核意见")]

    def cells(row: ConsultationRow) -> list[object]:
        decision = row.decision
        shown: list[object] = [
            row.number,
            words.word(names.CONSULTATION_SUBJECT, row.terms.subject),
            row.terms.title_zh if words.in_chinese() else row.terms.title_en,
            words.word(names.CONSULTATION_STATE, row.state),
            row.opened_on or "",
            row.closes_on or "",
            row.terms.effective_from,
            row.comments,
            "" if decision is None else words.word(names.OUTCOME, decision.outcome),
            "" if decision is None else decision.version,
            "" if decision is None else decision.effective_from or "",
            "" if decision is None else decision_shown(decision)["reply"],
        ]
        if not public:
            shown += [row.proposed_by, row.decided_by, row.reason, row.decision_reason]
        return shown

    return header, (cells(row) for row in read.consultations(public=public, limit=MAX_ROWS))


@public
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Consultations and their decisions as Atom (RFC 4287), in Chinese, or in English with ``lang=en``."""
    with translation.override("en" if request.GET.get("lang") == "en" else "zh-hans"):
        made = Atom1Feed(
            title=f"{_('咸阳苹果价格指数')} · {_('征求意见')}",
            link=request.build_absolute_uri("/index/consultations/"),
            description=_("方法、参数和样本的变更，及市场经营者的答复"),
            language="zh-CN" if words.in_chinese() else "en",
            feed_url=request.build_absolute_uri(),
        )
        for row in read.consultations(limit=IN_FEED):
            shown = consultation_shown(row)
            assert row.opened_on is not None
            opened = datetime_of(day_bounds_ns(row.opened_on)[0])
            decided = None if row.decision is None else row.decision.decided_at
            made.add_item(
                title=f"{shown['title']} · {shown['mark'].text}",
                link=request.build_absolute_uri(f"/index/consultations/{row.number}/"),
                description=linebreaks(shown["change"], autoescape=True),
                pubdate=opened,
                updateddate=decided or row.decided_at or opened,
                categories=[shown["subject"]],
                author_name=_("中国咸阳金果网"),
            )
        content = made.writeString("utf-8")
    return HttpResponse(content, content_type="application/atom+xml; charset=utf-8")


def day_in(text: str) -> date | None:
    """A date as a form sends it; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
