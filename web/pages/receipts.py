"""我的仓单: what lies in store for a member, each receipt with its inspection and its chain of title."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products_by_number
from exchange.markets.types import ProductRow
from exchange.members.selectors import members_by_account_no
from exchange.members.types import MemberIdentity
from exchange.trading.selectors import goods_positions
from warehouse_receipts.business_selectors import notices
from warehouse_receipts.case_selectors import loss_notice
from warehouse_receipts.court_orders import orders_on
from warehouse_receipts.desk_selectors import issue_requests
from warehouse_receipts.photographs import photos_of_lots
from warehouse_receipts.selectors import receipt_detail, receipts_of
from warehouse_receipts.types import Business, InspectionRow, ReceiptDetail, ReceiptRow, ReceiptState
from warehouse_receipts.viewing import Viewer
from web.pages import words
from web.pages.access import TRADE_ROLES, member_page
from web.pages.fees import running_fees
from web.pages.me import who
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.pages.photos import lot_photos_shown
from web.pages.register_words import NOTICE, STAGE
from web.store.shown import issue_line
from web.templatetags.jinguo import mark

PAGE = 30
NOTICES = 5


@member_page
@require_safe
def receipts(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Totals by product as the floor holds them, then receipt by receipt."""
    cursor = request.GET.get("cursor")
    before = None if cursor is None else number_in(cursor)
    found = receipts_of(identity.account_no, before=before, limit=PAGE + 1)
    products = products_by_number()
    context = {
        "who": who(identity),
        "tab": "receipts",
        "can_sell": identity.role in TRADE_ROLES,
        "goods": () if cursor else _goods(identity.account_no, products),
        "receipts": [_shown(row, products) for row in found[:PAGE]],
        "requests": () if cursor else _to_confirm(identity.account_no),
        "notices": () if cursor else _notices(identity.account_no),
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].receipt_id) if len(found) > PAGE else None,
    }
    return render(request, "me/receipts.html", context)


def _to_confirm(account_no: int) -> list[dict[str, Any]]:
    """Receipts about to be issued that the owner has not agreed to yet."""
    names = RegisterNames()
    waiting = issue_requests(Viewer(account_no=account_no))
    return [issue_line(row, names) for row in waiting if not row.owner_by]


def _notices(account_no: int) -> list[dict[str, Any]]:
    return [
        {"receipt_no": row.receipt_no, "text": words.word(NOTICE, row.kind), "at": row.at}
        for row in notices(account_no, limit=NOTICES)
    ]


def _goods(account_no: int, products: dict[int, ProductRow]) -> list[dict[str, Any]]:
    return [
        {"name": _name(cell.product_number, products), "free_kg": cell.free_kg, "held_kg": cell.held_kg}
        for cell in goods_positions(account_no)
    ]


def _shown(row: ReceiptRow, products: dict[int, ProductRow]) -> dict[str, Any]:
    names = (
        "receipt_no",
        "kg",
        "held_kg",
        "state",
        "locked_until",
        "warehouse_name",
        "expires_on",
        "issued_at",
    )
    shown = {name: getattr(row, name) for name in names}
    business = row.business.value
    shown |= {"business": business, "business_text": words.word(STAGE, business)}
    return {**shown, "product_name": _name(row.product_number, products)}


def _name(number: int, products: dict[int, ProductRow]) -> str:
    product = products.get(number)
    return str(number) if product is None else words.product_name(product)


@member_page
@require_safe
def receipt(request: HttpRequest, identity: MemberIdentity, receipt_no: str) -> HttpResponse:
    """Everything one receipt says."""
    detail = receipt_detail(receipt_no, holder_no=identity.account_no)
    numbers = {detail.depositor_no}
    for step in detail.endorsements:
        numbers |= {step.from_no, step.to_no}
    names = {number: member.name for number, member in members_by_account_no(numbers).items()}
    products = products_by_number()
    context = {
        "who": who(identity),
        "tab": "receipts",
        "receipt": _shown(detail.receipt, products),
        "product_name": _name(detail.receipt.product_number, products),
        "stage": detail.receipt.business.value,
        "stage_text": words.word(STAGE, detail.receipt.business.value),
        "order": orders_on([receipt_no]).get(receipt_no),
        "may_split": _may_split(identity, detail.receipt),
        "may_act": identity.role in TRADE_ROLES,
        "loss": loss_notice(receipt_no, holder_no=identity.account_no),
        "facts": _facts(detail),
        "fees": running_fees(receipt_no, identity.account_no),
        "inspection": _inspection(detail.inspection),
        "photos": lot_photos_shown(photos_of_lots([detail.intake_no])),
        "issued_to": names.get(detail.depositor_no, str(detail.depositor_no)),
        "issued_kg": detail.issued_kg,
        "endorsements": [
            {
                "from_name": names.get(step.from_no, str(step.from_no)),
                "to_name": names.get(step.to_no, str(step.to_no)),
                "kg": step.kg,
                "contract_no": step.contract_no,
                "at": step.at,
                "hash": step.hash,
            }
            for step in detail.endorsements
        ],
    }
    return render(request, "me/receipt.html", context)


def _may_split(identity: MemberIdentity, row: ReceiptRow) -> bool:
    """Whether the person may split this receipt now."""
    free = row.state == ReceiptState.ISSUED and row.business == Business.NONE
    return identity.role in TRADE_ROLES and free


def _facts(detail: ReceiptDetail) -> list[tuple[str, str]]:
    receipt = detail.receipt
    facts = [
        (
            _("冷库"),
            f"{receipt.warehouse_name}{mark('（')}{words.word(words.STORE, detail.store_type)}{mark('）')}",
        ),
        (_("地址"), detail.warehouse_address),
        (_("果园"), detail.orchard),
        (_("产地"), words.word(words.COUNTY, detail.county)),
        (_("产季"), str(detail.crop_year)),
        (_("套袋"), words.word(words.BAGGING, detail.bagging)),
        (_("包装"), f"{detail.packaging} × {detail.pieces:,}"),
        (_("标记"), detail.mark),
        (_("入库单"), detail.intake_no),
        (_("损耗标准"), _("每月 %(permille)s‰") % {"permille": detail.loss_permille_per_month}),
        (_("仓储费"), _("每吨每天 %(yuan)s 元") % {"yuan": format_yuan(detail.storage_fee_fen_per_t_day)}),
        (_("保险人"), detail.insurer),
        (_("有效期至"), receipt.expires_on.isoformat()),
    ]
    if receipt.parent_no:
        facts.append((_("分自仓单"), receipt.parent_no))
    return [fact for fact in facts if fact[1]]


def _inspection(report: InspectionRow) -> list[tuple[str, str]]:
    measured = report.measurements
    return [
        (_("报告号"), report.inspection_no),
        (_("质检机构"), f"{report.body} · {report.inspector}"),
        (_("依据"), f"{report.standard}-{report.edition}"),
        (_("等级"), words.word(words.GRADE, report.grade)),
        (_("果径"), f"≥ {measured.diameter_mm} mm"),
        (_("着色"), f"{measured.colour_pct}%"),
        (_("硬度"), f"{measured.firmness_tenths / 10:.1f} kgf/cm²"),
        (_("可溶性固形物"), f"{measured.ssc_tenths / 10:.1f}%"),
        (_("刺伤裂果病虫果"), f"{measured.severe_pct}%"),
        (_("容许度内不合格果"), f"{measured.nonconforming_pct}%"),
        (_("抽检果数"), str(measured.sample_fruit)),
        (_("检验时间"), f"{localtime(report.inspected_at):%Y-%m-%d %H:%M}"),
    ]
