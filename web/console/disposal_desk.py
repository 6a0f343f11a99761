"""核销与换级: the exchange ends receipts whose goods are gone, or are another product by now."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.markets.selectors import products_by_number
from warehouse_receipts import services
from warehouse_receipts.disposal_selectors import disposable, disposals
from warehouse_receipts.states import DisposalState
from warehouse_receipts.types import CellSpec
from web.console.listing import Verb, carry_out, every, filter_in, id_in, known_in, page_of, search_in
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.register_words import STAGE
from web.pages.words import GRADE, word
from web.store.fields import text_in, whole_in


@operator_page
@require_safe
def disposal_cases(request: HttpRequest) -> HttpResponse:
    """Disposals as asked for, newest first; and one receipt, with the forms to propose its own."""
    register = RegisterNames()
    rows, pager = page_of(request, disposals, **_asked(request))
    context = {
        "asked": request.GET,
        "receipt": _looked_up(request, register),
        "kinds": [(value, word(names.DISPOSAL_KIND, value)) for value in names.DISPOSAL_KIND],
        "states": [(value, word(names.DISPOSAL_STATE, value)) for value in names.DISPOSAL_STATE],
        "disposals": [
            {
                "row": row,
                "kind": word(names.DISPOSAL_KIND, row.kind.value),
                "holder": register.party(row.holder_no).name,
                "product": register.shown_product(row.product_number),
                "new_product": register.shown_product(row.new_product_number)
                if row.new_product_number is not None
                else "",
                "mark": names.marked(names.DISPOSAL_STATE, row.state.value),
                "own": row.proposed_by == request.user.get_username(),
            }
            for row in rows
        ],
        **pager,
    }
    return render(request, "console/disposals.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    return {
        "search": search_in(request),
        "kind": known_in(request, "kind", names.DISPOSAL_KIND),
        "state": known_in(request, "state", names.DISPOSAL_STATE),
    }


def _cells() -> dict[int, CellSpec]:
    return {number: product.cell for number, product in products_by_number().items()}


def _looked_up(request: HttpRequest, register: RegisterNames) -> dict[str, Any] | None:
    number = filter_in(request, "receipt", longest=24).upper()
    if not number:
        return None
    try:
        row = disposable(number, _cells())
    except JinguoError as error:
        messages.error(request, message_of(error))
        return None
    return {
        "row": row,
        "holder": register.party(row.holder_no).name,
        "product": register.shown_product(row.product_number),
        "stage": word(STAGE, row.stage.value),
        "grade": word(GRADE, row.grade),
        "supported": [(each, register.shown_product(each)) for each in row.supported],
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The disposals as asked for, as CSV."""
    register = RegisterNames()
    header = [_("仓单号"), _("持有人"), _("数量 公斤"), _("处置方式"), _("原品种"), _("新品种"), _("新仓单")]
    header += [_("原因"), _("状态"), _("经办"), _("提出时间"), _("复核"), _("说明")]
    rows = (
        [
            row.receipt_no,
            register.party(row.holder_no).name,
            row.kg,
            word(names.DISPOSAL_KIND, row.kind.value),
            register.shown_product(row.product_number),
            "" if row.new_product_number is None else register.shown_product(row.new_product_number),
            row.successor_no,
            row.reason,
            word(names.DISPOSAL_STATE, row.state.value),
            row.proposed_by,
            f"{localtime(row.proposed_at):%Y-%m-%d %H:%M}",
            row.decided_by,
            row.note,
        ]
        for row in every(disposals, **_asked(request))
    )
    return csv_response("disposals.csv", header, rows)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Proposes a write-off or a regrade, or decides one."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), "/console/disposals/")


def _write_off(request: HttpRequest, actor: Actor, _subject: str) -> str:
    no = text_in(request, "receipt", longest=24).upper()
    services.propose_write_off(no, reason=reason_in(request), actor=actor)
    return _("已提出核销 %(no)s，等待另一人复核") % {"no": no}


def _regrade(request: HttpRequest, actor: Actor, _subject: str) -> str:
    no, product = text_in(request, "receipt", longest=24).upper(), whole_in(request, "product")
    cell = _cells().get(product)
    if cell is None:
        raise BadParameter(name="product")
    services.propose_regrade(no, cell, reason=reason_in(request), actor=actor)
    return _("已提出换级 %(no)s，等待另一人复核") % {"no": no}


def _approve(_request: HttpRequest, actor: Actor, subject: str) -> str:
    state = services.decide_disposal(id_in(subject), approve=True, actor=actor, cells=_cells())
    if state == DisposalState.DONE:
        return _("已办理，持有人已收到通知")
    return _("已复核：仓单正退出交易，退出后自动办理")


def _refuse(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.decide_disposal(
        id_in(subject), approve=False, actor=actor, cells=_cells(), note=reason_in(request)
    )
    return _("已驳回")


_VERBS: dict[str, Verb] = {
    "write_off": _write_off,
    "regrade": _regrade,
    "approve": _approve,
    "refuse": _refuse,
}
