"""Labels 货位标签 of the pieces of a lot: what is in the crate, where it lies, a QR code anybody can scan.

An A4 sheet of 3 × 8 labels of 70 × 37 mm, a format every stationer sells; the code leads to the public
page about the lot, the piece's number at its end.
"""

import io
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from exchange.kernel.documents.codes import verify_url
from exchange.kernel.documents.qr import draw_qr
from exchange.kernel.documents.typeface import BOLD, REGULAR, register_typeface
from exchange.kernel.errors import BadParameter
from warehouse_receipts.errors import UnknownIntake
from warehouse_receipts.models import Intake
from warehouse_receipts.papers.facts import Names
from warehouse_receipts.viewing import Viewer

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 70 * mm, 37 * mm
TOP = (A4[1] - ROWS * HEIGHT) / 2
PAD = 3.5 * mm
QR = 25 * mm
LOT, PIECE, PLAIN = 9.0, 13.0, 8.0
"""Sizes of the type, in points."""
LEADING = {LOT: 18.0, PIECE: 16.0, PLAIN: 12.0}
"""From a line of a size to the next one."""
MOST = 20 * COLUMNS * ROWS
"""Labels in one file."""


class Label(NamedTuple):
    """What one label says."""

    code: str
    """Address in the QR code."""
    lot_no: str
    piece: str
    lines: tuple[str, ...]


def lot_labels(
    intake_no: str, viewer: Viewer, names: Names, *, first: int = 1, last: int | None = None
) -> list[Label]:
    """Labels of the pieces first … last of a weighed lot; without a last one, a sheet.

    Raises UnknownIntake, BadParameter for pieces the lot does not have, or too many at once.
    """
    found = Intake.objects.filter(viewer.intakes(), no=intake_no).select_related("warehouse", "room")
    lot = found.first()
    if lot is None or not lot.pieces:
        raise UnknownIntake(intake=intake_no)
    last = min(lot.pieces, first + COLUMNS * ROWS - 1) if last is None else last
    if not 1 <= first <= last <= lot.pieces or last - first >= MOST:
        raise BadParameter(name="pieces")
    place = lot.warehouse.code + (f" · {lot.room.code}" if lot.room else "")
    goods = f"{names.variety(lot.variety_code)} {lot.crop_year}"
    lines = tuple(line for line in (goods, f"{lot.county} {lot.orchard}", place, lot.mark) if line)
    address = verify_url("intake", lot.no)
    return [
        Label(f"{address}?piece={piece}", lot.no, f"{piece:,} / {lot.pieces:,}", lines)
        for piece in range(first, last + 1)
    ]


def labels_pdf(labels: list[Label]) -> bytes:
    """The sheets to print."""
    register_typeface()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(f"货位标签 {labels[0].lot_no}")
    for at, label in enumerate(labels):
        place = at % (COLUMNS * ROWS)
        if at and not place:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        _draw(canvas, label, column * WIDTH, A4[1] - TOP - (row + 1) * HEIGHT)
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, x: float, y: float) -> None:
    """One label with its lower left corner at (x, y)."""
    draw_qr(canvas, label.code, x=x + WIDTH - PAD - QR, y=y + (HEIGHT - QR) / 2, size=QR)
    room = WIDTH - 2 * PAD - QR - 1 * mm
    line = y + HEIGHT - PAD - 9
    for text, face, size in (
        (label.lot_no, BOLD, LOT),
        (label.piece, BOLD, PIECE),
        *((text, REGULAR, PLAIN) for text in label.lines),
    ):
        canvas.setFont(face, _fitting(text, face, size, room))
        canvas.drawString(x + PAD, line, text)
        line -= LEADING[size]


def _fitting(text: str, face: str, size: float, room: float) -> float:
    """The size at which a line fits, not above its own."""
    width = stringWidth(text, face, size)
    return size if width <= room else size * room / width
