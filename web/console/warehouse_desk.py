"""冷库: designated warehouses, rooms and climate; changes proposed by one person, decided by another."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from warehouse_receipts import services
from warehouse_receipts.case_errors import BadFile
from warehouse_receipts.desk_selectors import rooms, stock_of
from warehouse_receipts.file_text import text_of
from warehouse_receipts.importing import READING_COLUMNS, ImportMode, ImportReport
from warehouse_receipts.oversight import import_climate
from warehouse_receipts.states import ProposalKind
from warehouse_receipts.store_selectors import (
    ProposalRow,
    StoreRow,
    climate,
    proposals,
    stock_takes,
    store,
    stores,
)
from warehouse_receipts.types import StoreType
from warehouse_receipts.warehouses import NewRoom, NewWarehouse, propose_resize
from web.console.listing import Verb, carry_out, every, filter_in, known_in, page_of, search_in
from web.console.proposals import deciding
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import COUNTY, STORE, in_chinese, word
from web.store.fields import choice_in, needed_date, scaled_in, text_in, whole_in
from web.store.importing import MAX_FILE_KB

STATUS = {**names.WAREHOUSE_STATUS, "blocked": ""}
ROOM_LINES = 4
FEN, TEN_THOUSAND_YUAN, KG_PER_T = 100, 1_000_000, 1_000
SPANS = {"1": 1, "7": 7, "30": 30}
"""Days the climate chart looks back."""
SCALED = {
    "storage_fee_fen_per_t_day": FEN,
    "handling_fee_fen_per_t": FEN,
    "insured_fen": TEN_THOUSAND_YUAN,
}
WHOLE = ("loss_permille_per_month", "star")
TEXTS = ("address", "insurer", "policy_no")


# Lists ------------------------------------------------------------------------------------------------


@operator_page
@require_safe
def warehouses(request: HttpRequest) -> HttpResponse:
    """All warehouses as asked for, and the proposals that wait for a second person."""
    chosen = _filters(request)
    waiting = proposals(decision="waiting")
    context = {
        "asked": request.GET,
        "counties": [(county, word(COUNTY, county)) for county in COUNTY],
        "statuses": [(value, word(names.WAREHOUSE_STATUS, value)) for value in names.WAREHOUSE_STATUS],
        "stores": [_line(row) for row in stores(**chosen)],
        "waiting": [proposal_shown(row, request) for row in waiting],
    }
    return render(request, "console/warehouses.html", context)


def _filters(request: HttpRequest) -> dict[str, str]:
    return {
        "search": search_in(request),
        "county": known_in(request, "county", COUNTY),
        "status": known_in(request, "status", STATUS),
    }


def _line(row: StoreRow) -> dict[str, Any]:
    return {
        "row": row,
        "kind": word(STORE, row.kind),
        "county": word(COUNTY, row.county),
        "mark": names.marked(names.WAREHOUSE_STATUS, row.status),
        "stars": "★" * row.star,
    }


def proposal_shown(row: ProposalRow, request: HttpRequest) -> dict[str, Any]:
    """A proposal with what it changes, old and new, field by field."""
    new = dict(row.values)
    if row.kind in (ProposalKind.SUSPEND, ProposalKind.RESUME, ProposalKind.CLOSE):
        new = {"status": {"suspend": "suspended", "resume": "active", "close": "closed"}[row.kind.value]}
    return {
        "row": row,
        "kind": word(names.PROPOSAL_KIND, row.kind.value),
        "mark": names.marked(names.DECISION, row.decision.value),
        "own": row.proposed_by == request.user.get_username(),
        "changes": [
            {
                "name": word(names.FIELD, name),
                "old": names.field_text(name, row.old.get(name)) if row.old else "",
                "new": names.field_text(name, value),
                "same": bool(row.old) and str(row.old.get(name)) == str(value),
            }
            for name, value in new.items()
        ],
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The warehouses as asked for, as CSV."""
    header = [
        _("代码"),
        _("名称"),
        _("县"),
        _("保管人"),
        _("库型"),
        _("状态"),
        _("星级"),
        _("库间"),
        _("容量 公斤"),
        _("库存 公斤"),
        _("仓储费 分/吨·天"),
        _("出入库费 分/吨"),
        _("损耗率 ‰/月"),
        _("保险公司"),
        _("保单号"),
        _("保额 分"),
        _("保险到期日"),
        _("暂停签发"),
    ]
    rows = (
        [
            row.code,
            row.name,
            row.county,
            row.keeper,
            word(STORE, row.kind),
            word(names.WAREHOUSE_STATUS, row.status),
            row.star,
            row.rooms,
            row.capacity_kg,
            row.stored_kg,
            row.storage_fee_fen_per_t_day,
            row.handling_fee_fen_per_t,
            row.loss_permille_per_month,
            row.insurer,
            row.policy_no,
            row.insured_fen,
            row.insured_until or "",
            _("是") if row.issue_blocked else _("否"),
        ]
        for row in stores(**_filters(request))
    )
    return csv_response("warehouses.csv", header, rows)


@operator_page
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Proposals about warehouses, decided or not."""
    chosen = _proposals_asked(request)
    rows, pager = page_of(request, proposals, **chosen)
    context = {
        "asked": request.GET,
        "decisions": [(value, word(names.DECISION, value)) for value in names.DECISION],
        "houses": [(row.code, row.name) for row in stores()],
        "proposals": [proposal_shown(row, request) for row in rows],
        **pager,
    }
    return render(request, "console/warehouse_proposals.html", context)


def _proposals_asked(request: HttpRequest) -> dict[str, str]:
    return {
        "code": filter_in(request, "warehouse"),
        "decision": known_in(request, "decision", names.DECISION),
    }


@operator_page
@require_safe
def history_export(request: HttpRequest) -> HttpResponse:
    """The proposals as asked for, as CSV."""
    chosen = _proposals_asked(request)
    header = [
        _("编号"),
        _("仓库"),
        _("事项"),
        _("内容"),
        _("原因"),
        _("经办"),
        _("提出时间"),
        _("复核"),
        _("结果"),
    ]
    rows = (
        [
            row.id,
            row.code,
            word(names.PROPOSAL_KIND, row.kind.value),
            "；".join(
                f"{word(names.FIELD, name)} {names.field_text(name, value)}"
                for name, value in row.values.items()
            ),
            row.reason,
            row.proposed_by,
            f"{localtime(row.proposed_at):%Y-%m-%d %H:%M}",
            row.decided_by,
            word(names.DECISION, row.decision.value),
        ]
        for row in every(proposals, **chosen)
    )
    return csv_response("warehouse-proposals.csv", header, rows)


@operator_page
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approves or refuses the proposal in ``subject``: another person than who proposed it."""
    return carry_out(request, _DECISIONS, request.POST.get("subject", ""), "/console/stores/")


_DECISIONS = deciding(services.decide_proposal, None, lambda _done: _("提案已通过，已生效"))


# A new warehouse --------------------------------------------------------------------------------------


@operator_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Proposes a warehouse; a form that is refused keeps what was typed."""
    error = ""
    if request.method == "POST":
        try:
            services.propose_warehouse(_new_in(request), reason=reason_in(request), actor=actor_of(request))
            messages.success(request, _("已提出，等待另一人复核"))
            return redirect("/console/stores/")
        except JinguoError as refusal:
            error = message_of(refusal)
    lines = [str(number) for number in range(1, ROOM_LINES + 1)]
    context = {
        "error": error,
        "given": request.POST,
        "counties": [(county, word(COUNTY, county)) for county in COUNTY],
        "rooms": [
            {
                "line": line,
                "code": request.POST.get(f"room_{line}", "01" if line == "1" else ""),
                "kind": request.POST.get(f"kind_{line}", ""),
                "capacity": request.POST.get(f"capacity_{line}", ""),
            }
            for line in lines
        ],
        "kinds": [(kind, word(STORE, kind)) for kind in STORE],
    }
    return render(request, "console/warehouse_new.html", context, status=422 if error else 200)


def _new_in(request: HttpRequest) -> NewWarehouse:
    lines = [str(n) for n in range(1, ROOM_LINES + 1) if request.POST.get(f"room_{n}", "").strip()]
    return NewWarehouse(
        code=text_in(request, "code", longest=16).upper(),
        name=text_in(request, "name"),
        county=choice_in(request, "county", frozenset(COUNTY)),
        address=text_in(request, "address"),
        keeper=text_in(request, "keeper"),
        rooms=tuple(_room_in(request, f"_{line}") for line in lines),
        storage_fee_fen_per_t_day=scaled_in(request, "storage_fee_fen_per_t_day", FEN),
        handling_fee_fen_per_t=scaled_in(request, "handling_fee_fen_per_t", FEN),
        loss_permille_per_month=whole_in(request, "loss_permille_per_month"),
        insurer=text_in(request, "insurer"),
        policy_no=text_in(request, "policy_no", longest=60),
        insured_fen=scaled_in(request, "insured_fen", TEN_THOUSAND_YUAN),
        insured_until=needed_date(request, "insured_until"),
        star=whole_in(request, "star"),
    )


def _room_in(request: HttpRequest, suffix: str = "") -> NewRoom:
    code = text_in(request, f"room{suffix}", longest=16)
    kind = choice_in(request, f"kind{suffix}", frozenset(STORE))
    return NewRoom(code, StoreType(kind), scaled_in(request, f"capacity{suffix}", KG_PER_T))


# One warehouse ----------------------------------------------------------------------------------------


@operator_page
@require_safe
def warehouse(request: HttpRequest, code: str) -> HttpResponse:
    """One warehouse: rooms, terms, climate, stock, what waits and what was."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, report: ImportReport | None = None, error: str = ""
) -> HttpResponse:
    row, register = store(code), RegisterNames()
    found = rooms(code)
    waiting = proposals(code=code, decision="waiting")
    context = {
        "store": _line(row),
        "facts": _facts(row),
        "act_url": f"/console/stores/{code}/act/",
        "rooms": [{"row": room, "kind": word(STORE, room.kind)} for room in found],
        "climate": _climate(request, code, [room.code for room in found]),
        "stock": [
            {
                "product": register.shown_product(line.product_number),
                "row": line,
                "free_kg": line.physical_kg - line.receipted_kg,
            }
            for line in stock_of(code)
        ],
        "waiting": [proposal_shown(each, request) for each in waiting],
        "takes": [
            {"row": take, "mark": names.marked(names.TAKE_STATE, take.state.value)}
            for take in stock_takes(warehouse_code=code, limit=5)
        ],
        "kinds": [(kind, word(STORE, kind)) for kind in STORE],
        "columns": ", ".join(READING_COLUMNS),
        "report": report,
        "refused": [_refused_row(each) for each in report.rows if each.code] if report else (),
        "error": error,
    }
    return render(request, "console/warehouse.html", context, status=422 if error else 200)


def _facts(row: StoreRow) -> list[tuple[str, str, str, str]]:
    """(name of the field, its word, its text, its value in a form) of what a proposal may change."""
    return [
        (name, word(names.FIELD, name), names.field_text(name, getattr(row, name)), _form_value(row, name))
        for name in (*TEXTS, *WHOLE, *SCALED, "insured_until")
    ]


def _form_value(row: StoreRow, name: str) -> str:
    value = getattr(row, name)
    if name in SCALED:
        return names.field_text(name, value).replace(",", "")
    return "" if value is None else str(value)


def _climate(request: HttpRequest, code: str, room_codes: list[str]) -> dict[str, Any]:
    """The chart of one room: temperature and humidity, with the bounds it is judged by."""
    days = SPANS[known_in(request, "days", SPANS) or "1"]
    room = request.GET.get("room", "")
    if room not in room_codes:
        room = room_codes[0] if room_codes else ""
    if not room:
        return {}
    series = climate(code, room, since=calendar.now() - timedelta(days=days))
    form = "%H:%M" if days == 1 else "%m-%d %H:%M"
    moments = [f"{localtime(point[0]):{form}}" for point in series.points]
    return {
        "room": room,
        "days": days,
        "spans": list(SPANS),
        "series": series,
        "alarms": [point for point in series.points if point[3]][-10:],
        "temperature": [[at, point[1]] for at, point in zip(moments, series.points, strict=True)],
        "humidity": [[at, point[2]] for at, point in zip(moments, series.points, strict=True)],
    }


def _refused_row(row: "tuple[int, str, str, str, str, str]") -> dict[str, object]:
    line, _reference, _intake, code, zh, en = row
    return {"line": line, "code": code, "why": zh if in_chinese() else en}


@operator_page
@require_POST
def readings(request: HttpRequest, code: str) -> HttpResponse:
    """Takes the warehouse's file of temperatures in; what was refused is shown row by row."""
    store(code)
    try:
        mode = ImportMode(choice_in(request, "mode", {mode.value for mode in ImportMode}))
        file = request.FILES.get("file")
        content = file.read((MAX_FILE_KB << 10) + 1) if file else b""
        if not content or len(content) > MAX_FILE_KB << 10:
            raise BadFile(why_zh=f"为空或超过 {MAX_FILE_KB} KB", why_en=f"empty or above {MAX_FILE_KB} KB")
        report = import_climate(text_of(content), warehouse_code=code, mode=mode, actor=actor_of(request))
    except JinguoError as refusal:
        return _page(request, code, error=message_of(refusal))
    return _page(request, code, report=report)


@operator_page
@require_POST
def act(request: HttpRequest, code: str) -> HttpResponse:
    """Proposes what ``verb`` names for a warehouse."""
    store(code)
    return carry_out(request, _PROPOSALS, code, f"/console/stores/{code}/")


def _change(request: HttpRequest, actor: Actor, code: str) -> str:
    given: dict[str, Any] = {
        **{name: text_in(request, name) for name in TEXTS},
        **{name: whole_in(request, name) for name in WHOLE},
        **{name: scaled_in(request, name, scale) for name, scale in SCALED.items()},
        "insured_until": needed_date(request, "insured_until"),
    }
    row = store(code)
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    services.propose_change(code, changed, reason=reason_in(request), actor=actor)
    return _("已提出，等待另一人复核")


def _add_room(request: HttpRequest, actor: Actor, code: str) -> str:
    services.propose_room(code, _room_in(request), reason=reason_in(request), actor=actor)
    return _("已提出，等待另一人复核")


def _resize(request: HttpRequest, actor: Actor, code: str) -> str:
    room, capacity_kg = text_in(request, "room", longest=16), scaled_in(request, "capacity", KG_PER_T)
    propose_resize(code, room, capacity_kg, reason=reason_in(request), actor=actor)
    return _("已提出，等待另一人复核")


def _status(request: HttpRequest, actor: Actor, code: str) -> str:
    kind = ProposalKind(request.POST["verb"])
    services.propose_status(code, kind, reason=reason_in(request), actor=actor)
    return _("已提出，等待另一人复核")


_PROPOSALS: dict[str, Verb] = {
    "change": _change,
    "room": _add_room,
    "resize": _resize,
    "suspend": _status,
    "resume": _status,
    "close": _status,
}
