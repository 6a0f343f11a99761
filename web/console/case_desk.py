"""冻结与挂失: freezes by an authority, in a dispute or on a quality alert; receipts reported lost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from warehouse_receipts import oversight, services
from warehouse_receipts.case_selectors import freezes as freeze_rows
from warehouse_receipts.case_selectors import holder_of
from warehouse_receipts.case_selectors import losses as loss_rows
from warehouse_receipts.freezing import NOTICE_DAYS
from warehouse_receipts.states import FreezeKind
from web.console.listing import Verb, carry_out, every, id_in, known_in, page_of, search_in
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import operator_page
from web.pages.csv_export import csv_response
from web.pages.names import RegisterNames
from web.pages.words import word
from web.store.fields import choice_in, date_in, text_in

# Freezes ----------------------------------------------------------------------------------------------


@operator_page
@require_safe
def freezes(request: HttpRequest) -> HttpResponse:
    """Freezes as asked for, newest first, and the form to propose one."""
    register = RegisterNames()
    rows, pager = page_of(request, freeze_rows, **_freezes_asked(request))
    context = {
        "asked": request.GET,
        "receipt": request.GET.get("receipt", "")[:24],
        "kinds": [(value, word(names.FREEZE_KIND, value)) for value in names.FREEZE_KIND],
        "states": [(value, word(names.FREEZE_STATE, value)) for value in names.FREEZE_STATE],
        "freezes": [
            {
                "row": row,
                "holder": register.party(row.holder_no).name,
                "product": register.shown_product(row.product_number),
                "kind": word(names.FREEZE_KIND, row.kind),
                "mark": names.freeze_mark(row.state),
                "in_force": row.state in names.FROZEN,
                "own": row.proposed_by == request.user.get_username(),
            }
            for row in rows
        ],
        **pager,
    }
    return render(request, "console/freezes.html", context)


def _freezes_asked(request: HttpRequest) -> dict[str, str]:
    return {
        "search": search_in(request),
        "kind": known_in(request, "kind", names.FREEZE_KIND),
        "state": known_in(request, "state", names.FREEZE_STATE),
    }


@operator_page
@require_safe
def freezes_export(request: HttpRequest) -> HttpResponse:
    """The freezes as asked for, as CSV."""
    register = RegisterNames()
    header = [_("仓单号"), _("持有人"), _("数量 公斤"), _("种类"), _("机关"), _("文号"), _("原因")]
    header += [_("提出时间"), _("截止"), _("状态"), _("经办"), _("复核"), _("解除人"), _("解除时间")]
    rows = (
        [
            row.receipt_no,
            register.party(row.holder_no).name,
            row.kg,
            word(names.FREEZE_KIND, row.kind),
            row.authority,
            row.document_no,
            row.reason,
            f"{localtime(row.proposed_at):%Y-%m-%d %H:%M}",
            row.until or "",
            word(names.FREEZE_STATE, row.state),
            row.proposed_by,
            row.decided_by,
            row.lifted_by,
            f"{localtime(row.lifted_at):%Y-%m-%d %H:%M}" if row.lifted_at else "",
        ]
        for row in every(freeze_rows, **_freezes_asked(request))
    )
    return csv_response("freezes.csv", header, rows)


@operator_page
@require_POST
def freeze_act(request: HttpRequest) -> HttpResponse:
    """Proposes, decides or lifts a freeze."""
    return carry_out(request, _FREEZE_VERBS, request.POST.get("subject", ""), "/console/freezes/")


def _propose_freeze(request: HttpRequest, actor: Actor, _subject: str) -> str:
    no = text_in(request, "receipt", longest=24).upper()
    services.propose_freeze(
        no,
        kind=FreezeKind(choice_in(request, "kind", frozenset(FreezeKind.values))),
        authority=text_in(request, "authority"),
        document_no=text_in(request, "document_no", needed=False, longest=60),
        reason=reason_in(request),
        until=date_in(request, "until", needed=False),
        actor=actor,
    )
    return _("已提出冻结 %(no)s，等待另一人复核") % {"no": no}


def _approve_freeze(_request: HttpRequest, actor: Actor, subject: str) -> str:
    services.decide_freeze(id_in(subject), approve=True, actor=actor)
    return _("已复核，仓单退出交易，持有人已收到通知")


def _refuse_freeze(request: HttpRequest, actor: Actor, subject: str) -> str:
    oversight.refuse_freeze(id_in(subject), reason=reason_in(request), actor=actor)
    return _("已驳回冻结")


def _lift(request: HttpRequest, actor: Actor, subject: str) -> str:
    oversight.lift_freeze(id_in(subject), reason=reason_in(request), actor=actor)
    return _("已解除冻结，仓单恢复可交易")


_FREEZE_VERBS: dict[str, Verb] = {
    "propose": _propose_freeze,
    "approve": _approve_freeze,
    "refuse": _refuse_freeze,
    "lift": _lift,
}


# Losses -----------------------------------------------------------------------------------------------


@operator_page
@require_safe
def losses(request: HttpRequest) -> HttpResponse:
    """Loss notices as asked for, newest first, and the form to take one in for a holder."""
    register = RegisterNames()
    rows, pager = page_of(request, loss_rows, **_losses_asked(request))
    context = {
        "asked": request.GET,
        "notice_days": NOTICE_DAYS,
        "states": [(value, word(names.LOSS_STATE, value)) for value in names.LOSS_STATE],
        "losses": [
            {
                "row": row,
                "holder": register.party(row.holder_no).name,
                "product": register.shown_product(row.product_number),
                "mark": names.marked(names.LOSS_STATE, row.state.value),
                "own": row.reported_by == request.user.get_username(),
            }
            for row in rows
        ],
        **pager,
    }
    return render(request, "console/losses.html", context)


def _losses_asked(request: HttpRequest) -> dict[str, str]:
    return {"search": search_in(request), "state": known_in(request, "state", names.LOSS_STATE)}


@operator_page
@require_safe
def losses_export(request: HttpRequest) -> HttpResponse:
    """The loss notices as asked for, as CSV."""
    register = RegisterNames()
    header = [_("仓单号"), _("持有人"), _("数量 公斤"), _("原因"), _("公示日"), _("异议截止"), _("异议")]
    header += [_("状态"), _("登记人"), _("复核"), _("新仓单")]
    rows = (
        [
            row.receipt_no,
            register.party(row.holder_no).name,
            row.kg,
            row.reason,
            row.announced_on,
            row.objections_until,
            row.objection,
            word(names.LOSS_STATE, row.state.value),
            row.reported_by,
            row.decided_by,
            row.replaced_by,
        ]
        for row in every(loss_rows, **_losses_asked(request))
    )
    return csv_response("loss-notices.csv", header, rows)


@operator_page
@require_POST
def loss_act(request: HttpRequest) -> HttpResponse:
    """Takes a loss in, an objection to it, decides that, or replaces the receipt."""
    return carry_out(request, _LOSS_VERBS, request.POST.get("subject", ""), "/console/losses/")


def _report(request: HttpRequest, actor: Actor, _subject: str) -> str:
    no = text_in(request, "receipt", longest=24).upper()
    services.report_loss(holder_no=holder_of(no), no=no, reason=reason_in(request), actor=actor)
    return _("%(no)s 已挂失并公示 %(days)s 天") % {"no": no, "days": NOTICE_DAYS}


def _object(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.object_to_loss(id_in(subject), objection=reason_in(request), actor=actor)
    return _("异议已登记，处理前不补发")


def _uphold(request: HttpRequest, actor: Actor, subject: str) -> str:
    oversight.settle_objection(id_in(subject), upheld=True, reason=reason_in(request), actor=actor)
    return _("异议成立，挂失已撤回")


def _dismiss(request: HttpRequest, actor: Actor, subject: str) -> str:
    oversight.settle_objection(id_in(subject), upheld=False, reason=reason_in(request), actor=actor)
    return _("异议不成立，公示继续")


def _replace(_request: HttpRequest, actor: Actor, subject: str) -> str:
    number = services.replace_lost(id_in(subject), actor=actor)
    return _("原仓单已注销，已补发 %(no)s") % {"no": number}


_LOSS_VERBS: dict[str, Verb] = {
    "report": _report,
    "object": _object,
    "uphold": _uphold,
    "dismiss": _dismiss,
    "replace": _replace,
}
