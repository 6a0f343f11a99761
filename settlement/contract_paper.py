"""The electronic contract as a document to draw. A pure function: the stored contract in, a `Document` out.

The stored document and its hash stay what binds; the paper shows every field of it, and the hash.
"""

from collections.abc import Mapping

from exchange.kernel.calendar import datetime_of, format_time
from exchange.kernel.documents.codes import code_of, verify_url
from exchange.kernel.documents.types import (
    Document,
    Field,
    Fields,
    Prose,
    Seal,
    Seals,
    Section,
    Signatory,
)
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME, institution_code
from exchange.kernel.money import format_yuan, format_yuan_grouped
from settlement.contract_paper_parts import (
    DELIVERIES,
    MODES,
    NUMERALS,
    PRICE_BASES,
    full_sections,
    goods_fields,
    party_fields,
    payment_lines,
    receipt_fields,
)
from settlement.shown import ContractView
from settlement.terms import FIRST_VERSION, ContractTerms, clauses_of


def contract_document(
    contract: ContractView,
    terms: ContractTerms,
    *,
    words: Mapping[str, str],
    certificates: Mapping[str, str] | None = None,
) -> Document:
    """The contract as it was formed under its common terms.

    ``words`` puts values of its specification into Chinese (value → word), ``certificates`` says of each
    institution that signs which certificate it signs with. Its status and its amendments are not part of the
    paper, so that the paper is the same file for as long as there is one.
    """
    at = datetime_of(contract.formed_at_ns)
    if contract.rulebook_version == FIRST_VERSION:
        sections = _first_sections(contract, terms, words)
    else:
        sections = full_sections(contract, terms, words, certificates or {})
    seals = Seals(
        "签章",
        (
            Seal(f"卖方　{contract.seller.signatory}".strip(), contract.seller.name, at),
            Seal(f"买方　{contract.buyer.signatory}".strip(), contract.buyer.name, at),
            Seal("市场经营者", EXCHANGE_NAME, at),
        ),
    )
    return Document(
        kind="contract",
        title="电子交易合同",
        number=contract.contract_no,
        at=at,
        notice="本合同由电子交易系统按成交记录生成，双方和市场经营者电子签章",
        verify_url=verify_url("contract", contract.contract_no),
        verify_code=code_of("contract", contract.contract_no),
        sections=(*sections, seals),
    )


def _first_sections(contract: ContractView, terms: ContractTerms, words: Mapping[str, str]) -> list[Section]:
    """As contracts of the first version were printed."""
    sections: list[Section] = [
        Fields("卖方", party_fields(contract.seller)),
        Fields("买方", party_fields(contract.buyer)),
        Fields("标的", (*goods_fields(contract, words), *receipt_fields(contract))),
        Fields("数量与价款", _money(contract)),
    ]
    if contract.payment_schedule:
        sections.append(payment_lines(contract))
    clauses = [f"{NUMERALS[at]}、{text}" for at, (_, text) in enumerate(clauses_of(terms))]
    dispute = f"{NUMERALS[len(clauses)]}、争议解决：{contract.dispute_clause}。"
    return [
        *sections,
        Fields("交收", _delivery(contract)),
        Prose("约定", (*clauses, dispute)),
        Fields("成立与凭证", _formation(contract)),
    ]


def contract_signatories(contract: ContractView) -> tuple[Signatory, ...]:
    """Who signs the PDF: both members, then the exchange."""
    return (
        Signatory(institution_code("member", contract.seller.code), contract.seller.name, "卖方签署合同"),
        Signatory(institution_code("member", contract.buyer.code), contract.buyer.name, "买方签署合同"),
        Signatory(EXCHANGE, EXCHANGE_NAME, "市场经营者确认成交"),
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
