"""A contract's terms in the reader's words. What binds is the Chinese document and its hash."""

from contextlib import suppress
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.kernel.calendar import datetime_of
from exchange.kernel.errors import UnknownProduct
from exchange.kernel.money import format_yuan, format_yuan_grouped
from exchange.markets.selectors import product_by_code
from exchange.markets.types import ProductRow
from settlement.types import ContractView
from web.pages import words
from web.pages.words import Words

MODE: Words = {
    "spot": lazy("现货撮合"),
    "listing": lazy("挂牌"),
    "auction": lazy("竞价"),
    "negotiated": lazy("议价"),
}
PRICE_BASIS: Words = {"ex_store": lazy("出库价，含税，散装")}
DELIVERY: Words = {"receipt_transfer": lazy("仓单过户")}
SPEC_NAMES: Words = {
    "variety": lazy("品种"),
    "bagging": lazy("套袋"),
    "size_mm": lazy("果径"),
    "grade": lazy("等级"),
    "county": lazy("产地"),
    "crop_year": lazy("产季"),
    "store_type": lazy("贮藏"),
}


class Section(NamedTuple):
    """A part of the document."""

    title: str
    facts: list[tuple[str, str]]


def product_called(code: str, name: str) -> str:
    """A product's name in the reader's language; the name in the contract when the product is gone."""
    product = _product(code)
    return name if product is None else words.product_name(product)


def _product(code: str) -> ProductRow | None:
    with suppress(UnknownProduct):
        return product_by_code(code)
    return None


def contract_sections(contract: ContractView) -> list[Section]:
    """Everything between the parties and the hash."""
    return [
        Section(_("标的"), _goods(contract)),
        Section(_("数量与价款"), _money(contract)),
        Section(_("交收"), _delivery(contract)),
        Section(_("成立与争议"), _formation(contract)),
    ]


def _goods(contract: ContractView) -> list[tuple[str, str]]:
    name = product_called(contract.product_code, contract.product_name)
    facts = [(_("品种代码"), contract.product_code), (_("名称"), name)]
    facts += [
        (str(title), _spec_value(contract, name))
        for name, title in SPEC_NAMES.items()
        if name in contract.spec
    ]
    return [
        *facts,
        (_("质量标准"), contract.quality_standard),
        (_("质检报告"), "、".join(contract.inspection_nos) or "—"),
        (_("仓单"), "、".join(contract.receipt_nos) or "—"),
    ]


def _spec_value(contract: ContractView, name: str) -> str:
    value = str(contract.spec[name])
    if name == "size_mm":
        return f"≥ {value} mm"
    if name == "variety":
        product = _product(contract.product_code)
        return value if product is None else words.variety_name(product)
    return _(value)


def _money(contract: ContractView) -> list[tuple[str, str]]:
    yuan = _("元")
    return [
        (_("数量"), f"{contract.quantity_kg:,} {_('公斤')}"),
        (_("单价"), f"{format_yuan(contract.price_fen)} {_('元/公斤')}"),
        (_("价格条件"), words.word(PRICE_BASIS, contract.price_basis)),
        (_("货款"), f"{format_yuan_grouped(contract.amount_fen)} {yuan}"),
        (_("买方手续费"), f"{format_yuan_grouped(contract.buyer_fee_fen)} {yuan}"),
        (_("卖方手续费"), f"{format_yuan_grouped(contract.seller_fee_fen)} {yuan}"),
        (_("品质担保金"), f"{format_yuan_grouped(contract.deposit_fen)} {yuan}"),
        (_("担保金退还日"), contract.deposit_release_day.isoformat()),
    ]


def _delivery(contract: ContractView) -> list[tuple[str, str]]:
    return [
        (_("交收方式"), words.word(DELIVERY, contract.delivery_method)),
        (_("交收地点"), contract.delivery_place),
        (_("溢短"), f"± {contract.over_short_bps / 100:g}%"),
        (_("买方承担仓储费自"), contract.storage_fee_from.isoformat()),
    ]


def _formation(contract: ContractView) -> list[tuple[str, str]]:
    return [
        (_("交易方式"), words.word(MODE, contract.mode)),
        (_("成立时间"), f"{datetime_of(contract.formed_at_ns):%Y-%m-%d %H:%M:%S}"),
        (_("规则版本"), contract.rulebook_version),
        (_("争议解决"), contract.dispute_clause),
    ]
