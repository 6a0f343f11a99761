"""Downloads that a spreadsheet shows and never computes."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel.spreadsheets import FORMULA_STARTS, safe_cell
from web.pages.csv_export import csv_response


@given(st.text(max_size=40))
def test_no_text_cell_starts_a_formula(text: str) -> None:
    cell = safe_cell(text)
    if cell.startswith(FORMULA_STARTS):
        float(cell)


def test_amounts_stay_numbers() -> None:
    assert [safe_cell(cell) for cell in ("-12.50", -3, "1,234.00", "=1+1")] == [
        "-12.50",
        "-3",
        "1,234.00",
        "'=1+1",
    ]


def test_download_opens_in_a_spreadsheet() -> None:
    response = csv_response("a.csv", ["时间", "金额"], [["一", "2.00"], ['引"号', "-1.00"]])
    text = response.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [["时间", "金额"], ["一", "2.00"], ['引"号', "-1.00"]]
    assert response["Content-Disposition"] == 'attachment; filename="a.csv"'
