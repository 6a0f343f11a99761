"""投诉 about the index: the public register without names, filing one, and its complainant's view of it."""

import secrets
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.selectors import identity_of_user
from exchange.members.types import MemberIdentity
from exchange.price_index import complaint_selectors as read
from exchange.price_index import complaints as services
from exchange.price_index.governance_errors import UnknownComplaint
from exchange.price_index.governance_types import (
    ACKNOWLEDGE_TRADING_DAYS,
    DECIDE_TRADING_DAYS,
    ComplaintRow,
    NewComplaint,
)
from web.pages import governance_words as names
from web.pages import words
from web.pages.access import actor_of, is_operator, message_of, public
from web.pages.consultations import day_in
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.paging import number_in
from web.pages.visitors import address_of, count_question

PAGE = 30
OWN = 20
FIELDS = ("subject", "day", "text", "contact_name", "contact_phone", "key")


def complaint_shown(row: ComplaintRow) -> dict[str, Any]:
    """A complaint in the reader's language. What the register may show is for its template."""
    return {
        "row": row,
        "subject": words.word(names.COMPLAINT_SUBJECT, row.subject),
        "mark": names.complaint_mark(row),
        "open": row.finished_at is None,
        "awaits_revision": row.state == "upheld" and row.day is not None and row.revision is None,
    }


# The register ----------------------------------------------------------------------------------------


@public
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Every complaint without text and names; above it, those of the member who looks."""
    cursor = request.GET.get("cursor") or None
    rows = read.complaints(before=None if cursor is None else number_in(cursor), limit=PAGE + 1)
    identity = _identity(request)
    own = [] if identity is None else read.complaints(account_no=identity.account_no, limit=OWN)
    context = {
        "rows": [complaint_shown(row) for row in rows[:PAGE]],
        "own": [complaint_shown(row) for row in own],
        "member": identity is not None,
        "operator": is_operator(request),
        "cursor": cursor,
        "next_cursor": str(rows[PAGE - 1].id) if len(rows) > PAGE else None,
        **_terms(),
    }
    return render(request, "pages/complaints.html", context)


def _terms() -> dict[str, int]:
    return {"acknowledge_days": ACKNOWLEDGE_TRADING_DAYS, "decide_days": DECIDE_TRADING_DAYS}


@public
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The register as CSV, without text and names."""
    header = [_("编号"), _("指数日"), _("事项"), _("状态"), _("提出日"), _("办结日"), _("用时（交易日）")]
    header.append(_("随后的修订"))
    rows = (
        [
            row.number,
            row.day or "",
            words.word(names.COMPLAINT_SUBJECT, row.subject),
            words.word(names.COMPLAINT_STATE, row.state),
            localtime(row.filed_at).date(),
            "" if row.finished_at is None else localtime(row.finished_at).date(),
            row.days_taken,
            row.revision or "",
        ]
        for row in read.complaints(limit=MAX_ROWS)
    )
    return csv_response("index-complaints.csv", header, rows)


# Filing ----------------------------------------------------------------------------------------------


@public
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Files a complaint; a refusal shows what was typed again."""
    if is_operator(request):
        raise PermissionDenied
    identity = _identity(request)
    if request.method != "POST":
        day = request.GET.get("day", "")
        typed = {"day": day if day_in(day) else "", "subject": request.GET.get("subject", "")}
        return _form(request, identity, typed)
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        count_question(request)
        receipt = services.file_complaint(
            _terms_in(typed),
            actor=actor_of(request) if identity is not None else _visitor(request),
            key=typed["key"],
            account_no=None if identity is None else identity.account_no,
        )
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _form(request, identity, typed, status=error.status)
    messages.success(request, _("投诉已收到，编号 %(no)s") % {"no": receipt.number})
    code = "" if identity is not None else f"{receipt.code}/"
    return redirect(f"/index/complaints/{receipt.number}/{code}")


def _terms_in(typed: dict[str, str]) -> NewComplaint:
    day: date | None = day_in(typed["day"])
    if typed["day"] and day is None:
        raise BadParameter(name="day")
    return NewComplaint(
        subject=typed["subject"],
        day=day,
        text=typed["text"],
        contact_name=typed["contact_name"],
        contact_phone=typed["contact_phone"],
    )


def _form(
    request: HttpRequest, identity: MemberIdentity | None, typed: dict[str, str], *, status: int = 200
) -> HttpResponse:
    context = {
        "form": {**typed, "key": typed.get("key") or secrets.token_hex(16)},
        "subjects": [(value, str(text)) for value, text in names.COMPLAINT_SUBJECT.items()],
        "identity": identity,
        "longest": services.LONGEST_TEXT,
        "longest_name": services.LONGEST_NAME,
        **_terms(),
    }
    return render(request, "pages/complaint_new.html", context, status=status)


def _visitor(request: HttpRequest) -> Actor:
    """Somebody without a log-in of a member, for the audit log."""
    port = request.META.get("REMOTE_PORT")
    name = request.user.get_username() if request.user.is_authenticated else "public"
    agent = request.headers.get("User-Agent", "")
    return Actor(name, address_of(request) or None, int(port) if port else None, agent)


# Its complainant -------------------------------------------------------------------------------------


@public
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """From number and code to the page of a complaint. Raises UnknownComplaint, RateLimited."""
    count_question(request)
    number, code = request.GET.get("number", "").strip()[:24], request.GET.get("code", "").strip()[:24]
    try:
        row = read.complaint_by_code(number, code)
    except UnknownComplaint as error:
        messages.error(request, message_of(error))
        return redirect("/index/complaints/#find")
    return redirect(f"/index/complaints/{row.number}/{code}/")


@public
@require_safe
def one(request: HttpRequest, number: str, code: str = "") -> HttpResponse:
    """One's own complaint with its history: by log-in, or by its code. Raises UnknownComplaint."""
    context = {"each": complaint_shown(_own(request, number, code)), "code": code, **_terms()}
    response = render(request, "pages/complaint.html", context)
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@public
@require_POST
def withdraw(request: HttpRequest, number: str, code: str = "") -> HttpResponse:
    """Takes one's own complaint back."""
    try:
        row = _own(request, number, code)
        services.withdraw_complaint(
            number,
            actor=_visitor(request) if row.account_no is None else actor_of(request),
            account_no=row.account_no,
            code=code,
        )
        messages.success(request, _("投诉已撤回"))
    except JinguoError as error:
        messages.error(request, message_of(error))
        if error.status == UnknownComplaint.status:
            return redirect("/index/complaints/")
    return redirect(f"/index/complaints/{number}/{code}/" if code else f"/index/complaints/{number}/")


def _own(request: HttpRequest, number: str, code: str) -> ComplaintRow:
    """The complaint of whoever asks. Raises UnknownComplaint, RateLimited."""
    if code:
        count_question(request)
        return read.complaint_by_code(number, code)
    identity = _identity(request)
    if identity is None:
        raise UnknownComplaint
    return read.complaint_of(number, account_no=identity.account_no)


def _identity(request: HttpRequest) -> MemberIdentity | None:
    return identity_of_user(request.user.pk) if request.user.pk else None
