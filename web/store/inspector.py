"""The inspection body's desk 质检: lots to sample and inspect, issues to confirm, reports.

The person who is logged in samples and signs; the body's register of inspectors has to know the name.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets.selectors import products_by_number, varieties
from exchange.markets.types import VarietyRow
from exchange.members.types import StaffIdentity
from warehouse_receipts import services
from warehouse_receipts.case_selectors import reinspection_order, reinspection_orders
from warehouse_receipts.desk_selectors import (
    LotRow,
    SampleRow,
    inspectors_of,
    issue_requests,
    lot,
    lots,
    origin,
    samples,
)
from warehouse_receipts.editions import sampling_plan_in_force
from warehouse_receipts.inspecting import Residue
from warehouse_receipts.oversight import report_reinspection
from warehouse_receipts.tracing import trace_lot
from warehouse_receipts.types import IntakeState, Measurements
from web.pages.access import actor_of, message_of, staff_page
from web.pages.names import RegisterNames
from web.pages.oversight_words import REINSPECTION_STATE, marked
from web.pages.paging import number_in
from web.store.fields import scaled_in, text_in, whole_in
from web.store.keeper import head, viewer
from web.store.shown import issue_line, lot_facts, lot_line, photo_desk, steps_shown

PAGE = 30
UNFILED = 20
INSPECTOR = staff_page("inspector")
MAX_RESIDUES = 3
WAITING = (IntakeState.WEIGHED, IntakeState.SAMPLED)
DONE = (IntakeState.INSPECTED, IntakeState.STORED)


@INSPECTOR
@require_safe
def desk(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """Lots that wait for a sample or a report, and issues that wait for the body's word."""
    names, cursor = RegisterNames(), request.GET.get("cursor")
    done = request.GET.get("done") == "1"
    search = request.GET.get("q", "").strip()[:40]
    found = lots(
        viewer(staff),
        states=DONE if done else WAITING,
        search=search,
        before=None if cursor is None else number_in(cursor),
        limit=PAGE + 1,
    )
    waiting = [row for row in issue_requests(viewer(staff)) if not row.inspector_by]
    context = {
        **head(staff, "done" if done else "todo"),
        "search": search,
        "done": done,
        "lots": [{**lot_line(row, names), "report_no": row.report_no} for row in found[:PAGE]],
        "requests": [issue_line(row, names) for row in waiting],
        "unfiled": () if cursor else _unfiled(staff),
        "orders": () if cursor else reinspection_orders(body_code=staff.own_code, state="ordered"),
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].id) if len(found) > PAGE else None,
    }
    return render(request, "store/inspections.html", context)


def _unfiled(staff: StaffIdentity) -> list[SampleRow]:
    """Samples of the body's own people that the authority does not have yet."""
    samplers = inspectors_of(staff.own_code)
    return samples(viewer(staff), samplers=samplers, unfiled=True, limit=UNFILED) if samplers else []


@INSPECTOR
@require_safe
def one_lot(request: HttpRequest, staff: StaffIdentity, intake_no: str) -> HttpResponse:
    """A lot to sample or inspect."""
    names, row = RegisterNames(), lot(intake_no, viewer(staff))
    plan = sampling_plan_in_force()
    context = {
        **head(staff, "todo"),
        "lot": lot_line(row, names),
        "facts": lot_facts(row, names, origin(intake_no)),
        "steps": steps_shown(trace_lot(intake_no, viewer(staff))),
        "plan": plan.name,
        "least_sample": plan.least_sample(row.pieces),
        "least_fruit": plan.least_fruit,
        "report_no": row.report_no,
        "samples": samples(viewer(staff), intake_no=intake_no),
        **photo_desk(row),
        **_measured_choices(),
    }
    return render(request, "store/inspection.html", context)


def _measured_choices() -> dict[str, Any]:
    """What the form of measurements offers."""
    return {
        "residue_rows": range(1, MAX_RESIDUES + 1),
        "shapes": [_("端正"), _("较端正"), _("可有缺陷"), _("畸形")],
        "stems": [_("完整"), _("轻微损伤"), _("缺失")],
    }


@INSPECTOR
@require_POST
def act(request: HttpRequest, staff: StaffIdentity, intake_no: str) -> HttpResponse:
    """Samples or inspects the lot, or files its sample."""
    try:
        row = lot(intake_no, viewer(staff))
        verb = request.POST.get("verb", "")
        if verb == "sample":
            number = services.sample_intake(
                intake_no,
                body=staff.own_code,
                sampler=staff.full_name,
                pieces=whole_in(request, "pieces"),
                fruit=whole_in(request, "fruit"),
                seal_no=text_in(request, "seal_no", needed=False, longest=40),
                actor=actor_of(request),
            )
            messages.success(request, _("抽样单 %(no)s 已登记") % {"no": number})
        elif verb == "file":
            services.file_sampling(
                _own_sample(staff, intake_no, text_in(request, "sample", longest=24)),
                body=staff.own_code,
                filing_no=text_in(request, "filing_no", longest=40),
                actor=actor_of(request),
            )
            messages.success(request, _("抽检已备案"))
        elif verb == "inspect":
            number = _inspect(request, staff, row)
            messages.success(request, _("检验报告 %(no)s 已签发") % {"no": number})
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("inspect_lot", intake_no)


def _own_sample(staff: StaffIdentity, intake_no: str, sampling_no: str) -> str:
    """The number of a sample of this lot. Raises BadParameter for another."""
    if sampling_no not in {row.sampling_no for row in samples(viewer(staff), intake_no=intake_no)}:
        raise BadParameter(name="sample")
    return sampling_no


def _inspect(request: HttpRequest, staff: StaffIdentity, row: LotRow) -> str:
    return services.inspect_intake(
        row.intake_no,
        body=staff.own_code,
        inspector=staff.full_name,
        group=_variety(row.variety_code).group,
        measured=_measured(request),
        residues=_residues(request),
        actor=actor_of(request),
    )


def _measured(request: HttpRequest) -> Measurements:
    whole: dict[str, Any] = {
        name: whole_in(request, name, default=0)
        for name in Measurements.__dataclass_fields__
        if name not in ("firmness_tenths", "ssc_tenths")
    }
    return Measurements(
        firmness_tenths=scaled_in(request, "firmness", 10), ssc_tenths=scaled_in(request, "ssc", 10), **whole
    )


def _residues(request: HttpRequest) -> list[Residue]:
    """Lines with a substance; amounts in mg/kg on the form, µg/kg in the report."""
    return [
        Residue(
            text_in(request, f"residue_{line}", longest=60),
            scaled_in(request, f"residue_found_{line}", 1_000),
            scaled_in(request, f"residue_limit_{line}", 1_000),
        )
        for line in range(1, MAX_RESIDUES + 1)
        if request.POST.get(f"residue_{line}", "").strip()
    ]


def _variety(code: str) -> VarietyRow:
    return next(row for row in varieties() if row.code == code)


@INSPECTOR
@require_POST
def confirm(request: HttpRequest, staff: StaffIdentity, request_no: str) -> HttpResponse:
    """The body stands by its report: a receipt may be issued on it, or not."""
    try:
        if request.POST.get("verb") == "refuse":
            _own_request(staff, request_no)
            services.refuse_issue(request_no, reason=text_in(request, "reason"), actor=actor_of(request))
            messages.success(request, _("已驳回"))
        else:
            services.confirm_as_inspector(request_no, body_code=staff.own_code, actor=actor_of(request))
            messages.success(request, _("已确认签发"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/inspect/")


def _own_request(staff: StaffIdentity, request_no: str) -> None:
    """Raises BadParameter for a request over a lot another body reported on."""
    if request_no not in {row.request_no for row in issue_requests(viewer(staff))}:
        raise BadParameter(name="request")


@INSPECTOR
@require_http_methods(["GET", "HEAD", "POST"])
def ordered(request: HttpRequest, staff: StaffIdentity, order_no: str) -> HttpResponse:
    """Stored goods the exchange wants inspected again; another body's order does not exist here."""
    order, names = reinspection_order(order_no, body_code=staff.own_code), RegisterNames()
    row = lot(order.intake_no, viewer(staff))
    if request.method == "POST":
        done = report_reinspection(
            order_no,
            body_code=staff.own_code,
            inspector=staff.full_name,
            group=_variety(row.variety_code).group,
            measured=_measured(request),
            cells={number: product.cell for number, product in products_by_number().items()},
            residues=_residues(request),
            actor=actor_of(request),
        )
        messages.success(request, _("复检报告 %(no)s 已签发") % {"no": done.report_no})
        return redirect(request.path)
    context = {
        **head(staff, "todo"),
        "order": order,
        "mark": marked(REINSPECTION_STATE, order.state.value),
        "lot": lot_line(row, names),
        "facts": lot_facts(row, names, origin(order.intake_no)),
        **_measured_choices(),
    }
    return render(request, "store/reinspection.html", context)
