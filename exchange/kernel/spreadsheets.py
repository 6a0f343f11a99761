"""Cells of files that people open in a spreadsheet: no text may be taken for a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the begin of a formula; the wide forms where Chinese is typed."""


def safe_cell(cell: object) -> str:
    """Text that a spreadsheet shows and does not compute; plain numbers stay numbers."""
    text = str(cell)
    if isinstance(cell, int) or not text.startswith(FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
