"""The parts of a contract's paper: what every version prints, and all fields of the versions after the first.

The order is that of the model contract: parties, goods, money, payment, security, delivery, table of premiums
and discounts, common terms, formation and signatures.
"""

from collections.abc import Mapping

from exchange.kernel.calendar import format_time
from exchange.kernel.documents.types import Column, Field, Fields, Lines, Prose, Section
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME, institution_code
from exchange.kernel.money import format_yuan, format_yuan_grouped
from settlement.premium_discount import TABLE
from settlement.shown import ContractView, Party
from settlement.terms import ContractTerms, clauses_of, percent, terms_hash

MODES: Mapping[str, str] = {"spot": "现货撮合", "listing": "挂牌", "auction": "竞价", "negotiated": "议价"}
PRICE_BASES: Mapping[str, str] = {"ex_store": "出库价，含税，散装"}
DELIVERIES: Mapping[str, str] = {"receipt_transfer": "仓单过户"}
SPEC_NAMES: Mapping[str, str] = {
    "variety": "品种",
    "bagging": "套袋",
    "size_mm": "果径 mm",
    "grade": "等级",
    "county": "产地",
    "crop_year": "产季",
    "store_type": "贮藏",
}
PAYMENTS: Mapping[str, str] = {
    "full": "全款，款货同时交割",
    "bond": "定金加尾款，先款后货",
    "escrow": "先货后款，价款由市场经营者保管至验收",
}
OWN_ACCOUNT = "自营，无经纪"
"""经纪人／代办人 of both parties, by rule: members trade for their own account (terms, clause 合同成立), and
this market registers no brokers or buying agents, so there is none to name."""
UNITS: Mapping[str, str] = {"kg": "公斤"}
_TO_TEN = "一二三四五六七八九十"
NUMERALS = (*_TO_TEN, *(f"十{numeral}" for numeral in _TO_TEN[:9]), "二十")


def full_sections(
    contract: ContractView, terms: ContractTerms, words: Mapping[str, str], certificates: Mapping[str, str]
) -> list[Section]:
    """Every field of the contract and of its common terms, without the seals."""
    clauses = clauses_of(terms)
    return [
        Fields("卖方", (*party_fields(contract.seller), Field("经纪人／代办人", OWN_ACCOUNT, wide=True))),
        Fields("买方", (*party_fields(contract.buyer), Field("经纪人／代办人", OWN_ACCOUNT, wide=True))),
        Fields("标的", _goods(contract, words)),
        *_lots(contract),
        Fields("数量与价款", _money(contract, terms)),
        payment_lines(contract),
        Fields("双方担保", _security(contract)),
        Fields("交收", _delivery(contract, terms)),
        _premiums(terms),
        Prose(
            f"通用条款（规则版本 {contract.rulebook_version}）",
            tuple(f"{_numeral(at)}、{title}。{text}" for at, (title, text) in enumerate(clauses)),
        ),
        Fields("成立与凭证", _formation(contract, terms, certificates)),
    ]


def _numeral(at: int) -> str:
    return NUMERALS[at] if at < len(NUMERALS) else str(at + 1)


def party_fields(party: Party) -> tuple[Field, ...]:
    """One side."""
    return (
        Field("名称", party.name, wide=True),
        Field("交易商代码", party.code),
        Field("签署人", party.signatory),
        Field("信用代码", party.uscc, wide=True),
    )


def goods_fields(contract: ContractView, words: Mapping[str, str]) -> tuple[Field, ...]:
    """What was sold: the parts of the product code, and the standard it is measured by."""
    spec = tuple(
        Field(title, words.get(str(contract.spec[name]), str(contract.spec[name])))
        for name, title in SPEC_NAMES.items()
        if name in contract.spec
    )
    return (
        Field("品名", contract.product_name),
        Field("品种代码", contract.product_code),
        *spec,
        Field("质量标准", contract.quality_standard),
    )


def receipt_fields(contract: ContractView) -> tuple[Field, ...]:
    """The papers the goods are known by."""
    return (
        Field("检验报告", "、".join(contract.inspection_nos), wide=True),
        Field("仓单", "、".join(contract.receipt_nos), wide=True),
    )


def _goods(contract: ContractView, words: Mapping[str, str]) -> tuple[Field, ...]:
    marks = "、".join(dict.fromkeys(lot.mark for lot in contract.lots if lot.mark))
    platform = f"{EXCHANGE_NAME}交收质量标准（规则 {contract.rulebook_version}）"
    return (
        *goods_fields(contract, words),
        Field("平台标准", platform),
        Field("品牌／标记", marks or "无"),
        *receipt_fields(contract),
    )


def _lots(contract: ContractView) -> list[Section]:
    """The goods receipt by receipt; nothing when the register said nothing about them."""
    if not contract.lots:
        return []
    columns = (
        Column("仓单", 5),
        Column("公斤", 2, figures=True),
        Column("件数", 2, figures=True),
        Column("包装", 2),
        Column("产地", 5),
        Column("采收日", 3),
        Column("合格证", 4),
    )
    rows = tuple(
        (
            lot.receipt_no,
            f"{lot.kg:,}",
            f"{lot.pieces:,}" if lot.pieces else "—",
            lot.packaging,
            lot.origin,
            lot.harvested_on or "—",
            lot.certificate_no or "—",
        )
        for lot in contract.lots
    )
    return [Lines("货物明细", columns, rows)]


def _money(contract: ContractView, terms: ContractTerms) -> tuple[Field, ...]:
    unit, pieces = UNITS[terms.unit], sum(lot.pieces for lot in contract.lots)
    return (
        Field("数量", f"{contract.quantity_kg:,} {unit}"),
        Field("件数", f"{pieces:,} 件" if pieces else "以出库清点为准"),
        Field("单价（含税）", f"{format_yuan(contract.price_fen)} 元/{unit}"),
        Field("价款（含税）", f"{format_yuan_grouped(contract.amount_fen)} 元"),
        Field("价格条件", PRICE_BASES.get(contract.price_basis, contract.price_basis)),
        Field("付款方式", PAYMENTS.get(contract.payment, contract.payment)),
        Field("买方手续费", f"{format_yuan_grouped(contract.buyer_fee_fen)} 元"),
        Field("卖方手续费", f"{format_yuan_grouped(contract.seller_fee_fen)} 元"),
    )


def _security(contract: ContractView) -> tuple[Field, ...]:
    buyer = f"定金 {format_yuan_grouped(contract.bond_fen)} 元" if contract.bond_fen else "价款已全额冻结"
    return (
        Field("买方", buyer),
        Field("卖方", "货物已全额冻结"),
        Field("品质担保金", f"{format_yuan_grouped(contract.deposit_fen)} 元（卖方）"),
        Field("担保金退还日", contract.deposit_release_day.isoformat()),
    )


def payment_lines(contract: ContractView) -> Lines:
    """What is paid when."""
    columns = (Column("付款日", 3), Column("比例", 2, figures=True), Column("金额 元", 3, figures=True))
    rows = tuple(
        (str(part["due"]), f"{part['share_bps'] / 100:g}%", format_yuan_grouped(part["amount_fen"]))
        for part in contract.payment_schedule
    )
    return Lines("付款", columns, rows)


def _delivery(contract: ContractView, terms: ContractTerms) -> tuple[Field, ...]:
    return (
        Field("交收方式", DELIVERIES.get(contract.delivery_method, contract.delivery_method)),
        Field("溢短", f"± {percent(contract.over_short_bps)}，按合同价结算"),
        Field("交收地点", contract.delivery_place, wide=True),
        Field("交收期间", f"{contract.delivery_from} 至 {contract.delivery_until}", wide=True),
        Field(
            "仓储费",
            f"{contract.storage_fee_from} 前卖方承担，自该日起买方承担，按冷库公示费率",
            wide=True,
        ),
        Field("损耗标准", f"每月不超过 {terms.loss_permille_month}‰"),
        Field("检验地点", terms.inspection_place),
        Field("异议期", f"离库前；隐蔽缺陷离库后 {terms.hidden_hours} 小时"),
        Field("视为接受", contract.deposit_release_day.isoformat()),
        Field("货权与风险转移", "仓单背书过户登记完成时", wide=True),
    )


def _premiums(terms: ContractTerms) -> Lines:
    columns = (
        Column("升贴水项目", 6),
        Column("每档扣减", 2, figures=True),
        Column("最多档数", 2, figures=True),
    )
    rows = tuple(
        (TABLE[code].zh if code in TABLE else code, percent(bps), str(most))
        for code, bps, most in terms.premium_discount
    )
    return Lines(
        "升贴水表（占价款）", columns, rows, total=("累计上限", percent(terms.most_discount_bps), "")
    )


def _formation(
    contract: ContractView, terms: ContractTerms, certificates: Mapping[str, str]
) -> tuple[Field, ...]:
    signers = (
        ("卖方证书", institution_code("member", contract.seller.code)),
        ("买方证书", institution_code("member", contract.buyer.code)),
        ("市场经营者证书", EXCHANGE),
    )
    return (
        Field("交易方式", MODES.get(contract.mode, contract.mode)),
        Field("成立时间", format_time(contract.formed_at_ns), wide=True),
        Field("成立事件", f"交易日志第 {contract.seq} 号"),
        Field("成交号", str(contract.trade_id)),
        Field("规则版本", contract.rulebook_version),
        Field("交易日", contract.day.isoformat()),
        Field("通用条款摘要", terms_hash(terms), wide=True),
        Field("合同文书摘要", contract.document_hash, wide=True),
        *(Field(label, certificates[code], wide=True) for label, code in signers if code in certificates),
        Field("签名与时间", f"PAdES（ECDSA，SHA-256），{format_time(contract.formed_at_ns)}", wide=True),
    )
