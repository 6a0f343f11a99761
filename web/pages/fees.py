"""仓储与出入库费: what a member owes stores for its goods, by days and rates, and how far it is paid."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.kernel.calendar import today
from exchange.members.types import MemberIdentity
from exchange.ops.store_money import ShownFee, with_states
from settlement.stores import StoreLossRow, losses
from warehouse_receipts.storage_fees import FeeRow, accruing, fees_of
from web.pages import settlement_words
from web.pages.access import member_page
from web.pages.me import who
from web.pages.register_words import FEE_KIND
from web.pages.words import word


@member_page
@require_safe
def fees(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Fees of goods that left, newest first, each with the entry that paid it; what stores made good."""
    shown = with_states(fees_of(identity.account_no))
    context = {
        "who": who(identity),
        "tab": "funds",
        "fees": fee_lines(shown),
        "owed_fen": sum(row.fee.fee_fen for row in shown if not row.transfer_key),
        "losses": loss_lines(losses(account_no=identity.account_no)),
    }
    return render(request, "me/fees.html", context)


def fee_lines(rows: Sequence[ShownFee]) -> list[dict[str, Any]]:
    """Fees as the tables of members and stores show them."""
    return [
        {
            **_days(row.fee),
            "state": row.state,
            "state_text": word(settlement_words.FEE_STATE, row.state),
            "key": row.transfer_key,
            "entry": row.transfer_key.partition(":")[2],
        }
        for row in rows
    ]


def _days(fee: FeeRow) -> dict[str, Any]:
    return {**fee._asdict(), "kind_text": word(FEE_KIND, fee.kind.value)}


def loss_lines(rows: Sequence[StoreLossRow]) -> list[dict[str, Any]]:
    """What stores owe for goods short beyond their allowance, or ask back."""
    state = {True: "paid", False: "requested"}
    return [
        {
            **row._asdict(),
            "state_text": word(settlement_words.LOSS_STATE, state[row.paid_at_ns is not None])
            if row.fen > 0
            else word(settlement_words.LOSS_STATE, "back"),
        }
        for row in rows
    ]


def running_fees(receipt_no: str, account_no: int) -> list[dict[str, Any]]:
    """What storage of a receipt has come to for its holder so far."""
    return [_days(row) for row in accruing(receipt_no, today()) if row.payer_no == account_no]
