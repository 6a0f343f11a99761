"""What a holder does with receipts on the phone: confirm an issue, split, merge, pledge, fetch the goods."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import parse_yuan
from exchange.markets.selectors import product_by_number
from exchange.members.types import MemberIdentity
from exchange.ops import pickups
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services
from warehouse_receipts.case_selectors import loss_notice
from warehouse_receipts.picking_up import NewPickup
from warehouse_receipts.selectors import receipt_detail
from warehouse_receipts.types import ReceiptRow
from warehouse_receipts.viewing import Viewer
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of
from web.pages.me import who
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.store.fields import moment_in, needed_date, text_in
from web.store.shown import pickup_line, pledge_line
from web.templatetags.jinguo import listed

PICKUP_ROLES = TRADE_ROLES | {"logistics"}
MAX_CHOSEN = 50
USES = ("pickup", "pledge", "merge", "top_up")
PAGE = 30


@member_page
def use(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """The form for the chosen receipts, and what it asks for."""
    asked = request.POST if request.method == "POST" else request.GET
    what, numbers = asked.get("do", ""), asked.getlist("no")[:MAX_CHOSEN]
    if what not in USES or not numbers:
        messages.error(request, _("请先选择仓单"))
        return redirect("/me/receipts/")
    check_role(identity, PICKUP_ROLES if what == "pickup" else TRADE_ROLES)
    chosen = [receipt_detail(number, holder_no=identity.account_no).receipt for number in numbers]
    if request.method == "POST":
        try:
            return ACTS[what](request, identity, chosen)
        except JinguoError as error:
            messages.error(request, message_of(error))
    return render(request, "me/use.html", _use_context(request, identity, what, chosen))


def _use_context(
    request: HttpRequest, identity: MemberIdentity, what: str, chosen: list[ReceiptRow]
) -> dict[str, Any]:
    names, mine = RegisterNames(), Viewer(account_no=identity.account_no)
    calls = [row for row in business.pledges(mine, limit=MAX_CHOSEN) if row.call_kg]
    return {
        "who": who(identity),
        "tab": "receipts",
        "do": what,
        "chosen": [
            {"no": row.receipt_no, "kg": row.kg, "product": names.shown_product(row.product_number)}
            for row in chosen
        ],
        "kg": sum(row.kg for row in chosen),
        "store": chosen[0].warehouse_name,
        "lenders": business.lenders(),
        "reference": product_by_number(chosen[0].product_number).reference_price,
        "calls": [pledge_line(row, names) for row in calls],
        "typed": request.POST,
    }


def _merge(request: HttpRequest, identity: MemberIdentity, chosen: list[ReceiptRow]) -> HttpResponse:
    numbers = [row.receipt_no for row in chosen]
    merged = services.merge_receipts(holder_no=identity.account_no, numbers=numbers, actor=actor_of(request))
    messages.success(request, _("已合并为 %(no)s") % {"no": merged})
    return redirect("/me/receipts/")


def _pledge(request: HttpRequest, identity: MemberIdentity, chosen: list[ReceiptRow]) -> HttpResponse:
    number = services.apply_for_pledge(
        holder_no=identity.account_no,
        receipt_nos=[row.receipt_no for row in chosen],
        lender_code=text_in(request, "lender", longest=16),
        principal_fen=parse_yuan(text_in(request, "principal", longest=20)),
        due_on=needed_date(request, "due_on"),
        price_fen=product_by_number(chosen[0].product_number).reference_price,
        actor=actor_of(request),
    )
    messages.success(request, _("质押申请 %(no)s 已提交质权人") % {"no": number})
    return redirect("/me/business/")


def _top_up(request: HttpRequest, identity: MemberIdentity, chosen: list[ReceiptRow]) -> HttpResponse:
    services.top_up(
        text_in(request, "pledge", longest=24),
        holder_no=identity.account_no,
        receipt_nos=[row.receipt_no for row in chosen],
        actor=actor_of(request),
    )
    messages.success(request, _("已补充质押"))
    return redirect("/me/business/")


def _pickup(request: HttpRequest, identity: MemberIdentity, chosen: list[ReceiptRow]) -> HttpResponse:
    booked = pickups.book_pickup(
        holder_no=identity.account_no,
        receipt_nos=[row.receipt_no for row in chosen],
        plate=text_in(request, "plate", longest=16),
        person=text_in(request, "person", longest=60),
        id_no=text_in(request, "id_no", longest=18),
        slot_at=moment_in(request, "slot_at"),
        actor=actor_of(request),
    )
    return _code_page(request, identity, booked)


def _code_page(request: HttpRequest, identity: MemberIdentity, booked: NewPickup) -> HttpResponse:
    """The code is told here, once; nothing keeps this page."""
    context = {"who": who(identity), "tab": "receipts", "booked": booked}
    response = render(request, "me/pickup_code.html", context)
    response["Cache-Control"] = "no-store"
    return response


ACTS: dict[str, Callable[[HttpRequest, MemberIdentity, list[ReceiptRow]], HttpResponse]] = {
    "merge": _merge,
    "pledge": _pledge,
    "top_up": _top_up,
    "pickup": _pickup,
}


@member_page
@require_POST
def split(request: HttpRequest, identity: MemberIdentity, receipt_no: str) -> HttpResponse:
    """Splits a receipt into parts whose kilograms are given one by one."""
    check_role(identity, TRADE_ROLES)
    try:
        parts = [number_in(part) for part in request.POST.get("parts", "").replace("，", ",").split(",")]
        numbers = services.split_receipt(
            holder_no=identity.account_no, no=receipt_no, parts_kg=parts, actor=actor_of(request)
        )
        messages.success(request, _("已拆分为 %(nos)s") % {"nos": listed(numbers)})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/me/receipts/{receipt_no}/")


@member_page
@require_POST
def loss(request: HttpRequest, identity: MemberIdentity, receipt_no: str) -> HttpResponse:
    """Reports a receipt of the member's lost, or says that it was found again."""
    check_role(identity, TRADE_ROLES)
    try:
        if request.POST.get("verb") == "found":
            open_case = loss_notice(receipt_no, holder_no=identity.account_no)
            if open_case is None:
                raise BadParameter(name="receipt")
            services.withdraw_loss(open_case.id, holder_no=identity.account_no, actor=actor_of(request))
            messages.success(request, _("挂失已撤回，仓单恢复使用"))
        else:
            services.report_loss(
                holder_no=identity.account_no,
                no=receipt_no,
                reason=text_in(request, "reason"),
                actor=actor_of(request),
            )
            messages.success(request, _("已挂失并公示，期满无异议即补发新仓单"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/me/receipts/{receipt_no}/")


@member_page
@require_POST
def confirm(request: HttpRequest, identity: MemberIdentity, request_no: str) -> HttpResponse:
    """The owner agrees to a receipt about to be issued."""
    check_role(identity, PICKUP_ROLES)
    try:
        services.confirm_as_owner(request_no, owner_no=identity.account_no, actor=actor_of(request))
        messages.success(request, _("已确认，等待登记机构注册"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/receipts/")


@member_page
@require_safe
def running(request: HttpRequest, identity: MemberIdentity) -> HttpResponse:
    """Pledges and pickups of the member."""
    names, mine = RegisterNames(), Viewer(account_no=identity.account_no)
    context = {
        "who": who(identity),
        "tab": "receipts",
        "pledges": [pledge_line(row, names) for row in business.pledges(mine, limit=PAGE)],
        "pickups": [pickup_line(row, names) for row in business.pickups(mine, limit=PAGE)],
        "may_act": identity.role in PICKUP_ROLES,
    }
    return render(request, "me/business.html", context)


@member_page
@require_POST
def cancel_pickup(request: HttpRequest, identity: MemberIdentity, pickup_no: str) -> HttpResponse:
    """Calls a pickup off before anything was loaded."""
    check_role(identity, PICKUP_ROLES)
    try:
        reason = text_in(request, "reason") if request.POST.get("reason") else _("货主取消")
        if not reason:
            raise BadParameter(name="reason")
        pickups.cancel_pickup(
            pickup_no, holder_no=identity.account_no, reason=reason, actor=actor_of(request)
        )
        messages.success(request, _("提货已取消"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/me/business/")
