"""我的合同: every contract of a member with where it stands, found by side, stage and text; and as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.calendar import format_time
from exchange.kernel.money import format_yuan
from exchange.members.types import MemberIdentity
from settlement.agenda import SIDES, ContractLine, contracts_with_stage
from settlement.delivery_selectors import access_delivery
from settlement.selectors import access_contract
from settlement.terms import clauses_of, terms_of
from web.pages import settlement_words as names
from web.pages import words
from web.pages.access import DELIVERY_ROLES, member_page
from web.pages.amendments import amendments_shown
from web.pages.balance import balance_due
from web.pages.contract_text import contract_sections, product_called
from web.pages.credit_words import credit_badges
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.delivery import rescissions_shown
from web.pages.me import EXPORT_PAGE, PAGE, who


@member_page
@require_safe
def contracts(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Contracts the member bought or sold with."""
    cursor, asked = request.GET.get("cursor"), _asked(request)
    page = contracts_with_stage(identity.account_no, **asked, cursor=cursor, limit=PAGE)
    context = {
        "who": who(identity),
        "tab": "contracts",
        "contracts": [_shown(row) for row in page.rows],
        "asked": asked,
        "stages": [(value, str(text)) for value, text in names.STAGE.items()],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "me/contracts.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters of the address; what is no choice counts as not chosen."""
    side, stage = request.GET.get("side", ""), request.GET.get("stage", "")
    text = "".join(letter for letter in request.GET.get("q", "") if letter.isprintable()).strip()
    return {
        "side": side if side in SIDES else "",
        "stage": stage if stage in names.STAGE else "",
        "text": text,
    }


def _shown(row: ContractLine) -> dict[str, Any]:
    shown = row._asdict()
    return {
        **shown,
        "product_name": product_called(row.product_code, row.product_name),
        "mark": names.stage_mark(row.stage),
    }


@member_page
@require_safe
def contracts_csv(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """The contracts of the list, newest first, up to MAX_ROWS."""
    header = [_("合同号"), _("日期"), _("买卖"), _("品种"), _("对方"), _("数量 公斤"), _("价格 元/公斤")]
    header += [_("货款 元"), _("付款方式"), _("状态"), _("下一期限")]
    rows = [_csv_row(row) for row in _all_lines(identity.account_no, _asked(request))]
    return csv_response(f"{identity.code}-contracts.csv", header, rows)


def _all_lines(account_no: int, asked: dict[str, str]) -> Iterator[ContractLine]:
    cursor: str | None = None
    for _page in range(MAX_ROWS // EXPORT_PAGE):
        page = contracts_with_stage(account_no, **asked, cursor=cursor, limit=EXPORT_PAGE)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _csv_row(row: ContractLine) -> list[object]:
    return [
        row.contract_no,
        row.day.isoformat(),
        _("卖") if row.side == "sell" else _("买"),
        product_called(row.product_code, row.product_name),
        row.other_name,
        row.quantity_kg,
        format_yuan(row.price_fen),
        format_yuan(row.amount_fen),
        words.word(names.PAYMENT, row.payment),
        words.word(names.STAGE, row.stage),
        "" if row.next_due_ns is None else format_time(row.next_due_ns),
    ]


@member_page
@require_safe
def contract(request: HttpRequest, identity: MemberIdentity, contract_no: str) -> HttpResponse:
    """One contract as a document that can be printed."""
    found = access_contract(contract_no, account_no=identity.account_no)
    terms = terms_of(found.rulebook_version)
    delivery = access_delivery(contract_no, account_no=identity.account_no)
    badges = credit_badges({side.account_no: side.code for side in (found.seller, found.buyer)})
    context = {
        "who": who(identity),
        "tab": "contracts",
        "contract": found,
        "seller_credit": badges.get(found.seller.account_no),
        "buyer_credit": badges.get(found.buyer.account_no),
        "due": balance_due(delivery),
        "rescissions": rescissions_shown(delivery),
        "is_buyer": identity.account_no == found.buyer.account_no,
        "may_act": identity.role in DELIVERY_ROLES,
        "sections": contract_sections(found, terms),
        "clauses": clauses_of(terms) if found.terms_hash else [],
        "amendments": amendments_shown(contract_no),
        "may_amend": found.status in ("unpaid", "effective"),
        "my_no": identity.account_no,
    }
    return render(request, "me/contract.html", context)
