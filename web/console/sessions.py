"""Trading sessions: open and close the market, halt and resume products."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets import services
from exchange.markets.selectors import current_session, phase_changes, products
from exchange.markets.types import PHASE_WORDS
from matching.types import Phase
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.quotes import Quote, quotes

RECENT_CHANGES = 20


@operator_page
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """The session, every product's phase, and what was done last."""
    context = {
        "tab": "session",
        "session": current_session(),
        "products": [_shown(row) for row in quotes(products())],
        "changes": [
            {
                "at": change.at,
                "product_code": change.product_code,
                "phase": PHASE_WORDS[change.phase],
                "actor": change.actor,
                "reason": change.reason,
            }
            for change in phase_changes(limit=RECENT_CHANGES)
        ],
    }
    return render(request, "console/session.html", context)


def _shown(row: Quote) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "phase": row.phase,
        "halted": row.halted,
        "reference": row.reference,
        "low": row.low_limit,
        "high": row.high_limit,
        "volume_kg": row.volume_kg,
    }


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Carries out one verb of VERBS on the market or on the product in ``subject``."""
    try:
        reason = reason_in(request)
        verb = VERBS.get(request.POST.get("verb", ""))
        if verb is None:
            raise BadParameter(name="verb")
        action, done = verb
        action(actor_of(request), request.POST.get("subject", ""), reason)
        messages.success(request, str(done))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/")


def _open(actor: Actor, subject: str, reason: str) -> None:
    services.open_session(actor=actor, reason=reason)


def _close(actor: Actor, subject: str, reason: str) -> None:
    services.close_session(actor=actor, reason=reason)


def _halt(actor: Actor, subject: str, reason: str) -> None:
    services.halt(actor=actor, code=subject, reason=reason)


def _resume(actor: Actor, subject: str, reason: str) -> None:
    services.resume(actor=actor, code=subject, reason=reason)


@transaction.atomic
def _halt_all(actor: Actor, subject: str, reason: str) -> None:
    for product in products():
        if product.phase == Phase.CONTINUOUS and not product.halted:
            services.halt(actor=actor, code=product.code, reason=reason)


@transaction.atomic
def _resume_all(actor: Actor, subject: str, reason: str) -> None:
    for product in products():
        if product.halted:
            services.resume(actor=actor, code=product.code, reason=reason)


VERBS: dict[str, tuple[Callable[[Actor, str, str], None], Any]] = {
    "open": (_open, lazy("已开市")),
    "close": (_close, lazy("已收市，未成交委托已撤销")),
    "halt": (_halt, lazy("已暂停该品种")),
    "resume": (_resume, lazy("已恢复该品种")),
    "halt_all": (_halt_all, lazy("已暂停全部品种")),
    "resume_all": (_resume_all, lazy("已恢复全部品种")),
}
"""What the operator can do to the market, and the sentence that says it was done."""
