"""QR codes (ISO/IEC 18004) as vectors: drawn into a PDF, or as SVG for a page or a label."""

import segno
from reportlab.pdfgen.canvas import Canvas

QUIET_MODULES = 2
_ERROR_LEVEL = "m"


def draw_qr(canvas: Canvas, text: str, *, x: float, y: float, size: float) -> None:
    """Draws the code with its lower left corner at (x, y), ``size`` points wide; one sharp path."""
    matrix = segno.make(text, error=_ERROR_LEVEL, micro=False).matrix
    module = size / (len(matrix) + 2 * QUIET_MODULES)
    path = canvas.beginPath()
    for row, line in enumerate(matrix):
        top = y + size - (row + 1 + QUIET_MODULES) * module
        for start, length in _runs(line):
            path.rect(x + (start + QUIET_MODULES) * module, top, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def qr_svg(text: str) -> str:
    """The code as an SVG element in the colour of the text around it."""
    matrix = segno.make(text, error=_ERROR_LEVEL, micro=False).matrix
    side = len(matrix) + 2 * QUIET_MODULES
    runs = (
        f"M{start + QUIET_MODULES} {row + QUIET_MODULES}h{length}v1h-{length}z"
        for row, line in enumerate(matrix)
        for start, length in _runs(line)
    )
    return (
        f'<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" aria-hidden="true" '
        f'shape-rendering="crispEdges"><path fill="currentColor" d="{"".join(runs)}"/></svg>'
    )


def _runs(line: "bytes | bytearray | tuple[int, ...]") -> list[tuple[int, int]]:
    """Dark modules of a line as (start, length)."""
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(line):
        if not dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
