"""The inspection report 质检报告: lot, sample, what was measured, the grade it gives."""

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
from warehouse_receipts.papers.receipt import party_text
from warehouse_receipts.papers.rows import InspectionPaper

TERMS = (
    "一、本报告只对所检批次负责；复检以新报告为准，旧报告仍保留备查。",
    "二、对检验结果有异议的，在收到报告之日起五个工作日内申请复检，费用由责任方承担。",
)


def inspection_document(paper: InspectionPaper) -> Document:
    """The report, sealed by the inspection body."""
    sections: list[Section] = [
        Fields("受检批次", _lot(paper)),
        Fields("抽样与结论", _conclusion(paper)),
        Lines("检验项目", (Column("项目", 3), Column("实测", 2), Column("说明", 4)), paper.measured),
    ]
    if paper.residues:
        columns = (Column("农药", 3), Column("实测 mg/kg", 2), Column("限量 mg/kg", 2), Column("判定", 2))
        sections.append(Lines("农药残留（GB 2763）", columns, paper.residues))
    sections += [
        Prose("说明", TERMS),
        Seals("签章", (Seal("检验机构", paper.body.name, paper.inspected_at),)),
    ]
    return Document(
        kind="inspection",
        title="鲜苹果质量检验报告",
        number=paper.report_no,
        at=paper.inspected_at,
        notice=f"依据 {paper.standard} 检验",
        verify_url=verify_url("inspection", paper.report_no),
        verify_code=code_of("inspection", paper.report_no),
        sections=tuple(sections),
    )


def _lot(paper: InspectionPaper) -> tuple[Field, ...]:
    return (
        Field("入库单", paper.intake_no),
        Field("仓库", paper.warehouse_name),
        Field("送检人", party_text(paper.depositor), wide=True),
        Field("品种", paper.variety),
        Field("套袋", paper.bagging),
        Field("产地", paper.county),
        Field("产季", f"{paper.crop_year} 年"),
        Field("果园", paper.orchard, wide=True),
        Field("批次件数", f"{paper.pieces:,} 件"),
        Field("批次净重", f"{paper.net_kg:,} 公斤"),
    )


def _conclusion(paper: InspectionPaper) -> tuple[Field, ...]:
    return (
        Field("抽样单", paper.sampling_no),
        Field("抽样", paper.sampling),
        Field("等级", paper.grade),
        Field("检验员", paper.inspector),
        Field("检验时间", f"{paper.inspected_at.astimezone(TIMEZONE):%Y-%m-%d %H:%M}"),
        Field("代替报告", paper.replaces_no),
    )
