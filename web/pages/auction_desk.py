"""The auctioneer's desk: lots a member puts up, needs sellers bid for, and auctions it has entered."""

import secrets
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.halls import auction_selectors as halls
from exchange.halls import services
from exchange.halls.overview import auctions_by_id
from exchange.halls.types import FINISHED_AUCTIONS, EntryRow, EntryState, NewAuction
from exchange.kernel.errors import JinguoError, NotFound
from exchange.markets.selectors import product_by_code, product_by_number, products
from exchange.markets.types import ProductRow
from exchange.members.selectors import member_by_account_no
from exchange.members.types import MemberIdentity
from matching.holds import buy_hold_fen
from matching.types import Side
from warehouse_receipts.types import ReceiptRow
from web.api.hall_reads import in_reach
from web.pages import words
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.hall_forms import (
    KIND_NAMES,
    PRICING_NAMES,
    REVERSE_KINDS,
    UNITS,
    LotField,
    LotTerms,
    kg_in,
    lot_fields,
    lot_terms,
    shown_error,
    suggested_opening,
)
from web.pages.hall_photos import carried_photos, chosen_photos, photo_choices
from web.pages.hall_views import Viewer, auction_facts, ended_because, lot_card, names_for
from web.pages.listing_desk import (
    chosen_receipts,
    done_before,
    goods_facts,
    pick_receipts,
    references_of,
    remember,
)
from web.pages.me import who
from web.pages.paging import number_in

PAGE = 30
ENTRY_WORDS = {
    EntryState.PREPARING: lazy("备货中"),
    EntryState.ENTERED: lazy("冻结中"),
    EntryState.LEFT: lazy("已退回"),
    EntryState.FAILED: lazy("报名未成"),
}


@member_page
@ensure_csrf_cookie
@require_safe
def mine(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Lots the member put up, and auctions it entered, newest first."""
    viewer = Viewer(identity, member_by_account_no(identity.account_no).fees)
    cursor = request.GET.get("cursor")
    page = halls.auctions_of(
        identity.account_no, offset=0 if cursor is None else number_in(cursor), limit=PAGE
    )
    entries = [] if cursor else halls.entries_of(identity.account_no, limit=PAGE)
    lots = auctions_by_id({entry.auction_id for entry in entries})
    names = names_for({row.account_no for row in (*page.rows, *lots.values())})
    context = {
        "who": who(identity),
        "tab": "auctions",
        "fees": viewer.fees,
        "may_act": viewer.may_act,
        "owned": [{**lot_card(row, names, viewer), "photo_count": len(row.photos)} for row in page.rows],
        "entered": [
            {
                "lot": lot_card(lots[entry.auction_id], names, viewer, entered=True),
                "bond_fen": entry.bond_fen,
                "outcome": _outcome(entry, lots[entry.auction_id].state in FINISHED_AUCTIONS),
            }
            for entry in entries
            if entry.auction_id in lots
        ],
        "cursor": cursor,
        "next_cursor": None if page.next_offset is None else str(page.next_offset),
    }
    return render(request, "halls/my_auctions.html", context)


def _outcome(entry: EntryRow, ended: bool) -> str:
    if entry.failure:
        return ended_because(0, entry.failure, "")
    if entry.state == EntryState.ENTERED and ended and not entry.bond_fen:
        return _("已退回或转为货款")
    return str(ENTRY_WORDS[entry.state])


# Putting up a lot ------------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def sell(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Put up a lot: receipts, terms, confirmation."""
    check_role(identity, TRADE_ROLES)
    sent = request.POST if request.method == "POST" else request.GET
    if not sent.getlist("receipt"):
        return pick_receipts(request, identity, _("送拍"), request.path)
    return _steps(request, identity, reverse=False)


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def need(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Let sellers bid for a need: terms, confirmation."""
    check_role(identity, TRADE_ROLES)
    return _steps(request, identity, reverse=True)


def _steps(request: HttpRequest, identity: MemberIdentity, *, reverse: bool) -> HttpResponse:
    form = request.POST if request.method == "POST" else request.GET
    error = None
    try:
        if reverse:
            product, receipts = product_by_code(form.get("product") or products()[0].code), []
        else:
            receipts = chosen_receipts(identity, form.getlist("receipt"))
            product = product_by_number(receipts[0].product_number)
    except JinguoError as refused:
        messages.error(request, shown_error(refused)["message"])
        return redirect("/me/auctions/")
    if request.method == "POST" and form.get("stage") != "edit":
        try:
            terms = lot_terms(form, reverse=reverse)
            kg = kg_in(form.get("quantity", ""), product) if reverse else sum(row.kg for row in receipts)
            if form.get("stage") == "confirm":
                new = _new(product, receipts, terms, kg, reverse=reverse)
                return _put_up(request, identity, replace(new, photos=chosen_photos(form)))
            return _confirmation(request, identity, product, receipts, terms, kg, reverse=reverse)
        except JinguoError as refused:
            error = shown_error(refused)
    return _terms_page(request, product, receipts, form, error, reverse=reverse)


def _terms_page(
    request: HttpRequest,
    product: ProductRow,
    receipts: list[ReceiptRow],
    form: QueryDict,
    error: dict[str, str] | None,
    *,
    reverse: bool,
) -> HttpResponse:
    context = {
        "step": 2,
        "heading": _("反向竞价求购") if reverse else _("送拍"),
        "error": error,
        "reverse": reverse,
        "back": "" if reverse else request.path,
        "goods": goods_facts(product, receipts),
        "photo_choices": photo_choices([row.receipt_no for row in receipts], form),
        "products": [{"code": row.code, "name": words.product_name(row)} for row in products()],
        "references": references_of(product),
        "kinds": [
            (word, str(name)) for word, name in KIND_NAMES.items() if not reverse or word in REVERSE_KINDS
        ],
        "form": {"kind": form.get("kind", "english"), "quantity": form.get("quantity", "20000")},
        "fields": [_field(field, form) for field in lot_fields()],
    }
    return render(request, "halls/lot_terms.html", context, status=422 if error else 200)


def _field(field: LotField, form: QueryDict) -> dict[str, Any]:
    default = suggested_opening() if field.measure == "time" else field.default
    return {
        "name": field.name,
        "label": field.label,
        "kinds": field.kinds,
        "unit": str(UNITS[field.measure]),
        "value": form.get(field.name, default),
        "type": "datetime-local" if field.measure == "time" else "text",
        "wide": field.measure in ("time", "choice"),
        "help": field.help,
        "choices": [(word, str(name)) for word, name in PRICING_NAMES.items()]
        if field.measure == "choice"
        else None,
    }


def _new(
    product: ProductRow, receipts: list[ReceiptRow], terms: LotTerms, kg: int, *, reverse: bool
) -> NewAuction:
    return NewAuction(
        product_number=product.number,
        kind=terms.kind,
        start_price=terms.start_price,
        opens_at_ns=terms.opens_at_ns,
        parameters=terms.parameters,
        side=Side.BUY if reverse else Side.SELL,
        quantity_kg=kg,
        receipt_nos=tuple(row.receipt_no for row in receipts),
    )


def _confirmation(
    request: HttpRequest,
    identity: MemberIdentity,
    product: ProductRow,
    receipts: list[ReceiptRow],
    terms: LotTerms,
    kg: int,
    *,
    reverse: bool,
) -> HttpResponse:
    carried = {"product", "quantity", "kind", *(field.name for field in lot_fields())}
    hidden = [(name, value) for name, value in request.POST.items() if name in carried]
    hidden += [("receipt", row.receipt_no) for row in receipts] + carried_photos(request.POST)
    fees = member_by_account_no(identity.account_no).fees
    context = {
        "step": 3,
        "heading": _("反向竞价求购") if reverse else _("送拍"),
        "reverse": reverse,
        "goods": {**goods_facts(product, receipts), "kg": kg},
        "opens_at_ns": terms.opens_at_ns,
        "facts": auction_facts(terms.kind, terms.start_price, terms.parameters),
        "hold_fen": buy_hold_fen(terms.start_price, kg, fees.buyer_bps),
        "hidden": hidden,
        "photo_count": len(chosen_photos(request.POST)),
        "key": secrets.token_hex(12),
    }
    return render(request, "halls/lot_confirm.html", context)


def _put_up(request: HttpRequest, identity: MemberIdentity, new: NewAuction) -> HttpResponse:
    key = request.POST.get("key", "")
    if not done_before(request, key):
        actor = actor_of(request)
        with transaction.atomic():
            row = services.draft_auction(actor=actor, account_no=identity.account_no, terms=new)
            services.submit_auction(actor=actor, account_no=identity.account_no, auction_id=row.id)
        remember(request, key)
    messages.success(request, _("已提交审核，通过后公告预展"))
    return redirect("/me/auctions/")


@member_page
@require_POST
def take_back(request: HttpRequest, identity: MemberIdentity, auction_id: int) -> HttpResponse:
    """Takes back a lot that nobody has approved yet."""
    check_role(identity, TRADE_ROLES)
    try:
        services.take_back_auction(
            actor=actor_of(request), account_no=identity.account_no, auction_id=in_reach(auction_id)
        )
        messages.success(request, _("已收回"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/auctions/")


# Supplying a reverse auction -------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def supply(request: HttpRequest, identity: MemberIdentity, auction_id: int) -> HttpResponse:
    """Enter a reverse auction with goods: the receipts go on hold for it, the floor then takes the bond."""
    check_role(identity, TRADE_ROLES)
    row = halls.auction_by_id(in_reach(auction_id), viewer_no=identity.account_no)
    if not row.reverse:
        raise NotFound(str(auction_id))
    if request.method != "POST":
        return pick_receipts(
            request, identity, _("选仓单参加"), request.path, product_number=row.product_number
        )
    receipts = chosen_receipts(identity, request.POST.getlist("receipt"))
    services.supply(
        actor=actor_of(request),
        account_no=identity.account_no,
        auction_id=row.id,
        receipt_nos=tuple(receipt.receipt_no for receipt in receipts),
    )
    messages.success(request, _("仓单正在冻结，随后自动报名"))
    return redirect(f"/auctions/{row.id}/")
