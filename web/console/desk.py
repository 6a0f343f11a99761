"""What the operator watches: the bank and its reconciliation, the machine, and the audit trail."""

import json
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.outbox import pending
from exchange.kernel.selectors import audit_entries
from exchange.members.selectors import members_by_account_no
from exchange.ops.health import MAX_BEHIND, readiness
from settlement.reconciliation import reconcile
from settlement.selectors import bank_movements
from web.pages.access import operator_page
from web.pages.paging import number_in

PAGE = 30
OUTBOX_LOOK = 1_000
OUTBOX_FULL = 500
"""Facts waiting for the floor beyond which something is stuck."""


@operator_page
@require_safe
def bank(request: HttpRequest) -> HttpResponse:
    """Where the money is, whose it is, and what is on its way."""
    cursor = request.GET.get("cursor")
    page = bank_movements(cursor=cursor, limit=PAGE)
    names = members_by_account_no(row.account_no for row in page.rows)
    context = {
        "reconciliation": reconcile(),
        "movements": [
            {
                "requested_at_ns": row.requested_at_ns,
                "movement_no": row.movement_no,
                "member_name": names[row.account_no].name,
                "direction": row.direction,
                "amount_fen": row.amount_fen,
                "state": row.state,
                "bank_ref": row.bank_ref,
            }
            for row in page.rows
        ],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "console/bank.html", context)


@operator_page
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Floor, tables and outbox, each with its judgement."""
    state: dict[str, Any] = async_to_sync(readiness)()
    return render(request, "console/health.html", {"gauges": _gauges(state)})


def _gauges(state: dict[str, Any]) -> list[dict[str, Any]]:
    ready = state["status"] == "ready"
    seq, projected = state.get("seq"), state.get("projected_seq")
    behind = None if seq is None or projected is None else max(0, seq - projected)
    waiting = len(pending(OUTBOX_LOOK))
    return [
        {
            "name": _("交易主机"),
            "value": _("可接单") if ready else _("不可接单"),
            "ok": ready,
            "note": "" if ready else state["reason"],
        },
        {
            "name": _("主机序号"),
            "value": _shown(seq),
            "ok": seq is not None,
            "note": _("已落盘的最后一条指令"),
        },
        {
            "name": _("登记序号"),
            "value": _shown(projected),
            "ok": projected is not None,
            "note": _("账务和仓单已登记到这里"),
        },
        {
            "name": _("登记落后"),
            "value": _shown(behind),
            "ok": behind is not None and behind <= MAX_BEHIND,
            "note": _("条指令"),
        },
        {
            "name": _("待送主机"),
            "value": _shown(waiting),
            "ok": waiting < OUTBOX_FULL,
            "note": _("条入出金、仓单和时段指令"),
        },
    ]


def _shown(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


@operator_page
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, to what, why."""
    search, cursor = request.GET.get("q", "").strip(), request.GET.get("cursor")
    found = audit_entries(search=search, before=None if cursor is None else number_in(cursor), limit=PAGE + 1)
    context = {
        "search": search,
        "entries": [{**row._asdict(), "detail": _detail(row.before, row.after)} for row in found[:PAGE]],
        "cursor": cursor,
        "next_cursor": str(found[PAGE - 1].number) if len(found) > PAGE else None,
    }
    return render(request, "console/audit.html", context)


def _detail(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    shown = {_("变化前"): before, _("变化后"): after}
    return json.dumps({name: value for name, value in shown.items() if value}, ensure_ascii=False, indent=1)
