"""The half-year report 半年监管报告 as sections of Chinese words, as a document to sign, as a workbook.

Page, PDF and workbook are the same sections made from the stored figures.
"""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import xlsxwriter

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
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME
from exchange.kernel.money import format_yuan_grouped
from exchange.surveillance.types import Kind, Outcome

KIND = "regulatory"
_WAYS = {"spot": "现货撮合", "listing": "挂牌", "auction": "竞价", "negotiated": "议价"}
_MEMBERS = {
    "grower": "果农合作社",
    "dealer": "经销商",
    "processor": "加工企业",
    "supermarket": "商超",
    "exporter": "出口企业",
}
_STATUS = {
    "unpaid": "待付尾款",
    "effective": "履行中",
    "disputed": "争议处理中",
    "completed": "已履行完毕",
    "breached": "已违约终止",
}
_ACCOUNTS = {
    "client_money": "客户资金专户",
    "cash": "交易商资金",
    "quality_deposit": "品质担保金",
    "bond": "履约保证金",
    "escrow": "在途货款",
    "fees": "交易手续费收入",
    "delivery_fees": "交收手续费收入",
    "storage_payable": "代收仓储费",
    "inspection_payable": "代收检验费",
    "tax_payable": "代收税款",
    "interest_payable": "待分配利息",
    "risk_reserve": "风险准备金",
    "bank_charges": "银行费用",
    "suspense": "待查款",
}
_ACTIONS = {
    "member.suspend": "暂停交易商",
    "member.reinstate": "恢复交易商",
    "surveillance.approve_rules": "监察参数变更",
    "surveillance.export": "案卷导出",
}
_PARTIES = {"seller": "卖方", "buyer": "买方"}


class Table(NamedTuple):
    """A table of a section; figures stand in every column but the first ``words``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


class Part(NamedTuple):
    """A section of the report: labels with values, then tables."""

    title: str
    fields: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...] = ()


def title_of(figures: Mapping[str, Any]) -> str:
    """E.g. 2026 年上半年."""
    return f"{figures['year']} 年{'上' if figures['half'] == 1 else '下'}半年"


def parts_of(figures: Mapping[str, Any]) -> list[Part]:
    """The report in words and formatted numbers."""
    return [
        _trade(figures["trading"], figures),
        _members(figures["members"], figures["largest"]),
        _receipts(figures["receipts"]),
        _contracts(figures["contracts"]),
        _money(figures["money"]),
        _supervision(figures["supervision"], figures["contracts"]),
    ]


def _trade(trading: Mapping[str, Any], figures: Mapping[str, Any]) -> Part:
    total = trading["total"]
    fields = (
        ("交易日", str(figures["trading_days"])),
        ("成交量", f"{_tonnes(total['kg'])} 吨"),
        ("成交额", f"{_yuan(total['fen'])} 元"),
        ("成交笔数", f"{total['number']:,}"),
        ("参与交易商", f"{trading['members']}（买方 {trading['buyers']}，卖方 {trading['sellers']}）"),
    )
    tables = (
        _sums("月份", [(row["month"], row) for row in trading["months"]]),
        _sums("交易方式", [(_WAYS.get(row["way"], row["way"]), row) for row in trading["ways"]]),
        _sums("县", [(row["county"], row) for row in trading["counties"]]),
        _sums("品种", [(row["name"], row) for row in trading["products"]]),
    )
    return Part("一、成交", fields, tables)


def _sums(label: str, rows: list[tuple[str, Mapping[str, int]]]) -> Table:
    return Table(
        (label, "数量 吨", "金额 元", "笔数"),
        tuple((name, _tonnes(row["kg"]), _yuan(row["fen"]), f"{row['number']:,}") for name, row in rows),
    )


def _members(members: Mapping[str, Mapping[str, int]], largest: Mapping[str, Any]) -> Part:
    columns = ("members", "admitted", "suspended")
    counted = tuple(
        (name, *(str(members[column].get(kind, 0)) for column in columns)) for kind, name in _MEMBERS.items()
    )
    named = tuple(
        (
            "买方" if side == "buyer" else "卖方",
            f"{row['code']} {row['name']}",
            _tonnes(row["kg"]),
            _percent(row["share_bps"]),
        )
        for side in ("buyer", "seller")
        for row in largest[side]
    )
    fields = tuple(
        (label, str(sum(members[column].values())))
        for column, label in zip(columns, ("期末交易商", "本期入市", "现暂停交易"), strict=True)
    )
    return Part(
        "二、交易商与集中度",
        fields,
        (
            Table(("类别", "期末", "本期入市", "现暂停交易"), counted),
            Table(("方向", "最大交易商", "数量 吨", "占比"), named, 2),
        ),
    )


def _receipts(receipts: Mapping[str, Any]) -> Part:
    fields = (
        ("签发仓单", f"{receipts['issued']:,} 张"),
        ("签发数量", f"{_tonnes(receipts['issued_kg'])} 吨"),
        ("出库数量", f"{_tonnes(receipts['delivered_kg'])} 吨"),
        ("出库车次", f"{receipts['loads']:,}"),
    )
    stores = tuple(
        (
            f"{row['code']} {row['name']}",
            row["county"],
            _tonnes(row["physical_kg"]),
            _tonnes(row["receipted_kg"]),
        )
        for row in receipts["stores"]
    )
    return Part(
        "三、仓单与库存", fields, (Table(("交收仓库", "县", "编制时库存 吨", "仓单数量 吨"), stores, 2),)
    )


def _contracts(contracts: Mapping[str, Any]) -> Part:
    breached = contracts["breaches"]
    fields = (
        ("成立合同", f"{contracts['formed']:,} 份"),
        ("合同金额", f"{_yuan(contracts['formed_fen'])} 元"),
        ("本期履行完毕", f"{contracts['completed']:,} 份"),
        ("已了结合同履约率", _percent(contracts["fulfilled_bps"])),
        *(
            (f"{_PARTIES.get(party, party)}违约", f"{number} 起")
            for party, number in sorted(breached.items())
        ),
        ("质量异议", f"{contracts['claims']} 起"),
        ("争议", f"{contracts['disputes']} 起"),
    )
    rows = tuple(
        (_STATUS.get(status, status), f"{number:,}")
        for status, number in sorted(contracts["by_status"].items())
    )
    return Part("四、合同与交收", fields, (Table(("本期成立合同的现状", "份数"), rows),))


def _money(money: Mapping[str, Any]) -> Part:
    fields = (
        ("专户收入", f"{_yuan(money['paid_in'])} 元"),
        ("专户支出", f"{_yuan(money['paid_out'])} 元"),
        ("手续费收入", f"{_yuan(money['fees'])} 元"),
        ("三方对账", f"{money['reconciled_days']} 日，其中有差异 {money['days_with_breaks']} 日"),
    )
    rows = tuple((_ACCOUNTS.get(kind, kind), _yuan(fen)) for kind, fen in money["balances"].items())
    return Part("五、客户资金", fields, (Table(("期末余额", "金额 元"), rows),))


def _supervision(supervision: Mapping[str, Any], contracts: Mapping[str, Any]) -> Part:
    cases = supervision["cases"]
    outcomes = {value: cases.get(value, 0) for value in Outcome.values}
    fields = (
        ("立案", f"{cases['opened']} 件"),
        *((f"结案：{Outcome(value).label}", f"{number} 件") for value, number in outcomes.items()),
        ("品种暂停", f"{supervision['halts']} 次"),
        *((_ACTIONS.get(name, name), f"{number} 次") for name, number in supervision["actions"].items()),
        ("合同条款新版本", f"{contracts['terms_versions']} 版"),
    )
    alerts = tuple((kind.label, str(supervision["alerts"].get(kind.value, 0))) for kind in Kind)
    return Part("六、监察与规则", fields, (Table(("预警", "条数"), alerts),))


def _tonnes(kg: int) -> str:
    whole, rest = divmod(kg, 1_000)
    return f"{whole:,}" + (f".{rest:03d}".rstrip("0") if rest else "")


def _yuan(fen: int) -> str:
    return format_yuan_grouped(fen)


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d}%"


# Document and workbook -------------------------------------------------------------------------------

NOTES = (
    "本报告由市场账簿按同一口径汇总，经办与复核为不同人员。",
    "全部买单以全额货款、全部卖单以仓单冻结为前提；不设杠杆、卖空和现金结算。各品种启用的交易方式见成交部分。",
    "交易、结算、交收、仓储和支付记录实时记载，防篡改保存不少于五年。",
)


def report_document(
    figures: Mapping[str, Any], *, no: str, figures_hash: str, maker: str, checker: str, at: datetime
) -> Document:
    """The report as a document; signed by the exchange."""
    head = Fields(
        "报告",
        (
            Field("报告期", f"{figures['first']} 至 {figures['last']}"),
            Field("市场经营者", EXCHANGE_NAME),
            Field("经办", maker),
            Field("复核", checker),
            Field("数据哈希", figures_hash, wide=True),
        ),
    )
    sections: list[Section] = [head]
    for part in parts_of(figures):
        sections.append(Fields(part.title, tuple(Field(*field) for field in part.fields)))
        sections += [_lines(table) for table in part.tables if table.rows]
    sections.append(Prose("说明", NOTES))
    sections.append(Seals("签章", (Seal("市场经营者", EXCHANGE_NAME, at),)))
    return Document(
        kind=KIND,
        title="商品现货市场半年报告",
        number=no,
        at=at,
        notice=f"{title_of(figures)}，依《商品现货市场交易特别规定（试行）》编制",
        verify_url=verify_url(KIND, no),
        verify_code=code_of(KIND, no),
        sections=tuple(sections),
    )


def _lines(table: Table) -> Lines:
    columns = tuple(
        Column(label, 2 if place < table.words else 1, figures=place >= table.words)
        for place, label in enumerate(table.columns)
    )
    return Lines(table.columns[0], columns, table.rows)


def report_signatories() -> tuple[Signatory, ...]:
    """The exchange signs alone."""
    return (Signatory(EXCHANGE, EXCHANGE_NAME, "市场经营者报送半年报告"),)


def report_workbook(figures: Mapping[str, Any], *, no: str, figures_hash: str, at: datetime) -> bytes:
    """The same as a workbook, a sheet to each section."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"{title_of(figures)} {no}", "created": at.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for part in parts_of(figures):
            sheet = book.add_worksheet(part.title.partition("、")[2])
            sheet.set_column(0, 0, 32)
            sheet.set_column(1, 3, 20)
            sheet.write_string(0, 0, f"{no} {title_of(figures)}", bold)
            at_row = 2
            for label, value in part.fields:
                sheet.write_string(at_row, 0, label)
                sheet.write_string(at_row, 1, value)
                at_row += 1
            for table in part.tables:
                at_row += 1
                sheet.write_row(at_row, 0, table.columns, bold)
                for row in table.rows:
                    at_row += 1
                    for place, cell in enumerate(row):
                        _write(sheet, at_row, place, cell, number=place >= table.words)
                at_row += 1
            sheet.write_string(at_row + 1, 0, figures_hash)
    return buffer.getvalue()


def _write(sheet: Any, row: int, place: int, cell: str, *, number: bool) -> None:
    """Numbers as numbers, so that they can be added up."""
    plain = cell.replace(",", "")
    if number and plain.replace(".", "", 1).replace("-", "", 1).isdigit():
        sheet.write_number(row, place, float(plain))
    else:
        sheet.write_string(row, place, cell)
