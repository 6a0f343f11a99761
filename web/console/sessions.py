"""Trading sessions: open and close the market, call, halt and resume products."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets import services
from exchange.markets.selectors import (
    calls_under_way,
    current_session,
    phase_changes,
    products,
)
from exchange.markets.types import PHASE_WORDS, ProductRow, payment_words
from exchange.ops.trading_stop import check_may_resume
from exchange.trading.queries import IndicativeLine
from matching.types import CALL_PHASES, Phase
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.quotes import Quote, quotes
from web.pages.settlement_words import PAYMENT
from web.pages.words import word
from web.ws import services as live

RECENT_CHANGES = 20
CALL_WORDS = frozenset(PHASE_WORDS[phase] for phase in CALL_PHASES)


@operator_page
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """The session, every product's phase, and what was done last."""
    rows = {row.number: row for row in products()}
    shown = quotes(list(rows.values()))
    in_call = [row.number for row in shown if row.phase in CALL_WORDS]
    indicatives = async_to_sync(live.indicatives_now)(in_call) if in_call else {}
    context = {
        "session": current_session(),
        "in_call": len(in_call),
        "call_seconds": {
            "least": settings.CALL_S,
            "most": settings.CALL_S + settings.CALL_RANDOM_S,
            "volatility": settings.VOLATILITY_CALL_S,
        },
        "products": [_shown(row, rows[row.number], indicatives.get(row.number)) for row in shown],
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


def _shown(row: Quote, product: ProductRow, indicative: IndicativeLine | None) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "phase": row.phase,
        "halted": row.halted,
        "reference": row.reference,
        "low": row.low_limit,
        "high": row.high_limit,
        "volume_kg": row.volume_kg,
        "in_call": row.phase in CALL_WORDS,
        "indicative": indicative,
        "payments": [word(PAYMENT, way) for way in payment_words(product.payments)],
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


def _open_with_call(actor: Actor, subject: str, reason: str) -> None:
    services.open_session(actor=actor, reason=reason, with_call=True)


def _begin_call(actor: Actor, subject: str, reason: str) -> None:
    services.begin_call(actor=actor, code=subject, reason=reason)


def _end_call(actor: Actor, subject: str, reason: str) -> None:
    services.end_call(actor=actor, code=subject, reason=reason)


@transaction.atomic
def _end_all_calls(actor: Actor, subject: str, reason: str) -> None:
    for call in calls_under_way():
        services.end_call(actor=actor, code=call.product_code, reason=reason)


def _midday(actor: Actor, subject: str, reason: str) -> None:
    services.close_session(actor=actor, reason=reason, day_ends=False)


def _close(actor: Actor, subject: str, reason: str) -> None:
    services.close_session(actor=actor, reason=reason)


def _halt(actor: Actor, subject: str, reason: str) -> None:
    services.halt(actor=actor, code=subject, reason=reason)


def _resume(actor: Actor, subject: str, reason: str) -> None:
    check_may_resume()
    services.resume(actor=actor, code=subject, reason=reason)


def _resume_with_call(actor: Actor, subject: str, reason: str) -> None:
    check_may_resume()
    services.resume(actor=actor, code=subject, reason=reason, with_call=True)


@transaction.atomic
def _halt_all(actor: Actor, subject: str, reason: str) -> None:
    for product in products():
        if product.phase != Phase.CLOSED and not product.halted:
            services.halt(actor=actor, code=product.code, reason=reason)


@transaction.atomic
def _resume_all(actor: Actor, subject: str, reason: str) -> None:
    check_may_resume()
    for product in products():
        if product.halted:
            services.resume(actor=actor, code=product.code, reason=reason)


VERBS: dict[str, tuple[Callable[[Actor, str, str], None], Any]] = {
    "open": (_open, lazy("已开市")),
    "open_with_call": (_open_with_call, lazy("已开市，进入集合竞价")),
    "begin_call": (_begin_call, lazy("该品种已进入集合竞价")),
    "end_call": (_end_call, lazy("集合竞价已结束，转入连续交易")),
    "end_all_calls": (_end_all_calls, lazy("全部集合竞价已结束，转入连续交易")),
    "midday": (_midday, lazy("已休市，今日及以后到期的委托保留")),
    "close": (_close, lazy("已收市，未到期的委托保留，其余已撤销")),
    "halt": (_halt, lazy("已暂停该品种")),
    "resume": (_resume, lazy("已恢复该品种")),
    "resume_with_call": (_resume_with_call, lazy("已恢复该品种，进入集合竞价")),
    "halt_all": (_halt_all, lazy("已暂停全部品种")),
    "resume_all": (_resume_all, lazy("已恢复全部品种")),
}
"""What the operator can do to the market, and the sentence that says it was done."""
