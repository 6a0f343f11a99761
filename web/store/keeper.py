"""The keeper's desk 仓库: lots from the gate to the room, issues asked for, rooms and their climate.

Made for a tablet at the gate: the lot's next step stands first, in large type. A keeper sees and moves the
lots of the own warehouse only.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets.selectors import products, varieties
from exchange.markets.types import ProductRow
from exchange.members.selectors import member_by_code
from exchange.members.types import StaffIdentity
from warehouse_receipts import services
from warehouse_receipts.desk_selectors import (
    LotRow,
    fitting_products,
    issue_requests,
    lot,
    lot_counts,
    lots,
    origin,
    rooms,
    stock_of,
)
from warehouse_receipts.intake import NewOrigin, Treatment
from warehouse_receipts.tracing import trace_lot
from warehouse_receipts.types import Bagging, IntakeState, SampleWeights
from warehouse_receipts.viewing import Viewer
from web.pages import words
from web.pages.access import actor_of, message_of, staff_page
from web.pages.names import RegisterNames
from web.pages.paging import number_in
from web.pages.register_words import STAGE
from web.store.fields import choice_in, date_in, needed_date, scaled_in, text_in, whole_in
from web.store.shown import issue_line, lot_facts, lot_line, photo_desk, steps_shown

PAGE = 30
G_PER_KG = 1_000
KEEPER = staff_page("warehouse")
STATES = tuple(state.value for state in IntakeState)


def head(staff: StaffIdentity, tab: str) -> dict[str, Any]:
    """What the head of every page of a desk shows."""
    return {"staff": staff, "tab": tab, "desk": staff.kind}


def viewer(staff: StaffIdentity) -> Viewer:
    """The staff as they look at the register."""
    return Viewer(institution=staff.institution)


@KEEPER
@require_safe
def lot_list(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """Lots of the warehouse, by where they stand."""
    names, cursor = RegisterNames(), request.GET.get("cursor")
    state = request.GET.get("state", "")
    search = request.GET.get("q", "").strip()[:40]
    found = lots(
        viewer(staff),
        states=[IntakeState(state)] if state in STATES else (),
        search=search,
        before=None if cursor is None else number_in(cursor),
        limit=PAGE + 1,
    )
    counts = lot_counts(viewer(staff))
    context = {
        **head(staff, "lots"),
        "search": search,
        "state": state,
        "states": [(value, words.word(STAGE, value), counts.get(value, 0)) for value in STATES],
        "lots": [lot_line(row, names) for row in found[:PAGE]],
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "store/lots.html", context)


@KEEPER
@require_safe
def one_lot(request: HttpRequest, staff: StaffIdentity, intake_no: str) -> HttpResponse:
    """A lot and its next step."""
    names, row = RegisterNames(), lot(intake_no, viewer(staff))
    asked = [request for request in issue_requests(viewer(staff)) if request.intake_no == intake_no]
    context = {
        **head(staff, "lots"),
        "lot": lot_line(row, names),
        "facts": lot_facts(row, names, origin(intake_no)),
        "steps": steps_shown(trace_lot(intake_no, viewer(staff))),
        "sample_pieces": min(20, row.pieces) or 20,
        "fitting": _fitting(row, names),
        "rooms": rooms(staff.own_code),
        "requests": [issue_line(request, names) for request in asked],
        "report_no": row.report_no,
        "may_turn_away": row.state not in (IntakeState.STORED, IntakeState.REFUSED),
        **photo_desk(row),
    }
    return render(request, "store/lot.html", context)


def _fitting(row: LotRow, names: RegisterNames) -> list[tuple[int, str]]:
    """Products the lot may be stored, or issued, as."""
    if row.state not in (IntakeState.INSPECTED, IntakeState.STORED):
        return []
    listed = {product.number: product for product in products()}
    numbers = fitting_products(row.intake_no, [product.cell for product in listed.values()])
    return [(number, words.product_name(listed[number])) for number in numbers]


@KEEPER
@require_POST
def act(request: HttpRequest, staff: StaffIdentity, intake_no: str) -> HttpResponse:
    """The lot's next step, as the form says."""
    try:
        row = lot(intake_no, viewer(staff))
        step = STEPS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        messages.success(request, step(request, row))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("store_lot", intake_no)


def _arrive(request: HttpRequest, row: LotRow) -> str:
    plate = text_in(request, "plate", longest=16)
    services.arrive_intake(row.intake_no, plate=plate, actor=actor_of(request))
    return _("已登记到库")


def _weigh(request: HttpRequest, row: LotRow) -> str:
    sample = SampleWeights(
        pieces=whole_in(request, "sample_pieces"),
        gross_g=scaled_in(request, "gross_kg", G_PER_KG),
        tare_g=scaled_in(request, "tare_kg", G_PER_KG),
    )
    pieces = whole_in(request, "pieces")
    net_kg = services.weigh_intake(row.intake_no, pieces=pieces, sample=sample, actor=actor_of(request))
    return _("净重 %(kg)s 公斤") % {"kg": f"{net_kg:,}"}


def _store(request: HttpRequest, row: LotRow) -> str:
    room = text_in(request, "room", needed=False, longest=16)
    services.store_intake(row.intake_no, _product(request).cell, room=room or None, actor=actor_of(request))
    return _("已入库")


def _ask_issue(request: HttpRequest, row: LotRow) -> str:
    product = _product(request)
    number = services.request_issue(
        row.intake_no,
        product.cell,
        kg=whole_in(request, "kg"),
        shelf_life_days=product.variety.shelf_life_days,
        actor=actor_of(request),
    )
    return _("签发申请 %(no)s 已提交，等待质检机构和货主确认") % {"no": number}


def _turn_away(request: HttpRequest, row: LotRow) -> str:
    services.refuse_intake(row.intake_no, reason=text_in(request, "reason"), actor=actor_of(request))
    return _("已拒收")


STEPS: dict[str, Callable[[HttpRequest, LotRow], str]] = {
    "arrive": _arrive,
    "weigh": _weigh,
    "store": _store,
    "issue": _ask_issue,
    "turn_away": _turn_away,
}


def _product(request: HttpRequest) -> ProductRow:
    number = whole_in(request, "product")
    for product in products():
        if product.number == number:
            return product
    raise BadParameter(name="product")


@KEEPER
def book(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """Books a lot in for a member, with where it grew."""
    if request.method == "POST":
        try:
            return redirect("store_lot", _booked(request, staff))
        except JinguoError as error:
            messages.error(request, message_of(error))
    context = {
        **head(staff, "book"),
        "typed": request.POST,
        "varieties": [(row.code, row.name_zh if words.in_chinese() else row.name_en) for row in varieties()],
        "baggings": [(value, str(text)) for value, text in words.BAGGING.items()],
        "counties": [(county, words.word(words.COUNTY, county)) for county in _counties()],
        "crop_years": sorted({product.crop_year for product in products()}, reverse=True),
    }
    return render(request, "store/book.html", context)


def _counties() -> list[str]:
    """Counties fruit is traded from."""
    return sorted({product.county for product in products()})


def _booked(request: HttpRequest, staff: StaffIdentity) -> str:
    harvested_on = needed_date(request, "harvested_on")
    treatments: tuple[Treatment, ...] = ()
    if substance := text_in(request, "substance", needed=False, longest=60):
        on = needed_date(request, "treated_on")
        treatments = (Treatment(substance, on, whole_in(request, "interval_days")),)
    grown = NewOrigin(
        grower=text_in(request, "grower", longest=60),
        plot=text_in(request, "plot", longest=60),
        village=text_in(request, "village", needed=False, longest=60),
        bagged_on=date_in(request, "bagged_on", needed=False),
        unbagged_on=date_in(request, "unbagged_on", needed=False),
        harvested_on=harvested_on,
        treatments=treatments,
        certificate_no=text_in(request, "certificate_no", longest=60),
        certificate_issuer=text_in(request, "certificate_issuer", longest=60),
    )
    return services.book_intake(
        warehouse_code=staff.own_code,
        owner_no=member_by_code(text_in(request, "owner", longest=16).upper()).account_no,
        orchard=text_in(request, "orchard"),
        county=choice_in(request, "county", set(_counties())),
        variety_code=choice_in(request, "variety", {row.code for row in varieties()}),
        bagging=Bagging(choice_in(request, "bagging", set(Bagging.values))),
        crop_year=whole_in(request, "crop_year"),
        packaging=text_in(request, "packaging", longest=60),
        mark=text_in(request, "mark", needed=False, longest=60),
        origin=grown,
        actor=actor_of(request),
    )


@KEEPER
@require_safe
def store_rooms(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """Rooms, their climate, and what lies in the store."""
    names = RegisterNames()
    context = {
        **head(staff, "rooms"),
        "rooms": [
            {
                "code": room.code,
                "kind": words.word(words.STORE, room.kind),
                "capacity_kg": room.capacity_kg,
                "stored_kg": room.stored_kg,
                "full_pct": room.full_pct,
                "at": room.at,
                "temperature": _degrees(room.temperature_tenths),
                "humidity": room.humidity_pct,
                "alarm": room.alarm,
            }
            for room in rooms(staff.own_code)
        ],
        "stock": [
            {
                "product": names.shown_product(row.product_number),
                "physical_kg": row.physical_kg,
                "receipted_kg": row.receipted_kg,
            }
            for row in stock_of(staff.own_code)
        ],
    }
    return render(request, "store/rooms.html", context)


def _degrees(tenths: int | None) -> str:
    return "" if tenths is None else f"{tenths / 10:.1f}"
