"""The lister's desk: what a member lists, what waits for its answer, and listing in three steps.

Every step is a page of its own and carries what was typed in the form itself, so that a lost connection or
the back button loses nothing. Sending the confirmation twice lists once: its key is remembered with the
session.
"""

import secrets
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.halls import selectors as halls
from exchange.halls import services
from exchange.halls.overview import prices_of
from exchange.halls.types import ListingRow, ListingState, NewListing
from exchange.kernel.errors import JinguoError, NotFound
from exchange.markets.selectors import product_by_code, product_by_number, products
from exchange.markets.types import FULL_WORD, PAYMENT_WORDS, ProductRow, payment_words
from exchange.members.selectors import member_by_account_no
from exchange.members.types import MemberIdentity
from matching.types import Side
from warehouse_receipts.errors import BadReceiptChoice, MixedReceipts
from warehouse_receipts.selectors import receipts_by_no, receipts_of
from warehouse_receipts.types import Business, ReceiptRow, ReceiptState
from web.api.hall_reads import in_reach
from web.pages import words
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.credit_words import credit_badges
from web.pages.hall_forms import Deal, ListingTerms, listing_terms, shown_error, validity_choices
from web.pages.hall_photos import carried_photos, chosen_photos, photo_choices
from web.pages.hall_views import Viewer, chain_step, listing_card, names_for, take_ask
from web.pages.me import who
from web.pages.paging import number_in
from web.pages.quotes import quote, quotes
from web.templatetags.jinguo import listed

PAGE = 30
RECEIPTS_SHOWN = 200
MAX_RECEIPTS = 100
REMEMBERED_KEYS = 20
SHOW_STATES = ("open", "waiting", "done")
SESSION_KEY = "hall_keys"


# The desk --------------------------------------------------------------------------------------------


@member_page
@ensure_csrf_cookie
@require_safe
def mine(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """What waits for an answer first, then the member's own listings."""
    viewer = Viewer(identity, member_by_account_no(identity.account_no).fees)
    show = request.GET.get("show", "open")
    show = show if show in SHOW_STATES else "open"
    cursor = request.GET.get("cursor")
    page = halls.listings_of(
        identity.account_no, show=show, offset=0 if cursor is None else number_in(cursor), limit=PAGE
    )
    takes = [] if cursor else halls.takes_to_answer(identity.account_no)
    proposals = [] if cursor else halls.proposals_to_answer(identity.account_no)
    parties = {row.account_no for row in takes} | {row.account_no for row in proposals}
    names = names_for({identity.account_no} | parties, {no for row in page.rows for no in row.receipt_nos})
    badges = credit_badges(names.codes)
    prices = prices_of({row.listing_id for row in proposals})
    context = {
        "who": who(identity),
        "tab": "listings",
        "show": show,
        "fees": viewer.fees,
        "may_act": viewer.may_act,
        "may_answer": viewer.may_act,
        "asks": [{**take_ask(row, names, viewer), "credit": badges.get(row.account_no)} for row in takes],
        "offers": [
            {
                **chain_step(row, names, viewer),
                "listed_price": prices.get(row.listing_id),
                "credit": badges.get(row.account_no),
            }
            for row in proposals
        ],
        "listings": [
            {
                **listing_card(row, names, viewer),
                "may_relist": row.next_id is None and row.opened_at_ns > 0 and row.state != ListingState.OPEN,
                "photo_count": len(row.photos),
                "may_take_back": row.state in (ListingState.DRAFT, ListingState.SUBMITTED),
            }
            for row in page.rows
        ],
        "cursor": cursor,
        "next_cursor": None if page.next_offset is None else str(page.next_offset),
    }
    return render(request, "halls/my_listings.html", context)


@member_page
@require_POST
def take_back(request: HttpRequest, identity: MemberIdentity, listing_id: int) -> HttpResponse:
    """Takes back a listing that nobody has approved yet."""
    check_role(identity, TRADE_ROLES)
    try:
        services.take_back_listing(
            actor=actor_of(request), account_no=identity.account_no, listing_id=in_reach(listing_id)
        )
        messages.success(request, _("已收回"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/listings/?show=waiting")


# Step one: receipts ----------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def sell(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """List goods for sale: without receipts the first step, with them the second, after it the third."""
    check_role(identity, TRADE_ROLES)
    sent = request.POST if request.method == "POST" else request.GET
    if not sent.getlist("receipt"):
        return pick_receipts(request, identity, _("挂牌卖货"), request.path)
    return _steps(request, identity, buying=False)


def pick_receipts(
    request: HttpRequest,
    identity: MemberIdentity,
    heading: str,
    next_url: str,
    product_number: int | None = None,
) -> HttpResponse:
    """The first step of listing goods or putting up a lot: which receipts, by product.

    With a product only its receipts, and the choice is sent (POST) instead of leading to the next step.
    """
    found = receipts_of(identity.account_no, product_number=product_number, limit=RECEIPTS_SHOWN)
    free = [row for row in found if _can_be_set_aside(row)]
    listed = {row.number: row for row in products()}
    numbers = [number for number in dict.fromkeys(row.product_number for row in free) if number in listed]
    shown = quotes([listed[number] for number in numbers])
    groups = [
        {
            "name": row.name,
            "code": row.code,
            "last": row.last,
            "shown_price": row.shown_price,
            "receipts": [
                {
                    "no": receipt.receipt_no,
                    "kg": receipt.kg,
                    "grade": words.word(words.GRADE, receipt.grade),
                    "store": receipt.warehouse_name,
                }
                for receipt in free
                if receipt.product_number == row.number
            ],
        }
        for row in shown
    ]
    context: dict[str, Any] = {"step": 1, "heading": heading, "next_url": next_url, "groups": groups}
    context["carried"] = [(name, request.GET[name]) for name in CARRIED if name in request.GET]
    context["sends"] = product_number is not None
    return render(request, "halls/list_pick.html", context)


def _can_be_set_aside(row: ReceiptRow) -> bool:
    """Whether the whole receipt may be listed: spot orders that hold it can be given other goods."""
    return row.state == ReceiptState.ISSUED and row.business == Business.NONE and row.locked_until is None


def chosen_receipts(identity: MemberIdentity, numbers: list[str]) -> list[ReceiptRow]:
    """The receipts of a form, all the member's own and of one product.

    Raises BadReceiptChoice, MixedReceipts.
    """
    wanted = list(dict.fromkeys(numbers))
    if not 0 < len(wanted) <= MAX_RECEIPTS:
        raise BadReceiptChoice(most=MAX_RECEIPTS)
    found = receipts_by_no(wanted)
    rows = [found[no] for no in wanted if no in found and found[no].holder_no == identity.account_no]
    if len(rows) != len(wanted):
        raise BadReceiptChoice(most=MAX_RECEIPTS)
    if len({row.product_number for row in rows}) > 1:
        raise MixedReceipts
    return rows


def goods_facts(product: ProductRow, receipts: list[ReceiptRow]) -> dict[str, Any]:
    """What the steps say of the goods."""
    stores = list(dict.fromkeys(row.warehouse_name for row in receipts))
    return {
        "code": product.code,
        "name": words.product_name(product),
        "kg": sum(row.kg for row in receipts),
        "receipts": [row.receipt_no for row in receipts],
        "stores": listed(stores[:3]),
        "low": product.low,
        "high": product.high,
        "step_kg": product.step_kg,
        "min_kg": product.min_kg,
    }


def references_of(product: ProductRow) -> list[dict[str, Any]]:
    """Today's prices to go by."""
    row = quote(product)
    named = [(_("最新价"), row.last), (_("今日最高"), row.high), (_("参考价"), row.reference)]
    return [{"name": name, "value": value} for name, value in named if value is not None]


# A wish to buy ---------------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def wanted(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Ask for goods 求购: terms, then confirmation."""
    check_role(identity, TRADE_ROLES)
    return _steps(request, identity, buying=True)


# Change and relist -----------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def relist(request: HttpRequest, identity: MemberIdentity, listing_id: int) -> HttpResponse:
    """New terms for a listing: it is withdrawn and a new one takes its place, with the history kept."""
    check_role(identity, TRADE_ROLES)
    row = halls.listing_by_id(in_reach(listing_id), viewer_no=identity.account_no)
    if row.account_no != identity.account_no:
        raise NotFound(str(listing_id))
    return _steps(request, identity, buying=row.side == Side.BUY, replaced=row)


# Steps two and three ---------------------------------------------------------------------------------


def _steps(
    request: HttpRequest, identity: MemberIdentity, *, buying: bool, replaced: ListingRow | None = None
) -> HttpResponse:
    form = request.POST if request.method == "POST" else _defaults(request.GET, replaced)
    error = None
    try:
        product, receipts = _goods(form, identity, buying, replaced)
    except JinguoError as refused:
        messages.error(request, shown_error(refused)["message"])
        return redirect("/me/listings/")
    if request.method == "POST" and form.get("stage") != "edit":
        try:
            terms = listing_terms(form, product)
            if form.get("stage") == "confirm":
                return _list(request, identity, product, receipts, terms, replaced, buying=buying)
            return _confirmation(request, identity, product, receipts, terms, buying=buying)
        except JinguoError as refused:
            error = shown_error(refused)
    return _terms_page(request, identity, product, receipts, form, error, buying=buying, replaced=replaced)


def _defaults(sent: QueryDict, replaced: ListingRow | None) -> QueryDict:
    """What the second step begins with: nothing, or the terms of the listing to be replaced."""
    form = sent.copy()
    if replaced is not None and "price" not in form:
        form["price"] = f"{replaced.price / 100:.2f}"
        form["quantity"] = str(replaced.left_kg + replaced.reserved_kg or replaced.quantity_kg)
        form["minimum"] = str(replaced.minimum_kg)
        form["negotiable"] = "yes" if replaced.negotiable else ""
        form["confirm"] = "yes" if replaced.confirm else ""
        form["payment"] = PAYMENT_WORDS[replaced.payment]
        form["invited"] = " ".join(halls.invited_codes(replaced.id))
    return form


def _goods(
    form: QueryDict, identity: MemberIdentity, buying: bool, replaced: ListingRow | None
) -> tuple[ProductRow, list[ReceiptRow]]:
    if replaced is not None:
        return product_by_number(replaced.product_number), []
    if buying:
        code = form.get("product") or products()[0].code
        return product_by_code(code), []
    receipts = chosen_receipts(identity, form.getlist("receipt"))
    return product_by_number(receipts[0].product_number), receipts


def _heading(*, buying: bool, replaced: bool) -> str:
    if replaced:
        return _("改价重挂")
    return _("发布求购") if buying else _("挂牌卖货")


def _terms_page(
    request: HttpRequest,
    identity: MemberIdentity,
    product: ProductRow,
    receipts: list[ReceiptRow],
    form: QueryDict,
    error: dict[str, str] | None,
    *,
    buying: bool,
    replaced: ListingRow | None,
) -> HttpResponse:
    goods = goods_facts(product, receipts)
    shown = quote(product).shown_price
    context = {
        "step": 2,
        "heading": _heading(buying=buying, replaced=replaced is not None),
        "error": error,
        "back": "" if buying or replaced else request.path,
        "buying": buying,
        "fixed_product": replaced is not None,
        "products": [{"code": row.code, "name": words.product_name(row)} for row in products()],
        "goods": goods,
        "photo_choices": photo_choices(goods["receipts"], form),
        "references": references_of(product),
        "fees": member_by_account_no(identity.account_no).fees,
        "days": validity_choices(),
        "form": {
            "price": form.get("price", f"{shown / 100:.2f}"),
            "quantity": form.get("quantity", str(goods["kg"] or 20_000)),
            "minimum": form.get("minimum", str(product.min_kg)),
            "days": form.get("days", "3"),
            "negotiable": form.get("negotiable") == "yes",
            "confirm": form.get("confirm") == "yes",
            "invited": form.get("invited", ""),
            "payment": form.get("payment") or FULL_WORD,
        },
        "payments": payment_words(product.payments),
    }
    return render(request, "halls/list_terms.html", context, status=422 if error else 200)


CARRIED = ("product", "price", "quantity", "minimum", "days", "negotiable", "confirm", "payment", "invited")


def _confirmation(
    request: HttpRequest,
    identity: MemberIdentity,
    product: ProductRow,
    receipts: list[ReceiptRow],
    terms: ListingTerms,
    *,
    buying: bool,
) -> HttpResponse:
    fees = member_by_account_no(identity.account_no).fees
    hidden = [(name, request.POST[name]) for name in CARRIED if name in request.POST]
    hidden += [("receipt", row.receipt_no) for row in receipts] + carried_photos(request.POST)
    context = {
        "step": 3,
        "heading": _heading(buying=buying, replaced=False),
        "buying": buying,
        "goods": goods_facts(product, receipts),
        "offer": Deal(terms.price, terms.quantity, fees, terms.payment, terms.minimum_kg),
        "terms": terms,
        "fees": fees,
        "hidden": hidden,
        "photo_count": len(chosen_photos(request.POST)),
        "key": secrets.token_hex(12),
    }
    return render(request, "halls/list_confirm.html", context)


def _list(
    request: HttpRequest,
    identity: MemberIdentity,
    product: ProductRow,
    receipts: list[ReceiptRow],
    terms: ListingTerms,
    replaced: ListingRow | None,
    *,
    buying: bool,
) -> HttpResponse:
    key = request.POST.get("key", "")
    if not done_before(request, key):
        new = NewListing(
            product_number=product.number,
            side=Side.BUY if buying else Side.SELL,
            price=terms.price,
            valid_until_ns=terms.valid_until_ns,
            quantity_kg=terms.quantity,
            receipt_nos=replaced.receipt_nos if replaced else tuple(row.receipt_no for row in receipts),
            minimum_kg=terms.minimum_kg,
            negotiable=terms.negotiable,
            confirm=terms.confirm,
            payment=terms.payment,
            invited=terms.invited,
            photos=replaced.photos if replaced else chosen_photos(request.POST),
        )
        with transaction.atomic():
            actor = actor_of(request)
            if replaced is None:
                row = services.draft_listing(actor=actor, account_no=identity.account_no, terms=new)
                services.submit_listing(actor=actor, account_no=identity.account_no, listing_id=row.id)
            else:
                services.relist(
                    actor=actor, account_no=identity.account_no, listing_id=replaced.id, terms=new
                )
        remember(request, key)
    messages.success(request, _("已提交审核，通过后自动挂出"))
    return redirect("/me/listings/?show=waiting")


def done_before(request: HttpRequest, key: str) -> bool:
    """Whether this session has confirmed with the key already."""
    return bool(key) and key in request.session.get(SESSION_KEY, [])


def remember(request: HttpRequest, key: str) -> None:
    """Remember a confirmation's key with the session."""
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), key][-REMEMBERED_KEYS:]
