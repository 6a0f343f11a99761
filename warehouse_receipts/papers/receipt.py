"""The warehouse receipt 电子仓单: front, endorsement side and deliveries on one paper."""

from exchange.kernel.calendar import TIMEZONE
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
)
from exchange.kernel.money import format_yuan
from warehouse_receipts.papers.rows import PaperLoad, PaperParty, ReceiptPaper

NOTICE = (
    "本仓单是提取仓储物的凭证；持有人背书并经保管人签章的，可以转让提取仓储物的权利（民法典第九百一十条）"
)
TERMS = (
    "一、保管人验收后，仓储物的品种、数量、质量不符合约定的，保管人承担赔偿责任（民法典第九百零七条）；损耗标准以内的减重除外。",
    "二、本仓单为电子仓单，以登记为准。本件是登记内容的载明；转让、质押、提货和注销以扫码所见现状为准。",
    "三、转让自登记完成时生效，每一次背书由登记机构签名并与前一次以哈希相连，任何改动都能被发现。",
    "四、持有人凭提货码、车牌和有效证件提货；逾期提取的加收仓储费（民法典第九百一十五条）。",
)


def receipt_document(paper: ReceiptPaper) -> Document:
    """The receipt as it stands at ``paper.as_of``."""
    sections: list[Section] = [
        Fields("凭证", _voucher(paper)),
        Fields("仓储物", _goods(paper)),
        Fields("保管", _keeping(paper)),
        Fields("质量", _quality(paper)),
    ]
    if paper.endorsements:
        sections.append(_endorsements(paper))
    if paper.loads:
        sections.append(loads_table("提货记录", paper.loads))
    sections += [Prose("提示", TERMS), _seals(paper)]
    return Document(
        kind="receipt",
        title="电子仓单",
        number=paper.receipt_no,
        at=paper.as_of,
        notice=NOTICE,
        verify_url=verify_url("receipt", paper.receipt_no),
        verify_code=code_of("receipt", paper.receipt_no),
        sections=tuple(sections),
        watermark="已注销" if paper.ended else "",
    )


def party_text(party: PaperParty) -> str:
    """A party on one line: name, code, credit code, address, as far as they are known."""
    behind = [text for text in (party.code, party.uscc, party.address) if text]
    return f"{party.name}（{'，'.join(behind)}）" if behind else party.name


def loads_table(title: str, loads: tuple[PaperLoad, ...]) -> Lines:
    """Goods that left, line by line, with what the scale said."""
    columns = (
        Column("发货时间", 3),
        Column("仓单", 3),
        Column("经办人", 2),
        Column("仓单数量 公斤", 2, figures=True),
        Column("过磅 公斤", 2, figures=True),
        Column("溢短 公斤", 2, figures=True),
    )
    rows = tuple(
        (
            f"{load.at.astimezone(TIMEZONE):%Y-%m-%d %H:%M}",
            load.receipt_no,
            load.clerk,
            f"{load.kg:,}",
            f"{load.weighed_kg:,}",
            f"{load.weighed_kg - load.kg:+,}",
        )
        for load in loads
    )
    kg, weighed = sum(load.kg for load in loads), sum(load.weighed_kg for load in loads)
    return Lines(title, columns, rows, ("合计", "", "", f"{kg:,}", f"{weighed:,}", f"{weighed - kg:+,}"))


def _voucher(paper: ReceiptPaper) -> tuple[Field, ...]:
    return (
        Field("登记编码", paper.register_no),
        Field("状态", paper.state),
        Field("存货人", party_text(paper.depositor), wide=True),
        Field("持有人", party_text(paper.holder), wide=True),
        Field("填发日期", f"{paper.issued_at.astimezone(TIMEZONE):%Y-%m-%d}"),
        Field("填发地", "陕西省咸阳市"),
        Field("入库单", paper.intake_no),
        Field("分自仓单", paper.parent_no),
    )


def _goods(paper: ReceiptPaper) -> tuple[Field, ...]:
    return (
        Field("品名", paper.product_name, wide=True),
        Field("数量", f"{paper.kg:,} 公斤"),
        Field("签发数量", f"{paper.issued_kg:,} 公斤"),
        Field("包装", paper.packaging),
        Field("件数", f"{paper.pieces:,} 件（原批次）"),
        Field("标记", paper.mark),
        Field("套袋", paper.bagging),
        Field("产地", paper.county),
        Field("产季", f"{paper.crop_year} 年"),
        Field("果园", paper.orchard, wide=True),
    )


def _keeping(paper: ReceiptPaper) -> tuple[Field, ...]:
    fee = format_yuan(paper.storage_fee_fen_per_t_day)
    return (
        Field("保管人", party_text(paper.keeper), wide=True),
        Field("仓储场所", f"{paper.warehouse_name}（{paper.warehouse_code}，{paper.store_type}）", wide=True),
        Field("储存期限", f"至 {paper.expires_on:%Y-%m-%d}"),
        Field("损耗标准", f"每月 {paper.loss_permille_per_month}‰"),
        Field("仓储费", f"每吨每天 {fee} 元"),
        Field("计量单位", "公斤"),
        Field("保险人", paper.insurer),
        Field("保险", paper.insurance),
    )


def _quality(paper: ReceiptPaper) -> tuple[Field, ...]:
    return (
        Field("等级", paper.grade),
        Field("依据", paper.standard),
        Field("检验报告", paper.inspection_no),
        Field("检验日期", f"{paper.inspected_at.astimezone(TIMEZONE):%Y-%m-%d}"),
        Field("检验机构", party_text(paper.inspector), wide=True),
        Field("登记链摘要", paper.chain_hash, wide=True),
    )


def _endorsements(paper: ReceiptPaper) -> Lines:
    columns = (
        Column("时间", 3),
        Column("背书人", 4),
        Column("被背书人", 4),
        Column("合同", 4),
        Column("数量 公斤", 2, figures=True),
    )
    rows = tuple(
        (
            f"{step.at.astimezone(TIMEZONE):%Y-%m-%d %H:%M}",
            step.from_name,
            step.to_name,
            step.contract_no,
            f"{step.kg:,}",
        )
        for step in paper.endorsements
    )
    return Lines("背书", columns, rows)


def _seals(paper: ReceiptPaper) -> Seals:
    return Seals(
        "签章",
        (
            Seal("保管人", paper.keeper.name, paper.as_of),
            Seal("检验机构", paper.inspector.name, paper.as_of),
            Seal("登记机构", "中国咸阳金果网", paper.as_of),
        ),
    )
