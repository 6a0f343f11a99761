"""Trading sessions: halting by one person at once; opening, closing, resuming, ending calls by two."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets import services
from exchange.markets.selectors import (
    current_session,
    phase_changes,
    products,
)
from exchange.markets.session_proposals import SessionProposalRow, session_proposals, withdraw_deed
from exchange.markets.types import PHASE_WORDS, ProductRow, SessionDeed, payment_words
from exchange.ops import session_control
from exchange.trading.queries import IndicativeLine
from matching.types import CALL_PHASES, Phase
from web.console.listing import carry_out
from web.console.proposals import deciding
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.product_words import state_mark
from web.pages.quotes import Quote, quotes
from web.pages.settlement_words import PAYMENT
from web.pages.words import Words, word
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
    names = {row.code: row.name for row in shown}
    context = {
        "session": current_session(),
        "in_call": len(in_call),
        "call_seconds": {
            "least": settings.CALL_S,
            "most": settings.CALL_S + settings.CALL_RANDOM_S,
            "volatility": settings.VOLATILITY_CALL_S,
        },
        "products": [_shown(row, rows[row.number], indicatives.get(row.number)) for row in shown],
        "waiting": [_proposal(row, request, names) for row in session_proposals(waiting=True)],
        "decided": [_proposal(row, request, names) for row in session_proposals(waiting=False)],
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
    """Carries out, or proposes, what ``verb`` names on the market or on the product in ``subject``."""
    try:
        reason, verb = reason_in(request), request.POST.get("verb", "")
        actor, subject = actor_of(request), request.POST.get("subject", "")
        if verb in STOPPING:
            stop, done = STOPPING[verb]
            stop(actor, subject, reason)
            messages.success(request, str(done))
        elif verb in SessionDeed.values:
            _do_or_propose(request, SessionDeed(verb), subject)
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/")


def _do_or_propose(request: HttpRequest, deed: SessionDeed, subject: str) -> None:
    of_product = deed in OF_A_PRODUCT
    number = session_control.do_or_propose(
        actor=actor_of(request),
        deed=deed,
        subject=subject if of_product else "",
        reason=reason_in(request),
    )
    if number is None:
        messages.success(request, str(DONE[deed]))
    else:
        messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})


def _begin_call(actor: Actor, subject: str, reason: str) -> None:
    services.begin_call(actor=actor, code=subject, reason=reason)


def _halt(actor: Actor, subject: str, reason: str) -> None:
    services.halt(actor=actor, code=subject, reason=reason)


@transaction.atomic
def _halt_all(actor: Actor, subject: str, reason: str) -> None:
    for product in products():
        if product.phase != Phase.CLOSED and not product.halted:
            services.halt(actor=actor, code=product.code, reason=reason)


STOPPING: dict[str, tuple[Callable[[Actor, str, str], None], Any]] = {
    "halt": (_halt, lazy("已暂停该品种")),
    "halt_all": (_halt_all, lazy("已暂停全部品种")),
    "begin_call": (_begin_call, lazy("该品种已进入集合竞价")),
}
"""What one person does at once because it stops trading, and the sentence that says it was done."""

DONE: dict[SessionDeed, Any] = {
    SessionDeed.OPEN: lazy("已开市"),
    SessionDeed.OPEN_WITH_CALL: lazy("已开市，进入集合竞价"),
    SessionDeed.END_CALL: lazy("集合竞价已结束，转入连续交易"),
    SessionDeed.END_ALL_CALLS: lazy("全部集合竞价已结束，转入连续交易"),
    SessionDeed.MIDDAY: lazy("已休市，今日及以后到期的委托保留"),
    SessionDeed.CLOSE: lazy("已收市，未到期的委托保留，其余已撤销"),
    SessionDeed.RESUME: lazy("已恢复该品种"),
    SessionDeed.RESUME_WITH_CALL: lazy("已恢复该品种，进入集合竞价"),
    SessionDeed.RESUME_ALL: lazy("已恢复全部品种"),
}
OF_A_PRODUCT = frozenset({SessionDeed.END_CALL, SessionDeed.RESUME, SessionDeed.RESUME_WITH_CALL})


# Proposals ---------------------------------------------------------------------------------------------


@operator_page
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/")


_VERBS = deciding(session_control.decide, withdraw_deed, lambda deed: str(DONE[deed]))

DEED: Words = {
    "open": lazy("直接开市"),
    "open_with_call": lazy("集合竞价开市"),
    "midday": lazy("午间休市"),
    "close": lazy("收市"),
    "end_call": lazy("结束集合竞价"),
    "end_all_calls": lazy("结束全部集合竞价"),
    "resume": lazy("恢复"),
    "resume_with_call": lazy("竞价恢复"),
    "resume_all": lazy("全部恢复"),
}


def _proposal(row: SessionProposalRow, request: HttpRequest, names: dict[str, str]) -> dict[str, Any]:
    lapsed = row.state == "waiting" and not row.valid
    return {
        "row": row,
        "deed": word(DEED, row.deed.value),
        "product": names.get(row.subject, row.subject),
        "mark": state_mark("lapsed" if lapsed else row.state),
        "own": row.proposed_by == request.user.get_username(),
    }
