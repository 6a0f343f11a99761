"""The notes of the store's gate: in-note 入库单, pickup order 提货单, out-note 出库单."""

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
from exchange.kernel.money import format_yuan_grouped
from warehouse_receipts.papers.receipt import loads_table, party_text
from warehouse_receipts.papers.rows import IntakePaper, PickupPaper

G_PER_KG = 1_000
PICKUP_TERMS = (
    "一、提货人凭提货码、车牌和有效证件提货，三者相符方可装车；提货码只用一次，不得转告他人。",
    "二、外观和数量的异议在离库前提出，隐蔽缺陷在四十八小时内提出；签收后视为数量和外观合格（民法典第六百二十三条）。",
    "三、溢短在百分之二以内按合同价结算。",
)


def intake_document(paper: IntakePaper) -> Document:
    """The in-note, with the formula its net weight comes from."""
    return Document(
        kind="intake",
        title="入库单",
        number=paper.intake_no,
        at=paper.at,
        notice="本单证明仓储物已经入库验收；不是提取仓储物的凭证，不能转让",
        verify_url=verify_url("intake", paper.intake_no),
        verify_code=code_of("intake", paper.intake_no),
        sections=(
            Fields("批次", _lot(paper)),
            Fields("抽样过磅", _weights(paper)),
            Seals("签章", (Seal("保管人", paper.keeper.name, paper.at),)),
        ),
    )


def weight_formula(paper: IntakePaper) -> str:
    """How the net weight was found, with the figures put in."""
    gross, tare = _kg(paper.sample_gross_g), _kg(paper.sample_tare_g)
    sample = f"（{gross} − {tare}）公斤 ÷ {paper.sample_pieces} 件"
    return f"{sample} × {paper.pieces:,} 件 = {paper.net_kg:,} 公斤（舍去不足一公斤）"


def pickup_document(paper: PickupPaper) -> Document:
    """The pickup order for the driver."""
    sections: list[Section] = [
        Fields("提货", _pickup(paper)),
        _receipts(paper),
        Prose("须知", PICKUP_TERMS),
        Seals(
            "签章",
            (Seal("保管人", paper.keeper.name, paper.at), Seal("登记机构", "中国咸阳金果网", paper.at)),
        ),
    ]
    return _pickup_paper(paper, "pickup", "提货单", "凭本单、车牌和有效证件在约定时段到库提货", sections)


def outbound_document(paper: PickupPaper) -> Document:
    """The out-note with gate pass: what left, what the scale said, which fees fell due."""
    sections: list[Section] = [Fields("提货", _pickup(paper)), loads_table("出库过磅", paper.loads)]
    if paper.fees:
        columns = (Column("缴费人", 4), Column("项目", 4), Column("金额 元", 2, figures=True))
        rows = tuple((payer, what, format_yuan_grouped(fen)) for payer, what, fen in paper.fees)
        total = format_yuan_grouped(sum(fen for _, _, fen in paper.fees))
        sections.append(Lines("仓储费用", columns, rows, ("合计", "", total)))
    sections.append(Seals("签章", (Seal("保管人", paper.keeper.name, paper.at),)))
    return _pickup_paper(paper, "outbound", "出库单", f"出门证 {paper.gate_pass_no}", sections)


def _pickup_paper(
    paper: PickupPaper, kind: str, title: str, notice: str, sections: list[Section]
) -> Document:
    return Document(
        kind=kind,
        title=title,
        number=paper.pickup_no,
        at=paper.at,
        notice=notice,
        verify_url=verify_url(kind, paper.pickup_no),
        verify_code=code_of(kind, paper.pickup_no),
        sections=tuple(sections),
    )


def _lot(paper: IntakePaper) -> tuple[Field, ...]:
    return (
        Field("存货人", party_text(paper.owner), wide=True),
        Field("仓库", paper.warehouse_name),
        Field("库间", paper.room),
        Field("车牌", paper.plate),
        Field("状态", paper.state),
        Field("品种", paper.variety),
        Field("套袋", paper.bagging),
        Field("产地", paper.county),
        Field("产季", f"{paper.crop_year} 年"),
        Field("果园", paper.orchard),
        Field("种植者", paper.grower),
        Field("采收", paper.harvested_on),
        Field("合格证", paper.certificate_no),
        Field("包装", paper.packaging),
        Field("标记", paper.mark),
    )


def _weights(paper: IntakePaper) -> tuple[Field, ...]:
    return (
        Field("总件数", f"{paper.pieces:,} 件"),
        Field("抽样件数", f"{paper.sample_pieces:,} 件"),
        Field("抽样毛重", f"{_kg(paper.sample_gross_g)} 公斤"),
        Field("抽样皮重", f"{_kg(paper.sample_tare_g)} 公斤"),
        Field("净重", f"{paper.net_kg:,} 公斤"),
        Field("司磅员", paper.weigher),
        Field("算式", weight_formula(paper), wide=True),
    )


def _pickup(paper: PickupPaper) -> tuple[Field, ...]:
    fields = [
        Field("提货单位", party_text(paper.holder), wide=True),
        Field("仓库", f"{paper.warehouse_name}，{paper.warehouse_address}", wide=True),
        Field("品名", paper.product_name, wide=True),
        Field("数量", f"{paper.kg:,} 公斤"),
        Field("约定时段", f"{paper.slot_at.astimezone(TIMEZONE):%Y-%m-%d %H:%M}"),
        Field("车牌", paper.plate),
        Field("提货人", f"{paper.person}　{paper.id_masked}"),
        Field("状态", paper.state),
    ]
    if paper.code:
        fields.append(Field("提货码", paper.code))
    return tuple(fields)


def _receipts(paper: PickupPaper) -> Lines:
    rows = tuple((number, f"{kg:,}") for number, kg in paper.receipts)
    total = ("合计", f"{sum(kg for _, kg in paper.receipts):,}")
    return Lines("仓单", (Column("仓单编号", 3), Column("数量 公斤", 2, figures=True)), rows, total)


def _kg(grams: int) -> str:
    return f"{grams // G_PER_KG:,}.{grams % G_PER_KG:03d}"
