"""我的: a member's money and daily statements, and what waits for the member."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import format_time
from exchange.kernel.errors import JinguoError
from exchange.kernel.money import format_yuan, parse_yuan
from exchange.members.types import MemberIdentity
from exchange.trading.selectors import funds_position
from settlement.agenda import Errand, errands
from settlement.selectors import (
    bank_account_of,
    bank_movements,
    funds_summary,
    ledger_lines,
    statement,
    statements_of,
)
from settlement.services import request_deposit, request_withdrawal
from settlement.shown import LedgerLine, StatementView
from settlement.statement_paper import other_lines
from web.pages import words
from web.pages.access import MONEY_ROLES, actor_of, check_role, member_page, message_of
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.second_factor import shown_second_factor
from web.pages.settlement_words import ERRAND

PAGE = 30
RECENT_MOVEMENTS = 5
MOST_ERRANDS = 6
EXPORT_PAGE = 500


def who(identity: MemberIdentity) -> dict[str, Any]:
    """What the head of every member page shows."""
    return {
        "name": identity.name,
        "code": identity.code,
        "kind_text": words.word(words.KIND, identity.kind),
        "suspended": identity.suspended,
    }


# Money -----------------------------------------------------------------------------------------------


@member_page
@require_safe
def funds(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Balance, forms to move money, and the ledger line by line."""
    ledger, position = funds_summary(identity.account_no), funds_position(identity.account_no)
    cursor = request.GET.get("cursor")
    page = ledger_lines(identity.account_no, cursor=cursor, limit=PAGE)
    context = {
        "who": who(identity),
        "tab": "funds",
        "funds": {
            "free_fen": position.free,
            "held_fen": position.held,
            "withdrawing_fen": ledger.withdrawing_fen,
            "quality_deposit_fen": ledger.quality_deposit_fen,
            "bond_fen": ledger.bond_fen,
            "escrow_fen": ledger.escrow_fen,
        },
        "may_move_money": identity.role in MONEY_ROLES,
        "bank_account": bank_account_of(identity.account_no),
        "movements": () if cursor else bank_movements(identity.account_no, limit=RECENT_MOVEMENTS).rows,
        "lines": [_line(line) for line in page.rows],
        "errands": () if cursor else errands_shown(identity.account_no),
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/funds.html", context)


def errands_shown(account_no: int) -> list[dict[str, Any]]:
    """What waits for the member, with where it is done."""
    return [
        {
            **errand._asdict(),
            "text": words.word(ERRAND, errand.what),
            "address": _address_of(errand),
        }
        for errand in errands(account_no, limit=MOST_ERRANDS)
    ]


def _address_of(errand: Errand) -> str:
    if errand.what == "issue_invoice":
        return "/me/invoices/"
    return f"/me/contracts/{errand.contract_no}/delivery/" if errand.contract_no else ""


def _line(line: LedgerLine) -> dict[str, Any]:
    return {
        "posted_at_ns": line.posted_at_ns,
        "text": line.text_zh if words.in_chinese() else line.text_en,
        "contract_no": line.contract_no,
        "amount_fen": line.amount_fen,
        "balance_fen": line.balance_fen,
    }


@member_page
@require_POST
def deposit(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Asks the bank for money of the member; it can be used when the bank confirms."""
    check_role(identity, MONEY_ROLES)
    try:
        amount_fen = parse_yuan(request.POST.get("amount", "").strip())
        movement = request_deposit(
            actor=actor_of(request), account_no=identity.account_no, amount_fen=amount_fen
        )
        messages.success(request, _("入金 %(no)s 已提交银行，确认后可用") % {"no": movement.movement_no})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/")


@member_page
@require_POST
def withdraw(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Asks the floor to give money up and the bank to pay it out."""
    check_role(identity, MONEY_ROLES)
    try:
        amount_fen = parse_yuan(request.POST.get("amount", "").strip())
        movement = request_withdrawal(
            actor=actor_of(request),
            account_no=identity.account_no,
            amount_fen=amount_fen,
            second_factor=shown_second_factor(request),
        )
        messages.success(request, _("出金 %(no)s 已受理") % {"no": movement.movement_no})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/")


@member_page
@require_safe
def ledger_csv(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """All lines of the member's cash account, newest first, up to MAX_ROWS."""
    header = [_("时间"), _("为什么"), _("金额 元"), _("余额 元"), _("合同号")]
    rows: list[list[str]] = []
    cursor: str | None = None
    while len(rows) < MAX_ROWS:
        page = ledger_lines(identity.account_no, cursor=cursor, limit=EXPORT_PAGE)
        rows += [_csv_row(line) for line in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    return csv_response(f"{identity.code}-ledger.csv", header, rows)


def _csv_row(line: LedgerLine) -> list[str]:
    text = line.text_zh if words.in_chinese() else line.text_en
    amounts = [format_yuan(line.amount_fen), format_yuan(line.balance_fen)]
    return [format_time(line.posted_at_ns), text, *amounts, line.contract_no or ""]


# Statements ------------------------------------------------------------------------------------------


@member_page
@require_safe
def statements(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Daily statements."""
    cursor = request.GET.get("cursor")
    page = statements_of(identity.account_no, cursor=cursor, limit=PAGE)
    context = {
        "who": who(identity),
        "tab": "statements",
        "statements": [_statement_row(row) for row in page.rows],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/statements.html", context)


def _statement_row(row: StatementView) -> dict[str, Any]:
    names = (
        "day",
        "opening_fen",
        "deposits_fen",
        "withdrawals_fen",
        "sales_fen",
        "purchases_fen",
        "closing_fen",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "fees_fen": row.buyer_fees_fen + row.seller_fees_fen,
    }


@member_page
@require_safe
def one_statement(request: HttpRequest, identity: MemberIdentity, day: str) -> HttpResponse:
    """The newest revision of one day's statement."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    found = statement(identity.account_no, wanted)
    lines = [
        (_("入金"), found.deposits_fen),
        (_("出金"), -found.withdrawals_fen),
        (_("卖出货款"), found.sales_fen),
        (_("买入货款"), -found.purchases_fen),
        (_("买方手续费"), -found.buyer_fees_fen),
        (_("卖方手续费"), -found.seller_fees_fen),
        (_("品质担保金留存"), -found.deposits_kept_fen),
        (_("品质担保金退还"), found.deposits_released_fen),
        *((zh if words.in_chinese() else en, fen) for zh, en, fen in other_lines(found)),
    ]
    context = {
        "who": who(identity),
        "tab": "statements",
        "statement": found,
        "lines": [line for line in lines if line[1]],
    }
    return render(request, "me/statement.html", context)
