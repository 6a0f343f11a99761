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
from settlement.shown import ContractView
from settlement.terms import ContractTerms, percent
from web.pages import words
from web.pages.settlement_words import PAYMENT
from web.pages.words import Words
from web.templatetags.jinguo import listed

MODE: Words = {
    "spot": lazy("现货撮合"),
    "listing": lazy("挂牌"),
    "auction": lazy("竞价"),
    "negotiated": lazy("议价"),
}
PRICE_BASIS: Words = {"ex_store": lazy("出库价，含税，散装")}
DELIVERY: Words = {"receipt_transfer": lazy("仓单过户")}
AMENDED: Words = {
    "delivery_until": lazy("最迟提货日"),
    "storage_fee_from": lazy("买方承担仓储费自"),
    "deposit_release_day": lazy("异议截止日"),
    "over_short_bps": lazy("溢短"),
}
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


def contract_sections(contract: ContractView, terms: ContractTerms) -> list[Section]:
    """Everything between the parties and the hash."""
    full = bool(contract.terms_hash)
    return [
        Section(_("标的"), _goods(contract)),
        Section(_("数量与价款"), [*_money(contract), *(_payment(contract) if full else [])]),
        Section(_("交收"), [*_delivery(contract), *(_delivery_terms(contract, terms) if full else [])]),
        Section(_("成立与争议"), _formation(contract)),
    ]


def amended_name(name: str) -> str:
    """What an amendment changes, in words."""
    return words.word(AMENDED, name)


def amended_value(name: str, value: str | int) -> str:
    """A value an amendment has, in words."""
    return percent(value) if name == "over_short_bps" and isinstance(value, int) else str(value)


def _payment(contract: ContractView) -> list[tuple[str, str]]:
    yuan, pieces = _("元"), sum(lot.pieces for lot in contract.lots)
    facts = [(_("付款方式"), words.word(PAYMENT, contract.payment))]
    if pieces:
        facts.append((_("件数"), f"{pieces:,}"))
    if contract.bond_fen:
        facts.append((_("定金"), f"{format_yuan_grouped(contract.bond_fen)} {yuan}"))
    facts += [
        (
            _("付款 %(due)s") % {"due": str(part["due"])[:16]},
            f"{percent(part['share_bps'])} · {format_yuan_grouped(part['amount_fen'])} {yuan}",
        )
        for part in contract.payment_schedule
    ]
    return facts


def _delivery_terms(contract: ContractView, terms: ContractTerms) -> list[tuple[str, str]]:
    hours = _("离库前；隐蔽缺陷离库后 %(hours)s 小时") % {"hours": terms.hidden_hours}
    return [
        (_("交收期间"), f"{contract.delivery_from} — {contract.delivery_until}"),
        (_("损耗标准"), _("每月不超过 %(loss)s‰") % {"loss": terms.loss_permille_month}),
        (_("检验地点"), terms.inspection_place),
        (_("异议期"), hours),
        (_("货权与风险转移"), _("仓单背书过户登记完成时")),
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
        (_("质检报告"), listed(contract.inspection_nos) or "—"),
        (_("仓单"), listed(contract.receipt_nos) or "—"),
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
        (_("经纪人／代办人"), _("双方自营，无经纪")),
        (_("成立时间"), f"{datetime_of(contract.formed_at_ns):%Y-%m-%d %H:%M:%S}"),
        (_("成立事件"), _("交易日志第 %(seq)s 号") % {"seq": contract.seq}),
        (_("规则版本"), contract.rulebook_version),
        (_("争议解决"), contract.dispute_clause),
    ]
