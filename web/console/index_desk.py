"""The index desk: compute the draft of a day, look at its evidence, publish it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.price_index import services
from exchange.price_index.errors import NoIndexValue
from exchange.price_index.selectors import draft_of, evidence_of, published_values
from exchange.price_index.types import IndexEvidence, ValueStatus
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.index import checked_family, parts_of, value_shown

RECENT_DAYS = 20


@operator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The chosen day, draft or published, and the latest days."""
    day = _day_in(request.GET.get("day", ""), default=today())
    found = _value_of(day)
    context: dict[str, Any] = {
        "day": day,
        "day_text": day.isoformat(),
        "today": today(),
        "days": [value_shown(row) for row in published_values(limit=RECENT_DAYS).rows],
    }
    if found is not None:
        published = found.row.status != ValueStatus.DRAFT
        context |= {
            "preview": {**value_shown(found.row), "published": published},
            "parts": parts_of(found),
            "family": checked_family(found),
        }
    return render(request, "console/index.html", context)


@operator_page
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Computes the draft of a day anew from the books."""
    day = _day_in(request.POST.get("day", ""), default=today())
    try:
        services.compute(day)
        messages.success(request, _("已试算 %(day)s，请核对证据后公布") % {"day": day.isoformat()})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/console/index/?day={day.isoformat()}")


@operator_page
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publishes the draft of the day in ``subject``: what was looked at, not what the books say since."""
    day = _day_in(request.POST.get("subject", ""), default=None)
    try:
        row = services.publish(day, actor=actor_of(request), reason=reason_in(request))
        messages.success(request, _("已公布 %(day)s 的指数") % {"day": row.day.isoformat()})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/console/index/?day={day.isoformat()}")


def _value_of(day: date) -> IndexEvidence | None:
    """The published value of a day, else its draft, else None."""
    try:
        return evidence_of(day)
    except NoIndexValue:
        return draft_of(day)


def _day_in(text: str, *, default: date | None) -> date:
    if not text and default is not None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadParameter(name="day") from error
