"""The index desk: compute the draft of a day, look at its evidence, put it forward; another releases it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.price_index import publication
from exchange.price_index.comparing import compare
from exchange.price_index.complaint_selectors import overdue_complaints
from exchange.price_index.errors import NoIndexValue
from exchange.price_index.governance_types import CellComparison, CellSide, ValueProposalRow
from exchange.price_index.selectors import draft_of, evidence_of, published_values
from exchange.price_index.types import IndexEvidence, ValueStatus
from web.console.listing import Verb, carry_out, every, id_in
from web.console.proposals import decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages import governance_words, words
from web.pages.access import message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.index import checked_family, parts_of, value_shown
from web.pages.index_series import fen
from web.templatetags.jinguo import index_points

RECENT_DAYS = 20
RECENT_PROPOSALS = 20


@operator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The chosen day, draft, put forward or published, and the latest days."""
    day = _day_in(request.GET.get("day", ""), default=calendar.today())
    waiting = publication.proposals(waiting=True)
    proposal = next((row for row in waiting if row.day == day), None)
    found = draft_of(day) if proposal is not None else _value_of(day)
    context: dict[str, Any] = {
        "day": day,
        "day_text": day.isoformat(),
        "today": calendar.today(),
        "days": [value_shown(row) for row in published_values(limit=RECENT_DAYS).rows],
        "late": publication.late_days(calendar.now()),
        "overdue_complaints": overdue_complaints(),
        "waiting": [row for row in waiting if row.day != day],
        "proposal": proposal,
        "own": proposal is not None and proposal.proposed_by == request.user.get_username(),
        "decided": [
            {"row": row, "state": words.word(governance_words.PROPOSAL_STATE, row.state)}
            for row in publication.proposals(waiting=False, limit=RECENT_PROPOSALS)
        ],
    }
    if found is not None:
        context |= _preview(found, day)
    return render(request, "console/index.html", context)


def _preview(found: IndexEvidence, day: date) -> dict[str, Any]:
    """A value of the day beside what stands before it: the value it revises, or the day before."""
    published = found.row.status != ValueStatus.DRAFT
    shown: dict[str, Any] = {
        "preview": {**value_shown(found.row), "published": published},
        "family": checked_family(found),
    }
    if published:
        return {**shown, "parts": parts_of(found)}
    before = evidence_of(day) if found.row.revision else _day_before(day)
    names = {part["code"]: part["name"] for part in parts_of(found)}
    cells = [_compared(each, names) for each in compare(before, found)]
    return {
        **shown,
        "before": None if before is None else value_shown(before.row),
        "revision": found.row.revision,
        "reason": found.row.reason,
        "compared": cells,
        "changed": sum(cell["changed"] for cell in cells),
    }


def _compared(each: CellComparison, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": names.get(each.product_code, each.product_code),
        "code": each.product_code,
        "changed": each.changed,
        "before": _side(each.before),
        "after": _side(each.after),
    }


def _side(side: CellSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "price": fen(side.price_milli),
        "level": words.word(words.LEVEL, int(side.level)),
        "trades": side.trades,
        "volume_kg": side.volume_kg,
        "exclusions": [
            (words.word(governance_words.EXCLUSION, each.rule), each.trades, each.kg)
            for each in side.exclusions
        ],
    }


@operator_page
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Computes the draft of a day anew from the books."""
    day = _day_in(request.POST.get("day", ""), default=calendar.today())
    try:
        publication.draft_value(day)
        messages.success(request, _("已试算 %(day)s，请核对证据后提请公布") % {"day": day.isoformat()})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/console/index/?day={day.isoformat()}")


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Puts the draft of the day in ``subject`` forward, or computes its revision and puts that forward."""
    subject = request.POST.get("subject", "")
    day = _day_in(subject, default=None)
    return carry_out(request, _PROPOSING, subject, f"/console/index/?day={day.isoformat()}")


def _propose_value(request: HttpRequest, actor: Actor, subject: str) -> str:
    publication.propose_value(_day_in(subject, default=None), actor=actor, reason=reason_in(request))
    return _("已提请公布，等待另一人复核")


def _propose_revision(request: HttpRequest, actor: Actor, subject: str) -> str:
    publication.propose_revision(_day_in(subject, default=None), actor=actor, reason=reason_in(request))
    return _("已提请修订，等待另一人复核")


_PROPOSING: dict[str, Verb] = {"value": _propose_value, "revision": _propose_revision}


@operator_page
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Releases, refuses or withdraws the proposal in ``subject``: what was looked at, or nothing."""
    day = _day_in(request.POST.get("day", ""), default=calendar.today())
    return carry_out(
        request, _DECIDING, request.POST.get("subject", ""), f"/console/index/?day={day.isoformat()}"
    )


def _release(_request: HttpRequest, actor: Actor, subject: str) -> str:
    row = publication.release(id_in(subject), actor=actor)
    return _("已公布 %(day)s 的指数") % {"day": row.day.isoformat()}


def _refuse(request: HttpRequest, actor: Actor, subject: str) -> str:
    publication.refuse(id_in(subject), actor=actor, reason=reason_in(request))
    return _("提案已驳回")


def _withdraw(request: HttpRequest, actor: Actor, subject: str) -> str:
    publication.withdraw(id_in(subject), actor=actor, reason=reason_in(request))
    return _("提案已撤回")


_DECIDING: dict[str, Verb] = {"release": _release, "refuse": _refuse, "withdraw": _withdraw}


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Who put forward and who released, as CSV, newest first."""
    header = [_("日期"), _("修订号"), _("指数"), _("证据摘要"), _("状态"), *decision_columns()]
    rows = (_exported(row) for row in every(publication.proposals, waiting=False))
    return csv_response("index-publications.csv", header, rows)


def _exported(row: ValueProposalRow) -> list[object]:
    return [
        row.day.isoformat(),
        row.revision,
        "" if row.value is None else index_points(row.value),
        row.evidence_hash,
        words.word(governance_words.PROPOSAL_STATE, row.state),
        *decision_cells(row),
    ]


def _value_of(day: date) -> IndexEvidence | None:
    """The published value of a day, else its draft, else None."""
    try:
        return evidence_of(day)
    except NoIndexValue:
        return draft_of(day)


def _day_before(day: date) -> IndexEvidence | None:
    """The last value published for an earlier day."""
    rows = published_values(limit=1, cursor=day.isoformat()).rows
    return evidence_of(rows[0].day) if rows else None


def _day_in(text: str, *, default: date | None) -> date:
    if not text and default is not None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadParameter(name="day") from error
