"""Electronic seals as they are drawn: the round red seal of a Chinese enterprise, marked as electronic.

The seal is only how a signature looks on paper. What counts is the signature in the file.
"""

import math

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from exchange.kernel.documents.typeface import BOLD, REGULAR

RED = HexColor("#b8281e")
_FULL_TURN_DEG = 360
_ARC_DEG = 250
"""How much of the ring the name may take."""
_POINTS = 5


def draw_seal(canvas: Canvas, *, x: float, y: float, radius: float, name: str, caption: str) -> None:
    """A seal around (x, y), sizes in points: ring, star, name along the ring, caption below the star."""
    canvas.saveState()
    canvas.setFillColor(RED)
    canvas.setStrokeColor(RED)
    canvas.setLineWidth(radius * 0.055)
    canvas.circle(x, y, radius, stroke=1, fill=0)
    _draw_star(canvas, x, y + radius * 0.02, radius * 0.26)
    _draw_along_ring(canvas, x, y, radius, name)
    size = radius * 0.17
    canvas.setFont(REGULAR, size)
    canvas.drawCentredString(x, y - radius * 0.58, caption)
    canvas.restoreState()


def _draw_star(canvas: Canvas, x: float, y: float, radius: float) -> None:
    path = canvas.beginPath()
    for corner in range(2 * _POINTS):
        reach = radius if corner % 2 == 0 else radius * 0.382
        angle = math.radians(90 + corner * _FULL_TURN_DEG / (2 * _POINTS))
        draw = path.moveTo if corner == 0 else path.lineTo
        draw(x + reach * math.cos(angle), y + reach * math.sin(angle))
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_along_ring(canvas: Canvas, x: float, y: float, radius: float, name: str) -> None:
    size = min(radius * 0.27, radius * 3.2 / max(len(name), 1))
    inner = radius * 0.9 - size
    widths = [stringWidth(sign, BOLD, size) for sign in name]
    natural_deg = math.degrees(sum(widths) / (inner + size * 0.3)) * 1.12
    stretch = min(1.0, _ARC_DEG / natural_deg) if natural_deg else 1.0
    angle = 90 + natural_deg * stretch / 2
    for sign, width in zip(name, widths, strict=True):
        step = natural_deg * stretch * width / sum(widths)
        middle = angle - step / 2
        canvas.saveState()
        canvas.translate(
            x + inner * math.cos(math.radians(middle)), y + inner * math.sin(math.radians(middle))
        )
        canvas.rotate(middle - 90)
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(0, 0, sign)
        canvas.restoreState()
        angle -= step
