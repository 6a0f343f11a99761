"""Pickups at the keeper's gate: confirm the slot, check code, plate and ID, weigh out, let go."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.types import StaffIdentity
from exchange.ops import pickups
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services
from warehouse_receipts.states import PickupState
from warehouse_receipts.weight_corrections import corrections, propose_correction
from web.pages.access import actor_of, message_of
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.store.fields import text_in, whole_in
from web.store.keeper import KEEPER, head, viewer
from web.store.shown import correction_line, load_line, pickup_line
from web.templatetags.jinguo import listed

PAGE = 30
OPEN = (PickupState.REQUESTED, PickupState.BOOKED, PickupState.ARRIVED)


@KEEPER
@require_safe
def pickup_list(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """Pickups under way, or those that are over."""
    names, cursor = RegisterNames(), request.GET.get("cursor")
    done = request.GET.get("done") == "1"
    found = business.pickups(
        viewer(staff),
        states=(PickupState.DONE, PickupState.CANCELLED) if done else OPEN,
        before=None if cursor is None else number_in(cursor),
        limit=PAGE + 1,
    )
    context = {
        **head(staff, "pickups"),
        "done": done,
        "pickups": [pickup_line(row, names) for row in found[:PAGE]],
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "store/pickups.html", context)


@KEEPER
@require_safe
def one_pickup(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> HttpResponse:
    """A pickup and its next step."""
    names, row = RegisterNames(), business.pickup(pickup_no, viewer(staff))
    context = {
        **head(staff, "pickups"),
        "pickup": pickup_line(row, names),
        "loads": [load_line(load) for load in business.loads(pickup_no)],
        "corrections": [correction_line(each) for each in corrections(viewer(staff), pickup_no=pickup_no)],
    }
    return render(request, "store/pickup.html", context)


@KEEPER
@require_POST
def act(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> HttpResponse:
    """The pickup's next step, as the form says."""
    try:
        step = STEPS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        messages.success(request, step(request, staff, pickup_no))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("store_pickup", pickup_no)


def _confirm(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> str:
    services.confirm_slot(pickup_no, warehouse_code=staff.own_code, actor=actor_of(request))
    return _("时段已确认")


def _check_in(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> str:
    services.check_in(
        pickup_no,
        warehouse_code=staff.own_code,
        code=text_in(request, "code", longest=12),
        plate=text_in(request, "plate", longest=16),
        id_no=text_in(request, "id_no", longest=18),
        actor=actor_of(request),
    )
    return _("核对无误，可以装车")


def _weigh_out(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> str:
    numbers = pickups.weigh_out(
        pickup_no,
        warehouse_code=staff.own_code,
        kg=whole_in(request, "kg"),
        weighed_kg=whole_in(request, "weighed_kg"),
        actor=actor_of(request),
    )
    return _("已出库，注销仓单 %(nos)s") % {"nos": listed(numbers)}


def _finish(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> str:
    number = pickups.finish_pickup(pickup_no, warehouse_code=staff.own_code, actor=actor_of(request))
    return _("出门证 %(no)s") % {"no": number}


def _correct(request: HttpRequest, staff: StaffIdentity, pickup_no: str) -> str:
    number = propose_correction(
        pickup_no,
        text_in(request, "receipt", longest=24),
        warehouse_code=staff.own_code,
        right_kg=whole_in(request, "right_kg"),
        reason=text_in(request, "reason", longest=300),
        actor=actor_of(request),
    )
    return _("更正 %(no)s 已提交，等待交易所审核") % {"no": number}


STEPS: dict[str, Callable[[HttpRequest, StaffIdentity, str], str]] = {
    "confirm": _confirm,
    "check_in": _check_in,
    "weigh_out": _weigh_out,
    "finish": _finish,
    "correct": _correct,
}
