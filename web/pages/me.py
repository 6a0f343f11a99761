"""我的: a member's money, receipts, orders, contracts and statements."""

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
from settlement.selectors import (
    access_contract,
    bank_account_of,
    bank_movements,
    contracts_of,
    funds_summary,
    ledger_lines,
    statement,
    statements_of,
)
from settlement.services import request_deposit, request_withdrawal
from settlement.statement_paper import other_lines
from settlement.terms import clauses_of, terms_of
from settlement.types import ContractView, LedgerLine, StatementView
from web.pages import words
from web.pages.access import MONEY_ROLES, actor_of, check_role, member_page, message_of
from web.pages.amendments import amendments_shown
from web.pages.contract_text import contract_sections, product_name_in
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.second_factor import shown_second_factor

PAGE = 30
RECENT_MOVEMENTS = 5
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
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/funds.html", context)


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


# Contracts -------------------------------------------------------------------------------------------


@member_page
@require_safe
def contracts(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Contracts the member bought or sold with."""
    cursor = request.GET.get("cursor")
    page = contracts_of(identity.account_no, cursor=cursor, limit=PAGE)
    context = {
        "who": who(identity),
        "tab": "contracts",
        "contracts": [_contract_row(row, identity.account_no) for row in page.rows],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/contracts.html", context)


def _contract_row(row: ContractView, account_no: int) -> dict[str, Any]:
    selling = row.seller.account_no == account_no
    return {
        "contract_no": row.contract_no,
        "day": row.day,
        "side": "sell" if selling else "buy",
        "product_name": product_name_in(row),
        "other": (row.buyer if selling else row.seller).name,
        "quantity_kg": row.quantity_kg,
        "price_fen": row.price_fen,
        "amount_fen": row.amount_fen,
        "status": row.status,
    }


@member_page
@require_safe
def contract(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """One contract as a document that can be printed."""
    found = access_contract(contract_no, account_no=identity.account_no)
    context = {
        "who": who(identity),
        "tab": "contracts",
        "contract": found,
        "sections": contract_sections(found, terms_of(found.rulebook_version)),
        "clauses": clauses_of(terms_of(found.rulebook_version)) if found.terms_hash else [],
        "amendments": amendments_shown(contract_no),
        "may_amend": found.status in ("unpaid", "effective"),
        "my_no": identity.account_no,
    }
    return render(request, "me/contract.html", context)


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
