"""The daily statement 结算单 as a document to draw and as a workbook.

The stored figures in, the same bytes out.
"""

import io
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import xlsxwriter

from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.documents.codes import code_of, verify_url
from exchange.kernel.documents.types import Document, Field, Fields, Seal, Seals, Section, Signatory
from exchange.kernel.institutions import EXCHANGE, EXCHANGE_NAME
from exchange.kernel.money import format_yuan, format_yuan_grouped
from settlement.line_texts import LINE_TEXTS
from settlement.shown import StatementView

LINES: tuple[tuple[str, str, str, int], ...] = (
    ("opening_fen", "期初结存", "Opening balance", 1),
    ("deposits_fen", "入金", "Deposits", 1),
    ("withdrawals_fen", "出金", "Withdrawals", -1),
    ("sales_fen", "卖出货款", "Sales", 1),
    ("purchases_fen", "买入货款", "Purchases", -1),
    ("buyer_fees_fen", "买方手续费", "Buyer's fees", -1),
    ("seller_fees_fen", "卖方手续费", "Seller's fees", -1),
    ("deposits_kept_fen", "品质担保金留存", "Quality deposits kept", -1),
    ("deposits_released_fen", "品质担保金退还", "Quality deposits released", 1),
)
"""(figure, Chinese, English, sign)."""

_Line = tuple[str, str, int]


def statement_lines(row: StatementView) -> list[_Line]:
    """(Chinese, English, signed fen) from opening to closing; lines of nothing are left out."""
    lines: list[_Line] = [
        (zh, en, sign * getattr(row, figure))
        for figure, zh, en, sign in LINES
        if figure == "opening_fen" or getattr(row, figure)
    ]
    lines += other_lines(row)
    return [*lines, ("期末结存", "Closing balance", row.closing_fen)]


def other_lines(row: StatementView) -> list[_Line]:
    """What has no column of its own, by kind; as corrections where the statement does not say."""
    other: Mapping[str, int] = row.other or {}
    if not other:
        return [("更正", "Corrections", row.corrections_fen)] if row.corrections_fen else []
    texts = {kind: LINE_TEXTS[kind] for kind in other}
    return [(_bare(texts[kind][0]), _bare(texts[kind][1]), fen) for kind, fen in other.items()]


def _bare(text: str) -> str:
    """The text of a line without the number it is about."""
    return text.replace("成交 {no} ", "").replace(" of trade {no}", "").replace("{no}", "").strip()


def statement_document(row: StatementView, *, name: str, code: str) -> Document:
    """The statement of a member (name, code); signed by the exchange alone."""
    at = datetime.combine(row.day + timedelta(days=1), time(0, 10), tzinfo=TIMEZONE)
    money = tuple(Field(zh, f"{format_yuan_grouped(fen)} 元") for zh, _, fen in statement_lines(row))
    sections: list[Section] = [
        Fields(
            "交易商",
            (
                Field("名称", name),
                Field("交易商代码", code),
                Field("结算日", row.day.isoformat()),
                Field("版次", str(row.revision)),
            ),
        ),
        Fields("资金", money),
        Fields(
            "备查",
            (
                Field("成交笔数", str(row.trades)),
                Field("品质担保金余额", f"{format_yuan_grouped(row.quality_deposit_fen)} 元"),
                Field("数据哈希", row.document_hash),
            ),
        ),
        Seals("签章", (Seal("市场经营者", EXCHANGE_NAME, at),)),
    ]
    return Document(
        kind="statement",
        title="每日结算单",
        number=row.statement_no,
        at=at,
        notice="对本结算单有异议的，请于下一交易日开市前提出；未提出的视为确认",
        verify_url=verify_url("statement", row.statement_no),
        verify_code=code_of("statement", row.statement_no),
        sections=tuple(sections),
    )


def statement_signatories() -> tuple[Signatory, ...]:
    """The exchange signs alone."""
    return (Signatory(EXCHANGE, EXCHANGE_NAME, "市场经营者出具结算单"),)


def statement_workbook(row: StatementView, *, name: str, code: str, english: bool = False) -> bytes:
    """The same as an Excel workbook; amounts are numbers in yuan that add up with a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(row.day.year, row.day.month, row.day.day)})  # noqa: DTZ001
        sheet = book.add_worksheet(row.day.isoformat())
        bold, yuan = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 18)
        sheet.write(0, 0, f"{row.statement_no}  {name} {code}", bold)
        lines = statement_lines(row)
        for at, (zh, en, fen) in enumerate(lines[:-1], 1):
            sheet.write_string(at, 0, en if english else zh)
            sheet.write_number(at, 1, float(format_yuan(fen)), yuan)
        last = len(lines)
        zh, en, fen = lines[-1]
        sheet.write_string(last, 0, en if english else zh, bold)
        sheet.write_formula(last, 1, f"=SUM(B2:B{last})", yuan, float(format_yuan(fen)))
        sheet.write_string(last + 1, 0, row.document_hash)
    return buffer.getvalue()
