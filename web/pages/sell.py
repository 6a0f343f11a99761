"""卖货 in three steps for the phone: pick what lies in store, name a price, confirm.

Every step is a page of its own, so that a lost connection or the back button loses nothing. The order
itself goes through the public API with a client order id made for the confirmation page: pressing twice
sells once.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from exchange.kernel.errors import BadQuantity, InsufficientGoods, JinguoError, PriceBand
from exchange.kernel.money import parse_price
from exchange.markets.selectors import product_by_code, products_by_number
from exchange.markets.types import ProductRow
from exchange.members.selectors import member_by_account_no
from exchange.members.types import FeeRates, MemberIdentity
from exchange.trading.selectors import goods_positions, order_by_id, trades_of_order, wait_until_projected
from matching.holds import fee_fen
from warehouse_receipts.selectors import receipts_of
from web.pages.access import TRADE_ROLES, check_role, member_page
from web.pages.orders import order_shown
from web.pages.paging import number_in
from web.pages.quotes import quote, quotes
from web.pages.words import in_chinese
from web.templatetags.jinguo import listed

SHOWN_STORES = 3
STANDARD_RECEIPT_KG = 20_000
"""What the form suggests: a standard receipt, one lorry."""
RECEIPTS_LOOKED_AT = 100
TABLES_TIMEOUT_S = 3.0
"""How long the result page waits for the tables to come to the order."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the member is about to sell, and what arrives when all of it trades at this price. Fen and kg."""

    price: int
    quantity: int
    fees: FeeRates

    @property
    def gross_fen(self) -> int:
        """Price of the goods."""
        return self.price * self.quantity

    @property
    def fee_fen(self) -> int:
        """The seller's fee."""
        return fee_fen(self.gross_fen, self.fees.seller_bps)

    @property
    def deposit_fen(self) -> int:
        """Kept back as quality deposit."""
        return fee_fen(self.gross_fen, self.fees.deposit_bps)

    @property
    def net_fen(self) -> int:
        """What is in the account at once."""
        return self.gross_fen - self.fee_fen - self.deposit_fen


@member_page
@require_safe
def pick(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Step one: what the member can sell."""
    check_role(identity, TRADE_ROLES)
    products = products_by_number()
    free = {
        cell.product_number: cell.free_kg for cell in goods_positions(identity.account_no) if cell.free_kg
    }
    sellable = [products[number] for number in free if number in products]
    rows = [
        {
            **_cell(product, free[product.number], identity),
            "last": row.last,
            "shown_price": row.shown_price,
        }
        for product, row in zip(sellable, quotes(sellable), strict=True)
    ]
    return render(request, "sell/pick.html", {"step": 1, "cells": rows})


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def price(request: HttpRequest, identity: MemberIdentity, code: str) -> HttpResponse:
    """Step two: price and quantity; a good answer leads to the confirmation."""
    check_role(identity, TRADE_ROLES)
    product = product_by_code(code)
    free_kg = _free_kg(identity, product)
    fees = member_by_account_no(identity.account_no).fees
    context: dict[str, Any] = {"step": 2, "cell": _cell(product, free_kg, identity), "fees": fees}
    if request.method == "POST":
        try:
            offer = _offer(request, product, free_kg, fees)
        except JinguoError as error:
            language = "zh" if in_chinese() else "en"
            context["error"] = {"message": error.message(language), "hint": error.hint(language)}
        else:
            context |= {"step": 3, "offer": offer, "client_order_id": f"sell-{secrets.token_hex(12)}"}
            return render(request, "sell/confirm.html", context)
    sent = request.POST or request.GET
    context |= {
        "references": _references(product),
        "price": sent.get("price", f"{quote(product).shown_price / 100:.2f}"),
        "quantity": sent.get("quantity", str(min(free_kg, STANDARD_RECEIPT_KG))),
    }
    return render(request, "sell/price.html", context, status=422 if "error" in context else 200)


@member_page
@require_safe
def result(request: HttpRequest, identity: MemberIdentity, order_id: int) -> HttpResponse:
    """What became of the order; ``seq`` is where the floor acknowledged it."""
    wait_until_projected(number_in(request.GET.get("seq", "0")), TABLES_TIMEOUT_S)
    order = order_by_id(order_id, identity.account_no)
    if order is None:
        raise Http404
    trades = trades_of_order(order_id, identity.account_no)
    sold_kg = sum(trade.quantity for trade in trades)
    proceeds = {
        "net_fen": sum(trade.amount_fen - trade.seller_fee - trade.deposit_fen for trade in trades),
        "average": sum(trade.amount_fen for trade in trades) // sold_kg if sold_kg else None,
    }
    shown = order_shown(order, products_by_number(), may_cancel=True)
    context = {"step": 4, "order": shown, "proceeds": proceeds if trades else None}
    return render(request, "sell/result.html", context)


def _free_kg(identity: MemberIdentity, product: ProductRow) -> int:
    for cell in goods_positions(identity.account_no):
        if cell.product_number == product.number and cell.free_kg:
            return cell.free_kg
    raise PermissionDenied(_("没有这个品种的可卖货物"))


def _cell(product: ProductRow, free_kg: int, identity: MemberIdentity) -> dict[str, Any]:
    row = quote(product)
    receipts = receipts_of(identity.account_no, product_number=product.number, limit=RECEIPTS_LOOKED_AT)
    stores = list(dict.fromkeys(receipt.warehouse_name for receipt in receipts if receipt.free_kg))
    return {
        "code": product.code,
        "name": row.name,
        "where": listed(stores[:SHOWN_STORES]),
        "free_kg": free_kg,
        "phase": row.phase,
        "low": product.low,
        "high": product.high,
        "min_kg": product.min_kg,
        "step_kg": product.step_kg,
    }


def _references(product: ProductRow) -> list[dict[str, Any]]:
    row = quote(product)
    named = [(_("最新价"), row.last), (_("今日最高"), row.high), (_("参考价"), row.reference)]
    return [{"name": name, "value": value} for name, value in named if value is not None]


def _offer(request: HttpRequest, product: ProductRow, free_kg: int, fees: FeeRates) -> Offer:
    """The offer in the form. Raises BadPrice, PriceBand, BadQuantity, InsufficientGoods."""
    asked = parse_price(request.POST.get("price", "").strip())
    if not product.low <= asked <= product.high:
        raise PriceBand
    text = request.POST.get("quantity", "").replace(",", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadQuantity
    quantity = int(text)
    if quantity < product.min_kg or quantity % product.step_kg:
        raise BadQuantity
    if quantity > free_kg:
        raise InsufficientGoods
    return Offer(asked, quantity, fees)
