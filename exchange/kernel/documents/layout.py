"""Drawing a document: Chinese A4 with the mark, a QR code, tables and page numbers.

Everything on the page follows from the `Document`: no clock, no chance, no name of the machine. The same
document gives the same bytes, which is what makes a signature over it repeatable.
"""

import io
from html import escape
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.documents.qr import draw_qr
from exchange.kernel.documents.seals import draw_seal
from exchange.kernel.documents.typeface import BOLD, REGULAR, register_typeface
from exchange.kernel.documents.types import Document, Field, Fields, Lines, Prose, Seal, Seals, Section

INK, INK_2, LINE = HexColor("#13211b"), HexColor("#45554c"), HexColor("#b9c5bc")
BRAND, GOLD, TINT, FAINT = HexColor("#14503c"), HexColor("#c8962e"), HexColor("#f1f5f1"), HexColor("#e4eae5")
ISSUER = "中国咸阳金果网"
MARGIN = 17 * mm
HEAD = 30 * mm
"""Height of the head of the first page."""
RUNNING_HEAD = 13 * mm
QR_SIZE = 25 * mm
UNBROKEN_ROWS = 12
"""A longer line table may go over the end of a page."""
WIDTH = A4[0] - 2 * MARGIN

_PLAIN = ParagraphStyle("plain", fontName=REGULAR, fontSize=9, leading=13, textColor=INK, wordWrap="CJK")
_LABEL = ParagraphStyle("label", parent=_PLAIN, textColor=INK_2, fontSize=8.5)
_FIGURE = ParagraphStyle("figure", parent=_PLAIN, alignment=TA_RIGHT)
_HEAD_CELL = ParagraphStyle("head cell", parent=_PLAIN, fontName=BOLD, fontSize=8.5, textColor=BRAND)
_HEAD_FIGURE = ParagraphStyle("head figure", parent=_HEAD_CELL, alignment=TA_RIGHT)
_TITLE = ParagraphStyle("title", parent=_PLAIN, fontName=BOLD, fontSize=20, leading=26, alignment=TA_CENTER)
_NUMBER = ParagraphStyle("number", parent=_PLAIN, fontSize=10, leading=15, alignment=TA_CENTER)
_NOTICE = ParagraphStyle("notice", parent=_PLAIN, fontSize=8.5, textColor=INK_2, alignment=TA_CENTER)
_SECTION = ParagraphStyle(
    "section", parent=_PLAIN, fontName=BOLD, fontSize=10.5, leading=15, textColor=BRAND, keepWithNext=1
)

_GRID: list[Any] = [
    ("FONTNAME", (0, 0), (-1, -1), REGULAR),
    ("GRID", (0, 0), (-1, -1), 0.5, LINE),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 5),
]


def render(document: Document) -> bytes:
    """The PDF, not signed yet."""
    register_typeface()
    out = io.BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        title=f"{document.title} {document.number}",
        author=ISSUER,
        subject=document.title,
        keywords=f"jinguo,{document.kind}:{document.number}",
        creator=ISSUER,
        lang="zh-CN",
        invariant=1,
    )
    bottom = 16 * mm
    top = A4[1] - 10 * mm
    frames = {
        "first": Frame(MARGIN, bottom, WIDTH, top - HEAD - bottom, 0, 0, 0, 0),
        "later": Frame(MARGIN, bottom, WIDTH, top - RUNNING_HEAD - bottom, 0, 0, 0, 0),
    }
    template.addPageTemplates(
        [
            PageTemplate(id="first", frames=[frames["first"]], autoNextPageTemplate="later"),
            PageTemplate(id="later", frames=[frames["later"]]),
        ]
    )
    template.build(_story(document), canvasmaker=_canvas_maker(document))
    return out.getvalue()


def _story(document: Document) -> list[Flowable]:
    story: list[Flowable] = [
        _text(document.title, _TITLE),
        _text(f"编号 {document.number}", _NUMBER),
        _text(document.notice, _NOTICE),
    ]
    for section in document.sections:
        story += [Spacer(1, 3.2 * mm), *_section(section)]
    return story


def _section(section: Section) -> list[Flowable]:
    title = _text(section.title, _SECTION)
    match section:
        case Fields():
            return [KeepTogether([title, Spacer(1, 1 * mm), _field_table(section.fields)])]
        case Lines():
            table = _line_table(section)
            if len(section.rows) <= UNBROKEN_ROWS:
                return [KeepTogether([title, Spacer(1, 1 * mm), table])]
            return [title, Spacer(1, 1 * mm), table]
        case Prose():
            return [title, *(_text(paragraph, _PLAIN) for paragraph in section.paragraphs)]
        case Seals():
            return [KeepTogether([title, Spacer(1, 1 * mm), _SealRow(section.seals)])]


def _field_table(fields: tuple[Field, ...]) -> Table:
    rows: list[list[Any]] = []
    spans: list[Any] = []
    waiting: Field | None = None
    for field in fields:
        if waiting is not None and not field.wide:
            rows.append([*_cells(waiting), *_cells(field)])
            waiting = None
            continue
        if waiting is not None:
            spans.append(("SPAN", (1, len(rows)), (3, len(rows))))
            rows.append([*_cells(waiting), "", ""])
            waiting = None
        if field.wide:
            spans.append(("SPAN", (1, len(rows)), (3, len(rows))))
            rows.append([*_cells(field), "", ""])
        else:
            waiting = field
    if waiting is not None:
        spans.append(("SPAN", (1, len(rows)), (3, len(rows))))
        rows.append([*_cells(waiting), "", ""])
    label = 25 * mm
    value = WIDTH / 2 - label
    labels = [("BACKGROUND", (0, 0), (0, -1), TINT)]
    labels += [("BACKGROUND", (2, row), (2, row), TINT) for row, cells in enumerate(rows) if cells[2] != ""]
    return Table(rows, colWidths=[label, value, label, value], style=TableStyle([*_GRID, *labels, *spans]))


def _cells(field: Field) -> list[Flowable]:
    return [_text(field.label, _LABEL), _text(field.value or "—", _PLAIN)]


def _line_table(lines: Lines) -> Table:
    shares = sum(column.share for column in lines.columns)
    head = [_text(column.label, _HEAD_FIGURE if column.figures else _HEAD_CELL) for column in lines.columns]
    styles = [_FIGURE if column.figures else _PLAIN for column in lines.columns]
    body = [[_text(text, style) for text, style in zip(row, styles, strict=True)] for row in lines.rows]
    commands = [*_GRID, ("BACKGROUND", (0, 0), (-1, 0), TINT)]
    if lines.total:
        body.append([_text(text, style) for text, style in zip(lines.total, styles, strict=True)])
        commands.append(("BACKGROUND", (0, -1), (-1, -1), FAINT))
    return Table(
        [head, *body],
        colWidths=[WIDTH * column.share / shares for column in lines.columns],
        repeatRows=1,
        style=TableStyle(commands),
    )


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph of plain text: nothing in it is markup, control characters are left out."""
    shown = "".join(sign for sign in text if sign == "\n" or sign.isprintable())
    return Paragraph(escape(shown, quote=False).replace("\n", "<br/>"), style)


class _SealRow(Flowable):
    """Seals side by side, with role, name and moment beside each."""

    RADIUS = 14 * mm

    def __init__(self, seals: tuple[Seal, ...]) -> None:
        super().__init__()
        self.seals = seals

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """See Flowable."""
        self.width = width
        return width, 2 * self.RADIUS + 15 * mm

    def draw(self) -> None:
        """See Flowable."""
        share = self.width / max(len(self.seals), 1)
        for place, seal in enumerate(self.seals):
            x = (place + 0.5) * share
            draw_seal(
                self.canv,
                x=x,
                y=15 * mm + self.RADIUS,
                radius=self.RADIUS,
                name=seal.name,
                caption="电子签章",
            )
            self.canv.setFillColor(INK)
            self.canv.setFont(BOLD, 8.5)
            self.canv.drawCentredString(x, 9.5 * mm, seal.role)
            self.canv.setFont(REGULAR, _fitting(seal.name, 8.5, share))
            self.canv.drawCentredString(x, 5.5 * mm, seal.name)
            self.canv.setFillColor(INK_2)
            self.canv.setFont(REGULAR, 7.5)
            self.canv.drawCentredString(x, 1.5 * mm, _moment(seal.at))


def _fitting(text: str, size: float, width: float) -> float:
    """The size at which the text fits into the width, at most ``size``."""
    return min(size, width * 0.94 / max(len(text), 1))


def _moment(at: Any) -> str:
    return f"{at.astimezone(TIMEZONE):%Y-%m-%d %H:%M:%S}"


def _canvas_maker(document: Document) -> type[Canvas]:
    """A canvas that draws head, foot and watermark when it knows how many pages there are."""

    class NumberedCanvas(Canvas):
        """Keeps the pages back until the last one is drawn."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "initialFontName": REGULAR})
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802
            """See Canvas."""
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """See Canvas."""
            for page, state in enumerate(self._kept, start=1):
                self.__dict__.update(state)
                _draw_frame(self, document, page, len(self._kept))
                super().showPage()
            super().save()

    return NumberedCanvas


def _draw_frame(canvas: Canvas, document: Document, page: int, pages: int) -> None:
    canvas.saveState()
    if document.watermark:
        _draw_watermark(canvas, document.watermark)
    _draw_head(canvas, document, first=page == 1)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 12.5 * mm, A4[0] - MARGIN, 12.5 * mm)
    canvas.setFillColor(INK_2)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(
        MARGIN, 8.5 * mm, f"{ISSUER} · {document.title} {document.number} · 验证码 {document.verify_code}"
    )
    canvas.drawRightString(A4[0] - MARGIN, 8.5 * mm, f"第 {page} 页 共 {pages} 页")
    canvas.restoreState()


def _draw_head(canvas: Canvas, document: Document, *, first: bool) -> None:
    top = A4[1] - 10 * mm
    _draw_mark(canvas, MARGIN, top - 9 * mm, 9 * mm)
    canvas.setFillColor(BRAND)
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN + 11 * mm, top - 4.6 * mm, ISSUER)
    canvas.setFillColor(INK_2)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(MARGIN + 11 * mm, top - 8.4 * mm, "鲜苹果现货电子交易 · 仓单 · 交收")
    right = A4[0] - MARGIN
    rule = top - (HEAD - 3 * mm if first else RUNNING_HEAD - 3 * mm)
    if first:
        canvas.setFillColor(INK)
        draw_qr(canvas, document.verify_url, x=right - QR_SIZE, y=top - QR_SIZE, size=QR_SIZE)
        canvas.linkURL(document.verify_url, (right - QR_SIZE, top - QR_SIZE, right, top))
        canvas.setFillColor(INK_2)
        canvas.setFont(REGULAR, 7.5)
        canvas.drawRightString(right - QR_SIZE - 2 * mm, top - 9 * mm, "扫码核验真伪与现状")
        canvas.drawRightString(right - QR_SIZE - 2 * mm, top - 15.5 * mm, "验证码")
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 11)
        canvas.drawRightString(right - QR_SIZE - 2 * mm, top - 20 * mm, document.verify_code)
    else:
        canvas.setFillColor(INK_2)
        canvas.setFont(REGULAR, 8.5)
        canvas.drawRightString(right, top - 6 * mm, f"{document.title} {document.number}")
    canvas.setStrokeColor(BRAND)
    canvas.setLineWidth(1.1)
    canvas.line(MARGIN, rule, right, rule)
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, rule - 1.6, right, rule - 1.6)


def _draw_mark(canvas: Canvas, x: float, y: float, size: float) -> None:
    """The apple of web/static/design/mark.svg, 40 units to a side."""
    canvas.saveState()
    canvas.translate(x, y + size)
    canvas.scale(size / 40, -size / 40)
    canvas.setStrokeColor(GOLD)
    canvas.setFillColor(GOLD)
    canvas.setLineWidth(3.4)
    canvas.setLineJoin(1)
    apple = canvas.beginPath()
    apple.moveTo(20, 13.4)
    apple.curveTo(16.6, 10.5, 7.7, 10.7, 7.7, 20)
    apple.curveTo(7.7, 27.9, 12.8, 35.4, 16.6, 35.4)
    apple.curveTo(18, 35.4, 18.8, 34.6, 20, 34.6)
    apple.curveTo(21.2, 34.6, 22, 35.4, 23.4, 35.4)
    apple.curveTo(27.2, 35.4, 32.3, 27.9, 32.3, 20)
    apple.curveTo(32.3, 10.7, 23.4, 10.5, 20, 13.4)
    apple.close()
    canvas.drawPath(apple, stroke=1, fill=0)
    canvas.setFillColor(HexColor("#5da873"))
    leaf = canvas.beginPath()
    leaf.moveTo(20.7, 9.6)
    leaf.curveTo(20.4, 5.4, 23, 2.8, 27.5, 2.4)
    leaf.curveTo(27.9, 6.8, 25.2, 9.4, 20.7, 9.6)
    leaf.close()
    canvas.drawPath(leaf, stroke=0, fill=1)
    canvas.restoreState()


def _draw_watermark(canvas: Canvas, text: str) -> None:
    canvas.saveState()
    canvas.setFillColor(HexColor("#b3211a"))
    canvas.setFillAlpha(0.09)
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(38)
    canvas.setFont(BOLD, 84)
    canvas.drawCentredString(0, -30, text)
    canvas.restoreState()
