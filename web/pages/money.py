"""Every balance of a member opened into its entries; statements to take along; invoices."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.types import MemberIdentity
from settlement import services
from settlement.delivery_selectors import charges
from settlement.invoices import InvoiceRow, export_csv, invoices_of, tax_hints
from settlement.selectors import funds_summary, ledger_lines, statement
from settlement.shown import StatementView
from settlement.statement_paper import statement_document, statement_signatories, statement_workbook
from web.pages import settlement_words as names
from web.pages.access import MONEY_ROLES, actor_of, check_role, member_page, message_of
from web.pages.me import who
from web.pages.papers import pdf_response
from web.pages.words import in_chinese, word

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@member_page
@require_safe
def ledger(request: HttpRequest, identity: MemberIdentity, account: str) -> HttpResponse:
    """One account of the member, line by line: every fen, when, why, and what was left."""
    cursor = request.GET.get("cursor")
    page = ledger_lines(identity.account_no, account=account, cursor=cursor, limit=PAGE)
    kept = funds_summary(identity.account_no)
    balance = {
        "cash": kept.cash_fen,
        "quality_deposit": kept.quality_deposit_fen,
        "bond": kept.bond_fen,
        "escrow": kept.escrow_fen,
    }
    context = {
        "who": who(identity),
        "tab": "funds",
        "account": account,
        "account_text": word(names.ACCOUNT, account),
        "accounts": [(key, word(names.ACCOUNT, key), fen) for key, fen in balance.items()],
        "lines": [
            {
                "posted_at_ns": line.posted_at_ns,
                "text": line.text_zh if in_chinese() else line.text_en,
                "contract_no": line.contract_no,
                "amount_fen": line.amount_fen,
                "balance_fen": line.balance_fen,
                "key": line.key,
            }
            for line in page.rows
        ],
        "charges": [
            {
                **row._asdict(),
                "state_text": word(names.CHARGE_STATE, row.state),
            }
            for row in charges(account_no=identity.account_no, limit=20)
        ],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/ledger.html", context)


def _statement(identity: MemberIdentity, day: str) -> StatementView:
    try:
        return statement(identity.account_no, date.fromisoformat(day))
    except ValueError as error:
        raise Http404 from error


@member_page
@require_safe
def statement_pdf(request: HttpRequest, identity: MemberIdentity, day: str) -> HttpResponse:
    """The newest revision of a day's statement, signed by the exchange."""
    row = _statement(identity, day)
    document = statement_document(row, name=identity.name, code=identity.code)
    return pdf_response(document, statement_signatories(), name=row.statement_no)


@member_page
@require_safe
def statement_xlsx(request: HttpRequest, identity: MemberIdentity, day: str) -> HttpResponse:
    """The same as a workbook."""
    row = _statement(identity, day)
    english = not in_chinese()
    book = statement_workbook(row, name=identity.name, code=identity.code, english=english)
    response = HttpResponse(book, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{row.statement_no}.xlsx"'
    return response


# Invoices --------------------------------------------------------------------------------------------


@member_page
@require_safe
def invoices(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Invoices of the member's completed contracts, who issues them, what to mind."""
    rows = [_invoice(row, identity.account_no) for row in invoices_of(identity.account_no)]
    context = {
        "who": who(identity),
        "tab": "invoices",
        "invoices": rows,
        "may_act": identity.role in MONEY_ROLES,
    }
    return render(request, "me/invoices.html", context)


def _invoice(row: InvoiceRow, account_no: int) -> dict[str, object]:
    mine = row.issuer_no == account_no
    hints = tax_hints(row, account_no, certificate=True)
    return {
        "row": row,
        "state_text": word(names.INVOICE_STATE, row.state),
        "kind_text": word(names.INVOICE_KIND, row.kind),
        "mine": mine,
        "can_issue": mine and row.state == "draft",
        "can_take_over": not mine and row.state == "draft" and row.kind == "12",
        "can_ask": row.state == "issued" and row.reverses_no is None,
        "can_answer": row.state == "red_requested" and row.asked_by_no != account_no,
        "hints": [hint.zh if in_chinese() else hint.en for hint in hints],
    }


@member_page
@require_safe
def invoices_csv(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """For the batch import of the tax service."""
    text = export_csv(invoices_of(identity.account_no, limit=2_000))
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{identity.code}-invoices.csv"'
    return response


@member_page
@require_POST
def act_on_invoice(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Issue, take over, ask for a red letter, answer one."""
    check_role(identity, MONEY_ROLES)
    verb, document_no = request.POST.get("verb", ""), request.POST.get("subject", "")
    actor, account_no = actor_of(request), identity.account_no
    try:
        if verb == "issue":
            number = request.POST.get("invoice_no", "").strip()
            told = services.issue(
                actor=actor, account_no=account_no, document_no=document_no, invoice_no=number
            )
            messages.success(request, _("已登记数电票号码 %(no)s") % {"no": told})
        elif verb == "take_over":
            services.choose_purchase_invoice(actor=actor, account_no=account_no, document_no=document_no)
            messages.success(request, _("改由买方开具收购发票"))
        elif verb == "ask_red":
            reason = request.POST.get("reason", "")
            services.ask_red_letter(
                actor=actor, account_no=account_no, document_no=document_no, reason=reason
            )
            messages.success(request, _("已申请红冲，等待对方确认"))
        elif verb in ("confirm_red", "decline_red"):
            services.answer_red_letter(
                actor=actor,
                account_no=account_no,
                document_no=document_no,
                agree=verb == "confirm_red",
            )
            messages.success(request, _("已答复红冲申请"))
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/invoices/")
