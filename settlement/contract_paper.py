"""The electronic contract as a document to draw. A pure function: the stored contract in, a `Document` out.

The stored document and its hash stay what binds; the paper shows every field of it, and the hash.
"""

from collections.abc import Mapping

from exchange.kernel.calendar import datetime_of, format_time
from exchange.kernel.documents.codes import code_of, verify_url
from exchange.kernel.documents.types import (
    Column,
    Document,
    Field,
    Fields,
    Lines,
    Prose,
    Seal,
    Seals,
    Section,
    Signatory,
)
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME, institution_code
from exchange.kernel.money import format_yuan, format_yuan_grouped
from settlement.types import ContractView, Party

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
CLAUSES = (
    "一、标的物的质量以合同所列检验报告为准；买方在异议期内未提出异议的，视为数量、质量符合约定（民法典第六百二十一条）。",
    "二、价款、手续费和品质担保金按付款计划由电子交易系统划转；付清时仓单过户，款与货同时交割或同时不交割。",
    "三、标的物毁损、灭失的风险自仓单过户登记完成时转移给买方；保管责任由保管人承担。",
    "四、一方违约的，守约方给予两日补正期；仍不履行的，支付违约金，不超过合同价款的百分之二十。",
    "五、因不可抗力不能履行的，根据影响部分或者全部免除责任，但应及时通知并提供证明。",
    "六、合同自电子交易系统确认成交时成立（电子商务法第四十九条、民法典第四百九十一条），双方以电子签章确认。",
)


def contract_document(contract: ContractView, *, words: Mapping[str, str]) -> Document:
    """The contract as it was formed; ``words`` puts values of its specification into Chinese (value → word).

    Its status is not part of the paper, so that the paper is the same file for as long as there is one.
    """
    at = datetime_of(contract.formed_at_ns)
    sections: list[Section] = [
        Fields("卖方", _party(contract.seller)),
        Fields("买方", _party(contract.buyer)),
        Fields("标的", _goods(contract, words)),
        Fields("数量与价款", _money(contract)),
    ]
    if contract.payment_schedule:
        sections.append(_payments(contract))
    sections += [
        Fields("交收", _delivery(contract)),
        Prose("约定", (*CLAUSES, f"七、争议解决：{contract.dispute_clause}。")),
        Fields("成立与凭证", _formation(contract)),
        Seals(
            "签章",
            (
                Seal(f"卖方　{contract.seller.signatory}".strip(), contract.seller.name, at),
                Seal(f"买方　{contract.buyer.signatory}".strip(), contract.buyer.name, at),
                Seal("市场经营者", EXCHANGE_NAME, at),
            ),
        ),
    ]
    return Document(
        kind="contract",
        title="电子交易合同",
        number=contract.contract_no,
        at=at,
        notice="本合同由电子交易系统按成交记录生成，双方和市场经营者电子签章",
        verify_url=verify_url("contract", contract.contract_no),
        verify_code=code_of("contract", contract.contract_no),
        sections=tuple(sections),
    )


def contract_signatories(contract: ContractView) -> tuple[Signatory, ...]:
    """Who signs the PDF: both members, then the exchange."""
    return (
        Signatory(institution_code("member", contract.seller.code), contract.seller.name, "卖方签署合同"),
        Signatory(institution_code("member", contract.buyer.code), contract.buyer.name, "买方签署合同"),
        Signatory(EXCHANGE, EXCHANGE_NAME, "市场经营者确认成交"),
    )


def _party(party: Party) -> tuple[Field, ...]:
    return (
        Field("名称", party.name, wide=True),
        Field("交易商代码", party.code),
        Field("签署人", party.signatory),
        Field("信用代码", party.uscc, wide=True),
    )


def _goods(contract: ContractView, words: Mapping[str, str]) -> tuple[Field, ...]:
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
        Field("检验报告", "、".join(contract.inspection_nos), wide=True),
        Field("仓单", "、".join(contract.receipt_nos), wide=True),
    )


def _money(contract: ContractView) -> tuple[Field, ...]:
    return (
        Field("数量", f"{contract.quantity_kg:,} 公斤"),
        Field("单价", f"{format_yuan(contract.price_fen)} 元/公斤"),
        Field("价款", f"{format_yuan_grouped(contract.amount_fen)} 元"),
        Field("价格条件", PRICE_BASES.get(contract.price_basis, contract.price_basis)),
        Field("买方手续费", f"{format_yuan_grouped(contract.buyer_fee_fen)} 元"),
        Field("卖方手续费", f"{format_yuan_grouped(contract.seller_fee_fen)} 元"),
        Field("品质担保金", f"{format_yuan_grouped(contract.deposit_fen)} 元"),
        Field("担保金退还日", contract.deposit_release_day.isoformat()),
    )


def _payments(contract: ContractView) -> Lines:
    columns = (Column("付款日", 3), Column("比例", 2, figures=True), Column("金额 元", 3, figures=True))
    rows = tuple(
        (str(part["due"]), f"{part['share_bps'] / 100:g}%", format_yuan_grouped(part["amount_fen"]))
        for part in contract.payment_schedule
    )
    return Lines("付款", columns, rows)


def _delivery(contract: ContractView) -> tuple[Field, ...]:
    return (
        Field("交收方式", DELIVERIES.get(contract.delivery_method, contract.delivery_method)),
        Field("溢短", f"± {contract.over_short_bps / 100:g}%，按合同价结算"),
        Field("交收地点", contract.delivery_place, wide=True),
        Field("仓储费", f"自 {contract.storage_fee_from.isoformat()} 起由买方承担", wide=True),
    )


def _formation(contract: ContractView) -> tuple[Field, ...]:
    return (
        Field("交易方式", MODES.get(contract.mode, contract.mode)),
        Field("成立时间", format_time(contract.formed_at_ns), wide=True),
        Field("成交序号", str(contract.seq)),
        Field("成交号", str(contract.trade_id)),
        Field("规则版本", contract.rulebook_version),
        Field("交易日", contract.day.isoformat()),
        Field("文书摘要", contract.document_hash, wide=True),
    )
