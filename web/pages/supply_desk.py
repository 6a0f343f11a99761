"""我的供求: own intentions and inquiries, publishing and editing, the conversation with another member."""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.bulletin import supply_demand as posts
from exchange.bulletin import supply_inquiries as talk
from exchange.bulletin import supply_selectors as board
from exchange.bulletin.supply_errors import UnknownIntention
from exchange.bulletin.supply_types import TALKING, InquiryRow, IntentionRow
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import format_yuan
from exchange.members.selectors import members_by_account_no
from exchange.members.types import MemberIdentity
from matching.types import Side
from web.api.hall_reads import in_reach
from web.pages import supply_words, words
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.credit_words import credit_badges
from web.pages.hall_forms import shown_error
from web.pages.me import who
from web.pages.paging import number_in
from web.pages.supply import kind_in
from web.pages.supply_forms import (
    choices,
    filled_with,
    first_product,
    shown,
    terms_in,
    valid_until_in,
    version_in,
)
from web.pages.supply_views import BoardNames, Reader, card, inquiry_card

PAGE = 30
SHOWN = ("open", "ended")
BOXES = {"received": True, "sent": False}
MAX_KEY = 64
TAKEN_DOWN_SHOWN = 3
"""Newest posts the operator took down that head the list until they are closed."""


# Mine ------------------------------------------------------------------------------------------------


@member_page
@require_safe
def mine(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """The member's own intentions, and the inquiries about them and by it."""
    reader = Reader(identity)
    show = request.GET.get("show", "open")
    cursor = request.GET.get("cursor")
    offset = 0 if cursor is None else number_in(cursor)
    context: dict[str, Any] = {
        "who": who(identity),
        "tab": "supply",
        "show": show if show in (*SHOWN, *BOXES, "blocked") else "open",
        "may_act": reader.may_act,
        "cursor": cursor,
    }
    if context["show"] in BOXES:
        found = board.inquiries_of(
            identity.account_no, received=BOXES[context["show"]], offset=offset, limit=PAGE + 1
        )
        names = BoardNames(reader, {no for row in found for no in (row.account_no, row.owner_no)})
        context["inquiries"] = [inquiry_card(row, names, reader) for row in found[:PAGE]]
        context["next_cursor"] = str(offset + PAGE) if len(found) > PAGE else None
    elif context["show"] == "blocked":
        blocked = board.blocked_by(identity.account_no)
        members = members_by_account_no(blocked)
        context["blocked"] = [members[no] for no in blocked if no in members]
    else:
        page = board.intentions_of(identity.account_no, show=context["show"], offset=offset, limit=PAGE)
        names = BoardNames(reader, {identity.account_no})
        context["cards"] = [card(row, names, reader) for row in page.rows]
        down = board.intentions_of(identity.account_no, show="taken_down", limit=TAKEN_DOWN_SHOWN)
        context["taken_down"] = [card(row, names, reader) for row in down.rows]
        context["next_cursor"] = None if page.next_offset is None else str(page.next_offset)
    return render(request, "me/supply.html", context)


# Publish, edit ---------------------------------------------------------------------------------------


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Publishes an intention; ``?from=`` begins with the terms of one of the member's own."""
    check_role(identity, TRADE_ROLES)
    if request.method != "POST":
        return _form_page(request, identity, _first_form(request, identity))
    form = request.POST
    try:
        number = posts.publish(
            actor=actor_of(request),
            account_no=identity.account_no,
            terms=terms_in(form),
            key=_key_in(form),
        )
    except JinguoError as error:
        return _form_page(request, identity, form, error)
    messages.success(request, _("已发布，有人询盘会显示在“我的供求”"))
    return redirect(f"/supply/{number}/")


def _first_form(request: HttpRequest, identity: MemberIdentity) -> QueryDict:
    copied = request.GET.get("from")
    if copied:
        row = _own(number_in(copied), identity)
        return _filled(row, identity)
    form = QueryDict(mutable=True)
    side = request.GET.get("side")
    form["side"] = side if side in ("sell", "buy") else "sell" if identity.kind == "grower" else "buy"
    form["product"] = request.GET.get("product", "")[:64] or first_product(identity.account_no)
    form["receipt"] = request.GET.get("receipt", "")[:24]
    form["days"] = "15"
    return form


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, identity: MemberIdentity, intention_id: int) -> HttpResponse:
    """Gives an intention on the board new terms."""
    check_role(identity, TRADE_ROLES)
    row = _own(intention_id, identity)
    if request.method != "POST":
        return _form_page(request, identity, _filled(row, identity), edited=row)
    form = request.POST.copy()
    form["side"] = words.side_word(row.terms.side)
    try:
        posts.edit(
            actor=actor_of(request),
            account_no=identity.account_no,
            intention_id=row.id,
            version=version_in(form),
            terms=terms_in(form),
        )
    except JinguoError as error:
        return _form_page(request, identity, form, error, edited=row)
    messages.success(request, _("已修改"))
    return redirect(f"/supply/{row.id}/")


def _own(intention_id: int, identity: MemberIdentity) -> IntentionRow:
    row = board.intention_by_id(in_reach(intention_id), viewer_no=identity.account_no)
    if row.account_no != identity.account_no:
        raise UnknownIntention(detail=str(intention_id))
    return row


def _filled(row: IntentionRow, identity: MemberIdentity) -> QueryDict:
    names = BoardNames(Reader(identity), ())
    product = names.products.get(row.terms.product_number or 0)
    return filled_with(
        row, side=words.side_word(row.terms.side), product_code="" if product is None else product.code
    )


def _key_in(form: QueryDict) -> str:
    key = form.get("key", "")
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isalnum()):
        raise BadParameter(name="key")
    return key


def _form_page(
    request: HttpRequest,
    identity: MemberIdentity,
    form: QueryDict,
    error: JinguoError | None = None,
    *,
    edited: IntentionRow | None = None,
) -> HttpResponse:
    context = {
        "form": shown(form),
        "error": None if error is None else shown_error(error),
        "edited": edited,
        "version": form.get("version", "") or (edited.version if edited else ""),
        "key": form.get("key", "") or secrets.token_hex(12),
        **choices(identity.account_no, form),
    }
    return render(request, "me/supply_form.html", context, status=422 if error else 200)


@member_page
@require_POST
def act(request: HttpRequest, identity: MemberIdentity, intention_id: int) -> HttpResponse:
    """Closes or renews an intention of the member's own."""
    check_role(identity, TRADE_ROLES)
    number, actor = in_reach(intention_id), actor_of(request)
    try:
        match request.POST.get("verb"):
            case "close":
                posts.close(actor=actor, account_no=identity.account_no, intention_id=number)
                messages.success(request, _("已关闭"))
            case "renew":
                posts.renew(
                    actor=actor,
                    account_no=identity.account_no,
                    intention_id=number,
                    valid_until=valid_until_in(request.POST),
                )
                messages.success(request, _("已续期"))
            case _unknown:
                raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/supply/")


# A conversation --------------------------------------------------------------------------------------


@member_page
@require_safe
def conversation(request: HttpRequest, identity: MemberIdentity, inquiry_id: int) -> HttpResponse:
    """What the two said to each other, and the ways that bind; reading it marks it as seen."""
    row = board.inquiry_by_id(in_reach(inquiry_id), viewer_no=identity.account_no)
    return _conversation_page(request, identity, row)


def _conversation_page(
    request: HttpRequest,
    identity: MemberIdentity,
    row: InquiryRow,
    error: JinguoError | None = None,
) -> HttpResponse:
    reader = Reader(identity)
    names = BoardNames(reader, (row.account_no, row.owner_no))
    said = board.messages_in(row.id, viewer_no=identity.account_no)
    if said:
        talk.mark_seen(account_no=identity.account_no, inquiry_id=row.id, message_id=said[-1].id)
    intention = board.intention_by_id(row.intention_id, viewer_no=identity.account_no, operator=True)
    shown_inquiry = inquiry_card(row, names, reader)
    other = shown_inquiry["other_no"]
    silent = other in board.not_talking(identity.account_no)
    context = {
        "who": who(identity),
        "tab": "supply",
        "inquiry": shown_inquiry,
        "item": card(intention, names, reader),
        "other_credit": credit_badges({other: shown_inquiry["other_code"]}).get(other),
        "messages_said": [
            {
                "mine": message.sender_no == identity.account_no,
                "by": names.member(message.sender_no),
                "person": message.by if message.sender_no == identity.account_no else "",
                "event": words.word(supply_words.EVENT, message.event) if message.event else "",
                "text": message.text,
                "at": message.at,
            }
            for message in said
        ],
        "contacts": board.contacts(row.id, viewer_no=identity.account_no),
        "may_act": reader.may_act,
        "may_talk": reader.may_act and row.state in TALKING and not silent,
        "blocked": other in board.blocked_by(identity.account_no),
        "silent": silent,
        "binding": _binding(row, intention, identity, names),
        "error": None if error is None else shown_error(error),
        "typed": request.POST if error is not None else {},
        "key": secrets.token_hex(12),
        "report_url": f"/me/supply/inquiries/{row.id}/answer/",
        "report_kinds": list(supply_words.REPORT_KIND.items()),
    }
    return render(request, "me/supply_inquiry.html", context, status=422 if error else 200)


def _binding(
    row: InquiryRow, intention: IntentionRow, identity: MemberIdentity, names: BoardNames
) -> dict[str, Any]:
    """Where a deal that binds is made, with what was talked about filled in and the other party invited."""
    owner = row.owner_no == identity.account_no
    selling = (intention.terms.side == Side.SELL) == owner
    other = names.code(row.account_no if owner else row.owner_no)
    price = row.price if row.price is not None else intention.terms.price
    filled = {"quantity": str(row.quantity_kg), "invited": other}
    if price is not None:
        filled["price"] = format_yuan(price)
    product = names.products.get(intention.terms.product_number or 0)
    if product is not None and not selling:
        filled["product"] = product.code
    if selling and owner and intention.receipt is not None:
        filled["receipt"] = intention.receipt.receipt_no
    ticket = ""
    if product is not None:
        ticket = f"/sell/{product.code}/" if selling else f"/trade/{product.code}/"
    address = "/me/listings/new/" if selling else "/me/listings/wanted/"
    return {"selling": selling, "list_url": f"{address}?{urlencode(filled)}", "ticket_url": ticket}


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, identity: MemberIdentity, inquiry_id: int) -> HttpResponse:
    """Writes to the other party; a refusal shows what was typed again, and reloading it says nothing."""
    if request.method != "POST":
        return redirect(f"/me/supply/inquiries/{inquiry_id}/")
    check_role(identity, TRADE_ROLES)
    row = board.inquiry_by_id(in_reach(inquiry_id), viewer_no=identity.account_no)
    try:
        talk.say(
            actor=actor_of(request),
            account_no=identity.account_no,
            inquiry_id=row.id,
            text=request.POST.get("text", ""),
            key=_key_in(request.POST),
        )
    except JinguoError as error:
        return _conversation_page(request, identity, row, error)
    return redirect(f"/me/supply/inquiries/{row.id}/#end")


@member_page
@require_POST
def answer(request: HttpRequest, identity: MemberIdentity, inquiry_id: int) -> HttpResponse:
    """Takes one step of VERBS in a conversation."""
    check_role(identity, TRADE_ROLES)
    row = board.inquiry_by_id(in_reach(inquiry_id), viewer_no=identity.account_no)
    try:
        verb = VERBS.get(request.POST.get("verb", ""))
        if verb is None:
            raise BadParameter(name="verb")
        messages.success(request, verb(request, actor_of(request), identity.account_no, row))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/me/supply/inquiries/{row.id}/")


def _agree(_request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.agree(actor=actor, account_no=account_no, inquiry_id=row.id)
    return _("已表示谈妥。这不是合同：请挂牌或下单成交")


def _decline(_request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.decline(actor=actor, account_no=account_no, inquiry_id=row.id)
    return _("已谢绝")


def _withdraw(_request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.withdraw(actor=actor, account_no=account_no, inquiry_id=row.id)
    return _("已撤回")


def _give_contact(request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    form = request.POST
    talk.give_contact(
        actor=actor,
        account_no=account_no,
        inquiry_id=row.id,
        person=form.get("person", ""),
        phone=form.get("phone", ""),
    )
    return _("已给出；对方也给出后，双方互相看得见")


def _block(_request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.block(actor=actor, account_no=account_no, other_no=_other(row, account_no))
    return _("已屏蔽，你们不能再互相发消息")


def _unblock(_request: HttpRequest, _actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.unblock(account_no=account_no, other_no=_other(row, account_no))
    return _("已解除屏蔽")


def _report(request: HttpRequest, actor: Actor, account_no: int, row: InquiryRow) -> str:
    talk.report_inquiry(
        actor=actor,
        account_no=account_no,
        inquiry_id=row.id,
        kind=kind_in(request.POST),
        text=request.POST.get("text", ""),
    )
    return _("已举报，市场经营者会查看")


def _other(row: InquiryRow, account_no: int) -> int:
    return row.owner_no if row.account_no == account_no else row.account_no


VERBS: dict[str, Callable[[HttpRequest, Actor, int, InquiryRow], str]] = {
    "agree": _agree,
    "decline": _decline,
    "withdraw": _withdraw,
    "contact": _give_contact,
    "block": _block,
    "unblock": _unblock,
    "report": _report,
}


@member_page
@require_POST
def unblock(request: HttpRequest, identity: MemberIdentity, account_no: int) -> HttpResponse:
    """Lifts a block from the list of blocked members."""
    check_role(identity, TRADE_ROLES)
    talk.unblock(account_no=identity.account_no, other_no=in_reach(account_no))
    messages.success(request, _("已解除屏蔽"))
    return redirect("/me/supply/?show=blocked")
