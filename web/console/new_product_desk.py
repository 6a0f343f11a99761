"""新品种: one person sees a product as it would be and proposes it, another approves it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.errors import JinguoError
from exchange.markets import services
from exchange.markets.new_products import check_new, new_products
from exchange.markets.selectors import products, varieties
from exchange.markets.types import NewProduct, NewProductRow, NewProductState, ProductRow, band
from matching.types import BASIS
from warehouse_receipts.types import RESALE_LOCK_TRADING_DAYS, Bagging, Grade, StoreType
from web.console.listing import carry_out, every, page_of
from web.console.proposals import deciding, decision_cells, decision_columns
from web.console.reasons import reason_in
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.product_words import field_text, state_mark
from web.pages.words import BAGGING, COUNTY, GRADE, STORE, Words, in_chinese, word
from web.store.fields import choice_in, scaled_in, text_in, whole_in
from web.templatetags.jinguo import kg, percent, price_kg

HUNDRED = 100
"""Fen in a yuan, basis points in a percent."""
PAGE = "/console/products/new/"
FIELDS: Words = {
    "code": lazy("代码"),
    "name_zh": lazy("中文名称"),
    "name_en": lazy("英文名称"),
    "pinyin": lazy("拼音首字母"),
    "variety_code": pgettext_lazy("variety", "品种"),
    "bagging": lazy("套袋"),
    "size_mm": lazy("果径 毫米以上"),
    "grade": lazy("等级"),
    "county": lazy("产地"),
    "crop_year": lazy("产季"),
    "store_type": lazy("库型"),
    "reference_price": lazy("参考价 元/公斤"),
    "premium_discount_fen": lazy("升贴水 元/公斤"),
    "band_bps": lazy("涨跌幅"),
    "step_kg": lazy("数量单位 公斤"),
    "min_kg": lazy("最小委托量 公斤"),
    "resale_lock_days": lazy("持续挂牌限制 交易日"),
    "reference_rolls": lazy("日终滚动参考价"),
}
_USUAL = {
    "size_mm": "80",
    "premium_discount_fen": "0",
    "band_bps": "10",
    "step_kg": "100",
    "min_kg": "1000",
    "resale_lock_days": str(RESALE_LOCK_TRADING_DAYS),
    "reference_rolls": "1",
}


@operator_page
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """What waits, the form, and what became of earlier proposals."""
    return _page(request)


def _page(
    request: HttpRequest,
    preview: dict[str, Any] | None = None,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    proposals, pager = page_of(request, new_products)
    listed = products(delisted=True)
    by_number = {row.number: row for row in listed}
    waiting = [row for row in proposals if row.state == NewProductState.WAITING]
    context = {
        "waiting": [_shown(row, request, listed) for row in waiting],
        "decided": [
            {**_shown(row, request, listed), "product": by_number.get(row.number or 0)}
            for row in proposals
            if row not in waiting
        ],
        "preview": preview,
        "form": {**_USUAL, "crop_year": str(today().year), **(typed or {})},
        "names": {name: str(text) for name, text in FIELDS.items()},
        "varieties": [(row.code, row.name_zh if in_chinese() else row.name_en) for row in varieties()],
        "choices": {
            "bagging": [(value, word(BAGGING, value)) for value in BAGGING],
            "grade": [(value, word(GRADE, value)) for value in GRADE],
            "county": [(value, word(COUNTY, value)) for value in COUNTY],
            "store_type": [(value, word(STORE, value)) for value in STORE],
        },
        **pager,
    }
    return render(request, "console/product_new.html", context, status=status)


def _shown(row: NewProductRow, request: HttpRequest, listed: list[ProductRow]) -> dict[str, Any]:
    return {
        "row": row,
        "name": row.new.name_zh if in_chinese() else row.new.name_en,
        "mark": state_mark(row.state.value),
        "own": row.proposed_by == request.user.get_username(),
        **_described(row.new, listed),
    }


def _described(new: NewProduct, listed: list[ProductRow]) -> dict[str, Any]:
    """The product in words, and what whoever decides should look at twice."""
    return {
        "facts": [(word(FIELDS, name), text) for name, text in _in_words(new).items()],
        "warnings": _warnings(new, listed),
    }


def _in_words(new: NewProduct) -> dict[str, str]:
    low, high = band(new.reference_price, new.band_bps)
    known = {row.code: row.name_zh if in_chinese() else row.name_en for row in varieties()}
    return {
        "code": new.code,
        "name_zh": new.name_zh,
        "name_en": new.name_en,
        "pinyin": new.pinyin,
        "variety_code": known.get(new.variety_code, new.variety_code),
        "bagging": word(BAGGING, new.bagging),
        "size_mm": str(new.size_mm),
        "grade": word(GRADE, new.grade),
        "county": word(COUNTY, new.county),
        "crop_year": str(new.crop_year),
        "store_type": word(STORE, new.store_type),
        "reference_price": price_kg(new.reference_price),
        "premium_discount_fen": f"{new.premium_discount_fen / HUNDRED:+.2f}",
        "band_bps": f"±{percent(new.band_bps)} · {price_kg(low)} – {price_kg(high)}",
        "step_kg": kg(new.step_kg),
        "min_kg": kg(new.min_kg),
        "resale_lock_days": str(new.resale_lock_days),
        "reference_rolls": field_text("reference_rolls", new.reference_rolls),
    }


def _warnings(new: NewProduct, listed: list[ProductRow]) -> list[str]:
    """A premium that does not lead from the base cell's price to this one is perhaps a slip of the pen."""
    base = next((row for row in listed if row.is_base), None)
    if base is None:
        return []
    expected = base.reference_price + new.premium_discount_fen
    bps = abs(new.reference_price - expected) * BASIS // new.reference_price
    if bps <= new.band_bps:
        return []
    text = _(
        "基准品参考价 %(base)s 加升贴水 %(premium)s 是 %(expected)s，与参考价 %(price)s 相差 "
        "%(change)s，请核对。"
    )
    return [
        text
        % {
            "base": price_kg(base.reference_price),
            "premium": f"{new.premium_discount_fen / HUNDRED:+.2f}",
            "expected": f"{expected / HUNDRED:.2f}",
            "price": price_kg(new.reference_price),
            "change": percent(bps),
        }
    ]


# Proposing and deciding -------------------------------------------------------------------------------


@operator_page
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Shows the product in the form as it would be, or proposes it; a refusal keeps what was typed."""
    typed = {name: request.POST.get(name, "") for name in (*FIELDS, "reason")}
    try:
        product = _new_in(request)
        if "preview" in request.POST:
            check_new(product)
            return _page(request, _described(product, products(delisted=True)), typed=typed)
        services.propose_product(actor=actor_of(request), new=product, reason=reason_in(request))
    except JinguoError as error:
        messages.error(request, message_of(error))
        return _page(request, typed=typed, status=error.status)
    messages.success(request, _("已提出，等待另一人复核"))
    return redirect(PAGE)


def _new_in(request: HttpRequest) -> NewProduct:
    return NewProduct(
        code=text_in(request, "code", longest=24).upper(),
        name_zh=text_in(request, "name_zh", longest=60),
        name_en=text_in(request, "name_en", longest=80),
        pinyin=text_in(request, "pinyin", longest=24).upper(),
        variety_code=text_in(request, "variety_code", longest=30),
        bagging=Bagging(choice_in(request, "bagging", set(BAGGING))),
        size_mm=whole_in(request, "size_mm"),
        grade=Grade(choice_in(request, "grade", set(GRADE))),
        county=choice_in(request, "county", set(COUNTY)),
        crop_year=whole_in(request, "crop_year"),
        store_type=StoreType(choice_in(request, "store_type", set(STORE))),
        reference_price=scaled_in(request, "reference_price", HUNDRED),
        premium_discount_fen=scaled_in(request, "premium_discount_fen", HUNDRED),
        band_bps=scaled_in(request, "band_bps", HUNDRED),
        step_kg=whole_in(request, "step_kg"),
        min_kg=whole_in(request, "min_kg"),
        resale_lock_days=whole_in(request, "resale_lock_days"),
        reference_rolls=choice_in(request, "reference_rolls", {"0", "1"}) == "1",
    )


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Approves, refuses or withdraws the proposal in ``subject``."""
    return carry_out(request, _VERBS, request.POST.get("subject", ""), PAGE)


def _approved(product: ProductRow) -> str:
    return _("%(code)s 已上市并送交易主机，下一场起交易") % {"code": product.code}


_VERBS = deciding(services.decide_product, services.withdraw_product, _approved)


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """All proposals of new products, newest first, as CSV."""
    header = [
        _("提案"),
        *(str(text) for text in FIELDS.values()),
        _("状态"),
        *decision_columns(),
    ]
    return csv_response("new-products.csv", header, _lines())


def _lines() -> Iterator[list[object]]:
    for row in every(new_products):
        yield [
            row.id,
            *_in_words(row.new).values(),
            state_mark(row.state.value).text,
            *decision_cells(row),
        ]
