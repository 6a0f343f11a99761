"""条款: versions of contract terms; one person proposes the next one, another approves it."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from settlement import services
from settlement.terms_desk import (
    LONGEST_CLAUSE,
    LONGEST_TEXT,
    NOTICE_DAYS,
    NUMBERS,
    TEXTS,
    first_day,
    last_terms,
    terms_versions,
)
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.terms import numbers_shown, row_shown
from web.pages.words import in_chinese

MOST_CLAUSES = 40
LONGEST_NUMBER = 9
"""Digits."""


@operator_page
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """All versions, what each changed, and the form for the next."""
    last, rows = last_terms(), terms_versions(today())
    context = {
        "rows": [row_shown(row) for row in rows],
        "waiting": any(row.state == "proposed" for row in rows),
        "last": last,
        "numbers": numbers_shown(last),
        "texts": [
            (name, zh if in_chinese() else en, getattr(last, name)) for name, (zh, en) in TEXTS.items()
        ],
        "clauses": last.clauses,
        "first_day": first_day(today()),
        "notice_days": NOTICE_DAYS,
        "longest_clause": LONGEST_CLAUSE,
        "longest_text": LONGEST_TEXT,
    }
    return render(request, "console/terms.html", context)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Proposes, approves or rejects a version."""
    verb, version, actor = request.POST.get("verb", ""), request.POST.get("subject", ""), actor_of(request)
    try:
        if verb == "propose":
            version = services.propose_terms(
                actor=actor,
                effective_from=_day_in(request),
                reason=reason_in(request),
                changes=_changes_in(request),
                clauses=_clauses_in(request),
            )
            messages.success(request, _("版本 %(no)s 已提出，等待另一人复核") % {"no": version})
        elif verb == "approve":
            services.approve_terms(actor=actor, version=version)
            messages.success(request, _("版本 %(no)s 已批准并公示") % {"no": version})
        elif verb == "reject":
            services.reject_terms(actor=actor, version=version, reason=reason_in(request))
            messages.success(request, _("版本 %(no)s 已否决") % {"no": version})
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/terms/")


def _day_in(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("effective_from", ""))
    except ValueError as error:
        raise BadParameter(name="effective_from") from error


def _changes_in(request: HttpRequest) -> dict[str, int | str]:
    changes: dict[str, int | str] = {}
    for each in NUMBERS:
        text = request.POST.get(each.name, "").strip()
        if not text:
            continue
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > LONGEST_NUMBER:
            raise BadParameter(name=each.name)
        changes[each.name] = int(text)
    for name in TEXTS:
        if name in request.POST:
            changes[name] = request.POST[name].strip()
    return changes


def _clauses_in(request: HttpRequest) -> tuple[tuple[str, str], ...] | None:
    """The clauses of the form, without those left empty; None when it had none."""
    titles, texts = request.POST.getlist("clause_title"), request.POST.getlist("clause_text")
    if not titles:
        return None
    if len(titles) != len(texts) or len(titles) > MOST_CLAUSES:
        raise BadParameter(name="clause_text")
    pairs = ((title.strip(), " ".join(text.split())) for title, text in zip(titles, texts, strict=True))
    return tuple(pair for pair in pairs if any(pair))
