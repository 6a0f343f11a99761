"""Editions of the grading rules and of the sampling plan: look, compare, propose, approve."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, JinguoError
from warehouse_receipts import editions as register
from warehouse_receipts.edition_errors import UnknownEdition
from warehouse_receipts.edition_rules import CLASSES, RuleChange, RuleValue
from warehouse_receipts.editions import EditionRow
from warehouse_receipts.states import EditionKind
from web.console.reasons import reason_in
from web.pages import words
from web.pages.access import actor_of, message_of, operator_page
from web.store.fields import needed_date

KIND: words.Words = {"grading": lazy("分级规则"), "sampling": lazy("抽样方案")}
STATE: words.Words = {
    "proposed": lazy("待审核"),
    "approved": lazy("已批准"),
    "refused": lazy("已驳回"),
    "retired": lazy("已退出"),
}
TONE = {"proposed": "warn", "approved": "ok", "refused": "danger", "retired": "plain"}
LIMIT: words.Words = {
    "shape": lazy("果形缺陷 级"),
    "stem": lazy("果梗损伤 级"),
    "bruise_mm2": lazy("碰压伤 mm²"),
    "bruise_largest_mm2": lazy("碰压伤最大一处 mm²"),
    "rub_mm2": lazy("磨伤 mm²"),
    "sunburn_mm2": lazy("日灼药害雹伤 mm²"),
    "insect_scar_mm2": lazy("虫伤 mm²"),
    "small_spots": lazy("小疵点 个"),
    "russet_pct": lazy("果锈 %"),
    "defect_kinds": lazy("缺陷种类"),
    "nonconforming_pct": lazy("不合格果 %"),
    "large_fruit_mm": lazy("大型果果径下限 mm"),
    "small_fruit_mm": lazy("中小型果果径下限 mm"),
}
GROUP: words.Words = {
    "fuji": lazy("富士系"),
    "gala": lazy("嘎拉系"),
    "delicious": lazy("元帅系"),
    "qinguan": lazy("秦冠"),
    "jonagold": lazy("乔纳金"),
    "pink_lady": lazy("粉红女士"),
    "golden": lazy("金冠系"),
    "other": lazy("其他"),
}


@operator_page
@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition of both kinds, the last to begin first."""
    kinds = [
        {
            "kind": kind.value,
            "name": words.word(KIND, kind.value),
            "rows": [_line(row) for row in register.editions(kind)],
        }
        for kind in EditionKind
    ]
    return render(request, "console/editions.html", {"kinds": kinds})


def _line(row: EditionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "url_id": str(row.id),
        "name": row.name,
        "kind_text": words.word(KIND, row.kind.value),
        "in_force_from": row.in_force_from,
        "in_force": row.in_force,
        "state": row.state.value,
        "state_text": words.word(STATE, row.state.value),
        "tone": TONE[row.state.value],
        "reason": row.reason,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "decision_reason": row.decision_reason,
        "digest": row.digest,
        "kind": row.kind.value,
    }


@operator_page
@require_safe
def edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """One edition as a table, and what it changes."""
    row = register.edition_by_id(edition_id)
    before, changes = register.changes_of(edition_id)
    context = {
        "row": _line(row),
        "before": before and before.name,
        "changes": [_changed(row.kind, change) for change in changes],
        "own": row.proposed_by == request.user.get_username(),
        **_tables(row),
    }
    return render(request, "console/edition.html", context)


def _tables(row: EditionRow) -> dict[str, Any]:
    """The numbers of an edition in the shape people read: a line per limit, a column per class."""
    values = row.values()
    if row.kind == EditionKind.SAMPLING:
        pieces = [each for each in values if each.where[0] == "plan"]
        least = next(each.value for each in values if each.where == ("least_fruit",))
        rows = [(_pieces_up_to(each.where[1]), each.value) for each in pieces]
        return {"plan": rows, "least_fruit": least}
    classes = [words.word(words.GRADE, grade.value) for grade in CLASSES]
    small = [words.word(GROUP, each.where[1]) for each in values if each.where[0] == "small_fruit"]
    return {
        "classes": classes,
        "limits": _by_class(values, "classes", at=2, names=LIMIT),
        "colours": _by_class(values, "colour_pct", at=1, names=GROUP),
        "small": small,
    }


def _by_class(
    values: Sequence[RuleValue], section: str, *, at: int, names: words.Words
) -> list[dict[str, Any]]:
    """Lines of one section: where[at] names the line, the values come best class first."""
    lines: dict[str, list[int | None]] = {}
    for each in values:
        if each.where[0] == section:
            lines.setdefault(each.where[at], []).append(each.value)
    return [{"name": words.word(names, name), "values": found} for name, found in lines.items()]


def _pieces_up_to(up_to: str) -> str:
    return _("%(count)s 件以内") % {"count": f"{int(up_to):,}"} if up_to else _("更多")


def _changed(kind: EditionKind, change: RuleChange) -> dict[str, Any]:
    return {"what": _where(kind, change.where), "before": change.before, "after": change.after}


def _where(kind: EditionKind, where: tuple[str, ...]) -> str:
    """A number's place in words."""
    match where:
        case ("classes", grade, name):
            return f"{words.word(words.GRADE, grade)} · {words.word(LIMIT, name)}"
        case ("colour_pct", group, grade):
            return f"{words.word(GROUP, group)} · {words.word(words.GRADE, grade)} · {_('着色度下限 %')}"
        case ("small_fruit", group):
            return f"{words.word(GROUP, group)} · {_('按中小型果计')}"
        case ("plan", up_to):
            return f"{_pieces_up_to(up_to)} · {_('至少抽件数')}"
        case _:
            return _("至少抽果数")


@operator_page
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a new edition, filled with the one in force; a refusal keeps what was typed."""
    if kind not in EditionKind.values:
        raise UnknownEdition(edition=kind[:20])
    typed = request.POST if request.method == "POST" else _copied(EditionKind(kind))
    status = 200
    if request.method == "POST":
        try:
            number = register.propose_edition(
                kind=EditionKind(kind),
                standard=typed.get("standard", ""),
                edition=typed.get("edition", ""),
                in_force_from=needed_date(request, "in_force_from"),
                rules=typed.get("rules", ""),
                reason=reason_in(request),
                actor=actor_of(request),
            )
            messages.success(request, _("已提交，等待另一人审核"))
            return redirect(f"/console/editions/{number}/")
        except JinguoError as error:
            messages.error(request, message_of(error))
            status = error.status
    names = ("standard", "edition", "in_force_from", "rules", "reason")
    context = {
        "kind": kind,
        "kind_text": words.word(KIND, kind),
        "typed": {name: typed.get(name, "") for name in names},
        "today": today(),
    }
    return render(request, "console/edition_new.html", context, status=status)


def _copied(kind: EditionKind) -> dict[str, str]:
    """The edition in force, or the last there is, to begin from."""
    rows = register.editions(kind)
    row = next((row for row in rows if row.in_force), rows[0] if rows else None)
    if row is None:
        return {}
    return {"standard": row.standard, "rules": _readable(json.loads(row.rules))}


def _readable(value: Any, indent: int = 0) -> str:
    """JSON with one line for each row of numbers, so that it can be edited in a form."""
    inner = "  " * (indent + 1)
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(flat) <= 90):
        return flat
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(name, ensure_ascii=False)}: {_readable(value[name], indent + 1)}" for name in value
        ]
        opened, closed = "{", "}"
    else:
        parts, (opened, closed) = [_readable(each, indent + 1) for each in value], ("[", "]")
    joined = f",\n{inner}".join(parts)
    return f"{opened}\n{inner}{joined}\n{'  ' * indent}{closed}"


@operator_page
@require_POST
def act(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Approves or refuses a proposed edition."""
    try:
        verb = request.POST.get("verb", "")
        if verb not in {"approve", "refuse"}:
            raise BadParameter(name="verb")
        register.decide_edition(
            edition_id, approve=verb == "approve", reason=reason_in(request), actor=actor_of(request)
        )
        messages.success(request, _("已批准") if verb == "approve" else _("已驳回"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/console/editions/{edition_id}/")
