"""交收: a member follows its contract from title to completion, and takes its steps where they are due."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import parse_yuan
from exchange.members.selectors import members_by_account_no
from exchange.members.types import MemberIdentity
from exchange.ops.pickups import Fetchable, fetchable
from settlement import services
from settlement.delivery_selectors import DeliveryDetail, access_delivery, access_evidence
from settlement.evidence import MAX_BYTES, NewEvidence
from settlement.line_texts import LINE_TEXTS
from web.pages import settlement_words as names
from web.pages.access import DELIVERY_ROLES, TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.balance import balance_due
from web.pages.me import who
from web.pages.words import in_chinese, word
from web.templatetags.jinguo import listed

MOST_FILES = 10
PICKUP_ROLES = TRADE_ROLES | {"logistics"}
STAY_STAGES = frozenset({"awaiting_payment", "claimed", "disputed"})
"""While a contract is unpaid or contested its goods stay in the store."""


@member_page
@require_safe
def delivery(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """Timeline, money and papers of one contract, and what can be done now."""
    found = access_delivery(contract_no, account_no=identity.account_no)
    context = {
        "who": who(identity),
        "tab": "contracts",
        "detail": detail_shown(found),
        "found": found,
        "due": balance_due(found),
        "is_buyer": identity.account_no == found.buyer_no,
        "may_act": identity.role in DELIVERY_ROLES,
        "claim_kinds": names.CLAIM_KIND.items(),
        "account_no": identity.account_no,
        "fetchable": _to_fetch(identity, found),
        "may_book": identity.role in PICKUP_ROLES,
    }
    return render(request, "me/delivery.html", context)


def _to_fetch(identity: MemberIdentity, found: DeliveryDetail) -> list[Fetchable]:
    """The buyer's receipts with goods of the contract, unless these may not leave now."""
    if identity.account_no != found.buyer_no or found.stage in STAY_STAGES:
        return []
    return fetchable(found.trade_id)


def detail_shown(found: DeliveryDetail) -> dict[str, Any]:
    """What the parts of both the member's and the operator's page show."""
    members = members_by_account_no((found.seller_no, found.buyer_no))
    called = {number: member.name for number, member in members.items()}
    return {
        "contract_no": found.contract_no,
        "stage": names.stage_mark(found.stage),
        "payment": word(names.PAYMENT, found.payment),
        "seller": called.get(found.seller_no, ""),
        "buyer": called.get(found.buyer_no, ""),
        "timeline": [_row(row._asdict()) for row in found.timeline],
        "money": [
            {
                "text": transfer_text(line.kind),
                "debit": names.account_name(line.debit, called),
                "credit": names.account_name(line.credit, called),
                "amount_fen": line.amount_fen,
                "posted_at_ns": line.posted_at_ns,
                "key": line.key,
            }
            for line in found.money
        ],
        "charges": [
            {
                **charge._asdict(),
                "state_text": word(names.CHARGE_STATE, charge.state),
                "member": called.get(charge.account_no, ""),
                "text": listed(transfer_text(leg[2]) for leg in charge.legs),
            }
            for charge in found.charges
        ],
        "claims": [
            {
                **claim._asdict(),
                "state_text": word(names.CLAIM_STATE, claim.state),
                "kind_text": word(names.CLAIM_KIND, claim.kind),
            }
            for claim in found.claims
        ],
        "breaches": [
            {
                **breach._asdict(),
                "state_text": word(names.BREACH_STATE, breach.state),
                "party_text": word(names.PARTY, breach.party),
                "ground_text": word(names.GROUND, breach.ground),
            }
            for breach in found.breaches
        ],
        "disputes": [
            {
                **case._asdict(),
                "state_text": word(names.DISPUTE_STATE, case.state),
                "payer_text": word(names.PARTY, case.payer),
            }
            for case in found.disputes
        ],
        "pickups": [
            {**row._asdict(), "state_text": word(names.PICKUP_SHARE, row.state)} for row in found.pickups
        ],
        "rescissions": rescissions_shown(found),
        "steps": [step._asdict() for step in found.steps],
        "evidence": [row._asdict() for row in found.evidence],
    }


def rescissions_shown(found: DeliveryDetail) -> list[dict[str, Any]]:
    """Rescissions of a contract, in words."""
    return [
        {
            **row._asdict(),
            "state_text": word(names.RESCISSION_STATE, row.state),
            "ground_text": word(names.RESCISSION_GROUND, row.ground),
        }
        for row in found.rescissions
    ]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    chinese = in_chinese()
    state = "done" if row["done_ns"] else "overdue" if row["overdue"] else "waiting"
    return {
        **row,
        "name": row["zh"] if chinese else row["en"],
        "effect": row["effect_zh"] if chinese else row["effect_en"],
        "who_text": word(names.WHO, row["who"]),
        "state": state,
    }


def transfer_text(kind: str) -> str:
    """Why money moved, in words, without the number it is about."""
    zh, en = LINE_TEXTS[kind]
    text = zh if in_chinese() else en
    return text.replace("成交 {no} ", "").replace(" of trade {no}", "").replace("{no}", "").strip()


# What a member does ----------------------------------------------------------------------------------


@member_page
@require_POST
def act(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """One step of the member's, named by ``verb``."""
    check_role(identity, DELIVERY_ROLES)
    try:
        step = _VERBS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        told = step(request, actor_of(request), identity.account_no, contract_no)
        messages.success(request, told)
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/me/contracts/{contract_no}/delivery/")


_Step = Callable[[HttpRequest, Actor, int, str], str]


def _pay(_request: HttpRequest, actor: Actor, account_no: int, contract_no: str) -> str:
    services.pay_balance(actor=actor, account_no=account_no, contract_no=contract_no)
    return _("尾款已提交，划转后货权转移")


def _accept(_request: HttpRequest, actor: Actor, account_no: int, contract_no: str) -> str:
    services.accept(actor=actor, account_no=account_no, contract_no=contract_no)
    return _("已验收，合同完成")


def _claim(request: HttpRequest, actor: Actor, account_no: int, contract_no: str) -> str:
    number = services.file_claim(
        actor=actor,
        account_no=account_no,
        contract_no=contract_no,
        kind=request.POST.get("kind", ""),
        text=request.POST.get("text", ""),
        wanted_fen=parse_yuan(request.POST.get("amount", "").strip()),
        evidence=files_in(request),
    )
    return _("异议 %(no)s 已提交，担保金冻结") % {"no": number}


def _agree_claim(request: HttpRequest, actor: Actor, account_no: int, _contract_no: str) -> str:
    services.agree_claim(actor=actor, account_no=account_no, claim_no=request.POST.get("subject", ""))
    return _("已同意赔付，合同完成")


def _contest(request: HttpRequest, actor: Actor, account_no: int, _contract_no: str) -> str:
    services.contest_claim(actor=actor, account_no=account_no, claim_no=request.POST.get("subject", ""))
    return _("已申请复检，败方承担费用")


def _withdraw(request: HttpRequest, actor: Actor, account_no: int, _contract_no: str) -> str:
    services.withdraw_claim(actor=actor, account_no=account_no, claim_no=request.POST.get("subject", ""))
    return _("异议已撤回")


def _dispute(request: HttpRequest, actor: Actor, account_no: int, contract_no: str) -> str:
    number = services.open_dispute(
        actor=actor,
        account_no=account_no,
        contract_no=contract_no,
        text=request.POST.get("text", ""),
        evidence=files_in(request),
    )
    return _("争议 %(no)s 已提交") % {"no": number}


def _evidence(request: HttpRequest, actor: Actor, account_no: int, _contract_no: str) -> str:
    case_no = request.POST.get("subject", "")
    services.add_evidence(actor=actor, account_no=account_no, case_no=case_no, evidence=files_in(request))
    return _("证据已收存")


def _agree(request: HttpRequest, actor: Actor, account_no: int, _contract_no: str) -> str:
    both = services.agree_to_settlement(
        actor=actor,
        account_no=account_no,
        case_no=request.POST.get("subject", ""),
        fen=int(request.POST.get("fen", "0")) if request.POST.get("fen", "0").isdigit() else -1,
    )
    return _("双方已同意，调解已执行") if both else _("已同意调解方案，等待对方")


_VERBS: dict[str, _Step] = {
    "pay": _pay,
    "accept": _accept,
    "claim": _claim,
    "agree_claim": _agree_claim,
    "contest": _contest,
    "withdraw": _withdraw,
    "dispute": _dispute,
    "evidence": _evidence,
    "agree": _agree,
}


def files_in(request: HttpRequest) -> list[NewEvidence]:
    """The files of a form, each read no further than a file may be long. Raises BadParameter."""
    files = request.FILES.getlist("files")
    if len(files) > MOST_FILES:
        raise BadParameter(name="files")
    return [NewEvidence(file.name or "", file.read(MAX_BYTES + 1)) for file in files]


@member_page
@require_safe
def evidence(request: HttpRequest, identity: MemberIdentity, evidence_id: int) -> HttpResponse:
    """A file of a claim or case, for its parties."""
    return evidence_response(evidence_id, account_no=identity.account_no)


def evidence_response(evidence_id: int, *, account_no: int | None) -> HttpResponse:
    """The file as a download; never shown as a page of ours."""
    name, media_type, content = access_evidence(evidence_id, account_no=account_no)
    response = HttpResponse(content, content_type=media_type)
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    response["Content-Disposition"] = f'attachment; filename="{plain[-60:]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
