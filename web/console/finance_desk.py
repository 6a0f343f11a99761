"""财务: reconciliation and its breaks, the bank's files, what waits for a second person, the end of a day."""

from collections.abc import Callable
from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.money import parse_yuan
from exchange.members.selectors import members_by_account_no
from exchange.ops.end_of_day import day_ends, run_day_end
from exchange.ops.trading_stop import approve_resume, import_and_check, open_stop, propose_resume
from settlement import services
from settlement.bank_files import bank_file_content, bank_files
from settlement.daily_reconciliation import breaks, must_stop_trading, runs
from settlement.delivery_selectors import charges
from settlement.iso20022 import MAX_BYTES
from settlement.proposals import PAIRS, proposals
from settlement.trial_balance import trial_balance_at
from settlement.types import TransferKind
from settlement.withdrawals import reviews
from web.console.reasons import reason_in
from web.pages import settlement_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.delivery import transfer_text
from web.pages.words import in_chinese, word
from web.templatetags.jinguo import listed


@operator_page
@require_safe
def finance(request: HttpRequest) -> HttpResponse:
    """Everything a finance officer looks at in the morning."""
    waiting, due = reviews(), charges(due_only=True)
    numbers = [review.account_no for review in waiting] + [charge.account_no for charge in due]
    members = members_by_account_no(numbers)
    called = {number: member.name for number, member in members.items()}
    context = {
        "stop": must_stop_trading(today()),
        "open_stop": open_stop(),
        "runs": runs(10),
        "breaks": [{"row": row, "kind": word(names.BREAK_KIND, row.kind)} for row in breaks(today())],
        "files": bank_files(12),
        "reviews": [{"row": row, "name": called.get(row.account_no, "")} for row in waiting],
        "charges": [
            {
                "row": row,
                "name": called.get(row.account_no, ""),
                "text": listed(transfer_text(leg[2]) for leg in row.legs),
            }
            for row in due
        ],
        "proposals": [{"row": row, "text": transfer_text(row.kind)} for row in proposals(limit=20)],
        "kinds": [(kind.value, transfer_text(kind)) for kind in PAIRS],
        "day_ends": [
            {
                "row": row,
                "steps": [{**step, "name": step["zh"] if in_chinese() else step["en"]} for step in row.steps],
            }
            for row in day_ends(5)
        ],
        "yesterday": today() - timedelta(days=1),
    }
    return render(request, "console/finance.html", context)


@operator_page
@require_safe
def trial_balance(request: HttpRequest) -> HttpResponse:
    """The trial balance of a day as CSV."""
    day = _day_in(request.GET.get("day", ""))
    rows = [
        [row.code, row.kind, f"{row.debit_balance_fen / 100:.2f}", f"{row.credit_balance_fen / 100:.2f}"]
        for row in trial_balance_at(day)
    ]
    header = [_("科目"), _("类别"), _("借方余额 元"), _("贷方余额 元")]
    return csv_response(f"trial-balance-{day}.csv", header, rows)


@operator_page
@require_safe
def bank_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """A file exchanged with the bank, as it came or went."""
    if not any(row.id == file_id for row in bank_files(1_000)):
        raise Http404
    name, content = bank_file_content(file_id)
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """One thing done at the finance desk, named by ``verb``."""
    try:
        step = _VERBS.get(request.POST.get("verb", ""))
        if step is None:
            raise BadParameter(name="verb")
        messages.success(request, step(request, actor_of(request), request.POST.get("subject", "")))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/finance/")


def _explain(request: HttpRequest, actor: Actor, subject: str) -> str:
    break_id = int(subject) if subject.isascii() and subject.isdigit() else 0
    services.explain_break(actor=actor, break_id=break_id, reason=reason_in(request))
    return _("差异已说明")


def _approve_withdrawal(_request: HttpRequest, actor: Actor, subject: str) -> str:
    services.approve_withdrawal(actor=actor, movement_no=subject)
    return _("出金 %(no)s 已复核放行") % {"no": subject}


def _reject_withdrawal(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.reject_withdrawal(actor=actor, movement_no=subject, reason=reason_in(request))
    return _("出金 %(no)s 已退回会员") % {"no": subject}


def _propose(request: HttpRequest, actor: Actor, subject: str) -> str:
    kind = request.POST.get("kind", "")
    if kind not in {known.value for known in PAIRS}:
        raise BadParameter(name="kind")
    number = services.propose_move(
        actor=actor,
        kind=TransferKind(kind),
        debit=request.POST.get("debit", "").strip(),
        credit=request.POST.get("credit", "").strip(),
        amount_fen=parse_yuan(request.POST.get("amount", "").strip()),
        reason=reason_in(request),
    )
    return _("调账 %(no)s 已提出，等待另一人复核") % {"no": number}


def _correct(request: HttpRequest, actor: Actor, subject: str) -> str:
    number = services.propose_correction(
        actor=actor,
        transfer_key=request.POST.get("key", "").strip(),
        amount_fen=parse_yuan(request.POST.get("amount", "").strip()),
        reason=reason_in(request),
    )
    return _("更正 %(no)s 已提出，等待另一人复核") % {"no": number}


def _approve(_request: HttpRequest, actor: Actor, subject: str) -> str:
    services.approve(actor=actor, proposal_no=subject)
    return _("%(no)s 已复核入账") % {"no": subject}


def _reject(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.reject(actor=actor, proposal_no=subject, reason=reason_in(request))
    return _("%(no)s 已否决") % {"no": subject}


def _waive(request: HttpRequest, actor: Actor, subject: str) -> str:
    services.waive(actor=actor, charge_key=subject, reason=reason_in(request))
    return _("款项已免除")


def _import(request: HttpRequest, actor: Actor, subject: str) -> str:
    file = request.FILES.get("file")
    if file is None:
        raise BadParameter(name="file")
    done = import_and_check(file.read(MAX_BYTES + 1), actor=actor)
    return _("对账单 %(no)s 已导入：入账 %(booked)s 笔，待查 %(unclaimed)s 笔") % {
        "no": done.sequence,
        "booked": done.booked,
        "unclaimed": done.unclaimed,
    }


def _export(_request: HttpRequest, actor: Actor, subject: str) -> str:
    content = services.export_payments(actor=actor)
    return _("付款文件已生成，可在银行文件中下载") if content else _("没有待付的出金")


def _end_day(request: HttpRequest, _actor: Actor, subject: str) -> str:
    day = _day_in(subject)
    if day >= today():
        raise BadParameter(name="day")
    row = run_day_end(day)
    return _("%(day)s 日终完成：%(done)s/%(all)s 步") % {
        "day": day,
        "done": row.done,
        "all": row.steps_in_all,
    }


def _propose_resume(request: HttpRequest, actor: Actor, _subject: str) -> str:
    propose_resume(actor=actor, reason=reason_in(request))
    return _("恢复交易已提出，等待另一人复核")


def _approve_resume(_request: HttpRequest, actor: Actor, _subject: str) -> str:
    codes = approve_resume(actor=actor, bank=services.settlement_bank())
    return _("已恢复 %(count)s 个品种的交易") % {"count": len(codes)}


_VERBS: dict[str, Callable[[HttpRequest, Actor, str], str]] = {
    "explain": _explain,
    "approve_withdrawal": _approve_withdrawal,
    "reject_withdrawal": _reject_withdrawal,
    "propose": _propose,
    "correct": _correct,
    "approve": _approve,
    "reject": _reject,
    "waive": _waive,
    "import": _import,
    "export": _export,
    "end_day": _end_day,
    "propose_resume": _propose_resume,
    "approve_resume": _approve_resume,
}


def _day_in(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError as error:
        raise BadParameter(name="day") from error
