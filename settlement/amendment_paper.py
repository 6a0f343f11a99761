"""An agreed amendment as a document to draw: what stood there, what stands there now, and its chain."""

from exchange.kernel.calendar import datetime_of, format_time
from exchange.kernel.documents.codes import code_of, verify_url
from exchange.kernel.documents.types import Column, Document, Field, Fields, Lines, Prose, Seal, Seals
from exchange.kernel.institutions import EXCHANGE_NAME
from settlement.amendments import AmendmentRow
from settlement.contract_paper_parts import party_fields
from settlement.shown import ContractView
from settlement.terms import percent

NAMES = {
    "delivery_until": "最迟提货日",
    "deposit_release_day": "异议截止、视为接受日",
    "over_short_bps": "溢短范围",
}


def amendment_document(contract: ContractView, amendment: AmendmentRow) -> Document:
    """An agreed amendment of a contract."""
    assert amendment.place is not None
    assert amendment.decided_at_ns is not None
    at = datetime_of(amendment.decided_at_ns)
    columns = (Column("项目", 3), Column("原约定", 2), Column("变更为", 2))
    rows = tuple(
        (NAMES[name], _shown(name, amendment.before[name]), _shown(name, amendment.changes[name]))
        for name in NAMES
        if name in amendment.changes
    )
    return Document(
        kind="amendment",
        title="电子交易合同变更协议",
        number=amendment.amendment_no,
        at=at,
        notice="本协议由一方提出、另一方在电子交易系统内同意，双方和市场经营者电子签章",
        verify_url=verify_url("amendment", amendment.amendment_no),
        verify_code=code_of("amendment", amendment.amendment_no),
        sections=(
            Fields("卖方", party_fields(contract.seller)),
            Fields("买方", party_fields(contract.buyer)),
            Lines(f"变更内容（合同 {contract.contract_no}，第 {amendment.place} 次变更）", columns, rows),
            Prose("约定", (f"变更原因：{amendment.reason}", "本协议自同意之时生效，合同其他条款不变。")),
            Fields("成立与凭证", _formation(contract, amendment)),
            Seals(
                "签章",
                (
                    Seal("卖方", contract.seller.name, at),
                    Seal("买方", contract.buyer.name, at),
                    Seal("市场经营者", EXCHANGE_NAME, at),
                ),
            ),
        ),
    )


def _shown(name: str, value: str | int) -> str:
    return percent(value) if name == "over_short_bps" and isinstance(value, int) else str(value)


def _formation(contract: ContractView, amendment: AmendmentRow) -> tuple[Field, ...]:
    proposer = contract.seller if amendment.proposed_by_no == contract.seller.account_no else contract.buyer
    assert amendment.decided_at_ns is not None
    return (
        Field("提出方", proposer.name, wide=True),
        Field("提出时间", format_time(amendment.proposed_at_ns), wide=True),
        Field("同意时间", format_time(amendment.decided_at_ns), wide=True),
        Field("前一文书摘要", amendment.prev_hash, wide=True),
        Field("本文书摘要", amendment.document_hash, wide=True),
    )
