"""交收与争议: the operator's board of deliveries with what is late, weights, claims, breaches, cases."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import parse_yuan
from exchange.ops import pickups
from exchange.ops.arbitration import export_case
from exchange.trading import rescission
from settlement import services
from settlement.delivery_selectors import (
    access_delivery,
    breaches,
    claims,
    deliveries,
    delivery_figures,
    disputes,
)
from settlement.rescissions import STANDING
from warehouse_receipts.viewing import Viewer
from warehouse_receipts.weight_corrections import corrections
from web.console.reasons import reason_in
from web.pages import settlement_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.contract_text import product_called
from web.pages.delivery import detail_shown, evidence_response, files_in
from web.pages.words import word
from web.store.fields import choice_in

OPERATOR = Viewer(operator=True)


@operator_page
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Open deliveries, what is due first on top; claims, breaches and cases beside them."""
    stage, late = request.GET.get("stage", ""), request.GET.get("late") == "1"
    if stage not in names.STAGE:
        stage = ""
    rows = deliveries(stage=stage, overdue=late)
    figures = delivery_figures()
    context = {
        "rows": [
            {
                "row": row,
                "stage": names.stage_mark(row.stage),
                "product": product_called(row.product_code, row.product_name),
            }
            for row in rows
        ],
        "stages": [(key, str(text), figures.get(key, 0)) for key, text in names.STAGE.items()],
        "stage": stage,
        "late": late,
        "claims": [
            {
                "row": row,
                "state": word(names.CLAIM_STATE, row.state),
                "kind": word(names.CLAIM_KIND, row.kind),
            }
            for row in claims()
        ],
        "weights": corrections(OPERATOR, waiting=True),
        "disputes": [{"row": row, "state": word(names.DISPUTE_STATE, row.state)} for row in disputes()],
        "breaches": [
            {
                "row": row,
                "state": word(names.BREACH_STATE, row.state),
                "party": word(names.PARTY, row.party),
                "ground": word(names.GROUND, row.ground),
            }
            for row in breaches(limit=20)
        ],
    }
    return render(request, "console/deliveries.html", context)


@operator_page
@require_safe
def delivery(request: HttpRequest, contract_no: str) -> HttpResponse:
    """One contract: timeline, money, papers, and what the operator can do now."""
    found = access_delivery(contract_no, account_no=None)
    context = {
        "found": found,
        "detail": detail_shown(found),
        "grounds": names.GROUND.items(),
        "may_rescind": (
            any(row.state == "confirmed" for row in found.breaches)
            or any(row.state == "awarded" for row in found.disputes)
        )
        and not any(row.state in STANDING for row in found.rescissions),
        "criteria": names.criteria(),
    }
    return render(request, "console/delivery.html", context)


@operator_page
@require_safe
def evidence(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """A file of a claim or case."""
    return evidence_response(evidence_id, account_no=None)


@operator_page
@require_safe
def case_zip(request: HttpRequest, case_no: str) -> HttpResponse:
    """Everything about a case in one file, for arbitration."""
    name, content = export_case(actor=actor_of(request), case_no=case_no)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@operator_page
@require_POST
def decide_weight(request: HttpRequest, correction_no: str) -> HttpResponse:
    """Approves or refuses what a keeper says a load should have weighed."""
    try:
        approve = choice_in(request, "verb", {"approve", "refuse"}) == "approve"
        pickups.decide_weight(correction_no, approve=approve, actor=actor_of(request))
        messages.success(request, _("磅单已更正，差额另行入账") if approve else _("更正已驳回"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/deliveries/")


@operator_page
@require_POST
def act(request: HttpRequest, contract_no: str) -> HttpResponse:
    """One step of the operator's, named by ``verb``; ``subject`` is a claim, a breach or a case."""
    try:
        step = _VERBS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        subject = request.POST.get("subject", "") or contract_no
        messages.success(request, step(request, actor_of(request), subject))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/console/deliveries/{contract_no}/")


def _reinspection(request: HttpRequest, actor: Actor, claim_no: str) -> str:
    findings = []
    for code, _text, most in names.criteria():
        steps = request.POST.get(f"found_{code}", "").strip()
        if steps and steps != "0":
            if not (steps.isascii() and steps.isdigit() and int(steps) <= most):
                raise BadParameter(name=code)
            findings.append((code, int(steps)))
    fen = services.report_reinspection(
        actor=actor,
        claim_no=claim_no,
        report_no=request.POST.get("report_no", ""),
        findings=findings,
        evidence=files_in(request),
    )
    return _("复检结果已登记，退还买方 %(yuan)s 元") % {"yuan": f"{fen / 100:.2f}"}


def _breach(request: HttpRequest, actor: Actor, contract_no: str) -> str:
    number = services.notice_breach(
        actor=actor,
        contract_no=contract_no,
        party=request.POST.get("party", ""),
        ground=request.POST.get("ground", ""),
        reason=reason_in(request),
    )
    return _("违约通知 %(no)s 已发出，补救期 2 天") % {"no": number}


def _cure(request: HttpRequest, actor: Actor, breach_no: str) -> str:
    services.cure_breach(actor=actor, breach_no=breach_no, reason=reason_in(request))
    return _("已记录补救")


def _confirm_breach(request: HttpRequest, actor: Actor, breach_no: str) -> str:
    services.confirm_breach(actor=actor, breach_no=breach_no, reason=reason_in(request))
    return _("违约已认定，违约金已划转")


def _replace(request: HttpRequest, actor: Actor, breach_no: str) -> str:
    number = request.POST.get("replacement", "").strip()
    services.name_replacement(actor=actor, breach_no=breach_no, contract_no=number)
    return _("替代合同已登记")


def _mediate(_request: HttpRequest, actor: Actor, case_no: str) -> str:
    services.mediate(actor=actor, case_no=case_no)
    return _("已受理，您是调解员")


def _propose(request: HttpRequest, actor: Actor, case_no: str) -> str:
    payer, fen = _award_in(request)
    services.propose_settlement(actor=actor, case_no=case_no, payer=payer, fen=fen, text=reason_in(request))
    return _("调解方案已提出，等待双方同意")


def _refer(request: HttpRequest, actor: Actor, case_no: str) -> str:
    services.refer_to_arbitration(actor=actor, case_no=case_no, reason=reason_in(request))
    return _("已转仲裁，可下载案卷")


def _award(request: HttpRequest, actor: Actor, case_no: str) -> str:
    payer, fen = _award_in(request)
    services.enter_award(actor=actor, case_no=case_no, payer=payer, fen=fen, text=reason_in(request))
    return _("裁决已录入，等待另一人执行")


def _confirm_award(_request: HttpRequest, actor: Actor, case_no: str) -> str:
    services.confirm_award(actor=actor, case_no=case_no)
    return _("裁决已执行")


def _award_in(request: HttpRequest) -> tuple[str, int]:
    payer = request.POST.get("payer", "")
    return payer, parse_yuan(request.POST.get("amount", "").strip()) if payer else 0


def _rescind(request: HttpRequest, actor: Actor, contract_no: str) -> str:
    number = rescission.propose(actor=actor, contract_no=contract_no, reason=reason_in(request))
    return _("解除 %(no)s 已提出，等待另一人复核") % {"no": number}


def _approve_rescission(_request: HttpRequest, actor: Actor, number: str) -> str:
    rescission.approve(actor=actor, rescission_no=number)
    return _("解除已批准：先冻结买方货物，再向卖方收回价款")


def _reject_rescission(request: HttpRequest, actor: Actor, number: str) -> str:
    services.reject_rescission(actor=actor, rescission_no=number, reason=reason_in(request))
    return _("解除已否决")


def _abandon_rescission(request: HttpRequest, actor: Actor, number: str) -> str:
    rescission.abandon(actor=actor, rescission_no=number, reason=reason_in(request))
    return _("解除已放弃，货物退还买方")


_VERBS: dict[str, Callable[[HttpRequest, Actor, str], str]] = {
    "reinspection": _reinspection,
    "breach": _breach,
    "cure": _cure,
    "confirm_breach": _confirm_breach,
    "replace": _replace,
    "mediate": _mediate,
    "propose": _propose,
    "refer": _refer,
    "award": _award,
    "confirm_award": _confirm_award,
    "rescind": _rescind,
    "approve_rescission": _approve_rescission,
    "reject_rescission": _reject_rescission,
    "abandon_rescission": _abandon_rescission,
}
