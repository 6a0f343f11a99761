"""Lists as CSV that a spreadsheet opens: UTF-8 with a mark, and no cell that could be taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from exchange.kernel.spreadsheets import safe_cell

MAX_ROWS = 10_000


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The rows as a download."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
