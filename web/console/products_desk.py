"""品种与规则: every product's parameters and versions; changes proposed by one person, decided by another."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError, error_for_reason
from exchange.markets import services
from exchange.markets.new_products import products_waiting
from exchange.markets.proposal_selectors import ChangeRow, change_by_id, changes
from exchange.markets.reference_prices import day_references
from exchange.markets.selectors import product_by_code, products, trading_rules, versions_in_force
from exchange.markets.types import (
    PHASE_WORDS,
    ChangeKind,
    ChangeState,
    Mode,
    Payment,
    ProductRow,
    ProductStatus,
    TakesEffect,
    TradingRulesRow,
    band,
    mode_words,
    payment_words,
)
from exchange.trading.selectors import resting_orders
from matching.types import BASIS, Phase
from web.console.listing import carry_out, every, id_in, known_in, page_of, search_in
from web.console.proposals import deciding, decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages import product_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.settlement_words import PAYMENT
from web.pages.words import in_chinese, word
from web.store.fields import choice_in, scaled_in, whole_in
from web.templatetags.jinguo import grouped, percent, price_kg

STANDING = (ChangeState.WAITING, ChangeState.SCHEDULED, ChangeState.TOLD)
HUNDRED = 100
"""Fen in a yuan, basis points in a percent."""
VERSIONS_SHOWN = 50


# Lists ------------------------------------------------------------------------------------------------


@operator_page
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every product with its present parameters, and the proposals that wait."""
    versions = versions_in_force()
    standing = changes(states=STANDING)
    waiting = {row.product_code for row in standing}
    context = {
        "asked": request.GET,
        "statuses": [(value, word(names.STATUS, value)) for value in names.STATUS],
        "rows": [
            {**_line(row, versions.get(row.number, 0)), "waiting": row.code in waiting}
            for row in _asked(request)
        ],
        "standing": [proposal_shown(row, request) for row in standing],
        "new_waiting": products_waiting(),
    }
    return render(request, "console/products.html", context)


def _asked(request: HttpRequest) -> list[ProductRow]:
    status = known_in(request, "status", names.STATUS)
    search = search_in(request).casefold()
    return [
        row
        for row in products(delisted=True)
        if (not status or row.status == status)
        and (not search or search in f"{row.code} {row.name_zh} {row.name_en} {row.pinyin}".casefold())
    ]


def _line(row: ProductRow, version: int) -> dict[str, Any]:
    return {
        "row": row,
        "name": row.name_zh if in_chinese() else row.name_en,
        "phase": PHASE_WORDS[row.phase],
        "tie_rule": names.field_text("tie_rule", row.rules.tie_rule),
        "volatility": names.field_text("volatility_bps", row.rules.volatility_bps),
        "modes": names.field_text("modes", row.rules.modes),
        "payments": names.field_text("payments", row.rules.payments),
        "version": version,
        "premium": names.field_text("premium_discount_fen", row.premium_discount_fen),
        "listed": row.status == ProductStatus.LISTED,
    }


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The products as asked for, as CSV; prices in yuan per kg."""
    header = [
        _("代码"),
        _("中文名称"),
        _("英文名称"),
        _("参考价 元/公斤"),
        _("涨跌幅 %"),
        _("最低价 元/公斤"),
        _("最高价 元/公斤"),
        _("最小变动价位 元/公斤"),
        _("最小委托量 公斤"),
        _("数量单位 公斤"),
        _("集合竞价取价规则"),
        _("波动触发幅度 %"),
        _("交易方式"),
        _("挂牌付款方式"),
        _("日终滚动参考价"),
        _("状态"),
        _("暂停"),
        _("现行第几版"),
    ]
    versions = versions_in_force()
    rows = (
        [
            row.code,
            row.name_zh,
            row.name_en,
            price_kg(row.reference_price),
            percent(row.band_bps).removesuffix("%"),
            price_kg(row.low),
            price_kg(row.high),
            price_kg(row.tick_fen),
            row.min_kg,
            row.step_kg,
            names.field_text("tie_rule", row.rules.tie_rule),
            percent(row.rules.volatility_bps).removesuffix("%"),
            names.field_text("modes", row.rules.modes),
            names.field_text("payments", row.rules.payments),
            names.field_text("reference_rolls", row.reference_rolls),
            word(names.STATUS, row.status.value),
            _("是") if row.halted else _("否"),
            versions.get(row.number, 0),
        ]
        for row in _asked(request)
    )
    return csv_response("products.csv", header, rows)


# One product ------------------------------------------------------------------------------------------


@operator_page
@require_safe
def product(request: HttpRequest, code: str) -> HttpResponse:
    """One product: what is in force, what waits, the forms, and how it came to be so."""
    return _product_page(request, code)


def _product_page(
    request: HttpRequest, code: str, typed: QueryDict | None = None, *, status: int = 200
) -> HttpResponse:
    row = product_by_code(code)
    versions = trading_rules(row.number)
    proposals, pager = page_of(request, changes, product_number=row.number)
    standing = [each for each in proposals if each.state in STANDING]
    context = {
        **_line(row, versions[0].version if versions else 0),
        "standing": [proposal_shown(each, request) for each in standing],
        "decided": [proposal_shown(each, request) for each in proposals if each.state not in STANDING],
        "open_kinds": {each.kind.value for each in standing if each.state != ChangeState.TOLD},
        "versions": [_version(each) for each in versions[:VERSIONS_SHOWN]],
        "references": [
            {"row": each, "source": word(names.SOURCE, each.source.value)}
            for each in day_references(row.number)
        ],
        "form": _form(row, typed),
        "tie_rules": [(value, str(text)) for value, text in names.TIE_RULE.items()],
        "modes_known": [(value, str(text)) for value, text in names.MODE.items()],
        "payments_known": [(value, word(PAYMENT, value)) for value in ("bond", "escrow")],
        "effects": [(value, str(text)) for value, text in names.EFFECT.items()],
        **pager,
    }
    return render(request, "console/product.html", context, status=status)


def _version(row: TradingRulesRow) -> dict[str, Any]:
    """A version in words, and what the floor made of it."""
    rules, limits = row.rules, row.limits
    refused = refused_text(row.answer)
    mark = ("danger", "warn", _("主机拒绝")) if refused else ("ok", "check", _("主机已接受"))
    return {
        "row": row,
        "tie_rule": names.field_text("tie_rule", rules.tie_rule),
        "volatility": names.field_text("volatility_bps", rules.volatility_bps),
        "modes": names.field_text("modes", rules.modes),
        "limits": limits,
        "mark": names.Mark(*mark if row.answer is not None else ("info", "clock", _("等待主机答复"))),
        "refused": refused,
    }


def refused_text(answer: int | None) -> str:
    """Why the floor refused, in words; empty when it did not."""
    if not answer:
        return ""
    return error_for_reason(answer).message("zh" if in_chinese() else "en")


def _form(row: ProductRow, typed: QueryDict | None) -> dict[str, Any]:
    """What the forms show: what was typed and refused, else what is in force."""
    shown: dict[str, Any] = {
        "tick_fen": price_kg(row.tick_fen),
        "tie_rule": str(int(row.rules.tie_rule)),
        "volatility_bps": percent(row.rules.volatility_bps).removesuffix("%"),
        "modes": mode_words(row.rules.modes),
        "payments": payment_words(row.rules.payments),
        "reference_price": price_kg(row.reference_price),
        "band_bps": percent(row.band_bps).removesuffix("%"),
        "min_kg": str(row.min_kg),
        "reference_rolls": "1" if row.reference_rolls else "0",
        "step_kg": str(row.step_kg),
        "resale_lock_days": str(row.resale_lock_days),
        "premium_discount_fen": f"{row.premium_discount_fen / HUNDRED:.2f}",
        "takes_effect": TakesEffect.NEXT_SESSION.value,
        "reason": "",
        "kind": "",
    }
    if typed is None:
        return shown
    several = {"modes", "payments"}
    for name in shown.keys() & typed.keys():
        shown[name] = typed.getlist(name) if name in several else typed[name]
    if typed.get("kind") == ChangeKind.RULES.value:
        shown.update({name: typed.getlist(name) for name in several})
    return shown


def proposal_shown(row: ChangeRow, request: HttpRequest) -> dict[str, Any]:
    """A proposal with old and new values, what it does to orders that rest, and what came of it."""
    return {
        "row": row,
        "name": row.product_name_zh if in_chinese() else row.product_name_en,
        "kind": word(names.KIND, row.kind.value),
        "effect": word(names.EFFECT, row.takes_effect.value),
        "mark": names.state_mark(row.state.value),
        "own": row.proposed_by == request.user.get_username(),
        "changes": [
            {
                "name": word(names.FIELD, name),
                "old": names.field_text(name, row.old[name]),
                "new": names.field_text(name, row.new[name]),
                "same": False,
            }
            for name in row.new
        ],
        "warnings": _warnings(row) if row.state in (ChangeState.WAITING, ChangeState.SCHEDULED) else [],
        "floor": refused_text(row.floor_reason),
        "failure": names.refusal_text(row.failure, product=row.product_code) if row.failure else "",
    }


def _warnings(change: ChangeRow) -> list[str]:
    """What whoever decides should know: a large step of the price, and what becomes of orders that rest."""
    product = product_by_code(change.product_code)
    found = [_step_of_price(change, product), _orders_that_rest(change, product)]
    return [each for each in found if each]


def _step_of_price(change: ChangeRow, product: ProductRow) -> str:
    """A new reference price outside the present band is perhaps a slip of the pen."""
    price = int(change.new.get("reference_price", product.reference_price))
    if product.low <= price <= product.high:
        return ""
    bps = (price - product.reference_price) * BASIS // product.reference_price
    return _("新参考价与现行参考价相差 %(change)s，超出现行价格范围，请核对。") % {"change": percent(bps)}


def _orders_that_rest(change: ChangeRow, product: ProductRow) -> str:
    reference = int(change.new.get("reference_price", product.reference_price))
    low, high = band(reference, int(change.new.get("band_bps", product.band_bps)))
    tick = int(change.new.get("tick_fen", product.tick_fen))
    resting = resting_orders(product.number, low=low, high=high, tick=tick)
    if change.kind == ChangeKind.DELIST and resting.orders:
        return _("现有 %(count)s 笔未成交委托，共 %(kg)s 公斤：退市时主机会全部撤销。") % {
            "count": resting.orders,
            "kg": grouped(resting.kg),
        }
    if "tick_fen" in change.new and resting.off_tick:
        return _(
            "现有 %(count)s 笔未成交委托的价格不是新价位的整数倍。只要其中一笔还在簿中，主机就会拒绝"
            "这次变更，规则保持原样；请等它们成交、到期或撤销。"
        ) % {"count": resting.off_tick}
    if {"reference_price", "band_bps"} & change.new.keys() and resting.outside_band:
        closed = change.takes_effect == TakesEffect.NEXT_SESSION or product.phase == Phase.CLOSED
        text = (
            _("现有 %(count)s 笔未成交委托在新价格范围 %(low)s–%(high)s 之外：收市时生效，主机会撤销它们。")
            if closed
            else _(
                "现有 %(count)s 笔未成交委托在新价格范围 %(low)s–%(high)s 之外：交易时段内主机会拒绝"
                "这次变更，参考价和范围保持原样。"
            )
        )
        return text % {"count": resting.outside_band, "low": price_kg(low), "high": price_kg(high)}
    return ""


# Proposing and deciding -------------------------------------------------------------------------------


@operator_page
@require_POST
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Proposes a change; a refusal keeps what was typed."""
    try:
        kind = ChangeKind(choice_in(request, "kind", set(ChangeKind.values)))
        number = services.propose_change(
            actor=actor_of(request),
            code=code,
            kind=kind,
            values=_values(request, kind),
            takes_effect=TakesEffect(choice_in(request, "takes_effect", set(TakesEffect.values))),
            reason=reason_in(request),
        )
    except JinguoError as error:
        if error.status == 404:
            raise
        messages.error(request, message_of(error))
        return _product_page(request, code, request.POST, status=error.status)
    messages.success(request, _("提案 %(no)s 已提交，等待另一人复核") % {"no": number})
    for warning in _warnings(change_by_id(number)):
        messages.warning(request, warning)
    return redirect(f"/console/products/{code}/")


def _values(request: HttpRequest, kind: ChangeKind) -> dict[str, int]:
    if kind == ChangeKind.RULES:
        return {
            "tick_fen": scaled_in(request, "tick_fen", HUNDRED),
            "tie_rule": whole_in(request, "tie_rule"),
            "volatility_bps": scaled_in(request, "volatility_bps", HUNDRED),
            "modes": _flags_in(request, "modes", _MODES),
            "payments": _flags_in(request, "payments", _PAYMENTS),
        }
    if kind == ChangeKind.LIMITS:
        return {
            "reference_price": scaled_in(request, "reference_price", HUNDRED),
            "band_bps": scaled_in(request, "band_bps", HUNDRED),
            "min_kg": whole_in(request, "min_kg"),
            "reference_rolls": choice_in(request, "reference_rolls", {"0", "1"}) == "1",
        }
    if kind == ChangeKind.TERMS:
        return {
            "step_kg": whole_in(request, "step_kg"),
            "resale_lock_days": whole_in(request, "resale_lock_days"),
            "premium_discount_fen": scaled_in(request, "premium_discount_fen", HUNDRED),
        }
    return {}


_MODES = {mode_words(mode)[0]: mode.value for mode in Mode}
_PAYMENTS = {payment_words(payment)[-1]: payment.value for payment in Payment}


def _flags_in(request: HttpRequest, name: str, known: dict[str, int]) -> int:
    chosen = set(request.POST.getlist(name))
    if not chosen <= known.keys():
        raise BadParameter(name=name)
    return sum(known[each] for each in chosen)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``; back to its product's page."""
    subject = request.POST.get("subject", "")
    try:
        where = f"/console/products/{change_by_id(id_in(subject)).product_code}/"
    except JinguoError:
        where = "/console/products/"
    return carry_out(request, _VERBS, subject, where)


def _approved(state: ChangeState) -> str:
    if state == ChangeState.SCHEDULED:
        return _("已批准，下一场开市前生效")
    if state == ChangeState.IN_FORCE:
        return _("已批准，立即生效")
    return _("已批准并送交易主机，结果以主机答复为准")


_VERBS = deciding(services.decide_change, services.withdraw_change, _approved)


@operator_page
@require_safe
def history_export(request: HttpRequest) -> HttpResponse:
    """All proposals, newest first, as CSV."""
    header = [
        _("提案"),
        _("品种代码"),
        _("类别"),
        _("变化前"),
        _("变化后"),
        _("何时生效"),
        _("状态"),
        *decision_columns(),
        _("主机答复"),
    ]
    return csv_response("product-changes.csv", header, _history_lines())


def _history_lines() -> Iterator[list[object]]:
    for row in every(changes):
        yield [
            row.id,
            row.product_code,
            word(names.KIND, row.kind.value),
            _in_words(row.old),
            _in_words(row.new),
            word(names.EFFECT, row.takes_effect.value),
            names.state_mark(row.state.value).text,
            *decision_cells(row),
            refused_text(row.floor_reason) or row.failure,
        ]


def _in_words(values: dict[str, int | str]) -> str:
    return "; ".join(
        f"{word(names.FIELD, name)}: {names.field_text(name, value)}" for name, value in values.items()
    )
