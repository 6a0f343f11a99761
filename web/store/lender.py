"""The lender's desk 质权人: applications, pledges in force, calls, repayments, release, foreclosure."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import format_yuan_grouped, parse_yuan
from exchange.members.types import StaffIdentity
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services
from warehouse_receipts.states import PledgeState
from web.pages.access import actor_of, message_of, staff_page
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.store.fields import text_in
from web.store.keeper import head, viewer
from web.store.shown import pledge_line

PAGE = 30
LENDER = staff_page("lender")
RUNNING = (PledgeState.APPLIED, PledgeState.ASKED, PledgeState.REGISTERED, PledgeState.FORECLOSURE)
OVER = (PledgeState.RELEASED, PledgeState.FORECLOSED, PledgeState.REFUSED)


@LENDER
@require_safe
def desk(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """The lender's pledges, those that need a word first."""
    names, cursor = RegisterNames(), request.GET.get("cursor")
    over = request.GET.get("over") == "1"
    found = business.pledges(
        viewer(staff),
        states=OVER if over else RUNNING,
        before=None if cursor is None else number_in(cursor),
        limit=PAGE + 1,
    )
    lines = [pledge_line(row, names) for row in found[:PAGE]]
    context = {
        **head(staff, "over" if over else "running"),
        "over": over,
        "pledges": sorted(lines, key=lambda line: line["state"] != "applied"),
        "owed_fen": sum(row.owed_fen for row in found[:PAGE] if row.state == PledgeState.REGISTERED),
        "calls": sum(1 for row in found[:PAGE] if row.call_kg),
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "store/pledges.html", context)


@LENDER
@require_POST
def act(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> HttpResponse:
    """What the lender decides about a pledge."""
    try:
        step = STEPS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        messages.success(request, step(request, staff, pledge_no))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/lend/")


def _approve(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> str:
    services.decide_pledge(pledge_no, lender_code=staff.own_code, approve=True, actor=actor_of(request))
    return _("已同意，货物退出交易后即登记")


def _refuse(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> str:
    services.decide_pledge(
        pledge_no,
        lender_code=staff.own_code,
        approve=False,
        reason=text_in(request, "reason"),
        actor=actor_of(request),
    )
    return _("已驳回")


def _repay(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> str:
    owed = services.record_repayment(
        pledge_no,
        lender_code=staff.own_code,
        amount_fen=parse_yuan(text_in(request, "amount", longest=20)),
        actor=actor_of(request),
    )
    return _("还欠 %(yuan)s 元") % {"yuan": format_yuan_grouped(owed)}


def _release(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> str:
    services.release_pledge(pledge_no, lender_code=staff.own_code, actor=actor_of(request))
    return _("已解押")


def _foreclose(request: HttpRequest, staff: StaffIdentity, pledge_no: str) -> str:
    services.ask_foreclosure(
        pledge_no,
        lender_code=staff.own_code,
        reason=text_in(request, "reason"),
        day=today(),
        actor=actor_of(request),
    )
    return _("处置申请已提交市场经营者")


STEPS: dict[str, Callable[[HttpRequest, StaffIdentity, str], str]] = {
    "approve": _approve,
    "refuse": _refuse,
    "repay": _repay,
    "release": _release,
    "foreclose": _foreclose,
}
