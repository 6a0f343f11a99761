"""合同变更 on a member's contract page: propose, agree, decline, withdraw."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.types import MemberIdentity
from settlement import services
from settlement.amended import DAYS
from settlement.amendments import AmendmentRow, amendments_of
from settlement.terms_errors import AnotherDeal
from web.pages import settlement_words as names
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.contract_text import amended_name, amended_value
from web.pages.words import word

LONGEST_RATE = 4
"""Characters of a tolerance in percent, e.g. 2.25."""


def amendments_shown(contract_no: str) -> list[dict[str, Any]]:
    """The amendments of a contract, in words."""
    return [_shown(row) for row in amendments_of(contract_no)]


def _shown(row: AmendmentRow) -> dict[str, Any]:
    state = "expired" if row.expired else row.state
    return {
        **row._asdict(),
        "state": state,
        "state_text": word(names.AMENDMENT_STATE, state),
        "lines": [
            (amended_name(name), amended_value(name, row.before[name]), amended_value(name, value))
            for name, value in row.changes.items()
        ],
    }


@member_page
@require_POST
def act(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """Proposes an amendment of a contract, or answers one."""
    check_role(identity, TRADE_ROLES)
    verb, number = request.POST.get("verb", ""), request.POST.get("subject", "")
    actor, account_no = actor_of(request), identity.account_no
    try:
        if verb == "propose":
            number = services.propose_amendment(
                actor=actor,
                account_no=account_no,
                contract_no=contract_no,
                changes=_changes_in(request),
                reason=_reason_in(request),
            )
            messages.success(request, _("变更 %(no)s 已提出，等待对方三日内答复") % {"no": number})
        elif verb == "agree":
            services.agree_amendment(actor=actor, account_no=account_no, amendment_no=number)
            messages.success(request, _("变更已同意并生效"))
        elif verb == "decline":
            services.decline_amendment(actor=actor, account_no=account_no, amendment_no=number)
            messages.success(request, _("变更未成立"))
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/me/contracts/{contract_no}/#amendments")


def _reason_in(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()


def _changes_in(request: HttpRequest) -> dict[str, date | int]:
    """What the form wants changed; a field left empty stays. Raises BadParameter, AnotherDeal."""
    changes: dict[str, date | int] = {}
    for name in DAYS:
        text = request.POST.get(name, "").strip()
        if text:
            try:
                changes[name] = date.fromisoformat(text)
            except ValueError as error:
                raise BadParameter(name=name) from error
    if any(request.POST.get(name, "").strip() for name in ("quantity", "price")):
        raise AnotherDeal
    rate = request.POST.get("over_short", "").strip()
    if rate:
        changes["over_short_bps"] = _bps_in(rate)
    return changes


def _bps_in(text: str) -> int:
    """Basis points of a rate in percent with at most two places. Raises BadParameter."""
    whole, _point, part = text.partition(".")
    digits = whole + part
    if len(text) > LONGEST_RATE or not (digits.isascii() and digits.isdigit()) or len(part) > 2:
        raise BadParameter(name="over_short")
    return int(whole or "0") * 100 + int(part.ljust(2, "0"))
